//! A candidate on its way to be told or dropped, and the explanation of either.

use serde::Serialize;

use crate::article::Development;

/// Why a candidate was told or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A development.
    Told,
    /// Negated, possible, conditional, demanded, asked.
    NotActual,
    /// History, or a sub-clause that restates the known.
    Background,
    /// The old revision or the story said so already.
    AlreadyTold,
    /// The same fact in other words.
    Wording,
    /// Said beside a more specific kind for the same fact.
    LessSpecific,
    /// The same development is told from another sentence.
    Duplicate,
    /// Too unsure.
    BelowConfidence,
}

impl Decision {
    /// A short phrase for people.
    pub fn phrase(self) -> &'static str {
        match self {
            Decision::Told => "told",
            Decision::NotActual => "not actual",
            Decision::Background => "background",
            Decision::AlreadyTold => "already told",
            Decision::Wording => "wording only",
            Decision::LessSpecific => "a more specific kind tells it",
            Decision::Duplicate => "told from another sentence",
            Decision::BelowConfidence => "below confidence",
        }
    }
}

/// One candidate with all that was decided about it.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The development it is or would have been.
    pub development: Development,
    /// What became of it.
    pub decision: Decision,
    /// What was seen: the trigger's form, clause, tense, deciding words, what it was compared
    /// with; in reading order.
    pub notes: Vec<String>,
    /// The named features and their values that gave the confidence.
    pub features: Vec<(&'static str, f64)>,
}

/// Every candidate of one input; the told ones first, the main one at the top.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Explanation {
    /// The candidates.
    pub candidates: Vec<Explained>,
}

impl Explanation {
    /// The developments told, main one first.
    pub fn told(self) -> Vec<Development> {
        self.candidates
            .into_iter()
            .filter(|c| c.decision == Decision::Told)
            .map(|c| c.development)
            .collect()
    }
}
