//! Secrets kept out of excerpts.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys whose value is never shown, in whatever table they stand.
const SECRET_KEYS: [&str; 1] = ["proxy"];

/// Keys whose value is never shown in a `[[notify]]`: each opens a receiver to whoever reads it.
const OF_NOTIFIERS: [&str; 8] = [
    "url",
    "token",
    "access_token",
    "password",
    "secret",
    "user",
    "topic",
    "headers",
];

/// The text with every secret in it replaced by as many stars as it has bytes.
pub(super) fn without_secrets(text: &str, root: &DeTable<'_>) -> String {
    let mut secrets = Vec::new();
    for (key, value) in root {
        let name = key.get_ref().as_ref();
        let keys: &[&str] = match name {
            "notify" => &OF_NOTIFIERS,
            _ => &[],
        };
        of_value(value, SECRET_KEYS.contains(&name), keys, &mut secrets);
    }
    masked(text, &secrets)
}

/// `keys`: those that are secret in this table beside [`SECRET_KEYS`].
fn of_value(
    value: &Spanned<DeValue<'_>>,
    secret: bool,
    keys: &[&str],
    spans: &mut Vec<Range<usize>>,
) {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                let name = key.get_ref().as_ref();
                let secret = secret || SECRET_KEYS.contains(&name) || keys.contains(&name);
                of_value(value, secret, keys, spans);
            }
        }
        DeValue::Array(items) => {
            let each = items.iter();
            each.for_each(|item| of_value(item, secret, keys, spans));
        }
        // A value that is but a variable shows nothing, and is better seen.
        DeValue::String(text) if !has_password(text) && (!secret || is_variable(text)) => {}
        DeValue::String(_) => spans.push(value.span()),
        _ if secret => spans.push(value.span()),
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
