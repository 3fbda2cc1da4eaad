//! HTTP, politely and within bounds. Knows nothing of language, HTML or the database.
//!
//! [`Fetcher::fetch`] gets one URL and always answers with a [`Fetched`]: it never panics, never
//! hangs longer than its [`Policy`] allows and never passes off a cut body as a whole one.
//!
//! | file | subject |
//! |---|---|
//! | `policy` | what the operator may set |
//! | `answer` | what a fetch is asked and what it answers |
//! | `address` | which addresses may be reached, checked on every hop |
//! | `dns` | looking names up, remembered for a minute |
//! | `fetcher` | the walk along the redirects, each hop in its turn |
//! | `hop` | what one hop is made of |
//! | `transport` | one HTTP exchange: limits on time and size, errors put into words |
//! | `host` | the pace of one host: one request at a time, delay, backoff |
//! | `robots` | robots.txt: parsing, caching, failure modes |
//! | `retry_after` | the header of that name |
//!
//! May use the network and the clock; must not import any other module of this crate.

mod address;
mod answer;
mod dns;
mod fetcher;
mod hop;
mod host;
mod policy;
mod retry_after;
mod robots;
mod transport;

pub use address::{Network, NetworkError};
pub use answer::{
    Failure, Fetched, Head, NotModified, Part, Reason, Redirect, Request, Response, Validators,
};
pub use fetcher::{BuildError, Fetcher};
pub use hop::host_key;
pub use host::{HostStats, Readiness};
pub use policy::Policy;
