//! `wirewatch detect`: developments of two texts, or of JSON Lines of them.

use std::io::{self, BufRead, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

use super::common::ConfigRefused;
use crate::article::Revision;
use crate::config;
use crate::detect::{Decision, Engine, Explanation, Input};

/// Tell what newly happened between two texts, or in one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The text before (or the only one): a file whose first line is the headline.
    #[arg(required_unless_present = "jsonl")]
    first: Option<PathBuf>,
    /// The text now.
    second: Option<PathBuf>,
    /// Read {"id","old","new","published"} lines from standard input, write one line for each.
    #[arg(long)]
    jsonl: bool,
    /// Show every candidate and why it was told or dropped.
    #[arg(long)]
    explain: bool,
    /// Detect the own kinds of this config too.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    old: Option<Revision>,
    new: Revision,
    published: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let kinds = match &args.config {
        Some(path) => config::load(path).map_err(ConfigRefused)?.kinds,
        None => Vec::new(),
    };
    let engine = Engine::new(&kinds).map_err(anyhow::Error::msg)?;
    if args.jsonl {
        let input = io::stdin().lock();
        let output = BufWriter::new(io::stdout().lock());
        lines(&engine, input, output, args.explain)?;
        return Ok(ExitCode::SUCCESS);
    }
    let first = args.first.as_deref().map(read).transpose()?;
    let second = args.second.as_deref().map(read).transpose()?;
    let (old, new) = match (first, second) {
        (Some(old), Some(new)) => (Some(old), new),
        (Some(new), None) | (None, Some(new)) => (None, new),
        (None, None) => anyhow::bail!("failed to detect: no file given"),
    };
    let explanation = engine.explain(&Input {
        old: old.as_ref(),
        new: &new,
        published: None,
        told: &[],
    });
    let told = explanation
        .candidates
        .iter()
        .any(|c| c.decision == Decision::Told);
    let mut out = io::stdout().lock();
    if args.json && args.explain {
        serde_json::to_writer_pretty(&mut out, &explanation)?;
        writeln!(out)?;
    } else if args.json {
        serde_json::to_writer_pretty(&mut out, &explanation.told())?;
        writeln!(out)?;
    } else {
        print(&mut out, &explanation, args.explain)?;
    }
    Ok(if told {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn read(path: &std::path::Path) -> anyhow::Result<Revision> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| anyhow::anyhow!("failed to read {}: {e}", path.display()))?;
    let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(Revision {
        title: title.trim().to_owned(),
        text: body.trim().to_owned(),
        ..Revision::default()
    })
}

fn lines(
    engine: &Engine,
    input: impl BufRead,
    mut output: impl Write,
    explain: bool,
) -> io::Result<()> {
    for line in input.split(b'\n') {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = answer(engine, &line, explain);
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

fn answer(engine: &Engine, line: &[u8], explain: bool) -> Value {
    let line: Line = match serde_json::from_slice(line) {
        Ok(line) => line,
        Err(e) => {
            let id = serde_json::from_slice::<Value>(line)
                .ok()
                .and_then(|v| v.get("id").cloned())
                .unwrap_or(Value::Null);
            return json!({"id": id, "error": e.to_string()});
        }
    };
    let input = Input {
        old: line.old.as_ref(),
        new: &line.new,
        published: line.published.as_deref(),
        told: &[],
    };
    if explain {
        let candidates = engine.explain(&input).candidates;
        return json!({"id": line.id, "material": candidates.iter().any(|c| c.decision == Decision::Told), "candidates": candidates});
    }
    let told = engine.detect(&input);
    json!({"id": line.id, "material": !told.is_empty(), "developments": told})
}

/// Candidates for a person: the told ones, or all with what decided.
pub(super) fn print(
    out: &mut impl Write,
    explanation: &Explanation,
    explain: bool,
) -> io::Result<()> {
    for c in &explanation.candidates {
        if c.decision != Decision::Told && !explain {
            continue;
        }
        let d = &c.development;
        let state = match &d.from {
            Some(from) => format!("{from} -> {}", d.to),
            None => d.to.clone(),
        };
        let source = d
            .attribution
            .as_deref()
            .map_or(String::new(), |a| format!(" ({a})"));
        writeln!(
            out,
            "{:<10} {}: {state}{source}  [{:.2}]",
            d.kind.as_str(),
            d.subject,
            d.confidence
        )?;
        if explain {
            writeln!(
                out,
                "    {}: \"{}\" in: {}",
                c.decision.phrase(),
                d.evidence.trigger,
                d.evidence.new.as_deref().unwrap_or("")
            )?;
            if let Some(old) = &d.evidence.old {
                writeln!(out, "    compared with: {old}")?;
            }
            for note in &c.notes {
                writeln!(out, "    {note}")?;
            }
        }
    }
    Ok(())
}
