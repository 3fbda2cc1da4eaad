//! The tables of the file: found by name, then read into raw tables, with every unknown key and
//! every value of the wrong type told.
//!
//! A raw table is a plain serde struct of `Option<Given<T>>`. It is also the JSON Schema of the
//! table, and the keys of that schema are the keys that are accepted. What the values mean is
//! checked by the file of each table.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use schemars::{JsonSchema, Schema};
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::{Given, Reader, list};
use super::schema::plain_generator;
use super::syntax::plain_type_error;
use super::value::nearest;

/// A table as it was read.
pub(super) struct Table<T> {
    pub(super) raw: T,
    /// The table's heading or braces.
    pub(super) span: Range<usize>,
    /// Keys that are there but could not be read, and have been told.
    broken: Vec<String>,
}

/// Keys of a raw table, each with its example.
pub(super) type Keys = Vec<(String, Option<String>)>;

/// A table not yet read, and its place.
pub(super) type Unread<'a> = (DeTable<'a>, Range<usize>);

impl<T> Table<T> {
    /// Whether the key is there but could not be read.
    pub(super) fn is_broken(&self, key: &str) -> bool {
        self.broken.iter().any(|b| b == key)
    }
}

impl<'a> Reader<'a> {
    /// Reads one table. Each key that cannot be read is told and left out, then the rest is read.
    pub(super) fn table<T: DeserializeOwned + JsonSchema>(
        &mut self,
        name: &str,
        table: DeTable<'_>,
        span: Range<usize>,
    ) -> Option<Table<T>> {
        self.table_beside(name, table, span, &[])
    }

