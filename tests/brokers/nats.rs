//! NATS against nats-server.

use async_nats::jetstream::{self, stream};
use futures_util::StreamExt;

use super::proxy::Proxy;
use super::server::{Server, free_port, program};
use super::{big, deliver, digest, later, message, notifier, refused, until_delivered};

fn server(folder: &tempfile::TempDir, more: &[&str]) -> Option<Server> {
    let program = program("nats-server")?;
    let port = free_port();
    let data = folder.path().display().to_string();
    let port_text = port.to_string();
    let mut args = vec!["-a", "127.0.0.1", "-p", &port_text, "-js", "-sd", &data];
    args.extend(more);
    let args = args.into_iter().map(str::to_owned).collect();
    Some(Server::start(program, args, port))
}

async fn client(port: u16) -> async_nats::Client {
    let options = async_nats::ConnectOptions::new()
        .user_and_password("desk".to_owned(), "correct horse".to_owned());
    options.connect(format!("127.0.0.1:{port}")).await.unwrap()
}

/// A stream for all that is published under `news`.
async fn stream(port: u16, largest: i32) -> stream::Stream {
    let config = stream::Config {
        name: "NEWS".to_owned(),
        subjects: vec!["news.>".to_owned()],
        max_message_size: largest,
        ..stream::Config::default()
    };
    let context = jetstream::new(client(port).await);
    context.get_or_create_stream(config).await.unwrap()
}

async fn count(port: u16) -> u64 {
    stream(port, -1).await.info().await.unwrap().state.messages
}

