//! The main loop: hands out what is due, takes in what ended, reloads and shuts down.
//!
//! One task owns the queue and the settings, so that nothing here is locked; turns run beside it
//! and report back.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument;
use url::Url;

use super::SPANS;
use super::clock::Clock;
use super::deliver::Couriers;
use super::outage::Told;
use super::paging::Pager;
use super::reload::Asked;
use super::settings::Settings;
use super::shared::{Ended, Shared, TurnError};
use super::storing::{self, Storing};
use super::vitals::{Trouble, Vitals};
use super::watching::Watching;
use super::{poll, systemd, turn};
use crate::article::{Kind, Outcome};
use crate::config::Config;
use crate::fetch::{BuildError, Fetcher, Readiness, host_key};
use crate::health::Sign;
use crate::metrics::{self, Page, TurnFailed};
use crate::schedule::Queue;
use crate::store::{ArticleId, FetchEntry, Signs, Store, StoreError};
use crate::web::{self, Bound, ListenError, Web};

/// Turns under way at once.
const TURNS: usize = 512;

/// Of these, turns at hosts whose last request got no answer: they may hang, and hold up nobody but
/// each other.
const SUSPECTS: usize = 128;

/// How long a turn at such a host waits where there are that many.
const SUSPECT_PAUSE: Duration = Duration::from_secs(5);

/// How long a turn may take beside its fetch timeouts before it is given up: it waits for its host's
/// delay at each redirect, for a core and for the store, and none of that takes so long.
const TURN_SLACK: Duration = Duration::from_secs(15 * 60);

/// How often the daemon looks after itself.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(60);

/// Every how many checks the figures are logged.
pub(super) const LOGGED_CHECKS: u64 = 15;

/// How long what is in flight may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Questions of the web server that may wait for the main loop.
const ASKS: usize = 16;

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
    /// The address of `[web]`.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Metrics; a mistake in the program.
    #[error("failed to set up the metrics: {0}")]
    Metrics(String),
    /// Detection with the operator's own kinds.
    #[error("failed to build the detection of the config's kinds: {0}")]
    Detection(String),
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
    Source(Arc<str>),
    Article(ArticleId),
}

