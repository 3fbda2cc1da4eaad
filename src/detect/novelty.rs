//! What is new: against the old revision, and against what the story was already told.

use super::candidate::{Decision, Explained};
use super::describe;
use super::engine::Language;
use super::find::{Found, Place, Sentence};
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::rule::{Rules, TriggerForm};
use super::state;
use crate::article::{Development, Kind, Modality};

/// Compares a candidate with what the old revision said.
pub(super) fn against_old(
    rules: &Rules,
    m: &Memory<'_>,
    c: &mut Candidate,
    s: &Sentence<'_>,
    f: &Found,
    closest: Option<(usize, f64)>,
) {
    let trigger = s.tokens[f.trigger.start].key;
    let mut told = false;
    let mut same_kind = false;
    let mut planned = false;
    let mut scheduled = false;
    for mention in &m.mentions {
        if mention.kind == Kind::Scheduled && c.kind == Kind::Occurred {
            scheduled |=
                mention.trigger == trigger || mention.about.iter().any(|w| c.about.contains(w));
            planned |= scheduled;
            continue;
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
        same_kind = true;
        let shares = mention.about.iter().any(|w| c.about.contains(w));
        told |= shares
            || mention.trigger == trigger
            || (m.sentences.len() <= 4
                && (mention.hint || c.about.is_empty() || mention.about.is_empty()));
    }
    let trigger_words = memory::keys(s, f.trigger.clone());
    // "called off" is not known from "a telephone call": a verb is known from the same verb only
    let known_word = !planned
        && match f.form {
            TriggerForm::Verb => f.trigger.len() == 1 && m.verbs.contains(&trigger),
            _ if trigger_words.is_empty() => m.free.contains(&trigger),
            _ => trigger_words.iter().all(|w| m.free.contains(w)),
        };
    if scheduled {
        told = false;
    }
    if c.decision == Decision::Told {
        if told || (c.kind == Kind::Died && m.dead) {
            c.decision = Decision::AlreadyTold;
        } else if known_word {
            c.decision = Decision::Wording;
        }
    }
    let seen = c.about.iter().filter(|w| m.words.contains(w)).count();
    let share = if c.about.is_empty() {
        0.5
    } else {
        seen as f64 / c.about.len() as f64
    };
    c.features.flag("same_kind", same_kind);
    c.features.flag("planned", planned);
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
    let long = m.sentences.len() > 4 && s.place != Place::Title;
    c.features.flag("long", long);
}

/// Drops what the story was told before: the same kind about the same thing, with the same number.
pub(super) fn against_story(lang: &Language, told: &[Development], out: &mut [Explained]) {
    if told.is_empty() {
        return;
    }
    let mut buffer = String::new();
    let before: Vec<(&Development, Vec<u64>)> = told
        .iter()
        .map(|d| (d, describe::told_keys(lang, d, &mut buffer)))
        .collect();
    for e in out.iter_mut().filter(|e| e.decision == Decision::Told) {
        let d = &e.development;
        let keys = describe::told_keys(lang, d, &mut buffer);
        let known = before.iter().any(|(old, words)| {
            let number = |d: &Development| d.quantity.as_ref().and_then(|q| q.new.clone());
            let shared = keys.iter().filter(|k| words.contains(k)).count();
            let least = keys.len().min(words.len());
            old.kind == d.kind
                && old.to == d.to
                && number(old) == number(d)
                && (least == 0 || shared * 2 >= least)
        });
        if known {
            e.decision = Decision::AlreadyTold;
            e.notes.push("the story was told".to_owned());
        }
    }
}
