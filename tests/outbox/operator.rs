//! What the operator sees of deliveries and does about them, and messages of several alerts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::e2e::program::Folder;
use crate::e2e::until;
use crate::receiver::{Mood, Receiver, config, fill};

/// The one notifier's table with these lines.
fn with(receiver: &Receiver, lines: &str) -> String {
    config(std::slice::from_ref(receiver)) + lines + "\n"
}

fn lines(output: &std::process::Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

fn ran(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let output = folder.run(arguments);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn a_receiver_that_is_gone_is_told_of_and_taken_up_again() {
    let receiver = Receiver::open(Mood::Gone);
    let folder = Folder::new(&with(&receiver, ""));
    fill(&folder, 3, 1);
    let daemon = folder.start();
    until("what is given up to be listed", || {
        let rows = lines(&folder.run(&["deliveries", "--failed", "--json"]));
        (rows.len() == 3).then_some(())
    });
    assert_eq!(
        receiver.asked.load(Ordering::SeqCst),
        1,
        "410 is asked once"
    );
    let troubles = || {
        let mut troubles = folder.troubles();
        troubles.retain(|t| t.contains("dead letters"));
        troubles
    };
    let start = "notifier hook-0: dead letters -> given up";
    until("one alert of it", || (troubles() == [start]).then_some(()));
    let (code, said) = ran(&folder, &["deliveries", "--failed"]);
    assert!(
        code == 0
            && said.contains("GIVEN UP")
            && said.contains("410 Gone")
            && said.contains("retry --all"),
        "{said}"
    );

    receiver.healed.store(true, Ordering::SeqCst);
    let (code, said) = ran(&folder, &["deliveries", "retry", "--notifier", "hook-0"]);
    assert_eq!((code, said.as_str()), (0, "3 back in the outbox\n"));
    until("them to arrive", || {
        (receiver.ids().len() == 3).then_some(())
    });
    let end = "notifier hook-0: dead letters -> well";
    until("its end", || (troubles() == [start, end]).then_some(()));
    daemon.stop();
    assert_eq!(receiver.ids(), ["al_000000", "al_000001", "al_000002"]);
    let (code, said) = ran(&folder, &["deliveries", "retry", "--all"]);
    assert_eq!((code, said.as_str()), (1, "nothing of that was given up\n"));
    let (code, said) = ran(&folder, &["deliveries", "retry"]);
    assert!(code == 1 && said.contains("say which"), "{said}");
}

#[test]
fn a_digest_is_one_message_and_what_is_refused_in_it_goes_alone() {
    let receiver = Receiver::open(Mood::Well);
    let folder = Folder::new(&with(&receiver, "digest = \"every 2s\""));
    fill(&folder, 5, 1);
    let daemon = folder.start();
    until("a message", || (!receiver.ids().is_empty()).then_some(()));
    daemon.stop();
    let ids = receiver.ids();
    assert!(ids.len() == 1 && ids[0].starts_with("dg_"), "{ids:?}");
    let body = receiver.bodies.lock().unwrap()[0].clone();
    let told: Vec<&str> = body["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        [
            "al_000000",
            "al_000001",
            "al_000002",
            "al_000003",
            "al_000004"
        ]
    );
    assert_eq!(body["id"], ids[0].as_str());

    let receiver = Receiver::open(Mood::Refuses);
    let folder = Folder::new(&with(&receiver, "digest = \"every 1s\""));
    fill(&folder, 2, 1);
    let daemon = folder.start();
    until("each to be tried alone", || {
        (receiver.asked.load(Ordering::SeqCst) >= 3).then_some(())
    });
    receiver.healed.store(true, Ordering::SeqCst);
    until("both to arrive", || {
        (receiver.ids().len() == 2).then_some(())
    });
    daemon.stop();
    let mut ids = receiver.ids();
    ids.sort();
    assert_eq!(ids, ["al_000000", "al_000001"]);
}

#[test]
fn what_is_over_the_rate_is_folded() {
    let receiver = Receiver::open(Mood::Well);
    let folder = Folder::new(&with(&receiver, "rate_limit = \"2/1h\""));
    fill(&folder, 6, 1);
    let daemon = folder.start();
    until("two messages", || (receiver.ids().len() >= 2).then_some(()));
    std::thread::sleep(Duration::from_millis(300));
    daemon.stop();
    let ids = receiver.ids();
    assert!(
        ids.len() == 2 && ids[0] == "al_000000" && ids[1].starts_with("dg_"),
        "{ids:?}"
    );
    assert_eq!(
        receiver.bodies.lock().unwrap()[1]["alerts"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    // A start does not forget what was sent.
    let daemon = folder.start();
    std::thread::sleep(Duration::from_millis(500));
    daemon.stop();
    assert_eq!(receiver.ids().len(), 2);
}

#[test]
fn an_alert_is_told_again_until_it_is_acknowledged() {
    let receiver = Receiver::open(Mood::Well);
    let folder = Folder::new(&with(&receiver, "remind = \"10s\"\nremind_times = 2"));
    fill(&folder, 2, 1);
    let daemon = folder.start();
    until("both", || (receiver.ids().len() == 2).then_some(()));
    let (code, said) = ran(&folder, &["ack", "al_000000", "--by", "night desk"]);
    assert_eq!((code, said.as_str()), (0, "al_000000 acknowledged\n"));
    let (code, said) = ran(&folder, &["ack", "al_000000", "al_x"]);
    assert!(
        code == 1 && said.contains("was acknowledged before") && said.contains("al_x is not known"),
        "{said}"
    );
    until("a reminder", || (receiver.ids().len() == 3).then_some(()));
    daemon.stop();
    assert_eq!(receiver.ids()[2], "al_000001_r1");
    assert_eq!(receiver.bodies.lock().unwrap()[2]["reminder"], 1);
}

#[test]
fn a_notifier_can_be_tried() {
    let receiver = Receiver::open(Mood::Well);
    let folder = Folder::new(&with(&receiver, ""));
    let (code, said) = ran(&folder, &["notify-test", "hook-0"]);
    assert!(code == 0 && said.contains("hook-0: ok: al_test"), "{said}");
    let bodies = receiver.bodies.lock().unwrap().clone();
    assert!(
        bodies[0]["summary"]
            .as_str()
            .unwrap()
            .contains("Test of wirewatch"),
        "{bodies:?}"
    );
    fill(&folder, 1, 1);
    let (code, said) = ran(
        &folder,
        &["notify-test", "hook-0", "--alert", "al_000000", "--json"],
    );
    assert_eq!(code, 0, "{said}");
    assert_eq!(receiver.ids()[1], "al_000000");
    let (code, said) = ran(&folder, &["notify-test", "hook-0", "--alert", "al_9"]);
    assert!(
        code == 1 && said.contains("there is no alert al_9"),
        "{said}"
    );
    let (code, said) = ran(&folder, &["notify-test", "hok"]);
    assert!(code == 1 && said.contains("it has log, hook-0"), "{said}");
    let (code, said) = ran(&folder, &["notify-test", "log"]);
    assert!(code == 0 && said.contains("ok"), "{said}");

    let refused = Receiver::open(Mood::Refuses);
    let folder = Folder::new(&with(&refused, ""));
    let (code, said) = ran(&folder, &["notify-test", "hook-0"]);
    assert!(
        code == 1 && said.contains("400 Bad Request: not so: 1"),
        "{said}"
    );
}

#[test]
fn a_damaged_alert_is_given_up_and_holds_up_no_other() {
    let receiver = Receiver::open(Mood::Well);
    let folder = Folder::new(&with(&receiver, ""));
    fill(&folder, 3, 1);
    let db = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    db.execute(
        "UPDATE alert SET body = '{\"x\": 1}' WHERE id = 'al_000001'",
        [],
    )
    .unwrap();
    drop(db);
    let daemon = folder.start();
    until("the others", || (receiver.ids().len() == 2).then_some(()));
    until("it to be given up", || {
        let rows = lines(&folder.run(&["deliveries", "--failed", "--json"]));
        // To the log and to the webhook.
        (rows.len() == 2).then_some(())
    });
    daemon.stop();
    let (code, said) = ran(&folder, &["deliveries", "drop", "al_000001"]);
    assert_eq!((code, said.as_str()), (0, "2 forgotten\n"));
    assert_eq!(receiver.ids(), ["al_000000", "al_000002"]);
    assert_eq!(folder.logged("alerts.jsonl").len(), 2);
}
