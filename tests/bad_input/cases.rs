//! The ways a page can go bad, and what must be on record of each.

use std::io::Write;
use std::time::Duration;

use super::e2e::page::{article, cancelled, section};
use super::e2e::site::{Ask, Site, Step, head, html, reply};

/// How a page goes bad.
pub enum Bad {
    /// It is answered like this; the second argument is the place the news comes from.
    Answer(fn(&Ask, &str) -> Vec<Step>),
    /// Nobody listens any more.
    Refused,
}

/// A way to go bad, and what must be on record: the outcome and a word of the reason.
pub struct Case {
    pub name: &'static str,
    pub bad: Bad,
    pub outcome: &'static str,
    pub reason: &'static str,
}

const HTML: [(&str, &str); 1] = [("Content-Type", "text/html; charset=utf-8")];

fn case(
    name: &'static str,
    outcome: &'static str,
    reason: &'static str,
    bad: fn(&Ask, &str) -> Vec<Step>,
) -> Case {
    Case {
        name,
        bad: Bad::Answer(bad),
        outcome,
        reason,
    }
}

pub fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "refused",
            bad: Bad::Refused,
            outcome: "error",
            reason: "refused",
        },
        case("stalled", "error", "no answer within", |_, _| {
            vec![Step::Wait(Duration::from_secs(4))]
        }),
        case("stalled-in-body", "error", "not done within", |_, place| {
            let page = news(place);
            vec![
                Step::Send(head(200, &HTML, page.len())),
                Step::Send(page.as_bytes()[..page.len() / 2].to_vec()),
                Step::Wait(Duration::from_secs(7)),
            ]
        }),
        case("broken-off", "truncated", "", |_, place| {
            let page = news(place);
            vec![
                Step::Send(head(200, &HTML, page.len())),
                Step::Send(page.as_bytes()[..page.len() / 2].to_vec()),
            ]
        }),
        case("server-error", "error", "500", |_, _| {
            reply(
                500,
                &HTML,
                article("Error", &["Something broke."], 0).as_bytes(),
            )
        }),
        case("too-many", "blocked", "429", |_, _| {
            reply(429, &[("Retry-After", "1")], b"slow down")
        }),
        case("not-found", "gone", "404", |_, _| {
            reply(404, &HTML, b"<h1>Not found</h1>")
        }),
        case("cut-gzip", "truncated", "", |_, place| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            packed.write_all(news(place).as_bytes()).unwrap();
            let packed = packed.finish().unwrap();
            let headers = [HTML[0], ("Content-Encoding", "gzip")];
            reply(200, &headers, &packed[..packed.len() / 2])
        }),
        case("wrong-charset", "error", "charset", |_, place| {
            let page = news(place).replace('e', "é").replace('a', "ä");
            let latin: Vec<u8> = page
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect();
            let page: Vec<u8> = latin.into_iter().collect();
            reply(200, &HTML, &page)
        }),
        case("nested", "empty", "", |_, _| html(&"<div>".repeat(50_000))),
        case("huge", "error", "larger than", |_, _| {
            let line = "<p>The same line, over and over, until the page is thirty megabytes.</p>\n";
            let body = line.repeat(30_000_000 / line.len());
            reply(200, &HTML, body.as_bytes())
        }),
        case("empty", "empty", "", |_, _| reply(200, &HTML, b"")),
        case("consent", "consent", "", |_, _| {
            html(
                r#"<!DOCTYPE html><html lang="en"><head><title>Before you continue</title></head><body>
<div id="consent-layer" role="dialog"><h1>Before you continue to the Gazette</h1>
<p>We and our 640 partners store and access information on your device, such as cookies, and process personal data.</p>
<button>Accept all</button><button>Reject all</button></div></body></html>"#,
            )
        }),
        case("soft-404", "soft_404", "", |_, _| {
            html(
                r#"<!DOCTYPE html><html lang="en"><head><title>Page not found - The Riverside Gazette</title></head><body>
<main><h1>Page not found</h1><p>Sorry, the page you are looking for does not exist or has been moved.</p>
<a href="/">Go to the front page</a></main></body></html>"#,
            )
        }),
        case("redirect-loop", "error", "circle", |ask, _| {
            let there = format!("{}?again", ask.path);
            reply(302, &[("Location", &there)], b"")
        }),
        case("consent-redirect", "consent", "redirected to", |ask, _| {
            let there = format!("/cookie-consent/?return={}", ask.path);
            reply(302, &[("Location", &there)], b"")
        }),
        case(
            "consent-in-other-words",
            "error",
            "another text",
            |ask, _| {
                // No phrase of it is known; that it is not the article is.
                html(&article(
                    "A quick question first",
                    &[
                        "This paper is paid for by advertisers, who would like to know what you read here.",
                        "You may say yes or no, and change your mind at the bottom of every page.",
                    ],
                    ask.nth,
                ))
            },
        ),
        case(
            "paywall-teaser",
            "paywall",
            "before a paywall",
            |ask, place| {
                let (title, paragraphs) = text(cancelled, place);
                html(&article(&title, &paragraphs[..3], ask.nth).replace(
                "<div class=\"sharedaddy",
                "<div class=\"offer\"><h2>Subscribe to continue reading</h2><p>The first month is free.</p></div><div class=\"sharedaddy",
            ))
            },
        ),
        case("paywall-marked", "paywall", "subscription", |ask, place| {
            let (title, paragraphs) = text(cancelled, place);
            let marked = "<script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":false}</script></head>";
            html(&article(&title, &paragraphs[..5], ask.nth).replace("</head>", marked))
        }),
        case(
            "paywall-in-the-body",
            "paywall",
            "subscription",
            |ask, place| {
                let (title, mut paragraphs) = text(cancelled, place);
                paragraphs.truncate(2);
                paragraphs.push(
                    "Readers with a digital subscription see all of it, from two crowns a week."
                        .to_owned(),
                );
                html(&article(&title, &paragraphs, ask.nth))
            },
        ),
        case("bot-403", "blocked", "403", |_, _| {
            reply(
                403,
                &HTML,
                notice("Access denied", "Reference 18.4f2a.").as_bytes(),
            )
        }),
        case("bot-503", "blocked", "checking your browser", |_, _| {
            reply(
                503,
                &HTML,
                notice(
                    "Just a moment...",
                    "Checking your browser before you go on.",
                )
                .as_bytes(),
            )
        }),
        case("bot-javascript", "blocked", "enable javascript", |_, _| {
            html(&notice(
                "The Riverside Gazette",
                "Please enable JavaScript and disable any ad blocker to view this page.",
            ))
        }),
        case(
            "soft-404-with-suggestions",
            "soft_404",
            "find that page",
            |ask, _| {
                html(&article(
                    "Sorry, we can’t find that page",
                    &[
                        "Rain moves in for the weekend, and the forecasters do not agree on when it will end.",
                        "A look at the plans for tram line nine, which has been on paper for eleven years now.",
                        "Portrait of a baker who has been at his oven at four in the morning for half a century.",
                        "Letters: what our readers would do with the market square if anybody asked them at last.",
                    ],
                    ask.nth,
                ))
            },
        ),
        case(
            "redirect-to-front-page",
            "soft_404",
            "front page",
            |_, _| reply(302, &[("Location", "/")], b""),
        ),
        case("redirect-to-section", "soft_404", "page above", |_, _| {
            reply(301, &[("Location", "/news/")], b"")
        }),
        case("sign-in-redirect", "blocked", "redirected to", |_, _| {
            reply(302, &[("Location", "/login")], b"")
        }),
        case("sign-in", "blocked", "sign in", |_, _| {
            html(
                "<!DOCTYPE html><html><head><title>Sign in</title></head><body><main><h1>Sign in to your account</h1>\
                  <form><input name=user><input type=password name=word><button>Go</button></form></main></body></html>",
            )
        }),
        case("maintenance", "error", "maintenance", |_, _| {
            html(&notice(
                "Down for maintenance",
                "The Gazette will be with you again in an hour or so.",
            ))
        }),
        case("half-page", "truncated", "elements open", |ask, place| {
            let (title, paragraphs) = text(cancelled, place);
            let page = article(&title, &paragraphs, ask.nth);
            html(&page[..page.find(&paragraphs[4]).unwrap()])
        }),
        case("half-page-flat", "truncated", "breaks off", |_, place| {
            let (title, paragraphs) = text(cancelled, place);
            let body: String = paragraphs[..6].iter().map(|p| format!("<p>{p}")).collect();
            html(&format!(
                "<!DOCTYPE html><title>{title}</title><body><main><h1>{title}</h1>{body}"
            ))
        }),
        case(
            "half-text",
            "truncated",
            "the end of the known text",
            |ask, place| {
                let (title, paragraphs) = text(cancelled, place);
                html(&article(&title, &paragraphs[..4], ask.nth))
            },
        ),
        case(
            "hole-in-the-text",
            "truncated",
            "most of the known text",
            |ask, place| {
                let (title, mut paragraphs) = text(cancelled, place);
                paragraphs.drain(1..6);
                html(&article(&title, &paragraphs, ask.nth))
            },
        ),
        case("twice-encoded", "error", "charset", |ask, place| {
            let (title, paragraphs) = text(cancelled, place);
            let page = article(&title, &paragraphs, ask.nth);
            let twice = encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(page.as_bytes())
                .0;
            html(&twice)
        }),
        case("question-marks", "error", "charset", |ask, place| {
            let (title, paragraphs) = text(cancelled, place);
            html(&article(&title, &paragraphs, ask.nth).replace(|c: char| !c.is_ascii(), "?"))
        }),
        case("wrong-language", "error", "wrong language: de", |ask, _| {
            html(&article(
                "Hafenfest in der Stadt abgesagt",
                &[
                    "Das Hafenfest ist abgesagt worden, teilte der Stadtrat am Dienstag mit, nachdem die Feuerwehr gewarnt hatte.",
                    "Am Kai stehen Buden aus Holz, und der Geruch frischer Farbe liegt über der unteren Stadt und ihren Gassen.",
                    "Die Platanen am Ufer sind älter als die meisten Häuser, die hinter ihnen in einer langen Reihe stehen.",
                ],
                ask.nth,
            ))
        }),
        case("another-article", "error", "another text", |ask, _| {
            html(&article(
                "Portrait of a baker at four in the morning",
                &[
                    "Flour hangs in the light of a single lamp while Tomas weighs the dough for the first batch of rolls.",
                    "His grandfather built the oven, which swallows beech wood and has not been cold since before the war.",
                    "Customers knock on the window long before opening time, as they have done for three generations.",
                ],
                ask.nth,
            ))
        }),
        case("app-shell", "empty", "scripts write its text", |_, _| {
            html(
                "<!DOCTYPE html><html><head><title>The Riverside Gazette</title></head><body><div id=\"root\"></div>\
                  <noscript>You need to enable JavaScript to run this app.</noscript><script src=\"/app.js\"></script></body></html>",
            )
        }),
    ]
}

