//! A config that changes under a running daemon: what is taken up, what is refused, what is kept.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::os::unix::fs::symlink;
use std::path::Path;

use e2e::page::{article, cancelled, feed, planned, section};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, rss};
use e2e::until;
use serde_json::Value;
use wirewatch::article::Kind;

fn show(site: &Site, path: &str, (title, paragraphs): (String, Vec<String>)) {
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

fn put_feed(site: &Site, path: &str, articles: &[&str]) {
    let item = |path: &&str| (site.url(path), format!("Headline of {path}"));
    let list = feed(&articles.iter().map(item).collect::<Vec<_>>());
    site.put(path, move |_| rss(&list));
}

fn put_section(site: &Site, path: &str, articles: &[&str]) {
    let item = |path: &&str| (site.url(path), format!("Headline of {path}"));
    let items: Vec<_> = articles.iter().map(item).collect();
    site.put(path, move |ask| html(&section(&items, ask.nth)));
}

#[track_caller]
fn stopped(daemon: Daemon) {
    assert_eq!(daemon.stop().code(), Some(0));
}

/// Puts a new file in the place of the old one, as editors do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}

const RELOADED: &str = "\"message\":\"reloaded\"";

fn wait_reloaded(folder: &Folder, times: usize) {
    folder.wait_log(RELOADED, times);
}

#[test]
fn a_file_that_changes_is_taken_up_and_a_broken_one_is_told_once() {
    let site = Site::open();
    let (a, b) = ("/news/a", "/news/b");
    show(&site, a, planned("spring fair", "Graz"));
    show(&site, b, planned("garden show", "Lund"));
    let of = |id: &str, path: &str| source(id, "article", &site.url(path));
    let one = format!("{HEAD}{EVERYTHING}{}", of("a", a));
    let two = format!("{one}{}", of("b", b));
    let folder = Folder::new(&one);
    let file = folder.file("wirewatch.toml");
    let daemon = folder.start();
    folder.wait_revisions(&site.url(a), 1);

    // Renamed over.
    replace(&file, &two);
    wait_reloaded(&folder, 1);
    folder.wait_revisions(&site.url(b), 1);

    // Broken, in one way after the other; each is told once, however often it is written.
    std::fs::write(&file, "[[source]\n").unwrap();
    folder.wait_log("not reloaded", 1);
    until("the trouble to be told", || {
        (folder.troubles() == ["daemon: config -> refused"]).then_some(())
    });
    replace(&file, "[[source]\n");
    site.wait_polls(a, 2);
    std::fs::write(&file, "[fetch]\nproxi = 1\n").unwrap();
    folder.wait_log("not reloaded", 2);
    site.wait_polls(b, 2);

    // Mended, in place.
    std::fs::write(&file, &one).unwrap();
    wait_reloaded(&folder, 2);
    until("the end of the trouble to be told", || {
        (folder.troubles() == ["daemon: config -> refused", "daemon: config -> well"]).then_some(())
    });
    stopped(daemon);
    assert_eq!(folder.log().matches("not reloaded").count(), 2);
    assert_eq!(folder.log().matches(RELOADED).count(), 2);
}

#[test]
fn what_is_wrong_when_the_daemon_stops_is_over_when_it_starts_with_a_good_one() {
    let site = Site::open();
    show(&site, "/news/a", planned("spring fair", "Graz"));
    let good = format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &site.url("/news/a"))
    );
    let folder = Folder::new(&good);
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/a"), 1);
    folder.write("[[source]\n");
    until("the trouble to be told", || {
        (folder.troubles().len() == 1).then_some(())
    });
    daemon.kill();
    folder.write(&good);
    let daemon = folder.start();
    until("its end to be told", || {
        (folder.troubles() == ["daemon: config -> refused", "daemon: config -> well"]).then_some(())
    });
    stopped(daemon);
}

#[test]
fn a_config_that_says_the_same_otherwise_touches_nothing() {
    let site = Site::open();
    show(&site, "/news/a", planned("spring fair", "Graz"));
    let text = format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &site.url("/news/a"))
    );
    let folder = Folder::new(&text);
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/a"), 1);
    let running = || folder.reader().unwrap().running().unwrap().unwrap();
    let before = running();
    folder.write(&format!("# A note.\n{text}\n"));
    daemon.signal("HUP");
    folder.wait_log("the config says what it said", 1);
    // The store is another matter: it is refused, and what is running stays on record.
    folder.write(&text.replace("wirewatch.db", "other.db"));
    folder.wait_log("[store] path has changed, which needs a restart", 1);
    let out = folder.run(&["check"]);
    assert!(out.status.success());
    site.wait_polls("/news/a", 2);
    assert_eq!(running(), before);
    stopped(daemon);
    assert_eq!(folder.log().matches(RELOADED).count(), 0);
}

