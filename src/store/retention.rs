//! What is dropped when it is old, and how the file is made small again.
//!
//! Never dropped: articles and sources, the first and the present revision of each article, what was
//! told with the revision that showed it, alerts and deliveries, the last run of fetches of each page.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::article::ArticleId;
use super::{Store, StoreError, schema};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Revisions and what was not told of them are dropped after so long.
    pub history: Duration,
    /// Beyond so many revisions of an article the oldest are dropped.
    pub revisions: u32,
    /// Runs of fetches are dropped so long after their end.
    pub fetches: Duration,
}

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Revisions.
    pub revisions: usize,
    /// Texts that no revision has any more.
    pub texts: usize,
    /// Developments that were not told.
    pub developments: usize,
    /// Runs of fetches.
    pub fetches: usize,
}

impl Dropped {
    /// Adds another count.
    pub fn add(&mut self, other: Dropped) {
        self.revisions += other.revisions;
        self.texts += other.texts;
        self.developments += other.developments;
        self.fetches += other.fetches;
    }
}

/// Articles looked through in one transaction.
const BATCH: i64 = 500;

impl Store {
    /// Drops what is too old of the next few articles after `after`, in one transaction. Returns
    /// where to go on; `None` when all have been looked through.
    pub async fn drop_old(
        &self,
        after: ArticleId,
        keep: Retention,
        now: Timestamp,
    ) -> Result<(Dropped, Option<ArticleId>), StoreError> {
        self.write(move |db| drop_old(db, after, keep, now)).await
    }

    /// Drops what is too old of every article.
    pub async fn drop_all_old(
        &self,
        keep: Retention,
        now: Timestamp,
    ) -> Result<Dropped, StoreError> {
        let mut dropped = Dropped::default();
        let mut after = Some(0);
        while let Some(at) = after {
            let (more, next) = self.drop_old(at, keep, now).await?;
            dropped.add(more);
            after = next;
        }
        Ok(dropped)
    }
}

fn drop_old(
    db: &Connection,
    after: ArticleId,
    keep: Retention,
    now: Timestamp,
) -> Result<(Dropped, Option<ArticleId>), StoreError> {
    let before = |age: Duration| {
        let then = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        then.as_millisecond()
    };
    let last: Option<ArticleId> = db
        .prepare_cached(
            "SELECT max(id) FROM (SELECT id FROM article WHERE id > ?1 ORDER BY id LIMIT ?2)",
        )?
        .query_row([after, BATCH], |row| row.get(0))?;
    let Some(last) = last else {
        // The lists of the sources come last.
        let fetches = db
            .prepare_cached(
                "DELETE FROM fetch WHERE article IS NULL AND last < ?1
                 AND id <> (SELECT max(f.id) FROM fetch f
                            WHERE f.source = fetch.source AND f.article IS NULL)",
            )?
            .execute([before(keep.fetches)])?;
        let dropped = Dropped {
            fetches,
            ..Dropped::default()
        };
        return Ok((dropped, None));
    };
    db.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS old (id INTEGER PRIMARY KEY, content TEXT);
         DELETE FROM temp.old;",
    )?;
    let revisions = db
        .prepare_cached(
            "INSERT INTO temp.old (id, content)
             SELECT id, content FROM (
                 SELECT r.id, r.article, r.content, r.seen,
                        row_number() OVER (PARTITION BY r.article ORDER BY r.id DESC) AS newest,
                        row_number() OVER (PARTITION BY r.article ORDER BY r.id) AS oldest
                 FROM revision r WHERE r.article > ?1 AND r.article <= ?2) AS ranked
             WHERE newest > 1 AND oldest > 1 AND (seen < ?3 OR newest > ?4)
             AND NOT EXISTS (SELECT 1 FROM development d WHERE d.revision = ranked.id
                             AND (d.told = 1
                                  OR EXISTS (SELECT 1 FROM alert a WHERE a.development = d.id)))",
        )?
        .execute(params![
            after,
            last,
            before(keep.history),
            keep.revisions.max(2)
        ])?;
    let developments = db
        .prepare_cached("DELETE FROM development WHERE revision IN (SELECT id FROM temp.old)")?
        .execute([])?;
    db.prepare_cached("DELETE FROM revision WHERE id IN (SELECT id FROM temp.old)")?
        .execute([])?;
    let texts = db
        .prepare_cached(
            "DELETE FROM content WHERE hash IN (SELECT content FROM temp.old)
             AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.content = hash)",
        )?
        .execute([])?;
    let fetches = db
        .prepare_cached(
            "DELETE FROM fetch WHERE article > ?1 AND article <= ?2 AND last < ?3
             AND id <> (SELECT max(f.id) FROM fetch f WHERE f.article = fetch.article)",
        )?
        .execute(params![after, last, before(keep.fetches)])?;
    let dropped = Dropped {
        revisions,
        texts,
        developments,
        fetches,
    };
    Ok((dropped, Some(last)))
}

/// Writes the database at `path` anew without the room that was dropped. Nobody else may have it
/// open for writing; it takes as much room on the disk once more while it runs, and leaves the file
/// as it was if it fails or is cut off.
pub fn shrink(path: &Path) -> Result<(), StoreError> {
    let _lock = super::lock(path)?;
    let mut connection = Connection::open(path).map_err(|e| StoreError::opening(path, e))?;
    schema::prepare(&mut connection).map_err(|e| StoreError::opening(path, e))?;
    connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}
