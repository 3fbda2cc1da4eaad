//! One HTTP request to a receiver, and what its answer means.
//!
//! No address, header or body of a request ever stands in a reason: they may hold tokens.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use super::Failure;

/// So much of an answer is read: enough for any error message and any id.
const MOST: usize = 64 << 10;

/// So much of what a receiver says is passed on in a reason.
const QUOTED: usize = 200;

/// A client for one receiver. It follows no redirects: a receiver that moved is to be told of.
pub(super) fn client() -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("wirewatch/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .no_proxy()
        .build()
        .map_err(|e| format!("failed to set up its HTTP client: {}", e.without_url()))
}

/// An address out of the config, which has been checked there. It stands in no message.
pub(super) fn url(text: &str) -> Result<Url, String> {
    Url::parse(text.trim()).map_err(|e| format!("its address is no URL: {e}"))
}

/// A number of seconds in an answer.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// An address below that of a server, which may have a path.
pub(super) fn below(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    let base = server.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{path}"));
    url
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// At most [`MOST`] bytes.
    pub(super) body: String,
}

impl Answer {
    /// The body, or `null` where it is no JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends, and reads the answer, whatever it says.
pub(super) async fn ask(request: RequestBuilder) -> Result<Answer, Failure> {
    let mut response = request
        .send()
        .await
        .map_err(|e| Failure::later(reason(&e)))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() < MOST => bytes.extend_from_slice(&chunk),
            Ok(_) => break,
            // It may have taken the message; with the status at hand that is what counts.
            Err(_) if !status.is_success() => break,
            Err(e) => {
                return Err(Failure::later(format!(
                    "its answer broke off: {}",
                    reason(&e)
                )));
            }
        }
    }
    bytes.truncate(MOST);
    Ok(Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// The request with this as its body.
pub(super) fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string())
}

/// Sends, and takes the status at its word.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, Failure> {
    let answer = ask(request).await?;
    match judge(&answer) {
        None => Ok(answer),
        Some(failure) => Err(failure),
    }
}

/// What a status means; `None`: it has arrived.
pub(super) fn judge(answer: &Answer) -> Option<Failure> {
    let status = answer.status;
    if status.is_success() {
        return None;
    }
    let reason = said(answer);
    Some(match status.as_u16() {
        410 => Failure::Gone { reason },
        // The message itself is not to its liking.
        400 | 406 | 411 | 413 | 415 | 422 => Failure::Refused { reason },
        301 | 302 | 303 | 307 | 308 => Failure::later(format!(
            "{reason}: it has moved; put the new address into the config"
        )),
        // Overload, maintenance, a wrong token or address: the same for every message.
        _ => Failure::Later {
            reason,
            after: retry_after(&answer.headers),
        },
    })
}

/// "429 Too Many Requests: slow down".
pub(super) fn said(answer: &Answer) -> String {
    let body = answer.body.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = body.chars().filter(|c| !c.is_control());
    let quoted: String = plain.take(QUOTED).collect();
    let ellipsis = if quoted.len() < body.len() { "…" } else { "" };
    match quoted.is_empty() {
        true => answer.status.to_string(),
        false => format!("{}: {quoted}{ellipsis}", answer.status),
    }
}

/// How long it asks to be left alone: seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = Timestamp::try_from(date).ok()?;
    Duration::try_from(date.duration_since(Timestamp::now())).ok()
}

/// The error and its causes, without the address.
fn reason(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        parts.push(inner.to_string());
        cause = inner.source();
    }
    let what = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "it did not answer in time",
        (_, true) => "it cannot be reached",
        _ => "the request failed",
    };
    match parts.last() {
        Some(last) => format!("{what}: {last}"),
        None => what.to_owned(),
    }
}
