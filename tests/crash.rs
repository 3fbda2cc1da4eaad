//! The program killed at random moments while stories go on changing: every alert stands in the
//! log exactly once.
//!
//! `WIREWATCH_CRASH_KILLS` sets how often (default 6), `WIREWATCH_CRASH_SEED` repeats a run as far
//! as the machine allows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use e2e::page::{article, feed};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, rss};
use e2e::until;

const TOWNS: [&str; 5] = ["Varna", "Graz", "Turku", "Arles", "Siena"];

fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A newsroom in which the toll of every story rises as soon as the last rise is on record.
struct Newsroom {
    site: Site,
    stages: Vec<Arc<AtomicU64>>,
}

impl Newsroom {
    fn open(ip: &str) -> Newsroom {
        let site = Site::open_on(ip);
        let mut stages = Vec::new();
        let mut items = Vec::new();
        for town in TOWNS {
            let stage = Arc::new(AtomicU64::new(0));
            let shown = Arc::clone(&stage);
            site.put(&path(town), move |ask| {
                let toll = toll(shown.load(Ordering::SeqCst));
                html(&article(
                    &format!("Explosion at a fireworks plant near {town}"),
                    &[
                        &format!("At least {toll} people were killed in an explosion at a fireworks plant near {town}, the regional governor said."),
                        "The blast broke windows up to two kilometres away and could be heard in three villages.",
                        "Firefighters from the whole region are on the scene.",
                    ],
                    ask.nth,
                ))
            });
            items.push((site.url(&path(town)), format!("Explosion near {town}")));
            stages.push(stage);
        }
        let list = feed(&items);
        site.put("/feed", move |_| rss(&list));
        Newsroom { site, stages }
    }

    /// Publishes the next stage of every story whose present one is on record.
    fn publish(&self, folder: &Folder) {
        for (town, stage) in TOWNS.iter().zip(&self.stages) {
            if self.is_on_record(folder, town, stage.load(Ordering::SeqCst)) {
                stage.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn is_on_record(&self, folder: &Folder, town: &str, stage: u64) -> bool {
        let url = self.site.url(&path(town));
        if stage == 0 {
            return !folder.revisions(&url).is_empty();
        }
        let wanted = toll(stage).to_string();
        folder.alerts(&url).iter().any(|alert| {
            let quantity = alert.quantity.as_ref();
            quantity.and_then(|q| q.new.as_deref()) == Some(&wanted)
        })
    }
}

fn path(town: &str) -> String {
    format!("/news/explosion-near-{}", town.to_lowercase())
}

fn toll(stage: u64) -> u64 {
    12 + 3 * stage
}

/// What is done to the alert log between two runs, and during them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Left,
    Rotated,
}

/// Moves the alert log away as logrotate does: `.1` to `.2` and so on, and the log to `.1`.
fn rotate(folder: &Folder) {
    if !folder.file("alerts.jsonl").exists() {
        return;
    }
    let name = |n: usize| folder.file(&format!("alerts.jsonl.{n}"));
    let last = (1..).find(|n| !name(*n).exists()).unwrap();
    for n in (1..last).rev() {
        std::fs::rename(name(n), name(n + 1)).unwrap();
    }
    std::fs::rename(folder.file("alerts.jsonl"), name(1)).unwrap();
}

/// Every file of the log, the oldest first.
fn logs(folder: &Folder) -> Vec<String> {
    let rotated = (1..).map(|n| format!("alerts.jsonl.{n}"));
    let mut names: Vec<String> = rotated
        .take_while(|name| folder.file(name).exists())
        .collect();
    names.reverse();
    names.push("alerts.jsonl".to_owned());
    names
}

fn survives(ip: &str, log: Log) {
    let seed = setting("WIREWATCH_CRASH_SEED", 20_251_021);
    let kills = setting("WIREWATCH_CRASH_KILLS", 6);
    // Shown when the test fails.
    println!("WIREWATCH_CRASH_SEED={seed} WIREWATCH_CRASH_KILLS={kills}");
    let mut random = fastrand::Rng::with_seed(seed);
    let newsroom = Newsroom::open(ip);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("wire", "feed", &newsroom.site.url("/feed"))
    ));
    for kill in 0..kills {
        let daemon = folder.start();
        // So many requests later, and a moment: in the middle of a fetch, of reading, of the
        // commit, of a delivery, or of nothing.
        let enough = newsroom.site.log().len() + random.usize(1..14);
        until(&format!("requests before kill {kill}"), || {
            newsroom.publish(&folder);
            (newsroom.site.log().len() >= enough).then_some(())
        });
        let rotated = log == Log::Rotated && random.bool();
        if rotated {
            rotate(&folder);
            daemon.signal("HUP");
        }
        std::thread::sleep(Duration::from_millis(random.u64(0..120)));
        daemon.kill();
        assert!(folder.reader().is_some(), "kill {kill}: no database");
        if log == Log::Rotated && !rotated && random.bool() {
            rotate(&folder);
        }
    }

    let daemon = folder.start();
    until("two more stages of every story", || {
        newsroom.publish(&folder);
        let stages = newsroom.stages.iter().map(|s| s.load(Ordering::SeqCst));
        (stages.min() >= Some(3)).then_some(())
    });
    let last: Vec<u64> = newsroom
        .stages
        .iter()
        .map(|stage| stage.load(Ordering::SeqCst))
        .collect();
    until("the last stage of every story", || {
        let mut all = TOWNS.iter().zip(&last);
        all.all(|(town, stage)| newsroom.is_on_record(&folder, town, *stage))
            .then_some(())
    });
    newsroom.site.wait_polls("/feed", 1);
    assert_eq!(daemon.stop().code(), Some(0));

    let mut seen: BTreeMap<(String, u64), usize> = BTreeMap::new();
    let mut ids = Vec::new();
    for line in logs(&folder).iter().flat_map(|name| folder.logged(name)) {
        assert_eq!(line["kind"], "toll", "{line}");
        let new = line["quantity"]["new"].as_str().unwrap().parse().unwrap();
        *seen
            .entry((line["url"].as_str().unwrap().to_owned(), new))
            .or_default() += 1;
        ids.push(line["id"].as_str().unwrap().to_owned());
    }
    let expected: BTreeMap<(String, u64), usize> = TOWNS
        .iter()
        .zip(&last)
        .flat_map(|(town, last)| {
            let url = newsroom.site.url(&path(town));
            (1..=*last).map(move |stage| ((url.clone(), toll(stage)), 1))
        })
        .collect();
    let wrong: Vec<_> = seen
        .iter()
        .filter(|(alert, times)| expected.get(alert) != Some(times))
        .chain(
            expected
                .iter()
                .filter(|(alert, _)| !seen.contains_key(alert)),
        )
        .collect();
    assert!(
        wrong.is_empty(),
        "told more than once or not expected, then missing: {wrong:#?}"
    );
    let stored: Vec<String> = folder
        .alerts("")
        .into_iter()
        .map(|alert| alert.id)
        .collect();
    assert_eq!(ids, stored, "the log is in the order of detection");
    assert_eq!(folder.reader().unwrap().stats().unwrap().pending, 0);
    let sound: String = rusqlite::Connection::open(folder.file("wirewatch.db"))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn killed_at_random_moments_every_alert_is_told_once() {
    survives("127.0.3.1", Log::Left);
}

#[test]
fn killed_while_the_log_is_rotated_every_alert_is_told_once() {
    survives("127.0.3.2", Log::Rotated);
}
