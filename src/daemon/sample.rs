//! One look at a source, as a poll would take it, without a store: what does it bring?

use std::time::SystemTime;

use jiff::Timestamp;

use super::get::{forbidden, fresh};
use super::list::list;
use super::reading::{self, Fresh};
use super::settings::Source;
use super::survey::{SurveyError, survey};
use super::turn::CPU_LIMIT;
use crate::article::Outcome;
use crate::config::{self, SourceKind};
use crate::extract;
use crate::fetch::{Fetched, Fetcher, Request};

/// What one look at a source brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// As a fetch of the daemon would end.
    pub outcome: Outcome,
    /// What was found, or why nothing was.
    pub reason: String,
    /// By how much the server's clock is ahead of ours, if it told its time.
    pub clock_ahead: Option<jiff::SignedDuration>,
}

impl Sample {
    fn without(outcome: Outcome, reason: String) -> Sample {
        Sample {
            outcome,
            reason,
            clock_ahead: None,
        }
    }
}

/// Looks at a source. `None` if its host wants to be left alone for now.
pub async fn sample(fetcher: &Fetcher, source: &config::Source) -> Option<Sample> {
    if source.kind == SourceKind::Auto {
        return of_auto(fetcher, source).await;
    }
    let source = Source::new(source.clone());
    let url = source.url.clone();
    let response = match fetcher.fetch(&Request::new(url.clone())).await {
        Fetched::Deferred { .. } => return None,
        Fetched::RobotsDisallowed { url } => {
            return Some(Sample::without(Outcome::Blocked, forbidden(&url)));
        }
        Fetched::Failed(failure) => {
            return Some(Sample::without(Outcome::Error, failure.reason.to_string()));
        }
        Fetched::NotModified(_) => {
            let odd = "\"not modified\" in answer to a first request";
            return Some(Sample::without(Outcome::Error, odd.to_owned()));
        }
        Fetched::Response(response) => response,
    };
    let clock_ahead = response.date.and_then(ahead);
    let fresh = fresh(*response, &url);
    let read = move || extract::bounded(CPU_LIMIT, move || read(&source, &fresh));
    let (outcome, reason) = match tokio::task::spawn_blocking(read).await {
        Ok(Ok(read)) => read,
        Ok(Err(overrun)) => (Outcome::Error, overrun.to_string()),
        Err(error) => (Outcome::Error, error.to_string()),
    };
    Some(Sample {
        outcome,
        reason,
        clock_ahead,
    })
}

async fn of_auto(fetcher: &Fetcher, source: &config::Source) -> Option<Sample> {
    let found = survey(fetcher, &source.url, Timestamp::now()).await;
    Some(match found {
        Err(SurveyError::Later(_)) => return None,
        Err(error) => {
            let outcome = match error {
                SurveyError::Robots(_) => Outcome::Blocked,
                SurveyError::Nothing { .. } => Outcome::Empty,
                _ => Outcome::Error,
            };
            Sample::without(outcome, error.to_string())
        }
        Ok(survey) => match survey.chosen() {
            None => Sample::without(Outcome::Empty, "no list of articles".to_owned()),
            Some(best) => {
                let what = format!(
                    "{} at {}: {}",
                    best.kind.as_str(),
                    best.url,
                    best.describe()
                );
                Sample::without(Outcome::Content, what)
            }
        },
    })
}

/// What a page says, read as the daemon reads it.
fn read(source: &Source, fresh: &Fresh) -> (Outcome, String) {
    if source.config.kind == SourceKind::Article {
        let reading = reading::read(fresh, &source.rules, None);
        let found = reading.revision.map(|revision| {
            let words = revision.text.split_whitespace().count();
            format!("{words} words, \u{201c}{}\u{201d}", revision.title)
        });
        return (reading.outcome, found.unwrap_or(reading.reason));
    }
    match list(source, source.config.kind, fresh, None, source.links.cap) {
        Err(nothing) => nothing,
        Ok(list) if list.articles.is_empty() && list.children.is_empty() => {
            (Outcome::Empty, "no articles".to_owned())
        }
        Ok(list) => (
            Outcome::Content,
            match (list.articles.len(), list.children.len()) {
                (articles, 0) => format!("{articles} articles"),
                (_, sitemaps) => format!("an index of {sitemaps} sitemaps"),
            },
        ),
    }
}

fn ahead(date: SystemTime) -> Option<jiff::SignedDuration> {
    let theirs = Timestamp::try_from(date).ok()?;
    Some(theirs.duration_since(Timestamp::now()))
}
