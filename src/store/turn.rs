//! The end of an article's turn: everything it changed, in one transaction.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::article::{ArticleId, Plan, Validator, pack, put_validator};
use super::fold::{self, Fold};
use super::health::{self, Signs};
use super::site::{self, SiteUpdate};
use super::source::source_polled;
use super::{Store, StoreError};
use crate::alert::Alert;
use crate::article::{Development, Kind, Outcome, Revision};

/// One fetch, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchEntry {
    /// What was asked for.
    pub url: String,
    /// On behalf of which source.
    pub source: String,
    /// Of which article; `None` for a source's own list.
    pub article: Option<ArticleId>,
    /// When it ended.
    pub time: Timestamp,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What it brought.
    pub outcome: Outcome,
    /// Why that outcome, for a person.
    pub reason: String,
    /// Decoded length.
    pub bytes: u64,
    /// How long it took.
    pub millis: u64,
}

/// A development with the decision on it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What was detected.
    pub development: Development,
    /// Why it is told, or not.
    pub reason: String,
    /// The alert, if it is told.
    pub alert: Option<NewAlert>,
}

/// An alert to be stored with a delivery for each notifier.
#[derive(Debug, Clone)]
pub struct NewAlert {
    /// What is sent.
    pub alert: Alert,
    /// Names of the notifiers to tell.
    pub notifiers: Vec<String>,
}

/// A new revision and what was read from it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The new state.
    pub revision: Revision,
    /// What it brought, told or not.
    pub developments: Vec<Judged>,
}

/// What becomes of the region kept with an article. It stands for the present revision, so it moves
/// with every full reading that brings content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The page was not read in full, or brought no content.
    Stays,
    /// This one replaces it.
    Is(Vec<u8>),
    /// The page was read, and has none.
    Goes,
}

/// Everything one turn changes.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The article.
    pub article: ArticleId,
    /// The article is itself a source; its state moves on too.
    pub is_source: bool,
    /// What the fetch brought.
    pub fetch: FetchEntry,
    /// Only where the fetch brought content: a validator of anything else would hide the article.
    pub validator: Option<Validator>,
    /// What the next page is compared with before it is read.
    pub region: Kept,
    /// What the page taught about its site.
    pub site: Option<SiteUpdate>,
    /// Only where the text changed.
    pub change: Option<Change>,
    /// The URL the page names as its own, or that it redirects to, if it is another.
    pub canonical: Option<String>,
    /// The page has moved there for good.
    pub moved: bool,
    /// When to look again; `None`: no more.
    pub next_due: Option<Timestamp>,
    /// What the look taught the recheck plan; `None` where it brought no content.
    pub plan: Option<Plan>,
}

/// What a committed turn led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnDone {
    /// How many alerts were stored that had not been before.
    pub alerts: usize,
    /// Of these, the kinds of those that tell a development; the others tell of health.
    pub told: Vec<Kind>,
    /// The article turned out to be another one under a second URL and is not looked at any more.
    pub duplicate: bool,
}

impl Store {
    /// Commits a turn: all of it, or nothing.
    pub async fn turn_done(&self, turn: Turn) -> Result<TurnDone, StoreError> {
        self.turn_done_with(turn.into(), Signs::default()).await
    }

    /// Commits a turn with what it shows of its source's health. Shared, since it holds the page's text
    /// and may have to be committed again.
    pub async fn turn_done_with(
        &self,
        turn: Arc<Turn>,
        signs: Signs,
    ) -> Result<TurnDone, StoreError> {
        self.write(move |db| {
            let mut done = TurnDone::default();
            log_fetch(db, &turn.fetch)?;
            if let Some(validator) = &turn.validator {
                put_validator(db, &turn.fetch.url, validator)?;
            }
            put_region(db, turn.article, &turn.region)?;
            if let Some(site) = &turn.site {
                site::put(db, site)?;
            }
            let fold = match &turn.canonical {
                Some(canonical) => fold::judge(db, &turn, canonical)?,
                None => Fold::Itself,
            };
            let kept = matches!(fold, Fold::Itself | Fold::Into { tells: true, .. });
            if let Some(change) = turn.change.as_ref().filter(|_| kept) {
                done.told = store_change(db, &turn, change)?;
                done.alerts = done.told.len();
            }
            if let Fold::Duplicate(other) | Fold::Into { other, .. } = fold {
                done.duplicate = true;
                match fold {
                    Fold::Into { .. } => fold::hand_over(db, turn.article, other)?,
                    _ => fold::mark(db, turn.article, other)?,
                }
            }
            let next_due = turn
                .next_due
                .filter(|_| !done.duplicate)
                .map(|t| t.as_millisecond());
            db.prepare_cached("UPDATE article SET next_due = ?2 WHERE id = ?1")?
                .execute(params![turn.article, next_due])?;
            if let Some(plan) = &turn.plan {
                put_plan(db, turn.article, plan)?;
            }
            if turn.is_source {
                let fetch = &turn.fetch;
                let came_to = (fetch.outcome, fetch.reason.as_str());
                let list = ("article", fetch.url.as_str());
                source_polled(
                    db,
                    fetch,
                    came_to,
                    list,
                    turn.next_due.unwrap_or(fetch.time),
                )?;
            }
            done.alerts += health::note(db, &signs, turn.fetch.time)?;
            Ok(done)
        })
        .await
    }
}

