//! What the old revision held to be still to come and the new one reports as done, where no
//! trigger of a kind says so: "to give speech" and now "gives speech".

use super::engine::{Language, Read};
use super::find::{Found, Place, Sentence};
use super::grade::Features;
use super::judge::Candidate;
use super::known::Known;
use super::memory::{self, Memory};
use super::morph::tag;
use super::outlook::{self, Standing};
use super::pos::Pos;
use super::scope::{Clause, Tense};
use crate::article::{Kind, Modality};

/// A happening that was ahead and is now reported.
struct Realised {
    kind: Kind,
    /// Token of the verb.
    at: usize,
    /// By a verb of public acts, or of one that happenings are the object of.
    public: bool,
}

/// Adds a candidate for every plan of the old revision that this sentence reports as fact.
pub(super) fn candidates(
    lang: &Language,
    at: usize,
    r: &Read<'_>,
    m: &Memory<'_>,
    closest: Option<(usize, f64)>,
    out: &mut Vec<Candidate>,
) {
    let s = &r.sentence;
    for realised in find(s, &r.found, m, closest, &lang.known) {
        let mut f = Features::default();
        f.set("bias", 1.0);
        f.flag("pair", true);
        f.flag("realised", true);
        f.flag("title", s.place == Place::Title);
        f.flag("body", s.place == Place::Body);
        f.flag("realised_public", realised.public);
        out.push(Candidate {
            old_sentence: closest.map(|c| c.0),
            about: memory::keys(s, 0..s.tokens.len()),
            notes: vec!["was still to come".to_owned()],
            features: f,
            ..Candidate::at(realised.kind, at, realised.at..realised.at + 1)
        });
    }
}

/// The verbs of a sentence whose happening was ahead in the old revision.
fn find(
    s: &Sentence<'_>,
    found: &[Found],
    m: &Memory<'_>,
    closest: Option<(usize, f64)>,
    k: &Known,
) -> Vec<Realised> {
    let mut out = Vec::new();
    let standings = outlook::of(s, k);
    // in the old counterpart the word was ahead, whatever the rest of the old revision said of it
    let was_ahead = |key: u64| closest.is_some_and(|(index, _)| m.was_ahead(index, key));
    for (at, standing) in standings.iter().enumerate() {
        let Pos::Verb(tags) = s.pos[at] else { continue };
        let t = &s.tokens[at];
        let taken = found
            .iter()
            .any(|f| f.kind.is_some() && f.trigger.contains(&at));
        // a form that may be anything is the verb if it was one before
        let unclear = tags & !(tag::BASE | tag::PART) == 0 && !was_ahead(t.key);
        if taken || *standing != Standing::Done || unclear {
            continue;
        }
        // "appears to show"
        if s.pos.get(at + 1) == Some(&Pos::To) {
            continue;
        }
        let scope = s.scope(at, false, k);
        // "Premier speaking in Rome after vote"
        let going = tags & tag::ING != 0
            && (scope.tense == Tense::Progressive
                || (s.place == Place::Title
                    && at > 0
                    && at < 6
                    && matches!(s.pos[at - 1], Pos::Noun | Pos::Open)
                    && !s.pos[..at].iter().any(|p| p.finite())));
        let actual = scope.modality == Modality::Actual
            && !matches!(scope.tense, Tense::Future | Tense::PastPerfect)
            && (tags & tag::ING == 0 || going)
            && matches!(scope.clause, Clause::Main | Clause::With | Clause::After);
        if !actual {
            continue;
        }
        // the subject was spoken of
        let subject = (at.saturating_sub(6)..at).any(|i| m.words.contains(&s.tokens[i].key));
        let object = (at + 1..s.tokens.len().min(at + 7))
            .take_while(|i| s.pos[*i] != Pos::Stop && s.pos[*i] != Pos::Sub);
        let ahead = |i: usize| m.outlook.only_ahead(s.tokens[i].key) || was_ahead(s.tokens[i].key);
        let before = &s.tokens[at.saturating_sub(6)..at];
        if subject && before.iter().any(|t| t.is(k.disaster)) {
            if ahead(at) || before.iter().any(|t| m.outlook.only_ahead(t.key)) {
                out.push(Realised {
                    kind: Kind::Incident,
                    at,
                    public: true,
                });
            }
            continue;
        }
        let happening = object
            .clone()
            .any(|i| s.tokens[i].is(k.happening) && ahead(i));
        let act = t.is(k.act) && (ahead(at) || happening);
        let light = t.is(k.light) && happening;
        let public = act || light;
        // "set to change its name" and now "changes its name"; but "actor to give up the stage" said
        // all there was to say
        let person = before.iter().any(|t| t.is(k.person));
        let private = ahead(at)
            && subject
            && !person
            && s.place == Place::Title
            && scope.clause == Clause::Main
            && !t.is(k.say);
        if ((subject || s.place == Place::Title) && public) || private {
            out.push(Realised {
                kind: Kind::Occurred,
                at,
                public,
            });
        }
    }
    out
}
