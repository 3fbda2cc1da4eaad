//! `type = "log"`: alerts as JSON Lines in a file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::read::{Given, Reader};
use crate::config::table::Table;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Your name for the notifier, for watches to refer to.
    #[schemars(required, example = &"log")]
    pub(super) name: Option<Given<String>>,
    /// Whether troubles of sources, notifiers and the daemon itself are told here: alerts of kind
    /// `health`, one at the start and one at the end.
    #[schemars(extend("default" = true), example = true)]
    pub(super) health: Option<Given<bool>>,
    /// The file, relative to the folder of this one. Grows; rotate it with logrotate and SIGHUP.
    #[schemars(required, example = &"alerts.jsonl")]
    path: Option<Given<String>>,
}

/// The file the alerts go to.
pub(super) fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<PathBuf> {
    let help = "say which file: path = \"alerts.jsonl\"";
    let path = reader.require(table, "path", &table.raw.path, help)?;
    if path.get().trim().is_empty() {
        reader.error(path.span(), "the path is empty", help);
        return None;
    }
    Some(reader.path(path))
}
