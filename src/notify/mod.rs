//! Notifiers: an alert on its way out, a file or folder each.
//!
//! A notifier takes alerts in order and says how many it can vouch for. It knows nothing of the
//! store: what is not acknowledged comes again, with the same id.

mod log;
mod stdout;

use std::future::Future;
use std::pin::Pin;

pub use log::LogFile;
pub use stdout::{Stdout, readable};

/// An alert as it is handed to a notifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The alert's stable id.
    pub id: String,
    /// The alert as one line of JSON, without a line end.
    pub json: String,
}

/// How far a notifier came with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// That many messages, from the front, have arrived for certain.
    pub acknowledged: usize,
    /// Why the rest did not.
    pub error: Option<String>,
}

impl Receipt {
    fn all(batch: &[Message]) -> Receipt {
        Receipt {
            acknowledged: batch.len(),
            error: None,
        }
    }

    fn none(error: String) -> Receipt {
        Receipt {
            acknowledged: 0,
            error: Some(error),
        }
    }
}

/// What [`Notifier::deliver`] returns.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Receipt> + Send + 'a>>;

/// A way out. Messages come in the order of detection and may come again after a failure or a
/// crash; the id tells.
pub trait Notifier: Send {
    /// Delivers a batch.
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a>;
}
