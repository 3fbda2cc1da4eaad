//! Small helpers over the parsed page.

use scraper::{ElementRef, Html, Selector};

/// Selectors of this program's own, written as constants and tested; a mistake in one selects nothing.
pub(super) fn select<'a>(doc: &'a Html, css: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(css)
        .map(|s| doc.select(&s).collect())
        .unwrap_or_default()
}

/// The words of `s`, one space between two; no-break spaces and soft hyphens are layout.
pub(super) fn squeeze(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for word in s.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(
            word.chars()
                .filter(|c| !matches!(c, '\u{AD}' | '\u{200B}' | '\u{FEFF}' | '\u{2060}')),
        );
    }
    out.trim().to_string()
}

/// The visible words of an element.
pub(super) fn text(element: ElementRef) -> String {
    let mut all = String::new();
    for part in element.text() {
        all.push_str(part);
        all.push(' ');
    }
    squeeze(&all)
}

/// As [`text`], without a space where only an inline tag parts two letters.
pub(super) fn inline_text(element: ElementRef) -> String {
    squeeze(&element.text().collect::<String>())
}

/// Words in lower case without punctuation: what two printings of one line share.
pub(super) fn fold(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with(' ')
            && !out.is_empty()
            && !matches!(c, '\'' | '’' | '\u{AD}' | '\u{200B}')
        {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}
