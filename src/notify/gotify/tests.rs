use super::super::testing::{Case, Meaning, deliver, plain, reply, suite};

const CASE: Case = Case {
    name: "gotify",
    table: r#"type = "gotify"
        server = "http://RECEIVER/push"
        token = "As3cr3t.Token""#,
    ok: |r| match r.target.as_str() {
        "/push/version" => reply(200, r#"{"version": "2.6.1"}"#),
        _ if r.body == "{}" => reply(400, r#"{"error": "Bad Request"}"#),
        _ => reply(200, r#"{"id": 25, "appid": 1}"#),
    },
    secrets: &["As3cr3t.Token"],
    headers: &["x-gotify-key"],
    answers: &[
        (400, r#"{"error":"Bad Request"}"#, Meaning::Refused),
        (401, r#"{"error":"Unauthorized"}"#, Meaning::Later),
    ],
    again: None,
    fits: Some(|r| {
        assert!(r.json()["message"].as_str().unwrap().chars().count() <= 20_000);
        assert!(r.json()["title"].as_str().unwrap().chars().count() <= 200);
    }),
};

suite!(CASE);

#[tokio::test]
async fn a_wrong_token_is_found_without_a_message() {
    let (receiver, mut notifier) = CASE.well().await;
    assert_eq!(
        notifier.probe().await.unwrap(),
        "Gotify 2.6.1 knows the token"
    );
    receiver.answers(|r| match r.target.as_str() {
        "/push/version" => reply(200, r#"{"version": "2.6.1"}"#),
        _ => reply(401, r#"{"error": "Unauthorized"}"#),
    });
    assert!(notifier.probe().await.is_err());
    receiver.answers(|_| reply(200, "<html>"));
    let failure = notifier.probe().await.unwrap_err();
    assert!(failure.reason().contains("no Gotify"), "{failure:?}");
    receiver.answers(CASE.ok);
    let receipt = deliver(&mut *notifier, &plain()).await;
    assert_eq!(receipt.handle.as_deref(), Some("25"));
}
