//! What every notifier that speaks HTTP is put through, against a real receiver on loopback.
//!
//! A notifier's `tests.rs` describes it in a [`Case`] and says `suite!(CASE);`. The exact requests
//! stand in `snapshots/NAME.snap`; `INSTA_UPDATE=always` writes them anew.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Failure, Message, Notifier, Receipt, Told, build};
use crate::alert::{Alert, Health, of_health};
use crate::config;
use crate::message::sample;

/// One notifier: how it is set up, and what its receiver says.
pub(super) struct Case {
    /// Of its snapshots.
    pub(super) name: &'static str,
    /// Keys of its `[[notify]]` but `name`; `RECEIVER` becomes the receiver's `host:port`.
    pub(super) table: &'static str,
    /// How the receiver says that it has taken a message.
    pub(super) ok: fn(&Request) -> Reply,
    /// What must never be seen in a failure.
    pub(super) secrets: &'static [&'static str],
    /// Headers that belong into the snapshot.
    pub(super) headers: &'static [&'static str],
    /// What answers of this receiver mean, beside those that mean the same everywhere.
    pub(super) answers: &'static [(u16, &'static str, Meaning)],
    /// What of a request tells the receiver that a message has come before, if anything does.
    pub(super) again: Option<fn(&Request) -> String>,
    /// Panics where a message is longer than the channel takes. `None`: it takes any.
    pub(super) fits: Option<fn(&Request)>,
}

/// What a failure is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Tried again.
    Later,
    /// Not before so many milliseconds.
    After(u64),
    /// This message alone.
    Refused,
    /// Never again.
    Gone,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    fn shown(&self, headers: &[&str]) -> String {
        let mut text = format!("{} {}\n", self.method, self.target);
        for name in headers.iter().chain(&["content-type"]) {
            if let Some(value) = self.header(name) {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
        match serde_json::from_str::<Value>(&self.body) {
            Ok(json) => text + &serde_json::to_string_pretty(&json).unwrap(),
            Err(_) => text + &self.body,
        }
    }
}

/// What the receiver does with a request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Answers.
    Status(u16, Vec<(&'static str, String)>, String),
    /// Hangs up after the head of the request.
    HangUp,
    /// Hangs up in the middle of an answer that begins well.
    Break,
    /// Never answers.
    Silence,
}

pub(super) fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply::Status(status, Vec::new(), body.into())
}

type Answer = Box<dyn Fn(&Request) -> Reply + Send>;

/// A server on loopback; it stops with the test's runtime.
pub(super) struct Receiver {
    pub(super) address: String,
    answer: Arc<Mutex<Answer>>,
    got: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    pub(super) async fn start(answer: impl Fn(&Request) -> Reply + Send + 'static) -> Receiver {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let receiver = Receiver {
            address: listener.local_addr().unwrap().to_string(),
            answer: Arc::new(Mutex::new(Box::new(answer))),
            got: Arc::default(),
        };
        let (answer, got) = (Arc::clone(&receiver.answer), Arc::clone(&receiver.got));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&got)));
            }
        });
        receiver
    }

    /// From now on it answers so.
    pub(super) fn answers(&self, answer: impl Fn(&Request) -> Reply + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    /// The requests since this was last asked.
    pub(super) fn got(&self) -> Vec<Request> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<Mutex<Answer>>,
    got: Arc<Mutex<Vec<Request>>>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ').map(str::to_owned);
        let mut request = Request {
            method: first.next()?,
            target: first.next()?,
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: String::new(),
        };
        if matches!(answer.lock().unwrap()(&request), Reply::HangUp) {
            got.lock().unwrap().push(request);
            return None;
        }
        let length = request.header("content-length").map_or("0", |l| l);
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        request.body = String::from_utf8(body).unwrap();
        got.lock().unwrap().push(request.clone());
        let reply = answer.lock().unwrap()(&request);
        match reply {
            Reply::Status(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    let _ = write!(text, "{name}: {value}\r\n");
                }
                let body = if request.method == "HEAD" { "" } else { &body };
                stream
                    .write_all(format!("{text}\r\n{body}").as_bytes())
                    .await
                    .ok()?;
            }
            Reply::Break => {
                let text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":";
                stream.write_all(text.as_bytes()).await.ok()?;
                return None;
            }
            Reply::HangUp => return None,
            Reply::Silence => std::future::pending().await,
        }
    }
}

/// A message of these alerts.
pub(super) fn message(alerts: Vec<Alert>) -> Message {
    let id = match alerts.as_slice() {
        [only] => only.id.clone(),
        _ => "dg_0123456789".to_owned(),
    };
    let alerts = alerts.into_iter().map(|alert| Told {
        json: serde_json::to_string(&alert).unwrap(),
        alert,
    });
    Message {
        id,
        alerts: alerts.collect(),
        reminder: 0,
        thread: None,
    }
}

/// A message like any other.
pub(super) fn plain() -> Message {
    message(vec![sample(Timestamp::UNIX_EPOCH)])
}

