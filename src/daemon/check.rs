//! The daemon looks after itself: once a minute it measures how it does, and says what has gone wrong
//! or is well again.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::service::{CHECK_EVERY, Key, LOGGED_CHECKS, Service};
use super::settings::retention;
use super::vitals::{TROUBLES, Trouble, Vitals, millis, turned};
use crate::health::{LASTING, Sign};
use crate::metrics::{self, Page};
use crate::store::{Dropped, StoreError};

/// Every how many checks what is too old is dropped: once a day, the first time ten minutes after
/// the start.
const TIDIED_CHECKS: u64 = 24 * 60;
const FIRST_TIDIED: u64 = 10;

/// Between two transactions of that.
const BREATH: Duration = Duration::from_millis(100);

/// The trouble with a config file that cannot be taken up.
const CONFIG: &str = "config";

fn config_trouble(why: String) -> Trouble {
    Trouble {
        what: CONFIG.to_owned(),
        detail: why,
    }
}

impl Service {
    /// Measures what the main loop knows, and has the rest measured beside it: a store that does not
    /// answer must not hold up the loop.
    pub(super) async fn check(&mut self) {
        metrics::upkeep();
        let now = Instant::now();
        let jump = self.clock.jump(now, Timestamp::now());
        if let Some(by) = jump {
            tracing::warn!(
                seconds = by.as_secs(),
                "the clock has jumped; the schedule goes on as it was"
            );
            match self.shared.store.shift_due(by).await {
                Ok(()) => self.pager.shift(by),
                Err(error) => {
                    tracing::error!(%error, "failed to move the schedule along with the clock")
                }
            }
        }
        let lag = self.queue.take_lag();
        if !self.shared.storing.is_well() {
            // Nothing can be kept, and what is wrong has been said.
            return;
        }
        let lag = match std::mem::take(&mut self.outage.late) {
            true => Duration::ZERO,
            false => lag,
        };
        self.tell_outages().await;
        if !self.checks.is_empty() {
            let trouble = Trouble {
                what: "store".into(),
                detail: "the database has not answered since the last check; look at its disk"
                    .into(),
            };
            let mut troubles = self.troubles.clone();
            troubles.retain(|one| one.what != trouble.what);
            troubles.push(trouble);
            // A store that does not answer takes no signs, and is not waited for.
            self.turn(troubles);
            return;
        }
        let sources = self.queue.overdue(now, |key| matches!(key, Key::Source(_)));
        let articles = self
            .queue
            .overdue(now, |key| matches!(key, Key::Article(_)));
        let pauses = self.pauses();
        let vitals = Vitals {
            started: self.started,
            sources: self.settings.sources.len(),
            queued: self.queue.len(),
            hosts: self.queue.hosts(),
            running: self.turns.len(),
            suspect: self.suspects.len(),
            turns: self.summary.turns,
            stuck: self.stuck,
            lag_ms: millis(lag),
            overdue_articles: articles.jobs,
            overdue_articles_s: articles.longest.as_secs(),
            overdue_sources: sources.jobs,
            overdue_sources_s: sources.longest.as_secs(),
            paused_hosts: pauses.len(),
            clock_jump_s: jump.map_or(0, |by| by.as_secs()),
            damage: self.outage.damage.clone(),
            config_refused: self.refused.clone(),
            ..Vitals::default()
        };
        let (store, storing) = (self.shared.store.clone(), self.shared.storing.clone());
        self.checks.spawn(async move {
            let vitals = vitals.complete(&store).await;
            if !storing.is_well() {
                return vitals;
            }
            let body = serde_json::to_string(&vitals).unwrap_or_default();
            let kept = async {
                store.put_pauses(pauses).await?;
                store.put_status(Timestamp::now(), body).await
            };
            if let Ok(Err(error)) = tokio::time::timeout(CHECK_EVERY, kept).await {
                match error.outage() {
                    Some(broken) => storing.report(broken),
                    None => tracing::error!(%error, "failed to keep how the daemon does"),
                }
            }
            vitals
        });
    }

    /// Drops what is too old, a few articles at a time so that turns do not wait, unless that is
    /// still under way.
    fn tidy(&mut self) {
        while self.tidying.try_join_next().is_some() {}
        if !self.tidying.is_empty() {
            return;
        }
        let keep = retention(&self.settings.config.store);
        let (store, archive) = (self.shared.store.clone(), self.shared.archive.clone());
        self.tidying.spawn(async move {
            let (mut dropped, mut after) = (Dropped::default(), Some(0));
            while let Some(at) = after {
                match store.drop_old(at, keep, Timestamp::now()).await {
                    Ok((more, next)) => {
                        dropped.add(more);
                        after = next;
                    }
                    Err(error) => {
                        tracing::error!(%error, "failed to drop what is too old; it is tried again tomorrow");
                        return;
                    }
                }
                tokio::time::sleep(BREATH).await;
            }
            tracing::info!(
                revisions = dropped.revisions,
                texts = dropped.texts,
                developments = dropped.developments,
                fetches = dropped.fetches,
                "dropped what was too old"
            );
            let old = move || archive.drop_old(Timestamp::now());
            match tokio::task::spawn_blocking(old).await {
                Ok(Ok(old)) if old.files == 0 => {}
                Ok(Ok(old)) => tracing::info!(
                    files = old.files,
                    bytes = old.bytes,
                    "dropped the oldest of the archive"
                ),
                Ok(Err(error)) => {
                    tracing::error!(%error, "failed to drop the oldest of the archive; it is tried again tomorrow");
                }
                Err(error) => tracing::error!(%error, "please report this"),
            }
        });
    }

