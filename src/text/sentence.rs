//! Splitting a paragraph into sentences. No crate was found that keeps news abbreviations of many
//! languages apart without being told the language, so the rules are here and the words in `lang/`.

mod marks;

use std::ops::Range;

use super::lang::LANG;
use marks::{
    is_bullet, is_closer, is_comma, is_dash, is_full_stop, is_hiragana, is_lower, is_opener,
    is_stop,
};

/// The longest word, in bytes, that is looked at as an abbreviation.
const LONGEST_WORD: usize = 32;
/// Lines up to this many characters stand for themselves: items of a list, not wrapped prose.
const SHORT_LINE: usize = 60;

/// The sentences of a paragraph, as slices of it in order, without white space around them. All
/// that is not white space is in exactly one slice. Linear in time; splitting a sentence again
/// gives that sentence.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut scan = Scan {
        text: paragraph,
        start: 0,
        line: 0,
        worded: false,
    };
    scan.begin(0);
    let mut at = scan.start;
    while let Some(c) = scan.after(at).chars().next() {
        let (end, boundary) = scan.judge(c, at);
        at = end;
        if boundary {
            found.push(scan.between(scan.start, at).trim());
            scan.begin(at);
            at = scan.start;
        }
    }
    let last = scan.after(scan.start).trim();
    if !last.is_empty() {
        found.push(last);
    }
    found
}

struct Scan<'t> {
    text: &'t str,
    /// Where the current sentence begins, in bytes.
    start: usize,
    /// Where the current line begins.
    line: usize,
    /// Whether the current sentence has a letter or digit yet.
    worded: bool,
}

impl<'t> Scan<'t> {
    fn after(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or("")
    }

    fn between(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    /// Starts the next sentence at the first character that is not white space.
    fn begin(&mut self, at: usize) {
        let rest = self.after(at);
        self.start = at + (rest.len() - rest.trim_start().len());
        self.line = self.start;
        self.worded = false;
    }

    /// Looks at the character `c` at `at`: how far it was read, and whether a sentence ends there.
    fn judge(&mut self, c: char, at: usize) -> (usize, bool) {
        let end = at + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            self.worded = true;
            (end, false)
        } else if is_full_stop(c) || is_stop(c) || (c == ';' && self.greek_before(at)) {
            self.judge_stop(c, at, end)
        } else if c == '\n' {
            let boundary = self.ends_line(at);
            self.line = end;
            (end, boundary)
        } else {
            self.worded |= c.is_alphanumeric();
            (
                end,
                self.worded && c.is_whitespace() && self.after(end).starts_with(is_bullet),
            )
        }
    }

    fn judge_stop(&self, c: char, at: usize, end: usize) -> (usize, bool) {
        let stops = prefix(self.after(end), |c| is_stop(c) || is_full_stop(c));
        let stops_end = end + stops.len();
        let mut close = stops_end + prefix(self.after(stops_end), is_closer).len();
        // French sets a space before its closing quotation mark.
        let spaced = self.after(close);
        let quote = spaced.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        if let Some(after) = quote.strip_prefix('»')
            && !after.starts_with(char::is_alphanumeric)
        {
            close = self.text.len() - after.len();
        }
        let rest = self.after(close);
        let Some(next) = rest.chars().next() else {
            return (close, false);
        };
        if is_full_stop(c) || stops.chars().any(is_full_stop) {
            // "「…。」と述べた": the particle goes on with the sentence.
            let goes_on = close > stops_end && is_hiragana(next);
            return (close, !goes_on && !is_comma(next));
        }
        if next.is_whitespace() {
            let single = (c == '.' && stops.is_empty()).then_some(at);
            (close, self.ends(single, rest))
        } else {
            (close, c == '.' && close == end && self.glued(at, rest))
        }
    }

    /// Whether a sentence ends before `rest`, which begins with white space. `stop` is where a
    /// single full stop stands, `None` for other ends.
    fn ends(&self, stop: Option<usize>, rest: &str) -> bool {
        let next = rest.trim_start_matches(|c: char| c.is_whitespace() || is_opener(c));
        let mut letters = next.chars();
        let Some(first) = letters.next() else {
            return false;
        };
        let mut brand = || letters.next().is_some_and(char::is_uppercase);
        if (is_lower(first) && !brand()) || is_comma(first) || is_stop(first) || is_closer(first) {
            return false;
        }
        let skipped = rest.get(..rest.len() - next.len()).unwrap_or("");
        let quoted = skipped.contains(['"', '“', '„', '«']);
        stop.is_none_or(|at| self.full_stop_ends(self.word_before(at), next, quoted))
    }

