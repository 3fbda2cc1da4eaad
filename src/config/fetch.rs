//! `[fetch]`: how pages are fetched.

use std::ops::RangeInclusive;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::read::{Given, Reader};
use super::secret::Secret;
use super::table::Table;
use super::value::{DURATION, Network, SIZE, duration, size};

/// How pages are fetched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fetch {
    /// What the fetcher calls itself; names somebody to write to.
    pub user_agent: String,
    /// Private, loopback and link-local addresses that may be fetched all the same.
    #[serde(serialize_with = "super::print::displayed")]
    pub allow_private: Vec<Network>,
    /// Least time between two requests to one host.
    #[serde(serialize_with = "super::print::duration")]
    pub per_host_delay: Duration,
    /// Most requests at a time to one host.
    pub per_host_concurrency: usize,
    /// Most rechecks of articles an hour on one host.
    pub per_host_rechecks: u32,
    /// Most time for name, connection and TLS.
    #[serde(serialize_with = "super::print::duration")]
    pub connect_timeout: Duration,
    /// Most time from the request to the head of the answer.
    #[serde(serialize_with = "super::print::duration")]
    pub first_byte_timeout: Duration,
    /// Most time for the whole fetch, redirects included.
    #[serde(serialize_with = "super::print::duration")]
    pub timeout: Duration,
    /// Most bytes of a body, after decompression.
    #[serde(serialize_with = "super::print::size")]
    pub max_body: u64,
    /// Most redirects followed.
    pub max_redirects: usize,
    /// The HTTP proxy every request goes through: a URL, perhaps with a password in it.
    pub proxy: Option<Secret>,
    /// Whether robots.txt is asked and obeyed.
    pub respect_robots: bool,
}

/// The contact of the shipped config, there to be replaced.
const PLACEHOLDER: &str = "example.org";

