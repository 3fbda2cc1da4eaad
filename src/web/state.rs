//! Whether the daemon is well, and its figures: the main loop and the store are asked, each with a
//! limit of time and never twice at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Mutex as Turnstile, mpsc, oneshot};
use tokio::time::timeout;

use crate::metrics::{self, Load};
use crate::store::Store;

/// How long the main loop may take to answer.
const LOOP: Duration = Duration::from_secs(5);

/// How long the store may take to commit nothing, and to be read.
const STORE: Duration = Duration::from_secs(5);

/// What the main loop says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What it has in hand.
    pub load: Load,
    /// The sources of the config are in the store.
    pub synced: bool,
    /// Why nothing is fetched: the store cannot commit.
    pub outage: Option<String>,
}

/// Asks the main loop, which answers when it comes round.
pub type Ask = oneshot::Sender<Answer>;

/// What is needed to answer; clones share it.
#[derive(Clone)]
pub struct State {
    store: Store,
    loop_: mpsc::Sender<Ask>,
    pub(super) shown: &'static PrometheusHandle,
    /// Held while the store is asked to commit: what does not answer is not asked again.
    committing: Arc<Turnstile<()>>,
    /// The same for reading it.
    reading: Arc<Turnstile<()>>,
    /// Notifiers that have had deliveries outstanding, so that they are told to have none.
    notifiers: Arc<Mutex<BTreeSet<String>>>,
}

/// What is well and what is not, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checks {
    pub(super) main_loop: Result<(), String>,
    pub(super) store: Result<(), String>,
    pub(super) sources: Result<(), String>,
}

impl Checks {
    pub(super) fn well(&self) -> bool {
        self.main_loop.is_ok() && self.store.is_ok() && self.sources.is_ok()
    }
}

impl State {
    /// `asks`: where the main loop takes questions.
    pub fn new(store: Store, asks: mpsc::Sender<Ask>, shown: &'static PrometheusHandle) -> State {
        State {
            store,
            loop_: asks,
            shown,
            committing: Arc::default(),
            reading: Arc::default(),
            notifiers: Arc::default(),
        }
    }

    /// Asks the main loop.
    pub(super) async fn main_loop(&self) -> Result<Answer, String> {
        let (ask, answer) = oneshot::channel();
        // Where the line of questions is full, the question is dropped and has no answer.
        let _ = self.loop_.try_send(ask);
        match timeout(LOOP, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err("it takes no more questions; it is stopping, or stuck".to_owned()),
            Err(_) => Err(format!(
                "it has not moved for {} s; look at the log, and restart it",
                LOOP.as_secs()
            )),
        }
    }

    /// Asks everything.
    pub(super) async fn checks(&self) -> Checks {
        let (answer, committed) = tokio::join!(self.main_loop(), self.committed());
        let store = match &answer {
            Ok(Answer {
                outage: Some(why), ..
            }) => Err(why.clone()),
            _ => Ok(()),
        };
        let sources = match &answer {
            Ok(answer) if !answer.synced => Err(
                "the sources of the config could not be entered into the store; look at the log"
                    .to_owned(),
            ),
            _ => Ok(()),
        };
        if let Ok(answer) = &answer {
            metrics::load(answer.load);
        }
        let checks = Checks {
            main_loop: answer.map(|_| ()),
            // What the daemon knows says more than that a question had no answer.
            store: store.and(committed),
            sources,
        };
        metrics::ready(checks.well());
        checks
    }

    /// Whether the store commits.
    async fn committed(&self) -> Result<(), String> {
        let (turn, store) = (self.committing.clone(), self.store.clone());
        let commit = async move {
            let held = turn.lock_owned().await;
            // Goes on when it is no longer waited for, and keeps others out until it ends.
            let asked = tokio::spawn(async move {
                let answer = store.ping().await;
                drop(held);
                answer
            });
            asked.await
        };
        match timeout(STORE, commit).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!(
                "the database has not committed within {} s; look at its disk",
                STORE.as_secs()
            )),
        }
    }

    /// Measures what is measured when it is asked for.
    pub(super) async fn measure(&self) {
        let (turn, state) = (self.reading.clone(), self.clone());
        let read = async move {
            let held = turn.lock_owned().await;
            let _ = tokio::task::spawn_blocking(move || {
                state.read();
                drop(held);
            })
            .await;
        };
        // Where it takes longer, the figures are those of the last time.
        let _ = tokio::join!(timeout(STORE, read), self.checks());
    }

    fn read(&self) {
        metrics::memory(resident());
        let (database, log, free) = self.store.sizes();
        metrics::store_sizes(database, log, free);
        let Ok(figures) = self.store.figures() else {
            return;
        };
        for of in metrics::TROUBLED {
            metrics::troubles(of, figures.troubles_of(of));
        }
        let mut known = self.notifiers.lock().unwrap_or_else(|e| e.into_inner());
        known.extend(figures.outstanding.iter().map(|(name, _)| name.clone()));
        for name in known.iter() {
            metrics::outstanding(name, figures.outstanding_of(name));
        }
    }
}

/// Memory that this process holds, in bytes; only Linux says.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
