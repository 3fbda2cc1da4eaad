//! The shortcut never hides what a full reading would see, and pages on which nothing but noise
//! changes mostly take it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod pages;

use pages::{Place, Story, page, sentence};
use proptest::prelude::*;
use url::Url;
use wirewatch::article::{Outcome, Revision};
use wirewatch::diff::diff;
use wirewatch::extract::{Fetched, Region, Rules, SiteChurn, Trace, extract, judge};

fn url() -> Url {
    Url::parse("https://courier.example/town/ferry").unwrap()
}

/// A page read the full way.
fn read(html: &str, rules: &Rules) -> (Outcome, Revision) {
    let page = extract(html, Some(&url()), rules);
    let fetched = Fetched {
        status: 200,
        content_type: Some("text/html"),
        requested: &url(),
        landed: &url(),
        complete: true,
        malformed: false,
    };
    let (outcome, _) = judge(&fetched, &page);
    let revision = Revision {
        title: page.article.title.unwrap_or_default(),
        text: page.article.text,
        ..Revision::default()
    };
    (outcome, revision)
}

/// A page watched as the daemon watches it.
struct Watched {
    template: usize,
    rules: Rules,
    story: Story,
    baseline: Revision,
    region: Option<Region>,
    churn: SiteChurn,
    /// Pages read in full.
    full: usize,
}

impl Watched {
    fn new(template: usize, story: Story, rules: Rules) -> Watched {
        let first = page(template, &story, 1);
        let (outcome, baseline) = read(&first, &rules);
        assert_eq!(outcome, Outcome::Content);
        let seen = Trace::of(&first, &url(), &rules, &baseline.text);
        Watched {
            template,
            rules,
            story,
            baseline,
            region: seen.map(|seen| seen.region),
            churn: SiteChurn::default(),
            full: 1,
        }
    }

    fn passes(&self, html: &str) -> bool {
        self.region
            .as_ref()
            .is_some_and(|r| r.check(html, &url(), &self.rules, &self.churn).is_ok())
    }

    /// Whether a full reading sees another outcome or another text.
    fn differs(&self, html: &str) -> bool {
        let (outcome, revision) = read(html, &self.rules);
        outcome != Outcome::Content || !diff(&self.baseline, &revision).is_empty()
    }

    /// One more request of the unchanged story.
    fn poll(&mut self, noise: u32) {
        let html = page(self.template, &self.story, noise);
        if self.passes(&html) {
            return;
        }
        self.full += 1;
        let (outcome, revision) = read(&html, &self.rules);
        if outcome != Outcome::Content || !diff(&self.baseline, &revision).is_empty() {
            return;
        }
        let seen = Trace::of(&html, &url(), &self.rules, &revision.text);
        if let (Some(region), Some(seen)) = (&self.region, &seen) {
            self.churn.learn(region, seen);
        }
        self.region = seen.map(|seen| seen.region);
    }
}

#[test]
fn noise_alone_mostly_takes_the_shortcut() {
    for template in 0..3 {
        let mut watched = Watched::new(template, Story::new(5, 8), Rules::default());
        (2..40).for_each(|noise| watched.poll(noise * 77));
        let taught = watched.full;
        (0..100).for_each(|noise| watched.poll(50_000 + noise * 131));
        let full = watched.full - taught;
        assert!(taught <= 20, "template {template}: {taught} to learn");
        assert!(full <= 5, "template {template}: {full} of 100 in full");
    }
}

/// What may happen to a story's page.
#[derive(Debug, Clone)]
enum Mutation {
    Word(usize),
    Number(usize),
    Headline,
    Append(bool),
    Prepend,
    Remove(usize),
    Move(usize),
    Split(usize),
    AddItem,
    ChangeItem,
    Cell,
    Caption,
    Outside(bool),
    Smuggle(Place, usize),
    Paywall,
    Overlay,
    Notice(usize),
    Cut(usize),
    Canonical,
    Description,
    Hidden(usize),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let place = prop_oneof![
        Just(Place::Stamp),
        Just(Place::Promo),
        Just(Place::Related),
        Just(Place::Ticker)
    ];
    prop_oneof![
        (0..20_usize).prop_map(Mutation::Word),
        (0..20_usize).prop_map(Mutation::Number),
        Just(Mutation::Headline),
        any::<bool>().prop_map(Mutation::Append),
        Just(Mutation::Prepend),
        (0..20_usize).prop_map(Mutation::Remove),
        (0..20_usize).prop_map(Mutation::Move),
        (0..20_usize).prop_map(Mutation::Split),
        Just(Mutation::AddItem),
        Just(Mutation::ChangeItem),
        Just(Mutation::Cell),
        Just(Mutation::Caption),
        any::<bool>().prop_map(Mutation::Outside),
        (place, 0..4_usize).prop_map(|(place, n)| Mutation::Smuggle(place, n)),
        Just(Mutation::Paywall),
        Just(Mutation::Overlay),
        (0..3_usize).prop_map(Mutation::Notice),
        (1..100_usize).prop_map(Mutation::Cut),
        Just(Mutation::Canonical),
        Just(Mutation::Description),
        (0..3_usize).prop_map(Mutation::Hidden),
    ]
}

