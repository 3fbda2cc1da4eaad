//! `type = "pushover"`: a push by pushover.net.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Type, required_secret, web_url};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;
use crate::config::value::DURATION;

/// A user or group of pushover.net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushover {
    /// Token of the application.
    pub token: Secret,
    /// Key of the user or group.
    pub user: Secret,
    /// Their devices, parted by commas; default: all.
    pub device: Option<String>,
    /// -2 to 2.
    pub priority: i8,
    /// At priority 2: asked again after this time...
    #[serde(serialize_with = "crate::config::print::duration")]
    pub retry: Duration,
    /// ...until acknowledged or for so long.
    #[serde(serialize_with = "crate::config::print::duration")]
    pub expire: Duration,
    /// Where the service is.
    pub server: Url,
}

/// Where the service is.
const SERVER: &str = "https://api.pushover.net";

/// A push by pushover.net.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Token of your application there; or give `token_file`.
    #[schemars(example = &"a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5")]
    token: Option<Given<String>>,
    /// A file that holds `token`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.token")]
    token_file: Option<Given<String>>,
    /// Key of the user or group; or give `user_file`.
    #[schemars(example = &"u1v2w3x4y5z6a7b8c9d0e1f2g3h4i5")]
    user: Option<Given<String>>,
    /// A file that holds `user`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.user")]
    user_file: Option<Given<String>>,
    /// Their devices, parted by commas. Default: all.
    #[schemars(example = &"phone")]
    device: Option<Given<String>>,
    /// Priority, -2 (silent) to 2 (rings until acknowledged there); alerts of the kinds in `urgent`
    /// have at least 1.
    #[schemars(extend("default" = 0), range(min = -2, max = 2), example = 1)]
    priority: Option<Given<i64>>,
    /// At priority 2: rings again after this time, at least 30s.
    #[schemars(extend("default" = "1m"), pattern(DURATION), example = &"1m")]
    retry: Option<Given<String>>,
    /// At priority 2: stops ringing after this time, at most 3h.
    #[schemars(extend("default" = "1h"), pattern(DURATION), example = &"1h")]
    expire: Option<Given<String>>,
    /// Where the service is; for a proxy of yours.
    #[schemars(extend("default" = "https://api.pushover.net/"), example = &"https://api.pushover.net")]
    server: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Pushover;
    const URGENT: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Pushover> {
        let raw = &table.raw;
        let token = required_secret(reader, table, ("token", &raw.token), &raw.token_file);
        let user = required_secret(reader, table, ("user", &raw.user), &raw.user_file);
        let priority = match raw.priority.as_ref().map(|g| (*g.get(), g.span())) {
            None => Some(0),
            Some((n @ -2..=2, _)) => Some(n as i8),
            Some((_, span)) => {
                reader.error(span, "no such priority", "-2 to 2");
                None
            }
        };
        let seconds = Duration::from_secs;
        let (shortest, longest) = (seconds(30), seconds(10_800));
        let retry = fetch::time(reader, &raw.retry, shortest..=longest, seconds(60));
        let expire = fetch::time(reader, &raw.expire, shortest..=longest, seconds(3600));
        let server = match &raw.server {
            None => web_url(SERVER).ok(),
            Some(given) => reader.check(given, web_url),
        };
        Some(Pushover {
            token: token?.0,
            user: user?.0,
            device: raw.device.as_ref().map(|g| g.get().clone()),
            priority: priority?,
            retry,
            expire,
            server: server?,
        })
    }
}
