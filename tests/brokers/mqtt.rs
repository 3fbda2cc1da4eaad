//! MQTT against mosquitto.

use std::process::Command;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::sync::mpsc;
use wirewatch::notify::Failure;

use super::proxy::Proxy;
use super::server::{Server, free_port, program};
use super::{big, deliver, digest, later, message, notifier, refused, until_delivered};

/// A broker, with `more` in its config.
fn broker(folder: &tempfile::TempDir, more: &str) -> Option<Server> {
    let program = program("mosquitto")?;
    let port = free_port();
    let file = folder.path().join("mosquitto.conf");
    // As root it would become another user, who cannot read the folder.
    let own = "user root\npersistence false\n";
    let text = format!("listener {port} 127.0.0.1\n{own}{more}");
    std::fs::write(&file, text).unwrap();
    let args = vec!["-c".to_owned(), file.display().to_string()];
    Some(Server::start(program, args, port))
}

/// Hears all that is published.
async fn listen(port: u16) -> mpsc::UnboundedReceiver<Publish> {
    let mut options = MqttOptions::new("listener", "127.0.0.1", port);
    options.set_credentials("desk", "correct horse");
    let (client, mut events) = AsyncClient::new(options, 10);
    let (tell, heard) = mpsc::unbounded_channel();
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    client
        .subscribe_many([Filter::new("#", QoS::ExactlyOnce)])
        .await
        .unwrap();
    tokio::spawn(async move {
        let _client = client;
        let mut ready = Some(ready);
        while let Ok(event) = events.poll().await {
            match event {
                Event::Incoming(Packet::SubAck(_)) => {
                    let _ = ready.take().map(|ready| ready.send(()));
                }
                Event::Incoming(Packet::Publish(publish)) => {
                    let _ = tell.send(publish);
                }
                _ => {}
            }
        }
    });
    is_ready.await.unwrap();
    heard
}

fn id(publish: &Publish) -> String {
    let properties = publish.properties.as_ref().unwrap();
    let (name, id) = &properties.user_properties[0];
    assert_eq!(name, "wirewatch-id");
    id.clone()
}

