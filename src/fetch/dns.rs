//! Looking names up: by the system's resolver, remembered for a minute, and only to addresses that
//! may be reached.
//!
//! The system's resolver does not say how long an answer holds, so the time is fixed and short: long
//! enough that a site's pages in a row cost one look-up, short enough to follow one that moves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::address::{Network, permitted};
use super::answer::Reason;

/// How long an answer is believed.
const HOLDS: Duration = Duration::from_secs(60);

/// Names remembered before those that no longer hold are forgotten.
const MANY: usize = 20_000;

/// Looks names up and keeps only addresses that may be reached.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    allow: Arc<[Network]>,
    known: Arc<Known>,
}

impl Resolver {
    pub(super) fn new(allow: &[Network]) -> Self {
        Resolver {
            allow: allow.into(),
            known: Arc::default(),
        }
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = match resolver.known.get(host, Instant::now()) {
                Some(found) => found,
                None => {
                    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0))
                        .await
                        .map_err(|error| Reason::UnknownHost(error.to_string()))?
                        .collect();
                    resolver.known.put(host, &found, Instant::now());
                    found
                }
            };
            let kept = permitted(host, &found, &resolver.allow)?;
            Ok(Box::new(kept.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Answers and until when they hold. Failures are asked again.
#[derive(Debug, Default)]
struct Known(Mutex<HashMap<String, (Instant, Vec<SocketAddr>)>>);

impl Known {
    fn map(&self) -> MutexGuard<'_, HashMap<String, (Instant, Vec<SocketAddr>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, host: &str, now: Instant) -> Option<Vec<SocketAddr>> {
        let map = self.map();
        let (until, found) = map.get(host)?;
        (now < *until).then(|| found.clone())
    }

    fn put(&self, host: &str, found: &[SocketAddr], now: Instant) {
        if found.is_empty() {
            return;
        }
        let mut map = self.map();
        if map.len() >= MANY {
            map.retain(|_, (until, _)| now < *until);
        }
        if map.len() >= MANY {
            map.clear();
        }
        map.insert(host.to_owned(), (now + HOLDS, found.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_a_minute_and_memory_is_bounded() {
        let known = Known::default();
        let now = Instant::now();
        let found = [SocketAddr::from(([127, 0, 0, 1], 0))];
        known.put("h", &found, now);
        known.put("none", &[], now);
        assert_eq!(known.get("h", now + HOLDS / 2), Some(found.to_vec()));
        assert_eq!(known.get("h", now + HOLDS), None);
        assert_eq!(known.get("none", now), None);
        for n in 0..2 * MANY {
            known.put(&n.to_string(), &found, now);
        }
        assert!(known.map().len() <= MANY);
    }

    #[tokio::test]
    async fn what_is_remembered_is_checked_each_time() {
        use reqwest::dns::Resolve;
        let mut resolver = Resolver::new(&["127.0.0.0/8".parse().unwrap()]);
        let private = [SocketAddr::from(([127, 0, 0, 1], 0))];
        resolver.known.put("known.test", &private, Instant::now());
        let ask = |resolver: &Resolver| resolver.resolve("known.test".parse().unwrap());
        let found: Vec<SocketAddr> = ask(&resolver).await.unwrap().collect();
        assert_eq!(found, private);
        resolver.allow = Arc::default();
        assert!(ask(&resolver).await.is_err());
    }
}
