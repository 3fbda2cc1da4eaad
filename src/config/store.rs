//! `[store]`: where what was seen is kept.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fetch;
use super::read::{Given, Reader};
use super::table::Table;
use super::value::DURATION;

/// Where what was seen is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Store {
    /// The database file; a relative one is relative to the config file's folder.
    pub path: PathBuf,
    /// How long revisions are kept, and what was not told of them.
    #[serde(serialize_with = "super::print::duration")]
    pub keep_history: Duration,
    /// Most revisions kept of an article.
    pub keep_revisions: u32,
    /// How long the log of fetches is kept.
    #[serde(serialize_with = "super::print::duration")]
    pub keep_fetches: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

/// The least and the most any of it is kept.
const KEPT: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(86_400)..=Duration::from_secs(100 * 365 * 86_400);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// The database file, relative to the folder of this file.
    #[schemars(extend("default" = "wirewatch.db"), example = &"/var/lib/wirewatch/wirewatch.db")]
    path: Option<Given<String>>,
    /// How long revisions of articles are kept, and what was not told of them, 1d to 36500d. What
    /// was told, and the first and the present revision of each article, are kept for good.
    #[schemars(extend("default" = "365d"), pattern(DURATION), example = &"365d")]
    keep_history: Option<Given<String>>,
    /// Most revisions kept of an article beside its first, 2 to 100000.
    #[schemars(extend("default" = 200), range(min = 2, max = 100000), example = 200)]
    keep_revisions: Option<Given<i64>>,
    /// How long it is kept what each fetch brought, 1d to 36500d.
    #[schemars(extend("default" = "90d"), pattern(DURATION), example = &"90d")]
    keep_fetches: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Store {
    let raw = table.map(|t| t.raw);
    let (given, history, revisions, fetches) = match raw {
        Some(raw) => (
            raw.path,
            raw.keep_history,
            raw.keep_revisions,
            raw.keep_fetches,
        ),
        None => (None, None, None, None),
    };
    let path = match &given {
        Some(path) => {
            if path.get().trim().is_empty() {
                reader.error(
                    path.span(),
                    "the path is empty",
                    "name the database file: \"wirewatch.db\"",
                );
            }
            reader.path(path)
        }
        None => reader.folder().join("wirewatch.db"),
    };
    Store {
        path,
        keep_history: fetch::time(reader, &history, KEPT, 365 * DAY),
        keep_revisions: fetch::number(reader, &revisions, 2..=100_000, 200) as u32,
        keep_fetches: fetch::time(reader, &fetches, KEPT, 90 * DAY),
    }
}
