//! `wirewatch detect` as a command.

use assert_cmd::Command;

fn detect() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirewatch"));
    command.arg("detect");
    command
}

#[test]
fn a_bad_line_gives_an_error_line_and_the_rest_goes_on() {
    let input = concat!(
        r#"{"id":"a","old":null,"new":{"title":"Mayor resigns","text":""}}"#,
        "\n",
        r#"{"id":"b","new":7}"#,
        "\nnonsense\n\n",
        r#"{"id":"c","old":{"title":"Mayor resigns","text":""},"new":{"title":"Mayor resigns","text":""}}"#,
        "\n",
    );
    let output = detect().arg("--jsonl").write_stdin(input).output().unwrap();
    assert!(output.status.success());
    let lines: Vec<serde_json::Value> = output
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (lines[0]["id"].as_str(), lines[0]["material"].as_bool()),
        (Some("a"), Some(true))
    );
    assert_eq!(lines[0]["developments"][0]["kind"], "resigned");
    assert_eq!(lines[1]["id"], "b");
    assert!(lines[1]["error"].is_string() && lines[2]["error"].is_string());
    assert_eq!(
        (lines[3]["id"].as_str(), lines[3]["material"].as_bool()),
        (Some("c"), Some(false))
    );
}

#[test]
fn explain_says_why_a_candidate_was_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new.txt");
    std::fs::write(
        &file,
        "Opposition calls for mayor to resign\nNothing else happened.\n",
    )
    .unwrap();
    let output = detect().arg("--explain").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("not actual") && text.contains("demanded by \"calls\""),
        "{text}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let output = detect().arg("no-such-file.txt").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.txt"));
}
