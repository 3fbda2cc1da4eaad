//! How long it takes from a change on a page to the line in the alert log, on a quiet daemon and under
//! load; every change is told exactly once. What it measures decides nothing: machines differ.
//!
//! `WIREWATCH_LATENCY_CHANGES` says how many changes are measured (default 6), `WIREWATCH_LATENCY_PAGES`
//! how many pages are watched beside, each once a second (default 20; 0 for a quiet daemon),
//! `WIREWATCH_LATENCY_RATE` how many changes a second there are (default 2). Time runs from the moment
//! the last byte of the first answer that shows the change was handed to the system, to the moment
//! the line stands in the file, which is looked at every half millisecond.
//!
//! Figures mean something of the optimised program only: `cargo test --release --test latency --
//! --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use e2e::page::article;
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source, wirewatch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Pages that change. Few enough that one is asked for soon after its change.
const STORIES: usize = 20;

/// Pages on a host.
const PER_HOST: usize = 10;

/// States of a page's furniture; a real page differs on every request.
const CHURN: u64 = 6;

/// Links around an article, so that a page is as long as pages are: some 40 kB.
const LINKS: usize = 400;

fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a page is and shows.
struct Page {
    name: String,
    /// Whole answers, head and all, one for each state of the furniture.
    answers: Mutex<Arc<Vec<Vec<u8>>>>,
    asked: AtomicU64,
    stage: AtomicU64,
    /// When the present stage was first out.
    shown: Mutex<Option<Instant>>,
}

fn toll(stage: u64) -> u64 {
    12 + 3 * stage
}

fn render(name: &str, stage: u64) -> Arc<Vec<Vec<u8>>> {
    let title = format!("Explosion at a fireworks plant near {name}");
    let first = format!(
        "At least {} people were killed in an explosion at a fireworks plant near {name}, the regional governor said.",
        toll(stage)
    );
    let mut paragraphs = vec![first];
    for n in 0..12 {
        paragraphs.push(format!("The plant in {name} has stood by the river for {} years, and its owners have said nothing since the morning about the hall in which the fire began.", 40 + n));
    }
    let render = |churn| {
        let mut links = String::from("<nav class=\"more\"><ul>");
        for n in 0..LINKS {
            let _ = write!(
                links,
                "<li class=\"item item-{n}\"><a href=\"/{n}/a-headline-of-another-day/\">A headline of another day, number {n}</a></li>"
            );
        }
        links.push_str("</ul></nav></body>");
        let body = article(&title, &paragraphs, churn).replace("</body>", &links);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body.as_bytes()].concat()
    };
    Arc::new((0..CHURN).map(render).collect())
}

impl Page {
    fn new(name: String) -> Page {
        Page {
            answers: Mutex::new(render(&name, 0)),
            name,
            asked: AtomicU64::new(0),
            stage: AtomicU64::new(0),
            shown: Mutex::new(None),
        }
    }

    fn advance(&self) {
        let stage = self.stage.load(Ordering::SeqCst) + 1;
        let answers = render(&self.name, stage);
        let mut present = self.answers.lock().unwrap();
        *self.shown.lock().unwrap() = None;
        self.stage.store(stage, Ordering::SeqCst);
        *present = answers;
    }
}

async fn serve(mut stream: TcpStream, pages: Arc<HashMap<String, Arc<Page>>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut head = Vec::with_capacity(2048);
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let path = std::str::from_utf8(&head).ok()?.split(' ').nth(1)?;
        let Some(page) = pages.get(path) else {
            let none = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(none).await.ok()?;
            continue;
        };
        let nth = page.asked.fetch_add(1, Ordering::Relaxed);
        let (answers, stage) = {
            let answers = page.answers.lock().unwrap();
            (answers.clone(), page.stage.load(Ordering::SeqCst))
        };
        let answer = &answers[(nth % CHURN) as usize];
        stream.write_all(answer).await.ok()?;
        let now = Instant::now();
        if page.stage.load(Ordering::SeqCst) == stage {
            page.shown.lock().unwrap().get_or_insert(now);
        }
    }
}

/// The hosts, all on one thread.
fn open(pages: &[Arc<Page>], net: &str) -> Vec<String> {
    let (tell, addresses) = std::sync::mpsc::channel();
    let hosts: Vec<Vec<Arc<Page>>> = pages.chunks(PER_HOST).map(<[_]>::to_vec).collect();
    let net = net.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            for (n, pages) in hosts.into_iter().enumerate() {
                let listener = TcpListener::bind((format!("{net}.{}", n + 1), 0))
                    .await
                    .unwrap();
                let address = listener.local_addr().unwrap();
                let mut urls = Vec::new();
                let mut by_path = HashMap::new();
                for page in pages {
                    let path = format!("/news/{}", page.name.to_lowercase());
                    urls.push(format!("http://{address}{path}"));
                    by_path.insert(path, page);
                }
                tell.send(urls).unwrap();
                let by_path = Arc::new(by_path);
                tokio::spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        tokio::spawn(serve(stream, by_path.clone()));
                    }
                });
            }
            drop(tell);
            std::future::pending::<()>().await;
        });
    });
    addresses.into_iter().flatten().collect()
}

