//! `wirewatch compact`: drop what is too old and make the database small again.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::common::{ConfigArg, megabytes};
use crate::daemon;
use crate::store::{self, Reader, Store};

/// Drop what is older than [store] keeps, and write the database anew without the room it took.
///
/// The daemon drops what is too old by itself, once a day; only the file does not get smaller by
/// that. Stop the daemon first: while it runs, this is refused. Needs as much free room on the disk
/// as the database has; cut off, it leaves the database as it was.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let path = &config.store.path;
    // A database that is not there yet is not made, and an older one is upgraded by `run` alone.
    drop(Reader::open(path)?);
    let before = size(path);
    let keep = daemon::retention(&config.store);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let store = Store::open(path)?;
    let dropped = runtime.block_on(store.drop_all_old(keep, Timestamp::now()))?;
    drop(store);
    store::shrink(path)?;
    let after = size(path);
    let mut out = std::io::stdout().lock();
    if args.json {
        let line = json!({"database": path, "before": before, "after": after, "dropped": dropped});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "{}: {} before, {} now",
        path.display(),
        megabytes(before),
        megabytes(after)
    )?;
    writeln!(
        out,
        "dropped {} revisions, {} texts, {} developments that were not told, {} runs of fetches",
        dropped.revisions, dropped.texts, dropped.developments, dropped.fetches
    )?;
    Ok(ExitCode::SUCCESS)
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
