use std::io::Write;

use proptest::prelude::*;
use url::Url;
use wirewatch::source::SourceError;
use wirewatch::source::pattern::Pattern;
use wirewatch::source::section::SectionRules;
use wirewatch::source::sitemap::{Known, Sitemap, read};

const BASE: &str = "https://post.example.org/sitemap.xml";

fn all() -> SectionRules {
    SectionRules {
        same_site: false,
        ..SectionRules::default()
    }
}

fn base() -> Url {
    Url::parse(BASE).unwrap()
}

fn first(body: &str) -> Sitemap {
    read(body.as_bytes(), &base(), None, &all(), 100).unwrap()
}

fn again(body: &str, known: &Known, most: usize) -> Sitemap {
    read(body.as_bytes(), &base(), Some(known), &all(), most).unwrap()
}

fn paths(sitemap: &Sitemap) -> Vec<&str> {
    sitemap.articles.iter().map(|a| a.link.url.path()).collect()
}

fn new(sitemap: &Sitemap) -> Vec<&str> {
    let new = sitemap.articles.iter().filter(|a| a.new);
    new.map(|a| a.link.url.path()).collect()
}

fn error(body: &str) -> SourceError {
    read(body.as_bytes(), &base(), None, &all(), 100).unwrap_err()
}

/// A sitemap of these addresses, each perhaps with a `lastmod`.
fn plain(entries: &[(&str, &str)]) -> String {
    let entry = |(loc, lastmod): &(&str, &str)| match lastmod.is_empty() {
        true => format!("<url><loc>https://post.example.org{loc}</loc></url>\n"),
        false => format!(
            "<url><loc>https://post.example.org{loc}</loc><lastmod>{lastmod}</lastmod></url>\n"
        ),
    };
    let entries: String = entries.iter().map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{entries}</urlset>"
    )
}

const NEWS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://post.example.org/a1?utm_source=sitemap</loc>
  <news:news><news:publication><news:name>The Post</news:name><news:language>en</news:language></news:publication>
    <news:publication_date>2026-05-17T08:30:00+02:00</news:publication_date>
    <news:title>Ferry &amp; harbour: strike called off after &quot;long&quot; night</news:title></news:news>
  <image:image><image:loc>https://post.example.org/ferry.jpg</image:loc><image:title>A ferry</image:title></image:image>
  <lastmod>2026-05-17T09:00:00Z</lastmod></url>
