//! Finding out where a site lists its articles, through the real program: `sources add`, and
//! sources of kind auto.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::process::Output;

use e2e::page::{article, cancelled, feed, planned, section};
use e2e::program::{EVERYTHING, Folder, HEAD, source, wirewatch};
use e2e::site::{Site, html, reply, rss};
use e2e::until;
use serde_json::Value;
use wirewatch::article::Kind;

const PATHS: [&str; 6] = [
    "/news/spring-fair-in-graz-10001",
    "/news/garden-show-in-lund-10002",
    "/news/bicycle-race-in-ghent-10003",
    "/news/book-fair-in-turin-10004",
    "/news/music-week-in-bergen-10005",
    "/news/boat-show-in-gdansk-10006",
];

fn items(site: &Site, paths: &[&str]) -> Vec<(String, String)> {
    let item = |path: &&str| (site.url(path), format!("Headline of the article at {path}"));
    paths.iter().map(item).collect()
}

/// A front page of these articles that names this feed.
fn put_front(site: &Site, paths: &[&str], feed: Option<&str>) {
    let items = items(site, paths);
    let link = feed.map_or(String::new(), |feed| {
        format!("<link rel=\"alternate\" type=\"application/rss+xml\" href=\"{feed}\">")
    });
    site.put("/", move |ask| {
        html(&section(&items, ask.nth).replace("<head>", &format!("<head>{link}")))
    });
}

fn put_feed(site: &Site, path: &str, paths: &[&str]) {
    let list = feed(&items(site, paths));
    site.put(path, move |_| rss(&list));
}

fn put_articles(site: &Site) {
    for path in PATHS {
        let (title, paragraphs) = planned("spring fair", "Graz");
        site.put(path, move |ask| {
            html(&article(&title, &paragraphs, ask.nth))
        });
    }
}

fn put_news_sitemap(site: &Site, path: &str, paths: &[&str]) {
    let now = wirewatch_now();
    let entry = |path: &&str| {
        format!(
            "<url><loc>{}</loc><news:news><news:publication_date>{now}</news:publication_date>\
             <news:title>Headline of {path}</news:title></news:news></url>",
            site.url(path)
        )
    };
    let entries: String = paths.iter().map(entry).collect();
    let body = format!("<urlset xmlns:news=\"n\">{entries}</urlset>");
    site.put(path, move |_| {
        reply(200, &[("Content-Type", "text/xml")], body.as_bytes())
    });
}

fn wirewatch_now() -> String {
    jiff::Timestamp::now().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn added(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn chosen(answer: &Value) -> (&str, &str) {
    let source = &answer["source"];
    (
        source["kind"].as_str().unwrap(),
        source["url"].as_str().unwrap(),
    )
}

#[test]
fn add_finds_the_feed_that_the_page_names_and_prints_what_to_paste() {
    let site = Site::open();
    put_articles(&site);
    put_front(&site, &PATHS, Some("/feeds/all.xml"));
    put_feed(&site, "/feeds/all.xml", &PATHS[..4]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("127.0.0.1", "article", &site.url(PATHS[0]))
    ));
    let output = folder.run(&["sources", "add", &site.url("/")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stdout);
    let block = format!(
        "[[source]]\nid = \"127.0.0.1-2\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/feeds/all.xml")
    );
    assert!(said.ends_with(&block), "{said}");
    for part in ["named by the page; 4 articles", "section ", PATHS[2]] {
        assert!(said.contains(part), "{part:?} in {said}");
    }
    assert!(!said.contains(PATHS[3]), "three samples: {said}");
    // It can be pasted as it is.
    let config = std::fs::read_to_string(folder.file("wirewatch.toml")).unwrap();
    folder.write(&format!("{config}{said}"));
    assert_eq!(folder.run(&["check"]).status.code(), Some(0));
    let again = folder.run(&["sources", "add", &site.url("/")]);
    assert!(text(&again.stdout).contains("watched already, as the source 127.0.0.1-2"));
}

#[test]
fn add_prefers_what_is_alive() {
    let site = Site::open();
    put_articles(&site);
    put_front(&site, &PATHS, Some("/dead.xml"));
    site.put("/dead.xml", |_| {
        rss(
            "<rss><channel><item><title>Old</title><link>/news/old-story-of-long-ago</link>\
             <pubDate>Fri, 17 May 2019 08:30:00 GMT</pubDate></item></channel></rss>",
        )
    });
    let robots = format!(
        "User-agent: *\nAllow: /\nSitemap: {}\n",
        site.url("/maps.xml")
    );
    site.put("/robots.txt", move |_| reply(200, &[], robots.as_bytes()));
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        site.url("/news-map.xml")
    );
    site.put("/maps.xml", move |_| reply(200, &[], index.as_bytes()));
    put_news_sitemap(&site, "/news-map.xml", &PATHS);
    let folder = Folder::new(HEAD);
    let config = format!("{HEAD}{}", source("x", "article", &site.url(PATHS[0])));
    folder.write(&config);
    let answer = added(&folder.run(&["sources", "add", "--json", &site.url("/")]));
    assert_eq!(
        chosen(&answer),
        ("sitemap", site.url("/news-map.xml").as_str())
    );
    let all = answer["candidates"].as_array().unwrap();
    let of = |url: &str| all.iter().find(|c| c["url"] == site.url(url)).unwrap();
    assert_eq!(of("/dead.xml")["newest"], "2019-05-17T08:30:00Z");
    assert_eq!(of("/feed/")["problem"], "status 404");
    assert_eq!(of("/")["kind"], "section");
    assert_eq!(answer["samples"].as_array().unwrap().len(), 3);
    assert!(site.log().len() <= 18, "{}", site.log().len());

    // Nothing but the page itself.
    let bare = Site::open_on("127.0.5.1");
    put_front(&bare, &PATHS, None);
    let answer = added(&folder.run(&["sources", "add", "--json", &bare.url("/")]));
    assert_eq!(chosen(&answer), ("section", bare.url("/").as_str()));
    // Given a feed, it is that.
    put_feed(&bare, "/some.rss", &PATHS);
    let answer = added(&folder.run(&["sources", "add", "--json", &bare.url("/some.rss")]));
    assert_eq!(chosen(&answer), ("feed", bare.url("/some.rss").as_str()));
}

