//! What turns share: the store, the fetcher, and where heavy work is run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use url::Url;

use super::sites::{Learnable, Learned};
use super::storing::Storing;
use super::walk::Walk;
use crate::archive::Archive;
use crate::article::Outcome;
use crate::config::Config;
use crate::extract::{SiteChurn, SiteMemory};
use crate::fetch::Fetcher;
use crate::render::Renderer;
use crate::schedule::Budget;
use crate::store::{Found, Store, StoreError};

/// Readings of the store under way at once: each takes some 30 microseconds.
const READS: usize = 2;

/// Of the requests a host's delay allows, those that may be rechecks.
const RECHECK_SHARE: f64 = 0.7;

/// Why a turn could not end in an outcome.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the turn panicked")]
    Panicked,
    #[error("the turn did not end within {0:?} and was given up")]
    Stuck(Duration),
}

/// What turns share.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) storing: Arc<Storing>,
    fetcher: RwLock<Arc<Fetcher>>,
    pub(super) renderer: Renderer,
    /// A permit for every second core: reading pages must not crowd out everything else, and each
    /// thread that reads holds tables of its own.
    cpu: Semaphore,
    reads: Semaphore,
    pub(super) memories: Learned<SiteMemory>,
    pub(super) churns: Learned<SiteChurn>,
    /// Polls under way, by source. Lost with the process: then the next begins anew.
    walks: Mutex<HashMap<String, Walk>>,
    budget: Mutex<Budget>,
    pub(super) archive: Arc<Archive>,
    pub(super) archive_failing: Mutex<Option<bool>>,
}

/// How a turn ended.
pub(super) struct Ended {
    /// When the next is due; `None`: never.
    pub(super) next: Option<Duration>,
    /// The same as the store has it, for an article; `None` where it has not been told.
    pub(super) stored: Option<Timestamp>,
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
            stored: None,
            outcome: None,
            found: Vec::new(),
            alerts: 0,
        }
    }

    /// The article or its source is no more.
    pub(super) fn gone() -> Ended {
        Ended {
            next: None,
            stored: None,
            outcome: None,
            found: Vec::new(),
            alerts: 0,
        }
    }
}

impl Shared {
    pub(super) fn new(store: Store, fetcher: Arc<Fetcher>) -> Shared {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        Shared {
            store,
            storing: Arc::default(),
            fetcher: RwLock::new(fetcher),
            renderer: Renderer::default(),
            cpu: Semaphore::new((cores / 2).max(1)),
            reads: Semaphore::new(READS),
            memories: Learned::default(),
            churns: Learned::default(),
            walks: Mutex::new(HashMap::new()),
            budget: Mutex::new(Budget::default()),
            archive: Arc::default(),
            archive_failing: Mutex::default(),
        }
    }

    /// From now on turns fetch with this one.
    pub(super) fn set_fetcher(&self, fetcher: Fetcher) {
        fetcher.take_over();
        *self.fetcher.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(fetcher);
    }

    pub(super) fn fetcher(&self) -> Arc<Fetcher> {
        self.fetcher
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .clone()
    }

    /// What rechecks want of each host.
    pub(super) fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Rechecks an hour that the host of this page bears: what the operator grants, or what its
    /// delay leaves room for beside polls and new articles.
    pub(super) fn rechecks_of(&self, url: &Url, config: &Config) -> f64 {
        let delay = self.fetcher().delay_of(url).as_secs_f64();
        let room = RECHECK_SHARE * 3600.0 / delay.max(0.001);
        room.min(f64::from(config.fetch.per_host_rechecks))
    }

    /// Takes up the poll of a source where its last turn left it.
    pub(super) fn resume(&self, source: &str) -> Option<Walk> {
        self.walks().remove(source)
    }

    /// Leaves the poll of a source to its next turn.
    pub(super) fn pause(&self, source: &str, walk: Walk) {
        self.walks().insert(source.to_owned(), walk);
    }

    fn walks(&self) -> MutexGuard<'_, HashMap<String, Walk>> {
        self.walks.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Reads the store off the async threads, a few at once.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, TurnError> {
        let _permit = self
            .reads
            .acquire()
            .await
            .map_err(|_| TurnError::Panicked)?;
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|_| TurnError::Panicked)??)
    }

    /// Computes off the async threads, at half the cores at once.
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
        self.learned(&self.memories, host, Store::site_memory).await
    }

    /// Where a site's pages change without news.
    pub(super) async fn site_churn(&self, host: &str) -> Result<Arc<SiteChurn>, TurnError> {
        self.learned(&self.churns, host, Store::site_churn).await
    }

    async fn learned<T: Learnable>(
        &self,
        held: &Learned<T>,
        host: &str,
        load: fn(&Store, &str) -> Result<Option<String>, StoreError>,
    ) -> Result<Arc<T>, TurnError> {
        if let Some(found) = held.get(host) {
            return Ok(found);
        }
        let (store, name) = (self.store.clone(), host.to_owned());
        let stored = self.blocking(move || load(&store, &name)).await?;
        let found = Arc::new(T::read(stored));
        held.put(host, found.clone());
        Ok(found)
    }
}
