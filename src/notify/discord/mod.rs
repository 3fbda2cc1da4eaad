//! A channel of Discord, by a webhook: an embed, which calls nobody. In a forum every story has a
//! post, and later alerts go into it.
//!
//! Discord knows no message again: one whose answer was lost comes twice.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, http, measure, one};
use crate::config;
use crate::message::{Face, cut, for_markdown, for_nothing};

#[cfg(test)]
mod tests;

/// Of 256, 4096 and 100 that Discord takes; 6000 in all.
const TITLE: usize = 250;
const BODY: usize = 4000;
const POST: usize = 90;

/// Numbers of Discord's: a webhook that was deleted; a thread that is not there, or is locked.
const UNKNOWN_WEBHOOK: u64 = 10_015;
const NO_THREAD: [u64; 2] = [10_003, 160_005];

/// What it says when the way is shut, and what opens it.
const FIXES: [(u64, &str); 3] = [
    (
        50_027,
        "make a new webhook, and put its address into the config",
    ),
    (220_001, "the channel is a forum: write forum = true"),
    (220_003, "the channel is no forum: take out `forum`"),
];

/// Speaks in a channel.
pub(super) struct Discord {
    client: Client,
    url: Url,
    thread: Option<String>,
    forum: bool,
    username: Option<String>,
    avatar: Option<String>,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Discord,
    given: Option<&config::Delivery>,
) -> Result<Discord, String> {
    let mut url = http::url(config.url.expose())?;
    url.set_query(None);
    Ok(Discord {
        client: http::client()?,
        url,
        thread: config.thread_id.clone(),
        forum: config.forum,
        username: config.username.clone(),
        avatar: config.avatar.clone(),
        face: super::face(for_markdown, given, None, include_str!("../markdown.jinja"))?,
    })
}

impl Discord {
    async fn post(&self, message: &Message) -> Sent {
        if let (true, Some(thread)) = (self.forum, &message.thread) {
            match self.execute(message, Some(thread)).await {
                Err((code, _)) if NO_THREAD.contains(&code) => {}
                Err((_, failure)) => return Err(failure),
                Ok(handle) => return Ok(handle),
            }
        }
        let sent = self.execute(message, self.thread.as_deref()).await;
        sent.map_err(|(_, failure)| failure)
    }

    /// The post it went into, if the channel is a forum; or Discord's number of the failure, and
    /// the failure.
    async fn execute(
        &self,
        message: &Message,
        thread: Option<&str>,
    ) -> Result<Option<String>, (u64, Failure)> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("wait", "true");
        if let Some(thread) = thread {
            url.query_pairs_mut().append_pair("thread_id", thread);
        }
        let mut payload = self.payload(message);
        if self.forum && thread.is_none() {
            let name = message.first().map_or("", |a| &a.story.title);
            let name = if name.is_empty() { "wirewatch" } else { name };
            payload["thread_name"] = cut(name, POST, "", measure::utf16, for_nothing).into();
        }
        let request = http::with_json(self.client.post(url), &payload);
        let answer = http::ask(request).await.map_err(|f| (0, f))?;
        match judge(&answer) {
            Some(failure) => Err(failure),
            None if self.forum => Ok(answer.json()["channel_id"].as_str().map(str::to_owned)),
            None => Ok(None),
        }
    }

    fn payload(&self, message: &Message) -> Value {
        let alert = message.first();
        let health = alert.and_then(|a| a.health.as_ref());
        let mut embed = json!({
            "title": self.face.title(message, TITLE),
            "description": self.face.fitted(message, BODY, measure::utf16),
            "color": match health {
                Some(health) if health.ended => 0x002e_7d32,
                Some(_) => 0xf9_a8_25,
                None => 0x00c6_2828,
            },
            "timestamp": alert.map(|a| a.time.to_string()),
        });
        let only = alert.filter(|a| message.alerts.len() == 1 && (1..2000).contains(&a.url.len()));
        if let Some(alert) = only {
            embed["url"] = alert.url.as_str().into();
        }
        let mut payload = json!({"embeds": [embed], "allowed_mentions": {"parse": []}});
        for (key, value) in [("username", &self.username), ("avatar_url", &self.avatar)] {
            if let Some(value) = value {
                payload[key] = value.as_str().into();
            }
        }
        payload
    }
}

impl Notifier for Discord {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let answer = http::ask(self.client.get(self.url.clone())).await?;
            match judge(&answer) {
                Some((_, failure)) => Err(failure),
                None => {
                    let found = answer.json();
                    let name = found["name"].as_str().unwrap_or("without a name");
                    Ok(format!("the webhook is there ({name})"))
                }
            }
        })
    }
}

/// Discord's number of the failure, and the failure; `None`: it has arrived.
fn judge(answer: &http::Answer) -> Option<(u64, Failure)> {
    let failure = http::judge(answer)?;
    let body = answer.json();
    let code = body["code"].as_u64().unwrap_or_default();
    let failure = failure.wishing(http::seconds(&body["retry_after"]));
    if code == UNKNOWN_WEBHOOK {
        let reason = format!("{}; the webhook was deleted", failure.reason());
        return Some((code, Failure::Gone { reason }));
    }
    let failure = match FIXES.iter().find(|(c, _)| *c == code) {
        Some((_, fix)) => Failure::later(format!("{}; {fix}", failure.reason())),
        None => failure,
    };
    Some((code, failure))
}
