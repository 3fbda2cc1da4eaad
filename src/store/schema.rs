//! Connection settings and migrations by `user_version`.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::StoreError;

/// How long a connection waits for another's lock.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Migration `n` leads from `user_version` n to n + 1.
const MIGRATIONS: [&str; 7] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
    include_str!("migrations/7.sql"),
];

/// The schema this program knows.
const VERSION: u32 = MIGRATIONS.len() as u32;

/// WAL so that commands can read beside the daemon; FULL so that what is committed survives a
/// power cut (the writer commits in groups, so this costs one sync a group).
pub(super) fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Brings the database to [`VERSION`] in one transaction: nobody sees a version in between, and a
/// step that fails leaves the database as it was.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = check_version(connection, path)?;
    if found == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for sql in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// Writes the version that is there already.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "user_version", VERSION)
}

/// Refuses a database that is not of [`VERSION`]: a reader cannot migrate it, and its daemon may
/// just be doing so.
pub(super) fn require_current(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match check_version(connection, path)? {
        VERSION => Ok(()),
        0 => Err(StoreError::Missing {
            path: path.to_owned(),
        }),
        found => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
    }
}

/// The version of a database of ours, refused if it is another program's or newer.
pub(super) fn known_version(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let foreign = || StoreError::Foreign {
        path: path.to_owned(),
    };
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'
                  AND name IN ('source', 'article', 'revision', 'development', 'alert', 'delivery')";
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let ours: u32 = match connection.query_row(tables, [], |row| row.get(0)) {
        Ok(found) => found,
        Err(error) => {
            return Err(match error.sqlite_error_code() {
                Some(NotADatabase) => foreign(),
                Some(DatabaseCorrupt) => StoreError::unsound(path, error),
                _ => StoreError::opening(path, error),
            });
        }
    };
    match check_version(connection, path)? {
        0 => Err(foreign()),
        _ if ours != 6 => Err(foreign()),
        version => Ok(version),
    }
}

/// The database's version, refused if newer than ours.
fn check_version(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let found = connection
        .pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        .map_err(|e| StoreError::opening(path, e))?;
    if found > VERSION {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    Ok(found)
}
