//! `type = "journald"`: an entry in systemd's journal, with fields.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Type;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// systemd's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Journald {
    /// Its socket.
    pub socket: PathBuf,
    /// What the entries say they are from.
    pub identifier: String,
}

/// An entry in systemd's journal, with fields to look for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The journal's socket.
    #[schemars(extend("default" = "/run/systemd/journal/socket"), example = &"/run/systemd/journal/socket")]
    socket: Option<Given<String>>,
    /// What the entries say they are from: `journalctl -t IDENTIFIER`.
    #[schemars(extend("default" = "wirewatch-alert"), example = &"wirewatch-alert")]
    identifier: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Journald;
    const URGENT: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Journald> {
        let raw = &table.raw;
        let socket = match &raw.socket {
            None => "/run/systemd/journal/socket".into(),
            Some(given) => reader.path(given),
        };
        let identifier = match &raw.identifier {
            None => "wirewatch-alert".to_owned(),
            Some(given) => reader.check(given, |text| {
                match !text.is_empty() && !text.chars().any(char::is_control) {
                    true => Ok(text.to_owned()),
                    false => Err(("not a name".to_owned(), "one line of text".to_owned())),
                }
            })?,
        };
        Some(Journald { socket, identifier })
    }
}
