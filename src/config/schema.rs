//! The JSON Schema of the file, out of the raw tables, for editors.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};

use super::{defaults, fetch, kind, notify, source, store, watch, web};

/// The whole file.
#[derive(JsonSchema)]
#[schemars(title = "wirewatch.toml", deny_unknown_fields)]
#[expect(dead_code, reason = "read by the schema generator alone")]
pub(super) struct File {
    /// Where what was seen is kept.
    store: Option<store::Raw>,
    /// How pages are fetched.
    fetch: Option<fetch::Raw>,
    /// What holds for every source that does not say otherwise.
    defaults: Option<defaults::Raw>,
    /// What is watched: a table per source.
    #[schemars(required)]
    source: Option<Vec<source::Raw>>,
    /// Kinds of development of your own: a table per kind.
    kind: Option<Vec<kind::Raw>>,
    /// What is told: a table per watch.
    watch: Option<Vec<watch::Raw>>,
    /// Who is told: a table per notifier.
    notify: Option<Vec<notify::Raw>>,
    /// Where the daemon says how it does.
    web: Option<web::Raw>,
}

/// The schema as it is shipped, with a final newline.
pub fn schema() -> String {
    let schema = plain_generator().into_root_schema_for::<File>();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}

/// The headings of the tables that take this key.
pub(super) fn tables_with(key: &str) -> Vec<String> {
    let schema = plain_generator().into_root_schema_for::<File>();
    let tables = schema.get("properties").and_then(|p| p.as_object());
    let heading = |(name, table): (&String, &serde_json::Value)| {
        let one = table.get("properties").and_then(|p| p.get(key));
        let many = table
            .get("items")
            .and_then(|i| i.get("properties")?.get(key));
        match (one, many) {
            (Some(_), _) => Some(format!("[{name}]")),
            (None, Some(_)) => Some(format!("[[{name}]]")),
            (None, None) => None,
        }
    };
    tables.into_iter().flatten().filter_map(heading).collect()
}

/// A generator that knows TOML has no null: an optional key is one that may be left out.
pub(super) fn plain_generator() -> SchemaGenerator {
    SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(WithoutNull))
        .into_generator()
}

#[derive(Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        if let Some(serde_json::Value::Array(types)) = object.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(serde_json::Value::Array(options)) = object.get_mut("anyOf") {
            options.retain(|o| o.get("type").is_none_or(|t| t != "null"));
            if let [serde_json::Value::Object(only)] = options.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                for (key, value) in only {
                    object.entry(key).or_insert(value);
                }
            }
        }
    }
}
