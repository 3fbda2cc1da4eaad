//! The commands as a person and a script meet them: what they print, and how they end.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};

use e2e::page::{article, cancelled, feed, planned};
use e2e::program::{EVERYTHING, Folder, HEAD, source, wirewatch};
use e2e::site::{Site, html, rss};
use e2e::until;
use serde_json::Value;
use wirewatch::demo::STORIES;

const COMMANDS: [&str; 23] = [
    "run",
    "demo",
    "init",
    "check",
    "sources",
    "status",
    "doctor",
    "history",
    "diff",
    "why",
    "alerts",
    "deliveries",
    "ack",
    "notify-test",
    "extract",
    "detect",
    "compact",
    "backup",
    "restore",
    "export",
    "evidence",
    "completions",
    "man",
];

fn run(arguments: &[&str]) -> Output {
    wirewatch().args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn code(output: &Output, wanted: i32) {
    assert_eq!(output.status.code(), Some(wanted), "{output:?}");
}

fn lines(output: &Output) -> Vec<Value> {
    out(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

#[test]
fn every_command_explains_itself() {
    let main = run(&["--help"]);
    code(&main, 0);
    for command in COMMANDS {
        assert!(
            out(&main)
                .lines()
                .any(|line| line.trim_start().starts_with(command)),
            "{command} is not in the help"
        );
        let help = run(&[command, "--help"]);
        code(&help, 0);
        assert!(
            out(&help).contains(&format!("Usage: wirewatch {command}")),
            "{help:?}"
        );
        assert_eq!(err(&help), "");
    }
    let version = run(&["--version"]);
    code(&version, 0);
    assert_eq!(
        out(&version),
        format!("wirewatch {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_right() {
    for (arguments, hint) in [
        (&["watch"][..], "Usage"),
        (&[], "Usage"),
        (&["alerts", "--kind", "cancel"], "cancelled"),
        (&["alerts", "--since", "yesterday"], "7d"),
        (&["history"], "<URL>"),
        (&["completions", "tcl"], "bash"),
    ] {
        let output = run(arguments);
        code(&output, 64);
        assert!(
            err(&output).contains(hint),
            "{arguments:?}: {}",
            err(&output)
        );
        assert_eq!(out(&output), "");
    }
}

#[test]
fn a_wrong_config_ends_with_78_whatever_the_command() {
    let folder = Folder::new("[fetch]\nproxi = 1\n");
    for command in [
        &["run"][..],
        &["check"],
        &["sources"],
        &["status"],
        &["compact"],
        &["alerts"],
        &["history", "http://h/a"],
        &["diff", "http://h/a"],
        &["why", "http://h/a"],
    ] {
        let output = folder.run(command);
        code(&output, 78);
        let message = err(&output);
        assert!(
            message.contains("wirewatch.toml:2:1") && message.contains("did you mean `proxy`?"),
            "{command:?}: {message}"
        );
    }
    let nowhere = run(&["run", "--config", "/nonexistent/wirewatch.toml"]);
    code(&nowhere, 78);
    assert!(
        err(&nowhere).contains("/nonexistent/wirewatch.toml"),
        "{}",
        err(&nowhere)
    );
}

#[test]
fn scripts_and_pages_for_packagers() {
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef wirewatch"),
        ("fish", "complete -c wirewatch"),
    ] {
        let script = run(&["completions", shell]);
        code(&script, 0);
        let script = out(&script);
        assert!(script.contains(sign), "{shell}");
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let page = run(&["man"]);
    code(&page, 0);
    assert!(out(&page).contains(".TH wirewatch 1"), "{}", out(&page));
    let folder = tempfile::tempdir().unwrap();
    let pages = wirewatch()
        .args(["man", "--dir"])
        .arg(folder.path().join("man1"))
        .output()
        .unwrap();
    code(&pages, 0);
    for command in COMMANDS {
        let page = folder.path().join(format!("man1/wirewatch-{command}.1"));
        assert!(page.exists(), "{}", page.display());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["completions", "bash"][..], &["man"], &["--help"]] {
        let mut child = wirewatch()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(err(&output), "", "{arguments:?}");
        code(&output, 0);
    }
}

const UNKNOWN: &str = "http://127.0.0.1:1/nothing";

#[test]
fn before_the_first_run_the_commands_say_so() {
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", UNKNOWN)
    ));
    let sources = folder.run(&["sources"]);
    code(&sources, 0);
    assert!(
        out(&sources).contains("not polled yet"),
        "{}",
        out(&sources)
    );
    let readers = [
        &["alerts"][..],
        &["history", UNKNOWN],
        &["diff", UNKNOWN],
        &["why", UNKNOWN],
    ];
    for command in readers {
        let output = folder.run(command);
        code(&output, 1);
        assert_eq!(out(&output), "");
        assert!(
            err(&output).contains("start `wirewatch run` first"),
            "{}",
            err(&output)
        );
    }
    // As it is while the first daemon is starting.
    std::fs::write(folder.file("wirewatch.db"), "").unwrap();
    code(&folder.run(&["sources"]), 0);
    for command in readers {
        let output = folder.run(command);
        code(&output, 1);
        assert!(
            err(&output).contains("start `wirewatch run` first"),
            "{}",
            err(&output)
        );
    }
}

/// A folder in which a daemon has seen one story called off and one that only stood there.
fn after_a_run(site: &Site) -> Folder {
    let show = |path: &str, (title, paragraphs): (String, Vec<String>)| {
        site.put(path, move |ask| {
            html(&article(&title, &paragraphs, ask.nth))
        });
    };
    show("/news/fair", planned("spring fair", "Graz"));
    show("/news/show", planned("garden show", "Lund"));
    let items = ["/news/fair", "/news/show"].map(|path| (site.url(path), format!("Of {path}")));
    let list = feed(&items);
    site.put("/feed", move |_| rss(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}\n[[watch]]\nname = \"tolls\"\nkinds = [\"toll\"]\nnotify = [\"log\"]\n{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/fair"), 1);
    folder.wait_revisions(&site.url("/news/show"), 1);
    show("/news/fair", cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    assert_eq!(daemon.stop().code(), Some(0));
    folder
}

#[test]
fn after_a_run_the_commands_tell_what_was_seen() {
    let site = Site::open();
    let folder = after_a_run(&site);
    let (fair, show) = (site.url("/news/fair"), site.url("/news/show"));

    let sources = folder.run(&["sources", "--articles"]);
    code(&sources, 0);
    for part in ["wire  feed", "2 articles", fair.as_str(), show.as_str()] {
        assert!(out(&sources).contains(part), "{part}: {}", out(&sources));
    }
    let sources = folder.run(&["sources", "--articles", "--json"]);
    let [line] = &lines(&sources)[..] else {
        panic!("{sources:?}");
    };
    assert_eq!(line["state"]["articles"], 2);
    assert_eq!(line["articles"][0]["url"], fair);

    let history = folder.run(&["history", &fair]);
    code(&history, 0);
    let rows = out(&history);
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(rows.contains("Graz prepares for the spring fair"), "{rows}");
    let json = lines(&folder.run(&["history", &fair, "--json"]));
    assert_eq!(
        (json[0]["n"].as_u64(), json[1]["n"].as_u64()),
        (Some(1), Some(2))
    );
    let text = folder.run(&["history", &fair, "--text", "2"]);
    code(&text, 0);
    assert!(out(&text).starts_with(
        "spring fair in Graz called off\n\nThe spring fair in Graz has been called off"
    ));
    assert!(!out(&text).contains("Leave a Reply"), "{}", out(&text));
    for wrong in ["0", "3"] {
        let output = folder.run(&["history", &fair, "--text", wrong]);
        code(&output, 1);
        assert_eq!(
            (out(&output).as_str(), err(&output).as_str()),
            ("", "wirewatch: there are 2 revisions of it\n")
        );
    }

    let diff = folder.run(&["diff", &fair]);
    code(&diff, 0);
    assert!(out(&diff).starts_with("revision 1 ("), "{}", out(&diff));
    assert!(out(&diff).contains("called off"), "{}", out(&diff));
    let json = lines(&folder.run(&["diff", &fair, "--json"]));
    assert!(!json[0]["edits"].as_array().unwrap().is_empty());
    let back = lines(&folder.run(&["diff", &fair, "--from", "2", "--to", "1", "--json"]));
    assert_eq!(
        (&back[0]["from"], &back[0]["to"]),
        (&json[0]["to"], &json[0]["from"])
    );
    code(&folder.run(&["diff", &show]), 1);
    code(&folder.run(&["diff", &fair, "--to", "9"]), 1);

    let why = folder.run(&["why", &fair]);
    code(&why, 0);
    for part in [
        "found through source wire",
        "TOLD  cancelled",
        "let through by everything",
        "baseline",
    ] {
        assert!(out(&why).contains(part), "{part}: {}", out(&why));
    }
    let why = folder.run(&["why", &show, "--json"]);
    assert_eq!(lines(&why)[0]["revisions"].as_array().unwrap().len(), 1);
    for command in ["why", "history", "diff"] {
        let unknown = folder.run(&[command, UNKNOWN]);
        code(&unknown, 1);
        assert!(err(&unknown).contains("is not known"), "{unknown:?}");
        let no_url = folder.run(&[command, "spring fair"]);
        code(&no_url, 1);
        assert!(err(&no_url).contains("is not a URL"), "{no_url:?}");
    }
    // As a person pastes it.
    code(
        &folder.run(&["why", &format!("{fair}?utm_source=mail#top")]),
        0,
    );
}

#[test]
fn alerts_are_listed_by_time_kind_and_watch() {
    let site = Site::open();
    let folder = after_a_run(&site);
    let all = folder.run(&["alerts"]);
    code(&all, 0);
    assert!(out(&all).contains("CANCELLED"), "{}", out(&all));
    let json = folder.run(&["alerts", "--json"]);
    assert_eq!(
        lines(&json),
        folder.logged("alerts.jsonl"),
        "as the log has it"
    );
    for (arguments, count) in [
        (&["--since", "1h"][..], 1),
        (&["--since", "2020-01-01"], 1),
        (&["--since", "2100-01-01"], 0),
        (&["--kind", "cancelled"], 1),
        (&["--kind", "toll,cancelled"], 1),
        (&["--kind", "toll", "--kind", "cancelled"], 1),
        (&["--kind", "toll"], 0),
        (&["--watch", "everything"], 1),
        (&["--watch", "tolls"], 0),
        (
            &[
                "--since",
                "1h",
                "--kind",
                "cancelled",
                "--watch",
                "everything",
            ],
            1,
        ),
    ] {
        let output = folder.run(&[&["alerts", "--json"], arguments].concat());
        assert_eq!(lines(&output).len(), count, "{arguments:?}");
        code(&output, i32::from(count == 0));
    }
}

#[test]
fn followed_alerts_come_as_they_are_raised_until_the_reader_goes() {
    let site = Site::open();
    let folder = after_a_run(&site);
    let mut follower = wirewatch()
        .args(["alerts", "--follow", "--json", "--config"])
        .arg(folder.file("wirewatch.toml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(follower.stdout.take().unwrap());
    let mut next = || -> Value {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    };
    assert_eq!(next()["url"], site.url("/news/fair"));

    let daemon = folder.start();
    let (title, paragraphs) = cancelled("garden show", "Lund");
    site.put("/news/show", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    assert_eq!(next()["url"], site.url("/news/show"));

    drop(reader);
    site.put("/news/fair", |ask| {
        let (title, mut paragraphs) = planned("spring fair", "Graz");
        paragraphs.insert(
            0,
            "At least 4 people were killed in a fire at the fairground, the fire service said."
                .to_owned(),
        );
        html(&article(&title, &paragraphs, ask.nth))
    });
    folder.wait_told(3);
    let status = until("the end of a follower nobody reads", || {
        follower.try_wait().unwrap()
    });
    assert_eq!(status.code(), Some(0));
    let mut said = String::new();
    follower
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, "");
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_failing_source_is_shown_and_is_the_exit_code() {
    let site = Site::open();
    let url = site.url("/feed");
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &url)
    ));
    let daemon = folder.start();
    until("a failed poll", || {
        let rows = folder.reader()?.source_fetches("wire").unwrap();
        (!rows.is_empty()).then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
    let sources = folder.run(&["sources"]);
    code(&sources, 1);
    assert!(
        out(&sources).contains("gone (status 404)"),
        "{}",
        out(&sources)
    );
    assert!(out(&sources).contains("failing since"), "{}", out(&sources));
}

#[test]
fn the_starter_config_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    let init = wirewatch().arg("init").arg(&path).output().unwrap();
    code(&init, 0);
    let check = wirewatch()
        .args(["check", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    code(&check, 0);
    let again = wirewatch().arg("init").arg(&path).output().unwrap();
    assert_ne!(
        again.status.code(),
        Some(0),
        "it overwrote the operator's file"
    );
}

#[test]
fn the_demo_tells_what_it_should_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let demo = wirewatch()
        .args(["demo", "--dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(demo.status.code(), Some(0), "{}{}", out(&demo), err(&demo));
    assert!(out(&demo).contains(" 0 not delivered"), "{}", out(&demo));
    let log = std::fs::read_to_string(folder.path().join("alerts.jsonl")).unwrap();
    let alerts: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for story in &STORIES {
        let of = |alert: &&Value| alert["url"].as_str().unwrap().ends_with(story.slug);
        let kinds: Vec<&Value> = alerts
            .iter()
            .filter(of)
            .map(|alert| &alert["kind"])
            .collect();
        // The summit and the meeting that was to prepare it are two.
        let most = if story.expect == Some("cancelled") {
            2
        } else {
            1
        };
        let least = usize::from(story.expect.is_some());
        assert!(
            (least..=most).contains(&kinds.len()),
            "{}: {kinds:?}",
            story.slug
        );
        for kind in kinds {
            assert_eq!(kind.as_str(), story.expect, "{}: {log}", story.slug);
        }
    }
}

#[test]
fn a_demo_nobody_watches_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = wirewatch()
        .args(["demo", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(err(&output), "");
    code(&output, 0);
}

#[test]
fn status_says_how_the_daemon_does_and_compact_waits_for_its_end() {
    let site = Site::open();
    site.put("/news/a", |ask| {
        html(&article(
            &format!("Headline {}", ask.nth),
            &[format!("The garden show in Lund opens on day {}.", ask.nth)],
            ask.nth,
        ))
    });
    let config = format!("{HEAD}{}", source("a", "article", &site.url("/news/a")));
    let folder = Folder::new(&config.replace(
        "path = \"wirewatch.db\"\n",
        "path = \"wirewatch.db\"\nkeep_revisions = 2\n",
    ));
    for command in ["status", "compact"] {
        let none = folder.run(&[command]);
        code(&none, 1);
        assert!(err(&none).contains("wirewatch run"), "{}", err(&none));
    }
    let daemon = folder.start();
    let status = until("a status", || {
        let status = folder.run(&["status"]);
        (status.status.code() == Some(0)).then_some(status)
    });
    assert!(out(&status).contains("1 sources"), "{}", out(&status));
    let json = lines(&folder.run(&["status", "--json"]));
    assert_eq!(json[0]["silent"], false);
    assert_eq!(json[0]["vitals"]["troubles"], serde_json::json!([]));
    until("some revisions", || {
        (folder
            .fetches(&site.url("/news/a"))
            .iter()
            .map(|f| f.times)
            .sum::<u64>()
            >= 5)
            .then_some(())
    });
    let refused = folder.run(&["compact"]);
    code(&refused, 1);
    assert!(err(&refused).contains("in use"), "{}", err(&refused));
    assert_eq!(daemon.stop().code(), Some(0));
    let before = folder.revisions(&site.url("/news/a"));
    assert!(before.len() > 3, "{}", before.len());
    let done = folder.run(&["compact", "--json"]);
    code(&done, 0);
    let line = &lines(&done)[0];
    assert_eq!(line["dropped"]["revisions"], before.len() - 3);
    assert!(line["after"].as_u64() <= line["before"].as_u64());
    let after = folder.revisions(&site.url("/news/a"));
    assert_eq!(after.first(), before.first(), "the baseline stays");
    assert_eq!(after.last(), before.last(), "the present revision stays");
    assert_eq!(after.len(), 3);
    let again = folder.run(&["compact"]);
    assert!(
        out(&again).contains("dropped 0 revisions"),
        "{}",
        out(&again)
    );
}
