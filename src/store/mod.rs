//! SQLite: what was seen, found, told and is still to be told.
//!
//! One writer thread commits; readers have connections of their own. A turn (revision,
//! developments, alerts, deliveries, schedule) is one transaction. May use `rusqlite`, files and
//! the nouns; must not know language, HTTP or notifiers.

mod article;
mod backup;
mod cause;
mod error;
mod export;
mod figures;
mod files;
mod fold;
mod health;
mod inspect;
mod keeping;
mod letters;
mod listing;
mod outbox;
mod query;
mod retention;
mod schema;
mod site;
mod source;
mod turn;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};

pub use article::{
    ArticleId, ArticleRow, Discovery, Found, Plan, StoredRevision, Tracked, Validator,
};
pub use backup::{Copied, Progress, Restored, backup, restore};
pub use cause::{Broken, Cause};
pub use error::StoreError;
pub use export::{ExportedDevelopment, ExportedRevision, Selection};
pub use figures::Figures;
pub use files::look;
pub use health::{Signs, TroubleRow};
pub use keeping::DueArticle;
pub use letters::{DeliveryFilter, DeliveryRow, Editor};
pub use listing::{FoundSource, Listing};
pub use outbox::{Channel, Outbox, Remind};
pub use query::{AlertFilter, DevelopmentRow, FetchRow, SourceRow, Stats};
pub use retention::{Dropped, Retention, shrink};
pub use site::SiteUpdate;
pub use source::{PollEnd, SourceEntry};
pub use turn::{Change, FetchEntry, Judged, Kept, NewAlert, Turn, TurnDone};

use writer::Writer;

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// Closed before the writer, which then is the last and folds the write-ahead log in.
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    /// Held for the life of the process; the system lets go of it however the process ends.
    _lock: File,
}

/// How many idle reading connections are kept.
const READERS: usize = 2;

impl Store {
    /// Opens the database at `path` for a daemon, creating and migrating it as needed.
    ///
    /// Fails with [`StoreError::InUse`] while another process has it open this way: two daemons on
    /// one store would tell everything twice.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let lock = lock(path)?;
        let mut connection = Connection::open(path).map_err(|e| StoreError::opening(path, e))?;
        schema::prepare(&mut connection).map_err(|e| StoreError::opening(path, e))?;
        schema::migrate(&mut connection, path)?;
        let file = files::Opened::new(path).map_err(|source| StoreError::Folder {
            path: path.to_owned(),
            source,
        })?;
        Ok(Store {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                writer: Writer::start(connection, file)?,
                readers: Mutex::new(Vec::new()),
                _lock: lock,
            }),
        })
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs `query` on a reading connection. Blocks; call it off the async threads.
    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self
            .inner
            .readers
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.inner.path)?,
        };
        let result = query(&connection);
        let mut readers = self.inner.readers.lock().unwrap_or_else(|e| e.into_inner());
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    /// Runs `work` in a transaction on the writer thread and waits for the commit.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(work).await
    }

    /// Answers when the writer thread has written and committed something, though nothing new: the
    /// store is alive, and its disk takes writes.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.write(|db| Ok(schema::touch(db)?)).await
    }
}

/// A reading view for commands that run beside the daemon.
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the database at `path` for reading only.
    ///
    /// Fails with [`StoreError::Missing`] where there is none yet, or one that its daemon is still
    /// setting up, and with [`StoreError::Older`] on one that no daemon of this version has opened.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        let connection = open_reader(path)?;
        schema::require_current(&connection, path)?;
        Ok(Reader { connection })
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|e| StoreError::opening(path, e))?;
    connection
        .busy_timeout(schema::BUSY)
        .map_err(|e| StoreError::opening(path, e))?;
    Ok(connection)
}

/// Whether a daemon has the database at `path` open.
pub fn in_use(path: &Path) -> Result<bool, StoreError> {
    let name = lock_name(path);
    let file = match File::open(&name) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(StoreError::Folder { path: name, source }),
    };
    // Let go of at once.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(StoreError::Folder { path: name, source }),
    }
}

fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let name = lock_name(path);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|source| StoreError::Folder {
            path: name.clone(),
            source,
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(StoreError::Folder { path: name, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Outcome, Revision};
    use jiff::Timestamp;

    /// A limit on the database's pages stands in for a full disk: SQLite reports both alike.
    async fn limit_pages(store: &Store, pages: u32) {
        let limit = move |db: &Connection| {
            db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        };
        store.write(limit).await.unwrap();
    }

    fn turn(article: ArticleId, text: &str, seconds: i64) -> Turn {
        Turn {
            article,
            is_source: false,
            fetch: FetchEntry {
                url: "http://h/a".into(),
                source: "s".into(),
                article: Some(article),
                time: Timestamp::from_second(seconds).unwrap(),
                status: Some(200),
                outcome: Outcome::Content,
                reason: "content".into(),
                bytes: 1,
                millis: 1,
            },
            validator: None,
            region: Kept::Stays,
            site: None,
            change: Some(Change {
                revision: Revision {
                    text: text.into(),
                    ..Revision::default()
                },
                developments: vec![],
            }),
            canonical: None,
            moved: false,
            next_due: None,
            plan: None,
        }
    }

    #[tokio::test]
    async fn a_full_disk_loses_nothing_that_was_committed_and_is_got_over() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w.db")).unwrap();
        let entry = SourceEntry {
            id: "s".into(),
            kind: "article".into(),
            url: "http://h/a".into(),
            is_article: true,
            alert_on_first_sight: false,
            longest: None,
        };
        store
            .sync_sources(vec![entry], Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        let article = store.watched_articles().unwrap()[0].id;
        limit_pages(&store, 60).await;
        let mut random = fastrand::Rng::with_seed(1);
        let mut kept = None;
        let mut error = None;
        for n in 0..100 {
            let text: String = (0..20_000).map(|_| random.alphanumeric()).collect();
            match store.turn_done(turn(article, &text, n)).await {
                Ok(_) => kept = Some(text),
                Err(e) => {
                    assert_eq!(e.cause(), Some(Cause::Full));
                    assert_eq!(e.outage().and_then(|b| b.cause), Some(Cause::Full));
                    error = Some(e.to_string());
                    break;
                }
            }
        }
        assert!(error.unwrap().contains("full"));
        let latest = |store: &Store| {
            store
                .latest_revision(article)
                .unwrap()
                .unwrap()
                .revision
                .text
        };
        assert_eq!(latest(&store), kept.unwrap());
        limit_pages(&store, 1_000_000).await;
        store.turn_done(turn(article, "After.", 999)).await.unwrap();
        assert_eq!(latest(&store), "After.");
    }
}
