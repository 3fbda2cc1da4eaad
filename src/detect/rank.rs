//! One development a fact: what stands beside a candidate, which kind is more specific, which
//! sentence tells it best.

use super::attribution;
use super::candidate::Decision;
use super::engine::Read;
use super::find::Place;
use super::judge::Candidate;
use super::known::Known;
use super::rule::TriggerForm;
use crate::article::Kind;

/// What stands beside a candidate: the second happening of a sentence, and one of the text where
/// the headline has its own, are less often news. An operator's own kinds neither count nor mind.
pub(super) fn company(candidates: &mut [Candidate], read: &[Read<'_>]) {
    let alive: Vec<(usize, usize, Kind, bool)> = candidates
        .iter()
        .filter(|c| c.decision == Decision::Told && c.doubt.is_none() && !c.own)
        .filter(|c| !part_of_other(c, candidates) && !c.features.has("proposed"))
        .map(|c| {
            let title = read[c.sentence].sentence.place == Place::Title;
            (c.sentence, c.trigger.start, c.kind, title)
        })
        .collect();
    for c in candidates
        .iter_mut()
        .filter(|c| c.decision == Decision::Told && !c.own)
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

/// "Evacuation order lifted": the order is what is lifted, not news of its own.
pub(super) fn parts(candidates: &mut [Candidate]) {
    let whole: Vec<(usize, Kind, std::ops::Range<usize>)> = candidates
        .iter()
        .filter(|c| c.decision == Decision::Told && c.doubt.is_none() && !c.own)
        .filter_map(|c| {
            let f = c.found.as_ref().filter(|f| f.form == TriggerForm::Verb)?;
            let span = f.patient.start.min(f.trigger.start)..f.patient.end.max(f.trigger.end);
            Some((c.sentence, c.kind, span))
        })
        .collect();
    for c in candidates
        .iter_mut()
        .filter(|c| c.decision == Decision::Told && !c.own)
    {
        let nominal = c.found.as_ref().is_some_and(|f| f.nominal);
        let part = whole.iter().any(|(sentence, kind, span)| {
            *sentence == c.sentence && *kind != c.kind && span.contains(&c.trigger.start)
        });
        if nominal && part {
            c.decision = Decision::LessSpecific;
        }
    }
}

/// "Boil-water notice lifted": the notice is what is lifted.
fn part_of_other(c: &Candidate, all: &[Candidate]) -> bool {
    c.found.as_ref().is_some_and(|f| f.nominal)
        && all.iter().any(|o| {
            o.sentence == c.sentence
                && o.kind != c.kind
                && o.decision == Decision::Told
                && o.found.as_ref().is_some_and(|f| {
                    f.form == TriggerForm::Verb && f.patient.contains(&c.trigger.start)
                })
        })
}

/// One development a fact: the most specific kind, the best sentence.
pub(super) fn rank(candidates: &mut [Candidate], read: &[Read<'_>]) {
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
        let general = !candidates[i].own
            && matches!(
                candidates[i].kind,
                Kind::Occurred | Kind::Other | Kind::Figure
            );
        let (before, rest) = candidates.split_at(i);
        let c = &rest[0];
        let duplicate = before.iter().any(|b| {
            b.decision == Decision::Told && b.kind == c.kind && same_own(b, c) && same_thing(b, c)
        });
        let others = || {
            candidates.iter().take(told).filter(|o| {
                o.decision == Decision::Told && o.sentence == c.sentence && o.kind != c.kind
            })
        };
        let specific = general
            && c.kind != Kind::Figure
            && others().any(|o| !matches!(o.kind, Kind::Occurred | Kind::Other | Kind::Figure));
        // "police confirm that a man was arrested": the arrest is the news
        let confirms = c.kind == Kind::Confirmed
            && others().any(|o| {
                !matches!(o.kind, Kind::Incident | Kind::Denied)
                    && o.trigger.start > c.trigger.start
            });
        // "Correction: it was 90, not 900": the number is the correction
        let number = c.quantity.is_some() || matches!(c.kind, Kind::Figure | Kind::Toll);
        let correction = number
            && candidates
                .iter()
                .take(told)
                .any(|o| o.kind == Kind::Corrected && o.decision == Decision::Told);
        if duplicate && !correction {
            candidates[i].decision = Decision::Duplicate;
        } else if correction || confirms || specific {
            candidates[i].decision = Decision::LessSpecific;
        }
    }
}

/// Of the same own kind, or both of none: each own kind is one rule.
fn same_own(a: &Candidate, b: &Candidate) -> bool {
    let rule = |c: &Candidate| c.found.as_ref().filter(|_| c.own).map(|f| f.rule);
    rule(a) == rule(b)
}

/// Two candidates of one kind are one development unless both name their parties and share none,
/// or count different things.
fn same_thing(a: &Candidate, b: &Candidate) -> bool {
    if let (Some(x), Some(y)) = (&a.quantity, &b.quantity) {
        return x.referent == y.referent;
    }
    a.names.is_empty() || b.names.is_empty() || a.names.iter().any(|n| b.names.contains(n))
}

/// A development told from the headline is proved by the sentence below that names its source.
pub(super) fn prove(candidates: &mut [Candidate], read: &[Read<'_>], known: &Known) {
    for i in 0..candidates.len() {
        let c = &candidates[i];
        let headline = read[c.sentence].sentence.place == Place::Title;
        if c.decision != Decision::Told
            || !headline
            || attribution::of(&read[c.sentence].sentence, &c.trigger, known).is_some()
        {
            continue;
        }
        candidates[i].proof = candidates
            .iter()
            .filter(|o| o.decision == Decision::Duplicate && o.kind == candidates[i].kind)
            .filter(|o| same_thing(o, &candidates[i]))
            .find(|o| attribution::of(&read[o.sentence].sentence, &o.trigger, known).is_some())
            .map(|o| (o.sentence, o.trigger.clone()));
    }
}
