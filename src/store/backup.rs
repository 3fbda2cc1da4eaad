//! Copying the whole database while it is in use, and putting a copy in its place.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::article::time;
use super::{StoreError, lock, open_reader, schema};
use crate::files::{self, Part};

/// Pages copied between two reports: 8 MB of the usual 4 KB.
const STEP: i32 = 2048;

/// Between two tries at a database that is locked.
const LOCKED: Duration = Duration::from_millis(50);

/// Why an outstanding delivery is dead after a restore that was told so.
const UNSENT: &str = "not sent: the database was restored with --no-deliveries";

/// A copy that was made and found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Its size.
    pub bytes: u64,
    /// Its `user_version`.
    pub schema: u32,
    /// The end of the last fetch in it.
    pub as_of: Option<Timestamp>,
    /// Deliveries in it that were outstanding, by notifier.
    pub outstanding: Vec<(String, u64)>,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What was put into place.
    #[serde(flatten)]
    pub copied: Copied,
    /// Where what was there before lies now.
    pub kept: Option<PathBuf>,
    /// The outstanding deliveries were given up.
    pub given_up: bool,
}

/// Told how many pages are copied, and of how many.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Copies the database `from`, which may be in use, to the file `to`, over one that is there. The
/// copy is one state of the database, checked, on disk, and readable by its owner alone.
pub fn backup(from: &Path, to: &Path, progress: Progress<'_>) -> Result<Copied, StoreError> {
    if is_part_of(to, from) {
        let why = "it belongs to the database itself; name another file";
        return Err(placing(to)(io::Error::other(why)));
    }
    let part = Part::file(to).map_err(placing(to))?;
    let (copied, _) = copy(from, part.path(), progress)?;
    part.place().map_err(placing(to))?;
    Ok(copied)
}

/// Puts a copy of the backup `from` in place of the database at `to`, which no daemon may have
/// open. What was there is kept beside it as `NAME.before-restore-TIME`. At every instant one of the
/// two databases is in place, whole.
pub fn restore(
    from: &Path,
    to: &Path,
    deliveries: bool,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<Restored, StoreError> {
    if is_part_of(from, to) {
        let why = "it belongs to the database itself; name a backup of it";
        return Err(placing(from)(io::Error::other(why)));
    }
    if !from.exists() {
        return Err(placing(from)(io::ErrorKind::NotFound.into()));
    }
    let folder = files::folder_of(to);
    std::fs::create_dir_all(folder).map_err(placing(folder))?;
    let _lock = lock(to)?;
    let part = Part::file(to).map_err(placing(to))?;
    let (copied, copy) = copy(from, part.path(), progress)?;
    if !deliveries {
        copy.execute(
            "UPDATE delivery SET state = 'dead', error = ?1 WHERE state = 'pending'",
            [UNSENT],
        )?;
    }
    copy.close().map_err(|(_, error)| error)?;
    let kept = match to.exists() {
        true => Some(keep_aside(to, part.path(), now).map_err(placing(to))?),
        false => None,
    };
    part.place().map_err(placing(to))?;
    Ok(Restored {
        copied,
        kept,
        given_up: !deliveries,
    })
}

/// Copies a database of ours and checks the copy, which is returned open.
fn copy(
    from: &Path,
    to: &Path,
    progress: Progress<'_>,
) -> Result<(Copied, Connection), StoreError> {
    let source = open_reader(from)?;
    let schema = schema::known_version(&source, from)?;
    // One reading transaction around all steps: else each commit of the daemon would make the copy
    // begin anew, and a busy one would never let it end.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut copy = Connection::open(to).map_err(|e| StoreError::opening(to, e))?;
    // It is synced as a whole before it is put into place.
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update(None, "journal_mode", "MEMORY")?;
    let backup = Backup::new(&source, &mut copy)?;
    loop {
        match backup.step(STEP).map_err(|e| broken(from, e))? {
            StepResult::Done => break,
            StepResult::More => {}
            _ => std::thread::sleep(LOCKED),
        }
        let all = backup.progress();
        let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
        progress(count(all.pagecount - all.remaining), count(all.pagecount));
    }
    drop(backup);
    // One file, without a log beside it: the source's mode has come along with its pages.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.pragma_update(None, "journal_mode", "MEMORY")?;
    check(&copy, from)?;
    let copied = describe(&copy, schema)?;
    Ok((copied, copy))
}

/// Reads the whole database and fails at the first thing that is wrong.
fn check(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|e| broken(path, e))?;
    match found.as_str() {
        "ok" => Ok(()),
        detail => Err(StoreError::unsound(path, detail)),
    }
}

fn describe(db: &Connection, schema: u32) -> Result<Copied, StoreError> {
    let mut select = db.prepare(
        "SELECT notifier, count(*) FROM delivery WHERE state = 'pending' GROUP BY 1 ORDER BY 1",
    )?;
    let outstanding = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let as_of: Option<i64> = db.query_row("SELECT max(last) FROM fetch", [], |r| r.get(0))?;
    let pages: u64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let size: u64 = db.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(Copied {
        bytes: pages * size,
        schema,
        as_of: as_of.map(time),
        outstanding: outstanding.collect::<Result<_, _>>()?,
    })
}

/// Gives the present database a second name, and leaves at the first nothing but the file that is
/// about to be replaced. `new` gets the owner of the old.
fn keep_aside(database: &Path, new: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let named = |tail: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(tail);
        PathBuf::from(name)
    };
    // Folds the log into the file, so that there is only one. One that is damaged keeps its log.
    let folded = Connection::open(database).and_then(|db| {
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .optional()
    });
    if let Err(error) = folded {
        tracing::warn!(%error, "the present database is damaged; it is kept as it is");
    }
    let mark = format!(".before-restore-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let aside = named(&mark);
    if aside.exists() {
        return Err(io::Error::other(format!(
            "{} is there already; try again",
            aside.display()
        )));
    }
    // An old log beside the new file would be taken for its own.
    for tail in ["-wal", "-shm"] {
        match std::fs::rename(named(tail), named(&format!("{mark}{tail}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let (old, own) = (database.metadata()?, new.metadata()?);
    if (old.uid(), old.gid()) != (own.uid(), own.gid()) {
        std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid())).map_err(|error| {
            let user = old.uid();
            io::Error::other(format!(
                "{error}; run this as the user that the service runs as ({user})"
            ))
        })?;
    }
    // A second name leaves the first in place until the new file takes it; not every file system
    // has them.
    std::fs::hard_link(database, &aside).or_else(|_| std::fs::rename(database, &aside))?;
    Ok(aside)
}

/// Whether `path` is the database, its log or its lock.
fn is_part_of(path: &Path, database: &Path) -> bool {
    let place = |path: &Path| {
        let folder = files::folder_of(path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let same = |a: &Path, b: &Path| match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => place(a).is_some_and(|a| Some(a) == place(b)),
    };
    ["", "-wal", "-shm", ".lock"].iter().any(|tail| {
        let mut name = database.as_os_str().to_owned();
        name.push(tail);
        same(path, Path::new(&name))
    })
}

fn placing(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Placing { path, source }
}

/// A statement that failed because of the file it read.
fn broken(path: &Path, error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => StoreError::unsound(path, error),
        _ => error.into(),
    }
}
