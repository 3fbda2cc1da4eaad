//! `type = "nats"`: alerts to a JetStream stream, or to a subject of plain NATS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, broker};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;
use crate::message::Topic;

/// A subject of NATS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nats {
    /// Servers of one cluster, one of which is enough.
    pub servers: Vec<String>,
    /// Where to.
    pub subject: Topic,
    /// A stream has to take it.
    pub jetstream: bool,
    /// How we prove who we are.
    #[serde(flatten)]
    pub login: NatsLogin,
}

/// How NATS is told who we are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum NatsLogin {
    /// Not at all.
    None {},
    /// By name and password.
    User {
        /// Who.
        username: String,
        /// The proof.
        password: Secret,
    },
    /// By a token.
    Token {
        /// The token.
        token: Secret,
    },
    /// By a JWT and the key to sign with: the text of a `.creds` file.
    Creds {
        /// The text.
        creds: Secret,
    },
}

/// Alerts to a JetStream stream, or to a subject of plain NATS.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Servers of the cluster, each `tls://` or `nats://` (port 4222 unless said); one is enough.
    #[schemars(required, example = &["tls://nats.example.org"])]
    servers: Option<Vec<Given<String>>>,
    /// Where to; `{kind}`, `{source}`, `{watch}` and `{story}` are filled in.
    #[schemars(required, example = &"wirewatch.{watch}.{kind}")]
    subject: Option<Given<String>>,
    /// Whether a stream has to take the message before it counts as delivered. Without, whoever
    /// does not listen at that moment never gets it.
    #[schemars(extend("default" = true), example = false)]
    jetstream: Option<Given<bool>>,
    /// User name.
    #[schemars(example = &"wirewatch")]
    username: Option<Given<String>>,
    /// Password; or give `password_file`. Never shown.
    #[schemars(example = &"correct horse")]
    password: Option<Given<String>>,
    /// A file that holds `password`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.password")]
    password_file: Option<Given<String>>,
    /// Token, instead of a user; or give `token_file`. Never shown.
    #[schemars(example = &"battery staple")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.token")]
    token_file: Option<Given<String>>,
    /// A `.creds` file as `nsc` writes it, instead of a user.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.creds")]
    creds_file: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Nats;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Nats> {
        broker::built(reader, table, "nats", cfg!(feature = "nats"));
        let raw = &table.raw;
        let help = "say which: servers = [\"tls://nats.example.org\"]";
        let servers = broker::servers(reader, table, ("servers", &raw.servers), help, |text| {
            broker::server(text, ["nats", "tls"]).map(|url| url.to_string())
        });
        let help = "say where to: subject = \"wirewatch.{watch}\"";
        let subject = reader.require(table, "subject", &raw.subject, help);
        let subject = subject
            .and_then(|given| reader.check(given, |text| broker::topic(text, '.', &['*', '>'])));
        let user = broker::login(
            reader,
            table,
            &raw.username,
            (&raw.password, &raw.password_file),
        );
        let token = reader.secret("token", &raw.token, &raw.token_file);
        let creds = reader.secret("creds", &None, &raw.creds_file);
        let ways = [
            raw.username.is_some(),
            raw.token.is_some() || raw.token_file.is_some(),
            raw.creds_file.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() > 1 {
            reader.error(
                table.span.clone(),
                "several logins at once",
                "keep one of `username`, `token` and `creds_file`",
            );
            return None;
        }
        let login = match (user?, token, creds) {
            (Some((username, password)), _, _) => NatsLogin::User { username, password },
            (_, Some((token, _)), _) => NatsLogin::Token { token },
            (_, _, Some((creds, span))) => match creds.expose().contains("NATS USER JWT") {
                true => NatsLogin::Creds { creds },
                false => {
                    reader.error(span, "not a `.creds` file", "`nsc generate creds` writes one");
                    return None;
                }
            },
            // What could not be read has been told.
            (None, None, None) if ways.contains(&true) => return None,
            (None, None, None) => NatsLogin::None {},
        };
        Some(Nats {
            servers: servers?,
            subject: subject?,
            jetstream: raw.jetstream.as_ref().is_none_or(|given| *given.get()),
            login,
        })
    }
}
