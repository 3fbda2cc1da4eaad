//! What the gist of a sentence adds: to a rule's candidate how likely its kind is there; and a
//! candidate of its own where a sentence sounds like a kind that no rule found in it.
//!
//! In a text seen first headline and lead are heard each for itself. Of a revision all that is new
//! is heard as one, since what its headline tells its summary goes on about; of long articles
//! nothing, since what it learned from are headlines and leads.

use super::candidate::Decision;
use super::engine::{Language, Read};
use super::find::{Found, Place};
use super::gist::{Gist, Symbol};
use super::grade::Features;
use super::judge::{Candidate, opens_question};
use super::memory::{self, Memory};
use super::pos::Pos;
use crate::article::{Kind, Modality};

/// Log odds from which a kind is proposed: the grade has the last word.
const LEAST: f32 = -1.2;

/// Log odds beyond these tell no more.
const BOUNDS: (f64, f64) = (-6.0, 4.0);

/// Symbols that are heard as one; it learned from no more, and a word's part in them takes time by
/// their number.
const LONGEST: usize = 100;

/// What is heard as one: the symbols of its sentences.
pub(super) fn heard(
    lang: &Language,
    read: &[Read<'_>],
    memory: Option<&Memory<'_>>,
    candidates: &[Candidate],
) -> Vec<Vec<Symbol>> {
    let apart = memory.is_none();
    let mut out: Vec<Vec<Symbol>> = Vec::new();
    if lang.gists.is_empty() || memory.is_some_and(Memory::is_article) {
        return out;
    }
    for (at, r) in read.iter().enumerate() {
        let s = &r.sentence;
        if s.tokens.is_empty() || (apart && s.place == Place::Body) {
            continue;
        }
        if !apart && out.last().is_some_and(|symbols| symbols.len() >= LONGEST) {
            break;
        }
        if apart || out.is_empty() {
            out.push(Vec::new());
        }
        // what says again a kind that the old revision told
        let again = |c: &Candidate, token: usize| {
            let told = c.doubt.is_some() && !c.features.has("planned");
            told && c.sentence == at && c.trigger.contains(&token)
        };
        let mark = |token: usize| {
            let m = memory.filter(|_| memory::content(s, token))?;
            let again = candidates.iter().any(|c| again(c, token));
            Some(if again {
                "@again"
            } else {
                stood(m, s.tokens[token].key)
            })
        };
        if let Some(symbols) = out.last_mut() {
            lang.gists.add(at, s, lang.known.month, mark, symbols);
        }
    }
    out.iter_mut().for_each(|symbols| symbols.truncate(LONGEST));
    out
}

/// How a word stood in the old revision.
fn stood(m: &Memory<'_>, key: u64) -> &'static str {
    if m.outlook.only_ahead(key) {
        "@ahead"
    } else if m.outlook.only_claimed(key) {
        "@claimed"
    } else if m.words.contains(&key) {
        "@told"
    } else {
        "@fresh"
    }
}

/// Hears what is new, and adds what it sounds like to the candidates and as candidates.
pub(super) fn add(
    lang: &Language,
    read: &[Read<'_>],
    memory: Option<&Memory<'_>>,
    candidates: &mut Vec<Candidate>,
) {
    for symbols in heard(lang, read, memory, candidates) {
        let gist = lang.gists.hear(&symbols);
        let here =
            |c: &Candidate| !c.own && symbols.iter().any(|symbol| symbol.sentence == c.sentence);
        let beside = candidates
            .iter()
            .any(|c| here(c) && c.decision == Decision::Told);
        for c in candidates.iter_mut().filter(|c| here(c)) {
            weigh(&mut c.features, c.kind, &gist);
            let odds = gist.of(c.kind);
            let note = format!("the sentence sounds like it by {odds:+.1} (log odds)");
            c.notes.push(note);
        }
        for kind in gist.above(LEAST) {
            let of_kind = |c: &&Candidate| here(c) && c.kind == kind;
            let mut found = candidates.iter().filter(of_kind).peekable();
            let denied = found.peek().is_some();
            // "it comes after two men were arrested": recalled, whatever it sounds like
            let recalled = |c: &Candidate| {
                let by = c.found.as_ref().and_then(|f| f.scope.by);
                by.is_some_and(|by| read[c.sentence].sentence.tokens[by].is(lang.known.recaps))
            };
            if found.any(|c| c.decision == Decision::Told || recalled(c)) {
                continue;
            }
            let Some(mut c) = propose(lang, read, &symbols, kind) else {
                continue;
            };
            c.features.flag("pair", memory.is_some());
            c.features.flag("proposed_denied", denied);
            c.features.flag("proposed_beside", beside);
            weigh(&mut c.features, kind, &gist);
            c.features.set("proposed_gist", scaled(gist.of(kind)));
            candidates.push(c);
        }
    }
}

fn scaled(odds: f64) -> f64 {
    odds.clamp(BOUNDS.0, BOUNDS.1) / 3.0
}

fn weigh(f: &mut Features, kind: Kind, gist: &Gist) {
    f.set("gist", scaled(gist.of(kind)));
    f.set("gist_others", scaled(gist.of_others(kind)));
}

/// The candidate of a kind that sentences sound like; its trigger is the word that says so most.
fn propose(
    lang: &Language,
    read: &[Read<'_>],
    symbols: &[Symbol],
    kind: Kind,
) -> Option<Candidate> {
    let k = &lang.known;
    let parts = lang.gists.parts(symbols, kind);
    let (at, most) = symbols
        .iter()
        .zip(parts)
        .filter(|(symbol, _)| memory::content(&read[symbol.sentence].sentence, symbol.token))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.token.cmp(&a.0.token)))
        .map(|(symbol, _)| (symbol.sentence, symbol.token))?;
    let s = &read[at].sentence;
    // a sense that tells nothing: "resigned to a long wait"
    let silent = |f: &Found| f.kind.is_none() && f.trigger.contains(&most);
    // or what a thing is: "banned book is sold"
    if read[at].found.iter().any(silent) || s.pos[most] == Pos::Adj {
        return None;
    }
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
    let question = s.text.trim_end().ends_with('?') || opens_question(s, k);
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
    Some(c)
}
