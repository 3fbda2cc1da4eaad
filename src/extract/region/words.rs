//! The words of raw page text in one spelling: character references resolved, white space
//! squeezed, one kind of quotation mark. What a comparison of revisions cannot tell apart may be
//! the same here, never the other way round.

use std::hash::Hasher;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Longest name of a character reference that is looked for, in bytes.
const LONGEST_NAME: usize = 32;
/// Longest name that needs no semicolon.
const LONGEST_BARE: usize = 6;

/// A hash that is the same in every version and process (FNV-1a). Not proof against a page that
/// is written to collide: such a page would only hide its own changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stable(u64);

impl Default for Stable {
    fn default() -> Self {
        Stable(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Stable {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// [`Stable`] of a text.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = Stable::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Half of a hash, where a page's own few hundred values must be told apart.
pub(super) fn short(hash: u64) -> u32 {
    ((hash >> 32) ^ hash) as u32
}

/// A text put together from the pieces that markup cuts it into.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// All finished texts, one after the other.
    pub all: String,
    /// Where the present text begins in `all`.
    start: usize,
    /// White space since the last letter.
    gap: bool,
}

impl Words {
    /// Adds a piece as it stands in the page; the number of characters it brought.
    pub fn add(&mut self, raw: &str) -> u32 {
        let mut count = 0;
        let mut rest = raw;
        while let Some(first) = rest.as_bytes().first() {
            // Runs of plain letters are most of a text.
            let plain = rest
                .bytes()
                .position(|b| !b.is_ascii_graphic() || matches!(b, b'&' | b'`'))
                .unwrap_or(rest.len());
            if plain > 0 {
                let (run, after) = rest.split_at(plain);
                self.space();
                self.all.push_str(run);
                count += plain as u32;
                rest = after;
            } else if *first == b'&' {
                let (chars, length) = reference(rest);
                chars
                    .into_iter()
                    .flatten()
                    .for_each(|c| count += self.push(c));
                rest = rest.get(length..).unwrap_or("");
            } else {
                let mut chars = rest.chars();
                count += chars.next().map_or(0, |c| self.push(c));
                rest = chars.as_str();
            }
        }
        count
    }

    /// Ends the present text: where it stands in `all`, if it has any letter or digit.
    pub fn end(&mut self) -> Option<(u32, u32)> {
        let text = self.all.get(self.start..).unwrap_or("");
        let found = if text.contains(char::is_alphanumeric) {
            Some((self.start as u32, self.all.len() as u32))
        } else {
            self.all.truncate(self.start);
            None
        };
        self.start = self.all.len();
        self.gap = false;
        found
    }

    fn space(&mut self) {
        if self.gap && self.all.len() > self.start {
            self.all.push(' ');
        }
        self.gap = false;
    }

    fn push(&mut self, c: char) -> u32 {
        match c {
            '\u{AD}' | '\u{200B}' | '\u{FEFF}' | '\u{2060}' => return 0,
            c if c.is_whitespace() => {
                self.gap = true;
                return 0;
            }
            _ => {}
        }
        self.space();
        self.all.push(match c {
            '‘' | '’' | '‚' | '‛' | '′' | '`' => '\'',
            '“' | '”' | '„' | '‟' | '″' => '"',
            c => c,
        });
        1
    }
}

/// A text that has no references, in the same spelling.
pub(super) fn plain(text: &str) -> String {
    let mut words = Words::default();
    for c in text.chars() {
        words.push(c);
    }
    words.all
}

/// A text with its references resolved.
#[cfg(test)]
fn resolved(raw: &str) -> String {
    let mut words = Words::default();
    words.add(raw);
    words.all
}

/// What the `&` at the start of `s` stands for, and how many bytes that takes.
fn reference(s: &str) -> ([Option<char>; 2], usize) {
    let found = match s.as_bytes().get(1) {
        Some(b'#') => numeric(s),
        Some(c) if c.is_ascii_alphabetic() => named(s),
        _ => None,
    };
    found.unwrap_or(([Some('&'), None], 1))
}

fn numeric(s: &str) -> Option<([Option<char>; 2], usize)> {
    let (digits, radix, lead) = match s.as_bytes().get(2)? {
        b'x' | b'X' => (s.get(3..)?, 16, 3),
        _ => (s.get(2..)?, 10, 2),
    };
    let length = digits
        .bytes()
        .position(|b| !char::from(b).is_digit(radix))
        .unwrap_or(digits.len());
    let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    // Numbers of the Windows charset are common and mean its characters.
    let remapped = code
        .checked_sub(0x80)
        .and_then(|at| C1_REPLACEMENTS.get(at as usize).copied().flatten());
    let c = remapped
        .or_else(|| char::from_u32(code).filter(|c| *c != '\0'))
        .unwrap_or('\u{FFFD}');
    let closed = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some(([Some(c), None], lead + length + closed))
}

fn named(s: &str) -> Option<([Option<char>; 2], usize)> {
    let name = s.get(1..)?;
    let length = name
        .bytes()
        .take(LONGEST_NAME)
        .position(|b| !b.is_ascii_alphanumeric())
        .unwrap_or(name.len().min(LONGEST_NAME));
    let closed = name.as_bytes().get(length) == Some(&b';');
    let whole = closed.then(|| name.get(..=length)).flatten();
    let bare = (2..=length.min(LONGEST_BARE)).rev();
    whole
        .into_iter()
        .chain(bare.filter_map(|n| name.get(..n)))
        .find_map(|name| {
            let (first, second) = *NAMED_ENTITIES.get(name)?;
            let first = char::from_u32(first).filter(|c| *c != '\0')?;
            let second = char::from_u32(second).filter(|c| *c != '\0');
            Some(([Some(first), second], 1 + name.len()))
        })
}

/// A text without its numbers and their signs: what one counter shows at two times.
pub(super) fn masked(text: &str) -> u32 {
    let mut hasher = Stable::default();
    let mut digits = false;
    for c in text.chars() {
        if c.is_numeric() {
            digits = true;
        } else if !(matches!(c, '+' | '-' | '−') || digits && matches!(c, '.' | ',' | ':')) {
            let mark = if std::mem::take(&mut digits) {
                '#'
            } else {
                '\0'
            };
            hasher.write_u32(mark as u32);
            hasher.write_u32(c as u32);
        }
    }
    hasher.write_u32(u32::from(digits));
    short(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_many() {
        let cases = [
            ("  Two\n words ", "Two words"),
            ("It&rsquo;s &#8217; &#x2019; ’ &#146;", "It's ' ' ' '"),
            ("&ldquo;Yes&rdquo; &quot;no&quot;", "\"Yes\" \"no\""),
            ("a&nbsp;b\u{a0}c&#160;d", "a b c d"),
            (
                "AT&T &amp;lt; &unknown; &copy 1 &eacute;t&eacute;",
                "AT&T &lt; &unknown; © 1 été",
            ),
            ("so\u{ad}ft &shy;x", "soft x"),
            (
                "&#0; &#xD800; &#99999999999;",
                "\u{FFFD} \u{FFFD} &#99999999999;",
            ),
            ("&", "&"),
            ("&#;", "&#;"),
        ];
        for (raw, want) in cases {
            assert_eq!(resolved(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn pieces_join_as_a_reader_sees_them() {
        let mut words = Words::default();
        ["Mo", "re ", " than", "\n"].iter().for_each(|p| {
            words.add(p);
        });
        let (start, end) = words.end().unwrap();
        assert_eq!(&words.all[start as usize..end as usize], "More than");
        words.add(" | ");
        assert_eq!(words.end(), None);
        words.add("next");
        assert_eq!(words.end(), Some((9, 13)));
    }

    #[test]
    fn counters_look_alike_and_words_do_not() {
        assert_eq!(masked("1,204 readers, +2.1%"), masked("37 readers, -0.4%"));
        assert_ne!(masked("12 dead"), masked("12 hurt"));
        assert_ne!(masked("page 1"), masked("page"));
    }
}
