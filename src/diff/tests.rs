use std::fmt::Write;

use proptest::prelude::*;

use super::{apply, diff, same};
use crate::article::{Edit, EditKind, Place, Revision};

fn revision(title: &str, text: &str) -> Revision {
    Revision {
        title: title.to_owned(),
        text: text.to_owned(),
        ..Revision::default()
    }
}

/// Kind and indices in short: "title ~", "+2", "-0", "~1>2", "m0>3".
fn short(edits: &[Edit]) -> String {
    let mut out = String::new();
    for edit in edits {
        let sign = match edit.kind {
            EditKind::Added => '+',
            EditKind::Removed => '-',
            EditKind::Changed => '~',
            EditKind::Moved => 'm',
        };
        let title = if edit.place == Place::Title {
            "title"
        } else {
            ""
        };
        write!(out, " {title}{sign}").unwrap();
        match (&edit.old, &edit.new) {
            (Some(o), Some(n)) => write!(out, "{}>{}", o.index, n.index).unwrap(),
            (Some(s), None) | (None, Some(s)) => write!(out, "{}", s.index).unwrap(),
            (None, None) => panic!("an edit without sentences"),
        }
    }
    out.trim().to_owned()
}

const A: &str = "The presidents will meet in Budapest next week.";
const B: &str = "Negotiators spoke by telephone on Monday evening.";
const C: &str = "Hungary offered to host both delegations.";
const D: &str = "Farmers blocked the motorway near the border.";

#[test]
fn table() {
    let cases: &[(&str, String, String, &str)] = &[
        ("nothing", String::new(), String::new(), ""),
        ("the same", format!("{A} {B}"), format!("{A} {B}"), ""),
        ("empty old", String::new(), format!("{A}\n\n{B}"), "+0 +1"),
        ("empty new", format!("{A} {B}"), String::new(), "-0 -1"),
        ("a paragraph split in two", format!("{A} {B} {C}"), format!("{A}\n\n{B} {C}"), ""),
        ("two paragraphs joined", format!("{A}\n\n{B}"), format!("{A} {B}"), ""),
        ("added at the end", A.into(), format!("{A} {B}"), "+1"),
        ("added in front", A.into(), format!("{B}\n\n{A}"), "+0"),
        ("removed in the middle", format!("{A} {B} {C}"), format!("{A} {C}"), "-1"),
        ("paragraphs in another order", format!("{A}\n\n{B}\n\n{C}"), format!("{C}\n\n{A}\n\n{B}"), "m2>0"),
        ("a typo in one word", format!("{A} {B}"), format!("{A} {}", B.replace("telephone", "telefone")), "~1>1"),
        ("a number", format!("{A} A blast killed 12 people."), format!("{A} A blast killed 15 people."), "~1>1"),
        ("rewritten and moved", format!("{A} {B} {C} {D}"), format!("{D} {A} {B} Hungary has offered to host both delegations again."), "m3>0 ~2>3"),
        ("called off", format!("{A} {B}"), format!("The presidents will not meet in Budapest, the White House said. {B}"), "~0>0"),
        ("whole body replaced", format!("{A} {B}"), format!("{D} Prices rose."), "-0 -1 +0 +1"),
        ("joined sentences", format!("{A} {B} {C}"), "The presidents will meet in Budapest next week, and negotiators spoke by telephone on Monday evening. Hungary offered to host both delegations.".into(), "~0>0 ~1>0"),
        ("a sentence split", "The presidents will meet in Budapest next week, and negotiators spoke by telephone on Monday evening.".into(), format!("{A} {B}"), "~0>0 ~0>1"),
        ("a second copy", format!("{A} {B}"), format!("{A} {B} {A}"), "+2"),
        ("one copy less", format!("{A} {B} {A} {C}"), format!("{A} {B} {C}"), "-2"),
        ("copies only", format!("{A} {A} {A}"), format!("{A} {A}"), "-2"),
        ("stamps, datelines, marks", format!("Updated 3 minutes ago\n\nBUDAPEST, Hungary (AP) — {A}\n\n“No,” he said."), format!("{A}\n\nVisited 17 times, 1 visit(s) today\n\n\"No\", he said.\n\nAdvertisement").replace("\"No\",", "\"No,\""), ""),
        ("Chinese", "会谈将于下周举行。双方已经同意。".into(), "会谈将于下周取消。双方已经同意。".into(), "~0>0"),
    ];
    for (name, old, new, want) in cases {
        let (old, new) = (revision("T", old), revision("T", new));
        let found = diff(&old, &new);
        assert_eq!(short(&found.edits), *want, "{name}");
        assert_eq!(found.is_empty(), same(&old, &new), "{name}");
        assert!(same(&apply(&old, &found.edits), &new), "{name}");
    }
}

