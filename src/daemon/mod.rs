//! The wiring: one way from a due source to a delivered alert, and the life of the service.
//!
//! | file | subject |
//! |---|---|
//! | `settings` | the config in the shape the daemon works with |
//! | `service` | the main loop: dispatch, what ended, shutdown |
//! | `reload` | making the running daemon follow a config |
//! | `shared` | what turns share |
//! | `poll` | the turn of a feed or section |
//! | `turn` | the turn of an article: fetch, then commit |
//! | `get` | one fetch, as far as turns care |
//! | `reading` | the pure middle in one place: page -> revision -> developments -> decisions |
//! | `clock` | whether the system's clock runs evenly |
//! | `deliver` | the outbox: one task a notifier |
//! | `systemd` | readiness, reload, watchdog |
//!
//! The one place that knows all parts. Language, HTTP and SQL stay in their modules.

mod clock;
mod deliver;
mod get;
mod poll;
mod reading;
mod reload;
mod service;
mod settings;
mod shared;
mod systemd;
mod turn;

pub use service::{Control, DaemonError, Summary, run};
