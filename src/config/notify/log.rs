//! `type = "log"`: alerts as JSON Lines in a file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Type;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// JSON Lines in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Log {
    /// The file; resolved against the config file's folder.
    pub path: PathBuf,
}

/// Alerts as JSON Lines in a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The file, relative to the folder of this one. Grows; rotate it with logrotate and SIGHUP.
    #[schemars(required, example = &"alerts.jsonl")]
    path: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Log;
    const MESSAGES: bool = false;
    const HEALTH: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Log> {
        let help = "say which file: path = \"alerts.jsonl\"";
        let path = reader.require(table, "path", &table.raw.path, help)?;
        if path.get().trim().is_empty() {
            reader.error(path.span(), "the path is empty", help);
            return None;
        }
        Some(Log {
            path: reader.path(path),
        })
    }
}
