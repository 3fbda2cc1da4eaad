//! A page that hangs or crashes a parser, held away from its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Stack of the thread that parses. The extractors recurse over the tree, which
/// [`super::extract`] keeps under 200 levels; this leaves a wide margin.
const STACK: usize = 16 * 1024 * 1024;

/// Why a bounded piece of work gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Overrun {
    /// It took longer than allowed; its thread was abandoned.
    #[error("took longer than {0:?}")]
    TooSlow(Duration),
    /// It panicked.
    #[error("panicked: {0}")]
    Panicked(String),
    /// No thread could be started.
    #[error("failed to start a thread: {0}")]
    NoThread(String),
}

/// Threads kept for the next pages. Each holds tables of the expressions it has run, so they are
/// used again rather than started anew, and no more of them than are busy at once as a rule.
const KEPT: usize = 4;

/// Work for a thread; what it returns is done once the thread is free for the next.
type Work = Box<dyn FnOnce() -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// Threads that wait for work.
static IDLE: Mutex<Vec<SyncSender<Work>>> = Mutex::new(Vec::new());

/// Runs `f` on another thread with a 16 MB stack.
///
/// # Errors
/// [`Overrun`] when `f` panics or is not done within `limit`. In the latter case its thread is
/// abandoned: it works on until `f` is done, and its result is thrown away.
pub fn bounded<T, F>(limit: Duration, f: F) -> Result<T, Overrun>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (send, receive) = mpsc::sync_channel(1);
    let work: Work = Box::new(move || {
        let result = catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_string());
            text.or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default()
        });
        Box::new(move || {
            // The caller may have gone on; then nobody wants the result.
            let _ = send.send(result);
        })
    });
    hand_over(work)?;
    match receive.recv_timeout(limit) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(text)) => Err(Overrun::Panicked(text)),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Overrun::TooSlow(limit)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Overrun::Panicked(String::new())),
    }
}

/// Gives the work to an idle thread, or to a new one.
fn hand_over(work: Work) -> Result<(), Overrun> {
    let work = match idle().pop() {
        Some(thread) => match thread.send(work) {
            Ok(()) => return Ok(()),
            Err(back) => back.0,
        },
        None => work,
    };
    let (give, take) = mpsc::sync_channel::<Work>(1);
    std::thread::Builder::new()
        .name("extract".into())
        .stack_size(STACK)
        .spawn(move || serve(work, &take, &give))
        .map(|_| ())
        .map_err(|e| Overrun::NoThread(e.to_string()))
}

/// Works until enough other threads are idle.
fn serve(first: Work, take: &Receiver<Work>, own: &SyncSender<Work>) {
    let mut work = first;
    loop {
        let answer = work();
        let stays = {
            let mut idle = idle();
            let stays = idle.len() < KEPT;
            if stays {
                idle.push(own.clone());
            }
            stays
        };
        answer();
        if !stays {
            return;
        }
        match take.recv() {
            Ok(next) => work = next,
            Err(_) => return,
        }
    }
}

fn idle() -> MutexGuard<'static, Vec<SyncSender<Work>>> {
    IDLE.lock().unwrap_or_else(|e| e.into_inner())
}
