//! Finds the times in a sentence: "on 3 March 2027", "at 7 a.m. on Friday", "in two weeks".

use std::ops::Range;

use super::words::{Sense, Words};
use crate::article::Precision;
use crate::detect::find::Sentence;
use crate::detect::pos::Pos;
use crate::detect::token::Shape;
use crate::text::date::as_year;

/// A day, month or hour as the sentence has it, not yet counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Time {
    Full(Option<i16>, i8, i8),
    Month(Option<i16>, i8),
    Year(i16),
    Weekday(i8, i32),
    Away(i32),
    Units(Precision, i32),
    Hour(i8, i8),
}

/// A time found: its tokens, and what stands before it.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) tokens: Range<usize>,
    pub(super) time: Time,
    pub(super) hour: Option<(i8, i8)>,
    pub(super) before: Option<Sense>,
    /// Ends in "'s": "Tuesday's meeting".
    pub(super) of_it: bool,
}

/// Every time of the sentence, an hour joined with its day.
pub(super) fn expressions(s: &Sentence<'_>, words: &Words) -> Vec<Expression> {
    let mut out: Vec<Expression> = Vec::new();
    let mut at = 0;
    while at < s.tokens.len() {
        let Some(e) = one(s, at, words) else {
            at += 1;
            continue;
        };
        at = e.tokens.end;
        let joined = out
            .last_mut()
            .filter(|last| e.tokens.start.saturating_sub(last.tokens.end) <= 1);
        match (joined, e.time) {
            (Some(last), Time::Hour(h, m)) if last.hour.is_none() => {
                last.hour = Some((h, m));
                last.tokens.end = e.tokens.end;
            }
            (Some(last), time) if matches!(last.time, Time::Hour(..)) => {
                let Time::Hour(h, m) = last.time else {
                    continue;
                };
                last.time = time;
                last.hour = Some((h, m));
                last.tokens.end = e.tokens.end;
                last.before = e.before;
                last.of_it = e.of_it;
            }
            _ => out.push(e),
        }
    }
    out
}

/// The time whose first word, after any preposition, is at `at`.
fn one(s: &Sentence<'_>, at: usize, words: &Words) -> Option<Expression> {
    let sense = |i: usize| s.tokens.get(i).and_then(|t| words.of(t));
    let year = |i: usize| {
        let token = s.tokens.get(i)?;
        let year = as_year(token.text)?;
        i16::try_from(year).ok()
    };
    let comma = |i: usize| s.tokens.get(i).is_some_and(|t| t.text == ",");
    let (before, start) = lead(s, at, words);
    let first = s.tokens.get(at)?;
    let (time, mut end, strict) = match sense(at) {
        Some(Sense::Month(month, unsure)) => {
            // "March 3, 2027", "Nov. 24"
            let stop = usize::from(s.tokens.get(at + 1).is_some_and(|t| t.text == "."));
            if let Some(day) = s.tokens.get(at + 1 + stop).and_then(|t| words.day(t)) {
                let end = at + 2 + stop;
                let skip = usize::from(comma(end));
                match year(end + skip) {
                    Some(y) => (Time::Full(Some(y), month, day), end + skip + 1, false),
                    None => (Time::Full(None, month, day), end, false),
                }
            } else if let Some(y) = year(at + 1) {
                (Time::Month(Some(y), month), at + 2, false)
            } else {
                // "to March", "May says"
                let sure = !unsure
                    || matches!(
                        before,
                        Some(Sense::On | Sense::From | Sense::This | Sense::Next | Sense::Last)
                    )
                    || (before == Some(Sense::Ahead) && preposition_is_long(s, start));
                if !sure || before.is_none() {
                    return None;
                }
                (Time::Month(None, month), at + 1, true)
            }
        }
        Some(Sense::Weekday(day, unsure)) => {
            let named = |i: usize| {
                s.tokens
                    .get(i)
                    .is_some_and(|t| t.shape == Shape::Capital && words.of(t).is_none())
            };
            // "Black Friday", "Sunday Times"
            let name = before.is_none() && ((at > 0 && named(at - 1)) || named(at + 1));
            if name || (unsure && before.is_none()) {
                return None;
            }
            let weeks = match before {
                Some(Sense::Next) => 1,
                Some(Sense::Last) => -1,
                _ => 0,
            };
            let part = usize::from(sense(at + 1) == Some(Sense::Part));
            (Time::Weekday(day, weeks), at + 1 + part, false)
        }
        Some(Sense::Day(days)) => {
            let part = usize::from(sense(at + 1) == Some(Sense::Part));
            (Time::Away(days), at + 1 + part, false)
        }
        Some(Sense::Part) if before == Some(Sense::This) => (Time::Away(0), at + 1, true),
        Some(Sense::Part) if before == Some(Sense::Last) => (Time::Away(-1), at + 1, true),
        Some(Sense::Unit(unit)) if unit != Precision::Day => match before {
            Some(Sense::This) => (Time::Units(unit, 0), at + 1, true),
            Some(Sense::Next) => (Time::Units(unit, 1), at + 1, true),
            Some(Sense::Last) => (Time::Units(unit, -1), at + 1, true),
            _ => return None,
        },
        Some(Sense::Noon) if before == Some(Sense::On) => (Time::Hour(12, 0), at + 1, true),
        _ => {
            if let Some((hour, minute, end)) = hour(s, at, words, before) {
                (Time::Hour(hour, minute), end, false)
            } else if let Some(day) = words.day(first)
                && let Some((month, after)) = month_after(s, at + 1, words)
            {
                match year(after) {
                    Some(y) => (Time::Full(Some(y), month, day), after + 1, false),
                    None => (Time::Full(None, month, day), after, false),
                }
            } else if let Some(y) = year(at) {
                let counts = matches!(s.pos.get(at + 1), Some(Pos::Noun | Pos::Open));
                if counts || !matches!(before, Some(Sense::On | Sense::Ahead | Sense::From)) {
                    return None;
                }
                (Time::Year(y), at + 1, true)
            } else {
                return span_of_time(s, at, words);
            }
        }
    };
    // a month or unit needs the word before it, a day does not
    if strict && before.is_none() {
        return None;
    }
    let of_it = s
        .tokens
        .get(end)
        .is_some_and(|t| matches!(t.text, "'s" | "’s"));
    end = end.min(s.tokens.len());
    Some(Expression {
        tokens: start..end,
        time,
        hour: None,
        before,
        of_it,
    })
}