/// A digest of so many.
pub(super) fn digest(count: usize) -> Message {
    let alert = |n: usize| {
        let mut alert = sample(Timestamp::UNIX_EPOCH);
        alert.id = format!("al_{n}");
        alert.summary = format!("Harbour summit {n}: scheduled -> cancelled");
        alert.story.id = format!("st_{n}");
        alert
    };
    message((0..count).map(alert).collect())
}

/// An alert whose every text tries to be markup and to call upon people.
pub(super) fn hostile() -> Message {
    let text = "<!channel> <@U1> @everyone @room *x* _y_ ~z~ `c` **b** [a](javascript:alert(1)) </b><script>&amp; #tag :tada: {{ 1 }} ||s|| \\";
    let mut alert = sample(Timestamp::UNIX_EPOCH);
    for part in [&mut alert.summary, &mut alert.headline, &mut alert.subject] {
        *part = text.to_owned();
    }
    alert.story.title = text.to_owned();
    alert.evidence.new = Some(text.to_owned());
    alert.evidence.old = Some(text.to_owned());
    alert.url = "https://example.org/a_b_(c)?x=<b>\"'&y=*1*".to_owned();
    message(vec![alert])
}

/// An alert longer than any channel takes, of letters, of emoji, or written from right to left.
pub(super) fn long(unit: &str) -> Message {
    let mut alert = sample(Timestamp::UNIX_EPOCH);
    for part in [&mut alert.summary, &mut alert.headline, &mut alert.subject] {
        *part = unit.repeat(30_000);
    }
    alert.evidence.new = Some(unit.repeat(30_000));
    alert.evidence.old = Some(unit.repeat(30_000));
    alert.story.title = unit.repeat(30_000);
    message(vec![alert])
}

/// A trouble that starts, or ends.
pub(super) fn trouble(ended: bool) -> Message {
    let health = Health {
        subject: "source bbc".into(),
        what: "page".into(),
        state: "blocked".into(),
        reason: "403 Forbidden, 5 times in a row".into(),
        since: Timestamp::UNIX_EPOCH,
        ended,
    };
    let about = Some(("bbc", "https://example.org/feed"));
    message(vec![of_health(health, about, Timestamp::UNIX_EPOCH)])
}

impl Case {
    /// The notifier as the config makes it.
    pub(super) fn notifier(&self, address: &str) -> Box<dyn Notifier> {
        let text = format!(
            "[fetch]\nuser_agent = \"x@example.org\"\n\
             [[source]]\nid = \"s\"\nkind = \"feed\"\nurl = \"https://example.org/feed\"\n\
             [[watch]]\nname = \"w\"\nnotify = [\"n\"]\n\
             [[notify]]\nname = \"n\"\n{}",
            self.table.replace("RECEIVER", address)
        );
        let parsed = config::parse(&text, "test.toml".as_ref(), &|_| None);
        let config = parsed.unwrap_or_else(|e| panic!("{e}"));
        build(&config.notifiers[0]).unwrap()
    }

    /// A receiver that takes everything, and the notifier that sends to it.
    pub(super) async fn well(&self) -> (Receiver, Box<dyn Notifier>) {
        let receiver = Receiver::start(self.ok).await;
        let notifier = self.notifier(&receiver.address);
        (receiver, notifier)
    }

    /// What the receiver gets of a message; the last request, where there are several.
    async fn request(&self, receiver: &Receiver, to: &mut dyn Notifier, m: &Message) -> Request {
        let receipt = deliver(to, m).await;
        assert_eq!(receipt.failure, None, "{}", self.name);
        assert_eq!(receipt.acknowledged, 1);
        receiver.got().pop().unwrap()
    }

    fn no_secret_in(&self, text: &str) {
        for secret in self.secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }

    fn fails(&self, receipt: &Receipt) -> Failure {
        assert_eq!(receipt.acknowledged, 0, "{receipt:?}");
        let failure = receipt.failure.clone().unwrap();
        self.no_secret_in(failure.reason());
        failure
    }

