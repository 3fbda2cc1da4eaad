//! The operator's own kinds: what one is, and whether it does what its examples say. Pure.

use serde::Serialize;

use super::candidate::{Decision, Explained};
use super::engine::{Engine, Input};
use crate::article::{Development, Kind, Revision};

/// A kind of the operator's own: told as `other`, with its name as the state reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CustomKind {
    /// Its name, the `to` of the development.
    pub name: String,
    /// Two-letter code of the language of its words; every language where absent.
    pub language: Option<String>,
    /// Verbs with their particles: "unionise", "go on hunger strike".
    pub verbs: Vec<String>,
    /// Fixed phrases.
    pub phrases: Vec<String>,
    /// Words or `@classes` of which what it is done to must hold one; empty for anything.
    pub about: Vec<String>,
    /// Words or `@classes` of which it must hold none.
    pub unless: Vec<String>,
    /// Headlines that must be told as this kind.
    pub examples: Vec<String>,
    /// Headlines that must not.
    pub counter_examples: Vec<String>,
}

impl CustomKind {
    /// Whether the development is one of this kind.
    pub fn is(&self, development: &Development) -> bool {
        development.kind == Kind::Other && development.to == self.name
    }
}

/// An example that does not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Number of the kind among those asked about.
    pub kind: usize,
    /// A counter-example, which was told; otherwise an example, which was not.
    pub counter: bool,
    /// Number of the example in its list.
    pub example: usize,
    /// What was found in it instead, for a person.
    pub found: String,
}

impl Engine {
    /// Reads the examples of own kinds this engine was made with, each as the headline of a new
    /// article, and returns those that fail.
    pub fn failures(&self, own: &[CustomKind]) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (at, kind) in own.iter().enumerate() {
            let mut test = |texts: &[String], counter: bool| {
                for (example, text) in texts.iter().enumerate() {
                    let found = self.headline(text);
                    let told = found
                        .iter()
                        .any(|c| c.decision == Decision::Told && kind.is(&c.development));
                    if told == counter {
                        failures.push(Failure {
                            kind: at,
                            counter,
                            example,
                            found: instead(kind, &found),
                        });
                    }
                }
            };
            test(&kind.examples, false);
            test(&kind.counter_examples, true);
        }
        failures
    }

    fn headline(&self, text: &str) -> Vec<Explained> {
        let new = Revision {
            title: text.to_owned(),
            ..Revision::default()
        };
        let input = Input {
            old: None,
            new: &new,
            published: None,
            told: &[],
        };
        self.explain(&input).candidates
    }
}

