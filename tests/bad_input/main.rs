//! What the network can do to a page, one after another: the outcome is on record, nothing is
//! told of it, no baseline moves, and the next good fetch goes on where the last one stopped.
//!
//! Every case is a source of one daemon and a host of its own (127.0.1.N).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod cases;
#[path = "../support/e2e/mod.rs"]
mod e2e;

use cases::{Bad, Case, cases, whole};
use e2e::page::{article, cancelled, feed, planned};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, reply, rss};
use e2e::until;
use wirewatch::article::Kind;

const PAGE: &str = "/news/festival";

/// A case at work.
struct Stage {
    case: Case,
    site: Site,
    url: String,
    place: &'static str,
}

impl Stage {
    fn open(n: usize, case: Case) -> Stage {
        let site = Site::open_on(&format!("127.0.1.{}", n + 1));
        let stage = Stage {
            url: site.url(PAGE),
            place: cases::PLACES[n],
            case,
            site,
        };
        cases::neighbours(&stage.site);
        stage.show(planned);
        stage
    }

    fn show(&self, text: fn(&str, &str) -> (String, Vec<String>)) {
        let place = self.place;
        self.site
            .put(PAGE, move |ask| html(&whole(text, place, ask.nth)));
    }

    fn go_bad(&self) {
        match self.case.bad {
            Bad::Answer(answer) => {
                let place = self.place;
                self.site.put(PAGE, move |ask| answer(ask, place));
            }
            Bad::Refused => self.site.close(),
        }
    }

    fn recover(&self, text: fn(&str, &str) -> (String, Vec<String>)) {
        self.show(text);
        if matches!(self.case.bad, Bad::Refused) {
            self.site.reopen();
        }
    }

    /// Fetches on record that brought neither an article nor the same again.
    fn bad_fetches(&self, folder: &Folder) -> u64 {
        let rows = folder.fetches(&self.url);
        let bad = rows
            .iter()
            .filter(|row| !["content", "unchanged"].contains(&row.outcome.as_str()));
        bad.map(|row| row.times).sum()
    }

    fn good_fetches(&self, folder: &Folder) -> u64 {
        folder.ended(&self.url, "content") + folder.ended(&self.url, "unchanged")
    }

    /// The outcome is on record, nothing was told of it and the baseline has not moved.
    fn check(&self, folder: &Folder) {
        let case = &self.case;
        let fetches = folder.fetches(&self.url);
        let recorded = fetches.iter().any(|row| {
            row.outcome == case.outcome
                && row.reason.contains(case.reason)
                && !row.reason.is_empty()
        });
        assert!(
            recorded,
            "{}: {} ({}) is not on record: {fetches:#?}",
            case.name, case.outcome, case.reason
        );
        assert_eq!(folder.alerts(&self.url), [], "{}", case.name);
        assert_eq!(folder.revisions(&self.url).len(), 1, "{}", case.name);
    }
}

/// A daemon that reads every page once, then twice badly, then as `text` twice and more.
fn badly_then(text: fn(&str, &str) -> (String, Vec<String>)) -> (Folder, Vec<Stage>) {
    let stages: Vec<Stage> = cases()
        .into_iter()
        .enumerate()
        .map(|(n, case)| Stage::open(n, case))
        .collect();
    let sources: String = stages
        .iter()
        .map(|stage| source(stage.case.name, "article", &stage.url))
        .collect();
    let limits = "[fetch]\nfirst_byte_timeout = \"2s\"\ntimeout = \"4s\"\nmax_body = \"10MB\"\n";
    let head = HEAD.replace("[fetch]\n", limits);
    let folder = Folder::new(&format!("{head}{EVERYTHING}{sources}"));
    let daemon = folder.start();
    for stage in &stages {
        folder.wait_revisions(&stage.url, 1);
        stage.go_bad();
    }
    // Each recovers at once: a third failure in a row makes a host be left alone for a while.
    let mut bad: Vec<&Stage> = stages.iter().collect();
    let mut good = Vec::new();
    until("two bad polls of every page", || {
        bad.retain(|stage| {
            if stage.bad_fetches(&folder) < 2 {
                return true;
            }
            stage.check(&folder);
            good.push((*stage, stage.good_fetches(&folder)));
            stage.recover(text);
            // Shown when the test fails.
            println!("{} is done with", stage.case.name);
            false
        });
        bad.is_empty().then_some(())
    });
    for (stage, before) in good {
        until(&format!("three good polls of {}", stage.case.name), || {
            (stage.good_fetches(&folder) >= before + 3).then_some(())
        });
    }
    assert_eq!(daemon.stop().code(), Some(0));
    (folder, stages)
}

