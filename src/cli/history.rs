//! `wirewatch history URL`: the revisions of an article.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::common::{ConfigArg, find_article, show};

/// List the revisions of an article, oldest first.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The article's address
    url: String,
    /// Print the whole text of this revision (a number of the list)
    #[arg(long, value_name = "N")]
    text: Option<usize>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let reader = args.config.reader()?;
    let revisions = reader.revisions(find_article(&reader, &args.url)?)?;
    let mut out = std::io::stdout().lock();
    for (n, stored) in (1..).zip(&revisions) {
        if args.text.is_some_and(|wanted| wanted != n) {
            continue;
        }
        let revision = &stored.revision;
        let text = args.text.map(|_| revision.text.as_str());
        if args.json {
            let mut line = json!({"n": n, "seen": stored.seen, "revision": stored.hash, "title": revision.title,
                "published": revision.published, "modified": revision.modified,
                "words": revision.text.split_whitespace().count()});
            if let Some(text) = text {
                line["text"] = text.into();
            }
            writeln!(out, "{line}")?;
        } else if let Some(text) = text {
            writeln!(out, "{}\n\n{text}", revision.title)?;
        } else {
            let words = revision.text.split_whitespace().count();
            let short: String = stored.hash.chars().take(12).collect();
            writeln!(
                out,
                "{n:>3}  {}  {short}  {words:>5} words  {}",
                show(stored.seen),
                revision.title
            )?;
        }
    }
    let wanted = args.text.unwrap_or(1);
    if wanted == 0 || wanted > revisions.len() {
        eprintln!("wirewatch: there are {} revisions of it", revisions.len());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
