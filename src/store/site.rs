//! What was learned of a site, as the reading of its pages left it: opaque here, compressed.

use rusqlite::{Connection, OptionalExtension, params};

use super::article::{pack, unpack};
use super::{Store, StoreError};

/// What a turn learned of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteUpdate {
    /// The site.
    pub host: String,
    /// The lines its articles share, if that changed.
    pub memory: Option<String>,
    /// Where its pages change without news, if that changed.
    pub churn: Option<String>,
}

impl Store {
    /// The lines learned for a site, as [`SiteUpdate::memory`] had them.
    pub fn site_memory(&self, host: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| learned(db, "SELECT memory FROM site WHERE host = ?1", host))
    }

    /// Where a site's pages change, as [`SiteUpdate::churn`] had it.
    pub fn site_churn(&self, host: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| learned(db, "SELECT churn FROM site_churn WHERE host = ?1", host))
    }
}

fn learned(db: &Connection, select: &str, host: &str) -> Result<Option<String>, StoreError> {
    db.prepare_cached(select)?
        .query_row([host], |row| row.get::<_, Vec<u8>>(0))
        .optional()?
        .map(|bytes| unpack(&bytes))
        .transpose()
}

pub(super) fn put(db: &Connection, update: &SiteUpdate) -> Result<(), StoreError> {
    if let Some(memory) = &update.memory {
        db.prepare_cached("INSERT OR REPLACE INTO site (host, memory) VALUES (?1, ?2)")?
            .execute(params![update.host, pack(memory)?])?;
    }
    if let Some(churn) = &update.churn {
        db.prepare_cached("INSERT OR REPLACE INTO site_churn (host, churn) VALUES (?1, ?2)")?
            .execute(params![update.host, pack(churn)?])?;
    }
    Ok(())
}
