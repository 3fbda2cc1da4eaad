//! Pages as a browser shows them: for sites whose text is written by scripts.
//!
//! A headless Chromium, new for each page and one at a time, driven by the DevTools protocol over
//! a pipe. It has no network of its own: every request it makes is answered by [`Fetcher`], so that
//! robots.txt, the refusal of private addresses and the limits hold for all that a page loads. What
//! a reader does not read (images, fonts, media, frames) is refused, and so is everything but GET.
//!
//! | file | subject |
//! |---|---|
//! | `browser` | the process and the messages to and from it |
//! | `page` | one page: what it may load, when it is ready |
//!
//! May use [`crate::fetch`]; knows nothing of language or the database.

mod browser;
mod page;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use url::Url;

use crate::fetch::Fetcher;

/// A page may take so long, the browser's start included.
const PATIENCE: Duration = Duration::from_secs(40);

/// Why there is no rendered page.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The browser does not start.
    #[error("failed to start {path}: {source}")]
    Start {
        /// What was started.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The browser went away.
    #[error(
        "the browser ended in the middle of the page; does it run as this user? try it with --headless"
    )]
    Ended,
    /// It did not do what it was told.
    #[error("the browser refused {0}")]
    Refused(String),
    /// Too slow.
    #[error("the page was not rendered within {0:?}")]
    TooSlow(Duration),
    /// Too large.
    #[error("the rendered page is larger than {0} bytes")]
    TooLarge(usize),
}

/// Renders one page at a time.
#[derive(Debug)]
pub struct Renderer {
    turn: Semaphore,
}

impl Default for Renderer {
    fn default() -> Self {
        Renderer {
            turn: Semaphore::new(1),
        }
    }
}

/// A page as the server sent it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The address that answered.
    pub url: Url,
    /// The body.
    pub body: Bytes,
    /// The `Content-Type` header.
    pub content_type: String,
}

impl Renderer {
    /// What the page looks like when its scripts have run, as HTML in UTF-8. Waits for its turn.
    /// Safe to cancel by dropping: the browser is killed.
    ///
    /// # Errors
    /// Where the browser does not start, ends, or the page is too slow or too large.
    pub async fn render(
        &self,
        browser: &Path,
        fetcher: &Fetcher,
        sent: &Sent,
    ) -> Result<String, RenderError> {
        let _turn = self.turn.acquire().await.map_err(|_| RenderError::Ended)?;
        let work = page::render(browser, fetcher, sent);
        tokio::time::timeout(PATIENCE, work)
            .await
            .unwrap_or(Err(RenderError::TooSlow(PATIENCE)))
    }
}
