//! What is wrong with a `[[notify]]` of mail, push, syslog, journal, program or feed is said, and
//! no secret of one is ever shown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;

use wirewatch::config::{Config, Errors, parse};

fn read(notify: &str) -> Result<Config, Errors> {
    let text = format!(
        "[fetch]\nuser_agent = \"x (+mailto:x@example.com)\"\n\
         [[source]]\nid = \"s\"\nkind = \"feed\"\nurl = \"https://example.org/feed\"\n\
         [[watch]]\nname = \"w\"\nnotify = [\"n\"]\n\
         [[notify]]\nname = \"n\"\n{notify}\n"
    );
    parse(&text, Path::new("w.toml"), &|_| None)
}

const EMAIL: &str = "type = \"email\"\nhost = \"smtp.example.org\"\nfrom = \"w@example.org\"\nto = [\"d@example.org\"]\n";

#[test]
fn what_is_wrong_is_said() {
    let email = |more: &str| format!("{EMAIL}{more}");
    for (notify, message) in [
        (email("security = \"ssl\""), "unknown security"),
        (email("port = 0"), "not a port"),
        (email("port = 70000"), "not a port"),
        (email("username = \"u\""), "`password` is missing"),
        (email("password = \"p\""), "a password without a `username`"),
        (email("reply_to = \"nobody\""), "not a mail address"),
        (
            email("html = \"{{ alert.nothing }}\""),
            "the template fails",
        ),
        (
            EMAIL.replace("d@example.org", "d@exämple.org"),
            "an address is ASCII",
        ),
        (
            EMAIL.replace("d@example.org", "d@example.org\\nBcc: e@f.org"),
            "an address is one line",
        ),
        (
            EMAIL.replace("[\"d@example.org\"]", "[]"),
            "`to` names nobody",
        ),
        (
            EMAIL.replace("smtp.example.org", "smtp.example.org/x"),
            "not the name of a host",
        ),
        (EMAIL.replace("host", "hots"), "unknown key `hots`"),
        ("type = \"ntfy\"".into(), "`topic` is missing"),
        (
            "type = \"ntfy\"\ntopic = \"a b\"".into(),
            "not the name of a topic",
        ),
        (
            "type = \"ntfy\"\ntopic = \"a\"\npassword = \"p\"".into(),
            "a password without",
        ),
        (
            "type = \"ntfy\"\ntopic = \"a\"\ntoken = \"t\"\nusername = \"u\"".into(),
            "a user beside a token",
        ),
        (
            "type = \"ntfy\"\ntopic = \"a\"\nserver = \"ntfy.sh\"".into(),
            "not a URL",
        ),
        (
            "type = \"gotify\"\nserver = \"https://g.example.org\"".into(),
            "`token` is missing",
        ),
        (
            "type = \"gotify\"\ntoken = \"t\"".into(),
            "`server` is missing",
        ),
        (
            "type = \"pushover\"\ntoken = \"t\"".into(),
            "`user` is missing",
        ),
        (
            "type = \"pushover\"\ntoken = \"t\"\nuser = \"u\"\npriority = 3".into(),
            "no such priority",
        ),
        ("type = \"exec\"".into(), "`command` is missing"),
        (
            "type = \"exec\"\ncommand = []".into(),
            "`command` names no program",
        ),
        (
            "type = \"exec\"\ncommand = [\"x\"]\nenv = { WIREWATCH_ID = \"1\" }".into(),
            "`WIREWATCH_ID` cannot be set",
        ),
        (
            "type = \"syslog\"\naddress = \"logs:514\"".into(),
            "the host is missing",
        ),
        (
            "type = \"syslog\"\naddress = \"http://logs\"".into(),
            "unknown kind of address",
        ),
        (
            "type = \"syslog\"\nfacility = \"kern\"".into(),
            "unknown facility",
        ),
        (
            "type = \"syslog\"\napp_name = \"a b\"".into(),
            "not a name syslog takes",
        ),
        (
            "type = \"journald\"\nidentifier = \"\"".into(),
            "not a name",
        ),
        ("type = \"atom\"\npath = \" \"".into(), "the path is empty"),
        (
            "type = \"atom\"\npath = \"a\"\nlink = \"a\"".into(),
            "not a URL",
        ),
        (
            "type = \"atom\"\npath = \"a\"\ndigest = \"hourly\"".into(),
            "unknown key `digest`",
        ),
    ] {
        let errors = read(&notify).err().unwrap_or_else(|| panic!("{notify}"));
        let said: Vec<&str> = errors
            .problems()
            .iter()
            .map(|p| p.message.as_str())
            .collect();
        assert!(
            said.iter().any(|s| s.starts_with(message)),
            "{notify}: {said:?}"
        );
    }
}

#[test]
fn no_secret_is_shown() {
    for notify in [
        format!("{EMAIL}username = \"u\"\npassword = \"s3cr3t\""),
        "type = \"ntfy\"\ntopic = \"s3cr3t\"\nusername = \"u\"\npassword = \"s3cr3t\"".into(),
        "type = \"ntfy\"\ntopic = \"s3cr3t\"\ntoken = \"s3cr3t\"".into(),
        "type = \"gotify\"\nserver = \"https://g.example.org\"\ntoken = \"s3cr3t\"".into(),
        "type = \"pushover\"\ntoken = \"s3cr3t\"\nuser = \"s3cr3t\"".into(),
        "type = \"exec\"\ncommand = [\"x\"]\nenv = { T = \"s3cr3t\" }".into(),
    ] {
        let config = read(&notify).unwrap_or_else(|e| panic!("{e}"));
        assert!(!config.notifiers[0].secrets.is_empty());
        let shown = format!("{config:?}{}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("s3cr3t"), "{shown}");
        // Nor in the excerpt of an error beside it.
        let errors = read(&format!("{notify}\nzzz = 1")).unwrap_err();
        assert!(!errors.to_string().contains("s3cr3t"), "{errors}");
    }
}

#[test]
fn a_password_in_the_clear_is_a_warning_and_urgent_alone_is_none() {
    let warnings = |notify: &str| {
        let config = read(notify).unwrap_or_else(|e| panic!("{e}"));
        config
            .warnings
            .iter()
            .map(|w| w.message.clone())
            .collect::<Vec<_>>()
    };
    let open = "username = \"u\"\npassword = \"p\"\nsecurity = \"none\"";
    assert_eq!(
        warnings(&format!("{EMAIL}{open}")),
        ["the password goes over the network in the clear"]
    );
    let here = EMAIL.replace("smtp.example.org", "localhost");
    assert_eq!(warnings(&format!("{here}{open}")), [""; 0]);
    assert_eq!(
        warnings("type = \"ntfy\"\ntopic = \"a\"\nurgent = [\"died\"]"),
        [""; 0]
    );
    assert_eq!(warnings(&format!("{EMAIL}urgent = [\"died\"]")).len(), 1);
}
