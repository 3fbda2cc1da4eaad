//! What a courier does next, read from the store. Blocks; called off the async threads.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::pause;
use crate::config::Delivery;
use crate::message::Message;
use crate::message::plan::{self, Next, Policy};
use crate::store::{Channel, Store, StoreError};

/// So much of what waits is looked at first: mostly the oldest can go, and a long row takes time to
/// read, each time anew.
const LOOK: usize = 64;

/// So much where nothing of that can go. What is refused holds up its story alone, and never so many.
const LOOK_ON: usize = 1024;

/// So much where digest, quiet hours or a rate gather much, among which there may be something urgent.
const LOOK_FAR: usize = 8192;

/// The next thing to do.
pub(super) struct Step {
    /// Send these; empty: nothing can be sent now.
    pub(super) messages: Vec<Parcel>,
    /// What cannot be sent, since it cannot be read; and why.
    pub(super) damaged: Vec<(Vec<String>, String)>,
    /// Look again then, if nothing else happens before.
    pub(super) wake: Option<Timestamp>,
    /// The notifier's own state, if it fails.
    pub(super) channel: Option<Channel>,
    /// Deliveries given up so far.
    pub(super) dead: u64,
    /// So many were found waiting, sent now or not.
    pub(super) waiting: usize,
}

/// A message and the deliveries it is made of.
pub(super) struct Parcel {
    pub(super) message: Message,
    /// Alert ids.
    pub(super) alerts: Vec<String>,
    /// Refusals so far.
    pub(super) attempts: u32,
    /// It has to be claimed under the message's id before it is sent.
    pub(super) claim: bool,
}

/// Looks and decides. `at_once`: messages the notifier takes together.
pub(super) fn next(
    store: &Store,
    notifier: &str,
    delivery: Option<&Delivery>,
    at_once: usize,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let gathers =
        |d: &Delivery| d.digest.is_some() || !d.quiet_hours.is_empty() || d.rate_limit.is_some();
    if delivery.is_some_and(gathers) {
        return look(store, notifier, delivery, (at_once, LOOK_FAR), now);
    }
    let step = look(store, notifier, delivery, (at_once, LOOK), now)?;
    match step.messages.is_empty() && step.damaged.is_empty() && step.waiting >= LOOK {
        true => look(store, notifier, delivery, (at_once, LOOK_ON), now),
        false => Ok(step),
    }
}

/// Decides by the first `most` that wait.
fn look(
    store: &Store,
    notifier: &str,
    delivery: Option<&Delivery>,
    (at_once, most): (usize, usize),
    now: Timestamp,
) -> Result<Step, StoreError> {
    let rate = delivery.and_then(|d| d.rate_limit.as_ref());
    let mut outbox = store.outbox(notifier, most, rate.map(|r| r.per), now)?;
    for waiting in &mut outbox.waiting {
        if waiting.since > now {
            // The clock was ahead: it has waited for long enough.
            waiting.since = Timestamp::UNIX_EPOCH;
        }
        if pause::is_no_pause(waiting.due, now) {
            waiting.due = now;
        }
    }
    let mut step = Step {
        messages: Vec::new(),
        damaged: Vec::new(),
        wake: outbox.next_reminder,
        waiting: outbox.waiting.len(),
        dead: outbox.dead,
        channel: outbox.channel,
    };
    if let Some(channel) = &step.channel
        && channel.due > now
        && !pause::is_no_wish(channel.due, now)
    {
        step.wake = earliest(step.wake, channel.due);
        return Ok(step);
    }
    let urgent: Vec<String> = delivery
        .iter()
        .flat_map(|d| d.urgent.iter().map(|u| u.name().to_owned()))
        .collect();
    let policy = Policy {
        digest: delivery.and_then(|d| d.digest.as_ref()),
        quiet: delivery.map_or(&[], |d| &d.quiet_hours),
        urgent: &urgent,
        rate,
        together: at_once,
    };
    match plan::next(&outbox.waiting, &policy, &outbox.sent, now) {
        Next::Nothing => {}
        Next::Wait(until) => step.wake = earliest(step.wake, until),
        Next::Send { places, folded } => {
            let groups: Vec<Vec<usize>> = match folded {
                true => vec![places],
                false => places.into_iter().map(|place| vec![place]).collect(),
            };
            for group in groups {
                let waiting: Vec<_> = group
                    .iter()
                    .filter_map(|n| outbox.waiting.get(*n))
                    .collect();
                let alerts: Vec<String> = waiting.iter().map(|w| w.alert.clone()).collect();
                let claimed = waiting
                    .first()
                    .and_then(|w| w.batch.clone())
                    .filter(|b| !b.is_empty());
                let claim = folded && claimed.is_none();
                let id = match (folded, claimed) {
                    (true, Some(id)) => id,
                    (true, None) => digest_id(notifier, &alerts),
                    (false, _) => alerts.first().cloned().unwrap_or_default(),
                };
                match store.message(notifier, &alerts, id) {
                    Ok(message) => step.messages.push(Parcel {
                        message,
                        attempts: group
                            .iter()
                            .filter_map(|n| outbox.attempts.get(*n))
                            .max()
                            .copied()
                            .unwrap_or(0),
                        alerts,
                        claim,
                    }),
                    // It will not get better, and what comes after it must not wait for it.
                    Err(error @ StoreError::Damaged { .. }) => {
                        step.damaged.push((alerts, error.to_string()));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(step)
}

fn earliest(known: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    Some(known.map_or(at, |known| known.min(at)))
}

/// The same for the same alerts.
fn digest_id(notifier: &str, alerts: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(notifier.as_bytes());
    for alert in alerts {
        hash.update([0]);
        hash.update(alert.as_bytes());
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(10).map(|b| format!("{b:02x}")).collect();
    format!("dg_{hex}")
}
