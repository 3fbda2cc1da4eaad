//! Articles, their revisions and what is kept to ask for them again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, StoreError};
use crate::article::{Development, Revision};

/// Row id of an article.
pub type ArticleId = i64;

/// Level of zstd for texts: 3 packs news text to about 40 % at hundreds of MB/s.
const LEVEL: i32 = 3;

/// Largest text that is unpacked, as a guard against a damaged length: 64 MiB.
const LARGEST: usize = 64 << 20;

/// An article listed by a feed or section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Canonical form of its URL.
    pub url: String,
    /// As the list names it.
    pub title: Option<String>,
    /// As the list dates it, or a time after which it was not published.
    pub published: Option<Timestamp>,
    /// The list may have had it before, so that it is no news whatever its date.
    pub listed_before: bool,
}

impl Discovery {
    /// Whether it can be news to somebody who has watched since `first` (milliseconds): a list
    /// that newly shows an old article does not make it news. An undated one counts as new.
    pub(super) fn newer_than(&self, first: i64) -> bool {
        !self.listed_before && self.published.is_none_or(|p| p.as_millisecond() >= first)
    }
}

/// A listed article with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its row.
    pub id: ArticleId,
    /// Under which it is fetched.
    pub url: String,
    /// To be looked at from now on: listed for the first time, or left behind by a source that was
    /// removed.
    pub is_new: bool,
}

/// An article as the schedule needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleRow {
    /// Its row.
    pub id: ArticleId,
    /// Under which it is fetched.
    pub url: String,
    /// The source that led to it.
    pub source: String,
    /// When it was found.
    pub found: Timestamp,
    /// Its first sight is news.
    pub news: bool,
    /// When its present revision was first seen.
    pub changed: Option<Timestamp>,
    /// When it is to be looked at next; `None` when no more.
    pub next_due: Option<Timestamp>,
    /// What the recheck plan knows of it; `None` before the first look that brought content.
    pub plan: Option<Plan>,
    /// Its source still lists it.
    pub listed: bool,
}

/// What is kept of an article for the recheck plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The last look that brought content.
    pub checked: Timestamp,
    /// Changes seen, the older the less.
    pub changes: f64,
    /// Seconds in which they were seen, the older the less.
    pub seconds: f64,
    /// How many times longer than planned the host's budget made the last wait.
    pub stretch: f64,
    /// A watch picks it out.
    pub watched: bool,
}

/// An article with what its next fetch is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// The article.
    pub article: ArticleRow,
    /// What to ask with.
    pub validator: Option<Validator>,
    /// What the last full reading found on its page, as [`super::Kept::Is`] had it.
    pub region: Option<Vec<u8>>,
}

/// What the last good fetch of a URL brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    /// The ETag header.
    pub etag: Option<String>,
    /// The Last-Modified header.
    pub last_modified: Option<String>,
    /// SHA-256 of the decoded body, hex.
    pub body: String,
}

impl Validator {
    /// Whether the next request would ask otherwise with this than with `other`.
    pub fn asks_otherwise(&self, other: &Option<Validator>) -> bool {
        let differs = |v: &Validator| v.etag != self.etag || v.last_modified != self.last_modified;
        other.as_ref().is_none_or(differs)
    }
}

/// A revision with its place in the article's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRevision {
    /// Its row.
    pub id: i64,
    /// When it was first seen.
    pub seen: Timestamp,
    /// Content address.
    pub hash: String,
    /// What it says.
    pub revision: Revision,
}

