//! The main loop: hands out what is due, takes in what ended, reloads and shuts down.
//!
//! One task owns the queue and the settings, so that nothing here is locked; turns run beside it
//! and report back.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::clock::Clock;
use super::deliver::Couriers;
use super::settings::Settings;
use super::shared::{Ended, Shared, TurnError};
use super::{poll, systemd, turn};
use crate::article::Outcome;
use crate::config::Config;
use crate::fetch::{BuildError, Fetcher};
use crate::health::Sign;
use crate::schedule::Queue;
use crate::store::{ArticleId, Signs, Store, StoreError};

/// Turns under way at once. Each is one request at most, and a host has one turn at a time, so
/// this many hosts may hang before anybody waits for them.
const TURNS: usize = 256;

/// How long what is in flight may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// When to try again after the store failed a turn.
const STORE_PAUSE: Duration = Duration::from_secs(15);

/// What the outside asks of a running daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Read the config again; all or nothing.
    Reload,
    /// Finish what is in flight and end.
    Stop,
}

/// Why a daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error(transparent)]
    Fetch(#[from] BuildError),
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Turns ended.
    pub turns: u64,
    /// Alerts raised.
    pub alerts: usize,
}

/// What the queue holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Source(String),
    Article(ArticleId),
}

/// Runs the daemon until it is told to stop.
///
/// Fails only at the start: where the store or the HTTP client cannot be set up. What goes wrong
/// later is logged and tried again.
pub async fn run(
    config: Config,
    mut control: mpsc::Receiver<Control>,
) -> Result<Summary, DaemonError> {
    let mut service = Service::start(config).await?;
    systemd::ready(&service.status());
    let mut watchdog = systemd::Watchdog::new();
    loop {
        service.look_at_clock().await;
        service.dispatch();
        let wake = service.wake_at();
        tokio::select! {
            Some(ended) = service.turns.join_next() => match ended {
                Ok((key, ended)) => service.ended(key, ended),
                // A turn is caught when it panics, so only an abort comes here.
                Err(error) => tracing::error!(%error, "a turn was lost"),
            },
            () = tokio::time::sleep_until(wake.into()) => {}
            order = control.recv() => match order {
                Some(Control::Reload) => service.reload().await,
                Some(Control::Stop) | None => break,
            },
            () = watchdog.due() => watchdog.feed(&service.shared.store, &service.status()).await,
        }
    }
    systemd::stopping();
    Ok(service.stop().await)
}

/// The main loop's own state.
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) settings: Arc<Settings>,
    pub(super) queue: Queue<Key>,
    turns: JoinSet<(Key, Result<Ended, TurnError>)>,
    /// Bad outcomes in a row.
    failures: HashMap<Key, u32>,
    pub(super) couriers: Couriers,
    store_failing: bool,
    summary: Summary,
    clock: Clock,
}

