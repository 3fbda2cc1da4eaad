//! ntfy (<https://docs.ntfy.sh/publish/>): a message published as JSON.
//!
//! The message's id is its sequence id: where the server knows those (2.16), a message that comes
//! twice replaces itself on the phone.

#[cfg(test)]
mod tests;

use reqwest::Client;
use serde_json::{Value, json};

use super::http::below;
use super::push::{Loudness, loudness};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, face, http, one};
use crate::article::Kind;
use crate::config::{self, Secret};
use crate::message::{Face, for_nothing};

/// Most bytes of a message; beyond 4096 it becomes a file.
const BODY: usize = 4000;

/// Most characters of a title.
const TITLE: usize = 200;

/// Longer links are left to the text: the whole request has its limit, too.
const LINK: usize = 1000;

/// Publishes to one topic.
pub(super) struct Ntfy {
    client: Client,
    config: config::Ntfy,
    given: Option<config::Delivery>,
    face: Face,
}

/// Fails where a template is wrong or the HTTP client cannot be set up.
pub(super) fn build(
    config: &config::Ntfy,
    given: Option<&config::Delivery>,
) -> Result<Ntfy, String> {
    let title = include_str!("title.jinja");
    Ok(Ntfy {
        client: http::client()?,
        config: config.clone(),
        given: given.cloned(),
        face: face(for_nothing, given, Some(title), include_str!("body.jinja"))?,
    })
}

impl Ntfy {
    async fn publish(&self, message: &Message) -> Sent {
        let request = self.client.post(self.config.server.clone());
        let request = http::with_json(self.let_in(request), &self.content(message));
        let answer = http::send(request).await?;
        Ok(answer.json()["id"].as_str().map(str::to_owned))
    }

    fn let_in(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match (&self.config.token, &self.config.username) {
            (Some(token), _) => request.bearer_auth(token.expose()),
            (None, Some(user)) => {
                request.basic_auth(user, self.config.password.as_ref().map(Secret::expose))
            }
            (None, None) => request,
        }
    }

    fn content(&self, message: &Message) -> Value {
        let priority = match loudness(message, self.given.as_ref()) {
            Loudness::Urgent => 5,
            _ => self.config.priority,
        };
        let mut content = json!({
            "topic": self.config.topic.expose(),
            "sequence_id": message.id,
            "title": self.face.title(message, TITLE),
            "message": self.face.fitted(message, BODY, str::len),
            "priority": priority,
            "tags": tags(message),
        });
        if let ([only], Some(content)) = (message.alerts.as_slice(), content.as_object_mut())
            && (1..=LINK).contains(&only.alert.url.len())
        {
            content.insert("click".to_owned(), only.alert.url.clone().into());
        }
        content
    }
}

impl Notifier for Ntfy {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.publish(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            // Whether it lets us publish cannot be told without publishing; reading can.
            http::send(self.client.get(below(&self.config.server, "v1/health"))).await?;
            let topic = below(
                &self.config.server,
                &format!("{}/auth", self.config.topic.expose()),
            );
            match http::send(self.let_in(self.client.get(topic))).await {
                Ok(_) => Ok("it is well and knows us".to_owned()),
                // Write-only topics and users are usual.
                Err(Failure::Later { reason, .. }) if reason.starts_with("403") => Ok(
                    "it is well; whether it lets us publish shows with the first alert".to_owned(),
                ),
                Err(failure) => Err(failure),
            }
        })
    }
}

/// The first is shown as an emoji.
fn tags(message: &Message) -> Vec<String> {
    let mut tags = Vec::new();
    if let Some(alert) = message.first() {
        let sign = match (&alert.health, alert.kind) {
            (Some(health), _) if health.ended => "white_check_mark",
            (Some(_), _) => "warning",
            (None, Kind::Died | Kind::Toll | Kind::Incident) => "red_circle",
            _ => "newspaper",
        };
        tags.push(sign.to_owned());
        match message.alerts.len() {
            1 => tags.push(alert.kind.as_str().to_owned()),
            _ => tags.push("digest".to_owned()),
        }
    }
    tags
}
