//! The table of `tests/detect/bodies.txt`: one sentence in the body of an article changes.

use std::collections::BTreeSet;

use wirewatch::article::Revision;
use wirewatch::detect::{Engine, Input};

/// Sentences that say nothing new; the changing one stands among them.
const AROUND: [&str; 6] = [
    "The town lies on a bend of the river, and most of its people work in the harbour or in the mills around it.",
    "People here have grumbled for years about the road to the coast, which is narrow and badly lit.",
    "A café owner in the main street said that she hoped for a quiet summer.",
    "The regional newspaper devoted four pages to the subject at the weekend.",
    "The office did not answer written questions in detail.",
    "Two of the buildings date from the nineteenth century and are protected.",
];

fn revision(title: &str, sentence: &str, at: usize) -> Revision {
    let mut paragraphs = AROUND.to_vec();
    paragraphs.insert(at, sentence);
    Revision {
        title: title.to_owned(),
        text: paragraphs.join("\n\n"),
        ..Revision::default()
    }
}

#[test]
fn a_changed_sentence_in_the_body_is_told_as_expected() {
    let engine = Engine::english();
    let mut wrong = Vec::new();
    let mut lines = 0;
    let table = include_str!("detect/bodies.txt").lines();
    for line in table.filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let [kinds, title, change] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
            panic!("{line:?} has no two bars");
        };
        let (old, new) = change
            .split_once(" >> ")
            .expect("an old and a new sentence");
        let want: BTreeSet<&str> = kinds.split('/').filter(|w| *w != "-").collect();
        for at in [0, 3] {
            lines += 1;
            let told = engine.detect(&Input {
                old: Some(&revision(title, old, at)),
                new: &revision(title, new, at),
                published: None,
                told: &[],
            });
            let got: BTreeSet<&str> = told.iter().map(|d| d.kind.as_str()).collect();
            let right = match want.is_empty() {
                true => got.is_empty(),
                false => !got.is_empty() && got.is_subset(&want),
            };
            if !right {
                wrong.push(format!("want {want:?} got {got:?}: {new}"));
            }
        }
    }
    assert!(lines >= 200, "{lines} lines");
    assert!(
        wrong.is_empty(),
        "{} of {lines} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
