//! What the old revision already said: words, kinds and numbers, to compare the new one against.

use std::collections::{HashMap, HashSet};

use super::engine::{Language, Read};
use super::find::Sentence;
use super::hardened;
use super::outlook::{Outlook, Standing};
use super::pos::Pos;
use super::quantity::{self, Count};
use super::rule::TriggerForm;
use super::token::Token;
use crate::article::{Kind, Modality};

/// A word of so many sentences says nothing about which one is meant.
const COMMON: usize = 24;

/// A kind the old revision spoke of.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub kind: Kind,
    pub modality: Modality,
    /// Rule that found it: its state tells apart steps of one kind.
    pub rule: usize,
    /// Found by a word that tells nothing by itself.
    pub hint: bool,
    /// Key of the trigger's first word.
    pub trigger: u64,
    /// Keys of the words around: what it was about.
    pub about: Vec<u64>,
    /// It was said of whom by name.
    pub named: bool,
    /// Names of who it happens to, by key.
    pub whom: Vec<u64>,
}

/// The old revision, read.
#[derive(Debug, Default)]
pub(super) struct Memory<'a> {
    /// The sentences as printed.
    pub texts: Vec<&'a str>,
    pub words: HashSet<u64>,
    /// Words said as done that no trigger used up: "arrest" of "arrest warrant" is not among them.
    pub free: HashSet<u64>,
    /// Sentences with a hedge.
    pub hedged: HashSet<usize>,
    /// Sentences with a "not".
    pub negated: HashSet<usize>,
    /// Those of them that are verbs.
    pub verbs: HashSet<u64>,
    /// Somebody is said to be dead.
    pub dead: bool,
    pub mentions: Vec<Mention>,
    /// Count and index of its sentence.
    pub counts: Vec<(usize, Count)>,
    /// In which sentences a word stands.
    places: HashMap<u64, Vec<u32>>,
    /// Word keys of each sentence, for alignment.
    pub sentences: Vec<HashSet<u64>>,
    /// What was still to come, what only claimed.
    pub outlook: Outlook,
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
    matches!(
        s.pos.get(i),
        Some(Pos::Noun | Pos::Open | Pos::Verb(_) | Pos::Adj | Pos::Num)
    )
}

impl<'a> Memory<'a> {
    /// Adds a sentence with its triggers and counts.
    pub fn add(&mut self, lang: &Language, read: &Read<'a>) {
        let (s, found, rules) = (&read.sentence, &read.found, &lang.rules);
        let counts = quantity::counts(s, &lang.known);
        self.texts.push(s.text);
        let index = self.sentences.len();
        let own: HashSet<u64> = keys(s, 0..s.tokens.len()).into_iter().collect();
        self.words.extend(own.iter().copied());
        for word in &own {
            let places = self.places.entry(*word).or_default();
            if places.len() < COMMON {
                places.push(index as u32);
            }
        }
        self.sentences.push(own);
        self.dead |= s.tokens.iter().any(|t| t.is(lang.known.lethal))
            || s.tokens
                .iter()
                .any(|t| lang.dead != 0 && t.referent == lang.dead);
        let used = |i: usize| {
            found
                .iter()
                .any(|f| f.kind.is_some() && f.trigger.contains(&i))
        };
        if hardened::hedged(s, &lang.known) {
            self.hedged.insert(index);
        }
        if s.pos.contains(&Pos::Neg) {
            self.negated.insert(index);
        }
        let standings = self.outlook.add(s, &lang.known);
        let free = (0..s.tokens.len())
            .filter(|i| content(s, *i) && !used(*i) && standings[*i] == Standing::Done);
        for i in free {
            self.free.insert(s.tokens[i].key);
            if matches!(s.pos[i], Pos::Verb(_)) {
                self.verbs.insert(s.tokens[i].key);
            }
        }
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
                hint: f.form == TriggerForm::Mention,
                trigger: s.tokens[f.trigger.start].key,
                about,
                whom: f.whom(s, &rules.rules[f.rule]),
                named: f
                    .agent
                    .clone()
                    .chain(f.patient.clone())
                    .any(|i| s.tokens.get(i).is_some_and(Token::is_name)),
            });
        }
        self.counts.extend(counts.into_iter().map(|c| (index, c)));
    }

    /// The old sentence most like this one, and how like (Dice over content words). Words of
    /// more than [`COMMON`] sentences find nothing, which keeps it linear.
    pub fn closest(&self, words: &HashSet<u64>) -> Option<(usize, f64)> {
        let mut shared: HashSet<u32> = HashSet::new();
        for word in words {
            let places = self.places.get(word).map_or(&[][..], Vec::as_slice);
            if places.len() < COMMON {
                shared.extend(places.iter().copied());
            }
        }
        shared
            .into_iter()
            .filter_map(|at| {
                let old = self.sentences.get(at as usize)?;
                let both = words.intersection(old).count() as f64;
                Some((at as usize, 2.0 * both / (words.len() + old.len()) as f64))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
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
