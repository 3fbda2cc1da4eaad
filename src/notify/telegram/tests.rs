use super::super::html;
use super::super::testing::{Case, Meaning, Request, deliver, ok_json, plain, reply, suite};
use serde_json::json;

const CASE: Case = Case {
    name: "telegram",
    table: r#"type = "telegram"
        token = "123456789:s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t12345"
        chat_id = "-1001234567890"
        topic = 12
        server = "http://RECEIVER""#,
    ok: |_| ok_json(json!({"result": {"message_id": 42, "username": "wire_bot"}})),
    secrets: &["s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t12345"],
    headers: &[],
    answers: &[
        (
            429,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 9","parameters":{"retry_after":9}}"#,
            Meaning::After(9000),
        ),
        (
            400,
            r#"{"ok":false,"description":"Bad Request: chat not found"}"#,
            Meaning::Later,
        ),
        (
            400,
            r#"{"ok":false,"description":"Bad Request: message is too long"}"#,
            Meaning::Refused,
        ),
        (
            403,
            r#"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#,
            Meaning::Later,
        ),
        (
            401,
            r#"{"ok":false,"description":"Unauthorized"}"#,
            Meaning::Later,
        ),
        (200, r#"{"ok":false}"#, Meaning::Later),
    ],
    again: None,
    fits: Some(|request: &Request| {
        let text = request.json()["text"].as_str().unwrap().to_owned();
        let seen = html::text(&text).encode_utf16().count();
        assert!((1..=4096).contains(&seen), "{seen}");
    }),
};

suite!(CASE);

#[tokio::test]
async fn later_alerts_of_a_story_answer_the_first() {
    let (receiver, mut notifier) = CASE.well().await;
    let first = deliver(&mut *notifier, &plain()).await;
    assert_eq!(first.handle.as_deref(), Some("42"));
    receiver.got();
    let mut message = plain();
    message.thread = first.handle;
    deliver(&mut *notifier, &message).await;
    let reply_to = &receiver.got()[0].json()["reply_parameters"];
    assert_eq!(
        reply_to,
        &json!({"message_id": 42, "allow_sending_without_reply": true})
    );
}

#[tokio::test]
async fn a_group_that_became_another_chat_is_followed() {
    let (receiver, mut notifier) = CASE.well().await;
    receiver.answers(|r| match r.body.contains("-1001234567890") {
        true => reply(
            400,
            r#"{"ok":false,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1009}}"#,
        ),
        // Asked once before the body is read.
        false => (CASE.ok)(r),
    });
    for _ in 0..2 {
        assert_eq!(deliver(&mut *notifier, &plain()).await.failure, None);
    }
    let chats: Vec<_> = receiver
        .got()
        .iter()
        .map(|r| r.json()["chat_id"].clone())
        .collect();
    assert_eq!(chats, [json!("-1001234567890"), json!(-1009), json!(-1009)]);
}

#[tokio::test]
async fn bad_html_of_a_template_is_sent_as_plain_text() {
    let (receiver, mut notifier) = CASE.well().await;
    receiver.answers(|r| match r.body.contains("HTML") {
        true => reply(
            400,
            r#"{"ok":false,"description":"Bad Request: can't parse entities: x"}"#,
        ),
        false => (CASE.ok)(r),
    });
    assert_eq!(deliver(&mut *notifier, &plain()).await.failure, None);
    let text = receiver.got().pop().unwrap().json()["text"].clone();
    assert!(!text.as_str().unwrap().contains("<b>"));
}
