//! The nouns everyone shares: article, revision, edit, development, fetch outcome.
//!
//! Plain values with their serialised names, which are the contract of the commands' JSON. Uses
//! nothing of the other modules; knows nothing of HTML, language, network or database.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a fetch brought. Only [`Outcome::Content`] may move a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An article (or, for a feed or section, a readable list).
    Content,
    /// The server said 304, or the bytes are those of the last fetch.
    Unchanged,
    /// A bot wall, 401, 403, 429 or 451, or robots.txt forbids it.
    Blocked,
    /// A consent or cookie wall stands in place of the article.
    Consent,
    /// Only a teaser is shown.
    Paywall,
    /// Status 200, but the page says "not found".
    #[serde(rename = "soft_404")]
    Soft404,
    /// 404 or 410.
    Gone,
    /// The body ended before the document did.
    Truncated,
    /// No text worth the name.
    Empty,
    /// Refused, timed out, 5xx, not HTML, undecodable, too large.
    Error,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 10] = [
        Outcome::Content,
        Outcome::Unchanged,
        Outcome::Blocked,
        Outcome::Consent,
        Outcome::Paywall,
        Outcome::Soft404,
        Outcome::Gone,
        Outcome::Truncated,
        Outcome::Empty,
        Outcome::Error,
    ];

    /// The name used in JSON, the database and the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Content => "content",
            Outcome::Unchanged => "unchanged",
            Outcome::Blocked => "blocked",
            Outcome::Consent => "consent",
            Outcome::Paywall => "paywall",
            Outcome::Soft404 => "soft_404",
            Outcome::Gone => "gone",
            Outcome::Truncated => "truncated",
            Outcome::Empty => "empty",
            Outcome::Error => "error",
        }
    }
}

/// An article as one page shows it now: what extraction read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The canonical URL the page names for itself, if it does.
    pub canonical: Option<String>,
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// Author names as printed, one an entry.
    pub byline: Vec<String>,
    /// ISO 8601 date or date-time with the page's own offset.
    pub published: Option<String>,
    /// As `published`.
    pub modified: Option<String>,
    /// Two-letter language code.
    pub language: Option<String>,
    /// The body: paragraphs parted by a blank line; no headline, captions, comments or furniture.
    pub text: String,
}

/// The paragraph that parts the entries of a live blog in [`Revision::text`]. It has no words, so
/// no other page's text has it, and nobody reads it as a sentence.
pub const ENTRY_BREAK: &str = "* * *";

/// Whether a text is a live blog's: a lead, which may be missing, and entries, each behind an
/// [`ENTRY_BREAK`].
pub fn is_live(text: &str) -> bool {
    text.lines().any(|line| line == ENTRY_BREAK)
}

/// One state of an article's title, text and dates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The headline; empty where the page has none.
    #[serde(default)]
    pub title: String,
    /// The body: paragraphs parted by a blank line.
    #[serde(default)]
    pub text: String,
    /// ISO 8601 date or date-time.
    #[serde(default)]
    pub published: Option<String>,
    /// ISO 8601 date or date-time.
    #[serde(default)]
    pub modified: Option<String>,
}

impl Revision {
    /// Whether it is a live blog's.
    pub fn is_live(&self) -> bool {
        is_live(&self.text)
    }

    /// The content address: SHA-256 over title and text, in hex. The dates are left out, because
    /// a page that only moves its "modified" stamp has not changed.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.title.as_bytes());
        hash.update([0]);
        hash.update(self.text.as_bytes());
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// What a sentence-level difference does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditKind {
    /// A sentence only the new revision has.
    Added,
    /// A sentence only the old revision has.
    Removed,
    /// A sentence rewritten.
    Changed,
    /// The same sentence at another place.
    Moved,
}

/// Which part of a revision a sentence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The headline, which counts as one sentence.
    Title,
    /// The text.
    Body,
}

/// A sentence of a revision and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Its position among the sentences of its place, from 0; stamps and the like do not count.
    pub index: usize,
    /// As printed.
    pub text: String,
}

/// One sentence-level difference between two revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What it does.
    pub kind: EditKind,
    /// Where.
    pub place: Place,
    /// The sentence of the old revision; absent where one was added.
    pub old: Option<Sentence>,
    /// The sentence of the new revision; absent where one was removed. A sentence split in two
    /// gives two changes with the same `old`, two joined in one two changes with the same `new`.
    pub new: Option<Sentence>,
}

/// The kinds of development; `GUIDELINES.md` of the benchmark defines them, `docs/DETECTION.md`
/// repeats it for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each name is the documented word")]
pub enum Kind {
    Scheduled,
    Occurred,
    Postponed,
    Cancelled,
    Suspended,
    Resumed,
    Agreed,
    Approved,
    Rejected,
    Withdrew,
    Imposed,
    Lifted,
    Ceasefire,
    Resigned,
    Dismissed,
    Appointed,
    Arrested,
    Charged,
    Verdict,
    Freed,
    Died,
    Incident,
    Toll,
    Figure,
    Confirmed,
    Denied,
    Corrected,
    Other,
    /// No development: something is wrong with a source, a notifier or the daemon, or right again.
    Health,
}

