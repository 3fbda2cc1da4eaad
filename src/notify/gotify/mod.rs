//! Gotify (<https://gotify.net/api-docs>): a message of an application.
//!
//! It knows no message again: one that comes twice is there twice.

#[cfg(test)]
mod tests;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::http::below;
use super::push::{Loudness, loudness};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, face, http, one};
use crate::config;
use crate::message::{Face, for_nothing};

/// Most characters of a message; the server knows no limit, those who read do.
const BODY: usize = 20_000;

/// Most characters of a title.
const TITLE: usize = 200;

/// Sends messages as one application.
pub(super) struct Gotify {
    client: Client,
    config: config::Gotify,
    given: Option<config::Delivery>,
    face: Face,
}

/// Fails where a template is wrong or the HTTP client cannot be set up.
pub(super) fn build(
    config: &config::Gotify,
    given: Option<&config::Delivery>,
) -> Result<Gotify, String> {
    let title = include_str!("title.jinja");
    Ok(Gotify {
        client: http::client()?,
        config: config.clone(),
        given: given.cloned(),
        face: face(for_nothing, given, Some(title), include_str!("body.jinja"))?,
    })
}

impl Gotify {
    async fn send(&self, message: &Message) -> Sent {
        let answer = http::send(self.request(&self.content(message))).await?;
        Ok(answer.json()["id"].as_u64().map(|id| id.to_string()))
    }

    fn request(&self, content: &Value) -> RequestBuilder {
        let request = self.client.post(below(&self.config.server, "message"));
        http::with_json(request, content).header("X-Gotify-Key", self.config.token.expose())
    }

    fn content(&self, message: &Message) -> Value {
        let priority = match loudness(message, self.given.as_ref()) {
            Loudness::Urgent => 10,
            _ => self.config.priority,
        };
        let mut extras = json!({"client::display": {"contentType": "text/plain"}});
        if let ([only], Some(extras)) = (message.alerts.as_slice(), extras.as_object_mut())
            && !only.alert.url.is_empty()
        {
            let click = json!({"click": {"url": only.alert.url}});
            extras.insert("client::notification".to_owned(), click);
        }
        json!({
            "title": self.face.title(message, TITLE),
            "message": self.face.body(message, BODY),
            "priority": priority,
            "extras": extras,
        })
    }
}

impl Notifier for Gotify {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.send(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let version = self.client.get(below(&self.config.server, "version"));
            let answer = http::send(version).await?;
            let version = answer.json()["version"].as_str().map(str::to_owned);
            let version = version.ok_or_else(|| {
                Failure::later("what answers there is no Gotify: look at `server`")
            })?;
            // An application may do nothing but send: an empty message is refused for what it
            // lacks (400) by who knows the token, and for the token (401) by who does not.
            let answer = http::ask(self.request(&json!({}))).await?;
            match answer.status.as_u16() {
                400 => Ok(format!("Gotify {version} knows the token")),
                _ => Err(http::judge(&answer)
                    .unwrap_or_else(|| Failure::later("it took an empty message"))),
            }
        })
    }
}