#[test]
fn add_says_why_it_found_nothing() {
    let site = Site::open();
    let folder = Folder::new(&format!(
        "{HEAD}{}",
        source("x", "article", "http://127.0.0.1/x")
    ));
    let ends = |url: &str, code: i32, part: &str| {
        let output = folder.run(&["sources", "add", url]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{url}: {said}");
        assert!(said.contains(part), "{part:?} in {said}");
        assert!(output.stdout.is_empty());
    };
    site.put("/", |_| {
        html("<html><body><p>Nothing here.</p></body></html>")
    });
    ends(&site.url("/"), 1, "found no feed");
    ends(&site.url("/gone"), 69, "status 404");
    site.close();
    ends(&site.url("/"), 69, "refused");
    ends("mailto://example.org", 64, "only http and https");
    ends("not a url", 64, "not a URL");
    let closed = Site::open_on("127.0.5.2");
    closed.put("/robots.txt", |_| {
        reply(200, &[], b"User-agent: *\nDisallow: /")
    });
    put_front(&closed, &PATHS, None);
    ends(&closed.url("/"), 77, "robots.txt");
    assert!(closed.asked("/").is_empty());
    folder.write("[fetch\n");
    ends(&closed.url("/"), 78, "wirewatch.toml");
    // Without a config the defaults hold: no private address.
    let output = wirewatch()
        .args(["sources", "add", &closed.url("/")])
        .current_dir(folder.file(""))
        .env("WIREWATCH_CONFIG", folder.file("none.toml"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    std::fs::remove_file(folder.file("wirewatch.toml")).unwrap();
    let output = wirewatch()
        .args(["sources", "add", &closed.url("/")])
        .current_dir(folder.file(""))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(text(&output.stderr).contains("private address"));
}

#[test]
fn auto_is_decided_once_remembered_and_decided_anew_when_what_was_found_dies() {
    let site = Site::open();
    put_articles(&site);
    put_front(&site, &PATHS[..5], Some("/feed.xml"));
    put_feed(&site, "/feed.xml", &PATHS[..1]);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("site", "auto", &site.url("/"))
    ));
    let daemon = folder.start();
    folder.wait_revisions(&site.url(PATHS[0]), 1);
    site.wait_polls("/feed.xml", 2);
    daemon.kill();
    let daemon = folder.start();
    site.wait_polls("/feed.xml", 2);
    assert_eq!(site.asked("/").len(), 1, "it was looked for again");
    assert!(site.asked(PATHS[1]).is_empty());

    // The feed is gone; articles of the page that takes its place are a baseline.
    for path in &PATHS[1..5] {
        let (title, paragraphs) = cancelled("garden show", "Lund");
        site.put(path, move |ask| {
            html(&article(&title, &paragraphs, ask.nth))
        });
    }
    site.put("/feed.xml", |_| reply(404, &[], b"gone"));
    folder.wait_revisions(&site.url(PATHS[4]), 1);
    site.wait_polls("/", 2);
    let (title, paragraphs) = cancelled("boat show", "Gdansk");
    site.put(PATHS[5], move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    put_front(&site, &PATHS, Some("/feed.xml"));
    folder.wait_told(1);
    assert_eq!(daemon.stop().code(), Some(0));
    let told = folder.alerts("");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, &told[0].url),
        (Kind::Cancelled, &site.url(PATHS[5]))
    );
    let row = folder.reader().unwrap().sources().unwrap().remove(0);
    assert_eq!((row.kind.as_str(), row.failing_since), ("auto", None));
}

#[test]
fn auto_that_finds_nothing_says_so_and_goes_on_looking() {
    let site = Site::open();
    put_articles(&site);
    site.put("/", |_| {
        html("<html><body><p>Nothing here yet.</p></body></html>")
    });
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("site", "auto", &site.url("/"))
    ));
    let daemon = folder.start();
    until("a reason", || {
        let row = folder.reader()?.sources().unwrap().pop()?;
        (row.last_reason?.contains("found no feed") && row.failing_since.is_some()).then_some(())
    });
    put_front(&site, &PATHS, None);
    folder.wait_revisions(&site.url(PATHS[0]), 1);
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(folder.alerts(""), []);
}