impl Store {
    /// Every article that is still looked at, of sources that are not archived.
    pub fn watched_articles(&self) -> Result<Vec<ArticleRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare(&format!(
                "SELECT {ARTICLE} FROM {WITH_SOURCE} WHERE a.next_due IS NOT NULL AND a.duplicate_of IS NULL AND s.archived = 0"
            ))?;
            let rows = select.query_map([], article_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One article by its row, with what its turn begins from; `None` if it turned out to be
    /// another one.
    pub fn tracked(&self, id: ArticleId) -> Result<Option<Tracked>, StoreError> {
        self.read(|db| {
            Ok(db
                .prepare_cached(&format!(
                    "SELECT {ARTICLE}, v.etag, v.last_modified, v.body, r.region
                         FROM {WITH_SOURCE} LEFT JOIN validator v ON v.url = a.url
                             LEFT JOIN region r ON r.article = a.id
                         WHERE a.id = ?1 AND a.duplicate_of IS NULL"
                ))?
                .query_row([id], |row| {
                    let body: Option<String> = row.get(15)?;
                    let validator = |body| -> rusqlite::Result<Validator> {
                        Ok(Validator {
                            etag: row.get(13)?,
                            last_modified: row.get(14)?,
                            body,
                        })
                    };
                    Ok(Tracked {
                        article: article_row(row)?,
                        validator: body.map(validator).transpose()?,
                        region: row.get(16)?,
                    })
                })
                .optional()?)
        })
    }

    /// The revision an article stands at; `None` before its first sight.
    pub fn latest_revision(&self, id: ArticleId) -> Result<Option<StoredRevision>, StoreError> {
        self.read(|db| latest(db, id))
    }

    /// Whether this content was seen before at any time, in this article or another of its host:
    /// an article that shows up under a second address is no news.
    pub fn seen_before(&self, id: ArticleId, hash: &str) -> Result<bool, StoreError> {
        self.read(|db| {
            let url: Option<String> = db
                .prepare_cached("SELECT url FROM article WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()?;
            let site = url.as_deref().map_or("", site_of).to_owned();
            Ok(db
                .prepare_cached(
                    "SELECT 1 FROM revision r JOIN article a ON a.id = r.article
                     WHERE r.content = ?2 AND (a.id = ?1 OR substr(a.url, 1, length(?3)) = ?3)
                     LIMIT 1",
                )?
                .exists(params![id, hash, site])?)
        })
    }

    /// The developments of an article that were told, oldest first.
    pub fn told(&self, id: ArticleId) -> Result<Vec<Development>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT body FROM development WHERE article = ?1 AND told = 1 ORDER BY id",
            )?;
            let bodies = select.query_map([id], |row| row.get::<_, String>(0))?;
            bodies
                .map(|body| {
                    serde_json::from_str(&body?).map_err(|e| StoreError::damaged("development", e))
                })
                .collect()
        })
    }

    /// Since when the article has been gone without a break; `None` if its last fetch was not.
    pub fn gone_since(&self, id: ArticleId) -> Result<Option<Timestamp>, StoreError> {
        self.read(|db| {
            let first: Option<Option<i64>> = db
                .prepare_cached(
                    "SELECT min(first) FROM fetch WHERE article = ?1 AND outcome = 'gone'
                     AND id > coalesce((SELECT max(id) FROM fetch
                                        WHERE article = ?1 AND outcome <> 'gone'), 0)",
                )?
                .query_row([id], |row| row.get(0))
                .optional()?;
            Ok(first.flatten().map(time))
        })
    }

    /// What to send with the next fetch of `url`.
    pub fn validator(&self, url: &str) -> Result<Option<Validator>, StoreError> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT etag, last_modified, body FROM validator WHERE url = ?1")?
                .query_row([url], |row| {
                    Ok(Validator {
                        etag: row.get(0)?,
                        last_modified: row.get(1)?,
                        body: row.get(2)?,
                    })
                })
                .optional()?)
        })
    }
}

/// Scheme and host of an address, with the slash behind them.
fn site_of(url: &str) -> &str {
    let end = url.match_indices('/').nth(2).map(|(at, _)| at + 1);
    end.and_then(|end| url.get(..end)).unwrap_or(url)
}

/// What is listed is noted to this many milliseconds, which spares a write at each poll.
const LISTED_TO: i64 = 3_600_000;

/// An article that was let go is looked at again if it is listed after so many milliseconds in
/// which it was not.
const AWAY: i64 = 7 * 86_400_000;

/// With `LISTED_TO` of [`discover`].
const ARTICLE: &str = "a.id, a.url, a.source, a.found, a.news, a.changed, a.next_due,
     a.checked, a.changes, a.seconds, a.stretch, a.watched,
     coalesce(a.listed >= s.list_read - 3600000, 0)";

const WITH_SOURCE: &str = "article a JOIN source s ON s.id = a.source";

fn article_row(row: &Row<'_>) -> rusqlite::Result<ArticleRow> {
    Ok(ArticleRow {
        id: row.get(0)?,
        url: row.get(1)?,
        source: row.get(2)?,
        found: time(row.get(3)?),
        news: row.get(4)?,
        changed: row.get::<_, Option<i64>>(5)?.map(time),
        next_due: row.get::<_, Option<i64>>(6)?.map(time),
        plan: match row.get::<_, Option<i64>>(7)? {
            None => None,
            Some(checked) => Some(Plan {
                checked: time(checked),
                changes: row.get(8)?,
                seconds: row.get(9)?,
                stretch: row.get(10)?,
                watched: row.get(11)?,
            }),
        },
        listed: row.get(12)?,
    })
}

