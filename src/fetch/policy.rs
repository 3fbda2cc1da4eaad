//! What the operator may set about fetching.

use std::time::Duration;

use url::Url;

use super::address::Network;

/// The bounds and manners of all requests. A plain value: the config module fills it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The `User-Agent` header: who asks, and how to reach them.
    pub user_agent: String,
    /// Networks that may be reached although they are not on the public internet.
    pub allow_private: Vec<Network>,
    /// Least time between the end of one request to a host and the start of the next.
    pub per_host_delay: Duration,
    /// Requests to one host under way at the same time; at least one.
    pub per_host_concurrency: usize,
    /// Time to look the host up, connect and shake hands.
    pub connect_timeout: Duration,
    /// Time from sending a request to the first byte of its answer, connecting included.
    pub first_byte_timeout: Duration,
    /// Time on the network for a whole fetch, all its redirects included. Waiting for a host's
    /// turn is not counted.
    pub total_timeout: Duration,
    /// Largest body, in bytes after decompression.
    pub max_body_bytes: usize,
    /// Redirects followed before giving up.
    pub max_redirects: usize,
    /// An HTTP proxy for everything. It looks names up itself, so it must also refuse private
    /// addresses by itself; only literal addresses are still checked here.
    pub proxy: Option<Url>,
    /// Whether robots.txt is asked and obeyed.
    pub respect_robots: bool,
    /// How long a robots.txt is believed (RFC 9309, section 2.4: a day at most).
    pub robots_ttl: Duration,
    /// How long after a server error on robots.txt it is asked for again.
    pub robots_retry: Duration,
    /// The longest `Crawl-delay` that is honoured in full; longer ones are mistakes.
    pub max_crawl_delay: Duration,
    /// First pause after 429 or 503 without `Retry-After`; doubles with each in a row.
    pub backoff_base: Duration,
    /// The longest pause without `Retry-After`, but for its jitter.
    pub backoff_max: Duration,
    /// The longest pause, whatever `Retry-After` says: no host is given up for good.
    pub retry_after_max: Duration,
    /// A fetch waits this long for a host that asked for a pause; if more is needed it is
    /// [deferred](super::Fetched::Deferred) instead.
    pub patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            user_agent: concat!("wirewatch/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow_private: Vec::new(),
            per_host_delay: Duration::from_secs(1),
            per_host_concurrency: 1,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(60),
            max_body_bytes: 10 * 1024 * 1024,
            max_redirects: 5,
            proxy: None,
            respect_robots: true,
            robots_ttl: Duration::from_secs(24 * 3600),
            robots_retry: Duration::from_secs(60),
            max_crawl_delay: Duration::from_secs(120),
            backoff_base: Duration::from_secs(10),
            backoff_max: Duration::from_secs(3600),
            retry_after_max: Duration::from_secs(24 * 3600),
            patience: Duration::from_secs(5),
        }
    }
}
