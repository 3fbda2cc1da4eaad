//! A webhook's receiver on loopback, well or not, and an outbox filled for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use wirewatch::alert::Alert;
use wirewatch::article::{Outcome, Revision};
use wirewatch::message::sample;
use wirewatch::store::{Change, FetchEntry, Judged, Kept, NewAlert, SourceEntry, Store, Turn};

use crate::e2e::program::Folder;

/// Stories among which alerts go round.
pub const STORIES: usize = 7;

/// What a receiver does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes it.
    Well,
    /// Refuses what it is sent: 400.
    Refuses,
    /// Says it is there no more: 410.
    Gone,
    /// Fails three of four: 503, 429 with Retry-After, a connection cut before the answer.
    Bad,
}

/// A webhook's receiver on loopback, which keeps what it took.
pub struct Receiver {
    pub port: u16,
    /// Id and moment of each message it answered with 200, in order.
    pub taken: Arc<Mutex<Vec<(String, Instant)>>>,
    /// The bodies of those.
    pub bodies: Arc<Mutex<Vec<serde_json::Value>>>,
    pub asked: Arc<AtomicU64>,
    pub healed: Arc<AtomicBool>,
}

impl Receiver {
    pub fn open(mood: Mood) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Receiver {
            port: listener.local_addr().unwrap().port(),
            taken: Arc::default(),
            bodies: Arc::default(),
            asked: Arc::default(),
            healed: Arc::default(),
        };
        let (taken, asked) = (receiver.taken.clone(), receiver.asked.clone());
        let bodies = receiver.bodies.clone();
        let healed = receiver.healed.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (taken, asked, healed) = (taken.clone(), asked.clone(), healed.clone());
                let bodies = bodies.clone();
                std::thread::spawn(move || serve(stream, mood, &taken, &bodies, &asked, &healed));
            }
        });
        receiver
    }

    pub fn ids(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|(id, _)| id.clone()).collect()
    }

    /// Ids in the order of their first arrival.
    pub fn first(&self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        self.ids()
            .into_iter()
            .filter(|id| seen.insert(id.clone()))
            .collect()
    }
}

fn serve(
    stream: TcpStream,
    mood: Mood,
    taken: &Mutex<Vec<(String, Instant)>>,
    bodies: &Mutex<Vec<serde_json::Value>>,
    asked: &AtomicU64,
    healed: &AtomicBool,
) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let (mut id, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(n) if n > 0 => {}
                _ => return,
            }
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "webhook-id" => id = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        let well = mood == Mood::Well || healed.load(Ordering::SeqCst) || nth % 4 == 3;
        let always = matches!(mood, Mood::Refuses | Mood::Gone);
        let well = well && (!always || healed.load(Ordering::SeqCst));
        let answer = match (well, nth % 4) {
            (true, _) => {
                bodies
                    .lock()
                    .unwrap()
                    .push(serde_json::from_slice(&body).unwrap());
                taken.lock().unwrap().push((id, Instant::now()));
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
            }
            (false, _) if mood == Mood::Refuses => {
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\nnot so: 1"
            }
            (false, _) if mood == Mood::Gone => "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
            (false, 0) => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
            (false, 1) => {
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
            }
            // Taken off the wire and never answered.
            _ => return,
        };
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Puts alerts into the outbox as the daemon does, each for every notifier and the log.
pub fn fill(folder: &Folder, alerts: usize, notifiers: usize) -> Vec<Alert> {
    let mut told = vec!["log".to_owned()];
    told.extend((0..notifiers).map(|n| format!("hook-{n}")));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = Store::open(&folder.file("wirewatch.db")).unwrap();
    let entry = SourceEntry {
        id: "s".into(),
        kind: "article".into(),
        url: "http://127.0.0.1:9/a".into(),
        is_article: true,
        alert_on_first_sight: false,
        longest: None,
    };
    runtime
        .block_on(store.sync_sources(vec![entry], Timestamp::UNIX_EPOCH))
        .unwrap();
    let article = store.watched_articles().unwrap()[0].id;
    let mut made = Vec::new();
    for n in 0..alerts {
        let now = Timestamp::now();
        let mut alert = sample(now);
        alert.id = format!("al_{n:06}");
        alert.story.id = format!("st_{}", n % STORIES);
        let development = wirewatch::article::Development {
            kind: alert.kind,
            subject: alert.subject.clone(),
            from: None,
            to: alert.to.clone(),
            modality: alert.modality,
            attribution: None,
            quantity: None,
            when: None,
            evidence: alert.evidence.clone(),
            confidence: 0.9,
        };
        made.push(alert.clone());
        let turn = Turn {
            article,
            is_source: false,
            fetch: FetchEntry {
                url: "http://127.0.0.1:9/a".into(),
                source: "s".into(),
                article: Some(article),
                time: now,
                status: Some(200),
                outcome: Outcome::Content,
                reason: "content".into(),
                bytes: 1,
                millis: 1,
            },
            validator: None,
            region: Kept::Stays,
            site: None,
            change: Some(Change {
                revision: Revision {
                    text: format!("Text {n}."),
                    ..Revision::default()
                },
                developments: vec![Judged {
                    development,
                    reason: "told".into(),
                    alert: Some(NewAlert {
                        alert,
                        notifiers: told.clone(),
                    }),
                }],
            }),
            canonical: None,
            moved: false,
            next_due: None,
            plan: None,
        };
        runtime.block_on(store.turn_done(turn)).unwrap();
    }
    made
}

pub fn config(receivers: &[Receiver]) -> String {
    let mut text = "[fetch]\nuser_agent = \"wirewatch-test (+mailto:test@example.org)\"\nallow_private = [\"127.0.0.0/8\"]\n\
        [[source]]\nid = \"s\"\nkind = \"article\"\nurl = \"http://127.0.0.1:9/a\"\ninterval = \"1h\"\n\
        [[watch]]\nname = \"all\"\nnotify = [\"log\"]\n\
        [[notify]]\nname = \"log\"\ntype = \"log\"\npath = \"alerts.jsonl\"\n"
        .to_owned();
    for (n, receiver) in receivers.iter().enumerate() {
        text += &format!(
            "[[notify]]\nname = \"hook-{n}\"\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\n",
            receiver.port
        );
    }
    text
}
