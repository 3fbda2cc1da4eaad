//! `wirewatch status`: how the daemon itself is doing.

use std::io::Write;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::common::{ConfigArg, megabytes, show};
use crate::daemon::{Trouble, Vitals};
use crate::store::{self, Reader};

/// The daemon says how it does once a minute; after this long it is silent.
pub(super) const SILENT: SignedDuration = SignedDuration::from_mins(5);

/// Show how the daemon is doing: its queue, lag, database and what is wrong.
///
/// The daemon writes it down once a minute. Exit code 1 if something is wrong, or if it has been
/// silent for five minutes.
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
    let status = Reader::open(&config.store.path)?.status()?;
    // A daemon that cannot write cannot write down why.
    let look = store::look(&config.store.path, false);
    let mut out = std::io::stdout().lock();
    let Some((time, body)) = status else {
        match args.json {
            true => writeln!(out, "{}", json!({"time": null}))?,
            false => writeln!(out, "the daemon has not run for a minute yet")?,
        }
        return Ok(ExitCode::FAILURE);
    };
    let mut vitals: Vitals = serde_json::from_str(&body)?;
    if let Some(broken) = look {
        vitals.troubles.retain(|trouble| trouble.what != "store");
        vitals.troubles.push(Trouble {
            what: "store".to_owned(),
            detail: format!("nothing is fetched: {broken}"),
        });
    }
    let silent = Timestamp::now().duration_since(time) > SILENT;
    let well = !silent && vitals.troubles.is_empty();
    if args.json {
        let line = json!({"time": time, "silent": silent, "vitals": vitals});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::from(u8::from(!well)));
    }
    writeln!(
        out,
        "as of {}, started {}",
        show(time),
        show(vitals.started)
    )?;
    if silent {
        writeln!(
            out,
            "silent since then: it is stopped or stuck, or cannot write to its database (its own log says)"
        )?;
    }
    for trouble in &vitals.troubles {
        writeln!(out, "TROUBLE {}: {}", trouble.what, trouble.detail)?;
    }
    writeln!(
        out,
        "{} sources; {} pages due soon on {} hosts; {} turns under way, {} of them at hosts that did not answer; {} turns since the start, {} given up",
        vitals.sources,
        vitals.queued,
        vitals.hosts,
        vitals.running,
        vitals.suspect,
        vitals.turns,
        vitals.stuck
    )?;
    writeln!(
        out,
        "lag {} ms; {} sources overdue, the longest by {} s; {} articles overdue, the longest by {} s; {} hosts want a pause",
        vitals.lag_ms,
        vitals.overdue_sources,
        vitals.overdue_sources_s,
        vitals.overdue_articles,
        vitals.overdue_articles_s,
        vitals.paused_hosts
    )?;
    writeln!(
        out,
        "{} deliveries outstanding; database {} and {} of log, commits in {}; {} free",
        vitals.pending,
        megabytes(vitals.database),
        megabytes(vitals.log),
        vitals
            .store_ms
            .map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms")),
        vitals.disk_free.map_or_else(|| "-".to_owned(), megabytes)
    )?;
    Ok(ExitCode::from(u8::from(!well)))
}
