use super::super::testing::{Case, Meaning, deliver, plain, reply, suite};

const CASE: Case = Case {
    name: "ntfy",
    table: r#"type = "ntfy"
        server = "http://RECEIVER"
        topic = "s3cr3t-topic"
        token = "tk_s3cr3t"
        urgent = ["cancelled"]"#,
    ok: |_| reply(200, r#"{"id": "xE73Iyuabi", "event": "message"}"#),
    secrets: &["s3cr3t-topic", "tk_s3cr3t"],
    headers: &["authorization"],
    answers: &[
        (
            400,
            r#"{"code":40024,"error":"invalid request"}"#,
            Meaning::Refused,
        ),
        (413, r#"{"code":41301}"#, Meaning::Refused),
        (403, r#"{"code":40301,"error":"forbidden"}"#, Meaning::Later),
        (507, "", Meaning::Later),
    ],
    again: Some(|r| r.json()["sequence_id"].as_str().unwrap().to_owned()),
    fits: Some(|r| {
        assert!(r.json()["message"].as_str().unwrap().len() <= 4096);
        assert!(r.json()["title"].as_str().unwrap().chars().count() <= 200);
        assert!(r.body.len() <= 8192, "{}", r.body.len());
    }),
};

suite!(CASE);

#[tokio::test]
async fn urgent_kinds_are_loud_and_a_user_is_let_in() {
    let case = Case {
        table: r#"type = "ntfy"
            server = "http://RECEIVER/push/"
            topic = "s3cr3t-topic"
            username = "desk"
            password = "s3cr3t"
            priority = 2"#,
        ..CASE
    };
    for (case, priority, path) in [(CASE, 5, "/"), (case, 2, "/push/")] {
        let (receiver, mut notifier) = case.well().await;
        let receipt = deliver(&mut *notifier, &plain()).await;
        assert_eq!(receipt.handle.as_deref(), Some("xE73Iyuabi"));
        let request = receiver.got().pop().unwrap();
        assert_eq!(request.json()["priority"], priority);
        assert_eq!(request.target, path);
        assert!(request.header("authorization").is_some());
    }
}
