use super::super::testing::{Case, Meaning, Request, deliver, digest, plain, reply, suite};
use serde_json::Value;

const CASE: Case = Case {
    name: "webhook",
    table: r#"type = "webhook"
        url = "http://RECEIVER/hooks/s3cr3t-path?key=s3cr3t-query"
        headers = { Authorization = "Bearer s3cr3t-token" }"#,
    ok: |_| reply(204, ""),
    secrets: &["s3cr3t-path", "s3cr3t-query", "s3cr3t-token"],
    headers: &["authorization", "webhook-id"],
    answers: &[
        (410, "", Meaning::Gone),
        (400, "no", Meaning::Refused),
        (422, "no", Meaning::Refused),
        (404, "", Meaning::Later),
        (301, "", Meaning::Later),
    ],
    again: Some(|r| r.header("webhook-id").unwrap().to_owned()),
    fits: None,
};

suite!(CASE);

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const SIGNED: Case = Case {
    name: "webhook_cloudevents",
    table: r#"type = "webhook"
        url = "http://RECEIVER/"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        format = "cloudevents""#,
    secrets: &["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    headers: &["webhook-id"],
    ..CASE
};

#[tokio::test]
async fn events_are_in_an_envelope() {
    SIGNED.requests().await;
}

fn verify(key: &str, request: &Request) -> Result<(), standardwebhooks::WebhookError> {
    let mut headers = reqwest::header::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, request.header(name).unwrap().parse().unwrap());
    }
    standardwebhooks::Webhook::new(key)?.verify(request.body.as_bytes(), &headers)
}

#[tokio::test]
async fn the_signature_is_that_of_standard_webhooks() {
    let (receiver, mut notifier) = SIGNED.well().await;
    for message in [plain(), digest(3)] {
        deliver(&mut *notifier, &message).await;
        let request = receiver.got().pop().unwrap();
        verify(KEY, &request).unwrap();
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert!(verify(other, &request).is_err());
        let mut forged = request.clone();
        forged.body = forged.body.replace("cancelled", "scheduled");
        assert!(verify(KEY, &forged).is_err());
        let event: Value = request.json();
        assert_eq!(event["id"], request.header("webhook-id").unwrap());
    }
}
