//! The outbox: each alert on its way to each notifier, until acknowledged or given up.
//!
//! A delivery is `pending`, `done` or `dead`. A message of several alerts is claimed (its parts get
//! its id) before it is tried, so that it is the same when it is tried again.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::article::time;
use super::{Store, StoreError};
use crate::alert::Alert;
use crate::message::plan::Waiting;
use crate::message::{Message, Told};

/// No reminder is further away: the clock was wrong when it was stored.
const LONGEST_REMINDER: jiff::SignedDuration = jiff::SignedDuration::from_hours(25);

/// What waits for a notifier, as far as a decision needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    /// In the order of detection, then reminders that are due.
    pub waiting: Vec<Waiting>,
    /// Failed attempts at each, in the same order.
    pub attempts: Vec<u32>,
    /// The state of the notifier itself, if it fails.
    pub channel: Option<Channel>,
    /// When the last messages went, newest first.
    pub sent: Vec<Timestamp>,
    /// When the next reminder is due, if none of what waits is.
    pub next_reminder: Option<Timestamp>,
    /// Deliveries given up.
    pub dead: u64,
}

/// A notifier that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Failed attempts in a row.
    pub attempts: u32,
    /// Not to be tried before.
    pub due: Timestamp,
    /// Of the first of them.
    pub since: Timestamp,
    /// Why the last failed.
    pub error: String,
    /// The receiver said it is there no more.
    pub gone: bool,
}

/// How acknowledged deliveries are told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remind {
    /// After this time.
    pub after: Duration,
    /// So often at most.
    pub times: u32,
}

impl Store {
    /// What waits for a notifier: at most `most` of it. `window`: how far back sent messages are
    /// looked up; none are without.
    pub fn outbox(
        &self,
        notifier: &str,
        most: usize,
        window: Option<Duration>,
        now: Timestamp,
    ) -> Result<Outbox, StoreError> {
        self.read(|db| {
            let mut outbox = Outbox {
                channel: channel(db, notifier)?,
                dead: db
                    .prepare_cached(
                        "SELECT count(*) FROM delivery WHERE notifier = ?1 AND state = 'dead'",
                    )?
                    .query_row([notifier], |row| row.get(0))?,
                ..Outbox::default()
            };
            pending(db, notifier, most, &mut outbox)?;
            reminders(db, notifier, most, now, &mut outbox)?;
            if let Some(window) = window {
                let since = now.checked_sub(window).unwrap_or(now);
                let mut select = db.prepare_cached(
                    "SELECT max(done) AS t FROM delivery WHERE notifier = ?1 AND done > ?2
                     GROUP BY coalesce(nullif(batch, ''), alert) ORDER BY t DESC",
                )?;
                let rows = select
                    .query_map(params![notifier, since.as_millisecond()], |row| row.get(0))?;
                outbox.sent = rows.map(|t| t.map(time)).collect::<Result<_, _>>()?;
            }
            Ok(outbox)
        })
    }

