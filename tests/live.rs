//! Live blogs through the real program: what is told of them, and what is not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::fmt::Write;

use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html};
use wirewatch::article::{ENTRY_BREAK, Kind};
use wirewatch::extract::{Rules, extract};

const LEAD: &str =
    "A storm has crossed the northern coast. We report what is known, as it comes in.";

/// Headline and text of an entry.
type Entry = (&'static str, &'static str);

const CLOSED: Entry = (
    "Schools stay closed",
    "All schools in the district stay closed until Thursday, the education office said in a short note.",
);
const TRAINS: Entry = (
    "Trains run again",
    "The railway says that trains run again between the two coastal towns since noon, at a slower pace.",
);
const TOLL: Entry = (
    "What the mayor says",
    "At least 12 people were killed in the storm, the mayor of the harbour town told reporters on Monday.",
);
const TOLL_RISEN: Entry = (
    "What the mayor says",
    "At least 15 people were killed in the storm, the mayor of the harbour town told reporters on Monday.",
);
const POWER: Entry = (
    "Power is back in the west",
    "Engineers have mended the line along the river, and most houses in the west have power again.",
);
const CANCELLED: Entry = (
    "Spring fair called off",
    "The spring fair in Graz has been called off because of the storm, the town council said on Tuesday.",
);
const QUIET: Entry = (
    "Our reporter at the harbour",
    "The boats lie two by two along the quay, and the smell of diesel hangs over the water tonight.",
);

const BRIDGE: Entry = (
    "Bridge closed to lorries",
    "Lorries have to take the old road through the hills until the bridge has been looked at from below.",
);
const CHURCH: Entry = (
    "A night in the parish hall",
    "Some forty people slept in the parish hall, where neighbours had brought blankets, soup and dry clothes.",
);

/// A live page whose entries are marked in the structured data.
fn marked(entries: &[Entry], churn: u64) -> String {
    let mut updates = Vec::new();
    for (headline, text) in entries {
        updates.push(format!(
            r#"{{"@type":"BlogPosting","headline":"{headline}","articleBody":"{text}","datePublished":"2026-05-17T08:30:00Z"}}"#
        ));
    }
    let data = format!(
        r#"<script type="application/ld+json">{{"@context":"https://schema.org","@type":"LiveBlogPosting","headline":"Storm on the coast: live","liveBlogUpdate":[{}]}}</script>"#,
        updates.join(",")
    );
    page(&data, "blog", entries, churn)
}

/// A live page that only its markup gives away.
fn plain(entries: &[Entry], churn: u64) -> String {
    page("", "liveblog__entry", entries, churn)
}

fn page(head: &str, class: &str, entries: &[Entry], churn: u64) -> String {
    let mut list = String::new();
    for (n, (headline, text)) in entries.iter().enumerate() {
        let minutes = churn + 3 * n as u64 + 1;
        let _ = write!(
            list,
            r##"<article class="{class}" id="e{churn}-{n}"><time>{minutes} minutes ago</time><h2>{headline}</h2><p>{text}</p>
            <div class="share"><a href="https://share.example/?n={churn}">Share</a> <a href="#e{n}">Copy link</a></div></article>"##
        );
    }
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Storm on the coast: live - The Post</title>
        <meta property="og:title" content="Storm on the coast: live">{head}</head><body>
        <header><nav><a href="/">Home</a> <a href="/world/">World</a></nav></header>
        <main><h1>Storm on the coast: live</h1><p class="intro">{LEAD}</p><div class="updates">{list}</div>
        <button>Load more</button></main><aside><h3>Most read</h3><ul><li><a href="/{churn}">Story number {churn}</a></li></ul></aside>
        <footer>The Post {churn}</footer></body></html>"#
    )
}

type Form = fn(&[Entry], u64) -> String;

fn show(site: &Site, form: Form, entries: &'static [Entry]) {
    site.put("/news/storm-blog-10001", move |ask| {
        html(&form(entries, ask.nth))
    });
}

fn start(site: &Site, form: Form, entries: &'static [Entry]) -> (Folder, Daemon, String) {
    show(site, form, entries);
    let url = site.url("/news/storm-blog-10001");
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("storm", "article", &url)
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    (folder, daemon, url)
}

#[test]
fn both_forms_are_read_as_the_same_entries() {
    let entries = [POWER, CLOSED, TRAINS, TOLL];
    let mut wanted = LEAD.to_owned();
    for (headline, text) in entries {
        let _ = write!(wanted, "\n\n{ENTRY_BREAK}\n\n{headline}\n\n{text}");
    }
    for (name, form) in [("marked", marked as Form), ("plain", plain)] {
        for churn in [0, 7] {
            let page = extract(&form(&entries, churn), None, &Rules::default());
            assert_eq!(page.article.text, wanted, "{name}");
        }
    }
}

#[test]
fn order_pins_times_and_entries_that_left_or_come_back_tell_nothing() {
    for (ip, form) in [("127.0.6.1", marked as Form), ("127.0.6.2", plain)] {
        let site = Site::open_on(ip);
        let path = "/news/storm-blog-10001";
        let (folder, daemon, url) = start(
            &site,
            form,
            &[POWER, CLOSED, TRAINS, TOLL, QUIET, BRIDGE, CHURCH],
        );
        let views: [&'static [Entry]; 4] = [
            &[CHURCH, TOLL, TRAINS, BRIDGE, CLOSED, QUIET, POWER],
            &[TOLL, POWER, CLOSED, TRAINS, TOLL, QUIET],
            &[CLOSED, TRAINS, POWER],
            &[POWER, CLOSED, TRAINS, TOLL, QUIET, BRIDGE, CHURCH],
        ];
        for view in views {
            show(&site, form, view);
            site.wait_polls(path, 2);
        }
        assert_eq!(daemon.stop().code(), Some(0));
        assert_eq!(folder.alerts(""), []);
        let history = folder.revisions(&url);
        assert_eq!(history.len(), 1, "{history:#?}");
        // A page that shows less of what is known is no half page.
        let rows = folder.fetches(&url);
        assert!(rows.iter().all(|row| row.outcome == "content"), "{rows:#?}");
    }
}

#[test]
fn a_new_entry_is_told_and_an_edited_one_too_whatever_their_place() {
    for (ip, form) in [("127.0.6.3", marked as Form), ("127.0.6.4", plain)] {
        let site = Site::open_on(ip);
        let path = "/news/storm-blog-10001";
        let (folder, daemon, url) = start(&site, form, &[POWER, CLOSED, TRAINS, TOLL]);
        // One that is no news, with the oldest gone.
        show(&site, form, &[QUIET, POWER, CLOSED, TRAINS]);
        folder.wait_revisions(&url, 2);
        // One that is, below a pinned one.
        show(&site, form, &[CLOSED, CANCELLED, QUIET, POWER, TRAINS]);
        folder.wait_told(1);
        site.wait_polls(path, 2);
        // An old one comes back with another toll.
        show(
            &site,
            form,
            &[CANCELLED, QUIET, POWER, CLOSED, TRAINS, TOLL_RISEN],
        );
        folder.wait_told(2);
        site.wait_polls(path, 2);
        assert_eq!(daemon.stop().code(), Some(0));
        let told = folder.alerts("");
        let kinds: Vec<Kind> = told.iter().map(|alert| alert.kind).collect();
        assert_eq!(kinds, [Kind::Cancelled, Kind::Toll], "{told:#?}");
        let toll = told[1].quantity.clone().unwrap();
        assert_eq!(
            (toll.old.as_deref(), toll.new.as_deref()),
            (Some("12"), Some("15"))
        );
    }
}