fn table(port: u16, more: &str) -> String {
    format!(
        "type = \"nats\"\nservers = [\"nats://127.0.0.1:{port}\"]\n\
         subject = \"news.{{watch}}.{{kind}}\"\ntimeout = \"5s\"\n{more}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_has_the_alert_once() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(&folder, &[]) else {
        return;
    };
    let stream = stream(server.port, -1).await;
    let mut notifier = notifier(&table(server.port, ""));
    let found = notifier.probe().await.unwrap();
    assert_eq!(found, "the stream `NEWS` takes what we send");
    let sent = [
        message("al_1", "st_1"),
        digest("dg_1"),
        message("al_3", "st_1"),
    ];
    for message in &sent {
        deliver(&mut *notifier, message).await.unwrap();
        // As after a crash before it was noted.
        deliver(&mut *notifier, message).await.unwrap();
    }
    assert_eq!(count(server.port).await, 3);
    for (n, sent) in (1..).zip(&sent) {
        let got = stream.get_raw_message(n).await.unwrap();
        assert_eq!(got.subject.as_str(), "news.summits___talks.cancelled");
        let header = |name: &str| got.headers.get(name).unwrap().as_str().to_owned();
        assert_eq!(header("Nats-Msg-Id"), sent.id);
        assert_eq!(header("Content-Type"), "application/json");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_stream_is_told_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(&folder, &[]) else {
        return;
    };
    let mut notifier = notifier(&table(server.port, ""));
    let reason = later(deliver(&mut *notifier, &message("al_1", "st_1")).await);
    assert!(
        reason.contains("nats stream add --subjects \"news.>\""),
        "{reason}"
    );
    let probed = notifier.probe().await.unwrap_err();
    assert!(probed.reason().contains("nats stream add"), "{probed:?}");
    stream(server.port, -1).await;
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    assert_eq!(count(server.port).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_told_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = server(&folder, &[]) else {
        return;
    };
    stream(server.port, -1).await;
    let mut notifier = notifier(&table(server.port, ""));
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    server.kill();
    for _ in 0..2 {
        later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    }
    server.restart();
    until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
    assert_eq!(count(server.port).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_before_its_answer_has_the_alert_once() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = server(&folder, &[]) else {
        return;
    };
    stream(server.port, -1).await;
    let proxy = Proxy::to(server.port).await;
    let mut notifier = notifier(&table(proxy.port, ""));
    deliver(&mut *notifier, &message("al_0", "st_1"))
        .await
        .unwrap();
    proxy.silence(true);
    let sent = message("al_1", "st_1");
    let lost = async {
        while count(server.port).await < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        server.kill();
    };
    let (result, ()) = tokio::join!(deliver(&mut *notifier, &sent), lost);
    later(result);
    proxy.silence(false);
    server.restart();
    until_delivered(&mut *notifier, &sent).await;
    until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
    assert_eq!(count(server.port).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_waited_for_no_longer_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(&folder, &[]) else {
        return;
    };
    stream(server.port, -1).await;
    let proxy = Proxy::to(server.port).await;
    let mut notifier = notifier(&table(proxy.port, "").replace("\"5s\"", "\"1s\""));
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
    proxy.silence(true);
    let reason = later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    assert!(
        reason.contains("acknowledgement") || reason.contains("ack"),
        "{reason}"
    );
    proxy.silence(false);
    until_delivered(&mut *notifier, &message("al_2", "st_1")).await;
    assert_eq!(count(server.port).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_is_told_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let users = ["--user", "desk", "--pass", "correct horse"];
    let Some(server) = server(&folder, &users) else {
        return;
    };
    stream(server.port, -1).await;
    for wrong in [
        "username = \"desk\"\npassword = \"battery staple\"",
        "token = \"battery staple\"",
        "",
    ] {
        let mut notifier = notifier(&table(server.port, wrong));
        let reason = later(deliver(&mut *notifier, &message("al_1", "st_1")).await);
        assert!(
            reason.contains("check `username` and `password`"),
            "{reason}"
        );
        assert!(!reason.contains("battery"), "{reason}");
        assert!(notifier.probe().await.is_err());
    }
    let right = "username = \"desk\"\npassword = \"correct horse\"";
    let mut notifier = notifier(&table(server.port, right));
    assert!(notifier.probe().await.is_ok());
    deliver(&mut *notifier, &message("al_1", "st_1"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_is_refused_and_the_next_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = server(&folder, &[]) else {
        return;
    };
    // The stream's own limit, which only it knows.
    stream(server.port, 100_000).await;
    let mut notifier = notifier(&table(server.port, ""));
    let reason = refused(deliver(&mut *notifier, &big("al_1")).await);
    assert!(reason.contains("size"), "{reason}");
    deliver(&mut *notifier, &message("al_2", "st_1"))
        .await
        .unwrap();
    // The server's, which it tells beforehand: 1 MB unless set.
    let mut larger = big("al_3");
    larger.alerts[0].json = "x".repeat(2 << 20);
    refused(deliver(&mut *notifier, &larger).await);
    deliver(&mut *notifier, &message("al_4", "st_1"))
        .await
        .unwrap();
    assert_eq!(count(server.port).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_nats_waits_for_the_servers_word() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = server(&folder, &[]) else {
        return;
    };
    let proxy = Proxy::to(server.port).await;
    let settings = table(proxy.port, "jetstream = false").replace("\"5s\"", "\"1s\"");
    let mut notifier = notifier(&settings);
    let listener = client(server.port).await;
    let mut heard = listener.subscribe("news.>").await.unwrap();
    listener.flush().await.unwrap();
    assert!(notifier.probe().await.is_ok());
    until_delivered(&mut *notifier, &message("al_1", "st_1")).await;
    let got = heard.next().await.unwrap();
    assert_eq!(got.payload, message("al_1", "st_1").alerts[0].json);
    proxy.silence(true);
    later(deliver(&mut *notifier, &message("al_2", "st_1")).await);
    proxy.silence(false);
    refused(
        deliver(&mut *notifier, &{
            let mut larger = big("al_3");
            larger.alerts[0].json = "x".repeat(2 << 20);
            larger
        })
        .await,
    );
    server.kill();
    later(deliver(&mut *notifier, &message("al_4", "st_1")).await);
}
