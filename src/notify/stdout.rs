//! Alerts on standard output: JSON Lines, or a readable line each.

use std::io::Write;

use super::{Delivering, Message, Notifier, Receipt};
use crate::alert::Alert;

/// Prints alerts.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    /// Print JSON instead of a readable line.
    pub json: bool,
}

impl Notifier for Stdout {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let text: String = batch.iter().map(|m| self.line(m)).collect();
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let receipt = match written {
            Ok(()) => Receipt::all(batch),
            Err(error) => Receipt::none(format!("failed to write to standard output: {error}")),
        };
        Box::pin(async move { receipt })
    }
}

impl Stdout {
    fn line(self, message: &Message) -> String {
        if self.json {
            return format!("{}\n", message.json);
        }
        match serde_json::from_str::<Alert>(&message.json) {
            Ok(alert) => format!("{}\n", readable(&alert)),
            Err(_) => format!("{}\n", message.json),
        }
    }
}

/// An alert for a person at a terminal: what, and the sentence that proves it.
pub fn readable(alert: &Alert) -> String {
    let time = alert.time.strftime("%Y-%m-%d %H:%M:%SZ");
    let mut text = format!(
        "{time}  {}  {}",
        alert.kind.as_str().to_uppercase(),
        alert.summary
    );
    if let Some(sentence) = &alert.evidence.new {
        text.push_str(&format!("\n    “{sentence}”"));
    }
    if let Some(sentence) = &alert.evidence.old {
        text.push_str(&format!("\n    before: “{sentence}”"));
    }
    text.push_str(&format!("\n    {}  {}", alert.source, alert.url));
    text
}
