//! How a revision stands to the old one as a whole, and what of a candidate's sentence is new.
//!
//! Whether a change is news shows less in the sentence than in the pair: in which parts it changed,
//! how many of its words, names and numbers are new, whether what was ahead is now done. All are
//! features that the grade weighs.

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::FxHashSet;

use super::engine::{Language, Read};
use super::find::{Place, Sentence};
use super::grade::Features;
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::outlook::{self, Standing};
use super::token::Token;
use crate::article::Modality;

/// How like its old counterpart a sentence is at least that is changed for its style.
const ALIKE: f64 = 0.5;

/// A revision beside the old one.
pub(super) struct Bearing<'m, 'a> {
    lang: &'m Language,
    memory: &'m Memory<'a>,
    /// Words of the old headline.
    title: FxHashSet<u64>,
    whole: Features,
    /// Neither name nor number is new.
    plain: bool,
    /// How the tokens of each changed sentence stand, worked out once a candidate asks.
    standings: Vec<OnceCell<Vec<Standing>>>,
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

impl<'m, 'a> Bearing<'m, 'a> {
    /// Looks at the changed sentences of a revision.
    pub fn new(lang: &'m Language, memory: &'m Memory<'a>, read: &[Read<'_>]) -> Bearing<'m, 'a> {
        let mut b = Bearing {
            lang,
            memory,
            title: FxHashSet::default(),
            whole: Features::default(),
            plain: false,
            standings: read.iter().map(|_| OnceCell::new()).collect(),
        };
        let title = memory.reads.iter().map(|r| &r.sentence);
        for s in title.filter(|s| s.place == Place::Title) {
            b.title.extend(memory::keys(s, 0..s.tokens.len()));
        }
        b.look(read);
        b
    }

    /// Sees which parts of the revision changed, and what is new in them.
    fn look(&mut self, read: &[Read<'_>]) {
        let m = self.memory;
        let title = read.iter().any(|r| r.sentence.place == Place::Title);
        let text = read.iter().any(|r| r.sentence.place != Place::Title);
        let (mut words, mut new, mut names, mut numbers) = (0, 0, 0, 0);
        for r in read {
            let s = &r.sentence;
            let [all, fresh] = self.words(s);
            words += all;
            new += fresh;
            for t in s.tokens.iter().filter(|t| !m.words.contains(&t.key)) {
                names += usize::from(Token::is_name(t));
                numbers += usize::from(t.number.is_some());
            }
        }
        self.plain = names == 0 && numbers == 0;
        let f = &mut self.whole;
        f.flag("pair_title", title && !text);
        f.flag("pair_text", text && !title);
        f.flag("pair_both", text && title);
        f.set("pair_new", share(new, words));
        f.set("pair_names", names.min(3) as f64 / 3.0);
        f.flag("pair_no_names", names == 0);
        f.flag("pair_numbers", numbers > 0);
        let ahead = m.standings.first();
        let ahead = ahead.is_some_and(|of| of.contains(&Standing::Ahead));
        f.flag("pair_was_ahead", ahead);
    }

    /// Content words of a sentence, and those the old revision had not.
    fn words(&self, s: &Sentence<'_>) -> [usize; 2] {
        let words = memory::keys(s, 0..s.tokens.len());
        let new = |w: &&u64| !self.memory.words.contains(w);
        [words.len(), words.iter().filter(new).count()]
    }

    /// Adds to a candidate what is seen of its sentence and of the pair.
    pub fn weigh(&self, c: &mut Candidate, r: &Read<'_>) {
        let (m, s) = (self.memory, &r.sentence);
        c.features.0.extend(self.whole.0.iter().copied());
        let [all, new] = self.words(s);
        c.features.set("words_new", share(new, all));
        if s.place == Place::Title {
            // said in the text before, and now in the headline
            let words = memory::keys(s, 0..s.tokens.len());
            let up = |w: &&u64| m.words.contains(w) && !self.title.contains(w);
            let up = words.iter().filter(up).count();
            c.features.set("moved_up", share(up, all));
        }
        if c.quantity.is_some() {
            let known = |i: usize| m.words.contains(&s.tokens[i].key);
            c.features
                .flag("number_in_old", c.trigger.clone().all(known));
        }
        self.announced(c);
        self.parties(c, s);
        let shifted = self.shift(c, s);
        let style = c.features.value("aligned") >= ALIKE && !shifted && self.plain;
        c.features.flag("style", style);
        c.features.flag("style_doubt", style && c.doubt.is_some());
    }

    /// Whether who does it, or to whom, was not spoken of.
    fn parties(&self, c: &mut Candidate, s: &Sentence<'_>) {
        let Some(f) = &c.found else { return };
        let new = |range: &Range<usize>| {
            let words = memory::keys(s, range.clone());
            !words.is_empty() && !words.iter().any(|w| self.memory.words.contains(w))
        };
        let (agent, patient) = (new(&f.agent), new(&f.patient));
        let doubt = c.doubt.is_some();
        let f = &mut c.features;
        f.flag("agent_new", agent);
        f.flag("patient_new", patient);
        f.flag("doubt_agent_new", doubt && agent);
        f.flag("doubt_patient_new", doubt && patient);
    }

    /// "To quit" and now "quits"; or still "to quit".
    fn announced(&self, c: &mut Candidate) {
        let actual = |m: Modality| matches!(m, Modality::Actual | Modality::Background);
        let same = |x: &&memory::Mention| !x.hint && x.kind == c.kind && actual(x.modality);
        let mut of_kind = self.memory.mentions.iter().filter(same).peekable();
        let there = of_kind.peek().is_some();
        let (mut any, mut all) = (false, true);
        for x in of_kind {
            any |= x.ahead;
            all &= x.ahead;
        }
        let future = c.features.has("future");
        c.features.flag("was_ahead", there && all && !future);
        c.features.flag("still_ahead", any && future);
    }

    /// Sees whether words that stood ahead in the old counterpart are now said as done.
    fn shift(&self, c: &mut Candidate, s: &Sentence<'_>) -> bool {
        let Some(index) = c.old_sentence.filter(|_| c.found.is_some()) else {
            return false;
        };
        let Some(now) = self.standings.get(c.sentence) else {
            return false;
        };
        let now = now.get_or_init(|| outlook::of(s, &self.lang.known));
        let shifted = |i: usize| {
            now[i] == Standing::Done
                && memory::content(s, i)
                && self.memory.was_ahead(index, s.tokens[i].key)
        };
        let any = (0..s.tokens.len()).any(shifted);
        let own = c.trigger.clone().any(shifted);
        let public = c
            .trigger
            .clone()
            .any(|i| s.tokens[i].is(self.lang.known.act));
        let doubt = c.doubt.is_some();
        let f = &mut c.features;
        f.flag("shifted", any);
        f.flag("shifted_own", own);
        f.flag("shifted_doubt", own && doubt);
        f.flag("shifted_any_doubt", any && doubt);
        f.flag("shifted_public", own && public);
        any
    }
}
