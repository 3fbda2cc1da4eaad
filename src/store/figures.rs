//! Figures for those who watch over the daemon: how much waits, and what is wrong.

use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// How much waits, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Deliveries not acknowledged yet, by notifier; those with none are left out.
    pub outstanding: Vec<(String, u64)>,
    /// Troubles that were told and go on, by the first word of their subject; as above.
    pub troubles: Vec<(String, u64)>,
}

impl Figures {
    /// Deliveries that a notifier has not acknowledged yet.
    pub fn outstanding_of(&self, notifier: &str) -> u64 {
        count(&self.outstanding, notifier)
    }

    /// Troubles of what is called so: "source", "notifier", "daemon".
    pub fn troubles_of(&self, of: &str) -> u64 {
        count(&self.troubles, of)
    }
}

fn count(counts: &[(String, u64)], name: &str) -> u64 {
    let found = counts.iter().find(|(known, _)| known == name);
    found.map_or(0, |(_, count)| *count)
}

impl Store {
    /// Sizes of the database and of its write-ahead log, and what is free on their disk if that is
    /// known, in bytes.
    pub fn sizes(&self) -> (u64, u64, Option<u64>) {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let mut log = self.path().as_os_str().to_owned();
        log.push("-wal");
        let free = rustix::fs::statvfs(self.path())
            .ok()
            .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        (size(self.path()), size(&PathBuf::from(log)), free)
    }

    /// How much waits, and what is wrong. Reads what is counted, and nothing else.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        let troubles = self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT substr(subject || ' ', 1, instr(subject || ' ', ' ') - 1) AS first, count(*)
                 FROM trouble WHERE told = 1 GROUP BY first",
            )?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        Ok(Figures {
            outstanding: self.outstanding_by_notifier()?,
            troubles,
        })
    }
}