    /// Whether the full stop after `word` ends a sentence, `next` being what follows, perhaps in a
    /// quotation that begins there.
    fn full_stop_ends(&self, word: Range<usize>, next: &str, quoted: bool) -> bool {
        let opens = word.start == self.start;
        let before = word.start;
        let word = self.between(word.start, word.end);
        let digit = next.starts_with(char::is_numeric);
        let follower = prefix(next, char::is_alphanumeric);
        if word.is_empty() {
            return true;
        }
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return !(opens && word.len() <= 3 || self.ordinal(before, word, next, follower));
        }
        if LANG.never.has(word) {
            return false;
        }
        if LANG.number.has(word) && digit {
            return false;
        }
        if LANG.time.has(word) {
            return !LANG.after_time.has(follower);
        }
        if LANG.maybe.has(word) {
            return quoted || starts_sentence(next, follower);
        }
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_uppercase() || letter.is_lowercase() => {
                !opens && starts_sentence(next, follower) && !LANG.particle.has(follower)
            }
            _ if is_dotted(word) => quoted || starts_sentence(next, follower),
            _ => true,
        }
    }

    /// "am 3. Oktober", "der 2. Weltkrieg", "3. 11. 2026".
    fn ordinal(&self, start: usize, number: &str, next: &str, follower: &str) -> bool {
        let before = self.word_before(start);
        let after = next.get(follower.len()..).unwrap_or("");
        number.len() <= 2
            && (LANG.after_ordinal.has(follower)
                || LANG
                    .before_ordinal
                    .has(self.between(before.start, before.end))
                || (follower.bytes().all(|b| b.is_ascii_digit()) && after.starts_with('.')))
    }

    /// "ended.The": a full stop between words without the space, as where a line break was lost.
    fn glued(&self, at: usize, rest: &str) -> bool {
        let mut before = self.between(self.start, at).chars().rev();
        let mut after = rest.chars();
        let word = self.word_before(at);
        let word = self.between(word.start, word.end);
        before.next().is_some_and(char::is_lowercase)
            && before.next().is_some_and(char::is_lowercase)
            && after.next().is_some_and(char::is_uppercase)
            && after.next().is_some_and(char::is_lowercase)
            && !word.contains(['.', '/', '@'])
            && ![&LANG.never, &LANG.number, &LANG.maybe, &LANG.time]
                .iter()
                .any(|l| l.has(word))
    }

    /// The word that ends at `at` (or before white space there), within the current sentence;
    /// empty if there is none or it is too long to be an abbreviation.
    fn word_before(&self, at: usize) -> Range<usize> {
        let sentence = self.between(self.start, at).trim_end();
        let end = self.start + sentence.len();
        let mut length = 0;
        for c in sentence.chars().rev() {
            if c.is_whitespace() || is_dash(c) || matches!(c, '/' | '(' | '[' | '{') {
                break;
            }
            length += c.len_utf8();
            if length > LONGEST_WORD {
                return end..end;
            }
        }
        let word = self.between(end - length, end);
        let word = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '№');
        // "l'avv. Bassi": an elided article is no part of the abbreviation; nor is "l" of "he'll".
        let word = match word.split_once(['\'', '’']) {
            Some((_, elided)) if elided.chars().nth(1).is_some() => elided,
            _ => word,
        };
        end - word.len()..end
    }

    fn greek_before(&self, at: usize) -> bool {
        let before = self.between(self.start, at).chars().next_back();
        before.is_some_and(|c| ('\u{370}'..='\u{3ff}').contains(&c))
    }

    /// Whether the line break at `at` parts two items of a list.
    fn ends_line(&self, at: usize) -> bool {
        let line = self.between(self.line, at).trim();
        if line.is_empty() {
            return false;
        }
        let next = self.after(at).trim_start();
        let mut chars = next.chars();
        let (Some(first), Some(last)) = (chars.next(), line.chars().next_back()) else {
            return false;
        };
        let listed = is_dash(first) && chars.next().is_some_and(char::is_whitespace);
        let stopped =
            is_stop(last) || is_closer(last) || matches!(last, ',' | ';' | '、' | '，' | '،');
        let short = line.chars().nth(SHORT_LINE).is_none();
        listed || (short && !stopped && !is_lower(first))
    }
}

/// The longest start of the text whose characters are all such.
fn prefix(text: &str, such: impl Fn(char) -> bool) -> &str {
    let rest = text.trim_start_matches(such);
    text.get(..text.len() - rest.len()).unwrap_or("")
}

/// Whether `follower`, the first word of `next`, begins sentences. An initial does not.
fn starts_sentence(next: &str, follower: &str) -> bool {
    match next
        .get(follower.len()..)
        .and_then(|rest| rest.chars().next())
    {
        Some('.') => false,
        Some('\'' | '’') => {
            LANG.starters.has(follower) || LANG.starters.has(&format!("{follower}'"))
        }
        _ => LANG.starters.has(follower),
    }
}

/// "U.S", "Ph.D", "J.K": letters parted by full stops.
fn is_dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| {
            part.chars().all(char::is_alphabetic) && (1..=2).contains(&part.chars().count())
        })
}

#[cfg(test)]
mod tests;
