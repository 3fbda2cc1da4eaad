//! What is remembered of a source's lists: what a sitemap has listed, and what a source of kind
//! auto was found to be.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::article::time;
use super::{Store, StoreError};

/// A sitemap that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its address.
    pub url: String,
    /// When it changed last, as its index said.
    pub modified: Option<Timestamp>,
    /// What it has listed so far; `None` to be stored: what is known stays.
    pub seen: Option<Vec<u8>>,
}

/// What the address of a source of kind auto was found to lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSource {
    /// Name of the kind.
    pub kind: String,
    /// Where the articles are listed.
    pub url: String,
    /// When that was decided.
    pub decided: Timestamp,
}

impl Store {
    /// What is known of the sitemap at `url`; `None` if it was never read.
    pub fn listing(&self, url: &str) -> Result<Option<Listing>, StoreError> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT modified, seen FROM listing WHERE url = ?1")?
                .query_row([url], |row| {
                    Ok(Listing {
                        url: url.to_owned(),
                        modified: row.get::<_, Option<i64>>(0)?.map(time),
                        seen: Some(row.get(1)?),
                    })
                })
                .optional()?)
        })
    }

    /// What a source of kind auto was found to be; `None` if that is still to be decided.
    pub fn found_source(&self, source: &str) -> Result<Option<FoundSource>, StoreError> {
        self.read(|db| {
            Ok(db
                .prepare_cached("SELECT kind, url, decided FROM found WHERE source = ?1")?
                .query_row([source], |row| {
                    Ok(FoundSource {
                        kind: row.get(0)?,
                        url: row.get(1)?,
                        decided: time(row.get(2)?),
                    })
                })
                .optional()?)
        })
    }

    /// Remembers what a source of kind auto was found to be. If that is another list than before,
    /// its first poll is a baseline again: a list of other articles is not news.
    pub async fn put_found_source(
        &self,
        source: String,
        found: FoundSource,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "UPDATE source SET first_polled = NULL WHERE id = ?1
                 AND EXISTS (SELECT 1 FROM found WHERE source = ?1 AND (kind <> ?2 OR url <> ?3))",
            )?
            .execute(params![source, found.kind, found.url])?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO found (source, kind, url, decided) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                source,
                found.kind,
                found.url,
                found.decided.as_millisecond()
            ])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn put_listing(
    db: &Connection,
    source: &str,
    listing: &Listing,
) -> Result<(), StoreError> {
    let modified = listing.modified.map(|t| t.as_millisecond());
    match &listing.seen {
        Some(seen) => db
            .prepare_cached(
                "INSERT OR REPLACE INTO listing (url, source, modified, seen) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![listing.url, source, modified, seen])?,
        None => db
            .prepare_cached("UPDATE listing SET modified = ?2 WHERE url = ?1")?
            .execute(params![listing.url, modified])?,
    };
    Ok(())
}

/// Forgets what must not outlive a change of the config: what was found for another address, and
/// by what lists are taken for unchanged. Every list is read once more, by rules that may have
/// changed, and for the articles that a removed source has left behind.
pub(super) fn forget_lists(db: &Connection) -> Result<(), StoreError> {
    db.execute(
        "DELETE FROM validator WHERE url IN (
             SELECT url FROM source WHERE kind <> 'article'
             UNION ALL SELECT url FROM found UNION ALL SELECT url FROM listing)",
        [],
    )?;
    db.execute("UPDATE listing SET modified = NULL", [])?;
    Ok(())
}
