//! `type = "gotify"`: a push by a Gotify server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Type, required_secret, web_url};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// An application of a Gotify server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gotify {
    /// The server.
    pub server: Url,
    /// Token of the application.
    pub token: Secret,
    /// 0 to 10.
    pub priority: u8,
}

/// A push by a Gotify server of yours.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The server, with its path if it has one.
    #[schemars(required, example = &"https://gotify.example.org")]
    server: Option<Given<String>>,
    /// Token of the application (not of a client); or give `token_file`.
    #[schemars(example = &"A2bcdEfGhi-Jk3l")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.token")]
    token_file: Option<Given<String>>,
    /// Priority, 0 (silent) to 10; alerts of the kinds in `urgent` have 10.
    #[schemars(extend("default" = 5), range(min = 0, max = 10), example = 7)]
    priority: Option<Given<i64>>,
}

impl Type for Raw {
    type Settings = Gotify;
    const URGENT: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Gotify> {
        let raw = &table.raw;
        let help = "server = \"https://gotify.example.org\"";
        let server = reader
            .require(table, "server", &raw.server, help)
            .and_then(|given| reader.check(given, web_url));
        let token = required_secret(reader, table, ("token", &raw.token), &raw.token_file);
        let priority = fetch::number(reader, &raw.priority, 0..=10, 5) as u8;
        Some(Gotify {
            server: server?,
            token: token?.0,
            priority,
        })
    }
}
