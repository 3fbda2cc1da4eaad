//! Files and folders that appear whole or not at all: made beside their place under another name,
//! synced, renamed.
//!
//! May use the file system, nothing of the product.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file or folder in the making, `NAME.part-PID` beside its place; removed when dropped. One
/// that a killed process has left is removed when the next is begun.
#[derive(Debug)]
pub struct Part {
    part: PathBuf,
    target: PathBuf,
}

impl Part {
    /// Begins a file that nobody else may read, empty.
    pub fn file(target: &Path) -> io::Result<Part> {
        let part = Part::begin(target)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part.part)?;
        Ok(part)
    }

    /// Begins a folder, empty.
    pub fn folder(target: &Path) -> io::Result<Part> {
        let part = Part::begin(target)?;
        std::fs::create_dir(&part.part)?;
        Ok(part)
    }

    fn begin(target: &Path) -> io::Result<Part> {
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path has no name at its end",
            ));
        };
        let mut part = name.to_owned();
        part.push(format!(".part-{}", std::process::id()));
        for abandoned in abandoned(target)? {
            remove(&abandoned)?;
        }
        Ok(Part {
            part: folder_of(target).join(part),
            target: target.to_owned(),
        })
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Puts it into its place, over what is there; on disk when this returns. The files in a folder
    /// are the caller's to sync.
    pub fn place(self) -> io::Result<()> {
        File::open(&self.part)?.sync_all()?;
        std::fs::rename(&self.part, &self.target)?;
        sync(folder_of(&self.target))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Nothing is there any more where it was put into place.
        let _ = remove(&self.part);
    }
}

/// The folder a path lies in.
pub fn folder_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Brings the names in a folder to the disk.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match path.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    }
}

/// Parts of this target whose process is no more.
fn abandoned(target: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = target.file_name().and_then(|n| n.to_str()) else {
        return Ok(Vec::new());
    };
    let start = format!("{name}.part-");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder_of(target))? {
        let entry = entry?;
        let name = entry.file_name();
        // A database in the making may have a log beside it: NAME.part-PID-wal.
        let rest = name.to_str().and_then(|n| n.strip_prefix(&start));
        let pid = rest.and_then(|rest| rest.split('-').next());
        let pid = pid.and_then(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?));
        let gone = |pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        if pid.is_some_and(gone) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a");
        let part = Part::file(&target).unwrap();
        std::fs::write(part.path(), "half").unwrap();
        assert!(!target.exists());
        drop(part);
        assert_eq!(names(dir.path()), [""; 0]);
        let part = Part::file(&target).unwrap();
        std::fs::write(part.path(), "whole").unwrap();
        part.place().unwrap();
        assert_eq!(names(dir.path()), ["a"]);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "whole");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        // No process has so high a number.
        let dead = "a.part-2147483646";
        let alive = format!("a.part-{}", std::process::id());
        let log = "a.part-2147483646-wal";
        for name in [dead, log, "a.part-x", "b.part-2147483646"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let part = Part::file(&dir.path().join("a")).unwrap();
        let left = names(dir.path());
        assert!(!left.contains(&dead.to_owned()), "{left:?}");
        assert!(left.contains(&alive) && left.len() == 3, "{left:?}");
        drop(part);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Part::file(&dir.path().join("no/a")).is_err());
        assert!(Part::file(Path::new("/")).is_err());
    }
}
