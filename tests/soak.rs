//! A small newsroom watched for long while its pages churn and its servers fail: no development is
//! missed or told twice, nothing else is told, and memory stays flat.
//!
//! `WIREWATCH_SOAK_SECONDS` says for how long (default 20, too short to judge memory by; the long
//! form is 1800), `WIREWATCH_SOAK_SEED` repeats a run as far as the machine allows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use e2e::page::{article, feed, section};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Ask, Site, Step, head, html, reply, rss};

const TOWNS: [&str; 12] = [
    "Varna", "Graz", "Turku", "Arles", "Siena", "Ghent", "Basel", "Porto", "Lund", "Cork", "Evora",
    "Tartu",
];

/// Memory is compared from here on: caches are warm, and the allocator knows its load.
const WARM: Duration = Duration::from_secs(300);

fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a page shows now.
#[derive(Clone, Copy)]
struct State {
    /// How often the toll has risen.
    stage: u64,
    fault: Option<Fault>,
    /// Since when.
    since: Instant,
}

/// A fault lasts no longer: the pauses after failures double, and the test would wait for them.
const FAULT_LASTS: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug)]
enum Fault {
    ServerError,
    TooMany,
    NotFound,
    BrokenOff,
    Empty,
    Consent,
    SoftNotFound,
    Teaser,
    HalfPage,
    Garbled,
    OtherLanguage,
    Slow,
}

const FAULTS: [Fault; 12] = [
    Fault::ServerError,
    Fault::TooMany,
    Fault::NotFound,
    Fault::BrokenOff,
    Fault::Empty,
    Fault::Consent,
    Fault::SoftNotFound,
    Fault::Teaser,
    Fault::HalfPage,
    Fault::Garbled,
    Fault::OtherLanguage,
    Fault::Slow,
];

fn toll(stage: u64) -> u64 {
    12 + 3 * stage
}

fn text(town: &str, stage: u64) -> (String, Vec<String>) {
    let toll = toll(stage);
    let title = format!("Explosion at a fireworks plant near {town}");
    let paragraphs = [
        format!("At least {toll} people were killed in an explosion at a fireworks plant near {town}, the regional governor said."),
        "The blast broke windows up to two kilometres away and could be heard in three villages.".to_owned(),
        "“Nobody here has ever seen anything like it,” said Zoë Étienne, who keeps the inn across the road.".to_owned(),
        "Firefighters from the whole region are on the scene, and the road along the river is closed.".to_owned(),
        "The plant was built seventy years ago and makes rockets for half of the country’s festivals.".to_owned(),
        "Its owners have said nothing since the morning, and their office in the old town is locked.".to_owned(),
    ];
    (title, paragraphs.to_vec())
}

