//! `[[notify]]`: who is told. A file per type.

use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use toml::de::DeTable;

use super::read::{Given, Reader, list};
use super::source::check;
use super::table::{Table, Unread};
use super::value::nearest;
use super::watch::Watch;

mod log;
mod stdout;

pub use stdout::Format;

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifier {
    /// The operator's name for it; watches refer to it. Unique.
    pub name: String,
    /// What it is, with what it needs.
    pub kind: NotifierKind,
    /// Whether it is told of troubles of sources, notifiers and the daemon.
    pub health: bool,
}

/// The types of notifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifierKind {
    /// JSON Lines in a file.
    Log {
        /// The file; resolved against the config file's folder.
        path: PathBuf,
    },
    /// The standard output.
    Stdout {
        /// How an alert is printed.
        format: Format,
    },
}

/// As the config has it: one flat table.
impl Serialize for Notifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'n> {
            name: &'n str,
            r#type: &'static str,
            path: Option<&'n Path>,
            format: Option<Format>,
            health: bool,
        }
        let (r#type, path, format) = match &self.kind {
            NotifierKind::Log { path } => ("log", Some(path.as_path()), None),
            NotifierKind::Stdout { format } => ("stdout", None, Some(*format)),
        };
        Flat {
            name: &self.name,
            r#type,
            path,
            format,
            health: self.health,
        }
        .serialize(serializer)
    }
}

/// The types by name.
const TYPES: [&str; 2] = ["log", "stdout"];

// For the schema alone: reading looks at `type` first, for better messages than serde's.
#[derive(JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the schema generator alone")]
pub(super) enum Raw {
    /// Alerts as JSON Lines in a file.
    Log(log::Raw),
    /// Alerts on the standard output.
    Stdout(stdout::Raw),
}

/// Every notifier that could be read.
pub(super) fn build_all<'a>(
    reader: &mut Reader<'a>,
    tables: Vec<Unread<'a>>,
    watches: &[Watch],
) -> Vec<Notifier> {
    let mut notifiers: Vec<Notifier> = Vec::new();
    for (table, span) in tables {
        let Some((notifier, health)) = build(reader, table, span.clone()) else {
            continue;
        };
        if let Some(first) = notifiers.iter().find(|n| n.kind == notifier.kind) {
            let message = format!(
                "`{}` and `{}` write to the same place",
                first.name, notifier.name
            );
            reader.error(span, message, "give one another `path`, or take it out");
        } else if health != Some(true) && !watches.iter().any(|w| w.notify.contains(&notifier.name))
        {
            let message = format!("no watch notifies `{}`", notifier.name);
            let help = format!("add it to a watch: notify = [\"{}\"]", notifier.name);
            reader.warning(span, message, help);
        }
        notifiers.push(notifier);
    }
    notifiers
}

/// The notifier, and what the operator said of `health`.
fn build<'a>(
    reader: &mut Reader<'a>,
    mut table: DeTable<'a>,
    span: Range<usize>,
) -> Option<(Notifier, Option<bool>)> {
    let kind = reader.take_string(&mut table, &span, "type", HELP)?;
    match kind.get().as_str() {
        "log" => {
            let table = reader.table::<log::Raw>("a [[notify]] of type \"log\"", table, span)?;
            let name = name(reader, &table, &table.raw.name);
            let kind = log::build(reader, &table).map(|path| NotifierKind::Log { path });
            let health = table.raw.health.as_ref().map(|g| *g.get());
            let notifier = Notifier {
                name: name?,
                kind: kind?,
                health: health.unwrap_or(true),
            };
            Some((notifier, health))
        }
        "stdout" => {
            let table =
                reader.table::<stdout::Raw>("a [[notify]] of type \"stdout\"", table, span)?;
            let name = name(reader, &table, &table.raw.name);
            let kind = stdout::build(reader, &table).map(|format| NotifierKind::Stdout { format });
            let health = table.raw.health.as_ref().map(|g| *g.get());
            let notifier = Notifier {
                name: name?,
                kind: kind?,
                health: health.unwrap_or(false),
            };
            Some((notifier, health))
        }
        other => {
            let help = match nearest(other, TYPES) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("the types are {}", list(TYPES.into_iter())),
            };
            reader.error(kind.span(), "unknown type of notifier", help);
            None
        }
    }
}

const HELP: &str = "say where alerts go: type = \"log\" or \"stdout\"";

fn name<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    name: &Option<Given<String>>,
) -> Option<String> {
    let given = reader.require(
        table,
        "name",
        name,
        "give it a name of your own: name = \"log\"",
    )?;
    check::name(reader, given)
}
