//! `[defaults]`: what holds for every source that does not say otherwise.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{Given, Reader};
use super::table::Table;
use super::value::{DURATION, duration, show_duration};

/// The shortest and the longest time between two polls.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(30 * 86_400);

/// What holds for every source that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defaults {
    /// Time between two polls of a source.
    #[serde(serialize_with = "super::print::duration")]
    pub interval: Duration,
    /// When the articles a source led to are fetched again.
    pub recheck: Recheck,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults {
            interval: Duration::from_secs(300),
            recheck: Recheck::Auto,
        }
    }
}

/// When an article is fetched again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    /// Often while it is young or changing, ever more rarely later.
    Auto,
    /// At this fixed distance.
    Every(Duration),
}

impl Serialize for Recheck {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Recheck::Auto => serializer.serialize_str("auto"),
            Recheck::Every(time) => serializer.serialize_str(&show_duration(*time)),
        }
    }
}

/// The pattern of a recheck, for the schema.
pub(super) const RECHECK: &str = r"^auto$|^([0-9]+(ms|s|m|h|d))+$|\$\{";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Time between two polls of a source, 1s to 30d.
    #[schemars(extend("default" = "5m"), pattern(DURATION), example = &"5m")]
    interval: Option<Given<String>>,
    /// When articles are fetched again: "auto" (often while young or changing, ever more rarely
    /// later) or a fixed time.
    #[schemars(extend("default" = "auto"), pattern(RECHECK), example = &"auto")]
    recheck: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Defaults {
    let base = Defaults::default();
    let Some(Table { raw, .. }) = table else {
        return base;
    };
    Defaults {
        interval: raw
            .interval
            .and_then(|g| interval(reader, &g))
            .unwrap_or(base.interval),
        recheck: raw
            .recheck
            .and_then(|g| recheck(reader, &g))
            .unwrap_or(base.recheck),
    }
}

/// A time between two polls.
pub(super) fn interval(reader: &mut Reader<'_>, given: &Given<String>) -> Option<Duration> {
    reader.check(given, |text| {
        let time = duration(text)?;
        if time < *INTERVAL.start() {
            return Err((
                "an interval is at least 1s".to_owned(),
                "news pages bear a poll a minute; try \"60s\"".to_owned(),
            ));
        }
        if time > *INTERVAL.end() {
            return Err((
                "an interval is at most 30d".to_owned(),
                "to stop watching a source, take it out of the file".to_owned(),
            ));
        }
        Ok(time)
    })
}

/// `auto`, or a time between two fetches.
pub(super) fn recheck(reader: &mut Reader<'_>, given: &Given<String>) -> Option<Recheck> {
    if given.get() == "auto" {
        return Some(Recheck::Auto);
    }
    if !given.get().starts_with(|c: char| c.is_ascii_digit()) {
        reader.error(
            given.span(),
            "not a recheck",
            "write \"auto\" or a duration: \"10m\"",
        );
        return None;
    }
    interval(reader, given).map(Recheck::Every)
}
