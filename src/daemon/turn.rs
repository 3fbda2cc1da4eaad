//! The turn of an article: fetch it, read it, and commit all that follows from it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{Instrument, trace_span};
use url::Url;

use super::SPANS;
use super::get::get_rendered;
use super::reading::{self, Before, Fresh, Known, Need, Place, Reading, Verdict};
use super::recheck::Look;
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use super::sites::Learnable;
use crate::article::{Kind, Outcome, Revision};
use crate::diff;
use crate::extract::{self, Past, Region, Run, SiteChurn, SiteMemory, Trace};
use crate::health::{self, Sign};
use crate::metrics::{self, Page, PassedOver};
use crate::store::{
    ArticleId, ArticleRow, Change, FetchEntry, Kept, Signs, SiteUpdate, StoredRevision, Turn,
    Validator,
};

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
    let load = move || store.tracked(id);
    let Some(tracked) = shared.blocking(load).await? else {
        return Ok(Ended::gone());
    };
    let article = tracked.article;
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
    let validator = tracked.validator.filter(|_| article.changed.is_some());
    let region = tracked.region.as_deref().and_then(Region::from_bytes);
    job.run(region.map(Arc::new), validator, failures).await
}

/// How a page was looked at.
enum Looked {
    /// It did not have to be read.
    Same,
    Read(Box<Read>),
    Overrun(extract::Overrun),
}

/// A page read, with what it was read against.
struct Read {
    reading: Reading,
    need: Need,
    old: Option<StoredRevision>,
    fresh: Arc<Fresh>,
}

