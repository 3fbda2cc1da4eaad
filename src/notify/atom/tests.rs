use std::path::Path;

use super::super::testing::{digest, hostile, message, plain, trouble};
use super::*;
use crate::message::sample;

fn notifier(path: &Path, entries: usize) -> Atom {
    let config = config::Atom {
        path: path.to_owned(),
        entries,
        title: "Alerts of <the desk> & others".into(),
        link: Some("https://example.org/alerts.atom?a=1&b=2".parse().unwrap()),
    };
    build(&config, None).unwrap()
}

async fn deliver(to: &mut Atom, batch: &[Message]) {
    let receipt = to.deliver(batch).await;
    assert_eq!((receipt.acknowledged, receipt.failure), (batch.len(), None));
}

/// The file as a feed reader sees it: ids and titles.
fn seen(path: &Path) -> Vec<(String, String)> {
    use quick_xml::events::Event;
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut open, mut all): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if name == "entry" {
                    all.push(Default::default());
                }
                open.push(name);
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) if open.iter().any(|o| o == "entry") => {
                let last = all.last_mut().unwrap();
                match open.last().unwrap().as_str() {
                    "id" => last.0 += &text,
                    "title" => last.1 += &text,
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, [""; 0]);
    all
}

fn ids(path: &Path) -> Vec<String> {
    seen(path).into_iter().map(|(id, _)| id).collect()
}

fn numbered(n: usize) -> Message {
    let mut alert = sample(jiff::Timestamp::UNIX_EPOCH);
    alert.id = format!("al_{n}");
    message(vec![alert])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_alerts_newest_first_each_once_and_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feeds/alerts.atom");
    let mut to = notifier(&path, 3);
    assert!(to.probe().await.unwrap().contains("0 entries"));
    deliver(&mut to, &[numbered(1), numbered(2)]).await;
    deliver(&mut to, &[numbered(2)]).await;
    assert_eq!(ids(&path), ["urn:wirewatch:al_2", "urn:wirewatch:al_1"]);
    let before = std::fs::read_to_string(&path).unwrap();

    // After a restart: what came again changes nothing, what is new comes on top.
    let mut to = notifier(&path, 3);
    deliver(&mut to, &[numbered(1)]).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    deliver(&mut to, &[numbered(3), numbered(4)]).await;
    let three = [
        "urn:wirewatch:al_4",
        "urn:wirewatch:al_3",
        "urn:wirewatch:al_2",
    ];
    assert_eq!(ids(&path), three);

    // Deleted, it comes back whole.
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    deliver(&mut to, &[numbered(4)]).await;
    assert_eq!(ids(&path), three);
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_in_it_the_feed_is_xml() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.atom");
    let mut to = notifier(&path, 100);
    let mut broken = hostile();
    broken.alerts[0].alert.id = "al_broken".into();
    broken.alerts[0].alert.summary =
        "]]></title></entry> \u{0}\u{1b}\u{fffe} <entry> & <generator>wirewatch</generator>".into();
    let batch = [
        plain(),
        hostile(),
        broken,
        trouble(false),
        trouble(true),
        digest(5),
    ];
    deliver(&mut to, &batch[1..]).await;
    let whole = seen(&path);
    assert_eq!(whole.len(), 9);
    // Read back and written again it is the same.
    let text = std::fs::read_to_string(&path).unwrap();
    let mut to = notifier(&path, 100);
    deliver(&mut to, &batch[1..]).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    let mut to = notifier(&path, 100);
    for failure in [
        to.deliver(&[plain()]).await.failure.unwrap(),
        to.probe().await.unwrap_err(),
    ] {
        assert!(matches!(failure, Failure::Later { .. }));
        assert!(failure.reason().contains("move it away"), "{failure:?}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    // Where nothing can be written, it says so and loses nothing.
    let mut to = notifier(Path::new("/proc/alerts.atom"), 100);
    assert!(to.deliver(&[plain()]).await.failure.is_some());
}
