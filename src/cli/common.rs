//! What several commands share: finding the config, opening the store, reading arguments.

use std::fmt;
use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Context;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use url::Url;

use crate::config::{self, Config};
use crate::store::{ArticleId, Reader};

/// `--config`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ConfigArg {
    /// The config [default: wirewatch.toml, then /etc/wirewatch/wirewatch.toml]
    #[arg(long, value_name = "FILE", env = "WIREWATCH_CONFIG")]
    config: Option<PathBuf>,
}

/// The config was not accepted; the command ends with the exit code for that.
#[derive(Debug)]
pub(super) struct ConfigRefused(pub(super) config::Errors);

impl ConfigRefused {
    pub(super) fn render(&self) -> String {
        self.0.render(std::io::stderr().is_terminal())
    }
}

impl fmt::Display for ConfigRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.render(false))
    }
}

impl std::error::Error for ConfigRefused {}

impl ConfigArg {
    /// Where the config is.
    pub(super) fn path(&self) -> Result<PathBuf, config::Errors> {
        config::find(self.config.as_deref())
    }

    /// Finds and reads the config.
    pub(super) fn load(&self) -> anyhow::Result<Config> {
        let path = self.path().map_err(ConfigRefused)?;
        Ok(config::load(&path).map_err(ConfigRefused)?)
    }

    /// As [`ConfigArg::load`]; `None` where no file is named and there is none.
    pub(super) fn load_if_any(&self) -> anyhow::Result<Option<Config>> {
        if self.config.is_none() && config::find(None).is_err() {
            return Ok(None);
        }
        self.load().map(Some)
    }

    /// Opens the store of the config for reading.
    pub(super) fn reader(&self) -> anyhow::Result<Reader> {
        Ok(Reader::open(&self.load()?.store.path)?)
    }
}

/// The article of a URL as a person pastes it.
pub(super) fn find_article(reader: &Reader, url: &str) -> anyhow::Result<ArticleId> {
    let canonical = Url::parse(url)
        .map(|url| String::from(crate::source::canonical(&url)))
        .with_context(|| {
            format!("{url:?} is not a URL; give it whole, as in https://example.org/news/1")
        })?;
    reader.find(&canonical)?.with_context(|| {
        format!(
            "{canonical} is not known; `wirewatch sources --articles` lists the articles that are"
        )
    })
}

/// A moment as a person gives it: a time, a date (in UTC), or how long ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<Date>() {
        return TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .map_err(|e| e.to_string());
    }
    let ago = config::duration(text).map_err(|_| {
        "give a time (2026-11-23T14:00:00Z), a date (2026-11-23) or how long ago (90m, 2h, 7d)"
            .to_owned()
    })?;
    let ago = Span::try_from(ago).map_err(|e| e.to_string())?;
    Timestamp::now().checked_sub(ago).map_err(|e| e.to_string())
}

/// A size for a person.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A time for a person, in UTC.
pub(super) fn show(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// As [`show`], or a dash.
pub(super) fn show_or_dash(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "-".to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_dates_or_durations_ago() {
        assert_eq!(
            moment("2026-11-23T14:00:00Z").unwrap().to_string(),
            "2026-11-23T14:00:00Z"
        );
        assert_eq!(
            moment("2026-11-23").unwrap().to_string(),
            "2026-11-23T00:00:00Z"
        );
        let ago = moment("1h").unwrap();
        let hour = Timestamp::now().duration_since(ago).as_secs();
        assert!((3600..3610).contains(&hour), "{hour}");
        assert!(moment("yesterday").unwrap_err().contains("7d"));
    }
}
