//! A channel of Mattermost, by an incoming webhook, which makes no threads.
//!
//! Mattermost knows no message again: one whose answer was lost comes twice.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, http, measure, one};
use crate::config;
use crate::message::{Face, for_markdown};

#[cfg(test)]
mod tests;

/// Of 16,383 that a post takes, the title with it.
const BODY: usize = 15_000;
const TITLE: usize = 400;

/// What it says when the message is at fault; other troubles of webhooks are of the way.
const REFUSED: [&str; 3] = [
    "web.incoming_webhook.text.app_error",
    "web.incoming_webhook.parse.app_error",
    "web.incoming_webhook.split_props_length.app_error",
];

/// Speaks in a channel.
pub(super) struct Mattermost {
    client: Client,
    url: Url,
    channel: Option<String>,
    username: Option<String>,
    icon: Option<String>,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Mattermost,
    given: Option<&config::Delivery>,
) -> Result<Mattermost, String> {
    Ok(Mattermost {
        client: http::client()?,
        url: http::url(config.url.expose())?,
        channel: config.channel.clone(),
        username: config.username.clone(),
        icon: config.icon.clone(),
        face: super::face(for_markdown, given, None, include_str!("../markdown.jinja"))?,
    })
}

impl Mattermost {
    async fn post(&self, message: &Message) -> Sent {
        let request = self.client.post(self.url.clone());
        let answer = http::ask(http::with_json(request, &self.payload(message))).await?;
        match judge(&answer) {
            None => Ok(None),
            Some(failure) => Err(failure),
        }
    }

    fn payload(&self, message: &Message) -> Value {
        let title = self.face.title(message, TITLE);
        let body = self.face.fitted(message, BODY, measure::utf16);
        let mut payload = json!({"text": format!("**{title}**\n\n{body}")});
        for (key, value) in [("channel", &self.channel), ("username", &self.username)] {
            if let Some(value) = value {
                payload[key] = value.as_str().into();
            }
        }
        if let Some(icon) = &self.icon {
            match icon.starts_with(':') {
                true => payload["icon_emoji"] = icon.trim_matches(':').into(),
                false => payload["icon_url"] = icon.as_str().into(),
            }
        }
        payload
    }
}

impl Notifier for Mattermost {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            // A message without a text is refused only after the webhook was found good.
            let request = http::with_json(self.client.post(self.url.clone()), &json!({}));
            let answer = http::ask(request).await?;
            match judge(&answer) {
                None | Some(Failure::Refused { .. }) => Ok("the webhook is good".to_owned()),
                Some(failure) => Err(failure),
            }
        })
    }
}

/// `None`: it has arrived.
fn judge(answer: &http::Answer) -> Option<Failure> {
    let failure = http::judge(answer)?;
    let body = answer.json();
    let code = body["id"].as_str().unwrap_or_default();
    let of_the_way = code.starts_with("web.incoming_webhook.") && !REFUSED.contains(&code);
    Some(match of_the_way {
        true => Failure::later(format!(
            "{}; look at the webhook and its channel in Mattermost",
            failure.reason()
        )),
        false => failure,
    })
}
