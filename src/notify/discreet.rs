//! Keeps secrets out of what a notifier says, whatever its receiver sends back.

use url::Url;

use super::{Delivering, Failure, Message, Notifier, Probing, Receipt};
use crate::config::{HIDDEN, Secret};

/// Shorter texts are not looked for: they are words, too.
const SHORTEST: usize = 6;

/// A notifier whose reasons name no secret.
pub(super) struct Discreet {
    inner: Box<dyn Notifier>,
    /// Longest first.
    hidden: Vec<String>,
}

impl Discreet {
    pub(super) fn new(inner: Box<dyn Notifier>, secrets: &[Secret]) -> Discreet {
        let mut hidden: Vec<String> = secrets.iter().flat_map(|s| parts(s.expose())).collect();
        hidden.retain(|part| part.len() >= SHORTEST);
        hidden.sort_by_key(|part| std::cmp::Reverse(part.len()));
        hidden.dedup();
        Discreet { inner, hidden }
    }
}

impl Notifier for Discreet {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let Discreet { inner, hidden } = self;
        Box::pin(async move {
            let receipt = inner.deliver(batch).await;
            Receipt {
                failure: receipt.failure.map(|f| without(f, hidden)),
                ..receipt
            }
        })
    }

    fn at_once(&self) -> usize {
        self.inner.at_once()
    }

    fn probe(&mut self) -> Probing<'_> {
        let Discreet { inner, hidden } = self;
        Box::pin(async move {
            match inner.probe().await {
                Ok(found) => Ok(clean(found, hidden)),
                Err(failure) => Err(without(failure, hidden)),
            }
        })
    }
}

/// A secret, and where it is an address, what of it a receiver may send back.
fn parts(secret: &str) -> Vec<String> {
    let mut parts = vec![secret.to_owned()];
    parts.extend(secret.split_whitespace().map(str::to_owned));
    let Ok(url) = Url::parse(secret.trim()) else {
        return parts;
    };
    parts.push(url.path().trim_matches('/').to_owned());
    parts.extend(url.path_segments().into_iter().flatten().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    parts.extend(url.password().map(str::to_owned));
    parts
}

fn without(failure: Failure, hidden: &[String]) -> Failure {
    match failure {
        Failure::Later { reason, after } => Failure::Later {
            reason: clean(reason, hidden),
            after,
        },
        Failure::Refused { reason } => Failure::Refused {
            reason: clean(reason, hidden),
        },
        Failure::Gone { reason } => Failure::Gone {
            reason: clean(reason, hidden),
        },
    }
}

fn clean(text: String, hidden: &[String]) -> String {
    hidden
        .iter()
        .fold(text, |text, part| text.replace(part, HIDDEN))
}
