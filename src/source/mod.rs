//! What a source lists: links to articles. Pure functions of a body that was already fetched.
//!
//! | file | subject |
//! |---|---|
//! | [`feed`] | RSS 0.9x, 1 and 2, Atom, JSON Feed |
//! | [`sitemap`] | news sitemaps, plain ones, indexes of them |
//! | [`section`] | the article links of a section page, judged by structure |
//! | [`hints`] | where a site may list its articles |
//! | [`pattern`] | the operator's include and exclude patterns |
//! | `canonical` | one spelling for one article's URL |
//! | `site` | whether two URLs belong to one site |
//! | `dates` | the dates feeds and pages write |
//!
//! What is known of words in URLs (`tracking.txt`, `not_articles.txt`) is data. May use no other
//! module of this crate, no network, no clock.

mod canonical;
mod dates;
pub mod feed;
pub mod hints;
pub mod pattern;
pub mod section;
mod site;
pub mod sitemap;

pub use canonical::canonical;
pub use site::same_site;

use jiff::Timestamp;
use url::Url;

/// The longest title kept, in characters. A longer one is no headline.
const MAX_TITLE_CHARS: usize = 500;

/// One article that a source lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its address, [canonical()].
    pub url: Url,
    /// Its headline as the source prints it: plain text, one line.
    pub title: Option<String>,
    /// When the source says it was published.
    pub published: Option<Timestamp>,
}

/// Why a source's body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing at all.
    #[error("the feed is empty")]
    Empty,
    /// A web page.
    #[error("this is a web page, not a feed; {}", feed_hint(.feed))]
    Html {
        /// The feed that the page names for itself.
        feed: Option<Url>,
    },
    /// A sitemap.
    #[error("this is a sitemap, not a feed; set kind = \"sitemap\"")]
    Sitemap,
    /// Some other format.
    #[error("this is neither RSS, Atom nor JSON Feed: {0}")]
    NotAFeed(String),
    /// A feed, but broken before its first entry.
    #[error("the feed is broken: {0}")]
    Broken(String),
    /// Some other format where a sitemap was asked for.
    #[error("this is no sitemap: {0}")]
    NotASitemap(String),
    /// A feed where a sitemap was asked for.
    #[error("this is a feed, not a sitemap; set kind = \"feed\"")]
    Feed,
    /// A sitemap, but broken before its first entry.
    #[error("the sitemap is broken: {0}")]
    BrokenSitemap(String),
    /// A page built to exhaust its reader.
    #[error("the page nests deeper than {0} elements")]
    TooDeep(usize),
}

fn feed_hint(feed: &Option<Url>) -> String {
    match feed {
        Some(url) => format!("it names {url} as its feed"),
        None => "set kind = \"section\" to read its links".to_owned(),
    }
}

/// Text on one line, or nothing; cut if it is far too long for a headline.
fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(MAX_TITLE_CHARS).collect();
    (!cut.is_empty()).then_some(cut)
}
