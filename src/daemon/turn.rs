//! The turn of an article: fetch it, read it, and commit all that follows from it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use super::reading::{self, Fresh, Known, Place, Reading, Verdict};
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use crate::article::Outcome;
use crate::extract;
use crate::fetch::{Fetched, Request, Validators};
use crate::schedule;
use crate::store::{ArticleId, ArticleRow, Change, FetchEntry, Turn, Validator};

/// The longest a page may keep a thread busy.
pub(super) const CPU_LIMIT: Duration = Duration::from_secs(10);

/// What a fetch says before anything is read.
pub(super) enum Got {
    /// The host wants to be left alone for so long; nothing was asked.
    Later(Duration),
    /// It is what it was.
    Unchanged {
        status: Option<u16>,
        reason: &'static str,
        bytes: u64,
    },
    /// Nothing to read.
    Bad {
        status: Option<u16>,
        outcome: Outcome,
        reason: String,
    },
    /// Something to read.
    Page { fresh: Fresh, validator: Validator },
}

/// Gets `url`, conditionally if there is anything to ask with.
pub(super) async fn get(shared: &Shared, url: &Url, known: Option<Validator>) -> Got {
    let request = Request {
        url: url.clone(),
        validators: known.as_ref().map(|v| Validators {
            etag: v.etag.clone(),
            last_modified: v.last_modified.clone(),
        }),
        headers: Vec::new(),
    };
    match shared.fetcher().fetch(&request).await {
        Fetched::Deferred { wait } => Got::Later(wait),
        Fetched::NotModified(_) => Got::Unchanged {
            status: Some(304),
            reason: "not modified since the last fetch",
            bytes: 0,
        },
        Fetched::RobotsDisallowed { url } => Got::Bad {
            status: None,
            outcome: Outcome::Blocked,
            reason: format!(
                "robots.txt of {} forbids it",
                url.host_str().unwrap_or("the host")
            ),
        },
        Fetched::Failed(failure) => Got::Bad {
            status: None,
            outcome: Outcome::Error,
            reason: failure.reason.to_string(),
        },
        Fetched::Response(response) => {
            let body = hex(&Sha256::digest(&response.body));
            if response.status == 200 && response.complete && known.is_some_and(|k| k.body == body)
            {
                return Got::Unchanged {
                    status: Some(200),
                    reason: "the same bytes as the last time",
                    bytes: response.body.len() as u64,
                };
            }
            Got::Page {
                validator: Validator {
                    etag: response.validators.etag,
                    last_modified: response.validators.last_modified,
                    body,
                },
                fresh: Fresh {
                    bytes: response.body,
                    content_type: response.content_type,
                    status: response.status,
                    requested: url.clone(),
                    landed: response.url,
                    complete: response.complete,
                },
            }
        }
    }
}

