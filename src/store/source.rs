//! Sources as the store knows them, and the end of a poll.

use std::time::Duration;

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::article::{self, Discovery, Found, Validator};
use super::health::{self, Signs};
use super::listing::{self, Listing};
use super::turn::{FetchEntry, log_fetch};
use super::{Store, StoreError};
use crate::article::Outcome;
use crate::health::{GAPS, silence};

/// A source of the config, as the store needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// The operator's id.
    pub id: String,
    /// Name of the kind.
    pub kind: String,
    /// Canonical form of its URL.
    pub url: String,
    /// The source is itself one article.
    pub is_article: bool,
    /// Its first sight is told.
    pub alert_on_first_sight: bool,
    /// The longest its articles wait for their next look, if that is fixed.
    pub longest: Option<Duration>,
}

/// What a fetch of a source's list brought, and the poll with it. A sitemap's poll takes several.
#[derive(Debug, Clone)]
pub struct PollEnd {
    /// The fetch of the list.
    pub fetch: FetchEntry,
    /// What the poll came to, and why; `None` while more of the source is still to be fetched.
    pub came_to: Option<(Outcome, String)>,
    /// To be sent with the next poll; only where the fetch brought content.
    pub validator: Option<Validator>,
    /// The articles listed; `None` unless the fetch brought content.
    pub links: Option<Vec<Discovery>>,
    /// What is to be remembered of a sitemap.
    pub listing: Option<Listing>,
    /// Even the articles of the first poll are news.
    pub alert_on_first_sight: bool,
    /// Name of the kind and URL that the source had when the poll began.
    pub list: (String, String),
    /// When to poll again.
    pub next_due: Timestamp,
}

impl Store {
    /// Makes the store's sources those of the config: new ones are added, ones no longer listed
    /// are archived with their history, ones listed again come back and go on where they were.
    ///
    /// An `article` source whose URL was edited keeps its article and so its history. A list whose
    /// URL or kind was edited keeps its articles; that the new list shows others is no news, but
    /// for those dated since the old one was last read.
    pub async fn sync_sources(
        &self,
        entries: Vec<SourceEntry>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            // What stays as it is, is not written: there may be a hundred thousand sources.
            db.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS listed (id TEXT PRIMARY KEY) WITHOUT ROWID;
                 DELETE FROM temp.listed;",
            )?;
            for entry in &entries {
                db.prepare_cached("INSERT OR IGNORE INTO temp.listed (id) VALUES (?1)")?
                    .execute([&entry.id])?;
                sync_source(db, entry, now)?;
                if let Some(latest) = entry.longest.and_then(|wait| now.checked_add(wait).ok()) {
                    let latest = latest.as_millisecond();
                    db.prepare_cached(
                        "UPDATE article SET next_due = ?2 WHERE source = ?1 AND next_due > ?2",
                    )?
                    .execute(params![entry.id, latest])?;
                }
            }
            db.execute(
                "UPDATE source SET archived = 1, removed = ?1
                 WHERE archived = 0 AND id NOT IN (SELECT id FROM temp.listed)",
                [now.as_millisecond()],
            )?;
            db.execute_batch("DELETE FROM temp.listed;")?;
            // Every list is read once more, though it be unchanged: by rules that may have changed,
            // and for the articles that a removed source has left behind.
            listing::forget_lists(db)?;
            Ok(())
        })
        .await
    }

    /// Records the end of a poll and returns the articles it listed, each with its id.
    pub async fn poll_done(&self, poll: PollEnd) -> Result<Vec<Found>, StoreError> {
        Ok(self.poll_done_with(poll.into(), Signs::default()).await?.0)
    }

    /// Records the end of a poll with what it shows of the source's health; whether the source
    /// has fallen silent is added here. Returns the articles it listed, each with its id, and how
    /// many alerts that led to. Shared, since it holds a whole list and may have to be committed again.
    pub async fn poll_done_with(
        &self,
        poll: Arc<PollEnd>,
        mut signs: Signs,
    ) -> Result<(Vec<Found>, usize), StoreError> {
        self.write(move |db| {
            log_fetch(db, &poll.fetch)?;
            let source = &poll.fetch.source;
            let now = poll.fetch.time.as_millisecond();
            let since: Option<(Option<i64>, Option<i64>)> = db
                .prepare_cached("SELECT first_polled, moved FROM source WHERE id = ?1")?
                .query_row([source], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let is_news = |link: &Discovery| match since {
                // Of a list that has taken another's place only dates tell what is new.
                Some((Some(_), Some(moved))) => link.published.is_some() && link.newer_than(moved),
                Some((Some(first), None)) => link.newer_than(first),
                _ => false,
            };
            let mut found = Vec::new();
            for link in poll.links.iter().flatten() {
                let news = poll.alert_on_first_sight || is_news(link);
                if let Some(one) = article::discover(db, source, link, news, now)? {
                    found.push(one);
                }
            }
            if let Some(validator) = &poll.validator {
                article::put_validator(db, &poll.fetch.url, validator)?;
            }
            if poll.links.is_some() {
                db.prepare_cached("UPDATE source SET list_read = ?2 WHERE id = ?1")?
                    .execute(params![source, now])?;
            }
            if let Some(listing) = &poll.listing {
                listing::put_listing(db, source, listing)?;
            }
            if let Some((outcome, reason)) = &poll.came_to {
                let list = (poll.list.0.as_str(), poll.list.1.as_str());
                source_polled(db, &poll.fetch, (*outcome, reason), list, poll.next_due)?;
            }
            let good = |came_to: &(Outcome, String)| is_good(came_to.0);
            if poll.came_to.as_ref().is_some_and(good) && !signs.subject.is_empty() {
                let times = found_at(db, source)?;
                signs.signs.push(silence(&times, poll.fetch.time));
            }
            let alerts = health::note(db, &signs, poll.fetch.time)?;
            Ok((found, alerts))
        })
        .await
    }
}

