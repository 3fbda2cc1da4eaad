//! How a happening is said: helper verbs, governors ("calls for", "denies"), clauses ("after",
//! "who"), quotation, question, hedge.

use super::known::Known;
use super::morph::tag;
use super::pos::Pos;
use super::token::{Shape, Token};
use crate::article::Modality;

/// When, as the helper verbs tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Present,
    Past,
    /// "has fallen"
    Perfect,
    /// "had fallen"
    PastPerfect,
    /// "will fall", headline "to fall"
    Future,
    /// "is falling"
    Progressive,
    /// A noun or bare participle.
    Bare,
}

/// Which clause of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Main,
    After,
    Before,
    /// "who", "which", "that" after a noun.
    Relative,
    /// "as", "while", "amid".
    With,
    Reason,
}

/// How a happening is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub modality: Modality,
    pub tense: Tense,
    pub clause: Clause,
    /// Passive by its helper verbs.
    pub passive: bool,
    pub quoted: bool,
    pub hedged: bool,
    /// In reported speech, where "had agreed" is "has agreed" told later.
    pub reported: bool,
    /// Where the helper verbs begin.
    pub chain: usize,
    /// The word that decided the modality.
    pub by: Option<usize>,
}

/// Reads the scope of the trigger at `at`.
pub(super) fn of(tokens: &[Token<'_>], pos: &[Pos], at: usize, noun: bool, k: &Known) -> Scope {
    let mut s = Scope {
        modality: Modality::Actual,
        tense: Tense::Bare,
        clause: Clause::Main,
        passive: false,
        quoted: tokens[at].quoted,
        hedged: tokens.iter().any(|t| t.is(k.hedge)),
        reported: false,
        chain: at,
        by: None,
    };
    let mut infinitive = false;
    if let Pos::Verb(t) = pos[at] {
        s.tense = if t & tag::PAST != 0 {
            Tense::Past
        } else if t & (tag::S | tag::BASE) != 0 {
            Tense::Present
        } else {
            Tense::Bare
        };
    }
    if !noun {
        infinitive = helpers(tokens, pos, at, &mut s);
        // a phrase that begins with its own "to" or "will"
        if pos[at] == Pos::To {
            infinitive = true;
            s.tense = Tense::Future;
            let before = (0..at).rev().find(|i| pos[*i] != Pos::Adv);
            if let Some(by) = before.filter(|i| pos[*i] == Pos::Have) {
                s.modality = Modality::Demanded;
                s.by = Some(by);
            }
        } else if pos[at] == Pos::Will {
            s.tense = Tense::Future;
        }
    }
    // "too early to hold elections"
    let too = (s.chain.saturating_sub(3)..s.chain)
        .rev()
        .take_while(|i| !tokens[*i].is_boundary() && tokens[*i].text != ",")
        .find(|i| tokens[*i].is(k.too));
    if let Some(by) = too.filter(|by| infinitive && by + 1 < s.chain) {
        s.modality = Modality::Negated;
        s.by = Some(by);
    }
    let ing = matches!(pos[at], Pos::Verb(t) if t & tag::ING != 0);
    if ing && s.tense == Tense::Bare && alone(pos, at) {
        s.tense = Tense::Progressive;
    }
    let gerund =
        matches!(pos[at], Pos::Verb(t) if t & tag::ING != 0) && s.tense != Tense::Progressive;
    if s.modality == Modality::Actual {
        let form = Form {
            complement: infinitive || gerund || noun,
            infinitive,
            noun,
            bare: s.chain == at,
        };
        govern(tokens, pos, &mut s, form, k);
    }
    // "No Democrats voted for it"
    if s.modality == Modality::Actual
        && !noun
        && let Some(by) = nobody(tokens, pos, s.chain)
    {
        s.modality = Modality::Negated;
        s.by = Some(by);
    }
    // "To make a deal, you have to": a purpose opens the sentence
    let opens = s.chain == 0 || tokens[s.chain - 1].is_boundary();
    if infinitive && opens && s.modality == Modality::Actual && comma_after(tokens, at) {
        s.modality = Modality::Possible;
        s.by = Some(s.chain);
    }
    // "Banning phones is no answer": nobody does it
    if gerund && opens && s.tense == Tense::Bare && s.modality == Modality::Actual {
        s.modality = Modality::Possible;
        s.by = Some(at);
    }
    s.reported = reported(tokens, pos, s.chain, k).is_some();
    // "announced that it would close": what it announced was "we will close"
    let would = |by: usize| tokens[by].is(k.would);
    // but "would have been blocked" was not
    let done = pos[s.chain..at].contains(&Pos::Have);
    if s.modality == Modality::Possible
        && !done
        && s.by.is_some_and(would)
        && announced(tokens, pos, &s, k)
    {
        s.modality = Modality::Actual;
    }
    clause(tokens, pos, at, &mut s, k);
    past(tokens, pos, at, &mut s, k);
    // "Fired by the mayor, she sued": what was before
    let opens = at == 0
        && matches!(pos[at], Pos::Verb(t) if t & tag::PART != 0)
        && (1..tokens.len()).any(|i| {
            tokens[i].text == "," && pos[i..].iter().any(|p| p.finite()) && !has_finite(pos, 1, i)
        });
    if opens && s.modality == Modality::Actual {
        s.modality = Modality::Background;
        s.by = Some(at);
    }
    // "to protect her from being fired"
    if s.chain > 0
        && s.chain < at
        && tokens[s.chain - 1].is(k.from)
        && tokens[s.chain].text.ends_with("ing")
    {
        s.modality = Modality::Negated;
        s.by = Some(s.chain - 1);
    }
    if s.modality == Modality::Actual
        && let Some(by) = recalled(tokens, pos, s.chain, k)
    {
        s.modality = Modality::Background;
        s.by = Some(by);
    }
    s
}

/// "It comes after two men were held", "The move follows the death of": what went before.
fn recalled(tokens: &[Token<'_>], pos: &[Pos], chain: usize, k: &Known) -> Option<usize> {
    let verb = (1..tokens.len().min(4)).find(|i| pos[*i].finite())?;
    let it = matches!(pos[0], Pos::Pron | Pos::Det);
    if !it || verb >= chain || !tokens[verb].is(k.recaps) {
        return None;
    }
    let after = |t: &Token<'_>| t.is(k.after | k.with);
    let joined = tokens[verb + 1..chain.max(verb + 1)]
        .iter()
        .take(4)
        .any(after);
    (joined || verb == 1).then_some(verb)
}

/// The "no" of a subject; "No 10" is a house.
fn nobody(tokens: &[Token<'_>], pos: &[Pos], chain: usize) -> Option<usize> {
    let house = |i: usize| tokens.get(i + 1).is_some_and(|t| t.number.is_some());
    (chain.saturating_sub(4)..chain)
        .rev()
        .take_while(|i| pos[*i].nominal() || pos[*i] == Pos::Neg)
        .find(|i| pos[*i] == Pos::Neg && !house(*i))
}

/// A comma, with a clause behind it.
fn comma_after(tokens: &[Token<'_>], at: usize) -> bool {
    let clause = tokens[at..].iter().take_while(|t| !t.is_boundary());
    clause.take(16).any(|t| t.text == ",")
}

/// "The board said that the coach had been sacked": a verb of saying opens the clause.
fn reported(tokens: &[Token<'_>], pos: &[Pos], chain: usize, k: &Known) -> Option<usize> {
    let said = |i: usize| tokens[i].is(k.say) && matches!(pos[i], Pos::Verb(_));
    (chain.saturating_sub(10)..chain)
        .rev()
        .take_while(|i| !tokens[*i].is_boundary() && tokens[*i].text != ",")
        .find(|i| pos[*i].finite())
        .filter(|i| said(*i))
}

/// Said to be so by a verb of announcing, in the past, and on no condition.
fn announced(tokens: &[Token<'_>], pos: &[Pos], s: &Scope, k: &Known) -> bool {
    reported(tokens, pos, s.chain, k).is_some_and(|i| {
        tokens[i].is(k.g_announce)
            && matches!(pos[i], Pos::Verb(t) if t & tag::PAST != 0)
            && !(i > 0 && tokens[i - 1].is(k.hearsay))
            && !tokens.iter().any(|t| t.is(k.cond))
    })
}

/// "Troops returning from border": a headline's only verb, with its subject before it.
fn alone(pos: &[Pos], at: usize) -> bool {
    let subject = at > 0 && matches!(pos[at - 1], Pos::Noun | Pos::Open);
    let other = |p: &Pos| p.finite() || matches!(p, Pos::Sub | Pos::Prep);
    let after = pos[at + 1..].iter().take_while(|p| **p != Pos::Stop);
    subject && !pos[..at].iter().any(other) && !after.clone().any(|p| p.finite() || *p == Pos::Sub)
}

/// Walks left over the helper verbs; returns whether they end in a bare "to".
fn helpers(tokens: &[Token<'_>], pos: &[Pos], at: usize, s: &mut Scope) -> bool {
    let mut j = at;
    let (mut be, mut have, mut to, mut neg) = (false, false, false, None);
    let mut modal = None;
    while j > 0 {
        match pos[j - 1] {
            Pos::Adv => {}
            // "threatens to 'close the border'"
            Pos::Mark if is_quote(&tokens[j - 1]) && j > 1 && opens_helped(pos[j - 2]) => {}
            Pos::Neg => neg = Some(j - 1),
            Pos::Be => be = true,
            Pos::Have => have = true,
            Pos::Do => {}
            Pos::Will => modal = Some((Tense::Future, Modality::Actual, j - 1)),
            Pos::May => modal = Some((Tense::Future, Modality::Possible, j - 1)),
            Pos::To if !to => to = true,
            _ => break,
        }
        j -= 1;
        if to
            && !matches!(pos[j], Pos::To)
            && !matches!(pos[j], Pos::Neg | Pos::Adv | Pos::Be | Pos::Have)
        {
            break;
        }
    }
    // an adverb alone before the chain belongs to what precedes
    s.chain = j;
    let lower = |i: usize| tokens[i].text.to_ascii_lowercase();
    if have {
        let had = (j..at).any(|i| pos[i] == Pos::Have && lower(i) == "had");
        s.tense = if had {
            Tense::PastPerfect
        } else {
            Tense::Perfect
        };
        s.passive = be && (j..at).any(|i| lower(i) == "been");
    } else if be {
        let ing = matches!(pos[at], Pos::Verb(t) if t & tag::ING != 0);
        if ing {
            s.tense = Tense::Progressive;
        } else {
            s.passive = true;
            let past = (j..at).any(|i| matches!(lower(i).as_str(), "was" | "were"));
            s.tense = if past { Tense::Past } else { Tense::Present };
        }
    }
    if to {
        s.tense = Tense::Future;
        if have && (j..at).any(|i| pos[i] == Pos::To) && pos[j] == Pos::Have {
            // "has to resign"
            s.modality = Modality::Demanded;
            s.by = Some(j);
        }
    }
    if let Some((tense, modality, by)) = modal {
        s.tense = tense;
        s.modality = modality;
        s.by = Some(by);
    }
    if let Some(by) = neg {
        s.modality = Modality::Negated;
        s.by = Some(by);
    }
    to && modal.is_none()
}

fn is_quote(token: &Token<'_>) -> bool {
    matches!(token.text, "\"" | "“" | "'" | "‘")
}

/// A helper after which a quote may open within the verb's own chain.
fn opens_helped(pos: Pos) -> bool {
    matches!(pos, Pos::To | Pos::Will | Pos::May | Pos::Neg)
}

/// In which form the happening hangs on the word before it.
#[derive(Clone, Copy)]
struct Form {
    /// An infinitive, a gerund or a noun.
    complement: bool,
    infinitive: bool,
    noun: bool,
    /// Without helper verbs.
    bare: bool,
}

/// Looks left for the word the happening hangs on.
fn govern(tokens: &[Token<'_>], pos: &[Pos], s: &mut Scope, form: Form, k: &Known) {
    let Form {
        complement,
        infinitive,
        noun,
        bare,
    } = form;
    // "wants the tax repealed": a participle, or a past form without helpers
    let part = matches!(pos[s.chain], Pos::Verb(t) if t & tag::PART != 0);
    let past = s.tense == Tense::Past && !s.passive && bare;
    let wished = !complement && (part || past);
    let kinds =
        k.g_demand | k.g_possible | k.g_refuse | k.g_deny | k.g_fear | k.g_commit | k.g_crime;
    let mut that = false;
    let mut words = 0;
    let mut j = s.chain;
    let mut verbs = 0;
    // "vowing to fight on and sacking his deputy": beside the one, not below the other
    if complement && !infinitive && !noun && j > 0 && pos[j - 1] == Pos::Conj {
        let first = (j.saturating_sub(8)..j)
            .rev()
            .take_while(|i| !tokens[*i].is_boundary() && tokens[*i].text != ",")
            .find(|i| matches!(pos[*i], Pos::Verb(t) if t & tag::ING != 0));
        j = first.unwrap_or(j);
    }
    while j > 0 && words < 10 {
        j -= 1;
        let t = &tokens[j];
        if t.is_boundary() || (t.text == "," && !noun) {
            return;
        }
        words += 1;
        if t.is(k.that) {
            that = true;
            continue;
        }
        if pos[j] == Pos::Sub {
            if t.is(k.cond) {
                s.modality = Modality::Conditional;
                s.by = Some(j);
            }
            return;
        }
        // "Suspect in custody": a person, not a suspicion; "top aide Hope Hicks": a name
        let person = t.is(k.person) && matches!(pos[j], Pos::Noun);
        // "voters want the tax repealed"
        if wished && t.is(k.g_wish) && matches!(pos[j], Pos::Verb(t) if t & tag::PART == 0) {
            s.modality = Modality::Demanded;
            s.by = Some(j);
            return;
        }
        // "the decision to ban them has alarmed officers"
        if infinitive && t.is(k.g_known) && j + 1 == s.chain && whose(tokens, pos, j, k) {
            s.modality = Modality::Background;
            s.by = Some(j);
            return;
        }
        // "Travel rule to be scrapped": a thing, not "rule out"
        let thing = t.is(k.g_refuse)
            && infinitive
            && j + 1 == s.chain
            && pos[j] == Pos::Noun
            && t.tags() & tag::ING == 0;
        // "ways to kill the ban"
        if infinitive && t.is(k.g_means) && j + 1 == s.chain && pos[j] == Pos::Noun {
            s.modality = Modality::Possible;
            s.by = Some(j);
            return;
        }
        let name = t.shape == Shape::Capital
            && tokens[s.chain].shape == Shape::Lower
            && j > 0
            && tokens[j - 1].is_word();
        // "suspected arson attack": unsure what it was, not that it was
        let unsure = t.is(k.hedge);
        if t.is(kinds) && !person && !thing && !name && !unsure && !matches!(pos[j], Pos::Adv) {
            let near = complement || that || t.is(k.g_fear | k.g_deny);
            if !near {
                return;
            }
            let modality = if t.is(k.g_deny) || (complement && t.is(k.g_refuse)) {
                Modality::Negated
            } else if complement && t.is(k.g_demand) {
                Modality::Demanded
            } else if complement && t.is(k.g_crime) {
                Modality::Background
            } else if t.is(k.g_fear) || (complement && t.is(k.g_possible)) {
                Modality::Possible
            } else {
                s.by = Some(j);
                // "could force Congress to pass a bill"
                if infinitive && matches!(pos[j], Pos::Verb(_)) {
                    helped_governor(tokens, pos, j, s, k);
                }
                return;
            };
            s.modality = modality;
            s.by = Some(j);
            negated_governor(pos, j, s);
            return;
        }
        // "defends firing of envoy": known before; only what stands right before it
        let right_before = |i: usize| {
            pos[i].nominal() || pos[i] == Pos::Adv || matches!(pos[i], Pos::Verb(tag::ING))
        };
        if complement
            && t.is(k.g_react)
            && matches!(pos[j], Pos::Verb(_))
            && (j + 1..s.chain).all(right_before)
        {
            s.modality = Modality::Background;
            s.by = Some(j);
            return;
        }
        if pos[j] == Pos::Neg && complement && words <= 4 {
            s.modality = Modality::Negated;
            s.by = Some(j);
            return;
        }
        // "working through the night to free them", "cardinals enter conclave to elect": a purpose
        let verb = j + 1 < s.chain && matches!(pos[j], Pos::Verb(tag::ING))
            || j > 0 && plural_verb(tokens, pos, j);
        if infinitive && verb && !t.is(k.say) {
            s.modality = Modality::Possible;
            s.by = Some(j);
            return;
        }
        if pos[j].finite() {
            // "signs a deal to curb": a purpose, not a happening; "has a month to pass it"
            let owed = pos[j] == Pos::Have && j + 1 < s.chain;
            if infinitive && (!pos[j].aux() || owed) && !t.is(k.say) {
                s.modality = Modality::Possible;
                s.by = Some(j);
                return;
            }
            // "is being made": one verb
            if pos[j].aux() && pos[j + 1].aux() {
                continue;
            }
            verbs += 1;
            if verbs > 1 || !complement {
                return;
            }
            if pos[j] == Pos::May {
                s.modality = Modality::Possible;
                s.by = Some(j);
                return;
            }
        }
    }
}

/// "his decision", "the sudden decision", not what somebody announces.
fn whose(tokens: &[Token<'_>], pos: &[Pos], at: usize, k: &Known) -> bool {
    let start = (0..at).rev().take_while(|i| pos[*i].nominal()).last();
    let definite = start.is_some_and(|i| pos[i..at].contains(&Pos::Det));
    let told = |i: usize| tokens[i].is(k.say | k.g_commit) && matches!(pos[i], Pos::Verb(_));
    let start = start.unwrap_or(at);
    definite && !(start.saturating_sub(4)..start).any(told)
}

/// "could force X to pass", "in an attempt to force X to": what it hangs on is itself not actual.
fn helped_governor(tokens: &[Token<'_>], pos: &[Pos], at: usize, s: &mut Scope, k: &Known) {
    let mut own = *s;
    own.chain = at;
    own.modality = Modality::Actual;
    if helpers(tokens, pos, at, &mut own) && own.modality == Modality::Actual {
        govern(
            tokens,
            pos,
            &mut own,
            Form {
                complement: true,
                infinitive: true,
                noun: false,
                bare: false,
            },
            k,
        );
    }
    if own.modality != Modality::Actual {
        s.modality = own.modality;
        s.by = own.by;
    }
}

/// A bare verb right behind its plural subject.
fn plural_verb(tokens: &[Token<'_>], pos: &[Pos], at: usize) -> bool {
    matches!(pos[at], Pos::Verb(t) if t & tag::BASE != 0)
        && matches!(pos[at - 1], Pos::Noun | Pos::Open)
        && tokens[at - 1].tags() & tag::PLURAL != 0
}

/// "does not rule out", "no longer refuses": the governor is itself negated.
fn negated_governor(pos: &[Pos], at: usize, s: &mut Scope) {
    let from = at.saturating_sub(3);
    if pos[from..at].contains(&Pos::Neg) && s.modality == Modality::Negated {
        s.modality = Modality::Possible;
    }
}

/// Which clause the trigger stands in.
fn clause(tokens: &[Token<'_>], pos: &[Pos], at: usize, s: &mut Scope, k: &Known) {
    let mut finite = matches!(pos[at], Pos::Verb(t) if t & (tag::S | tag::PAST | tag::BASE) != 0)
        || s.chain < at;
    let trigger_finite = finite;
    let mut j = s.chain;
    let mut comma = false;
    while j > 0 {
        j -= 1;
        let t = &tokens[j];
        if t.is_boundary() {
            return;
        }
        if t.text == "," {
            comma = true;
        }
        // "describes how her son died": known before
        if j > 0 && !comma && trigger_finite && t.is(k.manner) && s.modality == Modality::Actual {
            s.modality = Modality::Background;
            s.by = Some(j);
            return;
        }
        if pos[j] == Pos::Sub || t.is(k.with) {
            // "a man who killed two has been detained": the relative clause is over
            if (t.is(k.who) || t.is(k.that)) && trigger_finite && closed(pos, j + 1, s.chain) {
                continue;
            }
            // "If senators agree, she will become": hangs on what it opens with
            let opens = j == 0 || tokens[j - 1].is_boundary();
            if opens && comma && t.is(k.cond) && s.tense == Tense::Future {
                if s.modality == Modality::Actual {
                    s.modality = Modality::Conditional;
                    s.by = Some(j);
                }
                return;
            }
            // "After X died, police arrested Y": the clause of the word has had its verb
            if finite && comma && trigger_finite && has_finite(pos, j + 1, s.chain) {
                finite = true;
                continue;
            }
            if comma
                && trigger_finite
                && !t.is(k.who)
                && has_comma_then_subject(tokens, j, s.chain)
                && !has_finite(pos, j + 1, s.chain)
            {
                // "After the crash, X died"
                continue;
            }
            s.clause = match t {
                // "missing since Sunday, she has been found"
                t if comma && t.is(k.since) => continue,
                t if t.is(k.cond) => {
                    if s.modality == Modality::Actual {
                        s.modality = Modality::Conditional;
                        s.by = Some(j);
                    }
                    Clause::Main
                }
                t if t.is(k.before) => Clause::Before,
                // "the deadliest attack since troops left"
                t if t.is(k.since) && s.modality == Modality::Actual => {
                    s.modality = Modality::Background;
                    s.by = Some(j);
                    Clause::After
                }
                // "will be out when the results are announced"
                t if t.is(k.when) && s.modality == Modality::Actual && to_come(pos, j) => {
                    s.modality = Modality::Conditional;
                    s.by = Some(j);
                    Clause::With
                }
                t if t.is(k.after) => Clause::After,
                t if t.is(k.who)
                    || (t.is(k.that) && j > 0 && matches!(pos[j - 1], Pos::Noun | Pos::Open)) =>
                {
                    Clause::Relative
                }
                t if t.is(k.reason) => Clause::Reason,
                t if t.is(k.with) => Clause::With,
                _ => continue,
            };
            return;
        }
    }
}

/// Whether the clause before this word is about what will be.
fn to_come(pos: &[Pos], at: usize) -> bool {
    pos[..at]
        .iter()
        .rev()
        .take_while(|p| **p != Pos::Stop)
        .any(|p| matches!(p, Pos::Will | Pos::May))
}

fn has_finite(pos: &[Pos], from: usize, to: usize) -> bool {
    pos.get(from..to)
        .is_some_and(|p| p.iter().any(|p| p.finite()))
}

/// A finite verb, and no "and" after it that would carry the clause on.
fn closed(pos: &[Pos], from: usize, to: usize) -> bool {
    let Some(clause) = pos.get(from..to) else {
        return false;
    };
    clause
        .iter()
        .rposition(|p| p.finite())
        .is_some_and(|last| !clause[last..].contains(&Pos::Conj))
}

fn has_comma_then_subject(tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    (from..to).any(|i| tokens[i].text == "," && i + 1 < to)
}

/// "last year", "in 2019", "two years ago".
fn past(tokens: &[Token<'_>], pos: &[Pos], at: usize, s: &mut Scope, k: &Known) {
    if s.modality != Modality::Actual {
        return;
    }
    let from = at.saturating_sub(12);
    let to = (at + 14).min(tokens.len());
    for i in from..to {
        let t = &tokens[i];
        // "whose career spanned decades, died": the mark is of another clause
        let (a, b) = if i < at { (i, at) } else { (at, i) };
        let apart = (a + 1..b).any(|j| {
            tokens[j].is_boundary()
                || (tokens[j].text == "," && (i > at || has_finite(pos, from, j)))
        });
        if apart {
            continue;
        }
        // "has been held since February": a state of old
        let since = i > at
            && s.tense == Tense::Perfect
            && t.is(k.since)
            && tokens.get(i + 1).is_some_and(|n| n.is(k.month | k.last));
        let period = t.is(k.last)
            && tokens.get(i + 1).is_some_and(|n| n.is(k.period))
            && !tokens.get(i + 2).is_some_and(|n| n.is(k.poss));
        if t.is(k.past_mark) || period || since {
            s.modality = Modality::Background;
            s.by = Some(i);
            return;
        }
    }
}
