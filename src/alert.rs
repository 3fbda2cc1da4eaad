//! The alert: what a person is told, and its stable JSON form.
//!
//! A noun like those of [`crate::article`], kept apart because its shape is a contract of its own:
//! one object a line in the alert log, and the body of a webhook. Uses [`crate::article`] only.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::article::{Development, Evidence, Kind, Modality, Quantity, When};

/// The version of the alert's JSON form. Fields may be added within a version, not renamed.
pub const VERSION: u32 = 1;

/// A development that at least one watch let through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// [`VERSION`].
    pub v: u32,
    /// Stable: the same development of the same revision always gets the same id.
    pub id: String,
    /// When it was detected.
    pub time: Timestamp,
    /// The first watch, in the order of the config, that let it through.
    pub watch: String,
    /// Every watch that let it through.
    #[serde(default)]
    pub watches: Vec<String>,
    /// Kind of development.
    pub kind: Kind,
    /// The article's headline now.
    pub headline: String,
    /// One line that reads on its own.
    pub summary: String,
    /// The happening or party concerned.
    pub subject: String,
    /// State before.
    pub from: Option<String>,
    /// State now.
    pub to: String,
    /// How it is said.
    pub modality: Modality,
    /// Who says so.
    pub attribution: Option<String>,
    /// The number concerned.
    pub quantity: Option<Quantity>,
    /// When it is or was to happen, or happened, where its sentence says so.
    #[serde(default)]
    pub when: Option<When>,
    /// The sentence that proves it.
    pub evidence: Evidence,
    /// 0 to 1.
    pub confidence: f64,
    /// The id of the source that led to the article.
    pub source: String,
    /// The article's URL.
    pub url: String,
    /// ISO 8601, as the page says.
    pub published: Option<String>,
    /// Content addresses of the two revisions.
    pub revision: RevisionPair,
    /// The story it belongs to.
    pub story: StoryRef,
    /// Later outlets that carry the same development.
    pub corroborated_by: Vec<Corroboration>,
    /// Only with kind `health`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Where the page it was read from is kept; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archived>,
}

/// Where a page is kept in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// SHA-256 of the page as it was read: decompressed, in its own charset.
    pub sha256: String,
    /// The WARC file, in the folder of `[store] archive_path`.
    pub file: String,
    /// Where in it the record begins, in bytes.
    pub offset: u64,
}

/// What a `health` alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `source ID`, `notifier NAME` or `daemon`.
    pub subject: String,
    /// What of it: "page", "articles", "new articles", "selector .x", "delivery", "clock".
    pub what: String,
    /// What is wrong, in a word or two: an outcome's name, "silent", "failing".
    pub state: String,
    /// What is wrong, for a person.
    pub reason: String,
    /// When it began.
    pub since: Timestamp,
    /// True at the end, false at the start.
    pub ended: bool,
}

/// Content addresses of the revisions compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionPair {
    /// Absent for a new article.
    pub old: Option<String>,
    /// The revision that shows the development.
    pub new: String,
}

/// The story as the alert names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryRef {
    /// Stable id.
    pub id: String,
    /// Headline of the story.
    pub title: String,
    /// How many articles tell it.
    pub articles: u32,
    /// From how many sources.
    pub sources: u32,
}

/// Another outlet that says the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corroboration {
    /// Source id.
    pub source: String,
    /// Article URL.
    pub url: String,
    /// When it was seen there.
    pub time: Timestamp,
}

/// The alert id of a development first shown by revision `new` of the article at `url`.
///
/// A hash, so that a turn repeated after a crash finds the id it had before.
pub fn id(url: &str, new: &str, development: &Development) -> String {
    let mut hash = Sha256::new();
    let quantity = development.quantity.as_ref();
    for part in [
        url,
        new,
        development.kind.as_str(),
        &development.subject,
        &development.to,
        quantity.and_then(|q| q.new.as_deref()).unwrap_or(""),
        quantity.map(|q| q.referent.as_str()).unwrap_or(""),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    format!("al_{}", short(hash))
}

/// The alert of a trouble that starts or ends. `source`: its id and URL, if it is one.
pub fn of_health(health: Health, source: Option<(&str, &str)>, now: Timestamp) -> Alert {
    let mut hash = Sha256::new();
    let since = health.since.as_millisecond().to_string();
    let end = if health.ended { "ended" } else { "started" };
    for part in ["health", &health.subject, &health.what, &since, end] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let (from, to) = match health.ended {
        true => (health.state.clone(), "well".to_owned()),
        false => ("well".to_owned(), health.state.clone()),
    };
    let subject = format!("{}: {}", health.subject, health.what);
    let reason = match health.ended {
        true => format!("since {}: {}", health.since, health.reason),
        false => health.reason.clone(),
    };
    Alert {
        v: VERSION,
        id: format!("al_{}", short(hash)),
        time: now,
        watch: Kind::Health.as_str().to_owned(),
        watches: Vec::new(),
        kind: Kind::Health,
        headline: format!("{subject} {to}"),
        summary: format!("{subject}: {from} -> {to} ({reason})"),
        subject,
        from: Some(from),
        to,
        modality: Modality::Actual,
        attribution: None,
        quantity: None,
        when: None,
        evidence: Evidence {
            trigger: reason,
            ..Evidence::default()
        },
        confidence: 1.0,
        source: source.map_or("", |(id, _)| id).to_owned(),
        url: source.map_or("", |(_, url)| url).to_owned(),
        published: None,
        revision: RevisionPair {
            old: None,
            new: String::new(),
        },
        story: StoryRef {
            id: format!("health_{}", health.subject.replace(' ', "_")),
            title: health.subject.clone(),
            articles: 0,
            sources: u32::from(source.is_some()),
        },
        corroborated_by: Vec::new(),
        health: Some(health),
        archive: None,
    }
}

/// The first ten bytes, in hex.
fn short(hash: Sha256) -> String {
    let digest = hash.finalize();
    digest.iter().take(10).map(|b| format!("{b:02x}")).collect()
}

/// One line that reads on its own: "Trump–Putin meeting in Hungary: scheduled -> cancelled (White House)".
pub fn summary(development: &Development) -> String {
    let mut line = development.subject.clone();
    line.push_str(": ");
    if let Some(from) = &development.from {
        line.push_str(from);
        line.push_str(" -> ");
    }
    line.push_str(&development.to);
    if let Some(who) = &development.attribution {
        line.push_str(&format!(" ({who})"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn development() -> Development {
        Development {
            kind: Kind::Cancelled,
            subject: "Summit in Vienna".into(),
            from: Some("scheduled".into()),
            to: "cancelled".into(),
            modality: Modality::Actual,
            attribution: Some("the chancellery".into()),
            quantity: None,
            when: None,
            evidence: Evidence::default(),
            confidence: 0.9,
        }
    }

    #[test]
    fn summary_reads_on_its_own() {
        assert_eq!(
            summary(&development()),
            "Summit in Vienna: scheduled -> cancelled (the chancellery)"
        );
        let mut plain = development();
        plain.from = None;
        plain.attribution = None;
        assert_eq!(summary(&plain), "Summit in Vienna: cancelled");
    }

    #[test]
    fn id_is_stable_and_tells_developments_apart() {
        let a = development();
        let mut b = development();
        b.subject = "Summit in Geneva".into();
        assert_eq!(id("u", "r", &a), id("u", "r", &a));
        assert_ne!(id("u", "r", &a), id("u", "r", &b));
        assert_ne!(id("u", "r", &a), id("u", "s", &a));
        assert_ne!(id("u", "r", &a), id("v", "r", &a));
    }
}