/// Runs the daemon until it is told to stop.
///
/// Fails only at the start: where the store, the HTTP client or `[web]` cannot be set up. What goes
/// wrong later is logged and tried again.
pub async fn run(
    config: Config,
    mut control: mpsc::Receiver<Control>,
) -> Result<Summary, DaemonError> {
    let mut service = Service::start(config).await?;
    systemd::ready(&service.status());
    let mut watchdog = systemd::Watchdog::new();
    let mut storing = service.shared.storing.watch();
    let mut check = tokio::time::interval(CHECK_EVERY);
    check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        service.dispatch();
        let wake = service.wake_at();
        tokio::select! {
            Some(ended) = service.turns.join_next() => match ended {
                Ok((key, ended)) => service.ended(key, ended),
                // A turn is caught when it panics, so only an abort comes here.
                Err(error) => tracing::error!(%error, "a turn was lost"),
            },
            () = tokio::time::sleep_until(wake.into()) => {}
            () = tokio::time::sleep_until(service.pager.next().into()) => {
                if let Err(error) = service.page().await {
                    tracing::error!(%error, "failed to read what is due; it is tried again");
                }
            }
            _ = check.tick() => service.check().await,
            Some(Ok(vitals)) = service.checks.join_next() => service.report(vitals).await,
            Ok(()) = storing.changed() => service.storing_changed().await,
            // The service holds the other end, so that this does not end.
            Some(ask) = service.asks.recv() => {
                let _ = ask.send(service.answer());
            }
            order = control.recv() => match order {
                Some(Control::Reload) => service.reload(Asked::ByOperator).await,
                Some(Control::Stop) | None => break,
            },
            () = service.watching.changed() => service.reload(Asked::ByChange).await,
            () = watchdog.due() => watchdog.feed(&service.shared, &service.status()).await,
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
    pub(super) pager: Pager,
    pub(super) turns: JoinSet<(Key, Result<Ended, TurnError>)>,
    /// Turns under way at hosts that may hang.
    pub(super) suspects: HashSet<Key>,
    /// Bad outcomes in a row.
    pub(super) failures: HashMap<Key, u32>,
    pub(super) couriers: Couriers,
    /// Looks after the store.
    tending: JoinSet<()>,
    pub(super) outage: Told,
    pub(super) summary: Summary,
    pub(super) started: Timestamp,
    pub(super) stuck: u64,
    pub(super) clock: Clock,
    /// The check under way, if one is.
    pub(super) checks: JoinSet<Vitals>,
    pub(super) checked: u64,
    /// Dropping what is too old, if that is under way.
    pub(super) tidying: JoinSet<()>,
    pub(super) troubles: Vec<Trouble>,
    /// Sees the config's files change.
    watching: Watching,
    /// Why the config was refused when it was last read, in a line, if it was.
    pub(super) refused: Option<String>,
    /// The sources of the settings are in the store.
    pub(super) synced: bool,
    pub(super) web: Web,
    /// Questions of the web server.
    asks: mpsc::Receiver<web::Ask>,
    pub(super) asked: mpsc::Sender<web::Ask>,
}

impl Service {
    async fn start(config: Config) -> Result<Service, DaemonError> {
        // What may stop the start is tried before anything is touched.
        let bound = match config.web.listen {
            Some(address) => Some(Bound::at(address).await?),
            None => None,
        };
        let settings = Arc::new(Settings::new(config, None).map_err(DaemonError::Detection)?);
        let fetcher = Arc::new(Fetcher::new(settings.policy())?);
        let path = settings.config.store.path.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&path))
            .await
            .map_err(|_| StoreError::Stopped)??;
        raise_file_limit();
        let shared = Arc::new(Shared::new(store.clone(), fetcher));
        let couriers = Couriers::start(
            store,
            shared.storing.clone(),
            settings.notifiers(),
            settings.told_of_troubles(),
        );
        let watching = Watching::start(&settings.config.files);
        let now = Instant::now();
        let (asked, asks) = mpsc::channel(ASKS);
        let mut service = Service {
            queue: Queue::new(settings.config.fetch.per_host_concurrency),
            shared,
            settings,
            pager: Pager::new(now),
            turns: JoinSet::new(),
            suspects: HashSet::new(),
            failures: HashMap::new(),
            couriers,
            tending: JoinSet::new(),
            outage: Told::default(),
            summary: Summary::default(),
            started: Timestamp::now(),
            stuck: 0,
            clock: Clock::new(now, Timestamp::now()),
            checks: JoinSet::new(),
            checked: 0,
            tidying: JoinSet::new(),
            troubles: Vec::new(),
            watching,
            refused: None,
            synced: false,
            web: Web::default(),
            asks,
            asked,
        };
        let tend = storing::tend(service.shared.storing.clone(), service.shared.store.clone());
        service.tending.spawn(tend);
        service.sync().await?;
        service.tidy_up().await?;
        service.keep_running().await;
        service.take_up_pauses().await?;
        service.open_archive().await;
        if let Some(bound) = bound {
            let state = service.web_state().map_err(DaemonError::Metrics)?;
            service.web.serve(bound, state);
        }
        tracing::info!(
            sources = service.settings.sources.len(),
            watches = service.settings.watches.len(),
            store = %service.shared.store.path().display(),
            "watching"
        );
        Ok(service)
    }

    /// Enters signs of the daemon's own health.
    pub(super) async fn note_own(&mut self, signs: Vec<Sign>) {
        let signs = Signs {
            subject: "daemon".to_owned(),
            source: None,
            signs,
            notifiers: self.settings.told_of_troubles(),
        };
        match self.shared.store.note_signs(signs, Timestamp::now()).await {
            Ok(0) => {}
            Ok(alerts) => {
                metrics::alerts(Kind::Health, alerts);
                self.summary.alerts += alerts;
                self.couriers.wake();
            }
            Err(error) => tracing::error!(%error, "the daemon's own health cannot be recorded"),
        }
    }

    /// Makes the archive follow the settings.
    pub(super) async fn open_archive(&mut self) {
        let alerts = self.shared.set_archive(&self.settings).await;
        if alerts > 0 {
            self.summary.alerts += alerts;
            self.couriers.wake();
        }
    }

    fn dispatch(&mut self) {
        if !self.shared.storing.is_well() {
            return;
        }
        let limit = self
            .settings
            .config
            .fetch
            .timeout
            .saturating_mul(4)
            .saturating_add(TURN_SLACK);
        let fetcher = self.shared.fetcher();
        while self.turns.len() < TURNS {
            let now = Instant::now();
            let Some(key) = self.queue.next(now) else {
                return;
            };
            if self
                .queue
                .host(&key)
                .is_some_and(|h| fetcher.is_failing(&h))
            {
                if self.suspects.len() >= SUSPECTS {
                    let later = now + SUSPECT_PAUSE;
                    self.queue.finished(&key, Some(later), later);
                    continue;
                }
                self.suspects.insert(key.clone());
            }
            metrics::started_late(self.queue.last_lag());
            let (shared, settings) = (self.shared.clone(), self.settings.clone());
            let failures = self.failures.get(&key).copied().unwrap_or(0);
            let span = tracing::trace_span!(
                target: SPANS,
                "turn",
                what = %key,
                outcome = tracing::field::Empty,
                alerts = tracing::field::Empty,
            );
            let turn = async move {
                let started = Instant::now();
                let work = one_turn(&shared, &settings, &key, failures);
                let ended = AssertUnwindSafe(within(limit, &shared.storing, work))
                    .catch_unwind()
                    .await
                    .unwrap_or(Err(TurnError::Panicked));
                metrics::turn_ended(key.page(), started.elapsed());
                if let Ok(ended) = &ended {
                    let span = tracing::Span::current();
                    span.record("alerts", ended.alerts);
                    if let Some((outcome, _)) = &ended.outcome {
                        span.record("outcome", outcome.as_str());
                    }
                }
                (key, ended)
            };
            self.turns.spawn(turn.instrument(span));
        }
    }

    fn wake_at(&self) -> Instant {
        let later = Instant::now() + Duration::from_secs(3600);
        match self.turns.len() < TURNS && self.shared.storing.is_well() {
            true => self.queue.wake_at().unwrap_or(later).min(later),
            false => later,
        }
    }

    fn ended(&mut self, key: Key, ended: Result<Ended, TurnError>) {
        self.summary.turns += 1;
        let ended = match ended {
            Ok(ended) => ended,
            Err(TurnError::Store(error)) => {
                metrics::turn_failed(TurnFailed::Store);
                self.store_failed(&key, &error)
            }
            Err(error @ TurnError::Stuck(_)) => {
                self.stuck += 1;
                metrics::turn_failed(TurnFailed::Stuck);
                tracing::error!(what = %key, %error, "its host is free again; the turn is repeated later");
                self.record(&key, error.to_string());
                Ended::later(Duration::from_secs(300))
            }
            Err(error @ TurnError::Panicked) => {
                metrics::turn_failed(TurnFailed::Panicked);
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
        // What is due only later is read from the store in time.
        let next = match (&key, ended.stored) {
            (Key::Article(_), Some(due)) if self.pager.will_read(due) => None,
            _ => ended.next.and_then(|wait| now.checked_add(wait)),
        };
        self.suspects.remove(&key);
        if ended.next.is_none() {
            self.failures.remove(&key);
        }
        self.queue.finished(&key, next, self.free_at(&key, now));
        for found in ended.found.into_iter().filter(|found| found.is_new) {
            if let Ok(url) = Url::parse(&found.url) {
                self.queue
                    .insert(Key::Article(found.id), &host_key(&url), now);
            }
        }
    }

    /// When the host of a job can be asked again, so that no turn is spent on waiting for it.
    fn free_at(&self, key: &Key, now: Instant) -> Instant {
        let ready = |host: Arc<str>| self.shared.fetcher().host_ready_at(&host);
        match self.queue.host(key).map(ready) {
            Some(Readiness::At(at)) => at.into_std(),
            Some(Readiness::Now | Readiness::Busy) | None => now,
        }
    }

    /// Puts a turn that was given up on record.
    pub(super) fn record(&self, key: &Key, reason: String) {
        let (shared, settings, key) = (self.shared.clone(), self.settings.clone(), key.clone());
        tokio::spawn(async move {
            if let Err(error) = record(&shared, &settings, &key, reason).await {
                tracing::error!(what = %key, %error, "failed to put it on record");
            }
        });
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
        // What is still asked gets its answer at once.
        self.asks.close();
        while self.asks.try_recv().is_ok() {}
        self.web.stop().await;
        let deadline = tokio::time::Instant::now() + GRACE;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.turns.join_next()).await
        {
            if let Ok((key, ended)) = ended {
                self.ended(key, ended);
            }
        }
        // What is cut off here has moved no baseline: the next run fetches it again.
        self.turns.shutdown().await;
        self.checks.shutdown().await;
        self.tending.shutdown().await;
        self.tidying.shutdown().await;
        if let Err(error) = self.keep_pauses().await {
            tracing::error!(%error, "failed to keep the pauses that hosts asked for");
        }
        self.couriers.stop().await;
        tracing::info!(
            turns = self.summary.turns,
            alerts = self.summary.alerts,
            "stopped"
        );
        self.summary
    }

    pub(super) fn status(&self) -> String {
        if let Some(outage) = self.shared.storing.outage() {
            return outage.trouble().detail;
        }
        format!(
            "{} sources, {} pages due soon",
            self.settings.sources.len(),
            self.queue.len()
        )
    }
}

