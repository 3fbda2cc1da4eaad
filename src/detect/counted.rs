//! Numbers of the new revision that differ from the old one's for the same referent.

use super::describe;
use super::engine::{Language, Read};
use super::find::Place;
use super::judge::Candidate;
use super::memory::{self, Memory};
use super::quantity::{self, Bound, Count};
use super::scope::Clause;
use super::token::Shape;
use crate::article::{Kind, Modality};
use crate::text::number::Unit;

/// Tolls and figures that differ from the old revision's.
pub(super) fn changed(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    m: &Memory<'_>,
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
                .any(|(_, c)| (c.value - count.value).abs() < 0.5 && (c.sure || !count.sure))
                || count.vague
                || same.iter().any(|(_, c)| {
                    count.bound == Bound::About
                        && (count.value / c.value.max(1.0) - 1.0).abs() < 0.1
                })
            {
                continue;
            }
            let counted = |c: &Count| {
                c.sure && c.noun == count.noun && c.noun != 0 && (c.value - count.value).abs() < 0.5
            };
            if m.counts.iter().any(|(_, c)| counted(c)) {
                continue;
            }
            // "hours after one person was killed": another happening
            let scope = s.scope(count.at, true, &lang.known);
            if same.is_empty() && s.place != Place::Title && scope.clause == Clause::After {
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
            // "fined" and now "fined £500,000": a sum where there was none of its kind
            let first = same.is_empty()
                && count.unit != Unit::None
                && s.place == Place::Title
                && !m.counts.iter().any(|(_, c)| c.unit == count.unit);
            if (!first && same.iter().all(|c| kept(c))) || m.counts.iter().any(|(_, c)| close(c)) {
                continue;
            }
            (Kind::Figure, same.first().map(|c| (index, (*c).clone())))
        };
        let token = &s.tokens[count.at];
        let mut c = Candidate {
            quantity: Some(describe::quantity(
                lang,
                s,
                count,
                old.as_ref().map(|(_, c)| c),
            )),
            old_sentence: old.as_ref().map(|(i, _)| *i),
            about: memory::keys(s, 0..s.tokens.len()),
            ..Candidate::at(kind, at, count.at..count.at + 1)
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
