//! Decides which candidates are told: actual, not background, new, the most specific.

use std::collections::HashSet;

use super::candidate::{Decision, Explained, Explanation};
use super::describe;
use super::engine::{Input, Language, Read};
use super::find::{self, Found, Place};
use super::grade::Features;
use super::memory::{self, Memory};
use super::morph::tag;
use super::pos::Pos;
use super::quantity::{self, Bound, Count};
use super::rule::{Rules, TriggerForm};
use super::scope::{self, Clause, Tense};
use super::token::Shape;
use crate::article::{Evidence, Kind, Modality, Quantity};
use crate::text::number::Unit;

/// Least confidence told.
const THRESHOLD: f64 = 0.42;

/// A candidate while it is being judged.
pub(super) struct Candidate {
    pub kind: Kind,
    pub sentence: usize,
    pub found: Option<Found>,
    /// Tokens of the trigger.
    pub trigger: std::ops::Range<usize>,
    pub modality: Modality,
    pub quantity: Option<Quantity>,
    pub old_sentence: Option<usize>,
    pub about: Vec<u64>,
    pub decision: Decision,
    pub confidence: f64,
    pub notes: Vec<String>,
    pub features: Features,
}

/// Judges everything found in the changed sentences of a revision.
pub(super) fn all(
    lang: &Language,
    input: &Input<'_>,
    read: &[Read<'_>],
    memory: Option<&Memory>,
) -> Explanation {
    let mut candidates = Vec::new();
    for (at, r) in read.iter().enumerate() {
        let words: HashSet<u64> = memory::keys(&r.sentence, 0..r.sentence.tokens.len())
            .into_iter()
            .collect();
        let closest = memory
            .and_then(|m| m.closest(&words))
            .filter(|(_, d)| *d >= 0.4);
        for found in &r.found {
            if let Some(c) = judge_one(lang, at, r, found, memory, closest) {
                candidates.push(c);
            }
        }
        if let Some(m) = memory {
            numbers(lang, at, r, m, closest, &mut candidates);
        }
    }
    company(&mut candidates, read);
    for c in &mut candidates {
        c.confidence = lang.weights.confidence(&c.features);
        if c.decision == Decision::Told && c.confidence < THRESHOLD {
            c.decision = Decision::BelowConfidence;
        }
    }
    rank(&mut candidates, read);
    let mut out: Vec<Explained> = candidates
        .into_iter()
        .map(|c| finish(lang, input, read, c))
        .collect();
    out.sort_by_key(|e| e.decision != Decision::Told);
    Explanation { candidates: out }
}

fn judge_one(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    f: &Found,
    memory: Option<&Memory>,
    closest: Option<(usize, f64)>,
) -> Option<Candidate> {
    let kind = f.kind?;
    if f.form == TriggerForm::Mention {
        return None;
    }
    let s = &r.sentence;
    let k = &lang.known;
    let rule = &lang.rules.rules[f.rule];
    let mut about = memory::keys(s, f.patient.clone());
    about.extend(memory::keys(s, f.agent.clone()));
    let mut c = Candidate {
        kind,
        sentence: at,
        found: Some(f.clone()),
        trigger: f.trigger.clone(),
        modality: f.scope.modality,
        quantity: None,
        old_sentence: closest.map(|c| c.0),
        about,
        decision: Decision::Told,
        confidence: 0.0,
        notes: Vec::new(),
        features: Features::default(),
    };
    if let Some(by) = f.scope.by {
        c.notes
            .push(format!("{:?} by \"{}\"", f.scope.modality, s.tokens[by].text).to_lowercase());
    }
    let question =
        s.text.trim_end().ends_with('?') || s.tokens.first().is_some_and(|t| t.is(k.question));
    let explainer = s.tokens.iter().take(3).any(|t| t.is(k.explainer));
    if question && c.modality == Modality::Actual && s.place == Place::Title {
        c.modality = Modality::Questioned;
    }
    if c.modality == Modality::Background || f.scope.tense == Tense::PastPerfect {
        c.decision = Decision::Background;
    } else if c.modality != Modality::Actual {
        c.decision = Decision::NotActual;
    }
    let features = &mut c.features;
    features.set("bias", 1.0);
    features.flag("pair", memory.is_some());
    features.flag(kind.as_str(), true);
    features.flag("weak", rule.weak);
    features.flag("title", s.place == Place::Title);
    features.flag("body", s.place == Place::Body);
    features.flag("noun", f.form == TriggerForm::Noun);
    features.flag("phrase", f.form == TriggerForm::Phrase);
    features.flag("passive", f.passive);
    features.flag("after", f.scope.clause == Clause::After);
    features.flag("before", f.scope.clause == Clause::Before);
    features.flag("relative", f.scope.clause == Clause::Relative);
    features.flag("with", f.scope.clause == Clause::With);
    features.flag("reason", f.scope.clause == Clause::Reason);
    features.flag("present", f.scope.tense == Tense::Present);
    features.flag("past", f.scope.tense == Tense::Past);
    features.flag("perfect", f.scope.tense == Tense::Perfect);
    features.flag("future", f.scope.tense == Tense::Future);
    features.flag("progressive", f.scope.tense == Tense::Progressive);
    features.flag("bare", f.scope.tense == Tense::Bare);
    let gerund = matches!(s.pos[f.trigger.start], Pos::Verb(t) if t & tag::ING != 0);
    features.flag("gerund", gerund && f.scope.tense != Tense::Progressive);
    let subordinate = f.scope.clause != Clause::Main;
    features.flag("subordinate_text", subordinate && s.place != Place::Title);
    features.flag("subordinate_pair", subordinate && memory.is_some());
    features.flag(
        "subordinate_past",
        subordinate && f.scope.tense == Tense::Past,
    );
    features.flag("quoted", f.scope.quoted);
    features.flag("hedged", f.scope.hedged);
    features.flag("explainer", explainer || question);
    features.flag("sport", s.tokens.iter().any(|t| t.is(k.sport)));
    if f.nominal {
        let before = find::before_phrase(s, f.trigger.start);
        features.flag(
            "np_initial",
            matches!(before, None | Some(Pos::Stop | Pos::Mark)),
        );
        features.flag(
            "np_prep",
            matches!(before, Some(Pos::Prep | Pos::Sub | Pos::Conj)),
        );
        features.flag("np_object", matches!(before, Some(Pos::Verb(_))));
        let compound = f.form == TriggerForm::Noun
            && matches!(s.pos.get(f.trigger.end), Some(Pos::Noun | Pos::Open));
        features.flag("compound", compound);
        features.flag("incident_np", c.kind == Kind::Incident);
        features.flag("nominal", true);
        features.flag(
            "nominal_aside",
            f.scope.clause != Clause::Main
                || matches!(before, Some(Pos::Prep | Pos::Sub | Pos::Conj)),
        );
    }
    if let Some(m) = memory {
        novelty(&lang.rules, m, &mut c, s, f, closest);
    }
    Some(c)
}

/// Compares a candidate with what the old revision said.
fn novelty(
    rules: &Rules,
    m: &Memory,
    c: &mut Candidate,
    s: &super::find::Sentence<'_>,
    f: &Found,
    closest: Option<(usize, f64)>,
) {
    let trigger = s.tokens[f.trigger.start].key;
    let mut told = false;
    let mut same_kind = false;
    let mut planned = false;
    for mention in &m.mentions {
        if mention.kind == Kind::Scheduled && c.kind == Kind::Occurred {
            planned |=
                mention.trigger == trigger || mention.about.iter().any(|w| c.about.contains(w));
            continue;
        }
        if !memory::implies(mention.kind, c.kind) {
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
        told |= shares || mention.trigger == trigger || m.sentences.len() <= 4;
    }
    let trigger_words = memory::keys(s, f.trigger.clone());
    let known_word = !planned
        && (trigger_words.is_empty() && m.free.contains(&trigger)
            || !trigger_words.is_empty() && trigger_words.iter().all(|w| m.free.contains(w)));
    if planned && c.kind == Kind::Occurred {
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
    let trigger_in_old = trigger_words.iter().any(|w| m.words.contains(w));
    c.features.flag("trigger_in_old", trigger_in_old);
}

/// Tolls and figures that differ from the old revision's.
fn numbers(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    m: &Memory,
    closest: Option<(usize, f64)>,
    out: &mut Vec<Candidate>,
) {
    let s = &r.sentence;
    let counts = quantity::counts(s, &lang.known);
    for count in &counts {
        let (kind, old) = if count.referent != 0 {
            let same: Vec<&(usize, Count)> = m
                .counts
                .iter()
                .filter(|(_, c)| c.referent == count.referent)
                .collect();
            if same
                .iter()
                .any(|(_, c)| (c.value - count.value).abs() < 0.5)
                || count.vague
                || same.iter().any(|(_, c)| {
                    count.bound == Bound::About
                        && (count.value / c.value.max(1.0) - 1.0).abs() < 0.1
                })
            {
                continue;
            }
            // "hours after one person was killed": another happening
            let scope = scope::of(&s.tokens, &s.pos, count.at, true, &lang.known);
            if s.place != Place::Title && scope.clause == Clause::After {
                continue;
            }
            let incident = !same.is_empty()
                || m.dead
                || m.mentions.iter().any(|x| {
                    matches!(x.kind, Kind::Incident | Kind::Died | Kind::Toll)
                        && matches!(x.modality, Modality::Actual | Modality::Background)
                });
            if !incident {
                continue;
            }
            (Kind::Toll, same.first().map(|(i, c)| (*i, c.clone())))
        } else {
            let Some((index, dice)) = closest else {
                continue;
            };
            if dice < 0.5 || count.vague {
                continue;
            }
            let same: Vec<&Count> = m
                .counts
                .iter()
                .filter(|(i, c)| {
                    *i == index
                        && c.referent == 0
                        && c.unit == count.unit
                        && (count.unit != Unit::None || c.noun == count.noun)
                })
                .map(|(_, c)| c)
                .collect();
            let close = |c: &Count| {
                let ratio = if c.value == 0.0 {
                    1.0
                } else {
                    (count.value / c.value - 1.0).abs()
                };
                ratio < 1e-6
                    || (ratio < 0.05 && (c.bound != Bound::Exact || count.bound != Bound::Exact))
            };
            let kept = |c: &Count| counts.iter().any(|n| (n.value - c.value).abs() < 1e-9);
            if same.is_empty()
                || same.iter().all(|c| kept(c))
                || m.counts.iter().any(|(_, c)| close(c))
            {
                continue;
            }
            (Kind::Figure, same.first().map(|c| (index, (*c).clone())))
        };
        let token = &s.tokens[count.at];
        let mut c = Candidate {
            kind,
            sentence: at,
            found: None,
            trigger: count.at..count.at + 1,
            modality: Modality::Actual,
            quantity: Some(Quantity {
                referent: describe::referent(lang, s, count),
                old: old.as_ref().map(|(_, c)| describe::amount(c)),
                new: Some(token.text.to_owned()),
                bound: Some(count.bound.as_str().to_owned()),
            }),
            old_sentence: old.as_ref().map(|(i, _)| *i),
            about: memory::keys(s, 0..s.tokens.len()),
            decision: Decision::Told,
            confidence: 0.0,
            notes: Vec::new(),
            features: Features::default(),
        };
        let f = &mut c.features;
        f.set("bias", 1.0);
        f.flag("pair", true);
        f.flag(kind.as_str(), true);
        f.flag("number", true);
        f.flag("number_new", old.is_none());
        f.flag("title", s.place == Place::Title);
        f.flag("body", s.place == Place::Body);
        let grown = old.as_ref().is_some_and(|(_, c)| count.value > c.value);
        f.flag("number_grown", grown);
        f.flag("number_words", token.shape != Shape::Number);
        out.push(c);
    }
}

/// What stands beside a candidate: the second happening of a sentence, and one of the text where
/// the headline has its own, are less often news.
fn company(candidates: &mut [Candidate], read: &[Read<'_>]) {
    let alive: Vec<(usize, usize, Kind, bool)> = candidates
        .iter()
        .filter(|c| c.decision == Decision::Told)
        .map(|c| {
            let title = read[c.sentence].sentence.place == Place::Title;
            (c.sentence, c.trigger.start, c.kind, title)
        })
        .collect();
    for c in candidates
        .iter_mut()
        .filter(|c| c.decision == Decision::Told)
    {
        let title = read[c.sentence].sentence.place == Place::Title;
        let second = alive
            .iter()
            .any(|(s, at, kind, _)| *s == c.sentence && *at < c.trigger.start && *kind != c.kind);
        let first = alive
            .iter()
            .any(|(s, at, kind, _)| *s == c.sentence && *at > c.trigger.start && *kind != c.kind);
        let under = !title && alive.iter().any(|(_, _, kind, t)| *t && *kind != c.kind);
        let same = alive.iter().any(|(s, at, kind, _)| {
            (*s != c.sentence || *at != c.trigger.start) && *kind == c.kind
        });
        c.features.flag("second", second);
        c.features.flag("first_of_two", first);
        c.features.flag("under_title", under);
        c.features.flag("same_again", same);
    }
}

/// One development a fact: the most specific kind, the best sentence.
fn rank(candidates: &mut [Candidate], read: &[Read<'_>]) {
    let place = |c: &Candidate| read[c.sentence].sentence.place;
    candidates.sort_by(|a, b| {
        (a.decision != Decision::Told)
            .cmp(&(b.decision != Decision::Told))
            .then(place(a).cmp(&place(b)))
            .then(b.confidence.total_cmp(&a.confidence))
    });
    let told = candidates
        .iter()
        .take_while(|c| c.decision == Decision::Told)
        .count();
    for i in 0..told {
        let general = matches!(
            candidates[i].kind,
            Kind::Occurred | Kind::Other | Kind::Figure
        );
        let (before, rest) = candidates.split_at(i);
        let c = &rest[0];
        let duplicate = before
            .iter()
            .any(|b| b.decision == Decision::Told && b.kind == c.kind);
        let specific = general
            && candidates.iter().take(told).any(|o| {
                o.decision == Decision::Told
                    && o.sentence == c.sentence
                    && !matches!(o.kind, Kind::Occurred | Kind::Other | Kind::Figure)
            });
        // "evacuation order lifted": the order is what is lifted, not news of its own
        let nominal = c.found.as_ref().is_some_and(|f| f.nominal);
        let part = nominal
            && candidates.iter().take(told).any(|o| {
                o.sentence == c.sentence
                    && o.kind != c.kind
                    && o.found.as_ref().is_some_and(|f| {
                        f.form == TriggerForm::Verb
                            && (f.patient.contains(&c.trigger.start)
                                || f.trigger.contains(&c.trigger.start))
                    })
            });
        if duplicate {
            candidates[i].decision = Decision::Duplicate;
        } else if part {
            candidates[i].decision = Decision::LessSpecific;
        } else if candidates[i].kind == Kind::Confirmed
            && candidates.iter().take(told).any(|o| {
                o.decision == Decision::Told
                    && o.sentence == candidates[i].sentence
                    && !matches!(o.kind, Kind::Confirmed | Kind::Incident | Kind::Denied)
                    && o.trigger.start > candidates[i].trigger.start
            })
        {
            candidates[i].decision = Decision::LessSpecific;
        } else if specific && candidates[i].kind != Kind::Figure {
            candidates[i].decision = Decision::LessSpecific;
        }
    }
}

fn finish(lang: &Language, input: &Input<'_>, read: &[Read<'_>], c: Candidate) -> Explained {
    let s = &read[c.sentence].sentence;
    let development = describe::development(
        lang,
        input,
        read,
        &c,
        Evidence {
            new: Some(s.text.to_owned()),
            old: None,
            trigger: s.slice(&c.trigger).to_owned(),
        },
    );
    Explained {
        development,
        decision: c.decision,
        notes: c.notes,
        features: c.features.0,
    }
}
