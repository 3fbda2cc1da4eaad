//! Finds the triggers of a sentence, decides their sense by what they are about, and reads how
//! they are said.

use std::cell::OnceCell;
use std::ops::Range;

use super::known::Known;
use super::lexicon::Lexicon;
use super::morph::tag;
use super::pattern::word_bit;
use super::pos::{self, Pos};
use super::rule::{Rule, Rules, Trigger, TriggerForm, Voice};
use super::scope::{self, Clause, Scope, Tense};
use super::span;
use super::token::{self, Token};
use crate::article::{Kind, Modality};

/// Where a sentence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Title,
    Lead,
    Body,
}

/// A sentence read.
#[derive(Debug)]
pub(super) struct Sentence<'a> {
    pub text: &'a str,
    pub place: Place,
    pub tokens: Vec<Token<'a>>,
    pub pos: Vec<Pos>,
    /// How each token is said, as a verb and as a noun, once asked for.
    scopes: Vec<[OnceCell<Scope>; 2]>,
}

impl<'a> Sentence<'a> {
    /// Reads a sentence.
    pub fn new(
        text: &'a str,
        place: Place,
        lex: &'a Lexicon,
        known: &Known,
        buffer: &mut String,
    ) -> Sentence<'a> {
        let tokens = token::tokenise(text, lex, buffer);
        let pos = pos::assign(&tokens, known);
        let scopes = vec![[const { OnceCell::new() }; 2]; tokens.len()];
        Sentence {
            text,
            place,
            tokens,
            pos,
            scopes,
        }
    }

    /// The scope of the token at `at`, read as a noun or not.
    pub fn scope(&self, at: usize, noun: bool, known: &Known) -> Scope {
        let read = || scope::of(&self.tokens, &self.pos, at, noun, known);
        *self.scopes[at][usize::from(noun)].get_or_init(read)
    }

    /// The text of a range of tokens.
    pub fn slice(&self, range: &Range<usize>) -> &'a str {
        match (
            self.tokens.get(range.start),
            range.end.checked_sub(1).and_then(|e| self.tokens.get(e)),
        ) {
            (Some(a), Some(b)) if range.start < range.end => {
                self.text.get(a.start..b.end()).unwrap_or("")
            }
            _ => "",
        }
    }
}

/// A trigger found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub kind: Option<Kind>,
    pub rule: usize,
    pub form: TriggerForm,
    /// A noun or a phrase without verb.
    pub nominal: bool,
    /// Tokens of the trigger.
    pub trigger: Range<usize>,
    pub scope: Scope,
    /// What is done to.
    pub patient: Range<usize>,
    /// Who does.
    pub agent: Range<usize>,
    pub passive: bool,
}

impl Found {
    /// Names of who it happens to, by key: who resigns, who is arrested, who joins the board.
    pub fn whom(&self, s: &Sentence<'_>, rule: &Rule) -> Vec<u64> {
        let does =
            self.form == TriggerForm::Verb && !self.passive && rule.voice != Voice::Transitive;
        let range = match does && !self.agent.is_empty() {
            true => self.agent.clone(),
            false => self.patient.clone(),
        };
        let tokens = s.tokens.get(range).unwrap_or(&[]);
        tokens
            .iter()
            .filter(|t| t.is_name())
            .map(|t| t.key)
            .collect()
    }
}

/// Every trigger of a sentence whose sense fits.
pub(super) fn triggers(s: &Sentence<'_>, rules: &Rules, known: &Known, out: &mut Vec<Found>) {
    let words = s.tokens.iter().fold(0, |all, t| all | word_bit(t.form));
    let mut covered = 0;
    for at in 0..s.tokens.len() {
        if at < covered || !s.tokens[at].is_word() {
            continue;
        }
        if let Some((length, found)) = strongest(s, rules, known, at, words) {
            if length > 1 && found.trigger.end - found.trigger.start <= length {
                covered = found.trigger.end;
            }
            out.push(found);
        }
    }
    own(s, rules, known, out);
}

