//! Puts a judged candidate into the words of the contract: subject, states, attribution, quantity.

use std::ops::Range;

use jiff::civil::Date;

use super::attribution;
use super::candidate::Decision;
use super::engine::{Language, Read};
use super::find::Sentence;
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::pos::Pos;
use super::quantity::Count;
use super::rule::TriggerForm;
use super::state;
use super::when::{self, Side};
use crate::article::{Development, Evidence, Kind, Quantity, When};

/// Longest subject, in words.
const LONGEST: usize = 14;

/// What a description may look at.
pub(super) struct Context<'r, 'a> {
    pub lang: &'a Language,
    /// The changed sentences, in reading order.
    pub read: &'r [Read<'a>],
    /// The new revision's headline, read.
    pub title: &'r Sentence<'a>,
    pub memory: Option<&'r Memory<'a>>,
    /// The day the new revision was written.
    pub written: Option<Date>,
}

/// The development of a candidate among all of them.
pub(super) fn development(cx: &Context<'_, '_>, c: &Candidate, all: &[Candidate]) -> Development {
    let s = &cx.read[c.sentence].sentence;
    let named = c
        .found
        .as_ref()
        .and_then(|f| cx.lang.rules.rules[f.rule].to.as_deref());
    let quantity = c.quantity.clone().or_else(|| quantity_near(cx.lang, s, c));
    let counted = match c.kind {
        Kind::Toll | Kind::Figure => quantity.as_ref().and_then(|q| q.new.as_deref()),
        _ => None,
    };
    let to = named.or(counted).unwrap_or_else(|| state::reached(c.kind));
    let from = from(cx.memory, c, to);
    let to = to.to_owned();
    // A whole sentence that names its source proves more than the headline above it.
    let (proof, trigger) = match &c.proof {
        Some((sentence, trigger)) => (&cx.read[*sentence].sentence, trigger),
        None => (s, &c.trigger),
    };
    Development {
        kind: c.kind,
        subject: subject(cx, c),
        from,
        to,
        modality: c.modality,
        attribution: attribution::of(proof, trigger, &cx.lang.known).map(str::to_owned),
        quantity,
        when: when(cx, c, all),
        evidence: Evidence {
            new: Some(proof.text.to_owned()),
            old: c
                .old_sentence
                .and_then(|i| cx.memory?.texts.get(i).map(|t| (*t).to_owned())),
            trigger: proof.slice(trigger).to_owned(),
        },
        confidence: (c.confidence * 1000.0).round() / 1000.0,
    }
}

/// When it happens: as the sentence that proves it says, else its own, else one that repeats it.
fn when(cx: &Context<'_, '_>, c: &Candidate, all: &[Candidate]) -> Option<When> {
    if c.decision != Decision::Told {
        return None;
    }
    let read = |of: &Candidate, at: usize, trigger: &Range<usize>| {
        let side = Side::of(of.kind, of.found.as_ref().map(|f| f.scope.tense));
        let s = &cx.read.get(at)?.sentence;
        when::of(s, trigger, side, cx.written, &cx.lang.when, &cx.lang.known)
    };
    let proof = c.proof.as_ref();
    let repeats = |o: &&Candidate| {
        matches!(o.decision, Decision::Duplicate | Decision::BelowConfidence)
            && o.kind == c.kind
            && o.about.iter().any(|w| c.about.contains(w))
    };
    proof
        .and_then(|(at, trigger)| read(c, *at, trigger))
        .or_else(|| read(c, c.sentence, &c.trigger))
        .or_else(|| {
            let mut others = all.iter().filter(repeats);
            others.find_map(|o| read(o, o.sentence, &o.trigger))
        })
}

/// The state before: what the old revision said of the same thing, else what the kind presupposes.
fn from(memory: Option<&Memory<'_>>, c: &Candidate, to: &str) -> Option<String> {
    if let Some(quantity) = &c.quantity {
        return quantity.old.clone();
    }
    let history = memory.and_then(|m| {
        m.mentions
            .iter()
            .filter(|x| x.about.iter().any(|w| c.about.contains(w)))
            .find_map(|x| state::before(x.kind, x.modality, c.kind))
    });
    history
        .or_else(|| state::presupposed(c.kind))
        .filter(|from| *from != to)
        .map(str::to_owned)
}

