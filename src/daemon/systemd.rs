//! What systemd is told: ready, reloading, stopping, alive. Without systemd all of it is nothing.

use std::future::pending;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, interval, timeout};

use super::shared::Shared;

pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Something changed that shows in the status.
pub(super) fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

pub(super) fn reloading() {
    // systemd wants the time of a reload's start; where it cannot be read, none is announced.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "failed to notify systemd");
    }
}

/// Says that the daemon is alive, if systemd wants to know: fed by the main loop, so the scheduler
/// moves, and only when the store has answered, or is known to be unable to and is looked after: a
/// restart would mend neither disk nor database, and lose the pages that are kept.
pub(super) struct Watchdog {
    tick: Option<(Interval, Duration)>,
}

impl Watchdog {
    pub(super) fn new() -> Watchdog {
        let period = sd_notify::watchdog_enabled().map(|limit| limit / 3);
        Watchdog {
            tick: period
                .filter(|p| !p.is_zero())
                .map(|period| (interval(period), period)),
        }
    }

    /// Resolves when it is time to feed; never, without a watchdog.
    pub(super) async fn due(&mut self) {
        match &mut self.tick {
            Some((tick, _)) => {
                tick.tick().await;
            }
            None => pending().await,
        }
    }

    pub(super) async fn feed(&self, shared: &Shared, status: &str) {
        let Some((_, period)) = &self.tick else {
            return;
        };
        if !shared.storing.is_well() {
            return tell(&[NotifyState::Watchdog, NotifyState::Status(status)]);
        }
        match timeout(*period, shared.store.ping()).await {
            Ok(Ok(())) => tell(&[NotifyState::Watchdog, NotifyState::Status(status)]),
            Ok(Err(error)) => match error.outage() {
                Some(broken) => shared.storing.report(broken),
                None => {
                    tracing::error!(%error, "the store does not answer; systemd is not told that all is well")
                }
            },
            Err(_) => {
                tracing::error!("the store is too slow; systemd is not told that all is well")
            }
        }
    }
}
