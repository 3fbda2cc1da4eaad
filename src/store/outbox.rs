//! The outbox: each alert on its way to each notifier, until acknowledged.

use jiff::Timestamp;
use rusqlite::params;

use super::article::time;
use super::{Store, StoreError};

/// One alert on its way to one notifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Alert id.
    pub alert: String,
    /// Failed attempts so far.
    pub attempts: u32,
    /// Not to be tried before.
    pub due: Timestamp,
    /// The alert as JSON, without a line end.
    pub body: String,
}

impl Store {
    /// The oldest outstanding deliveries of a notifier, in the order of detection.
    pub fn pending(&self, notifier: &str, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT d.alert, d.attempts, d.due, a.body FROM delivery d JOIN alert a ON a.id = d.alert
                 WHERE d.notifier = ?1 AND d.state = 'pending' ORDER BY d.seq LIMIT ?2",
            )?;
            let rows = select.query_map(params![notifier, limit as i64], |row| {
                Ok(Delivery {
                    alert: row.get(0)?,
                    attempts: row.get(1)?,
                    due: time(row.get(2)?),
                    body: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many deliveries are outstanding.
    pub fn outstanding(&self) -> Result<u64, StoreError> {
        self.read(|db| {
            let count = "SELECT count(*) FROM delivery WHERE state = 'pending'";
            Ok(db.query_row(count, [], |row| row.get(0))?)
        })
    }

    /// The notifier has acknowledged these alerts.
    pub async fn delivered(&self, notifier: String, alerts: Vec<String>) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut update = db.prepare_cached(
                "UPDATE delivery SET state = 'done', error = NULL WHERE alert = ?1 AND notifier = ?2",
            )?;
            for alert in &alerts {
                update.execute(params![alert, notifier])?;
            }
            Ok(())
        })
        .await
    }

    /// An attempt at these alerts failed; the next is not before `due`.
    pub async fn delivery_failed(
        &self,
        notifier: String,
        alerts: Vec<String>,
        error: String,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut update = db.prepare_cached(
                "UPDATE delivery SET attempts = attempts + 1, error = ?3, due = ?4
                 WHERE alert = ?1 AND notifier = ?2 AND state = 'pending'",
            )?;
            for alert in &alerts {
                update.execute(params![alert, notifier, error, due.as_millisecond()])?;
            }
            Ok(())
        })
        .await
    }

    /// Gives up outstanding deliveries to notifiers that the config no longer has; they stay on
    /// record as dead. Returns how many.
    pub async fn bury_orphans(&self, known: Vec<String>) -> Result<usize, StoreError> {
        self.write(move |db| {
            let known = serde_json::to_string(&known).map_err(|e| StoreError::damaged("list", e))?;
            Ok(db.execute(
                "UPDATE delivery SET state = 'dead', error = 'the notifier is no longer in the config'
                 WHERE state = 'pending' AND notifier NOT IN (SELECT value FROM json_each(?1))",
                [known],
            )?)
        })
        .await
    }
}
