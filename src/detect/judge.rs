//! Decides which candidates are told: actual, not background, new, sure enough.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;

use super::bearing::Bearing;
use super::candidate::{Decision, Explained, Explanation};
use super::counted;
use super::describe::{self, Context};
use super::engine::{Input, Language, Read};
use super::find::{Found, Place, Sentence};
use super::grade::Features;
use super::hardened;
use super::known::Known;
use super::memory::{self, Memory};
use super::morph::tag;
use super::moved;
use super::novelty;
use super::pos::Pos;
use super::proposed;
use super::rank;
use super::realised;
use super::rule::TriggerForm;
use super::scope::{Clause, Tense};
use super::softened;
use super::span;
use super::story;
use super::token::{Shape, Token};
use super::undone;
use super::when::{self, Side};
use crate::article::{Development, Kind, Modality, Precision, Quantity};
use crate::text::date;

/// Least confidence told. F1 on labelled items out of fold is flat between 0.36 and 0.5 in texts, and
/// highest about 0.4 in revisions; a watch hears all that is told unless its operator asks for more.
const LEAST: f64 = 0.44;

/// The same of what no rule found. Lower it finds as much that is wrong as right in texts, and in
/// revisions more.
const LEAST_PROPOSED: f64 = 0.5;

/// Which candidates are put into words, which takes longer than to find them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Those told.
    Told,
    /// The dropped ones as well.
    All,
}

/// Least confidence of an operator's own kind that nothing speaks against: no examples of it were
/// there to be fitted on, and its words were chosen for it.
const OWN: f64 = 0.6;

/// A candidate while it is being judged.
pub(super) struct Candidate {
    pub kind: Kind,
    pub sentence: usize,
    pub found: Option<Found>,
    /// Tokens of the trigger.
    pub trigger: Range<usize>,
    pub modality: Modality,
    pub quantity: Option<Quantity>,
    /// Sentence and trigger that prove it, where that is not its own sentence.
    pub proof: Option<(usize, Range<usize>)>,
    pub old_sentence: Option<usize>,
    /// Content words of what it is about.
    pub about: Vec<u64>,
    /// Those of them that are names.
    pub names: Vec<u64>,
    /// Of a kind of the operator's own.
    pub own: bool,
    pub decision: Decision,
    /// What it is where its confidence does not reach: the old revision seems to have it.
    pub doubt: Option<Decision>,
    pub confidence: f64,
    pub notes: Vec<String>,
    pub features: Features,
}

impl Candidate {
    /// One with nothing known of it yet but where it stands.
    pub fn at(kind: Kind, sentence: usize, trigger: Range<usize>) -> Candidate {
        Candidate {
            kind,
            sentence,
            found: None,
            trigger,
            modality: Modality::Actual,
            quantity: None,
            proof: None,
            old_sentence: None,
            about: Vec::new(),
            names: Vec::new(),
            own: false,
            decision: Decision::Told,
            doubt: None,
            confidence: 0.0,
            notes: Vec::new(),
            features: Features::default(),
        }
    }
}

