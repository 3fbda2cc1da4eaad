//! The pure middle in one place: from a fetched page to a revision, and from two revisions to
//! what is told and what is kept back, each with its reason.
//!
//! Values in, values out: no clock, network, database or async, so that a replay reads as the
//! daemon reads.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::alert::{self, Alert, RevisionPair, StoryRef};
use crate::article::{Development, Outcome, Revision};
use crate::detect::{self, Engine, Explained, Input};
use crate::extract::{self, Fetched, Past, Region, Rules, Signals, SiteChurn, SiteMemory, Trace};
use crate::fetch::Head;
use crate::health::{self, Sign};
use crate::store::{Judged, NewAlert};
use crate::watch::{self, Decision, Seen, Watch};

/// A page as the network brought it.
pub(super) struct Fresh {
    pub(super) bytes: bytes::Bytes,
    /// SHA-256 of the bytes.
    pub(super) digest: [u8; 32],
    pub(super) content_type: Option<String>,
    pub(super) status: u16,
    pub(super) requested: Url,
    pub(super) landed: Url,
    pub(super) complete: bool,
    /// Every redirect on the way said that the page has moved for good.
    pub(super) moved: bool,
    /// With what head it came.
    pub(super) head: Head,
    /// As the server sent it, if `bytes` are what a browser made of it.
    pub(super) sent: Option<bytes::Bytes>,
}

/// About one page in this many is read in full although nothing on it speaks for that, so that what the
/// shortcut might miss is seen all the same.
const AUDIT_ONE_IN: u8 = 40;

/// What a page is compared with before it is read.
#[derive(Clone)]
pub(super) struct Before {
    pub(super) region: Arc<Region>,
    pub(super) churn: Arc<SiteChurn>,
}

/// Whether a page has to be read, told by a pass over its markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its article stands as it stood.
    None,
    /// It would not have to be; it is read to see whether that is true.
    Audit,
    /// It may have changed.
    Full,
}

/// Passes over a page to see whether it has to be read.
pub(super) fn need(fresh: &Fresh, rules: &Rules, before: &Before) -> Need {
    let kind = fresh.content_type.as_deref().unwrap_or("text/html");
    let html = kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("text/html");
    // Where it has moved is told by a full reading alone.
    if fresh.status != 200 || !fresh.complete || !html || fresh.moved {
        return Need::Full;
    }
    let decoded = extract::decode(&fresh.bytes, fresh.content_type.as_deref());
    let Before { region, churn } = before;
    match region.check(&decoded.text, &fresh.landed, rules, churn) {
        _ if decoded.malformed => Need::Full,
        Err(doubt) => {
            tracing::trace!(url = %fresh.landed, ?doubt, "read in full");
            Need::Full
        }
        // Its own hash chooses it, so the same page is always treated alike.
        Ok(()) if fresh.digest.first().is_some_and(|d| d % AUDIT_ONE_IN == 0) => Need::Audit,
        Ok(()) => Need::None,
    }
}

/// What was read from a page.
pub(super) struct Reading {
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    /// Only with [`Outcome::Content`].
    pub(super) revision: Option<Revision>,
    /// The address that the page names as its own, or that it answers at.
    pub(super) canonical: Option<Url>,
    /// For the next page; only with a revision.
    pub(super) trace: Option<Trace>,
    /// It has moved there for good.
    pub(super) moved: bool,
    /// How the operator's selectors fared.
    pub(super) selectors: Vec<Sign>,
}

/// Decodes, extracts and judges a page, the article's past in view if it has one.
pub(super) fn read(fresh: &Fresh, rules: &Rules, past: Option<&Past<'_>>) -> Reading {
    let decoded = extract::decode(&fresh.bytes, fresh.content_type.as_deref());
    let page = extract::extract(&decoded.text, Some(&fresh.landed), rules);
    let fetched = Fetched {
        status: fresh.status,
        content_type: fresh.content_type.as_deref(),
        requested: &fresh.requested,
        landed: &fresh.landed,
        complete: fresh.complete,
        malformed: decoded.malformed,
    };
    let (outcome, reason) = match past {
        Some(past) => extract::judge_against(&fetched, &page, past),
        None => extract::judge(&fetched, &page),
    };
    let selectors = match outcome {
        Outcome::Content => selectors(rules, &page.signals),
        _ => Vec::new(),
    };
    let article = page.article;
    let canonical = article
        .canonical
        .as_deref()
        .and_then(|c| Url::parse(c).ok())
        .or_else(|| (fresh.landed != fresh.requested).then(|| fresh.landed.clone()));
    let moved = fresh.moved && canonical.as_ref() == Some(&fresh.landed);
    let revision = (outcome == Outcome::Content).then(|| Revision {
        title: article.title.unwrap_or_default(),
        text: article.text,
        published: article.published,
        modified: article.modified,
    });
    let trace = revision
        .as_ref()
        .and_then(|new| Trace::of(&decoded.text, &fresh.landed, rules, &new.text));
    Reading {
        outcome,
        reason,
        revision,
        canonical,
        trace,
        moved,
        selectors,
    }
}

/// How troubles name a selector.
pub(super) fn selector_name(css: &str) -> String {
    format!("selector {css}")
}