fn notice(heading: &str, line: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{heading}</title></head><body><main><h1>{heading}</h1><p>{line}</p></main></body></html>"
    )
}

/// What else a page leads to.
pub fn neighbours(site: &Site) {
    site.put(PAGE_AGAIN, |_| {
        reply(302, &[("Location", super::PAGE)], b"")
    });
    site.put(&format!("/cookie-consent/?return={}", super::PAGE), |_| {
        let terms: String = (1..=12)
            .map(|n| format!("<p>{n}. Partner {n} may store and read information on your device for the purposes listed under item {n} of the notice, until you object.</p>"))
            .collect();
        html(&format!("<!DOCTYPE html><html><head><title>The Gazette and your data</title></head><body><main><h1>The Gazette and your data</h1>{terms}</main></body></html>"))
    });
    site.put("/login", |_| html(&notice("Welcome back", "Who are you?")));
    for list in ["/", "/news/"] {
        site.put(list, |ask| {
            let stories: Vec<(String, String)> = (1..9)
                .map(|n| {
                    (
                        format!("/news/story-{n}"),
                        format!("What the council said about road {n} and who has to pay for it"),
                    )
                })
                .collect();
            html(&section(&stories, ask.nth))
        });
    }
}

const PAGE_AGAIN: &str = "/news/festival?again";