impl Key {
    fn page(&self) -> Page {
        match self {
            Key::Source(_) => Page::List,
            Key::Article(_) => Page::Article,
        }
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
        Key::Source(id) => match settings.sources.get(&**id) {
            Some(source) => poll::run(shared, settings, source, failures).await,
            None => Ok(Ended::gone()),
        },
        Key::Article(id) => turn::run(shared, settings, *id, failures).await,
    }
}

/// The work, given up after `limit`; while the store cannot commit, the page is kept and the time
/// does not count.
async fn within(
    limit: Duration,
    storing: &Storing,
    work: impl Future<Output = Result<Ended, TurnError>>,
) -> Result<Ended, TurnError> {
    let mut work = std::pin::pin!(work);
    loop {
        let outages = storing.outages();
        match tokio::time::timeout(limit, &mut work).await {
            Ok(ended) => return ended,
            Err(_) if !storing.is_well() || storing.outages() != outages => {}
            Err(_) => return Err(TurnError::Stuck(limit)),
        }
    }
}

async fn record(
    shared: &Shared,
    settings: &Settings,
    key: &Key,
    reason: String,
) -> Result<(), TurnError> {
    let (url, source, article) = match key {
        Key::Source(id) => match settings.sources.get(&**id) {
            Some(source) => (source.url.to_string(), source.config.id.clone(), None),
            None => return Ok(()),
        },
        Key::Article(id) => {
            let (store, id) = (shared.store.clone(), *id);
            match shared.blocking(move || store.tracked(id)).await? {
                Some(row) => (row.article.url, row.article.source, Some(id)),
                None => return Ok(()),
            }
        }
    };
    let entry = FetchEntry {
        url,
        source,
        article,
        time: Timestamp::now(),
        status: None,
        outcome: Outcome::Error,
        reason,
        bytes: 0,
        millis: 0,
    };
    Ok(shared.store.note_fetch(entry).await?)
}

/// As many open files as the system grants without asking: each turn and each connection kept alive
/// takes one, and the usual limit is a thousand.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let wanted = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "failed to raise the limit of open files; set LimitNOFILE in the unit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Broken;

    #[tokio::test(start_paused = true)]
    async fn a_turn_without_an_end_is_given_up() {
        let limit = Duration::from_secs(900);
        let storing = Storing::default();
        let stuck = within(limit, &storing, std::future::pending()).await;
        assert!(matches!(stuck, Err(TurnError::Stuck(_))));
        let slow = |time| async move {
            tokio::time::sleep(time).await;
            Ok(Ended::gone())
        };
        assert!(within(limit, &storing, slow(limit / 2)).await.is_ok());
        storing.report(Broken {
            cause: None,
            detail: "out".into(),
        });
        assert!(within(limit, &storing, slow(limit * 9)).await.is_ok());
    }
}
