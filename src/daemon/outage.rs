//! What the main loop says and does when the store cannot commit, and when it can again.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::service::{Key, Service};
use super::shared::Ended;
use super::storing::{Outage, State, TROUBLE};
use super::systemd;
use crate::article::Outcome;
use crate::store::{Cause, StoreError};

/// When a turn is repeated that the store failed while it works for others.
const LATER: Duration = Duration::from_secs(300);

/// When it is looked whether a turn can be repeated that the store failed altogether.
const SOON: Duration = Duration::from_secs(15);

/// What has been said of outages.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The present one was said.
    begun: bool,
    /// Over, and not told as health yet.
    over: Vec<Outage>,
    /// Lateness since the last check is of an outage, and not for want of cores.
    pub(super) late: bool,
    /// Damage that single turns have met.
    pub(super) damage: Option<String>,
}

impl Service {
    /// The store has begun or ceased to fail.
    pub(super) async fn storing_changed(&mut self) {
        let state = self.shared.storing.watch().borrow().clone();
        match state {
            State::Out(outage) | State::Mending(outage) => {
                if std::mem::replace(&mut self.outage.begun, true) {
                    return;
                }
                self.outage.late = true;
                self.troubles.retain(|trouble| trouble.what != TROUBLE);
                self.troubles.push(outage.trouble());
            }
            State::Over(outage) => {
                self.outage.begun = false;
                self.outage.over.push(outage);
                self.troubles.retain(|trouble| trouble.what != TROUBLE);
                // What has become due meanwhile.
                self.pager.read_at(Instant::now());
                self.tell_outages().await;
            }
            State::Well => {}
        }
        systemd::status(&self.status());
    }

    /// Tells outages that are over. Their start could not be stored, and so was not told: what is
    /// told is stored first, or a crash would tell it twice or lose it.
    pub(super) async fn tell_outages(&mut self) {
        while let Some(outage) = self.outage.over.first() {
            let told = self.settings.told_of_troubles();
            let past = self
                .shared
                .store
                .note_past(outage.health(), told, Timestamp::now());
            match past.await {
                Ok(alerts) => {
                    self.summary.alerts += alerts;
                    self.couriers.wake();
                    self.outage.over.remove(0);
                }
                Err(error) => {
                    if let Some(broken) = error.outage() {
                        self.shared.storing.report(broken);
                    }
                    return;
                }
            }
        }
    }

    /// The store failed a turn: because it fails altogether, or only this turn, whose records are
    /// damaged.
    pub(super) fn store_failed(&mut self, key: &Key, error: &StoreError) -> Ended {
        if let Some(broken) = error.outage()
            && broken.cause != Some(Cause::Io)
        {
            self.shared.storing.report(broken);
            return Ended::later(SOON);
        }
        if error.cause() == Some(Cause::Damaged) && self.outage.damage.is_none() {
            let fix = Cause::Damaged.fix();
            tracing::error!(what = %key, %error, "the database is damaged in part; what it touches is not fetched, all else goes on: {fix}");
            self.outage.damage = Some(error.to_string());
        }
        if !self.failures.contains_key(key) {
            self.record(key, error.to_string());
        }
        Ended {
            outcome: Some((Outcome::Error, error.to_string())),
            ..Ended::later(LATER)
        }
    }
}
