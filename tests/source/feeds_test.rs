use proptest::prelude::*;
use url::Url;
use wirewatch::source::{Link, SourceError, feed};

fn base() -> Url {
    Url::parse("https://post.example.org/feeds/rss.xml").unwrap()
}

/// Address, title and date of each link.
fn read(body: &[u8]) -> Vec<(String, Option<String>, Option<String>)> {
    let links = feed::parse(body, &base()).unwrap();
    links
        .into_iter()
        .map(
            |Link {
                 url,
                 title,
                 published,
             }| { (url.into(), title, published.map(|at| at.to_string())) },
        )
        .collect()
}

fn row(url: &str, title: &str, date: &str) -> (String, Option<String>, Option<String>) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (url.to_owned(), some(title), some(date))
}

#[test]
fn rss_2() {
    assert_eq!(
        read(include_bytes!("feeds/rss2.xml")),
        [
            row(
                "https://post.example.org/world/ferry-talks-called-off?id=7",
                "Ferry talks & strike called off",
                "2024-05-17T08:30:00Z",
            ),
            row(
                "https://post.example.org/politics/mayor-resigns",
                "Mayor resigns over bridge contract",
                "2024-05-17T07:00:00Z",
            ),
            row(
                "https://post.example.org/world/only-a-permalink",
                "Only a permalink",
                ""
            ),
            row(
                "https://post.example.org/world/behind-a-proxy",
                "Behind a feed proxy",
                ""
            ),
        ]
    );
}

#[test]
fn atom() {
    assert_eq!(
        read(include_bytes!("feeds/atom.xml")),
        [
            row(
                "https://hill.example.org/news/2024/court-lifts-the-ban",
                "Court “lifts” the ban",
                "2024-05-17T08:30:00Z",
            ),
            row(
                "https://hill.example.org/news/archive/toll-rises",
                "Toll rises to 15",
                "2024-05-16T08:00:00Z",
            ),
        ]
    );
}

#[test]
fn rss_1() {
    let want = [row(
        "https://tal.example.org/minister-tritt-zurueck",
        "Minister tritt zurück",
        "2024-05-17T00:00:00Z",
    )];
    assert_eq!(read(include_bytes!("feeds/rdf.xml")), want);
}

#[test]
fn json_feed() {
    assert_eq!(
        read(include_bytes!("feeds/feed.json")),
        [
            row(
                "https://coast.example.org/a",
                "Ceasefire agreed",
                "2024-05-17T08:30:00Z"
            ),
            row("https://coast.example.org/b", "", ""),
            row(
                "https://elsewhere.example.com/c",
                "Seen elsewhere",
                "2024-05-17T00:00:00Z"
            ),
        ]
    );
}

#[test]
fn rss_0_9x_and_odd_versions() {
    for version in ["0.91", "0.92", "0.93", "2.0.1", "3", ""] {
        let body = format!(
            "<rss version=\"{version}\"><channel><item><title>T</title><link>/a</link></item></channel></rss>"
        );
        let want = [row("https://post.example.org/a", "T", "")];
        assert_eq!(read(body.as_bytes()), want, "{version}");
    }
}

#[test]
fn charsets_are_found() {
    let want = [row("https://post.example.org/a", "Čtvrtek žluťoučký", "")];
    let text = |declaration: &str| {
        format!(
            "{declaration}<rss><channel><item><title>Čtvrtek žluťoučký</title><link>/a</link></item></channel></rss>"
        )
    };
    let latin2 = text("<?xml version=\"1.0\" encoding='windows-1250'?>");
    let (encoded, _, _) = encoding_rs::WINDOWS_1250.encode(&latin2);
    assert_eq!(read(&encoded), want);
    // Declared wrongly, or not at all.
    assert_eq!(
        read(text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>").as_bytes()),
        want
    );
    assert_eq!(read(format!("\u{feff}\n{}", text("")).as_bytes()), want);
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text("").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(&utf16), want);
}