impl Kind {
    /// Every kind of development, in the order of the guidelines.
    pub const ALL: [Kind; 28] = [
        Kind::Scheduled,
        Kind::Occurred,
        Kind::Postponed,
        Kind::Cancelled,
        Kind::Suspended,
        Kind::Resumed,
        Kind::Agreed,
        Kind::Approved,
        Kind::Rejected,
        Kind::Withdrew,
        Kind::Imposed,
        Kind::Lifted,
        Kind::Ceasefire,
        Kind::Resigned,
        Kind::Dismissed,
        Kind::Appointed,
        Kind::Arrested,
        Kind::Charged,
        Kind::Verdict,
        Kind::Freed,
        Kind::Died,
        Kind::Incident,
        Kind::Toll,
        Kind::Figure,
        Kind::Confirmed,
        Kind::Denied,
        Kind::Corrected,
        Kind::Other,
    ];

    /// The name used in JSON, the database and the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Scheduled => "scheduled",
            Kind::Occurred => "occurred",
            Kind::Postponed => "postponed",
            Kind::Cancelled => "cancelled",
            Kind::Suspended => "suspended",
            Kind::Resumed => "resumed",
            Kind::Agreed => "agreed",
            Kind::Approved => "approved",
            Kind::Rejected => "rejected",
            Kind::Withdrew => "withdrew",
            Kind::Imposed => "imposed",
            Kind::Lifted => "lifted",
            Kind::Ceasefire => "ceasefire",
            Kind::Resigned => "resigned",
            Kind::Dismissed => "dismissed",
            Kind::Appointed => "appointed",
            Kind::Arrested => "arrested",
            Kind::Charged => "charged",
            Kind::Verdict => "verdict",
            Kind::Freed => "freed",
            Kind::Died => "died",
            Kind::Incident => "incident",
            Kind::Toll => "toll",
            Kind::Figure => "figure",
            Kind::Confirmed => "confirmed",
            Kind::Denied => "denied",
            Kind::Corrected => "corrected",
            Kind::Other => "other",
            Kind::Health => "health",
        }
    }

    /// The kind of development of this name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.as_str() == name)
    }
}

/// How a text says a thing. Only [`Modality::Actual`] is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Done, decided, announced or formally committed.
    Actual,
    /// Somebody's claim that nobody official stands behind.
    Claimed,
    /// May, could, is considering.
    Possible,
    /// If, unless, would.
    Conditional,
    /// Called for, urged, threatened.
    Demanded,
    /// Said not to be so.
    Negated,
    /// Asked.
    Questioned,
    /// Known before; told as history.
    Background,
}

/// A number together with what it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// What is counted: "dead", "injured", "interest rate".
    pub referent: String,
    /// As the old revision had it, in words or digits as printed ("12", "dozens").
    pub old: Option<String>,
    /// As the new revision has it.
    pub new: Option<String>,
    /// `exact`, `at_least`, `at_most`, `about`.
    pub bound: Option<String>,
}

/// How exactly a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// A time of day.
    Minute,
    /// A day.
    Day,
    /// Some day of a week.
    Week,
    /// Some day of a month.
    Month,
    /// Some day of a year.
    Year,
}

/// When the happening is or was, as its sentence says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The words: "on Tuesday".
    pub text: String,
    /// ISO 8601 as far as it is known: `2027`, `2027-02`, `2026-11-24`, `2026-11-24T07:00` in the
    /// place's own time; of a week its Monday. Absent where the words alone do not tell, as
    /// "Tuesday" in an article without a date.
    pub date: Option<String>,
    /// How exactly.
    pub precision: Precision,
}

/// The sentence that proves a development.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Sentence of the new revision; absent where the development is a removal.
    pub new: Option<String>,
    /// Its counterpart in the old revision, if there is one.
    pub old: Option<String>,
    /// The words that gave the kind away.
    pub trigger: String,
}

/// Something that newly happened, was decided or was established.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Development {
    /// What kind of thing.
    pub kind: Kind,
    /// The happening or party concerned, as a phrase that reads on its own.
    pub subject: String,
    /// State before, if the article's history tells it.
    pub from: Option<String>,
    /// State now.
    pub to: String,
    /// How it is said.
    pub modality: Modality,
    /// Who says so.
    pub attribution: Option<String>,
    /// The number concerned, for tolls and figures.
    pub quantity: Option<Quantity>,
    /// When it is or was to happen, or happened, where its sentence says so.
    #[serde(default)]
    pub when: Option<When>,
    /// The proof.
    pub evidence: Evidence,
    /// 0 to 1: how often a development said at this confidence is right.
    pub confidence: f64,
}
