//! One article under several addresses: its own word for it, redirects, and what becomes of the
//! history.

use rusqlite::{Connection, params};

use super::StoreError;
use super::article::{ArticleId, latest, lookup};
use super::turn::Turn;

/// What an article turned out to be, by the address it names as its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// An article by itself.
    Itself,
    /// Another one that has its own history; nothing of this one is kept.
    Duplicate(ArticleId),
    /// Another one, to which its history goes.
    Into {
        other: ArticleId,
        /// What changed with this turn is not told by the other.
        tells: bool,
    },
}

/// Judges the address that the article of a turn names as its own, and notes it.
///
/// Another article is believed to be the same only if it has the same headline: pages that all
/// name the front page as canonical are common.
pub(super) fn judge(db: &Connection, turn: &Turn, named: &str) -> Result<Fold, StoreError> {
    let article = turn.article;
    let other = match lookup(db, named)? {
        None => {
            alias(db, named, article)?;
            if turn.moved {
                rename(db, article, named)?;
            }
            return Ok(Fold::Itself);
        }
        Some((other, _)) if other == article => {
            if turn.moved {
                rename(db, article, named)?;
            }
            return Ok(Fold::Itself);
        }
        Some((_, true)) => return Ok(Fold::Itself),
        Some((other, false)) => other,
    };
    let own = latest(db, article)?;
    let present = turn.change.as_ref().map(|change| &change.revision);
    let Some(title) = present
        .or(own.as_ref().map(|own| &own.revision))
        .map(|r| &r.title)
    else {
        return Ok(Fold::Itself);
    };
    let Some(theirs) = latest(db, other)? else {
        // Still to be read, under the better of the two addresses.
        let listed: Option<String> =
            db.query_row("SELECT title FROM article WHERE id = ?1", [other], |r| {
                r.get(0)
            })?;
        let same = own.is_none() && listed.is_none_or(|listed| listed == *title);
        return Ok(if same {
            Fold::Duplicate(other)
        } else {
            Fold::Itself
        });
    };
    if theirs.revision.title != *title {
        return Ok(Fold::Itself);
    }
    if own.is_none() {
        return Ok(Fold::Duplicate(other));
    }
    // The other's own turn tells what changed, unless it began with it.
    let began_with = present.is_some_and(|present| present.id() == theirs.hash);
    let told: bool = db
        .prepare_cached("SELECT 1 FROM development WHERE article = ?1 AND told = 1 LIMIT 1")?
        .exists([other])?;
    Ok(Fold::Into {
        other,
        tells: began_with && !told,
    })
}

/// Ends an article that is another one, and hands its history over.
pub(super) fn hand_over(
    db: &Connection,
    article: ArticleId,
    other: ArticleId,
) -> Result<(), StoreError> {
    for table in ["revision", "development", "fetch"] {
        db.execute(
            &format!("UPDATE {table} SET article = ?2 WHERE article = ?1"),
            params![article, other],
        )?;
    }
    // What was compared last belongs to one of the two only.
    db.execute(
        "DELETE FROM region WHERE article IN (?1, ?2)",
        params![article, other],
    )?;
    db.execute(
        "UPDATE alias SET article = ?2 WHERE article = ?1",
        params![article, other],
    )?;
    mark(db, article, other)
}

/// Ends an article that is another one.
pub(super) fn mark(
    db: &Connection,
    article: ArticleId,
    other: ArticleId,
) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE article SET duplicate_of = ?2 WHERE id = ?1")?
        .execute(params![article, other])?;
    Ok(())
}

fn alias(db: &Connection, url: &str, article: ArticleId) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO alias (url, article) VALUES (?1, ?2)")?
        .execute(params![url, article])?;
    Ok(())
}

/// From now on the article is fetched at another address, and still known under the old one.
fn rename(db: &Connection, article: ArticleId, url: &str) -> Result<(), StoreError> {
    let old: String = db.query_row("SELECT url FROM article WHERE id = ?1", [article], |r| {
        r.get(0)
    })?;
    if old == url {
        return Ok(());
    }
    alias(db, &old, article)?;
    db.execute("DELETE FROM alias WHERE url = ?1", [url])?;
    db.execute(
        "UPDATE article SET url = ?2 WHERE id = ?1",
        params![article, url],
    )?;
    Ok(())
}
