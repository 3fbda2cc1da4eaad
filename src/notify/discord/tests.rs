use super::super::testing::{Case, Meaning, Request, deliver, plain, reply, suite};

const CASE: Case = Case {
    name: "discord",
    table: r#"type = "discord"
        url = "http://RECEIVER/api/webhooks/1234/s3cr3t-hook"
        username = "wirewatch""#,
    ok: |_| reply(200, r#"{"id":"5","channel_id":"77","name":"desk"}"#),
    secrets: &["s3cr3t-hook"],
    headers: &[],
    answers: &[
        (
            429,
            r#"{"message":"limited","retry_after":1.5,"global":false}"#,
            Meaning::After(1500),
        ),
        (
            400,
            r#"{"code":50035,"message":"Invalid Form Body"}"#,
            Meaning::Refused,
        ),
        (400, r#"{"code":220001,"message":"forum"}"#, Meaning::Later),
        (
            401,
            r#"{"code":50027,"message":"Invalid Webhook Token"}"#,
            Meaning::Later,
        ),
        (
            404,
            r#"{"code":10015,"message":"Unknown Webhook"}"#,
            Meaning::Gone,
        ),
    ],
    again: None,
    fits: Some(|request: &Request| {
        let message = request.json();
        let length = |key: &str| {
            let text = message["embeds"][0][key].as_str().unwrap();
            text.encode_utf16().count()
        };
        assert!(length("title") <= 256, "{}", length("title"));
        assert!(length("description") <= 4096);
        assert!(length("title") + length("description") <= 6000);
    }),
};

suite!(CASE);

const FORUM: Case = Case {
    table: r#"type = "discord"
        url = "http://RECEIVER/api/webhooks/1234/s3cr3t-hook"
        forum = true"#,
    ..CASE
};

#[tokio::test]
async fn in_a_forum_a_story_is_a_post() {
    let (receiver, mut notifier) = FORUM.well().await;
    let first = deliver(&mut *notifier, &plain()).await;
    assert_eq!(first.handle.as_deref(), Some("77"));
    assert_eq!(receiver.got()[0].json()["thread_name"], "Harbour summit");
    let mut message = plain();
    message.thread = first.handle;
    deliver(&mut *notifier, &message).await;
    let request = receiver.got().remove(0);
    assert!(request.target.ends_with("?wait=true&thread_id=77"));
    assert!(request.json()["thread_name"].is_null());
    // The post was deleted.
    receiver.answers(|r| match r.target.contains("thread_id") {
        true => reply(404, r#"{"code":10003,"message":"Unknown Channel"}"#),
        false => (FORUM.ok)(r),
    });
    assert_eq!(deliver(&mut *notifier, &message).await.failure, None);
}