/// Judges everything found in the changed sentences of a revision.
pub(super) fn all(
    lang: &Language,
    input: &Input<'_>,
    read: &[Read<'_>],
    memory: Option<&Memory<'_>>,
    want: Want,
) -> Explanation {
    let year = input
        .published
        .or(input.new.published.as_deref())
        .and_then(date::year_of);
    let mut candidates = found(lang, read, memory);
    proposed::add(lang, read, memory, &mut candidates);
    for c in &mut candidates {
        history(c, &read[c.sentence].sentence, year, &lang.known);
        long_ago(lang, c, &read[c.sentence].sentence, written(input));
    }
    rank::parts(&mut candidates);
    rank::company(&mut candidates, read);
    let alive = candidates.iter().any(|c| c.decision == Decision::Told);
    if let Some(m) = memory.filter(|_| alive) {
        let bearing = Bearing::new(lang, m, read);
        for c in candidates.iter_mut().filter(|c| !c.own) {
            bearing.weigh(c, &read[c.sentence]);
        }
    }
    for c in &mut candidates {
        c.confidence = lang.weights.confidence(&c.features, memory.is_some());
        if c.own && c.doubt.is_none() {
            c.confidence = c.confidence.max(OWN);
        }
        let least = if c.features.has("proposed") {
            LEAST_PROPOSED
        } else {
            LEAST
        };
        if c.decision == Decision::Told && c.confidence < least {
            c.decision = c.doubt.unwrap_or(Decision::BelowConfidence);
        }
    }
    rank::rank(&mut candidates, read);
    rank::prove(&mut candidates, read, &lang.known);
    if want == Want::Told {
        // a duplicate may say when the happening is, where the told one does not
        candidates.retain(|c| matches!(c.decision, Decision::Told | Decision::Duplicate));
    }
    if candidates.is_empty() {
        return Explanation::default();
    }
    let mut buffer = String::new();
    let title = &input.new.title;
    let cx = Context {
        lang,
        read,
        title: &Sentence::new(title, Place::Title, &lang.lex, &lang.known, &mut buffer),
        memory,
        written: written(input),
    };
    let developments: Vec<Development> = candidates
        .iter()
        .map(|c| describe::development(&cx, c, &candidates))
        .collect();
    let mut out: Vec<Explained> = candidates
        .into_iter()
        .zip(developments)
        .map(|(c, development)| Explained {
            development,
            decision: c.decision,
            notes: c.notes,
            features: c.features.0,
        })
        .collect();
    story::drop_told(lang, input.told, &mut out);
    out.sort_by_key(|e| e.decision != Decision::Told);
    Explanation { candidates: out }
}

/// The candidates of the rules.
pub(super) fn found(
    lang: &Language,
    read: &[Read<'_>],
    memory: Option<&Memory<'_>>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (at, r) in read.iter().enumerate() {
        let closest = memory
            .and_then(|m| m.closest(&memory::distinct(&r.sentence)))
            .filter(|(_, d)| *d >= 0.4);
        for found in &r.found {
            if let Some(c) = judge_one(lang, at, r, found, memory, closest) {
                candidates.push(c);
            }
        }
        if let Some(m) = memory {
            counted::changed(lang, at, r, m, closest, &mut candidates);
            candidates.extend(softened::candidate(lang, at, r, m, closest));
            candidates.extend(moved::candidate(lang, at, r, m, closest));
            candidates.extend(undone::candidate(lang, at, r, m, closest));
            candidates.extend(hardened::candidate(lang, at, r, m, closest));
            realised::candidates(lang, at, r, m, closest, &mut candidates);
        }
    }
    candidates
}

/// The day the sentences that are new were written, by the article's own stamps: in an update the
/// later one, as far as it is there.
fn written(input: &Input<'_>) -> Option<Date> {
    let new = input.new;
    let (published, modified) = (new.published.as_deref(), new.modified.as_deref());
    let stamps = match input.old {
        Some(_) => [modified, input.published, published],
        None => [input.published, published, modified],
    };
    stamps.into_iter().flatten().find_map(date::day_of)
}

/// "in 1953", where the article is of another year: history.
fn history(c: &mut Candidate, s: &Sentence<'_>, year: Option<i32>, k: &Known) {
    if c.decision != Decision::Told {
        return;
    }
    let from = c.trigger.start.saturating_sub(12);
    let to = (c.trigger.end + 12).min(s.tokens.len());
    // "recalls 1410 vehicles": a count
    let counts = |i: usize| {
        matches!(s.pos.get(i + 1), Some(Pos::Noun | Pos::Open))
            && !(i > 0 && s.pos[i - 1] == Pos::Prep)
    };
    // "repeals 2015 rules", "jailed for 2016 murder": the thing's year, not that of what is done to it
    // "sentenced in 1985 killing": of the deed, where the law deals with it
    let law = matches!(
        c.kind,
        Kind::Arrested | Kind::Charged | Kind::Verdict | Kind::Freed
    );
    let of_a_thing = |i: usize| {
        i >= c.trigger.end
            && matches!(s.pos.get(i + 1), Some(Pos::Noun | Pos::Open | Pos::Adj))
            && (law || !s.tokens[i - 1].is(k.in_time))
            && !s.tokens[i - 1].is(k.month)
    };
    // "the steepest fall since 2020": the year is the measure, not the time
    let measure = |i: usize| {
        matches!(c.kind, Kind::Figure | Kind::Toll)
            && (i.saturating_sub(4)..i).any(|j| s.tokens[j].is(k.since))
    };
    let old = (from..to).filter(|i| !of_a_thing(*i)).find(|i| {
        let year_here = date::as_year(s.tokens[*i].text).filter(|y| *y >= 1900 || !counts(*i));
        year_here
            .filter(|_| !measure(*i))
            .is_some_and(|y| match year {
                Some(now) => y < now,
                // without a date, a year that is named is hardly this one
                None => *i > 0 && s.pos[*i - 1] == Pos::Prep,
            })
    });
    // "Nominee testifies before senators, September 6, 2018.": of a picture
    let caption = || {
        let present = c
            .found
            .as_ref()
            .is_some_and(|f| f.scope.tense == Tense::Present);
        let dated = |i: usize| {
            date::as_year(s.tokens[i].text).is_some_and(|y| y >= 1900)
                && (i.saturating_sub(3)..i).any(|j| s.tokens[j].is(k.month))
                && s.tokens[i - 1].text == ","
        };
        (1..s.tokens.len()).find(|i| present && s.place != Place::Title && dated(*i))
    };
    if let Some(at) = old.or_else(caption) {
        c.decision = Decision::Background;
        c.notes.push(format!("of the year {}", s.tokens[at].text));
    }
}

/// Days after which what was done in a month or on a day is no news.
const AGO: i32 = 28;

/// "was jailed in March", in an article of May: what is recalled, not what is told.
fn long_ago(lang: &Language, c: &mut Candidate, s: &Sentence<'_>, written: Option<Date>) {
    let (Some(f), Some(written)) = (&c.found, written) else {
        return;
    };
    // figures come out later than what they count
    let late = matches!(
        c.kind,
        Kind::Scheduled | Kind::Cancelled | Kind::Postponed | Kind::Figure | Kind::Toll
    );
    if c.decision != Decision::Told || f.nominal || late || f.scope.tense != Tense::Past {
        return;
    }
    let (words, known) = (&lang.when, &lang.known);
    let said = when::of(s, &c.trigger, Side::Past, Some(written), words, known);
    let last = said.and_then(|w| {
        let date = w.date?;
        match w.precision {
            Precision::Month => {
                let first: Date = format!("{date}-01").parse().ok()?;
                Some((first.last_of_month(), w.text))
            }
            Precision::Day => Some((date.parse().ok()?, w.text)),
            _ => None,
        }
    });
    if let Some((_, text)) = last.filter(|(d, _)| *d < written.saturating_sub(AGO.days())) {
        c.decision = Decision::Background;
        c.notes.push(format!("long ago: {text}"));
    }
}

fn judge_one(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    f: &Found,
    memory: Option<&Memory<'_>>,
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
        found: Some(f.clone()),
        modality: f.scope.modality,
        old_sentence: closest.map(|c| c.0),
        about,
        names: names(s, f),
        own: rule.own,
        ..Candidate::at(kind, at, f.trigger.clone())
    };
    if let Some(by) = f.scope.by {
        c.notes
            .push(format!("{:?} by \"{}\"", f.scope.modality, s.tokens[by].text).to_lowercase());
    }
    // "sales grew last month": a figure is of the period before
    let of_period = |by: usize| s.tokens.get(by + 1).is_some_and(|t| t.is(k.recent));
    let last = f
        .scope
        .by
        .is_some_and(|by| s.tokens[by].is(k.last) && of_period(by));
    if kind == Kind::Figure && c.modality == Modality::Background && last {
        c.modality = Modality::Actual;
    }
    // "nearly drowned"
    let not_quite = !f.nominal
        && !matches!(c.kind, Kind::Figure | Kind::Toll)
        && f.trigger.start > 0
        && s.tokens[f.trigger.start - 1].is(k.not_quite);
    if not_quite && c.modality == Modality::Actual {
        c.modality = Modality::Possible;
    }
    let question = s.text.trim_end().ends_with('?') || opens_question(s, k);
    let explainer = s.tokens.iter().take(3).any(|t| t.is(k.explainer));
    if question && c.modality == Modality::Actual && s.place == Place::Title {
        c.modality = Modality::Questioned;
    }
    // A new article's headline and lead say what is new; its body recalls.
    let recalled = memory.is_none() && s.place == Place::Body;
    // "is still being held", "often speaks at rallies": a state that goes on, a habit
    let goes_on = !f.nominal
        && (f.scope.chain.saturating_sub(1)..f.trigger.start).any(|i| s.tokens[i].is(k.still));
    let earlier = f.scope.tense == Tense::PastPerfect && !f.scope.reported;
    if c.modality == Modality::Background || earlier || goes_on || recalled {
        c.decision = Decision::Background;
    } else if c.modality != Modality::Actual
        || (memory.is_some() && f.scope.clause == Clause::Before && f.scope.tense == Tense::Present)
    {
        c.decision = Decision::NotActual;
    }
    let features = &mut c.features;
    features.set("bias", 1.0);
    features.flag("pair", memory.is_some());
    features.flag(kind.as_str(), true);
    features.flag("incident_act", kind == Kind::Incident && !f.nominal);
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
    let reported = s.place != Place::Title && !subordinate;
    features.flag("reported_past", reported && f.scope.tense == Tense::Past);
    features.flag(
        "reported_perfect",
        reported && f.scope.tense == Tense::Perfect,
    );
    features.flag("quoted", f.scope.quoted);
    features.flag("hedged", f.scope.hedged);
    features.flag("explainer", explainer || question);
    features.flag("sport", s.tokens.iter().any(|t| t.is(k.sport)));
    if f.nominal {
        let before = span::before_phrase(s, f.trigger.start);
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
        novelty::against_old(lang, m, &mut c, s, f, closest);
    }
    Some(c)
}

/// "Why", "is" as the first word; but "IS" and "WHO" are names.
pub(super) fn opens_question(s: &Sentence<'_>, k: &Known) -> bool {
    let asks = |t: &Token<'_>| t.is(k.question) && t.shape != Shape::Upper;
    s.tokens.first().is_some_and(asks) && s.pos.first() != Some(&Pos::Open)
}

/// Capitalised words of patient and agent.
fn names(s: &Sentence<'_>, f: &Found) -> Vec<u64> {
    f.patient
        .clone()
        .chain(f.agent.clone())
        .filter(|i| *i > 0 && matches!(s.tokens[*i].shape, Shape::Capital | Shape::Upper))
        .map(|i| s.tokens[i].key)
        .collect()
}
