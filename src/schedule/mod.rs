//! When what is due, and how politely.
//!
//! Pure: time comes in as a value. A queue that hands out what is due, at most one job a host at a
//! time and the longest overdue first, and the plan for how often to look. Knows nothing of what a
//! job does.

mod plan;
mod queue;

pub use plan::{RAREST, after_failure, jittered, recheck_after};
pub use queue::Queue;
