//! One pass over a sentence: tokens with what the lexicon knows of them.

use super::lexicon::{Lexicon, Reading};
use crate::text::number::{self, Unit};

/// A word, number or mark of a sentence.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    /// Byte offset in the sentence.
    pub start: usize,
    /// Number of the form in the lexicon; 0 where unknown.
    pub form: u32,
    pub readings: &'a [Reading],
    pub classes: u128,
    /// Compares words across texts, whatever their ending.
    pub key: u64,
    /// The [`key`] of the word as it stands, in small letters; 0 for a mark.
    pub word: u64,
    pub shape: Shape,
    /// Amount, and whether it is vague.
    pub number: Option<(f64, bool)>,
    pub unit: Unit,
    pub referent: u8,
    /// Between quotation marks.
    pub quoted: bool,
}

/// What a token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lower case.
    Lower,
    /// Begins with a capital.
    Capital,
    /// All capitals, two letters or more.
    Upper,
    /// Begins with a digit or currency sign.
    Number,
    /// A mark within a clause: comma, quote, bracket.
    Mark,
    /// A mark that ends a clause: full stop, colon, dash.
    Stop,
}

impl Token<'_> {
    /// Ends a clause.
    pub fn is_boundary(&self) -> bool {
        self.shape == Shape::Stop
    }

    /// A word or number.
    pub fn is_word(&self) -> bool {
        !matches!(self.shape, Shape::Stop | Shape::Mark)
    }

    /// A capitalised word the language file does not know.
    pub fn is_name(&self) -> bool {
        self.readings.is_empty()
            && self.number.is_none()
            && self.classes == 0
            && matches!(self.shape, Shape::Capital | Shape::Upper)
    }

    /// Bits of every reading.
    pub fn tags(&self) -> u16 {
        self.readings.iter().fold(0, |all, r| all | r.tags)
    }

    /// Whether the token is of any of these classes.
    pub fn is(&self, classes: u128) -> bool {
        self.classes & classes != 0
    }

    /// Byte offset of the end in the sentence.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '\'' | '’' | '-' | '‑' | '&' | '$' | '£' | '€' | '¥' | '%' | '@' | '#' | '₹'
        )
}

/// FNV-1a, so that a key is the same in every run.
pub(super) fn key(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The key of a lower-case word: its lemma's where known, else the word without common endings.
fn key_of(lower: &str, readings: &[Reading], lex: &Lexicon) -> u64 {
    if let Some(reading) = readings.first() {
        return lex.lemma_keys[reading.lemma as usize];
    }
    let mut stem = lower;
    if stem.len() > 4 {
        for ending in ["ies", "es", "s", "ing", "ed"] {
            if let Some(s) = stem.strip_suffix(ending)
                && s.len() > 2
            {
                stem = s;
                break;
            }
        }
    }
    key(stem.trim_end_matches('e'))
}

/// Splits a sentence into tokens and looks each up.
pub(super) fn tokenise<'a>(
    sentence: &'a str,
    lex: &'a Lexicon,
    lower: &mut String,
) -> Vec<Token<'a>> {
    let mixed = sentence.bytes().any(|b| b.is_ascii_lowercase());
    let mut tokens = Vec::with_capacity(sentence.len() / 5 + 2);
    let mut at = 0;
    let mut quoted: Option<char> = None;
    while let Some(c) = sentence[at..].chars().next() {
        let len = c.len_utf8();
        if c.is_whitespace() {
            at += len;
            continue;
        }
        let opens_word = c.is_alphanumeric()
            || (matches!(c, '$' | '£' | '€' | '¥' | '₹' | '@' | '#')
                && sentence[at + len..].starts_with(char::is_alphanumeric));
        if opens_word {
            let mut end = at + len;
            while let Some(d) = sentence[end..].chars().next() {
                let after = end + d.len_utf8();
                let inner = || {
                    matches!(d, '.' | ',' | ':')
                        && sentence[..end].ends_with(|p: char| p.is_ascii_digit())
                        && sentence[after..].starts_with(|n: char| n.is_ascii_digit())
                };
                // "U.S.": a stop between single letters
                let initial = || d == '.' && is_initial(&sentence[at..end]);
                if !(is_word_char(d) || inner() || initial()) {
                    break;
                }
                end = after;
            }
            let word = sentence[at..end].trim_end_matches(['\'', '’', '-', '&', '@', '#']);
            push_word(&mut tokens, word, at, lex, lower, quoted.is_some(), mixed);
            at += word.len().max(len);
            continue;
        }
        let before_space = at == 0 || sentence[..at].ends_with([' ', '(', '\n', '\u{a0}']);
        let after_space = sentence[at + len..]
            .chars()
            .next()
            .is_none_or(|n| !n.is_alphanumeric());
        match c {
            '"' | '“' | '”' => {
                quoted = if quoted.is_some() || c == '”' {
                    None
                } else {
                    Some(c)
                }
            }
            '\'' | '‘' | '’' if before_space && !after_space => quoted = Some('\''),
            '\'' | '’' if quoted == Some('\'') => quoted = None,
            _ => {}
        }
        let dash = matches!(c, '-' | '–' | '—') && (before_space || c == '—');
        let shape = if dash || matches!(c, '.' | ':' | ';' | '!' | '?' | '|' | '…') {
            Shape::Stop
        } else {
            Shape::Mark
        };
        tokens.push(Token {
            text: &sentence[at..at + len],
            start: at,
            form: 0,
            readings: &[],
            classes: 0,
            key: 0,
            word: 0,
            shape,
            number: None,
            unit: Unit::None,
            referent: 0,
            quoted: quoted.is_some(),
        });
        at += len;
    }
    tokens
}

