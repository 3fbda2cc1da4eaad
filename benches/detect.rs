//! How many headline pairs and whole-article pairs a core reads a second.

use divan::counter::ItemsCount;
use wirewatch::article::Revision;
use wirewatch::detect::{Engine, Input};

fn main() {
    divan::main();
}

const HEADLINES: [(&str, &str); 6] = [
    (
        "Ministers to meet in Bern over river levels",
        "Ministers' meeting in Bern called off after floods",
    ),
    (
        "Quake in the hills kills at least 12",
        "Quake in the hills kills at least 15",
    ),
    (
        "Bakers weigh offer in pay dispute",
        "Bakers' union rejects pay offer",
    ),
    (
        "Painter opens a show in Ghent",
        "Painter's show opens in Ghent",
    ),
    (
        "Bridge closed for repairs",
        "Bridge reopens to traffic after repairs",
    ),
    (
        "Mayor faces questions over harbour contract",
        "Mayor resigns over harbour contract",
    ),
];

const SENTENCES: [&str; 10] = [
    "The council met on Monday to discuss the harbour, and the mayor said that the work would take two years.",
    "Police arrested two men near the station after a fire in a warehouse, which destroyed 40 boats.",
    "At least 14 people were killed and 30 injured when a bus left the road, officials said.",
    "The bank raised its main rate to 4.5 per cent, a step that few had expected.",
    "A spokesman for the ministry denied that the talks had been cancelled.",
    "Residents called for the ban to be lifted before the summer.",
    "The court is expected to rule on the appeal next week, according to two lawyers.",
    "In 1953 the river flooded the lower town and 300 families lost their homes.",
    "The company, which employs 900 people, agreed to buy its rival for $2.4bn.",
    "If the offer fails, the strike could go ahead in May, the union warned.",
];

fn revision(title: &str, text: String) -> Revision {
    Revision {
        title: title.to_owned(),
        text,
        ..Revision::default()
    }
}

/// A headline and a summary each, old and new, all different.
#[divan::bench]
fn headline_pairs(bencher: divan::Bencher<'_, '_>) {
    let engine = Engine::english();
    let pairs: Vec<(Revision, Revision)> = HEADLINES
        .iter()
        .zip(SENTENCES)
        .map(|((old, new), s)| {
            (
                revision(old, s.to_owned()),
                revision(new, s.replace("The", "A")),
            )
        })
        .collect();
    bencher.counter(ItemsCount::new(pairs.len())).bench(|| {
        for (old, new) in &pairs {
            divan::black_box(engine.detect(&Input {
                old: Some(old),
                new,
                published: None,
                told: &[],
            }));
        }
    });
}

/// Thirty sentences a side; `changed` of them differ.
#[divan::bench(args = [1, 5, 30])]
fn article_pairs(bencher: divan::Bencher<'_, '_>, changed: usize) {
    let engine = Engine::english();
    let text = |new: bool| {
        let line = |i: usize| {
            let mark = if new && i < changed { "again" } else { "there" };
            format!("{} This was said {mark} in part {i}.", SENTENCES[i % 10])
        };
        (0..15).map(line).collect::<Vec<_>>().join("\n\n")
    };
    let (old, new) = (
        revision("News of the harbour", text(false)),
        revision("News of the harbour town", text(true)),
    );
    bencher.counter(ItemsCount::new(1usize)).bench(|| {
        engine.detect(&Input {
            old: Some(&old),
            new: &new,
            published: None,
            told: &[],
        })
    });
}
