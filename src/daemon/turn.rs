//! The turn of an article: fetch it, read it, and commit all that follows from it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::get::get_rendered;
use super::reading::{self, Known, Place, Reading, Verdict};
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use crate::article::{Outcome, Revision};
use crate::extract::{self, Past, Run, SiteMemory};
use crate::health::{self, Sign};
use crate::schedule;
use crate::store::{
    ArticleId, ArticleRow, Change, FetchEntry, Signs, StoredRevision, Turn, Validator,
};

/// The longest a page may keep a thread busy.
pub(super) const CPU_LIMIT: Duration = Duration::from_secs(10);

/// An article is given up once it has been gone that many times in a row: at pauses that double
/// from five minutes that is half a day, and sites do answer 404 for an hour while they deploy.
const GONE_FOR_GOOD: u32 = 8;

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
        let browser = self.source.config.rendered.as_deref();
        let got = get_rendered(self.shared, self.url, validator, browser).await;
        let mut turn = self.begin(started.elapsed());
        let unread = match got.enter(&mut turn.fetch) {
            Ok(unread) => unread,
            Err(wait) => return Ok(Ended::later(wait)),
        };
        let mut selectors = Vec::new();
        if let Some((fresh, validator)) = unread {
            let rules = self.source.rules.clone();
            let (known, run) = (
                old.as_ref().map(|old| old.revision.clone()),
                self.run_before().await?,
            );
            let read = move || {
                let past = known.as_ref().map(|revision| Past {
                    revision,
                    run: run.as_ref(),
                });
                reading::read(&fresh, &rules, past.as_ref())
            };
            let read = move || extract::bounded(CPU_LIMIT, read);
            match self.shared.compute(read).await? {
                Ok(mut reading) => {
                    selectors = std::mem::take(&mut reading.selectors);
                    self.take_in(&mut turn, reading, old, validator).await?;
                }
                Err(overrun) => turn.fetch.reason = overrun.to_string(),
            }
        }
        let next = self.next_after(&turn, failures);
        turn.next_due = next.and_then(|wait| turn.fetch.time.checked_add(wait).ok());
        let (outcome, reason) = (turn.fetch.outcome, turn.fetch.reason.clone());
        tracing::debug!(url = %self.article.url, outcome = outcome.as_str(), reason, "fetched");
        let signs = self.signs(&turn, selectors);
        let done = self.shared.store.turn_done_with(turn, signs).await?;
        Ok(Ended {
            next: next.filter(|_| !done.duplicate),
            outcome: Some((outcome, reason)),
            found: Vec::new(),
            alerts: done.alerts,
        })
    }

    /// What the turn shows of its source's health.
    fn signs(&self, turn: &Turn, selectors: Vec<Sign>) -> Signs {
        let listed = (!turn.is_source).then_some(turn.article);
        let fetch = health::of_fetch(turn.fetch.outcome, &turn.fetch.reason, listed);
        let mut signs = self.settings.signs(self.source);
        signs.signs.push(fetch);
        signs.signs.extend(selectors);
        signs
    }

    /// How the fetches before this one ended, if all alike.
    async fn run_before(&self) -> Result<Option<Run>, TurnError> {
        let (store, id) = (self.shared.store.clone(), self.article.id);
        let last = self.shared.blocking(move || store.last_run(id)).await?;
        Ok(last.map(|last| Run {
            lasting: Timestamp::now().duration_since(last.first).unsigned_abs(),
            times: u32::try_from(last.times).unwrap_or(u32::MAX),
            reason: last.reason,
        }))
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

    /// When to look again: by the operator's interval or the ladder, later after failures.
    fn next_after(&self, turn: &Turn, failures: u32) -> Option<Duration> {
        let changed = match &turn.change {
            Some(_) => turn.fetch.time,
            None => self.article.changed.unwrap_or(self.article.found),
        };
        let age = turn.fetch.time.duration_since(changed).unsigned_abs();
        let fixed = self.source.fixed_recheck();
        let every = fixed.or_else(|| schedule::recheck_after(age))?;
        let every = match turn.fetch.outcome {
            Outcome::Content | Outcome::Unchanged => every,
            // A feed's article that is gone for good need not be asked for any more.
            Outcome::Gone if !turn.is_source && failures >= GONE_FOR_GOOD => return None,
            _ => schedule::after_failure(every, failures + 1),
        };
        Some(schedule::jittered(every, fastrand::f64()))
    }
}
