//! A channel or chat of Microsoft Teams, by a workflow: an Adaptive Card.
//!
//! Teams knows no message again: one whose answer was lost comes twice. It may answer that all is
//! well and say in the text that it is not.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, http, measure, one};
use crate::config;
use crate::message::{Face, for_markdown};

#[cfg(test)]
mod tests;

/// Bytes of JSON, of 28 KB that Teams takes with all around it.
const BODY: usize = 18_000;
const TITLE: usize = 400;

/// Speaks in a channel.
pub(super) struct Teams {
    client: Client,
    url: Url,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Teams,
    given: Option<&config::Delivery>,
) -> Result<Teams, String> {
    Ok(Teams {
        client: http::client()?,
        url: http::url(config.url.expose())?,
        face: super::face(for_markdown, given, None, include_str!("body.jinja"))?,
    })
}

impl Teams {
    async fn post(&self, message: &Message) -> Sent {
        let request = http::with_json(self.client.post(self.url.clone()), &self.card(message));
        let answer = http::ask(request).await?;
        match judge(&answer) {
            None => Ok(None),
            Some(failure) => Err(failure),
        }
    }

    fn card(&self, message: &Message) -> Value {
        let title = self.face.title(message, TITLE);
        let body = self.face.fitted(message, BODY, measure::json);
        // A single line end is none to Teams.
        let lines: Vec<&str> = body.lines().filter(|l| !l.trim().is_empty()).collect();
        let health = message.first().and_then(|a| a.health.as_ref());
        let color = match health {
            Some(health) if health.ended => "Good",
            Some(_) => "Warning",
            None => "Default",
        };
        json!({
            "type": "message",
            "summary": title,
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": {"width": "Full"},
                    "body": [
                        {"type": "TextBlock", "text": title, "weight": "Bolder", "color": color, "wrap": true},
                        {"type": "TextBlock", "text": lines.join("\n\n"), "wrap": true},
                    ],
                },
            }],
        })
    }
}

impl Notifier for Teams {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            // A workflow can only be tried by a message; that somebody answers is all there is.
            let answer = http::ask(self.client.head(self.url.clone())).await?;
            Ok(format!("it answers ({})", answer.status))
        })
    }
}

/// `None`: it has arrived.
fn judge(answer: &http::Answer) -> Option<Failure> {
    let Some(failure) = http::judge(answer) else {
        let failed = ["delivery failed", "endpoint returned HTTP error"];
        if !failed.iter().any(|text| answer.body.contains(text)) {
            return None;
        }
        let reason = http::said(answer);
        return Some(match answer.body.contains("HTTP error 413") {
            true => Failure::refused(reason),
            false => Failure::later(reason),
        });
    };
    Some(match answer.body.contains("NotEnabled") {
        true => Failure::later(format!(
            "{}; turn the workflow on in Teams",
            failure.reason()
        )),
        false => failure,
    })
}
