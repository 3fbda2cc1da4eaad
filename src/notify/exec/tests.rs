use std::collections::BTreeMap;
use std::time::Duration;

use super::super::testing::{deliver, digest, plain, trouble};
use super::*;
use crate::config::Secret;
use crate::notify::Receipt;

/// Runs this shell script; what it is passed on top is `$1` and so on.
fn script(text: &str, arguments: &[&str]) -> Exec {
    let mut command: Vec<String> = ["/bin/sh", "-c", text, "sh"].map(str::to_owned).into();
    command.extend(arguments.iter().map(|a| (*a).to_owned()));
    let env = BTreeMap::from([("DESK_TOKEN".to_owned(), Secret::new("s3cr3t".to_owned()))]);
    build(&config::Exec { command, env }, None).unwrap()
}

async fn failure(text: &str) -> Failure {
    let receipt = deliver(&mut script(text, &[]), &plain()).await;
    assert_eq!(receipt.acknowledged, 0);
    receipt.failure.unwrap()
}

#[tokio::test]
async fn it_gets_the_alert_on_its_input_and_in_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut exec = script(
        r#"cat > "$1"; env > "$1.env"; printf %s "$2" > "$1.arg""#,
        &[out.to_str().unwrap(), "$(touch /); `x` \" '"],
    );
    let message = plain();
    assert_eq!(
        deliver(&mut exec, &message).await,
        Receipt {
            acknowledged: 1,
            handle: None,
            failure: None
        }
    );
    let read = |end: &str| std::fs::read_to_string(format!("{}{end}", out.display())).unwrap();
    assert_eq!(read("").trim_end(), message.alerts[0].json);
    assert_eq!(read(".arg"), "$(touch /); `x` \" '");
    let env = read(".env");
    let alert = message.first().unwrap();
    for line in [
        format!("WIREWATCH_ID={}", alert.id),
        "WIREWATCH_KIND=cancelled".to_owned(),
        format!("WIREWATCH_SUMMARY={}", alert.summary),
        format!("WIREWATCH_URL={}", alert.url),
        "WIREWATCH_STORY=st_test".to_owned(),
        "WIREWATCH_COUNT=1".to_owned(),
        "DESK_TOKEN=s3cr3t".to_owned(),
    ] {
        assert!(env.lines().any(|l| l == line), "{line} in {env}");
    }
    // Ours, which may hold secrets, is not passed on.
    assert!(!env.contains("CARGO"), "{env}");

    for message in [digest(3), trouble(true)] {
        assert_eq!(deliver(&mut exec, &message).await.acknowledged, 1);
        let json: serde_json::Value = serde_json::from_str(&read("")).unwrap();
        match message.alerts.len() {
            1 => assert_eq!(json["kind"], "health"),
            n => assert_eq!(json["alerts"].as_array().unwrap().len(), n),
        }
    }
}

#[tokio::test]
async fn its_exit_status_is_the_receipt() {
    let refused = failure("echo one >&2; echo 'no such desk' >&2; exit 3").await;
    assert_eq!(refused, Failure::refused("it ended with 3: no such desk"));
    assert_eq!(
        failure("exit 75").await,
        Failure::later("it asked to be run later")
    );
    assert_eq!(
        failure("kill -TERM $$").await,
        Failure::later("it was ended by signal 15")
    );
    let chatty =
        failure("yes | head -c 300000 >&2; printf 'the end\\033[1m\\n\\n' >&2; exit 1").await;
    assert_eq!(chatty, Failure::refused("it ended with 1: the end[1m"));
}

#[tokio::test]
async fn it_need_not_read_and_may_leave_something_running() {
    let mut long = plain();
    long.alerts[0].json = format!("\"{}\"", "x".repeat(1 << 20));
    let mut exec = script("exit 0", &[]);
    assert_eq!(deliver(&mut exec, &long).await.acknowledged, 1);
    // What it leaves behind holds its standard error open, until it is told to end.
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let over = folder.path().join("gate.over");
    let text = r#"(n=0; until [ -e "$1" ] || [ $n -gt 600 ]; do sleep 0.05; n=$((n+1)); done; : > "$1.over") & exit 0"#;
    let mut exec = script(text, &[gate.to_str().unwrap()]);
    assert_eq!(deliver(&mut exec, &plain()).await.acknowledged, 1);
    assert!(!over.exists());
    std::fs::write(gate, "").unwrap();
    while !over.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn when_nobody_waits_any_more_all_it_started_ends() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let text = r#"sleep 1000 & echo $! > "$1.new"; echo $$ >> "$1.new"; mv "$1.new" "$1"; trap '' TERM; wait"#;
    let mut exec = script(text, &[pids.to_str().unwrap()]);
    let message = plain();
    {
        let mut waiting = std::pin::pin!(deliver(&mut exec, &message));
        while !pids.exists() {
            let soon = tokio::time::timeout(Duration::from_millis(20), &mut waiting).await;
            assert!(soon.is_err());
        }
    }
    for pid in std::fs::read_to_string(&pids).unwrap().lines() {
        // Ended, or ended and not yet cleared away.
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = stat.rsplit(") ").next().unwrap_or_default();
            if stat.is_empty() || state.starts_with('Z') {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_said() {
    for (program, known) in [
        ("/no/such/program", false),
        ("no-such-program", false),
        ("/tmp", false),
        ("sh", true),
        ("/bin/sh", true),
    ] {
        let config = config::Exec {
            command: vec![program.to_owned()],
            env: BTreeMap::new(),
        };
        let mut exec = build(&config, None).unwrap();
        assert_eq!(exec.probe().await.is_ok(), known, "{program}");
        if !known {
            let failure = deliver(&mut exec, &plain()).await.failure.unwrap();
            assert!(matches!(failure, Failure::Later { .. }), "{failure:?}");
            assert!(failure.reason().contains(program));
        }
    }
}
