//! When the happening is or was, where the proving sentence says so: "on Tuesday", "until February",
//! "at 07:00 on 3 March 2027", worked out from the article's own date. Pure: no clock, and without
//! a date of the article a weekday stays words.
//!
//! The words are the block `[when]` of the language file.

mod date;
mod expression;
mod words;

use std::ops::Range;

use jiff::civil::Date;

use super::find::Sentence;
use super::known::Known;
use super::morph::tag;
use super::pos::Pos;
use super::scope::Tense;
use crate::article::{Kind, When};
use date::resolve;
use expression::{Expression, Time, expressions};
use words::Sense;
pub(super) use words::{WhenFile, Words};

/// On which side of now a happening lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Past,
    /// It was to be: cancelled, postponed. "Friday's summit" is to come, "on Friday" past.
    Planned,
    Ahead,
}

impl Side {
    /// Of a happening of this kind, said in this tense.
    pub fn of(kind: Kind, tense: Option<Tense>) -> Side {
        match (kind, tense) {
            (Kind::Scheduled, _) | (_, Some(Tense::Future)) => Side::Ahead,
            (Kind::Cancelled | Kind::Postponed, _) => Side::Planned,
            _ => Side::Past,
        }
    }
}

/// What the sentence says of the trigger's time. `base` is the day the sentence was written.
pub(super) fn of(
    s: &Sentence<'_>,
    trigger: &Range<usize>,
    side: Side,
    base: Option<Date>,
    words: &Words,
    known: &Known,
) -> Option<When> {
    let found = expressions(s, words);
    let mut best: Option<((bool, bool, usize), &Expression)> = None;
    for e in &found {
        // "fell 5% in two weeks" is a length of time
        let length = e.before == Some(Sense::Within) && side != Side::Ahead;
        if length || e.before == Some(Sense::Other) || !belongs(s, e, trigger, side, known) {
            continue;
        }
        let after = e.tokens.start >= trigger.end;
        let distance = if after {
            e.tokens.start - trigger.end
        } else {
            trigger.start.saturating_sub(e.tokens.end)
        };
        // after the trigger before what stands left of it; the new date before the old one
        let rank = (e.before == Some(Sense::From), !after, distance);
        if best.as_ref().is_none_or(|(other, _)| rank < *other) {
            best = Some((rank, e));
        }
    }
    let (_, e) = best?;
    let ahead =
        side == Side::Ahead || e.before == Some(Sense::Ahead) || (side == Side::Planned && e.of_it);
    let (date, precision) = resolve(e, ahead, base)?;
    let text = s
        .text
        .get(s.tokens.get(e.tokens.start)?.start..s.tokens.get(e.tokens.end - 1)?.end())?;
    Some(When {
        text: text.to_owned(),
        date,
        precision,
    })
}

/// A day of the calendar as printed, to tell it from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Day(Time);

impl Day {
    /// Named the same way, so that one can be later than the other.
    pub fn comparable(&self, other: &Day) -> bool {
        matches!(
            (self.0, other.0),
            (Time::Full(..), Time::Full(..))
                | (Time::Weekday(..), Time::Weekday(..))
                | (Time::Month(..), Time::Month(..))
        )
    }

    /// Surely earlier: of two days with their month in one year. Weekdays come round.
    pub fn earlier_than(&self, other: &Day) -> bool {
        match (self.0, other.0) {
            (Time::Full(a, m, d), Time::Full(b, n, e)) => a == b && (m, d) < (n, e),
            (Time::Month(a, m), Time::Month(b, n)) => a == b && m < n,
            _ => false,
        }
    }
}

/// The days a sentence names, with their tokens.
pub(super) fn days(s: &Sentence<'_>, words: &Words) -> impl Iterator<Item = (Range<usize>, Day)> {
    let named =
        |e: &Expression| matches!(e.time, Time::Full(..) | Time::Weekday(..) | Time::Month(..));
    let found = expressions(s, words).into_iter().filter(named);
    found.map(|e| (e.tokens, Day(e.time)))
}

/// Whether a time is the trigger's own: not that of who says so, nor of a clause between.
fn belongs(
    s: &Sentence<'_>,
    e: &Expression,
    trigger: &Range<usize>,
    side: Side,
    known: &Known,
) -> bool {
    // "due to last week's quake"; but "Friday's summit is off"
    if e.of_it && side != Side::Planned {
        return false;
    }
    let planned = side == Side::Planned && e.before == Some(Sense::Ahead);
    let after = e.tokens.start >= trigger.end;
    if !after && e.tokens.end > trigger.start {
        return false;
    }
    // its own clause, to the left: "she said on Tuesday", "who was held in March"
    for at in (0..e.tokens.start).rev() {
        if trigger.contains(&at) {
            break;
        }
        match s.pos[at] {
            Pos::Stop => break,
            Pos::Mark if s.tokens[at].text == "," => break,
            Pos::Sub => return false,
            Pos::Verb(_) if s.tokens[at].is(known.say) => return false,
            _ => {}
        }
    }
    // between the two: another sentence, or a clause after the trigger
    let between = if after {
        trigger.end..e.tokens.start
    } else {
        e.tokens.end..trigger.start
    };
    between.clone().all(|at| {
        // "the deal signed in March"; but "the vote planned for Friday"
        let participle = matches!(s.pos[at], Pos::Verb(t) if t & (tag::PAST | tag::PART) != 0);
        let clause = after && (s.pos[at] == Pos::Sub || (participle && !planned));
        s.pos[at] != Pos::Stop && !clause
    }) && between.len() <= FAR
}

/// Words between a happening and its time, at most.
const FAR: usize = 16;

#[cfg(test)]
mod tests;
