//! `type = "stdout"`: alerts on the standard output.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Type;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// The standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stdout {
    /// How an alert is printed.
    pub format: Format,
}

/// How an alert is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A few lines for people.
    Text,
    /// The alert's JSON, a line each.
    Json,
}

/// Alerts on the standard output.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// A few lines for people, or a line of JSON.
    #[schemars(extend("enum" = ["text", "json"], "default" = "text"), example = &"text")]
    format: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Stdout;
    const MESSAGES: bool = false;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Stdout> {
        let Some(given) = &table.raw.format else {
            return Some(Stdout {
                format: Format::Text,
            });
        };
        let format = reader.check(given, |text| match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err((
                "unknown format".to_owned(),
                "write \"text\" or \"json\"".to_owned(),
            )),
        })?;
        Some(Stdout { format })
    }
}
