//! An Atom 1.0 feed (RFC 4287) of the last alerts, in a file for any web server or feed reader.
//!
//! The file is written anew beside the old one, synced and renamed, so that a reader finds the one
//! or the other whole. Its entries are its own memory: read back after a start. `xml` writes it.

mod xml;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Delivering, Failure, Message, Notifier, Probing, Receipt, Told};
use crate::config;
use crate::message::{Face, TITLE, for_html};
use xml::Entry;

/// Alerts written with one sync.
const AT_ONCE: usize = 64;

/// Keeps a feed.
pub(super) struct Atom {
    config: config::Atom,
    face: Face,
    /// Newest first; `None` until the file has been read.
    entries: Option<VecDeque<Entry>>,
}

/// Fails only where the built-in template is wrong.
pub(super) fn build(config: &config::Atom, _: Option<&config::Delivery>) -> Result<Atom, String> {
    let face = Face::new(for_html, TITLE, include_str!("entry.jinja"));
    Ok(Atom {
        config: config.clone(),
        face: face.map_err(|(_, why)| why)?,
        entries: None,
    })
}

impl Atom {
    fn add(&mut self, batch: &[Message]) -> io::Result<()> {
        let mut entries = match self.entries.take() {
            Some(entries) => entries,
            None => read(&self.config.path)?,
        };
        for told in batch.iter().flat_map(|message| &message.alerts) {
            let entry = self.entry(told);
            if entries.iter().all(|known| known.id != entry.id) {
                entries.push_front(entry);
            }
        }
        entries.truncate(self.config.entries);
        write(&self.config.path, &xml::feed(&self.config, &entries))?;
        // Kept only now: what failed to be written is read from the file again.
        self.entries = Some(entries);
        Ok(())
    }

    fn entry(&self, told: &Told) -> Entry {
        let message = Message {
            id: told.alert.id.clone(),
            alerts: vec![told.clone()],
            reminder: 0,
            thread: None,
        };
        xml::entry(&told.alert, &self.face.body(&message, usize::MAX))
    }
}

impl Notifier for Atom {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        Box::pin(async move {
            // A file of some hundred kilobytes, on a task of its own.
            match tokio::task::block_in_place(|| self.add(batch)) {
                Ok(()) => Receipt::all(batch),
                Err(error) => Receipt::none(Failure::later(format!(
                    "failed to write {}: {error}",
                    self.config.path.display()
                ))),
            }
        })
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let path = &self.config.path;
            let tried = tokio::task::block_in_place(|| {
                let entries = read(path)?.len();
                let (folder, beside) = places(path);
                std::fs::create_dir_all(folder)?;
                File::create(&beside)?;
                std::fs::remove_file(&beside)?;
                io::Result::Ok(entries)
            });
            match tried {
                Ok(n) => Ok(format!(
                    "{} can be written; it has {n} entries",
                    path.display()
                )),
                Err(e) => Err(Failure::later(format!(
                    "failed to use {}: {e}",
                    path.display()
                ))),
            }
        })
    }
}

/// The entries of the file, none if there is no file. A file of somebody else's is left alone.
fn read(path: &Path) -> io::Result<VecDeque<Entry>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(VecDeque::new()),
        other => other?,
    };
    if text.is_empty() {
        return Ok(VecDeque::new());
    }
    xml::entries(&text).ok_or_else(|| {
        io::Error::other("it is there and no feed of wirewatch's: move it away or name another")
    })
}

/// The whole file at once, or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let (folder, beside) = places(path);
    std::fs::create_dir_all(folder)?;
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    // Whoever may read the old one may read the new one.
    if let Ok(old) = std::fs::metadata(path) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

/// The folder of a file, and where it is written before it takes its place.
fn places(path: &Path) -> (&Path, PathBuf) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = folder.unwrap_or(Path::new("."));
    (folder, folder.join(format!(".{name}.new")))
}
