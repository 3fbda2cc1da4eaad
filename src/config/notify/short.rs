//! A `[[notify]]` with a URL in Apprise's form and no `type`, made into the table it stands for, so
//! that what is wrong with that is told at the URL.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::apprise;
use crate::config::read::{Reader, list};

/// The URL and its place, if the table is in the short form.
pub(super) fn given<'t>(table: &'t DeTable<'_>) -> Option<(&'t str, Range<usize>)> {
    let url = table.get("url").filter(|_| !table.contains_key("type"))?;
    Some((url.get_ref().as_str()?, url.span()))
}

/// The type and the keys that a URL in Apprise's form stands for.
pub(super) fn read(
    reader: &mut Reader<'_>,
    url: &str,
    place: &Range<usize>,
) -> Option<(&'static str, String)> {
    let expanded = match apprise::expand(url) {
        Ok(expanded) => expanded,
        Err((message, help)) => {
            reader.error(place.clone(), message, help);
            return None;
        }
    };
    if !expanded.ignored.is_empty() {
        let ignored = list(expanded.ignored.iter().map(String::as_str));
        reader.warning(
            place.clone(),
            format!("{ignored} in the address says nothing to wirewatch"),
            "how messages are worded and sent is said by keys beside `url` (docs/NOTIFIERS.md)",
        );
    }
    Some((expanded.kind, expanded.keys.to_string()))
}

/// Puts the type and its keys in the URL's place; keys that are there stay.
pub(super) fn replace<'t>(
    table: &mut DeTable<'t>,
    kind: &'static str,
    keys: &'t str,
    place: &Range<usize>,
) {
    table.remove("url");
    let (keys, _) = DeTable::parse_recoverable(keys);
    for (key, mut value) in keys.into_inner() {
        if !table.contains_key(key.get_ref().as_ref()) {
            put_at(&mut value, place);
            table.insert(Spanned::new(place.clone(), key.into_inner()), value);
        }
    }
    table.insert(
        Spanned::new(place.clone(), "type".into()),
        Spanned::new(place.clone(), DeValue::String(kind.into())),
    );
}

fn put_at(value: &mut Spanned<DeValue<'_>>, place: &Range<usize>) {
    let mut inner = std::mem::replace(value.get_mut(), DeValue::Boolean(false));
    match &mut inner {
        DeValue::Array(items) => items.iter_mut().for_each(|item| put_at(item, place)),
        DeValue::Table(table) => table.iter_mut().for_each(|(_, item)| put_at(item, place)),
        _ => {}
    }
    *value = Spanned::new(place.clone(), inner);
}
