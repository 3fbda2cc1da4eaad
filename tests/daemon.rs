//! The service as its operator meets it: sources and articles, manners, signals, reload, notifiers
//! that fail, what systemd is told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::page::{article, cancelled, feed, planned, section};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source, wirewatch};
use e2e::site::{Ask, Site, Step, head, html, reply, rss};
use e2e::until;
use wirewatch::article::Kind;

type Told = (String, Vec<String>);

/// Puts an article whose surroundings change at each request.
fn show(site: &Site, path: &str, (title, paragraphs): Told) {
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

fn items(site: &Site, paths: &[&str]) -> Vec<(String, String)> {
    let item = |path: &&str| (site.url(path), format!("Headline of {path}"));
    paths.iter().map(item).collect()
}

fn put_feed(site: &Site, path: &str, articles: &[&str]) {
    let list = feed(&items(site, articles));
    site.put(path, move |_| rss(&list));
}

fn put_section(site: &Site, path: &str, articles: &[&str]) {
    let items = items(site, articles);
    site.put(path, move |ask| html(&section(&items, ask.nth)));
}

#[track_caller]
fn stopped(daemon: Daemon) {
    assert_eq!(daemon.stop().code(), Some(0));
}

fn kinds(folder: &Folder, url: &str) -> Vec<Kind> {
    folder.alerts(url).iter().map(|alert| alert.kind).collect()
}

#[test]
fn three_sources_of_one_article_are_one_article_and_one_alert() {
    let site = Site::open();
    let paths = ["/news/fair-in-graz", "/news/show-in-lund"];
    show(&site, paths[0], planned("spring fair", "Graz"));
    show(&site, paths[1], planned("garden show", "Lund"));
    put_section(&site, "/world/", &paths);
    // Feeds mark their links, for their counts.
    let marked = [
        format!("{}?utm_source=rss&utm_medium=feed", site.url(paths[0])),
        format!("{}#comments", site.url(paths[1])),
    ];
    let list = feed(&marked.map(|url| (url, "A headline".to_owned())));
    site.put("/feed", move |_| rss(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{}{}",
        source("front", "section", &site.url("/world/")),
        source("wire", "feed", &site.url("/feed")),
        source("fair", "article", &site.url(paths[0])),
    ));
    let daemon = folder.start();
    for path in paths {
        folder.wait_revisions(&site.url(path), 1);
    }
    site.wait_polls("/world/", 2);
    site.wait_polls("/feed", 2);
    show(&site, paths[0], cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    for path in ["/world/", "/feed", paths[0]] {
        site.wait_polls(path, 2);
    }
    stopped(daemon);
    assert_eq!(folder.reader().unwrap().stats().unwrap().articles, 2);
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
    assert_eq!(kinds(&folder, &site.url(paths[0])), [Kind::Cancelled]);
    let asked: Vec<String> = site.log().into_iter().map(|ask| ask.path).collect();
    assert!(
        asked.iter().all(|path| !path.contains("utm_")),
        "asked for the marked address: {asked:?}"
    );
}

#[test]
fn what_is_there_at_the_first_poll_is_a_baseline_and_what_comes_later_is_news() {
    let quiet = Site::open_on("127.0.4.1");
    let eager = Site::open_on("127.0.4.2");
    for site in [&quiet, &eager] {
        show(site, "/news/old", cancelled("spring fair", "Graz"));
        show(site, "/news/new", cancelled("garden show", "Lund"));
        put_feed(site, "/feed", &["/news/old"]);
    }
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{}alert_on_first_sight = true\n",
        source("quiet", "feed", &quiet.url("/feed")),
        source("eager", "feed", &eager.url("/feed")),
    ));
    let daemon = folder.start();
    folder.wait_told(1);
    folder.wait_revisions(&quiet.url("/news/old"), 1);
    quiet.wait_polls("/news/old", 2);
    assert_eq!(kinds(&folder, &quiet.url("/news/old")), []);
    assert_eq!(kinds(&folder, &eager.url("/news/old")), [Kind::Cancelled]);
    let kept = folder.developments(&quiet.url("/news/old"));
    assert!(
        kept.iter().any(|row| row.reason.contains("baseline")),
        "{kept:#?}"
    );

    put_feed(&quiet, "/feed", &["/news/new", "/news/old"]);
    folder.wait_told(2);
    quiet.wait_polls("/news/new", 2);
    stopped(daemon);
    assert_eq!(kinds(&folder, &quiet.url("/news/new")), [Kind::Cancelled]);
    assert_eq!(folder.logged("alerts.jsonl").len(), 2);
}

