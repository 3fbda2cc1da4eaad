//! `[[kind]]` in the config: what the operator is told about a kind that is wrong, and what the
//! real program does with one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::path::Path;

use e2e::page::article;
use e2e::program::{Folder, HEAD, source};
use e2e::site::{Site, html};
use wirewatch::article::Kind;
use wirewatch::config::parse;

/// A kind that works.
const STRIKE: &str = r#"[[kind]]
name = "hunger strike"
verbs = ["go on hunger strike", "refuse food"]
examples = ["Jailed poet goes on hunger strike"]
counter_examples = ["Jailed poet denies going on hunger strike"]
"#;

const SOURCE: &str = r#"[[source]]
id = "s"
kind = "feed"
url = "https://example.org/feed"
"#;

/// What the operator is told about this config, the rest of which is right.
fn told(kinds: &str) -> String {
    let text = format!("{kinds}{SOURCE}");
    match parse(&text, Path::new("wirewatch.toml"), &|_| None) {
        Ok(_) => String::new(),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn a_kind_that_works() {
    assert_eq!(told(STRIKE), "");
}

#[test]
fn an_example_that_is_not_told() {
    let text = STRIKE.replace("Jailed poet goes on hunger strike", "Mayor resigns");
    insta::assert_snapshot!(told(&text), @r#"
    error: this example is not told as "hunger strike"
     --> wirewatch.toml:4:13
      |
    4 | examples = ["Mayor resigns"]
      |             ^^^^^^^^^^^^^^^
      |
      = help: no trigger of the kind was found, but resigned by "resigns"; mend the triggers or the example
    "#);
}

#[test]
fn a_counter_example_that_is_told() {
    let text = STRIKE.replace("denies going", "goes");
    insta::assert_snapshot!(told(&text), @r#"
    error: this counter-example is told as "hunger strike"
     --> wirewatch.toml:5:21
      |
    5 | counter_examples = ["Jailed poet goes on hunger strike"]
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: "goes on hunger strike" was found, told; narrow the kind with `about` or `unless`, or take it out
    "#);
}

#[test]
fn a_name_of_a_shipped_kind() {
    let text = STRIKE.replace("\"hunger strike\"\nv", "\"Cancelled\"\nv");
    insta::assert_snapshot!(told(&text), @r#"
    error: wirewatch has a kind of this name itself
     --> wirewatch.toml:2:8
      |
    2 | name = "Cancelled"
      |        ^^^^^^^^^^^
      |
      = help: choose a name of your own, or leave the table out and ask for the kind in a watch
    "#);
}

#[test]
fn a_name_given_twice() {
    insta::assert_snapshot!(told(&format!("{STRIKE}{STRIKE}")), @r#"
    error: `hunger strike` is taken
     --> wirewatch.toml:7:8
      |
    7 | name = "hunger strike"
      |        ^^^^^^^^^^^^^^^
      |
      = help: give each its own `name`
    "#);
}

#[test]
fn a_kind_without_trigger_or_example() {
    insta::assert_snapshot!(told("[[kind]]\nname = \"x\"\nverbs = []\nexamples = []\n"), @r#"
    error: a kind needs one example at the least
     --> wirewatch.toml:1:1
      |
    1 | [[kind]]
      | ^^^^^^^^
      |
      = help: write a headline it must be told from, to see that the kind works

    error: nothing tells this kind
     --> wirewatch.toml:1:1
      |
    1 | [[kind]]
      | ^^^^^^^^
      |
      = help: add verbs = ["go on hunger strike"] or phrases = ["hunger strike begins"]
    "#);
}

#[test]
fn a_class_that_there_is_not() {
    let text =
        format!("{STRIKE}about = [\"@persons\", \"@qqq\"]\nphrases = [\"strike by @bodie\"]\n");
    insta::assert_snapshot!(told(&text), @r#"
    error: there is no class `@persons`
     --> wirewatch.toml:6:10
      |
    6 | about = ["@persons", "@qqq"]
      |          ^^^^^^^^^^
      |
      = help: did you mean `@person`?

    error: there is no class `@qqq`
     --> wirewatch.toml:6:22
      |
    6 | about = ["@persons", "@qqq"]
      |                      ^^^^^^
      |
      = help: docs/DETECTION.md lists the classes; or write the words themselves

    error: there is no class `@bodie`
     --> wirewatch.toml:7:12
      |
    7 | phrases = ["strike by @bodie"]
      |            ^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `@body`?
    "#);
}

#[test]
fn triggers_and_words_of_another_shape() {
    let text = format!(
        "{STRIKE}phrases = [\"fast, refuse\", \"* food\", \"\"]\nabout = [\"prison food\"]\nlanguage = \"xx\"\n"
    );
    let told = told(&text);
    for (message, line) in [
        ("a comma parts nothing here", 6),
        ("this does not begin with a word", 6),
        ("there is no word in this", 6),
        ("not a single word", 7),
        ("unknown language", 8),
    ] {
        let at = format!("error: {message}\n --> wirewatch.toml:{line}:");
        assert!(told.contains(&at), "{at} in {told}");
    }
}

#[test]
fn verbs_as_one_string() {
    let text = STRIKE.replace(
        "[\"go on hunger strike\", \"refuse food\"]",
        "\"refuse food\"",
    );
    insta::assert_snapshot!(told(&text), @r#"
    error: expected a list, found string
     --> wirewatch.toml:3:9
      |
    3 | verbs = "refuse food"
      |         ^^^^^^^^^^^^^
      |
      = help: for example: verbs = ["go on hunger strike","refuse food"]
    "#);
}

#[test]
fn a_watch_that_asks_for_a_kind_that_there_is_not() {
    let watch =
        "[[watch]]\nname = \"w\"\nkinds = [\"hunger strikes\", \"hunger strike\"]\nnotify = []\n";
    insta::assert_snapshot!(told(&format!("{STRIKE}{watch}")), @r#"
    error: unknown kind of development
     --> wirewatch.toml:8:10
      |
    8 | kinds = ["hunger strikes", "hunger strike"]
      |          ^^^^^^^^^^^^^^^^
      |
      = help: did you mean "hunger strike"?
    "#);
}

const WATCH: &str = r#"
[[watch]]
name = "prisons"
kinds = ["hunger strike"]
notify = ["log"]
"#;

fn show(site: &Site, path: &str, title: &str, first: &str) {
    let (title, first) = (title.to_owned(), first.to_owned());
    site.put(path, move |ask| {
        let paragraphs = [
            first.as_str(),
            "The prison stands on a hill above the harbour, behind two walls of grey stone.",
            "Visitors come by the morning ferry and leave with the one at noon.",
        ];
        html(&article(&title, &paragraphs, ask.nth))
    });
}

const WAITS: (&str, &str) = (
    "Jailed poet waits for a hearing",
    "The poet Ilva Brandt has been held at Lowmoor prison since the spring, her lawyer said on Monday.",
);
const STRIKES: (&str, &str) = (
    "Jailed poet goes on hunger strike",
    "On Tuesday the poet Ilva Brandt went on hunger strike at Lowmoor prison, her lawyer said.",
);

#[test]
fn an_own_kind_becomes_an_alert_of_the_watch_that_asks_for_it() {
    let site = Site::open();
    let (path, url) = ("/news/poet", site.url("/news/poet"));
    show(&site, path, WAITS.0, WAITS.1);
    let config = format!("{HEAD}{WATCH}{STRIKE}{}", source("s", "article", &url));
    let folder = Folder::new(&config);
    let checked = folder.run(&["check"]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    show(&site, path, STRIKES.0, STRIKES.1);
    let told = folder.wait_told(1);
    assert_eq!(
        (told[0].kind, told[0].to.as_str(), told[0].watch.as_str()),
        (Kind::Other, "hunger strike", "prisons")
    );
    let line = &folder.logged("alerts.jsonl")[0];
    assert_eq!(line["when"]["text"], "On Tuesday", "{line}");
    assert_eq!(daemon.stop().code(), Some(0));
    let why = folder.run(&["why", "--explain", &url]);
    let why = String::from_utf8(why.stdout).unwrap();
    let explained = why.split("Candidates").last().unwrap();
    assert!(explained.contains("hunger strike"), "{why}");
    assert!(why.contains("when: On Tuesday ("), "{why}");
}

#[test]
fn a_reload_takes_up_a_kind_and_one_that_does_not_work_keeps_the_old() {
    let site = Site::open();
    let (path, url) = ("/news/poet", site.url("/news/poet"));
    show(&site, path, WAITS.0, WAITS.1);
    let article = source("s", "article", &url);
    let all = WATCH.replace("kinds = [\"hunger strike\"]\n", "kinds = [\"other\"]\n");
    let folder = Folder::new(&format!("{HEAD}{all}{article}"));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);

    folder.write(&format!("{HEAD}{WATCH}{STRIKE}{article}"));
    daemon.signal("HUP");
    folder.wait_log("\"message\":\"reloaded\"", 1);

    let broken = STRIKE.replace("Jailed poet goes on", "Jailed poet may go on");
    folder.write(&format!("{HEAD}{all}{broken}{article}"));
    let checked = folder.run(&["check"]);
    assert_eq!(checked.status.code(), Some(78), "{checked:?}");
    daemon.signal("HUP");
    folder.wait_log("not reloaded", 1);
    assert!(folder.log().contains("this example is not told"));

    show(&site, path, STRIKES.0, STRIKES.1);
    let told = folder.wait_told(1);
    assert_eq!(told[0].to, "hunger strike");
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn detect_takes_the_kinds_of_a_config() {
    let folder = Folder::new(&format!("{HEAD}{STRIKE}{SOURCE}"));
    let text = folder.file("new.txt");
    std::fs::write(&text, "Jailed poet goes on hunger strike\n").unwrap();
    let text = text.to_str().unwrap();
    let found = folder.run(&["detect", text]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(
        found.contains("other") && found.contains("hunger strike"),
        "{found}"
    );

    folder.write("[[kind]\n");
    let refused = folder.run(&["detect", text]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
}
