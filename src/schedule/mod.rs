//! When what is due, and how politely.
//!
//! Pure: time comes in as a value. A queue that hands out what is due, at most one job a host at a
//! time and the longest overdue first; the plan for how often to look at an article; and the budget
//! that a host bears. Knows nothing of what a job does.

mod budget;
mod plan;
mod queue;

pub use budget::Budget;
pub use plan::{History, Interest, RAREST, SETTLED, after_failure, jittered};
pub use queue::{Overdue, Queue};
