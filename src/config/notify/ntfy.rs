//! `type = "ntfy"`: a push by ntfy.sh or a server of one's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Type, required_secret, web_url};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A topic of an ntfy server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ntfy {
    /// The server.
    pub server: Url,
    /// The topic; whoever knows it reads along.
    pub topic: Secret,
    /// Access token.
    pub token: Option<Secret>,
    /// User, with `password`, instead of a token.
    pub username: Option<String>,
    /// Their password.
    pub password: Option<Secret>,
    /// 1 to 5.
    pub priority: u8,
}

/// A push to phones and browsers by ntfy.sh or a server of your own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The server.
    #[schemars(extend("default" = "https://ntfy.sh/"), example = &"https://ntfy.example.org")]
    server: Option<Given<String>>,
    /// The topic; or give `topic_file`. Whoever knows the name of an open topic reads along, so it is never shown.
    #[schemars(example = &"newsdesk-7Kx2pQ9")]
    topic: Option<Given<String>>,
    /// A file that holds `topic`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.topic")]
    topic_file: Option<Given<String>>,
    /// Access token, if the topic is protected.
    #[schemars(example = &"tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.token")]
    token_file: Option<Given<String>>,
    /// User instead of a token; needs `password`.
    #[schemars(example = &"desk")]
    username: Option<Given<String>>,
    /// Password of `username`.
    #[schemars(example = &"correct horse battery")]
    password: Option<Given<String>>,
    /// A file that holds `password`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.password")]
    password_file: Option<Given<String>>,
    /// Priority, 1 (no sound) to 5; alerts of the kinds in `urgent` have 5.
    #[schemars(extend("default" = 3), range(min = 1, max = 5), example = 4)]
    priority: Option<Given<i64>>,
}

impl Type for Raw {
    type Settings = Ntfy;
    const URGENT: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Ntfy> {
        let raw = &table.raw;
        let server = match &raw.server {
            None => web_url("https://ntfy.sh").ok(),
            Some(given) => reader.check(given, web_url),
        };
        let topic = required_secret(reader, table, ("topic", &raw.topic), &raw.topic_file);
        let topic = topic.and_then(|(topic, span)| {
            let name = topic.expose().trim();
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if name.len() > 64 || !name.chars().all(fits) {
                let help = "letters, digits, `-` and `_`, at most 64; the server is a key of its own";
                reader.error(span, "not the name of a topic", help);
                return None;
            }
            Some(Secret::new(name.to_owned()))
        });
        let token = reader.secret("token", &raw.token, &raw.token_file);
        let login = match (&raw.username, &token) {
            (Some(given), Some(_)) => {
                reader.error(given.span(), "a user beside a token", "keep one of them");
                None
            }
            (Some(given), None) => {
                let password = ("password", &raw.password);
                required_secret(reader, table, password, &raw.password_file)
                    .map(|(secret, _)| (Some(given.get().clone()), Some(secret)))
            }
            (None, _) => match raw.password.as_ref().or(raw.password_file.as_ref()) {
                None => Some((None, None)),
                Some(given) => {
                    let help = "username = \"desk\"";
                    reader.error(given.span(), "a password without a `username`", help);
                    None
                }
            },
        };
        let priority = fetch::number(reader, &raw.priority, 1..=5, 3) as u8;
        let (username, password) = login?;
        Some(Ntfy {
            server: server?,
            topic: topic?,
            token: token.map(|(secret, _)| secret),
            username,
            password,
            priority,
        })
    }
}