#[test]
fn a_page_whose_article_stands_is_passed_over_also_after_a_restart() {
    let site = Site::open();
    let (path, url) = ("/news/fair", site.url("/news/fair"));
    show(&site, path, planned("spring fair", "Graz"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("fair", "article", &url)
    ));
    let passed = |folder: &Folder| {
        let fetches = folder.fetches(&url);
        let passed = fetches
            .iter()
            .filter(|f| f.reason.contains("part of the page"));
        passed.map(|f| f.times).sum::<u64>()
    };
    let daemon = folder.start();
    until("pages to be passed over", || {
        (passed(&folder) >= 12).then_some(())
    });
    stopped(daemon);
    let (before, read) = (passed(&folder), folder.ended(&url, "content"));

    let daemon = folder.start();
    until("pages to be passed over", || {
        (passed(&folder) >= before + 12).then_some(())
    });
    let read_since = folder.ended(&url, "content") - read;
    assert!(read_since <= 6, "{read_since} read although it was known");
    show(&site, path, cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    stopped(daemon);
    assert_eq!(kinds(&folder, &url), [Kind::Cancelled]);
}

#[test]
fn a_page_that_flaps_between_two_states_tells_once() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &url)
    ));
    show(&site, path, planned("spring fair", "Graz"));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    for (count, text) in [
        (2, cancelled as fn(&str, &str) -> Told),
        (3, planned),
        (4, cancelled),
    ] {
        show(&site, path, text("spring fair", "Graz"));
        folder.wait_revisions(&url, count);
    }
    site.wait_polls(path, 1);
    stopped(daemon);
    assert_eq!(kinds(&folder, &url), [Kind::Cancelled]);
    let all = folder.developments(&url);
    assert_eq!(all.iter().filter(|row| row.told).count(), 1, "{all:#?}");
    assert!(
        all.iter().any(|row| row.reason.contains("already told")),
        "{all:#?}"
    );
}

#[test]
fn pages_are_asked_for_conditionally_and_a_bad_answer_leaves_no_mark() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    let tagged = |tag: &'static str, (title, paragraphs): Told| {
        move |ask: &Ask| {
            let headers = [("Content-Type", "text/html; charset=utf-8"), ("ETag", tag)];
            if ask.head.contains(&format!("if-none-match: {tag}")) {
                return reply(304, &headers[1..], b"");
            }
            reply(
                200,
                &headers,
                article(&title, &paragraphs, ask.nth).as_bytes(),
            )
        }
    };
    site.put(path, tagged("\"one\"", planned("spring fair", "Graz")));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &url)
    ));
    let daemon = folder.start();
    until("two answers that it is unchanged", || {
        let rows = folder.fetches(&url);
        let unchanged = |row: &&wirewatch::store::FetchRow| {
            row.outcome == "unchanged" && row.status == Some(304) && row.times >= 2
        };
        rows.iter().any(|row| unchanged(&row)).then_some(())
    });
    let asked = site.asked(path);
    assert!(!asked[0].head.contains("if-none-match"));
    assert!(
        asked[1..]
            .iter()
            .all(|a| a.head.contains("if-none-match: \"one\""))
    );

    // A consent wall with a validator of its own.
    let from = site.asked(path).len();
    site.put(path, |_| {
        let wall = "<html><head><title>Before you continue</title></head><body><h1>Before you continue</h1>\
                    <p>We and our partners store and access information on your device.</p><button>Accept all</button></body></html>";
        reply(200, &[("Content-Type", "text/html"), ("ETag", "\"wall\"")], wall.as_bytes())
    });
    until("two walls", || {
        (folder.ended(&url, "consent") >= 2).then_some(())
    });
    site.put(path, tagged("\"two\"", cancelled("spring fair", "Graz")));
    folder.wait_told(1);
    site.wait_polls(path, 2);
    stopped(daemon);
    let asked = site.asked(path);
    assert!(
        asked.iter().all(|a| !a.head.contains("\"wall\"")),
        "a wall's validator was sent"
    );
    assert!(asked[from].head.contains("if-none-match: \"one\""));
    assert!(
        asked
            .last()
            .unwrap()
            .head
            .contains("if-none-match: \"two\"")
    );
    assert_eq!(kinds(&folder, &url), [Kind::Cancelled]);
}

