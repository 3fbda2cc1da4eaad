//! What a notifier is handed: how it is worded for people, and when it goes.
//!
//! Pure. May use the nouns and the template engine; must not know notifiers, HTTP or the clock.

pub mod plan;
mod sample;
mod template;
pub mod timing;
mod topic;

pub use sample::sample;
pub use template::{Escape, Face, TITLE, cut, for_html, for_markdown, for_nothing};
pub use topic::Topic;

use crate::alert::Alert;

/// One message to one receiver: an alert, or several folded into one.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Stable: the alert's id, that of a digest, or of a reminder. The same message sent again after
    /// a failure or a crash has the same.
    pub id: String,
    /// What it tells, in the order of detection; never empty.
    pub alerts: Vec<Told>,
    /// How often it has been told before, unacknowledged; 0 the first time.
    pub reminder: u32,
    /// What the receiver called the first message on this story, where its notifier keeps that.
    pub thread: Option<String>,
}

/// An alert with the bytes it is stored as.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What is told.
    pub alert: Alert,
    /// The same as one line of JSON, without a line end.
    pub json: String,
}

impl Message {
    /// The first, and mostly only, alert.
    pub fn first(&self) -> Option<&Alert> {
        self.alerts.first().map(|told| &told.alert)
    }

    /// The story it belongs to, if it is one.
    pub fn story(&self) -> Option<&str> {
        let mut stories = self.alerts.iter().map(|told| told.alert.story.id.as_str());
        let first = stories.next()?;
        stories.all(|s| s == first).then_some(first)
    }
}