    /// Takes in what was measured.
    pub(super) async fn report(&mut self, vitals: Vitals) {
        metrics::overdue(Page::List, vitals.overdue_sources, vitals.overdue_sources_s);
        metrics::overdue(
            Page::Article,
            vitals.overdue_articles,
            vitals.overdue_articles_s,
        );
        metrics::paused_hosts(vitals.paused_hosts);
        metrics::store_commit(vitals.store_ms.map(Duration::from_millis));
        if !self.shared.storing.is_well() {
            return;
        }
        if self.checked.is_multiple_of(LOGGED_CHECKS) {
            tracing::info!(
                queued = vitals.queued,
                hosts = vitals.hosts,
                running = vitals.running,
                suspect = vitals.suspect,
                turns = vitals.turns,
                stuck = vitals.stuck,
                lag_ms = vitals.lag_ms,
                overdue_sources = vitals.overdue_sources,
                overdue_articles = vitals.overdue_articles,
                paused_hosts = vitals.paused_hosts,
                pending = vitals.pending,
                store_ms = vitals.store_ms,
                database = vitals.database,
                log = vitals.log,
                disk_free = vitals.disk_free,
                "how it does"
            );
        }
        if self.checked % TIDIED_CHECKS == FIRST_TIDIED {
            self.tidy();
        }
        self.checked += 1;
        // The config may have been mended, or broken, since this was measured.
        let mut troubles = vitals.troubles;
        troubles.retain(|one| one.what != CONFIG);
        troubles.extend(self.refused.clone().map(config_trouble));
        let signs = self.turn(troubles);
        if !signs.is_empty() {
            self.note_own(signs).await;
        }
    }

    /// The config file was refused, or one was taken up: told at once, and once.
    pub(super) async fn note_config(&mut self, refused: Option<String>) {
        if self.refused == refused {
            return;
        }
        self.refused = refused.clone();
        self.troubles.retain(|one| one.what != CONFIG);
        let sign = match refused {
            None => Sign::well(CONFIG),
            Some(why) => {
                self.troubles.push(config_trouble(why.clone()));
                Sign::ill(CONFIG, "refused", why, 1)
            }
        };
        self.note_own(vec![sign]).await;
    }

    /// Says each trouble once when it begins and once when it is over. What the last daemon left
    /// unfinished is over when the first check of this one does not find it. Returns the signs that
    /// say so as health.
    fn turn(&mut self, troubles: Vec<Trouble>) -> Vec<Sign> {
        let (begun, over) = turned(&self.troubles, &troubles);
        // A burst at the start, or one slow minute, is no trouble to tell anybody.
        let ill = |t: &Trouble| {
            let sign = Sign::ill(t.what.to_string(), "wrong", t.detail.to_string(), 1);
            match t.what.as_ref() {
                "disk" | "clock" | "damage" | CONFIG => sign,
                _ => sign.lasting(LASTING),
            }
        };
        let mut signs: Vec<Sign> = troubles.iter().map(ill).collect();
        if self.checked <= 1 {
            let here = |what: &&str| troubles.iter().any(|t| t.what == **what);
            let gone = TROUBLES.iter().filter(|what| !here(what));
            signs.extend(gone.map(|what| Sign::well(*what)));
        } else {
            signs.extend(over.iter().map(|t| Sign::well(t.what.to_string())));
        }
        for Trouble { what, detail } in &begun {
            tracing::warn!(what, "trouble: {detail}");
        }
        for Trouble { what, .. } in &over {
            tracing::info!(what, "the trouble is over");
        }
        self.troubles = troubles;
        signs
    }

    /// The hosts that want to be left alone, and until when.
    fn pauses(&self) -> Vec<(String, Timestamp)> {
        let now = Timestamp::now();
        let until = |(host, left): (String, Duration)| Some((host, now.checked_add(left).ok()?));
        let pauses = self.shared.fetcher().pauses();
        pauses.into_iter().filter_map(until).collect()
    }

    /// Keeps the pauses for the next daemon.
    pub(super) async fn keep_pauses(&self) -> Result<(), StoreError> {
        self.shared.store.put_pauses(self.pauses()).await
    }

    /// Takes up the pauses that the last daemon kept.
    pub(super) async fn take_up_pauses(&self) -> Result<(), StoreError> {
        let store = self.shared.store.clone();
        let pauses = tokio::task::spawn_blocking(move || store.pauses())
            .await
            .map_err(|_| StoreError::Stopped)??;
        let (fetcher, now) = (self.shared.fetcher(), Timestamp::now());
        for (host, until) in pauses {
            if let Ok(left) = Duration::try_from(until.duration_since(now)) {
                fetcher.pause(&host, left);
            }
        }
        Ok(())
    }
}
