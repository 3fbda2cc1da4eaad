//! What the gist of a sentence adds: to a rule's candidate how likely its kind is there; and a
//! candidate of its own where a sentence sounds like a kind that no rule found in it.
//!
//! That is for texts seen first. In a revision it proposes nothing, which brought nothing there; what
//! is heard beyond the old revision weighs the rules' candidates ([`super::bearing`]).

use super::candidate::Decision;
use super::engine::{Language, Read};
use super::find::{Place, Sentence};
use super::gist::Gist;
use super::grade::Features;
use super::judge::Candidate;
use super::memory;
use super::pos::Pos;
use crate::article::{Kind, Modality};

/// Log odds from which a kind is proposed: the grade has the last word.
const LEAST: f32 = -1.2;

/// Log odds beyond these tell no more.
const BOUNDS: (f64, f64) = (-6.0, 4.0);

/// Hears headline and lead, and adds what they tell to the candidates and as candidates.
pub(super) fn add(lang: &Language, read: &[Read<'_>], candidates: &mut Vec<Candidate>) {
    if lang.gists.is_empty() {
        return;
    }
    for (at, r) in read.iter().enumerate() {
        let s = &r.sentence;
        if s.place == Place::Body || s.tokens.is_empty() {
            continue;
        }
        let gist = lang.gists.hear(&s.tokens, lang.known.month);
        let here = |c: &Candidate| c.sentence == at && !c.own;
        let beside = candidates
            .iter()
            .any(|c| here(c) && c.decision == Decision::Told);
        for c in candidates.iter_mut().filter(|c| here(c)) {
            weigh(&mut c.features, c.kind, &gist);
            if let Some(odds) = gist.of(c.kind) {
                let note = format!("the sentence sounds like it by {odds:+.1} (log odds)");
                c.notes.push(note);
            }
        }
        for kind in gist.above(LEAST) {
            let of_kind = |c: &&Candidate| here(c) && c.kind == kind;
            let mut found = candidates.iter().filter(of_kind).peekable();
            let denied = found.peek().is_some();
            if found.any(|c| c.decision == Decision::Told) {
                continue;
            }
            let mut c = propose(lang, at, s, kind);
            c.features.flag("proposed_denied", denied);
            c.features.flag("proposed_beside", beside);
            weigh(&mut c.features, kind, &gist);
            let odds = gist.of(kind).unwrap_or_default();
            c.features.set("proposed_gist", scaled(odds));
            candidates.push(c);
        }
    }
}

pub(super) fn scaled(odds: f64) -> f64 {
    odds.clamp(BOUNDS.0, BOUNDS.1) / 3.0
}

fn weigh(f: &mut Features, kind: Kind, gist: &Gist) {
    let Some(odds) = gist.of(kind) else { return };
    f.set("gist", scaled(odds));
    f.set("gist_others", scaled(gist.of_others(kind)));
}

/// The candidate of a kind that a sentence sounds like; its trigger is the word that says so most.
fn propose(lang: &Language, at: usize, s: &Sentence<'_>, kind: Kind) -> Candidate {
    let k = &lang.known;
    let shares = lang.gists.shares(&s.tokens, k.month, kind);
    let word = |i: &usize| s.tokens[*i].is_word();
    let most = (0..s.tokens.len())
        .filter(word)
        .max_by(|a, b| shares[*a].total_cmp(&shares[*b]).then(b.cmp(a)))
        .unwrap_or(0);
    let noun = !matches!(s.pos[most], Pos::Verb(_));
    let scope = s.scope(most, noun, k);
    let mut c = Candidate {
        about: memory::keys(s, 0..s.tokens.len()),
        notes: vec![format!(
            "no rule: the sentence sounds like it, most by \"{}\"",
            s.tokens[most].text
        )],
        ..Candidate::at(kind, at, most..most + 1)
    };
    let question =
        s.text.trim_end().ends_with('?') || s.tokens.first().is_some_and(|t| t.is(k.question));
    let explainer = s.tokens.iter().take(3).any(|t| t.is(k.explainer));
    let f = &mut c.features;
    f.set("bias", 1.0);
    f.flag(kind.as_str(), true);
    f.flag("proposed", true);
    f.flag("proposed_not_actual", scope.modality != Modality::Actual);
    f.flag("title", s.place == Place::Title);
    f.flag("quoted", scope.quoted);
    f.flag("hedged", scope.hedged);
    f.flag("explainer", explainer || question);
    f.flag("sport", s.tokens.iter().any(|t| t.is(k.sport)));
    c
}
