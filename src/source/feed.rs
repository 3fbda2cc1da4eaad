//! Feeds: RSS 0.9x, 1 and 2, Atom, JSON Feed.
//!
//! Only links, titles and dates are wanted, and a feed with one bad entry still has good ones. So
//! this reads the XML events itself and forgives what full feed parsers refuse: a stray `&`,
//! mismatched tags, an unknown version, an end that is missing.

use std::collections::HashSet;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;
use quick_xml::{Reader, XmlVersion};
use url::Url;

use super::{Link, SourceError, canonical, dates, one_line};

mod json;

/// Entries read of one feed; what follows is older.
const MAX_LINKS: usize = 1_000;

/// The longest title, address or date that is read.
const MAX_FIELD_BYTES: usize = 8 * 1024;

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
        Some('<') => xml_entries(text, base)?,
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

/// The parts of an entry that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Original,
    Id,
    Published,
    Updated,
}

impl Field {
    /// The field that an element of an entry holds. Titles and links of embedded media are not
    /// the entry's own.
    fn of(prefix: Option<&str>, name: &str) -> Option<Field> {
        Some(match (prefix, name) {
            (None | Some("atom" | "rss" | "a"), "title") => Field::Title,
            (None | Some("atom" | "rss" | "a" | "a10" | "atom10"), "link") => Field::Link,
            (_, "origLink") => Field::Original,
            (None | Some("atom" | "rss" | "a"), "guid" | "id") => Field::Id,
            (_, "pubDate" | "published" | "issued") | (Some("dc"), "date") => Field::Published,
            (None | Some("atom" | "a" | "a10" | "dcterms"), "updated" | "modified") => {
                Field::Updated
            }
            _ => return None,
        })
    }
}

/// Reads XML events into entries.
#[derive(Default)]
struct Collector {
    entries: Vec<Entry>,
    entry: Option<Entry>,
    /// Open elements below the entry.
    depth: usize,
    field: Option<(Field, usize)>,
    text: String,
    /// Rank of the link chosen so far, so that a better one may replace it.
    link_rank: u8,
    base: Option<Url>,
}

fn xml_entries(text: &str, feed: &Url) -> Result<Vec<Entry>, SourceError> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut collector = Collector::default();
    let mut root_seen = false;
    loop {
        match reader.read_event() {
            Ok(Event::DocType(kind)) if is_html(&kind) => return Err(html(text, feed)),
            Ok(Event::Start(start)) => {
                if !root_seen {
                    root_seen = true;
                    check_root(&start, text, feed)?;
                    collector.base = xml_base(&start, feed);
                }
                collector.open(&start, feed);
            }
            Ok(Event::End(end)) => collector.close(is_entry(end.name())),
            Ok(Event::Text(piece)) => collector.add(&piece),
            Ok(Event::CData(piece)) => collector.add(&piece),
            Ok(Event::GeneralRef(reference)) => collector.add(&entity(&reference)),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) if collector.entries.is_empty() => {
                return Err(SourceError::Broken(error.to_string()));
            }
            Err(_) => break,
        }
        if collector.entries.len() >= MAX_LINKS {
            break;
        }
    }
    if !root_seen {
        return Err(SourceError::NotAFeed("it has no elements".to_owned()));
    }
    Ok(collector.entries)
}

impl Collector {
    fn open(&mut self, start: &BytesStart<'_>, feed: &Url) {
        let qualified = start.name();
        let (name, prefix) = qualified.decompose();
        let (name, prefix) = (name.into_inner(), prefix.map(|p| p.into_inner()));
        if is_entry(qualified) {
            // Entries do not nest: the one before was left open.
            self.finish();
            self.entry = Some(Entry {
                base: xml_base(start, self.base.as_ref().unwrap_or(feed))
                    .or_else(|| self.base.clone()),
                ..Entry::default()
            });
            self.depth = 0;
            self.link_rank = 0;
            return;
        }
        let Some(entry) = &mut self.entry else {
            return;
        };
        self.depth += 1;
        if self.field.is_some() || self.depth > 1 {
            return;
        }
        match Field::of(prefix, name) {
            Some(Field::Link) if attribute(start, "href").is_some() => {
                let rank = link_rank(start);
                if rank > self.link_rank {
                    self.link_rank = rank;
                    entry.link = attribute(start, "href");
                }
            }
            Some(Field::Id) if attribute(start, "isPermaLink").as_deref() == Some("false") => {}
            Some(field) => {
                self.field = Some((field, self.depth));
                self.text.clear();
            }
            None => {}
        }
    }

