use super::super::testing::{Case, Meaning, Request, reply, suite};

const CASE: Case = Case {
    name: "teams",
    table: r#"type = "teams"
        url = "http://RECEIVER/workflows/s3cr3t-flow/invoke?sig=s3cr3t-sig""#,
    ok: |_| reply(202, ""),
    secrets: &["s3cr3t-flow", "s3cr3t-sig"],
    headers: &[],
    answers: &[
        (
            200,
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
            Meaning::Later,
        ),
        (
            200,
            "Microsoft Teams endpoint returned HTTP error 413 with ContextId x",
            Meaning::Refused,
        ),
        (
            400,
            r#"{"error":{"code":"WorkflowTriggerIsNotEnabled"}}"#,
            Meaning::Later,
        ),
        (
            400,
            r#"{"error":{"code":"TriggerInputSchemaMismatch"}}"#,
            Meaning::Refused,
        ),
        (401, "", Meaning::Later),
    ],
    again: None,
    fits: Some(|request: &Request| assert!(request.body.len() <= 25_000)),
};

suite!(CASE);