/// Whether the operator's selectors match anything on a page that has an article.
fn selectors(rules: &Rules, signals: &Signals) -> Vec<Sign> {
    let sign = |css: &String, missed: bool, after| {
        let what = selector_name(css);
        match missed {
            true => Sign::ill(
                what,
                "matching nothing",
                "matches nothing on the page",
                after,
            )
            .lasting(health::LASTING),
            false => Sign::well(what),
        }
    };
    let select = rules.select.iter();
    let remove = rules.remove.iter();
    select
        .map(|css| sign(css, signals.select_missed, health::IN_A_ROW))
        .chain(remove.map(|css| {
            sign(
                css,
                signals.unremoved.contains(css),
                health::UNREMOVED_IN_A_ROW,
            )
        }))
        .collect()
}

/// What is known of an article before its new revision is compared.
pub(super) struct Known<'a> {
    pub(super) old: Option<&'a Revision>,
    /// Its first sight is news.
    pub(super) news: bool,
    /// The new content was seen before, here or under another address.
    pub(super) stood_at: bool,
    /// Developments told of it, oldest first.
    pub(super) told: &'a [Development],
    /// Lines that several pages of its site share.
    pub(super) memory: &'a SiteMemory,
}

/// What becomes of a new revision.
pub(super) enum Verdict {
    /// Nothing a reader could tell: the revision is not stored.
    Same,
    /// The revision is stored with these developments.
    Changed(Vec<Weighed>),
}

/// A development and whether anything speaks against telling it.
pub(super) struct Weighed {
    pub(super) development: Development,
    /// Why it is not told, whatever the watches say.
    pub(super) held: Option<String>,
}

/// Compares a new revision with what is known.
pub(super) fn compare(engine: &Engine, known: &Known<'_>, new: &Revision) -> Verdict {
    let clean = |revision: &Revision| Revision {
        text: known.memory.clean(&revision.text),
        ..revision.clone()
    };
    let new = clean(new);
    let old = known.old.map(clean);
    if old
        .as_ref()
        .is_some_and(|old| crate::diff::diff(old, &new).is_empty())
    {
        return Verdict::Same;
    }
    let explanation = engine.explain(&Input {
        old: old.as_ref(),
        new: &new,
        published: new.published.as_deref(),
        told: known.told,
    });
    let held = if old.is_none() && !known.news {
        Some("baseline: the first sight of the article")
    } else if known.stood_at {
        Some("already told: this text was seen before")
    } else {
        None
    };
    let weigh = |explained: Explained| {
        let held = match explained.decision {
            detect::Decision::Told => held
                .map(str::to_owned)
                .or_else(|| repeated(&explained.development, known.told)),
            decision => Some(decision.phrase().to_owned()),
        };
        Weighed {
            development: explained.development,
            held,
        }
    };
    Verdict::Changed(explanation.candidates.into_iter().map(weigh).collect())
}

/// The same kind and state of the same subject, and nothing else of that subject told since.
fn repeated(development: &Development, told: &[Development]) -> Option<String> {
    let last = told
        .iter()
        .rev()
        .find(|t| t.subject.to_lowercase() == development.subject.to_lowercase())?;
    let figure = |d: &Development| d.quantity.as_ref().and_then(|q| q.new.clone());
    let same = last.kind == development.kind
        && last.to == development.to
        && figure(last) == figure(development);
    same.then(|| "already told".to_owned())
}

/// Where an article's alerts say they come from.
pub(super) struct Place<'a> {
    pub(super) article: i64,
    pub(super) url: &'a str,
    pub(super) source: &'a str,
    pub(super) tags: &'a [String],
    pub(super) old: Option<String>,
    pub(super) now: Timestamp,
}

/// Asks the watches about each development that nothing speaks against.
pub(super) fn decide(
    weighed: Vec<Weighed>,
    watches: &[Watch],
    place: &Place<'_>,
    new: &Revision,
) -> Vec<Judged> {
    let hash = new.id();
    let judge = |Weighed { development, held }: Weighed| {
        if let Some(reason) = held {
            return Judged {
                development,
                reason,
                alert: None,
            };
        }
        let seen = Seen {
            development: &development,
            headline: &new.title,
            source: place.source,
            tags: place.tags,
        };
        match watch::decide(watches, &seen) {
            Decision::Keep { reason } => Judged {
                development,
                reason,
                alert: None,
            },
            Decision::Tell { watches, notifiers } => {
                let reason = format!("told: let through by {}", watches.join(", "));
                let alert = compose(&development, watches, place, new, &hash);
                Judged {
                    development,
                    reason,
                    alert: Some(NewAlert { alert, notifiers }),
                }
            }
        }
    };
    weighed.into_iter().map(judge).collect()
}

fn compose(
    development: &Development,
    watches: Vec<String>,
    place: &Place<'_>,
    new: &Revision,
    hash: &str,
) -> Alert {
    let d = development.clone();
    Alert {
        v: alert::VERSION,
        id: alert::id(place.url, hash, &d),
        time: place.now,
        watch: watches.first().cloned().unwrap_or_default(),
        watches,
        kind: d.kind,
        headline: new.title.clone(),
        summary: alert::summary(&d),
        subject: d.subject,
        from: d.from,
        to: d.to,
        modality: d.modality,
        attribution: d.attribution,
        quantity: d.quantity,
        when: d.when,
        evidence: d.evidence,
        confidence: d.confidence,
        source: place.source.to_owned(),
        url: place.url.to_owned(),
        published: new.published.clone(),
        revision: RevisionPair {
            old: place.old.clone(),
            new: hash.to_owned(),
        },
        // One article a story until articles are joined across outlets.
        story: StoryRef {
            id: format!("st_{}", place.article),
            title: new.title.clone(),
            articles: 1,
            sources: 1,
        },
        corroborated_by: Vec::new(),
        health: None,
        archive: None,
    }
}