    fn add(&mut self, text: &str) {
        // No field worth having is longer, and titles are parsed as HTML later.
        if self.field.is_some() && self.text.len() + text.len() <= MAX_FIELD_BYTES {
            self.text.push_str(text);
        }
    }

    fn finish(&mut self) {
        self.field = None;
        self.entries.extend(self.entry.take());
    }

    fn close(&mut self, ends_entry: bool) {
        let Some(entry) = &mut self.entry else {
            return;
        };
        if let Some((field, depth)) = self.field
            && depth == self.depth
        {
            let text = std::mem::take(&mut self.text);
            match field {
                Field::Title => entry.title = text,
                // RSS puts the address between the tags.
                Field::Link if self.link_rank < 3 && !text.trim().is_empty() => {
                    entry.link = Some(text);
                    self.link_rank = 3;
                }
                Field::Link => {}
                Field::Original => entry.original = Some(text),
                Field::Id => entry.id = Some(text),
                Field::Published => entry.published = Some(text),
                Field::Updated => entry.updated = Some(text),
            }
            self.field = None;
        }
        if ends_entry || self.depth == 0 {
            self.finish();
        } else {
            self.depth -= 1;
        }
    }
}

/// Whether an element is an entry of a feed of any kind.
fn is_entry(name: QName<'_>) -> bool {
    let (name, prefix) = name.decompose();
    matches!(name.into_inner(), "item" | "entry")
        && matches!(
            prefix.map(|p| p.into_inner()),
            None | Some("rss" | "atom" | "a")
        )
}

/// How good an Atom link is as the article's address: 0 is none.
fn link_rank(start: &BytesStart<'_>) -> u8 {
    let rel = attribute(start, "rel");
    let kind = attribute(start, "type");
    match (rel.as_deref(), kind.as_deref()) {
        (None | Some("alternate"), None) => 2,
        (None | Some("alternate"), Some(kind)) if kind.contains("html") => 3,
        (None | Some("alternate"), Some(_)) => 1,
        _ => 0,
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start
        .html_attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name)?;
    // A bad entity in an address is left as it is.
    Some(match attribute.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value.into_owned(),
        Err(_) => attribute.value.into_owned(),
    })
}

fn xml_base(start: &BytesStart<'_>, outer: &Url) -> Option<Url> {
    outer.join(attribute(start, "xml:base")?.trim()).ok()
}

/// A character reference as its character; a named one as it is, for [`plain`] to read.
fn entity(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => match quick_xml::escape::resolve_predefined_entity(reference) {
            Some(text) => text.to_owned(),
            None => format!("&{};", &**reference),
        },
    }
}

fn is_html(text: &str) -> bool {
    text.trim_start()
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("html"))
}

fn check_root(start: &BytesStart<'_>, text: &str, feed: &Url) -> Result<(), SourceError> {
    let name = start.local_name().into_inner().to_owned();
    match name.to_ascii_lowercase().as_str() {
        "rss" | "rdf" | "feed" | "channel" | "entry" => Ok(()),
        "urlset" | "sitemapindex" => Err(SourceError::Sitemap),
        "html" | "head" | "body" | "meta" | "script" | "title" | "div" => Err(html(text, feed)),
        _ => Err(SourceError::NotAFeed(format!(
            "its first element is <{name}>"
        ))),
    }
}

/// The error for a web page, with the feed that it names, if it does.
fn html(text: &str, page: &Url) -> SourceError {
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
