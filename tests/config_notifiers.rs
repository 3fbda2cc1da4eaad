//! The tables of notifiers: what is wrong with one is told with its fix, and never with its secret.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use wirewatch::config::{Config, Errors, NotifierKind, parse};

const REST: &str = r#"
[fetch]
user_agent = "x@example.org"
[[source]]
id = "s"
kind = "feed"
url = "https://example.org/feed"
[[watch]]
name = "w"
notify = ["n"]
[[notify]]
name = "n"
"#;

fn read(keys: &str) -> Result<Config, Errors> {
    parse(&format!("{REST}{keys}\n"), "test.toml".as_ref(), &|_| None)
}

#[test]
fn what_is_wrong_is_told_with_its_fix() {
    for (keys, said, fix) in [
        ("type = \"slack\"", "`url` is missing", "incoming webhook"),
        (
            "type = \"slack\"\nurl = \"https://hooks.slack.com/x\"\ntoken = \"xoxb-1\"",
            "both given",
            "keep `url`",
        ),
        (
            "type = \"slack\"\ntoken = \"T0ken\"\nchannel = \"C1\"",
            "not a token of Slack",
            "xoxb-",
        ),
        (
            "type = \"slack\"\ntoken = \"xoxb-1\"",
            "`channel` is missing",
            "channel = ",
        ),
        (
            "type = \"slack\"\nurl = \"https://hooks.slack.com/x\"\nicon = \"newspaper\"",
            "not an icon",
            ":newspaper:",
        ),
        (
            "type = \"discord\"\nurl = \"https://discord.com/channels/1/2\"",
            "not the address of a webhook",
            "Copy Webhook URL",
        ),
        (
            "type = \"discord\"\nurl = \"https://discord.com/api/webhooks/1/2\"\nthread_id = \"desk\"",
            "not the id of a thread",
            "digits",
        ),
        (
            "type = \"discord\"\nurl = \"https://discord.com/api/webhooks/1/2\"\nthread_id = \"1\"\nforum = true",
            "exclude each other",
            "keep",
        ),
        ("type = \"teams\"", "`url` is missing", "url_file"),
        (
            "type = \"mattermost\"\nurl = \"https://chat.example.org\"",
            "not the address of a webhook",
            "/hooks/",
        ),
        (
            "type = \"telegram\"\ntoken = \"abc\"\nchat_id = \"1\"",
            "not the token of a bot",
            "@BotFather",
        ),
        (
            "type = \"telegram\"\ntoken = \"1:aaaaaaaaaabbbbbbbbbbccccccccccddddd\"\nchat_id = \"desk\"",
            "not a chat",
            "@name",
        ),
        (
            "type = \"telegram\"\ntoken = \"1:aaaaaaaaaabbbbbbbbbbccccccccccddddd\"\nchat_id = -100",
            "expected a string",
            "chat_id = \"-1001234567890\"",
        ),
        (
            "type = \"matrix\"\nhomeserver = \"example.org\"\ntoken = \"x\"\nroom = \"!a:b\"",
            "not a URL",
            "https://",
        ),
        (
            "type = \"matrix\"\nhomeserver = \"https://example.org\"\ntoken = \"x\"\nroom = \"desk\"",
            "not a room",
            "#desk:example.org",
        ),
        (
            "url = \"xml://example.org\"",
            "unknown scheme `xml`",
            "tgram://",
        ),
        (
            "url = \"https://example.org\"",
            "`type` is missing",
            "type = ",
        ),
        (
            "url = \"slack://T/B\"",
            "not a whole slack://",
            "slack://A/B/C",
        ),
        (
            "url = \"tgram://123:abc/7\"",
            "not the token of a bot",
            "@BotFather",
        ),
        ("path = \"x\"", "`type` is missing", "say where alerts go"),
    ] {
        let errors = read(keys).unwrap_err().to_string();
        assert!(errors.contains(said), "{keys}\n{errors}");
        assert!(errors.contains(fix), "{keys}\n{errors}");
    }
}

#[test]
fn no_secret_is_shown_beside_an_error() {
    for keys in [
        "type = \"slack\"\nurl = \"s3cr3t\"",
        "type = \"slack\"\ntoken = \"s3cr3t\"\nchannel = \"c\"",
        "type = \"discord\"\nurl = \"https://example.org/s3cr3t\"",
        "type = \"telegram\"\ntoken = \"s3cr3t\"\nchat_id = \"1\"",
        "type = \"matrix\"\ntoken = [\"s3cr3t\"]\nroom = 5",
        "type = \"webhook\"\nurl = \"https://example.org\"\nsecret = \"s3cr3t\"",
        "type = \"webhook\"\nurl = \"https://example.org\"\nheaders = { X = \"s3cr3t\\n\" }",
        "url = \"tgram://s3cr3t/1\"",
        "url = \"whatever://s3cr3t\"",
    ] {
        let errors = read(keys).unwrap_err().to_string();
        assert!(!errors.contains("s3cr3t"), "{keys}\n{errors}");
    }
}

#[test]
fn a_short_form_is_the_table_it_stands_for() {
    let token = "aaaaaaaaaabbbbbbbbbbccccccccccddddd";
    let short = format!("url = \"tgram://1:{token}/-100?silent=yes\"\nhealth = true");
    let long = format!(
        "type = \"telegram\"\ntoken = \"1:{token}\"\nchat_id = \"-100\"\nsilent = true\nhealth = true"
    );
    let [short, long] = [short, long].map(|keys| read(&keys).unwrap().notifiers);
    assert_eq!(short, long);
    // Keys beside the address win.
    let keys = format!("url = \"tgram://1:{token}/-100?silent=yes\"\nsilent = false");
    let config = read(&keys).unwrap();
    let NotifierKind::Telegram(telegram) = &config.notifiers[0].kind else {
        panic!("{:?}", config.notifiers);
    };
    assert!(!telegram.silent);
    let keys = format!("url = \"tgram://1:{token}/-100?overflow=split\"");
    let warnings = read(&keys).unwrap().warnings;
    let text: String = warnings.iter().map(|w| w.to_string()).collect();
    assert!(
        text.contains("`overflow`") && !text.contains(token),
        "{text}"
    );
}
