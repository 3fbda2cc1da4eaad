//! A report of the old revision that the new one states as a fact: "dead, reports say" becomes
//! "dead". Nobody says "confirmed", and yet it is: the mirror of [`super::softened`].

use super::engine::{Language, Read};
use super::find::Sentence;
use super::grade::Features;
use super::judge::Candidate;
use super::known::Known;
use super::memory::{self, Memory};
use super::pos::Pos;
use crate::article::Kind;

/// How like its old counterpart a sentence must be, for a missing hedge in it to count.
const ALIKE: f64 = 0.7;

/// Whether a sentence hands its fact to somebody unnamed: "allegedly", or "- reports" at its end.
pub(super) fn hedged(s: &Sentence<'_>, k: &Known) -> bool {
    let last = s.tokens.len().saturating_sub(1);
    let credited = s.tokens.last().is_some_and(|t| t.is(k.hearsay))
        && last > 0
        && s.tokens[last - 1].is_boundary();
    credited || s.tokens.iter().any(|t| t.is(k.hedge))
}

/// The candidate for a hedge that the old counterpart of the sentence had and it has not.
pub(super) fn candidate(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    memory: &Memory<'_>,
    closest: Option<(usize, f64)>,
) -> Option<Candidate> {
    let (index, _) = closest.filter(|(_, alike)| *alike >= ALIKE)?;
    let s = &r.sentence;
    let open = |s: &Sentence<'_>| s.pos.contains(&Pos::May) || s.text.trim_end().ends_with('?');
    if !memory.hedged.contains(&index) || hedged(s, &lang.known) || open(s) {
        return None;
    }
    let words = memory::keys(s, 0..s.tokens.len());
    // all else must stay: a sentence with new facts is another sentence
    if words.iter().any(|w| !memory.words.contains(w)) {
        return None;
    }
    let verb = |p: &Pos| matches!(p, Pos::Verb(_));
    let trigger = s.pos.iter().position(verb).unwrap_or(0);
    let mut features = Features::default();
    features.set("bias", 1.0);
    features.flag("pair", true);
    features.flag(Kind::Confirmed.as_str(), true);
    features.flag("hardened", true);
    features.flag("mirrored", true);
    Some(Candidate {
        old_sentence: Some(index),
        about: words,
        notes: vec!["the old revision gave it as hearsay".to_owned()],
        features,
        ..Candidate::at(Kind::Confirmed, at, trigger..trigger + 1)
    })
}
