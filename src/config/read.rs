//! From TOML text to the raw tables, with as many problems as one pass can find.
//!
//! A raw table is a plain serde struct of `Option<Given<T>>`. It is also the JSON Schema of the
//! table, and its keys are the keys that are accepted. What the values mean is checked by the
//! file of each table, through [`Reader`].

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::env;
use super::problem::{Errors, Problem, Severity};
use super::secret::Secret;
use super::value::nearest;

/// Keys whose value is never shown, in whatever table they stand.
const SECRET_KEYS: [&str; 1] = ["proxy"];

/// A value and where it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Given<T>(Spanned<T>);

impl<T> Given<T> {
    pub(super) fn get(&self) -> &T {
        self.0.get_ref()
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A table as it was read.
pub(super) struct Table<T> {
    pub(super) raw: T,
    /// The table's heading or braces.
    pub(super) span: Range<usize>,
    /// Keys that are there but could not be read, and have been told.
    broken: Vec<String>,
}

/// A table not yet read, and its place.
pub(super) type Unread<'a> = (DeTable<'a>, Range<usize>);

impl<T> Table<T> {
    /// Whether the key is there but could not be read.
    pub(super) fn is_broken(&self, key: &str) -> bool {
        self.broken.iter().any(|b| b == key)
    }
}

/// Reads one file and gathers what is wrong with it.
pub(super) struct Reader<'a> {
    file: &'a Path,
    /// The text with its secrets masked: what excerpts are made of.
    shown: Arc<str>,
    problems: Vec<Problem>,
    /// Places already told, where a further problem would only be a consequence.
    told: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    /// Parses the text and fills in `${VARIABLE}`s. What comes back is the whole file as a table.
    pub(super) fn open(
        file: &'a Path,
        text: &'a str,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Reader<'a>, DeTable<'a>), Errors> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut root = root.into_inner();
        let mut secrets = Vec::new();
        secret_spans(&root, &mut secrets);
        let mut reader = Reader {
            file,
            shown: masked(text, &secrets).into(),
            problems: Vec::new(),
            told: Vec::new(),
        };
        for error in &errors {
            reader.syntax_error(error);
        }
        if !errors.is_empty() {
            return Err(reader.into_errors());
        }
        let mut missing = Vec::new();
        env::fill_table(&mut root, text, variables, &mut missing);
        for (span, whole, message, help) in missing {
            reader.error(span, message, help);
            reader.told.push(whole);
        }
        Ok((reader, root))
    }

    /// The folder of the file; what relative paths in it are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// A path as the file means it.
    pub(super) fn path(&self, given: &Given<String>) -> PathBuf {
        self.folder().join(given.get())
    }

    /// What the file itself has at `span`; for quoting, so that no filled-in secret is quoted.
    pub(super) fn written(&self, span: Range<usize>) -> &str {
        self.shown
            .get(span)
            .unwrap_or_default()
            .trim_matches(['"', '\''])
    }

