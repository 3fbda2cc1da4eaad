//! `type = "matrix"`: a room of Matrix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, required_secret, web_url};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A room of Matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Where the account lives.
    pub homeserver: String,
    /// Of the account.
    pub token: Secret,
    /// `!id` or `#alias:server`.
    pub room: String,
    /// Messages are notices, which clients show quietly.
    pub notice: bool,
}

/// A room of Matrix.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The server the account lives on.
    #[schemars(required, example = &"https://matrix.example.org")]
    homeserver: Option<Given<String>>,
    /// Access token of the account that speaks; or give `token_file`. Never shown.
    #[schemars(example = &"syt_d2lyZXdhdGNo_abcd")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.token")]
    token_file: Option<Given<String>>,
    /// The room: its id or an alias. The account is in it, or may join.
    #[schemars(required, example = &"#desk:example.org")]
    room: Option<Given<String>>,
    /// Whether messages are notices, which many clients show quietly and without a sound.
    #[schemars(extend("default" = false), example = true)]
    notice: Option<Given<bool>>,
}

impl Type for Raw {
    type Settings = Matrix;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Matrix> {
        let raw = &table.raw;
        let help = "say where the account lives: homeserver = \"https://matrix.example.org\"";
        let homeserver = reader
            .require(table, "homeserver", &raw.homeserver, help)
            .and_then(|given| reader.check(given, |text| web_url(text).map(|u| u.to_string())));
        let token = required_secret(reader, table, ("token", &raw.token), &raw.token_file);
        let help = "say which room: room = \"#desk:example.org\"";
        let room = reader
            .require(table, "room", &raw.room, help)
            .and_then(|given| {
                reader.check(given, |text| match is_room(text) {
                    true => Ok(text.to_owned()),
                    false => Err((
                        "not a room".to_owned(),
                        "write its id, as \"!abcd:example.org\", or an alias, as \"#desk:example.org\""
                            .to_owned(),
                    )),
                })
            });
        Some(Matrix {
            homeserver: homeserver?,
            token: token?.0,
            room: room?,
            notice: raw.notice.as_ref().is_some_and(|g| *g.get()),
        })
    }
}

/// Ids of newer rooms have no server in them.
fn is_room(text: &str) -> bool {
    let plain = !text.contains(char::is_whitespace);
    plain
        && match text.strip_prefix('#') {
            Some(alias) => alias
                .split_once(':')
                .is_some_and(|(name, server)| !name.is_empty() && !server.is_empty()),
            None => text.strip_prefix('!').is_some_and(|id| !id.is_empty()),
        }
}
