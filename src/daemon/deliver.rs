//! The outbox at work: one task a notifier, so that none waits for another.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::health::Sign;
use crate::notify::{Message, Notifier, Receipt};
use crate::store::{Delivery, Signs, Store, StoreError};

/// Alerts handed over at once.
const BATCH: usize = 64;

/// First pause after a failure; doubles with each in a row.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long a notifier may take to hand over what is left at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// One for each courier.
type Wakes = Arc<[Arc<Notify>]>;

/// A courier for each notifier.
pub(super) struct Couriers {
    store: Store,
    running: Vec<JoinHandle<()>>,
    wakes: Wakes,
    stop: CancellationToken,
}

impl Couriers {
    /// `health`: the notifiers that are told when one of them fails.
    pub(super) fn start(
        store: Store,
        notifiers: Vec<(String, Box<dyn Notifier>)>,
        health: Vec<String>,
    ) -> Couriers {
        let stop = CancellationToken::new();
        let wakes: Wakes = notifiers.iter().map(|_| Arc::default()).collect();
        let running = notifiers
            .into_iter()
            .zip(wakes.iter())
            .map(|((name, notifier), wake)| {
                let courier = Courier {
                    store: store.clone(),
                    name,
                    notifier,
                    // It may have failed before this start.
                    failing: None,
                    wakes: wakes.clone(),
                    health: health.clone(),
                };
                tokio::spawn(courier.run(wake.clone(), stop.clone()))
            })
            .collect();
        Couriers {
            store,
            running,
            wakes,
            stop,
        }
    }

    /// There is something new in the outbox.
    pub(super) fn wake(&self) {
        self.wakes.iter().for_each(|wake| wake.notify_one());
    }

    /// Lets each hand over what is there, and ends.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        // One limit for all: they end side by side.
        let end = tokio::time::Instant::now() + GRACE;
        for mut task in self.running {
            if tokio::time::timeout_at(end, &mut task).await.is_err() {
                // What is not acknowledged stays in the outbox.
                task.abort();
            }
        }
    }

    /// Ends these and starts others.
    pub(super) async fn replace(
        &mut self,
        notifiers: Vec<(String, Box<dyn Notifier>)>,
        health: Vec<String>,
    ) {
        let none = Couriers::start(self.store.clone(), Vec::new(), Vec::new());
        std::mem::replace(self, none).stop().await;
        *self = Couriers::start(self.store.clone(), notifiers, health);
    }
}

struct Courier {
    store: Store,
    name: String,
    notifier: Box<dyn Notifier>,
    /// Whether the last attempt failed; `None` before the first.
    failing: Option<bool>,
    wakes: Wakes,
    /// Who is told when it fails.
    health: Vec<String>,
}

/// Failed attempts in a row that are a trouble; pauses of a second or two lie between them.
const FAILURES: u32 = 3;

/// What a pass through the outbox came to.
enum Pass {
    /// Nothing is left.
    Empty,
    /// There may be more at once.
    More,
    /// Nothing can be done before that much time has passed.
    Wait(Duration),
}

impl Courier {
    async fn run(mut self, wake: Arc<Notify>, stop: CancellationToken) {
        loop {
            // Asked before the pass, so that what was stored before the order to stop is seen.
            let stopping = stop.is_cancelled();
            let pass = match self.pass().await {
                Ok(pass) => pass,
                Err(error) => {
                    tracing::error!(notifier = %self.name, %error, "the outbox cannot be read");
                    Pass::Wait(LONGEST_PAUSE)
                }
            };
            let wait = match pass {
                Pass::More => continue,
                Pass::Empty | Pass::Wait(_) if stopping => return,
                Pass::Empty => LONGEST_PAUSE,
                Pass::Wait(wait) => wait,
            };
            tokio::select! {
                () = wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
                // One more pass, for what came in while the last one ran.
                () = stop.cancelled() => {}
            }
        }
    }

    async fn pass(&mut self) -> Result<Pass, StoreError> {
        let (store, name) = (self.store.clone(), self.name.clone());
        let pending = tokio::task::spawn_blocking(move || store.pending(&name, BATCH))
            .await
            .map_err(|_| StoreError::Stopped)??;
        let Some(first) = pending.first() else {
            return Ok(Pass::Empty);
        };
        // In order: while the oldest waits for its next attempt, the rest waits behind it.
        // No pause is longer than the longest: then the clock was wrong when it was stored.
        let wait = first.due.duration_since(Timestamp::now());
        if wait.is_positive() && wait.unsigned_abs() <= LONGEST_PAUSE {
            return Ok(Pass::Wait(wait.unsigned_abs()));
        }
        let batch: Vec<Message> = pending.iter().map(message).collect();
        let Receipt {
            acknowledged,
            error,
        } = self.notifier.deliver(&batch).await;
        let (done, left) = batch.split_at(acknowledged.min(batch.len()));
        let ids = |messages: &[Message]| messages.iter().map(|m| m.id.clone()).collect::<Vec<_>>();
        if !done.is_empty() {
            self.store.delivered(self.name.clone(), ids(done)).await?;
        }
        let Some(error) = error else {
            let before = self.failing.replace(false);
            if before == Some(true) {
                tracing::info!(notifier = %self.name, "delivers again");
            }
            if before != Some(false) {
                self.note(Sign::well("delivery")).await?;
            }
            return Ok(Pass::More);
        };
        if self.failing.replace(true) != Some(true) {
            tracing::error!(notifier = %self.name, waiting = left.len(), %error, "fails to deliver; alerts wait in the outbox");
        }
        let attempts = pending.get(done.len()).map_or(0, |d| d.attempts);
        let wait = pause(attempts);
        let due = Timestamp::now()
            .checked_add(wait)
            .unwrap_or_else(|_| Timestamp::now());
        self.store
            .delivery_failed(self.name.clone(), ids(left), error.clone(), due)
            .await?;
        self.note(Sign::ill("delivery", "failing", error, FAILURES))
            .await?;
        Ok(Pass::Wait(wait))
    }

    /// Enters a sign of the notifier's health.
    async fn note(&mut self, sign: Sign) -> Result<(), StoreError> {
        let signs = Signs {
            subject: format!("notifier {}", self.name),
            source: None,
            signs: vec![sign],
            notifiers: self.health.clone(),
        };
        if self.store.note_signs(signs, Timestamp::now()).await? > 0 {
            self.wakes.iter().for_each(|wake| wake.notify_one());
        }
        Ok(())
    }
}

fn message(delivery: &Delivery) -> Message {
    Message {
        id: delivery.alert.clone(),
        json: delivery.body.clone(),
    }
}

fn pause(attempts: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << attempts.min(16));
    pause
        .min(LONGEST_PAUSE)
        .mul_f64(0.5 + 0.5 * fastrand::f64())
}
