use proptest::prelude::*;
use url::Url;
use wirewatch::source::SourceError;
use wirewatch::source::pattern::Pattern;
use wirewatch::source::section::{SectionRules, links};

const CLASSIC: &str = include_str!("pages/classic.html");
const CARDS: &str = include_str!("pages/cards.html");
const OPAQUE: &str = include_str!("pages/opaque.html");

/// Address and title of each link.
fn read(html: &str, base: &str, rules: &SectionRules) -> Vec<(String, String)> {
    links(html, &Url::parse(base).unwrap(), rules)
        .unwrap()
        .into_iter()
        .map(|link| (link.url.into(), link.title.unwrap_or_default()))
        .collect()
}

fn classic(rules: &SectionRules) -> Vec<String> {
    read(CLASSIC, "https://post.example.org/world/", rules)
        .into_iter()
        .map(|(url, _)| url.replace("https://post.example.org", ""))
        .collect()
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts
        .iter()
        .map(|text| Pattern::parse(text).unwrap())
        .collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(url, title)| ((*url).to_owned(), (*title).to_owned()))
        .collect()
}

#[test]
fn a_page_of_teasers() {
    let rules = SectionRules::default();
    let found = read(CLASSIC, "https://post.example.org/world/", &rules);
    let wanted = pairs(&[
        (
            "https://post.example.org/world/2024/05/17/ferry-strike-called-off-after-night-of-talks.html",
            "Ferry strike called off after night of talks",
        ),
        (
            "https://post.example.org/world/europe/2024/05/16/toll-of-valley-flood-rises-to-15.html",
            "Toll of valley flood rises to 15",
        ),
        (
            "https://post.example.org/live/2024/may/17/court-hearing-live",
            "Court hearing on the ban: live",
        ),
        (
            "https://post.example.org/sport/2024/05/15/rowers-win-the-cup-for-the-third-time.html",
            "Rowers win the cup for the third time",
        ),
    ]);
    assert_eq!(found, wanted);
}

#[test]
fn dates_beside_teasers_are_read() {
    let base = Url::parse("https://post.example.org/world/").unwrap();
    let found = links(CLASSIC, &base, &SectionRules::default()).unwrap();
    let dates: Vec<_> = found
        .iter()
        .map(|link| link.published.map(|at| at.to_string()))
        .collect();
    assert_eq!(dates[0].as_deref(), Some("2024-05-17T08:30:00Z"));
    assert_eq!(dates[1].as_deref(), Some("2024-05-16T18:00:00Z"));
    assert_eq!(dates[2..], [None, None]);
}

#[test]
fn a_page_of_nameless_cards() {
    let found = read(CARDS, "https://hill.example.org/", &SectionRules::default());
    let wanted = pairs(&[
        (
            "https://www.hill.example.org/news/minister-tritt-zurueck-1234567",
            "Minister tritt zurück",
        ),
        (
            "https://www.hill.example.org/news/verfassungsgericht-hebt-verbot-auf-1234568?ref=teaser",
            "Verfassungsgericht hebt Verbot auf",
        ),
        (
            "https://www.hill.example.org/news/waffenruhe-vereinbart-1234569",
            "Waffenruhe vereinbart",
        ),
    ]);
    assert_eq!(found, wanted);
}

#[test]
fn a_page_of_opaque_addresses() {
    let found = read(
        OPAQUE,
        "https://coast.example.org/news/",
        &SectionRules::default(),
    );
    let wanted = pairs(&[
        (
            "https://coast.example.org/news/articles/cx2jd0w1y0zo",
            "Seven rescued from sunken trawler",
        ),
        (
            "https://coast.example.org/news/story.php?id=4711",
            "Bank raises rate to 4.5 per cent",
        ),
        ("https://coast.example.org/n/k3v9", "Short"),
        (
            "https://coast.example.org/articles/20240517/k00/00m/030/182000c",
            "首相、予定されていた首脳会談の中止を発表",
        ),
        (
            "https://coast.example.org/n/p7w2",
            "Listed for machines only",
        ),
    ]);
    assert_eq!(found, wanted);
}