/// Inserts the article unless it is known, also under another URL; one whose source is no more
/// becomes this source's. `None` if it is a known duplicate of another article.
pub(super) fn discover(
    db: &Connection,
    source: &str,
    link: &Discovery,
    news: bool,
    now: i64,
) -> Result<Option<Found>, StoreError> {
    if let Some((id, duplicate)) = lookup(db, &link.url)? {
        let adopted = !duplicate && (adopt(db, source, id, now)? | listed_again(db, id, now)?);
        return Ok((!duplicate).then(|| Found {
            id,
            url: link.url.clone(),
            is_new: adopted,
        }));
    }
    db.prepare_cached(
        "INSERT INTO article (url, source, title, found, news, next_due, listed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?4)",
    )?
    .execute(params![link.url, source, link.title, now, news])?;
    Ok(Some(Found {
        id: db.last_insert_rowid(),
        url: link.url.clone(),
        is_new: true,
    }))
}

/// Takes over an article whose source was removed; its history goes on.
fn adopt(db: &Connection, source: &str, id: ArticleId, now: i64) -> Result<bool, StoreError> {
    let changed = db
        .prepare_cached(
            "UPDATE article SET source = ?2, next_due = ?3
             WHERE id = ?1 AND source IN (SELECT s.id FROM source s WHERE s.archived = 1)",
        )?
        .execute(params![id, source, now])?;
    Ok(changed > 0)
}

/// Notes that a known article is listed; true if it had been let go and is looked at again.
fn listed_again(db: &Connection, id: ArticleId, now: i64) -> Result<bool, StoreError> {
    let before: Option<Option<i64>> = db
        .prepare_cached("SELECT listed FROM article WHERE id = ?1 AND coalesce(listed, 0) < ?2")?
        .query_row([id, now - LISTED_TO], |row| row.get(0))
        .optional()?;
    let Some(before) = before else {
        return Ok(false);
    };
    db.prepare_cached("UPDATE article SET listed = ?2 WHERE id = ?1")?
        .execute([id, now])?;
    if before.is_some_and(|at| at > now - AWAY) {
        return Ok(false);
    }
    let taken_up = db
        .prepare_cached("UPDATE article SET next_due = ?2 WHERE id = ?1 AND next_due IS NULL")?
        .execute([id, now])?;
    Ok(taken_up > 0)
}

/// The article of this URL or alias, and whether it is a duplicate.
pub(super) fn lookup(db: &Connection, url: &str) -> Result<Option<(ArticleId, bool)>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT id, duplicate_of IS NOT NULL FROM article
             WHERE url = ?1 OR id = (SELECT article FROM alias WHERE url = ?1)
             ORDER BY url = ?1 DESC LIMIT 1",
        )?
        .query_row([url], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

pub(super) fn put_validator(
    db: &Connection,
    url: &str,
    validator: &Validator,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO validator (url, etag, last_modified, body) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        url,
        validator.etag,
        validator.last_modified,
        validator.body
    ])?;
    Ok(())
}

pub(super) fn latest(db: &Connection, id: ArticleId) -> Result<Option<StoredRevision>, StoreError> {
    db.prepare_cached(&format!(
        "{REVISION} WHERE r.article = ?1 ORDER BY r.id DESC LIMIT 1"
    ))?
    .query_row([id], revision_parts)
    .optional()?
    .map(stored_revision)
    .transpose()
}

pub(super) const REVISION: &str =
    "SELECT r.id, r.seen, r.content, c.title, c.text, r.published, r.modified
     FROM revision r JOIN content c ON c.hash = r.content";

pub(super) type RevisionParts = (
    i64,
    i64,
    String,
    String,
    Vec<u8>,
    Option<String>,
    Option<String>,
);

pub(super) fn revision_parts(row: &Row<'_>) -> rusqlite::Result<RevisionParts> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
    ))
}

pub(super) fn stored_revision(parts: RevisionParts) -> Result<StoredRevision, StoreError> {
    let (id, seen, hash, title, text, published, modified) = parts;
    Ok(StoredRevision {
        id,
        seen: time(seen),
        hash,
        revision: Revision {
            title,
            text: unpack(&text)?,
            published,
            modified,
        },
    })
}

pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

pub(super) fn pack(text: &str) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(text.as_bytes(), LEVEL).map_err(|e| StoreError::damaged("text", e))
}

pub(super) fn unpack(bytes: &[u8]) -> Result<String, StoreError> {
    let size = zstd::bulk::Decompressor::upper_bound(bytes).unwrap_or(LARGEST);
    let plain = zstd::bulk::decompress(bytes, size.min(LARGEST))
        .map_err(|e| StoreError::damaged("text", e))?;
    String::from_utf8(plain).map_err(|e| StoreError::damaged("text", e))
}
