//! Lists of articles, through the real program: sitemaps, and the ways to one article.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::io::Write;

use e2e::page::{article, cancelled, feed, planned, section};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, reply, rss};
use e2e::until;
use wirewatch::article::Kind;

type Told = (String, Vec<String>);

/// Puts an article whose surroundings change at each request.
fn show(site: &Site, path: &str, (title, paragraphs): Told) {
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

fn xml(site: &Site, path: &str, body: String) {
    site.put(path, move |_| {
        reply(200, &[("Content-Type", "application/xml")], body.as_bytes())
    });
}

/// A sitemap of these articles, as news with this date if there is one.
fn sitemap(site: &Site, articles: &[&str], published: Option<&str>) -> String {
    let entry = |path: &&str| {
        let news = published.map_or(String::new(), |date| {
            format!("<news:news><news:publication_date>{date}</news:publication_date><news:title>T</news:title></news:news>")
        });
        format!("<url><loc>{}</loc>{news}</url>", site.url(path))
    };
    let entries: String = articles.iter().map(entry).collect();
    format!(
        "<urlset xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{entries}</urlset>"
    )
}

fn index(site: &Site, sitemaps: &[(&str, &str)]) -> String {
    let entry = |(path, lastmod): &(&str, &str)| {
        format!("<sitemap><loc>{}</loc>{lastmod}</sitemap>", site.url(path))
    };
    let entries: String = sitemaps.iter().map(entry).collect();
    format!("<sitemapindex>{entries}</sitemapindex>")
}

/// As [`show`], of a page that names its canonical address.
fn show_as(site: &Site, path: &str, canonical: &str, (title, paragraphs): Told) {
    let link = format!("<link rel=\"canonical\" href=\"{canonical}\"></head>");
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth).replacen("</head>", &link, 1))
    });
}

fn items(addresses: &[String]) -> Vec<(String, String)> {
    let item = |url: &String| {
        (
            url.clone(),
            "Spring fair in Graz and what comes of it".to_owned(),
        )
    };
    addresses.iter().map(item).collect()
}

fn put_feed(site: &Site, path: &str, addresses: &[String]) {
    let list = feed(&items(addresses));
    site.put(path, move |_| rss(&list));
}

fn kinds(folder: &Folder, url: &str) -> Vec<Kind> {
    folder.alerts(url).iter().map(|alert| alert.kind).collect()
}

