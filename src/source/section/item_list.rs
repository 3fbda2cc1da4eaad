//! The articles a page lists for machines: JSON-LD `ItemList` and article objects.

use scraper::{Html, Selector};
use serde_json::Value;

/// How deep the data may nest before it is left unread.
const MAX_DEPTH: usize = 12;

/// Addresses, as written, with titles, in order.
pub(super) fn items(html: &Html) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let Ok(scripts) = Selector::parse("script[type='application/ld+json']") else {
        return found;
    };
    for script in html.select(&scripts) {
        let text: String = script.text().collect();
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            walk(&value, 0, &mut found);
        }
    }
    found
}

fn walk(value: &Value, depth: usize, found: &mut Vec<(String, Option<String>)>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, depth + 1, found)),
        Value::Object(object) => {
            if is_a(value, |kind| kind == "ItemList") {
                let elements = object.get("itemListElement");
                for element in elements.and_then(Value::as_array).into_iter().flatten() {
                    found.extend(entry(element));
                }
                return;
            }
            if is_a(value, |kind| {
                kind.ends_with("Article") || kind == "BlogPosting"
            }) {
                found.extend(entry(value));
                return;
            }
            object
                .values()
                .for_each(|inner| walk(inner, depth + 1, found));
        }
        _ => {}
    }
}

fn is_a(value: &Value, wanted: impl Fn(&str) -> bool) -> bool {
    match value.get("@type") {
        Some(Value::String(kind)) => wanted(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(wanted),
        _ => false,
    }
}

/// A list element or an article: its address is its own, its item's, or its item itself.
fn entry(element: &Value) -> Option<(String, Option<String>)> {
    let item = element.get("item").unwrap_or(&Value::Null);
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let url = element
        .as_str()
        .or(item.as_str())
        .map(str::to_owned)
        .or_else(|| text(element, "url"))
        .or_else(|| text(item, "url"))
        .or_else(|| text(item, "@id"))?;
    let title = [element, item]
        .iter()
        .find_map(|value| text(value, "headline").or_else(|| text(value, "name")));
    Some((url, title))
}