#[test]
fn a_host_is_asked_one_thing_at_a_time_with_a_pause_between() {
    const ANSWER: Duration = Duration::from_millis(150);
    const PAUSE: Duration = Duration::from_millis(250);
    let site = Site::open();
    let paths = ["/news/a", "/news/b", "/news/c"];
    for path in paths {
        site.put(path, |ask| {
            let (title, paragraphs) = planned("spring fair", "Graz");
            let page = article(&title, &paragraphs, ask.nth);
            let html = [("Content-Type", "text/html")];
            vec![
                Step::Send(head(200, &html, page.len())),
                Step::Wait(ANSWER),
                Step::Send(page.into_bytes()),
            ]
        });
    }
    put_feed(&site, "/feed", &paths);
    put_section(&site, "/world/", &paths);
    let head = HEAD.replace("per_host_delay = \"0s\"", "per_host_delay = \"250ms\"");
    let folder = Folder::new(&format!(
        "{head}{EVERYTHING}{}{}{}",
        source("wire", "feed", &site.url("/feed")),
        source("front", "section", &site.url("/world/")),
        source("c", "article", &site.url("/news/c")),
    ));
    let daemon = folder.start();
    until("twelve requests", || (site.log().len() >= 12).then_some(()));
    stopped(daemon);
    // The next request is sent a pause after the whole answer has come, which is not before the
    // server's own wait is over: by the server's clock alone, however slow the machine is.
    for pair in site.log().windows(2) {
        let slow = pair[0].path.starts_with("/news/");
        let least = if slow { ANSWER + PAUSE } else { PAUSE };
        let gap = pair[1].start.duration_since(pair[0].start);
        assert!(
            gap >= least,
            "{gap:?} from {} to {}",
            pair[0].path,
            pair[1].path
        );
    }
}

#[test]
fn a_reload_adds_and_removes_sources_and_keeps_history() {
    let a = Site::open_on("127.0.4.3");
    let b = Site::open_on("127.0.4.4");
    let (path, a_url, b_url) = ("/news/a", a.url("/news/a"), b.url("/news/a"));
    show(&a, path, planned("spring fair", "Graz"));
    show(&b, path, planned("garden show", "Lund"));
    let of_a = source("a", "article", &a_url);
    let of_b = source("b", "article", &b_url);
    let folder = Folder::new(&format!("{HEAD}{EVERYTHING}{of_a}"));
    let daemon = folder.start();
    folder.wait_revisions(&a_url, 1);

    folder.write(&format!("{HEAD}{EVERYTHING}{of_a}{of_b}"));
    daemon.signal("HUP");
    folder.wait_revisions(&b_url, 1);

    // Both an error of TOML and one of meaning.
    for (n, bad) in ["[[source]\n", "[fetch]\nproxi = 1\n"].iter().enumerate() {
        folder.write(bad);
        daemon.signal("HUP");
        folder.wait_log("not reloaded", n + 1);
        a.wait_polls(path, 1);
        b.wait_polls(path, 1);
    }

    folder.write(&format!("{HEAD}{EVERYTHING}{of_b}"));
    daemon.signal("HUP");
    folder.wait_log("\"message\":\"reloaded\"", 2);
    // A turn may have been under way.
    b.wait_polls(path, 1);
    let asked = a.asked(path).len();
    show(&a, path, cancelled("spring fair", "Graz"));
    b.wait_polls(path, 3);
    assert_eq!(a.asked(path).len(), asked, "a removed source was polled");
    assert_eq!(folder.revisions(&a_url).len(), 1, "its history is gone");
    assert_eq!(folder.alerts(""), []);

    // It comes back with the history it had: what changed meanwhile is news.
    folder.write(&format!("{HEAD}{EVERYTHING}{of_a}{of_b}"));
    daemon.signal("HUP");
    folder.wait_told(1);
    show(&b, path, cancelled("garden show", "Lund"));
    folder.wait_told(2);
    stopped(daemon);
    for url in [&a_url, &b_url] {
        assert_eq!(kinds(&folder, url), [Kind::Cancelled], "{url}");
    }
}

