//! `wirewatch restore`: a backup in place of the database.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::backup::bar;
use super::common::{ConfigArg, megabytes, show_or_dash};
use crate::store;

/// Put a backup in place of the database.
///
/// Stop the daemon first: while it runs, this is refused. The backup is checked before anything is
/// replaced, and the present database is kept beside it as NAME.before-restore-TIME. The next
/// `wirewatch run` upgrades a backup of an older version.
///
/// What happened after the backup was made is not known to it. Deliveries that were outstanding then
/// are sent when the daemon starts, also those that have been sent since; --no-deliveries gives them
/// up. Changes that were found since are found and told again where the pages still show them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// The backup
    file: PathBuf,
    /// Give up the deliveries that are outstanding in the backup; they stay on record as dead
    #[arg(long)]
    no_deliveries: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let path = &config.store.path;
    let (deliveries, now) = (!args.no_deliveries, Timestamp::now());
    let restored = store::restore(&args.file, path, deliveries, now, &mut bar("restored"))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"database": path, "restored": restored}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let copied = &restored.copied;
    writeln!(
        out,
        "{}: {}, schema {}, last fetch {}",
        path.display(),
        megabytes(copied.bytes),
        copied.schema,
        show_or_dash(copied.as_of)
    )?;
    if let Some(kept) = &restored.kept {
        writeln!(out, "what was there before is now {}", kept.display())?;
    }
    let count: u64 = copied.outstanding.iter().map(|(_, n)| n).sum();
    if count == 0 {
        writeln!(out, "no deliveries are outstanding in it")?;
        return Ok(ExitCode::SUCCESS);
    }
    let each = copied
        .outstanding
        .iter()
        .map(|(name, n)| format!("{name}: {n}"));
    let each = each.collect::<Vec<_>>().join(", ");
    match restored.given_up {
        true => writeln!(out, "gave up {count} outstanding deliveries ({each})")?,
        false => writeln!(
            out,
            "{count} deliveries are outstanding in it ({each}) and will be sent when the daemon \
             starts, also those sent since the backup was made; to give them up, restore again with \
             --no-deliveries"
        )?,
    }
    Ok(ExitCode::SUCCESS)
}