    /// The exact requests of messages of each sort.
    pub(super) async fn requests(&self) {
        let (receiver, mut notifier) = self.well().await;
        let mut reminder = plain();
        reminder.reminder = 2;
        reminder.id += "_r2";
        let mut all = String::new();
        for (what, message) in [
            ("an alert", plain()),
            ("a reminder", reminder),
            ("hostile", hostile()),
            ("a digest", digest(3)),
            ("a trouble", trouble(false)),
            ("its end", trouble(true)),
        ] {
            let request = self.request(&receiver, &mut *notifier, &message).await;
            let _ = writeln!(all, "## {what}\n{}\n", request.shown(self.headers));
        }
        let all = all.replace(&receiver.address, "RECEIVER");
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(self.name, all);
        });
    }

    /// Whatever its length, a message goes out, within the limits and with its link.
    pub(super) async fn lengths(&self) {
        let Some(fits) = self.fits else {
            return;
        };
        let (receiver, mut notifier) = self.well().await;
        let mut address = plain();
        address.alerts[0].alert.url += &format!("?q={}", "a".repeat(1800));
        for message in [
            long("Ein Wort \"und\" *noch* eines\n<&> "),
            long("🇺🇦👩‍👩‍👧 "),
            long("القمة ألغيت "),
            long("&"),
            digest(60),
            digest(100),
            address,
        ] {
            let request = self.request(&receiver, &mut *notifier, &message).await;
            fits(&request);
            assert!(request.body.contains("example.org"), "{}", request.body);
        }
    }

    /// The same message twice is known again.
    pub(super) async fn duplicates(&self) {
        let (receiver, mut notifier) = self.well().await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let request = self.request(&receiver, &mut *notifier, &plain()).await;
            ids.extend(self.again.map(|again| again(&request)));
        }
        let other = self.request(&receiver, &mut *notifier, &digest(2)).await;
        if let Some(again) = self.again {
            assert_eq!(ids[0], ids[1]);
            assert_ne!(ids[0], again(&other));
        }
    }

    /// Nobody there, nobody answering, hanging up: tried again, and then it arrives.
    pub(super) async fn broken(&self) {
        let closed = {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            listener.local_addr().unwrap().to_string()
        };
        let mut notifier = self.notifier(&closed);
        let failure = self.fails(&deliver(&mut *notifier, &plain()).await);
        assert!(matches!(failure, Failure::Later { .. }), "{failure:?}");
        assert!(failure.reason().contains("cannot be reached"));
        if let Err(failure) = notifier.probe().await {
            self.no_secret_in(failure.reason());
        }

        let (receiver, mut notifier) = self.well().await;
        for way in [Reply::HangUp, Reply::Break] {
            receiver.answers(move |_| way.clone());
            let failure = self.fails(&deliver(&mut *notifier, &plain()).await);
            assert!(matches!(failure, Failure::Later { .. }), "{failure:?}");
            receiver.answers(self.ok);
            self.request(&receiver, &mut *notifier, &plain()).await;
        }
        // It never answers, so any time is too short.
        receiver.answers(|_| Reply::Silence);
        let message = plain();
        let slow = deliver(&mut *notifier, &message);
        let waited = tokio::time::timeout(Duration::from_millis(100), slow).await;
        assert!(waited.is_err());
        receiver.answers(self.ok);
        self.request(&receiver, &mut *notifier, &message).await;
    }

    /// What answers mean; a receiver that gives back all it got betrays no secret.
    pub(super) async fn refusals(&self) {
        let (receiver, mut notifier) = self.well().await;
        for status in [400, 401, 403, 404, 413, 429, 500, 502, 503, 504] {
            receiver.answers(move |r| reply(status, format!("{r:?}")));
            let failure = self.fails(&deliver(&mut *notifier, &plain()).await);
            let text = failure.reason();
            assert!(text.contains(&status.to_string()), "{status}: {text}");
            if status >= 429 {
                assert!(
                    matches!(failure, Failure::Later { .. }),
                    "{status}: {failure:?}"
                );
            }
            if let Err(failure) = notifier.probe().await {
                self.no_secret_in(failure.reason());
            }
        }
        receiver
            .answers(|_| Reply::Status(429, vec![("Retry-After", "7".into())], "slow down".into()));
        let failure = self.fails(&deliver(&mut *notifier, &plain()).await);
        assert_eq!(meaning(&failure), Meaning::After(7000));
        for (status, body, expected) in self.answers {
            let (status, body) = (*status, *body);
            receiver.answers(move |_| reply(status, body));
            let failure = self.fails(&deliver(&mut *notifier, &plain()).await);
            assert_eq!(
                meaning(&failure),
                *expected,
                "{status} {body}: {}",
                failure.reason()
            );
        }
        receiver.answers(self.ok);
        receiver.got();
        self.request(&receiver, &mut *notifier, &plain()).await;
        notifier.probe().await.unwrap();
    }
}

/// Hands over one message.
pub(super) async fn deliver(to: &mut dyn Notifier, message: &Message) -> Receipt {
    to.deliver(std::slice::from_ref(message)).await
}

fn meaning(failure: &Failure) -> Meaning {
    match failure {
        Failure::Later { after: None, .. } => Meaning::Later,
        Failure::Later {
            after: Some(after), ..
        } => Meaning::After(after.as_millis() as u64),
        Failure::Refused { .. } => Meaning::Refused,
        Failure::Gone { .. } => Meaning::Gone,
    }
}

/// `{"ok": true}` with more in it.
pub(super) fn ok_json(more: Value) -> Reply {
    let mut all = json!({"ok": true});
    for (key, value) in more.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    reply(200, all.to_string())
}

/// The tests of one notifier.
macro_rules! suite {
    ($case:expr) => {
        #[tokio::test]
        async fn its_requests_are_these() {
            $case.requests().await;
        }

        #[tokio::test]
        async fn whatever_its_length_a_message_goes_out() {
            $case.lengths().await;
        }

        #[tokio::test]
        async fn a_message_that_comes_twice_is_the_same() {
            $case.duplicates().await;
        }

        #[tokio::test]
        async fn a_broken_way_is_tried_again() {
            $case.broken().await;
        }

        #[tokio::test]
        async fn its_answers_are_understood() {
            $case.refusals().await;
        }
    };
}
pub(super) use suite;
