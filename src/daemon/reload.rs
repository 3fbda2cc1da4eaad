//! Making the running daemon follow a config, at the start and on reload.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::paging::Pager;
use super::service::{Key, Service};
use super::settings::Settings;
use super::systemd;
use crate::config::{self, SourceKind};
use crate::fetch::host_key;
use crate::metrics;
use crate::store::StoreError;
use jiff::Timestamp;

impl Service {
    /// Makes store and queue follow the settings.
    pub(super) async fn sync(&mut self) -> Result<(), StoreError> {
        self.synced = false;
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
        store.keep_troubles(settings.subjects()).await?;
        let now = Timestamp::now();
        store.mend_due(now, LONGEST_WAIT).await?;
        let sources = tokio::task::spawn_blocking(move || store.due_sources())
            .await
            .map_err(|_| StoreError::Stopped)??;
        self.queue
            .set_slots(settings.config.fetch.per_host_concurrency);
        // Articles are read from the store anew: their sources may have gone.
        self.queue.retain(|key| match key {
            Key::Source(id) => settings
                .sources
                .get(&**id)
                .is_some_and(|source| source.config.kind != SourceKind::Article),
            Key::Article(_) => false,
        });
        for (id, next_due) in sources {
            if let Some(source) = settings.sources.get(&id)
                && source.config.kind != SourceKind::Article
            {
                let due = due(next_due, source.config.interval, now);
                let host = host_key(&source.url);
                self.queue.insert(Key::Source(id.into()), &host, due);
            }
        }
        self.pager = Pager::new(Instant::now());
        self.page().await?;
        self.synced = true;
        Ok(())
    }

    /// Reads the config again: all or nothing.
    pub(super) async fn reload(&mut self) {
        systemd::reloading();
        let path = self.settings.config.path.clone();
        let reloaded = self.try_reload(&path).await;
        metrics::reloaded(reloaded.is_ok());
        match reloaded {
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
        let settings = Arc::new(Settings::new(config)?);
        let fetcher = match settings.config.fetch == self.settings.config.fetch {
            true => None,
            false => Some(
                self.shared
                    .fetcher()
                    .renewed(settings.policy())
                    .map_err(|e| e.to_string())?,
            ),
        };
        let old = std::mem::replace(&mut self.settings, settings);
        let followed = match self.follow_web().await {
            Ok(()) => self.sync().await.map_err(|e| e.to_string()),
            Err(error) => Err(error),
        };
        if let Err(error) = followed {
            self.settings = old;
            // What is listened on already is kept, so this fails only if the old address has gone.
            if let Err(why) = self.follow_web().await {
                tracing::error!("{why}");
            }
            return Err(error);
        }
        if let Some(fetcher) = fetcher {
            self.shared.set_fetcher(fetcher);
        }
        let health = self.settings.told_of_troubles();
        self.couriers
            .replace(self.settings.notifiers(), health)
            .await;
        Ok(())
    }
}

/// No article waits longer: an interval has at most 30 days.
const LONGEST_WAIT: Duration = Duration::from_secs(33 * 24 * 3600);

/// The stored due time as an instant, at most `longest` away: a clock that was wrong when it was
/// stored must not keep a source asleep.
fn due(stored: Option<Timestamp>, longest: Duration, now: Timestamp) -> Instant {
    let wait = stored.map_or(Duration::ZERO, |due| {
        Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO)
    });
    let start = Instant::now();
    start.checked_add(wait.min(longest)).unwrap_or(start)
}