/// The page of the mutated story.
fn mutated(template: usize, story: &Story, mutation: &Mutation, noise: u32) -> String {
    let mut story = story.clone();
    let count = story.paragraphs.len();
    match mutation {
        Mutation::Word(i) => {
            let p = &mut story.paragraphs[i % count];
            *p = p.replacen(" said ", " denied ", 1);
        }
        Mutation::Number(i) => {
            let p = &mut story.paragraphs[i % count];
            *p = p.replacen("it’s ", "it’s 1", 1);
        }
        Mutation::Headline => story.title.push_str(" at last"),
        Mutation::Append(true) => story.paragraphs.push(sentence(977)),
        Mutation::Append(false) => story.paragraphs.push("He has resigned.".to_owned()),
        Mutation::Prepend => story.paragraphs.insert(0, sentence(977)),
        Mutation::Remove(i) => {
            story.paragraphs.remove(i % count);
        }
        Mutation::Move(i) => story.paragraphs.swap(i % count, (i + 1) % count),
        Mutation::Split(i) => {
            let p = &mut story.paragraphs[i % count];
            *p = p.replacen(". ", ".</p><p>", 1);
        }
        Mutation::AddItem => story
            .items
            .push("The court has ruled against it".to_owned()),
        Mutation::ChangeItem => story.items[1] = "The council has sold all boats".to_owned(),
        Mutation::Cell => story.cells[2] = "900 crowns".to_owned(),
        Mutation::Caption => story.caption = "The terminal after the fire".to_owned(),
        Mutation::Outside(true) => story.outside = format!("<p>{}</p>", sentence(977)),
        Mutation::Outside(false) => {
            story.outside = format!("<section><h2>Update</h2><p>{}</p></section>", sentence(977));
        }
        Mutation::Smuggle(place, n) => {
            let text = match n {
                0 => sentence(977),
                1 => "The minister has resigned.".to_owned(),
                2 => format!("</p></div><p>{}</p><p>", sentence(977)),
                _ => format!("<p>{}</p>", sentence(978)),
            };
            story.smuggled = Some((*place, text));
        }
        Mutation::Paywall => story.walled = true,
        Mutation::Overlay => {
            story.overlay = "<div class=\"modal\"><h2>Subscribe to continue reading</h2><p>You have read your last free article.</p></div>".to_owned();
        }
        Mutation::Notice(n) => {
            let heading = ["Page not found", "Access denied", "Before you continue"][*n];
            story.title = heading.to_owned();
            story.paragraphs.truncate(1);
            story.paragraphs[0] = "Try the home page.".to_owned();
        }
        Mutation::Canonical => story.canonical = "https://courier.example/town/other".to_owned(),
        Mutation::Description => story.description = sentence(977),
        Mutation::Hidden(n) => {
            story.first = [
                "<p hidden>",
                "<p style=\"display: none\">",
                "<blockquote><p>",
            ][*n];
        }
        Mutation::Cut(_) => {}
    }
    let mut html = page(template, &story, noise);
    if let Mutation::Cut(percent) = mutation {
        let mut at = html.len() * percent / 100;
        while !html.is_char_boundary(at) {
            at -= 1;
        }
        html.truncate(at);
    }
    html
}

/// Pages are read in full for each, so few unless asked for more.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn no_change_is_hidden(
        template in 0..3_usize,
        seed in 0..400_usize,
        paragraphs in 2..12_usize,
        polls in 0..14_u32,
        what in prop::collection::vec((mutations(), any::<u32>()), 8),
    ) {
        let story = Story::new(seed, paragraphs);
        let mut watched = Watched::new(template, story, Rules::default());
        (0..polls).for_each(|noise| watched.poll(seed as u32 + noise * 7919));
        for (mutation, noise) in what {
            let html = mutated(template, &watched.story, &mutation, noise);
            if watched.passes(&html) {
                prop_assert!(!watched.differs(&html), "{mutation:?} is hidden:\n{html}");
            }
        }
    }
}

