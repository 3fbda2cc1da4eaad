//! MQTT, NATS and Kafka against real servers on loopback, started here with folders of their own.
//!
//! Without `mosquitto`, `nats-server` or `kcat` (its library has a broker for tests) the tests of
//! that broker say that they are skipped, and pass.

#![cfg(all(feature = "kafka", feature = "mqtt", feature = "nats"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod kafka;
mod mqtt;
mod nats;
mod proxy;
mod server;
mod tls;

use std::path::Path;

use jiff::Timestamp;
use wirewatch::config;
use wirewatch::message::sample;
use wirewatch::notify::{self, Failure, Message, Notifier, Told};

/// The notifier of a table, built as the daemon builds it.
pub fn notifier(table: &str) -> Box<dyn Notifier> {
    let text = format!(
        "[fetch]\nuser_agent = \"x@example.com\"\n[[source]]\nid = \"s\"\nkind = \"feed\"\n\
         url = \"https://example.org/feed\"\n[[watch]]\nname = \"w\"\nnotify = [\"n\"]\n\
         [[notify]]\nname = \"n\"\n{table}"
    );
    let config = config::parse(&text, Path::new("w.toml"), &|_| None)
        .unwrap_or_else(|errors| panic!("{errors}"));
    notify::build(&config.notifiers[0]).unwrap()
}

/// An alert, as the outbox hands it over.
pub fn message(id: &str, story: &str) -> Message {
    let mut alert = sample(Timestamp::from_second(1_795_608_000).unwrap());
    alert.id = id.to_owned();
    alert.story.id = story.to_owned();
    alert.watch = "summits & talks".to_owned();
    let json = serde_json::to_string(&alert).unwrap();
    Message {
        id: id.to_owned(),
        alerts: vec![Told { alert, json }],
        reminder: 0,
        thread: None,
    }
}

/// Two alerts in one message.
pub fn digest(id: &str) -> Message {
    let mut both = message("al_1", "st_1");
    both.alerts.extend(message("al_2", "st_2").alerts);
    both.id = id.to_owned();
    both
}

/// An alert larger than the brokers of these tests take.
pub fn big(id: &str) -> Message {
    let mut message = message(id, "st_big");
    let told = &mut message.alerts[0];
    told.alert.headline = "x".repeat(200_000);
    told.json = serde_json::to_string(&told.alert).unwrap();
    message
}

/// Delivers one message.
pub async fn deliver(notifier: &mut dyn Notifier, message: &Message) -> Result<(), Failure> {
    let receipt = notifier.deliver(std::slice::from_ref(message)).await;
    match receipt.failure {
        None => {
            assert_eq!(receipt.acknowledged, 1);
            Ok(())
        }
        Some(failure) => {
            assert_eq!(receipt.acknowledged, 0);
            Err(failure)
        }
    }
}

/// The reason of a failure that passes.
pub fn later(result: Result<(), Failure>) -> String {
    match result {
        Err(Failure::Later { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// The reason of a message's own failure.
pub fn refused(result: Result<(), Failure>) -> String {
    match result {
        Err(Failure::Refused { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Delivers once the server is there: one that has just been started may not listen yet.
pub async fn until_delivered(notifier: &mut dyn Notifier, message: &Message) {
    for _ in 0..200 {
        match deliver(notifier, message).await {
            Ok(()) => return,
            Err(Failure::Later { .. }) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("never delivered");
}
