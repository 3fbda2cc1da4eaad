//! Alerts on standard output: JSON Lines, or a readable line each.

use std::io::Write;

use super::{Delivering, Failure, Message, Notifier, Probing, Receipt, Told};
use crate::alert::Alert;

/// Alerts written and flushed together.
const AT_ONCE: usize = 64;

/// Prints alerts.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    /// Print JSON instead of a readable line.
    pub json: bool,
}

impl Notifier for Stdout {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let told = batch.iter().flat_map(|message| &message.alerts);
        let text: String = told.map(|told| self.line(told)).collect();
        Box::pin(async move {
            // Whoever reads the other end of a pipe may be slow.
            let written = tokio::task::block_in_place(|| {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            });
            match written {
                Ok(()) => Receipt::all(batch),
                Err(error) => Receipt::none(Failure::later(format!(
                    "failed to write to standard output: {error}"
                ))),
            }
        })
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async { Ok("it is there".to_owned()) })
    }
}

impl Stdout {
    fn line(self, told: &Told) -> String {
        match self.json {
            true => format!("{}\n", told.json),
            false => format!("{}\n", readable(&told.alert)),
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