/// Runs an article's turn and says when the next one is due.
pub(super) async fn run(
    shared: &Shared,
    settings: &Settings,
    id: ArticleId,
    failures: u32,
) -> Result<Ended, TurnError> {
    let store = shared.store.clone();
    let known = shared
        .blocking(move || {
            let Some(article) = store.article(id)? else {
                return Ok(None);
            };
            let validator = store.validator(&article.url)?;
            let old = store.latest_revision(id)?;
            Ok(Some((article, validator, old)))
        })
        .await?;
    let Some((article, validator, old)) = known else {
        return Ok(Ended::gone());
    };
    let (Some(source), Ok(url)) = (
        settings.sources.get(&article.source),
        Url::parse(&article.url),
    ) else {
        return Ok(Ended::gone());
    };
    // A validator without a revision would make the server hide the article for good.
    let validator = validator.filter(|_| old.is_some());
    let started = Instant::now();
    let got = get(shared, &url, validator).await;
    let mut turn = Turn {
        article: id,
        is_source: source.url == url,
        fetch: FetchEntry {
            url: article.url.clone(),
            source: article.source.clone(),
            article: Some(id),
            time: Timestamp::now(),
            status: None,
            outcome: Outcome::Error,
            reason: String::new(),
            bytes: 0,
            millis: started.elapsed().as_millis() as u64,
        },
        validator: None,
        change: None,
        canonical: None,
        next_due: None,
    };
    match got {
        Got::Later(wait) => return Ok(Ended::later(wait)),
        Got::Unchanged {
            status,
            reason,
            bytes,
        } => {
            turn.fetch.status = status;
            turn.fetch.outcome = Outcome::Unchanged;
            turn.fetch.reason = reason.to_owned();
            turn.fetch.bytes = bytes;
        }
        Got::Bad {
            status,
            outcome,
            reason,
        } => {
            turn.fetch.status = status;
            turn.fetch.outcome = outcome;
            turn.fetch.reason = reason;
        }
        Got::Page { fresh, validator } => {
            turn.fetch.status = Some(fresh.status);
            turn.fetch.bytes = fresh.bytes.len() as u64;
            let rules = source.rules.clone();
            let read = shared
                .compute(move || extract::bounded(CPU_LIMIT, move || reading::read(&fresh, &rules)))
                .await?;
            match read {
                Ok(reading) => {
                    weigh(
                        shared, settings, source, &article, old, reading, validator, &mut turn,
                    )
                    .await?;
                }
                Err(overrun) => turn.fetch.reason = overrun.to_string(),
            }
        }
    }
    let outcome = turn.fetch.outcome;
    let next = next_after(source, &article, &turn, failures);
    turn.next_due = next.and_then(|wait| turn.fetch.time.checked_add(wait).ok());
    tracing::debug!(url = %article.url, outcome = outcome.as_str(), reason = %turn.fetch.reason, "fetched");
    let reason = turn.fetch.reason.clone();
    let done = shared.store.turn_done(turn).await?;
    Ok(Ended {
        next: next.filter(|_| !done.duplicate),
        outcome: Some((outcome, reason)),
        found: Vec::new(),
        alerts: done.alerts,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is a part of the turn already at hand"
)]
async fn weigh(
    shared: &Shared,
    settings: &Settings,
    source: &Source,
    article: &ArticleRow,
    old: Option<crate::store::StoredRevision>,
    reading: Reading,
    validator: Validator,
    turn: &mut Turn,
) -> Result<(), TurnError> {
    turn.fetch.outcome = reading.outcome;
    turn.fetch.reason = reading.reason;
    let Some(revision) = reading.revision else {
        return Ok(());
    };
    turn.validator = Some(validator);
    turn.canonical = reading
        .canonical
        .map(|url| String::from(crate::source::canonical(&url)))
        .filter(|url| *url != article.url);
    let host = source_host(&article.url);
    let memory = shared.site_memory(&host).await?;
    let (store, id, hash) = (shared.store.clone(), article.id, revision.id());
    let (told, stood_at) = shared
        .blocking(move || Ok((store.told(id)?, store.stood_at(id, &hash)?)))
        .await?;
    let (engine, news) = (shared.engine.clone(), article.news);
    let old_hash = old.as_ref().map(|old| old.hash.clone());
    let (new, known_memory) = (revision.clone(), memory.clone());
    let verdict = shared
        .compute(move || {
            extract::bounded(CPU_LIMIT, move || {
                let known = Known {
                    old: old.as_ref().map(|old| &old.revision),
                    news,
                    stood_at,
                    told: &told,
                    memory: &known_memory,
                };
                reading::compare(&engine, &known, &new)
            })
        })
        .await?;
    let weighed = match verdict {
        Ok(Verdict::Same) => return Ok(()),
        Ok(Verdict::Changed(weighed)) => weighed,
        Err(overrun) => {
            // The baseline stays, so that nothing is lost: the next fetch compares again.
            turn.validator = None;
            turn.fetch.outcome = Outcome::Error;
            turn.fetch.reason = format!("reading the change failed: {overrun}");
            return Ok(());
        }
    };
    shared
        .learn(&host, &article.url, &revision.text, memory)
        .await?;
    let place = Place {
        article: article.id,
        url: &article.url,
        source: &article.source,
        tags: &source.config.tags,
        old: old_hash,
        now: turn.fetch.time,
    };
    let developments = reading::decide(weighed, &settings.watches, &place, &revision);
    turn.change = Some(Change {
        revision,
        developments,
    });
    Ok(())
}

/// When to look again: by the operator's interval or the ladder, later after failures.
fn next_after(
    source: &Source,
    article: &ArticleRow,
    turn: &Turn,
    failures: u32,
) -> Option<Duration> {
    let changed = match &turn.change {
        Some(_) => turn.fetch.time,
        None => article.changed.unwrap_or(article.found),
    };
    let age = turn.fetch.time.duration_since(changed).unsigned_abs();
    let every = source
        .fixed_recheck()
        .or_else(|| schedule::recheck_after(age))?;
    let every = match turn.fetch.outcome {
        Outcome::Content | Outcome::Unchanged => every,
        // A feed's article that is gone for good need not be asked for any more.
        Outcome::Gone if !turn.is_source && failures >= 2 => return None,
        _ => schedule::after_failure(every, failures + 1),
    };
    Some(schedule::jittered(every, fastrand::f64()))
}

/// The site whose lines are learned together.
pub(super) fn source_host(url: &str) -> String {
    let url = Url::parse(url).ok();
    url.as_ref()
        .and_then(Url::host_str)
        .unwrap_or_default()
        .to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
