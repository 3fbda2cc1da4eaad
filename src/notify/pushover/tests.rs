use jiff::Timestamp;

use super::super::testing::{Case, Meaning, Reply, deliver, plain, reply, suite};
use crate::notify::Failure;

const CASE: Case = Case {
    name: "pushover",
    table: r#"type = "pushover"
        server = "http://RECEIVER"
        token = "as3cr3ttoken"
        user = "us3cr3tuser"
        device = "phone"
        urgent = ["cancelled"]"#,
    ok: |_| reply(200, r#"{"status": 1, "request": "647d2300-702c"}"#),
    secrets: &["as3cr3ttoken", "us3cr3tuser"],
    headers: &[],
    answers: &[
        (
            400,
            r#"{"status":0,"errors":["message cannot be blank"]}"#,
            Meaning::Refused,
        ),
        (
            400,
            r#"{"token":"invalid","status":0,"errors":["application token is invalid"]}"#,
            Meaning::Later,
        ),
        (
            400,
            r#"{"user":"invalid","status":0,"errors":["user identifier is invalid"]}"#,
            Meaning::Later,
        ),
        (200, "<html>", Meaning::Later),
    ],
    again: None,
    fits: Some(|r| {
        let count = |key: &str| r.json()[key].as_str().unwrap_or_default().chars().count();
        assert!(
            count("message") <= 1024 && count("title") <= 250,
            "{}",
            r.body
        );
        assert!(
            count("url") <= 512 && count("url_title") <= 100,
            "{}",
            r.body
        );
    }),
};

suite!(CASE);

#[tokio::test]
async fn what_rings_until_acknowledged_says_for_how_long() {
    let case = Case {
        table: r#"type = "pushover"
            server = "http://RECEIVER"
            token = "as3cr3ttoken"
            user = "us3cr3tuser"
            priority = 2
            retry = "30s"
            expire = "2h""#,
        ..CASE
    };
    let (receiver, mut notifier) = case.well().await;
    let receipt = deliver(&mut *notifier, &plain()).await;
    assert_eq!(receipt.handle.as_deref(), Some("647d2300-702c"));
    let sent = receiver.got().pop().unwrap().json();
    assert_eq!(
        (&sent["priority"], &sent["retry"], &sent["expire"]),
        (&2.into(), &30.into(), &7200.into())
    );
    let (receiver, mut notifier) = CASE.well().await;
    deliver(&mut *notifier, &plain()).await;
    assert_eq!(receiver.got().pop().unwrap().json()["priority"], 1);
}

#[tokio::test]
async fn a_month_used_up_is_waited_for() {
    let (receiver, mut notifier) = CASE.well().await;
    let reset = Timestamp::now().as_second() + 5000;
    receiver.answers(move |_| {
        let body = r#"{"status":0,"errors":["monthly limit reached"]}"#;
        Reply::Status(
            429,
            vec![("X-Limit-App-Reset", reset.to_string())],
            body.into(),
        )
    });
    let receipt = deliver(&mut *notifier, &plain()).await;
    let Some(Failure::Later {
        after: Some(after),
        reason,
    }) = receipt.failure
    else {
        panic!("{receipt:?}");
    };
    assert!((4000..=5000).contains(&after.as_secs()), "{after:?}");
    assert!(reason.contains("monthly limit reached"));
}
