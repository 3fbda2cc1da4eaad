//! Making the running daemon follow a config, at the start and on reload.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::service::{Key, Service, host_of};
use super::settings::Settings;
use super::systemd;
use crate::config::{self, SourceKind};
use crate::fetch::Fetcher;
use crate::schedule;
use crate::store::StoreError;

impl Service {
    /// Makes store and queue follow the settings.
    pub(super) async fn sync(&mut self) -> Result<(), StoreError> {
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
        let (sources, articles) = tokio::task::spawn_blocking(move || {
            Ok::<_, StoreError>((store.sources()?, store.watched_articles()?))
        })
        .await
        .map_err(|_| StoreError::Stopped)??;
        let now = Timestamp::now();
        let mut wanted = HashSet::new();
        for row in sources {
            let Some(source) = settings.sources.get(&row.id) else {
                continue;
            };
            if source.config.kind != SourceKind::Article {
                let key = Key::Source(row.id);
                self.queue.insert(
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
            let longest = source.fixed_recheck().unwrap_or(schedule::RAREST);
            self.queue.insert(
                Key::Article(row.id),
                &host_of(&url),
                due(row.next_due, longest, now),
            );
            wanted.insert(Key::Article(row.id));
        }
        self.queue.retain(|key| wanted.contains(key));
        Ok(())
    }

    /// Reads the config again: all or nothing.
    pub(super) async fn reload(&mut self) {
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
            self.shared.set_fetcher(fetcher);
        }
        let health = self.settings.told_of_troubles();
        self.couriers
            .replace(self.settings.notifiers(), health)
            .await;
        Ok(())
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
