//! Troubles are told once when they start and once when they end, in the alert log, also across
//! restarts and `kill -9`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use e2e::page::{article, feed, planned};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, reply, rss};
use e2e::until;

/// A page at `path` that reads well.
fn good(site: &Site, path: &str, place: &str) {
    let (title, paragraphs) = planned("harbour festival", place);
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

#[track_caller]
fn wait_troubles(folder: &Folder, wanted: &[&str]) {
    until(&format!("{wanted:?} in the log"), || {
        (folder.troubles() == wanted).then_some(())
    });
}

/// Waits for `times` signs of something in a row, stops the daemon with `kill -9`, and lets the row
/// have begun an hour earlier.
#[track_caller]
fn lasted(folder: &Folder, daemon: Daemon, what: &str, times: u32) {
    let open = || rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    until(&format!("{times} signs of {what}"), || {
        let counted =
            open().query_row("SELECT times FROM trouble WHERE what = ?1", [what], |row| {
                row.get::<_, u32>(0)
            });
        counted.is_ok_and(|counted| counted >= times).then_some(())
    });
    daemon.kill();
    assert_eq!(folder.troubles(), [""; 0], "told before it has lasted");
    open()
        .execute("UPDATE trouble SET since = since - 3600000", [])
        .unwrap();
}

#[test]
fn a_source_that_fails_and_recovers_is_told_twice_whatever_stops_the_daemon() {
    let site = Site::open_on("127.0.4.1");
    good(&site, "/a", "Ghent");
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("ghent", "article", &site.url("/a"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/a"), 1);
    site.put("/a", |_| reply(403, &[], b"no"));
    lasted(&folder, daemon, "page", 3);
    let daemon = folder.start();
    let started = "source ghent: page -> blocked";
    wait_troubles(&folder, &[started]);
    daemon.kill();

    // It goes on after a restart, and is not told again.
    let asked = site.asked("/a").len();
    let daemon = folder.start();
    until("two more fetches", || {
        (site.asked("/a").len() >= asked + 2).then_some(())
    });
    wait_troubles(&folder, &[started]);
    let listed = folder.run(&["sources"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(
        text.contains("in trouble since") && text.contains("page blocked"),
        "{text}"
    );
    assert_eq!(listed.status.code(), Some(1));
    daemon.kill();

    good(&site, "/a", "Ghent");
    let daemon = folder.start();
    wait_troubles(&folder, &[started, "source ghent: page -> well"]);
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.told(), [], "no development");
    let line = folder.run(&["alerts", "--kind", "health", "--json"]);
    let first = String::from_utf8(line.stdout).unwrap();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(first["health"]["state"], "blocked");
    assert_eq!(first["source"], "ghent");
    assert!(
        first["summary"].as_str().unwrap().contains("403"),
        "{first}"
    );
}

#[test]
fn two_bad_fetches_are_no_trouble() {
    let site = Site::open_on("127.0.4.2");
    let (title, paragraphs) = planned("book fair", "Lund");
    site.put("/a", move |ask| match ask.nth % 3 {
        0 => html(&article(&title, &paragraphs, ask.nth)),
        _ => reply(404, &[], b"not now"),
    });
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("lund", "article", &site.url("/a"))
    ));
    let daemon = folder.start();
    site.wait_polls("/a", 7);
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.troubles(), [""; 0]);
}

#[test]
fn the_articles_of_a_list_are_in_trouble_when_several_are() {
    let site = Site::open_on("127.0.4.3");
    let paths = ["/news/a", "/news/b", "/news/c"];
    for path in paths {
        good(&site, path, "Varna");
    }
    let items: Vec<(String, String)> = paths
        .iter()
        .map(|p| (site.url(p), "Festival".to_owned()))
        .collect();
    let list = feed(&items);
    site.put("/feed", move |_| rss(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("varna", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    for path in paths {
        folder.wait_revisions(&site.url(path), 1);
    }
    // One alone, however often.
    site.put(paths[0], |_| reply(410, &[], b"gone"));
    until("four bad fetches of one", || {
        (folder.ended(&site.url(paths[0]), "gone") >= 4).then_some(())
    });
    assert_eq!(folder.troubles(), [""; 0]);
    for path in paths {
        site.put(path, |_| html("<html><head><title>Before you continue</title></head><body><h1>Before you continue</h1><p>We and our partners use cookies.</p></body></html>"));
    }
    lasted(&folder, daemon, "articles", 3);
    let daemon = folder.start();
    wait_troubles(&folder, &["source varna: articles -> consent"]);
    for path in paths {
        good(&site, path, "Varna");
    }
    wait_troubles(
        &folder,
        &[
            "source varna: articles -> consent",
            "source varna: articles -> well",
        ],
    );
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.told(), []);
}

#[test]
fn a_selector_that_matches_nothing_is_told() {
    let site = Site::open_on("127.0.4.4");
    good(&site, "/a", "Graz");
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}select = \".entry-content\"\n",
        source("graz", "article", &site.url("/a"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/a"), 1);
    let (title, paragraphs) = planned("harbour festival", "Graz");
    site.put("/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth).replace("entry-content", "story-text"))
    });
    lasted(&folder, daemon, "selector .entry-content", 3);
    let daemon = folder.start();
    wait_troubles(
        &folder,
        &["source graz: selector .entry-content -> matching nothing"],
    );
    good(&site, "/a", "Graz");
    until("its end", || (folder.troubles().len() == 2).then_some(()));
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.told(), []);
}

#[test]
fn a_feed_that_falls_silent_is_told() {
    let site = Site::open_on("127.0.4.5");
    let items = |n: usize| -> Vec<(String, String)> {
        (0..n)
            .map(|i| (site.url(&format!("/news/{i}")), format!("Story {i}")))
            .collect()
    };
    for i in 0..13 {
        good(&site, &format!("/news/{i}"), "Turku");
    }
    let list = feed(&items(12));
    site.put("/feed", move |_| rss(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("turku", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    until("the first poll", || {
        (folder.ended(&site.url("/news/11"), "content") > 0).then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
    // The twelve came at one a day, the last twelve days ago.
    let db = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    db.execute(
        "UPDATE article SET found = found - 86400000 * (23 - id)",
        [],
    )
    .unwrap();
    drop(db);

    let daemon = folder.start();
    wait_troubles(&folder, &["source turku: new articles -> silent"]);
    let list = feed(&items(13));
    site.put("/feed", move |_| rss(&list));
    wait_troubles(
        &folder,
        &[
            "source turku: new articles -> silent",
            "source turku: new articles -> well",
        ],
    );
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_notifier_that_fails_is_told_to_the_others() {
    let site = Site::open_on("127.0.4.6");
    let (title, paragraphs) = planned("garden show", "Arles");
    site.put("/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    // A folder stands where the second log should be written.
    let second = "[[notify]]\nname = \"second\"\ntype = \"log\"\npath = \"second.jsonl\"\n";
    let both = EVERYTHING.replace("[\"log\"]", "[\"log\", \"second\"]");
    let folder = Folder::new(&format!(
        "{HEAD}{second}{both}{}alert_on_first_sight = true\n",
        source("arles", "article", &site.url("/a"))
    ));
    std::fs::create_dir(folder.file("second.jsonl")).unwrap();
    let daemon = folder.start();
    wait_troubles(&folder, &["notifier second: delivery -> failing"]);
    std::fs::remove_dir(folder.file("second.jsonl")).unwrap();
    wait_troubles(
        &folder,
        &[
            "notifier second: delivery -> failing",
            "notifier second: delivery -> well",
        ],
    );
    assert_eq!(daemon.stop().code(), Some(0));
    // In the order of detection: what it missed, then the trouble it was in itself.
    assert_eq!(folder.told().len(), folder.logged("second.jsonl").len());
}

#[test]
fn a_notifier_without_health_hears_nothing_of_it() {
    let site = Site::open_on("127.0.4.7");
    let folder = Folder::new(&format!(
        "{}{EVERYTHING}{}",
        HEAD.replace("type = \"log\"", "type = \"log\"\nhealth = false"),
        source("nobody", "article", &site.url("/nothing"))
    ));
    let daemon = folder.start();
    lasted(&folder, daemon, "page", 3);
    let daemon = folder.start();
    let stored = || {
        let all = folder.reader()?.troubles().unwrap();
        all.into_iter().next()
    };
    let trouble = until("a trouble in the store", stored);
    assert_eq!(
        (trouble.subject.as_str(), trouble.state.as_str()),
        ("source nobody", "gone")
    );
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.troubles(), [""; 0]);
}
