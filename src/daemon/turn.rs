//! The turn of an article: fetch it, read it, and commit all that follows from it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::get::get;
use super::reading::{self, Known, Place, Reading, Verdict};
use super::recheck::Look;
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use crate::article::{Outcome, Revision};
use crate::extract::{self, SiteMemory};
use crate::store::{ArticleId, ArticleRow, Change, FetchEntry, StoredRevision, Turn, Validator};

/// The longest a page may keep a thread busy.
pub(super) const CPU_LIMIT: Duration = Duration::from_secs(10);

/// Runs an article's turn and says when the next one is due. `failures` counts the bad outcomes in
/// a row before this turn.
pub(super) async fn run(
    shared: &Shared,
    settings: &Settings,
    id: ArticleId,
    failures: u32,
) -> Result<Ended, TurnError> {
    let store = shared.store.clone();
    let load = move || {
        let Some(article) = store.article(id)? else {
            return Ok(None);
        };
        let validator = store.validator(&article.url)?;
        let old = store.latest_revision(id)?;
        Ok(Some((article, validator, old)))
    };
    let Some((article, validator, old)) = shared.blocking(load).await? else {
        return Ok(Ended::gone());
    };
    let source = settings.sources.get(&article.source);
    let (Some(source), Ok(url)) = (source, Url::parse(&article.url)) else {
        return Ok(Ended::gone());
    };
    let job = Job {
        shared,
        settings,
        source,
        article: &article,
        url: &url,
    };
    // A validator without a revision would make the server hide the article for good.
    let validator = validator.filter(|_| old.is_some());
    job.run(old, validator, failures).await
}

/// One article's turn with what it works on.
struct Job<'a> {
    shared: &'a Shared,
    settings: &'a Settings,
    source: &'a Source,
    article: &'a ArticleRow,
    url: &'a Url,
}

impl Job<'_> {
    async fn run(
        &self,
        old: Option<StoredRevision>,
        validator: Option<Validator>,
        failures: u32,
    ) -> Result<Ended, TurnError> {
        let started = Instant::now();
        let got = get(self.shared, self.url, validator).await;
        let mut turn = self.begin(started.elapsed());
        let unread = match got.enter(&mut turn.fetch) {
            Ok(unread) => unread,
            Err(wait) => return Ok(Ended::later(wait)),
        };
        if let Some((fresh, validator)) = unread {
            let rules = self.source.rules.clone();
            let read = move || extract::bounded(CPU_LIMIT, move || reading::read(&fresh, &rules));
            match self.shared.compute(read).await? {
                Ok(reading) => self.take_in(&mut turn, reading, old, validator).await?,
                Err(overrun) => turn.fetch.reason = overrun.to_string(),
            }
        }
        let next = self.plan(&mut turn, failures).await?;
        turn.next_due = next.and_then(|wait| turn.fetch.time.checked_add(wait).ok());
        let (outcome, reason) = (turn.fetch.outcome, turn.fetch.reason.clone());
        tracing::debug!(url = %self.article.url, outcome = outcome.as_str(), reason, "fetched");
        let stored = turn.next_due;
        let done = self.shared.store.turn_done(turn).await?;
        Ok(Ended {
            next: next.filter(|_| !done.duplicate),
            stored,
            outcome: Some((outcome, reason)),
            found: Vec::new(),
            alerts: done.alerts,
        })
    }

    fn begin(&self, elapsed: Duration) -> Turn {
        Turn {
            article: self.article.id,
            is_source: self.source.url == *self.url,
            fetch: FetchEntry {
                url: self.article.url.clone(),
                source: self.article.source.clone(),
                article: Some(self.article.id),
                time: Timestamp::now(),
                status: None,
                outcome: Outcome::Error,
                reason: String::new(),
                bytes: 0,
                millis: elapsed.as_millis() as u64,
            },
            validator: None,
            change: None,
            canonical: None,
            next_due: None,
            plan: None,
        }
    }

    /// Enters what was read into the turn; only content moves the baseline.
    async fn take_in(
        &self,
        turn: &mut Turn,
        reading: Reading,
        old: Option<StoredRevision>,
        validator: Validator,
    ) -> Result<(), TurnError> {
        turn.fetch.outcome = reading.outcome;
        turn.fetch.reason = reading.reason;
        let Some(revision) = reading.revision else {
            return Ok(());
        };
        turn.canonical = reading
            .canonical
            .map(|url| String::from(crate::source::canonical(&url)))
            .filter(|url| *url != self.article.url);
        let host = self.url.host_str().unwrap_or_default();
        let memory = self.shared.site_memory(host).await?;
        let old_hash = old.as_ref().map(|old| old.hash.clone());
        let verdict = self.compare(old, revision.clone(), memory.clone()).await?;
        let weighed = match verdict {
            Ok(Verdict::Same) => {
                turn.validator = Some(validator);
                return Ok(());
            }
            Ok(Verdict::Changed(weighed)) => weighed,
            Err(overrun) => {
                // Baseline and validators stay, so that the next fetch compares again.
                turn.fetch.outcome = Outcome::Error;
                turn.fetch.reason = format!("reading the change failed: {overrun}");
                return Ok(());
            }
        };
        turn.validator = Some(validator);
        self.shared
            .learn(host, &self.article.url, &revision.text, memory)
            .await?;
        let place = Place {
            article: self.article.id,
            url: &self.article.url,
            source: &self.article.source,
            tags: &self.source.config.tags,
            old: old_hash,
            now: turn.fetch.time,
        };
        let developments = reading::decide(weighed, &self.settings.watches, &place, &revision);
        turn.change = Some(Change {
            revision,
            developments,
        });
        Ok(())
    }

    async fn compare(
        &self,
        old: Option<StoredRevision>,
        new: Revision,
        memory: std::sync::Arc<SiteMemory>,
    ) -> Result<Result<Verdict, extract::Overrun>, TurnError> {
        let (store, id, hash) = (self.shared.store.clone(), self.article.id, new.id());
        let load = move || Ok((store.told(id)?, store.stood_at(id, &hash)?));
        let (told, stood_at) = self.shared.blocking(load).await?;
        let (engine, news) = (self.shared.engine.clone(), self.article.news);
        let compare = move || {
            let known = Known {
                old: old.as_ref().map(|old| &old.revision),
                news,
                stood_at,
                told: &told,
                memory: &memory,
            };
            reading::compare(&engine, &known, &new)
        };
        let bounded = move || extract::bounded(CPU_LIMIT, compare);
        self.shared.compute(bounded).await
    }

    /// Enters into the turn what it teaches about the article, and says when to look again.
    async fn plan(&self, turn: &mut Turn, failures: u32) -> Result<Option<Duration>, TurnError> {
        let gone_since = match turn.fetch.outcome {
            Outcome::Gone => {
                let (store, id) = (self.shared.store.clone(), self.article.id);
                self.shared.blocking(move || store.gone_since(id)).await?
            }
            _ => None,
        };
        let look = Look {
            source: self.source,
            watches: &self.settings.watches,
            article: self.article,
            failures,
            gone_since,
            host: self.url.host_str().unwrap_or_default(),
            most: self.shared.rechecks_of(self.url, &self.settings.config),
        };
        Ok(look.plan(turn, &mut self.shared.budget()))
    }
}
