//! The main loop: hands out what is due, takes in what ended, reloads and shuts down.
//!
//! One task owns the queue and the settings, so that nothing here is locked; turns run beside it
//! and report back.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use url::Url;

use super::deliver::Couriers;
use super::settings::Settings;
use super::{poll, systemd, turn};
use crate::article::Outcome;
use crate::config::{self, Config, SourceKind};
use crate::detect::Engine;
use crate::extract::SiteMemory;
use crate::fetch::{BuildError, Fetcher};
use crate::schedule::Queue;
use crate::store::{ArticleId, Found, Store, StoreError};

/// Turns under way at once. Each is one request at most, and a host has one turn at a time, so
/// this many hosts may hang before anybody waits for them.
const TURNS: usize = 256;

/// How long what is in flight may take to finish at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// When to try again after the store failed a turn.
const STORE_PAUSE: Duration = Duration::from_secs(15);

/// Sites whose learned lines are held in memory.
const MEMORIES: usize = 1_000;

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

/// Why a turn could not end in an outcome.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the turn panicked")]
    Panicked,
}

/// What turns share.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) engine: Arc<Engine>,
    fetcher: RwLock<Arc<Fetcher>>,
    /// One permit a core: reading pages must not crowd out everything else.
    cpu: Semaphore,
    memories: Mutex<HashMap<String, Arc<SiteMemory>>>,
}

/// What the queue holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Source(String),
    Article(ArticleId),
}

/// How a turn ended.
pub(super) struct Ended {
    /// When the next is due; `None`: never.
    pub(super) next: Option<Duration>,
    /// What the fetch brought; `None` if nothing was asked.
    pub(super) outcome: Option<(Outcome, String)>,
    /// Articles that a source listed.
    pub(super) found: Vec<Found>,
    /// Alerts raised.
    pub(super) alerts: usize,
}

impl Ended {
    /// Nothing was asked; ask after `wait`.
    pub(super) fn later(wait: Duration) -> Ended {
        Ended {
            next: Some(wait),
            outcome: None,
            found: Vec::new(),
            alerts: 0,
        }
    }

