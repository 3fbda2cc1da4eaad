//! Feeds: RSS 0.9x, 1 and 2, Atom, JSON Feed.
//!
//! Only links, titles and dates are wanted, and a feed with one bad entry still has good ones. So
//! this reads the XML events itself and forgives what full feed parsers refuse: a stray `&`,
//! mismatched tags, an unknown version, an end that is missing.

use std::collections::HashSet;

use encoding_rs::{Encoding, UTF_8};
use url::Url;

use super::{Link, SourceError, canonical, dates, one_line};

mod json;
mod xml;

/// Entries read of one feed; what follows is older.
const MAX_LINKS: usize = 1_000;

/// The article links of a feed, in its order, each URL once. `base` is the feed's own URL, against
/// which relative links are read. Entries without a usable link are skipped.
///
/// A feed that breaks off after some entries gives those entries.
pub fn parse(body: &[u8], base: &Url) -> Result<Vec<Link>, SourceError> {
    let text = decode(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let entries = match text.chars().next() {
        None => return Err(SourceError::Empty),
        Some('{') => json::entries(text)?,
        Some('<') => xml::entries(text, base)?,
        Some(_) => {
            return Err(SourceError::NotAFeed(
                "it starts with neither \"<\" nor \"{\"".to_owned(),
            ));
        }
    };
    let mut seen = HashSet::new();
    Ok(entries
        .into_iter()
        .filter_map(|entry| entry.into_link(base))
        .filter(|link| seen.insert(link.url.clone()))
        .collect())
}

/// The text, by byte order mark, XML declaration, or detection.
fn decode(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(body.get(..200).unwrap_or(body));
    let declared = || {
        let declaration = head.get(head.find("<?xml")?..head.find("?>")?)?;
        let label = declaration.split_once("encoding")?.1;
        let label = label.trim_start_matches(['=', ' ']).get(1..)?;
        Encoding::for_label(label.split(['"', '\'']).next()?.as_bytes())
    };
    let encoding = match Encoding::for_bom(body) {
        Some((encoding, _)) => encoding,
        // Many declare another charset and write UTF-8; the reverse is caught here too.
        None if std::str::from_utf8(body).is_ok() => UTF_8,
        None => declared().filter(|&e| e != UTF_8).unwrap_or_else(|| {
            let mut detector =
                chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(body, true);
            detector.guess(None, chardetng::Utf8Detection::Allow)
        }),
    };
    encoding.decode(body).0.into_owned()
}

/// What an entry says of itself, unchecked.
#[derive(Debug, Default)]
struct Entry {
    title: String,
    link: Option<String>,
    /// The address behind a feed proxy's own link.
    original: Option<String>,
    /// `guid` or `id`, where it may be an address.
    id: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    /// What links are relative to, where the feed says so.
    base: Option<Url>,
}

impl Entry {
    fn into_link(self, feed: &Url) -> Option<Link> {
        let base = self.base.as_ref().unwrap_or(feed);
        let address = |text: Option<&str>| {
            let text = text.map(str::trim).filter(|text| !text.is_empty())?;
            let url = base.join(text).ok()?;
            (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
        };
        // An id is an address only if it is a whole one.
        let id = self
            .id
            .as_deref()
            .filter(|id| Url::parse(id.trim()).is_ok());
        let url = address(self.original.as_deref())
            .or_else(|| address(self.link.as_deref()))
            .or_else(|| address(id))?;
        let date = |text: Option<String>| text.as_deref().and_then(dates::parse);
        Some(Link {
            url: canonical(&url),
            title: plain(&self.title),
            published: date(self.published).or_else(|| date(self.updated)),
        })
    }
}

/// A title without the markup and entities that feeds wrap into it.
fn plain(title: &str) -> Option<String> {
    if !title.contains(['&', '<']) {
        return one_line(title);
    }
    let html = scraper::Html::parse_fragment(title);
    one_line(&html.root_element().text().collect::<String>())
}

/// The error for a web page, with the feed that it names, if it does.
fn html_error(text: &str, page: &Url) -> SourceError {
    // Only the head matters, and only that much of it is worth reading for a hint.
    let end = text.floor_char_boundary(64 * 1024);
    let head = scraper::Html::parse_document(text.get(..end).unwrap_or_default());
    let feed = scraper::Selector::parse("link[rel~=alternate][href]")
        .ok()
        .and_then(|links| {
            head.select(&links)
                .filter(|link| {
                    let kind = link.attr("type").unwrap_or_default();
                    ["rss", "atom", "feed+json"]
                        .iter()
                        .any(|k| kind.contains(k))
                })
                .find_map(|link| page.join(link.attr("href")?).ok())
        });
    SourceError::Html { feed }
}
