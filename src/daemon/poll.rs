//! The turn of a feed or section: which articles does it list?

use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::get::get_rendered;
use super::settings::{Settings, Source};
use super::shared::{Ended, Shared, TurnError};
use super::turn::CPU_LIMIT;
use crate::article::Outcome;
use crate::config::SourceKind;
use crate::extract;
use crate::health;
use crate::schedule;
use crate::source::{Link, feed, section};
use crate::store::{Discovery, FetchEntry, PollEnd, Validator};

use super::reading::Fresh;

/// Polls a source and returns the articles it listed.
pub(super) async fn run(
    shared: &Shared,
    settings: &Settings,
    source: &std::sync::Arc<Source>,
    failures: u32,
) -> Result<Ended, TurnError> {
    let (store, url) = (shared.store.clone(), source.url.to_string());
    let known = shared.blocking(move || store.validator(&url)).await?;
    let started = Instant::now();
    let browser = source.config.rendered.as_deref();
    // A feed is no page.
    let browser = browser.filter(|_| source.config.kind != SourceKind::Feed);
    let got = get_rendered(shared, &source.url, known, browser).await;
    let mut poll = PollEnd {
        fetch: FetchEntry {
            url: source.url.to_string(),
            source: source.config.id.clone(),
            article: None,
            time: Timestamp::now(),
            status: None,
            outcome: Outcome::Error,
            reason: String::new(),
            bytes: 0,
            millis: started.elapsed().as_millis() as u64,
        },
        validator: None,
        links: None,
        alert_on_first_sight: source.config.alert_on_first_sight,
        next_due: Timestamp::now(),
    };
    let unread = match got.enter(&mut poll.fetch) {
        Ok(unread) => unread,
        Err(wait) => return Ok(Ended::later(wait)),
    };
    if let Some((fresh, validator)) = unread {
        let source = source.clone();
        let listed = shared
            .compute(move || extract::bounded(CPU_LIMIT, move || list(&source, &fresh)))
            .await?;
        settle(
            &mut poll,
            validator,
            listed.unwrap_or_else(|overrun| Listed::bad(overrun.to_string())),
        );
    }
    let good = matches!(poll.fetch.outcome, Outcome::Content | Outcome::Unchanged);
    let every = match good {
        true => source.config.interval,
        false => schedule::after_failure(source.config.interval, failures + 1),
    };
    let next: Duration = schedule::jittered(every, fastrand::f64());
    poll.next_due = poll.fetch.time.checked_add(next).unwrap_or(poll.fetch.time);
    let outcome = (poll.fetch.outcome, poll.fetch.reason.clone());
    tracing::debug!(source = %source.config.id, outcome = outcome.0.as_str(), reason = %outcome.1, "polled");
    let mut signs = settings.signs(source);
    signs
        .signs
        .push(health::of_fetch(outcome.0, &outcome.1, None));
    let (found, alerts) = shared.store.poll_done_with(poll, signs).await?;
    Ok(Ended {
        next: Some(next),
        outcome: Some(outcome),
        found,
        alerts,
    })
}

/// What a list page turned out to be.
struct Listed {
    outcome: Outcome,
    reason: String,
    links: Vec<Link>,
}

impl Listed {
    fn bad(reason: String) -> Listed {
        Listed {
            outcome: Outcome::Error,
            reason,
            links: Vec::new(),
        }
    }
}

/// Reads the list: pure.
fn list(source: &Source, fresh: &Fresh) -> Listed {
    if fresh.status != 200 {
        let outcome = match fresh.status {
            404 | 410 => Outcome::Gone,
            401 | 403 | 429 | 451 => Outcome::Blocked,
            _ => Outcome::Error,
        };
        return Listed {
            outcome,
            reason: format!("status {}", fresh.status),
            links: Vec::new(),
        };
    }
    if !fresh.complete {
        return Listed {
            outcome: Outcome::Truncated,
            reason: "the transfer broke off".into(),
            links: Vec::new(),
        };
    }
    let links = match source.config.kind {
        SourceKind::Feed => match feed::parse(&fresh.bytes, &fresh.landed) {
            Ok(links) => admitted(links, source, &fresh.landed),
            Err(error) => return Listed::bad(error.to_string()),
        },
        SourceKind::Section | SourceKind::Article => {
            let decoded = extract::decode(&fresh.bytes, fresh.content_type.as_deref());
            match section::links(&decoded.text, &fresh.landed, &source.links) {
                Ok(links) => links,
                Err(error) => return Listed::bad(error.to_string()),
            }
        }
    };
    if links.is_empty() {
        return Listed {
            outcome: Outcome::Empty,
            reason: "no article link on the page".into(),
            links,
        };
    }
    Listed {
        outcome: Outcome::Content,
        reason: format!("{} articles", links.len()),
        links,
    }
}

/// What the operator's rules leave of a feed.
fn admitted(mut links: Vec<Link>, source: &Source, feed: &Url) -> Vec<Link> {
    links.retain(|link| source.links.admits(&link.url, feed));
    links.truncate(source.links.cap);
    links
}

fn settle(poll: &mut PollEnd, validator: Validator, listed: Listed) {
    poll.fetch.outcome = listed.outcome;
    poll.fetch.reason = listed.reason;
    if listed.outcome == Outcome::Content {
        poll.validator = Some(validator);
        poll.links = Some(
            listed
                .links
                .into_iter()
                .map(|link| Discovery {
                    url: String::from(crate::source::canonical(&link.url)),
                    title: link.title,
                    published: link.published,
                })
                .collect(),
        );
    }
}
