//! What the old revision already said: words, kinds and numbers, to compare the new one against.

use std::collections::HashSet;

use super::find::{Found, Sentence};
use super::quantity::Count;
use super::rule::Rules;
use crate::article::{Kind, Modality};

/// A kind the old revision spoke of.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub kind: Kind,
    pub modality: Modality,
    /// Rule that found it: its state tells apart steps of one kind.
    pub rule: usize,
    /// Key of the trigger's first word.
    pub trigger: u64,
    /// Keys of the words around: what it was about.
    pub about: Vec<u64>,
}

/// The old revision, read.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub words: HashSet<u64>,
    /// Words that no trigger used up: "arrest" of "arrest warrant" is not among them.
    pub free: HashSet<u64>,
    /// Somebody is said to be dead.
    pub dead: bool,
    pub mentions: Vec<Mention>,
    /// Count and index of its sentence.
    pub counts: Vec<(usize, Count)>,
    /// Word keys of each sentence, for alignment.
    pub sentences: Vec<HashSet<u64>>,
}

/// Content words of a range, by key.
pub(super) fn keys(s: &Sentence<'_>, range: std::ops::Range<usize>) -> Vec<u64> {
    range
        .filter_map(|i| {
            let t = s.tokens.get(i)?;
            content(s, i).then_some(t.key)
        })
        .collect()
}

/// Names, nouns, verbs, numbers: not the little words.
pub(super) fn content(s: &Sentence<'_>, i: usize) -> bool {
    use super::pos::Pos;
    matches!(
        s.pos.get(i),
        Some(Pos::Noun | Pos::Open | Pos::Verb(_) | Pos::Adj | Pos::Num)
    )
}

impl Memory {
    /// Adds a sentence with its triggers and counts.
    pub fn add(
        &mut self,
        s: &Sentence<'_>,
        found: &[Found],
        counts: Vec<Count>,
        rules: &Rules,
        dead_referent: u8,
        lethal: u128,
    ) {
        let index = self.sentences.len();
        let own: HashSet<u64> = keys(s, 0..s.tokens.len()).into_iter().collect();
        self.words.extend(own.iter().copied());
        self.sentences.push(own);
        self.dead |= s.tokens.iter().any(|t| t.is(lethal))
            || s.tokens.iter().any(|t| t.referent == dead_referent);
        let used = |i: usize| {
            found
                .iter()
                .any(|f| f.kind.is_some() && f.trigger.contains(&i))
        };
        let free = (0..s.tokens.len()).filter(|i| content(s, *i) && !used(*i));
        self.free.extend(free.map(|i| s.tokens[i].key));
        for f in found {
            let Some(kind) = f.kind.or(rules.rules[f.rule].kind) else {
                continue;
            };
            let mut about = keys(s, f.patient.clone());
            about.extend(keys(s, f.agent.clone()));
            self.mentions.push(Mention {
                kind,
                modality: f.scope.modality,
                rule: f.rule,
                trigger: s.tokens[f.trigger.start].key,
                about,
            });
        }
        self.counts.extend(counts.into_iter().map(|c| (index, c)));
    }

    /// The old sentence most like this one, and how like (shared words over the smaller).
    pub fn closest(&self, words: &HashSet<u64>) -> Option<(usize, f64)> {
        let mut best = None;
        for (at, old) in self.sentences.iter().enumerate() {
            let shared = words.intersection(old).count() as f64;
            let all = (words.len() + old.len()) as f64;
            let dice = if all > 0.0 { 2.0 * shared / all } else { 0.0 };
            if best.is_none_or(|(_, d)| dice > d) {
                best = Some((at, dice));
            }
        }
        best
    }
}

/// Whether somebody who was told `old` knows `new` already.
pub(super) fn implies(old: Kind, new: Kind) -> bool {
    use Kind::*;
    old == new
        || matches!(
            (old, new),
            (Verdict | Freed, Arrested)
                | (Verdict, Charged)
                | (Died | Toll | Incident, Incident)
                | (Occurred, Scheduled)
                | (Resumed, Suspended)
                | (Lifted, Imposed)
                | (Appointed, Occurred)
                | (Agreed, Suspended)
                | (Agreed, Cancelled)
                | (Agreed | Approved, Occurred)
                | (Ceasefire, Agreed)
                | (Agreed, Ceasefire)
                | (Cancelled, Withdrew)
                | (Withdrew, Cancelled)
                | (Approved, Imposed)
                | (Imposed, Approved)
                | (Lifted, Cancelled)
                | (Dismissed, Resigned)
                | (Resigned, Dismissed)
                | (Suspended, Cancelled)
                | (Cancelled, Suspended)
        )
}