#[test]
fn a_symlink_on_the_way_that_is_swapped_is_a_change() {
    let site = Site::open();
    let (a, b) = ("/news/a", "/news/b");
    show(&site, a, planned("spring fair", "Graz"));
    show(&site, b, planned("garden show", "Lund"));
    let folder = Folder::new("");
    let config = folder.file("wirewatch.toml");
    let put = |version: &str, path: &str| {
        let of = source("a", "article", &site.url(path));
        let version = folder.file(version);
        std::fs::create_dir_all(&version).unwrap();
        std::fs::write(
            version.join("wirewatch.toml"),
            format!("{HEAD}{EVERYTHING}{of}"),
        )
        .unwrap();
    };
    // As Kubernetes mounts a ConfigMap.
    put("..one", a);
    std::fs::remove_file(&config).unwrap();
    symlink("..one", folder.file("..data")).unwrap();
    symlink("..data/wirewatch.toml", &config).unwrap();
    let daemon = folder.start();
    folder.wait_revisions(&site.url(a), 1);
    put("..two", b);
    symlink("..two", folder.file("..tmp")).unwrap();
    std::fs::rename(folder.file("..tmp"), folder.file("..data")).unwrap();
    wait_reloaded(&folder, 1);
    site.wait_polls(b, 1);
    stopped(daemon);
}

#[test]
fn a_secret_in_a_file_of_its_own_is_taken_up_and_shown_nowhere() {
    let site = Site::open();
    let secret = |word: &str| format!("http://desk:{word}@127.0.0.1:9/\n");
    let text = format!(
        "{}{EVERYTHING}{}",
        HEAD.replace("[fetch]\n", "[fetch]\nproxy_file = \"proxy\"\n"),
        source("a", "article", &site.url("/news/a"))
    );
    let folder = Folder::new(&text);
    std::fs::write(folder.file("proxy"), secret("hunter2")).unwrap();
    let daemon = folder.start();
    folder.wait_log("\"message\":\"watching\"", 1);
    replace(&folder.file("proxy"), &secret("hunter3"));
    wait_reloaded(&folder, 1);
    folder.wait_log("1 fetch changed", 1);
    std::fs::remove_file(folder.file("proxy")).unwrap();
    folder.wait_log("not reloaded", 1);
    std::fs::write(folder.file("proxy"), secret("hunter4")).unwrap();
    wait_reloaded(&folder, 2);
    let (_, kept) = folder.reader().unwrap().running().unwrap().unwrap();
    let out = folder.run(&["check", "--diff"]);
    stopped(daemon);
    let out = String::from_utf8(out.stdout).unwrap();
    for text in [kept, folder.log(), out] {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[test]
fn a_source_that_moves_leaves_and_comes_back_tells_only_what_is_new() {
    let site = Site::open();
    let path = |name: &str| format!("/news/{name}-in-graz");
    for name in ["fair", "show"] {
        let (title, text) = planned(&format!("{name} of spring"), "Graz");
        show(&site, &path(name), (title, text));
    }
    // An article that a new list shows has its news behind it.
    show(&site, &path("race"), cancelled("race of spring", "Graz"));
    show(&site, &path("play"), cancelled("play of spring", "Graz"));
    put_section(&site, "/world/", &[&path("fair"), &path("show")]);
    put_section(&site, "/europe/", &[&path("fair"), &path("race")]);
    put_feed(&site, "/feed", &[&path("fair"), &path("play")]);
    let with = |kind: &str, list: &str| {
        format!("{HEAD}{EVERYTHING}{}", source("s", kind, &site.url(list)))
    };
    let other = source("other", "article", &site.url("/news/other"));
    show(&site, "/news/other", planned("garden show", "Lund"));
    let folder = Folder::new(&with("section", "/world/"));
    let file = folder.file("wirewatch.toml");
    let daemon = folder.start();
    folder.wait_revisions(&site.url(&path("show")), 1);
    site.wait_polls("/world/", 2);

    replace(&file, &with("section", "/europe/"));
    folder.wait_revisions(&site.url(&path("race")), 1);
    replace(&file, &with("feed", "/feed"));
    folder.wait_revisions(&site.url(&path("play")), 1);
    site.wait_polls("/feed", 2);
    replace(&file, &format!("{HEAD}{EVERYTHING}{other}"));
    wait_reloaded(&folder, 3);
    site.wait_polls("/news/other", 1);
    assert_eq!(folder.alerts(""), []);

    // Archived: listed with its end, readable, and not asked for.
    let asked = site.asked("/feed").len();
    let listed = folder.run(&["sources", "--all", "--json"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let gone: Value = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["id"] == "s")
        .unwrap();
    assert_eq!(gone["state"]["archived"], true);
    assert!(gone["state"]["removed"].is_string(), "{gone}");
    let plain = folder.run(&["sources", "--all"]);
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains("removed from the config 20"), "{plain}");
    assert!(
        !String::from_utf8(folder.run(&["sources"]).stdout)
            .unwrap()
            .contains("/feed")
    );
    let url = site.url(&path("fair"));
    for command in [["history", &url], ["why", &url]] {
        let out = folder.run(&command);
        assert!(out.status.success(), "{out:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.contains("fair of spring"), "{text}");
    }
    site.wait_polls("/news/other", 2);
    assert_eq!(
        site.asked("/feed").len(),
        asked,
        "an archived source was polled"
    );

    // Back: what changed meanwhile is news, and so is an article it has listed since.
    show(&site, &path("fair"), cancelled("fair of spring", "Graz"));
    replace(&file, &format!("{}{other}", with("feed", "/feed")));
    let told = folder.wait_told(1);
    site.wait_polls("/feed", 2);
    stopped(daemon);
    assert_eq!((told[0].kind, &told[0].url), (Kind::Cancelled, &url));
    assert_eq!(folder.alerts("").len(), 1, "{:#?}", folder.alerts(""));
}
