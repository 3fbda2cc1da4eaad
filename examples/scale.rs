//! A store of the size of a large service, and what it costs: start, memory, schedule.
//!
//! `cargo run --release --example scale -- FOLDER [SOURCES] [ARTICLES]` writes a config of that many
//! feeds (100,000) into FOLDER and a database with that many articles (1,000,000), of which a fifth
//! is still looked at, and prints: how long the config takes to read and check, the store to open,
//! the sources to be entered, the first page of what is due to be read; what the queue costs for
//! each job; and how much memory the process has come to. Nothing is fetched. Delete FOLDER by hand.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch::config;
use wirewatch::schedule::Queue;
use wirewatch::store::{SourceEntry, Store};

/// Articles that share a host's sources.
const SOURCES_A_HOST: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("failed to start: name a folder")?);
    let mut number = |default| match arguments.next() {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (sources, articles): (usize, usize) = (number(100_000)?, number(1_000_000)?);
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("wirewatch.toml");
    std::fs::write(&path, config_text(sources))?;

    let start = Instant::now();
    let config = config::load(&path).map_err(|errors| anyhow::anyhow!(errors.to_string()))?;
    say("config read and checked", start, config.sources.len());

    let database = config.store.path.clone();
    if !database.exists() {
        drop(Store::open(&database)?);
        let start = Instant::now();
        fill(&database, sources, articles)?;
        say("database filled (not part of a start)", start, articles);
    }

    let begin = Instant::now();
    let start = Instant::now();
    let store = Store::open(&database)?;
    say("store opened", start, 1);
    let start = Instant::now();
    let entries: Vec<SourceEntry> = config.sources.iter().map(entry).collect();
    store.sync_sources(entries, Timestamp::now()).await?;
    say("sources entered", start, sources);
    let start = Instant::now();
    store
        .mend_due(Timestamp::now(), Duration::from_secs(33 * 86_400))
        .await?;
    let due = store.due_sources()?;
    let mut queue = Queue::new(1);
    let now = Instant::now();
    for (n, (id, _)) in due.iter().enumerate() {
        let key: std::sync::Arc<str> = id.as_str().into();
        queue.insert((key, 0), &host(n), now + Duration::from_millis(n as u64));
    }
    say("sources queued", start, due.len());
    let start = Instant::now();
    let page = store.due_articles((Timestamp::MIN, 0), Timestamp::now(), 20_000)?;
    say("first page of due articles", start, page.len());
    println!(
        "{:>10.2} s  start, all in all",
        begin.elapsed().as_secs_f64()
    );
    drop((queue, page, due, config));

    queue_costs(sources);
    queue_costs(articles);
    println!("{:>10} MB most memory of this process", peak_mb());
    Ok(())
}

fn say(what: &str, start: Instant, count: usize) {
    println!(
        "{:>10.3} s  {what} ({count})",
        start.elapsed().as_secs_f64()
    );
}

fn host(n: usize) -> String {
    format!("www.site-{}.example", n / SOURCES_A_HOST)
}

fn config_text(sources: usize) -> String {
    let mut text = String::from(
        "[store]\npath = \"wirewatch.db\"\n[fetch]\nuser_agent = \"wirewatch (+mailto:desk@example.com)\"\n\
         [[watch]]\nname = \"w\"\nnotify = [\"log\"]\n[[notify]]\nname = \"log\"\ntype = \"log\"\npath = \"a.jsonl\"\n",
    );
    for n in 0..sources {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "[[source]]\nid = \"feed-{n}\"\nkind = \"feed\"\nurl = \"https://{}/feeds/{n}.xml\"\ntags = [\"t{}\"]\n",
            host(n),
            n % 20
        );
    }
    text
}

fn entry(source: &config::Source) -> SourceEntry {
    SourceEntry {
        id: source.id.clone(),
        kind: source.kind.as_str().to_owned(),
        url: source.url.to_string(),
        is_article: false,
        alert_on_first_sight: false,
        longest: None,
    }
}

/// Articles as they are after weeks: each with a revision, one in five still looked at.
fn fill(database: &Path, sources: usize, articles: usize) -> anyhow::Result<()> {
    let mut db = Connection::open(database)?;
    let now = Timestamp::now().as_millisecond();
    let text = zstd::bulk::compress("It was said on Monday. ".repeat(20).as_bytes(), 3)?;
    let transaction = db.transaction()?;
    {
        let mut source = transaction.prepare(
            "INSERT INTO source (id, kind, url, first_polled, last_polled, next_due)
             VALUES (?1, 'feed', ?2, 0, ?3, ?4)",
        )?;
        for n in 0..sources {
            let url = format!("https://{}/feeds/{n}.xml", host(n));
            source.execute(params![
                format!("feed-{n}"),
                url,
                now,
                now + n as i64 % 300_000
            ])?;
        }
        let mut article = transaction.prepare(
            "INSERT INTO article (id, url, source, title, found, news, changed, next_due, checked, seconds)
             VALUES (?1, ?2, ?3, 'A headline of usual length for an article', ?4, 1, ?4, ?5, ?4, 90000)",
        )?;
        let mut content =
            transaction.prepare("INSERT INTO content (hash, title, text) VALUES (?1, 'T', ?2)")?;
        let mut revision = transaction
            .prepare("INSERT INTO revision (article, content, seen) VALUES (?1, ?2, ?3)")?;
        for n in 0..articles {
            let at = n % sources.max(1);
            let url = format!(
                "https://{}/world/2026/11/article-{n}-of-some-length.html",
                host(at)
            );
            // Due over the next six hours.
            let due = (n % 5 == 0).then(|| now + (n as i64 * 7_919) % 21_600_000);
            let id = n as i64 + 1;
            article.execute(params![id, url, format!("feed-{at}"), now, due])?;
            let hash = format!("{n:064x}");
            content.execute(params![hash, text])?;
            revision.execute(params![id, hash, now])?;
        }
    }
    Ok(transaction.commit()?)
}

/// What a job costs in the queue, in memory and time.
fn queue_costs(jobs: usize) {
    let before = resident_mb();
    let (start, now) = (Instant::now(), Instant::now());
    let mut queue = Queue::new(1);
    for n in 0..jobs {
        let due = now + Duration::from_millis((n as u64 * 7_919) % 1_000_000);
        queue.insert(n as u64, &host(n), due);
    }
    let inserted = start.elapsed();
    let memory = resident_mb().saturating_sub(before);
    let late = now + Duration::from_secs(2_000);
    let (start, rounds) = (Instant::now(), 200_000.min(jobs));
    for _ in 0..rounds {
        let Some(key) = queue.next(late) else { break };
        queue.finished(&key, Some(late + Duration::from_secs(600)), now);
    }
    println!(
        "{:>10.2} us a job put into a queue of {jobs}, {:.2} us one handed out and put back; {} MB ({} bytes a job)",
        inserted.as_secs_f64() * 1e6 / jobs as f64,
        start.elapsed().as_secs_f64() * 1e6 / rounds as f64,
        memory,
        (memory << 20) / jobs
    );
}

fn status_kb(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn resident_mb() -> usize {
    status_kb("VmRSS:") >> 10
}

fn peak_mb() -> usize {
    status_kb("VmHWM:") >> 10
}
