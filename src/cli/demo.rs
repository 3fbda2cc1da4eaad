//! `wirewatch demo`: the whole product on a small newsroom of its own, in some seconds.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::mpsc;
use url::Url;

use super::common::show;
use crate::alert::{self, Alert};
use crate::config;
use crate::daemon::{self, Control};
use crate::demo::{Newsroom, STORIES};
use crate::notify::readable;
use crate::store::{AlertFilter, Reader};

/// How long the alerts may take after the stories have changed.
const LIMIT: Duration = Duration::from_secs(15);

/// How long the pages go on churning after the last expected alert, to show that no other comes.
const QUIET: Duration = Duration::from_secs(3);

/// Watch a small newsroom on loopback while its stories change: no network, no config.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for the demo's config, database and alert log [default: a new one]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the command. Exit code 1 if the alerts are not those expected.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => std::env::temp_dir().join(format!("wirewatch-demo-{}", std::process::id())),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("failed to make {}", dir.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(show_all(&dir))
}

async fn show_all(dir: &Path) -> anyhow::Result<ExitCode> {
    let newsroom = Newsroom::open()
        .await
        .context("failed to open the newsroom on loopback")?;
    let base = newsroom.url();
    let path = dir.join("wirewatch.toml");
    std::fs::write(&path, toml_for(&base))
        .with_context(|| format!("failed to write {}", path.display()))?;
    let config = config::load(&path).map_err(super::common::ConfigRefused)?;
    let database = config.store.path.clone();
    writeln!(
        stdout(),
        "A newsroom has opened at {base}/world/ with a feed and {} stories.",
        STORIES.len()
    )?;
    writeln!(
        stdout(),
        "Ads, counters, times, related links and comment forms change on every request.\n"
    )?;

    let (control, orders) = mpsc::channel(1);
    let daemon = tokio::spawn(daemon::run(config, orders));
    let started = Instant::now();
    let reader = baseline(&database, &base).await?;
    writeln!(
        stdout(),
        "{:5.1} s  baseline: every story read once, nothing told",
        started.elapsed().as_secs_f64()
    )?;

    newsroom.publish(1);
    let published = Instant::now();
    writeln!(
        stdout(),
        "{:5.1} s  the newsroom publishes: one story changes its headline, one a single number, one is new,",
        started.elapsed().as_secs_f64()
    )?;
    writeln!(
        stdout(),
        "         one is restyled, one goes behind a cookie dialog, one only churns\n"
    )?;
    let alerts = collect(&reader, published).await?;
    let _ = control.send(Control::Stop).await;
    daemon.await??;

    writeln!(stdout(), "What was not told, and why:")?;
    quiet(&reader, &base)?;
    let stats = reader.stats()?;
    writeln!(
        stdout(),
        "\n{} requests answered by the newsroom, {} revisions kept, {} alerts, {} not delivered.",
        newsroom.requests(),
        stats.revisions,
        stats.alerts,
        stats.pending
    )?;
    writeln!(
        stdout(),
        "Alert log  {}",
        dir.join("alerts.jsonl").display()
    )?;
    writeln!(stdout(), "Database   {}", database.display())?;
    writeln!(stdout(), "Config     {}", path.display())?;
    writeln!(
        stdout(),
        "Look further: wirewatch why {base}/news/{} --config {}",
        STORIES[0].slug,
        path.display()
    )?;
    Ok(ExitCode::from(u8::from(!as_expected(&alerts, &base))))
}

fn toml_for(base: &str) -> String {
    format!(
        r#"# Written by `wirewatch demo`.
[store]
path = "wirewatch.db"

[fetch]
user_agent = "wirewatch (+mailto:demo@example.org)"
allow_private = ["127.0.0.0/8"]
per_host_delay = "0s"

[[source]]
id = "courier-world"
kind = "section"
url = "{base}/world/"
interval = "1s"
recheck = "1s"

[[source]]
id = "courier-feed"
kind = "feed"
url = "{base}/feed.xml"
interval = "1s"
recheck = "1s"

[[watch]]
name = "everything"
notify = ["log"]

[[notify]]
name = "log"
type = "log"
path = "alerts.jsonl"
"#
    )
}

