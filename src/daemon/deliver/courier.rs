//! One notifier's task: takes what waits, hands it over, keeps what came of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::pause;
use super::step::{self, Parcel, Step};
use crate::article::Kind;
use crate::config::{self, Delivery};
use crate::daemon::storing::Storing;
use crate::health::Sign;
use crate::metrics;
use crate::notify::{self, Delivering, Failure, Message, Notifier, Probing, Receipt};
use crate::store::{Channel, Remind, Signs, Store, StoreError};

/// How often the outbox is looked at unasked: commands write to it beside the daemon.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Pause after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(15);

/// Failed attempts in a row that are a trouble; pauses of a second or two lie between them.
const FAILURES: u32 = 3;

/// A message refused so often is given up; about an hour lies between the first and the last time.
const REFUSALS: u32 = 20;

/// The first pause after a refusal is that of so many failures, a quarter of a minute: what a
/// receiver says of a message changes more rarely than whether it is there.
const REFUSED_BEFORE: u32 = 4;

/// A notifier that was not tried for so long after it was due was not failing in that time.
const IDLE: SignedDuration = SignedDuration::from_mins(10);

pub(super) struct Courier {
    store: Store,
    storing: Arc<Storing>,
    name: String,
    notifier: Box<dyn Notifier>,
    delivery: Option<Delivery>,
    /// One attempt may take so long.
    timeout: Duration,
    /// Whether the last attempt failed; `None` before the first.
    failing: Option<bool>,
    /// Deliveries given up, as last told.
    dead: Option<u64>,
    /// Notifiers that are told when this one fails.
    health: Vec<String>,
    wake: watch::Sender<()>,
}

/// What a pass through the outbox came to.
enum Pass {
    /// There may be more at once.
    More,
    /// Nothing can be done before that much time has passed.
    Wait(Duration),
}

impl Courier {
    pub(super) fn new(
        store: Store,
        storing: Arc<Storing>,
        config: &config::Notifier,
        health: Vec<String>,
        wake: watch::Sender<()>,
    ) -> Courier {
        Courier {
            store,
            storing,
            name: config.name.clone(),
            notifier: notify::build(config).unwrap_or_else(|why| Box::new(Unbuilt(why))),
            delivery: config.delivery.clone(),
            timeout: config.timeout(),
            failing: None,
            dead: None,
            health,
            wake,
        }
    }

    pub(super) async fn run(mut self, mut wake: watch::Receiver<()>, stop: CancellationToken) {
        let reminds = self.delivery.as_ref().is_some_and(|d| d.remind.is_some());
        let again = || self.store.begin(self.name.clone(), reminds);
        if let Err(error) = self.storing.commit(again).await {
            tracing::error!(notifier = %self.name, %error, "the outbox cannot be written");
        }
        loop {
            // Asked before the pass, so that what was stored before the order to stop is seen.
            let stopping = stop.is_cancelled();
            // What is sent and cannot be noted as sent would be sent again.
            let mut storing = self.storing.watch();
            tokio::select! {
                _ = storing.wait_for(|state| state.outage().is_none()) => {}
                () = stop.cancelled(), if !stopping => continue,
                () = tokio::time::sleep(LOOK_EVERY), if stopping => return,
            }
            wake.mark_unchanged();
            let wait = match self.pass().await {
                Ok(Pass::More) => continue,
                Ok(Pass::Wait(wait)) => wait,
                Err(error) => {
                    tracing::error!(notifier = %self.name, %error, "the outbox cannot be used; it is tried again");
                    STORE_PAUSE
                }
            };
            if stopping {
                return;
            }
            tokio::select! {
                Ok(()) = wake.changed() => {}
                () = tokio::time::sleep(wait) => {}
                // One more pass, for what came in while the last one ran.
                () = stop.cancelled() => {}
            }
        }
    }

    async fn pass(&mut self) -> Result<Pass, StoreError> {
        let now = Timestamp::now();
        let (store, name, delivery) =
            (self.store.clone(), self.name.clone(), self.delivery.clone());
        let at_once = self.notifier.at_once();
        let step = tokio::task::spawn_blocking(move || {
            step::next(&store, &name, delivery.as_ref(), at_once, now)
        })
        .await
        .map_err(|_| StoreError::Stopped)??;
        self.tell_dead(step.dead).await?;
        if let Some(channel) = step.channel.as_ref().filter(|c| c.gone && step.waiting > 0) {
            self.give_up_all(channel.clone()).await?;
            return Ok(Pass::More);
        }
        for (alerts, why) in &step.damaged {
            tracing::error!(notifier = %self.name, ?alerts, why, "a message cannot be sent");
            self.put_aside(alerts, why, (alerts.len() > 1).then_some(now))
                .await?;
        }
        if step.messages.is_empty() && !step.damaged.is_empty() {
            return Ok(Pass::More);
        }
        if step.messages.is_empty() {
            return Ok(Pass::Wait(self.wait(&step, now)));
        }
        self.send(step.messages, step.channel).await
    }

