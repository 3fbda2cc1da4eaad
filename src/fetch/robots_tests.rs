use super::*;
use proptest::prelude::*;

fn allowed(robots: &str, path: &str) -> bool {
    let url = Url::parse("https://example.org")
        .unwrap()
        .join(path)
        .unwrap();
    Rules::parse(robots.as_bytes(), AGENT).allow(&url)
}

#[test]
fn the_group_that_names_us_counts_else_everyones() {
    let both = "User-agent: *\nDisallow: /\n\nUser-agent: WireWatch\nDisallow: /x\n";
    let cases = [
        (both, "/page", true),
        (both, "/x", false),
        ("User-agent: other\nDisallow: /\n", "/page", true),
        ("User-agent: *\nDisallow: /\n", "/page", false),
        (
            "User-agent: wirewatch/2.0 (news)\nDisallow: /x",
            "/x",
            false,
        ),
        ("User-agent: wirewatcher\nDisallow: /x", "/x", true),
        // Several agents share a group; one agent's groups add up.
        (
            "User-agent: a\nUser-agent: wirewatch\nUser-agent: b\nDisallow: /x",
            "/x",
            false,
        ),
        (
            "User-agent: wirewatch\nDisallow: /x\nUser-agent: b\nDisallow: /y",
            "/y",
            true,
        ),
        (
            "User-agent: wirewatch\nDisallow: /x\nUser-agent: b\nDisallow: /\nUser-agent: wirewatch\nDisallow: /y",
            "/y",
            false,
        ),
        // Being named without a rule frees from everyone's.
        (
            "User-agent: wirewatch\nDisallow:\n\nUser-agent: *\nDisallow: /",
            "/page",
            true,
        ),
        // A blank line or a comment parts nothing; a sitemap line ends nothing.
        (
            "User-agent: wirewatch\n\n# so:\nSitemap: https://e.org/s\nDisallow: /x",
            "/x",
            false,
        ),
        (
            "user-AGENT : *\r\ndisallow : /x # all of it\r\n",
            "/x/y",
            false,
        ),
        ("\u{feff}User-agent: *\nDisallow: /x", "/x", false),
        ("Disallow: /x", "/x", true),
        ("<!doctype html><title>Log in: now</title>", "/x", true),
        ("", "/x", true),
    ];
    for (robots, path, want) in cases {
        assert_eq!(allowed(robots, path), want, "{path} by {robots:?}");
    }
}

#[test]
fn the_longest_pattern_decides() {
    // The first seven are the examples of RFC 9309, sections 2.2.2, 2.2.3 and 5.2.
    let cases: &[(&str, &str, bool)] = &[
        (
            "Allow: /foo/bar?baz=http://foo.bar",
            "/foo/bar?baz=http://foo.bar",
            true,
        ),
        ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false),
        ("Disallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", false),
        ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false),
        ("Disallow: *.gif$", "/pictures/a.gif", false),
        (
            "Disallow: /example/\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif",
            "/example/page/disallowed.gif",
            false,
        ),
        (
            "Disallow: /example/\nAllow: /example/page/",
            "/example/page/here",
            true,
        ),
        ("Disallow: *.gif$", "/a.gif?x", true),
        ("Disallow: /\nAllow: /$", "/", true),
        ("Disallow: /\nAllow: /$", "/a", false),
        ("Allow: /page\nDisallow: /page", "/page", true),
        ("Disallow: /fish", "/fishheads/yummy.html", false),
        ("Disallow: /fish/", "/fish", true),
        ("Disallow: /Fish", "/fish", true),
        ("Disallow: /*.php", "/folder/a.php?x=1", false),
        ("Disallow: /*.php$", "/a.php/", true),
        ("Disallow: /fish*.php", "/fishheads/catfish.php?id=1", false),
        ("Disallow: /a*b*c$", "/aXbYbZc", false),
        ("Disallow: /a*b*c$", "/aXbYbZcd", true),
        ("Disallow: /a*a$", "/a", true),
        ("Disallow: /*?print=", "/story?print=1", false),
        ("Disallow: x", "/x", false),
        ("Disallow: *", "/x", false),
        ("Disallow: /\nAllow: /robots.txt", "/robots.txt", true),
        ("Disallow: /", "/robots.txt", true),
        ("Disallow: /a%2Fb", "/a/b", true),
        ("Disallow: /a%2fb", "/a%2Fb", false),
        ("Disallow: /100%", "/100%25", false),
    ];
    for (rules, path, want) in cases {
        let robots = format!("User-agent: *\n{rules}\n");
        assert_eq!(allowed(&robots, path), *want, "{path} by {rules:?}");
    }
}

#[test]
fn crawl_delay_is_read_if_it_is_one() {
    for (value, want) in [
        ("10", Some(10_000)),
        ("0.5", Some(500)),
        (" 2 ", Some(2_000)),
        ("-1", None),
        ("NaN", None),
        ("inf", None),
        ("1e300", None),
        ("soon", None),
        ("", None),
    ] {
        let robots = format!("User-agent: *\nCrawl-delay: {value}\n");
        let rules = Rules::parse(robots.as_bytes(), AGENT);
        assert_eq!(rules.crawl_delay.map(|d| d.as_millis()), want, "{value:?}");
    }
    let others = "User-agent: other\nCrawl-delay: 9\nUser-agent: *\nDisallow: /x";
    assert_eq!(Rules::parse(others.as_bytes(), AGENT).crawl_delay, None);
}

#[test]
fn entries_hold_until_they_expire() {
    let now = Instant::now();
    let entry = Entry {
        known: Known::Unavailable(500),
        expires: now + Duration::from_secs(60),
    };
    assert!(entry.current(now).is_some());
    assert!(entry.current(now + Duration::from_secs(59)).is_some());
    assert!(entry.current(now + Duration::from_secs(60)).is_none());
}

#[test]
fn a_hostile_file_is_matched_in_time() {
    let stars = "*a".repeat(1_000);
    let robots = format!(
        "User-agent: *\n{}",
        format!("Disallow: /{stars}b$\n").repeat(200)
    );
    let path = format!("/{}", "a".repeat(5_000));
    let start = std::time::Instant::now();
    assert!(allowed(&robots, &path));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>, path in "/[ -~]{0,20}") {
        let mut url = Url::parse("https://example.org").unwrap();
        url.set_path(&path);
        let _ = Rules::parse(&bytes, AGENT).allow(&url);
    }

    /// `fits` against the obvious definition by regular expression.
    #[test]
    fn patterns_fit_as_their_regex_does(pattern in "/[ab*]{0,6}[$]?", path in "/[ab]{0,8}") {
        let body = pattern.strip_suffix('$').unwrap_or(&pattern);
        let end = if body.len() < pattern.len() { "$" } else { "" };
        let regex = format!("^{}{end}", body.replace('*', ".*"));
        let want = regex::Regex::new(&regex).unwrap().is_match(&path);
        prop_assert_eq!(fits(&pattern, &path), want);
    }
}
