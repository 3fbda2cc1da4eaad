//! What holds of the detection engine for any text.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wirewatch::article::Revision;
use wirewatch::detect::{Decision, Engine, Input};

fn revision(title: &str, text: &str) -> Revision {
    Revision {
        title: title.to_owned(),
        text: text.to_owned(),
        ..Revision::default()
    }
}

fn input<'a>(old: Option<&'a Revision>, new: &'a Revision) -> Input<'a> {
    Input {
        old,
        new,
        published: None,
        told: &[],
    }
}

/// Sentences of different stories, none of which speaks of another.
const SENTENCES: [&str; 8] = [
    "The council cancelled the lantern parade on Friday, a spokesman said.",
    "Police arrested two men in Kiruna on suspicion of theft.",
    "The harbour bridge reopened after repairs.",
    "A painter from Ghent lives near the canal.",
    "The bakery sells rye bread and plum cake.",
    "Parliament approved the fishing bill.",
    "The library owns a globe from the year of its foundation.",
    "At least 14 people were killed when a bus fell into a ravine.",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_without_panic(title in ".{0,80}", old in ".{0,300}", new in ".{0,300}") {
        let engine = engine();
        let (old, new) = (revision(&title, &old), revision(&title, &new));
        for d in engine.detect(&input(Some(&old), &new)).iter().chain(&engine.detect(&input(None, &new))) {
            prop_assert!((0.0..=1.0).contains(&d.confidence));
        }
    }

    #[test]
    fn words_of_the_language_in_any_order_are_read_without_panic(
        words in prop::collection::vec(prop::sample::select(vec![
            "to", "not", "called", "off", "the", "meeting", ",", "-", "after", "who", "killed", "12", "$3bn",
            "\"", "’s", "n't", "will", "been", "toll", "rises", "said", "per", "cent", "until", "if", "é",
        ]), 0..60)
    ) {
        let text = words.join(" ");
        let new = revision(&text, &text);
        engine().explain(&input(None, &new));
    }

    #[test]
    fn a_revision_against_itself_tells_nothing(order in Just(SENTENCES.to_vec()).prop_shuffle()) {
        let new = revision("The week in brief", &order.join("\n\n"));
        prop_assert!(engine().detect(&input(Some(&new), &new)).is_empty());
    }

    #[test]
    fn the_order_of_unrelated_sentences_changes_no_kind(order in Just(SENTENCES.to_vec()).prop_shuffle()) {
        let old = revision("The week in brief", "Nothing has been reported yet.");
        let kinds = |sentences: &[&str]| {
            let new = revision("The week in brief", &sentences.join("\n\n"));
            let mut kinds: Vec<(String, String)> = engine()
                .explain(&input(Some(&old), &new))
                .candidates
                .into_iter()
                .filter(|c| c.decision != Decision::Duplicate)
                .map(|c| (c.development.kind.as_str().to_owned(), c.development.evidence.trigger))
                .collect();
            kinds.sort();
            kinds
        };
        prop_assert_eq!(kinds(&SENTENCES), kinds(&order));
    }

    #[test]
    fn moved_and_restyled_sentences_tell_nothing(order in Just(SENTENCES.to_vec()).prop_shuffle()) {
        let old = revision("The week in brief", &SENTENCES.join("\n\n"));
        let new = revision("The week in brief", &order.join("\n\n").replace('\'', "’"));
        prop_assert!(engine().detect(&input(Some(&old), &new)).is_empty());
    }
}

fn engine() -> &'static Engine {
    static ENGINE: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    ENGINE.get_or_init(Engine::english)
}

#[test]
fn the_story_is_told_a_development_once() {
    let new = revision(
        "Lantern parade cancelled",
        "The lantern parade has been cancelled, the council said.",
    );
    let first = engine().detect(&input(None, &new));
    assert_eq!(first.len(), 1, "{first:?}");
    let other = revision("Council cancels lantern parade", "");
    let again = engine().detect(&Input {
        old: None,
        new: &other,
        published: None,
        told: &first,
    });
    assert!(again.is_empty(), "{again:?}");
}

/// Time on a megabyte must stay near ten times that on a tenth of it.
#[test]
fn a_megabyte_of_garbage_takes_linear_time() {
    let engine = engine();
    for unit in [
        "killed called off the meeting, who said to resign after 12 ",
        "x",
        "talks. Talks collapse! ",
        "\n\nDeal, deal",
        "“’s ",
    ] {
        let time = |bytes: usize| {
            let text = unit.repeat(bytes / unit.len());
            let old = revision("Old", &text);
            let new = revision("New", &format!("Now. {text} And."));
            let start = Instant::now();
            engine.explain(&input(Some(&old), &new));
            start.elapsed()
        };
        let small = time(100_000).max(Duration::from_millis(5));
        let large = time(1_000_000);
        assert!(
            large < small * 40,
            "{unit:?}: {small:?} for 0.1 MB, {large:?} for 1 MB"
        );
    }
}