#[test]
fn what_is_broken_spoils_little() {
    let good = "<item><title>Good</title><link>/good</link></item>";
    let want = row("https://post.example.org/good", "Good", "");
    for broken in [
        format!(
            "<rss><channel><item><title>AT&T & co</title><link>/a?x&y</link></item>{good}</channel></rss>"
        ),
        format!(
            "<rss><channel><item><title>Caf&eacute; &nosuch;</title><link>/a</link></item>{good}</channel></rss>"
        ),
        format!("<rss><channel><description>x</b></description>{good}</channel></rss>"),
        format!("<rss><channel><item><title>no end<link>/a</item>{good}</channel></rss>"),
        format!("<rss><channel>{good}<item><title>cut off in the mid"),
        format!("<rss><channel>{good}<item><title>cut</title><link>/a</link></item><item a=\""),
        format!("<rss><channel>{good}<![CDATA[ never closed"),
        format!("<rss><channel><item><title>\u{1}\u{8}</title></item>{good}</channel></rss>"),
        format!("<rss><channel><item/><item></item>{good}</channel></rss>"),
        format!("\n\n <rss><channel>{good}</channel></rss> trailing <b> rubbish"),
    ] {
        let links = read(broken.as_bytes());
        assert!(links.contains(&want), "{broken}: {links:?}");
    }
}

#[test]
fn entities_in_titles_become_letters() {
    let body = "<rss><channel><item><title>Caf&eacute; &#8211; A &amp;amp; B &lt; C&#x2019;s</title>\
                <link>/a</link></item></channel></rss>";
    assert_eq!(
        read(body.as_bytes())[0].1.as_deref(),
        Some("Café – A & B < C’s")
    );
}

#[test]
fn what_is_no_feed_says_what_it_is() {
    let error = |body: &str| feed::parse(body.as_bytes(), &base()).unwrap_err();
    assert_eq!(error(""), SourceError::Empty);
    assert_eq!(error(" \n\t"), SourceError::Empty);
    let page = "<!DOCTYPE html><html><head><link rel=\"alternate\" type=\"application/rss+xml\" \
                href=\"/real.xml\"></head><body><p>Hello</p></body></html>";
    let found = error(page);
    let real = Url::parse("https://post.example.org/real.xml").unwrap();
    assert_eq!(found, SourceError::Html { feed: Some(real) });
    assert!(
        found
            .to_string()
            .contains("https://post.example.org/real.xml"),
        "{found}"
    );
    for page in [
        "<!doctype HTML><p>x",
        "<html lang=en><body>",
        "<head><title>x</title></head>",
    ] {
        let found = error(page);
        assert_eq!(found, SourceError::Html { feed: None }, "{page}");
        assert!(found.to_string().contains("section"), "{found}");
    }
    assert_eq!(
        error("<urlset><url><loc>x</loc></url></urlset>"),
        SourceError::Sitemap
    );
    assert_eq!(error("<sitemapindex/>"), SourceError::Sitemap);
    for body in [
        "Not Found",
        "<svg/>",
        "{\"error\": 1}",
        "<!-- only a comment -->",
        "%PDF-1.7",
    ] {
        assert!(
            matches!(error(body), SourceError::NotAFeed(_)),
            "{body}: {}",
            error(body)
        );
    }
    for body in ["{\"items\": [", "<rss", "<rss><channel><title>x</title"] {
        assert!(matches!(error(body), SourceError::Broken(_)), "{body}");
    }
}

#[test]
fn an_empty_feed_is_no_error() {
    assert_eq!(
        read(b"<rss><channel><title>Quiet</title></channel></rss>"),
        []
    );
    assert_eq!(read(b"{\"items\": []}"), []);
}

#[test]
fn a_huge_feed_and_hostile_titles_are_cut() {
    let mut body = String::from("<rss><channel>");
    let title = "&lt;div&gt;".repeat(20_000);
    body.push_str(&format!(
        "<item><title>{title}</title><link>/hostile</link></item>"
    ));
    for n in 0..3_000 {
        body.push_str(&format!(
            "<item><title>{}</title><link>/{n}</link></item>",
            "long ".repeat(300)
        ));
    }
    body.push_str("</channel></rss>");
    let start = std::time::Instant::now();
    let links = read(body.as_bytes());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(links.len(), 1_000);
    assert!(links[1].1.as_ref().unwrap().chars().count() <= 500);
    let nested = "<a>".repeat(100_000);
    assert!(feed::parse(format!("<rss><channel><item>{nested}").as_bytes(), &base()).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>) {
        let _ = feed::parse(&bytes, &base());
    }

    #[test]
    fn no_markup_breaks_the_reader(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<item>"), Just("</item>"), Just("<entry>"), Just("<title>"), Just("</title>"),
                Just("<link href='/x'/>"), Just("<link>"), Just("</link>"), Just("&"), Just("&lt;"),
                Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("é"), Just("\""), Just("<"), Just("/a"),
            ],
            0..30,
        )
    ) {
        let body = format!("<rss>{}", parts.concat());
        let _ = feed::parse(body.as_bytes(), &base());
    }
}
