//! A channel of Slack: an incoming webhook, or a bot's `chat.postMessage`, which answers the first
//! message on a story.
//!
//! Slack knows no message again: one whose answer was lost comes twice.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, http, measure, one};
use crate::config;
use crate::message::{Face, cut, for_nothing};

#[cfg(test)]
mod tests;

/// Of 3000 that a section takes.
const SECTION: usize = 2900;

/// All sections together: far below Slack's 40,000, as nobody reads more.
const BODY: usize = 12_000;

const TITLE: usize = 250;

/// What Slack says when the message is at fault.
const REFUSED: [&str; 8] = [
    "invalid_payload",
    "no_text",
    "msg_too_long",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "too_many_attachments",
    "invalid_arguments",
];

/// What it says when the message to be answered is there no more, or closed.
const UNANSWERABLE: [&str; 4] = [
    "thread_not_found",
    "message_not_found",
    "cannot_reply_to_message",
    "restricted_action_thread_locked",
];

/// What it says when the way is shut, and what opens it.
const FIXES: [(&[&str], &str); 5] = [
    (
        &["channel_is_archived", "is_archived"],
        "bring the channel back, or choose another",
    ),
    (
        &["channel_not_found", "not_in_channel"],
        "write the channel's id, and invite the app into it: /invite @app",
    ),
    (
        &[
            "invalid_token",
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "no_service",
            "no_active_hooks",
            "no_team",
            "team_disabled",
            "user_not_found",
        ],
        "make a new webhook or token, and put it into the config",
    ),
    (&["missing_scope"], "give the app the scope chat:write"),
    (
        &[
            "action_prohibited",
            "restricted_action",
            "posting_to_general_channel_denied",
            "no_permission",
        ],
        "an administrator of the workspace has to allow it",
    ),
];

/// Speaks in a channel.
pub(super) struct Slack {
    client: Client,
    way: Way,
    username: Option<String>,
    icon: Option<String>,
    face: Face,
}

enum Way {
    Webhook(Url),
    Bot {
        /// Of the calls, with a `/` at its end.
        api: Url,
        token: String,
        channel: String,
    },
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Slack,
    given: Option<&config::Delivery>,
) -> Result<Slack, String> {
    let way = match (&config.url, &config.token, &config.channel) {
        (Some(url), ..) => Way::Webhook(http::url(url.expose())?),
        (None, Some(token), Some(channel)) => Way::Bot {
            api: http::url(&format!("{}/api/", config.server))?,
            token: token.expose().trim().to_owned(),
            channel: channel.clone(),
        },
        _ => return Err("it has neither `url` nor `token` and `channel`".to_owned()),
    };
    Ok(Slack {
        client: http::client()?,
        way,
        username: config.username.clone(),
        icon: config.icon.clone(),
        face: super::face(escape, given, None, include_str!("body.jinja"))?,
    })
}

impl Slack {
    async fn post(&self, message: &Message) -> Sent {
        let mut payload = self.payload(message);
        let (api, token, channel) = match &self.way {
            Way::Webhook(url) => {
                let request = http::with_json(self.client.post(url.clone()), &payload);
                let answer = http::ask(request).await?;
                return match judge_webhook(&answer) {
                    None => Ok(None),
                    Some(failure) => Err(failure),
                };
            }
            Way::Bot {
                api,
                token,
                channel,
            } => (api, token, channel),
        };
        payload["channel"] = channel.as_str().into();
        if let Some(thread) = &message.thread {
            payload["thread_ts"] = thread.as_str().into();
            match self.call(api, token, "chat.postMessage", &payload).await {
                Err((code, _)) if UNANSWERABLE.contains(&code.as_str()) => {
                    payload["thread_ts"] = Value::Null;
                }
                Err((_, failure)) => return Err(failure),
                Ok(answer) => return Ok(answer["ts"].as_str().map(str::to_owned)),
            }
        }
        match self.call(api, token, "chat.postMessage", &payload).await {
            Ok(answer) => Ok(answer["ts"].as_str().map(str::to_owned)),
            Err((_, failure)) => Err(failure),
        }
    }

