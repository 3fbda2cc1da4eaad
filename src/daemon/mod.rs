//! The wiring: one way from a due source to a delivered alert, and the life of the service.
//!
//! | file | subject |
//! |---|---|
//! | `settings` | the config in the shape the daemon works with |
//! | `service` | the main loop: dispatch, what ended, shutdown |
//! | `serve` | what the web server is told by |
//! | `reload` | making the running daemon follow a config |
//! | `watching` | the config's files, watched for changes |
//! | `paging` | which articles are in the queue: those due soon |
//! | `check`, `vitals`, `clock` | the daemon looks after itself |
//! | `storing` | whether the store can commit, and what waits until it can |
//! | `outage` | what the main loop says and does when it cannot |
//! | `shared` | what turns share |
//! | `sites` | what was learned of sites, as far as it is held in memory |
//! | `poll` | the turn of a source that lists articles |
//! | `list` | what a fetched list says |
//! | `auto` | what a source of kind auto is polled by |
//! | `survey` | finding out where a site lists its articles |
//! | `sample` | one look at a source, for `doctor` |
//! | `walk` | the way through a sitemap and those it names |
//! | `turn` | the turn of an article: fetch, then commit |
//! | `recheck` | when an article is looked at again |
//! | `get` | one fetch, as far as turns care |
//! | `keep` | the page behind an alert, put into the archive first |
//! | `reading` | the pure middle in one place: page -> revision -> developments -> decisions |
//! | `deliver` | the outbox: one task a notifier |
//! | `systemd` | readiness, reload, watchdog |
//!
//! The one place that knows all parts. Language, HTTP and SQL stay in their modules.

mod auto;
mod check;
mod clock;
mod deliver;
mod get;
mod keep;
mod list;
mod outage;
mod paging;
mod poll;
mod reading;
mod recheck;
mod reload;
mod sample;
mod serve;
mod service;
mod settings;
mod shared;
mod sites;
mod storing;
mod survey;
mod systemd;
mod turn;
mod vitals;
mod walk;
mod watching;

pub use sample::{Sample, sample};
/// The target of the spans that traces are made of: `turn`, and in it `fetch`, `extract`, `detect` and
/// `commit`, all of level TRACE.
pub const SPANS: &str = "wirewatch::turn";

pub use service::{Control, DaemonError, Summary, run};
pub use settings::{policy, retention};
pub use survey::{Candidate, Survey, SurveyError, survey};
pub use vitals::{Trouble, Vitals};