/// Waits until every story that is on the site has been read.
async fn baseline(database: &Path, base: &str) -> anyhow::Result<Reader> {
    let end = Instant::now() + LIMIT;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Ok(reader) = Reader::open(database) {
            let read = |slug: &str| -> anyhow::Result<bool> {
                Ok(match reader.find(&article_url(base, slug))? {
                    Some(id) => !reader.revisions(id)?.is_empty(),
                    None => false,
                })
            };
            let shown = STORIES
                .iter()
                .filter(|s| matches!(s.at(0), crate::demo::Stage::Article { .. }));
            let mut all = true;
            for story in shown {
                all &= read(story.slug)?;
            }
            if all {
                return Ok(reader);
            }
        }
        anyhow::ensure!(
            Instant::now() < end,
            "the daemon has not read the stories within {} s",
            LIMIT.as_secs()
        );
    }
}

/// Prints alerts as they come, until those expected are there and some quiet time has passed.
async fn collect(reader: &Reader, published: Instant) -> anyhow::Result<Vec<Alert>> {
    let expected = STORIES.iter().filter(|s| s.expect.is_some()).count();
    let mut filter = AlertFilter::default();
    let mut alerts: Vec<Alert> = Vec::new();
    let mut end = published + LIMIT;
    while Instant::now() < end {
        for (seq, alert) in reader.alerts(&filter)? {
            filter.after = Some(seq);
            writeln!(
                stdout(),
                "ALERT {:.1} s after publication",
                published.elapsed().as_secs_f64()
            )?;
            writeln!(stdout(), "    {}\n", readable(&alert))?;
            alerts.push(alert);
        }
        let mut articles: Vec<&str> = alerts.iter().map(|a| a.url.as_str()).collect();
        articles.sort_unstable();
        articles.dedup();
        if articles.len() >= expected {
            end = end.min(Instant::now() + QUIET);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(alerts)
}

fn quiet(reader: &Reader, base: &str) -> anyhow::Result<()> {
    for story in &STORIES {
        let url = article_url(base, story.slug);
        let Some(id) = reader.find(&url)? else {
            writeln!(stdout(), "  {}: never seen", story.slug)?;
            continue;
        };
        let developments = reader.developments(id)?;
        if developments.iter().any(|d| d.told) {
            continue;
        }
        writeln!(stdout(), "  {}", story.slug)?;
        for fetch in reader.fetches(id)? {
            writeln!(
                stdout(),
                "      fetched {} times: {} ({})",
                fetch.times,
                fetch.outcome,
                fetch.reason
            )?;
        }
        let revisions = reader.revisions(id)?;
        writeln!(
            stdout(),
            "      {} revision(s), the last of {}",
            revisions.len(),
            revisions.last().map_or_else(String::new, |r| show(r.seen))
        )?;
        for row in &developments {
            writeln!(
                stdout(),
                "      kept: {} ({})",
                alert::summary(&row.development),
                row.reason
            )?;
        }
        if revisions.len() > 1
            && developments
                .iter()
                .all(|d| revisions.last().is_none_or(|r| r.hash != d.revision))
        {
            writeln!(stdout(), "      the last revision is wording only")?;
        }
    }
    Ok(())
}

/// Every story that should be told was, and everything told is of the kind expected of its story.
fn as_expected(alerts: &[Alert], base: &str) -> bool {
    STORIES.iter().all(|story| {
        let url = article_url(base, story.slug);
        let kinds: Vec<&str> = alerts
            .iter()
            .filter(|alert| alert.url == url)
            .map(|alert| alert.kind.as_str())
            .collect();
        kinds.is_empty() == story.expect.is_none()
            && kinds.iter().all(|kind| Some(*kind) == story.expect)
    })
}

/// The canonical address of a story.
fn article_url(base: &str, slug: &str) -> String {
    let url = format!("{base}/news/{slug}");
    Url::parse(&url).map_or(url, |url| crate::source::canonical(&url).into())
}
