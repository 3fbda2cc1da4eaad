//! What a page is judged against an article's past: pages written for these tests, through the
//! public interface, without network or clock.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use url::Url;
use wirewatch::article::{Outcome, Revision};
use wirewatch::extract::{Fetched, Past, Rules, Run, extract, judge, judge_against};

const TITLE: &str = "Ferry terminal to close for eight months";
const PARAGRAPHS: [&str; 6] = [
    "The harbour council of Westerhaven voted on Tuesday evening to close the northern ferry terminal for at least eight months.",
    "Engineers found cracks in eleven of the forty piles that carry the landing stage, according to a report handed to the council last week.",
    "“We would rather explain a detour than an accident,” said Marit Oldenkamp, who chairs the council, after a debate of four hours.",
    "About 3,200 commuters use the terminal on a working day, most of them on the half-hourly boats to the islands of Skarn and Little Skarn.",
    "The operator will move its boats to the fish dock from Monday, and promised a bus every ten minutes between the dock and the railway station.",
    "Repairs are expected to cost 14 million crowns, of which the state has agreed to pay half once the tender is published in spring.",
];
const HOUR: Duration = Duration::from_secs(3600);

fn page(title: &str, paragraphs: &[&str], around: &str) -> String {
    let body: String = paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{title} - Westerhaven Courier</title></head><body>{around}<header>Westerhaven Courier</header>\
         <main><article><h1>{title}</h1><div class=\"entry-content\">{body}</div></article></main><footer>© Westerhaven Courier</footer></body></html>"
    )
}

fn known() -> Revision {
    Revision {
        title: TITLE.into(),
        text: PARAGRAPHS.join("\n\n"),
        ..Revision::default()
    }
}

fn judged(html: &str, known: &Revision, run: Option<&Run>) -> (Outcome, String) {
    let url = Url::parse("https://courier.example/2026/ferry-terminal").unwrap();
    at(html, &url, Some((known, run)))
}

fn at(html: &str, landed: &Url, past: Option<(&Revision, Option<&Run>)>) -> (Outcome, String) {
    let asked = Url::parse("https://courier.example/2026/ferry-terminal").unwrap();
    let page = extract(html, Some(landed), &Rules::default());
    let fetched = Fetched {
        status: 200,
        content_type: Some("text/html"),
        requested: &asked,
        landed,
        complete: true,
        malformed: false,
    };
    match past {
        Some((revision, run)) => judge_against(&fetched, &page, &Past { revision, run }),
        None => judge(&fetched, &page),
    }
}

fn run(reason: &str, times: u32, lasting: Duration) -> Run {
    Run {
        reason: reason.into(),
        times,
        lasting,
    }
}

#[test]
fn edits_are_content_at_once() {
    let swap = |from: usize, to: &'static str| {
        let mut text = PARAGRAPHS.to_vec();
        text[from] = to;
        text
    };
    let mut longer = PARAGRAPHS.to_vec();
    longer.insert(
        1,
        "On Wednesday the council reopened the terminal after a second opinion.",
    );
    let reversed: Vec<&str> = PARAGRAPHS.into_iter().rev().collect();
    let mut rewritten = PARAGRAPHS[..1].to_vec();
    rewritten.extend([
        "By noon on Wednesday the first boats had been turned away, and a queue of lorries stood along the quay.",
        "Marit Oldenkamp said the council of Westerhaven would meet again on Friday to hear the engineers.",
        "Commuters from Skarn and Little Skarn were put on buses, which arrived an hour late.",
        "The operator said it had expected more time to move to the fish dock and would ask for crowns.",
    ]);
    for (what, text) in [
        (
            "a word",
            swap(
                0,
                "The harbour council of Westerhaven voted on Tuesday evening not to close the northern ferry terminal.",
            ),
        ),
        ("last paragraph trimmed", PARAGRAPHS[..5].to_vec()),
        ("longer", longer),
        ("reversed", reversed),
        ("rewritten but for the top", rewritten),
    ] {
        let (outcome, reason) = judged(&page(TITLE, &text, ""), &known(), None);
        assert_eq!(outcome, Outcome::Content, "{what}: {reason}");
    }
}