fn is_initial(word: &str) -> bool {
    let letters = word.chars().rev().take_while(|c| *c != '.').count();
    letters == 1 && word.ends_with(char::is_uppercase)
}

fn push_word<'a>(
    tokens: &mut Vec<Token<'a>>,
    word: &'a str,
    start: usize,
    lex: &'a Lexicon,
    lower: &mut String,
    quoted: bool,
    mixed: bool,
) {
    // "can't", "PM's": the ending is a token of its own
    let ending = |word: &str| {
        [
            "n't", "n’t", "'s", "’s", "'ll", "’ll", "'ve", "’ve", "'re", "’re", "'d", "’d",
        ]
        .iter()
        .find_map(|e| word.strip_suffix(e).filter(|s| !s.is_empty()).map(str::len))
    };
    let split = word.contains(['\'', '’']).then(|| ending(word)).flatten();
    let (head, tail) = word.split_at(split.unwrap_or(word.len()));
    let mut push = |text: &'a str, start: usize| {
        lower.clear();
        if text.is_ascii() {
            lower.push_str(text);
            lower.make_ascii_lowercase();
        } else {
            for c in text.chars() {
                match c {
                    '’' => lower.push('\''),
                    '‑' => lower.push('-'),
                    c => lower.extend(c.to_lowercase()),
                }
            }
        }
        let upper = !text.contains(char::is_lowercase)
            && text.contains(char::is_uppercase)
            && text.chars().nth(1).is_some();
        let mut id = lex.find(lower);
        if id == 0 && lower.contains('-') {
            // "re-open", "re-elect"
            let joined = lower.replace('-', "");
            id = lex.find(&joined);
        }
        if id == 0 && lower.contains('.') && !lower.starts_with(|c: char| c.is_ascii_digit()) {
            let joined = lower.replace('.', "");
            id = lex.find(&joined);
        }
        // "WHO", "US", "IT" among small letters are names
        if upper && mixed && matches!(lower.as_str(), "who" | "us" | "it" | "may" | "will" | "can")
        {
            id = 0;
        }
        let form = &lex.forms[id as usize];
        let digits = number::parse_digits(text);
        let shape = if text
            .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '£' | '€' | '¥' | '₹'))
        {
            Shape::Number
        } else if upper {
            Shape::Upper
        } else if text.starts_with(char::is_uppercase) {
            Shape::Capital
        } else {
            Shape::Lower
        };
        tokens.push(Token {
            text,
            start,
            form: id,
            readings: &form.readings,
            classes: form.classes,
            key: key_of(lower, &form.readings, lex),
            word: key(lower),
            shape,
            number: digits.map(|d| (d.value, false)).or(form.number),
            unit: digits.map_or(Unit::None, |d| d.unit),
            referent: form.referent,
            quoted,
        });
    };
    push(head, start);
    if !tail.is_empty() {
        push(tail, start + head.len());
    }
}