fn table(port: u16, more: &str) -> String {
    format!(
        "type = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{port}\"\n\
         topic = \"news/{{watch}}/{{kind}}\"\ntimeout = \"5s\"\n{more}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_is_the_alert() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(&folder, "allow_anonymous true\n") else {
        return;
    };
    let mut heard = listen(broker.port).await;
    for qos in [1, 2] {
        let mut notifier = notifier(&table(broker.port, &format!("qos = {qos}")));
        assert_eq!(notifier.probe().await.unwrap(), "the broker lets us in");
        for sent in [
            message("al_1", "st_1"),
            digest("dg_1"),
            message("al_3", "st_1"),
        ] {
            deliver(&mut *notifier, &sent).await.unwrap();
            let got = heard.recv().await.unwrap();
            assert_eq!(id(&got), sent.id);
            assert_eq!(got.topic, "news/summits___talks/cancelled");
            assert_eq!(got.qos as u8, qos);
            assert!(!got.retain);
            let properties = got.properties.unwrap();
            assert_eq!(properties.content_type.as_deref(), Some("application/json"));
            match sent.alerts.as_slice() {
                [only] => assert_eq!(got.payload, only.json),
                several => {
                    let body: serde_json::Value = serde_json::from_slice(&got.payload).unwrap();
                    assert_eq!(body["id"], "dg_1");
                    assert_eq!(body["alerts"].as_array().unwrap().len(), several.len());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_own_body_is_the_payload() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(&folder, "allow_anonymous true\n") else {
        return;
    };
    let mut heard = listen(broker.port).await;
    let body = "retain = true\nbody = \"{{ alert.kind }}: {{ alert.subject }}\"";
    let mut notifier = notifier(&table(broker.port, body));
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    let got = heard.recv().await.unwrap();
    assert_eq!(got.payload, "cancelled: Harbour summit");
    let content = got.properties.unwrap().content_type;
    assert_eq!(content.as_deref(), Some("text/plain; charset=utf-8"));
    // Who subscribes later is told all the same.
    let kept = listen(broker.port).await.recv().await.unwrap();
    assert!(kept.retain);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_down_is_told_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut broker) = broker(&folder, "allow_anonymous true\n") else {
        return;
    };
    let mut notifier = notifier(&table(broker.port, ""));
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    broker.kill();
    for _ in 0..2 {
        let reason = later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
        assert!(reason.contains("connection"), "{reason}");
    }
    assert!(notifier.probe().await.is_err());
    broker.restart();
    let mut heard = listen(broker.port).await;
    until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
    assert_eq!(id(&heard.recv().await.unwrap()), "al_2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_with_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(&folder, "allow_anonymous true\n") else {
        return;
    };
    let mut heard = listen(broker.port).await;
    let proxy = Proxy::to(broker.port).await;
    for qos in [1, 2] {
        let mut notifier = notifier(&table(proxy.port, &format!("qos = {qos}")));
        deliver(&mut *notifier, &message("al_0", "st_1"))
            .await
            .unwrap();
        heard.recv().await.unwrap();
        // The broker takes it, but its answer is lost with the connection.
        proxy.silence(true);
        let sent = message("al_1", "st_1");
        let lost = async {
            if qos == 1 {
                assert_eq!(id(&heard.recv().await.unwrap()), "al_1");
            } else {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            proxy.cut();
        };
        let (result, ()) = tokio::join!(deliver(&mut *notifier, &sent), lost);
        later(result);
        proxy.silence(false);
        until_delivered(&mut *notifier, &sent).await;
        assert_eq!(id(&heard.recv().await.unwrap()), "al_1");
        // And the next acknowledgement is not taken for that of another.
        until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
        assert_eq!(id(&heard.recv().await.unwrap()), "al_2");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_is_waited_for_no_longer_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(&folder, "allow_anonymous true\n") else {
        return;
    };
    let proxy = Proxy::to(broker.port).await;
    let settings = table(proxy.port, "").replace("\"5s\"", "\"1s\"");
    let mut notifier = notifier(&settings);
    proxy.silence(true);
    let reason = later(deliver(&mut *notifier, &message("al_1", "st_1")).await);
    assert!(
        reason.contains("within") || reason.contains("imeout"),
        "{reason}"
    );
    proxy.silence(false);
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    proxy.silence(true);
    let reason = later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    assert_eq!(reason, "no acknowledgement within 0.9 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(_), Some(passwd)) = (program("mosquitto"), program("mosquitto_passwd")) else {
        return;
    };
    let file = folder.path().join("passwords");
    let done = Command::new(passwd)
        .args([
            "-c",
            "-b",
            &file.display().to_string(),
            "desk",
            "correct horse",
        ])
        .status();
    assert!(done.unwrap().success());
    let config = format!("allow_anonymous false\npassword_file {}\n", file.display());
    let Some(broker) = broker(&folder, &config) else {
        return;
    };
    let with = |password: &str| {
        let login = format!("username = \"desk\"\npassword = \"{password}\"");
        notifier(&table(broker.port, &login))
    };
    let mut wrong = with("battery staple");
    let reason = later(deliver(&mut *wrong, &message("al_1", "st_1")).await);
    assert!(
        reason.contains("check `username` and `password`"),
        "{reason}"
    );
    assert!(!reason.contains("battery"), "{reason}");
    assert!(wrong.probe().await.is_err());
    let mut right = with("correct horse");
    assert!(right.probe().await.is_ok());
    deliver(&mut *right, &message("al_1", "st_1"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_is_refused_and_the_next_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    // One limit is told to clients beforehand, the other is not.
    for limit in ["max_packet_size 100000", "message_size_limit 100000"] {
        let Some(broker) = broker(&folder, &format!("allow_anonymous true\n{limit}\n")) else {
            return;
        };
        let mut notifier = notifier(&table(broker.port, ""));
        deliver(&mut *notifier, &message("al_1", "st_1"))
            .await
            .unwrap();
        let reason = refused(deliver(&mut *notifier, &big("al_2")).await);
        println!("{limit}: {reason}");
        deliver(&mut *notifier, &message("al_3", "st_1"))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_forbids_is_no_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let acl = folder.path().join("acl");
    std::fs::write(&acl, "topic read #\n").unwrap();
    let config = format!("allow_anonymous true\nacl_file {}\n", acl.display());
    let Some(broker) = broker(&folder, &config) else {
        return;
    };
    let mut notifier = notifier(&table(broker.port, ""));
    let result = deliver(&mut *notifier, &message("al_1", "st_1")).await;
    assert!(
        matches!(&result, Err(Failure::Later { reason, .. }) if reason.contains("NotAuthorized")),
        "{result:?}"
    );
}