#[test]
fn the_operators_rules_come_first() {
    let all = classic(&SectionRules::default());
    let with = |change: &dyn Fn(&mut SectionRules)| {
        let mut rules = SectionRules::default();
        change(&mut rules);
        classic(&rules)
    };
    assert_eq!(with(&|rules| rules.cap = 2), all[..2]);
    assert_eq!(with(&|rules| rules.cap = 0), [""; 0]);
    assert_eq!(
        with(&|rules| rules.exclude = patterns(&["/sport/"])),
        all[..3]
    );
    assert_eq!(
        with(&|rules| rules.include = patterns(&["/world/*.html"])).len(),
        3
    );
    // What is asked for by name is taken, whatever it looks like.
    assert_eq!(
        with(&|rules| rules.include = patterns(&["re:/author/"])),
        ["/author/jane-doe-the-reporter"]
    );
    let none = with(&|rules| {
        rules.include = patterns(&["/world/"]);
        rules.exclude = patterns(&["/world/"]);
    });
    assert!(none.is_empty());
    let rules = SectionRules {
        same_site: false,
        ..SectionRules::default()
    };
    let found = read(CARDS, "https://hill.example.org/", &rules);
    assert!(
        found
            .iter()
            .any(|(url, _)| url.contains("sponsor.example.com"))
    );
}

#[test]
fn a_page_without_articles_gives_none() {
    for html in [
        "",
        "just text",
        "<a href='/'>Home of the newspaper of the town</a>",
        "<a>no address but a long text</a><a href=''>empty address but a long text</a>",
        "<a href='http://[::1'>broken address but a long text</a>",
        "<script>document.write('<a href=\"/2024/05/17/not-a-link-at-all-but-text.html\">x</a>')</script>",
        "<div><!-- <a href='/2024/05/17/commented-out-article-link.html'>A commented out link</a> --></div>",
    ] {
        assert!(
            read(
                html,
                "https://post.example.org/world/",
                &SectionRules::default()
            )
            .is_empty(),
            "{html}"
        );
    }
}

#[test]
fn a_hostile_page_ends_soon() {
    let base = Url::parse("https://post.example.org/").unwrap();
    let rules = SectionRules::default();
    let start = std::time::Instant::now();
    for tag in ["div", "b", "span", "font", "x-y"] {
        let deep = format!("<{tag}>").repeat(50_000);
        let page = format!("{deep}<a href='/2024/05/17/a-b-c-d'>A headline of some words</a>");
        assert!(
            matches!(links(&page, &base, &rules), Err(SourceError::TooDeep(_))),
            "{tag}"
        );
    }
    // Lists without end tags are long, not deep.
    let item = "<li><p><a href='/2024/05/17/a-b-c-d'>A headline of some words</a>";
    let long = format!("<ul>{}", item.repeat(3_000));
    assert_eq!(links(&long, &base, &rules).unwrap().len(), 1);
    let json = format!(
        "<script type='application/ld+json'>{}</script>",
        "[".repeat(100_000)
    );
    assert!(links(&json, &base, &rules).unwrap().is_empty());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_page_breaks_the_reader(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<a href='/2024/05/17/a-b-c-d.html'>"), Just("<a href=é?%>"), Just("</a>"), Just("<h2>"),
                Just("</h2>"), Just("<article>"), Just("<nav>"), Just("</nav>"), Just("<li>"), Just("<time datetime=x>"),
                Just("<script type=application/ld+json>{\"@type\":\"ItemList\"}"), Just("</script>"), Just("<base href=//>"),
                Just("A headline of some words"), Just("<svg>"), Just("<table>"), Just("<template>"), Just("<"),
            ],
            0..40,
        )
    ) {
        let base = Url::parse("https://post.example.org/").unwrap();
        let found = links(&parts.concat(), &base, &SectionRules::default()).unwrap();
        for link in &found {
            prop_assert!(link.url.scheme().starts_with("http"));
        }
    }
}