    /// A message of these alerts. `reminder`: how often it has been told.
    pub fn message(
        &self,
        notifier: &str,
        alerts: &[String],
        id: String,
    ) -> Result<Message, StoreError> {
        self.read(|db| {
            let mut told = Vec::new();
            let mut select = db.prepare_cached("SELECT body FROM alert WHERE id = ?1")?;
            for alert in alerts {
                let json: String = select.query_row([alert], |row| row.get(0))?;
                let alert: Alert =
                    serde_json::from_str(&json).map_err(|e| StoreError::damaged("alert", e))?;
                told.push(Told { alert, json });
            }
            let of_one_story = told
                .windows(2)
                .all(|two| matches!(two, [a, b] if a.alert.story.id == b.alert.story.id));
            let (story, reminder): (Option<String>, u32) = db
                .prepare_cached(
                    "SELECT story, CASE state WHEN 'done' THEN reminders + 1 ELSE 0 END
                     FROM delivery WHERE alert = ?1 AND notifier = ?2",
                )?
                .query_row(params![alerts.first(), notifier], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .unwrap_or_default();
            let thread = match of_one_story {
                true => db
                .prepare_cached(
                    "SELECT handle FROM delivery WHERE notifier = ?1 AND story = ?2 AND handle IS NOT NULL
                     ORDER BY seq LIMIT 1",
                )?
                .query_row(params![notifier, story], |row| row.get(0))
                .optional()?,
                false => None,
            };
            Ok(Message {
                id: match reminder {
                    0 => id,
                    n => format!("{id}_r{n}"),
                },
                alerts: told,
                reminder,
                thread,
            })
        })
    }

    /// How many deliveries are outstanding.
    pub fn outstanding(&self) -> Result<u64, StoreError> {
        self.read(|db| {
            let count = "SELECT count(*) FROM delivery WHERE state = 'pending'";
            Ok(db.query_row(count, [], |row| row.get(0))?)
        })
    }

    /// How many deliveries are outstanding, by notifier.
    pub fn outstanding_by_notifier(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT notifier, count(*) FROM delivery WHERE state = 'pending' GROUP BY notifier",
            )?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// These alerts are about to be sent as one message.
    pub async fn claim(
        &self,
        notifier: String,
        alerts: Vec<String>,
        batch: String,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut update = db.prepare_cached(
                "UPDATE delivery SET batch = ?3 WHERE alert = ?1 AND notifier = ?2",
            )?;
            for alert in &alerts {
                update.execute(params![alert, notifier, batch])?;
            }
            Ok(())
        })
        .await
    }

    /// The notifier has acknowledged these alerts. `handle`: what the receiver calls the message.
    pub async fn delivered(
        &self,
        notifier: String,
        alerts: Vec<String>,
        handle: Option<String>,
        remind: Option<Remind>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let now_ms = now.as_millisecond();
            let again = remind.and_then(|r| now.checked_add(r.after).ok());
            // Kind `health` has an end of its own; what was acknowledged is told no more.
            let mut update = db.prepare_cached(
                "UPDATE delivery SET
                     reminders = reminders + (state = 'done'), state = 'done', error = NULL,
                     done = ?3, handle = coalesce(handle, ?4),
                     batch = CASE state WHEN 'done' THEN '' ELSE batch END,
                     remind = CASE
                         WHEN reminders + (state = 'done') < ?6
                          AND NOT EXISTS (SELECT 1 FROM ack WHERE ack.alert = delivery.alert)
                          AND (SELECT kind FROM alert WHERE id = delivery.alert) <> 'health'
                         THEN ?5 END
                 WHERE alert = ?1 AND notifier = ?2",
            )?;
            for alert in &alerts {
                update.execute(params![
                    alert,
                    notifier,
                    now_ms,
                    handle,
                    again.map(Timestamp::as_millisecond),
                    remind.map_or(0, |r| r.times)
                ])?;
            }
            db.prepare_cached("DELETE FROM channel WHERE notifier = ?1")?
                .execute([&notifier])?;
            Ok(())
        })
        .await
    }

    /// The notifier as a whole failed; the next attempt at anything is not before `channel.due`.
    /// What has waited since before `dead_before` is given up. Returns how many that were.
    pub async fn channel_failed(
        &self,
        notifier: String,
        channel: Channel,
        dead_before: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "INSERT OR REPLACE INTO channel (notifier, attempts, due, since, error, gone)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                notifier,
                channel.attempts,
                channel.due.as_millisecond(),
                channel.since.as_millisecond(),
                channel.error,
                channel.gone
            ])?;
            let dead = db
                .prepare_cached(
                    "UPDATE delivery SET state = 'dead', error = ?2
                     WHERE notifier = ?1 AND state = 'pending' AND since < ?3",
                )?
                .execute(params![
                    notifier,
                    channel.error,
                    dead_before.as_millisecond()
                ])?;
            Ok(dead)
        })
        .await
    }

    /// The receiver refused these alerts, which were one message. They go alone from now on, not
    /// before `due`; with `None` they are given up.
    pub async fn refused(
        &self,
        notifier: String,
        alerts: Vec<String>,
        error: String,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            // A reminder that is refused is not repeated.
            let mut update = db.prepare_cached(
                "UPDATE delivery SET
                     attempts = attempts + 1, error = ?3, batch = '', remind = NULL,
                     due = coalesce(?4, due),
                     state = CASE WHEN state = 'pending' AND ?4 IS NULL THEN 'dead' ELSE state END
                 WHERE alert = ?1 AND notifier = ?2",
            )?;
            for alert in &alerts {
                let due = due.map(Timestamp::as_millisecond);
                update.execute(params![alert, notifier, error, due])?;
            }
            Ok(())
        })
        .await
    }

    /// The notifier answered: the way is open.
    pub async fn channel_works(&self, notifier: String) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("DELETE FROM channel WHERE notifier = ?1")?
                .execute([notifier])?;
            Ok(())
        })
        .await
    }

    /// A notifier starts: a receiver that said it is gone is asked once more, and nothing is told
    /// again that is not to be by its present config.
    pub async fn begin(&self, notifier: String, reminds: bool) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("DELETE FROM channel WHERE notifier = ?1 AND gone = 1")?
                .execute([&notifier])?;
            if !reminds {
                forget_reminders(db, &notifier)?;
            }
            Ok(())
        })
        .await
    }

    /// Gives up what has waited since before `before` for notifiers that the config no longer has; it
    /// stays on record as dead. Until then the notifier may come back. Returns how many.
    pub async fn bury_orphans(
        &self,
        known: Vec<String>,
        before: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |db| {
            let known = serde_json::to_string(&known).map_err(|e| StoreError::damaged("list", e))?;
            db.execute(
                "UPDATE delivery SET remind = NULL
                 WHERE remind IS NOT NULL AND notifier NOT IN (SELECT value FROM json_each(?1))",
                [&known],
            )?;
            db.execute(
                "DELETE FROM channel WHERE notifier NOT IN (SELECT value FROM json_each(?1))",
                [&known],
            )?;
            Ok(db.execute(
                "UPDATE delivery SET state = 'dead', error = 'the notifier is no longer in the config'
                 WHERE state = 'pending' AND since < ?2
                   AND notifier NOT IN (SELECT value FROM json_each(?1))",
                params![known, before.as_millisecond()],
            )?)
        })
        .await
    }
}

