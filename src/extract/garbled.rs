//! A text that was read in the wrong charset somewhere on its way, told from how it stood before.
//! Pure.
//!
//! What came in a wrong charset over the wire is mended or refused by [`super::decode`]. Here it is
//! the publisher's own system that garbled the letters before it sent them.

use std::collections::HashSet;

/// Whether the letters beyond ASCII that `known` has are broken in `new`.
pub(super) fn is_garbled(known: &str, new: &str) -> bool {
    let whole: HashSet<char> = known.chars().filter(|c| is_special(*c)).collect();
    if whole.is_empty() {
        return false;
    }
    let left: HashSet<char> = new.chars().filter(|c| whole.contains(c)).collect();
    // Where most of them still stand, one broken spot is the publisher's own slip.
    if left.len() * 2 > whole.len() {
        return false;
    }
    let (before, now) = (Marks::of(known, &whole), Marks::of(new, &whole));
    now.replaced > before.replaced
        || now.doubled > before.doubled
        || now.entities > before.entities
        || asked(known, new)
}

/// A letter or sign that a wrong charset would break; blanks are layout.
fn is_special(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace()
}

/// Signs of damage, counted.
struct Marks {
    /// U+FFFD: the bytes meant nothing.
    replaced: usize,
    /// UTF-8 read as Windows-1252: "Ã©" for "é".
    doubled: usize,
    /// Character references escaped twice: "&eacute;" for the reader to see.
    entities: usize,
}

impl Marks {
    fn of(text: &str, whole: &HashSet<char>) -> Marks {
        Marks {
            replaced: text.matches('\u{FFFD}').count(),
            doubled: doubled(text, whole),
            entities: entities(text),
        }
    }
}

/// Runs of letters that are one of `whole` in UTF-8, each byte read as a letter of Windows-1252.
fn doubled(text: &str, whole: &HashSet<char>) -> usize {
    let bytes: Vec<Option<u8>> = text.chars().map(byte_of).collect();
    let at = |from: usize, length: usize| -> Option<char> {
        let run: Option<Vec<u8>> = bytes.get(from..from + length)?.iter().copied().collect();
        let run = run?;
        let mut letters = std::str::from_utf8(&run).ok()?.chars();
        letters.next().filter(|_| letters.next().is_none())
    };
    (0..bytes.len())
        .filter(|from| {
            (2..=4).any(|length| at(*from, length).is_some_and(|letter| whole.contains(&letter)))
        })
        .count()
}

/// The byte that Windows-1252 has for a letter beyond ASCII.
fn byte_of(c: char) -> Option<u8> {
    if c.is_ascii() {
        return None;
    }
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    // The C1 controls stand for themselves where a browser would have shown nothing.
    if let Ok(byte @ 0x80..=0x9F) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    match encoding_rs::WINDOWS_1252.encode(text) {
        (bytes, _, false) => bytes.first().copied(),
        _ => None,
    }
}

fn entities(text: &str) -> usize {
    text.match_indices('&')
        .filter(|(at, _)| {
            let rest = text.get(at + 1..).unwrap_or_default();
            rest.split_once(';').is_some_and(|(name, _)| {
                (2..=8).contains(&name.len())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
            })
        })
        .count()
}

/// Whether a word of `known` stands in `new` with question marks for its special letters.
fn asked(known: &str, new: &str) -> bool {
    let broken: HashSet<String> = known
        .split_whitespace()
        .filter(|word| word.chars().any(is_special))
        .map(|word| word.replace(is_special, "?"))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    new.split_whitespace()
        .any(|word| word.contains('?') && broken.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "Le café “Chez René” a fermé, a dit l’agence.";

    #[test]
    fn each_way_to_break_a_text_is_seen() {
        let (twice, _, _) = encoding_rs::WINDOWS_1252.decode(KNOWN.as_bytes());
        for broken in [
            twice.as_ref(),
            &KNOWN.replace(is_special, "\u{FFFD}"),
            &KNOWN.replace(is_special, "?"),
            &KNOWN
                .replace('é', "&eacute;")
                .replace(['“', '”', '’'], "&#8217;"),
            "Le cafÃ© a dit quâ€™il ferme.",
        ] {
            assert!(is_garbled(KNOWN, broken), "{broken}");
        }
    }

    #[test]
    fn news_slips_and_plain_texts_are_not() {
        for (known, new) in [
            (KNOWN, KNOWN),
            (KNOWN, "The cafe has closed, hasn't it? Ask R&D; they know."),
            // One slip in an otherwise whole text.
            (
                KNOWN,
                "Le café “Chez René” a fermé, a dit l’agence franÃ§aise.",
            ),
            (KNOWN, "LE CAFÉ “RENÉ” RESTE FERMÉ"),
            ("All plain.", "All plain, or not: cafÃ©."),
        ] {
            assert!(!is_garbled(known, new), "{new}");
        }
    }
}
