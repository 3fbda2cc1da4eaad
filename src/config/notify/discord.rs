//! `type = "discord"`: a channel of Discord, by a webhook.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, hook_url, line};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A channel of Discord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discord {
    /// Of the webhook.
    pub url: Secret,
    /// Shown as the sender.
    pub username: Option<String>,
    /// Address of an image shown beside it.
    pub avatar: Option<String>,
    /// A thread of the channel that everything goes into.
    pub thread_id: Option<String>,
    /// The channel is a forum: every story gets a post.
    pub forum: bool,
}

/// A channel of Discord, by a webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Address of the webhook; or give `url_file`. Never shown.
    #[schemars(example = &"https://discord.com/api/webhooks/1234/abcd")]
    url: Option<Given<String>>,
    /// A file that holds `url`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.discord")]
    url_file: Option<Given<String>>,
    /// Shown as the sender instead of the webhook's name.
    #[schemars(example = &"wirewatch")]
    username: Option<Given<String>>,
    /// Address of an image shown beside it.
    #[schemars(example = &"https://example.org/icon.png")]
    avatar: Option<Given<String>>,
    /// Id of a thread of the channel that everything goes into.
    #[schemars(example = &"1234567890123456789")]
    thread_id: Option<Given<String>>,
    /// Whether the channel is a forum: every story becomes a post, and later alerts go into it.
    #[schemars(extend("default" = false), example = true)]
    forum: Option<Given<bool>>,
}

impl Type for Raw {
    type Settings = Discord;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Discord> {
        let raw = &table.raw;
        let help =
            "copy it in Discord: channel > Edit > Integrations > Webhooks > Copy Webhook URL";
        let url = hook_url(
            reader,
            table,
            (&raw.url, &raw.url_file),
            ("/webhooks/", help),
        );
        let thread_id = raw.thread_id.as_ref().and_then(|given| {
            reader.check(given, |text| {
                match !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
                    true => Ok(text.to_owned()),
                    false => Err((
                        "not the id of a thread".to_owned(),
                        "copy it in Discord (developer mode): digits, such as \"1234567890123456789\""
                            .to_owned(),
                    )),
                }
            })
        });
        let forum = raw.forum.as_ref().is_some_and(|g| *g.get());
        if let (true, Some(given)) = (forum, &raw.thread_id) {
            reader.error(
                given.span(),
                "`thread_id` and `forum` exclude each other",
                "keep `thread_id` for one thread, or `forum` for a post a story",
            );
        }
        Some(Discord {
            url: url?,
            username: raw.username.as_ref().and_then(|g| line(reader, g)),
            avatar: raw
                .avatar
                .as_ref()
                .and_then(|g| reader.check(g, |t| super::web_url(t).map(|u| u.to_string()))),
            thread_id,
            forum,
        })
    }
}
