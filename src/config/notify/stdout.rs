//! `type = "stdout"`: alerts on the standard output.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// How an alert is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A few lines for people.
    Text,
    /// The alert's JSON, a line each.
    Json,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Your name for the notifier, for watches to refer to.
    #[schemars(required, example = &"screen")]
    pub(super) name: Option<Given<String>>,
    /// Whether troubles of sources, notifiers and the daemon itself are told here: alerts of kind
    /// `health`, one at the start and one at the end.
    #[schemars(extend("default" = false), example = false)]
    pub(super) health: Option<Given<bool>>,
    /// A few lines for people, or a line of JSON.
    #[schemars(extend("enum" = ["text", "json"], "default" = "text"), example = &"text")]
    format: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Format> {
    let Some(given) = &table.raw.format else {
        return Some(Format::Text);
    };
    reader.check(given, |text| match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err((
            "unknown format".to_owned(),
            "write \"text\" or \"json\"".to_owned(),
        )),
    })
}
