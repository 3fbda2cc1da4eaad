//! One pass over the file: its text, its values with their places, and what is wrong with it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::problem::{Errors, Problem, Severity, in_order};
use super::secret::Secret;
use super::table::{Keys, Table};
use super::{env, mask, syntax};

/// Most errors told: what is no config at all has one a line, and nobody reads them.
const MOST_ERRORS: usize = 50;

/// A value and where it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Given<T>(pub(super) Spanned<T>);

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

/// Reads one file and gathers what is wrong with it.
pub(super) struct Reader<'a> {
    file: &'a Path,
    /// The text with its secrets masked: what excerpts are made of.
    shown: String,
    problems: Vec<Problem>,
    /// Places already told, where a further problem would only be a consequence.
    told: Vec<Range<usize>>,
    /// By type, the keys of the raw tables met so far.
    pub(super) keys: HashMap<&'static str, Rc<Keys>>,
    /// Secrets read since they were last taken.
    pub(super) secrets: Vec<Secret>,
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
        let mut reader = Reader {
            file,
            shown: mask::without_secrets(text, &root),
            problems: Vec::new(),
            told: Vec::new(),
            keys: HashMap::new(),
            secrets: Vec::new(),
        };
        for error in errors.iter().take(MOST_ERRORS + 1) {
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

    fn syntax_error(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or(0..0);
        self.error(span, error.message(), syntax::fix(error.message()));
    }

    /// The warnings, if that is all that was found.
    pub(super) fn finish(self) -> Result<Vec<Problem>, Errors> {
        if self.problems.iter().any(|p| p.severity == Severity::Error) {
            return Err(self.into_errors());
        }
        Ok(in_order(self.problems))
    }

    /// The errors alone: many a warning is but a consequence of one, and the others keep.
    fn into_errors(mut self) -> Errors {
        self.problems.retain(|p| p.severity == Severity::Error);
        let mut errors = in_order(self.problems);
        if errors.len() > MOST_ERRORS {
            errors.truncate(MOST_ERRORS);
            let message = format!("there are more errors than these {MOST_ERRORS}");
            let help = Some("mend these first; is this the right file?".to_owned());
            errors.push(Problem::of_file(self.file, Severity::Error, message, help));
        }
        Errors::new(errors)
    }
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
