//! `wirewatch deliveries`: what is on its way, what arrived and what was given up.

use std::io::Write;
use std::process::ExitCode;

use anyhow::ensure;
use jiff::Timestamp;
use serde_json::json;

use super::common::{ConfigArg, show};
use crate::store::{DeliveryFilter, DeliveryRow, Editor};

/// List deliveries: alerts on their way to notifiers, oldest first.
///
/// Exit code 1 if there is none.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    config: ConfigArg,
    /// Only those that were given up
    #[arg(long)]
    failed: bool,
    /// Only those that wait
    #[arg(long, conflicts_with = "failed")]
    pending: bool,
    /// Only those to this notifier
    #[arg(long, value_name = "NAME")]
    notifier: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Take up again what was given up; a running daemon tries it within seconds
    Retry(Which),
    /// Forget what was given up; the alerts stay on record
    Drop(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    #[command(flatten)]
    config: ConfigArg,
    /// Ids of alerts
    #[arg(value_name = "ALERT")]
    alerts: Vec<String>,
    /// Only those to this notifier
    #[arg(long, value_name = "NAME")]
    notifier: Option<String>,
    /// All that were given up
    #[arg(long, conflicts_with = "alerts")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        Some(What::Retry(which)) => return dead(which, Deed::Retry),
        Some(What::Drop(which)) => return dead(which, Deed::Drop),
        None => {}
    }
    let filter = DeliveryFilter {
        alerts: Vec::new(),
        notifier: args.notifier.clone(),
        state: match (args.failed, args.pending) {
            (true, _) => Some("dead"),
            (_, true) => Some("pending"),
            _ => None,
        },
        limit: Some(args.limit),
    };
    let rows = args.config.reader()?.deliveries(&filter)?;
    let mut out = std::io::stdout().lock();
    for row in &rows {
        match args.json {
            true => writeln!(out, "{}", serde_json::to_string(row)?)?,
            false => writeln!(out, "{}", line(row))?,
        }
    }
    out.flush()?;
    if rows.is_empty() {
        eprintln!("wirewatch: no such delivery");
    } else if args.failed {
        eprintln!("wirewatch: `wirewatch deliveries retry --all` takes them up again");
    }
    Ok(ExitCode::from(u8::from(rows.is_empty())))
}

fn line(row: &DeliveryRow) -> String {
    let state = match (row.state.as_str(), row.done) {
        ("done", Some(done)) => format!("arrived {}", show(done)),
        ("done", None) => "arrived".to_owned(),
        ("dead", _) => "GIVEN UP".to_owned(),
        _ if row.due > Timestamp::now() => format!("waits until {}", show(row.due)),
        _ => "waits".to_owned(),
    };
    let mut text = format!(
        "{}  {}  {}: {state}",
        show(row.since),
        row.alert,
        row.notifier
    );
    text.push_str(&format!(
        "\n    {}  {}",
        row.kind.to_uppercase(),
        row.summary
    ));
    if let Some(error) = &row.error {
        text.push_str(&format!("\n    {error}"));
    }
    text
}

#[derive(Clone, Copy)]
enum Deed {
    Retry,
    Drop,
}

/// Does something about what was given up.
fn dead(args: &Which, deed: Deed) -> anyhow::Result<ExitCode> {
    ensure!(
        args.all || !args.alerts.is_empty() || args.notifier.is_some(),
        "say which: ids of alerts, --notifier NAME or --all; `wirewatch deliveries --failed` lists what was given up"
    );
    let config = args.config.load()?;
    let filter = DeliveryFilter {
        alerts: args.alerts.clone(),
        notifier: args.notifier.clone(),
        ..DeliveryFilter::default()
    };
    let mut editor = Editor::open(&config.store.path)?;
    let (name, count, said) = match deed {
        Deed::Retry => (
            "retried",
            editor.retry(&filter, Timestamp::now())?,
            "back in the outbox",
        ),
        Deed::Drop => ("dropped", editor.drop_dead(&filter)?, "forgotten"),
    };
    let mut out = std::io::stdout().lock();
    match (args.json, count) {
        (true, _) => writeln!(out, "{}", json!({ name: count }))?,
        (false, 0) => writeln!(out, "nothing of that was given up")?,
        (false, n) => writeln!(out, "{n} {said}")?,
    }
    Ok(ExitCode::from(u8::from(count == 0)))
}
