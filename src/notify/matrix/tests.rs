use super::super::testing::{Case, Meaning, Reply, Request, deliver, plain, reply, suite};

const CASE: Case = Case {
    name: "matrix",
    table: r##"type = "matrix"
        homeserver = "http://RECEIVER"
        token = "syt_s3cr3t_token"
        room = "#desk:example.org""##,
    ok,
    secrets: &["syt_s3cr3t_token"],
    headers: &["authorization"],
    answers: &[
        (
            429,
            r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many","retry_after_ms":2500}"#,
            Meaning::After(2500),
        ),
        (
            403,
            r#"{"errcode":"M_FORBIDDEN","error":"not in room"}"#,
            Meaning::Later,
        ),
        (
            401,
            r#"{"errcode":"M_UNKNOWN_TOKEN","error":"x"}"#,
            Meaning::Later,
        ),
    ],
    again: Some(|r| r.target.rsplit('/').next().unwrap().to_owned()),
    fits: Some(|request: &Request| assert!(request.body.len() <= 60_000)),
};

suite!(CASE);

fn ok(_: &Request) -> Reply {
    reply(
        200,
        r#"{"event_id":"$1","user_id":"@wire:example.org","room_id":"!r:example.org","joined_rooms":["!r:example.org"]}"#,
    )
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let (receiver, mut notifier) = CASE.well().await;
    deliver(&mut *notifier, &plain()).await;
    receiver.answers(|_| reply(413, r#"{"errcode":"M_TOO_LARGE"}"#));
    let failure = deliver(&mut *notifier, &plain()).await.failure.unwrap();
    assert!(matches!(failure, super::Failure::Refused { .. }));
}

#[tokio::test]
async fn a_story_is_a_thread() {
    let (receiver, mut notifier) = CASE.well().await;
    let first = deliver(&mut *notifier, &plain()).await;
    assert_eq!(first.handle.as_deref(), Some("$1"));
    receiver.got();
    let mut message = plain();
    message.thread = first.handle;
    deliver(&mut *notifier, &message).await;
    let relation = receiver.got()[0].json()["m.relates_to"].clone();
    assert_eq!(relation["rel_type"], "m.thread");
    assert_eq!(relation["event_id"], "$1");
    // The homeserver does not know it any more.
    receiver.answers(|r| match r.body.contains("m.thread") {
        true => reply(400, r#"{"errcode":"M_UNKNOWN"}"#),
        false => ok(r),
    });
    assert_eq!(deliver(&mut *notifier, &message).await.failure, None);
}

#[tokio::test]
async fn a_room_it_is_invited_to_is_joined() {
    let (receiver, mut notifier) = CASE.well().await;
    let joined = std::sync::atomic::AtomicBool::new(false);
    receiver.answers(move |r| {
        use std::sync::atomic::Ordering::Relaxed;
        if r.target.contains("/join/") {
            joined.store(true, Relaxed);
        }
        match r.method == "PUT" && !joined.load(Relaxed) {
            true => reply(403, r#"{"errcode":"M_FORBIDDEN"}"#),
            false => ok(r),
        }
    });
    assert_eq!(deliver(&mut *notifier, &plain()).await.failure, None);
    let targets: Vec<String> = receiver.got().into_iter().map(|r| r.target).collect();
    assert_eq!(targets.len(), 4, "{targets:?}");
}