fn is_good(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Content | Outcome::Unchanged)
}

/// When a source brought something new, newest first, each time once.
fn found_at(db: &Connection, source: &str) -> Result<Vec<Timestamp>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT DISTINCT found FROM article WHERE source = ?1 ORDER BY found DESC LIMIT ?2",
    )?;
    let rows = select.query_map(params![source, GAPS as i64 + 1], |row| row.get(0))?;
    rows.map(|millis| Ok(article::time(millis?))).collect()
}

/// Moves the source's own state on after a fetch of its page, with what its poll came to. `list`:
/// its kind and URL when that began; the config may have given it others meanwhile.
pub(super) fn source_polled(
    db: &Connection,
    fetch: &FetchEntry,
    (outcome, reason): (Outcome, &str),
    (kind, url): (&str, &str),
    next_due: Timestamp,
) -> Result<(), StoreError> {
    let good = is_good(outcome);
    db.prepare_cached(
        "UPDATE source SET last_polled = ?2, last_outcome = ?3, last_reason = ?4, next_due = ?5,
             first_polled = CASE WHEN ?6 THEN coalesce(first_polled, ?2) ELSE first_polled END,
             moved = CASE WHEN ?6 AND kind = ?7 AND url = ?8 THEN NULL ELSE moved END,
             failing_since = CASE WHEN ?6 THEN NULL ELSE coalesce(failing_since, ?2) END
         WHERE id = ?1",
    )?
    .execute(params![
        fetch.source,
        fetch.time.as_millisecond(),
        outcome.as_str(),
        reason,
        next_due.as_millisecond(),
        good,
        kind,
        url,
    ])?;
    Ok(())
}

/// What a source was before the config was read again.
struct Before {
    kind: String,
    url: String,
    archived: bool,
}

