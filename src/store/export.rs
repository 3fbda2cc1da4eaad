//! What is read out row by row, however much there is: for exports, and for the proof of one alert.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::article::{time, unpack};
use super::{Reader, StoreError};
use crate::alert::{Alert, Archived};
use crate::article::{Development, Kind};

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Not older than.
    pub since: Option<Timestamp>,
    /// Older than.
    pub until: Option<Timestamp>,
    /// Of these kinds; empty: all.
    pub kinds: Vec<Kind>,
    /// Of these sources; empty: all.
    pub sources: Vec<String>,
}

/// A development as it is exported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportedDevelopment {
    /// When it was detected.
    pub time: Timestamp,
    /// The article's URL.
    pub url: String,
    /// The id of the source that led to it.
    pub source: String,
    /// Content address of the revision that showed it.
    pub revision: String,
    /// An alert went out.
    pub told: bool,
    /// Why, or why not.
    pub reason: String,
    /// The alert's id.
    pub alert: Option<String>,
    /// What was detected.
    pub development: Development,
}

/// A revision as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedRevision {
    /// When it was first seen.
    pub seen: Timestamp,
    /// The article's URL.
    pub url: String,
    /// The id of the source that led to it.
    pub source: String,
    /// Its content address.
    pub revision: String,
    /// The headline.
    pub title: String,
    /// ISO 8601, as the page says.
    pub published: Option<String>,
    /// As `published`.
    pub modified: Option<String>,
    /// The body.
    pub text: String,
}

impl Selection {
    fn bounds(&self) -> (i64, i64) {
        let millis =
            |time: Option<Timestamp>, default| time.map_or(default, |time| time.as_millisecond());
        (millis(self.since, i64::MIN), millis(self.until, i64::MAX))
    }

    fn has_kind(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn has_source(&self, source: &String) -> bool {
        self.sources.is_empty() || self.sources.contains(source)
    }
}

impl Reader {
    /// Hands over each alert, in the order of detection, with its JSON as it is sent. All are of one
    /// state of the store.
    pub fn each_alert<E: From<StoreError>>(
        &self,
        selection: &Selection,
        mut each: impl FnMut(&Alert, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT body FROM alert WHERE time >= ?1 AND time < ?2 ORDER BY seq";
        let mut select = self.connection.prepare(sql).map_err(StoreError::from)?;
        let (since, until) = selection.bounds();
        let mut rows = select.query([since, until]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let body: String = row.get(0).map_err(StoreError::from)?;
            let alert: Alert =
                serde_json::from_str(&body).map_err(|e| StoreError::damaged("alert", e))?;
            if selection.has_kind(alert.kind) && selection.has_source(&alert.source) {
                each(&alert, &body)?;
            }
        }
        Ok(())
    }

    /// Hands over each development, told or not, in the order of detection.
    pub fn each_development<E: From<StoreError>>(
        &self,
        selection: &Selection,
        mut each: impl FnMut(&ExportedDevelopment) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT d.time, a.url, a.source, r.content, d.told, d.reason, d.body,
                          (SELECT l.id FROM alert l WHERE l.development = d.id)
                   FROM development d JOIN article a ON a.id = d.article
                   JOIN revision r ON r.id = d.revision
                   WHERE d.time >= ?1 AND d.time < ?2 ORDER BY d.id";
        let mut select = self.connection.prepare(sql).map_err(StoreError::from)?;
        let (since, until) = selection.bounds();
        let mut rows = select.query([since, until]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let read = || {
                let body: String = row.get(6)?;
                let development = serde_json::from_str(&body)
                    .map_err(|e| StoreError::damaged("development", e))?;
                Ok::<_, StoreError>(ExportedDevelopment {
                    time: time(row.get(0)?),
                    url: row.get(1)?,
                    source: row.get(2)?,
                    revision: row.get(3)?,
                    told: row.get(4)?,
                    reason: row.get(5)?,
                    alert: row.get(7)?,
                    development,
                })
            };
            let found = read()?;
            if selection.has_kind(found.development.kind) && selection.has_source(&found.source) {
                each(&found)?;
            }
        }
        Ok(())
    }

    /// Hands over each revision that is kept, in the order it was seen. Kinds do not matter.
    pub fn each_revision<E: From<StoreError>>(
        &self,
        selection: &Selection,
        mut each: impl FnMut(&ExportedRevision) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql =
            "SELECT r.seen, a.url, a.source, r.content, c.title, r.published, r.modified, c.text
                   FROM revision r JOIN article a ON a.id = r.article
                   JOIN content c ON c.hash = r.content
                   WHERE r.seen >= ?1 AND r.seen < ?2 ORDER BY r.id";
        let mut select = self.connection.prepare(sql).map_err(StoreError::from)?;
        let (since, until) = selection.bounds();
        let mut rows = select.query([since, until]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let read = || {
                Ok::<_, StoreError>(ExportedRevision {
                    seen: time(row.get(0)?),
                    url: row.get(1)?,
                    source: row.get(2)?,
                    revision: row.get(3)?,
                    title: row.get(4)?,
                    published: row.get(5)?,
                    modified: row.get(6)?,
                    text: unpack(&row.get::<_, Vec<u8>>(7)?)?,
                })
            };
            let found = read()?;
            if selection.has_source(&found.source) {
                each(&found)?;
            }
        }
        Ok(())
    }

    /// Title and text of a content address; `None` if no revision has it any more.
    pub fn content(&self, hash: &str) -> Result<Option<(String, String)>, StoreError> {
        let found: Option<(String, Vec<u8>)> = self
            .connection
            .query_row(
                "SELECT title, text FROM content WHERE hash = ?1",
                [hash],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        found
            .map(|(title, text)| Ok((title, unpack(&text)?)))
            .transpose()
    }

    /// Where the page of a revision was kept, by the alerts it led to: a revision of the article
    /// that the alert `id` is about.
    pub fn kept_page(&self, id: &str, revision: &str) -> Result<Option<Archived>, StoreError> {
        let mut select = self.connection.prepare(
            "SELECT l.body FROM alert l JOIN development d ON d.id = l.development
             JOIN revision r ON r.id = d.revision
             WHERE r.content = ?2 AND d.article = (SELECT o.article FROM development o
                 JOIN alert m ON m.development = o.id WHERE m.id = ?1)
             ORDER BY l.seq DESC",
        )?;
        let mut rows = select.query(params![id, revision])?;
        while let Some(row) = rows.next()? {
            let body: String = row.get(0)?;
            let alert: Alert =
                serde_json::from_str(&body).map_err(|e| StoreError::damaged("alert", e))?;
            if alert.archive.is_some() {
                return Ok(alert.archive);
            }
        }
        Ok(None)
    }
}
