//! The form in which two sentences are the same, and the lines that only say when a page was
//! touched or how often it was read.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::lang::{LANG, Pattern};

/// Lines longer than this, in bytes, are no stamps, ...
const LONGEST_STAMP: usize = 240;
/// ... nor are those longer than this that have no number.
const LONGEST_WITHOUT_NUMBER: usize = 90;
/// How many characters of a dateline may be the place before its agency.
const LONGEST_PLACE: usize = 61;

/// The form in which two sentences are the same to a reader: Unicode NFKC in lower case; one kind
/// of quotation mark, dash, ellipsis and space; no invisible characters, no bullet or dateline
/// ("KYIV, Ukraine (AP) —") in front, no full stop, comma or colon at the end. Case is folded
/// because a headline set in capitals is no other headline. Empty if nothing is left; a normal
/// form is its own normal form.
pub fn normalise(sentence: &str) -> String {
    let unified = unify(sentence);
    let mut rest = unified.as_str();
    // What one step bares may be matter for the other: a dateline behind a bullet.
    loop {
        let bare = without_dateline(without_lead(rest));
        if bare.len() == rest.len() {
            break;
        }
        rest = bare;
    }
    let mut out = without_end(rest).to_lowercase();
    if !out.contains(char::is_alphanumeric) {
        out.clear();
    }
    out
}

/// NFKC with one kind of every mark, single spaces, and no space where some styles set none.
pub(crate) fn unify(text: &str) -> String {
    let chars = text.chars().filter(|c| !is_invisible(*c));
    let chars = chars.map(|c| if c == '´' { '\'' } else { c });
    // composing costs ten times what checking does, and hardly a sentence needs it
    if text.is_ascii() || is_nfkc_quick(chars.clone()) == IsNormalized::Yes {
        unify_marks(text)
    } else {
        unify_marks(&chars.nfkc().collect::<String>())
    }
}

fn unify_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric())
                .len();
        let (step, after) = rest.split_at(word.max(c.len_utf8()));
        rest = after;
        match c {
            c if c.is_ascii_alphanumeric() => out.push_str(step),
            c if c.is_whitespace() => push_space(&mut out),
            c if is_invisible(c) || c.is_control() => {}
            '—' | '―' | '⸺' | '⸻' => push_dash(&mut out),
            '-' | '‐' | '‒' | '–' | '−' if out.ends_with('-') => {
                out.pop();
                push_dash(&mut out);
            }
            '-' | '‐' | '‒' | '–' | '−' if out.ends_with(" - ") => {}
            '-' | '‐' | '‒' | '–' | '−' => out.push('-'),
            '\'' | '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '`' | '´' => {
                let inside = out.ends_with(char::is_alphanumeric)
                    && rest
                        .trim_start_matches(is_invisible)
                        .starts_with(char::is_alphanumeric);
                if inside {
                    out.push('\'')
                } else {
                    push_quote(&mut out)
                }
            }
            '»' | '」' | '』' => {
                drop_space(&mut out);
                push_quote(&mut out);
            }
            '«' | '「' | '『' => {
                push_quote(&mut out);
                rest = rest.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
            }
            '"' | '“' | '”' | '„' | '‟' | '″' | '〝' | '〞' | '〟' => {
                push_quote(&mut out)
            }
            '.' if out.ends_with("...") => {}
            '.' | ',' | ';' | ':' | '!' | '?' | '%' | ')' | ']' => {
                drop_space(&mut out);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    drop_space(&mut out);
    out
}

fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

fn drop_space(out: &mut String) {
    if out.ends_with(' ') {
        out.pop();
    }
}

fn push_dash(out: &mut String) {
    push_space(out);
    if !out.ends_with("- ") {
        out.push_str("- ");
    }
}

fn push_quote(out: &mut String) {
    if !out.ends_with('"') {
        out.push('"');
    }
}

/// Zero-width characters, soft hyphen, marks of direction and variation.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// The text without bullets and dashes in front. A minus sign stays: no space follows it.
fn without_lead(text: &str) -> &str {
    let is_lead = |c| {
        matches!(
            c,
            ' ' | '*' | '•' | '▪' | '●' | '‣' | '◦' | '■' | '►' | '▶' | '➤' | '·' | '>'
        )
    };
    let bare = text.trim_start_matches(is_lead);
    bare.strip_prefix("- ").unwrap_or(bare)
}

/// The text behind its dateline, if it has one. A sentence does not go on in lower case there.
fn without_dateline(text: &str) -> &str {
    match text.get(dateline_end(text)..) {
        Some(rest) if !rest.starts_with(char::is_lowercase) => rest,
        _ => text,
    }
}

/// Where the dateline of a text ends; 0 where there is none. A form is looked for only where its
/// marks are, since the patterns are slow and few sentences have them.
fn dateline_end(text: &str) -> usize {
    let end = |form: &Pattern| form.regex().find(text).map(|found| found.end());
    let place = text.split_once('(').map(|(place, _)| place);
    let agency = place.is_some_and(|place| {
        let place = place.strip_suffix(' ').unwrap_or(place);
        place.chars().count() <= LONGEST_PLACE
    });
    let capitals = !text.chars().nth(1).is_some_and(char::is_lowercase) && text.contains(" - ");
    let han = !text.is_ascii() && text.contains(['】', '电', '電']);
    let forms = &LANG.datelines;
    [
        (agency, &forms.agency),
        (capitals, &forms.capitals),
        (han, &forms.han),
    ]
    .into_iter()
    .filter(|(marked, _)| *marked)
    .find_map(|(_, form)| end(form))
    .unwrap_or(0)
}

/// The text without the stops at its end; closing marks among them stay, so that `"Yes".` is
/// `"Yes."`.
fn without_end(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '"' | ')' | ']' | '}');
    let is_end = |c: char| {
        matches!(
            c,
            ' ' | '.' | ',' | ';' | ':' | '-' | '。' | '、' | '।' | '۔'
        )
    };
    let body = text.trim_end_matches(|c: char| is_mark(c) || is_end(c));
    let mut out = body.to_owned();
    for mark in text
        .get(body.len()..)
        .unwrap_or("")
        .chars()
        .filter(|c| is_mark(*c))
    {
        if mark != '"' || !out.ends_with('"') {
            out.push(mark);
        }
    }
    out
}

/// Whether a line only tells when the page was published or updated, how often it was read or
/// that an advertisement follows, or is a dateline without its sentence.
pub fn is_stamp(line: &str) -> bool {
    let longest = match line.contains(char::is_numeric) {
        true => LONGEST_STAMP,
        false => LONGEST_WITHOUT_NUMBER,
    };
    if line.len() > longest {
        return false;
    }
    let normal = normalise(line);
    if normal.is_empty() {
        return line.chars().any(char::is_alphanumeric);
    }
    let bare =
        normal.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '-' | '|' | '*' | ' '));
    LANG.stamps.has(bare)
}

#[cfg(test)]
mod tests;
