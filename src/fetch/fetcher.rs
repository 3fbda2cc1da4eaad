//! The fetcher: walks redirects by hand, each hop checked, allowed by robots.txt and in its turn.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;
use url::Url;

use super::address::check_url;
use super::answer::{Failure, Fetched, Part, Reason, Redirect, Request};
use super::hop::{
    Walk, conclude, follow, headers, host_key, part, part_headers, plain, redirect_target,
    robots_url, with_login,
};
use super::host::{Ending, HostStats, Hosts, Readiness};
use super::policy::Policy;
use super::robots::{self, AGENT, Cache, Entry, Known, Rules};
use super::transport::{self, Bounds, Exchange, Overlong};

/// The policy cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the HTTP client: {0}")]
pub struct BuildError(#[from] reqwest::Error);

/// Gets pages. One for the whole program: it holds the pace of every host.
#[derive(Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    policy: Policy,
    hosts: Arc<Hosts>,
    robots: Arc<Cache>,
}

/// Why a hop was not done.
enum Stop {
    Reason(Reason, Option<Duration>),
    Disallowed,
    Deferred(Duration),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Stop::Reason(reason, None)
    }
}

impl Fetcher {
    /// A fetcher under this policy. Fails on a user agent or proxy that cannot be used.
    pub fn new(policy: Policy) -> Result<Self, BuildError> {
        Ok(Fetcher {
            client: transport::client(&policy)?,
            policy,
            hosts: Arc::default(),
            robots: Arc::default(),
        })
    }

    /// A fetcher under another policy that knows what this one has learned: the pace of every host,
    /// pauses they asked for, robots.txt. The old one may finish what it has begun; hosts follow
    /// the new policy from [`Fetcher::take_over`] on.
    pub fn renewed(&self, policy: Policy) -> Result<Self, BuildError> {
        Ok(Fetcher {
            client: transport::client(&policy)?,
            policy,
            hosts: Arc::clone(&self.hosts),
            robots: Arc::clone(&self.robots),
        })
    }

    /// Makes the hosts that another fetcher knew follow this one's policy.
    pub fn take_over(&self) {
        self.hosts.follow(&self.policy);
    }

    /// The hosts that want to be left alone, and how long still; for [`Fetcher::pause`] after a
    /// restart.
    pub fn pauses(&self) -> Vec<(String, Duration)> {
        self.hosts.pauses()
    }

    /// Leaves a host alone for so long, at most the policy's longest pause.
    pub fn pause(&self, host: &str, left: Duration) {
        self.hosts.pause(host, left, &self.policy);
    }

    /// Gets a page. Waits for its host's turn, but not through a long pause that the host asked
    /// for: that is [`Fetched::Deferred`]. Safe to cancel by dropping.
    pub async fn fetch(&self, request: &Request) -> Fetched {
        let mut walk = Walk {
            url: plain(&request.url),
            redirects: Vec::new(),
            spent: Duration::ZERO,
        };
        match self.walk(request, &mut walk).await {
            Ok(fetched) => fetched,
            Err(Stop::Disallowed) => Fetched::RobotsDisallowed { url: walk.url },
            Err(Stop::Deferred(wait)) => Fetched::Deferred { wait },
            Err(Stop::Reason(reason, retry_after)) => Fetched::Failed(Box::new(Failure {
                url: walk.url,
                reason,
                retry_after,
            })),
        }
    }

    /// Gets a part of a page that is being rendered: one hop, no more than `room` bytes. Checked
    /// and asked of robots.txt as any page; the host's delay is not waited for, because a page and
    /// its parts are one visit, but the caller asks for one part at a time.
    ///
    /// # Errors
    /// Why nothing usable came.
    pub async fn fetch_part(
        &self,
        url: &Url,
        headers: &[(String, String)],
        room: usize,
    ) -> Result<Part, Reason> {
        check_url(url, &self.policy.allow_private)?;
        if self.policy.respect_robots {
            self.ask_robots(url).await.map_err(|stop| match stop {
                Stop::Reason(reason, _) => reason,
                Stop::Disallowed => Reason::RobotsDisallowed,
                Stop::Deferred(wait) => Reason::Deferred(wait),
            })?;
        }
        let mut request = Request::new(plain(url));
        request.headers = headers.to_vec();
        let headers = part_headers(&request)?;
        let bounds = Bounds {
            time: self.policy.total_timeout,
            body: self.policy.max_body_bytes.min(room),
            overlong: Overlong::Refuse,
        };
        let answer =
            transport::exchange(&self.client, &self.policy, &request.url, headers, bounds).await?;
        Ok(part(answer))
    }

    /// Whether a request to this host could start now, so that a scheduler need not park one.
    pub fn host_ready_at(&self, host: &str) -> Readiness {
        self.hosts.readiness(host)
    }

    /// Whether the last request to this host got no answer, so that the next may hang as well.
    pub fn is_failing(&self, host: &str) -> bool {
        self.hosts.is_failing(host)
    }

    /// Least time from the end of one request to this URL's host to the start of the next, as far
    /// as is known yet: the policy's, or what robots.txt wishes.
    pub fn delay_of(&self, url: &Url) -> Duration {
        self.hosts.get(&host_key(url), &self.policy).delay()
    }

    /// Name and statistics of every host met so far, by name.
    pub fn host_stats(&self) -> Vec<(String, HostStats)> {
        self.hosts.stats()
    }

