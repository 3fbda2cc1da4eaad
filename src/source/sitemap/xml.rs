//! Sitemap XML as a stream of items, plain or gzipped, whatever its size.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};
use flate2::bufread::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::super::SourceError;

/// Bytes read of a sitemap after decompression: what the protocol allows, and the end of a body
/// made to burst. No more than one item of it is ever held.
const MAX_BYTES: u64 = 50 * 1024 * 1024;

/// Items read of a sitemap: what the protocol allows.
const MAX_ITEMS: usize = 50_000;

/// The longest address, title or date that is read.
const MAX_FIELD_BYTES: usize = 8 * 1024;

/// What a sitemap's items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// Pages.
    Pages,
    /// Other sitemaps.
    Index,
}

/// One item as it is written, unchecked.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub loc: String,
    pub lastmod: String,
    /// It is marked as news: `news:news`.
    pub news: bool,
    pub title: String,
    pub published: String,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Loc,
    LastMod,
    Title,
    Published,
}

/// Hands each item to `each`, and says what they are and whether the sitemap came to its end.
pub(super) fn items(
    body: &[u8],
    mut each: impl FnMut(Root, Item),
) -> Result<(Root, bool), SourceError> {
    let plain: Box<dyn Read + '_> = match body.starts_with(&[0x1f, 0x8b]) {
        true => Box::new(MultiGzDecoder::new(body)),
        false => Box::new(body),
    };
    let plain = BufReader::new(plain.take(MAX_BYTES));
    let mut reader = Reader::from_reader(BufReader::new(Utf8::of(plain)));
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut root = None;
    let mut whole = false;
    let mut walk = Walk::default();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        match event {
            Ok(Event::DocType(kind))
                if kind.trim_start().to_ascii_lowercase().starts_with("html") =>
            {
                return Err(SourceError::NotASitemap("it is a web page".to_owned()));
            }
            Ok(Event::Start(start)) => {
                let name = start.name();
                let (local, prefix) = name.decompose();
                let (local, prefix) = (local.into_inner(), prefix.map(|p| p.into_inner()));
                match root {
                    None => root = Some(root_of(local)?),
                    Some(_) => walk.open(prefix, local),
                }
            }
            Ok(Event::End(end)) => {
                let local = end.local_name();
                match local.into_inner() {
                    "urlset" | "sitemapindex" => whole = true,
                    local => {
                        if let (Some(root), Some(item)) = (root, walk.close(local)) {
                            each(root, item);
                            walk.items += 1;
                        }
                    }
                }
            }
            Ok(Event::Text(text)) => walk.add(&text),
            Ok(Event::CData(text)) => walk.add(&text),
            Ok(Event::GeneralRef(reference)) => walk.add(&entity(&reference)),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) if walk.items == 0 => {
                return Err(SourceError::BrokenSitemap(error.to_string()));
            }
            Err(_) => break,
        }
        if walk.items >= MAX_ITEMS {
            break;
        }
    }
    let root = root.ok_or_else(|| SourceError::NotASitemap("it has no elements".to_owned()))?;
    Ok((root, whole))
}

fn root_of(name: &str) -> Result<Root, SourceError> {
    match name.to_ascii_lowercase().as_str() {
        "urlset" => Ok(Root::Pages),
        "sitemapindex" => Ok(Root::Index),
        "rss" | "rdf" | "feed" => Err(SourceError::Feed),
        "html" | "head" | "body" => Err(SourceError::NotASitemap("it is a web page".to_owned())),
        _ => Err(SourceError::NotASitemap(format!(
            "its first element is <{name}>"
        ))),
    }
}

/// Where the reader stands.
#[derive(Default)]
struct Walk {
    item: Option<Item>,
    /// Open elements below the item.
    depth: usize,
    /// At which of them `news:news` was opened.
    news: Option<usize>,
    field: Option<(Field, usize)>,
    text: String,
    items: usize,
}

impl Walk {
    fn open(&mut self, prefix: Option<&str>, local: &str) {
        // Items do not nest: one before it was left open.
        if matches!(local, "url" | "sitemap") {
            self.item = Some(Item::default());
            self.depth = 0;
            self.news = None;
            self.field = None;
            return;
        }
        let Some(item) = &mut self.item else {
            return;
        };
        self.depth += 1;
        if self.field.is_some() {
            return;
        }
        let own =
            self.depth == 1 && !matches!(prefix, Some("image" | "video" | "xhtml" | "mobile"));
        let field = match local {
            "news" if own => {
                item.news = true;
                self.news = Some(self.depth);
                None
            }
            "loc" if own => Some(Field::Loc),
            "lastmod" if own => Some(Field::LastMod),
            "title" if self.news.is_some() => Some(Field::Title),
            "publication_date" if self.news.is_some() => Some(Field::Published),
            _ => None,
        };
        if let Some(field) = field {
            self.field = Some((field, self.depth));
            self.text.clear();
        }
    }

    fn add(&mut self, text: &str) {
        if self.field.is_some() && self.text.len() + text.len() <= MAX_FIELD_BYTES {
            self.text.push_str(text);
        }
    }

    /// The item that ends here.
    fn close(&mut self, local: &str) -> Option<Item> {
        let item = self.item.as_mut()?;
        if let Some((field, depth)) = self.field
            && depth == self.depth
        {
            let text = std::mem::take(&mut self.text);
            match field {
                Field::Loc => item.loc = text,
                Field::LastMod => item.lastmod = text,
                Field::Title => item.title = text,
                Field::Published => item.published = text,
            }
            self.field = None;
        }
        if self.news == Some(self.depth) {
            self.news = None;
        }
        if self.depth == 0 || (self.field.is_none() && matches!(local, "url" | "sitemap")) {
            self.field = None;
            return self.item.take();
        }
        self.depth -= 1;
        None
    }
}

/// A character reference as its character; a named one that XML does not know as it is.
fn entity(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => match quick_xml::escape::resolve_predefined_entity(reference) {
            Some(text) => text.to_owned(),
            None => format!("&{};", &**reference),
        },
    }
}

/// A reader's text as UTF-8, by its byte order mark, its XML declaration, or as it is; what does
/// not fit becomes a replacement character, so that it spoils no more than its own place.
struct Utf8<R> {
    inner: R,
    decoder: Decoder,
    text: String,
    /// How much of the text was handed out.
    at: usize,
    ended: bool,
}

impl<R: BufRead> Utf8<R> {
    fn of(mut inner: R) -> Utf8<R> {
        // A body that cannot be read says so when it is.
        let head = inner.fill_buf().unwrap_or_default();
        let head = String::from_utf8_lossy(head.get(..200).unwrap_or(head)).into_owned();
        let declared = || {
            let declaration = head.get(head.find("<?xml")?..head.find("?>")?)?;
            let label = declaration
                .split_once("encoding")?
                .1
                .split(['"', '\''])
                .nth(1)?;
            Encoding::for_label(label.as_bytes())
        };
        Utf8 {
            decoder: declared().unwrap_or(UTF_8).new_decoder(),
            inner,
            text: String::new(),
            at: 0,
            ended: false,
        }
    }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() && !self.ended {
            let bytes = self.inner.fill_buf()?;
            let most = self.decoder.max_utf8_buffer_length(bytes.len());
            self.text.clear();
            self.text.reserve(most.unwrap_or(bytes.len()).max(16));
            self.ended = bytes.is_empty();
            let (_, read, _) = self
                .decoder
                .decode_to_string(bytes, &mut self.text, self.ended);
            self.inner.consume(read);
            self.at = 0;
        }
        let mut rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let read = rest.read(out)?;
        self.at += read;
        Ok(read)
    }
}