#[test]
fn an_article_goes_on_when_the_source_that_found_it_is_removed_and_another_lists_it() {
    let site = Site::open();
    let (path, url) = ("/news/fair-in-graz", site.url("/news/fair-in-graz"));
    show(&site, path, planned("spring fair", "Graz"));
    put_feed(&site, "/feed", &[path]);
    put_feed(&site, "/other", &[path]);
    let first = source("first", "feed", &site.url("/feed"));
    let second = source("second", "feed", &site.url("/other"));
    let folder = Folder::new(&format!("{HEAD}{EVERYTHING}{first}"));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    folder.write(&format!("{HEAD}{EVERYTHING}{first}{second}"));
    daemon.signal("HUP");
    site.wait_polls("/other", 2);
    folder.write(&format!("{HEAD}{EVERYTHING}{second}"));
    daemon.signal("HUP");
    folder.wait_log("\"message\":\"reloaded\"", 2);
    site.wait_polls("/other", 1);
    show(&site, path, cancelled("spring fair", "Graz"));
    let told = folder.wait_told(1);
    assert_eq!(
        (told[0].kind, told[0].source.as_str()),
        (Kind::Cancelled, "second")
    );
    stopped(daemon);
}

#[test]
fn what_is_in_flight_at_sigterm_is_finished_and_told() {
    for signal in ["TERM", "INT"] {
        let site = Site::open();
        let (path, url) = ("/news/a", site.url("/news/a"));
        show(&site, path, planned("spring fair", "Graz"));
        let folder = Folder::new(&format!(
            "{HEAD}{EVERYTHING}{}",
            source("a", "article", &url)
        ));
        let mut daemon = folder.start();
        folder.wait_revisions(&url, 1);
        let asked = Arc::new(AtomicU64::new(0));
        let begun = Arc::clone(&asked);
        site.put(path, move |ask| {
            begun.fetch_add(1, Ordering::SeqCst);
            let (title, paragraphs) = cancelled("spring fair", "Graz");
            let mut steps = vec![Step::Wait(Duration::from_secs(2))];
            steps.extend(html(&article(&title, &paragraphs, ask.nth)));
            steps
        });
        until("the page is asked for", || {
            (asked.load(Ordering::SeqCst) > 0).then_some(())
        });
        assert_eq!(folder.alerts(""), []);
        daemon.signal(signal);
        assert_eq!(daemon.wait().code(), Some(0), "{signal}");
        assert_eq!(folder.logged("alerts.jsonl").len(), 1, "{signal}");
        assert_eq!(
            asked.load(Ordering::SeqCst),
            1,
            "{signal}: it went on asking"
        );
    }
}

#[test]
fn a_server_that_never_answers_does_not_hold_up_the_end() {
    let site = Site::open();
    let url = site.url("/news/a");
    site.put("/news/a", |_| vec![Step::Wait(Duration::from_secs(600))]);
    let limits = "[fetch]\nfirst_byte_timeout = \"5m\"\ntimeout = \"5m\"\n";
    let head = HEAD.replace("[fetch]\n", limits);
    let folder = Folder::new(&format!(
        "{head}{EVERYTHING}{}",
        source("a", "article", &url)
    ));
    let daemon = folder.start();
    until("the page is asked for", || {
        (!site.asked("/news/a").is_empty()).then_some(())
    });
    let start = Instant::now();
    stopped(daemon);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn alerts_wait_for_a_notifier_that_fails_and_come_when_it_is_mended() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    show(&site, path, planned("spring fair", "Graz"));
    let folder = Folder::new(&format!(
        "{HEAD}\n[[notify]]\nname = \"second\"\ntype = \"log\"\npath = \"second.jsonl\"\n\
         \n[[watch]]\nname = \"everything\"\nnotify = [\"log\", \"second\"]\n{}",
        source("a", "article", &url)
    ));
    std::fs::create_dir(folder.file("alerts.jsonl")).unwrap();
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    show(&site, path, cancelled("spring fair", "Graz"));
    until("the notifier that works", || {
        (folder.logged("second.jsonl").len() == 1).then_some(())
    });
    folder.wait_log("alerts wait in the outbox", 1);
    let pending = || folder.reader().unwrap().stats().unwrap().pending;
    until("only the failing one is behind", || {
        (pending() == 1).then_some(())
    });

    // Not even a restart loses it.
    stopped(daemon);
    assert_eq!(pending(), 1);
    let daemon = folder.start();
    folder.wait_log("alerts wait in the outbox", 2);
    std::fs::remove_dir(folder.file("alerts.jsonl")).unwrap();
    folder.wait_told(1);
    until("nothing is behind", || (pending() == 0).then_some(()));
    folder.wait_log("delivers again", 1);
    stopped(daemon);
    assert_eq!(folder.logged("alerts.jsonl"), folder.logged("second.jsonl"));
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
}

