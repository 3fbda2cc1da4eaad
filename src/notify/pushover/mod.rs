//! Pushover (<https://pushover.net/api>).
//!
//! It knows no message again: one that comes twice is there twice. A wrong token or key is answered
//! with 400 like a wrong message; the answer's fields tell which it is.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::http::Answer;
use super::http::below;
use super::push::{Loudness, loudness};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, face, http, one};
use crate::config;
use crate::message::{Face, for_nothing};

/// Most characters of a message, a title and a link.
const BODY: usize = 1024;
const TITLE: usize = 250;
const LINK: usize = 512;

/// Sends messages to one user or group.
pub(super) struct Pushover {
    client: Client,
    config: config::Pushover,
    given: Option<config::Delivery>,
    face: Face,
}

/// Fails where a template is wrong or the HTTP client cannot be set up.
pub(super) fn build(
    config: &config::Pushover,
    given: Option<&config::Delivery>,
) -> Result<Pushover, String> {
    let title = include_str!("title.jinja");
    Ok(Pushover {
        client: http::client()?,
        config: config.clone(),
        given: given.cloned(),
        face: face(for_nothing, given, Some(title), include_str!("body.jinja"))?,
    })
}

impl Pushover {
    async fn send(&self, message: &Message) -> Sent {
        let address = below(&self.config.server, "1/messages.json");
        let request = http::with_json(self.client.post(address), &self.content(message));
        let answer = http::ask(request).await?;
        if let Some(failure) = judge(&answer) {
            return Err(failure);
        }
        Ok(answer.json()["request"].as_str().map(str::to_owned))
    }

    fn content(&self, message: &Message) -> Value {
        let priority = match loudness(message, self.given.as_ref()) {
            Loudness::Urgent => self.config.priority.max(1),
            _ => self.config.priority,
        };
        let mut content = json!({
            "token": self.config.token.expose(),
            "user": self.config.user.expose(),
            "title": self.face.title(message, TITLE),
            "message": self.face.body(message, BODY),
            "priority": priority,
        });
        let Some(fields) = content.as_object_mut() else {
            return content;
        };
        if let Some(device) = &self.config.device {
            fields.insert("device".to_owned(), device.clone().into());
        }
        if priority == 2 {
            fields.insert("retry".to_owned(), self.config.retry.as_secs().into());
            fields.insert("expire".to_owned(), self.config.expire.as_secs().into());
        }
        if let Some(alert) = message.first() {
            fields.insert("timestamp".to_owned(), alert.time.as_second().into());
            if let Some(link) = link(&alert.url) {
                fields.insert("url".to_owned(), link.into());
                let source: String = alert.source.chars().take(100).collect();
                fields.insert("url_title".to_owned(), source.into());
            }
        }
        content
    }
}

impl Notifier for Pushover {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.send(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let address = below(&self.config.server, "1/users/validate.json");
            let mut who = json!({
                "token": self.config.token.expose(),
                "user": self.config.user.expose(),
            });
            if let Some(device) = &self.config.device {
                who["device"] = device.clone().into();
            }
            let answer = http::ask(http::with_json(self.client.post(address), &who)).await?;
            match judge(&answer) {
                None => Ok("it knows the token and the user".to_owned()),
                Some(failure) => Err(failure),
            }
        })
    }
}

/// The article's address; where that is too long, as half of it leads nowhere, the site's.
fn link(url: &str) -> Option<String> {
    if url.chars().count() <= LINK {
        return Some(url.to_owned()).filter(|url| !url.is_empty());
    }
    let site = Url::parse(url).ok()?.join("/").ok()?;
    Some(site.to_string()).filter(|site| site.len() <= LINK)
}

/// What an answer means, its fields in view.
fn judge(answer: &Answer) -> Option<Failure> {
    let body = answer.json();
    let failure = match http::judge(answer) {
        None if body["status"] == 1 => return None,
        None => return Some(Failure::later("what answers there is not Pushover")),
        Some(failure) => failure,
    };
    let errors = body["errors"].as_array().into_iter().flatten();
    let errors: Vec<&str> = errors.filter_map(Value::as_str).collect();
    let reason = match errors.is_empty() {
        true => failure.reason().to_owned(),
        false => format!("{}: {}", answer.status, errors.join("; ")),
    };
    // The fields at fault have the value "invalid".
    let ours = ["token", "user", "device"]
        .iter()
        .any(|field| body[*field] == "invalid");
    Some(match failure {
        Failure::Refused { .. } if ours => Failure::later(reason),
        Failure::Refused { .. } => Failure::Refused { reason },
        Failure::Later { after, .. } => Failure::Later {
            reason,
            after: after.or_else(|| next_month(answer)),
        },
        Failure::Gone { .. } => Failure::Gone { reason },
    })
}

/// When the messages of a month are used up: how long until the next.
fn next_month(answer: &Answer) -> Option<Duration> {
    if answer.status.as_u16() != 429 {
        return None;
    }
    let reset = answer.headers.get("X-Limit-App-Reset")?.to_str().ok()?;
    let reset = Timestamp::from_second(reset.trim().parse().ok()?).ok()?;
    Duration::try_from(reset.duration_since(Timestamp::now())).ok()
}
