//! `type = "atom"`: a feed file of the last alerts.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Type, web_url};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// An Atom feed in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Atom {
    /// The file; resolved against the config file's folder.
    pub path: PathBuf,
    /// So many alerts are kept in it.
    pub entries: usize,
    /// Title of the feed.
    pub title: String,
    /// Where the feed will be found by its readers.
    pub link: Option<Url>,
}

/// An Atom feed of the last alerts, in a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The file, relative to the folder of this one.
    #[schemars(required, example = &"alerts.atom")]
    path: Option<Given<String>>,
    /// So many alerts are kept in it, 1 to 10000.
    #[schemars(extend("default" = 100), range(min = 1, max = 10000), example = 100)]
    entries: Option<Given<i64>>,
    /// Title of the feed.
    #[schemars(extend("default" = "wirewatch alerts"), example = &"Alerts of the newsroom")]
    title: Option<Given<String>>,
    /// Where its readers find the feed.
    #[schemars(example = &"https://intranet.example.org/alerts.atom")]
    link: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Atom;
    const MESSAGES: bool = false;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Atom> {
        let raw = &table.raw;
        let help = "say which file: path = \"alerts.atom\"";
        let path = reader.require(table, "path", &raw.path, help)?;
        if path.get().trim().is_empty() {
            reader.error(path.span(), "the path is empty", help);
            return None;
        }
        let link = match &raw.link {
            None => None,
            Some(given) => Some(reader.check(given, web_url)?),
        };
        let title = raw.title.as_ref().map(|g| g.get().clone());
        Some(Atom {
            path: reader.path(path),
            entries: fetch::number(reader, &raw.entries, 1..=10_000, 100),
            title: title.unwrap_or_else(|| "wirewatch alerts".to_owned()),
            link,
        })
    }
}
