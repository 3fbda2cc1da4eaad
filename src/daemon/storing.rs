//! Whether the store can commit, and what waits until it can.
//!
//! While it cannot, nothing more is fetched: what is fetched and not stored may be gone from the
//! page by the time it can be stored. Pages that are fetched already are kept, and their commit is
//! tried again. The store is tried at growing intervals; when a small write and everything that was
//! kept have been committed, fetching goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::vitals::Trouble;
use crate::alert::Health;
use crate::store::{self, Broken, Cause, Store, StoreError};

/// How often the disk is looked at while all is well.
const LOOK: Duration = Duration::from_secs(5);

/// The first wait before the store is tried again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a commit is tried whose own statement meets a disk error while others succeed: one bad
/// sector must not stop everything.
const TRIES: u32 = 3;

/// The name of the trouble.
pub(super) const TROUBLE: &str = "store";

/// A time in which the store could not commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) since: Timestamp,
    pub(super) broken: Broken,
}

impl Outage {
    /// In a word or two.
    fn state(&self) -> &'static str {
        self.broken.cause.map_or("failing", Cause::as_str)
    }

    pub(super) fn trouble(&self) -> Trouble {
        Trouble {
            what: TROUBLE.to_owned(),
            detail: format!("nothing is fetched: {}", self.broken),
        }
    }

    /// As it is told when it is over.
    pub(super) fn health(&self) -> Health {
        Health {
            subject: "daemon".to_owned(),
            what: TROUBLE.to_owned(),
            state: self.state().to_owned(),
            reason: format!("nothing was fetched: {}", self.broken.detail),
            since: self.since,
            ended: false,
        }
    }
}

/// How the store does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Well,
    Out(Outage),
    /// A small write was committed; what was kept is being committed.
    Mending(Outage),
    /// Well again, after this one.
    Over(Outage),
}

impl State {
    /// The outage, if it is not over.
    pub(super) fn outage(&self) -> Option<&Outage> {
        match self {
            State::Out(outage) | State::Mending(outage) => Some(outage),
            State::Well | State::Over(_) => None,
        }
    }
}

/// Shared by everything that commits.
#[derive(Debug, Default)]
pub(super) struct Storing {
    state: watch::Sender<State>,
    /// Commits that wait, or are tried again.
    kept: AtomicUsize,
    /// None is kept any more.
    settled: Notify,
    outages: AtomicU64,
}

impl Storing {
    /// Whether things may be fetched.
    pub(super) fn is_well(&self) -> bool {
        self.state.borrow().outage().is_none()
    }

