//! The database's file and its disk, looked at from outside SQLite: so that a disk that fills up and
//! a file that was taken away are known before a commit meets them.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};

use super::cause::{Broken, Cause};

/// Free space on the database's disk below which nothing more is fetched...
const NO_ROOM: u64 = 64 << 20;

/// ...or this part of the disk, where that is less.
const PART: u64 = 10;

/// The file that was opened, whatever its name leads to later.
pub(super) struct Opened {
    path: PathBuf,
    id: (u64, u64),
}

impl Opened {
    pub(super) fn new(path: &Path) -> io::Result<Opened> {
        Ok(Opened {
            path: path.to_owned(),
            id: id(&std::fs::metadata(path)?),
        })
    }

    /// What is wrong with the name: a commit to a file without one is lost.
    pub(super) fn check(&self) -> Result<(), Broken> {
        let path = self.path.display();
        match std::fs::metadata(&self.path) {
            Ok(now) if id(&now) == self.id => Ok(()),
            Ok(_) => Err(Broken::new(
                Cause::Gone,
                format!("{path} was replaced by another file while wirewatch had it open"),
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Broken::new(
                Cause::Gone,
                format!("{path} was deleted or moved while wirewatch had it open"),
            )),
            Err(error) => Err(Broken::new(
                Cause::Io,
                format!("{path} cannot be looked at: {error}"),
            )),
        }
    }
}

fn id(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// What is wrong with the disk of the database at `path`, as far as the system tells. `again`: it
/// was full before, and has to have half as much room again so that fetching does not stop and go.
/// Blocks; call it off the async threads.
pub fn look(path: &Path, again: bool) -> Option<Broken> {
    statvfs(path).ok().and_then(|disk| judge(&disk, again))
}

fn judge(disk: &StatVfs, again: bool) -> Option<Broken> {
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Some(Broken::new(
            Cause::ReadOnly,
            "the database's disk is mounted read-only",
        ));
    }
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    let floor = NO_ROOM.min(bytes(disk.f_blocks) / PART);
    let floor = if again { floor + floor / 2 } else { floor };
    let free = bytes(disk.f_bavail);
    (free < floor).then(|| {
        Broken::new(
            Cause::Full,
            format!(
                "{:.1} MB are left on the database's disk, less than the {:.1} MB it takes to go on",
                free as f64 / 1e6,
                floor as f64 / 1e6
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(total: u64, free: u64, flag: StatVfsMountFlags) -> StatVfs {
        let mut disk = statvfs(Path::new("/")).unwrap();
        disk.f_frsize = 1;
        (disk.f_blocks, disk.f_bavail, disk.f_flag) = (total, free, flag);
        disk
    }

    #[test]
    fn a_disk_is_judged_by_its_room_and_its_mount() {
        let writable = StatVfsMountFlags::empty();
        let cause = |disk: StatVfs, again| judge(&disk, again).and_then(|b| b.cause);
        let large = 1 << 40;
        assert_eq!(cause(disk(large, NO_ROOM, writable), false), None);
        assert_eq!(
            cause(disk(large, NO_ROOM - 1, writable), false),
            Some(Cause::Full)
        );
        // Full once, it has to have more.
        assert_eq!(
            cause(disk(large, NO_ROOM, writable), true),
            Some(Cause::Full)
        );
        assert_eq!(cause(disk(large, 2 * NO_ROOM, writable), true), None);
        assert_eq!(cause(disk(8 << 20, 1 << 20, writable), false), None);
        assert_eq!(
            cause(disk(large, large, StatVfsMountFlags::RDONLY), false),
            Some(Cause::ReadOnly)
        );
    }

    #[test]
    fn a_file_deleted_replaced_and_put_back_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let (path, away) = (dir.path().join("w.db"), dir.path().join("away"));
        std::fs::write(&path, "a").unwrap();
        let opened = Opened::new(&path).unwrap();
        assert_eq!(opened.check(), Ok(()));
        std::fs::rename(&path, &away).unwrap();
        assert!(opened.check().unwrap_err().detail.contains("deleted"));
        std::fs::write(&path, "a").unwrap();
        let replaced = opened.check().unwrap_err();
        assert!(replaced.detail.contains("replaced"));
        assert!(replaced.to_string().contains("restart"), "says the fix");
        std::fs::rename(&away, &path).unwrap();
        assert_eq!(opened.check(), Ok(()));
    }
}
