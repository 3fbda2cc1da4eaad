//! `wirewatch diff URL`: what changed between two revisions of an article.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::common::{ConfigArg, find_article, show};
use crate::diff;

/// Show what changed between two revisions of an article.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The article's address
    url: String,
    /// Number of the older revision, as `history` lists them [default: the last but one]
    #[arg(long, value_name = "N")]
    from: Option<usize>,
    /// Number of the newer revision [default: the last]
    #[arg(long, value_name = "N")]
    to: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Exit code 1 if there is nothing to compare.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let reader = args.config.reader()?;
    let revisions = reader.revisions(find_article(&reader, &args.url)?)?;
    let to = args.to.unwrap_or(revisions.len());
    let from = args.from.unwrap_or(to.saturating_sub(1));
    if from == 0 && args.from.is_none() {
        eprintln!(
            "wirewatch: there are {} revisions of it, nothing to compare",
            revisions.len()
        );
        return Ok(ExitCode::FAILURE);
    }
    let pick = |n: usize| {
        let found = n.checked_sub(1).and_then(|n| revisions.get(n));
        found.with_context(|| format!("there is no revision {n}; there are {}", revisions.len()))
    };
    let (old, new) = (pick(from)?, pick(to)?);
    let changes = diff::diff(&old.revision, &new.revision);
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = json!({"from": old.hash, "to": new.hash, "seen": {"old": old.seen, "new": new.seen}, "edits": changes.edits});
        writeln!(out, "{line}")?;
    } else {
        writeln!(
            out,
            "revision {from} ({}) -> {to} ({})",
            show(old.seen),
            show(new.seen)
        )?;
        write!(out, "{}", diff::display(&changes))?;
    }
    Ok(ExitCode::SUCCESS)
}
