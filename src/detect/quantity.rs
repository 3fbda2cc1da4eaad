//! Numbers with what they count: tolls first, other figures by their unit and noun.

use super::find::Sentence;
use super::known::Known;
use super::morph::tag;
use super::pos::Pos;
use super::token;
use super::token::Shape;
use crate::text::date::as_year;
use crate::text::number::Unit;

/// A number of a sentence and what it counts.
#[derive(Debug, Clone)]
pub(super) struct Count {
    /// Token of the number.
    pub at: usize,
    pub value: f64,
    /// As the text has it: "12", "two hundred", "$33bn".
    pub printed: String,
    pub vague: bool,
    /// Not feared or possible only.
    pub sure: bool,
    pub bound: Bound,
    /// Number of the referent (dead, injured, ...), plus one; 0 for other figures.
    pub referent: u8,
    /// For other figures: what is counted.
    pub unit: Unit,
    /// Key of the noun counted; 0 for none.
    pub noun: u64,
}

/// How exact a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Exact,
    AtLeast,
    AtMost,
    About,
}

impl Bound {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Bound::Exact => "exact",
            Bound::AtLeast => "at_least",
            Bound::AtMost => "at_most",
            Bound::About => "about",
        }
    }
}

/// Every count of a sentence.
pub(super) fn counts(s: &Sentence<'_>, k: &Known) -> Vec<Count> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < s.tokens.len() {
        let t = &s.tokens[at];
        if let Some((value, noun)) = measured(t.text) {
            let printed = t.text.to_owned();
            out.push(Count {
                printed,
                at,
                value,
                vague: false,
                sure: sure(s, at, k),
                bound: bound(s, at, k),
                referent: 0,
                unit: Unit::None,
                noun: token::hash(noun.bytes()),
            });
            at += 1;
            continue;
        }
        let Some((mut value, vague)) = t.number.filter(|_| usable(s, at, k)) else {
            at += 1;
            continue;
        };
        let start = at;
        // "1.2 million", "two hundred", "twenty thousand"
        while let Some(next) = s.tokens.get(at + 1)
            && let Some((scale, _)) = next.number
            && scale >= 100.0
            && next.shape != Shape::Number
            && value < scale
        {
            value *= scale;
            at += 1;
        }
        if t.unit == Unit::Money
            && let Some(next) = s.tokens.get(at + 1)
            && let Some(scale) = match next.text {
                "m" | "mn" => Some(1e6),
                "bn" | "b" => Some(1e9),
                "tn" => Some(1e12),
                _ => None,
            }
        {
            value *= scale;
            at += 1;
        }
        let mut unit = t.unit;
        if unit == Unit::None
            && s.tokens.get(at + 1).is_some_and(|n| {
                matches!(n.text, "percent" | "pc" | "pct")
                    || (n.text == "per" && s.tokens.get(at + 2).is_some_and(|c| c.text == "cent"))
            })
        {
            unit = Unit::Percent;
        }
        let bound = bound(s, start, k);
        let referent = if unit == Unit::None {
            referent(s, start, at, k)
        } else {
            0
        };
        let noun = s
            .tokens
            .get(at + 1..)
            .unwrap_or(&[])
            .iter()
            .zip(&s.pos[at + 1..])
            .take(4)
            .find(|(t, p)| matches!(p, Pos::Noun | Pos::Open) && t.number.is_none())
            .map_or(0, |(t, _)| t.key);
        let printed = s.slice(&(start..at + 1)).to_owned();
        out.push(Count {
            printed,
            at: start,
            value,
            vague,
            sure: sure(s, start, k),
            bound,
            referent,
            unit,
            noun,
        });
        at += 1;
    }
    out
}

/// "16.3C", "14-hour", "11th": the number with what it measures in one word. An age is none.
fn measured(text: &str) -> Option<(f64, &str)> {
    let digits = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let (number, rest) = text.split_at(digits);
    let noun = rest.trim_start_matches(['-', '‑', '°']);
    let unit = match noun {
        "C" | "F" | "mph" | "km" | "kg" | "st" | "nd" | "rd" | "th" => true,
        _ => rest.starts_with('-') && noun.len() > 2 && !noun.starts_with("year"),
    };
    let value = number.parse().ok()?;
    (unit && noun.chars().all(char::is_alphabetic)).then_some((value, noun))
}

/// No "may", "feared" or "could" in the clause of the number.
fn sure(s: &Sentence<'_>, at: usize, k: &Known) -> bool {
    let unsure = |i: &usize| s.pos[*i] == Pos::May || s.tokens[*i].is(k.g_fear);
    let open = |i: &usize| !s.tokens[*i].is_boundary();
    let after = (at..s.tokens.len().min(at + 6)).take_while(open);
    let before = (at.saturating_sub(5)..at).rev().take_while(open);
    !after.chain(before).any(|i| unsure(&i))
}

