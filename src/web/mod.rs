//! HTTP: how the daemon does, for load balancers and Prometheus.
//!
//! | file | subject |
//! |---|---|
//! | `pages` | what is answered: `/healthz`, `/readyz`, `/metrics` |
//! | `state` | whether the daemon is well, and its figures: the main loop and the store are asked |
//! | `door` | connections: few at a time, none for ever |
//! | this | where it listens: started, moved by a reload, stopped |
//!
//! May use [`crate::store`] and [`crate::metrics`]; knows the daemon only by what it answers
//! ([`Ask`], [`Answer`]). Nothing answered holds a secret, an address or what is watched.

mod door;
mod pages;
mod state;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use door::Door;
pub use state::{Answer, Ask, State};

/// How long answers under way may take to finish when it stops.
const GRACE: Duration = Duration::from_secs(2);

/// Why it cannot listen; in words that say the fix.
#[derive(Debug, thiserror::Error)]
#[error("failed to listen on {address}: {reason}")]
pub struct ListenError {
    address: SocketAddr,
    reason: String,
}

/// An address that is listened on, and not answered at yet.
#[derive(Debug)]
pub struct Bound {
    /// As the config has it.
    wanted: SocketAddr,
    listener: TcpListener,
}

impl Bound {
    /// Takes the address.
    pub async fn at(address: SocketAddr) -> Result<Bound, ListenError> {
        let failed = |error: std::io::Error| ListenError {
            address,
            reason: reason(&error),
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        Ok(Bound {
            wanted: address,
            listener,
        })
    }
}

fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    match error.kind() {
        AddrInUse => "another program, perhaps another wirewatch, listens there; stop it, or give `[web] listen` another port".to_owned(),
        AddrNotAvailable => "this machine does not have that address; give `[web] listen` one it has, such as 127.0.0.1".to_owned(),
        PermissionDenied => "that port is for root; give `[web] listen` one above 1023".to_owned(),
        _ => format!("{error}; give `[web] listen` another address"),
    }
}

/// The server, if there is one.
#[derive(Debug, Default)]
pub struct Web {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    wanted: SocketAddr,
    /// With its port, where any was wanted.
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Web {
    /// Begins to answer.
    pub fn serve(&mut self, bound: Bound, state: State) {
        let stop = CancellationToken::new();
        let address = bound.listener.local_addr().unwrap_or(bound.wanted);
        tracing::info!(%address, "answers /healthz, /readyz and /metrics");
        let (door, stopped) = (Door::new(bound.listener), stop.clone());
        let task = tokio::spawn(async move {
            let serving = axum::serve(door, pages::router(state))
                .with_graceful_shutdown(stopped.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the web server has ended");
            }
        });
        self.running = Some(Running {
            wanted: bound.wanted,
            address,
            stop,
            task,
        });
    }

    /// Answers at this address from now on. Where it cannot listen there, it goes on as it was.
    pub async fn move_to(&mut self, address: SocketAddr, state: State) -> Result<(), ListenError> {
        let old = self.running.as_ref().map(|old| (old.wanted, old.address));
        if old.is_some_and(|(wanted, _)| wanted == address) {
            return Ok(());
        }
        // The same port of another address may be free only once the old one is.
        if old.is_some_and(|(_, old)| old.port() == address.port()) {
            self.stop().await;
        }
        match Bound::at(address).await {
            Ok(bound) => {
                self.stop().await;
                self.serve(bound, state);
                Ok(())
            }
            Err(error) => {
                if let (None, Some((wanted, old))) = (&self.running, old) {
                    let Bound { listener, .. } = Bound::at(old).await?;
                    self.serve(Bound { wanted, listener }, state);
                }
                Err(error)
            }
        }
    }

    /// Finishes what is being answered and ends.
    pub async fn stop(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        running.stop.cancel();
        if tokio::time::timeout(GRACE, &mut running.task)
            .await
            .is_err()
        {
            running.task.abort();
        }
    }
}

#[cfg(test)]
mod tests;
