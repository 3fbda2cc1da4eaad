//! `wirewatch why URL`: what was seen on an article, and why it was told or not.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::common::{ConfigArg, find_article, show};
use crate::alert;
use crate::article::Development;
use crate::detect::{Engine, Input};
use crate::store::{DevelopmentRow, FetchRow, Reader, StoredRevision};

/// Explain what was told of an article, what was not, and why.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The article's address
    url: String,
    /// Read the revisions again and show every candidate with what decided on it
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let reader = Reader::open(&config.store.path)?;
    let id = find_article(&reader, &args.url)?;
    let (url, source, duplicate_of) = reader.article(id)?;
    let fetches = reader.fetches(id)?;
    let revisions = reader.revisions(id)?;
    let developments = reader.developments(id)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let revisions = revisions
            .iter()
            .map(|r| json!({"seen": r.seen, "revision": r.hash, "title": r.revision.title}));
        let line = json!({"url": url, "source": source, "duplicate_of": duplicate_of, "fetches": fetches,
            "revisions": revisions.collect::<Vec<_>>(), "developments": developments});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{url}\nfound through source {source}")?;
    if let Some(other) = duplicate_of {
        writeln!(
            out,
            "the same article as {other}, which is watched in its place"
        )?;
    }
    writeln!(out, "\nFetches")?;
    for fetch in &fetches {
        writeln!(out, "  {}", fetch_line(fetch))?;
    }
    if fetches.is_empty() {
        writeln!(out, "  none yet")?;
    }
    writeln!(out, "\nRevisions")?;
    for (n, revision) in revisions.iter().enumerate() {
        writeln!(
            out,
            "  {}  {}",
            show(revision.seen),
            revision.revision.title
        )?;
        let own: Vec<&DevelopmentRow> = developments
            .iter()
            .filter(|d| belongs(d, revision, revisions.get(n + 1)))
            .collect();
        for row in &own {
            write!(out, "{}", development_lines(row))?;
        }
        if own.is_empty() {
            let why = if n == 0 {
                "baseline"
            } else {
                "wording only: nothing that newly happened was read from it"
            };
            writeln!(out, "      {why}")?;
        }
    }
    if revisions.is_empty() {
        writeln!(out, "  none: no fetch has brought the article yet")?;
    }
    if args.explain {
        let engine = Engine::new(&config.kinds).map_err(anyhow::Error::msg)?;
        explain(&mut out, &engine, &revisions, &developments)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the engine sees in each revision against the one before, given what was told by then.
fn explain(
    out: &mut impl Write,
    engine: &Engine,
    revisions: &[StoredRevision],
    developments: &[DevelopmentRow],
) -> anyhow::Result<()> {
    let mut old: Option<&StoredRevision> = None;
    for new in revisions {
        let told = developments.iter().filter(|d| d.told && d.time < new.seen);
        let told: Vec<Development> = told.map(|d| d.development.clone()).collect();
        let explanation = engine.explain(&Input {
            old: old.map(|old| &old.revision),
            new: &new.revision,
            published: new.revision.published.as_deref(),
            told: &told,
        });
        writeln!(out, "\nCandidates in the revision of {}", show(new.seen))?;
        super::detect::print(out, &explanation, true)?;
        old = Some(new);
    }
    Ok(())
}

/// The same content may have been seen twice; the time tells which of the two is meant.
fn belongs(row: &DevelopmentRow, revision: &StoredRevision, next: Option<&StoredRevision>) -> bool {
    row.revision == revision.hash
        && row.time >= revision.seen
        && next.is_none_or(|next| row.time < next.seen)
}

fn fetch_line(fetch: &FetchRow) -> String {
    let status = fetch
        .status
        .map_or_else(|| "-".to_owned(), |s| s.to_string());
    let when = match fetch.times {
        1 => show(fetch.last),
        n => format!("{} .. {} ({n} times)", show(fetch.first), show(fetch.last)),
    };
    format!("{when}  {status}  {}: {}", fetch.outcome, fetch.reason)
}

fn development_lines(row: &DevelopmentRow) -> String {
    let d = &row.development;
    let verdict = if row.told { "TOLD" } else { "kept" };
    let mut text = format!(
        "      {verdict}  {}  {}  (confidence {:.2})\n            {}\n",
        d.kind.as_str(),
        alert::summary(d),
        d.confidence,
        row.reason
    );
    if let Some(when) = &d.when {
        let date = when.date.as_deref().unwrap_or("no date of the article");
        text.push_str(&format!("            when: {} ({date})\n", when.text));
    }
    if let Some(sentence) = &d.evidence.new {
        text.push_str(&format!("            “{sentence}”\n"));
    }
    text
}