/// A machine without a clock of its own stores times of the future until its clock is set back.
#[test]
fn a_clock_that_was_wrong_holds_nothing_back() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    show(&site, path, planned("spring fair", "Graz"));
    put_feed(&site, "/feed", &[path]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    std::fs::create_dir(folder.file("alerts.jsonl")).unwrap();
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    show(&site, path, cancelled("spring fair", "Graz"));
    folder.wait_log("alerts wait in the outbox", 1);
    stopped(daemon);
    std::fs::remove_dir(folder.file("alerts.jsonl")).unwrap();
    let year = 365 * 86_400_000_i64;
    rusqlite::Connection::open(folder.file("wirewatch.db"))
        .unwrap()
        .execute_batch(&format!(
            "UPDATE delivery SET due = due + {year};
             UPDATE article SET next_due = next_due + {year};
             UPDATE source SET next_due = next_due + {year};"
        ))
        .unwrap();
    let daemon = folder.start();
    folder.wait_told(1);
    site.wait_polls(path, 1);
    site.wait_polls("/feed", 1);
    stopped(daemon);
}

#[test]
fn an_article_of_a_feed_that_is_gone_for_a_while_is_not_given_up() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    show(&site, path, planned("spring fair", "Graz"));
    put_feed(&site, "/feed", &[path]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    site.put(path, |_| reply(404, &[], b"not found"));
    until("three times gone", || {
        (folder.ended(&url, "gone") >= 3).then_some(())
    });
    show(&site, path, cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    stopped(daemon);
}

#[test]
fn the_log_is_begun_anew_after_it_was_moved_away() {
    let site = Site::open();
    let paths = ["/news/a", "/news/b"];
    show(&site, paths[0], planned("spring fair", "Graz"));
    show(&site, paths[1], planned("garden show", "Lund"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{}",
        source("a", "article", &site.url(paths[0])),
        source("b", "article", &site.url(paths[1])),
    ));
    let daemon = folder.start();
    for path in paths {
        folder.wait_revisions(&site.url(path), 1);
    }
    show(&site, paths[0], cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    std::fs::rename(folder.file("alerts.jsonl"), folder.file("alerts.jsonl.1")).unwrap();
    daemon.signal("HUP");
    folder.wait_log("the config says what it said", 1);
    show(&site, paths[1], cancelled("garden show", "Lund"));
    let told = folder.wait_told(1);
    stopped(daemon);
    assert_eq!(told[0].url, site.url(paths[1]));
    let moved = folder.logged("alerts.jsonl.1");
    assert_eq!((moved.len(), folder.logged("alerts.jsonl").len()), (1, 1));
    assert_eq!(moved[0]["url"], site.url(paths[0]));
}

#[test]
fn systemd_is_told_of_readiness_reload_life_and_end() {
    let site = Site::open();
    let url = site.url("/news/a");
    show(&site, "/news/a", planned("spring fair", "Graz"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &url)
    ));
    let path = folder.file("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut said: Vec<String> = Vec::new();
    let listen = |said: &mut Vec<String>| {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            said.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
    };
    let has = |message: &str, line: &str| message.lines().any(|l| l.starts_with(line));

    let daemon = folder.start_with(|command| {
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "1500000");
    });
    until("READY and two signs of life", || {
        listen(&mut said);
        let alive = said.iter().filter(|m| has(m, "WATCHDOG=1")).count();
        (alive >= 2).then_some(())
    });
    assert!(has(&said[0], "READY=1"), "ready comes first: {said:?}");
    assert!(has(&said[0], "STATUS=1 sources"), "{said:?}");

    let from = said.len();
    daemon.signal("HUP");
    until("the end of the reload", || {
        listen(&mut said);
        said[from..].iter().any(|m| has(m, "READY=1")).then_some(())
    });
    let reload: Vec<&String> = said[from..]
        .iter()
        .filter(|m| has(m, "RELOADING=1") || has(m, "READY=1"))
        .collect();
    assert!(has(reload[0], "RELOADING=1"), "{reload:?}");
    let stamp = reload[0]
        .lines()
        .find_map(|line| line.strip_prefix("MONOTONIC_USEC="))
        .unwrap();
    assert!(stamp.parse::<u64>().unwrap() > 0);

    stopped(daemon);
    listen(&mut said);
    assert!(has(said.last().unwrap(), "STOPPING=1"), "{said:?}");
}

#[test]
fn a_second_daemon_on_the_same_store_is_refused() {
    let site = Site::open();
    let (path, url) = ("/news/a", site.url("/news/a"));
    show(&site, path, planned("spring fair", "Graz"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("a", "article", &url)
    ));
    let mut daemon = folder.start();
    folder.wait_revisions(&url, 1);
    let second = wirewatch()
        .args(["run", "--config"])
        .arg(folder.file("wirewatch.toml"))
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(
        message.contains("wirewatch.db is in use by another wirewatch; stop that one first"),
        "{message}"
    );
    assert!(daemon.is_running());
    show(&site, path, cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    stopped(daemon);
}

#[test]
fn hosts_that_hang_hold_up_no_other() {
    let hung: Vec<Site> = (1..=5)
        .map(|n| Site::open_on(&format!("127.0.6.{n}")))
        .collect();
    let good = Site::open_on("127.0.6.9");
    show(&good, "/news/a", planned("spring fair", "Graz"));
    let mut config = format!("{HEAD}{EVERYTHING}");
    for (n, site) in hung.iter().enumerate() {
        site.put("/feed", |_| vec![Step::Wait(Duration::from_secs(600))]);
        config += &source(&format!("hung-{n}"), "feed", &site.url("/feed"));
    }
    config += &source("good", "article", &good.url("/news/a"));
    let folder = Folder::new(&config);
    let daemon = folder.start();
    for site in &hung {
        until("the hanging feed is asked for", || {
            (!site.asked("/feed").is_empty()).then_some(())
        });
    }
    good.wait_polls("/news/a", 4);
    for site in &hung {
        assert_eq!(site.asked("/feed").len(), 1, "its connection still hangs");
    }
    stopped(daemon);
}

#[test]
fn a_pause_that_a_host_asked_for_outlives_a_reload_and_a_restart() {
    let busy = Site::open_on("127.0.6.11");
    let other = Site::open_on("127.0.6.12");
    busy.put("/feed", |_| {
        reply(429, &[("Retry-After", "3600")], b"later")
    });
    show(&other, "/news/a", planned("spring fair", "Graz"));
    let sources = format!(
        "{}{}",
        source("busy", "feed", &busy.url("/feed")),
        source("other", "article", &other.url("/news/a"))
    );
    let folder = Folder::new(&format!("{HEAD}{EVERYTHING}{sources}"));
    let daemon = folder.start();
    busy.wait_polls("/feed", 1);
    let head = HEAD.replace("[fetch]\n", "[fetch]\nmax_redirects = 3\n");
    folder.write(&format!("{head}{EVERYTHING}{sources}"));
    daemon.signal("HUP");
    folder.wait_log("\"message\":\"reloaded\"", 1);
    other.wait_polls("/news/a", 3);
    stopped(daemon);
    let daemon = folder.start();
    other.wait_polls("/news/a", 3);
    stopped(daemon);
    assert_eq!(
        busy.log().iter().filter(|ask| ask.path == "/feed").count(),
        1
    );
}
