//! The pace of one host: how many requests at a time, how far apart, and how long to stay away
//! after it asked for a pause. A host that is slow or down costs no other host anything.
//!
//! [`Pace`] decides and is a function of the times given to it; [`Host`] does the waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::policy::Policy;

/// Connection failures in a row before a host is left alone for a while. One or two are a hiccup.
const FAILURES_UNTIL_PAUSE: u32 = 3;

/// The least delay, whatever the policy. A connection goes back to the pool a moment after its
/// answer was read; who asks sooner opens a second one.
const SETTLING: Duration = Duration::from_millis(10);

/// Hosts remembered before idle ones are forgotten.
const MAX_HOSTS: usize = 200_000;

/// Whether a request to a host could start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Now.
    Now,
    /// Not before this instant: its delay or a pause it asked for is running.
    At(Instant),
    /// All its slots are taken.
    Busy,
}

/// What has happened with a host since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostStats {
    /// Requests made, robots.txt and redirects included.
    pub requests: u64,
    /// Requests without a usable answer.
    pub failures: u64,
    /// Answers 429 and 503.
    pub throttled: u64,
    /// Bytes of bodies, decompressed.
    pub bytes: u64,
}

/// How a request ended, as far as the pace is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// An answer of this many bytes.
    Answered { bytes: usize },
    /// 429 or 503, perhaps with a wish.
    Throttled { retry_after: Option<Duration> },
    /// No answer.
    Failed,
}

/// When the next request to a host may start.
#[derive(Debug)]
struct Pace {
    delay: Duration,
    next: Instant,
    pause_until: Option<Instant>,
    throttled_in_row: u32,
    failures_in_row: u32,
    stats: HostStats,
}

impl Pace {
    fn new(delay: Duration, now: Instant) -> Self {
        Pace {
            delay,
            next: now,
            pause_until: None,
            throttled_in_row: 0,
            failures_in_row: 0,
            stats: HostStats::default(),
        }
    }

    /// The instant from which a request may start.
    fn ready_at(&self) -> Instant {
        self.pause_until
            .map_or(self.next, |until| until.max(self.next))
    }

