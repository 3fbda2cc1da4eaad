//! The turn of a source that lists articles: which does it list now?

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{Instrument, trace_span};
use url::Url;

use super::SPANS;
use super::auto::{self, Target};
use super::get::{Unread, get_rendered};
use super::list::{List, NoList, list};
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use super::turn::CPU_LIMIT;
use super::walk::{Stop, Walk};
use crate::article::{Kind, Outcome};
use crate::config::SourceKind;
use crate::extract;
use crate::health;
use crate::metrics::{self, Page};
use crate::schedule;
use crate::source::sitemap::{Child, Known};
use crate::store::{FetchEntry, Listing, PollEnd, Signs};

/// Fetches the next list of a source's poll and returns the articles it listed.
pub(super) async fn run(
    shared: &Shared,
    settings: &Settings,
    source: &Arc<Source>,
    failures: u32,
) -> Result<Ended, TurnError> {
    let id = &source.config.id;
    let poll = Poll {
        shared,
        settings,
        source,
    };
    let mut walk = match shared.resume(id) {
        Some(walk) if walk.is_of(source) => walk,
        _ => match poll.target(failures).await? {
            Ok(target) => Walk::begin(source, &target),
            Err((outcome, reason)) => return poll.aimless(outcome, reason, failures).await,
        },
    };
    let Some(stop) = walk.next() else {
        return Ok(Ended::later(source.config.interval));
    };
    let mut end = match poll.fetch(&mut walk, &stop).await? {
        Ok(end) => end,
        Err(wait) => {
            walk.put_back(stop);
            shared.pause(id, walk);
            return Ok(Ended::later(wait));
        }
    };
    end.came_to = walk.came_to();
    let next = match &end.came_to {
        None => walk.pause(source.config.interval),
        Some((outcome, _)) => poll
            .next_after(*outcome, failures)
            .saturating_sub(walk.took()),
    };
    end.next_due = end.fetch.time.checked_add(next).unwrap_or(end.fetch.time);
    let (outcome, reason) = (end.fetch.outcome.as_str(), end.fetch.reason.clone());
    tracing::debug!(source = %id, url = %stop.url, outcome, %reason, "polled");
    let came_to = end.came_to.clone();
    let signs = poll.signs(&came_to);
    let end = Arc::new(end);
    let commit = || shared.store.poll_done_with(end.clone(), signs.clone());
    let (found, alerts) = shared
        .storing
        .commit(commit)
        .instrument(trace_span!(target: SPANS, "commit"))
        .await?;
    metrics::alerts(Kind::Health, alerts);
    if came_to.is_none() {
        shared.pause(id, walk);
    }
    Ok(Ended {
        next: Some(next),
        stored: None,
        outcome: came_to,
        found,
        alerts,
    })
}

/// One source's poll with what it works on.
struct Poll<'a> {
    shared: &'a Shared,
    settings: &'a Settings,
    source: &'a Arc<Source>,
}

