//! What is new against the old revision.

use super::candidate::Decision;
use super::engine::Language;
use super::find::{Found, Place, Sentence};
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::outlook::{self, Standing};
use super::pos::Pos;
use super::rule::TriggerForm;
use super::scope::Clause;
use super::state;
use super::token::Token;
use crate::article::{Kind, Modality};

/// Compares a candidate with what the old revision said.
pub(super) fn against_old(
    lang: &Language,
    m: &Memory<'_>,
    c: &mut Candidate,
    s: &Sentence<'_>,
    f: &Found,
    closest: Option<(usize, f64)>,
) {
    let trigger = s.tokens[f.trigger.start].key;
    let mut told = false;
    let mut same_kind = false;
    let mut scheduled = false;
    let (rules, k) = (&lang.rules, &lang.known);
    let mut other = false;
    let mut planned = m.outlook.only_ahead(trigger);
    let (fresh, known_name) = names(s, f, m);
    let another = s
        .tokens
        .iter()
        .any(|t| t.is(k.another) && !m.words.contains(&t.key));
    let whom = f.whom(s, &rules.rules[f.rule]);
    let else_whom = !whom.is_empty() && !whom.iter().any(|w| m.words.contains(w));
    // "passes lower house" and now "passes senate"
    let other_house = matches!(c.kind, Kind::Approved | Kind::Rejected)
        && !m.chambers.is_empty()
        && s.tokens
            .iter()
            .any(|t| t.is(k.chamber) && !m.words.contains(&t.key));
    let other_party = |named: bool| fresh && named && (!known_name || another);
    for mention in &m.mentions {
        if mention.kind == Kind::Scheduled && c.kind == Kind::Occurred {
            scheduled |=
                mention.trigger == trigger || mention.about.iter().any(|w| c.about.contains(w));
            planned |= scheduled;
            continue;
        }
        // the same word of the same parties, whatever sense it was read in
        let about = || mention.about.iter().any(|w| c.about.contains(w));
        let done = matches!(mention.modality, Modality::Actual | Modality::Background);
        let else_one = else_whom && !mention.whom.is_empty();
        let elsewhere = other_party(mention.named) || else_one;
        let other_one = elsewhere && personal(c.kind);
        if mention.trigger == trigger && !mention.hint && done && about() && !other_one {
            told = true;
        }
        let hint = mention.hint && mention.kind != c.kind && mention.kind != Kind::Incident;
        if hint || !memory::implies(mention.kind, c.kind) {
            continue;
        }
        let (a, b) = (&rules.rules[mention.rule].to, &rules.rules[f.rule].to);
        if mention.kind == c.kind && a != b {
            continue;
        }
        let actual = matches!(mention.modality, Modality::Actual | Modality::Background);
        if !actual {
            planned |= mention.kind == c.kind;
            continue;
        }
        let foreseen = matches!(c.kind, Kind::Incident | Kind::Verdict | Kind::Confirmed)
            && m.outlook.only_ahead(mention.trigger);
        if foreseen {
            planned = true;
            continue;
        }
        same_kind = true;
        let shares = mention.about.iter().any(|w| c.about.contains(w));
        // in a short text, what says not of whom is of the same
        let vague = c.about.is_empty()
            || mention.about.is_empty()
            || mention.hint
            || closest.is_some()
            || s.place != Place::Title;
        let same = shares || mention.trigger == trigger || (vague && m.sentences.len() <= 4);
        other |= elsewhere;
        told |= same && !other_one;
    }
    let trigger_words = memory::keys(s, f.trigger.clone());
    // "called off" is not known from "a telephone call": a verb is known from the same verb only
    let known_word = !planned
        && match f.form {
            TriggerForm::Verb => f.trigger.len() == 1 && m.verbs.contains(&trigger),
            _ if trigger_words.is_empty() => m.free.contains(&trigger),
            _ => trigger_words.iter().all(|w| m.free.contains(w)),
        };
    if scheduled || (c.kind == Kind::Occurred && m.outlook.only_ahead(trigger)) {
        told = false;
    }
    // of a death or attack that was told, an investigation is no news
    let follows_up = c.kind == Kind::Charged
        && rules.rules[f.rule].to.as_deref() == Some("under investigation")
        && (m.dead
            || m.mentions
                .iter()
                .any(|x| x.kind == Kind::Incident && x.modality == Modality::Actual));
    if follows_up && c.decision == Decision::Told {
        c.decision = Decision::AlreadyTold;
    }
    // "will take place" and now "will not take place"
    let denied = s.pos[f.trigger.clone()].contains(&Pos::Neg)
        && closest.is_some_and(|(index, _)| !m.negated.contains(&index));
    told &= !denied && !other_house;
    let known_word = known_word && !denied && !other_house;
    let claimed = m.outlook.only_claimed(trigger) && !f.scope.hedged;
    let still_claimed = || outlook::of(s, k).get(f.trigger.start) == Some(&Standing::Claimed);
    if claimed
        && !c.own
        && c.decision == Decision::Told
        && f.scope.clause == Clause::Main
        && !still_claimed()
    {
        c.kind = Kind::Confirmed;
        told = false;
    }
    c.features.flag("claimed", claimed);
    c.features.flag("fresh_name", fresh);
    c.features.flag("known_name", known_name);
    c.features.flag("another", another);
    c.features.flag("fresh_same", same_kind && other);
    c.features.flag("other_house", other_house && same_kind);
    c.features
        .flag("another_one", personal(c.kind) && same_kind && else_whom);
    if c.decision == Decision::Told {
        if told || (c.kind == Kind::Died && m.dead) {
            c.doubt = Some(Decision::AlreadyTold);
        } else if known_word {
            c.doubt = Some(Decision::Wording);
        }
    }
    let seen = c.about.iter().filter(|w| m.words.contains(w)).count();
    let share = if c.about.is_empty() {
        0.5
    } else {
        seen as f64 / c.about.len() as f64
    };
    // "in Paris" and now "visits Paris"; a confirmation of what nobody doubted
    let comes = c.kind == Kind::Occurred && s.tokens[f.trigger.start].is(k.comes);
    let general = (comes || (c.kind == Kind::Other && !c.own)) && share >= 1.0;
    let doubted = claimed
        || memory::keys(s, 0..s.tokens.len())
            .iter()
            .any(|w| m.outlook.only_claimed(*w) || m.outlook.only_ahead(*w));
    let restated =
        c.kind == Kind::Confirmed && s.place != Place::Title && closest.is_some() && !doubted;
    let whole = general && !planned && !c.about.is_empty();
    if c.decision == Decision::Told && c.doubt.is_none() && (whole || restated) {
        c.doubt = Some(Decision::Wording);
    }
    c.features.flag("same_kind", same_kind);
    c.features.flag("planned", planned);
    let foreseen = matches!(c.kind, Kind::Incident | Kind::Verdict | Kind::Confirmed);
    c.features.flag("foreseen", planned && foreseen);
    c.features.set("about_known", share);
    c.features.set("aligned", closest.map_or(0.0, |(_, d)| d));
    let words = memory::keys(s, 0..s.tokens.len());
    let known = words.iter().filter(|w| m.words.contains(w)).count();
    c.features.set(
        "sentence_new",
        1.0 - known as f64 / words.len().max(1) as f64,
    );
    let trigger_in_old = match f.form {
        TriggerForm::Verb => m.verbs.contains(&trigger),
        _ => trigger_words.iter().any(|w| m.words.contains(w)),
    };
    c.features.flag("trigger_in_old", trigger_in_old);
    // the article told the state that this step follows from
    let follows = m.mentions.iter().any(|x| {
        x.kind != c.kind
            && x.about.iter().any(|w| c.about.contains(w))
            && state::before(x.kind, x.modality, c.kind).is_some()
    });
    c.features.flag("follows", follows);
    let long = m.is_article() && s.place != Place::Title;
    c.features.flag("long", long);
    if long {
        // In an article a sentence is changed for its news; in two lines, for its style.
        let alike = closest.map_or(0.0, |(_, d)| d);
        let main = matches!(f.scope.clause, Clause::Main | Clause::With);
        c.features.flag("long_main", main);
        c.features.set("long_aligned", alike);
        c.features.flag("long_same", same_kind);
        c.features
            .flag("long_new", main && !trigger_in_old && c.doubt.is_none());
        c.features.flag("long_weak", rules.rules[f.rule].weak);
        c.features.flag("long_noun", f.nominal);
        c.features.flag("long_doubt", c.doubt.is_some());
    }
    c.features.flag("else_whom", else_whom);
    doubts(c, s.place == Place::Title, share);
}

