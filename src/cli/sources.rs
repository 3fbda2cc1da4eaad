//! `wirewatch sources`: what is watched and how it is doing.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::common::{ConfigArg, show, show_or_dash};
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
    /// List sources that are no longer in the config as well
    #[arg(long)]
    all: bool,
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
    let configured = config.sources.iter().map(|source| Listed {
        id: &source.id,
        kind: source.kind.as_str(),
        url: source.url.as_str(),
        row: known.get(source.id.as_str()).copied(),
    });
    let archived = rows.iter().filter(|row| {
        args.all && row.archived && config.sources.iter().all(|source| source.id != row.id)
    });
    let archived = archived.map(|row| Listed {
        id: &row.id,
        kind: &row.kind,
        url: &row.url,
        row: Some(row),
    });
    let mut out = std::io::stdout().lock();
    let mut failing = false;
    for source in configured.chain(archived) {
        let subject = format!("source {}", source.id);
        let troubles: Vec<&TroubleRow> = troubles.iter().filter(|t| t.subject == subject).collect();
        let fails = source.row.is_some_and(|row| row.failing_since.is_some());
        failing |= !source.is_archived() && (fails || !troubles.is_empty());
        let articles = match &reader {
            Some(reader) if args.articles => reader.articles_of(source.id)?,
            _ => Vec::new(),
        };
        match args.json {
            true => source.as_json(&troubles, args.articles.then_some(&articles), &mut out)?,
            false => source.as_text(&troubles, &articles, &mut out)?,
        }
    }
    Ok(ExitCode::from(u8::from(failing)))
}

/// One source of the list.
struct Listed<'a> {
    id: &'a str,
    kind: &'a str,
    url: &'a str,
    row: Option<&'a SourceRow>,
}

/// URL and title of each article.
type Articles = Vec<(String, Option<String>)>;

impl Listed<'_> {
    fn is_archived(&self) -> bool {
        self.row.is_some_and(|row| row.archived)
    }

    fn as_json(
        &self,
        troubles: &[&TroubleRow],
        articles: Option<&Articles>,
        out: &mut impl Write,
    ) -> std::io::Result<()> {
        let mut line = json!({"id": self.id, "kind": self.kind, "url": self.url, "state": self.row, "troubles": troubles});
        if let Some(articles) = articles {
            let listed = articles
                .iter()
                .map(|(url, title)| json!({"url": url, "title": title}));
            line["articles"] = listed.collect();
        }
        writeln!(out, "{line}")
    }

    fn as_text(
        &self,
        troubles: &[&TroubleRow],
        articles: &Articles,
        out: &mut impl Write,
    ) -> std::io::Result<()> {
        writeln!(out, "{}  {}  {}", self.id, self.kind, self.url)?;
        let polled = self.row.filter(|row| row.last_polled.is_some());
        match (polled, self.row.filter(|row| row.archived)) {
            (_, Some(row)) => writeln!(
                out,
                "    removed from the config {}; {} articles; last {}",
                row.removed.map_or_else(|| "at some time".to_owned(), show),
                row.articles,
                show_or_dash(row.last_polled),
            )?,
            (None, None) => writeln!(out, "    not polled yet")?,
            (Some(row), None) => writeln!(
                out,
                "    {} articles; last {} {} ({}); next {}",
                row.articles,
                show_or_dash(row.last_polled),
                row.last_outcome.as_deref().unwrap_or("-"),
                row.last_reason.as_deref().unwrap_or("-"),
                show_or_dash(row.next_due),
            )?,
        }
        let failing = self.row.filter(|row| !row.archived);
        if let Some(since) = failing.and_then(|row| row.failing_since) {
            writeln!(out, "    failing since {}", show(since))?;
        }
        for trouble in troubles {
            let TroubleRow {
                what,
                state,
                reason,
                ..
            } = trouble;
            let since = show(trouble.since);
            writeln!(
                out,
                "    in trouble since {since}: {what} {state} ({reason})"
            )?;
        }
        for (url, title) in articles {
            writeln!(out, "    {url}  {}", title.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}
