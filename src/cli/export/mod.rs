//! `wirewatch export`: what is in the database, for other programs.

mod csv;
#[cfg(feature = "parquet")]
mod parquet;
mod table;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::ValueEnum;
use jiff::Timestamp;

use super::alerts::kind;
use super::common::{ConfigArg, moment};
use crate::article::Kind;
use crate::files::Part;
use crate::store::{Reader, Selection};
use table::{Column, Value};

/// Write out alerts, developments or revisions.
///
/// Row by row, however many there are, beside the running daemon. The columns are listed in
/// docs/OPERATING.md. A file takes its place only when it is whole.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// What
    #[arg(value_enum)]
    what: What,
    /// As what
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Not older than: a time, a date, or how long ago (90m, 2h, 7d)
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Older than
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<Timestamp>,
    /// Of this kind (several: commas, or again); revisions have none
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    kind: Vec<Kind>,
    /// Of this source (several: commas, or again)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    source: Vec<String>,
    /// Where to, over what is there [default: standard output, but for parquet]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// What was told
    Alerts,
    /// What was found, told or not, with the reason
    Developments,
    /// What the pages said
    Revisions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated, with a line of names
    Csv,
    /// Apache Parquet, in builds that have it
    Parquet,
}

/// Takes rows, of which a format needs one form or the other.
trait Sink {
    fn put(
        &mut self,
        json: &dyn Fn() -> serde_json::Result<String>,
        row: &dyn Fn() -> Vec<Value>,
    ) -> anyhow::Result<()>;

    /// Writes what is held back.
    fn end(&mut self) -> anyhow::Result<()>;
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.what == What::Revisions && !args.kind.is_empty() {
        bail!("revisions have no kind; leave out --kind, or export developments");
    }
    if args.format == Format::Parquet {
        if !cfg!(feature = "parquet") {
            bail!(
                "this build cannot write Parquet; build one that can: \
                 `cargo install --path . --features parquet`"
            );
        }
        if args.output.is_none() {
            bail!("Parquet is no text for a terminal or a pipe; name a file: --output FILE");
        }
    }
    let reader = args.config.reader()?;
    let Some(path) = &args.output else {
        let out = BufWriter::new(io::stdout());
        export(args, &reader, out)?;
        return Ok(ExitCode::SUCCESS);
    };
    let failed = || format!("failed to write {}", path.display());
    // A device or a pipe is written to, not replaced.
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        let out = OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(failed)?;
        export(args, &reader, BufWriter::new(out)).with_context(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let part = Part::file(path).with_context(failed)?;
    let out = BufWriter::new(create(part.path()).with_context(failed)?);
    export(args, &reader, out).with_context(failed)?;
    part.place().with_context(failed)?;
    Ok(ExitCode::SUCCESS)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

fn export(args: &Args, reader: &Reader, out: impl Write + Send) -> anyhow::Result<()> {
    let columns = match args.what {
        What::Alerts => table::ALERTS,
        What::Developments => table::DEVELOPMENTS,
        What::Revisions => table::REVISIONS,
    };
    let mut sink = sink(args.format, columns, out)?;
    let selection = Selection {
        since: args.since,
        until: args.until,
        kinds: args.kind.clone(),
        sources: args.source.clone(),
    };
    match args.what {
        What::Alerts => reader.each_alert(&selection, |alert, body| {
            sink.put(&|| Ok(body.to_owned()), &|| table::alert(alert))
        }),
        What::Developments => reader.each_development(&selection, |found| {
            sink.put(&|| serde_json::to_string(found), &|| {
                table::development(found)
            })
        }),
        What::Revisions => reader.each_revision(&selection, |found| {
            sink.put(&|| serde_json::to_string(found), &|| table::revision(found))
        }),
    }?;
    sink.end()
}

fn sink<'o>(
    format: Format,
    columns: &'static [Column],
    out: impl Write + Send + 'o,
) -> anyhow::Result<Box<dyn Sink + 'o>> {
    Ok(match format {
        Format::Jsonl => Box::new(Lines(out)),
        Format::Csv => Box::new(csv::Csv::new(columns, out)?),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(parquet::Parquet::new(columns, out)?),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => bail!("this build cannot write Parquet"),
    })
}

struct Lines<W>(W);

impl<W: Write> Sink for Lines<W> {
    fn put(
        &mut self,
        json: &dyn Fn() -> serde_json::Result<String>,
        _: &dyn Fn() -> Vec<Value>,
    ) -> anyhow::Result<()> {
        Ok(writeln!(self.0, "{}", json()?)?)
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }
}
