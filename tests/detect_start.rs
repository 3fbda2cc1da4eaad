//! The starting case of the product: a summit that was to be, and is called off.

use wirewatch::article::{Development, Kind, Revision};
use wirewatch::detect::{Decision, Engine, Input};

const BEFORE: &str = "President Adler of Norland will meet President Orlov of Sarmia in Budapest within two weeks to discuss the border war, the White House said on Thursday.

The two leaders agreed to the summit after a two-hour telephone call that both sides called productive.

Secretary of State Mara Quinn and Foreign Minister Pavel Sorin are expected to hold a preparatory meeting this week.

The city has prepared a hotel on the river for the guests.";

const AFTER: &str = "President Adler of Norland no longer plans to meet President Orlov of Sarmia in Budapest in the immediate future, the White House said on Tuesday.

The two leaders agreed to the summit after a two-hour telephone call that both sides called productive.

A preparatory meeting between Secretary of State Mara Quinn and Foreign Minister Pavel Sorin was cancelled after a call between negotiators went badly, an official said.

The city had prepared a hotel on the river for the guests.";

fn revision(title: &str, text: &str) -> Revision {
    Revision {
        title: title.to_owned(),
        text: text.to_owned(),
        ..Revision::default()
    }
}

fn told() -> Vec<Development> {
    let old = revision(
        "Adler to meet Orlov in Hungary for talks on border war",
        BEFORE,
    );
    let new = revision("Adler's meeting with Orlov in Hungary called off", AFTER);
    Engine::english().detect(&Input {
        old: Some(&old),
        new: &new,
        published: None,
        told: &[],
    })
}

#[test]
fn the_called_off_summit_is_told_first_and_reads_alone() {
    let told = told();
    let first = told.first().expect("a development");
    assert_eq!(first.kind, Kind::Cancelled);
    assert_eq!(first.subject, "Adler's meeting with Orlov in Hungary");
    assert_eq!(
        (first.from.as_deref(), first.to.as_str()),
        (Some("scheduled"), "cancelled")
    );
    assert_eq!(first.attribution.as_deref(), Some("White House"));
    // The sentence that names its source proves it, not the headline.
    assert_eq!(first.evidence.trigger, "no longer plans to");
    let proof = first.evidence.new.as_deref().unwrap_or_default();
    assert!(proof.contains("White House"), "{proof}");
    assert!(first.confidence >= 0.6, "{}", first.confidence);
}

#[test]
fn the_ministers_meeting_is_a_development_of_its_own() {
    let told = told();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[1].kind, Kind::Cancelled);
    assert_eq!(told[1].attribution.as_deref(), Some("official"));
    assert!(
        told[1]
            .subject
            .starts_with("preparatory meeting between Secretary of State Mara Quinn"),
        "{}",
        told[1].subject
    );
}

#[test]
fn the_same_page_again_tells_nothing() {
    let new = revision("Adler's meeting with Orlov in Hungary called off", AFTER);
    let explanation = Engine::english().explain(&Input {
        old: Some(&new),
        new: &new,
        published: None,
        told: &[],
    });
    assert!(
        explanation
            .candidates
            .iter()
            .all(|c| c.decision != Decision::Told)
    );
}

#[test]
fn a_number_in_the_body_alone_is_told_with_both_values() {
    let text = |n: &str| {
        format!(
            "Floods swept through the valley, leaving {n} dead and 300 homeless, the agency said.\n\nSchools stay shut until Monday."
        )
    };
    let (old, new) = (
        revision("Floods in the valley", &text("12")),
        revision("Floods in the valley", &text("15")),
    );
    let told = Engine::english().detect(&Input {
        old: Some(&old),
        new: &new,
        published: None,
        told: &[],
    });
    assert_eq!(told.len(), 1, "{told:#?}");
    let quantity = told[0].quantity.as_ref().expect("a quantity");
    assert_eq!(told[0].kind, Kind::Toll);
    assert_eq!(
        (
            quantity.referent.as_str(),
            quantity.old.as_deref(),
            quantity.new.as_deref()
        ),
        ("dead", Some("12"), Some("15"))
    );
    assert_eq!(told[0].attribution.as_deref(), Some("agency"));
}

#[test]
fn a_source_keeps_what_it_was_briefed_on() {
    let new = Revision {
        title: "Vote on the harbour law postponed".to_owned(),
        text: "The vote on the harbour law has been postponed, two officials briefed on the matter said."
            .to_owned(),
        ..Revision::default()
    };
    let told = Engine::english().detect(&Input {
        old: None,
        new: &new,
        published: None,
        told: &[],
    });
    assert_eq!(
        told[0].attribution.as_deref(),
        Some("two officials briefed on the matter")
    );
}