/// When each line of the alert log was first seen: URL and toll.
type Seen = Arc<Mutex<Vec<(String, u64, Instant)>>>;

/// Looks at the alert log until `done`.
fn follow(path: std::path::PathBuf, seen: Seen, done: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let (mut file, mut rest) = (None, Vec::new());
        while !done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_micros(500));
            if file.is_none() {
                file = File::open(&path).ok();
            }
            let Some(log) = &mut file else { continue };
            let from = rest.len();
            log.read_to_end(&mut rest).unwrap();
            if rest.len() == from {
                continue;
            }
            let now = Instant::now();
            while let Some(end) = rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
                if line["kind"] != "health" {
                    let new = line["quantity"]["new"].as_str().unwrap().parse().unwrap();
                    let url = line["url"].as_str().unwrap().to_owned();
                    seen.lock().unwrap().push((url, new, now));
                }
            }
        }
    });
}

/// CPU seconds of a process so far.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = |n: usize| fields[n].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn every_change_is_told_once_and_the_time_it_took_is_printed() {
    let changes = setting("WIREWATCH_LATENCY_CHANGES", 6) as usize;
    let beside = setting("WIREWATCH_LATENCY_PAGES", 20) as usize;
    let rate = setting("WIREWATCH_LATENCY_RATE", 2).max(1);
    let letters = |n: usize| {
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        format!("X{}{}{}ville", letter(n / 676), letter(n / 26), letter(n))
    };
    let pages: Vec<Arc<Page>> = (0..STORIES + beside)
        .map(|n| Arc::new(Page::new(letters(n))))
        .collect();
    let urls = open(&pages, "127.0.8");
    let sources: String = urls
        .iter()
        .zip(&pages)
        .map(|(url, page)| source(&page.name, "article", url))
        .collect();
    let folder = Folder::new(&format!("{HEAD}{EVERYTHING}{sources}"));
    // At the level it runs at.
    let mut command = wirewatch();
    command
        .args(["run", "--config"])
        .arg(folder.file("wirewatch.toml"))
        .stderr(File::create(folder.file("daemon.log")).unwrap());
    let daemon = Daemon {
        child: command.spawn().unwrap(),
    };
    let pid = daemon.child.id();
    let asked = || {
        pages
            .iter()
            .map(|p| p.asked.load(Ordering::Relaxed))
            .sum::<u64>()
    };
    // What is learned of pages and sites is learned in the first looks.
    e2e::until("each page thrice", || {
        let least = pages.iter().map(|p| p.asked.load(Ordering::Relaxed)).min();
        (least >= Some(3)).then_some(())
    });

    let (seen, done) = (Seen::default(), Arc::new(AtomicBool::new(false)));
    follow(folder.file("alerts.jsonl"), seen.clone(), done.clone());
    let (begin, cpu_before, asked_before, load_before) =
        (Instant::now(), cpu(pid), asked(), load());
    let mut random = fastrand::Rng::with_seed(7);
    let mut pending: HashMap<usize, u64> = HashMap::new();
    let mut took = Vec::new();
    let (mut next, mut started) = (Instant::now(), 0);
    let end = Instant::now() + e2e::PATIENCE * 4;
    while took.len() < changes {
        assert!(Instant::now() < end, "not told: {pending:?}");
        std::thread::sleep(Duration::from_millis(5));
        for (url, toll_told, at) in seen.lock().unwrap().drain(..) {
            let n = urls.iter().position(|u| *u == url).unwrap();
            let stage = pending.remove(&n).expect("told twice, or not expected");
            assert_eq!(toll_told, toll(stage), "{url}");
            let shown = pages[n].shown.lock().unwrap().unwrap_or(at);
            took.push(at.saturating_duration_since(shown));
        }
        if started < changes && Instant::now() >= next {
            let n = random.usize(..STORIES);
            if let Entry::Vacant(free) = pending.entry(n) {
                pages[n].advance();
                free.insert(pages[n].stage.load(Ordering::SeqCst));
                started += 1;
                // Not in step with the polls.
                next += Duration::from_secs_f64((0.5 + random.f64()) / rate as f64);
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    took.sort();
    let at = |share: f64| {
        let place = (share * took.len() as f64).ceil() as usize;
        took[place.clamp(1, took.len()) - 1].as_secs_f64() * 1e3
    };
    println!(
        "{} changes, {:.0} pages a second of {} kB: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms; daemon {:.2} cores; load {} before, {} after",
        took.len(),
        (asked() - asked_before) as f64 / seconds,
        pages[0].answers.lock().unwrap()[0].len() / 1000,
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        (cpu(pid) - cpu_before) / seconds,
        load_before,
        load(),
    );
    std::thread::sleep(Duration::from_secs(2));
    done.store(true, Ordering::Relaxed);
    assert_eq!(seen.lock().unwrap().len(), 0, "told twice, or not expected");
    assert_eq!(daemon.stop().code(), Some(0));
}
