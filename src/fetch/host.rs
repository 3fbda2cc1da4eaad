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
    /// By the policy and the host's wish.
    delay: Duration,
    /// What robots.txt wishes the delay to be.
    wish: Duration,
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
            wish: Duration::ZERO,
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
                    Some(asked) => asked.min(policy.retry_after_max),
                    None => growing(policy, self.throttled_in_row, jitter),
                }
            }
            Ending::Failed => {
                self.stats.failures += 1;
                self.failures_in_row += 1;
                if self.failures_in_row < FAILURES_UNTIL_PAUSE {
                    return;
                }
                let nth = self.failures_in_row - FAILURES_UNTIL_PAUSE + 1;
                growing(policy, nth, jitter)
            }
        };
        self.pause(now + pause);
    }

    /// A shorter wish does not cut a longer pause short.
    fn pause(&mut self, until: Instant) {
        self.pause_until = Some(self.pause_until.map_or(until, |running| running.max(until)));
    }

    /// Follows the policy and the host's wish for a delay.
    fn set_delay(&mut self, policy: &Policy) {
        let wish = self.wish.min(policy.max_crawl_delay);
        let delay = policy.per_host_delay.max(wish).max(SETTLING);
        // The last request ended under the old delay.
        self.next += delay.saturating_sub(self.delay);
        self.delay = delay;
    }
}

/// The `nth` pause in a row without a wish: doubling up to the longest, plus up to a quarter.
fn growing(policy: &Policy, nth: u32, jitter: f64) -> Duration {
    let times = 1_u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX);
    let pause = policy
        .backoff_base
        .saturating_mul(times)
        .min(policy.backoff_max);
    pause.saturating_add(pause.mul_f64(0.25 * jitter.clamp(0.0, 1.0)))
}

/// One host's slots and pace.
#[derive(Debug)]
pub(super) struct Host {
    /// As many as the policy grants, and that number. Replaced when the policy is.
    slots: Mutex<(Arc<Semaphore>, usize)>,
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
        let slots = policy.per_host_concurrency.max(1);
        Host {
            slots: Mutex::new((Arc::new(Semaphore::new(slots)), slots)),
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

    fn slots(&self) -> MutexGuard<'_, (Arc<Semaphore>, usize)> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a new policy; what the host has asked for goes on to hold.
    fn follow(&self, policy: &Policy) {
        self.pace().set_delay(policy);
        let (mut slots, wanted) = (self.slots(), policy.per_host_concurrency.max(1));
        if slots.1 != wanted {
            *slots = (Arc::new(Semaphore::new(wanted)), wanted);
        }
    }

    /// Waits for a slot and for the delay. If the host wants a pause longer than the policy's
    /// patience, gives up at once and says how long the pause still is.
    pub(super) async fn enter(self: &Arc<Self>, policy: &Policy) -> Result<Slot, Duration> {
        self.refuse_long_pause(policy)?;
        let slots = Arc::clone(&self.slots().0);
        let permit = match slots.acquire_owned().await {
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
        let mut pace = self.pace();
        pace.wish = wish.unwrap_or_default();
        pace.set_delay(policy);
    }

    /// The delay in force.
    pub(super) fn delay(&self) -> Duration {
        self.pace().delay
    }

    fn readiness(&self) -> Readiness {
        if self.slots().0.available_permits() == 0 {
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

    /// Makes every host follow a new policy.
    pub(super) fn follow(&self, policy: &Policy) {
        for host in self.map().values() {
            host.follow(policy);
        }
    }

    /// Whether the last request to the host got no answer.
    pub(super) fn is_failing(&self, name: &str) -> bool {
        let host = self.map().get(name).cloned();
        host.is_some_and(|host| host.pace().failures_in_row > 0)
    }

    /// The hosts that want to be left alone, and how long still.
    pub(super) fn pauses(&self) -> Vec<(String, Duration)> {
        let now = Instant::now();
        let left =
            |(name, host): (&String, &Arc<Host>)| (name.clone(), host.pace().pause_left(now));
        let all = self.map().iter().map(left).collect::<Vec<_>>();
        all.into_iter()
            .filter(|(_, left)| !left.is_zero())
            .collect()
    }

    /// Leaves a host alone for so long, as was noted by [`Hosts::pauses`].
    pub(super) fn pause(&self, name: &str, left: Duration, policy: &Policy) {
        let left = left.min(policy.retry_after_max);
        self.get(name, policy).pace().pause(Instant::now() + left);
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