    /// What keeps things from being fetched.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.state.borrow().outage().cloned()
    }

    /// How many have begun since the start.
    pub(super) fn outages(&self) -> u64 {
        self.outages.load(Ordering::Relaxed)
    }

    /// Tells of every change from now on.
    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Something could not be committed, or the disk looks as if nothing could.
    pub(super) fn report(&self, broken: Broken) {
        self.state.send_modify(|state| {
            let outage = match state {
                State::Out(outage) | State::Mending(outage) => Some(outage.clone()),
                State::Well | State::Over(_) => None,
            };
            let outage = match outage {
                // The first cause stands while nothing better is known than that it goes on.
                Some(outage) if broken.cause.is_none() || outage.broken.cause == broken.cause => {
                    outage
                }
                Some(outage) => {
                    tracing::error!("the store still cannot commit, now since {broken}");
                    Outage { broken, ..outage }
                }
                None => {
                    self.outages.fetch_add(1, Ordering::Relaxed);
                    tracing::error!("the store cannot commit: {broken}. Nothing more is fetched until it can; what is fetched already is kept");
                    Outage {
                        since: Timestamp::now(),
                        broken,
                    }
                }
            };
            *state = State::Out(outage);
        });
    }

    /// Commits by `commit`, and where the store cannot, keeps what is to be committed and tries
    /// again when it can. Fails with what is wrong with this commit alone.
    pub(super) async fn commit<T, F>(&self, mut commit: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut kept = None;
        for tries in 1u32.. {
            let error = match commit().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let Some(broken) = error.outage() else {
                return Err(error);
            };
            let own = matches!(error, StoreError::Sql(_)) && broken.cause == Some(Cause::Io);
            if own && tries >= TRIES {
                return Err(error);
            }
            // Counted before the state changes, so that the outage is not over without it.
            kept.get_or_insert_with(|| Kept::new(self));
            let mut state = self.watch();
            self.report(broken);
            let may = |state: &State| !matches!(state, State::Out(_));
            if state.wait_for(may).await.is_err() {
                return Err(error);
            }
        }
        Err(StoreError::Stopped)
    }

    /// Looks after the store for ever.
    pub(super) async fn tend(&self, store: &Store) {
        let mut state = self.watch();
        let mut wait = FIRST_WAIT;
        loop {
            let now = state.borrow_and_update().clone();
            match now {
                State::Well | State::Over(_) => {
                    wait = FIRST_WAIT;
                    tokio::select! {
                        _ = state.changed() => continue,
                        () = tokio::time::sleep(LOOK) => {}
                    }
                    if let Some(broken) = look(store.path(), false).await {
                        self.report(broken);
                    }
                }
                State::Out(outage) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                    let was_full = outage.broken.cause == Some(Cause::Full);
                    let found = match look(store.path(), was_full).await {
                        Some(broken) => Some(broken),
                        None => match store.ping().await {
                            Ok(()) => None,
                            Err(error) => Some(error.outage().unwrap_or(Broken {
                                cause: error.cause(),
                                detail: error.to_string(),
                            })),
                        },
                    };
                    match found {
                        Some(broken) => self.report(broken),
                        None => self.mend(),
                    }
                }
                State::Mending(_) => tokio::select! {
                    _ = state.changed() => {}
                    () = self.settle() => self.end(),
                },
            }
        }
    }

    fn mend(&self) {
        self.state.send_modify(|state| {
            if let State::Out(outage) = state {
                *state = State::Mending(outage.clone());
            }
        });
    }

    async fn settle(&self) {
        loop {
            let settled = self.settled.notified();
            if self.kept.load(Ordering::SeqCst) == 0 {
                return;
            }
            settled.await;
        }
    }

    fn end(&self) {
        self.state.send_modify(|state| {
            if let State::Mending(outage) = state {
                let lasted = Timestamp::now().duration_since(outage.since).as_secs();
                tracing::info!(
                    seconds = lasted,
                    cause = outage.state(),
                    "the store commits again, also what was kept; fetching goes on"
                );
                *state = State::Over(outage.clone());
            }
        });
    }
}

/// One commit that is kept; it counts until it is dropped.
struct Kept<'a>(&'a Storing);

impl Kept<'_> {
    fn new(storing: &Storing) -> Kept<'_> {
        storing.kept.fetch_add(1, Ordering::SeqCst);
        Kept(storing)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if self.0.kept.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.settled.notify_one();
        }
    }
}

async fn look(path: &Path, again: bool) -> Option<Broken> {
    let path = path.to_owned();
    let look = tokio::task::spawn_blocking(move || store::look(&path, again));
    look.await.ok().flatten()
}

/// As [`Storing::tend`], as a task of its own.
pub(super) async fn tend(storing: Arc<Storing>, store: Store) {
    storing.tend(&store).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> StoreError {
        StoreError::Commit(Broken {
            cause: Some(Cause::Full),
            detail: "full".into(),
        })
    }

    fn open() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w.db")).unwrap();
        (dir, store)
    }

    #[tokio::test]
    async fn a_commit_is_kept_until_the_store_takes_it_and_then_all_is_well() {
        let (_dir, store) = open();
        let storing = Arc::new(Storing::default());
        let tending = tokio::spawn(tend(storing.clone(), store));
        let mut state = storing.watch();
        // Small writes succeed and the kept one fails again and again: it stays one outage.
        let tries = AtomicUsize::new(0);
        let commit = storing.commit(|| async {
            match tries.fetch_add(1, Ordering::SeqCst) {
                3 => Ok(7),
                0 => Err(full()),
                _ => {
                    assert!(!storing.is_well());
                    Err(full())
                }
            }
        });
        assert_eq!(commit.await.unwrap(), 7);
        state
            .wait_for(|s| matches!(s, State::Over(o) if o.broken.cause == Some(Cause::Full)))
            .await
            .unwrap();
        assert_eq!((storing.is_well(), storing.outages()), (true, 1));
        tending.abort();
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_commit_alone_is_no_outage() {
        let storing = Storing::default();
        let damaged = || async {
            Err::<(), _>(StoreError::Damaged {
                what: "text",
                detail: "x".into(),
            })
        };
        assert!(storing.commit(damaged).await.is_err());
        assert!(storing.is_well());
    }
}
