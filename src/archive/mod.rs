//! Evidence: the raw page behind an alert, kept in WARC 1.1 files that any web archive reads.
//!
//! A page is appended and synced before its alert is committed, so an alert never names a record
//! that does not exist. Each record is a gzip member of its own; files are begun anew each day and
//! at a size. What a kill has left half-written at the end is cut off before the next record.
//!
//! | file | subject |
//! |---|---|
//! | `record` | the bytes of a record; pure |
//! | `folder` | the files: their names, their ends, which are too old |
//! | `read` | a record found again by its address |
//!
//! May use files and [`crate::alert`]; knows nothing of the network, the database or the clock.

mod folder;
mod read;
mod record;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::alert::Archived;
use crate::files;
use folder::Name;

pub use read::{Kept, ReadError, read};

/// A file is begun anew when it has reached so many bytes.
pub const ROLL: u64 = 1_000_000_000;

/// Where pages are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the files.
    pub folder: PathBuf,
    /// Files are dropped when their day is so long ago.
    pub age: Duration,
    /// The oldest files are dropped while all together have more bytes.
    pub size: u64,
    /// [`ROLL`].
    pub roll: u64,
}

/// A page to be kept, as the fetch brought it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The URL that answered.
    pub url: String,
    /// When.
    pub time: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// It came by HTTP/2.
    pub http2: bool,
    /// The address that answered, if it was not a proxy's.
    pub peer: Option<IpAddr>,
    /// Its headers, names and values, as they came.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, decompressed.
    pub body: Bytes,
    /// What a browser made of it, if that was read in its place.
    pub rendered: Option<Bytes>,
    /// What is to be known of it: names and values.
    pub about: Vec<(&'static str, String)>,
}

/// Why a page could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Disk full, no permission.
    #[error("failed to keep pages in {}: {source}; make room there, or give the service write access", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another daemon has the folder.
    #[error("failed to keep pages in {}: another wirewatch keeps its pages there; set `[store] archive_path` elsewhere", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The archive of a daemon, on or off.
#[derive(Debug, Default)]
pub struct Archive {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    settings: Option<Settings>,
    /// Held while the folder is in use.
    lock: Option<File>,
    open: Option<Open>,
}

/// The file that is appended to.
#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    name: Name,
    /// Everything before it is whole and on disk.
    len: u64,
}

impl Archive {
    /// From now on keeps pages by these settings, or none; sees to it that it can, and that the
    /// newest file ends in a whole record.
    pub fn follow(&self, settings: Option<Settings>) -> Result<(), ArchiveError> {
        let mut state = self.state();
        if state.settings != settings {
            *state = State {
                settings,
                ..State::default()
            };
        }
        match state.settings.clone() {
            Some(settings) => state.open(&settings),
            None => Ok(()),
        }
    }

    /// Whether pages are kept.
    pub fn is_on(&self) -> bool {
        self.state().settings.is_some()
    }

    /// Keeps a page and returns where; it is on disk then. `None` if the archive is off.
    pub fn keep(&self, page: &Page) -> Result<Option<Archived>, ArchiveError> {
        if !self.is_on() {
            return Ok(None);
        }
        let records = record::records(page);
        let mut state = self.state();
        let Some(settings) = state.settings.clone() else {
            return Ok(None);
        };
        state.open(&settings)?;
        let (file, start) = state.append(&settings, page.time, &records.bytes)?;
        let read = page.rendered.as_ref().unwrap_or(&page.body);
        Ok(Some(Archived {
            sha256: hex(&Sha256::digest(read)),
            file,
            offset: start + records.read_at,
        }))
    }

    /// Drops the files that are too old or too many; never the one that is appended to.
    pub fn drop_old(&self, now: Timestamp) -> Result<Dropped, ArchiveError> {
        let state = self.state();
        let Some(settings) = &state.settings else {
            return Ok(Dropped::default());
        };
        let newest = state.open.as_ref().map(|open| open.name);
        folder::drop_old(settings, newest, now).map_err(failed(&settings.folder))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl State {
    /// Opens the newest file, if there is one and its end is understood.
    fn open(&mut self, settings: &Settings) -> Result<(), ArchiveError> {
        let folder = &settings.folder;
        if self.lock.is_none() {
            std::fs::create_dir_all(folder).map_err(failed(folder))?;
            self.lock = Some(lock(folder)?);
        }
        if self.open.is_some() {
            return Ok(());
        }
        let names = folder::names(folder).map_err(failed(folder))?;
        let Some(name) = names.last().copied() else {
            return Ok(());
        };
        let path = folder.join(name.to_string());
        let mut file = appending(&path).map_err(failed(&path))?;
        self.open = match folder::mend(&mut file).map_err(failed(&path))? {
            Some(len) => Some(Open {
                file,
                path,
                name,
                len,
            }),
            // Left as it is: it holds records that alerts name.
            None => Some(begin(folder, name.next(name.day))?),
        };
        Ok(())
    }

    /// Appends whole records; returns the file and where in it they begin.
    fn append(
        &mut self,
        settings: &Settings,
        time: Timestamp,
        bytes: &[u8],
    ) -> Result<(String, u64), ArchiveError> {
        let day = folder::day(time);
        let mut open = match self.open.take() {
            Some(open) if open.name.day == day && open.len < settings.roll => open,
            Some(open) => begin(&settings.folder, open.name.next(day))?,
            None => begin(&settings.folder, Name::first(day))?,
        };
        // Put back only if all went well: what is not is mended when it is opened again.
        let name = open.name.to_string();
        if open.len == 0 {
            write(&mut open, &record::info(&name, time))?;
        }
        let start = open.len;
        write(&mut open, bytes)?;
        self.open = Some(open);
        Ok((name, start))
    }
}

/// Appends and syncs, or leaves the file as it was.
fn write(open: &mut Open, bytes: &[u8]) -> Result<(), ArchiveError> {
    let done = open
        .file
        .write_all(bytes)
        .and_then(|()| open.file.sync_data());
    if let Err(source) = done {
        // If this fails as well, the end is mended when the file is opened again.
        let _ = open.file.set_len(open.len);
        return Err(failed(&open.path)(source));
    }
    open.len += bytes.len() as u64;
    Ok(())
}

fn begin(folder: &Path, name: Name) -> Result<Open, ArchiveError> {
    let path = folder.join(name.to_string());
    let file = appending(&path).map_err(failed(&path))?;
    files::sync(folder).map_err(failed(folder))?;
    Ok(Open {
        file,
        path,
        name,
        len: 0,
    })
}

fn appending(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.open(path)
}

fn lock(folder: &Path) -> Result<File, ArchiveError> {
    let path = folder.join(".lock");
    let file = appending(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ArchiveError::InUse {
            path: folder.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(&path)(source)),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Io { path, source }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
