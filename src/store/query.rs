//! What the commands read.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::article::{
    ArticleId, REVISION, StoredRevision, lookup, revision_parts, stored_revision, time,
};
use super::{Reader, Store, StoreError};
use crate::alert::Alert;
use crate::article::{Development, Kind};

/// A source and how it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// The operator's id.
    pub id: String,
    /// Kind name.
    pub kind: String,
    /// Its URL.
    pub url: String,
    /// No longer in the config.
    pub archived: bool,
    /// When it left the config; `None` also where that was not noted.
    pub removed: Option<Timestamp>,
    /// Articles it led to.
    pub articles: u64,
    /// First poll that brought content.
    pub first_polled: Option<Timestamp>,
    /// Last poll.
    pub last_polled: Option<Timestamp>,
    /// What that brought.
    pub last_outcome: Option<String>,
    /// Why.
    pub last_reason: Option<String>,
    /// Start of the present run of bad outcomes.
    pub failing_since: Option<Timestamp>,
    /// When it is polled next.
    pub next_due: Option<Timestamp>,
}

/// A run of fetches that ended alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchRow {
    /// What was asked for.
    pub url: String,
    /// End of the first fetch of the run.
    pub first: Timestamp,
    /// End of the last.
    pub last: Timestamp,
    /// How many.
    pub times: u64,
    /// HTTP status.
    pub status: Option<u16>,
    /// Outcome name.
    pub outcome: String,
    /// Why that outcome.
    pub reason: String,
    /// Decoded length of the last.
    pub bytes: u64,
    /// Duration of the last, in milliseconds.
    pub millis: u64,
}

/// A development on record, with the decision on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DevelopmentRow {
    /// When it was detected.
    pub time: Timestamp,
    /// Content address of the revision that showed it.
    pub revision: String,
    /// An alert went out.
    pub told: bool,
    /// Why, or why not.
    pub reason: String,
    /// What was detected.
    pub development: Development,
}

/// Which alerts to list.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// Not older than.
    pub since: Option<Timestamp>,
    /// Of these kinds; empty: all.
    pub kinds: Vec<Kind>,
    /// Let through by this watch.
    pub watch: Option<String>,
    /// Only those after this sequence number.
    pub after: Option<i64>,
}

/// Sizes, for the end of a demo and the like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Articles known.
    pub articles: u64,
    /// Revisions kept.
    pub revisions: u64,
    /// Alerts stored.
    pub alerts: u64,
    /// Deliveries not acknowledged yet.
    pub pending: u64,
}

impl Store {
    /// Every source with its state.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        self.read(sources)
    }

    /// The present run of fetches of an article that ended alike.
    pub fn last_run(&self, id: ArticleId) -> Result<Option<FetchRow>, StoreError> {
        self.read(|db| {
            Ok(db
                .prepare_cached(&format!(
                    "{FETCH} WHERE article = ?1 ORDER BY id DESC LIMIT 1"
                ))?
                .query_row([id], fetch_row)
                .optional()?)
        })
    }
}