fn sync_source(db: &Connection, entry: &SourceEntry, now: Timestamp) -> Result<(), StoreError> {
    let before = db
        .prepare_cached("SELECT kind, url, archived FROM source WHERE id = ?1")?
        .query_row([&entry.id], |row| {
            Ok(Before {
                kind: row.get(0)?,
                url: row.get(1)?,
                archived: row.get(2)?,
            })
        })
        .optional()?;
    let moved = |b: &Before| b.kind != entry.kind || b.url != entry.url;
    match &before {
        None => {
            db.prepare_cached("INSERT INTO source (id, kind, url) VALUES (?1, ?2, ?3)")?
                .execute(params![entry.id, entry.kind, entry.url])?;
        }
        Some(before) if moved(before) => {
            db.prepare_cached("DELETE FROM found WHERE source = ?1")?
                .execute([&entry.id])?;
            db.prepare_cached(
                "UPDATE source SET kind = ?2, url = ?3, archived = 0, removed = NULL, next_due = NULL,
                     moved = coalesce(moved, failing_since, last_polled) WHERE id = ?1",
            )?
            .execute(params![entry.id, entry.kind, entry.url])?;
        }
        Some(before) if before.archived => {
            db.prepare_cached("UPDATE source SET archived = 0, removed = NULL WHERE id = ?1")?
                .execute([&entry.id])?;
        }
        Some(_) => {}
    }
    let was_article = before.as_ref().is_some_and(|b| b.kind == "article");
    if entry.is_article {
        sync_article(db, entry, was_article, now)?;
        if before.as_ref().is_some_and(moved) {
            let_go_of_others(db, entry)?;
        }
    } else if was_article {
        // What was let go when it became an article is taken up when it is listed again.
        db.prepare_cached(
            "UPDATE article SET listed = NULL WHERE source = ?1 AND next_due IS NULL",
        )?
        .execute([&entry.id])?;
    }
    Ok(())
}

/// A source that is one article does not look at others that it led to before.
fn let_go_of_others(db: &Connection, entry: &SourceEntry) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE article SET next_due = NULL WHERE source = ?1 AND next_due IS NOT NULL
         AND url <> ?2 AND id IS NOT (SELECT duplicate_of FROM article WHERE url = ?2)",
    )?
    .execute([&entry.id, &entry.url])?;
    Ok(())
}

/// `goes_on`: the source was an article before, so that another URL is its article's new one.
fn sync_article(
    db: &Connection,
    entry: &SourceEntry,
    goes_on: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let now = now.as_millisecond();
    let own: Option<(i64, String)> = db
        .prepare_cached(
            "SELECT id, url FROM article WHERE source = ?1 ORDER BY next_due IS NULL, id LIMIT 1",
        )?
        .query_row([&entry.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .filter(|_| goes_on);
    let taken: Option<i64> = db
        .prepare_cached("SELECT id FROM article WHERE url = ?1")?
        .query_row([&entry.url], |row| row.get(0))
        .optional()?;
    match (own, taken) {
        // Known under this URL, whoever found it first: it is watched from now on.
        (_, Some(id)) => {
            db.prepare_cached(
                "UPDATE article SET next_due = coalesce(next_due, ?2), source = ?3
                 WHERE id = ?1 AND (next_due IS NULL OR source <> ?3)",
            )?
            .execute(params![id, now, entry.id])?;
        }
        (Some((id, old)), None) => {
            db.prepare_cached("INSERT OR REPLACE INTO alias (url, article) VALUES (?1, ?2)")?
                .execute(params![old, id])?;
            db.prepare_cached("UPDATE article SET url = ?2, next_due = ?3 WHERE id = ?1")?
                .execute(params![id, entry.url, now])?;
        }
        (None, None) => {
            db.prepare_cached(
                "INSERT INTO article (url, source, found, news, next_due) VALUES (?1, ?2, ?3, ?4, ?3)",
            )?
            .execute(params![entry.url, entry.id, now, entry.alert_on_first_sight])?;
        }
    }
    Ok(())
}