#[test]
fn what_changes_the_article_is_seen_whatever_was_learned() {
    let sure = [
        Mutation::Word(0),
        Mutation::Word(7),
        Mutation::Number(3),
        Mutation::Headline,
        Mutation::Append(true),
        Mutation::Append(false),
        Mutation::Prepend,
        Mutation::Remove(2),
        Mutation::Move(4),
        Mutation::AddItem,
        Mutation::ChangeItem,
        Mutation::Cell,
        Mutation::Caption,
        Mutation::Outside(true),
        Mutation::Outside(false),
        Mutation::Smuggle(Place::Stamp, 0),
        Mutation::Smuggle(Place::Stamp, 1),
        Mutation::Smuggle(Place::Promo, 3),
        Mutation::Smuggle(Place::Ticker, 0),
        Mutation::Smuggle(Place::Related, 0),
        Mutation::Paywall,
        Mutation::Overlay,
        Mutation::Cut(50),
        Mutation::Canonical,
        Mutation::Hidden(0),
        Mutation::Hidden(1),
    ];
    for template in 0..3 {
        let mut watched = Watched::new(template, Story::new(3, 8), Rules::default());
        (2..60).for_each(|noise| watched.poll(noise * 77));
        for mutation in &sure {
            let noise = (0..500)
                .map(|n| n * 101)
                .find(|n| watched.passes(&page(template, &watched.story, *n)));
            // A promo is printed on every second page only.
            let all = (0..8).map(|n| noise.unwrap() + n);
            let html: Vec<String> = all
                .map(|n| mutated(template, &watched.story, mutation, n))
                .filter(|html| *html != page(template, &watched.story, noise.unwrap()))
                .collect();
            let passed = html.iter().filter(|html| watched.passes(html)).count();
            let smuggled_in_promo = matches!(mutation, Mutation::Smuggle(Place::Promo, _));
            assert!(
                passed == 0 || smuggled_in_promo && passed < html.len(),
                "template {template}: {mutation:?} passes {passed} of {}",
                html.len()
            );
        }
    }
}

#[test]
fn an_article_right_under_the_page_has_a_shortcut_too() {
    let page = |body: &str| {
        format!(
            "<html><title>Council decides on ferry</title><body><h1>Council decides on ferry</h1>{body}</body></html>"
        )
    };
    let paragraph = |n| format!("<p>{}</p>", sentence(n));
    let bodies = [paragraph(1), format!("{}{}", paragraph(1), paragraph(2))];
    for body in bodies {
        let first = page(&body);
        let (outcome, baseline) = read(&first, &Rules::default());
        assert_eq!(outcome, Outcome::Content);
        let trace = Trace::of(&first, &url(), &Rules::default(), &baseline.text).unwrap();
        let passes = |html: &str| {
            let churn = SiteChurn::default();
            let checked = trace.region.check(html, &url(), &Rules::default(), &churn);
            checked.is_ok()
        };
        assert!(passes(&first));
        assert!(!passes(&page(&format!("{body}<p>He resigned.</p>"))));
        assert!(!passes(&page(&format!("<p>He resigned.</p>{body}"))));
        assert!(!passes(&page(&body.replace(" said ", " denied "))));
    }
}

#[test]
fn other_rules_or_another_address_are_another_page() {
    let story = Story::new(9, 6);
    let watched = Watched::new(0, story, Rules::default());
    let html = page(0, &watched.story, 1);
    let region = watched.region.as_ref().unwrap();
    let churn = SiteChurn::default();
    assert!(
        region
            .check(&html, &url(), &Rules::default(), &churn)
            .is_ok()
    );
    let select = Rules {
        select: Some("article".to_owned()),
        ..Rules::default()
    };
    let remove = Rules {
        remove: vec![".promo".to_owned()],
        ..Rules::default()
    };
    for rules in [select, remove] {
        assert!(region.check(&html, &url(), &rules, &churn).is_err());
    }
    let elsewhere = Url::parse("https://courier.example/consent").unwrap();
    assert!(
        region
            .check(&html, &elsewhere, &Rules::default(), &churn)
            .is_err()
    );
}

#[test]
fn the_operators_selection_has_a_shortcut_too() {
    let rules = Rules {
        select: Some(".entry-content".to_owned()),
        remove: vec![".promo".to_owned()],
    };
    let mut watched = Watched::new(0, Story::new(4, 7), rules);
    (2..60).for_each(|noise| watched.poll(noise * 77));
    let taught = watched.full;
    (0..50).for_each(|noise| watched.poll(70_000 + noise * 131));
    assert!(
        watched.full - taught <= 5,
        "{} of 50 in full",
        watched.full - taught
    );
    let word = mutated(0, &watched.story, &Mutation::Word(2), 99);
    assert!(!watched.passes(&word));
}

#[test]
fn another_spelling_of_the_same_words_is_the_same() {
    let watched = Watched::new(1, Story::new(6, 6), Rules::default());
    let region = watched.region.as_ref().unwrap();
    let html = page(1, &watched.story, 1);
    let plain = |s: &str| {
        s.replace("&rsquo;", "’")
            .replace("&#8217;", "’")
            .replace("&ldquo;", "“")
            .replace("&#x201C;", "“")
            .replace("&rdquo;", "”")
            .replace("&#8221;", "”")
    };
    let html = plain(&html);
    for other in [
        html.replace('’', "&rsquo;"),
        html.replace('“', "&#8220;").replace('”', "&#x201d;"),
        html.replace('’', "'").replace(['“', '”'], "&quot;"),
        html.replace(". ", ".\n\t  "),
        html.replace("<p>", "<P >")
            .replace("</p>", "</P>\n\n<!-- note -->"),
    ] {
        assert!(
            region
                .check(&other, &url(), &Rules::default(), &SiteChurn::default())
                .is_ok()
        );
    }
}
