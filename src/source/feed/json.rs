//! JSON Feed, versions 1 and 1.1. Read as loosely as the XML formats: one odd field spoils itself
//! only.

use serde_json::Value;

use super::super::SourceError;
use super::{Entry, MAX_LINKS};

pub(super) fn entries(text: &str) -> Result<Vec<Entry>, SourceError> {
    let feed: Value =
        serde_json::from_str(text).map_err(|error| SourceError::Broken(error.to_string()))?;
    let Some(items) = feed.get("items").and_then(Value::as_array) else {
        return Err(SourceError::NotAFeed(
            "it is JSON without a list of \"items\"".to_owned(),
        ));
    };
    Ok(items.iter().take(MAX_LINKS).map(entry).collect())
}

fn entry(item: &Value) -> Entry {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    Entry {
        title: text("title").unwrap_or_default(),
        link: text("url").or_else(|| text("external_url")),
        original: None,
        id: text("id"),
        published: text("date_published"),
        updated: text("date_modified"),
        base: None,
    }
}