    /// How long nothing can be sent. No pause is longer than the longest wish: else the clock was
    /// wrong when it was stored.
    fn wait(&self, step: &Step, now: Timestamp) -> Duration {
        let until = step.wake.map(|at| at.duration_since(now));
        let wait = until.and_then(|wait| Duration::try_from(wait).ok());
        wait.unwrap_or(LOOK_EVERY)
            .min(LOOK_EVERY)
            .max(Duration::from_millis(1))
    }

    async fn send(
        &mut self,
        parcels: Vec<Parcel>,
        channel: Option<Channel>,
    ) -> Result<Pass, StoreError> {
        for parcel in parcels.iter().filter(|p| p.claim) {
            let claim = || {
                let (alerts, id) = (parcel.alerts.clone(), parcel.message.id.clone());
                self.store.claim(self.name.clone(), alerts, id)
            };
            self.storing.commit(claim).await?;
        }
        let batch: Vec<Message> = parcels.iter().map(|p| p.message.clone()).collect();
        let receipt = self.attempt(&batch).await;
        let (done, left) = parcels.split_at(receipt.acknowledged.min(parcels.len()));
        if !done.is_empty() {
            let alerts: Vec<String> = done.iter().flat_map(|p| p.alerts.clone()).collect();
            let remind = self.delivery.as_ref().and_then(|d| {
                d.remind.map(|after| Remind {
                    after,
                    times: d.remind_times,
                })
            });
            // Of several stories it is no place to answer in.
            let one_story = done.iter().all(|p| p.message.story().is_some());
            let handle = receipt.handle.as_ref().filter(|_| one_story);
            let now = Timestamp::now();
            let note = || {
                let (name, alerts) = (self.name.clone(), alerts.clone());
                self.store
                    .delivered(name, alerts, handle.cloned(), remind, now)
            };
            self.storing.commit(note).await?;
            metrics::deliveries(&self.name, metrics::Delivery::Delivered, alerts.len());
            let first = done.iter().filter(|parcel| parcel.message.reminder == 0);
            for told in first.flat_map(|parcel| &parcel.message.alerts) {
                let took = now.duration_since(told.alert.time).unsigned_abs();
                metrics::delivered_after(&self.name, took);
            }
        }
        let Some(failure) = receipt.failure else {
            self.works(channel.is_some()).await?;
            return Ok(Pass::More);
        };
        metrics::deliveries(&self.name, metrics::Delivery::Failed, 1);
        match (failure, left.first()) {
            (Failure::Refused { reason }, Some(first)) => {
                // The way is open: it answered.
                self.works(channel.is_some()).await?;
                self.refused(first, reason).await?;
                Ok(Pass::More)
            }
            (failure, _) => self.failed(failure, channel, left.len()).await,
        }
    }

