//! Deliveries as the operator sees them, and what the operator may do about them beside a running
//! daemon: take up again what was given up, acknowledge alerts.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params, params_from_iter};
use serde::Serialize;

use super::article::time;
use super::{Reader, StoreError, schema};
use crate::alert::Alert;
use crate::message::Told;

/// A delivery, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// Alert id.
    pub alert: String,
    /// Name of the notifier.
    pub notifier: String,
    /// `pending`, `done` or `dead`.
    pub state: String,
    /// Kind of the alert.
    pub kind: String,
    /// Its summary.
    pub summary: String,
    /// When it was put into the outbox.
    pub since: Timestamp,
    /// When it was acknowledged, last.
    pub done: Option<Timestamp>,
    /// How often the receiver refused it.
    pub refusals: u32,
    /// Not tried before, where that is later.
    pub due: Timestamp,
    /// Why the last attempt failed: its own, or else its notifier's.
    pub error: Option<String>,
    /// How often it has been told again.
    pub reminders: u32,
}

/// Which deliveries.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Alert ids; empty: all.
    pub alerts: Vec<String>,
    /// Name of a notifier.
    pub notifier: Option<String>,
    /// In this state.
    pub state: Option<&'static str>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

impl Reader {
    /// Deliveries, oldest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
        let (conditions, mut values) = conditions(filter);
        values.push(rusqlite::types::Value::from(
            filter
                .limit
                .map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX)),
        ));
        let mut select = self.connection.prepare(&format!(
            "SELECT d.alert, d.notifier, d.state, a.kind, CASE WHEN json_valid(a.body) THEN a.body ->> '$.summary' END, d.since, d.done,
                    d.attempts, max(d.due, coalesce(c.due, 0)), coalesce(d.error, c.error), d.reminders
             FROM delivery d JOIN alert a ON a.id = d.alert
             LEFT JOIN channel c ON c.notifier = d.notifier AND d.state = 'pending'
             WHERE {conditions} ORDER BY d.seq DESC, d.notifier LIMIT ?"
        ))?;
        let rows = select.query_map(params_from_iter(values), |row| {
            Ok(DeliveryRow {
                alert: row.get(0)?,
                notifier: row.get(1)?,
                state: row.get(2)?,
                kind: row.get(3)?,
                summary: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
                since: time(row.get(5)?),
                done: row.get::<_, Option<i64>>(6)?.map(time),
                refusals: row.get(7)?,
                due: time(row.get(8)?),
                error: row.get(9)?,
                reminders: row.get(10)?,
            })
        })?;
        let mut rows: Vec<DeliveryRow> = rows.collect::<Result<_, _>>()?;
        rows.reverse();
        Ok(rows)
    }

    /// An alert as it was sent.
    pub fn alert(&self, id: &str) -> Result<Option<Told>, StoreError> {
        let json: Option<String> = self
            .connection
            .query_row("SELECT body FROM alert WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .optional()?;
        json.map(|json| {
            let alert: Alert =
                serde_json::from_str(&json).map_err(|e| StoreError::damaged("alert", e))?;
            Ok(Told { alert, json })
        })
        .transpose()
    }
}

/// Writes a little into the store of a daemon that may be running: each call is a transaction of
/// its own, and the daemon sees it within seconds.
pub struct Editor {
    connection: Connection,
}

impl Editor {
    /// Opens the database at `path`, which a daemon of this version must have opened before.
    pub fn open(path: &Path) -> Result<Editor, StoreError> {
        drop(Reader::open(path)?);
        let mut connection = Connection::open(path).map_err(|e| StoreError::opening(path, e))?;
        schema::prepare(&mut connection).map_err(|e| StoreError::opening(path, e))?;
        Ok(Editor { connection })
    }

    /// Puts deliveries that were given up back into the outbox, to be tried at once and given up
    /// no sooner than a new one. Returns how many.
    pub fn retry(&mut self, filter: &DeliveryFilter, now: Timestamp) -> Result<usize, StoreError> {
        let dead = DeliveryFilter {
            state: Some("dead"),
            limit: None,
            ..filter.clone()
        };
        let (conditions, values) = conditions(&dead);
        let mut all = vec![rusqlite::types::Value::from(now.as_millisecond())];
        all.extend(values);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut update = transaction.prepare(&format!(
            "UPDATE delivery AS d SET state = 'pending', attempts = 0, error = NULL, batch = NULL,
                 since = ?1, due = ?1 WHERE {conditions} RETURNING notifier"
        ))?;
        let rows = update.query_map(params_from_iter(all), |row| row.get::<_, String>(0))?;
        let notifiers: Vec<String> = rows.collect::<Result<_, _>>()?;
        drop(update);
        // A notifier that is paused, or said to be gone, is asked at once.
        for notifier in &notifiers {
            transaction.execute("DELETE FROM channel WHERE notifier = ?1", [notifier])?;
        }
        let retried = notifiers.len();
        transaction.commit()?;
        Ok(retried)
    }

    /// Forgets deliveries that were given up. Returns how many.
    pub fn drop_dead(&mut self, filter: &DeliveryFilter) -> Result<usize, StoreError> {
        let dead = DeliveryFilter {
            state: Some("dead"),
            limit: None,
            ..filter.clone()
        };
        let (conditions, values) = conditions(&dead);
        let sql = format!("DELETE FROM delivery AS d WHERE {conditions}");
        Ok(self.connection.execute(&sql, params_from_iter(values))?)
    }

    /// Acknowledges an alert: no more reminders. `None`: there is no such alert; `Some(false)`: it
    /// was acknowledged before.
    pub fn acknowledge(
        &mut self,
        alert: &str,
        who: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM alert WHERE id = ?1)",
            [alert],
            |row| row.get(0),
        )?;
        if !known {
            return Ok(None);
        }
        let new = transaction.execute(
            "INSERT OR IGNORE INTO ack (alert, time, who) VALUES (?1, ?2, ?3)",
            params![alert, now.as_millisecond(), who],
        )?;
        transaction.execute(
            "UPDATE delivery SET remind = NULL WHERE alert = ?1",
            [alert],
        )?;
        transaction.commit()?;
        Ok(Some(new > 0))
    }

    /// Ids of alerts that are to be told again until acknowledged.
    pub fn reminded(&self) -> Result<Vec<String>, StoreError> {
        let mut select = self
            .connection
            .prepare("SELECT DISTINCT alert FROM delivery WHERE remind IS NOT NULL ORDER BY seq")?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// SQL on `delivery d`, with a value for each `?`.
fn conditions(filter: &DeliveryFilter) -> (String, Vec<rusqlite::types::Value>) {
    let mut sql = vec!["1".to_owned()];
    let mut values = Vec::new();
    if !filter.alerts.is_empty() {
        let marks = vec!["?"; filter.alerts.len()].join(", ");
        sql.push(format!("d.alert IN ({marks})"));
        values.extend(filter.alerts.iter().cloned().map(Into::into));
    }
    if let Some(notifier) = &filter.notifier {
        sql.push("d.notifier = ?".to_owned());
        values.push(notifier.clone().into());
    }
    if let Some(state) = filter.state {
        sql.push("d.state = ?".to_owned());
        values.push(state.to_owned().into());
    }
    (sql.join(" AND "), values)
}
