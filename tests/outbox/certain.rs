//! Nothing is lost, order is kept within a story, one bad receiver harms no other.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::e2e::program::Folder;
use crate::e2e::until;
use crate::receiver::{Mood, Receiver, config, fill};
use crate::{NOTIFIERS, setting};

#[test]
fn whatever_is_killed_every_receiver_gets_every_alert_and_the_log_each_once() {
    let alerts = setting("WIREWATCH_OUTBOX_ALERTS", 60);
    let kills = setting("WIREWATCH_OUTBOX_KILLS", 4);
    let receivers: Vec<Receiver> = (0..NOTIFIERS)
        .map(|n| Receiver::open(if n == 0 { Mood::Bad } else { Mood::Well }))
        .collect();
    let folder = Folder::new(&config(&receivers));
    let made = fill(&folder, alerts, NOTIFIERS);
    let stories: HashMap<&str, &str> = made
        .iter()
        .map(|a| (a.id.as_str(), a.story.id.as_str()))
        .collect();
    let all = made.len();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..kills {
        let daemon = folder.start();
        std::thread::sleep(Duration::from_millis(random.u64(20..900)));
        daemon.kill();
    }
    let daemon = folder.start();
    // The bad one would take an hour at its own pace.
    std::thread::sleep(Duration::from_secs(3));
    let before: usize = receivers[0].ids().len();
    assert!(
        receivers[0].asked.load(Ordering::SeqCst) as usize > before,
        "it fails, too"
    );
    receivers[0].healed.store(true, Ordering::SeqCst);
    let began = Instant::now();
    while receivers.iter().any(|r| r.first().len() < all) {
        let reached: Vec<usize> = receivers.iter().map(|r| r.first().len()).collect();
        assert!(
            began.elapsed() < Duration::from_secs(600),
            "{reached:?} of {all}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    until("the outbox to empty", || {
        let rows = folder
            .reader()?
            .deliveries(&wirewatch::store::DeliveryFilter {
                state: Some("pending"),
                ..Default::default()
            });
        rows.ok().filter(Vec::is_empty)
    });
    daemon.stop();
    for (n, receiver) in receivers.iter().enumerate() {
        // A kill between the receiver's answer and its acknowledgement sends one again; more
        // would be a fault.
        let repeated = receiver.ids().len() - all;
        assert!(repeated <= kills, "receiver {n}: {repeated} repeated");
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        let first = receiver.first();
        for id in &first {
            let before = last.insert(stories[id.as_str()], id);
            assert!(
                before.is_none_or(|b| b < id.as_str()),
                "receiver {n}: {id} before its turn"
            );
        }
    }
    let logged = folder.logged("alerts.jsonl");
    let ids: Vec<&str> = logged
        .iter()
        .filter(|l| l["kind"] != "health")
        .map(|l| l["id"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = made.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, expected);
}

/// When the last of the alerts' first 99 % had arrived at the healthy receivers, since the start.
fn p99(bad: bool, alerts: usize) -> Duration {
    let receivers: Vec<Receiver> = (0..NOTIFIERS)
        .map(|n| Receiver::open(if n == 0 && bad { Mood::Bad } else { Mood::Well }))
        .collect();
    let folder = Folder::new(&config(&receivers));
    fill(&folder, alerts, NOTIFIERS);
    let start = Instant::now();
    let daemon = folder.start();
    let healthy = &receivers[1..];
    while healthy.iter().any(|r| r.ids().len() < alerts) {
        assert!(start.elapsed() < Duration::from_secs(600));
        std::thread::sleep(Duration::from_millis(5));
    }
    daemon.kill();
    let mut times: Vec<Duration> = Vec::new();
    for receiver in healthy {
        let taken = receiver.taken.lock().unwrap();
        times.extend(taken.iter().map(|(_, at)| at.duration_since(start)));
    }
    times.sort();
    times[times.len() * 99 / 100]
}

/// Prints a figure; what it checks is that healthy receivers get everything while one fails.
#[test]
fn a_bad_receiver_holds_up_no_other() {
    let alerts = setting("WIREWATCH_OUTBOX_ALERTS", 60);
    let rounds = setting("WIREWATCH_OUTBOX_ROUNDS", 1);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(p99(false, alerts).as_secs_f64());
        times[1].push(p99(true, alerts).as_secs_f64());
    }
    for list in &mut times {
        list.sort_by(f64::total_cmp);
    }
    let median = |list: &[f64]| list[list.len() / 2];
    println!(
        "{alerts} alerts to {NOTIFIERS} notifiers: p99 at healthy receivers {:.2} s, with one failing {:.2} s, ratio {:.2}",
        median(&times[0]),
        median(&times[1]),
        median(&times[1]) / median(&times[0])
    );
}