/// What was found in an example: the kind itself with what became of it, else what was told, else
/// that there was nothing.
fn instead(kind: &CustomKind, found: &[Explained]) -> String {
    if let Some(own) = found.iter().find(|c| kind.is(&c.development)) {
        let trigger = &own.development.evidence.trigger;
        let mut text = format!("\"{trigger}\" was found, {}", own.decision.phrase());
        if !own.notes.is_empty() {
            text.push_str(&format!(": {}", own.notes.join("; ")));
        }
        return text;
    }
    let told: Vec<String> = found
        .iter()
        .filter(|c| c.decision == Decision::Told)
        .map(|c| {
            let d = &c.development;
            format!("{} by \"{}\"", d.kind.as_str(), d.evidence.trigger)
        })
        .collect();
    match told.as_slice() {
        [] => "no trigger of the kind was found, and nothing else".to_owned(),
        told => format!(
            "no trigger of the kind was found, but {}",
            told.join(" and ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    fn hunger_strike() -> CustomKind {
        CustomKind {
            name: "hunger strike".to_owned(),
            verbs: list(&["go on hunger strike", "refuse food"]),
            phrases: list(&["hunger strike begins"]),
            ..CustomKind::default()
        }
    }

    /// What fails of one kind: counter?, which, what was found.
    fn failures(kind: CustomKind) -> Vec<(bool, usize, String)> {
        let engine = Engine::new(std::slice::from_ref(&kind)).unwrap();
        let failures = engine.failures(&[kind]).into_iter();
        failures.map(|f| (f.counter, f.example, f.found)).collect()
    }

    #[test]
    fn examples_that_do_what_they_should() {
        let kind = CustomKind {
            examples: list(&[
                "Jailed poet goes on hunger strike",
                "Miners refuse food over unpaid wages",
                "Hunger strike begins at Lowmoor prison",
            ]),
            counter_examples: list(&[
                "Jailed poet denies going on hunger strike",
                "Poet may go on hunger strike",
                "Doctors refuse to strike",
            ]),
            ..hunger_strike()
        };
        assert_eq!(failures(kind), []);
    }

    #[test]
    fn an_example_that_fails_says_what_was_found_instead() {
        let kind = CustomKind {
            examples: list(&[
                "Jailed poet denies going on hunger strike",
                "Mayor resigns",
                "A quiet day in town",
            ]),
            counter_examples: list(&["Jailed poet goes on hunger strike"]),
            ..hunger_strike()
        };
        assert_eq!(
            failures(kind),
            [
                (
                    false,
                    0,
                    "\"going on hunger strike\" was found, not actual: negated by \"denies\""
                        .to_owned()
                ),
                (
                    false,
                    1,
                    "no trigger of the kind was found, but resigned by \"resigns\"".to_owned()
                ),
                (
                    false,
                    2,
                    "no trigger of the kind was found, and nothing else".to_owned()
                ),
                (
                    true,
                    0,
                    "\"goes on hunger strike\" was found, told".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn an_own_kind_stands_beside_the_shipped_ones_and_beside_others() {
        let walkout = CustomKind {
            name: "food protest".to_owned(),
            verbs: list(&["go on hunger strike"]),
            ..CustomKind::default()
        };
        let arrest = CustomKind {
            name: "poet".to_owned(),
            verbs: list(&["arrest"]),
            about: list(&["poet"]),
            ..CustomKind::default()
        };
        let engine = Engine::new(&[hunger_strike(), walkout, arrest]).unwrap();
        let told = |text: &str| {
            let told = engine.headline(text).into_iter();
            let mut told: Vec<String> = told
                .filter(|c| c.decision == Decision::Told)
                .map(|c| c.development)
                .filter(|d| matches!(d.kind, Kind::Other | Kind::Arrested))
                .map(|d| format!("{} {}", d.kind.as_str(), d.to))
                .collect();
            told.sort();
            told
        };
        assert_eq!(
            told("Jailed poet goes on hunger strike"),
            ["other food protest", "other hunger strike"]
        );
        assert_eq!(
            told("Police arrest poet in Lund"),
            ["arrested arrested", "other poet"]
        );
        assert_eq!(told("Police arrest man in Lund"), ["arrested arrested"]);
    }

    #[test]
    fn an_own_kind_is_new_although_the_article_knew_everything_it_is_about() {
        let engine = Engine::new(&[hunger_strike()]).unwrap();
        let old = Revision {
            title: "Jailed poet Ilva Brandt waits for a hearing".to_owned(),
            text: "The poet Ilva Brandt has been held at Lowmoor prison since March.".to_owned(),
            ..Revision::default()
        };
        let new = Revision {
            title: "Jailed poet Ilva Brandt goes on hunger strike".to_owned(),
            ..old.clone()
        };
        let detect = |old: &Revision, new: &Revision| {
            engine.detect(&Input {
                old: Some(old),
                new,
                published: None,
                told: &[],
            })
        };
        let told = detect(&old, &new);
        assert!(told.iter().any(|d| hunger_strike().is(d)), "{told:?}");
        let later = Revision {
            text: format!("{} She is on the third day.", new.text),
            ..new.clone()
        };
        assert_eq!(detect(&new, &later), []);
    }

    #[test]
    fn an_own_kind_with_an_unknown_class_is_refused_with_its_name() {
        let kind = CustomKind {
            about: list(&["@nonsense"]),
            ..hunger_strike()
        };
        let error = Engine::new(&[kind]).err().unwrap();
        assert!(
            error.contains("hunger strike") && error.contains("@nonsense"),
            "{error}"
        );
    }
}
