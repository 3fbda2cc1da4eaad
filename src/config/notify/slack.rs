//! `type = "slack"`: a channel of Slack, by an incoming webhook or as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, icon, line, receiver_url, required_secret, server};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A channel of Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slack {
    /// Of an incoming webhook; without one it is a bot.
    pub url: Option<Secret>,
    /// Of the bot.
    pub token: Option<Secret>,
    /// Where the bot speaks.
    pub channel: Option<String>,
    /// Of the bot's calls.
    pub server: String,
    /// Shown as the sender.
    pub username: Option<String>,
    /// `:name:` or an address.
    pub icon: Option<String>,
}

/// A channel of Slack, by an incoming webhook or as a bot.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Address of an incoming webhook; or else give `token` and `channel`. Never shown.
    #[schemars(example = &"https://hooks.slack.com/services/T000/B000/XXXX")]
    url: Option<Given<String>>,
    /// A file that holds `url`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.url")]
    url_file: Option<Given<String>>,
    /// Token of a bot with the scope `chat:write`. Later alerts of a story answer the first.
    #[schemars(example = &"xoxb-1234-abcd")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.slack")]
    token_file: Option<Given<String>>,
    /// Where the bot speaks: a channel's id or name.
    #[schemars(example = &"C0123456789")]
    channel: Option<Given<String>>,
    /// Server of the bot's calls.
    #[schemars(extend("default" = SERVER), example = &"https://slack-gov.com")]
    server: Option<Given<String>>,
    /// Shown as the sender, where Slack lets the app choose.
    #[schemars(example = &"wirewatch")]
    username: Option<Given<String>>,
    /// Shown beside it: an emoji as `:name:`, or the address of an image.
    #[schemars(example = &":newspaper:")]
    icon: Option<Given<String>>,
}

const SERVER: &str = "https://slack.com";

impl Type for Raw {
    type Settings = Slack;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Slack> {
        let raw = &table.raw;
        let bot = [&raw.token, &raw.token_file].into_iter().flatten().next();
        let hook = raw.url.is_some() || raw.url_file.is_some();
        let (mut url, mut token, mut channel) = (None, None, None);
        match bot {
            Some(bot) if hook => {
                reader.error(
                    bot.span(),
                    "`url` and `token` are both given",
                    "keep `url` for an incoming webhook, or `token` and `channel` for a bot",
                );
                return None;
            }
            Some(_) => {
                let (secret, span) =
                    required_secret(reader, table, ("token", &raw.token), &raw.token_file)?;
                if !secret.expose().starts_with("xox") {
                    reader.error(
                        span,
                        "not a token of Slack",
                        "the app's page \"OAuth & Permissions\" shows the bot's: it begins with xoxb-",
                    );
                    return None;
                }
                let help = "say where the bot speaks: channel = \"C0123456789\"";
                let given = reader.require(table, "channel", &raw.channel, help)?;
                channel = Some(line(reader, given)?);
                token = Some(secret);
            }
            None if !hook && !table.is_broken("token") => {
                let help = "url = \"https://hooks.slack.com/services/…\" of an incoming webhook, or `token` and `channel` of a bot";
                reader.require(table, "url", &raw.url, help)?;
            }
            None => {
                url = Some(receiver_url(
                    reader,
                    table,
                    ("url", &raw.url),
                    &raw.url_file,
                )?)
            }
        }
        if let (Some(given), true) = (&raw.channel, hook) {
            reader.warning(
                given.span(),
                "`channel` says nothing beside `url`",
                "a webhook has its channel; choose another with a bot's `token`",
            );
        }
        Some(Slack {
            url,
            token,
            channel,
            server: server(reader, &raw.server, SERVER)?,
            username: raw.username.as_ref().and_then(|g| line(reader, g)),
            icon: raw.icon.as_ref().and_then(|g| icon(reader, g)),
        })
    }
}