impl Store {
    /// Logs a fetch that came to nothing else.
    pub async fn note_fetch(&self, fetch: FetchEntry) -> Result<(), StoreError> {
        self.write(move |db| log_fetch(db, &fetch)).await
    }
}

fn put_region(db: &Connection, article: ArticleId, region: &Kept) -> Result<(), StoreError> {
    match region {
        Kept::Stays => 0,
        Kept::Is(bytes) => db
            .prepare_cached("INSERT OR REPLACE INTO region (article, region) VALUES (?1, ?2)")?
            .execute(params![article, bytes])?,
        Kept::Goes => db
            .prepare_cached("DELETE FROM region WHERE article = ?1")?
            .execute([article])?,
    };
    Ok(())
}

fn put_plan(db: &Connection, article: ArticleId, plan: &Plan) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE article SET checked = ?2, changes = ?3, seconds = ?4, stretch = ?5, watched = ?6
         WHERE id = ?1",
    )?
    .execute(params![
        article,
        plan.checked.as_millisecond(),
        plan.changes,
        plan.seconds,
        plan.stretch,
        plan.watched
    ])?;
    Ok(())
}

/// Adds to the run of equal outcomes, or begins a new one.
pub(super) fn log_fetch(db: &Connection, fetch: &FetchEntry) -> Result<(), StoreError> {
    let now = fetch.time.as_millisecond();
    let last: Option<(i64, String, String, Option<u16>)> = match fetch.article {
        Some(article) => db
            .prepare_cached(
                "SELECT id, outcome, reason, status FROM fetch WHERE article = ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([article], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
            .optional()?,
        None => db
            .prepare_cached(
                "SELECT id, outcome, reason, status FROM fetch
                 WHERE source = ?1 AND article IS NULL AND url = ?2 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([&fetch.source, &fetch.url], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
            .optional()?,
    };
    let (bytes, millis) = (clamp(fetch.bytes), clamp(fetch.millis));
    match last {
        Some((id, outcome, reason, status))
            if outcome == fetch.outcome.as_str()
                && reason == fetch.reason
                && status == fetch.status =>
        {
            db.prepare_cached(
                "UPDATE fetch SET last = ?2, times = times + 1, bytes = ?3, millis = ?4 WHERE id = ?1",
            )?
            .execute(params![id, now, bytes, millis])?;
        }
        _ => {
            db.prepare_cached(
                "INSERT INTO fetch (url, source, article, first, last, status, outcome, reason, bytes, millis)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                fetch.url,
                fetch.source,
                fetch.article,
                now,
                fetch.status,
                fetch.outcome.as_str(),
                fetch.reason,
                bytes,
                millis
            ])?;
        }
    }
    Ok(())
}

fn clamp(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Returns the kinds of the alerts stored.
fn store_change(db: &Connection, turn: &Turn, change: &Change) -> Result<Vec<Kind>, StoreError> {
    let revision = &change.revision;
    let hash = revision.id();
    let now = turn.fetch.time.as_millisecond();
    db.prepare_cached("INSERT OR IGNORE INTO content (hash, title, text) VALUES (?1, ?2, ?3)")?
        .execute(params![hash, revision.title, pack(&revision.text)?])?;
    db.prepare_cached(
        "INSERT INTO revision (article, content, published, modified, seen) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![turn.article, hash, revision.published, revision.modified, now])?;
    let row = db.last_insert_rowid();
    db.prepare_cached("UPDATE article SET changed = ?2, title = ?3 WHERE id = ?1")?
        .execute(params![turn.article, now, revision.title])?;
    let mut told = Vec::new();
    for judged in &change.developments {
        let body = json(&judged.development)?;
        db.prepare_cached(
            "INSERT INTO development (article, revision, time, kind, told, reason, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            turn.article,
            row,
            now,
            judged.development.kind.as_str(),
            judged.alert.is_some(),
            judged.reason,
            body
        ])?;
        if let Some(new) = &judged.alert
            && store_alert(db, new, Some(db.last_insert_rowid()))?
        {
            told.push(new.alert.kind);
        }
    }
    Ok(told)
}

/// False if the alert was there already.
pub(super) fn store_alert(
    db: &Connection,
    new: &NewAlert,
    development: Option<i64>,
) -> Result<bool, StoreError> {
    let alert = &new.alert;
    let time = alert.time.as_millisecond();
    let inserted = db
        .prepare_cached(
            "INSERT OR IGNORE INTO alert (id, seq, development, time, kind, body)
             VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM alert), ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            alert.id,
            development,
            time,
            alert.kind.as_str(),
            json(alert)?
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    for notifier in &new.notifiers {
        db.prepare_cached(
            "INSERT OR IGNORE INTO delivery (alert, seq, notifier, state, due, since, story)
             VALUES (?1, (SELECT seq FROM alert WHERE id = ?1), ?2, 'pending', ?3, ?3, ?4)",
        )?
        .execute(params![alert.id, notifier, time, alert.story.id])?;
    }
    Ok(true)
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::damaged("record", e))
}