#[test]
fn a_dialog_laid_over_the_text_is_no_wall() {
    let partners = "<p>We value your privacy. We and our 811 partners store and access information on a device, such as cookies, and process personal data.</p>".repeat(12);
    for dialog in [
        format!(
            "<div id=\"onetrust-consent-sdk\"><h2>We value your privacy</h2>{partners}<button>Accept all</button></div>"
        ),
        format!("<div class=\"fc-consent-root\"><h1>Before you continue</h1>{partners}</div>"),
        format!("<div role=\"dialog\" id=\"sp_message_container_9\">{partners}</div>"),
    ] {
        let html = page(TITLE, &PARAGRAPHS[..2], &dialog);
        let short = Revision {
            text: PARAGRAPHS[..2].join("\n\n"),
            ..known()
        };
        let read = extract(&html, None, &Rules::default());
        assert_eq!(read.article.text, short.text);
        assert_eq!(judged(&html, &short, None).0, Outcome::Content, "{dialog}");
    }
}

#[test]
fn the_text_in_full_outweighs_the_address_and_the_words_around_it() {
    let html = page(
        TITLE,
        &PARAGRAPHS,
        "<p>Already a subscriber? Please log in.</p>",
    );
    for landed in [
        "https://courier.example/",
        "https://courier.example/login/ferry",
        "https://courier.example/2026",
    ] {
        let url = Url::parse(landed).unwrap();
        assert_eq!(
            at(&html, &url, Some((&known(), None))).0,
            Outcome::Content,
            "{landed}"
        );
        assert_ne!(at(&html, &url, None).0, Outcome::Content, "{landed}");
    }
}

#[test]
fn a_cut_that_lasts_is_believed() {
    let html = page(TITLE, &PARAGRAPHS[..2], "");
    let (outcome, doubt) = judged(&html, &known(), None);
    assert_eq!(outcome, Outcome::Truncated);
    for (times, lasting, wanted) in [
        (1, HOUR * 9, Outcome::Truncated),
        (2, HOUR, Outcome::Truncated),
        (90, HOUR, Outcome::Truncated),
        (2, HOUR * 2, Outcome::Content),
    ] {
        let before = run(&doubt, times, lasting);
        assert_eq!(
            judged(&html, &known(), Some(&before)).0,
            wanted,
            "{times} {lasting:?}"
        );
    }
    let (_, reason) = judged(&html, &known(), Some(&run(&doubt, 2, HOUR * 2)));
    assert!(
        reason.contains("has lasted") && reason.contains(&doubt),
        "{reason}"
    );
    // Another trouble before says nothing for this one.
    let other = run("the server answered 500", 90, HOUR * 90);
    assert_eq!(judged(&html, &known(), Some(&other)).0, Outcome::Truncated);
}

#[test]
fn half_a_document_is_never_believed() {
    let html = page(TITLE, &PARAGRAPHS, "");
    let cut = &html[..html.find(PARAGRAPHS[3]).unwrap()];
    let (outcome, reason) = judged(cut, &known(), None);
    assert_eq!(outcome, Outcome::Truncated, "{reason}");
    assert_eq!(
        judged(cut, &known(), Some(&run(&reason, 90, HOUR * 90))).0,
        Outcome::Truncated
    );
    // Flat, as the oldest pages are: nothing is left open, and yet the end is missing.
    let open = format!(
        "<title>{TITLE}</title><body><div><h1>{TITLE}</h1><p>{}<p>{}",
        PARAGRAPHS[0], PARAGRAPHS[1]
    );
    let (outcome, reason) = judged(&open, &known(), None);
    assert_eq!(outcome, Outcome::Truncated);
    assert_eq!(
        judged(&open, &known(), Some(&run(&reason, 90, HOUR * 90))).0,
        Outcome::Truncated
    );
}

#[test]
fn a_teaser_is_believed_only_after_a_day_and_a_wall_never() {
    let teaser = page(
        TITLE,
        &[
            PARAGRAPHS[0],
            PARAGRAPHS[1],
            PARAGRAPHS[2],
            PARAGRAPHS[3],
            "Read on with a digital subscription, the first month free.",
        ],
        "",
    );
    let (outcome, doubt) = judged(&teaser, &known(), None);
    assert_eq!(
        (outcome, doubt.as_str()),
        (
            Outcome::Paywall,
            "the known text is cut and a subscription offered"
        )
    );
    assert_eq!(
        judged(&teaser, &known(), Some(&run(&doubt, 9, HOUR * 23))).0,
        Outcome::Paywall
    );
    assert_eq!(
        judged(&teaser, &known(), Some(&run(&doubt, 9, HOUR * 24))).0,
        Outcome::Content
    );

    let wall = page(
        "Are you a robot?",
        &["Complete the captcha below, and you will be taken back to where you came from."],
        "",
    );
    let (outcome, reason) = judged(&wall, &known(), None);
    assert_eq!(outcome, Outcome::Blocked);
    assert_eq!(
        judged(&wall, &known(), Some(&run(&reason, 900, HOUR * 900))).0,
        Outcome::Blocked
    );
}

