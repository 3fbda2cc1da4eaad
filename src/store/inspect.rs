//! Whether the database is sound, and what was given up: for `doctor`.

use super::{Reader, StoreError};

impl Reader {
    /// What SQLite finds wrong with the database, ten findings at most; reads all of it.
    pub fn quick_check(&self) -> Result<Vec<String>, StoreError> {
        let mut check = self.connection.prepare("PRAGMA quick_check(10)")?;
        let found = check.query_map([], |row| row.get::<_, String>(0))?;
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    /// How many deliveries were given up, by notifier, with the last reason.
    pub fn given_up(&self) -> Result<Vec<(String, u64, String)>, StoreError> {
        let mut select = self.connection.prepare(
            "SELECT notifier, count(*), coalesce(error, '-'), max(seq) FROM delivery
             WHERE state = 'dead' GROUP BY notifier ORDER BY notifier",
        )?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