    async fn walk(&self, request: &Request, walk: &mut Walk) -> Result<Fetched, Stop> {
        let mut seen = Vec::new();
        loop {
            check_url(&walk.url, &self.policy.allow_private)?;
            if self.policy.respect_robots {
                self.ask_robots(&walk.url).await?;
            }
            let headers = headers(request, &walk.url)?;
            let bounds = Bounds {
                time: self.policy.total_timeout.saturating_sub(walk.spent),
                body: self.policy.max_body_bytes,
                overlong: Overlong::Refuse,
            };
            let target = with_login(&walk.url, &request.url);
            let (answer, took) = self.polite(&target, headers, bounds).await?;
            walk.spent += took;
            let Some(target) = redirect_target(&answer) else {
                return Ok(conclude(answer, request, walk)?);
            };
            seen.push(walk.url.clone());
            if walk.redirects.len() >= self.policy.max_redirects {
                return Err(Reason::TooManyRedirects(self.policy.max_redirects).into());
            }
            let next = follow(&walk.url, &target)?;
            if seen.contains(&next) {
                return Err(Reason::RedirectLoop.into());
            }
            walk.redirects.push(Redirect {
                from: std::mem::replace(&mut walk.url, next),
                status: answer.status,
            });
        }
    }

    /// One exchange in the host's turn, and the time it took on the network.
    async fn polite(
        &self,
        url: &Url,
        headers: HeaderMap,
        bounds: Bounds,
    ) -> Result<(Exchange, Duration), Stop> {
        let host = self.hosts.get(&host_key(url), &self.policy);
        let slot = host.enter(&self.policy).await.map_err(Stop::Deferred)?;
        let start = Instant::now();
        let result = transport::exchange(&self.client, &self.policy, url, headers, bounds).await;
        let ending = match &result {
            Ok(answer) if matches!(answer.status, 429 | 503) => Ending::Throttled {
                retry_after: answer.retry_after,
            },
            Ok(answer) => Ending::Answered {
                bytes: answer.body.len(),
            },
            // The host answered; its answer was of no use.
            Err(Reason::TooLarge(_) | Reason::Undecodable(_)) => Ending::Answered { bytes: 0 },
            Err(_) => Ending::Failed,
        };
        slot.end(ending, &self.policy);
        Ok((result?, start.elapsed()))
    }

    /// Asks the origin's robots.txt, from memory while that is fresh.
    async fn ask_robots(&self, url: &Url) -> Result<(), Stop> {
        let origin = url.origin().ascii_serialization();
        let cell = self.robots.cell(&origin, Instant::now());
        let mut entry = cell.lock().await;
        let known = match entry.as_ref().and_then(|e| e.current(Instant::now())) {
            Some(known) => known.clone(),
            None => {
                let fresh = self.read_robots(url, entry.as_ref()).await?;
                let known = fresh.known.clone();
                if let Known::Rules(rules) = &known {
                    self.hosts
                        .get(&host_key(url), &self.policy)
                        .set_crawl_delay(rules.crawl_delay, &self.policy);
                }
                *entry = Some(fresh);
                known
            }
        };
        drop(entry);
        match known {
            Known::Rules(rules) if rules.allow(url) => Ok(()),
            Known::Rules(_) => Err(Stop::Disallowed),
            Known::Unavailable(status) => Err(Stop::Reason(
                Reason::RobotsUnavailable(status),
                Some(self.policy.robots_retry),
            )),
        }
    }

    /// Gets robots.txt. A client error or no end of redirects mean that there is none; a server
    /// error that nothing may be fetched for now, unless `old` rules are known (RFC 9309, 2.3.1).
    async fn read_robots(&self, url: &Url, old: Option<&Entry>) -> Result<Entry, Stop> {
        let fresh_until = Instant::now() + self.policy.robots_ttl;
        let retry_at = Instant::now() + self.policy.robots_retry;
        let none = Entry {
            known: Known::Rules(Arc::new(Rules::default())),
            expires: fresh_until,
        };
        let mut at = robots_url(url);
        for _ in 0..=robots::MAX_REDIRECTS {
            let bounds = Bounds {
                time: self.policy.total_timeout,
                body: robots::MAX_BYTES,
                overlong: Overlong::Cut,
            };
            let answer = match self.polite(&at, HeaderMap::new(), bounds).await {
                Ok((answer, _)) => answer,
                Err(Stop::Reason(reason, wait)) => {
                    return renewed(old, retry_at).ok_or(Stop::Reason(reason, wait));
                }
                Err(stop) => return Err(stop),
            };
            if let Some(target) = redirect_target(&answer) {
                match follow(&at, &target) {
                    Ok(next) if check_url(&next, &self.policy.allow_private).is_ok() => at = next,
                    _ => return Ok(none),
                }
                continue;
            }
            return match answer.status {
                200..=299 if answer.complete => Ok(Entry {
                    known: Known::Rules(Arc::new(Rules::parse(&answer.body, AGENT))),
                    expires: fresh_until,
                }),
                200..=299 => renewed(old, retry_at).ok_or(Reason::RobotsTruncated.into()),
                status @ (429 | 500..=599) => Ok(renewed(old, retry_at).unwrap_or(Entry {
                    known: Known::Unavailable(status),
                    expires: retry_at,
                })),
                _ => Ok(none),
            };
        }
        Ok(none)
    }
}

/// Rules once read go on to hold while the file cannot be renewed (RFC 9309, section 2.4).
fn renewed(old: Option<&Entry>, until: Instant) -> Option<Entry> {
    match old {
        Some(Entry {
            known: known @ Known::Rules(_),
            ..
        }) => Some(Entry {
            known: known.clone(),
            expires: until,
        }),
        _ => None,
    }
}