/// The triggers of the operator's own kinds: they hide no other and are hidden by none.
fn own(s: &Sentence<'_>, rules: &Rules, known: &Known, out: &mut Vec<Found>) {
    for trigger in rules.own() {
        let mut from = 0;
        for at in 0..s.tokens.len() {
            let again = |f: &Found| f.rule == trigger.rule && f.trigger.end > at;
            if at < from || !s.tokens[at].is_word() || out.iter().any(again) {
                continue;
            }
            let found = readings(trigger.form, s.pos[at])
                .and_then(|readings| trigger.pattern.matches(&s.tokens, at, readings))
                .and_then(|end| sense(s, rules, trigger, at..end, known));
            if let Some(found) = found {
                from = found.trigger.end;
                out.push(found);
            }
        }
    }
}

/// The readings that the first word of such a trigger may have, if a token of this part can be it.
fn readings(form: TriggerForm, pos: Pos) -> Option<u16> {
    match form {
        TriggerForm::Verb => matches!(pos, Pos::Verb(_)).then_some(tag::VERB),
        TriggerForm::Noun => matches!(pos, Pos::Noun).then_some(tag::NOMINAL),
        TriggerForm::Phrase | TriggerForm::Mention => Some(0),
    }
}

/// The weightiest trigger that begins here, and the length of its pattern; `words` are the bits of
/// the sentence's words.
fn strongest(
    s: &Sentence<'_>,
    rules: &Rules,
    known: &Known,
    at: usize,
    words: u128,
) -> Option<(usize, Found)> {
    let mut best: Option<((usize, usize), Found)> = None;
    for list in rules.starting(&s.tokens[at]) {
        for start in list {
            if best.as_ref().is_some_and(|(w, _)| *w >= start.weight) {
                break;
            }
            let Some(readings) = readings(start.form, s.pos[at]) else {
                continue;
            };
            if start.needs & !words != 0 {
                continue;
            }
            let trigger = &rules.triggers[start.trigger as usize];
            let Some(end) = trigger.pattern.matches(&s.tokens, at, readings) else {
                continue;
            };
            if let Some(found) = sense(s, rules, trigger, at..end, known) {
                best = Some((start.weight, found));
            }
        }
    }
    best.map(|((length, _), found)| (length, found))
}

/// Whether the verb of this noun phrase is a "may".
fn may_follow(pos: &[Pos], from: usize) -> bool {
    let rest = pos.get(from..).unwrap_or(&[]);
    let verb = rest.iter().take(4).find(|p| !p.nominal());
    verb == Some(&Pos::May)
}

