//! What the end-to-end tests share: a site that answers as told, pages as news sites make them,
//! and the real program watching them.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers may stop at the first surprise as the test itself may"
)]

pub mod page;
pub mod program;
pub mod site;

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. Far more than ever needed: a loaded machine
/// makes a test slow, not wrong.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// Asks again and again until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            Instant::now() < end,
            "still waiting after {} s: {what}",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(40));
    }
}