    /// One call of the API: its answer, or what Slack calls the failure, and the failure.
    async fn call(
        &self,
        api: &Url,
        token: &str,
        method: &str,
        payload: &Value,
    ) -> Result<Value, (String, Failure)> {
        let url = api
            .join(method)
            .map_err(|e| (String::new(), Failure::later(e.to_string())))?;
        let request = http::with_json(self.client.post(url).bearer_auth(token), payload);
        let answer = http::ask(request).await.map_err(|f| (String::new(), f))?;
        let body = answer.json();
        if answer.status.is_success() && body["ok"] == true {
            return Ok(body);
        }
        let code = body["error"].as_str().unwrap_or_default().to_owned();
        let failure = match (http::judge(&answer), REFUSED.contains(&code.as_str())) {
            (_, true) => Failure::refused(http::said(&answer)),
            (Some(failure), _) => failure,
            (None, _) => Failure::Later {
                reason: http::said(&answer),
                after: http::retry_after(&answer.headers),
            },
        };
        Err((code.clone(), fixed(&code, failure)))
    }

    fn payload(&self, message: &Message) -> Value {
        let title = self.face.title(message, TITLE);
        let body = self.face.fitted(message, BODY, measure::utf16);
        let mut blocks = vec![section(&format!("*{title}*"))];
        blocks.extend(pieces(&body).iter().map(|piece| section(piece)));
        let mut payload = json!({
            "text": title,
            "blocks": blocks,
            "unfurl_links": false,
            "unfurl_media": false,
        });
        if let Some(username) = &self.username {
            payload["username"] = username.as_str().into();
        }
        if let Some(icon) = &self.icon {
            let key = match icon.starts_with(':') {
                true => "icon_emoji",
                false => "icon_url",
            };
            payload[key] = icon.as_str().into();
        }
        payload
    }
}

impl Notifier for Slack {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            match &self.way {
                Way::Webhook(url) => {
                    // A message without a text is refused only after the webhook was found good.
                    let request = http::with_json(self.client.post(url.clone()), &json!({}));
                    let answer = http::ask(request).await?;
                    match judge_webhook(&answer) {
                        None | Some(Failure::Refused { .. }) => {
                            Ok("the webhook is good".to_owned())
                        }
                        Some(failure) => Err(failure),
                    }
                }
                Way::Bot { api, token, .. } => {
                    let asked = self.call(api, token, "auth.test", &json!({})).await;
                    let answer = asked.map_err(|(_, failure)| failure)?;
                    let name = answer["user"].as_str().unwrap_or("the bot");
                    Ok(format!("it lets {name} in"))
                }
            }
        })
    }
}

fn judge_webhook(answer: &http::Answer) -> Option<Failure> {
    Some(fixed(answer.body.trim(), http::judge(answer)?))
}

/// A failure of which the fix is known is one of the way, whatever its status.
fn fixed(code: &str, failure: Failure) -> Failure {
    match FIXES.iter().find(|(codes, _)| codes.contains(&code)) {
        Some((_, fix)) => Failure::later(format!("{}; {fix}", failure.reason())),
        None => failure,
    }
}

fn section(text: &str) -> Value {
    // Verbatim: Slack makes no links and no mentions of its own.
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

/// The text in parts of a section each, parted at line ends where that can be.
fn pieces(text: &str) -> Vec<String> {
    let lines = text.split_inclusive('\n');
    let units = lines.flat_map(|line| match measure::utf16(line) <= SECTION {
        true => vec![line],
        false => line.split_inclusive(' ').collect(),
    });
    let mut pieces = vec![String::new()];
    for unit in units {
        let unit = cut(unit, SECTION, "", measure::utf16, for_nothing);
        match pieces.last_mut() {
            Some(last) if measure::utf16(last) + measure::utf16(&unit) <= SECTION => {
                last.push_str(&unit);
            }
            _ => pieces.push(unit),
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// For Slack's markup, which has no way to escape but `&<>`: other signs become ones that look
/// alike. An address stays one.
fn escape(text: &str) -> String {
    let address = text.starts_with("https://") || text.starts_with("http://");
    if address && !text.contains(char::is_whitespace) {
        return text
            .replace('&', "&amp;")
            .replace('<', "%3C")
            .replace('>', "%3E")
            .replace('|', "%7C");
    }
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '*' => out.push('∗'),
            '~' => out.push('∼'),
            '`' => out.push('ˋ'),
            '_' if !(before.is_alphanumeric() && next.is_alphanumeric()) => out.push('ˍ'),
            // A zero-width space after it: no name, no emoji.
            '@' => out.push_str("@\u{200b}"),
            ':' if next.is_alphabetic() => out.push_str(":\u{200b}"),
            c => out.push(c),
        }
        before = c;
    }
    out
}
