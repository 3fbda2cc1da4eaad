//! Making the running daemon follow a config, at the start and on reload.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::paging::Pager;
use super::service::{Key, Service};
use super::settings::Settings;
use super::systemd;
use crate::config::{self, Change, Diff, Errors, Snapshot, SourceKind};
use crate::fetch::host_key;
use crate::metrics;
use crate::store::StoreError;
use jiff::Timestamp;

/// What waits for a notifier that is no longer in the config is given up after this time: it may have
/// been taken out for a moment.
const ORPHANED: Duration = Duration::from_secs(3 * 86_400);

/// Why a config is to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGHUP: what comes of it is always said.
    ByOperator,
    /// Its files have changed: said is only what is new.
    ByChange,
}

/// Why a config is not taken up.
#[derive(Debug)]
enum Refusal {
    /// It is wrong.
    Wrong(Errors),
    /// It is right, but cannot be had now.
    Other(String),
}

impl Refusal {
    /// In one line.
    fn brief(&self) -> String {
        match self {
            Refusal::Wrong(errors) => errors.brief(),
            Refusal::Other(why) => why.clone(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Wrong(errors) => errors.fmt(f),
            Refusal::Other(why) => f.write_str(why),
        }
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Refusal {
        Refusal::Other(why)
    }
}

impl Service {
    /// Makes the sources of store and queue those of the settings.
    pub(super) async fn sync(&mut self) -> Result<(), StoreError> {
        self.synced = false;
        let (store, settings) = (self.shared.store.clone(), self.settings.clone());
        store
            .sync_sources(settings.entries(), Timestamp::now())
            .await?;
        let now = Timestamp::now();
        store.mend_due(now, LONGEST_WAIT).await?;
        let sources = tokio::task::spawn_blocking(move || store.due_sources())
            .await
            .map_err(|_| StoreError::Stopped)??;
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

    /// Drops from the store what belongs to sources and notifiers that the settings do not have.
    pub(super) async fn tidy_up(&self) -> Result<(), StoreError> {
        let (store, settings) = (&self.shared.store, &self.settings);
        let names = settings.config.notifiers.iter().map(|n| n.name.clone());
        let before = Timestamp::now()
            .checked_sub(ORPHANED)
            .unwrap_or(Timestamp::MIN);
        let buried = store.bury_orphans(names.collect(), before).await?;
        if buried > 0 {
            tracing::warn!(
                deliveries = buried,
                "gave up deliveries to notifiers that are no longer configured"
            );
        }
        store.keep_troubles(settings.subjects()).await
    }

    /// Keeps what the daemon runs with, for `check --diff`; nothing else goes by it.
    pub(super) async fn keep_running(&self) {
        let settings = self.settings.clone();
        let written = tokio::task::spawn_blocking(move || Snapshot::text(&settings.config));
        let kept = match written.await {
            Ok(Ok(body)) => {
                let put = self.shared.store.put_running(Timestamp::now(), body);
                put.await.map_err(|e| e.to_string())
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "failed to note the config in the store; `wirewatch check --diff` goes by an older one");
        }
    }

    /// Reads the config again: all or nothing.
    pub(super) async fn reload(&mut self, asked: Asked) {
        systemd::reloading();
        let path = self.settings.config.path.clone();
        let reloaded = self.try_reload().await;
        metrics::reloaded(reloaded.is_ok());
        match reloaded {
            Ok(Some(diff)) => {
                tracing::info!(
                    config = %path.display(),
                    sources = self.settings.sources.len(),
                    changes = summary(&diff),
                    "reloaded"
                );
                self.note_config(None).await;
                self.keep_running().await;
            }
            Ok(None) => {
                if asked == Asked::ByOperator || self.refused.is_some() {
                    tracing::info!(config = %path.display(), "nothing to take up: the config says what it said");
                }
                self.note_config(None).await;
            }
            Err(refusal) => {
                let brief = refusal.brief();
                if asked == Asked::ByOperator || self.refused.as_ref() != Some(&brief) {
                    tracing::error!(config = %path.display(), "not reloaded, the old config goes on: {refusal}");
                }
                self.note_config(Some(brief)).await;
            }
        }
        systemd::ready(&self.status());
    }

    /// All or nothing: whatever can fail comes before anything is replaced. Touches what has
    /// changed and nothing else; `None` if nothing has.
    async fn try_reload(&mut self) -> Result<Option<Diff>, Refusal> {
        let old = self.settings.clone();
        let read = {
            let old = old.clone();
            move || next_settings(&old)
        };
        let read = tokio::task::spawn_blocking(read).await;
        let Some((settings, diff)) = read.map_err(|e| e.to_string())?? else {
            return Ok(None);
        };
        let (was, is) = (&old.config, &settings.config);
        let fetcher = match is.fetch == was.fetch {
            true => None,
            false => Some(
                self.shared
                    .fetcher()
                    .renewed(settings.policy())
                    .map_err(|e| e.to_string())?,
            ),
        };
        let sources = is.sources != was.sources;
        let notifiers = is.notifiers != was.notifiers;
        self.settings = Arc::new(settings);
        if let Err(error) = self.follow(sources, notifiers).await {
            self.settings = old;
            // The store may have got some of it, and the web server moved.
            if let Err(error) = self.follow(sources, notifiers).await {
                tracing::error!("failed to go back to the old config; a restart does it: {error}");
            }
            return Err(error.into());
        }
        if let Some(fetcher) = fetcher {
            self.shared.set_fetcher(fetcher);
            let slots = self.settings.config.fetch.per_host_concurrency;
            self.queue.set_slots(slots);
        }
        if notifiers {
            let health = self.settings.told_of_troubles();
            self.couriers
                .replace(self.settings.notifiers(), health)
                .await;
        }
        self.open_archive().await;
        Ok(Some(diff))
    }

    async fn follow(&mut self, sources: bool, notifiers: bool) -> Result<(), String> {
        // What is listened on already is kept.
        self.follow_web().await?;
        if sources {
            self.sync().await.map_err(|e| e.to_string())?;
        }
        if sources || notifiers {
            self.tidy_up().await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

/// Reads the config of `old` again; `None` if it means what it did. Blocks.
fn next_settings(old: &Settings) -> Result<Option<(Settings, Diff)>, Refusal> {
    let config = config::load(&old.config.path).map_err(Refusal::Wrong)?;
    if config.means_the_same(&old.config) {
        return Ok(None);
    }
    let diff = Diff::between(&old.config, &config).map_err(|e| e.to_string())?;
    let restart = diff.needs_restart();
    if !restart.is_empty() {
        let keys = restart.join(" and ");
        return Err(format!("{keys} has changed, which needs a restart").into());
    }
    for warning in &config.warnings {
        tracing::warn!("{}", warning.message);
    }
    Ok(Some((Settings::new(config, Some(old))?, diff)))
}

/// "2 source added, 1 watch changed", in the order of the tables.
fn summary(diff: &Diff) -> String {
    let mut counts: Vec<(&str, &str, usize)> = Vec::new();
    for entry in &diff.entries {
        let change = match entry.change {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        };
        let same = |c: &&mut (&str, &str, usize)| c.0 == entry.table && c.1 == change;
        match counts.iter_mut().find(same) {
            Some(count) => count.2 += 1,
            None => counts.push((&entry.table, change, 1)),
        }
    }
    let all = counts
        .iter()
        .map(|(table, change, n)| format!("{n} {table} {change}"));
    all.collect::<Vec<_>>().join(", ")
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
