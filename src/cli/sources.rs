//! `wirewatch sources`: what is watched and how it is doing.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::common::{ConfigArg, show_or_dash};
use super::sources_add;
use crate::store::{Reader, SourceRow, StoreError, TroubleRow};

/// List the sources and how they are doing, or find one to add.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: ConfigArg,
    /// List the articles each source led to as well
    #[arg(long)]
    articles: bool,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(sources_add::Args),
}

/// Runs the command. Exit code 1 if a source is failing or in trouble.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(Command::Add(add)) = &args.command {
        return sources_add::run(add);
    }
    let config = args.config.load()?;
    let reader = match Reader::open(&config.store.path) {
        Ok(reader) => Some(reader),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let rows = match &reader {
        Some(reader) => reader.sources()?,
        None => Vec::new(),
    };
    let troubles = match &reader {
        Some(reader) => reader.troubles()?,
        None => Vec::new(),
    };
    let known: HashMap<&str, &SourceRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut out = std::io::stdout().lock();
    let mut failing = false;
    for source in &config.sources {
        let row = known.get(source.id.as_str()).copied();
        let subject = format!("source {}", source.id);
        let troubles: Vec<&TroubleRow> = troubles.iter().filter(|t| t.subject == subject).collect();
        failing |= row.is_some_and(|row| row.failing_since.is_some()) || !troubles.is_empty();
        let articles = match &reader {
            Some(reader) if args.articles => reader.articles_of(&source.id)?,
            _ => Vec::new(),
        };
        if args.json {
            let listed = articles
                .iter()
                .map(|(url, title)| json!({"url": url, "title": title}));
            let mut line = json!({"id": source.id, "kind": source.kind.as_str(), "url": source.url.as_str(), "state": row, "troubles": troubles});
            if args.articles {
                line["articles"] = listed.collect();
            }
            writeln!(out, "{line}")?;
            continue;
        }
        writeln!(
            out,
            "{}  {}  {}",
            source.id,
            source.kind.as_str(),
            source.url
        )?;
        match row.filter(|row| row.last_polled.is_some()) {
            None => writeln!(out, "    not polled yet")?,
            Some(row) => writeln!(
                out,
                "    {} articles; last {} {} ({}); next {}",
                row.articles,
                show_or_dash(row.last_polled),
                row.last_outcome.as_deref().unwrap_or("-"),
                row.last_reason.as_deref().unwrap_or("-"),
                show_or_dash(row.next_due),
            )?,
        }
        if let Some(since) = row.and_then(|row| row.failing_since) {
            writeln!(out, "    failing since {}", super::common::show(since))?;
        }
        for trouble in troubles {
            let TroubleRow {
                what,
                state,
                reason,
                ..
            } = trouble;
            let since = super::common::show(trouble.since);
            writeln!(
                out,
                "    in trouble since {since}: {what} {state} ({reason})"
            )?;
        }
        for (url, title) in articles {
            writeln!(out, "    {url}  {}", title.unwrap_or_default())?;
        }
    }
    Ok(ExitCode::from(u8::from(failing)))
}