    pub(super) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problem(Severity::Error, span, message.into(), help.into());
    }

    pub(super) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problem(Severity::Warning, span, message.into(), help.into());
    }

    fn problem(&mut self, severity: Severity, span: Range<usize>, message: String, help: String) {
        if self
            .told
            .iter()
            .any(|t| t.start <= span.start && span.end <= t.end)
        {
            return;
        }
        let help = Some(help).filter(|h| !h.is_empty());
        self.problems.push(Problem::at(
            self.file,
            &self.shown,
            span,
            severity,
            message,
            help,
        ));
    }

    /// An error of the file as a whole, such as a table that is missing.
    pub(super) fn error_of_file(&mut self, message: &str, help: &str) {
        let help = Some(help.to_owned());
        self.problems.push(Problem::of_file(
            self.file,
            Severity::Error,
            message.to_owned(),
            help,
        ));
    }

    /// A warning of the file as a whole.
    pub(super) fn warning_of_file(&mut self, message: &str, help: &str) {
        let help = Some(help.to_owned());
        self.problems.push(Problem::of_file(
            self.file,
            Severity::Warning,
            message.to_owned(),
            help,
        ));
    }

    /// The value of a key that must be there.
    pub(super) fn require<'t, T, V>(
        &mut self,
        table: &'t Table<T>,
        key: &str,
        value: &'t Option<V>,
        help: &str,
    ) -> Option<&'t V> {
        if value.is_none() && !table.is_broken(key) {
            self.error(table.span.clone(), format!("`{key}` is missing"), help);
        }
        value.as_ref()
    }

    /// Applies a check to a value; what it refuses is an error at the value.
    pub(super) fn check<V>(
        &mut self,
        given: &Given<String>,
        check: impl Fn(&str) -> Result<V, (String, String)>,
    ) -> Option<V> {
        match check(given.get()) {
            Ok(value) => Some(value),
            Err((message, help)) => {
                self.error(given.span(), message, help);
                None
            }
        }
    }

    /// A secret: given in place, or as the name of a file that holds it.
    pub(super) fn secret(
        &mut self,
        key: &str,
        value: &Option<Given<String>>,
        file: &Option<Given<String>>,
    ) -> Option<(Secret, Range<usize>)> {
        match (value, file) {
            (Some(_), Some(file)) => {
                self.error(
                    file.span(),
                    format!("`{key}` and `{key}_file` are both given"),
                    "keep one of them",
                );
                None
            }
            (Some(value), None) => Some((Secret::new(value.get().clone()), value.span())),
            (None, Some(file)) => {
                let path = self.path(file);
                match std::fs::read_to_string(&path) {
                    Ok(text) if text.trim().is_empty() => {
                        self.error(
                            file.span(),
                            "the file is empty",
                            format!("put the value of `{key}` into it"),
                        );
                        None
                    }
                    Ok(text) => Some((
                        Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()),
                        file.span(),
                    )),
                    Err(error) => {
                        let message =
                            format!("failed to read `{}`: {}", path.display(), reason(&error));
                        self.error(
                            file.span(),
                            message,
                            format!("`{key}_file` names a file that holds the value of `{key}`"),
                        );
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }

    /// Reads one table. Each key that cannot be read is told and left out, then the rest is read.
    pub(super) fn table<T: DeserializeOwned + JsonSchema>(
        &mut self,
        name: &str,
        mut table: DeTable<'a>,
        span: Range<usize>,
    ) -> Option<Table<T>> {
        let known = keys_of::<T>();
        let mut broken = Vec::new();
        let names = || known.iter().map(|(k, _)| k.as_str());
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
                self.error(at, error.message(), "");
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
            self.error(at, error.message(), help);
            broken.push(key.into_inner().into_owned());
        }
    }

    /// Takes the string of a key that must be there out of a table.
    pub(super) fn take_string(
        &mut self,
        table: &mut DeTable<'a>,
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
                    format!("invalid type: {}, expected a string", other.type_str()),
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
        for (table, _) in tables {
            let Some(value) = table.get(key) else {
                continue;
            };
            let Some(name) = value.get_ref().as_str() else {
                continue;
            };
            if names.iter().any(|n| n == name) {
                let message = format!("`{}` is taken", self.written(value.span()));
                self.error(value.span(), message, format!("give each its own `{key}`"));
            }
            names.push(name.to_owned());
        }
        names
    }

    /// Tells every table of the file that is still there, since all known ones have been taken.
    pub(super) fn unknown_sections(&mut self, root: &DeTable<'a>, known: &[&str]) {
        for key in root.keys() {
            let help = match nearest(key.get_ref(), known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("a config has {}", list(known.iter().copied())),
            };
            self.error(
                key.span(),
                format!("unknown table `{}`", key.get_ref()),
                help,
            );
        }
    }

    fn syntax_error(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or(0..0);
        self.error(span, error.message().to_owned(), "");
    }

    /// The warnings, or every problem if one of them is an error.
    pub(super) fn finish(self) -> Result<Vec<Problem>, Errors> {
        if self.problems.iter().any(|p| p.severity == Severity::Error) {
            return Err(self.into_errors());
        }
        Ok(Errors::new(self.problems).into_problems())
    }

    fn into_errors(self) -> Errors {
        Errors::new(self.problems)
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

/// The keys of a raw table, each with its example, out of its schema.
fn keys_of<T: JsonSchema>() -> Vec<(String, Option<String>)> {
    let schema = super::schema::plain_generator().into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(|p| p.as_object());
    let example =
        |schema: &serde_json::Value| schema.get("examples")?.get(0).map(|e| e.to_string());
    properties
        .into_iter()
        .flatten()
        .map(|(key, schema)| (key.clone(), example(schema)))
        .collect()
}

/// An I/O error without the "(os error 2)".
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_lowercase()
}

/// `a`, `b` and `c`.
pub(super) fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|n| format!("`{n}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

fn secret_spans(table: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let secret = SECRET_KEYS.contains(&key.get_ref().as_ref());
        match value.get_ref() {
            // A value that is wholly a variable shows nothing, and is better seen.
            DeValue::String(text) if secret && !text.starts_with("${") => spans.push(value.span()),
            DeValue::Table(inner) => secret_spans(inner, spans),
            DeValue::Array(items) => {
                for table in items.iter().filter_map(|i| i.get_ref().as_table()) {
                    secret_spans(table, spans);
                }
            }
            _ => {}
        }
    }
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
