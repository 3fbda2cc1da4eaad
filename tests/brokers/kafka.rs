//! Kafka against the broker for tests that kcat's library has.
//!
//! It knows no passwords and has no limit of a message's size, so neither is tested here.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::proxy::Proxy;
use super::server::{free_port, program};
use super::{deliver, digest, later, message, notifier, until_delivered};

/// The broker, and what is read from it.
struct Broker {
    child: Child,
    port: u16,
    records: mpsc::Receiver<Value>,
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Broker {
    fn start() -> Option<Broker> {
        let kcat = program("kcat")?;
        let mut child = Command::new(kcat)
            .args(["-b", "x", "-X", "test.mock.num.brokers=1", "-d", "mock"])
            .args(["-C", "-t", "alerts", "-J", "-u"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (tell_port, port) = mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("bootstrap.servers=127.0.0.1:") {
                    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                    let _ = tell_port.send(digits.parse().unwrap());
                }
            }
        });
        let read = BufReader::new(child.stdout.take().unwrap());
        let (tell, records) = mpsc::channel();
        std::thread::spawn(move || {
            for line in read.lines().map_while(Result::ok) {
                if let Ok(record) = serde_json::from_str(&line) {
                    let _ = tell.send(record);
                }
            }
        });
        let port = port.recv_timeout(Duration::from_secs(30)).unwrap();
        Some(Broker {
            child,
            port,
            records,
        })
    }

    fn signal(&self, name: &str) {
        let order = format!("kill -{name} {}", self.child.id());
        let done = Command::new("sh").args(["-c", &order]).status();
        assert!(done.unwrap().success());
    }

    fn next(&self) -> Value {
        self.records.recv_timeout(Duration::from_secs(60)).unwrap()
    }
}

fn table(port: u16) -> String {
    format!(
        "type = \"kafka\"\nbrokers = [\"127.0.0.1:{port}\"]\ntopic = \"alerts\"\ntimeout = \"10s\"\n"
    )
}

fn header(record: &Value, name: &str) -> String {
    let headers = record["headers"].as_array().unwrap();
    let at = headers.iter().position(|h| h == name).unwrap();
    headers[at + 1].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_keeps_its_order_in_one_partition() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let mut notifier = notifier(&table(broker.port));
    let mut places: Vec<i64> = Vec::new();
    let sent = [
        message("al_1", "st_1"),
        message("al_2", "st_1"),
        message("al_3", "st_1"),
    ];
    for message in &sent {
        deliver(&mut *notifier, message).await.unwrap();
        let record = broker.next();
        assert_eq!(record["key"], "st_1");
        assert_eq!(header(&record, "wirewatch-id"), message.id);
        assert_eq!(header(&record, "content-type"), "application/json");
        assert_eq!(record["payload"], message.alerts[0].json.as_str());
        assert_eq!(record["ts"], 1_795_608_000_000_i64);
        places.push(record["partition"].as_i64().unwrap());
    }
    assert!(places.iter().all(|p| *p == places[0]), "{places:?}");
    // What tells of several stories has no key.
    deliver(&mut *notifier, &digest("dg_1")).await.unwrap();
    let record = broker.next();
    assert_eq!(record["key"], Value::Null);
    assert_eq!(header(&record, "wirewatch-id"), "dg_1");
    let body: Value = serde_json::from_str(record["payload"].as_str().unwrap()).unwrap();
    assert_eq!(body["alerts"].as_array().unwrap().len(), 2);
    let found = notifier.probe().await.unwrap();
    assert!(found.contains("partition"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_down_or_gone_is_told() {
    let mut nobody = notifier(&table(free_port()));
    let reason = later(deliver(&mut *nobody, &message("al_1", "st_1")).await);
    assert!(reason.contains("no connection to the brokers"), "{reason}");
    assert!(nobody.probe().await.is_err());
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let mut notifier = notifier(&table(broker.port));
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    broker.child.kill().unwrap();
    broker.child.wait().unwrap();
    for _ in 0..2 {
        later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_is_waited_for_no_longer_than_allowed() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let proxy = Proxy::to(broker.port).await;
    let settings = table(proxy.port).replace("\"10s\"", "\"2s\"");
    let mut notifier = notifier(&settings);
    proxy.silence(true);
    let reason = later(deliver(&mut *notifier, &message("al_1", "st_1")).await);
    assert_eq!(reason, "no acknowledgement within 1.8 s");
    proxy.silence(false);
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    assert_eq!(header(&broker.next(), "wirewatch-id"), "al_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_with_its_id() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let settings = table(broker.port).replace("\"10s\"", "\"2s\"");
    let mut notifier = notifier(&settings);
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    assert_eq!(header(&broker.next(), "wirewatch-id"), "al_1");
    // It stands still with the record in its ears.
    broker.signal("STOP");
    later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    broker.signal("CONT");
    until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
    deliver(&mut *notifier, &message("al_3", "st_1"))
        .await
        .unwrap();
    let mut got = Vec::new();
    while got.last().is_none_or(|id| id != "al_3") {
        got.push(header(&broker.next(), "wirewatch-id"));
    }
    got.dedup();
    assert_eq!(got, ["al_2", "al_3"]);
}
