//! News pages written for these tests: a story, the template that prints it, and what changes on
//! the page from one request to the next without anything having happened.

/// What a page reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    pub title: String,
    pub paragraphs: Vec<String>,
    pub items: Vec<String>,
    pub cells: Vec<String>,
    pub caption: String,
    pub canonical: String,
    /// Markup put in place of the body's first paragraph mark, to hide or wrap it.
    pub first: &'static str,
    /// Markup put outside the article.
    pub outside: String,
    /// Markup put before everything.
    pub overlay: String,
    /// Text put into a place that changes at every request.
    pub smuggled: Option<(Place, String)>,
    /// A paywall stands behind the first paragraph.
    pub walled: bool,
    pub description: String,
}

/// Places that change at every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Stamp,
    Promo,
    Related,
    Ticker,
}

const PEOPLE: [&str; 6] = [
    "Marit Oldenkamp",
    "Jonas Reuter",
    "Ilse Vandam",
    "Pavel Hruska",
    "Amina Saleh",
    "Tom Birkeland",
];
const BODIES: [&str; 5] = [
    "harbour council",
    "transport ministry",
    "regional court",
    "teachers' union",
    "water board",
];
const ACTS: [&str; 6] = [
    "rejected the plan to close the northern ferry terminal",
    "asked for a second report on the cracked piles",
    "agreed to pay half of the repairs once the tender is published",
    "put off its decision on the new timetable",
    "warned that the bridge would not open before spring",
    "confirmed that 3,200 commuters use the line on a working day",
];
const ENDS: [&str; 5] = [
    "after a debate of four hours",
    "in a letter sent to members on Monday",
    "according to minutes seen by this newspaper",
    "although two of its members had voted against it",
    "at a meeting that was closed to the public",
];

/// A sentence, another one for each number.
pub fn sentence(n: usize) -> String {
    format!(
        "{} of the “{}” said that it’s {} that {}, {}.",
        PEOPLE[n % 6],
        BODIES[n / 2 % 5],
        10 + n % 89,
        ACTS[n / 3 % 6],
        ENDS[n / 5 % 5],
    )
}

impl Story {
    /// A story of so many paragraphs.
    pub fn new(seed: usize, paragraphs: usize) -> Story {
        let paragraph = |i: usize| {
            format!(
                "{} {}",
                sentence(seed * 31 + i * 7),
                sentence(seed * 17 + i * 11 + 3)
            )
        };
        Story {
            title: format!(
                "{} decides on ferry terminal {}",
                BODIES[seed % 5],
                seed % 97
            ),
            paragraphs: (0..paragraphs).map(paragraph).collect(),
            items: (0..3)
                .map(|i| format!("The {} has {} boats", BODIES[(seed + i) % 5], 3 + i))
                .collect(),
            cells: (0..4)
                .map(|i| format!("{} crowns", 100 * (i + 1)))
                .collect(),
            caption: "The northern ferry terminal last week".to_owned(),
            canonical: "https://courier.example/town/ferry".to_owned(),
            first: "<p>",
            outside: String::new(),
            overlay: String::new(),
            smuggled: None,
            walled: false,
            description: sentence(seed * 31),
        }
    }
}

const ADVERTS: [&str; 5] = [
    "Boots at half price",
    "Fly south this winter",
    "Try the app free for 30 days",
    "Mortgage rates just fell again",
    "The quiz of the week",
];
const LINKS: [&str; 7] = [
    "Herring catch down for a third year",
    "New head teacher at Skarn school",
    "Storm closes coastal road for two days",
    "Council budget in four charts",
    "Ferry fares to rise in January, operator says",
    "Where to eat on Little Skarn",
    "Minister to visit the islands next week",
];

/// One request's noise.
pub struct Noise(pub u32);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % below
    }

    fn links(&mut self, count: usize) -> String {
        let item = |n: usize| format!("<li><a href=\"/a/{n}\">{}</a></li>", LINKS[n]);
        (0..count).map(|_| item(self.next(7))).collect()
    }
}

/// How a request's copy spells its letters.
fn spelled(text: &str, way: usize) -> String {
    match way {
        1 => text
            .replace('’', "&rsquo;")
            .replace('“', "&ldquo;")
            .replace('”', "&rdquo;"),
        2 => text
            .replace('’', "&#8217;")
            .replace('“', "&#x201C;")
            .replace('”', "&#8221;"),
        3 => format!("\n    {}\n  ", text.replace(". ", ".\n    ")),
        _ => text.to_owned(),
    }
}