/// "3 March", "3rd of March".
fn month_after(s: &Sentence<'_>, at: usize, words: &Words) -> Option<(i8, usize)> {
    let of = usize::from(
        s.tokens
            .get(at)
            .is_some_and(|t| words.of(t) == Some(Sense::Middle)),
    );
    match words.of(s.tokens.get(at + of)?)? {
        Sense::Month(month, _) => Some((month, at + of + 1)),
        _ => None,
    }
}

/// "in two weeks". A length of time ("for two weeks") is no time, and what was "two weeks ago" is
/// history.
fn span_of_time(s: &Sentence<'_>, at: usize, words: &Words) -> Option<Expression> {
    let (amount, vague) = s.tokens.get(at)?.number?;
    let Some(Sense::Unit(unit)) = words.of(s.tokens.get(at + 1)?) else {
        return None;
    };
    let within = at > 0
        && words
            .within
            .iter()
            .any(|w| s.tokens[at - 1].text.eq_ignore_ascii_case(w));
    let counted = !vague && amount.fract() == 0.0 && (1.0..=60.0).contains(&amount);
    if !within || !counted || unit == Precision::Year {
        return None;
    }
    let amount = amount as i32;
    let time = match unit {
        Precision::Day => Time::Away(amount),
        unit => Time::Units(unit, amount),
    };
    Some(Expression {
        tokens: at - 1..at + 2,
        time,
        hour: None,
        before: Some(Sense::Within),
        of_it: false,
    })
}

/// "07:00", "7.30pm", "7 a.m.": hour, minute, and where it ends.
fn hour(
    s: &Sentence<'_>,
    at: usize,
    words: &Words,
    before: Option<Sense>,
) -> Option<(i8, i8, usize)> {
    let token = s.tokens.get(at)?;
    let digits = token
        .text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (h, m) = match digits.split_once([':', '.']) {
        Some((h, m)) if m.len() == 2 => (h, m.parse().ok()?),
        Some(_) => return None,
        None => (digits, 0),
    };
    let h: i8 = h.parse().ok()?;
    let rest = s.text.get(token.start + digits.len()..)?.trim_start();
    let half = |halves: &[String]| {
        halves.iter().find_map(|w| {
            let head = rest.get(..w.len())?;
            let ends = !rest[w.len()..].starts_with(char::is_alphanumeric);
            (head.eq_ignore_ascii_case(w) && ends).then_some(w.len())
        })
    };
    let (hour, length) = match (half(&words.am), half(&words.pm)) {
        (Some(length), _) if (1..=12).contains(&h) => (h % 12, length),
        (_, Some(length)) if (1..=12).contains(&h) => (h % 12 + 12, length),
        // "at 07:00"; a score or a price has no "at"
        _ if digits.contains(':') && before == Some(Sense::On) && digits == token.text => (h, 0),
        _ => return None,
    };
    if !(0..24).contains(&hour) || !(0..60).contains(&m) {
        return None;
    }
    let until = s.text.len() - rest.len() + length;
    let mut end = at + 1;
    while length > 0 && s.tokens.get(end).is_some_and(|t| t.start < until) {
        end += 1;
    }
    // the last stop of "a.m."
    if length > 2
        && s.tokens
            .get(end)
            .is_some_and(|t| t.text == "." && t.start == until)
        && end + 1 < s.tokens.len()
    {
        end += 1;
    }
    Some((hour, m, end))
}

/// What stands before a time, and where the expression begins with it: "at the end of".
fn lead(s: &Sentence<'_>, at: usize, words: &Words) -> (Option<Sense>, usize) {
    let mut start = at;
    let sense = |i: usize| words.of(&s.tokens[i]);
    while start > 0 && sense(start - 1) == Some(Sense::Middle) {
        start -= 1;
    }
    let Some(before) = start.checked_sub(1).and_then(sense) else {
        return (None, at);
    };
    match before {
        Sense::On | Sense::Ahead | Sense::From | Sense::Other => (Some(before), start - 1),
        Sense::This | Sense::Next | Sense::Last => {
            // "until next week": the side is said twice
            let outer = (start - 1).checked_sub(1).and_then(sense);
            match outer {
                Some(Sense::On | Sense::Ahead | Sense::From) => (Some(before), start - 2),
                Some(Sense::Other) => (outer, start - 2),
                _ => (Some(before), start - 1),
            }
        }
        _ => (None, at),
    }
}

/// "until March" is a time, "to March" or "for May" may be anything.
fn preposition_is_long(s: &Sentence<'_>, at: usize) -> bool {
    s.tokens.get(at).is_some_and(|t| t.text.len() > 3)
}