/// A phrase a reader understands alone.
fn subject(cx: &Context<'_, '_>, c: &Candidate) -> String {
    let s = &cx.read[c.sentence].sentence;
    let title = || cx.title.text.trim().to_owned();
    let Some(f) = &c.found else {
        return happening(cx, s).unwrap_or_else(title);
    };
    let range = match c.kind {
        Kind::Incident if f.form == TriggerForm::Verb => {
            f.agent.start.min(f.trigger.start)..f.patient.end.max(f.trigger.end)
        }
        Kind::Toll | Kind::Figure if f.form != TriggerForm::Verb => {
            return happening(cx, s).unwrap_or_else(title);
        }
        Kind::Confirmed | Kind::Denied if !f.patient.is_empty() => f.patient.clone(),
        Kind::Resigned if !f.agent.is_empty() => f.agent.clone(),
        _ if f.form == TriggerForm::Phrase && !f.nominal && !f.agent.is_empty() => f.agent.clone(),
        _ if f.patient.is_empty() => f.agent.clone(),
        _ => f.patient.clone(),
    };
    let range = trim(s, range);
    match head(s, &range) {
        Some(head) if weak(s, &range) => {
            resolve(cx, s, head).unwrap_or_else(|| s.slice(&range).to_owned())
        }
        Some(_) => s.slice(&range).to_owned(),
        None => title(),
    }
}

/// Cuts marks, articles and what is beside the point off the ends.
fn trim(s: &Sentence<'_>, mut range: Range<usize>) -> Range<usize> {
    range.end = range.end.min(range.start + LONGEST).min(s.tokens.len());
    // ", the White House said": what follows a comma is said of it
    if let Some(comma) = range.clone().skip(1).find(|i| s.tokens[*i].text == ",") {
        range.end = comma;
    }
    while range.start < range.end
        && (matches!(
            s.pos[range.start],
            Pos::Mark | Pos::Adv | Pos::Prep | Pos::To | Pos::Conj | Pos::Sub
        ) || article(s, range.start))
    {
        range.start += 1;
    }
    while range.start < range.end
        && matches!(
            s.pos[range.end - 1],
            Pos::Mark | Pos::Adv | Pos::Prep | Pos::To | Pos::Conj | Pos::Sub | Pos::Det
        )
    {
        range.end -= 1;
    }
    range
}

fn article(s: &Sentence<'_>, at: usize) -> bool {
    matches!(s.tokens[at].text, "a" | "an" | "the" | "A" | "An" | "The")
}

/// The last noun before the first preposition: what the phrase is.
fn head(s: &Sentence<'_>, range: &Range<usize>) -> Option<usize> {
    let end = range
        .clone()
        .find(|i| matches!(s.pos[*i], Pos::Prep | Pos::To))
        .unwrap_or(range.end);
    let nominal = |i: &usize| {
        matches!(
            s.pos[*i],
            Pos::Noun | Pos::Open | Pos::Pron | Pos::Num | Pos::Det | Pos::Verb(_) | Pos::Adj
        )
    };
    (range.start..end)
        .rev()
        .find(nominal)
        .or_else(|| range.clone().find(nominal))
}

/// "it", "the meeting", "talks": says too little alone.
fn weak(s: &Sentence<'_>, range: &Range<usize>) -> bool {
    let content = range
        .clone()
        .filter(|i| matches!(s.pos[*i], Pos::Noun | Pos::Open | Pos::Num | Pos::Adj))
        .count();
    content <= 1 && range.len() <= 2
}