#[test]
fn after_bad_input_the_news_is_told_once() {
    let (folder, stages) = badly_then(cancelled);
    for stage in &stages {
        let told: Vec<Kind> = folder.alerts(&stage.url).iter().map(|a| a.kind).collect();
        assert_eq!(told, [Kind::Cancelled], "{}", stage.case.name);
        assert_eq!(folder.revisions(&stage.url).len(), 2, "{}", stage.case.name);
    }
    assert_eq!(folder.logged("alerts.jsonl").len(), stages.len());
}

#[test]
fn after_bad_input_the_same_page_is_no_news() {
    let (folder, stages) = badly_then(planned);
    assert_eq!(folder.alerts(""), [], "an echo was told");
    for stage in &stages {
        assert_eq!(folder.revisions(&stage.url).len(), 1, "{}", stage.case.name);
    }
}

/// The rules of robots.txt are believed for a day, so that each state needs a daemon of its own.
#[test]
fn a_page_that_robots_txt_forbids_is_left_alone_and_goes_on_when_allowed() {
    let site = Site::open_on("127.0.2.1");
    let (title, paragraphs) = planned("book fair", "Ghent");
    site.put(PAGE, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let url = site.url(PAGE);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("fair", "article", &url)
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    assert_eq!(daemon.stop().code(), Some(0));

    site.put("/robots.txt", |_| {
        reply(
            200,
            &[("Content-Type", "text/plain")],
            b"User-agent: *\nDisallow: /news/\n",
        )
    });
    let (title, paragraphs) = cancelled("book fair", "Ghent");
    site.put(PAGE, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let before = site.asked(PAGE).len();
    let daemon = folder.start();
    until("two polls refused by robots.txt", || {
        (folder.ended(&url, "blocked") >= 2).then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
    let last = folder.fetches(&url).pop().unwrap();
    assert!(last.reason.contains("robots.txt"), "{last:?}");
    assert_eq!(
        site.asked(PAGE).len(),
        before,
        "it was asked for all the same"
    );
    assert_eq!(
        (folder.alerts("").len(), folder.revisions(&url).len()),
        (0, 1)
    );

    site.put("/robots.txt", |_| {
        reply(
            200,
            &[("Content-Type", "text/plain")],
            b"User-agent: *\nAllow: /\n",
        )
    });
    let daemon = folder.start();
    folder.wait_told(1);
    site.wait_polls(PAGE, 2);
    assert_eq!(daemon.stop().code(), Some(0));
    let told: Vec<Kind> = folder.alerts("").iter().map(|a| a.kind).collect();
    assert_eq!(told, [Kind::Cancelled]);
}

#[test]
fn a_feed_that_is_html_for_a_while_loses_nothing() {
    let site = Site::open_on("127.0.2.2");
    let (title, paragraphs) = planned("garden show", "Lund");
    site.put("/news/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let item = |name: &str, title: &str| (site.url(name), title.to_owned());
    let first = vec![item("/news/a", "Garden show")];
    let list = feed(&first);
    site.put("/feed", move |_| rss(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/a"), 1);

    site.put("/feed", |ask| {
        html(&article(
            "Our site is being rebuilt",
            &["Please come back in an hour or two."],
            ask.nth,
        ))
    });
    let bad = || {
        let rows = folder.reader()?.source_fetches("wire").unwrap();
        rows.into_iter()
            .find(|row| row.outcome == "error" && row.times >= 2)
    };
    let row = until("two polls of a feed that is HTML", bad);
    assert!(
        row.reason.contains("feed") || row.reason.contains("HTML"),
        "{row:?}"
    );
    assert_eq!(folder.alerts("").len(), 0);

    // A story that came out in the meantime, and one that changed.
    let (title, paragraphs) = cancelled("leaders' summit", "Tirana");
    site.put("/news/b", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let (title, paragraphs) = cancelled("garden show", "Lund");
    site.put("/news/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let list = feed(&[item("/news/b", "Summit"), item("/news/a", "Garden show")]);
    site.put("/feed", move |_| rss(&list));
    folder.wait_told(2);
    site.wait_polls("/feed", 2);
    assert_eq!(daemon.stop().code(), Some(0));
    for name in ["/news/a", "/news/b"] {
        let told: Vec<Kind> = folder
            .alerts(&site.url(name))
            .iter()
            .map(|a| a.kind)
            .collect();
        assert_eq!(told, [Kind::Cancelled], "{name}");
    }
}