fn sense(
    s: &Sentence<'_>,
    rules: &Rules,
    trigger: &Trigger,
    span: Range<usize>,
    known: &Known,
) -> Option<Found> {
    let (rule, form) = (&rules.rules[trigger.rule], trigger.form);
    // "the recently elected chairman": which one it is, not what happens
    let attribute = form == TriggerForm::Phrase
        && s.pos[span.start] == Pos::Adj
        && s.tokens[span.start].tags() & (tag::PAST | tag::PART) != 0
        && s.tokens[span.start].tags() & tag::NOMINAL == 0
        && !s.pos[span.start.saturating_sub(2)..span.start].contains(&Pos::Be);
    if attribute && rule.kind.is_some() {
        return None;
    }
    let gap = trigger.pattern.has_gap();
    let (tokens, pos) = (&s.tokens, &s.pos);
    let at = span.start;
    // "reacts to strike" is no "to strike"
    if form == TriggerForm::Phrase && pos[at] == Pos::Prep && tokens[at].is(known.to) {
        return None;
    }
    let nominal = match form {
        TriggerForm::Noun | TriggerForm::Mention => true,
        TriggerForm::Verb => false,
        TriggerForm::Phrase => matches!(
            pos[at],
            Pos::Noun | Pos::Adj | Pos::Open | Pos::Prep | Pos::Num | Pos::Det
        ),
    };
    // "judge rules" is a clause, of which nothing to the left is the governor
    let clause = form == TriggerForm::Phrase
        && (at + 1..span.end).any(|i| matches!(pos[i], Pos::Verb(t) if t & tag::S != 0));
    let scope = s.scope(at, nominal && !clause, known);
    let right = span::right_of(tokens, pos, span.end, known);
    let left = span::left_of(tokens, pos, scope.chain);
    let head = span::near(pos, tokens, &right, known);
    let right = if gap { at + 1..right.end } else { right };
    let object = span::has_object(tokens, pos, span.end, known)
        || (gap && span::has_object(tokens, pos, at + 1, known));
    let mut passive = scope.passive;
    if form == TriggerForm::Verb {
        let Pos::Verb(tags) = pos[at] else {
            return None;
        };
        let participle = tags & (tag::PART | tag::PAST) != 0;
        let bare = participle && scope.chain == at && scope.tense != Tense::Perfect;
        // headline passive: "Two arrested over ...", "Ban lifted"
        if bare && tags & tag::PART != 0 && !object {
            passive = true;
        }
        if bare && tags & tag::PAST == 0 {
            passive = true;
        }
        let fits = match rule.voice {
            Voice::Transitive => passive || object || tags & tag::ING != 0,
            Voice::Intransitive => !scope.passive,
            Voice::Either => true,
            Voice::Passive => passive,
            Voice::Active => !passive && object,
        };
        if !fits {
            return None;
        }
        if rule.voice == Voice::Intransitive
            || (rule.voice == Voice::Either && !object && !scope.passive)
        {
            passive = false;
        }
    }
    let intransitive = match rule.voice {
        Voice::Intransitive => true,
        Voice::Either => !object && !passive,
        _ => false,
    };
    let (patient, agent) = match form {
        TriggerForm::Verb if passive => (left.clone(), span::by_agent(tokens, &right, known)),
        TriggerForm::Verb if intransitive => (left.clone(), left.clone()),
        TriggerForm::Verb => (right.clone(), left.clone()),
        TriggerForm::Noun | TriggerForm::Mention => {
            let np = span::noun_phrase(pos, at, &right);
            (np, left.clone())
        }
        TriggerForm::Phrase => (left.start.min(span.end)..right.end, left.clone()),
    };
    let whole = |r: &Range<usize>| tokens.get(r.clone()).unwrap_or(&[]);
    // with words inside the trigger, the head is those and what follows it
    let near = if gap && patient == right {
        patient.start..head.end
    } else {
        span::near(pos, tokens, &patient, known)
    };
    let about = if form == TriggerForm::Verb {
        &near
    } else {
        &patient
    };
    if !rule.about.is_empty() && !rule.about.any(whole(about)) {
        return None;
    }
    if rule.unless.any(whole(&near)) || rule.without.any(tokens) {
        return None;
    }
    if !rule.agent.is_empty() && !rule.agent.any(whole(&agent)) {
        return None;
    }
    if rule.not_agent.any(whole(&agent)) {
        return None;
    }
    if !rule.with.is_empty() && !rule.with.any(tokens) {
        return None;
    }
    let mut kind = rule.kind;
    let mut scope = scope;
    let participle = form == TriggerForm::Phrase
        && matches!(pos[at], Pos::Verb(t) if t & tag::PART != 0 && t & tag::S == 0);
    // "A panel investigating the leak meets"
    let act = match form {
        TriggerForm::Phrase => span.end - 1,
        _ => at,
    };
    let attributive = scope.tense == Tense::Bare
        && matches!(pos[act], Pos::Verb(t) if t & tag::ING != 0)
        && act > 0
        && matches!(pos[act - 1], Pos::Noun | Pos::Open);
    if (passive || participle || attributive)
        && scope.chain == at
        && scope.clause == Clause::Main
        && span::reduced(pos, tokens, span.end)
    {
        scope.clause = Clause::Relative;
        if attributive && scope.modality == Modality::Actual {
            scope.modality = Modality::Background;
        }
    }
    // "Trade deal could hurt farmers", "new rules may be too late": not there yet, or known
    let made = matches!(
        kind,
        Some(Kind::Agreed | Kind::Approved | Kind::Imposed | Kind::Lifted | Kind::Ceasefire)
    );
    if nominal && made && scope.modality == Modality::Actual && may_follow(pos, span.end) {
        scope.modality = Modality::Possible;
    }
    let own_tense = form == TriggerForm::Phrase && matches!(pos[at], Pos::Will | Pos::Neg);
    if scope.tense == Tense::Future
        && scope.modality == Modality::Actual
        && kind.is_some()
        && !own_tense
    {
        match rule.future {
            Some(k) => kind = Some(k),
            None => scope.modality = Modality::Possible,
        }
    }
    Some(Found {
        kind,
        rule: trigger.rule,
        form,
        nominal,
        trigger: span,
        scope,
        patient,
        agent,
        passive,
    })
}