/// A state of a story with what stands below it in every state: enough to lose a part of, and
/// letters that a wrong charset breaks.
pub fn text(state: fn(&str, &str) -> (String, Vec<String>), place: &str) -> (String, Vec<String>) {
    let (title, mut paragraphs) = state("harbour festival", place);
    paragraphs.extend([
        "“People here are used to waiting,” said Zoë Müller, who keeps the café on the corner of Rue Étienne.",
        "The first of these gatherings was held ninety years ago, when a circus could not pay for its passage.",
        "Since then it has been painted, filmed and set to music, and the town archive keeps a room for it.",
        "Visitors come by boat in the morning, eat smoked eel on the steps and leave before the lamps are lit.",
        "The brass band of the pilots’ guild has played at every one of them, in a jacket of its own design.",
    ].map(str::to_owned));
    (title, paragraphs)
}

/// The page in one of its states.
pub fn whole(state: fn(&str, &str) -> (String, Vec<String>), place: &str, churn: u64) -> String {
    let (title, paragraphs) = text(state, place);
    article(&title, &paragraphs, churn)
}

/// What a page cut short, packed or garbled is made from: the news is in it, but never whole.
fn news(place: &str) -> String {
    whole(cancelled, place, 3)
}

/// One for each case.
pub const PLACES: [&str; 38] = [
    "Ostrava", "Tirana", "Evora", "Lund", "Varna", "Graz", "Split", "Turku", "Bergen", "Kaunas",
    "Arles", "Cork", "Siena", "Ghent", "Basel", "Porto", "Malmo", "Zadar", "Lecce", "Brno", "Pecs",
    "Delft", "Vigo", "Tartu", "Trier", "Namur", "Braga", "Sibiu", "Aarhus", "Lugano", "Verona",
    "Nantes", "Gdynia", "Kotor", "Larissa", "Oulu", "Bruges", "Cadiz",
];
