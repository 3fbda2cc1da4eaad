//! The outbox at work: one task a notifier, so that none waits for another.

mod courier;
mod pause;
mod step;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::storing::Storing;
use crate::config;
use crate::store::Store;
use courier::Courier;

/// How long a notifier may take to hand over what is left at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A courier for each notifier.
pub(super) struct Couriers {
    store: Store,
    storing: Arc<Storing>,
    running: HashMap<String, Running>,
    /// Notifiers that are told when one of them fails.
    health: Vec<String>,
    wake: watch::Sender<()>,
}

struct Running {
    config: config::Notifier,
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Couriers {
    /// `health`: the notifiers that are told when one of them fails.
    pub(super) fn start(
        store: Store,
        storing: Arc<Storing>,
        notifiers: Vec<config::Notifier>,
        health: Vec<String>,
    ) -> Couriers {
        let mut couriers = Couriers {
            store,
            storing,
            running: HashMap::new(),
            health,
            wake: watch::channel(()).0,
        };
        for notifier in notifiers {
            couriers.add(notifier);
        }
        couriers
    }

    fn add(&mut self, config: config::Notifier) {
        let stop = CancellationToken::new();
        let courier = Courier::new(
            self.store.clone(),
            self.storing.clone(),
            &config,
            self.health.clone(),
            self.wake.clone(),
        );
        let task = tokio::spawn(courier.run(self.wake.subscribe(), stop.clone()));
        let name = config.name.clone();
        self.running.insert(name, Running { config, task, stop });
    }

    /// There is something new in the outbox.
    pub(super) fn wake(&self) {
        self.wake.send_replace(());
    }

    /// Lets each hand over what is there, and ends.
    pub(super) async fn stop(self) {
        end(self.running.into_values().collect()).await;
    }

    /// Ends those that are no more or have changed, and starts what is new.
    pub(super) async fn replace(&mut self, notifiers: Vec<config::Notifier>, health: Vec<String>) {
        let same_health = self.health == health;
        self.health = health;
        let stays = |running: &Running| same_health && notifiers.contains(&running.config);
        let over: Vec<String> = self
            .running
            .iter()
            .filter(|(_, running)| !stays(running))
            .map(|(name, _)| name.clone())
            .collect();
        end(over
            .iter()
            .filter_map(|name| self.running.remove(name))
            .collect())
        .await;
        for notifier in notifiers {
            if !self.running.contains_key(&notifier.name) {
                self.add(notifier);
            }
        }
    }
}

/// One limit for all: they end side by side.
async fn end(over: Vec<Running>) {
    over.iter().for_each(|running| running.stop.cancel());
    let end = tokio::time::Instant::now() + GRACE;
    for mut running in over {
        if tokio::time::timeout_at(end, &mut running.task)
            .await
            .is_err()
        {
            // What is not acknowledged stays in the outbox.
            running.task.abort();
        }
    }
}
