//! Why a database cannot be used, told apart by what an operator can do about it.

use std::{fmt, io};

use rusqlite::{ErrorCode, ffi};

/// What stands between the store and its next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The disk, or the quota, has no room.
    Full,
    /// The disk or the file may not be written.
    ReadOnly,
    /// Another process holds the lock.
    Busy,
    /// The file is not what SQLite wrote.
    Damaged,
    /// The disk fails.
    Io,
    /// The file was moved, deleted or replaced while it was open.
    Gone,
}

impl Cause {
    /// In a word or two, the same from start to end.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Full => "full",
            Cause::ReadOnly => "read-only",
            Cause::Busy => "locked",
            Cause::Damaged => "damaged",
            Cause::Io => "failing",
            Cause::Gone => "gone",
        }
    }

    /// What to do about it.
    pub fn fix(self) -> &'static str {
        match self {
            Cause::Full => "make room on the database's disk, or raise the quota",
            Cause::ReadOnly => {
                "make the disk writable again (`dmesg` says why the kernel made it read-only), and give the service write access to the file and its folder"
            }
            Cause::Busy => {
                "end the process that holds it locked (`fuser -v` on the file names it), such as an open transaction in `sqlite3`"
            }
            Cause::Damaged => {
                "stop wirewatch, keep a copy of the file and its -wal, and put back a backup (`wirewatch restore`); without one, `sqlite3 OLD .recover | sqlite3 NEW` saves what can still be read"
            }
            Cause::Io => "look at the disk: `dmesg` says whether it fails or was made read-only",
            Cause::Gone => {
                "put the file back, or restart wirewatch to go on with what is there now"
            }
        }
    }

    /// The cause of an error at a file beside the database, if it lies with the disk.
    pub(super) fn of_file(error: &io::Error) -> Option<Cause> {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Cause::Full),
            io::ErrorKind::ReadOnlyFilesystem => Some(Cause::ReadOnly),
            _ => None,
        }
    }

    /// The cause of an error of SQLite, if it lies with the database and not with the statement.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Cause> {
        let code = error.sqlite_error()?;
        if code.extended_code == ffi::SQLITE_READONLY_DBMOVED {
            return Some(Cause::Gone);
        }
        match code.code {
            ErrorCode::DiskFull => Some(Cause::Full),
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Some(Cause::ReadOnly)
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Cause::Busy),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Cause::Damaged),
            ErrorCode::SystemIoFailure => Some(Cause::Io),
            _ => None,
        }
    }
}

/// A failure that keeps everything from being committed, not one piece of work alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// `None`: none that is known.
    pub cause: Option<Cause>,
    /// What failed, without the fix.
    pub detail: String,
}

impl Broken {
    pub(super) fn new(cause: Cause, detail: impl Into<String>) -> Broken {
        Broken {
            cause: Some(cause),
            detail: detail.into(),
        }
    }

    pub(super) fn of(error: &rusqlite::Error) -> Broken {
        Broken {
            cause: Cause::of(error),
            detail: error.to_string(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.detail, Fix(self.cause))
    }
}

/// The fix as the end of a sentence; nothing where there is none.
pub(super) struct Fix(pub(super) Option<Cause>);

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(cause) => write!(f, "; {}", cause.fix()),
            None => Ok(()),
        }
    }
}
