//! Troubles: counted sign by sign, told once at the start and once at the end.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::article::time;
use super::turn::{NewAlert, store_alert};
use super::{Reader, Store, StoreError};
use crate::alert::{self, Health};
use crate::health::{Ill, Sign};

/// Signs seen at one thing, to be entered together with what showed them.
#[derive(Debug, Clone, Default)]
pub struct Signs {
    /// `source ID`, `notifier NAME` or `daemon`.
    pub subject: String,
    /// Its id and URL, if it is a source.
    pub source: Option<(String, String)>,
    /// What was seen.
    pub signs: Vec<Sign>,
    /// Names of the notifiers that are told of troubles.
    pub notifiers: Vec<String>,
}

/// A trouble that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TroubleRow {
    /// `source ID`, `notifier NAME` or `daemon`.
    pub subject: String,
    /// What of it.
    pub what: String,
    /// What is wrong, in a word or two.
    pub state: String,
    /// For a person.
    pub reason: String,
    /// Of the first sign.
    pub since: Timestamp,
    /// Signs in a row.
    pub times: u64,
}

impl Store {
    /// Enters signs that no fetch showed. Returns how many alerts that led to.
    pub async fn note_signs(&self, signs: Signs, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |db| note(db, &signs, now)).await
    }

    /// Enters the end of a trouble whose start could not be entered. Returns how many alerts that
    /// led to.
    pub async fn note_past(
        &self,
        health: Health,
        notifiers: Vec<String>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |db| {
            db.prepare_cached("DELETE FROM trouble WHERE subject = ?1 AND what = ?2")?
                .execute([&health.subject, &health.what])?;
            let ended = Health {
                ended: true,
                ..health
            };
            let new = NewAlert {
                alert: alert::of_health(ended, None, now),
                notifiers,
            };
            Ok(usize::from(store_alert(db, &new, None)?))
        })
        .await
    }
}

impl Store {
    /// Forgets the troubles of what the config no longer has. `known`: each subject with the
    /// selectors it has.
    pub async fn keep_troubles(&self, known: Vec<(String, Vec<String>)>) -> Result<(), StoreError> {
        self.write(move |db| {
            let subjects: Vec<&String> = known.iter().map(|(subject, _)| subject).collect();
            let selectors: Vec<(&String, &String)> = known
                .iter()
                .flat_map(|(subject, selectors)| selectors.iter().map(move |s| (subject, s)))
                .collect();
            let json = |list: Result<String, serde_json::Error>| {
                list.map_err(|e| StoreError::damaged("list", e))
            };
            db.execute(
                "DELETE FROM trouble WHERE subject NOT IN (SELECT value FROM json_each(?1))
                 OR (what LIKE 'selector %' AND NOT EXISTS (SELECT 1 FROM json_each(?2)
                     WHERE value ->> 0 = subject AND value ->> 1 = what))",
                [
                    json(serde_json::to_string(&subjects))?,
                    json(serde_json::to_string(&selectors))?,
                ],
            )?;
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// The troubles that go on, by subject.
    pub fn troubles(&self) -> Result<Vec<TroubleRow>, StoreError> {
        let mut select = self.connection.prepare(
            "SELECT subject, what, state, reason, since, times FROM trouble WHERE told = 1
             ORDER BY subject, since",
        )?;
        let rows = select.query_map([], |row| {
            Ok(TroubleRow {
                subject: row.get(0)?,
                what: row.get(1)?,
                state: row.get(2)?,
                reason: row.get(3)?,
                since: time(row.get(4)?),
                times: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Enters signs; returns how many alerts that led to.
pub(super) fn note(db: &Connection, signs: &Signs, now: Timestamp) -> Result<usize, StoreError> {
    let mut alerts = 0;
    for sign in &signs.signs {
        let known = known(db, &signs.subject, &sign.what)?;
        let told = match &sign.ill {
            Some(ill) => worsen(db, signs, &sign.what, ill, known, now)?,
            None => known.and_then(|k| k.told.then_some((k.health, true))),
        };
        if sign.ill.is_none() {
            db.prepare_cached("DELETE FROM trouble WHERE subject = ?1 AND what = ?2")?
                .execute([&signs.subject, &sign.what])?;
        }
        if let Some((health, ended)) = told {
            let source = signs.source.as_ref();
            let source = source.map(|(id, url)| (id.as_str(), url.as_str()));
            let alert = alert::of_health(Health { ended, ..health }, source, now);
            let new = NewAlert {
                alert,
                notifiers: signs.notifiers.clone(),
            };
            alerts += usize::from(store_alert(db, &new, None)?);
        }
    }
    Ok(alerts)
}

/// A row of signs.
struct Known {
    health: Health,
    times: u32,
    article: Option<i64>,
    told: bool,
}

fn known(db: &Connection, subject: &str, what: &str) -> Result<Option<Known>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT state, reason, since, times, article, told FROM trouble
             WHERE subject = ?1 AND what = ?2",
        )?
        .query_row([subject, what], |row| {
            Ok(Known {
                health: Health {
                    subject: subject.to_owned(),
                    what: what.to_owned(),
                    state: row.get(0)?,
                    reason: row.get(1)?,
                    since: time(row.get(2)?),
                    ended: false,
                },
                times: row.get(3)?,
                article: row.get(4)?,
                told: row.get(5)?,
            })
        })
        .optional()?)
}

/// Counts a sign. Returns what is to be told if it completes the row.
fn worsen(
    db: &Connection,
    signs: &Signs,
    what: &str,
    ill: &Ill,
    known: Option<Known>,
    now: Timestamp,
) -> Result<Option<(Health, bool)>, StoreError> {
    // Another kind of trouble is not a new one while the first goes on: it is told as one.
    let mut row = match known {
        Some(known) if known.told || known.health.state == ill.state => known,
        _ => Known {
            health: Health {
                subject: signs.subject.clone(),
                what: what.to_owned(),
                state: ill.state.clone(),
                reason: String::new(),
                since: now,
                ended: false,
            },
            times: 0,
            article: None,
            told: false,
        },
    };
    if ill.article.is_none() || ill.article != row.article {
        row.times += 1;
    }
    row.health.reason.clone_from(&ill.reason);
    row.article = ill.article;
    let lasted = now.duration_since(row.health.since).unsigned_abs() >= ill.lasting;
    let starts = !row.told && row.times >= ill.after && lasted;
    db.prepare_cached(
        "INSERT OR REPLACE INTO trouble (subject, what, state, reason, since, times, article, told)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        signs.subject,
        what,
        row.health.state,
        row.health.reason,
        row.health.since.as_millisecond(),
        row.times,
        row.article,
        row.told || starts,
    ])?;
    Ok(starts.then_some((row.health, false)))
}
