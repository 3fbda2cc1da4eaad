//! What a reload would do: the config file against what the daemon runs with.

use std::io::{self, Write};

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::common::show;
use crate::config::{Change, Config, Diff, Entry, HIDDEN, Key, Snapshot};
use crate::store::{Reader, StoreError, in_use};

/// The file against what the daemon of its store took up.
#[derive(Serialize)]
pub(super) struct Changes {
    /// When that was taken up; null: no daemon has run on this store.
    pub(super) since: Option<Timestamp>,
    /// Whether the daemon is running now.
    pub(super) running: bool,
    /// What differs.
    #[serde(flatten)]
    pub(super) diff: Diff,
    /// Keys whose change makes a running daemon refuse the file.
    restart: Vec<String>,
}

impl Changes {
    /// Compares; fails where the store cannot be read.
    pub(super) fn of(config: &Config) -> anyhow::Result<Changes> {
        let kept = match Reader::open(&config.store.path) {
            Ok(reader) => reader.running()?,
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let (since, diff) = match kept {
            None => (None, Diff::default()),
            Some((since, body)) => {
                let snapshot = Snapshot::read(&body)
                    .context("failed to read the store's note of the config")?;
                (Some(since), snapshot.diff(config)?)
            }
        };
        Ok(Changes {
            since,
            running: in_use(&config.store.path)?,
            restart: diff.needs_restart(),
            diff,
        })
    }

    /// For a person.
    pub(super) fn write(&self, config: &Config, out: &mut dyn Write) -> io::Result<()> {
        let Some(since) = self.since else {
            return writeln!(
                out,
                "no daemon has run on {} yet: either none has run, or [store] path has changed, which needs a restart",
                config.store.path.display()
            );
        };
        let now = if self.running {
            ""
        } else {
            " (it is not running now)"
        };
        if self.diff.is_empty() {
            return writeln!(out, "as the daemon took it up {}{now}", show(since));
        }
        writeln!(out, "against what the daemon took up {}{now}:", show(since))?;
        for entry in &self.diff.entries {
            writeln!(out, "{}", line(entry))?;
        }
        if !self.restart.is_empty() {
            writeln!(
                out,
                "a reload refuses this as a whole: {} needs a restart",
                self.restart.join(" and ")
            )?;
        }
        Ok(())
    }
}

fn line(entry: &Entry) -> String {
    let what = format!("{} {}", entry.table, entry.name);
    let what = what.trim_end();
    match entry.change {
        Change::Added => format!("+ {what}"),
        Change::Removed => format!("- {what}"),
        Change::Changed => {
            let keys: Vec<String> = entry.keys.iter().map(key).collect();
            format!("~ {what}: {}", keys.join("; "))
        }
    }
}

fn key(key: &Key) -> String {
    let hidden = |value: &Value| value == HIDDEN;
    if hidden(&key.old) && hidden(&key.new) {
        return format!("{} changed {HIDDEN}", key.key);
    }
    let shown = |value: &Value| match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) if text == HIDDEN => text.clone(),
        other => other.to_string(),
    };
    format!("{} {} -> {}", key.key, shown(&key.old), shown(&key.new))
}
