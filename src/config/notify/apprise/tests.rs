use super::expand;

/// Apprise's documented forms, and the table each stands for.
const FORMS: [(&str, &str, &str); 37] = [
    (
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "slack",
        r#"url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ""#,
    ),
    (
        "slack://wire@T1/A1/TI",
        "slack",
        r#"url = "https://hooks.slack.com/services/T1/A1/TI"
        username = "wire""#,
    ),
    (
        "slack://xoxb-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d/#nuxref",
        "slack",
        r##"token = "xoxb-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d"
        channel = "#nuxref""##,
    ),
    (
        "slack://xoxb-1/%23desk",
        "slack",
        r##"token = "xoxb-1"
        channel = "#desk""##,
    ),
    (
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "discord",
        r#"url = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js""#,
    ),
    (
        "discord://wire@1/a?thread=77&avatar_url=https://x.org/a.png",
        "discord",
        r#"url = "https://discord.com/api/webhooks/1/a"
        username = "wire"
        thread_id = "77"
        avatar = "https://x.org/a.png""#,
    ),
    (
        "msteams://T1JJ3T3L2@DEFK543/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7F",
        "teams",
        r#"url = "https://outlook.office.com/webhook/T1JJ3T3L2@DEFK543/IncomingWebhook/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7F""#,
    ),
    (
        "msteams://team/T1@D/A1/TI",
        "teams",
        r#"url = "https://team.webhook.office.com/webhookb2/T1@D/IncomingWebhook/A1/TI""#,
    ),
    (
        "msteams://team/T1@D/A1/TI/V2",
        "teams",
        r#"url = "https://team.webhook.office.com/webhookb2/T1@D/IncomingWebhook/A1/TI/V2""#,
    ),
    (
        "workflows://prod-00.logic.azure.com:443/abcd/s-ig_1",
        "teams",
        r#"url = "https://prod-00.logic.azure.com:443/workflows/abcd/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s-ig_1""#,
    ),
    (
        "mmost://chat.example.org/3ccdd113474722377935511fc85d3dd4",
        "mattermost",
        r#"url = "http://chat.example.org/hooks/3ccdd113474722377935511fc85d3dd4""#,
    ),
    (
        "mmosts://wire@chat.example.org:8065/sub/3ccd?channel=desk",
        "mattermost",
        r#"url = "https://chat.example.org:8065/sub/hooks/3ccd"
        username = "wire"
        channel = "desk""#,
    ),
    (
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "telegram",
        r#"token = "123456789:abcdefg_hijklmnop"
        chat_id = "12315544""#,
    ),
    (
        "tgram://bot123456789:abc/-100123:33?silent=yes",
        "telegram",
        r#"token = "123456789:abc"
        chat_id = "-100123"
        topic = 33
        silent = true"#,
    ),
    (
        "tgram://123:abc/desk?topic=4",
        "telegram",
        r#"token = "123:abc"
        chat_id = "@desk"
        topic = 4"#,
    ),
    (
        "matrixs://syt_abc@matrix.example.org/#general",
        "matrix",
        r##"homeserver = "https://matrix.example.org"
        token = "syt_abc"
        room = "#general:matrix.example.org""##,
    ),
    (
        "matrix://syt_abc@localhost:8008/!abc:example.org?msgtype=notice",
        "matrix",
        r#"homeserver = "http://localhost:8008"
        token = "syt_abc"
        room = "!abc:example.org"
        notice = true"#,
    ),
    (
        "matrixs://user:pass@example.org/desk:other.org?token=syt_x",
        "matrix",
        r##"homeserver = "https://example.org"
        token = "syt_x"
        room = "#desk:other.org""##,
    ),
    (
        "mailto://user:app-password@gmail.com",
        "email",
        r#"host = "smtp.gmail.com"
        security = "starttls"
        username = "user@gmail.com"
        password = "app-password"
        from = "user@gmail.com"
        to = ["user@gmail.com"]"#,
    ),
    (
        "mailtos://user:p%40ss@example.com:465?smtp=mail.example.com&mode=ssl&from=desk@example.com&to=a@x.org,b@x.org",
        "email",
        r#"host = "mail.example.com"
        port = 465
        security = "tls"
        username = "user"
        password = "p@ss"
        from = "desk@example.com"
        to = ["a@x.org", "b@x.org"]"#,
    ),
    (
        "mailto://wire@localhost:25/desk@example.org/chief@example.org",
        "email",
        r#"host = "localhost"
        port = 25
        security = "none"
        from = "wire@localhost"
        to = ["desk@example.org", "chief@example.org"]"#,
    ),
    (
        "mailtos://user:pass@example.com?from=Wire",
        "email",
        r#"host = "example.com"
        security = "starttls"
        username = "user"
        password = "pass"
        from = "Wire <user@example.com>"
        to = ["user@example.com"]"#,
    ),
    (
        "ntfy://mytopic",
        "ntfy",
        r#"server = "https://ntfy.sh"
        topic = "mytopic""#,
    ),
    (
        "ntfys://user:pass@ntfy.example.org/desk?priority=high",
        "ntfy",
        r#"server = "https://ntfy.example.org"
        topic = "desk"
        username = "user"
        password = "pass"
        priority = 4"#,
    ),
    (
        "ntfy://tk_abc@localhost:8080/desk?priority=5",
        "ntfy",
        r#"server = "http://localhost:8080"
        topic = "desk"
        token = "tk_abc"
        priority = 5"#,
    ),
    (
        "ntfy://ntfy.sh/desk",
        "ntfy",
        r#"server = "https://ntfy.sh"
        topic = "desk""#,
    ),
    (
        "gotify://gotify.example.org/abcdefghijklmn",
        "gotify",
        r#"server = "http://gotify.example.org"
        token = "abcdefghijklmn""#,
    ),
    (
        "gotifys://example.org:8443/sub/abc?priority=high",
        "gotify",
        r#"server = "https://example.org:8443/sub"
        token = "abc"
        priority = 8"#,
    ),
    (
        "pover://user@token",
        "pushover",
        r#"user = "user"
        token = "token""#,
    ),
    (
        "pover://user@token/phone/tablet?priority=emergency&retry=60&expire=3600",
        "pushover",
        r#"user = "user"
        token = "token"
        device = "phone,tablet"
        priority = 2
        retry = "60s"
        expire = "3600s""#,
    ),
    (
        "pover://user@token?priority=-1",
        "pushover",
        r#"user = "user"
        token = "token"
        priority = -1"#,
    ),
    (
        "json://localhost",
        "webhook",
        r#"url = "http://localhost/""#,
    ),
    (
        "jsons://example.org:8080/a/b/",
        "webhook",
        r#"url = "https://example.org:8080/a/b""#,
    ),
    (
        "jsons://user:pass@example.org/a?+X-Token=abcdefg",
        "webhook",
        r#"url = "https://example.org/a"
        headers = { X-Token = "abcdefg", Authorization = "Basic dXNlcjpwYXNz" }"#,
    ),
    (
        "json://example.org/?-key=value",
        "webhook",
        r#"url = "http://example.org/?key=value""#,
    ),
    ("JSON://[::1]:80/x", "webhook", r#"url = "http://[::1]/x""#),
    (
        "workflow://h/w/s?pa=yes",
        "teams",
        r#"url = "https://h/powerautomate/automations/direct/workflows/w/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s""#,
    ),
];

#[test]
fn every_form_stands_for_a_table() {
    for (url, kind, keys) in FORMS {
        let found = expand(url).unwrap_or_else(|e| panic!("{url}: {e:?}"));
        let keys: toml::Table = keys.parse().unwrap();
        assert_eq!((found.kind, &found.keys), (kind, &keys), "{url}");
        assert!(found.ignored.is_empty(), "{url}: {:?}", found.ignored);
    }
}

#[test]
fn what_changes_the_wording_is_ignored_and_said() {
    let found = expand("slack://T/B/C?footer=no&image=no&overflow=split").unwrap();
    assert_eq!(found.ignored, ["footer", "image", "overflow"]);
}

#[test]
fn what_is_not_whole_is_told_with_its_form() {
    for url in [
        "slack://T/B",
        "slack://xoxb-1",
        "discord://1",
        "msteams://a/b",
        "workflows://h/w",
        "mmost://host",
        "tgram://123:abc",
        "tgram://123:abc/1/2",
        "tgram://123:abc/1?topic=x",
        "matrix://user:pass@host/#room",
        "matrixs://syt@host",
        "mailto://example.org",
        "ntfy://h/a/b",
        "ntfy://h/a?priority=whatever",
        "gotify://h",
        "pover://token",
        "json://",
    ] {
        let (message, help) = expand(url).unwrap_err();
        assert!(message.contains("not a whole"), "{url}: {message}");
        assert!(help.contains("://"), "{url}: {help}");
    }
    for url in ["xml://h", "https://h", "whatever", "sns://a/b"] {
        let (_, help) = expand(url).unwrap_err();
        assert!(help.contains("tgram://"), "{url}: {help}");
    }
}

#[test]
fn every_key_is_one_that_its_type_takes() {
    for (url, _, _) in FORMS {
        let text = format!(
            "[fetch]\nuser_agent = \"x@example.org\"\n\
             [[source]]\nid = \"s\"\nkind = \"feed\"\nurl = \"https://example.org/feed\"\n\
             [[notify]]\nname = \"n\"\nurl = {url:?}\n"
        );
        // Example tokens may be too short to be real.
        let told = match crate::config::parse(&text, "test.toml".as_ref(), &|_| None) {
            Ok(_) => continue,
            Err(errors) => errors.to_string(),
        };
        for wrong in ["unknown key", "unknown type", "expected "] {
            assert!(!told.contains(wrong), "{url}\n{told}");
        }
    }
}
