//! What a daemon needs to find its place again: what is due, pauses that hosts asked for, how it did.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::article::{ArticleId, pack, time, unpack};
use super::{Reader, Store, StoreError};

/// An article that is due, with all that its place in the queue needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueArticle {
    /// Its row.
    pub id: ArticleId,
    /// Under which it is fetched.
    pub url: String,
    /// When.
    pub due: Timestamp,
}

impl Store {
    /// Articles of sources in the config that are due after `after` (a time and an id) and not
    /// later than `until`, in that order, at most `limit`.
    pub fn due_articles(
        &self,
        after: (Timestamp, ArticleId),
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueArticle>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT a.id, a.url, a.next_due FROM article a JOIN source s ON s.id = a.source
                 WHERE (a.next_due, a.id) > (?1, ?2) AND a.next_due <= ?3
                 AND a.duplicate_of IS NULL AND s.archived = 0
                 ORDER BY a.next_due, a.id LIMIT ?4",
            )?;
            let (due, id) = (after.0.as_millisecond(), after.1);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows =
                select.query_map(params![due, id, until.as_millisecond(), limit], |row| {
                    Ok(DueArticle {
                        id: row.get(0)?,
                        url: row.get(1)?,
                        due: time(row.get(2)?),
                    })
                })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Sources in the config and when each is due.
    pub fn due_sources(&self) -> Result<Vec<(String, Option<Timestamp>)>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare("SELECT id, next_due FROM source WHERE archived = 0")?;
            let rows = select.query_map([], |row| {
                Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(time)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Makes articles due now that would be due later than `longest` from now: the clock was wrong
    /// when that was stored.
    pub async fn mend_due(&self, now: Timestamp, longest: Duration) -> Result<usize, StoreError> {
        let latest = now.checked_add(longest).unwrap_or(Timestamp::MAX);
        self.write(move |db| {
            let mut update =
                db.prepare_cached("UPDATE article SET next_due = ?1 WHERE next_due > ?2")?;
            Ok(update.execute([now.as_millisecond(), latest.as_millisecond()])?)
        })
        .await
    }

    /// Moves every stored due time along with a clock that jumped by `by`.
    pub async fn shift_due(&self, by: SignedDuration) -> Result<(), StoreError> {
        let by = i64::try_from(by.as_millis()).unwrap_or(0);
        self.write(move |db| {
            db.execute(
                "UPDATE article SET next_due = next_due + ?1 WHERE next_due IS NOT NULL",
                [by],
            )?;
            db.execute(
                "UPDATE source SET next_due = next_due + ?1 WHERE next_due IS NOT NULL",
                [by],
            )?;
            Ok(())
        })
        .await
    }

    /// Keeps until when hosts want to be left alone, in place of what was kept before.
    pub async fn put_pauses(&self, pauses: Vec<(String, Timestamp)>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute("DELETE FROM pause", [])?;
            let mut insert =
                db.prepare_cached("INSERT INTO pause (host, until) VALUES (?1, ?2)")?;
            for (host, until) in &pauses {
                insert.execute(params![host, until.as_millisecond()])?;
            }
            Ok(())
        })
        .await
    }

    /// As [`Store::put_pauses`] got them.
    pub fn pauses(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare("SELECT host, until FROM pause")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, time(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Keeps what config the daemon has taken up, as text without secrets.
    pub async fn put_running(&self, now: Timestamp, body: String) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "INSERT OR REPLACE INTO running (id, time, body) VALUES (1, ?1, ?2)",
            )?
            .execute(params![now.as_millisecond(), pack(&body)?])?;
            Ok(())
        })
        .await
    }

    /// Keeps how the daemon is doing, as JSON.
    pub async fn put_status(&self, now: Timestamp, body: String) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("INSERT OR REPLACE INTO status (id, time, body) VALUES (1, ?1, ?2)")?
                .execute(params![now.as_millisecond(), body])?;
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// When a daemon last took up a config, and which.
    pub fn running(&self) -> Result<Option<(Timestamp, String)>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = self
            .connection
            .query_row("SELECT time, body FROM running", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        row.map(|(at, body)| Ok((time(at), unpack(&body)?)))
            .transpose()
    }

    /// When a daemon last said how it does, and what.
    pub fn status(&self) -> Result<Option<(Timestamp, String)>, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT time, body FROM status", [], |row| {
                Ok((time(row.get(0)?), row.get(1)?))
            })
            .optional()?)
    }
}