#[test]
fn the_headline_has_its_own_place() {
    let cases = [
        ("Presidents to meet", "Presidents to meet", ""),
        ("Presidents to meet", "PRESIDENTS TO MEET.", ""),
        ("Presidents to meet", "Talks off", "title~0>0"),
        ("", "Talks off", "title+0"),
        ("Talks off", " ", "title-0"),
    ];
    for (old, new, want) in cases {
        let (old, new) = (revision(old, A), revision(new, A));
        let found = diff(&old, &new);
        assert_eq!(short(&found.edits), want);
        assert!(same(&apply(&old, &found.edits), &new));
    }
}

#[test]
fn edits_carry_the_printed_sentences() {
    let found = diff(
        &revision("", &format!("{A}\n\n{B}")),
        &revision(
            "",
            &format!("{A} Ice melts.\n\n{}", B.replace("Monday", "Sunday")),
        ),
    );
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"edits": [
            {"kind": "added", "place": "body", "old": null, "new": {"index": 1, "text": "Ice melts."}},
            {"kind": "changed", "place": "body",
             "old": {"index": 1, "text": "Negotiators spoke by telephone on Monday evening."},
             "new": {"index": 2, "text": "Negotiators spoke by telephone on Sunday evening."}},
        ]})
    );
}

#[test]
fn edits_of_another_revision_do_no_harm() {
    let found = diff(
        &revision("", &format!("{A} {B} {C}")),
        &revision("", &format!("{C} {D}")),
    );
    let applied = apply(&revision("", ""), &found.edits);
    assert!(applied.text.contains(D));
}

/// What an editor does to a text.
#[derive(Debug, Clone)]
enum Step {
    Add(usize, String),
    Remove(usize),
    Reword(usize, String),
    Move(usize, usize),
    Split(usize),
    Join(usize),
    Copy(usize, usize),
}

fn sentence() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "talks", "summit", "12", "3.5", "Mr.", "U.S.", "off", "on", "the", "Budapest", "said",
        "not", "“no”", "minister", "会谈", "取消", "J.", "Monday", "—",
    ]);
    let end = prop::sample::select(vec![".", "!", "?", "", "…", "。", ".”"]);
    (prop::collection::vec(word, 1..9), end)
        .prop_map(|(words, end)| format!("{}{end}", words.join(" ")))
}

fn paragraphs() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(sentence(), 1..5), 0..8)
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..100usize;
    prop_oneof![
        (at.clone(), sentence()).prop_map(|(i, s)| Step::Add(i, s)),
        at.clone().prop_map(Step::Remove),
        (at.clone(), sentence()).prop_map(|(i, s)| Step::Reword(i, s)),
        (at.clone(), at.clone()).prop_map(|(i, j)| Step::Move(i, j)),
        at.clone().prop_map(Step::Split),
        at.clone().prop_map(Step::Join),
        (at.clone(), at).prop_map(|(i, j)| Step::Copy(i, j)),
    ]
}

