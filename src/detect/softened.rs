//! A fact of the old revision that the new one states with a hedge: "bomb" becomes "suspected
//! bomb". Nobody says "correction", and yet it is one.

use super::engine::{Language, Read};
use super::grade::Features;
use super::judge::Candidate;
use super::memory::{self, Memory};
use crate::article::{Kind, Modality};

/// How like its old counterpart a sentence must be, for a hedge in it to count.
const ALIKE: f64 = 0.7;

/// The candidate for a hedge that the old counterpart of the sentence did not have.
pub(super) fn candidate(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    memory: &Memory<'_>,
    closest: Option<(usize, f64)>,
) -> Option<Candidate> {
    let (index, _) = closest.filter(|(_, alike)| *alike >= ALIKE)?;
    let s = &r.sentence;
    let hedge = s.tokens.iter().position(|t| t.is(lang.known.hedge))?;
    let key = s.tokens[hedge].key;
    let known = memory.hedged.contains(&index) || memory.words.contains(&key);
    // all else must stay: a sentence with new facts is another sentence
    let new = memory::keys(s, 0..s.tokens.len())
        .iter()
        .filter(|w| **w != key && !memory.words.contains(w))
        .count();
    if known || new > 0 {
        return None;
    }
    let mut features = Features::default();
    features.set("bias", 1.0);
    features.flag("pair", true);
    features.flag(Kind::Corrected.as_str(), true);
    features.flag("softened", true);
    features.flag("mirrored", true);
    Some(Candidate {
        modality: Modality::Claimed,
        old_sentence: Some(index),
        about: memory::keys(s, 0..s.tokens.len()),
        notes: vec!["the old revision stated it as a fact".to_owned()],
        features,
        ..Candidate::at(Kind::Corrected, at, hedge..hedge + 1)
    })
}