/// Not a year, an age or a date.
fn usable(s: &Sentence<'_>, at: usize, k: &Known) -> bool {
    let t = &s.tokens[at];
    let prev = at.checked_sub(1).map(|p| &s.tokens[p]);
    let next = s.tokens.get(at + 1);
    if as_year(t.text).is_some_and(|y| y > 1500) && t.unit == Unit::None {
        return false;
    }
    if prev.is_some_and(|p| p.is(k.month)) || next.is_some_and(|n| n.is(k.month)) {
        return false;
    }
    if t.unit == Unit::None && next.is_some_and(|n| n.is(k.measure)) {
        return false;
    }
    // "two of the ten killed": part of another number
    if next.is_some_and(|n| n.is(k.of)) && s.pos.get(at + 2) == Some(&Pos::Det) {
        return false;
    }
    // "dies at 45"
    if prev.is_some_and(|p| p.text == "at")
        && at >= 2
        && s.tokens[at - 2].referent != 0
        && !next.is_some_and(|n| s.pos[at + 1].nominal() && n.is_word())
    {
        return false;
    }
    // "aged five to 11", "a 5-4 vote", "10 to 12"
    if prev.is_some_and(|p| matches!(p.text, "to" | "and" | "or"))
        && at >= 2
        && s.tokens[at - 2].number.is_some()
    {
        return false;
    }
    // ", 43,": an age
    if prev.is_some_and(|p| p.text == ",")
        && next.is_none_or(|n| matches!(n.text, "," | "."))
        && t.unit == Unit::None
    {
        return false;
    }
    // "victim 13 -", "Smith, 13, ...": an age after one person
    if t.unit == Unit::None
        && prev.is_some_and(|p| p.is(k.person) && p.tags() & tag::PLURAL == 0)
        && next.is_none_or(|n| n.is_boundary() || n.text == ",")
    {
        return false;
    }
    !matches!(prev.map(|p| p.text), Some("aged" | "age" | "No"))
}

fn bound(s: &Sentence<'_>, at: usize, k: &Known) -> Bound {
    for back in 1..=3 {
        let Some(t) = at.checked_sub(back).map(|i| &s.tokens[i]) else {
            break;
        };
        if t.is(k.at_least) {
            return Bound::AtLeast;
        }
        if t.is(k.at_most) {
            return Bound::AtMost;
        }
        if t.is(k.approx) {
            return Bound::About;
        }
    }
    Bound::Exact
}

/// What kind of casualty a number counts, if any.
fn referent(s: &Sentence<'_>, from: usize, to: usize, k: &Known) -> u8 {
    // "12 people were killed", "12 dead", "two bodies"
    // ", including a child,": an aside
    let aside = aside(s, to);
    let ahead = s.tokens.iter().enumerate().skip(to + 1);
    for (i, t) in ahead.filter(|(i, _)| !aside.contains(i)).take(10) {
        if t.is_boundary() || t.number.is_some() || t.text == "," || s.pos[i] == Pos::Sub {
            break;
        }
        if t.referent != 0 {
            let active = matches!(s.pos[i], Pos::Verb(_))
                && s.pos.get(i + 1).is_some_and(|p| p.nominal())
                && !s.pos.get(i.wrapping_sub(1)).is_some_and(|p| *p == Pos::Be);
            // "two gunmen killed three": the number counts the killers
            return if active && t.tags() & tag::VERB != 0 {
                0
            } else {
                t.referent
            };
        }
        // "leaves two people in the north dead": only "dead" may follow the place
        let place = s.pos[i] == Pos::Prep && left(s, from, k);
        // "three members of the team are shot and killed"
        let joins = s.pos[i] == Pos::Conj
            && matches!(s.pos.get(i + 1), Some(Pos::Verb(t)) if t & tag::PART != 0);
        if (s.pos[i] == Pos::Prep && t.text != "of" && !place) || (s.pos[i] == Pos::Conj && !joins)
        {
            break;
        }
    }
    if let Some(referent) = risen(s, from, k) {
        return referent;
    }
    // "kills at least 12", "death toll rises to 12"
    for back in 1..=8 {
        let Some(i) = from.checked_sub(back) else {
            break;
        };
        let t = &s.tokens[i];
        if t.is_boundary() || t.number.is_some() || s.pos[i] == Pos::Sub {
            break;
        }
        if t.referent != 0 {
            let near = (i + 1..from).all(|j| {
                !matches!(s.pos[j], Pos::Prep | Pos::Mark)
                    || matches!(
                        s.tokens[j].text,
                        "to" | "at" | "than" | "of" | "as" | "above"
                    )
            });
            return if near { t.referent } else { 0 };
        }
    }
    0
}

/// Whether the number is the object of "leave".
fn left(s: &Sentence<'_>, from: usize, k: &Known) -> bool {
    (from.saturating_sub(4)..from)
        .any(|i| matches!(s.pos[i], Pos::Verb(_)) && s.tokens[i].is(k.leave))
}

/// The tokens of ", including a child," near behind a number; empty where there is none.
fn aside(s: &Sentence<'_>, at: usize) -> std::ops::Range<usize> {
    let is_comma = |i: &usize| s.tokens[*i].text == ",";
    let end = s.tokens.len();
    let Some(open) = (at + 1..end.min(at + 4)).find(is_comma) else {
        return 0..0;
    };
    if s.pos.get(open + 1) != Some(&Pos::Prep) {
        return 0..0;
    }
    match (open + 2..end.min(open + 9)).find(is_comma) {
        Some(close) => open..close + 1,
        None => 0..0,
    }
}

/// "the death toll from Monday's earthquake soars to 268": the counted noun is the subject.
fn risen(s: &Sentence<'_>, from: usize, k: &Known) -> Option<u8> {
    let verb = (from.saturating_sub(4)..from).rev().find(|i| {
        matches!(s.pos[*i], Pos::Verb(_)) && s.tokens[*i].is(k.rise | k.fall | k.reach)
    })?;
    (verb.saturating_sub(14)..verb)
        .rev()
        .take_while(|i| !s.tokens[*i].is_boundary())
        .map(|i| s.tokens[i].referent)
        .find(|r| *r != 0)
}
