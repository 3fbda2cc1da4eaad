//! `wirewatch ack`: somebody has taken note of an alert.

use std::io::Write;
use std::process::ExitCode;

use anyhow::ensure;
use jiff::Timestamp;
use serde_json::json;

use super::common::ConfigArg;
use crate::store::Editor;

/// Acknowledge alerts, so that notifiers with `remind` tell them no more.
///
/// Exit code 1 if one of them is not known.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Ids of alerts, as they stand in each message and in `wirewatch alerts --json`
    #[arg(value_name = "ALERT", required_unless_present = "all")]
    alerts: Vec<String>,
    /// Everything that is still to be told again
    #[arg(long, conflicts_with = "alerts")]
    all: bool,
    /// Who takes note, for the record
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let mut editor = Editor::open(&config.store.path)?;
    let alerts = match args.all {
        true => editor.reminded()?,
        false => args.alerts.clone(),
    };
    ensure!(!alerts.is_empty(), "nothing is to be acknowledged");
    let mut out = std::io::stdout().lock();
    let mut unknown = false;
    for alert in &alerts {
        let done = editor.acknowledge(alert, args.by.as_deref(), Timestamp::now())?;
        unknown |= done.is_none();
        if args.json {
            writeln!(
                out,
                "{}",
                json!({"alert": alert, "known": done.is_some(), "new": done == Some(true)})
            )?;
            continue;
        }
        let said = match done {
            Some(true) => "acknowledged",
            Some(false) => "was acknowledged before",
            None => "is not known; `wirewatch alerts --json` shows the ids",
        };
        writeln!(out, "{alert} {said}")?;
    }
    Ok(ExitCode::from(u8::from(unknown)))
}
