//! `[store]`: where what was seen is kept.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{Given, Reader};
use super::table::Table;

/// Where what was seen is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Store {
    /// The database file; a relative one is relative to the config file's folder.
    pub path: PathBuf,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// The database file, relative to the folder of this file.
    #[schemars(extend("default" = "wirewatch.db"), example = &"/var/lib/wirewatch/wirewatch.db")]
    path: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Store {
    let given = table.and_then(|t| t.raw.path);
    let path = match &given {
        Some(path) => {
            if path.get().trim().is_empty() {
                reader.error(
                    path.span(),
                    "the path is empty",
                    "name the database file: \"wirewatch.db\"",
                );
            }
            reader.path(path)
        }
        None => reader.folder().join("wirewatch.db"),
    };
    Store { path }
}
