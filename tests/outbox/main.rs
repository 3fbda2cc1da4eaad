//! The outbox against real receivers, with the real program.
//!
//! `WIREWATCH_OUTBOX_ALERTS` (default 60) and `WIREWATCH_OUTBOX_KILLS` (default 4) set how much;
//! ten notifiers get each alert, one of them at a receiver that fails. With 1000 and 50 this is
//! what docs/BENCHMARKS.md tells of.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "../support/e2e/mod.rs"]
mod e2e;

mod certain;
mod operator;
mod receiver;

/// Notifiers beside the log.
pub const NOTIFIERS: usize = 10;

/// A number of the environment's.
pub fn setting(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}