fn take(step: &Step, text: &mut Vec<Vec<String>>) {
    let n = text.len();
    match step {
        Step::Add(i, s) => text.insert(i % (n + 1), vec![s.clone()]),
        _ if n == 0 => {}
        Step::Remove(i) => drop(text.remove(i % n)),
        Step::Reword(i, s) => text[i % n][0] = format!("{} {s}", text[i % n][0]),
        Step::Move(i, j) => {
            let moved = text.remove(i % n);
            text.insert(j % n, moved);
        }
        Step::Split(i) => {
            let half = text[i % n].len() / 2;
            let tail = text[i % n].split_off(half.max(1));
            if !tail.is_empty() {
                text.insert(i % n + 1, tail);
            }
        }
        Step::Join(i) if i % n + 1 < n => {
            let tail = text.remove(i % n + 1);
            text[i % n].extend(tail);
        }
        Step::Join(_) => {}
        Step::Copy(i, j) => text.insert(j % n, text[i % n].clone()),
    }
}

fn printed(title: String, text: &[Vec<String>]) -> Revision {
    let text: Vec<String> = text.iter().map(|p| p.join(" ")).collect();
    revision(&title, &text.join("\n\n"))
}

proptest! {
    /// The property the module exists for.
    #[test]
    fn edits_applied_to_the_old_give_the_new(
        text in paragraphs(), steps in prop::collection::vec(step(), 0..12), titles in (sentence(), sentence()),
    ) {
        let old = printed(titles.0, &text);
        let mut text = text;
        for step in &steps {
            take(step, &mut text);
        }
        let new = printed(titles.1, &text);
        let found = diff(&old, &new);
        prop_assert!(same(&apply(&old, &found.edits), &new), "{:#?}", found);
        prop_assert_eq!(found.is_empty(), same(&old, &new));
    }

    #[test]
    fn any_two_texts_can_be_told_apart(old: String, new: String) {
        let (old, new) = (revision(&old, &new), revision(&new, &old));
        let found = diff(&old, &new);
        prop_assert!(same(&apply(&old, &found.edits), &new));
        prop_assert_eq!(found.is_empty(), same(&old, &new));
    }

    #[test]
    fn layout_is_no_change(text in paragraphs()) {
        let old = printed(String::new(), &text);
        let stamped = format!("Updated 3 minutes ago\n\n{}\n\n5 comments", old.text.replace(' ', "\u{a0} "));
        prop_assert!(diff(&old, &revision("", &stamped)).is_empty());
    }
}
/// A text of 5,000 sentences is told apart in time far below what comparing each with each would
/// take (12.5 million comparisons, minutes in an unoptimised build), whatever the texts share.
#[test]
fn five_thousand_sentences_take_no_product_of_time() {
    const COUNT: usize = 5000;
    let text = |sentence: &dyn Fn(usize) -> String| {
        revision(
            "",
            &(0..COUNT).map(sentence).collect::<Vec<_>>().join("\n\n"),
        )
    };
    // 7919 has no common factor with 5,000: every sentence once, in scattered order.
    let scattered = |i: usize| i * 7919 % COUNT;
    let plain = text(&|i| format!("Envoy number {i} spoke about item x{} today.", i / 3));
    let shapes = [
        (
            "one changed",
            text(&|i| {
                format!(
                    "Envoy number {i} spoke about item x{} today.",
                    if i == 9 { 1 } else { i / 3 }
                )
            }),
        ),
        (
            "all changed",
            text(&|i| format!("Envoy number {i} wrote about item x{} again.", i / 3)),
        ),
        (
            "all in another order",
            text(&|i| {
                format!(
                    "Envoy number {} spoke about item x{} today.",
                    scattered(i),
                    scattered(i) / 3
                )
            }),
        ),
        (
            "changed and in another order",
            text(&|i| {
                format!(
                    "Envoy number {} wrote about item x{} again.",
                    scattered(i),
                    scattered(i) / 3
                )
            }),
        ),
        (
            "the same words",
            text(&|i| format!("Envoy spoke about {} today.", "item ".repeat(i % 7))),
        ),
        ("nothing shared", text(&|i| format!("q{i} w{i} e{i}."))),
    ];
    for (name, other) in shapes {
        let begun = std::time::Instant::now();
        let found = diff(&plain, &other);
        let took = begun.elapsed();
        assert!(!found.is_empty());
        assert!(
            took < std::time::Duration::from_secs(30),
            "{name} took {took:?}"
        );
    }
}
