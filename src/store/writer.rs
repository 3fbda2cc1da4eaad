//! The one thread that writes, committing in groups.
//!
//! Each piece of work runs in a savepoint of its own, so that one failing takes nothing else with
//! it; a group shares one commit, and nobody is answered before it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// Most pieces of work that share a commit.
const GROUP: usize = 128;

/// Work waiting beyond this makes callers wait (they are few: one a host).
const QUEUE: usize = 1024;

/// Runs the work; what it returns answers the caller once told whether the commit held.
type Work = Box<dyn FnOnce(Result<&Connection, String>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

pub(super) struct Writer {
    queue: SyncSender<Work>,
}

impl Writer {
    /// Starts the thread; it ends, with all queued work done, when the handle is dropped.
    pub(super) fn start(connection: Connection) -> Result<Writer, StoreError> {
        let (queue, work) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(&connection, &work))
            .map_err(|e| StoreError::Commit(format!("failed to start the writer thread: {e}")))?;
        Ok(Writer { queue })
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
            Box::new(move |commit: Result<(), String>| {
                let result = commit.map_err(StoreError::Commit).and(result);
                // The caller may have been cancelled; the work is committed all the same.
                let _ = tell.send(result);
            })
        });
        let queue = self.queue.clone();
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
    let result = work(connection);
    let end = match &result {
        Ok(_) => "RELEASE work",
        Err(_) => "ROLLBACK TO work; RELEASE work",
    };
    connection.execute_batch(end)?;
    result
}

fn serve(connection: &Connection, queue: &Receiver<Work>) {
    while let Ok(first) = queue.recv() {
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        let mut answers = Vec::new();
        match &begun {
            Ok(()) => {
                answers.push(first(Ok(connection)));
                while answers.len() < GROUP {
                    match queue.try_recv() {
                        Ok(work) => answers.push(work(Ok(connection))),
                        Err(_) => break,
                    }
                }
            }
            // Outside a transaction the savepoint would commit by itself: the work must not run.
            Err(error) => answers.push(first(Err(error.to_string()))),
        }
        let committed = begun
            .and_then(|()| connection.execute_batch("COMMIT"))
            .map_err(|e| e.to_string());
        if committed.is_err() && !connection.is_autocommit() {
            // Disk full or an I/O error: nothing of the group may stand.
            if let Err(error) = connection.execute_batch("ROLLBACK") {
                tracing::error!(%error, "failed to roll back");
            }
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}