fn kept(trace: Option<Trace>) -> Kept {
    trace.map_or(Kept::Goes, |trace| Kept::Is(trace.region.to_bytes()))
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
        region: Option<Arc<Region>>,
        validator: Option<Validator>,
        failures: u32,
    ) -> Result<Ended, TurnError> {
        let started = Instant::now();
        let browser = self.source.config.rendered.as_deref();
        let got = get_rendered(self.shared, self.url, validator.clone(), browser)
            .instrument(trace_span!(target: SPANS, "fetch", url = %self.url))
            .await;
        let (fetched, took) = (Instant::now(), started.elapsed());
        let mut turn = self.begin(took);
        let unread = match got.enter(&mut turn.fetch) {
            Ok(unread) => unread,
            Err(wait) => return Ok(Ended::later(wait)),
        };
        let (mut selectors, mut told) = (Vec::new(), 0);
        if let Some((fresh, now)) = unread {
            let before = self.before(region).await?;
            let look = self.look(fresh.into(), before.clone());
            match look
                .instrument(trace_span!(target: SPANS, "extract"))
                .await?
            {
                Looked::Same => {
                    metrics::passed_over(PassedOver::SameRegion);
                    turn.fetch.outcome = Outcome::Unchanged;
                    turn.fetch.reason = "the article's part of the page is the same".to_owned();
                    turn.validator = Some(now).filter(|now| now.asks_otherwise(&validator));
                }
                Looked::Read(mut read) => {
                    selectors = std::mem::take(&mut read.reading.selectors);
                    told = self.take_in(&mut turn, *read, before, now).await?;
                }
                Looked::Overrun(overrun) => turn.fetch.reason = overrun.to_string(),
            }
        }
        let next = self.plan(&mut turn, failures).await?;
        turn.next_due = next.and_then(|wait| turn.fetch.time.checked_add(wait).ok());
        let (outcome, reason) = (turn.fetch.outcome, turn.fetch.reason.clone());
        tracing::debug!(url = %self.article.url, outcome = outcome.as_str(), reason, "fetched");
        metrics::fetched(Page::Article, outcome, turn.fetch.bytes, took);
        let stored = turn.next_due;
        let signs = self.signs(&turn, selectors);
        let (store, turn) = (&self.shared.store, Arc::new(turn));
        let commit = || store.turn_done_with(turn.clone(), signs.clone());
        let done = self
            .shared
            .storing
            .commit(commit)
            .instrument(trace_span!(target: SPANS, "commit"))
            .await?;
        for kind in &done.told {
            metrics::alerts(*kind, 1);
            metrics::alert_committed_after(fetched.elapsed());
        }
        metrics::alerts(Kind::Health, done.alerts.saturating_sub(done.told.len()));
        Ok(Ended {
            next: next.filter(|_| !done.duplicate),
            stored,
            outcome: Some((outcome, reason)),
            found: Vec::new(),
            alerts: done.alerts + told,
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

    /// The revision that stands, and how the fetches before this one ended, if all alike.
    async fn past(&self) -> Result<(Option<StoredRevision>, Option<Run>), TurnError> {
        let (store, id) = (self.shared.store.clone(), self.article.id);
        let load = move || Ok((store.latest_revision(id)?, store.last_run(id)?));
        let (old, last) = self.shared.blocking(load).await?;
        let run = last.map(|last| Run {
            lasting: Timestamp::now().duration_since(last.first).unsigned_abs(),
            times: u32::try_from(last.times).unwrap_or(u32::MAX),
            reason: last.reason,
        });
        Ok((old, run))
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
            region: Kept::Stays,
            site: None,
            change: None,
            canonical: None,
            moved: false,
            next_due: None,
            plan: None,
        }
    }

    /// What the page is compared with before it is read, if the last reading left anything.
    async fn before(&self, region: Option<Arc<Region>>) -> Result<Option<Before>, TurnError> {
        let Some(region) = region else {
            return Ok(None);
        };
        let churn = self.shared.site_churn(self.host()).await?;
        Ok(Some(Before { region, churn }))
    }

    /// Reads the page if it has to be read.
    async fn look(&self, fresh: Arc<Fresh>, before: Option<Before>) -> Result<Looked, TurnError> {
        let rules = self.source.rules.clone();
        // A pass takes less than handing it to another thread would save.
        let need = before.map_or(Need::Full, |before| reading::need(&fresh, &rules, &before));
        if need == Need::None {
            return Ok(Looked::Same);
        }
        let (old, run) = self.past().await?;
        let known = old.as_ref().map(|old| old.revision.clone());
        let page = fresh.clone();
        let read = move || {
            let past = known.as_ref().map(|revision| Past {
                revision,
                run: run.as_ref(),
            });
            reading::read(&page, &rules, past.as_ref())
        };
        let read = move || extract::bounded(CPU_LIMIT, read);
        Ok(match self.shared.compute(read).await? {
            Ok(reading) => Looked::Read(Box::new(Read {
                reading,
                need,
                old,
                fresh,
            })),
            Err(overrun) => Looked::Overrun(overrun),
        })
    }

    /// Enters what was read into the turn; only content moves the baseline. Returns how many alerts
    /// the archive's health led to.
    async fn take_in(
        &self,
        turn: &mut Turn,
        read: Read,
        before: Option<Before>,
        validator: Validator,
    ) -> Result<usize, TurnError> {
        let Read {
            reading,
            need,
            old,
            fresh,
        } = read;
        turn.fetch.outcome = reading.outcome;
        turn.fetch.reason = reading.reason;
        let Some(revision) = reading.revision else {
            return Ok(0);
        };
        turn.moved = reading.moved;
        turn.canonical = reading
            .canonical
            .map(|url| String::from(crate::source::canonical(&url)))
            .filter(|url| *url != self.article.url);
        let memory = self.shared.site_memory(self.host()).await?;
        let old_hash = old.as_ref().map(|old| old.hash.clone());
        let revision = match revision.is_live() {
            true => {
                let known = old.as_ref().map(|old| old.revision.clone());
                let carry = move || diff::carry(&known.unwrap_or_default(), revision);
                self.shared.compute(carry).await?
            }
            false => revision,
        };
        // A live blog is read in full each time: what moves on its page is what it tells.
        let trace = reading.trace.filter(|_| !revision.is_live());
        let compare = self.compare(old, revision.clone(), memory.clone());
        let verdict = compare
            .instrument(trace_span!(target: SPANS, "detect"))
            .await?;
        let weighed = match verdict {
            Ok(Verdict::Same) => {
                turn.validator = Some(validator);
                self.learn_churn(turn, before, trace.as_ref());
                turn.region = kept(trace);
                return Ok(0);
            }
            Ok(Verdict::Changed(weighed)) => weighed,
            Err(overrun) => {
                // Baseline and validators stay, so that the next fetch compares again.
                turn.fetch.outcome = Outcome::Error;
                turn.fetch.reason = format!("reading the change failed: {overrun}");
                return Ok(0);
            }
        };
        turn.validator = Some(validator);
        turn.region = kept(trace);
        self.learn_lines(turn, &memory, &revision.text);
        if need == Need::Audit {
            self.doubt_churn(turn);
        }
        let place = Place {
            article: self.article.id,
            url: &self.article.url,
            source: &self.article.source,
            tags: &self.source.config.tags,
            old: old_hash,
            now: turn.fetch.time,
        };
        let mut developments = reading::decide(weighed, &self.settings.watches, &place, &revision);
        let (source, time) = (&self.article.source, turn.fetch.time);
        let told = self
            .shared
            .keep_page(self.settings, &fresh, source, time, &mut developments)
            .await;
        turn.change = Some(Change {
            revision,
            developments,
        });
        Ok(told)
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Learns where the page changed although its article did not.
    fn learn_churn(&self, turn: &mut Turn, before: Option<Before>, trace: Option<&Trace>) {
        let (Some(Before { region, churn }), Some(trace)) = (before, trace) else {
            return;
        };
        let mut churn = (*churn).clone();
        if churn.learn(&region, trace) {
            self.site(turn).churn = Some(churn.written());
            self.shared.churns.put(self.host(), Arc::new(churn));
        }
    }

    /// The shortcut would have missed this change: what it was learned from is not to be trusted.
    fn doubt_churn(&self, turn: &mut Turn) {
        tracing::warn!(url = %self.article.url, "this change would have been passed over; what was learned of the site's pages is learned anew");
        self.site(turn).churn = Some(SiteChurn::default().written());
        self.shared.churns.put(self.host(), Arc::default());
    }

    /// Learns the lines of a new revision.
    fn learn_lines(&self, turn: &mut Turn, memory: &SiteMemory, text: &str) {
        let mut memory = memory.clone();
        memory.learn(&self.article.url, text);
        self.site(turn).memory = Some(memory.written());
        self.shared.memories.put(self.host(), Arc::new(memory));
    }

    fn site<'t>(&self, turn: &'t mut Turn) -> &'t mut SiteUpdate {
        turn.site.get_or_insert_with(|| SiteUpdate {
            host: self.host().to_owned(),
            ..SiteUpdate::default()
        })
    }

    async fn compare(
        &self,
        old: Option<StoredRevision>,
        new: Revision,
        memory: Arc<SiteMemory>,
    ) -> Result<Result<Verdict, extract::Overrun>, TurnError> {
        let (store, id, hash) = (self.shared.store.clone(), self.article.id, new.id());
        let load = move || Ok((store.told(id)?, store.seen_before(id, &hash)?));
        let (told, stood_at) = self.shared.blocking(load).await?;
        let (engine, news) = (self.settings.engine.clone(), self.article.news);
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