    /// How long the host still wants to be left alone.
    fn pause_left(&self, now: Instant) -> Duration {
        self.pause_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    fn start(&mut self, now: Instant) {
        self.stats.requests += 1;
        self.next = now + self.delay;
    }

    /// `jitter`, 0 to 1, spreads pauses so that hosts behind one wall are not all asked at once.
    fn end(&mut self, ending: Ending, now: Instant, policy: &Policy, jitter: f64) {
        self.next = now + self.delay;
        let pause = match ending {
            Ending::Answered { bytes } => {
                self.stats.bytes += bytes as u64;
                self.throttled_in_row = 0;
                self.failures_in_row = 0;
                self.pause_until = None;
                return;
            }
            Ending::Throttled { retry_after } => {
                self.stats.throttled += 1;
                self.failures_in_row = 0;
                self.throttled_in_row += 1;
                match retry_after {
                    Some(asked) => asked,
                    None => growing(policy.backoff_base, self.throttled_in_row, jitter),
                }
            }
            Ending::Failed => {
                self.stats.failures += 1;
                self.failures_in_row += 1;
                if self.failures_in_row < FAILURES_UNTIL_PAUSE {
                    return;
                }
                let nth = self.failures_in_row - FAILURES_UNTIL_PAUSE + 1;
                growing(policy.backoff_base, nth, jitter)
            }
        };
        let until = now + pause.min(policy.backoff_max);
        // A shorter wish does not cut a longer pause short.
        self.pause_until = Some(self.pause_until.map_or(until, |running| running.max(until)));
    }
}

/// The `nth` pause in a row without a wish: doubling, plus up to a quarter.
fn growing(base: Duration, nth: u32, jitter: f64) -> Duration {
    let doubled = base.saturating_mul(1_u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.saturating_add(base.mul_f64(0.25 * jitter.clamp(0.0, 1.0)))
}

/// One host's slots and pace.
#[derive(Debug)]
pub(super) struct Host {
    slots: Arc<Semaphore>,
    pace: Mutex<Pace>,
}

/// The right to make one request. Dropping it, done or cancelled, starts the host's delay.
#[derive(Debug)]
pub(super) struct Slot {
    host: Arc<Host>,
    _permit: OwnedSemaphorePermit,
    ended: bool,
}

impl Slot {
    pub(super) fn end(mut self, ending: Ending, policy: &Policy) {
        self.ended = true;
        self.host
            .pace()
            .end(ending, Instant::now(), policy, fastrand::f64());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.ended {
            let mut pace = self.host.pace();
            pace.next = Instant::now() + pace.delay;
        }
    }
}

impl Host {
    fn new(policy: &Policy) -> Self {
        Host {
            slots: Arc::new(Semaphore::new(policy.per_host_concurrency.max(1))),
            pace: Mutex::new(Pace::new(
                policy.per_host_delay.max(SETTLING),
                Instant::now(),
            )),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Every change leaves the pace whole, so one that a panic interrupted is still good.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot and for the delay. If the host wants a pause longer than the policy's
    /// patience, gives up at once and says how long the pause still is.
    pub(super) async fn enter(self: &Arc<Self>, policy: &Policy) -> Result<Slot, Duration> {
        self.refuse_long_pause(policy)?;
        let permit = match Arc::clone(&self.slots).acquire_owned().await {
            Ok(permit) => permit,
            // The semaphore is never closed.
            Err(_) => return Err(Duration::ZERO),
        };
        loop {
            self.refuse_long_pause(policy)?;
            let ready = {
                let mut pace = self.pace();
                let (now, ready) = (Instant::now(), pace.ready_at());
                if ready <= now {
                    pace.start(now);
                    break;
                }
                ready
            };
            tokio::time::sleep_until(ready).await;
        }
        Ok(Slot {
            host: Arc::clone(self),
            _permit: permit,
            ended: false,
        })
    }

    fn refuse_long_pause(&self, policy: &Policy) -> Result<(), Duration> {
        let left = self.pace().pause_left(Instant::now());
        if left > policy.patience {
            Err(left)
        } else {
            Ok(())
        }
    }

    /// Sets the delay to what robots.txt wishes, if that is longer than the policy's.
    pub(super) fn set_crawl_delay(&self, wish: Option<Duration>, policy: &Policy) {
        let wish = wish.unwrap_or_default().min(policy.max_crawl_delay);
        let mut pace = self.pace();
        let delay = policy.per_host_delay.max(wish).max(SETTLING);
        // The request for robots.txt itself ended under the old delay.
        pace.next = pace.next + delay.saturating_sub(pace.delay);
        pace.delay = delay;
    }

    /// The delay in force.
    pub(super) fn delay(&self) -> Duration {
        self.pace().delay
    }

    fn readiness(&self) -> Readiness {
        if self.slots.available_permits() == 0 {
            return Readiness::Busy;
        }
        let ready = self.pace().ready_at();
        if ready <= Instant::now() {
            Readiness::Now
        } else {
            Readiness::At(ready)
        }
    }

    fn is_idle(&self) -> bool {
        self.readiness() == Readiness::Now
    }
}

/// All hosts met so far, by name.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

impl Hosts {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Arc<Host>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host of this name, as [`host_key`](super::hop::host_key) gives it.
    pub(super) fn get(&self, name: &str, policy: &Policy) -> Arc<Host> {
        let mut map = self.map();
        if let Some(host) = map.get(name) {
            return Arc::clone(host);
        }
        if map.len() >= MAX_HOSTS {
            map.retain(|_, host| Arc::strong_count(host) > 1 || !host.is_idle());
        }
        let host = Arc::new(Host::new(policy));
        map.insert(name.to_owned(), Arc::clone(&host));
        host
    }

    pub(super) fn readiness(&self, name: &str) -> Readiness {
        let host = self.map().get(name).cloned();
        host.map_or(Readiness::Now, |host| host.readiness())
    }

    /// Name and statistics of every host, by name.
    pub(super) fn stats(&self) -> Vec<(String, HostStats)> {
        let mut all: Vec<_> = self
            .map()
            .iter()
            .map(|(name, host)| (name.clone(), host.pace().stats.clone()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
