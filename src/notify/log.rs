//! The alert log: JSON Lines, appended and synced before anything counts as delivered.
//!
//! The file is opened for each batch, so a log moved away by logrotate is let go of by itself.
//! After a start or a failure its tail is looked at first: a half-written last line is taken off
//! (it was never acknowledged, so it comes again), and ids that stand there already are not
//! written twice.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Delivering, Failure, Message, Notifier, Probing, Receipt, Told};

/// How much of the log's end is looked at: far more than the largest batch.
const TAIL: u64 = 4 << 20;

/// Lines written with one sync.
const AT_ONCE: usize = 64;

/// Appends alerts to a file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Ids found at the log's end; `None` when it has to be looked at (again).
    tail: Option<HashSet<String>>,
}

impl LogFile {
    /// A log at `path`; its folder is made if need be.
    pub fn new(path: PathBuf) -> LogFile {
        LogFile { path, tail: None }
    }

    fn append(&mut self, batch: &[Message]) -> io::Result<()> {
        let mut file = open(&self.path)?;
        // `notify-test` may be writing, too.
        file.lock()?;
        let known = match self.tail.take() {
            Some(known) => known,
            None => {
                let mut known = rotated_ids(&self.path);
                known.extend(mend_tail(&mut file)?);
                known
            }
        };
        let mut lines = String::new();
        let told = batch.iter().flat_map(|message| &message.alerts);
        for Told { json, .. } in told.filter(|told| !known.contains(&told.alert.id)) {
            lines.push_str(json);
            lines.push('\n');
        }
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        // Everything before this batch is acknowledged by now. This batch may come again: the store
        // may fail to take its acknowledgement.
        let written = batch.iter().flat_map(|message| &message.alerts);
        self.tail = Some(written.map(|told| told.alert.id.clone()).collect());
        Ok(())
    }
}

impl Notifier for LogFile {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        Box::pin(async move {
            // A sync of a few kilobytes: milliseconds, on a task of its own.
            match tokio::task::block_in_place(|| self.append(batch)) {
                Ok(()) => Receipt::all(batch),
                Err(error) => Receipt::none(Failure::later(format!(
                    "failed to append to {}: {error}",
                    self.path.display()
                ))),
            }
        })
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            match tokio::task::block_in_place(|| open(&self.path)) {
                Ok(_) => Ok(format!("{} can be written", self.path.display())),
                Err(error) => Err(Failure::later(format!(
                    "failed to open {}: {error}",
                    self.path.display()
                ))),
            }
        })
    }
}

fn open(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let options = || {
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        options
    };
    match options().open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = folder {
                std::fs::create_dir_all(folder)?;
            }
            let file = options().create(true).open(path)?;
            // The new name has to survive a power cut, too.
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(file)
        }
        other => other,
    }
}

/// Ids at the end of the log that logrotate moved away last, if it did.
fn rotated_ids(path: &Path) -> HashSet<String> {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    let ids =
        File::open(PathBuf::from(name)).and_then(|mut file| Ok(ids(&read_tail(&mut file)?.1)));
    ids.unwrap_or_default()
}

/// Makes the log end in a whole line and returns the ids of its last lines.
fn mend_tail(file: &mut File) -> io::Result<HashSet<String>> {
    let (start, bytes) = read_tail(file)?;
    if bytes.last().is_some_and(|b| *b != b'\n') {
        let last = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let line = bytes.get(last..).unwrap_or_default();
        if id_of(line).is_some() {
            file.write_all(b"\n")?;
        } else {
            file.set_len(start + last as u64)?;
        }
    }
    Ok(ids(&bytes))
}

/// The last [`TAIL`] bytes and where they begin.
fn read_tail(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let start = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((start, bytes))
}

fn ids(bytes: &[u8]) -> HashSet<String> {
    bytes.split(|b| *b == b'\n').filter_map(id_of).collect()
}

fn id_of(line: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Id {
        id: String,
    }
    serde_json::from_slice::<Id>(line).ok().map(|line| line.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        let mut alert = crate::message::sample(jiff::Timestamp::UNIX_EPOCH);
        alert.id = id.into();
        Message {
            id: id.into(),
            alerts: vec![Told {
                alert,
                json: format!("{{\"id\":\"{id}\",\"v\":1}}"),
            }],
            reminder: 0,
            thread: None,
        }
    }

    fn batch(ids: &[&str]) -> Vec<Message> {
        ids.iter().map(|id| message(id)).collect()
    }

    fn logged(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        text.lines()
            .map(|line| id_of(line.as_bytes()).unwrap_or_else(|| panic!("{line:?}")))
            .collect()
    }

    #[test]
    fn appends_and_makes_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/alerts.jsonl");
        let mut log = LogFile::new(path.clone());
        log.append(&batch(&["a", "b"])).unwrap();
        log.append(&batch(&["c"])).unwrap();
        assert_eq!(logged(&path), ["a", "b", "c"]);
    }

    #[test]
    fn after_a_crash_nothing_is_twice_and_nothing_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        // Killed after the sync and before the acknowledgement: the batch comes again.
        LogFile::new(path.clone())
            .append(&batch(&["a", "b"]))
            .unwrap();
        LogFile::new(path.clone())
            .append(&batch(&["a", "b", "c"]))
            .unwrap();
        assert_eq!(logged(&path), ["a", "b", "c"]);
    }

    #[test]
    fn a_batch_whose_acknowledgement_failed_is_not_written_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        let mut log = LogFile::new(path.clone());
        log.append(&batch(&["a", "b"])).unwrap();
        log.append(&batch(&["a", "b", "c"])).unwrap();
        log.append(&batch(&["b", "c", "d"])).unwrap();
        assert_eq!(logged(&path), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_line_cut_anywhere_is_mended() {
        let whole = "{\"id\":\"a\",\"v\":1}\n{\"id\":\"b\",\"v\":1}\n";
        for cut in 0..=whole.len() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("alerts.jsonl");
            std::fs::write(&path, &whole[..cut]).unwrap();
            LogFile::new(path.clone())
                .append(&batch(&["a", "b"]))
                .unwrap();
            assert_eq!(logged(&path), ["a", "b"], "cut at {cut}");
        }
    }

    #[test]
    fn a_rotated_log_is_looked_at_and_a_new_one_begun() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        let mut log = LogFile::new(path.clone());
        log.append(&batch(&["a"])).unwrap();
        std::fs::rename(&path, dir.path().join("alerts.jsonl.1")).unwrap();
        log.append(&batch(&["b"])).unwrap();
        assert_eq!(logged(&path), ["b"]);
        std::fs::remove_file(&path).unwrap();
        // Killed between the line in the old file and its acknowledgement.
        LogFile::new(path.clone())
            .append(&batch(&["a", "c"]))
            .unwrap();
        assert_eq!(logged(&path), ["c"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failure_acknowledges_nothing_and_is_retried_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        std::fs::create_dir(&path).unwrap();
        let mut log = LogFile::new(path.clone());
        let receipt = log.deliver(&batch(&["a"])).await;
        assert_eq!(receipt.acknowledged, 0);
        assert!(receipt.failure.unwrap().reason().contains("alerts.jsonl"));
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(log.deliver(&batch(&["a"])).await.acknowledged, 1);
        assert_eq!(logged(&path), ["a"]);
    }
}
