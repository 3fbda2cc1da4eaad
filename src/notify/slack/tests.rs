use super::super::testing::{Case, Meaning, Request, deliver, ok_json, plain, reply, suite};
use serde_json::json;

const CASE: Case = Case {
    name: "slack_webhook",
    table: r#"type = "slack"
        url = "http://RECEIVER/services/T0/B0/s3cr3t-hook"
        username = "wirewatch"
        icon = ":newspaper:""#,
    ok: |_| reply(200, "ok"),
    secrets: &["s3cr3t-hook"],
    headers: &[],
    answers: &[
        (400, "invalid_payload", Meaning::Refused),
        (400, "user_not_found", Meaning::Later),
        (403, "invalid_token", Meaning::Later),
        (403, "action_prohibited", Meaning::Later),
        (404, "no_service", Meaning::Later),
        (410, "channel_is_archived", Meaning::Later),
        (500, "rollup_error", Meaning::Later),
    ],
    again: None,
    fits: Some(fits),
};

suite!(CASE);

fn fits(request: &Request) {
    let message = request.json();
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap();
        assert!((1..=3000).contains(&text.encode_utf16().count()));
    }
    assert!(message["text"].as_str().unwrap().len() <= 40_000);
}

const BOT: Case = Case {
    name: "slack_bot",
    table: r#"type = "slack"
        token = "xoxb-s3cr3t-token"
        channel = "C0123"
        server = "http://RECEIVER""#,
    ok: |_| ok_json(json!({"ts": "1503435956.000247", "user": "wire"})),
    secrets: &["xoxb-s3cr3t-token"],
    headers: &["authorization"],
    answers: &[
        (
            200,
            r#"{"ok":false,"error":"invalid_blocks"}"#,
            Meaning::Refused,
        ),
        (
            200,
            r#"{"ok":false,"error":"not_in_channel"}"#,
            Meaning::Later,
        ),
        (
            200,
            r#"{"ok":false,"error":"invalid_auth"}"#,
            Meaning::Later,
        ),
        (200, r#"{"ok":false,"error":"ratelimited"}"#, Meaning::Later),
        (200, "<html>", Meaning::Later),
    ],
    ..CASE
};

mod bot {
    use super::*;

    suite!(BOT);

    #[tokio::test]
    async fn a_story_is_a_thread() {
        let (receiver, mut notifier) = BOT.well().await;
        let first = deliver(&mut *notifier, &plain()).await;
        assert_eq!(first.handle.as_deref(), Some("1503435956.000247"));
        receiver.got();
        let mut message = plain();
        message.thread = first.handle;
        deliver(&mut *notifier, &message).await;
        assert_eq!(receiver.got()[0].json()["thread_ts"], "1503435956.000247");
        // The first message was deleted.
        receiver.answers(|r| match r.body.contains("1503435956") {
            true => reply(200, r#"{"ok":false,"error":"thread_not_found"}"#),
            false => (BOT.ok)(r),
        });
        let receipt = deliver(&mut *notifier, &message).await;
        assert_eq!(receipt.failure, None);
    }

    #[tokio::test]
    async fn a_wish_is_heeded_and_a_fix_said() {
        let (receiver, mut notifier) = BOT.well().await;
        receiver.answers(|_| reply(200, r#"{"ok":false,"error":"not_in_channel"}"#));
        let receipt = deliver(&mut *notifier, &plain()).await;
        assert!(receipt.failure.unwrap().reason().contains("/invite"));
    }
}