impl Poll<'_> {
    /// What the end of a poll shows of the source's health; nothing while it goes on.
    fn signs(&self, came_to: &Option<(Outcome, String)>) -> Signs {
        let Some((outcome, reason)) = came_to else {
            return Signs::default();
        };
        let mut signs = self.settings.signs(self.source);
        signs.signs.push(health::of_fetch(*outcome, reason, None));
        signs
    }

    /// The list to poll by.
    async fn target(&self, failures: u32) -> Result<Result<Target, NoList>, TurnError> {
        match self.source.config.kind {
            SourceKind::Auto => auto::decide(self.shared, self.source, failures).await,
            _ => Ok(Ok(Target::of(self.source))),
        }
    }

    /// The end of a poll that found no list to fetch.
    async fn aimless(
        &self,
        outcome: Outcome,
        reason: String,
        failures: u32,
    ) -> Result<Ended, TurnError> {
        let mut end = self.begin(&self.source.url, Duration::ZERO);
        let next = self.next_after(outcome, failures);
        end.fetch.outcome = outcome;
        end.fetch.reason.clone_from(&reason);
        end.came_to = Some((outcome, reason));
        end.next_due = end.fetch.time.checked_add(next).unwrap_or(end.fetch.time);
        let came_to = end.came_to.clone();
        let signs = self.signs(&came_to);
        let (store, end) = (&self.shared.store, Arc::new(end));
        let commit = || store.poll_done_with(end.clone(), signs.clone());
        let (_, alerts) = self.shared.storing.commit(commit).await?;
        metrics::alerts(Kind::Health, alerts);
        Ok(Ended {
            next: Some(next),
            stored: None,
            outcome: came_to,
            found: Vec::new(),
            alerts,
        })
    }

    /// Fetches one list. The error is the time its host wants to be left alone.
    async fn fetch(
        &self,
        walk: &mut Walk,
        stop: &Stop,
    ) -> Result<Result<PollEnd, Duration>, TurnError> {
        let (store, url) = (self.shared.store.clone(), stop.url.to_string());
        let load = move || Ok((store.validator(&url)?, store.listing(&url)?));
        let (validator, listing) = self.shared.blocking(load).await?;
        let started = Instant::now();
        // A feed is no page.
        let browser = self.source.config.rendered.as_deref();
        let browser = browser.filter(|_| walk.kind == SourceKind::Section);
        let got = get_rendered(self.shared, &stop.url, validator, browser)
            .instrument(trace_span!(target: SPANS, "fetch", url = %stop.url))
            .await;
        let took = started.elapsed();
        let mut end = self.begin(&stop.url, took);
        let unread = match got.enter(&mut end.fetch) {
            Ok(unread) => unread,
            Err(wait) => return Ok(Err(wait)),
        };
        match unread {
            Some(unread) => {
                let seen = listing.and_then(|listing| listing.seen);
                self.read(walk, stop, unread, seen, &mut end)
                    .instrument(trace_span!(target: SPANS, "extract"))
                    .await?;
            }
            None if end.fetch.outcome == Outcome::Unchanged => {
                walk.unchanged();
                end.listing = listing.map(|_| Listing {
                    url: stop.url.to_string(),
                    modified: stop.modified,
                    seen: None,
                });
            }
            None => walk.failed(end.fetch.outcome, end.fetch.reason.clone()),
        }
        metrics::fetched(Page::List, end.fetch.outcome, end.fetch.bytes, took);
        Ok(Ok(end))
    }

    /// Reads a list that was fetched, and enters what it says.
    async fn read(
        &self,
        walk: &mut Walk,
        stop: &Stop,
        (fresh, validator): Unread,
        seen: Option<Vec<u8>>,
        end: &mut PollEnd,
    ) -> Result<(), TurnError> {
        let (source, kind) = (self.source.clone(), walk.kind);
        let most = source.links.cap.saturating_sub(walk.articles);
        let (new, known_before) = (stop.new, seen.is_some());
        let read = move || {
            let known = match seen {
                Some(bytes) => Some(Known::from_bytes(&bytes)),
                None => new.then(Known::default),
            };
            list(&source, kind, &fresh, known.as_ref(), most)
        };
        let bounded = move || extract::bounded(CPU_LIMIT, read);
        let listed: Result<List, NoList> = match self.shared.compute(bounded).await? {
            Ok(listed) => listed,
            Err(overrun) => Err((Outcome::Error, overrun.to_string())),
        };
        let listed = match listed {
            Ok(listed) => listed,
            Err((outcome, reason)) => {
                end.fetch.outcome = outcome;
                end.fetch.reason = reason.clone();
                walk.failed(outcome, reason);
                return Ok(());
            }
        };
        end.fetch.outcome = Outcome::Content;
        end.fetch.reason = match listed.children.len() {
            0 => format!("{} articles", listed.articles.len()),
            sitemaps => format!("{sitemaps} sitemaps"),
        };
        end.validator = (!listed.again).then_some(validator);
        end.listing = listed.known.map(|known| Listing {
            url: stop.url.to_string(),
            modified: stop.modified.filter(|_| !listed.again),
            seen: Some(known.to_bytes()),
        });
        let children = self.changed(listed.children).await?;
        walk.read(stop, known_before, listed.articles.len(), children);
        end.links = Some(listed.articles);
        Ok(())
    }

    /// Those sitemaps of an index that have changed since they were read, as the index says. Of
    /// others only a request can tell.
    async fn changed(&self, children: Vec<Child>) -> Result<Vec<Child>, TurnError> {
        let store = self.shared.store.clone();
        let choose = move || {
            let mut changed = Vec::new();
            for child in children {
                let read = store.listing(child.url.as_str())?;
                let known = read.is_some_and(|read| {
                    child.modified.is_some() && read.modified == child.modified
                });
                if !known {
                    changed.push(child);
                }
            }
            Ok(changed)
        };
        self.shared.blocking(choose).await
    }

    fn begin(&self, url: &Url, elapsed: Duration) -> PollEnd {
        PollEnd {
            fetch: FetchEntry {
                url: url.to_string(),
                source: self.source.config.id.clone(),
                article: None,
                time: Timestamp::now(),
                status: None,
                outcome: Outcome::Error,
                reason: String::new(),
                bytes: 0,
                millis: elapsed.as_millis() as u64,
            },
            came_to: None,
            validator: None,
            links: None,
            listing: None,
            alert_on_first_sight: self.source.config.alert_on_first_sight,
            list: (
                self.source.config.kind.as_str().to_owned(),
                self.source.url.to_string(),
            ),
            next_due: Timestamp::now(),
        }
    }

    fn next_after(&self, outcome: Outcome, failures: u32) -> Duration {
        let interval = self.source.config.interval;
        let every = match outcome {
            Outcome::Content | Outcome::Unchanged => interval,
            _ => schedule::after_failure(interval, failures + 1),
        };
        schedule::jittered(every, fastrand::f64())
    }
}
