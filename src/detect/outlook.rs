//! How the words of the old revision stood: still to come, only claimed, or said as done.
//!
//! "Set to speak" and then "speaks" is news though the word was there; "speaks" and then "spoke"
//! is not.

use rustc_hash::FxHashSet;

use super::find::Sentence;
use super::known::Known;
use super::memory::content;
use super::morph::tag;
use super::pos::Pos;
use super::scope::Tense;
use crate::article::Modality;

/// Content words by how they stood, by key.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Planned, expected, demanded, possible.
    pub ahead: FxHashSet<u64>,
    /// Said to be so by one side.
    pub claimed: FxHashSet<u64>,
    /// Said as a fact.
    pub done: FxHashSet<u64>,
}

/// How one word stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Ahead,
    Claimed,
    Done,
}

impl Outlook {
    /// Adds the words of a sentence; returns how each of its tokens stood.
    pub fn add(&mut self, s: &Sentence<'_>, k: &Known) -> Vec<Standing> {
        let standings = of(s, k);
        for (i, standing) in standings.iter().enumerate() {
            if !content(s, i) {
                continue;
            }
            let set = match standing {
                Standing::Ahead => &mut self.ahead,
                Standing::Claimed => &mut self.claimed,
                Standing::Done => &mut self.done,
            };
            set.insert(s.tokens[i].key);
        }
        standings
    }

    /// The word was spoken of, never as done.
    pub fn only_ahead(&self, key: u64) -> bool {
        self.ahead.contains(&key) && !self.done.contains(&key)
    }

    /// The word was claimed, never said as a fact.
    pub fn only_claimed(&self, key: u64) -> bool {
        self.claimed.contains(&key) && !self.done.contains(&key)
    }
}

/// How each token of a sentence stands.
pub(super) fn of(s: &Sentence<'_>, k: &Known) -> Vec<Standing> {
    let mut out = Vec::with_capacity(s.tokens.len());
    // what the clause's last verb or marker makes of the nouns behind it
    let mut clause = Standing::Done;
    for i in 0..s.tokens.len() {
        let t = &s.tokens[i];
        if t.is_boundary() || s.pos[i] == Pos::Sub || t.is(k.with) || t.text == "," {
            clause = Standing::Done;
        }
        if t.is(k.looks_ahead) {
            clause = Standing::Ahead;
        }
        let own = match s.pos[i] {
            Pos::Verb(tags) => {
                let scope = s.scope(i, false, k);
                let trailing = tags & (tag::ING | tag::PART) != 0
                    && scope.chain == i
                    && clause == Standing::Ahead;
                let own = if trailing
                    || scope.tense == Tense::Future
                    || !matches!(scope.modality, Modality::Actual | Modality::Background)
                {
                    Standing::Ahead
                } else if claimed(s, i, scope.chain, k) {
                    Standing::Claimed
                } else {
                    Standing::Done
                };
                if !t.is(k.looks_ahead) {
                    clause = own;
                }
                own
            }
            _ => clause,
        };
        out.push(own);
    }
    out
}

/// "claims to have won", "says he has won", "reportedly won".
fn claimed(s: &Sentence<'_>, at: usize, chain: usize, k: &Known) -> bool {
    let from = chain.saturating_sub(6);
    let clause = (from..at)
        .rev()
        .take_while(|i| !s.tokens[*i].is_boundary() && s.tokens[*i].text != ",");
    for i in clause {
        let t = &s.tokens[i];
        if t.is(k.claims) || t.is(k.hedge) {
            return true;
        }
        if t.is(k.say) && matches!(s.pos[i], Pos::Verb(_)) {
            return s.pos.get(i + 1) == Some(&Pos::Pron);
        }
    }
    false
}
