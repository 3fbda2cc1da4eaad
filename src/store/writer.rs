//! The one thread that writes, committing in groups.
//!
//! Each piece of work runs in a savepoint of its own, so that one failing takes nothing else with
//! it; a group shares one commit, and nobody is answered before it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;
use super::cause::{Broken, Cause};
use super::files::Opened;

/// Most pieces of work that share a commit.
const GROUP: usize = 128;

/// Work waiting beyond this makes callers wait (they are few: one a host).
const QUEUE: usize = 1024;

/// Runs the work; what it returns answers the caller once told whether the commit held.
type Work = Box<dyn FnOnce(Result<&Connection, Broken>) -> Ran + Send>;
type Answer = Box<dyn FnOnce(Result<(), Broken>) + Send>;

struct Ran {
    answer: Answer,
    /// The work failed for this cause.
    failed: Option<Cause>,
}

pub(super) struct Writer {
    /// `None` only while it is dropped.
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    /// Waits until everything queued is committed and the file is closed.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection, file: Opened) -> Result<Writer, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(&connection, &file, &work))
            .map_err(|e| {
                StoreError::Commit(Broken {
                    cause: None,
                    detail: format!("failed to start the writer thread: {e}"),
                })
            })?;
        Ok(Writer {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Work = Box::new(move |connection| {
            let result = connection
                .map_err(StoreError::Commit)
                .and_then(|connection| in_savepoint(connection, work));
            let failed = result.as_ref().err().and_then(StoreError::cause);
            let answer = Box::new(move |commit: Result<(), Broken>| {
                // The work's own error says more than that of the commit.
                let result =
                    result.and_then(|done| commit.map_err(StoreError::Commit).map(|()| done));
                // The caller may have been cancelled; the work is committed all the same.
                let _ = tell.send(result);
            });
            Ran { answer, failed }
        });
        let queue = self.queue.clone().ok_or(StoreError::Stopped)?;
        match queue.try_send(job) {
            Ok(()) => {}
            Err(std::sync::mpsc::TrySendError::Full(job)) => {
                tokio::task::spawn_blocking(move || queue.send(job))
                    .await
                    .map_err(|_| StoreError::Stopped)?
                    .map_err(|_| StoreError::Stopped)?;
            }
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => return Err(StoreError::Stopped),
        }
        told.await.map_err(|_| StoreError::Stopped)?
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT work")?;
    match work(connection) {
        Ok(done) => {
            connection.execute_batch("RELEASE work")?;
            Ok(done)
        }
        Err(error) => {
            // A full disk has rolled back the whole transaction, savepoint included: `serve` sees
            // that. The first error is the one to tell.
            let _ = connection.execute_batch("ROLLBACK TO work; RELEASE work");
            Err(error)
        }
    }
}

fn serve(connection: &Connection, file: &Opened, queue: &Receiver<Work>) {
    while let Ok(first) = queue.recv() {
        let begun = file.check().and_then(|()| {
            let begun = connection.execute_batch("BEGIN IMMEDIATE");
            begun.map_err(|error| Broken::of(&error))
        });
        let (mut answers, mut undone) = (Vec::new(), None);
        let mut next = Some(first);
        while let Some(work) = next {
            // Outside a transaction the savepoint would commit by itself: the work must not run.
            let ran = match (&begun, &undone) {
                (Ok(()), None) => work(Ok(connection)),
                (Err(broken), _) | (Ok(()), Some(broken)) => work(Err(broken.clone())),
            };
            if begun.is_ok() && undone.is_none() && connection.is_autocommit() {
                undone = Some(Broken {
                    cause: ran.failed,
                    detail: "the group was rolled back".to_owned(),
                });
            }
            answers.push(ran.answer);
            next = match answers.len() < GROUP {
                true => queue.try_recv().ok(),
                false => None,
            };
        }
        let committed = match (begun, undone) {
            (Ok(()), None) => {
                let committed = connection.execute_batch("COMMIT");
                committed.map_err(|error| Broken::of(&error))
            }
            (Err(broken), _) | (Ok(()), Some(broken)) => Err(broken),
        };
        if !connection.is_autocommit() {
            // Disk full or an I/O error at the commit: nothing of the group may stand.
            if let Err(error) = connection.execute_batch("ROLLBACK") {
                tracing::error!(%error, "failed to roll back");
            }
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}
