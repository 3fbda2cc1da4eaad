use super::super::testing::{Case, Meaning, Request, reply, suite};

const CASE: Case = Case {
    name: "mattermost",
    table: r#"type = "mattermost"
        url = "http://RECEIVER/hooks/s3cr3t-hook"
        channel = "town-square"
        icon = ":newspaper:""#,
    ok: |_| reply(200, "ok"),
    secrets: &["s3cr3t-hook"],
    headers: &[],
    answers: &[
        (
            400,
            r#"{"id":"web.incoming_webhook.channel.app_error","message":"Couldn't find the channel."}"#,
            Meaning::Later,
        ),
        (
            400,
            r#"{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook."}"#,
            Meaning::Later,
        ),
        (
            400,
            r#"{"id":"web.incoming_webhook.text.app_error","message":"No text specified."}"#,
            Meaning::Refused,
        ),
    ],
    again: None,
    fits: Some(|request: &Request| {
        let text = request.json()["text"].as_str().unwrap().to_owned();
        assert!(text.encode_utf16().count() <= 16_383);
    }),
};

suite!(CASE);