impl Default for Fetch {
    fn default() -> Fetch {
        Fetch {
            user_agent: format!(
                "wirewatch/{} (+mailto:desk@example.org)",
                env!("CARGO_PKG_VERSION")
            ),
            allow_private: Vec::new(),
            per_host_delay: Duration::from_secs(1),
            per_host_concurrency: 1,
            per_host_rechecks: 1200,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(60),
            max_body: 10_000_000,
            max_redirects: 10,
            proxy: None,
            respect_robots: true,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// What wirewatch calls itself to the sites it reads. Must name somebody to write to: a mail
    /// address or a web page.
    #[schemars(example = &"wirewatch (+mailto:desk@example.org)")]
    user_agent: Option<Given<String>>,
    /// Address blocks that may be fetched although they are private, loopback or link-local.
    #[schemars(extend("default" = []), example = ["127.0.0.0/8"])]
    allow_private: Option<Vec<Given<String>>>,
    /// Least time between two requests to one host.
    #[schemars(extend("default" = "1s"), pattern(DURATION), example = &"1s")]
    per_host_delay: Option<Given<String>>,
    /// Most requests at a time to one host, 1 to 16.
    #[schemars(extend("default" = 1), range(min = 1, max = 16), example = 1)]
    per_host_concurrency: Option<Given<i64>>,
    /// Most times an hour that articles of one host are fetched again under `recheck = "auto"`, 1
    /// to 36000. Where the plan wants more, it looks at all of them less often.
    #[schemars(extend("default" = 1200), range(min = 1, max = 36000), example = 1200)]
    per_host_rechecks: Option<Given<i64>>,
    /// Most time for name, connection and TLS.
    #[schemars(extend("default" = "10s"), pattern(DURATION), example = &"10s")]
    connect_timeout: Option<Given<String>>,
    /// Most time from the request to the head of the answer.
    #[schemars(extend("default" = "20s"), pattern(DURATION), example = &"20s")]
    first_byte_timeout: Option<Given<String>>,
    /// Most time for a whole fetch, redirects included.
    #[schemars(extend("default" = "1m"), pattern(DURATION), example = &"60s")]
    timeout: Option<Given<String>>,
    /// Most bytes of a page after decompression, 1KB to 1GB.
    #[schemars(extend("default" = "10MB"), pattern(SIZE), example = &"10MB")]
    max_body: Option<Given<String>>,
    /// Most redirects followed, 0 to 20.
    #[schemars(extend("default" = 10), range(min = 0, max = 20), example = 10)]
    max_redirects: Option<Given<i64>>,
    /// The HTTP proxy every request goes through: `http://` or `https://`.
    #[schemars(example = &"http://proxy.example.org:3128")]
    proxy: Option<Given<String>>,
    /// A file that holds the value of `proxy`, for one with a password in it.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/proxy")]
    proxy_file: Option<Given<String>>,
    /// Whether robots.txt is asked and obeyed.
    #[schemars(extend("default" = true), example = true)]
    respect_robots: Option<Given<bool>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Fetch {
    let base = Fetch::default();
    let Some(table) = table else {
        reader.warning_of_file("`user_agent` is missing", CONTACT);
        return base;
    };
    if table.raw.user_agent.is_none() {
        reader.warning(table.span, "`user_agent` is missing", CONTACT);
    }
    let raw = table.raw;
    let user_agent = raw.user_agent.map_or(base.user_agent, |given| {
        check_user_agent(reader, &given);
        given.get().clone()
    });
    let seconds = |n| Duration::from_secs(n);
    let wait = Duration::from_millis(1)..=seconds(600);
    let fetch = Fetch {
        user_agent,
        allow_private: networks(reader, raw.allow_private.unwrap_or_default()),
        per_host_delay: time(
            reader,
            &raw.per_host_delay,
            Duration::ZERO..=seconds(600),
            base.per_host_delay,
        ),
        per_host_concurrency: number(
            reader,
            &raw.per_host_concurrency,
            1..=16,
            base.per_host_concurrency,
        ),
        per_host_rechecks: number(
            reader,
            &raw.per_host_rechecks,
            1..=36_000,
            base.per_host_rechecks as usize,
        ) as u32,
        connect_timeout: time(
            reader,
            &raw.connect_timeout,
            wait.clone(),
            base.connect_timeout,
        ),
        first_byte_timeout: time(
            reader,
            &raw.first_byte_timeout,
            wait.clone(),
            base.first_byte_timeout,
        ),
        timeout: time(reader, &raw.timeout, wait, base.timeout),
        max_body: raw
            .max_body
            .and_then(|g| body(reader, &g))
            .unwrap_or(base.max_body),
        max_redirects: number(reader, &raw.max_redirects, 0..=20, base.max_redirects),
        proxy: proxy(reader, &raw.proxy, &raw.proxy_file),
        respect_robots: raw.respect_robots.map_or(base.respect_robots, |g| *g.get()),
    };
    if let Some(given) = raw.timeout
        && fetch.timeout < fetch.connect_timeout.max(fetch.first_byte_timeout)
    {
        reader.warning(
            given.span(),
            "`timeout` is shorter than `connect_timeout` or `first_byte_timeout`, which then never apply",
            "lengthen `timeout`, or shorten the others",
        );
    }
    fetch
}

const CONTACT: &str = "say who asks, so that a site can write instead of blocking: [fetch] \
    user_agent = \"wirewatch (+mailto:you@your-newsroom)\"";

fn check_user_agent(reader: &mut Reader<'_>, given: &Given<String>) {
    let agent = given.get();
    if agent.chars().any(|c| c.is_control()) || !agent.is_ascii() {
        reader.error(given.span(), "a user agent is printable ASCII", CONTACT);
    } else if !agent.contains('@') && !agent.contains("://") {
        reader.error(given.span(), "the user agent names no contact", CONTACT);
    } else if agent.contains(PLACEHOLDER) {
        reader.warning(
            given.span(),
            "the user agent still has the placeholder contact",
            CONTACT,
        );
    }
}

fn networks(reader: &mut Reader<'_>, given: Vec<Given<String>>) -> Vec<Network> {
    given
        .iter()
        .filter_map(|g| reader.check(g, Network::parse))
        .collect()
}

/// A time within a range.
pub(super) fn time(
    reader: &mut Reader<'_>,
    given: &Option<Given<String>>,
    range: RangeInclusive<Duration>,
    default: Duration,
) -> Duration {
    let check = |text: &str| {
        let time = duration(text)?;
        if range.contains(&time) {
            return Ok(time);
        }
        let (low, high) = (
            super::show_duration(*range.start()),
            super::show_duration(*range.end()),
        );
        Err((
            "out of range".to_owned(),
            format!("it is between {low} and {high}"),
        ))
    };
    given
        .as_ref()
        .and_then(|g| reader.check(g, check))
        .unwrap_or(default)
}

/// A whole number within a range.
pub(super) fn number(
    reader: &mut Reader<'_>,
    given: &Option<Given<i64>>,
    range: RangeInclusive<usize>,
    default: usize,
) -> usize {
    let Some(given) = given else { return default };
    match usize::try_from(*given.get())
        .ok()
        .filter(|n| range.contains(n))
    {
        Some(number) => number,
        None => {
            let help = format!("it is between {} and {}", range.start(), range.end());
            reader.error(given.span(), "out of range", help);
            default
        }
    }
}

fn body(reader: &mut Reader<'_>, given: &Given<String>) -> Option<u64> {
    reader.check(given, |text| {
        let bytes = size(text)?;
        if (1_000..=1_000_000_000).contains(&bytes) {
            return Ok(bytes);
        }
        Err((
            "out of range".to_owned(),
            "it is between 1KB and 1GB".to_owned(),
        ))
    })
}

fn proxy(
    reader: &mut Reader<'_>,
    value: &Option<Given<String>>,
    file: &Option<Given<String>>,
) -> Option<Secret> {
    let (secret, span) = reader.secret("proxy", value, file)?;
    let url = Url::parse(secret.expose()).ok();
    if !url.is_some_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some()) {
        reader.error(
            span,
            "not the URL of a proxy",
            "write \"http://host:port\" or \"https://host:port\"",
        );
        return None;
    }
    Some(secret)
}
