//! Against a real server (aiosmtpd, where python3 has it) and against one that misbehaves to order.

use std::io::BufRead as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::super::testing::{deliver, digest, hostile, long, plain, trouble};
use super::*;
use crate::config::{Secret, Security};
use crate::notify::Receipt;

fn config(port: u16) -> config::Email {
    config::Email {
        host: "localhost".into(),
        port,
        security: Security::None,
        username: None,
        password: None,
        from: "Wirewatch <watch@example.org>".into(),
        to: vec!["a@example.org".into(), "The désk <b@example.org>".into()],
        reply_to: Some("desk@example.org".into()),
        ca_file: None,
        html: None,
    }
}

/// Commands that are answered otherwise than well: a prefix, and an answer, `hang up` or `silence`.
/// `GREETING` and `BODY` stand for the connection and the end of a mail.
type Script = Vec<(&'static str, &'static str)>;

struct Smtp {
    port: u16,
    script: Arc<Mutex<Script>>,
    /// Commands since last asked, mails as a command of their own.
    got: Arc<Mutex<Vec<String>>>,
}

impl Smtp {
    async fn start(script: Script) -> Smtp {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = Smtp {
            port: listener.local_addr().unwrap().port(),
            script: Arc::new(Mutex::new(script)),
            got: Arc::default(),
        };
        let (script, got) = (Arc::clone(&smtp.script), Arc::clone(&smtp.got));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&got)));
            }
        });
        smtp
    }

    fn says(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    fn got(&self) -> Vec<String> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }

    /// How often something came since last asked.
    fn count(&self, prefix: &str) -> usize {
        self.got()
            .iter()
            .filter(|line| line.starts_with(prefix))
            .count()
    }
}

async fn serve(
    stream: TcpStream,
    script: Arc<Mutex<Script>>,
    got: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut command = "GREETING".to_owned();
    loop {
        got.lock().unwrap().push(command.clone());
        let found = script
            .lock()
            .unwrap()
            .iter()
            .find(|(p, _)| command.starts_with(p))
            .copied();
        let answer = match found {
            Some((_, "hang up")) => return None,
            Some((_, "silence")) => std::future::pending().await,
            Some((_, answer)) => answer,
            None if command.starts_with("EHLO") => "250-localhost\r\n250 AUTH PLAIN LOGIN",
            None if command == "GREETING" => "220 localhost",
            None if command == "DATA" => "354 go on",
            None if command == "QUIT" => "221 bye",
            None if command.starts_with("AUTH") => "235 welcome",
            None => "250 fine",
        };
        stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .ok()?;
        if answer.starts_with("421") || answer.starts_with("221") {
            return None;
        }
        let mut line = String::new();
        let mut body = answer.starts_with("354").then(String::new);
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            match (&mut body, line.as_str()) {
                (Some(_), ".\r\n") | (None, _) => break,
                (Some(body), _) => body.push_str(&line),
            }
        }
        command = match body {
            Some(body) => format!("BODY {body}"),
            None => line.trim_end().to_owned(),
        };
    }
}

#[derive(Debug, PartialEq)]
enum Meaning {
    Later,
    Refused,
}

fn meaning(receipt: &Receipt) -> Meaning {
    assert_eq!(receipt.acknowledged, 0, "{receipt:?}");
    match receipt.failure.as_ref().unwrap() {
        Failure::Later { .. } => Meaning::Later,
        Failure::Refused { .. } => Meaning::Refused,
        Failure::Gone { .. } => panic!("{receipt:?}"),
    }
}

