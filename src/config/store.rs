//! `[store]`: where what was seen is kept.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fetch;
use super::read::{Given, Reader};
use super::table::Table;
use super::value::{DURATION, SIZE, size};

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
    /// Whether the page behind each alert is kept.
    pub archive: ArchiveKind,
    /// The folder it is kept in; a relative one is relative to the config file's folder.
    pub archive_path: PathBuf,
    /// How long kept pages are kept.
    #[serde(serialize_with = "super::print::duration")]
    pub keep_archive: Duration,
    /// Most bytes of them.
    #[serde(serialize_with = "super::print::size")]
    pub keep_archive_size: u64,
}

/// How pages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// Not at all.
    None,
    /// In WARC files.
    Warc,
}

const DAY: Duration = Duration::from_secs(86_400);

/// The least and the most that is kept of the archive.
const ARCHIVE: std::ops::RangeInclusive<u64> = 100_000_000..=100_000_000_000_000;

/// The least and the most any of it is kept.
const KEPT: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(86_400)..=Duration::from_secs(100 * 365 * 86_400);

#[derive(Default, Deserialize, JsonSchema)]
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
    /// "warc": the page behind each alert is kept as evidence, raw, in WARC files.
    #[schemars(extend("enum" = ["none", "warc"], "default" = "none"), example = &"warc")]
    archive: Option<Given<String>>,
    /// The folder of these files, relative to the folder of this file; `archive` beside the
    /// database if it is not set.
    #[schemars(example = &"/var/lib/wirewatch/archive")]
    archive_path: Option<Given<String>>,
    /// How long kept pages are kept, 1d to 36500d; whole files go, a day or 1 GB each.
    #[schemars(extend("default" = "365d"), pattern(DURATION), example = &"365d")]
    keep_archive: Option<Given<String>>,
    /// Most room of kept pages, 100MB to 100000GB; beyond it the oldest files go.
    #[schemars(extend("default" = "20GB"), pattern(SIZE), example = &"20GB")]
    keep_archive_size: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Store {
    let raw = table.map(|t| t.raw).unwrap_or_default();
    let mut file = |given: &Option<Given<String>>, help: &str| {
        let given = given.as_ref()?;
        if given.get().trim().is_empty() {
            reader.error(given.span(), "the path is empty", help);
        }
        Some(reader.path(given))
    };
    let path = file(&raw.path, "name the database file: \"wirewatch.db\"");
    let archive_path = file(&raw.archive_path, "name a folder: \"archive\"");
    let path = path.unwrap_or_else(|| reader.folder().join("wirewatch.db"));
    Store {
        keep_history: fetch::time(reader, &raw.keep_history, KEPT, 365 * DAY),
        keep_revisions: fetch::number(reader, &raw.keep_revisions, 2..=100_000, 200) as u32,
        keep_fetches: fetch::time(reader, &raw.keep_fetches, KEPT, 90 * DAY),
        archive: raw
            .archive
            .and_then(|given| reader.check(&given, archive))
            .unwrap_or(ArchiveKind::None),
        archive_path: archive_path.unwrap_or_else(|| path.with_file_name("archive")),
        keep_archive: fetch::time(reader, &raw.keep_archive, KEPT, 365 * DAY),
        keep_archive_size: raw
            .keep_archive_size
            .and_then(|given| reader.check(&given, archive_size))
            .unwrap_or(20_000_000_000),
        path,
    }
}

fn archive(text: &str) -> Result<ArchiveKind, (String, String)> {
    match text {
        "none" => Ok(ArchiveKind::None),
        "warc" => Ok(ArchiveKind::Warc),
        _ => Err((
            "unknown kind of archive".to_owned(),
            "write \"none\" or \"warc\"".to_owned(),
        )),
    }
}

fn archive_size(text: &str) -> Result<u64, (String, String)> {
    let bytes = size(text)?;
    match ARCHIVE.contains(&bytes) {
        true => Ok(bytes),
        false => Err((
            "out of range".to_owned(),
            "it is between 100MB and 100000GB".to_owned(),
        )),
    }
}
