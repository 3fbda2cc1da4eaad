//! One page in the browser: what it may load, and when it is ready.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use url::Url;

use super::browser::{self, Browser};
use super::{RenderError, Sent};
use crate::fetch::Fetcher;

/// A page that has loaded and asked for nothing for so long is ready...
const QUIET: Duration = Duration::from_millis(800);
/// ...and one that never rests is taken as it is, so long after it has loaded.
const RESTLESS: Duration = Duration::from_secs(8);
/// Requests of one page that are answered.
const MOST_REQUESTS: usize = 80;
/// What a page may load besides itself, and may become, in bytes.
const MOST_BYTES: usize = 20 << 20;
/// Headers of the browser that go out with its requests; the rest are ours.
const PASSED_ON: [&str; 4] = ["accept", "origin", "referer", "x-requested-with"];

pub(super) async fn render(
    path: &Path,
    fetcher: &Fetcher,
    sent: &Sent,
) -> Result<String, RenderError> {
    let mut browser = Browser::start(path)?;
    let html = show(&mut browser, fetcher, sent).await;
    browser.close().await;
    html
}

async fn show(
    browser: &mut Browser,
    fetcher: &Fetcher,
    sent: &Sent,
) -> Result<String, RenderError> {
    let deny = json!({"behavior": "deny"});
    browser.call("Browser.setDownloadBehavior", deny).await?;
    let blank = json!({"url": "about:blank"});
    let target = browser.call("Target.createTarget", blank).await?["targetId"].take();
    let to = json!({"targetId": target, "flatten": true});
    let session = browser.call("Target.attachToTarget", to).await?;
    browser.attach(session["sessionId"].as_str().unwrap_or_default());
    browser.call("Page.enable", json!({})).await?;
    let all = json!({"patterns": [{"urlPattern": "*"}]});
    browser.call("Fetch.enable", all).await?;
    let mut page = Page {
        browser,
        fetcher,
        sent,
        frame: target,
        shown: false,
        requests: 0,
        bytes: 0,
    };
    page.load().await?;
    page.read().await
}

struct Page<'a> {
    browser: &'a mut Browser,
    fetcher: &'a Fetcher,
    sent: &'a Sent,
    /// The main frame, which has the id of its target.
    frame: Value,
    /// The page itself was handed over.
    shown: bool,
    requests: usize,
    bytes: usize,
}

impl Page<'_> {
    /// Loads the page and waits until it rests.
    async fn load(&mut self) -> Result<(), RenderError> {
        let url = json!({"url": self.sent.url.as_str()});
        self.browser.send("Page.navigate", url).await?;
        let mut loaded: Option<Instant> = None;
        loop {
            let wait = match loaded {
                // The whole has a limit of its own.
                None => Duration::from_secs(3600),
                Some(at) if at.elapsed() > RESTLESS => return Ok(()),
                Some(_) => QUIET,
            };
            let Ok(message) = timeout(wait, self.browser.next()).await else {
                return Ok(());
            };
            let message = message?;
            match message["method"].as_str() {
                Some("Fetch.requestPaused") => self.answer(&message["params"]).await?,
                Some("Page.loadEventFired") => loaded = Some(Instant::now()),
                Some("Inspector.targetCrashed") => return Err(RenderError::Ended),
                _ => {}
            }
        }
    }

    /// Answers a request of the page.
    async fn answer(&mut self, paused: &Value) -> Result<(), RenderError> {
        let request = &paused["request"];
        let id = &paused["requestId"];
        let kind = paused["resourceType"].as_str().unwrap_or_default();
        if kind == "Document" && !self.shown && paused["frameId"] == self.frame {
            self.shown = true;
            let headers = json!([{"name": "Content-Type", "value": self.sent.content_type}]);
            return self
                .fulfill(id, 200, headers, &self.sent.body.clone())
                .await;
        }
        let wanted = match kind {
            "Script" | "XHR" | "Fetch" => true,
            "Document" => paused["frameId"] == self.frame,
            _ => false,
        };
        let get = request["method"] == "GET";
        let url = request["url"].as_str().and_then(|url| Url::parse(url).ok());
        let (Some(url), true, true) = (url, wanted && get, self.requests < MOST_REQUESTS) else {
            return self.refuse(id).await;
        };
        self.requests += 1;
        let room = MOST_BYTES.saturating_sub(self.bytes);
        let headers = passed_on(&request["headers"]);
        match self.fetcher.fetch_part(&url, &headers, room).await {
            Ok(part) => {
                self.bytes += part.body.len();
                let headers: Vec<Value> = part
                    .headers
                    .iter()
                    .map(|(name, value)| json!({"name": name, "value": value}))
                    .collect();
                self.fulfill(id, part.status, json!(headers), &part.body)
                    .await
            }
            Err(reason) => {
                tracing::debug!(%url, %reason, "a part of a page was not loaded");
                self.refuse(id).await
            }
        }
    }

    async fn fulfill(
        &mut self,
        id: &Value,
        status: u16,
        headers: Value,
        body: &[u8],
    ) -> Result<(), RenderError> {
        let answer = json!({"requestId": id, "responseCode": status, "responseHeaders": headers,
            "body": STANDARD.encode(body)});
        self.browser.send("Fetch.fulfillRequest", answer).await?;
        Ok(())
    }

    async fn refuse(&mut self, id: &Value) -> Result<(), RenderError> {
        let answer = json!({"requestId": id, "errorReason": "BlockedByClient"});
        self.browser.send("Fetch.failRequest", answer).await?;
        Ok(())
    }

    /// The document as it stands.
    async fn read(&mut self) -> Result<String, RenderError> {
        let method = "Runtime.evaluate";
        let script = "'<!DOCTYPE html>' + document.documentElement.outerHTML";
        let what = json!({"expression": script, "returnByValue": true});
        let id = self.browser.send(method, what).await?;
        loop {
            let mut message = self.browser.next().await?;
            if message["id"] == id {
                let mut result = browser::result(method, &mut message)?;
                let Value::String(html) = result["result"]["value"].take() else {
                    return Err(RenderError::Refused(method.to_owned()));
                };
                if html.len() > MOST_BYTES {
                    return Err(RenderError::TooLarge(MOST_BYTES));
                }
                return Ok(html);
            }
            if message["method"] == "Fetch.requestPaused" {
                self.refuse(&message["params"]["requestId"]).await?;
            }
        }
    }
}

fn passed_on(headers: &Value) -> Vec<(String, String)> {
    let all = headers.as_object().into_iter().flatten();
    all.filter(|(name, _)| PASSED_ON.contains(&name.to_ascii_lowercase().as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}
