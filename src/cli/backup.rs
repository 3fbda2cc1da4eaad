//! `wirewatch backup`: a copy of the database while the daemon runs.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::common::{ConfigArg, megabytes, show_or_dash};
use crate::store;

/// Write a copy of the database, beside the running daemon or without it.
///
/// The copy is one state of the database, checked for damage, on disk when the command ends, and
/// readable by its owner alone. It takes its place only when it is whole. Pages kept as evidence
/// ([store] archive) are files of their own and not in it: copy that folder after the backup.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Where to
    file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let taken = || args.file.symlink_metadata().is_ok();
    if taken() && !args.force {
        bail!(
            "{} is there already; name another file, or --force to replace it",
            args.file.display()
        );
    }
    let path = &config.store.path;
    if !path.exists() {
        return Err(store::StoreError::Missing { path: path.clone() }.into());
    }
    let copied = store::backup(path, &args.file, &mut bar("copied"))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"file": args.file, "backup": copied}))?;
    } else {
        writeln!(
            out,
            "{}: {}, schema {}, last fetch {}, checked",
            args.file.display(),
            megabytes(copied.bytes),
            copied.schema,
            show_or_dash(copied.as_of)
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a person at a terminal how far a copy is, if it is a large one.
pub(super) fn bar(what: &'static str) -> impl FnMut(u64, u64) {
    let shown = std::io::stderr().is_terminal();
    let mut last = None;
    move |done, all| {
        let percent = done * 100 / all.max(1);
        if shown && last.replace(percent) != Some(percent) && all > 20_000 {
            eprint!(
                "\r{what}: {percent} %{}",
                if done == all { "\n" } else { "" }
            );
        }
    }
}
