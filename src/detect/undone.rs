//! A plan of the old revision that the new one denies in the same words: "will speak" and now "will
//! not speak". No word for cancelling is in it, and yet it is one.

use super::engine::{Language, Read};
use super::find::Place;
use super::grade::Features;
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::pos::Pos;
use super::scope::{Clause, Tense};
use crate::article::Kind;

/// How like its old counterpart a sentence must be, for its "not" to undo a plan.
const ALIKE: f64 = 0.5;

/// The candidate for a planned happening that is now said not to come.
pub(super) fn candidate(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    m: &Memory<'_>,
    closest: Option<(usize, f64)>,
) -> Option<Candidate> {
    let (index, _) = closest.filter(|(_, alike)| *alike >= ALIKE)?;
    let (s, k) = (&r.sentence, &lang.known);
    let verb = (0..s.tokens.len()).find(|i| {
        let planned = || m.outlook.ahead.contains(&s.tokens[*i].key);
        matches!(s.pos[*i], Pos::Verb(_)) && planned() && {
            let scope = s.scope(*i, false, k);
            let not = (scope.chain..*i).any(|j| s.pos[j] == Pos::Neg);
            not && scope.tense == Tense::Future && scope.clause == Clause::Main
        }
    })?;
    // the old sentence did not say "not"
    let negated = r.found.iter().any(|f| {
        let says_so = matches!(
            f.kind,
            Some(Kind::Cancelled | Kind::Withdrew | Kind::Rejected | Kind::Denied)
        );
        f.trigger.contains(&verb) && says_so
    });
    if negated || m.negated.contains(&index) {
        return None;
    }
    let mut features = Features::default();
    features.set("bias", 1.0);
    features.flag("pair", true);
    features.flag("undone", true);
    features.flag("mirrored", true);
    features.flag("title", s.place == Place::Title);
    Some(Candidate {
        old_sentence: Some(index),
        about: memory::keys(s, 0..s.tokens.len()),
        notes: vec!["was planned and is now said not to come".to_owned()],
        features,
        ..Candidate::at(Kind::Cancelled, at, verb..verb + 1)
    })
}