    /// The same for a part of a table: `others` are the keys that its other part takes.
    pub(super) fn table_beside<T: DeserializeOwned + JsonSchema>(
        &mut self,
        name: &str,
        mut table: DeTable<'_>,
        span: Range<usize>,
        others: &[String],
    ) -> Option<Table<T>> {
        let known = self.keys_of::<T>();
        let mut broken = Vec::new();
        let mut names: Vec<&str> = known.iter().map(|(k, _)| k.as_str()).collect();
        names.extend(others.iter().map(String::as_str));
        names.sort_unstable();
        let names = || names.iter().copied();
        let unknown: Vec<_> = table
            .keys()
            .filter(|k| names().all(|n| n != k.get_ref()))
            .cloned()
            .collect();
        for key in unknown {
            table.remove(&key);
            let meant = nearest(key.get_ref(), names());
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("{name} takes {}", list(names())),
            };
            broken.extend(meant.map(str::to_owned));
            self.error(
                key.span(),
                format!("unknown key `{}` in {name}", key.get_ref()),
                help,
            );
        }
        loop {
            let attempt = Spanned::new(span.clone(), table.clone());
            let error = match T::deserialize(attempt.into_deserializer()) {
                Ok(raw) => return Some(Table { raw, span, broken }),
                Err(error) => error,
            };
            let at = error.span().unwrap_or(span.clone());
            let culprit = table
                .iter()
                .find(|(_, v)| v.span().start <= at.start && at.end <= v.span().end);
            let Some(key) = culprit.map(|(key, _)| key.clone()) else {
                self.error(at, plain_type_error(error.message()), "");
                return None;
            };
            table.remove(&key);
            let example = known
                .iter()
                .find(|(k, _)| k == key.get_ref())
                .and_then(|(_, e)| e.as_ref());
            let help = example
                .map(|e| format!("for example: {} = {e}", key.get_ref()))
                .unwrap_or_default();
            self.error(at, plain_type_error(error.message()), help);
            broken.push(key.into_inner().into_owned());
        }
    }

    /// Takes the string of a key that must be there out of a table.
    pub(super) fn take_string(
        &mut self,
        table: &mut DeTable<'_>,
        span: &Range<usize>,
        key: &str,
        help: &str,
    ) -> Option<Given<String>> {
        let Some(value) = table.remove(key) else {
            self.error(span.clone(), format!("`{key}` is missing"), help);
            return None;
        };
        let span = value.span();
        match value.into_inner() {
            DeValue::String(text) => Some(Given(Spanned::new(span, text.into_owned()))),
            other => {
                self.error(
                    span,
                    format!("expected a string, found {}", other.type_str()),
                    help,
                );
                None
            }
        }
    }

    /// The `[name]` table of the file, if it is there and readable.
    pub(super) fn section<T: DeserializeOwned + JsonSchema>(
        &mut self,
        root: &mut DeTable<'a>,
        name: &str,
    ) -> Option<Table<T>> {
        let value = root.remove(name)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => self.table(&format!("[{name}]"), table, span),
            _ => {
                self.error(
                    span,
                    format!("`{name}` is a table"),
                    format!("write it with a heading: [{name}]"),
                );
                None
            }
        }
    }

    /// The `[[name]]` tables of the file, each with its place.
    pub(super) fn sections(&mut self, root: &mut DeTable<'a>, name: &str) -> Vec<Unread<'a>> {
        let Some(value) = root.remove(name) else {
            return Vec::new();
        };
        let span = value.span();
        let help = format!("write each with a heading of two brackets: [[{name}]]");
        let DeValue::Array(items) = value.into_inner() else {
            self.error(span, format!("`{name}` is a list of tables"), help);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(table) => tables.push((table, span)),
                _ => self.error(span, format!("`{name}` is a list of tables"), help.clone()),
            }
        }
        tables
    }

    /// The names the tables give themselves, whatever else may be wrong with them. Tells those
    /// that are given twice.
    pub(super) fn unique_names(&mut self, key: &str, tables: &[Unread<'a>]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut taken = HashSet::new();
        for (table, _) in tables {
            let Some(value) = table.get(key) else {
                continue;
            };
            let Some(name) = value.get_ref().as_str() else {
                continue;
            };
            if !taken.insert(name.to_owned()) {
                let message = format!("`{}` is taken", self.written(value.span()));
                self.error(value.span(), message, format!("give each its own `{key}`"));
            }
            names.push(name.to_owned());
        }
        names
    }

    /// The keys of a raw table, each with its example, out of its schema. Made once a type: a config
    /// may have a hundred thousand sources.
    pub(super) fn keys_of<T: JsonSchema>(&mut self) -> Rc<Keys> {
        let made = self.keys.entry(std::any::type_name::<T>());
        made.or_insert_with(|| Rc::new(keys_in(plain_generator().into_root_schema_for::<T>())))
            .clone()
    }

    /// Tells everything in the file that is still there, since all known tables have been taken.
    pub(super) fn unknown_sections(&mut self, root: &DeTable<'a>, known: &[&str]) {
        for (key, value) in root {
            let name = key.get_ref();
            let table = value.get_ref().is_table() || value.get_ref().is_array();
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if table => format!("a config has {}", list(known.iter().copied())),
                None => match super::schema::tables_with(name).join(" or ").as_str() {
                    "" => format!("a config has {}", list(known.iter().copied())),
                    homes => format!("put it below its heading: {homes}"),
                },
            };
            let what = if table { "table" } else { "key" };
            self.error(key.span(), format!("unknown {what} `{name}`"), help);
        }
    }
}

/// The strings of a list in each table, whatever else may be wrong with them.
pub(super) fn strings(key: &str, tables: &[Unread<'_>]) -> Vec<String> {
    let lists = tables
        .iter()
        .filter_map(|(table, _)| table.get(key)?.get_ref().as_array());
    lists
        .flat_map(|list| list.iter())
        .filter_map(|item| item.get_ref().as_str())
        .map(str::to_owned)
        .collect()
}

fn keys_in(schema: Schema) -> Keys {
    let properties = schema.get("properties").and_then(|p| p.as_object());
    let example = |schema: &serde_json::Value| {
        let example = schema.get("examples")?.get(0)?;
        match example.is_object() {
            // Strings and lists look alike in both.
            true => toml::Value::try_from(example).ok().map(|e| e.to_string()),
            false => Some(example.to_string()),
        }
    };
    properties
        .into_iter()
        .flatten()
        .map(|(key, schema)| (key.clone(), example(schema)))
        .collect()
}
