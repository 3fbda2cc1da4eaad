//! RSS and Atom: XML events into entries, whatever the version.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;
use quick_xml::{Reader, XmlVersion};
use url::Url;

use super::super::SourceError;
use super::{Entry, MAX_LINKS, html_error};

/// The longest title, address or date that is read.
const MAX_FIELD_BYTES: usize = 8 * 1024;

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

/// The entries of an RSS or Atom feed.
pub(super) fn entries(text: &str, feed: &Url) -> Result<Vec<Entry>, SourceError> {
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
            Ok(Event::DocType(kind)) if is_html(&kind) => return Err(html_error(text, feed)),
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

/// A character reference as its character; a named one as it is, for the title's own reading.
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
        "html" | "head" | "body" | "meta" | "script" | "title" | "div" => {
            Err(html_error(text, feed))
        }
        _ => Err(SourceError::NotAFeed(format!(
            "its first element is <{name}>"
        ))),
    }
}
