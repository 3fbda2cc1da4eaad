//! The spans around a trigger: what it is done to, who does it, where a noun phrase begins.

use std::ops::Range;

use super::find::Sentence;
use super::known::Known;
use super::morph::tag;
use super::pos::Pos;
use super::token::Token;

/// "A truce brokered by the UN is broken": the participle stands in the subject of another verb.
pub(super) fn reduced(pos: &[Pos], tokens: &[Token<'_>], from: usize) -> bool {
    for at in from..tokens.len().min(from + 20) {
        match pos[at] {
            Pos::Stop | Pos::Sub | Pos::Conj => return false,
            Pos::Mark if tokens[at].text == "," => {
                return pos.get(at + 1).is_some_and(|p| p.finite());
            }
            p if p.finite() => return true,
            _ => {}
        }
    }
    false
}

/// Whether a noun phrase follows directly.
pub(super) fn has_object(tokens: &[Token<'_>], pos: &[Pos], from: usize, known: &Known) -> bool {
    let mut at = from;
    while pos.get(at) == Some(&Pos::Adv) {
        at += 1;
    }
    let Some(p) = pos.get(at) else { return false };
    if tokens[at].is(known.not_object) {
        return false;
    }
    match p {
        Pos::Mark => {
            matches!(tokens[at].text, "\"" | "“" | "'" | "‘" | "<")
                && pos.get(at + 1).is_some_and(|p| p.nominal())
        }
        Pos::Verb(t) => t & tag::ING != 0,
        // "denies being", "denies having"
        Pos::Be | Pos::Have => tokens[at].text.ends_with("ing"),
        Pos::Sub => tokens[at].is(known.that),
        p => p.nominal(),
    }
}

/// From the trigger's end to the end of its clause.
pub(super) fn right_of(
    tokens: &[Token<'_>],
    pos: &[Pos],
    from: usize,
    known: &Known,
) -> Range<usize> {
    let mut end = from;
    while end < tokens.len() && end - from < 16 {
        let p = pos[end];
        if p == Pos::Stop
            || (p == Pos::Sub && !tokens[end].is(known.that))
            || (p.finite() && end > from)
            || tokens[end].is(known.with)
        {
            break;
        }
        end += 1;
    }
    from..end
}

/// The subject: from the clause's begin to the helper verbs, without an apposition.
pub(super) fn left_of(tokens: &[Token<'_>], pos: &[Pos], to: usize) -> Range<usize> {
    let mut end = to;
    while end > 0 && (pos[end - 1] == Pos::Adv) {
        end -= 1;
    }
    if end > 0 && tokens[end - 1].text == "," {
        // ", 43," or ", the former minister,"
        let open = (end.saturating_sub(14)..end - 1)
            .rev()
            .find(|i| tokens[*i].text == ",");
        end = open.unwrap_or(end - 1);
    }
    let mut start = end;
    let mut commas = 0;
    while start > 0 && end - start < 16 {
        let p = pos[start - 1];
        // "a truce brokered by the UN is broken": a participle within the subject
        let participle = matches!(p, Pos::Verb(t) if t & tag::PART != 0)
            && matches!(pos.get(start), Some(Pos::Prep | Pos::To));
        if p == Pos::Stop || p == Pos::Sub || (p.finite() && !participle) {
            break;
        }
        if tokens[start - 1].text == "," {
            commas += 1;
            if commas > 1 {
                break;
            }
        }
        start -= 1;
    }
    while start < end && matches!(pos[start], Pos::Conj | Pos::Mark) {
        start += 1;
    }
    start..end
}

pub(super) fn by_agent(tokens: &[Token<'_>], right: &Range<usize>, known: &Known) -> Range<usize> {
    match right.clone().find(|i| tokens[*i].is(known.by)) {
        Some(by) => by + 1..right.end,
        None => right.end..right.end,
    }
}

/// The noun phrase around a noun trigger, with what follows it.
pub(super) fn noun_phrase(pos: &[Pos], at: usize, right: &Range<usize>) -> Range<usize> {
    let mut start = at;
    while start > 0
        && at - start < 8
        && (pos[start - 1].nominal()
            || pos[start - 1] == Pos::Mark && start > 1 && pos[start - 2].nominal())
    {
        start -= 1;
    }
    start..right.end
}

/// The head of a phrase with its own words: up to the first preposition but "of".
pub(super) fn near(
    pos: &[Pos],
    tokens: &[Token<'_>],
    range: &Range<usize>,
    known: &Known,
) -> Range<usize> {
    let end = range.clone().skip(1).find(|i| {
        pos.get(*i) == Some(&Pos::Prep) && !tokens[*i].is(known.of | known.particle)
            || pos.get(*i) == Some(&Pos::To)
    });
    range.start..end.unwrap_or(range.end)
}

/// What stands before the noun phrase of a nominal trigger: decides whether it is the news itself
/// or part of another clause.
pub(super) fn before_phrase(s: &Sentence<'_>, at: usize) -> Option<Pos> {
    let mut start = at;
    while start > 0 && at - start < 8 && s.pos[start - 1].nominal() {
        start -= 1;
    }
    start.checked_sub(1).map(|i| s.pos[i])
}
