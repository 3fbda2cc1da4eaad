//! From the bytes of a page to an [`Article`], and to a judgement of what the fetch brought.
//!
//! Pure: values in, values out; no clock, network, database or async. Uses [`crate::article`] and
//! [`crate::text`] only. [`bounded()`] is the one thing that starts a thread: it holds a page that
//! would hang or crash a parser away from its caller.
//!
//! The way of a page: [`decode`] (charset) -> [`guard`] (caps, scripts out, before any parser) ->
//! one parse, from which [`meta`] reads headline, names and dates -> [`prune`] (what is never body
//! is cut) -> [`body`] (two extractors) -> [`lines`] (furniture lines out; a live
//! blog by its entries, [`live`]) -> [`judge()`], or [`judge_against`] where the article is known.

mod blocks;
mod body;
mod bounded;
mod charset;
mod compared;
mod dates;
mod dom;
mod features;
mod furniture;
mod garbled;
mod guard;
mod jsonld;
mod judge;
mod lean;
mod lines;
mod live;
mod memory;
mod meta;
mod past;
mod prune;
mod region;
mod rules;
mod shingles;
mod surroundings;
mod title;
mod token;

use url::Url;

use crate::article::Article;

pub use body::Verdict;
pub use bounded::{Overrun, bounded};
pub use charset::{Decoded, decode};
pub use guard::MAX_BYTES;
pub use judge::{Fetched, judge};
pub use memory::SiteMemory;
pub use past::{Past, Run, judge_against};
pub use region::{Doubt, Region, SiteChurn, Trace};
pub use rules::{Rules, check_selector};

/// What extraction read from a page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The article, as far as there is one.
    pub article: Article,
    /// What the judge needs besides.
    pub signals: Signals,
}

/// Facts about the page that tell an article from a wall, an error page or half a document.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Why the page was not parsed at all (too large), if it was not.
    pub refused: Option<String>,
    /// How far the two extractors agree on the body: 0 (not at all) to 1 (same words).
    pub agreement: f64,
    /// `isAccessibleForFree` of the page's structured data.
    pub free: Option<bool>,
    /// Words a reader sees on the whole page, scripts and styles aside.
    pub visible_words: usize,
    /// Share of these words that are link text, 0 to 1.
    pub link_density: f64,
    /// The `<title>`, whole.
    pub title: Option<String>,
    /// Every first-level heading, in order.
    pub headings: Vec<String>,
    /// The start of the visible text, at most some 4,000 characters: where walls say what they are.
    pub visible_start: String,
    /// The document's tail is there: `</body>` or `</html>` was seen.
    pub closed: bool,
    /// The last bytes are inside a tag, comment or script.
    pub cut_inside: bool,
    /// Entries of a live blog in the structured data, in its order.
    pub live_entries: Vec<String>,
    /// The structured data calls the page an article.
    pub article_markup: bool,
    /// Elements open when the input ended.
    pub left_open: usize,
    /// Walls announced by a line anywhere on the page.
    pub notices: Vec<Wall>,
    /// The operator's `select` found nothing.
    pub select_missed: bool,
    /// Scripts on the page.
    pub scripts: usize,
    /// There is a field for a password.
    pub password: bool,
    /// Those of the operator's `remove` selectors that found nothing.
    pub unremoved: Vec<String>,
    /// Start tags left out because they nested too deep.
    pub tags_dropped: usize,
}

/// What may stand in place of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// Subscribers only.
    Pay,
    /// Cookie or consent dialog.
    Consent,
    /// "Are you human?"
    Bot,
    /// "Page not found", with status 200.
    Missing,
    /// "Something went wrong", with status 200.
    Failed,
    /// "Sign in".
    Login,
    /// Words of an offer: a paywall where they follow a text known to be longer.
    Offer,
}

/// Reads a page. `url` is the address it was fetched from: relative links and the canonical URL
/// are judged against it.
///
/// Never fails: a page that cannot be parsed gives an empty article with `signals.refused` set. It
/// may be slow on a hostile page, so run it inside [`bounded()`].
pub fn extract(html: &str, url: Option<&Url>, rules: &Rules) -> Page {
    let guarded = match guard::guard(html) {
        Ok(guarded) => guarded,
        Err(reason) => {
            return Page {
                signals: Signals {
                    refused: Some(reason),
                    ..Signals::default()
                },
                ..Page::default()
            };
        }
    };
    let mut doc = scraper::Html::parse_document(&guarded.html);
    let data = jsonld::read(&guarded.json_ld, url);
    let facts = meta::read(&doc, &data, url);
    let mut signals = judge::signals(&doc, &guarded, &data);

    (signals.select_missed, signals.unremoved) = rules.apply(&mut doc);
    prune::prune(&mut doc);
    let body = body::read(
        &doc,
        &data,
        &facts,
        !signals.select_missed && rules.select.is_some(),
    );
    signals.agreement = body.agreement;
    let text = live::read(&doc, &data, &facts, url)
        .unwrap_or_else(|| lines::clean(&body.paragraphs, &facts));
    let language = facts
        .language
        .clone()
        .or_else(|| meta::detect_language(&text));

    Page {
        article: Article {
            canonical: facts.canonical,
            title: facts.title,
            byline: facts.byline,
            published: facts.published,
            modified: facts.modified,
            language,
            text,
        },
        signals,
    }
}

/// Says of every block of a page why it was taken for body or not; empty for a refused page. The
/// operator's `select` plays no part.
pub fn explain(html: &str, url: Option<&Url>, rules: &Rules) -> Vec<Verdict> {
    let Ok(guarded) = guard::guard(html) else {
        return Vec::new();
    };
    let mut doc = scraper::Html::parse_document(&guarded.html);
    let data = jsonld::read(&guarded.json_ld, url);
    let facts = meta::read(&doc, &data, url);
    Rules {
        select: None,
        remove: rules.remove.clone(),
    }
    .apply(&mut doc);
    prune::prune(&mut doc);
    body::explain(&doc, &data, &facts)
}