#[tokio::test]
async fn answers_are_understood_and_then_it_arrives() {
    let smtp = Smtp::start(Vec::new()).await;
    let login = config::Email {
        username: Some("desk".into()),
        password: Some(Secret::new("s3cr3t-word".into())),
        ..config(smtp.port)
    };
    for (command, answer, expected) in [
        ("GREETING", "554 not you", Meaning::Later),
        ("GREETING", "421 busy", Meaning::Later),
        ("GREETING", "hang up", Meaning::Later),
        ("GREETING", "nonsense", Meaning::Later),
        ("EHLO", "550 no", Meaning::Later),
        ("AUTH", "535 wrong password", Meaning::Later),
        ("AUTH", "454 try again", Meaning::Later),
        ("MAIL", "550 we do not know you", Meaning::Later),
        ("MAIL", "451 busy", Meaning::Later),
        ("RCPT", "550 no such user", Meaning::Refused),
        ("RCPT", "451 greylisted", Meaning::Later),
        ("RCPT", "421 enough", Meaning::Later),
        ("RCPT", "hang up", Meaning::Later),
        ("DATA", "451 busy", Meaning::Later),
        ("DATA", "554 spam", Meaning::Refused),
        ("DATA", "hang up", Meaning::Later),
        ("BODY", "552 too big", Meaning::Refused),
        ("BODY", "451 disk full", Meaning::Later),
        ("BODY", "hang up", Meaning::Later),
    ] {
        let mut email = build(&login, None).unwrap();
        smtp.says(vec![(command, answer)]);
        let receipt = deliver(&mut email, &plain()).await;
        assert_eq!(
            meaning(&receipt),
            expected,
            "{command} {answer}: {receipt:?}"
        );
        let reason = receipt.failure.unwrap().reason().to_owned();
        assert!(
            !reason.contains("s3cr3t") && !reason.contains('\n'),
            "{reason}"
        );
        if answer.starts_with(|c: char| c.is_ascii_digit()) && expected == Meaning::Refused {
            assert!(reason.contains(answer), "{reason}");
        }
        smtp.says(Vec::new());
        assert_eq!(
            deliver(&mut email, &plain()).await.acknowledged,
            1,
            "after {command} {answer}"
        );
    }
    // It never answers, so any time is too short.
    let mut email = build(&login, None).unwrap();
    for command in ["GREETING", "NOOP", "BODY"] {
        smtp.says(vec![(command, "silence")]);
        let message = plain();
        let slow = deliver(&mut email, &message);
        assert!(
            tokio::time::timeout(Duration::from_millis(100), slow)
                .await
                .is_err()
        );
        smtp.says(Vec::new());
        assert_eq!(deliver(&mut email, &message).await.acknowledged, 1);
    }
    assert!(email.probe().await.unwrap().contains("b@example.org"));
}

#[tokio::test]
async fn nobody_there_is_said() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut email = build(&config(port), None).unwrap();
    let receipt = deliver(&mut email, &plain()).await;
    assert_eq!(meaning(&receipt), Meaning::Later);
    assert!(
        receipt
            .failure
            .unwrap()
            .reason()
            .starts_with("it cannot be reached")
    );
    assert!(email.probe().await.is_err());
}

#[tokio::test]
async fn a_connection_is_used_again_while_it_answers() {
    let smtp = Smtp::start(Vec::new()).await;
    let mut email = build(&config(smtp.port), None).unwrap();
    deliver(&mut email, &plain()).await;
    deliver(&mut email, &plain()).await;
    assert_eq!(smtp.count("GREETING"), 1);
    smtp.says(vec![("NOOP", "421 idle for too long")]);
    assert_eq!(deliver(&mut email, &plain()).await.acknowledged, 1);
    assert_eq!(smtp.count("GREETING"), 1);
}

#[tokio::test]
async fn who_is_refused_does_not_hold_up_the_others() {
    let smtp = Smtp::start(vec![("RCPT TO:<b@", "550 no such user")]).await;
    let mut email = build(&config(smtp.port), None).unwrap();
    for _ in 0..2 {
        assert_eq!(deliver(&mut email, &plain()).await.acknowledged, 1);
        assert_eq!(smtp.count("BODY"), 1);
    }
    let failure = email.probe().await.unwrap_err();
    assert!(
        failure.reason().contains("b@example.org: 550 no such user"),
        "{failure:?}"
    );
    assert!(!failure.reason().contains("a@example.org"));
}

#[tokio::test]
async fn who_is_put_off_alone_gets_it_again() {
    let smtp = Smtp::start(vec![("RCPT TO:<b@", "452 mailbox full")]).await;
    let mut email = build(&config(smtp.port), None).unwrap();
    let several = digest(2);
    // The way is open for others, so this message alone is tried again.
    assert_eq!(
        meaning(&deliver(&mut email, &several).await),
        Meaning::Refused
    );
    assert_eq!(smtp.count("BODY"), 1);
    assert_eq!(
        meaning(&deliver(&mut email, &several).await),
        Meaning::Refused
    );
    let got = smtp.got();
    assert!(
        !got.iter()
            .any(|l| l.starts_with("RCPT TO:<a@") || l.starts_with("BODY")),
        "{got:?}"
    );
    // Then its alerts one by one, and only to them.
    smtp.says(Vec::new());
    for told in &several.alerts {
        let one = Message {
            id: told.alert.id.clone(),
            alerts: vec![told.clone()],
            ..several.clone()
        };
        assert_eq!(deliver(&mut email, &one).await.acknowledged, 1);
        let got = smtp.got();
        assert!(got.iter().any(|l| l.starts_with("RCPT TO:<b@")), "{got:?}");
        assert!(!got.iter().any(|l| l.starts_with("RCPT TO:<a@")), "{got:?}");
    }
    // What comes next goes to all.
    deliver(&mut email, &plain()).await;
    assert_eq!(smtp.count("RCPT"), 2);
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let smtp = Smtp::start(Vec::new()).await;
    let starttls = config::Email {
        security: Security::Starttls,
        ..config(smtp.port)
    };
    let mut email = build(&starttls, None).unwrap();
    let receipt = deliver(&mut email, &plain()).await;
    assert_eq!(meaning(&receipt), Meaning::Later);
    assert!(receipt.failure.unwrap().reason().contains("STARTTLS"));
    assert_eq!(smtp.count("MAIL"), 0);
}

