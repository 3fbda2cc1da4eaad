//! What turns share: the store, the engine, the fetcher, and where heavy work is run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::article::Outcome;
use crate::detect::Engine;
use crate::extract::SiteMemory;
use crate::fetch::Fetcher;
use crate::render::Renderer;
use crate::store::{Found, Store, StoreError};

/// Sites whose learned lines are held in memory.
const MEMORIES: usize = 1_000;

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
    pub(super) renderer: Renderer,
    /// One permit a core: reading pages must not crowd out everything else.
    cpu: Semaphore,
    memories: Mutex<HashMap<String, Arc<SiteMemory>>>,
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

impl Shared {
    pub(super) fn new(store: Store, fetcher: Arc<Fetcher>) -> Shared {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        Shared {
            store,
            engine: Arc::new(Engine::english()),
            fetcher: RwLock::new(fetcher),
            renderer: Renderer::default(),
            cpu: Semaphore::new(cores),
            memories: Mutex::new(HashMap::new()),
        }
    }

    /// From now on turns fetch with this one.
    pub(super) fn set_fetcher(&self, fetcher: Fetcher) {
        *self.fetcher.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(fetcher);
    }

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

    fn memories(&self) -> MutexGuard<'_, HashMap<String, Arc<SiteMemory>>> {
        self.memories.lock().unwrap_or_else(|e| e.into_inner())
    }
}