<url><loc><![CDATA[https://post.example.org/a2]]></loc>
  <news:news><news:publication_date>2026-05-18</news:publication_date><news:title><![CDATA[Toll & more]]></news:title></news:news></url>
<url><loc></loc><news:news><news:title>Nowhere</news:title></news:news></url>
<url><loc>mailto:desk@example.org</loc></url>
<url><news:news><news:title>No address at all</news:title></news:news></url>
<url><loc>https://post.example.org/a1#comments</loc></url>
</urlset>"#;

#[test]
fn a_news_sitemap_names_and_dates_its_articles() {
    let sitemap = first(NEWS);
    let said: Vec<_> = sitemap
        .articles
        .iter()
        .map(|a| {
            let published = a.link.published.map(|at| at.to_string());
            (
                a.link.url.as_str(),
                a.link.title.as_deref(),
                published.unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                "https://post.example.org/a2",
                Some("Toll & more"),
                "2026-05-18T23:59:59Z".to_owned()
            ),
            (
                "https://post.example.org/a1",
                Some("Ferry & harbour: strike called off after \"long\" night"),
                "2026-05-17T06:30:00Z".to_owned()
            ),
        ],
        "the newest first, an address once, without marks"
    );
    assert!(sitemap.is_news && !sitemap.is_index && !sitemap.more);
    assert_eq!(
        sitemap.articles[1].modified.map(|at| at.to_string()),
        Some("2026-05-17T09:00:00Z".to_owned())
    );
}

#[test]
fn of_a_plain_sitemap_only_what_looks_like_an_article_is_taken() {
    let sitemap = first(&plain(&[
        ("/", ""),
        ("/world/", ""),
        ("/tag/ferry-strike-harbour-talks", ""),
        ("/author/jane-public", ""),
        ("/about-us", ""),
        ("/world/ferry-strike-called-off.html", ""),
        ("/news/68123456", ""),
    ]));
    assert_eq!(
        paths(&sitemap),
        ["/world/ferry-strike-called-off.html", "/news/68123456"]
    );
    let chosen = SectionRules {
        include: vec![Pattern::parse("/world/").unwrap()],
        ..all()
    };
    let body = plain(&[("/world/", ""), ("/news/68123456", "")]);
    let sitemap = read(body.as_bytes(), &base(), None, &chosen, 100).unwrap();
    assert_eq!(paths(&sitemap), ["/world/"], "the operator knows better");
}

#[test]
fn an_article_is_new_if_the_list_did_not_have_it_before() {
    let old = [("/news/10000001", "2026-05-01"), ("/news/10000002", "")];
    let sitemap = first(&plain(&old));
    assert_eq!(new(&sitemap), [""; 0], "the first reading is a baseline");
    let stored = Known::from_bytes(&sitemap.known.to_bytes());
    assert_eq!(stored, sitemap.known);
    // A changed one is no new one, however recent its date.
    let later = [
        ("/news/10000001", "2026-05-19T10:00:00Z"),
        ("/news/10000002", ""),
        ("/news/10000003", ""),
    ];
    let sitemap = again(&plain(&later), &stored, 100);
    assert_eq!(new(&sitemap), ["/news/10000003"]);
    assert_eq!(paths(&sitemap)[0], "/news/10000003", "new ones first");
    assert_eq!(new(&again(&plain(&later), &sitemap.known, 100)), [""; 0]);
}

#[test]
fn new_ones_beyond_what_is_wanted_come_with_the_next_reading() {
    let known = first(&plain(&[("/news/10000000", "")])).known;
    let many: Vec<String> = (1..=5).map(|n| format!("/news/1000000{n}")).collect();
    let entries: Vec<(&str, &str)> = many.iter().map(|path| (path.as_str(), "")).collect();
    let body = plain(&entries);
    let (mut known, mut found) = (known, Vec::new());
    for more in [true, true, false] {
        let sitemap = again(&body, &known, 2);
        assert_eq!(sitemap.more, more);
        found.extend(new(&sitemap).into_iter().map(str::to_owned));
        known = sitemap.known;
    }
    assert_eq!(found, many);
}

#[test]
fn a_site_that_changes_all_its_addresses_has_nothing_new() {
    let entry = |n: usize, form: &str| format!("/{form}/100000{n:02}");
    let list = |form: &str| -> Vec<String> { (0..40).map(|n| entry(n, form)).collect() };
    let body = |list: &[String]| {
        let entries: Vec<(&str, &str)> = list.iter().map(|path| (path.as_str(), "")).collect();
        plain(&entries)
    };
    let known = first(&body(&list("news"))).known;
    let moved = again(&body(&list("story")), &known, 100);
    assert_eq!((new(&moved).len(), moved.articles.len()), (0, 40));
    let mut more = list("story");
    more.push("/story/20000001".to_owned());
    assert_eq!(
        new(&again(&body(&more), &moved.known, 100)),
        ["/story/20000001"]
    );
}

#[test]
fn an_index_gives_its_newest_sitemaps_that_may_list_articles() {
    let child = |loc: &str, lastmod: &str| {
        format!("<sitemap><loc>https://post.example.org/{loc}</loc>{lastmod}</sitemap>")
    };
    let index = |children: &[String]| format!("<sitemapindex>{}</sitemapindex>", children.concat());
    let mut children = vec![
        child(
            "post-sitemap1.xml",
            "<lastmod>2025-01-01T00:00:00Z</lastmod>",
        ),
        child(
            "post-sitemap2.xml",
            "<lastmod>2026-05-17T10:00:00Z</lastmod>",
        ),
        child("category-sitemap.xml", "<lastmod>2026-05-18</lastmod>"),
        child("author-sitemap.xml", ""),
        child("video-sitemap.xml.gz", ""),
        child("2026-04.xml", ""),
        child("2026-05.xml", ""),
        child("news.xml", ""),
    ];
    let names = |sitemap: &Sitemap| -> Vec<String> {
        let name = |c: &wirewatch::source::sitemap::Child| c.url.path().to_owned();
        sitemap.children.iter().map(name).collect()
    };
    let sitemap = first(&index(&children));
    assert!(sitemap.is_index && sitemap.articles.is_empty());
    assert_eq!(
        names(&sitemap),
        [
            "/news.xml",
            "/post-sitemap2.xml",
            "/post-sitemap1.xml",
            "/2026-05.xml",
            "/2026-04.xml"
        ]
    );
    assert!(sitemap.children.iter().all(|c| !c.new));
    // One that it gains is new until it has been read and is known by itself.
    children.push(child("2026-06.xml", ""));
    let mut known = sitemap.known;
    for _ in 0..2 {
        let sitemap = again(&index(&children), &known, 100);
        let new: Vec<_> = sitemap.children.iter().filter(|c| c.new).collect();
        assert_eq!(new.len(), 1);
        assert_eq!(new[0].url.path(), "/2026-06.xml");
        known = sitemap.known;
    }
    let many: Vec<String> = (0..500).map(|n| child(&format!("s{n}.xml"), "")).collect();
    let sitemap = first(&index(&many));
    assert_eq!(sitemap.children.len(), 20);
    assert_eq!(sitemap.children[0].url.path(), "/s499.xml");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn gzip_is_told_by_its_first_bytes_and_a_burst_is_cut() {
    let body = plain(&[("/news/10000001", "")]);
    let sitemap = read(&gzip(body.as_bytes()), &base(), None, &all(), 100).unwrap();
    assert_eq!(paths(&sitemap), ["/news/10000001"]);
    // 200 MB of blanks in 200 KB, with an entry before and one behind.
    let head = plain(&[("/news/10000001", "")]);
    let head = head.trim_end_matches("</urlset>");
    let mut burst = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    burst.write_all(head.as_bytes()).unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..200 {
        burst.write_all(&blanks).unwrap();
    }
    burst
        .write_all(plain(&[("/news/10000002", "")]).as_bytes())
        .unwrap();
    let sitemap = read(&burst.finish().unwrap(), &base(), None, &all(), 100).unwrap();
    assert_eq!(paths(&sitemap), ["/news/10000001"]);
    assert!(sitemap.more);
    // Broken off.
    let packed = gzip(plain(&[("/news/10000001", ""), ("/news/10000002", "")]).as_bytes());
    let cut = &packed[..packed.len() - 12];
    assert!(read(cut, &base(), None, &all(), 100).is_ok_and(|s| s.more));
    assert!(read(&packed[..8], &base(), None, &all(), 100).is_err());
}

#[test]
fn fifty_thousand_entries_are_read_and_no_more() {
    let mut body = String::from("<urlset>");
    for n in 0..60_000 {
        body.push_str(&format!(
            "<url><loc>https://post.example.org/news/{}</loc></url>",
            10_000_000 + n
        ));
    }
    let sitemap = read(body.as_bytes(), &base(), None, &all(), 50).unwrap();
    assert_eq!(sitemap.articles.len(), 50);
    assert_eq!(sitemap.known.to_bytes().len(), 50_000 * 8);
}

#[test]
fn a_bad_entry_spoils_itself_only() {
    let good = "<url><loc>https://post.example.org/news/10000001</loc></url>";
    for bad in [
        "<url><loc>https://post.example.org/?a=1&b=2</loc></url>",
        "<url><loc>https://[broken</loc></url>",
        "<url><lastmod>yesterday</lastmod></url>",
        "<url><loc>https://post.example.org/x",
        "<url><foo><loc>https://post.example.org/inner</loc></foo></url>",
        "<url></loc></url>",
        "text <!-- comment --> &unknown; &#0;",
    ] {
        let body = format!("<urlset>{bad}{good}</urlset>");
        let sitemap = read(body.as_bytes(), &base(), None, &all(), 100);
        let sitemap = sitemap.unwrap_or_else(|e| panic!("{bad}: {e}"));
        assert!(
            paths(&sitemap).contains(&"/news/10000001"),
            "{bad}: {:?}",
            paths(&sitemap)
        );
    }
    let mut body = b"<urlset><url><loc>https://post.example.org/news/10000002</loc><title>caf\xe9</title></url>".to_vec();
    body.extend_from_slice(format!("{good}</urlset>").as_bytes());
    let sitemap = read(&body, &base(), None, &all(), 100).unwrap();
    assert_eq!(paths(&sitemap), ["/news/10000002", "/news/10000001"]);
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><urlset xmlns:n='x'><url>\
        <loc>https://post.example.org/a</loc><n:news><n:title>Caf\xe9</n:title></n:news></url></urlset>";
    let sitemap = read(latin, &base(), None, &all(), 100).unwrap();
    assert_eq!(sitemap.articles[0].link.title.as_deref(), Some("Caf\u{e9}"));
}

#[test]
fn what_is_no_sitemap_says_what_it_is() {
    assert_eq!(error("<rss version=\"2.0\"/>"), SourceError::Feed);
    for html in [
        "<!DOCTYPE html><html></html>",
        "<html><body>no</body></html>",
    ] {
        assert_eq!(
            error(html),
            SourceError::NotASitemap("it is a web page".into())
        );
    }
    for other in ["", "   ", "no XML at all", "<opml/>"] {
        assert!(
            matches!(error(other), SourceError::NotASitemap(_)),
            "{other:?}: {:?}",
            error(other)
        );
    }
}

proptest! {
    #[test]
    fn no_body_upsets_it(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&body, &base(), None, &all(), 10);
        let mut inside = b"<urlset><url><loc>https://post.example.org/news/1000001</loc>".to_vec();
        inside.extend(&body);
        let _ = read(&inside, &base(), Some(&Known::default()), &all(), 10);
        let _ = read(&gzip(&inside), &base(), None, &all(), 10);
    }
}
