//! How channels count the length of a text. None may be counted too short.

use super::html;

/// UTF-16 units: never fewer than the characters of any other way of counting them.
pub(super) fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Bytes as a string of JSON.
pub(super) fn json(text: &str) -> usize {
    serde_json::Value::from(text).to_string().len()
}

/// UTF-16 units of what is seen of simple HTML.
pub(super) fn seen(text: &str) -> usize {
    utf16(&html::text(text))
}