/// The fullest phrase of the same head in the headline or another changed sentence; for a pronoun
/// the headline's subject.
fn resolve(cx: &Context<'_, '_>, s: &Sentence<'_>, head: usize) -> Option<String> {
    let key = s.tokens[head].key;
    let mut best: Option<String> = None;
    let sentences = std::iter::once(cx.title).chain(cx.read.iter().map(|r| &r.sentence));
    for other in sentences {
        for at in 0..other.tokens.len() {
            if other.tokens[at].key != key || other.tokens[at].key == 0 {
                continue;
            }
            let phrase = trim(other, phrase_around(other, at));
            let text = other.slice(&phrase);
            if phrase.len() > 2 && best.as_ref().is_none_or(|b| b.len() < text.len()) {
                best = Some(text.to_owned());
            }
        }
    }
    if best.is_none() && s.pos[head] == Pos::Pron && !std::ptr::eq(s, cx.title) {
        best = Some(cx.title.text.trim().to_owned()).filter(|t| !t.is_empty());
    }
    best
}

/// The noun phrase around a noun with the prepositional phrases after it.
fn phrase_around(s: &Sentence<'_>, at: usize) -> Range<usize> {
    let mut start = at;
    while start > 0
        && at - start < 6
        && (s.pos[start - 1].nominal() || matches!(s.tokens[start - 1].text, "'" | "’"))
    {
        start -= 1;
    }
    let mut end = at + 1;
    while end < s.tokens.len()
        && end - at < 10
        && (s.pos[end].nominal() || matches!(s.pos[end], Pos::Prep | Pos::Conj))
    {
        end += 1;
    }
    start..end
}

/// What a number is about: the happening named in its sentence.
fn happening(cx: &Context<'_, '_>, s: &Sentence<'_>) -> Option<String> {
    let known = &cx.lang.known;
    for other in [s, cx.title] {
        let at = (0..other.tokens.len())
            .find(|i| other.tokens[*i].is(known.disaster) && other.pos[*i] == Pos::Noun);
        if let Some(at) = at {
            let phrase = trim(other, phrase_around(other, at));
            return Some(other.slice(&phrase).to_owned());
        }
    }
    None
}

/// The number that a rule's toll or figure speaks of.
fn quantity_near(lang: &Language, s: &Sentence<'_>, c: &Candidate) -> Option<Quantity> {
    if !matches!(c.kind, Kind::Toll | Kind::Figure | Kind::Incident) {
        return None;
    }
    let counts = super::quantity::counts(s, &lang.known);
    let count = match c.kind {
        Kind::Incident => counts.iter().find(|n| n.referent != 0)?,
        _ => counts
            .iter()
            .find(|n| n.at >= c.trigger.start)
            .or_else(|| counts.first())?,
    };
    Some(quantity(lang, s, count, None))
}

/// A count as the contract has it.
pub(super) fn quantity(
    lang: &Language,
    s: &Sentence<'_>,
    count: &Count,
    old: Option<&Count>,
) -> Quantity {
    Quantity {
        referent: referent(lang, s, count),
        old: old.map(|o| o.printed.clone()),
        new: Some(count.printed.clone()),
        bound: Some(count.bound.as_str().to_owned()),
    }
}

/// What a count counts, in words.
fn referent(lang: &Language, s: &Sentence<'_>, count: &Count) -> String {
    if let Some(name) = usize::from(count.referent)
        .checked_sub(1)
        .and_then(|i| lang.lex.referents.get(i))
    {
        return name.clone();
    }
    // "interest rates to 5%": the noun before; "14 jobs": the noun after
    let after = (count.at + 1..s.tokens.len())
        .take(3)
        .find(|i| matches!(s.pos[*i], Pos::Noun | Pos::Open) && s.tokens[*i].number.is_none());
    let before = || (0..count.at).rev().take(6).find(|i| s.pos[*i] == Pos::Noun);
    let plain = count.unit == crate::text::number::Unit::None;
    let at = if plain {
        after.or_else(before)
    } else {
        before().or(after)
    };
    at.map_or(String::new(), |i| s.tokens[i].text.to_lowercase())
}

/// Names and content words of a told development's subject, to compare with.
pub(super) fn told_keys(
    lang: &Language,
    development: &Development,
    buffer: &mut String,
) -> Vec<u64> {
    let s = Sentence::new(
        &development.subject,
        super::find::Place::Body,
        &lang.lex,
        &lang.known,
        buffer,
    );
    memory::keys(&s, 0..s.tokens.len())
}
