//! `type = "mattermost"`: a channel of Mattermost, by an incoming webhook.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, hook_url, icon, line};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A channel of Mattermost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mattermost {
    /// Of the webhook.
    pub url: Secret,
    /// Another channel than the webhook's.
    pub channel: Option<String>,
    /// Shown as the sender.
    pub username: Option<String>,
    /// `:name:` or an address.
    pub icon: Option<String>,
}

/// A channel of Mattermost, by an incoming webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Address of the incoming webhook; or give `url_file`. Never shown.
    #[schemars(example = &"https://chat.example.org/hooks/abcd")]
    url: Option<Given<String>>,
    /// A file that holds `url`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.mattermost")]
    url_file: Option<Given<String>>,
    /// Another channel than the webhook's, by the name in its address, or `@user`.
    #[schemars(example = &"town-square")]
    channel: Option<Given<String>>,
    /// Shown as the sender, where the server lets webhooks choose.
    #[schemars(example = &"wirewatch")]
    username: Option<Given<String>>,
    /// Shown beside it: an emoji as `:name:`, or the address of an image.
    #[schemars(example = &":newspaper:")]
    icon: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Mattermost;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Mattermost> {
        let raw = &table.raw;
        let help = "make one in Mattermost: Integrations > Incoming Webhooks; it has /hooks/ in it";
        let url = hook_url(reader, table, (&raw.url, &raw.url_file), ("/hooks/", help));
        Some(Mattermost {
            url: url?,
            channel: raw.channel.as_ref().and_then(|g| line(reader, g)),
            username: raw.username.as_ref().and_then(|g| line(reader, g)),
            icon: raw.icon.as_ref().and_then(|g| icon(reader, g)),
        })
    }
}
