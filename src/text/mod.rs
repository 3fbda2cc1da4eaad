//! Language basics: sentences, normalising, numbers, dates.
<<<<<<< HEAD
//!
//! Pure functions over text. May use nothing of the other modules. What a language knows is data,
//! one readable file per language or family under `lang/`.

mod lang;
mod normal;
mod sentence;

pub use normal::{is_stamp, normalise};
pub use sentence::sentences;

/// The paragraphs of a text, parted by blank lines, without white space around them.
pub fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let (paragraph, after) = rest.split_at_checked(end)?;
        rest = after;
        (!paragraph.is_empty()).then(|| paragraph.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_parted_by_blank_lines_only() {
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            (" \n \n", &[]),
            ("One.", &["One."]),
            ("One.\nStill one.\n\nTwo.", &["One.\nStill one.", "Two."]),
            ("\r\nOne.\r\n \t\r\n\r\nTwo.\r\n", &["One.", "Two."]),
            ("  One.\n\u{a0}\nTwo.  ", &["One.", "Two."]),
            ("一。\n\n二。", &["一。", "二。"]),
        ];
        for (text, want) in cases {
            assert_eq!(paragraphs(text).collect::<Vec<_>>(), want, "{text:?}");
        }
    }
=======

pub mod date;
pub mod number;

/// Splits a paragraph into sentences at `.`, `!`, `?` followed by a space and a capital, digit or
/// quote.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = paragraph.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?') {
            continue;
        }
        let end = at + c.len_utf8();
        let rest = &paragraph[end..];
        let closing: usize = rest
            .chars()
            .take_while(|c| matches!(c, '"' | '\'' | '”' | '’' | ')'))
            .map(char::len_utf8)
            .sum();
        let rest = &rest[closing..];
        let word_start = paragraph[start..at]
            .rfind([' ', '('])
            .map_or(start, |p| start + p + 1);
        let word = &paragraph[word_start..at];
        let short = c == '.'
            && (word.chars().count() <= 1
                || word.contains('.')
                || matches!(
                    word,
                    "Mr" | "Mrs"
                        | "Ms"
                        | "Dr"
                        | "St"
                        | "Sen"
                        | "Gov"
                        | "Rep"
                        | "Gen"
                        | "Lt"
                        | "Col"
                        | "Sgt"
                        | "No"
                        | "vs"
                        | "Inc"
                        | "Corp"
                        | "Co"
                        | "Ltd"
                        | "Jr"
                        | "Sr"
                        | "Prof"
                        | "Jan"
                        | "Feb"
                        | "Aug"
                        | "Sept"
                        | "Oct"
                        | "Nov"
                        | "Dec"
                ));
        let mut next = rest.chars();
        if !short
            && next.next().is_none_or(char::is_whitespace)
            && rest.trim_start().chars().next().is_none_or(|n| {
                n.is_uppercase() || n.is_numeric() || matches!(n, '"' | '“' | '\'' | '‘' | '(')
            })
        {
            let stop = end + closing;
            let sentence = paragraph[start..stop].trim();
            if !sentence.is_empty() {
                out.push(sentence);
            }
            start = stop;
        }
    }
    let tail = paragraph[start..].trim();
    if !tail.is_empty() {
        out.push(tail);
    }
    out
>>>>>>> detect
}