#[track_caller]
fn stopped(daemon: Daemon) {
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn of_a_plain_sitemap_the_first_poll_is_a_baseline_and_later_entries_are_news() {
    let site = Site::open();
    let (old, late) = ("/news/fair-in-graz-10001", "/news/show-in-lund-10002");
    show(&site, old, cancelled("spring fair", "Graz"));
    show(&site, late, cancelled("garden show", "Lund"));
    xml(
        &site,
        "/sitemap.xml",
        sitemap(&site, &["/", "/about", old], None),
    );
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("map", "sitemap", &site.url("/sitemap.xml"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(old), 1);
    site.wait_polls("/sitemap.xml", 2);
    xml(
        &site,
        "/sitemap.xml",
        sitemap(&site, &["/", "/about", old, late], None),
    );
    folder.wait_told(1);
    site.wait_polls(late, 2);
    stopped(daemon);
    assert_eq!(kinds(&folder, &site.url(old)), []);
    assert_eq!(kinds(&folder, &site.url(late)), [Kind::Cancelled]);
    assert!(site.asked("/about").is_empty() && site.asked("/").is_empty());
}

#[test]
fn a_news_sitemap_goes_by_the_date_of_publication() {
    let site = Site::open();
    let paths = ["/a", "/b", "/c"];
    for path in paths {
        show(&site, path, cancelled("spring fair", "Graz"));
    }
    xml(
        &site,
        "/news.xml",
        sitemap(&site, &paths[..1], Some("2024-05-17T08:00:00Z")),
    );
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("map", "sitemap", &site.url("/news.xml"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/a"), 1);
    // One that the list shows late, but that is old.
    xml(
        &site,
        "/news.xml",
        sitemap(&site, &paths[..2], Some("2024-05-17T08:00:00Z")),
    );
    folder.wait_revisions(&site.url("/b"), 1);
    show(&site, "/c", cancelled("garden show", "Lund"));
    xml(
        &site,
        "/news.xml",
        sitemap(&site, &paths, Some("2190-01-01T00:00:00Z")),
    );
    folder.wait_told(1);
    stopped(daemon);
    assert_eq!(kinds(&folder, &site.url("/c")), [Kind::Cancelled]);
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
}

#[test]
fn an_index_leads_to_its_sitemaps_and_asks_only_for_those_that_changed() {
    let site = Site::open();
    let gzip = |body: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(body.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let (old, late, later) = ("/news/fair-10001", "/news/show-10002", "/news/race-10003");
    show(&site, old, cancelled("spring fair", "Graz"));
    show(&site, late, cancelled("garden show", "Lund"));
    show(&site, later, cancelled("bicycle race", "Ghent"));
    // Packed without a word of it, and with a validator.
    let packed = gzip(&sitemap(&site, &[old], None));
    site.put("/2026-04.xml.gz", move |ask| {
        let etag = ("ETag", "\"april\"");
        match ask.head.contains("if-none-match: \"april\"") {
            true => reply(304, &[etag], b""),
            false => reply(
                200,
                &[("Content-Type", "application/octet-stream"), etag],
                &packed,
            ),
        }
    });
    xml(&site, "/2026-05.xml", sitemap(&site, &[], None));
    xml(&site, "/tag-sitemap.xml", sitemap(&site, &["/tag/x"], None));
    let done = "<lastmod>2026-04-30T00:00:00Z</lastmod>";
    let mut maps = vec![
        ("/tag-sitemap.xml", ""),
        ("/2026-04.xml.gz", ""),
        ("/2026-05.xml", done),
        ("/broken.xml", "<lastmod>2026-04-01T00:00:00Z</lastmod>"),
    ];
    xml(&site, "/sitemap.xml", index(&site, &maps));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("map", "sitemap", &site.url("/sitemap.xml"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(old), 1);
    site.wait_polls("/2026-04.xml.gz", 2);
    let april = site.asked("/2026-04.xml.gz");
    assert!(
        april[1..]
            .iter()
            .all(|ask| ask.head.contains("if-none-match: \"april\""))
    );

    // An entry more in a sitemap whose date moves, then a sitemap more.
    xml(&site, "/2026-05.xml", sitemap(&site, &[late], None));
    maps[2].1 = "<lastmod>2026-05-18T00:00:00Z</lastmod>";
    let asked = site.asked("/2026-05.xml").len();
    xml(&site, "/sitemap.xml", index(&site, &maps));
    folder.wait_told(1);
    site.wait_polls("/sitemap.xml", 3);
    assert_eq!(site.asked("/2026-05.xml").len(), asked + 1);
    xml(&site, "/2026-06.xml", sitemap(&site, &[later], None));
    maps.push(("/2026-06.xml", ""));
    xml(&site, "/sitemap.xml", index(&site, &maps));
    folder.wait_told(2);
    stopped(daemon);
    assert_eq!(kinds(&folder, &site.url(old)), []);
    assert_eq!(kinds(&folder, &site.url(late)), [Kind::Cancelled]);
    assert_eq!(kinds(&folder, &site.url(later)), [Kind::Cancelled]);
    assert!(site.asked("/tag-sitemap.xml").is_empty());
    // One that is missing spoils none of the others.
    assert!(!site.asked("/broken.xml").is_empty());
    let row = folder.reader().unwrap().sources().unwrap().remove(0);
    assert_eq!(row.failing_since, None, "{row:?}");
}

#[test]
fn a_restart_finds_what_a_sitemap_gained_meanwhile() {
    let site = Site::open();
    let (old, late) = ("/news/fair-in-graz-10001", "/news/show-in-lund-10002");
    show(&site, old, planned("spring fair", "Graz"));
    show(&site, late, cancelled("garden show", "Lund"));
    xml(&site, "/sitemap.xml", sitemap(&site, &[old], None));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("map", "sitemap", &site.url("/sitemap.xml"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(old), 1);
    daemon.kill();
    xml(&site, "/sitemap.xml", sitemap(&site, &[old, late], None));
    let daemon = folder.start();
    folder.wait_told(1);
    stopped(daemon);
    assert_eq!(kinds(&folder, &site.url(late)), [Kind::Cancelled]);
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
}

#[test]
fn a_sitemap_that_is_none_says_what_it_is() {
    let site = Site::open();
    site.put("/sitemap.xml", |_| {
        html("<html><body><p>Hello</p></body></html>")
    });
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("map", "sitemap", &site.url("/sitemap.xml"))
    ));
    let daemon = folder.start();
    until("a reason", || {
        let row = folder.reader()?.sources().unwrap().pop()?;
        row.last_reason
            .filter(|reason| reason.contains("it is a web page"))
    });
    stopped(daemon);
}

#[test]
fn one_article_in_feed_sitemap_section_and_as_amp_is_one() {
    let site = Site::open();
    let (path, amp) = ("/news/fair-in-graz-10001", "/amp/news/fair-in-graz-10001");
    let url = site.url(path);
    show_as(&site, path, &url, planned("spring fair", "Graz"));
    show_as(&site, amp, &url, planned("spring fair", "Graz"));
    put_feed(&site, "/feed", &[format!("{url}?utm_source=rss#top")]);
    put_feed(&site, "/mobile", &[site.url(amp), format!("{url}?amp")]);
    xml(&site, "/sitemap.xml", sitemap(&site, &[path], None));
    let list = section(&items(&[format!("{url}?ref_src=front")]), 1);
    site.put("/world/", move |_| html(&list));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{}{}{}",
        source("feed", "feed", &site.url("/feed")),
        source("mobile", "feed", &site.url("/mobile")),
        source("map", "sitemap", &site.url("/sitemap.xml")),
        source("front", "section", &site.url("/world/")),
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    until("both addresses are read", || {
        (!site.asked(amp).is_empty()).then_some(())
    });
    for list in ["/feed", "/mobile", "/sitemap.xml", "/world/", path] {
        site.wait_polls(list, 2);
    }
    for path in [path, amp] {
        show_as(&site, path, &url, cancelled("spring fair", "Graz"));
    }
    folder.wait_told(1);
    site.wait_polls(path, 3);
    stopped(daemon);
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
    let watched: Vec<String> = site.log().into_iter().map(|ask| ask.path).collect();
    let of_article = |p: &&String| p.contains("fair") && *p != path && *p != amp;
    assert_eq!(watched.iter().filter(of_article).count(), 0, "{watched:?}");
    assert_eq!(
        site.asked(amp).len(),
        1,
        "the duplicate was asked for again"
    );
}

#[test]
fn an_article_that_moves_keeps_its_history() {
    let site = Site::open();
    let (old, new) = ("/news/fair-10001", "/news/spring-fair-in-graz-10001");
    show(&site, old, planned("spring fair", "Graz"));
    put_feed(&site, "/feed", &[site.url(old)]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(old), 1);
    // It moves, and the feed lists it under its new address.
    show(&site, new, planned("spring fair", "Graz"));
    let target = site.url(new);
    site.put(old, move |_| reply(301, &[("Location", &target)], b""));
    put_feed(&site, "/feed", &[site.url(new)]);
    site.wait_polls("/feed", 2);
    site.wait_polls(new, 3);
    site.put(old, |_| reply(404, &[], b"gone"));
    show(&site, new, cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    site.wait_polls(new, 3);
    stopped(daemon);
    assert_eq!(folder.logged("alerts.jsonl").len(), 1);
    assert_eq!(kinds(&folder, &site.url(new)), [Kind::Cancelled]);
    for path in [old, new] {
        let history = folder.revisions(&site.url(path));
        let texts: Vec<&str> = history.iter().map(|r| r.revision.title.as_str()).collect();
        assert!(texts.len() >= 2, "{path}: {texts:?}");
        assert_eq!(texts[0], "Graz prepares for the spring fair", "{path}");
    }
}

#[test]
fn the_same_text_under_another_address_is_no_news() {
    let site = Site::open();
    let (old, new) = ("/news/fair-10001", "/news/spring-fair-in-graz-10001");
    show(&site, old, cancelled("spring fair", "Graz"));
    put_feed(&site, "/feed", &[site.url(old)]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &site.url("/feed"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(old), 1);
    site.put(old, |_| reply(404, &[], b"gone"));
    show(&site, new, cancelled("spring fair", "Graz"));
    put_feed(&site, "/feed", &[site.url(new)]);
    folder.wait_revisions(&site.url(new), 1);
    site.wait_polls(new, 2);
    stopped(daemon);
    assert_eq!(folder.alerts(""), []);
    let kept = folder.developments(&site.url(new));
    assert!(
        kept.iter().any(|row| row.reason.contains("seen before")),
        "{kept:#?}"
    );
}