#[test]
fn another_text_or_language_is_doubted_and_a_retraction_is_short() {
    let other = [
        "Flour hangs in the light of a single lamp while Tomas weighs the dough for the first batch of rolls of the day.",
        "His grandfather built the oven, which swallows beech wood and has not been cold since before the last war.",
    ];
    let html = page("Portrait of a baker", &other, "");
    let (outcome, doubt) = judged(&html, &known(), None);
    assert_eq!(outcome, Outcome::Error);
    assert!(doubt.contains("another text"), "{doubt}");
    assert_eq!(
        judged(&html, &known(), Some(&run(&doubt, 2, HOUR))).0,
        Outcome::Content
    );

    let german = [
        "Der Hafenrat von Westerhaven hat am Dienstagabend beschlossen, den nördlichen Fähranleger für acht Monate zu schließen.",
        "Ingenieure fanden Risse in elf der vierzig Pfähle, die den Anleger tragen, wie aus einem Bericht an den Rat hervorgeht.",
    ];
    let (outcome, reason) = judged(
        &page("Fähranleger schließt für acht Monate", &german, ""),
        &known(),
        None,
    );
    assert_eq!(
        (outcome, reason.as_str()),
        (
            Outcome::Error,
            "wrong language: de, and the known text is en"
        )
    );

    let retracted = page(
        TITLE,
        &["This report has been withdrawn by the editors, who regret the error."],
        "",
    );
    let (outcome, doubt) = judged(&retracted, &known(), None);
    assert_eq!(outcome, Outcome::Truncated, "{doubt}");
    assert_eq!(
        judged(&retracted, &known(), Some(&run(&doubt, 2, HOUR * 2))).0,
        Outcome::Content
    );
}

#[test]
fn a_garbled_text_is_an_error_until_it_lasts() {
    let good = known();
    let garbled: Vec<String> = PARAGRAPHS
        .iter()
        .map(|p| p.replace('“', "â€œ").replace('”', "â€\u{9d}"))
        .collect();
    let garbled: Vec<&str> = garbled.iter().map(String::as_str).collect();
    let html = page(TITLE, &garbled, "");
    let (outcome, doubt) = judged(&html, &good, None);
    assert_eq!(outcome, Outcome::Error);
    assert!(doubt.starts_with("charset broken"), "{doubt}");
    assert_eq!(
        judged(&html, &good, Some(&run(&doubt, 2, HOUR * 2))).0,
        Outcome::Content
    );
}

#[test]
fn an_unknown_page_is_judged_by_its_own_words_and_form() {
    let front = Url::parse("https://courier.example/2026/ferry-terminal").unwrap();
    let stories = [
        "Rain moves in for the weekend, and the forecasters do not agree on when it is going to end.",
        "A look at the plans for tram line nine, which has been on paper for eleven years by now.",
        "Portrait of a baker who has been at his oven at four in the morning for half a century.",
        "Letters: what our readers would do with the market square if anybody asked them at last.",
    ];
    for (html, wanted, word) in [
        (page("Sorry, we can’t find that page", &stories, ""), Outcome::Soft404, "find that page"),
        ("<html><head><title>Log in</title></head><body><form><input type=\"password\"></form><p>Use the name you were given by the desk.</p></body></html>".to_owned(), Outcome::Blocked, "log in"),
        ("<html><head><title>Courier</title></head><body><form><input type=\"password\"></form><p>Use the name you were given by the desk when you joined us.</p></body></html>".to_owned(), Outcome::Blocked, "password"),
        ("<html><head><title>Courier</title></head><body><div id=\"app\"></div><script src=\"/a.js\"></script></body></html>".to_owned(), Outcome::Empty, "shell"),
        (page("Scheduled maintenance", &["The Courier will be with you again within the hour."], ""), Outcome::Error, "maintenance"),
    ] {
        let (outcome, reason) = at(&html, &front, None);
        assert_eq!(outcome, wanted, "{reason}: {html}");
        assert!(reason.contains(word), "{reason}");
    }
}
