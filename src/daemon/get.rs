//! One fetch, as far as turns care: something to read, nothing new, or nothing at all.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;

use super::reading::Fresh;
use super::shared::Shared;
use crate::article::Outcome;
use crate::fetch::{Fetched, Redirect, Request, Response, Validators};
use crate::metrics::{self, PassedOver};
use crate::render::Sent;
use crate::store::{FetchEntry, Validator};

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
    Page {
        fresh: Box<Fresh>,
        validator: Validator,
    },
}

/// A page still to be read, with what to store if it turns out to be content.
pub(super) type Unread = (Box<Fresh>, Validator);

impl Got {
    /// Enters into the log's entry what is known without reading, and returns what is to be read.
    /// The error is the time the host wants to be left alone.
    pub(super) fn enter(self, fetch: &mut FetchEntry) -> Result<Option<Unread>, Duration> {
        match self {
            Got::Later(wait) => return Err(wait),
            Got::Unchanged {
                status,
                reason,
                bytes,
            } => {
                fetch.status = status;
                fetch.outcome = Outcome::Unchanged;
                fetch.reason = reason.to_owned();
                fetch.bytes = bytes;
            }
            Got::Bad {
                status,
                outcome,
                reason,
            } => {
                fetch.status = status;
                fetch.outcome = outcome;
                fetch.reason = reason;
            }
            Got::Page { fresh, validator } => {
                fetch.status = Some(fresh.status);
                fetch.bytes = fresh.bytes.len() as u64;
                return Ok(Some((fresh, validator)));
            }
        }
        Ok(None)
    }
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
        Fetched::NotModified(_) => {
            metrics::passed_over(PassedOver::NotModified);
            Got::Unchanged {
                status: Some(304),
                reason: "not modified since the last fetch",
                bytes: 0,
            }
        }
        Fetched::RobotsDisallowed { url } => Got::Bad {
            status: None,
            outcome: Outcome::Blocked,
            reason: forbidden(&url),
        },
        Fetched::Failed(failure) => Got::Bad {
            status: None,
            outcome: Outcome::Error,
            reason: failure.reason.to_string(),
        },
        Fetched::Response(response) => {
            let validators = response.validators.clone();
            let fresh = fresh(*response, url);
            let body = hex(&fresh.digest);
            if fresh.status == 200 && fresh.complete && known.is_some_and(|k| k.body == body) {
                metrics::passed_over(PassedOver::SameBytes);
                return Got::Unchanged {
                    status: Some(200),
                    reason: "the same bytes as the last time",
                    bytes: fresh.bytes.len() as u64,
                };
            }
            Got::Page {
                validator: Validator {
                    etag: validators.etag,
                    last_modified: validators.last_modified,
                    body,
                },
                fresh: Box::new(fresh),
            }
        }
    }
}

/// What robots.txt says of this page.
pub(super) fn forbidden(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the host");
    format!("robots.txt of {host} forbids it")
}

/// An answer as it is read.
pub(super) fn fresh(response: Response, requested: &Url) -> Fresh {
    Fresh {
        digest: Sha256::digest(&response.body).into(),
        bytes: response.body,
        content_type: response.content_type,
        head: response.head,
        sent: None,
        status: response.status,
        requested: requested.clone(),
        landed: response.url,
        complete: response.complete,
        moved: !response.redirects.is_empty()
            && response.redirects.iter().all(Redirect::is_permanent),
    }
}

/// As [`get`], and the page as `browser` shows it, if there is one. What the server says of its
/// page's age says nothing of what scripts make of it, so it is asked for anew each time.
pub(super) async fn get_rendered(
    shared: &Shared,
    url: &Url,
    known: Option<Validator>,
    browser: Option<&Path>,
) -> Got {
    let Some(browser) = browser else {
        return get(shared, url, known).await;
    };
    let mut fresh = match get(shared, url, None).await {
        Got::Page { fresh, .. } if is_whole_page(&fresh) => fresh,
        other => return other,
    };
    let sent = Sent {
        url: fresh.landed.clone(),
        body: fresh.bytes.clone(),
        content_type: fresh
            .content_type
            .clone()
            .unwrap_or_else(|| HTML.to_owned()),
    };
    let fetcher = shared.fetcher();
    match shared.renderer.render(browser, &fetcher, &sent).await {
        Ok(html) => {
            fresh.sent = Some(std::mem::replace(&mut fresh.bytes, html.into()));
            fresh.content_type = Some(HTML.to_owned());
            let validator = Validator {
                etag: None,
                last_modified: None,
                body: hex(&Sha256::digest(&fresh.bytes)),
            };
            Got::Page { fresh, validator }
        }
        Err(error) => Got::Bad {
            status: Some(fresh.status),
            outcome: Outcome::Error,
            reason: error.to_string(),
        },
    }
}

const HTML: &str = "text/html; charset=utf-8";

/// Half pages and error pages are judged as they came.
fn is_whole_page(fresh: &Fresh) -> bool {
    let kind = fresh.content_type.as_deref().unwrap_or(HTML);
    let html = ["text/html", "application/xhtml"]
        .iter()
        .any(|k| kind.starts_with(k));
    fresh.status == 200 && fresh.complete && html
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
