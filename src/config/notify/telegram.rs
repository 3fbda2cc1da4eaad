//! `type = "telegram"`: a chat, group or channel of Telegram, by a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, required_secret, server};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A chat of Telegram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Telegram {
    /// Of the bot.
    pub token: Secret,
    /// A number, or `@name` of a public channel.
    pub chat_id: String,
    /// A topic of the group.
    pub topic: Option<u32>,
    /// Whether it comes without a sound.
    pub silent: bool,
    /// Of the bot API.
    pub server: String,
}

/// A chat, group or channel of Telegram, by a bot.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The bot's token, of @BotFather; or give `token_file`. Never shown.
    #[schemars(example = &"123456789:AAExampleExampleExampleExampleExampl")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.telegram")]
    token_file: Option<Given<String>>,
    /// Where to: the number of a chat or group, or the `@name` of a channel.
    #[schemars(required, example = &"-1001234567890")]
    chat_id: Option<Given<String>>,
    /// Number of a topic of the group.
    #[schemars(range(min = 1, max = 2_147_483_647), example = 12)]
    topic: Option<Given<i64>>,
    /// Whether messages come without a sound.
    #[schemars(extend("default" = false), example = true)]
    silent: Option<Given<bool>>,
    /// The server of the bot API, if it is one of yours.
    #[schemars(extend("default" = SERVER), example = &"http://127.0.0.1:8081")]
    server: Option<Given<String>>,
}

const SERVER: &str = "https://api.telegram.org";

impl Type for Raw {
    type Settings = Telegram;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Telegram> {
        let raw = &table.raw;
        let token = required_secret(reader, table, ("token", &raw.token), &raw.token_file);
        let token = token.and_then(|(token, span)| match is_token(token.expose()) {
            true => Some(token),
            false => {
                reader.error(
                    span,
                    "not the token of a bot",
                    "@BotFather gives one: digits, `:` and 35 letters and digits",
                );
                None
            }
        });
        let help = "say where to: chat_id = \"-1001234567890\" or \"@channel\"";
        let chat_id = reader
            .require(table, "chat_id", &raw.chat_id, help)
            .and_then(|given| {
                reader.check(given, |text| match is_chat(text) {
                    true => Ok(text.to_owned()),
                    false => Err((
                        "not a chat".to_owned(),
                        "write a number, as \"-1001234567890\", or the name of a public channel, as \"@name\""
                            .to_owned(),
                    )),
                })
            });
        let topic = raw
            .topic
            .as_ref()
            .map(|_| fetch::number(reader, &raw.topic, 1..=2_147_483_647, 1) as u32);
        let server = server(reader, &raw.server, SERVER);
        Some(Telegram {
            token: token?,
            chat_id: chat_id?,
            topic,
            silent: raw.silent.as_ref().is_some_and(|g| *g.get()),
            server: server?,
        })
    }
}

fn is_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, key)| {
        !id.is_empty()
            && id.bytes().all(|b| b.is_ascii_digit())
            && key.len() >= 30
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    })
}

fn is_chat(text: &str) -> bool {
    match text.strip_prefix('@') {
        Some(name) => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        }
        None => text.parse::<i64>().is_ok_and(|n| n != 0),
    }
}
