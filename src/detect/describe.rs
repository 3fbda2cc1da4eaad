//! Puts a judged candidate into the words of the contract: subject, states, attribution, quantity.

use super::engine::{Input, Language, Read};
use super::find::Sentence;
use super::judge::Candidate;
use super::quantity::{Bound, Count};
use crate::article::{Development, Evidence};

/// The development of a candidate.
pub(super) fn development(
    lang: &Language,
    _input: &Input<'_>,
    read: &[Read<'_>],
    c: &Candidate,
    evidence: Evidence,
) -> Development {
    let s = &read[c.sentence].sentence;
    let subject = c.found.as_ref().map_or("", |f| s.slice(&f.patient));
    let to = c
        .found
        .as_ref()
        .and_then(|f| lang.rules.rules[f.rule].to.clone())
        .unwrap_or_else(|| c.kind.as_str().to_owned());
    Development {
        kind: c.kind,
        subject: subject.to_owned(),
        from: None,
        to,
        modality: c.modality,
        attribution: None,
        quantity: c.quantity.clone(),
        evidence,
        confidence: (c.confidence * 1000.0).round() / 1000.0,
    }
}

/// What a count counts, in words.
pub(super) fn referent(lang: &Language, s: &Sentence<'_>, count: &Count) -> String {
    match usize::from(count.referent)
        .checked_sub(1)
        .and_then(|i| lang.lex.referents.get(i))
    {
        Some(name) => name.clone(),
        None => s
            .tokens
            .get(count.at + 1)
            .map_or(String::new(), |t| t.text.to_owned()),
    }
}

/// A count as a plain number.
pub(super) fn amount(count: &Count) -> String {
    let n = count.value;
    let _ = Bound::Exact;
    format!("{n}")
}
