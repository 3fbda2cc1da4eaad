//! Pages written for these tests, through the public interface: what is read, what is left out,
//! what is judged, and that nothing breaks the reader.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use url::Url;
use wirewatch::article::Outcome;
use wirewatch::extract::{
    Fetched, Overrun, Page, Rules, SiteMemory, bounded, check_selector, decode, extract, judge,
};

const PARAGRAPHS: [&str; 6] = [
    "The harbour council of Westerhaven voted on Tuesday evening to close the northern ferry terminal for at least eight months.",
    "Engineers found cracks in eleven of the forty piles that carry the landing stage, according to a report handed to the council last week.",
    "“We would rather explain a detour than an accident,” said Marit Oldenkamp, who chairs the council, after a debate of four hours.",
    "About 3,200 commuters use the terminal on a working day, most of them on the half-hourly boats to the islands of Skarn and Little Skarn.",
    "The operator will move its boats to the fish dock from Monday, and promised a bus every ten minutes between the dock and the railway station.",
    "Repairs are expected to cost 14 million crowns, of which the state has agreed to pay half once the tender is published in spring.",
];

/// What changes on a page from one request to the next without anything having happened.
struct Churn {
    visits: u32,
    minutes: u32,
    token: &'static str,
    advert: &'static str,
    related: [&'static str; 3],
    comments: u32,
    swapped: bool,
}

const CALM: Churn = Churn {
    visits: 17,
    minutes: 3,
    token: "a81f",
    advert: "Boots at half price this week only, at Larsen's on the quay.",
    related: [
        "Herring catch down for a third year",
        "New head teacher at Skarn school",
        "Storm closes coastal road",
    ],
    comments: 2,
    swapped: false,
};

const BUSY: Churn = Churn {
    visits: 48_211,
    minutes: 57,
    token: "ff03",
    advert: "Fly south this winter: three nights from 499 crowns including breakfast.",
    related: [
        "Council budget in four charts",
        "Ferry fares to rise in January, operator says",
        "Where to eat on Little Skarn",
    ],
    comments: 140,
    swapped: true,
};

/// A news page in the usual layout of a WordPress theme.
fn newspaper(churn: &Churn) -> String {
    let Churn {
        visits,
        minutes,
        token,
        advert,
        related,
        comments,
        swapped,
    } = churn;
    let p = |i: usize| format!("<p>{}</p>", PARAGRAPHS[i]);
    let attributes = if *swapped {
        r#"id="post-4411" class="post type-post hentry""#
    } else {
        r#"class="post type-post hentry" id="post-4411""#
    };
    let links: String = related
        .iter()
        .map(|t| format!(r##"<li><a href="#">{t}</a></li>"##))
        .collect();
    let talk: String = (0..(*comments).min(5))
        .map(|i| format!(r#"<li class="comment"><p>Reader {i} thinks this should have been done {comments} years ago, and says so at length.</p></li>"#))
        .collect();
    format!(
        r##"<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Ferry terminal to close for eight months - Westerhaven Courier</title>
<meta property="og:site_name" content="Westerhaven Courier"><meta property="og:title" content="Ferry terminal to close for eight months">
<meta property="article:published_time" content="2026-03-10T19:42:00+01:00"><meta name="author" content="Ada Brink">
<link rel="canonical" href="/2026/03/ferry-terminal-to-close/"><script>var state = {{"t":"{token}","n":{visits}}};</script></head>
<body class="single"><header class="site-header"><a href="/">Westerhaven Courier</a><nav><ul><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<div class="ad-slot">{advert}</div><main><article {attributes}><header class="entry-header"><h1 class="entry-title">Ferry terminal to close for eight months</h1>
<div class="entry-meta">By <a rel="author" href="/author/ada">Ada Brink</a> <time datetime="2026-03-10T19:42:00+01:00">{minutes} minutes ago</time></div></header>
<div class="entry-content"><figure class="wp-block-image"><img src="a.jpg"><figcaption>Passengers leave the terminal on Monday. Photo: Jon Hale</figcaption></figure>
{}{}<div class="ad-slot inline">{advert}</div>{}<div class="wp-caption"><img src="b.jpg"><p class="wp-caption-text">One of the cracked piles, seen at low water. (Jon Hale)</p></div>
{}{}<p>Read more: <a href="/x">{}</a></p>{}
<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Facebook</a></li><li><a href="#">X</a></li></ul></div>
<p class="views">Visited {visits} times, {minutes} visit(s) today</p></div></article>
<aside class="related"><h3>Related</h3><ul>{links}</ul></aside>
<div id="comments"><h2>{comments} comments</h2><ol>{talk}</ol><h3>Leave a Reply</h3><form><input type="hidden" name="csrf" value="{token}"><p>Your email address will not be published. Required fields are marked.</p></form></div></main>
<footer>© 2026 Westerhaven Courier. All rights reserved.</footer></body></html>"##,
        p(0),
        p(1),
        p(2),
        p(3),
        p(4),
        related[0],
        p(5),
    )
}

fn address() -> Url {
    Url::parse("https://courier.example/2026/03/ferry-terminal-to-close/").unwrap()
}

fn read(html: &str) -> Page {
    extract(html, Some(&address()), &Rules::default())
}

fn judged(page: &Page) -> (Outcome, String) {
    judged_with(page, 200, Some("text/html"), &address(), true, false)
}

fn judged_with(
    page: &Page,
    status: u16,
    content_type: Option<&str>,
    landed: &Url,
    complete: bool,
    malformed: bool,
) -> (Outcome, String) {
    judge(
        &Fetched {
            status,
            content_type,
            requested: &address(),
            landed,
            complete,
            malformed,
        },
        page,
    )
}

#[test]
fn a_news_page_gives_its_article_and_nothing_else() {
    let page = read(&newspaper(&CALM));
    let a = &page.article;
    assert_eq!(a.text, PARAGRAPHS.join("\n\n"));
    assert_eq!(
        a.title.as_deref(),
        Some("Ferry terminal to close for eight months")
    );
    assert_eq!(a.byline, ["Ada Brink"]);
    assert_eq!(a.published.as_deref(), Some("2026-03-10T19:42:00+01:00"));
    assert_eq!(
        a.canonical.as_deref(),
        Some("https://courier.example/2026/03/ferry-terminal-to-close/")
    );
    assert_eq!(a.language.as_deref(), Some("en"));
    assert!(page.signals.agreement > 0.5, "{}", page.signals.agreement);
    assert_eq!(judged(&page).0, Outcome::Content);
}

#[test]
fn churn_changes_nothing_that_is_read() {
    assert_eq!(
        read(&newspaper(&CALM)).article,
        read(&newspaper(&BUSY)).article
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn no_churn_changes_the_text(
        visits in 0_u32..1_000_000, minutes in 0_u32..60, comments in 0_u32..300, swapped: bool,
        order in Just([0_usize, 1, 2, 3, 4, 5]).prop_shuffle(),
    ) {
        let pool = [CALM.related, BUSY.related].concat();
        let related = [pool[order[0]], pool[order[1]], pool[order[2]]];
        let churn = Churn { visits, minutes, token: "0c0c", advert: pool[order[3]], related, comments, swapped };
        prop_assert_eq!(read(&newspaper(&churn)).article.text, PARAGRAPHS.join("\n\n"));
    }
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    encoding_rs::Encoding::for_label(label.as_bytes())
        .unwrap()
        .encode(text)
        .0
        .into_owned()
}

#[test]
fn charsets_are_found_in_their_order() {
    let utf8 = "<p>Malmö – „Größe“ жизнь</p>".as_bytes().to_vec();
    let latin = b"<p>Malm\xf6 und Gr\xf6\xdfe</p>".to_vec();
    let after = |meta: &str, body: &[u8]| [meta.as_bytes(), body].concat();
    let bom = [b"\xEF\xBB\xBF".as_slice(), &utf8].concat();
    let russian = encoded(
        "windows-1251",
        "<p>Правительство отложило встречу министров до следующей недели, сообщили в четверг.</p>",
    );
    let japanese = encoded(
        "shift_jis",
        "<p>政府は火曜日、会談を中止すると発表した。理由は明らかにしていない。</p>",
    );
    for (name, bytes, header, wanted, part) in [
        (
            "header",
            latin.clone(),
            Some("text/html; charset=ISO-8859-1"),
            "windows-1252",
            "Größe",
        ),
        (
            "meta",
            after(r#"<meta charset="iso-8859-1">"#, &latin),
            Some("text/html"),
            "windows-1252",
            "Größe",
        ),
        (
            "old meta",
            after(
                r#"<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">"#,
                &latin,
            ),
            None,
            "windows-1252",
            "Größe",
        ),
        (
            "byte order mark over header",
            bom,
            Some("text/html; charset=iso-8859-1"),
            "UTF-8",
            "жизнь",
        ),
        (
            "header over meta",
            after(r#"<meta charset="shift_jis">"#, &latin),
            Some("text/html; charset=\"iso-8859-1\""),
            "windows-1252",
            "Größe",
        ),
        (
            "valid UTF-8 over a wrong header",
            utf8.clone(),
            Some("text/html; charset=iso-8859-1"),
            "UTF-8",
            "жизнь",
        ),
        ("detected UTF-8", utf8, None, "UTF-8", "жизнь"),
        (
            "detected Cyrillic",
            russian,
            None,
            "windows-1251",
            "Правительство",
        ),
        ("detected Japanese", japanese, None, "Shift_JIS", "会談"),
    ] {
        let decoded = decode(&bytes, header);
        assert_eq!(
            (decoded.encoding, decoded.malformed),
            (wanted, false),
            "{name}"
        );
        assert!(decoded.text.contains(part), "{name}: {}", decoded.text);
    }
}

#[test]
fn bytes_of_no_charset_are_an_error() {
    let noise: Vec<u8> = (0..4_000_u32)
        .map(|i| u8::try_from(0x80 + (i * 37 % 64)).unwrap())
        .collect();
    let decoded = decode(&noise, Some("text/html; charset=utf-8"));
    assert!(decoded.malformed);
    let page = read(&decoded.text);
    assert_eq!(
        judged_with(&page, 200, None, &address(), true, decoded.malformed).0,
        Outcome::Error
    );
}

#[test]
fn fifty_thousand_nested_tags_are_survived() {
    for tag in ["div", "b", "table><tr><td", "font color=x", "svg"] {
        let deep = format!("<{tag}>").repeat(50_000 / tag.split('>').count());
        let html = newspaper(&CALM).replace(
            "<div class=\"entry-content\">",
            &format!("<div class=\"entry-content\">{deep}"),
        );
        let page = bounded(Duration::from_secs(120), move || read(&html))
            .unwrap_or_else(|e| panic!("<{tag}>: {e}"));
        assert!(page.article.title.is_some(), "<{tag}>");
    }
}

#[test]
fn a_page_of_thirty_megabytes_is_refused_at_once() {
    let html = format!(
        "<html><body>{}</body></html>",
        "<p>All work and no play.</p>".repeat(30 * 1024 * 1024 / 28)
    );
    let start = Instant::now();
    let page = read(&html);
    assert!(start.elapsed() < Duration::from_secs(1));
    let (outcome, reason) = judged(&page);
    assert_eq!(outcome, Outcome::Error);
    assert!(reason.contains("too large"), "{reason}");
}

#[test]
fn a_page_of_too_many_tags_is_refused() {
    assert_eq!(judged(&read(&"<i>x</i>".repeat(100_000))).0, Outcome::Error);
}

#[test]
fn what_hangs_or_panics_is_held_away() {
    let limit = Duration::from_millis(50);
    assert_eq!(
        bounded(limit, || std::thread::sleep(Duration::from_secs(2))),
        Err(Overrun::TooSlow(limit))
    );
    let long = Duration::from_secs(20);
    assert_eq!(
        bounded(long, || -> u8 { panic!("on purpose") }),
        Err(Overrun::Panicked("on purpose".into()))
    );
    assert_eq!(bounded(long, || 7), Ok(7));
}

fn notice(heading: &str, text: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{heading} - The Courier</title></head><body><header>The Courier</header><main><h1>{heading}</h1><p>{text}</p></main></body></html>"
    )
}

#[test]
fn walls_and_error_pages_are_no_content() {
    let teaser = format!(
        r#"<html><head><title>Ferry terminal to close</title></head><body><article><h1>Ferry terminal to close</h1><p>{}</p><p>{}</p><div class="offer"><h2>Subscribe to continue reading</h2><p>Get three months for 9 crowns.</p></div></article></body></html>"#,
        PARAGRAPHS[0], PARAGRAPHS[1],
    );
    let marked = format!(
        r#"<html><head><script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry terminal to close","isAccessibleForFree":"False"}}</script></head><body><article><h1>Ferry terminal to close</h1><p>{}</p></article></body></html>"#,
        PARAGRAPHS[0],
    );
    for (html, wanted) in [
        (
            notice(
                "Before you continue",
                "We and our 512 partners store and access information on a device. Accept all or manage your choices.",
            ),
            Outcome::Consent,
        ),
        (
            notice(
                "Datenschutz-Einstellungen",
                "Wir verwenden Cookies. Mit Klick auf „Alle akzeptieren“ stimmen Sie zu.",
            ),
            Outcome::Consent,
        ),
        (
            notice(
                "Just a moment...",
                "Checking your browser before accessing the site. This takes a few seconds.",
            ),
            Outcome::Blocked,
        ),
        (
            notice(
                "The Courier",
                "Please enable JavaScript and disable any ad blocker to view this page.",
            ),
            Outcome::Blocked,
        ),
        (
            notice("Are you a robot?", "Complete the captcha below to go on."),
            Outcome::Blocked,
        ),
        (
            notice(
                "Page not found",
                "It may have moved. Try the search, or go to the home page.",
            ),
            Outcome::Soft404,
        ),
        (
            notice("Sorry, we can’t find that page", "It may have moved."),
            Outcome::Soft404,
        ),
        (
            notice(
                "Seite nicht gefunden",
                "Die gewünschte Adresse gibt es nicht oder nicht mehr.",
            ),
            Outcome::Soft404,
        ),
        (
            notice(
                "Something went wrong",
                "Our team has been told. Please try again in a few minutes.",
            ),
            Outcome::Error,
        ),
        (teaser, Outcome::Paywall),
        (marked, Outcome::Paywall),
        (String::new(), Outcome::Empty),
        (
            "<html><body><script>app.start()</script></body></html>".into(),
            Outcome::Empty,
        ),
    ] {
        let (outcome, reason) = judged(&read(&html));
        assert_eq!(outcome, wanted, "{reason}: {html}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn an_article_about_walls_is_content() {
    let html = newspaper(&CALM)
        .replace("Ferry terminal to close for eight months", "Publishers must stop asking readers to accept all cookies, court rules")
        .replace(PARAGRAPHS[2], "“Subscribe to continue reading” and “are you a robot” are phrases nobody likes, the judge said; a page not found at least is honest.");
    assert_eq!(judged(&read(&html)).0, Outcome::Content);
}

#[test]
fn status_type_and_redirect_decide_first() {
    let page = read(&newspaper(&CALM));
    let status = |page: &Page, status| {
        judged_with(page, status, Some("text/html"), &address(), true, false).0
    };
    for (code, wanted) in [
        (200, Outcome::Content),
        (304, Outcome::Unchanged),
        (401, Outcome::Blocked),
        (402, Outcome::Paywall),
        (403, Outcome::Blocked),
        (404, Outcome::Gone),
        (410, Outcome::Gone),
        (429, Outcome::Blocked),
        (451, Outcome::Blocked),
        (500, Outcome::Error),
        (503, Outcome::Error),
    ] {
        assert_eq!(status(&page, code), wanted, "{code}");
    }
    let challenge = read(&notice(
        "Just a moment...",
        "Checking your browser before accessing the site.",
    ));
    assert_eq!(status(&challenge, 503), Outcome::Blocked);

    let of_type = |kind| judged_with(&page, 200, Some(kind), &address(), true, false).0;
    assert_eq!(of_type("application/pdf"), Outcome::Error);
    assert_eq!(
        of_type("application/xhtml+xml; charset=utf-8"),
        Outcome::Content
    );

    let landing = |page: &Page, url: &str| {
        judged_with(page, 200, None, &Url::parse(url).unwrap(), true, false).0
    };
    let wall = read(&notice(
        "The Courier",
        "A word about how this paper pays its way, before you read on.",
    ));
    assert_eq!(
        landing(&wall, "https://consent.courier.example/?return=%2F2026"),
        Outcome::Consent
    );
    let index = read(
        "<html><body><h1>The Courier</h1><ul><li><a href=/a>Herring catch down for a third year, fleet says</a></ul></body></html>",
    );
    assert_eq!(
        landing(&index, "https://courier.example/"),
        Outcome::Soft404
    );
    assert_eq!(
        landing(&page, "https://courier.example/2026/03/other-slug/"),
        Outcome::Content
    );
}

#[test]
fn half_a_page_is_truncated() {
    let whole = newspaper(&CALM);
    let at = |needle: &str, more: usize| whole.find(needle).unwrap() + more;
    for (cut, why) in [
        (at(PARAGRAPHS[3], 40), "in a paragraph"),
        (at("<div class=\"wp-caption\"", 8), "in a tag"),
        (at(PARAGRAPHS[4], PARAGRAPHS[4].len()), "after a sentence"),
    ] {
        assert_eq!(judged(&read(&whole[..cut])).0, Outcome::Truncated, "{why}");
    }
    assert_eq!(
        judged_with(&read(&whole), 200, None, &address(), false, false).0,
        Outcome::Truncated
    );
    // The standard lets a page leave out its last two tags.
    assert_eq!(
        judged(&read(&whole.replace("</body></html>", ""))).0,
        Outcome::Content
    );
}

#[test]
fn structured_data_is_read_in_all_its_forms() {
    let article = |author: &str| {
        format!(
            r#"{{"@type":"NewsArticle","headline":"Ferry terminal to close","datePublished":"2026-03-10T19:42:00+0100","dateModified":"2026-03-11 08:00","author":{author}}}"#
        )
    };
    for (name, block) in [
        ("plain", article(r#"{"@type":"Person","name":"Ada Brink"}"#)),
        ("array", format!("[{}]", article(r#"["Ada Brink"]"#))),
        (
            "graph",
            format!(
                r#"{{"@context":"https://schema.org","@graph":[{{"@type":"WebSite","name":"Courier"}},{}]}}"#,
                article(r#"[{"name":"Ada Brink"}]"#)
            ),
        ),
        (
            "reference",
            format!(
                r##"{{"@graph":[{},{{"@type":"Person","@id":"#ada","name":"Ada Brink"}}]}}"##,
                article(r##"{"@id":"#ada"}"##)
            ),
        ),
        (
            "name parts",
            article(r#"[{"@type":"Person","givenName":"Ada","familyName":"Brink"}]"#),
        ),
        (
            "type list",
            article(r#""Ada Brink""#)
                .replace(r#""NewsArticle""#, r#"["Thing","ReportageNewsArticle"]"#),
        ),
        ("raw line end", article("\"Ada\nBrink\"")),
        ("trailing commas", article(r#"[{"name":"Ada Brink",},]"#)),
        (
            "comment around",
            format!("<!-- {} -->", article(r#""Ada Brink""#)),
        ),
        ("by", article(r#""By Ada Brink""#)),
    ] {
        let html = format!(
            r#"<html><head><script type="application/ld+json">{{broken</script><script type="application/ld+json">{block}</script></head><body><p>{}</p></body></html>"#,
            PARAGRAPHS[0]
        );
        let a = read(&html).article;
        assert_eq!(
            a.title.as_deref(),
            Some("Ferry terminal to close"),
            "{name}"
        );
        assert_eq!(a.byline, ["Ada Brink"], "{name}");
        assert_eq!(
            a.published.as_deref(),
            Some("2026-03-10T19:42:00+01:00"),
            "{name}"
        );
        assert_eq!(a.modified.as_deref(), Some("2026-03-11T08:00:00"), "{name}");
    }
}

#[test]
fn live_blog_entries_and_the_rescue_body_come_from_structured_data() {
    let html = r#"<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Harbour vote live","liveBlogUpdate":[
        {"@type":"BlogPosting","headline":"Vote begins","articleBody":"<p>The vote has begun.</p><p>It is open.</p>"},
        {"@type":"BlogPosting","articleBody":"Council sits.\nIt is full."}]}</script><p>Live</p>"#;
    assert_eq!(
        read(html).signals.live_entries,
        [
            "The vote has begun. It is open.",
            "Council sits. It is full."
        ]
    );
    assert_eq!(
        read(html).article.text,
        "* * *\n\nVote begins\n\nThe vote has begun.\n\nIt is open.\n\n* * *\n\nCouncil sits.\n\nIt is full."
    );

    let body = PARAGRAPHS.join("\\n\\n");
    let html = format!(
        r#"<html><head><script type="application/ld+json">{{"@type":"NewsArticle","articleBody":"{body}"}}</script></head><body><div id="app"></div></body></html>"#
    );
    assert_eq!(read(&html).article.text, PARAGRAPHS.join("\n\n"));
}

#[test]
fn dates_are_read_in_their_forms() {
    let published = |raw: &str| {
        let html = format!(
            r#"<meta property="article:published_time" content="{raw}"><p>{}</p>"#,
            PARAGRAPHS[0]
        );
        extract(&html, None, &Rules::default()).article.published
    };
    for (raw, wanted) in [
        ("2026-03-10", "2026-03-10"),
        ("2026-03-10T19:42Z", "2026-03-10T19:42:00Z"),
        ("2026-03-10T19:42:07.123+0100", "2026-03-10T19:42:07+01:00"),
        ("2026-03-10 19:42:07", "2026-03-10T19:42:07"),
        (
            "Tue, 10 Mar 2026 19:42:00 +0100",
            "2026-03-10T19:42:00+01:00",
        ),
        ("1773168120", "2026-03-10T18:42:00Z"),
        ("20260310", "2026-03-10"),
        ("10.03.2026, 19:42", "2026-03-10T19:42:00"),
        ("March 10, 2026", "2026-03-10"),
        ("10. März 2026", "2026-03-10"),
        ("10 de marzo de 2026", "2026-03-10"),
    ] {
        assert_eq!(published(raw).as_deref(), Some(wanted), "{raw}");
    }
    for raw in ["yesterday", "2026-13-45", "", "99999999999999999999"] {
        assert_eq!(published(raw), None, "{raw}");
    }
}

#[test]
fn a_foreign_or_front_page_canonical_is_ignored() {
    for (href, wanted) in [
        (
            "https://courier.example/a",
            Some("https://courier.example/a"),
        ),
        (
            "https://m.courier.example/a#x",
            Some("https://m.courier.example/a"),
        ),
        ("https://elsewhere.example/a", None),
        ("https://courier.example/", None),
        ("javascript:alert(1)", None),
    ] {
        let html = format!(
            r#"<link rel="canonical" href="{href}"><p>{}</p>"#,
            PARAGRAPHS[0]
        );
        assert_eq!(read(&html).article.canonical.as_deref(), wanted, "{href}");
    }
}

#[test]
fn the_operators_selectors_rule() {
    let html = newspaper(&CALM);
    let with = |select: Option<&str>, remove: &[&str]| {
        let rules = Rules {
            select: select.map(str::to_string),
            remove: remove.iter().map(|s| (*s).to_string()).collect(),
        };
        extract(&html, Some(&address()), &rules)
    };
    let page = with(
        Some(".entry-content > p:not(.views)"),
        &["figure", "p:has(a)"],
    );
    assert_eq!(page.article.text, PARAGRAPHS.join("\n\n"));
    let page = with(Some("#no-such-thing"), &[]);
    assert!(page.signals.select_missed);
    assert_eq!(page.article.text, PARAGRAPHS.join("\n\n"));
    assert!(
        !with(None, &[".entry-content p:first-of-type"])
            .article
            .text
            .contains(PARAGRAPHS[0])
    );

    assert_eq!(check_selector("article > p"), Ok(()));
    for bad in ["", "p[", ":::", "div >"] {
        assert!(check_selector(bad).is_err(), "{bad}");
    }
}

#[test]
fn lines_on_several_articles_of_a_site_are_furniture() {
    let mut memory = SiteMemory::default();
    let standing = "This paper is owned by the people who read it.";
    let text = |i: usize| format!("{}\n\n{standing}", PARAGRAPHS[i]);
    for i in 0..3 {
        assert_eq!(memory.clean(&text(i)), text(i), "not yet known");
        for _ in 0..5 {
            memory.learn(&format!("https://courier.example/{i}"), &text(i));
        }
    }
    assert_eq!(memory.clean(&text(4)), PARAGRAPHS[4]);
    assert_eq!(
        memory.clean(standing),
        standing,
        "a text of nothing else is left whole"
    );
    let kept: SiteMemory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
    assert_eq!(kept.clean(&text(5)), PARAGRAPHS[5]);

    for i in 0..3_000 {
        memory.learn(
            &format!("{i}"),
            &format!("line {i} a\n\nline {i} b\n\n{standing}"),
        );
    }
    assert!(memory.len() <= 4_000, "{}", memory.len());
    assert!(memory.is_furniture(standing));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        judged(&read(&decode(&bytes, None).text));
    }

    #[test]
    fn any_soup_of_tags_is_read(parts in proptest::collection::vec(prop_oneof![
        "</?(div|p|a|b|table|td|tr|li|ul|svg|template|script|style|title|textarea|form|select|option|h1|br|body|html|head|frameset|math|plaintext|!--)( [a-z]{1,5}=[\"']?[a-zä<>]{0,8}[\"']?){0,3}/?>",
        "[ -~ä€\u{0}\u{AD}]{0,30}", Just("-->".to_string()), Just("<".to_string()), Just("&#x;&amp".to_string()),
    ], 0..120)) {
        let html = parts.concat();
        let page = bounded(Duration::from_secs(60), move || read(&html));
        prop_assert!(page.is_ok(), "{:?}", page.err());
    }

    #[test]
    fn any_cut_and_shuffle_of_a_page_is_read(at in 0_usize..6_000, length in 0_usize..400, to in 0_usize..6_000) {
        let html = newspaper(&BUSY);
        let edge = |s: &str, i: usize| (0..=i.min(s.len())).rev().find(|i| s.is_char_boundary(*i)).unwrap_or(0);
        let (from, until) = (edge(&html, at), edge(&html, at + length));
        let rest = format!("{}{}", &html[..from], &html[until..]);
        let to = edge(&rest, to);
        judged(&read(&format!("{}{}{}", &rest[..to], &html[from..until], &rest[to..])));
    }
}

#[test]
fn the_batch_form_keeps_order_and_survives_bad_lines() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), newspaper(&CALM)).unwrap();
    let lines = [
        serde_json::json!({"id": "a", "url": address().as_str(), "path": file.path()}).to_string(),
        "not json".into(),
        serde_json::json!({"id": 2, "path": "/no/such/file"}).to_string(),
        String::new(),
        serde_json::json!({"id": "neither"}).to_string(),
        serde_json::json!({"id": "url", "url": "::", "html": "x"}).to_string(),
        serde_json::json!({"id": "wall", "html": notice("Page not found", "It may have moved.")})
            .to_string(),
        serde_json::json!({"id": "b", "html": newspaper(&BUSY)}).to_string(),
    ];
    let out = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wirewatch"))
        .args(["extract", "--jsonl"])
        .write_stdin(lines.join("\n"))
        .assert()
        .success();
    let answers: Vec<serde_json::Value> = String::from_utf8_lossy(&out.get_output().stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let ids: Vec<_> = answers.iter().map(|a| a["id"].clone()).collect();
    assert_eq!(
        serde_json::json!(ids),
        serde_json::json!(["a", null, 2, "neither", "url", "wall", "b"])
    );
    assert!(
        answers[1..5].iter().all(|a| a["error"].is_string()),
        "{answers:?}"
    );
    assert_eq!(answers[0]["text"], PARAGRAPHS.join("\n\n"));
    assert_eq!(answers[0]["outcome"], "content");
    assert_eq!(answers[5]["outcome"], "soft_404");
    assert_eq!(answers[6]["text"], answers[0]["text"]);
}

#[test]
fn one_page_is_printed_and_nothing_found_is_failure() {
    let run = |html: &str, args: &[&str]| {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_wirewatch"))
            .arg("extract")
            .args(args)
            .write_stdin(html)
            .assert()
    };
    let out = run(&newspaper(&CALM), &["--json"]).success();
    let page: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!(page["title"], "Ferry terminal to close for eight months");
    let out = run(&newspaper(&CALM), &[]).success();
    assert!(String::from_utf8_lossy(&out.get_output().stdout).contains(PARAGRAPHS[3]));
    let out = run(&newspaper(&CALM), &["--explain"]).success();
    assert!(out.get_output().stdout.split(|b| *b == b'\n').count() > PARAGRAPHS.len());
    run("", &[]).code(1);
    for option in ["--select", "--remove"] {
        let out = run("x", &[option, "p["]).code(64);
        let said = String::from_utf8_lossy(&out.get_output().stderr).into_owned();
        assert!(said.contains("p[") && said.contains(option), "{said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let page = serde_json::json!({"id": 1, "html": newspaper(&CALM)}).to_string();
    for args in [&["extract", "--jsonl"][..], &["extract", "--explain"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_wirewatch"))
            .args(args)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut input = child.stdin.take().unwrap();
        for _ in 0..20 {
            let written = std::io::Write::write_all(&mut input, format!("{page}\n").as_bytes());
            if written.is_err() {
                break;
            }
        }
        drop(input);
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{:?}", out.status);
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    }
}

/// Siblings with times, each with a heading and a paragraph.
fn timed(count: usize, entry: impl Fn(usize) -> String) -> String {
    let entries: String = (0..count).map(entry).collect();
    format!("<main><h1>Notes from the harbour</h1><div class=\"items\">{entries}</div></main>")
}

#[test]
fn lists_of_teasers_comments_and_articles_with_dates_are_no_live_blogs() {
    let text = |n: usize| {
        format!(
            "Number {n} tells at some length what happened at the harbour in the {n}th hour of the day."
        )
    };
    let told = |html: &str| {
        extract(
            html,
            Some(&Url::parse("https://post.example.org/notes").unwrap()),
            &Rules::default(),
        )
        .article
        .text
    };
    let is_live = |html: &str| told(html).contains("* * *");
    let entries = timed(9, |n| {
        format!(
            "<section><time>1{n}:30</time><h3>Hour {n}</h3><p>{}</p></section>",
            text(n)
        )
    });
    assert!(is_live(&entries), "{}", told(&entries));
    let few = timed(5, |n| {
        format!(
            "<section><time>1{n}:30</time><h3>Hour {n}</h3><p>{}</p></section>",
            text(n)
        )
    });
    assert!(!is_live(&few));
    let teasers = timed(9, |n| {
        format!(
            "<section><h3><a href=\"/n/{n}\">Headline of the story number {n}</a></h3><time>1{n}:30</time><p>{}</p></section>",
            text(n)
        )
    });
    assert!(!is_live(&teasers));
    let comments = timed(9, |n| {
        format!(
            "<section class=\"comment\"><time>1{n}:30</time><p>{}</p></section>",
            text(n)
        )
    })
    .replace("items", "comments-list");
    assert!(!is_live(&comments));
    let article: String = PARAGRAPHS.iter().map(|p| format!("<p>{p}</p>")).collect();
    let dated = format!(
        "<article><h1>Ferry terminal to close</h1><time>17 May 2026</time>{article}</article>"
    );
    assert!(!is_live(&dated));
}
