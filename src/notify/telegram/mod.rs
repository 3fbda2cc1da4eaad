//! A chat, group or channel of Telegram, by a bot; later alerts of a story answer the first.
//!
//! Telegram knows no message again: one whose answer was lost comes twice. The token is part of
//! every address.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, html, http, measure, one};
use crate::config;
use crate::message::{Face, for_html};

#[cfg(test)]
mod tests;

/// Of 4096 that a message takes as it is seen, the title with it.
const BODY: usize = 3800;
const TITLE: usize = 250;

/// What it says, in part, when the way is shut though it calls the request bad.
const SHUT: [&str; 6] = [
    "chat not found",
    "not enough rights",
    "have no rights",
    "thread not found",
    "TOPIC_",
    "PEER_ID_INVALID",
];

/// Speaks in a chat.
pub(super) struct Telegram {
    client: Client,
    /// With the token in it, and a `/` at its end.
    api: Url,
    /// As configured, until Telegram says that it is another now.
    chat: Value,
    topic: Option<u32>,
    silent: bool,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Telegram,
    given: Option<&config::Delivery>,
) -> Result<Telegram, String> {
    let token = config.token.expose().trim();
    Ok(Telegram {
        client: http::client()?,
        api: http::url(&format!("{}/bot{token}/", config.server))?,
        chat: config.chat_id.as_str().into(),
        topic: config.topic,
        silent: config.silent,
        face: super::face(for_html, given, None, include_str!("../html.jinja"))?,
    })
}

/// What Telegram said no to.
struct No {
    failure: Failure,
    description: String,
    /// The group has become another chat.
    moved: Value,
}

impl Telegram {
    async fn post(&mut self, message: &Message) -> Sent {
        let mut payload = self.payload(message);
        let mut sent = self.call("sendMessage", &payload).await;
        if let Err(no) = &sent
            && !no.moved.is_null()
        {
            tracing::warn!(chat_id = %no.moved, "a Telegram group has got a new chat_id; put it into the config");
            self.chat = no.moved.clone();
            payload["chat_id"] = self.chat.clone();
            sent = self.call("sendMessage", &payload).await;
        }
        // A template of the operator's may be no good HTML; better plain than not at all.
        if let Err(no) = &sent
            && no.description.contains("can't parse entities")
        {
            let text = payload["text"].as_str().unwrap_or_default();
            payload["text"] = html::text_with_links(text)
                .chars()
                .take(BODY / 2)
                .collect::<String>()
                .into();
            payload["parse_mode"] = Value::Null;
            sent = self.call("sendMessage", &payload).await;
        }
        match sent {
            Ok(result) => Ok(result["message_id"].as_i64().map(|id| id.to_string())),
            Err(no) => Err(no.failure),
        }
    }

    fn payload(&self, message: &Message) -> Value {
        let title = self.face.title(message, TITLE);
        let body = self.face.fitted(message, BODY, measure::seen);
        let mut payload = json!({
            "chat_id": self.chat,
            "text": format!("<b>{title}</b>\n{body}"),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
            "disable_notification": self.silent,
        });
        if let Some(topic) = self.topic {
            payload["message_thread_id"] = topic.into();
        }
        if let Some(first) = message
            .thread
            .as_deref()
            .and_then(|t| t.parse::<i64>().ok())
        {
            payload["reply_parameters"] =
                json!({"message_id": first, "allow_sending_without_reply": true});
        }
        payload
    }

    async fn call(&self, method: &str, payload: &Value) -> Result<Value, No> {
        let failed = |failure| No {
            failure,
            description: String::new(),
            moved: Value::Null,
        };
        let url = self.api.join(method);
        let url = url.map_err(|e| failed(Failure::later(e.to_string())))?;
        let request = http::with_json(self.client.post(url), payload);
        let answer = http::ask(request).await.map_err(failed)?;
        let mut body = answer.json();
        if answer.status.is_success() && body["ok"] == true {
            return Ok(body["result"].take());
        }
        let parameters = &body["parameters"];
        let description = body["description"].as_str().unwrap_or_default();
        let failure = http::judge(&answer).unwrap_or_else(|| Failure::later(http::said(&answer)));
        let failure = failure.wishing(http::seconds(&parameters["retry_after"]));
        let shut = SHUT.iter().any(|text| description.contains(text));
        let failure = match (answer.status.as_u16(), shut) {
            (401 | 404, _) => Failure::later(format!(
                "{}; look at the token, @BotFather has it",
                failure.reason()
            )),
            (403, _) | (_, true) => Failure::later(format!(
                "{}; look at chat_id, let the bot into the chat and allow it to write",
                failure.reason()
            )),
            _ => failure,
        };
        Err(No {
            failure,
            description: description.to_owned(),
            moved: parameters["migrate_to_chat_id"].clone(),
        })
    }
}

impl Notifier for Telegram {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let chat = json!({"chat_id": self.chat});
            let me = self.call("getMe", &json!({})).await;
            let me = me.map_err(|no| no.failure)?;
            let chat = self.call("getChat", &chat).await;
            let chat = chat.map_err(|no| no.failure)?;
            let name = me["username"].as_str().unwrap_or("the bot");
            let title = ["title", "username", "first_name"]
                .iter()
                .find_map(|key| chat[key].as_str());
            Ok(format!(
                "{name} is let into the chat ({})",
                title.unwrap_or("without a name")
            ))
        })
    }
}