impl Reader {
    /// Every source with its state.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        sources(&self.connection)
    }

    /// The article known under this URL; of one that has moved, where its history went.
    pub fn find(&self, url: &str) -> Result<Option<ArticleId>, StoreError> {
        let Some((id, duplicate)) = lookup(&self.connection, url)? else {
            return Ok(None);
        };
        let moved = duplicate && self.fetches(id)?.is_empty();
        Ok(Some(match moved {
            true => self.connection.query_row(
                "SELECT duplicate_of FROM article WHERE id = ?1",
                [id],
                |row| row.get(0),
            )?,
            false => id,
        }))
    }

    /// Present URL, source id and the article it is a duplicate of.
    pub fn article(&self, id: ArticleId) -> Result<(String, String, Option<String>), StoreError> {
        Ok(self.connection.query_row(
            "SELECT a.url, a.source, d.url FROM article a LEFT JOIN article d ON d.id = a.duplicate_of
             WHERE a.id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?)
    }

    /// Every revision of an article, oldest first.
    pub fn revisions(&self, id: ArticleId) -> Result<Vec<StoredRevision>, StoreError> {
        let mut select = self
            .connection
            .prepare(&format!("{REVISION} WHERE r.article = ?1 ORDER BY r.id"))?;
        let rows = select.query_map([id], revision_parts)?;
        rows.map(|parts| stored_revision(parts?)).collect()
    }

    /// Every development of an article, oldest first.
    pub fn developments(&self, id: ArticleId) -> Result<Vec<DevelopmentRow>, StoreError> {
        let mut select = self.connection.prepare(
            "SELECT d.time, r.content, d.told, d.reason, d.body FROM development d
             JOIN revision r ON r.id = d.revision WHERE d.article = ?1 ORDER BY d.id",
        )?;
        let rows = select.query_map([id], |row| {
            Ok((
                time(row.get(0)?),
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get::<_, String>(4)?,
            ))
        })?;
        rows.map(|row| {
            let (time, revision, told, reason, body) = row?;
            Ok(DevelopmentRow {
                time,
                revision,
                told,
                reason,
                development: serde_json::from_str(&body)
                    .map_err(|e| StoreError::damaged("development", e))?,
            })
        })
        .collect()
    }

    /// The fetches of an article, oldest first.
    pub fn fetches(&self, id: ArticleId) -> Result<Vec<FetchRow>, StoreError> {
        let mut select = self
            .connection
            .prepare(&format!("{FETCH} WHERE article = ?1 ORDER BY id"))?;
        let rows = select.query_map([id], fetch_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The fetches of a source's own page, oldest first.
    pub fn source_fetches(&self, source: &str) -> Result<Vec<FetchRow>, StoreError> {
        let mut select = self.connection.prepare(&format!(
            "{FETCH} WHERE source = ?1 AND article IS NULL ORDER BY id"
        ))?;
        let rows = select.query_map([source], fetch_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Alerts in the order of detection, each with its sequence number.
    pub fn alerts(&self, filter: &AlertFilter) -> Result<Vec<(i64, Alert)>, StoreError> {
        let mut select = self
            .connection
            .prepare("SELECT seq, body FROM alert WHERE time >= ?1 AND seq > ?2 ORDER BY seq")?;
        let since = filter.since.map_or(i64::MIN, |t| t.as_millisecond());
        let rows = select.query_map(params![since, filter.after.unwrap_or(0)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut alerts = Vec::new();
        for row in rows {
            let (seq, body) = row?;
            let alert: Alert =
                serde_json::from_str(&body).map_err(|e| StoreError::damaged("alert", e))?;
            let kind = filter.kinds.is_empty() || filter.kinds.contains(&alert.kind);
            let watch = filter
                .watch
                .as_ref()
                .is_none_or(|w| *w == alert.watch || alert.watches.contains(w));
            if kind && watch {
                alerts.push((seq, alert));
            }
        }
        Ok(alerts)
    }

    /// Sizes of the store.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        Ok(self.connection.query_row(
            "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM revision),
                    (SELECT count(*) FROM alert), (SELECT count(*) FROM delivery WHERE state = 'pending')",
            [],
            |row| {
                Ok(Stats {
                    articles: row.get(0)?,
                    revisions: row.get(1)?,
                    alerts: row.get(2)?,
                    pending: row.get(3)?,
                })
            },
        )?)
    }

    /// URL and title of every article that was looked at, for listings.
    pub fn articles_of(&self, source: &str) -> Result<Vec<(String, Option<String>)>, StoreError> {
        let mut select = self
            .connection
            .prepare("SELECT url, title FROM article WHERE source = ?1 ORDER BY id")?;
        let rows = select.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a source of this id is known.
    pub fn has_source(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT 1 FROM source WHERE id = ?1", [id], |_| Ok(()))
            .optional()?
            .is_some())
    }
}

const FETCH: &str =
    "SELECT url, first, last, times, status, outcome, reason, bytes, millis FROM fetch";

fn fetch_row(row: &Row<'_>) -> rusqlite::Result<FetchRow> {
    Ok(FetchRow {
        url: row.get(0)?,
        first: time(row.get(1)?),
        last: time(row.get(2)?),
        times: row.get(3)?,
        status: row.get(4)?,
        outcome: row.get(5)?,
        reason: row.get(6)?,
        bytes: row.get(7)?,
        millis: row.get(8)?,
    })
}

fn sources(db: &Connection) -> Result<Vec<SourceRow>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT s.id, s.kind, s.url, s.archived, (SELECT count(*) FROM article a WHERE a.source = s.id),
                s.first_polled, s.last_polled, s.last_outcome, s.last_reason, s.failing_since, s.next_due, s.removed
         FROM source s ORDER BY s.archived, s.id",
    )?;
    let rows = select.query_map([], |row| {
        let stamp = |i| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.map(time));
        Ok(SourceRow {
            id: row.get(0)?,
            kind: row.get(1)?,
            url: row.get(2)?,
            archived: row.get(3)?,
            articles: row.get(4)?,
            first_polled: stamp(5)?,
            last_polled: stamp(6)?,
            last_outcome: row.get(7)?,
            last_reason: row.get(8)?,
            failing_since: stamp(9)?,
            next_due: stamp(10)?,
            removed: stamp(11)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
