//! What can go wrong with the store, in words that say the fix.

use std::path::{Path, PathBuf};

use super::cause::{Broken, Cause, Fix};

fn folder_fix(error: &std::io::Error) -> &'static str {
    let other = "give the service write access to that folder, or set `[store] path` elsewhere";
    Cause::of_file(error).map_or(other, Cause::fix)
}

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the lock file cannot be made.
    #[error("failed to make {}: {source}; {}", path.display(), folder_fix(source))]
    Folder {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a database, no permission, disk full at opening.
    #[error("failed to open the database {}: {source}{}", path.display(), Fix(Cause::of(source)))]
    Open {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another daemon holds it.
    #[error("the database {} is in use by another wirewatch; stop that one first, or set `[store] path` elsewhere", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A command was asked about a store that no daemon has made yet.
    #[error("there is no database at {} yet; start `wirewatch run` first, or give the right --config", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Written by a newer version.
    #[error("the database {} was written by a newer wirewatch (schema {found}, this one knows {known}); upgrade wirewatch", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its `user_version`.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Written by an older version, which no daemon of this version has opened yet.
    #[error("the database {} was written by an older wirewatch (schema {found}, this one knows {known}); start `wirewatch run` once, which upgrades it", path.display())]
    Older {
        /// The database.
        path: PathBuf,
        /// Its `user_version`.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// No database, or one of another program.
    #[error("{} is no database of wirewatch; name a file that `wirewatch backup` has written", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A database that does not pass SQLite's own check.
    #[error("the database {} is damaged: {detail}; take another backup", path.display())]
    Unsound {
        /// The database.
        path: PathBuf,
        /// The first thing that is wrong.
        detail: String,
    },
    /// A backup cannot be read, written or put into place.
    #[error("failed at {}: {source}", path.display())]
    Placing {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("the database failed: {0}{fix}", fix = Fix(Cause::of(.0)))]
    Sql(#[from] rusqlite::Error),
    /// A stored text cannot be unpacked: the file is damaged.
    #[error("a stored {what} is damaged: {detail}")]
    Damaged {
        /// What kind of record.
        what: &'static str,
        /// Which, and how.
        detail: String,
    },
    /// The writer thread is gone.
    #[error("the database writer has stopped")]
    Stopped,
    /// The batch this work was part of could not be committed.
    #[error("failed to commit to the database: {0}")]
    Commit(Broken),
}

impl StoreError {
    /// Why, as far as it lies with the database and not with what was asked of it.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            StoreError::Open { source, .. } | StoreError::Sql(source) => Cause::of(source),
            StoreError::Commit(broken) => broken.cause,
            StoreError::Damaged { .. } => Some(Cause::Damaged),
            StoreError::Folder { source, .. } => Cause::of_file(source),
            _ => None,
        }
    }

    /// What keeps everything from being committed, if this error says so. Damage that one piece of
    /// work has met does not: it may be that of a single record.
    pub fn outage(&self) -> Option<Broken> {
        match self {
            StoreError::Commit(broken) => Some(broken.clone()),
            StoreError::Open { source, .. } | StoreError::Sql(source) => {
                let broken = Broken::of(source);
                let cause = broken.cause?;
                (cause != Cause::Damaged).then_some(broken)
            }
            _ => None,
        }
    }

    pub(super) fn opening(path: &Path, source: rusqlite::Error) -> StoreError {
        StoreError::Open {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn unsound(path: &Path, detail: impl ToString) -> StoreError {
        StoreError::Unsound {
            path: path.to_owned(),
            detail: detail.to_string(),
        }
    }

    pub(super) fn damaged(what: &'static str, detail: impl ToString) -> StoreError {
        StoreError::Damaged {
            what,
            detail: detail.to_string(),
        }
    }
}
