//! What a fetch brought, judged from what is known of it. Pure.

use scraper::Html;
use url::Url;

use super::dom::{inline_text, select};
use super::guard::Guarded;
use super::jsonld::Data;
use super::{Page, Signals};
use crate::article::Outcome;

/// What the fetch knows besides the page.
#[derive(Debug, Clone, Copy)]
pub struct Fetched<'a> {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The address asked for.
    pub requested: &'a Url,
    /// The address that answered, after redirects.
    pub landed: &'a Url,
    /// The whole body came: `Content-Length` satisfied, decompression ended cleanly.
    pub complete: bool,
    /// [`super::Decoded::malformed`].
    pub malformed: bool,
}

/// Reads the signals off a page before anything is cut from it.
pub(super) fn signals(doc: &Html, guarded: &Guarded, data: &Data) -> Signals {
    Signals {
        free: data.free,
        title: select(doc, "title").first().map(|e| inline_text(*e)),
        headings: select(doc, "h1").into_iter().map(inline_text).collect(),
        closed: guarded.closed,
        cut_inside: guarded.cut_inside,
        live_entries: data.live_entries.clone(),
        article_markup: data.is_article,
        tags_dropped: guarded.tags_dropped,
        ..Signals::default()
    }
}

/// Judges a fetch: the outcome, and the reason in words fit for `wirewatch why`.
pub fn judge(fetched: &Fetched, page: &Page) -> (Outcome, String) {
    let _ = fetched;
    if page.article.text.is_empty() {
        (Outcome::Empty, "no text".into())
    } else {
        (Outcome::Content, "article".into())
    }
}
