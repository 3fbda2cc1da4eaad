//! A happening still to come whose day is another than in the old revision: "will be held on 9 May"
//! and now "on 13 June". No word for postponing is in it, and yet it is one.

use super::engine::{Language, Read};
use super::find::{Place, Sentence};
use super::grade::Features;
use super::judge::Candidate;
use super::known::Known;
use super::memory::{self, Memory};
use super::pos::Pos;
use super::scope::{Clause, Tense};
use super::when::{self, Day};
use crate::article::{Kind, Modality};

/// How like its old counterpart a sentence must be, for another day in it to count.
const ALIKE: f64 = 0.6;

/// The days that a sentence names, if it speaks of what is to come.
pub(super) fn days(lang: &Language, s: &Sentence<'_>) -> Vec<Day> {
    match planned(s, &lang.known) {
        Some(_) => when::days(s, &lang.when).map(|(_, day)| day).collect(),
        None => Vec::new(),
    }
}

/// The verb of what is to come.
fn planned(s: &Sentence<'_>, k: &Known) -> Option<usize> {
    // the cheap look first
    if !s.pos.iter().any(|p| matches!(p, Pos::Will | Pos::To)) {
        return None;
    }
    (0..s.tokens.len()).find(|i| {
        matches!(s.pos[*i], Pos::Verb(_)) && {
            let scope = s.scope(*i, false, k);
            scope.tense == Tense::Future
                && scope.modality == Modality::Actual
                && scope.clause == Clause::Main
        }
    })
}

/// The candidate for a day that has moved.
pub(super) fn candidate(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    m: &Memory<'_>,
    closest: Option<(usize, f64)>,
) -> Option<Candidate> {
    let (index, _) = closest.filter(|(_, alike)| *alike >= ALIKE)?;
    let s = &r.sentence;
    let verb = planned(s, &lang.known)?;
    let old = m.days.get(&index)?;
    let (time, day) = when::days(s, &lang.when).find(|(_, day)| !old.contains(day))?;
    let before = old.iter().find(|old| old.comparable(&day))?;
    let kind = match day.earlier_than(before) {
        true => Kind::Scheduled,
        false => Kind::Postponed,
    };
    let mut features = Features::default();
    features.set("bias", 1.0);
    features.flag("pair", true);
    features.flag("moved", true);
    features.flag("mirrored", true);
    features.flag("title", s.place == Place::Title);
    Some(Candidate {
        old_sentence: Some(index),
        about: memory::keys(s, 0..verb),
        notes: vec!["the old revision named another day".to_owned()],
        features,
        ..Candidate::at(kind, at, time)
    })
}
