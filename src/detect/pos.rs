//! What part of speech each token plays here: light, by its neighbours.

use super::known::Known;
use super::morph::tag;
use super::token::{Shape, Token};

/// The part a token plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pos {
    /// With the tags it may have here.
    Verb(u16),
    Noun,
    Adj,
    Adv,
    Det,
    Prep,
    Sub,
    Conj,
    Be,
    Have,
    Do,
    Will,
    May,
    To,
    Neg,
    Pron,
    Num,
    Mark,
    Stop,
    /// Unknown word: a name or noun.
    Open,
}

impl Pos {
    /// May open or continue a noun phrase.
    pub fn nominal(self) -> bool {
        matches!(
            self,
            Pos::Noun | Pos::Open | Pos::Adj | Pos::Det | Pos::Num | Pos::Pron
        )
    }

    /// A helper verb.
    pub fn aux(self) -> bool {
        matches!(self, Pos::Be | Pos::Have | Pos::Do | Pos::Will | Pos::May)
    }

    /// A verb that carries a clause of its own: "kills", "was", "may".
    pub fn finite(self) -> bool {
        matches!(self, Pos::Verb(t) if t & (tag::S | tag::PAST) != 0) || self.aux()
    }
}

/// Assigns every token its part.
pub(super) fn assign(tokens: &[Token<'_>], known: &Known) -> Vec<Pos> {
    let mut out: Vec<Pos> = Vec::with_capacity(tokens.len());
    let long = |t: &&Token<'_>| t.text.len() > 3 && t.is_word();
    let words = tokens.iter().filter(long).count();
    let lower = tokens
        .iter()
        .filter(long)
        .filter(|t| t.shape == Shape::Lower)
        .count();
    let title_case = lower * 3 < words;
    // whether this clause has had its finite verb
    let mut has_verb = false;
    for at in 0..tokens.len() {
        let pos = one(tokens, at, &out, has_verb, title_case, known);
        match pos {
            Pos::Stop | Pos::Sub => has_verb = false,
            Pos::Mark if tokens[at].text == "," => has_verb = false,
            Pos::Conj => has_verb = false,
            p if p.finite() => has_verb = true,
            // "Countries restore diplomatic ties"
            Pos::Verb(t)
                if t & tag::BASE != 0
                    && at > 0
                    && tokens[at - 1].tags() & tag::PLURAL != 0
                    && out[at - 1] == Pos::Noun =>
            {
                has_verb = true;
            }
            _ => {}
        }
        out.push(pos);
    }
    out
}

fn closed(token: &Token<'_>, k: &Known) -> Option<Pos> {
    Some(match token {
        t if t.shape == Shape::Stop => Pos::Stop,
        t if t.shape == Shape::Mark => Pos::Mark,
        t if t.is(k.to) => Pos::To,
        t if t.is(k.be) => Pos::Be,
        t if t.is(k.have) => Pos::Have,
        t if t.is(k.do_) => Pos::Do,
        t if t.is(k.will) => Pos::Will,
        t if t.is(k.may) => Pos::May,
        t if t.is(k.neg) => Pos::Neg,
        t if t.is(k.sub) => Pos::Sub,
        t if t.is(k.prep) => Pos::Prep,
        t if t.is(k.conj) => Pos::Conj,
        t if t.is(k.det) => Pos::Det,
        // "US" is not "us"
        t if t.is(k.pron) && t.shape != Shape::Upper => Pos::Pron,
        t if t.is(k.adv) => Pos::Adv,
        _ => return None,
    })
}

fn one(
    tokens: &[Token<'_>],
    at: usize,
    before: &[Pos],
    has_verb: bool,
    title_case: bool,
    k: &Known,
) -> Pos {
    let token = &tokens[at];
    // "Theresa May postponed": a name, where sentences are not in capitals
    if !title_case
        && at > 0
        && token.shape == Shape::Capital
        && token.is(k.may | k.will)
        && matches!(tokens[at - 1].shape, Shape::Capital | Shape::Upper)
    {
        return Pos::Open;
    }
    // "May to quit", "Will Young wins": no verb follows a modal in these forms
    if at == 0 && token.shape == Shape::Capital && token.is(k.may | k.will) {
        let unlike = tokens.get(1).is_some_and(|t| {
            t.is(k.to | k.poss | k.will)
                || (t.tags() & (tag::S | tag::PAST) != 0
                    && t.tags() & (tag::BASE | tag::NOMINAL) == 0)
        });
        // "Will Smith confirms": "will" would want the bare verb
        if unlike || (token.is(k.will) && first_name(tokens)) {
            return Pos::Open;
        }
    }
    // "Theresa May Cancels": in a headline of capitals, the verb behind a helper is bare
    if title_case
        && at > 0
        && token.is(k.may)
        && token.shape == Shape::Capital
        && tokens[at - 1].shape == Shape::Capital
        && tokens.get(at + 1).is_some_and(|n| {
            n.tags() & tag::VERB != 0 && n.tags() & (tag::BASE | tag::NOMINAL) == 0
        })
        && tokens.get(at + 1).is_some_and(|n| closed(n, k).is_none())
    {
        return Pos::Open;
    }
    // "shrinks to record low", "reacts to strike": a level, an object, not a purpose
    let both = |t: &Token<'_>| t.tags() & tag::NOMINAL != 0 && t.tags() & tag::BASE != 0;
    let nominal = |t: &Token<'_>| t.is(k.adj) || t.tags() & tag::NOMINAL != 0;
    let level = token.is(k.to)
        && at > 0
        && tokens.get(at + 1).is_some_and(both)
        && (tokens[at - 1].is(k.to_noun)
            || (tokens[at - 1].is(k.rise | k.fall | k.reach)
                && tokens.get(at + 2).is_some_and(nominal)));
    if level {
        return Pos::Prep;
    }
    if let Some(pos) = closed(token, k)
        && !(pos == Pos::Adv && verb_after_all(tokens, at, before, k))
    {
        return pos;
    }
    if token.is(k.to) && at > 0 && tokens[at - 1].is(k.due) {
        // "due to fire" with a noun, "according to police"; but "due to resign"
        let nominal = tokens.get(at + 1).is_some_and(|n| {
            n.tags() & tag::BASE == 0
                || (n.tags() & tag::NOUN != 0 && !tokens[at - 1].is(k.g_commit))
                || (n.tags() & tag::NOUN != 0
                    && tokens
                        .get(at + 2)
                        .is_some_and(|m| m.tags() & tag::NOMINAL != 0))
        });
        if nominal {
            return Pos::Prep;
        }
    }
    let prev = before
        .iter()
        .rev()
        .find(|p| **p != Pos::Adv)
        .copied()
        .unwrap_or(Pos::Stop);
    let prev_token = before.len().checked_sub(1).map(|p| &tokens[p]);
    // "Chinese military starts drills": an adjective that is a body of troops is the subject
    let prev = match prev_token {
        Some(t) if prev == Pos::Adj && t.is(k.troops) && t.tags() & tag::NOMINAL != 0 => Pos::Noun,
        _ => prev,
    };
    let next = tokens.get(at + 1);
    let next_closed = next.and_then(|t| closed(t, k));
    if token.is(k.poss) {
        // "'s" after a name: mostly possessive, "is" before a participle
        let verb_next = next.is_some_and(|t| t.tags() & tag::ING != 0 && t.tags() & tag::NOUN == 0)
            || matches!(next_closed, Some(Pos::Neg | Pos::Det));
        return if verb_next || matches!(prev, Pos::Pron) {
            Pos::Be
        } else {
            Pos::Det
        };
    }
    let tags = token.tags();
    // a capital within a sentence of small letters is a name: "Downing Street"
    let name = !title_case
        && token.shape == Shape::Capital
        && at > 0
        && matches!(
            tokens[at - 1].shape,
            Shape::Lower | Shape::Capital | Shape::Upper | Shape::Number
        );
    let verb = if name { 0 } else { tags & tag::VERB };
    let noun = tags & tag::NOMINAL != 0;
    if verb == 0 {
        if token.number.is_some() {
            return Pos::Num;
        }
        if token.is(k.adj) {
            return Pos::Adj;
        }
        if noun || tags != 0 {
            return Pos::Noun;
        }
        return unknown(token, prev, next, next_closed);
    }
    let np_next = match next_closed {
        Some(Pos::Det | Pos::Pron | Pos::Neg) => true,
        // "blasts 'false' claims"
        Some(Pos::Mark) => opens_quote(tokens, at + 1),
        Some(_) => false,
        None => next.is_some_and(|t| {
            let verb = t.tags() & (tag::S | tag::PAST | tag::BASE) != 0;
            t.is_word() && (!verb || t.tags() & tag::NOMINAL != 0 || t.is(k.adj))
        }),
    };
    let noun_next = next_closed.is_none()
        && next.is_some_and(|t| {
            t.is_word() && (t.tags() & tag::VERB == 0 || t.tags() & tag::NOMINAL != 0)
        });
    // "bombs own city": the adjective, not the verb "to own"
    if token.is(k.adj) && !noun && noun_next && matches!(prev, Pos::Verb(_) | Pos::Prep) {
        return Pos::Adj;
    }
    match prev {
        Pos::To | Pos::Will | Pos::May | Pos::Do if verb & tag::BASE != 0 => {
            return Pos::Verb(tag::BASE);
        }
        Pos::Be | Pos::Have if verb & (tag::PART | tag::ING) != 0 => {
            return Pos::Verb(verb & (tag::PART | tag::ING));
        }
        _ => {}
    }
    if verb & (tag::PAST | tag::PART) != 0 && !noun {
        let form = verb & (tag::PAST | tag::PART);
        return match prev {
            Pos::Det | Pos::Adj if noun_next => Pos::Adj,
            // "Jailed critic dies": no sentence begins with a past tense
            Pos::Stop
                if noun_next
                    && (token.shape == Shape::Capital || before.iter().all(|p| *p == Pos::Adv)) =>
            {
                Pos::Adj
            }
            // "Escaped tiger attacks keeper": no sentence begins with a participle and its object
            Pos::Stop if noun_next && next_closed.is_none() && verb & tag::PART != 0 => Pos::Adj,
            Pos::Prep if noun_next && next_closed.is_none() => Pos::Adj,
            // "Banned drug found in feed"
            Pos::Stop if noun_next && followed(tokens, at + 2, k) => Pos::Adj,
            // "visits destroyed town"
            Pos::Verb(t) if t & (tag::S | tag::BASE | tag::ING) != 0 && noun_next => Pos::Adj,
            Pos::Det if prev_token.is_some_and(|t| !t.is(k.poss)) && !np_next => Pos::Noun,
            _ => Pos::Verb(form | verb & tag::S),
        };
    }
    if verb & tag::ING != 0 && verb & !(tag::ING | tag::BASE) == 0 {
        return match prev {
            // "Army rehearsing attack"
            Pos::Noun if np_next && prev_token.is_some_and(|t| t.is(k.troops)) => {
                Pos::Verb(tag::ING)
            }
            Pos::Det | Pos::Adj => Pos::Noun,
            // "Premier holding emergency talks": a headline's only verb
            Pos::Open | Pos::Noun
                if noun
                    && np_next
                    && !has_verb
                    && rules_over(prev_token, k)
                    && only_verb(tokens, at, k) =>
            {
                Pos::Verb(tag::ING)
            }
            _ if noun && !np_next && !matches!(prev, Pos::Prep) => Pos::Noun,
            _ if noun && matches!(prev, Pos::Noun | Pos::Open) => Pos::Noun,
            _ => Pos::Verb(tag::ING),
        };
    }
    // "thousands march through"
    let many = prev == Pos::Num
        && verb & tag::BASE != 0
        && (np_next
            || matches!(
                next_closed,
                Some(Pos::Prep | Pos::Sub | Pos::Stop | Pos::To)
            )
            || next.is_none());
    if many && tags & tag::PLURAL == 0 && prev_token.is_some_and(|t| t.number.is_some_and(|n| n.1))
    {
        return Pos::Verb(tag::BASE);
    }
    // "FTSE 100 falls"
    let index = prev == Pos::Num
        && verb & tag::S != 0
        && token.is(k.rise | k.fall)
        && at >= 2
        && matches!(tokens[at - 2].shape, Shape::Upper);
    if index {
        return Pos::Verb(tag::S);
    }
    if matches!(prev, Pos::Det | Pos::Adj | Pos::Prep | Pos::Num)
        || (matches!(prev, Pos::To) && verb & tag::BASE == 0)
    {
        // "the charges", "over charges"; but "the MPs' vote": still a noun
        let whose_verb = prev == Pos::Num && !noun;
        return if whose_verb {
            Pos::Verb(verb)
        } else {
            Pos::Noun
        };
    }
    // no headline begins with a bare verb
    if verb == tag::BASE && matches!(prev, Pos::Stop) && !np_next_det(next_closed) {
        return Pos::Noun;
    }
    if !noun {
        return if matches!(prev, Pos::Be) && verb & (tag::PART | tag::ING) == 0 {
            Pos::Noun
        } else {
            Pos::Verb(verb)
        };
    }
    // both noun and verb: "charges", "deal", "strike", "cut"; "end of" is no verb
    if next.is_some_and(|t| t.is(k.of)) && prev != Pos::Pron && verb & (tag::PAST | tag::PART) == 0
    {
        return Pos::Noun;
    }
    if verb & (tag::PAST | tag::PART) != 0 {
        // cut, hit, shut, left, found, split, bid
        let subject = matches!(prev, Pos::Noun | Pos::Open | Pos::Pron | Pos::Num);
        let person = prev_token.is_some_and(|t| t.is(k.person));
        // "Plant hit in shelling"
        let hit = subject
            && !has_verb
            && token.is(k.nounish)
            && (next_closed == Some(Pos::Prep)
                || (next.is_some_and(|t| t.is(k.with) || t.is(k.after))
                    && only_verb(tokens, at, k)));
        if hit && prev != Pos::Pron {
            return Pos::Verb(verb & !tag::BASE);
        }
        return if subject && (!has_verb || !np_next) && (np_next || person || !token.is(k.nounish))
        {
            Pos::Verb(verb)
        } else {
            Pos::Noun
        };
    }
    let subject = matches!(prev, Pos::Noun | Pos::Open | Pos::Pron)
        || prev_token.is_some_and(|t| t.text == "," || t.text == "\"");
    // "sacks coach and names successor"
    if prev == Pos::Conj
        && verb & tag::S != 0
        && np_next
        && !token.is(k.nounish)
        && before.iter().any(|p| p.finite())
    {
        return Pos::Verb(tag::S);
    }
    if !subject || (has_verb && prev != Pos::Pron) {
        return Pos::Noun;
    }
    // "shoots armed man": the participle may belong to the object
    let armed = verb & tag::S != 0
        && !token.is(k.nounish)
        && rules_over(prev_token, k)
        && next.is_some_and(|t| t.tags() & tag::PART != 0)
        && tokens
            .get(at + 2)
            .is_some_and(|t| closed(t, k).is_none() && t.tags() & tag::NOMINAL != 0);
    let finite_next = !armed
        && (next_closed.is_some_and(Pos::aux)
            || next.is_some_and(|t| {
                t.tags() & (tag::PAST | tag::PART) != 0 && t.tags() & tag::NOMINAL == 0
            })
            || next.is_some_and(|t| t.tags() & tag::S != 0 && t.tags() & tag::NOMINAL == 0));
    // "parking fines rise": what rises is a noun
    let moves = verb & tag::S != 0
        && next.is_some_and(|t| t.is(k.rise | k.fall) && t.tags() & tag::BASE != 0)
        && tokens
            .get(at + 2)
            .is_none_or(|t| closed(t, k).is_some() || t.number.is_some());
    if finite_next || moves {
        return Pos::Noun;
    }
    if verb & tag::S != 0 {
        let to_number = next.is_some_and(|t| t.is(k.to | k.by))
            && tokens.get(at + 2).is_some_and(|t| t.number.is_some());
        let series = prev_token.is_some_and(|t| t.is(k.series)) && token.is(k.rise | k.fall);
        // "Tycoon launches to space", but "Brexit talks to resume"
        let bound = next.is_some_and(|t| t.is(k.to))
            && tokens
                .get(at + 2)
                .is_some_and(|t| t.tags() & tag::BASE == 0)
            && rules_over(prev_token, k)
            && only_verb(tokens, at, k);
        if to_number || series || bound {
            return Pos::Verb(tag::S);
        }
        if token.is(k.nounish) && !next.is_some_and(|t| t.is(k.particle)) {
            return if np_next && next_closed != Some(Pos::Conj) {
                Pos::Verb(tag::S)
            } else {
                Pos::Noun
            };
        }
        return Pos::Verb(tag::S);
    }
    // a base form wants a plural subject: "MPs vote", "US and Canada agree"
    let plural = before.len().checked_sub(1).is_some_and(|p| {
        let t = &tokens[p];
        t.tags() & tag::PLURAL != 0
            || t.is(k.several)
            || matches!(before[p], Pos::Pron)
            || (t.text.ends_with('s') && t.text.len() > 2 && t.tags() & tag::NOUN == 0)
            || t.is(k.collective)
            || (p >= 2 && before[p - 1] == Pos::Conj)
            || t.text.chars().all(|c| c.is_ascii_digit())
    });
    let closes =
        next.is_none_or(|t| t.is_boundary()) || matches!(next_closed, Some(Pos::Adv | Pos::Sub));
    if plural
        && (np_next
            || closes
            || !token.is(k.nounish)
            || matches!(next_closed, Some(Pos::Prep | Pos::To)))
    {
        return Pos::Verb(tag::BASE);
    }
    Pos::Noun
}

/// A word the language file does not know: a name, or a verb by its ending.
fn unknown(
    token: &Token<'_>,
    prev: Pos,
    next: Option<&Token<'_>>,
    next_closed: Option<Pos>,
) -> Pos {
    if token.shape != Shape::Lower {
        return Pos::Open;
    }
    let text = token.text;
    if text.ends_with("ly") && text.len() > 4 {
        return Pos::Adv;
    }
    let np = next.is_some_and(|t| t.is_word())
        && (next_closed.is_none() || matches!(next_closed, Some(Pos::Det | Pos::Pron)));
    if text.ends_with("ed") && text.len() > 4 && !text.contains('-') {
        return match prev {
            Pos::Det | Pos::Adj | Pos::Prep | Pos::Stop if np && next_closed.is_none() => Pos::Adj,
            // "shoots armed man"
            Pos::Verb(t)
                if t & (tag::S | tag::BASE | tag::ING) != 0 && np && next_closed.is_none() =>
            {
                Pos::Adj
            }
            _ => Pos::Verb(tag::PAST | tag::PART),
        };
    }
    if text.ends_with("ing") && text.len() > 5 {
        return match prev {
            Pos::Be => Pos::Verb(tag::ING),
            Pos::Det | Pos::Adj => Pos::Noun,
            _ => Pos::Verb(tag::ING),
        };
    }
    if text.ends_with("ous")
        || text.ends_with("ive")
        || text.ends_with("ful")
        || text.ends_with("ible")
        || text.ends_with("ical")
    {
        return Pos::Adj;
    }
    // "to xyz", "will xyz": a verb we do not know
    if matches!(prev, Pos::To | Pos::Will | Pos::May | Pos::Do)
        && token.shape == Shape::Lower
        && !text.contains('-')
    {
        return Pos::Verb(tag::BASE);
    }
    Pos::Open
}

/// A quote that opens before a word that is no verb.
fn opens_quote(tokens: &[Token<'_>], at: usize) -> bool {
    let (Some(mark), Some(word)) = (tokens.get(at), tokens.get(at + 1)) else {
        return false;
    };
    let opens = at > 0 && mark.start > tokens[at - 1].end() && mark.end() == word.start;
    opens
        && matches!(mark.text, "\"" | "“" | "'" | "‘")
        && word.tags() & (tag::S | tag::PAST | tag::BASE) == 0
}

/// A verb soon, before the clause ends.
fn followed(tokens: &[Token<'_>], from: usize, k: &Known) -> bool {
    let verb = |t: &Token<'_>| {
        let finite =
            t.tags() & (tag::S | tag::PAST | tag::PART) != 0 && t.tags() & tag::NOMINAL == 0;
        finite || matches!(closed(t, k), Some(p) if p.aux() || p == Pos::To)
    };
    let end = |t: &Token<'_>| {
        matches!(
            closed(t, k),
            Some(Pos::Stop | Pos::Mark | Pos::Sub | Pos::Prep | Pos::Conj)
        )
    };
    let clause = tokens.get(from..).unwrap_or(&[]);
    clause.iter().take(4).take_while(|t| !end(t)).any(verb)
}

/// "Will" and a surname before a verb in -s.
fn first_name(tokens: &[Token<'_>]) -> bool {
    let surname = tokens
        .get(1)
        .is_some_and(|t| t.shape == Shape::Capital && t.tags() == 0);
    let verb = |t: &Token<'_>| t.tags() & tag::S != 0 || t.tags() & tag::PAST != 0;
    surname
        && tokens
            .get(2)
            .is_some_and(|t| verb(t) && t.tags() & tag::BASE == 0)
}

/// A name, an office or a body: what may do something, and is no first half of a compound.
fn rules_over(before: Option<&Token<'_>>, k: &Known) -> bool {
    before.is_some_and(|t| t.is_name() || t.is(k.person | k.office))
}

/// No other word up to the end of the clause that can only be a finite verb.
fn only_verb(tokens: &[Token<'_>], at: usize, k: &Known) -> bool {
    let finite = |t: &Token<'_>| match closed(t, k) {
        Some(pos) => pos.aux(),
        None => t.tags() & (tag::S | tag::PAST) != 0 && t.tags() & tag::NOMINAL == 0,
    };
    let clause = |t: &&Token<'_>| !t.is_boundary() && !t.is(k.sub | k.with);
    !tokens[at + 1..]
        .iter()
        .skip_while(|t| t.is(k.sub | k.with))
        .take_while(clause)
        .any(finite)
}

fn np_next_det(next: Option<Pos>) -> bool {
    matches!(next, Some(Pos::Det | Pos::Pron))
}

/// "Shareholders back merger": an adverb's form as the verb.
fn verb_after_all(tokens: &[Token<'_>], at: usize, before: &[Pos], k: &Known) -> bool {
    let verb = tokens[at].tags() & tag::BASE != 0;
    // "MPs overwhelmingly back": over an adverb
    let subject = (0..at)
        .rev()
        .find(|p| before[*p] != Pos::Adv)
        .is_some_and(|p| tokens[p].tags() & tag::PLURAL != 0 && before[p] == Pos::Noun);
    let object = tokens
        .get(at + 1)
        .is_some_and(|t| t.is_word() && (closed(t, k).is_none() || t.is(k.det)));
    verb && subject && object && !before.iter().any(|p| p.finite())
}
