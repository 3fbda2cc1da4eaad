//! The alert's JSON to an address of the operator's, signed as Standard Webhooks 1.0.0 has it
//! (<https://www.standardwebhooks.com>), or in a CloudEvents 1.0 envelope.
//!
//! `webhook-id` is the message's id and the same in every attempt, for the receiver to know a
//! message again; 410 means never again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, http, one};
use crate::config::{self, WebhookFormat};

#[cfg(test)]
mod tests;

/// Posts alerts.
pub(super) struct Webhook {
    client: Client,
    url: Url,
    key: Option<Vec<u8>>,
    headers: HeaderMap,
    format: WebhookFormat,
}

/// Fails only where the HTTP client cannot be set up.
pub(super) fn build(
    config: &config::Webhook,
    _: Option<&config::Delivery>,
) -> Result<Webhook, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| e.to_string())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|e| e.to_string())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let key = config.secret.as_ref().map(|secret| {
        let text = secret.expose().trim_start_matches("whsec_");
        STANDARD
            .decode(text)
            .map_err(|e| format!("its signing key is not base64: {e}"))
    });
    Ok(Webhook {
        client: http::client()?,
        url: Url::parse(config.url.expose().trim()).map_err(|e| e.to_string())?,
        key: key.transpose()?,
        headers,
        format: config.format,
    })
}

impl Webhook {
    async fn post(&self, message: &Message) -> Sent {
        let time = Timestamp::now();
        let (body, content) = body(message, self.format)?;
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, content)
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", time.as_second().to_string());
        if let Some(key) = &self.key {
            request = request.header(
                "webhook-signature",
                signature(key, &message.id, time.as_second(), &body),
            );
        }
        // The operator's own headers win.
        let request = request.headers(self.headers.clone()).body(body);
        http::send(request).await.map(|_| None)
    }
}

impl Notifier for Webhook {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.post(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            // Any answer will do: most receivers take nothing but POST.
            let request = self
                .client
                .head(self.url.clone())
                .headers(self.headers.clone());
            let answer = http::ask(request).await?;
            Ok(format!("it answers ({})", answer.status))
        })
    }
}

/// The alert; of a message with several, or a reminder, an object with a list. One line.
pub(super) fn plain(message: &Message) -> Result<String, Failure> {
    match (message.alerts.as_slice(), message.reminder) {
        ([only], 0) => Ok(only.json.clone()),
        (alerts, reminder) => {
            let alerts: Vec<Value> = alerts
                .iter()
                .map(|told| serde_json::from_str(&told.json))
                .collect::<Result<_, _>>()
                .map_err(|e| Failure::refused(format!("a stored alert is damaged: {e}")))?;
            Ok(
                json!({"v": 1, "id": message.id, "reminder": reminder, "alerts": alerts})
                    .to_string(),
            )
        }
    }
}

/// The same in the envelope asked for, and its media type.
fn body(message: &Message, format: WebhookFormat) -> Result<(String, &'static str), Failure> {
    let plain = plain(message)?;
    if format == WebhookFormat::Json {
        return Ok((plain, "application/json"));
    }
    let first = message.first();
    let data: Value = serde_json::from_str(&plain)
        .map_err(|e| Failure::refused(format!("a stored alert is damaged: {e}")))?;
    let kind = match (message.alerts.len(), first) {
        (1, Some(alert)) => alert.kind.as_str(),
        _ => "digest",
    };
    let event = json!({
        "specversion": "1.0",
        "id": message.id,
        "source": first.map(|a| a.url.as_str()).filter(|u| !u.is_empty()).unwrap_or("/wirewatch"),
        "type": format!("wirewatch.alert.{kind}"),
        "time": first.map(|a| a.time.to_string()),
        "subject": first.map(|a| a.subject.as_str()),
        "datacontenttype": "application/json",
        "data": data,
    });
    Ok((event.to_string(), "application/cloudevents+json"))
}

/// "v1,BASE64" over id, time and body.
fn signature(key: &[u8], id: &str, seconds: i64, body: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