/// What speaks for and against a candidate that the old revision seems to have.
fn doubts(c: &mut Candidate, title: bool, share: f64) {
    let Some(doubt) = c.doubt else { return };
    let has = |name: &str| c.features.has(name);
    let (planned, fresh, again) = (has("planned"), has("fresh_name"), has("trigger_in_old"));
    let whom = has("else_whom");
    let f = &mut c.features;
    f.flag("told", doubt == Decision::AlreadyTold);
    f.flag("worded", doubt == Decision::Wording);
    f.flag("doubt_title", title);
    f.set("doubt_new", 1.0 - share);
    f.flag("doubt_planned", planned);
    f.flag("doubt_fresh", fresh);
    f.flag("doubt_whom", whom);
    f.flag("doubt_trigger", again);
    f.flag("doubt_personal", personal(c.kind));
    f.flag("doubt_incident", c.kind == Kind::Incident);
}

/// Kinds that happen to one person or party at a time.
fn personal(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Resigned | Dismissed | Appointed | Arrested | Charged | Withdrew | Freed | Died
    )
}

/// Whether who does it, or to whom, is now of other names than any the old revision had; and
/// whether a name it had is there.
fn names(s: &Sentence<'_>, f: &Found, m: &Memory<'_>) -> (bool, bool) {
    let role = |range: std::ops::Range<usize>| {
        let (mut fresh, mut known) = (false, false);
        let tokens = s.tokens.get(range).unwrap_or(&[]);
        for t in tokens.iter().filter(|t| Token::is_name(t)) {
            let seen = m.words.contains(&t.key);
            known |= seen;
            fresh |= !seen;
        }
        (fresh, known)
    };
    let (agent, patient) = (role(f.agent.clone()), role(f.patient.clone()));
    let fresh = (agent.0 && !agent.1) || (patient.0 && !patient.1);
    (fresh, agent.1 || patient.1)
}
