//! `wirewatch extract`: the article in a saved page, or in many, without fetching anything.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::article::Outcome;
use crate::extract::{self, Fetched, Page, Rules};

/// A page that takes longer is given up; the slowest real page measured takes a tenth of it.
const LIMIT: Duration = Duration::from_secs(5);

/// Read the article in a saved page.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// HTML file, or - for standard input (with --jsonl: JSON Lines).
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Address the page was saved from: judges the canonical URL and relative links.
    #[arg(long)]
    url: Option<Url>,
    /// CSS of the elements that hold the article.
    #[arg(long, value_parser = selector)]
    select: Option<String>,
    /// CSS of elements to cut (may be given again).
    #[arg(long, value_parser = selector)]
    remove: Vec<String>,
    /// Print JSON.
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// Print every block of the page as JSON Lines: its score (above 0 is body) and what gave it.
    #[arg(long, conflicts_with_all = ["jsonl", "json"])]
    explain: bool,
    /// Read lines {"id","url"?,"path"|"html"}, write one line each, in the same order.
    #[arg(long, conflicts_with = "url")]
    jsonl: bool,
}

fn selector(css: &str) -> Result<String, String> {
    extract::check_selector(css).map(|()| css.to_string())
}

/// Runs the command: 0 if an article was read, 1 if not.
///
/// # Errors
/// Input or output that fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rules = Rules {
        select: args.select.clone(),
        remove: args.remove.clone(),
    };
    if args.jsonl {
        return batch(&args.file, &rules);
    }
    let bytes = if args.file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .context("failed to read standard input")?;
        bytes
    } else {
        std::fs::read(&args.file)
            .with_context(|| format!("failed to read {}", args.file.display()))?
    };
    let mut out = std::io::stdout().lock();
    if args.explain {
        let url = args.url.clone();
        let verdicts = extract::bounded(LIMIT, move || {
            extract::explain(&extract::decode(&bytes, None).text, url.as_ref(), &rules)
        })?;
        for verdict in &verdicts {
            writeln!(out, "{}", serde_json::to_string(verdict)?)?;
        }
        return Ok(ExitCode::from(u8::from(verdicts.is_empty())));
    }
    let (outcome, reason, page) = read(bytes, args.url.clone(), &rules);
    if args.json {
        let mut value = fields(outcome, &page);
        if let Some(map) = value.as_object_mut() {
            map.insert("reason".into(), json!(reason));
            map.insert("canonical".into(), json!(page.article.canonical));
        }
        writeln!(out, "{value}")?;
    } else {
        let a = &page.article;
        let dash = |s: &Option<String>| s.clone().unwrap_or_else(|| "-".into());
        writeln!(out, "outcome    {} ({reason})", outcome.as_str())?;
        writeln!(out, "title      {}", dash(&a.title))?;
        writeln!(
            out,
            "byline     {}",
            if a.byline.is_empty() {
                "-".into()
            } else {
                a.byline.join(", ")
            }
        )?;
        writeln!(out, "published  {}", dash(&a.published))?;
        writeln!(out, "modified   {}", dash(&a.modified))?;
        writeln!(out, "language   {}", dash(&a.language))?;
        writeln!(out, "\n{}", a.text)?;
    }
    Ok(ExitCode::from(u8::from(outcome != Outcome::Content)))
}

/// Extracts within bounds, as the daemon does; a file counts as a complete answer with status 200.
fn read(bytes: Vec<u8>, url: Option<Url>, rules: &Rules) -> (Outcome, String, Page) {
    let rules = rules.clone();
    let result = extract::bounded(LIMIT, move || {
        let decoded = extract::decode(&bytes, None);
        let page = extract::extract(&decoded.text, url.as_ref(), &rules);
        let anywhere = url.or_else(|| Url::parse("file:///").ok());
        let (outcome, reason) = match &anywhere {
            Some(url) => extract::judge(
                &Fetched {
                    status: 200,
                    content_type: None,
                    requested: url,
                    landed: url,
                    complete: true,
                    malformed: decoded.malformed,
                },
                &page,
            ),
            None => (Outcome::Error, "no address".into()),
        };
        (outcome, reason, page)
    });
    result.unwrap_or_else(|overrun| (Outcome::Error, overrun.to_string(), Page::default()))
}

