//! The table of `tests/detect/cases.txt`: each line says what the engine must tell.

use std::collections::BTreeSet;

use wirewatch::article::Revision;
use wirewatch::detect::{Engine, Input};

fn revision(text: &str) -> Revision {
    let (title, text) = text.split_once(" // ").unwrap_or((text, ""));
    Revision {
        title: title.trim().to_owned(),
        text: text.trim().to_owned(),
        ..Revision::default()
    }
}

#[test]
fn every_line_of_the_table_is_told_as_expected() {
    let engine = Engine::english();
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in include_str!("detect/cases.txt")
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
    {
        lines += 1;
        let (want, text) = line.split_once(" | ").expect("a bar");
        let (old, new) = match text.split_once(" >> ") {
            Some((old, new)) => (Some(revision(old)), revision(new)),
            None => (None, revision(text)),
        };
        let told = engine.detect(&Input {
            old: old.as_ref(),
            new: &new,
            published: None,
            told: &[],
        });
        let got: BTreeSet<&str> = told.iter().map(|d| d.kind.as_str()).collect();
        let want: BTreeSet<&str> = want.split_whitespace().filter(|w| *w != "-").collect();
        if got != want {
            wrong.push(format!("want {want:?} got {got:?}: {text}"));
        }
    }
    assert!(lines >= 250, "{lines} lines");
    assert!(
        wrong.is_empty(),
        "{} of {lines} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
