//! A room of Matrix (client-server API v3). The message's id is the transaction's, so a homeserver
//! shows a message that comes twice once; a story is a thread.

use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, html, http, measure, one};
use crate::config;
use crate::message::{Face, for_html};

#[cfg(test)]
mod tests;

/// Bytes of JSON: an event takes 64 KB, and this stands in it twice.
const BODY: usize = 20_000;
const TITLE: usize = 400;

/// Speaks in a room.
pub(super) struct Matrix {
    client: Client,
    homeserver: Url,
    token: String,
    room: String,
    /// Its id, once the homeserver has said what the alias stands for.
    room_id: Option<String>,
    notice: bool,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Matrix,
    given: Option<&config::Delivery>,
) -> Result<Matrix, String> {
    Ok(Matrix {
        client: http::client()?,
        homeserver: http::url(&config.homeserver)?,
        token: config.token.expose().trim().to_owned(),
        room_id: Some(config.room.clone()).filter(|room| room.starts_with('!')),
        room: config.room.clone(),
        notice: config.notice,
        face: super::face(for_html, given, None, include_str!("../html.jinja"))?,
    })
}

impl Matrix {
    async fn post(&mut self, message: &Message) -> Sent {
        let room = self.room_id().await?;
        let mut sent = self.put(&room, message, message.thread.as_deref()).await;
        if let Err((403, failure)) = &sent {
            // Invited and not yet in the room, or the room is open to all.
            let request = self.client.post(self.url(&["join", &room]));
            if self.ask(request, Some(&json!({}))).await.is_err() {
                return Err(Failure::later(format!(
                    "{}; invite the account into the room and let it write",
                    failure.reason()
                )));
            }
            sent = self.put(&room, message, message.thread.as_deref()).await;
        }
        if let (Err((400 | 404, _)), Some(_)) = (&sent, &message.thread) {
            // What it is to answer may be there no more.
            sent = self.put(&room, message, None).await;
        }
        match sent {
            Ok(answer) => Ok(answer["event_id"].as_str().map(str::to_owned)),
            Err((_, failure)) => Err(failure),
        }
    }

    async fn put(
        &self,
        room: &str,
        message: &Message,
        thread: Option<&str>,
    ) -> Result<Value, (u16, Failure)> {
        let url = self.url(&["rooms", room, "send", "m.room.message", &message.id]);
        let content = self.content(message, thread);
        self.ask(self.client.put(url), Some(&content)).await
    }

    fn content(&self, message: &Message, thread: Option<&str>) -> Value {
        let title = self.face.title(message, TITLE);
        let body = self.face.fitted(message, BODY, measure::json);
        let formatted = format!("<b>{title}</b>\n{body}");
        let mut content = json!({
            "msgtype": if self.notice { "m.notice" } else { "m.text" },
            "body": html::text_with_links(&formatted),
            "format": "org.matrix.custom.html",
            // A quotation ends its line by itself.
            "formatted_body": formatted.replace("</blockquote>\n", "</blockquote>").replace('\n', "<br>"),
            // Says that nobody is called, whatever the text.
            "m.mentions": {},
        });
        if let Some(first) = thread {
            content["m.relates_to"] = json!({
                "rel_type": "m.thread",
                "event_id": first,
                "is_falling_back": true,
                "m.in_reply_to": {"event_id": first},
            });
        }
        content
    }

    /// What the room is called by the homeserver.
    async fn room_id(&mut self) -> Result<String, Failure> {
        if let Some(id) = &self.room_id {
            return Ok(id.clone());
        }
        let request = self
            .client
            .get(self.url(&["directory", "room", &self.room]));
        let answer = self.ask(request, None).await;
        let answer = answer.map_err(|(_, failure)| match failure {
            Failure::Refused { reason } => Failure::later(reason),
            other => other,
        })?;
        let id = answer["room_id"]
            .as_str()
            .ok_or_else(|| Failure::later("the homeserver does not say which room that is"))?;
        self.room_id = Some(id.to_owned());
        Ok(id.to_owned())
    }

    /// The answer; or its status, and the failure.
    async fn ask(
        &self,
        request: RequestBuilder,
        body: Option<&Value>,
    ) -> Result<Value, (u16, Failure)> {
        let mut request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = http::with_json(request, body);
        }
        let answer = http::ask(request).await.map_err(|f| (0, f))?;
        let Some(failure) = http::judge(&answer) else {
            return Ok(answer.json());
        };
        let wish = answer.json()["retry_after_ms"]
            .as_f64()
            .map(|ms| json!(ms / 1000.0));
        let failure = failure.wishing(wish.and_then(|s| http::seconds(&s)));
        let failure = match answer.status.as_u16() {
            401 => Failure::later(format!(
                "{}; make a new access token, and put it into the config",
                failure.reason()
            )),
            _ => failure,
        };
        Err((answer.status.as_u16(), failure))
    }

    /// Each part becomes a segment of the path, whatever signs are in it.
    fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.homeserver.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["_matrix", "client", "v3"])
                .extend(parts);
        }
        url
    }
}

impl Notifier for Matrix {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let me = self.client.get(self.url(&["account", "whoami"]));
            let me = self.ask(me, None).await.map_err(|(_, failure)| failure)?;
            let room = self.room_id().await?;
            let joined = self.client.get(self.url(&["joined_rooms"]));
            let joined = self.ask(joined, None).await.map_err(|(_, f)| f)?;
            let rooms = joined["joined_rooms"].as_array();
            let inside = rooms.is_some_and(|rooms| rooms.iter().any(|r| *r == *room));
            let name = me["user_id"].as_str().unwrap_or("the account");
            Ok(match inside {
                true => format!("{name} is in the room"),
                false => format!("{name} is let in, and joins the room with the first message"),
            })
        })
    }
}