fn answer(town: &str, state: State, ask: &Ask) -> Vec<Step> {
    const HTML: [(&str, &str); 1] = [("Content-Type", "text/html; charset=utf-8")];
    let (title, mut paragraphs) = text(town, state.stage);
    let page = article(&title, &paragraphs, ask.nth);
    let notice = |heading: &str, line: &str| {
        html(&format!(
            "<html><head><title>{heading}</title></head><body><h1>{heading}</h1><p>{line}</p></body></html>"
        ))
    };
    let Some(fault) = state.fault else {
        return html(&page);
    };
    match fault {
        Fault::ServerError => reply(500, &HTML, b"<h1>Something broke</h1>"),
        Fault::TooMany => reply(429, &[("Retry-After", "1")], b"slow down"),
        Fault::NotFound => reply(404, &HTML, b"<h1>Not found</h1>"),
        Fault::BrokenOff => vec![
            Step::Send(head(200, &HTML, page.len())),
            Step::Send(page.as_bytes()[..page.len() * 6 / 10].to_vec()),
        ],
        Fault::Empty => reply(200, &HTML, b""),
        Fault::Consent => notice(
            "Before you continue",
            "We and our 640 partners store and access information on your device.",
        ),
        Fault::SoftNotFound => notice("Sorry, we can’t find that page", "It may have moved."),
        Fault::Teaser => {
            paragraphs.truncate(2);
            paragraphs.push("Subscribe to continue reading.".to_owned());
            html(&article(&title, &paragraphs, ask.nth))
        }
        Fault::HalfPage => html(&page[..page.find(&paragraphs[3]).unwrap()]),
        Fault::Garbled => {
            let (twice, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(page.as_bytes());
            html(&twice)
        }
        Fault::OtherLanguage => html(&article(
            "Explosion in einer Fabrik für Feuerwerk",
            &[
                "Bei einer Explosion in einer Fabrik für Feuerwerk sind mindestens 99 Menschen getötet worden, sagte der Gouverneur.",
                "Die Druckwelle ließ noch in zwei Kilometern Entfernung Fenster bersten und war in drei Dörfern zu hören.",
                "Feuerwehren aus der ganzen Region sind im Einsatz, und die Straße am Fluss ist bis auf weiteres gesperrt.",
            ],
            ask.nth,
        )),
        Fault::Slow => {
            let mut steps = vec![Step::Wait(Duration::from_millis(700))];
            steps.extend(html(&page));
            steps
        }
    }
}

/// A town's story on a host of its own.
struct Story {
    site: Site,
    path: String,
    state: Arc<Mutex<State>>,
}

impl Story {
    fn open(n: usize, town: &'static str) -> Story {
        let site = Site::open_on(&format!("127.0.5.{}", n + 1));
        let path = format!("/news/2026/explosion-near-{}", town.to_lowercase());
        let state = Arc::new(Mutex::new(State {
            stage: 0,
            fault: None,
            since: Instant::now(),
        }));
        let shown = Arc::clone(&state);
        site.put(&path, move |ask| answer(town, *shown.lock().unwrap(), ask));
        let items = vec![(site.url(&path), format!("Explosion near {town}"))];
        let list = feed(&items);
        site.put("/feed", move |_| rss(&list));
        site.put("/world/", move |ask| html(&section(&items, ask.nth)));
        Story { site, path, state }
    }

    fn url(&self) -> String {
        self.site.url(&self.path)
    }

    /// A third each is watched as article, feed and section.
    fn source(&self, n: usize, town: &str) -> String {
        match n % 3 {
            0 => source(town, "article", &self.url()),
            1 => source(town, "feed", &self.site.url("/feed")),
            _ => source(town, "section", &self.site.url("/world/")),
        }
    }

    fn stage(&self) -> u64 {
        self.state.lock().unwrap().stage
    }

    /// The tolls told, in order.
    fn told(&self, folder: &Folder) -> Vec<u64> {
        let alerts = folder.alerts(&self.url());
        let new = |a: &wirewatch::alert::Alert| a.quantity.as_ref()?.new.as_ref()?.parse().ok();
        alerts.iter().map(|a| new(a).unwrap_or(0)).collect()
    }

    /// Whether the present stage is on record.
    fn is_known(&self, folder: &Folder) -> bool {
        match self.stage() {
            0 => !folder.revisions(&self.url()).is_empty(),
            stage => self.told(folder).contains(&toll(stage)),
        }
    }
}

/// Resident memory of a process in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn nothing_is_missed_and_memory_is_flat_while_everything_fails_now_and_then() {
    let seconds = setting("WIREWATCH_SOAK_SECONDS", 20);
    let seed = setting("WIREWATCH_SOAK_SEED", 20_261_125);
    println!("WIREWATCH_SOAK_SECONDS={seconds} WIREWATCH_SOAK_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let stories: Vec<Story> = TOWNS
        .iter()
        .enumerate()
        .map(|(n, town)| Story::open(n, town))
        .collect();
    let sources: String = stories
        .iter()
        .zip(TOWNS)
        .enumerate()
        .map(|(n, (story, town))| story.source(n, town))
        .collect();
    let folder = Folder::new(&format!("{HEAD}{EVERYTHING}{sources}"));
    let daemon = folder.start();
    for story in &stories {
        folder.wait_revisions(&story.url(), 1);
    }

    let start = Instant::now();
    let (mut memory, mut served) = (Vec::new(), 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        for story in &stories {
            let mut state = story.state.lock().unwrap();
            if state.since.elapsed() > FAULT_LASTS {
                state.fault = None;
            }
        }
        let story = &stories[random.usize(..stories.len())];
        let known = story.is_known(&folder);
        {
            let mut state = story.state.lock().unwrap();
            state.since = Instant::now();
            // Faults last a moment, so that a page fails for some fetches and is well for more.
            state.fault = match random.u8(..10) {
                0..4 => {
                    served += 1;
                    Some(FAULTS[random.usize(..FAULTS.len())])
                }
                _ => None,
            };
            // A fault and a development may meet.
            if known && random.u8(..4) == 0 {
                state.stage += 1;
            }
        }
        memory.push((start.elapsed(), resident(daemon.child.id())));
        std::thread::sleep(Duration::from_millis(random.u64(150..600)));
    }
    for story in &stories {
        story.state.lock().unwrap().fault = None;
    }
    let (first, last) = memory.iter().partition::<Vec<_>, _>(|(at, _)| *at < WARM);
    let of = |part: &[(Duration, u64)]| part.iter().map(|(_, kib)| *kib).max().unwrap_or(0);
    println!(
        "{served} faults, resident memory at most {} KiB in the first {} s, {} KiB after",
        of(&first),
        WARM.as_secs(),
        of(&last)
    );
    let end = Instant::now() + e2e::PATIENCE;
    for story in &stories {
        while !story.is_known(&folder) {
            assert!(
                Instant::now() < end,
                "stage {} of {} is not told: {:#?}\n{:#?}",
                story.stage(),
                story.path,
                folder
                    .fetches(&story.url())
                    .iter()
                    .rev()
                    .take(8)
                    .collect::<Vec<_>>(),
                folder.developments(&story.url()).last(),
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    assert_eq!(daemon.stop().code(), Some(0));

    let mut developments = 0;
    for story in &stories {
        let wanted: Vec<u64> = (1..=story.stage()).map(toll).collect();
        assert_eq!(story.told(&folder), wanted, "{}", story.path);
        developments += wanted.len();
    }
    assert_eq!(folder.logged("alerts.jsonl").len(), developments);

    if last.len() > 100 {
        // The first half of the rest against the second: what leaks goes on leaking.
        let (early, late) = last.split_at(last.len() / 2);
        let (early, late) = (of(early), of(late));
        assert!(
            late <= early + early / 10,
            "memory grew: {early} KiB, then {late} KiB"
        );
    }
}
