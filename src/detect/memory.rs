//! What the old revision already said: words, kinds and numbers, to compare the new one against.

use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::{Language, Read};
use super::find::{Found, Sentence};
use super::hardened;
use super::moved;
use super::outlook::{Outlook, Standing};
use super::pos::Pos;
use super::quantity::{self, Count};
use super::rule::TriggerForm;
use super::scope::Tense;
use super::token::Token;
use super::when::Day;
use crate::article::{Kind, Modality};

/// Sentences of a headline with its summary.
const SUMMARY: usize = 3;

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
    /// It was announced or going on, not yet done: "to quit", "being sentenced".
    pub ahead: bool,
}

/// The old revision, read.
#[derive(Default)]
pub(super) struct Memory<'a> {
    /// The sentences as printed.
    pub texts: Vec<&'a str>,
    pub words: FxHashSet<u64>,
    /// Words said as done that no trigger used up: "arrest" of "arrest warrant" is not among them.
    pub free: FxHashSet<u64>,
    /// Sentences with a hedge.
    pub hedged: FxHashSet<usize>,
    /// Sentences with a "not".
    pub negated: FxHashSet<usize>,
    /// Days of what is to come, by the sentence that names them.
    pub days: FxHashMap<usize, Vec<Day>>,
    /// Those of them that are verbs.
    pub verbs: FxHashSet<u64>,
    /// Somebody is said to be dead.
    pub dead: bool,
    /// Houses of a parliament that were named.
    pub chambers: FxHashSet<u64>,
    pub mentions: Vec<Mention>,
    /// Count and index of its sentence.
    pub counts: Vec<(usize, Count)>,
    /// In which sentences a word stands.
    places: FxHashMap<u64, Vec<u32>>,
    /// Word keys of each sentence, as of [`distinct`], for alignment.
    pub sentences: Vec<Vec<u64>>,
    /// What was still to come, what only claimed.
    pub outlook: Outlook,
    /// How each token of each sentence stood.
    pub standings: Vec<Vec<Standing>>,
    /// The sentences read.
    pub reads: Vec<Read<'a>>,
    /// Whether the new revision has each of them too.
    pub kept: Vec<bool>,
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

/// The content words of a sentence, each once, in rising order of keys.
pub(super) fn distinct(s: &Sentence<'_>) -> Vec<u64> {
    let mut words = keys(s, 0..s.tokens.len());
    words.sort_unstable();
    words.dedup();
    words
}

/// Names, nouns, verbs, numbers: not the little words.
pub(super) fn content(s: &Sentence<'_>, i: usize) -> bool {
    matches!(
        s.pos.get(i),
        Some(Pos::Noun | Pos::Open | Pos::Verb(_) | Pos::Adj | Pos::Num)
    )
}

impl<'a> Memory<'a> {
    /// Adds a sentence with its triggers and counts; `kept` if the new revision has it too.
    pub fn add(&mut self, lang: &Language, read: Read<'a>, kept: bool) {
        let (s, found, rules) = (&read.sentence, &read.found, &lang.rules);
        let counts = quantity::counts(s, &lang.known);
        self.texts.push(s.text);
        let index = self.sentences.len();
        let own = distinct(s);
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
        let houses = s.tokens.iter().filter(|t| t.is(lang.known.chamber));
        self.chambers.extend(houses.map(|t| t.key));
        let used = |i: usize| {
            found
                .iter()
                .any(|f| f.kind.is_some() && f.trigger.contains(&i))
        };
        if hardened::hedged(s, &lang.known) {
            self.hedged.insert(index);
        }
        let days = moved::days(lang, s);
        if !days.is_empty() {
            self.days.insert(index, days);
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
            let lasting = !matches!(kind, Kind::Occurred | Kind::Incident);
            let being = |f: &Found| {
                let mut chain = f.scope.chain..f.trigger.start;
                chain.any(|i| s.pos[i] == Pos::Be && s.tokens[i].text.ends_with("ing"))
            };
            self.mentions.push(Mention {
                kind,
                modality: f.scope.modality,
                rule: f.rule,
                hint: f.form == TriggerForm::Mention,
                trigger: s.tokens[f.trigger.start].key,
                about,
                whom: f.whom(s, &rules.rules[f.rule]),
                ahead: match f.scope.tense {
                    Tense::Future => true,
                    Tense::Progressive => lasting,
                    _ => lasting && being(f),
                },
                named: f
                    .agent
                    .clone()
                    .chain(f.patient.clone())
                    .any(|i| s.tokens.get(i).is_some_and(Token::is_name)),
            });
        }
        self.counts.extend(counts.into_iter().map(|c| (index, c)));
        self.standings.push(standings);
        self.reads.push(read);
        self.kept.push(kept);
    }

    /// More than a headline with its summary.
    pub fn is_article(&self) -> bool {
        self.sentences.len() > SUMMARY
    }

    /// Whether a word stood in a sentence, and there ahead alone.
    pub fn was_ahead(&self, index: usize, key: u64) -> bool {
        let (Some(r), Some(standings)) = (self.reads.get(index), self.standings.get(index)) else {
            return false;
        };
        let s = &r.sentence;
        let of = |i: &usize| s.tokens[*i].key == key && content(s, *i);
        let mut here = (0..s.tokens.len()).filter(of).peekable();
        here.peek().is_some() && here.all(|i| standings[i] == Standing::Ahead)
    }

    /// The old sentence most like one of these words, as of [`distinct`], and how like (Dice over
    /// content words). Words of [`COMMON`] sentences or more find nothing, which keeps it linear.
    pub fn closest(&self, words: &[u64]) -> Option<(usize, f64)> {
        let mut shared = vec![0; self.sentences.len()];
        let mut common = Vec::new();
        for word in words {
            match self.places.get(word) {
                Some(places) if places.len() < COMMON => {
                    places.iter().for_each(|at| shared[*at as usize] += 1);
                }
                Some(_) => common.push(word),
                None => {}
            }
        }
        let alike = shared.iter().zip(&self.sentences).map(|(shared, old)| {
            let both = match shared {
                0 => 0,
                rare => {
                    rare + common
                        .iter()
                        .filter(|w| old.binary_search(w).is_ok())
                        .count()
                }
            };
            2.0 * both as f64 / (words.len() + old.len()) as f64
        });
        alike
            .enumerate()
            .filter(|(_, alike)| *alike > 0.0)
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
