//! An entry in systemd's journal by its native protocol
//! (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>): one datagram of fields.
//!
//! Fields are cut so that an entry fits into a datagram; the protocol's way for larger ones, a
//! sealed memory file, is not needed then.

#[cfg(test)]
mod tests;

use std::io;

use tokio::net::UnixDatagram;

use super::push::{loudness, one_by_one, severity};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, face, one};
use crate::config;
use crate::message::{Face, for_nothing};

/// What all alerts have in common: `journalctl MESSAGE_ID=…` shows them, of whatever version.
const MESSAGE_ID: &str = "0d2a9c4e6f3b4f5d8a7c1e90b2d46f18";

/// Most bytes of the text and of any other field; a datagram may have 200 KB.
const TEXT: usize = 32 << 10;
const FIELD: usize = 4 << 10;

/// Writes to the journal.
pub(super) struct Journald {
    config: config::Journald,
    given: Option<config::Delivery>,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Journald,
    given: Option<&config::Delivery>,
) -> Result<Journald, String> {
    Ok(Journald {
        config: config.clone(),
        given: given.cloned(),
        face: face(for_nothing, given, None, include_str!("body.jinja"))?,
    })
}

impl Journald {
    async fn send(&self, message: &Message) -> Sent {
        let written = async {
            let socket = self.open()?;
            for message in one_by_one(message) {
                socket.send(&self.entry(&message)).await?;
            }
            io::Result::Ok(())
        };
        match written.await {
            Ok(()) => Ok(None),
            Err(error) => Err(Failure::later(format!("failed to write to it: {error}"))),
        }
    }

    fn open(&self) -> io::Result<UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.config.socket)?;
        Ok(socket)
    }

    /// The entry of a message with one alert.
    fn entry(&self, message: &Message) -> Vec<u8> {
        let mut entry = Vec::new();
        let level = severity(loudness(message, self.given.as_ref())).to_string();
        let reminder = message.reminder.to_string();
        let text = self.face.fitted(message, TEXT, str::len);
        put(&mut entry, "MESSAGE", &text, TEXT);
        put(&mut entry, "MESSAGE_ID", MESSAGE_ID, FIELD);
        put(&mut entry, "PRIORITY", &level, FIELD);
        put(
            &mut entry,
            "SYSLOG_IDENTIFIER",
            &self.config.identifier,
            FIELD,
        );
        if let Some(alert) = message.first() {
            for (name, value) in [
                ("WIREWATCH_ID", alert.id.as_str()),
                ("WIREWATCH_KIND", alert.kind.as_str()),
                ("WIREWATCH_STORY", &alert.story.id),
                ("WIREWATCH_URL", &alert.url),
                ("WIREWATCH_SOURCE", &alert.source),
                ("WIREWATCH_WATCH", &alert.watch),
                ("WIREWATCH_HEADLINE", &alert.headline),
                ("WIREWATCH_REMINDER", &reminder),
            ] {
                put(&mut entry, name, value, FIELD);
            }
        }
        entry
    }
}

impl Notifier for Journald {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.send(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        let opened = self.open();
        let socket = self.config.socket.display().to_string();
        Box::pin(async move {
            match opened {
                Ok(_) => Ok(format!("{socket} is there")),
                Err(e) => Err(Failure::later(format!(
                    "failed to connect to {socket}: {e}"
                ))),
            }
        })
    }
}

/// A field: with its length in front where it has more than one line.
fn put(entry: &mut Vec<u8>, name: &str, value: &str, most: usize) {
    let mut end = most.min(value.len());
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let value = value.get(..end).unwrap_or_default();
    entry.extend(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.as_bytes());
    entry.push(b'\n');
}
