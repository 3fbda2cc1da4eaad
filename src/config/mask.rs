//! Secrets kept out of excerpts.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys whose value is never shown, in whatever table they stand.
const SECRET_KEYS: [&str; 1] = ["proxy"];

/// The text with every secret in it replaced by as many stars as it has bytes.
pub(super) fn without_secrets(text: &str, root: &DeTable<'_>) -> String {
    let mut secrets = Vec::new();
    secret_spans(root, &mut secrets);
    masked(text, &secrets)
}

fn secret_spans(table: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let secret = SECRET_KEYS.contains(&key.get_ref().as_ref());
        of_value(value, secret, spans);
    }
}

fn of_value(value: &Spanned<DeValue<'_>>, secret: bool, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        // A value that is but a variable shows nothing, and is better seen.
        DeValue::String(text) if (secret && !is_variable(text)) || has_password(text) => {
            spans.push(value.span());
        }
        DeValue::Table(table) => secret_spans(table, spans),
        DeValue::Array(items) => items.iter().for_each(|item| of_value(item, secret, spans)),
        _ => {}
    }
}

fn is_variable(text: &str) -> bool {
    let inner = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    inner.is_some_and(|name| !name.contains(['$', '{', '}']))
}

/// Whether the text is a URL with a user name and password in it.
fn has_password(text: &str) -> bool {
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority
        .and_then(|a| a.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
}

/// `text` with the bytes of `spans` replaced by as many stars; line ends stay.
fn masked(text: &str, spans: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        for byte in bytes.get_mut(span.clone()).into_iter().flatten() {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b'*';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