/// aiosmtpd, or `None` where it cannot be had.
struct Real {
    child: Child,
    out: std::io::BufReader<ChildStdout>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Real {
    fn start(mode: &str) -> Option<Real> {
        let folder = tempfile::tempdir().unwrap();
        let has = |python: &&str| {
            let tried = Command::new(python)
                .args(["-c", "import aiosmtpd"])
                .stderr(Stdio::null())
                .status();
            tried.is_ok_and(|status| status.success())
        };
        let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(has) else {
            eprintln!("skipped: python3 has no aiosmtpd (Debian: python3-aiosmtpd)");
            return None;
        };
        let mut child = Command::new(python)
            .args(["-c", include_str!("smtpd.py"), mode])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut real = Real {
            out: std::io::BufReader::new(child.stdout.take().unwrap()),
            child,
            port: 0,
            folder,
        };
        let Ok(port) = real.line().trim().parse() else {
            eprintln!("skipped: no SMTP server (is openssl there?)");
            return None;
        };
        real.port = port;
        Some(real)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    fn mail(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    let all: Vec<&Value> = mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .collect();
    assert_eq!(all.len(), 1, "{name}: {all:?}");
    all[0][1].as_str().unwrap()
}

#[tokio::test]
async fn a_real_server_reads_the_mails_as_meant() {
    let Some(mut real) = Real::start("none") else {
        return;
    };
    let mut email = build(&config(real.port), None).unwrap();
    let mut reminder = plain();
    reminder.reminder = 2;
    reminder.id += "_r2";
    let messages = [
        plain(),
        plain(),
        reminder,
        hostile(),
        digest(3),
        trouble(false),
        trouble(true),
        long("ü🇺🇦 \n"),
    ];
    let mut mails = Vec::new();
    for message in &messages {
        let receipt = deliver(&mut email, message).await;
        assert_eq!((receipt.acknowledged, receipt.failure), (1, None));
        let mail = real.mail();
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(mail["from"], "watch@example.org");
        assert_eq!(
            mail["to"],
            serde_json::json!(["a@example.org", "b@example.org"])
        );
        assert!(
            mail["longest"].as_u64().unwrap() <= 998,
            "{}",
            mail["longest"]
        );
        assert_eq!(
            header(&mail, "Message-ID"),
            format!("<{}@example.org>", message.id)
        );
        assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(&mail, "Reply-To"), "desk@example.org");
        assert_eq!(
            header(&mail, "To"),
            "a@example.org, The désk <b@example.org>"
        );
        assert_eq!(header(&mail, "X-Wirewatch-Id"), message.id);
        assert!(header(&mail, "List-Id").ends_with("<wirewatch.example.org>"));
        assert!(!header(&mail, "Date").is_empty());
        assert_eq!(mail["parts"][0][0], "text/plain");
        assert_eq!(mail["parts"][1][0], "text/html");
        mails.push(mail);
    }
    let text = |n: usize| mails[n]["parts"][0][1].as_str().unwrap();
    let html = |n: usize| mails[n]["parts"][1][1].as_str().unwrap();
    assert!(header(&mails[0], "Subject").starts_with("CANCELLED: Test of wirewatch."));
    // One story, one thread; a digest of several is none.
    for n in [0, 2, 3] {
        assert_eq!(
            header(&mails[n], "References"),
            "<st_test.story@example.org>"
        );
        assert_eq!(
            header(&mails[n], "In-Reply-To"),
            "<st_test.story@example.org>"
        );
    }
    assert_eq!(
        header(&mails[5], "References"),
        header(&mails[6], "References")
    );
    assert!(!mails[4].to_string().contains("In-Reply-To"));
    assert_eq!(header(&mails[4], "X-Wirewatch-Kind"), "digest");
    assert!(
        header(&mails[2], "Subject").starts_with("Reminder: ")
            && text(2).contains("wirewatch ack al_test")
    );
    assert!(
        text(0).contains("> The harbour summit has been called off")
            && text(0).contains("https://example.org/harbour-summit")
    );
    // Nothing hostile is markup, and all of it can be read.
    assert!(!html(3).contains("<script>") && html(3).contains("&lt;script&gt;"));
    assert!(
        html(3).contains("href=\"https://example.org/a_b_(c)?x=&lt;b&gt;&quot;&#39;&amp;y=*1*\"")
    );
    for n in 0..3 {
        assert!(
            text(4).contains(&format!("Harbour summit {n}"))
                && html(4).contains(&format!("Harbour summit {n}"))
        );
    }
    assert!(text(5).contains("Trouble: blocked") && html(6).contains("WELL AGAIN"));
    assert!(text(7).contains("https://example.org/harbour-summit"));
}

#[tokio::test]
async fn no_text_gets_into_the_headers() {
    let Some(mut real) = Real::start("none") else {
        return;
    };
    let mut email = build(&config(real.port), None).unwrap();
    let mut message = plain();
    let alert = &mut message.alerts[0].alert;
    for part in [
        &mut alert.summary,
        &mut alert.watch,
        &mut alert.source,
        &mut alert.story.id,
    ] {
        *part = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<x@y>\u{0}\u{85}\u{2028}Bcc: e@f"
            .to_owned();
    }
    alert.evidence.new = Some("one\r\n.\r\nRCPT TO:<evil@example.com>\r\n..two".to_owned());
    assert_eq!(deliver(&mut email, &message).await.acknowledged, 1);
    let mail = real.mail();
    assert_eq!(
        mail["to"],
        serde_json::json!(["a@example.org", "b@example.org"])
    );
    let names: Vec<&str> = mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h[0].as_str().unwrap())
        .collect();
    assert!(!names.contains(&"Bcc"), "{names:?}");
    assert_eq!(mail["defects"], serde_json::json!([]));
    // A lone dot ends nothing.
    assert!(
        mail["parts"][0][1]
            .as_str()
            .unwrap()
            .contains("RCPT TO:<evil@example.com>")
    );
}

#[tokio::test]
async fn tls_is_checked_and_the_user_let_in() {
    for (mode, security) in [("starttls", Security::Starttls), ("tls", Security::Tls)] {
        let Some(mut real) = Real::start(mode) else {
            return;
        };
        let good = config::Email {
            security,
            username: Some("desk".into()),
            password: Some(Secret::new("s3cr3t".into())),
            ca_file: Some(real.folder.path().join("ca.pem")),
            ..config(real.port)
        };
        let mut email = build(&good, None).unwrap();
        let receipt = deliver(&mut email, &plain()).await;
        assert_eq!((receipt.acknowledged, receipt.failure), (1, None), "{mode}");
        assert!(real.mail()["user"].as_str().unwrap().contains("desk"));
        assert!(email.probe().await.is_ok());

        let unknown = config::Email {
            ca_file: None,
            ..good.clone()
        };
        let wrong = config::Email {
            password: Some(Secret::new("wr0ng-w0rd".into())),
            ..good
        };
        for (config, word) in [(unknown, "certificate"), (wrong, "535")] {
            let receipt = deliver(&mut build(&config, None).unwrap(), &plain()).await;
            assert_eq!(meaning(&receipt), Meaning::Later);
            let reason = receipt.failure.unwrap().reason().to_owned();
            assert!(reason.to_lowercase().contains(word), "{mode}: {reason}");
            assert!(!reason.contains("w0rd"));
        }
    }
}

#[test]
fn an_own_body_is_the_whole_mail_unless_there_is_own_html() {
    let given = config::Delivery {
        body: Some("Own: {{ alert.summary }}".into()),
        ..config::Delivery::default()
    };
    let plain_only = Writer::new(&config(25), Some(&given))
        .unwrap()
        .write(&plain())
        .unwrap();
    let mail = String::from_utf8(plain_only).unwrap();
    assert!(
        mail.contains("Own: Test of wirewatch") && !mail.contains("text/html"),
        "{mail}"
    );
    let both = config::Email {
        html: Some("<p>{{ alert.summary }}</p>".into()),
        ..config(25)
    };
    let both = Writer::new(&both, Some(&given))
        .unwrap()
        .write(&plain())
        .unwrap();
    let mail = String::from_utf8(both).unwrap();
    assert!(
        mail.contains("Own: Test of wirewatch") && mail.contains("<p>Test of wirewatch"),
        "{mail}"
    );
}