    /// The article or its source is no more.
    pub(super) fn gone() -> Ended {
        Ended {
            next: None,
            outcome: None,
            found: Vec::new(),
            alerts: 0,
        }
    }
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

struct Service {
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    queue: Queue<Key>,
    turns: JoinSet<(Key, Result<Ended, TurnError>)>,
    /// Bad outcomes in a row.
    failures: HashMap<Key, u32>,
    couriers: Couriers,
    store_failing: bool,
    summary: Summary,
}

impl Service {
    async fn start(config: Config) -> Result<Service, DaemonError> {
        let settings = Arc::new(Settings::new(config));
        let fetcher = Arc::new(Fetcher::new(settings.policy())?);
        let path = settings.config.store.path.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&path))
            .await
            .map_err(|_| StoreError::Stopped)??;
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        let shared = Arc::new(Shared {
            store: store.clone(),
            engine: Arc::new(Engine::english()),
            fetcher: RwLock::new(fetcher),
            cpu: Semaphore::new(cores),
            memories: Mutex::new(HashMap::new()),
        });
        let couriers = Couriers::start(store, settings.notifiers());
        let mut service = Service {
            shared,
            settings,
            queue: Queue::default(),
            turns: JoinSet::new(),
            failures: HashMap::new(),
            couriers,
            store_failing: false,
            summary: Summary::default(),
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

    /// Makes store and queue follow the settings.
    async fn sync(&mut self) -> Result<(), StoreError> {
        let (store, settings) = (self.shared.store.clone(), self.settings.clone());
        store
            .sync_sources(settings.entries(), Timestamp::now())
            .await?;
        let names = settings.config.notifiers.iter().map(|n| n.name.clone());
        let buried = store.bury_orphans(names.collect()).await?;
        if buried > 0 {
            tracing::warn!(
                deliveries = buried,
                "gave up deliveries to notifiers that are no longer configured"
            );
        }
        let (sources, articles) = tokio::task::spawn_blocking(move || {
            Ok::<_, StoreError>((store.sources()?, store.watched_articles()?))
        })
        .await
        .map_err(|_| StoreError::Stopped)??;
        let mut queue = Queue::default();
        std::mem::swap(&mut queue, &mut self.queue);
        let now = Timestamp::now();
        let mut wanted = std::collections::HashSet::new();
        for row in sources {
            let Some(source) = settings.sources.get(&row.id) else {
                continue;
            };
            if source.config.kind != SourceKind::Article {
                let key = Key::Source(row.id);
                queue.insert(
                    key.clone(),
                    &host_of(&source.url),
                    due(row.next_due, source.config.interval, now),
                );
                wanted.insert(key);
            }
        }
        for row in articles {
            let Some(source) = settings.sources.get(&row.source) else {
                continue;
            };
            let Ok(url) = Url::parse(&row.url) else {
                continue;
            };
            let longest = source.fixed_recheck().unwrap_or(Duration::MAX);
            queue.insert(
                Key::Article(row.id),
                &host_of(&url),
                due(row.next_due, longest, now),
            );
            wanted.insert(Key::Article(row.id));
        }
        queue.retain(|key| wanted.contains(key));
        self.queue = queue;
        Ok(())
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
        match self.turns.len() < TURNS {
            true => self.queue.wake_at().unwrap_or(later),
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

    async fn reload(&mut self) {
        systemd::reloading();
        let path = self.settings.config.path.clone();
        match self.try_reload(&path).await {
            Ok(()) => {
                tracing::info!(config = %path.display(), sources = self.settings.sources.len(), "reloaded")
            }
            Err(why) => {
                tracing::error!(config = %path.display(), "not reloaded, the old config goes on: {why}")
            }
        }
        systemd::ready(&self.status());
    }

    /// All or nothing: whatever can fail comes before anything is replaced.
    async fn try_reload(&mut self, path: &Path) -> Result<(), String> {
        let file = path.to_owned();
        let config = tokio::task::spawn_blocking(move || config::load(&file))
            .await
            .map_err(|e| e.to_string())?
            .map_err(|errors| errors.to_string())?;
        if config.store.path != self.settings.config.store.path {
            return Err("[store] path has changed, which needs a restart".into());
        }
        let settings = Arc::new(Settings::new(config));
        let fetcher = match settings.config.fetch == self.settings.config.fetch {
            true => None,
            false => Some(Fetcher::new(settings.policy()).map_err(|e| e.to_string())?),
        };
        let old = std::mem::replace(&mut self.settings, settings);
        if let Err(error) = self.sync().await {
            self.settings = old;
            return Err(error.to_string());
        }
        if let Some(fetcher) = fetcher {
            *self
                .shared
                .fetcher
                .write()
                .unwrap_or_else(|e| e.into_inner()) = Arc::new(fetcher);
        }
        self.couriers.replace(self.settings.notifiers()).await;
        Ok(())
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

    fn status(&self) -> String {
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
            Some(source) => poll::run(shared, source, failures).await,
            None => Ok(Ended::gone()),
        },
        Key::Article(id) => turn::run(shared, settings, *id, failures).await,
    }
}

impl Shared {
    pub(super) fn fetcher(&self) -> Arc<Fetcher> {
        self.fetcher
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .clone()
    }

    /// Reads the store off the async threads.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, TurnError> {
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|_| TurnError::Panicked)??)
    }

    /// Computes off the async threads, no more at once than there are cores.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TurnError> {
        let _permit = self.cpu.acquire().await.map_err(|_| TurnError::Panicked)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| TurnError::Panicked)
    }

    /// The lines learned for a site.
    pub(super) async fn site_memory(&self, host: &str) -> Result<Arc<SiteMemory>, TurnError> {
        if let Some(memory) = self.memories().get(host) {
            return Ok(memory.clone());
        }
        let (store, name) = (self.store.clone(), host.to_owned());
        let stored = self.blocking(move || store.site_memory(&name)).await?;
        // A memory of an older form is learned anew.
        let memory: SiteMemory = stored
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default();
        let memory = Arc::new(memory);
        self.remember(host, memory.clone());
        Ok(memory)
    }

    /// Learns the lines of an article's new revision.
    pub(super) async fn learn(
        &self,
        host: &str,
        article: &str,
        text: &str,
        memory: Arc<SiteMemory>,
    ) -> Result<(), TurnError> {
        let mut memory = (*memory).clone();
        memory.learn(article, text);
        let json = serde_json::to_string(&memory).unwrap_or_default();
        self.remember(host, Arc::new(memory));
        Ok(self.store.put_site_memory(host.to_owned(), json).await?)
    }

    fn remember(&self, host: &str, memory: Arc<SiteMemory>) {
        let mut memories = self.memories();
        if memories.len() >= MEMORIES {
            memories.clear();
        }
        memories.insert(host.to_owned(), memory);
    }

    fn memories(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<SiteMemory>>> {
        self.memories.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The stored due time as an instant, at most `longest` away: a clock that was wrong when it was
/// stored must not keep a source asleep.
fn due(stored: Option<Timestamp>, longest: Duration, now: Timestamp) -> Instant {
    let wait = stored.map_or(Duration::ZERO, |due| {
        Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO)
    });
    let start = Instant::now();
    start.checked_add(wait.min(longest)).unwrap_or(start)
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