fn forget_reminders(db: &Connection, notifier: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE delivery SET remind = NULL WHERE notifier = ?1 AND remind IS NOT NULL",
    )?
    .execute([notifier])?;
    Ok(())
}

fn channel(db: &Connection, notifier: &str) -> Result<Option<Channel>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT attempts, due, since, error, gone FROM channel WHERE notifier = ?1",
        )?
        .query_row([notifier], |row| {
            Ok(Channel {
                attempts: row.get(0)?,
                due: time(row.get(1)?),
                since: time(row.get(2)?),
                error: row.get(3)?,
                gone: row.get(4)?,
            })
        })
        .optional()?)
}

/// What is told, by its kinds: the operator's own kinds are told as `other` and named in `to`.
const WAITING: &str = "SELECT d.alert, d.story, a.kind,
    CASE WHEN a.kind = 'other' AND json_valid(a.body) THEN a.body ->> '$.to' END, d.since, d.due, d.batch, d.attempts, d.remind
    FROM delivery d JOIN alert a ON a.id = d.alert";

fn pending(
    db: &Connection,
    notifier: &str,
    most: usize,
    outbox: &mut Outbox,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached(&format!(
        "{WAITING} WHERE d.notifier = ?1 AND d.state = 'pending' ORDER BY d.seq LIMIT ?2"
    ))?;
    let rows = select.query_map(params![notifier, most as i64], |row| waiting(row, false))?;
    for row in rows {
        let (waiting, attempts) = row?;
        outbox.waiting.push(waiting);
        outbox.attempts.push(attempts);
    }
    Ok(())
}

fn reminders(
    db: &Connection,
    notifier: &str,
    most: usize,
    now: Timestamp,
    outbox: &mut Outbox,
) -> Result<(), StoreError> {
    let mut select = db.prepare_cached(&format!(
        "{WAITING} WHERE d.notifier = ?1 AND d.remind IS NOT NULL ORDER BY d.remind LIMIT ?2"
    ))?;
    let rows = select.query_map(params![notifier, most as i64], |row| {
        Ok((waiting(row, true)?, time(row.get(8)?)))
    })?;
    for row in rows {
        let ((waiting, _), at) = row?;
        if at > now && at.duration_since(now) <= LONGEST_REMINDER {
            outbox.next_reminder = Some(at);
            break;
        }
        outbox.waiting.push(Waiting { due: at, ..waiting });
        outbox.attempts.push(0);
    }
    Ok(())
}

fn waiting(row: &rusqlite::Row<'_>, reminder: bool) -> rusqlite::Result<(Waiting, u32)> {
    let kinds: [Option<String>; 2] = [row.get(2)?, row.get(3)?];
    let waiting = Waiting {
        alert: row.get(0)?,
        story: row.get(1)?,
        kinds: kinds.into_iter().flatten().collect(),
        since: time(row.get(4)?),
        due: time(row.get(5)?),
        batch: if reminder { None } else { row.get(6)? },
        reminder,
    };
    Ok((waiting, row.get(7)?))
}