/// Prints a story by one of three templates.
pub fn page(template: usize, story: &Story, noise: u32) -> String {
    let mut n = Noise(noise);
    let way = n.next(4);
    let smuggled = |place: Place| match &story.smuggled {
        Some((at, text)) if *at == place => text.clone(),
        _ => String::new(),
    };
    let stamp = format!(
        "<p class=\"meta\">Updated {} minutes ago · {} comments{}</p>",
        1 + n.next(58),
        n.next(900),
        smuggled(Place::Stamp),
    );
    let promo = match n.next(2) {
        0 => String::new(),
        _ => format!(
            "<aside class=\"promo\">Read more: <a href=\"/b\">{}</a>{}</aside>",
            LINKS[n.next(7)],
            smuggled(Place::Promo)
        ),
    };
    let related = format!(
        "<div class=\"related\"><h3>Related</h3><ul>{}{}</ul></div>",
        n.links(4),
        match smuggled(Place::Related) {
            text if text.is_empty() => text,
            text => format!("<li>{text}</li>"),
        }
    );
    let ticker = format!(
        "<div class=\"ticker\">Brent crude {}.{} {}{}%{}</div><div class=\"ad ad-{}\"><span>Advertisement</span> {}</div>",
        n.next(900),
        n.next(9),
        ["+", "-"][n.next(2)],
        n.next(3),
        smuggled(Place::Ticker),
        n.next(99),
        ADVERTS[n.next(5)],
    );
    let body: Vec<String> = story
        .paragraphs
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let mark = if i == 0 { story.first } else { "<p>" };
            format!("{mark}{}</p>", spelled(p, way))
        })
        .collect();
    let list: String = story
        .items
        .iter()
        .map(|i| format!("<li>{i}</li>"))
        .collect();
    let cells: String = story
        .cells
        .iter()
        .map(|c| format!("<td>{c}</td>"))
        .collect();
    let middle = body.len() / 2;
    let (head, tail) = body.split_at(middle);
    let body = match story.walled {
        true => format!(
            "{}<div class=\"paywall\"><h2>Subscribe to continue reading</h2></div>",
            body[0]
        ),
        false => format!(
            "{}<ul>{list}</ul>{promo}<table><tr>{cells}</tr></table>{}",
            head.join("\n"),
            tail.join("\n")
        ),
    };
    let figure = format!(
        "<figure><img src=x><figcaption>{}</figcaption></figure>",
        story.caption
    );
    let title = spelled(&story.title, way % 3);
    let json = format!(
        "{{\"@type\":\"NewsArticle\",\"headline\":\"{}\",\"datePublished\":\"2026-03-01T08:00:00Z\",\"dateModified\":\"2026-03-01T09:{:02}:00Z\",\"commentCount\":{}}}",
        story.title,
        n.next(60),
        n.next(999)
    );
    let cookie = match n.next(3) {
        0 => "",
        _ => {
            "<div class=\"cookie\" role=\"dialog\"><p>We and our partners use cookies to choose advertisements; by going on you agree to that.</p></div>"
        }
    };
    let sections = ["Town", "Islands", "Sport", "Culture"];
    let turn = n.next(4);
    let nav: String = (0..4)
        .map(|i| format!("<li><a href=\"/s\">{}</a></li>", sections[(i + turn) % 4]))
        .collect();
    let Story {
        canonical,
        outside,
        overlay,
        description,
        ..
    } = story;
    let top = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - The Courier</title>\
         <meta property=\"og:title\" content=\"{title}\"><meta property=\"og:site_name\" content=\"The Courier\">\
         <meta name=\"description\" content=\"{}\"><meta name=\"csrf-token\" content=\"{:x}\">\
         <link rel=\"canonical\" href=\"{canonical}\"><script type=\"application/ld+json\">{json}</script>\
         <script>window.t = {}</script></head>",
        description.replace('"', "&quot;"),
        n.next(1 << 20),
        n.next(1 << 20),
    );
    let views = n.next(90_000);
    let most_read = format!(
        "<div class=\"most-read\"><h3>Most read</h3><ol>{}</ol></div>",
        n.links(5)
    );
    match template {
        0 => format!(
            "{top}<body class=\"exp-{turn} article-page\">{overlay}{cookie}<header><nav><ul>{nav}</ul></nav></header>{ticker}\
             <main><article><h1>{title}</h1>{stamp}{figure}<div class=\"entry-content\">{body}</div>{related}</article>{outside}</main>\
             {most_read}<footer><p>The Courier, Quay 4, Westerhaven. Read {views} times.</p></footer></body></html>"
        ),
        1 => format!(
            "{top}<body>{overlay}<ul class=\"nav\">{nav}</ul>{cookie}<div id=\"wrap-{turn}\"><div class=\"col css-{turn}a\"><h1>{title}</h1>{figure}{stamp}{body}\
             <div class=\"counter\">{views} people reading now</div>{related}</div><div class=\"side\">{ticker}{most_read}</div></div>{outside}</body></html>"
        ),
        _ => format!(
            "{top}<body>{overlay}<table width=\"100%\"><tr><td class=\"left\">{ticker}{most_read}</td><td class=\"main\"><h1>{title}</h1>{stamp}{body}{figure}{related}</td></tr></table>\
             {outside}{cookie}<div class=\"foot\">All rights reserved</div></body></html>"
        ),
    }
}
