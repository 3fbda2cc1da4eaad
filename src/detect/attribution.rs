//! Who says so: the subject of the verb of saying, "according to", the headline's last part.

use std::ops::Range;

use super::find::{Place, Sentence};
use super::known::Known;
use super::morph::tag;
use super::pos::Pos;

/// The source a sentence names, as printed, without an article before it.
pub(super) fn of<'a>(s: &Sentence<'a>, trigger: &Range<usize>, k: &Known) -> Option<&'a str> {
    let range = said(s, trigger, k)
        .or_else(|| according(s, k))
        .or_else(|| last_part(s))?;
    let range = trim(s, range);
    let text = s.slice(&range).trim();
    let pronoun = range.len() == 1 && s.pos.get(range.start) == Some(&Pos::Pron);
    (!text.is_empty() && !pronoun && range.len() <= 8).then_some(text)
}

/// "the White House said", "said a spokesman".
fn said(s: &Sentence<'_>, trigger: &Range<usize>, k: &Known) -> Option<Range<usize>> {
    for at in 0..s.tokens.len() {
        let speaks = s.tokens[at].is(k.say)
            && matches!(s.pos[at], Pos::Verb(t) if t & (tag::S | tag::PAST | tag::BASE) != 0);
        if !speaks {
            continue;
        }
        let before = subject(s, at);
        if !before.is_empty() && !overlaps(&before, trigger) {
            return Some(before);
        }
        // inverted: "said a spokesman"
        let mut end = at + 1;
        while end < s.tokens.len() && end - at < 8 && s.pos[end].nominal() {
            end += 1;
        }
        if end > at + 1
            && !overlaps(&(at + 1..end), trigger)
            && s.pos.get(at.wrapping_sub(1)) == Some(&Pos::Mark)
        {
            return Some(at + 1..end);
        }
    }
    None
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The noun phrase that ends before a verb of saying.
fn subject(s: &Sentence<'_>, verb: usize) -> Range<usize> {
    let mut end = verb;
    while end > 0 && (matches!(s.pos[end - 1], Pos::Adv) || s.pos[end - 1].aux()) {
        end -= 1;
    }
    let mut start = end;
    while start > 0 && end - start < 8 {
        let inner = s.pos[start - 1].nominal()
            || (start < end && matches!(s.pos[start - 1], Pos::Prep | Pos::Conj))
            // "two officials briefed on the matter"
            || (matches!(s.pos[start - 1], Pos::Verb(t) if t & tag::PART != 0 && t & tag::S == 0)
                && s.pos.get(start) == Some(&Pos::Prep))
            || matches!(s.tokens[start - 1].text, "'" | "’");
        if !inner {
            break;
        }
        start -= 1;
    }
    start..end
}

fn according(s: &Sentence<'_>, k: &Known) -> Option<Range<usize>> {
    let at = s
        .tokens
        .windows(2)
        .position(|w| w[0].text.eq_ignore_ascii_case("according") && w[1].is(k.to))?;
    let from = at + 2;
    let mut end = from;
    while end < s.tokens.len()
        && end - from < 8
        && (s.pos[end].nominal() || (end > from && s.pos[end] == Pos::Prep))
    {
        end += 1;
    }
    (end > from).then_some(from..end)
}

/// "Bridge to close - council": a headline's short last part.
fn last_part(s: &Sentence<'_>) -> Option<Range<usize>> {
    if s.place != Place::Title {
        return None;
    }
    let dash = s
        .tokens
        .iter()
        .rposition(|t| matches!(t.text, "-" | "–" | "—"))?;
    let part = dash + 1..s.tokens.len();
    let nominal = part.clone().all(|i| s.pos[i].nominal());
    (dash > 2 && (1..=4).contains(&part.len()) && nominal).then_some(part)
}

/// Without articles and marks at its ends.
fn trim(s: &Sentence<'_>, mut range: Range<usize>) -> Range<usize> {
    while range.start < range.end
        && (matches!(s.pos[range.start], Pos::Mark | Pos::Conj | Pos::Prep)
            || article(s, range.start))
    {
        range.start += 1;
    }
    while range.start < range.end
        && matches!(s.pos[range.end - 1], Pos::Mark | Pos::Prep | Pos::Conj)
    {
        range.end -= 1;
    }
    range
}

fn article(s: &Sentence<'_>, at: usize) -> bool {
    s.pos[at] == Pos::Det && s.tokens[at].text.len() <= 3 && !s.tokens[at].text.starts_with('\'')
}