fn fields(outcome: Outcome, page: &Page) -> Value {
    let a = &page.article;
    json!({
        "outcome": outcome, "title": a.title, "byline": a.byline, "published": a.published,
        "modified": a.modified, "language": a.language, "text": a.text,
    })
}

#[derive(Deserialize)]
struct Line {
    id: Value,
    url: Option<String>,
    path: Option<PathBuf>,
    html: Option<String>,
}

/// One output line for one input line.
fn answer(line: &str, rules: &Rules) -> (Value, bool) {
    let id = || {
        serde_json::from_str::<Value>(line)
            .ok()
            .and_then(|v| v.get("id").cloned())
            .unwrap_or(Value::Null)
    };
    let attempt = || -> anyhow::Result<(Value, bool)> {
        let line: Line = serde_json::from_str(line).context("bad line")?;
        let bytes = match (line.html, &line.path) {
            (Some(html), None) => html.into_bytes(),
            (None, Some(path)) => {
                std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?
            }
            _ => anyhow::bail!("bad line: needs either `html` or `path`"),
        };
        let url = line
            .url
            .map(|u| Url::parse(&u).with_context(|| format!("bad url `{u}`")))
            .transpose()?;
        let (outcome, reason, page) = read(bytes, url, rules);
        let mut value = fields(outcome, &page);
        if let Some(map) = value.as_object_mut() {
            map.insert("id".into(), line.id);
            if outcome != Outcome::Content {
                map.insert("reason".into(), json!(reason));
            }
        }
        Ok((value, outcome == Outcome::Content))
    };
    attempt().unwrap_or_else(|e| (json!({"id": id(), "error": format!("{e:#}")}), false))
}

/// Reads lines, answers them on every core, writes the answers in the order of the lines.
fn batch(file: &Path, rules: &Rules) -> anyhow::Result<ExitCode> {
    let input: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(std::io::BufReader::new(std::io::stdin()))
    } else {
        Box::new(std::io::BufReader::new(
            std::fs::File::open(file)
                .with_context(|| format!("failed to read {}", file.display()))?,
        ))
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut lines = input.lines();
    let mut found = false;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    std::thread::scope(|scope| -> anyhow::Result<()> {
        // Line k goes to worker k mod n, and its answer is taken from there in turn: order is kept
        // without sorting, and at most a few lines per worker are in memory.
        let mut lanes = Vec::new();
        for _ in 0..workers {
            let (give, work) = mpsc::sync_channel::<String>(4);
            let (done, take) = mpsc::sync_channel::<(Value, bool)>(4);
            scope.spawn(move || {
                for line in work {
                    if done.send(answer(&line, rules)).is_err() {
                        break;
                    }
                }
            });
            lanes.push((give, take));
        }
        let (mut given, mut taken) = (0_usize, 0_usize);
        let mut open = true;
        while open || taken < given {
            while open && given - taken < workers * 4 {
                match lines.next() {
                    Some(line) => {
                        let line = line.context("failed to read the lines")?;
                        if line.trim().is_empty() {
                            continue;
                        }
                        if let Some((give, _)) = lanes.get(given % workers) {
                            give.send(line).context("a worker stopped")?;
                        }
                        given += 1;
                    }
                    None => open = false,
                }
            }
            if taken < given
                && let Some((_, take)) = lanes.get(taken % workers)
            {
                let (value, good) = take.recv().context("a worker stopped")?;
                found |= good;
                taken += 1;
                writeln!(out, "{value}")?;
            }
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(!found)))
}