impl Service {
    async fn start(config: Config) -> Result<Service, DaemonError> {
        let settings = Arc::new(Settings::new(config));
        let fetcher = Arc::new(Fetcher::new(settings.policy())?);
        let path = settings.config.store.path.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&path))
            .await
            .map_err(|_| StoreError::Stopped)??;
        let shared = Arc::new(Shared::new(store.clone(), fetcher));
        let couriers = Couriers::start(store, settings.notifiers(), settings.told_of_troubles());
        let mut service = Service {
            shared,
            settings,
            queue: Queue::default(),
            turns: JoinSet::new(),
            failures: HashMap::new(),
            couriers,
            store_failing: false,
            summary: Summary::default(),
            clock: Clock::new(Instant::now(), Timestamp::now()),
        };
        service.sync().await?;
        tracing::info!(
            sources = service.settings.sources.len(),
            watches = service.settings.watches.len(),
            store = %service.shared.store.path().display(),
            "watching"
        );
        Ok(service)
    }

    async fn look_at_clock(&mut self) {
        if let Some(sign) = self.clock.look(Instant::now(), Timestamp::now()) {
            if let Some(ill) = &sign.ill {
                tracing::warn!(reason = ill.reason, "the clock jumped");
            }
            self.note_own(sign).await;
        }
    }

    /// Enters a sign of the daemon's own health.
    async fn note_own(&mut self, sign: Sign) {
        let signs = Signs {
            subject: "daemon".to_owned(),
            source: None,
            signs: vec![sign],
            notifiers: self.settings.told_of_troubles(),
        };
        match self.shared.store.note_signs(signs, Timestamp::now()).await {
            Ok(0) => {}
            Ok(alerts) => {
                self.summary.alerts += alerts;
                self.couriers.wake();
            }
            Err(error) => tracing::error!(%error, "the daemon's own health cannot be recorded"),
        }
    }

    fn dispatch(&mut self) {
        while self.turns.len() < TURNS {
            let Some(key) = self.queue.next(Instant::now()) else {
                return;
            };
            let (shared, settings) = (self.shared.clone(), self.settings.clone());
            let failures = self.failures.get(&key).copied().unwrap_or(0);
            self.turns.spawn(async move {
                let work = AssertUnwindSafe(one_turn(&shared, &settings, &key, failures));
                let ended = work
                    .catch_unwind()
                    .await
                    .unwrap_or(Err(TurnError::Panicked));
                (key, ended)
            });
        }
    }

    fn wake_at(&self) -> Instant {
        let later = Instant::now() + Duration::from_secs(3600);
        let later = self.clock.due().unwrap_or(later);
        match self.turns.len() < TURNS {
            true => self.queue.wake_at().unwrap_or(later).min(later),
            false => later,
        }
    }

    fn ended(&mut self, key: Key, ended: Result<Ended, TurnError>) {
        self.summary.turns += 1;
        let ended = match ended {
            Ok(ended) => {
                if std::mem::take(&mut self.store_failing) {
                    tracing::info!("the store works again");
                }
                ended
            }
            Err(TurnError::Store(error)) => {
                if !std::mem::replace(&mut self.store_failing, true) {
                    tracing::error!(%error, "the store fails; nothing is lost, turns are repeated until it works");
                }
                Ended::later(STORE_PAUSE)
            }
            Err(error @ TurnError::Panicked) => {
                tracing::error!(?key, %error, "please report this; the turn is repeated later");
                Ended::later(Duration::from_secs(300))
            }
        };
        if let Some((outcome, reason)) = &ended.outcome {
            self.note_health(&key, *outcome, reason);
        }
        if ended.alerts > 0 {
            self.summary.alerts += ended.alerts;
            self.couriers.wake();
        }
        let now = Instant::now();
        self.queue
            .finished(&key, ended.next.and_then(|wait| now.checked_add(wait)));
        for found in ended.found.into_iter().filter(|found| found.is_new) {
            if let Ok(url) = Url::parse(&found.url) {
                self.queue
                    .insert(Key::Article(found.id), &host_of(&url), now);
            }
        }
    }

    /// Says once when something starts failing, and once when it stops.
    fn note_health(&mut self, key: &Key, outcome: Outcome, reason: &str) {
        if matches!(outcome, Outcome::Content | Outcome::Unchanged) {
            if let Some(times) = self.failures.remove(key) {
                tracing::info!(what = %key, times, "works again");
            }
            return;
        }
        let times = self.failures.entry(key.clone()).or_insert(0);
        *times += 1;
        if *times == 1 {
            tracing::warn!(what = %key, outcome = outcome.as_str(), reason, "brought nothing");
        }
    }

    async fn stop(mut self) -> Summary {
        tracing::info!(in_flight = self.turns.len(), "stopping");
        let deadline = tokio::time::Instant::now() + GRACE;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.turns.join_next()).await
        {
            if let Ok((key, ended)) = ended {
                self.ended(key, ended);
            }
        }
        // What is cut off here has moved no baseline: the next run fetches it again.
        self.turns.shutdown().await;
        self.couriers.stop().await;
        tracing::info!(
            turns = self.summary.turns,
            alerts = self.summary.alerts,
            "stopped"
        );
        self.summary
    }

    pub(super) fn status(&self) -> String {
        format!(
            "{} sources, {} pages watched",
            self.settings.sources.len(),
            self.queue.len()
        )
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Source(id) => write!(f, "source {id}"),
            Key::Article(id) => write!(f, "article {id}"),
        }
    }
}

async fn one_turn(
    shared: &Shared,
    settings: &Settings,
    key: &Key,
    failures: u32,
) -> Result<Ended, TurnError> {
    match key {
        Key::Source(id) => match settings.sources.get(id) {
            Some(source) => poll::run(shared, settings, source, failures).await,
            None => Ok(Ended::gone()),
        },
        Key::Article(id) => turn::run(shared, settings, *id, failures).await,
    }
}

pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
