//! From bytes to text: which charset a page is in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A page as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// The text; bytes that do not fit the charset are U+FFFD.
    pub text: Cow<'b, str>,
    /// The charset it was decoded with, by its WHATWG name.
    pub encoding: &'static str,
    /// Share of replacement characters is so high that the text is not to be trusted.
    pub malformed: bool,
}

/// How far into a page a `<meta charset>` is looked for; the standard says 1,024 bytes, real pages
/// push it down with comments and preloads.
const META_REACH: usize = 8 * 1024;
/// More replacement characters than one in this many and the text is malformed. A page of one
/// charset may quote a stray byte of another; a wrong charset breaks a few percent of all letters.
const MALFORMED_ONE_IN: usize = 500;

/// Decodes a page: byte order mark, then the `Content-Type` header, then `<meta>`, then detection.
///
/// A declared charset that does not fit gives way to UTF-8 if the bytes are valid UTF-8: a server
/// that declares Latin-1 for everything is common, and valid UTF-8 by chance is not.
pub fn decode<'b>(bytes: &'b [u8], content_type: Option<&str>) -> Decoded<'b> {
    let declared = content_type
        .and_then(charset_of)
        .or_else(|| meta_charset(bytes));
    let encoding = match (Encoding::for_bom(bytes), declared) {
        (Some((encoding, _)), _) => encoding,
        (None, Some(encoding)) if encoding == UTF_8 => UTF_8,
        (None, Some(encoding)) => {
            if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
                UTF_8
            } else {
                encoding
            }
        }
        (None, None) => detect(bytes),
    };
    let (mut text, _, broken) = encoding.decode(bytes);
    let mut used = encoding;
    let mut replaced = if broken {
        text.matches('\u{FFFD}').count()
    } else {
        0
    };
    if replaced > 0 && is_malformed(replaced, &text) {
        // Declared UTF-8 and is not: the declaration may be the template's, not the text's.
        let guess = detect(bytes);
        let (again, _, _) = guess.decode(bytes);
        let left = again.matches('\u{FFFD}').count();
        if guess != encoding && guess != WINDOWS_1252 && left * 10 < replaced {
            (text, used, replaced) = (again, guess, left);
        }
    }
    Decoded {
        malformed: is_malformed(replaced, &text),
        encoding: used.name(),
        text,
    }
}

fn is_malformed(replaced: usize, text: &str) -> bool {
    replaced >= 5 && replaced * MALFORMED_ONE_IN > text.chars().count()
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    // Valid UTF-8 by chance is as good as none, and the detector is slow. An escape byte may mean
    // ISO-2022-JP, which is valid too.
    if !bytes.contains(&0x1B) && std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// The charset a `Content-Type` names.
fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let after = lower.split("charset=").nth(1)?;
    let label = after.trim_start_matches(['"', '\'', ' ']);
    let end = label
        .find(['"', '\'', ';', ' ', ',', '>', '/'])
        .unwrap_or(label.len());
    Encoding::for_label(label.get(..end)?.as_bytes())
}

/// The charset a `<meta>` of the first bytes, or an XML declaration, names.
fn meta_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(META_REACH))?;
    let text: String = head
        .iter()
        .map(|b| char::from(*b).to_ascii_lowercase())
        .collect();
    let from_meta = text.split("<meta").skip(1).find_map(|tag| {
        let tag = tag.split('>').next()?;
        if tag.contains("charset") {
            charset_of(&tag.replace(" =", "=").replace("= ", "="))
        } else {
            None
        }
    });
    let from_xml = || {
        let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
        let label = declaration
            .split("encoding=")
            .nth(1)?
            .trim_start_matches(['"', '\'']);
        Encoding::for_label(label.split(['"', '\'']).next()?.as_bytes())
    };
    let found = from_meta.or_else(from_xml)?;
    // A `<meta>` that could be read byte by byte cannot be in UTF-16, whatever it says.
    Some(
        if found == encoding_rs::UTF_16LE || found == encoding_rs::UTF_16BE {
            UTF_8
        } else {
            found
        },
    )
}