    /// One attempt, which ends in time and without a panic.
    async fn attempt(&mut self, batch: &[Message]) -> Receipt {
        let work = AssertUnwindSafe(self.notifier.deliver(batch)).catch_unwind();
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(receipt)) => receipt,
            Ok(Err(_)) => {
                tracing::error!(notifier = %self.name, "a notifier panicked; please report this");
                Receipt::none(Failure::refused("the notifier panicked"))
            }
            Err(_) => Receipt::none(Failure::late(self.timeout)),
        }
    }

    async fn works(&mut self, failed_before: bool) -> Result<(), StoreError> {
        let before = self.failing.replace(false);
        if before == Some(true) || failed_before {
            tracing::info!(notifier = %self.name, "delivers again");
        }
        if failed_before {
            let note = || self.store.channel_works(self.name.clone());
            self.storing.commit(note).await?;
        }
        if before != Some(false) {
            self.note(Sign::well("delivery")).await?;
        }
        Ok(())
    }

    async fn refused(&mut self, parcel: &Parcel, reason: String) -> Result<(), StoreError> {
        // A message of several may be refused for one of them: each goes alone, at once.
        let several = parcel.alerts.len() > 1;
        let due = match (several, parcel.attempts + 1 >= REFUSALS) {
            (true, _) => Some(Timestamp::now()),
            (false, true) => None,
            (false, false) => Some(pause::later(pause::after(parcel.attempts + REFUSED_BEFORE))),
        };
        let message = match due {
            Some(_) => "a receiver refused a message; it is tried again",
            None => {
                "a receiver refused a message for good; `wirewatch deliveries --failed` lists it"
            }
        };
        tracing::warn!(notifier = %self.name, id = %parcel.message.id, reason, "{message}");
        self.put_aside(&parcel.alerts, &reason, due).await
    }

    /// To be tried alone from `due` on; with `None` given up.
    async fn put_aside(
        &mut self,
        alerts: &[String],
        reason: &str,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let note = || {
            let (name, reason) = (self.name.clone(), reason.to_owned());
            self.store.refused(name, alerts.to_vec(), reason, due)
        };
        self.storing.commit(note).await?;
        if due.is_none() {
            metrics::deliveries(&self.name, metrics::Delivery::Dead, alerts.len());
        }
        Ok(())
    }

    async fn failed(
        &mut self,
        failure: Failure,
        channel: Option<Channel>,
        waiting: usize,
    ) -> Result<Pass, StoreError> {
        let now = Timestamp::now();
        let attempts = channel.as_ref().map_or(0, |c| c.attempts);
        let reason = failure.reason().to_owned();
        if self.failing.replace(true) != Some(true) {
            tracing::error!(notifier = %self.name, waiting, error = reason, "fails to deliver; alerts wait in the outbox");
        }
        let wait = match &failure {
            Failure::Later {
                after: Some(wish), ..
            } => pause::as_wished(*wish),
            _ => pause::after(attempts),
        };
        let channel = Channel {
            attempts: attempts.saturating_add(1),
            due: pause::later(wait),
            since: channel.map_or(now, |c| failing_since(&c, now)),
            error: reason.clone(),
            gone: matches!(failure, Failure::Gone { .. }),
        };
        if channel.gone {
            self.give_up_all(channel).await?;
        } else {
            // Given up is what has waited for so long while the notifier failed for so long.
            let patience = self.delivery.as_ref().map(|d| d.give_up_after);
            let dead_before = match patience.and_then(|p| now.checked_sub(p).ok()) {
                Some(before) if channel.since < before => before,
                _ => Timestamp::MIN,
            };
            let note = || {
                let (name, channel) = (self.name.clone(), channel.clone());
                self.store.channel_failed(name, channel, dead_before)
            };
            let dead = self.storing.commit(note).await?;
            metrics::deliveries(&self.name, metrics::Delivery::Dead, dead);
            if dead > 0 {
                tracing::error!(notifier = %self.name, dead, error = reason, "deliveries given up; `wirewatch deliveries --failed` lists them");
            }
        }
        self.note(Sign::ill("delivery", "failing", reason, FAILURES))
            .await?;
        Ok(Pass::Wait(wait.min(LOOK_EVERY)))
    }

    /// The receiver is there no more.
    async fn give_up_all(&mut self, channel: Channel) -> Result<(), StoreError> {
        let all = Timestamp::MAX;
        let error = channel.error.clone();
        let note = || {
            let (name, channel) = (self.name.clone(), channel.clone());
            self.store.channel_failed(name, channel, all)
        };
        let dead = self.storing.commit(note).await?;
        metrics::deliveries(&self.name, metrics::Delivery::Dead, dead);
        tracing::error!(notifier = %self.name, dead, error, "the receiver is gone; nothing more is sent to it until the next start");
        Ok(())
    }

    /// Tells once that deliveries were given up, and once that none is left.
    async fn tell_dead(&mut self, dead: u64) -> Result<(), StoreError> {
        if self.dead.replace(dead) == Some(dead) {
            return Ok(());
        }
        let what = "dead letters";
        self.note(match dead {
            0 => Sign::well(what),
            _ => Sign::ill(
                what,
                "given up",
                format!("{dead} deliveries given up; see `wirewatch deliveries --failed`"),
                1,
            ),
        })
        .await
    }

    /// Enters a sign of the notifier's health.
    async fn note(&mut self, sign: Sign) -> Result<(), StoreError> {
        let signs = Signs {
            subject: format!("notifier {}", self.name),
            source: None,
            signs: vec![sign],
            notifiers: self.health.clone(),
        };
        let now = Timestamp::now();
        let note = || self.store.note_signs(signs.clone(), now);
        let alerts = self.storing.commit(note).await?;
        metrics::alerts(Kind::Health, alerts);
        if alerts > 0 {
            self.wake.send_replace(());
        }
        Ok(())
    }
}

/// Since when it has failed, without the time in which nothing was tried: the machine slept, or the
/// daemon was off.
fn failing_since(channel: &Channel, now: Timestamp) -> Timestamp {
    let idle = now.duration_since(channel.due);
    match idle > IDLE {
        true => channel.since.checked_add(idle).unwrap_or(now).min(now),
        false => channel.since.min(now),
    }
}

/// A notifier that cannot be built says so at every attempt.
struct Unbuilt(String);

impl Notifier for Unbuilt {
    fn deliver<'a>(&'a mut self, _: &'a [Message]) -> Delivering<'a> {
        Box::pin(async { Receipt::none(Failure::later(self.0.clone())) })
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async { Err(Failure::later(self.0.clone())) })
    }
}
