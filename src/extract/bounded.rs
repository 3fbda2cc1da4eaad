//! A page that hangs or crashes a parser, held away from its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
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

/// Runs `f` on a thread of its own with a 16 MB stack.
///
/// # Errors
/// [`Overrun`] when `f` panics or is not done within `limit`. In the latter case its thread is
/// abandoned: it ends whenever `f` does, and its result is thrown away.
pub fn bounded<T, F>(limit: Duration, f: F) -> Result<T, Overrun>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (send, receive) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("extract".into())
        .stack_size(STACK)
        .spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
                let text = panic.downcast_ref::<&str>().map(|s| (*s).to_string());
                text.or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default()
            });
            // The caller may have gone on; then nobody wants the result.
            let _ = send.send(result);
        })
        .map_err(|e| Overrun::NoThread(e.to_string()))?;
    match receive.recv_timeout(limit) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(text)) => Err(Overrun::Panicked(text)),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Overrun::TooSlow(limit)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Overrun::Panicked(String::new())),
    }
}
