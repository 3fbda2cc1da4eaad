//! `wirewatch notify-test`: does a notifier work?

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use super::common::ConfigArg;
use crate::message::{Message, Told, sample};
use crate::notify::{self, Failure};
use crate::store::Reader;

/// Send a real message through a notifier of the config and say what came of it.
///
/// Digest, quiet hours and rate limits are not waited for. Nothing is written to the database.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Name of the notifier
    #[arg(value_name = "NAME")]
    name: String,
    /// Send this alert of the past instead of a made-up one
    #[arg(long, value_name = "ID")]
    alert: Option<String>,
    /// Only look whether the receiver is there and lets us in; send nothing
    #[arg(long, conflicts_with = "alert")]
    probe: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Exit code 1 if it did not arrive.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.config.load()?;
    let Some(table) = config.notifiers.iter().find(|n| n.name == args.name) else {
        let names: Vec<&str> = config.notifiers.iter().map(|n| n.name.as_str()).collect();
        bail!(
            "the config has no notifier `{}`; it has {}",
            args.name,
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        );
    };
    let told = match &args.alert {
        Some(id) => Reader::open(&config.store.path)?
            .alert(id)?
            .with_context(|| {
                format!("there is no alert {id}; `wirewatch alerts --json` shows the ids")
            })?,
        None => {
            let alert = sample(Timestamp::now());
            let json = serde_json::to_string(&alert)?;
            Told { alert, json }
        }
    };
    let message = Message {
        id: told.alert.id.clone(),
        alerts: vec![told],
        reminder: 0,
        thread: None,
    };
    let mut notifier = notify::build(table).map_err(anyhow::Error::msg)?;
    let limit = table.timeout();
    // As in the daemon: some notifiers work on a thread of the runtime's own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        if args.probe {
            let probed = timeout(limit, notifier.probe()).await;
            return probed.unwrap_or_else(|_| Err(Failure::late(limit)));
        }
        let sent = timeout(limit, notifier.deliver(std::slice::from_ref(&message))).await;
        match sent.map(|receipt| receipt.failure) {
            Ok(None) => Ok(format!("{} has arrived", message.id)),
            Ok(Some(failure)) => Err(failure),
            Err(_) => Err(Failure::late(limit)),
        }
    });
    runtime.shutdown_background();
    let mut out = std::io::stdout().lock();
    let (ok, said) = match &result {
        Ok(said) => (true, said.as_str()),
        Err(failure) => (false, failure.reason()),
    };
    match (args.json, ok) {
        (true, _) => writeln!(
            out,
            "{}",
            json!({"notifier": args.name, "ok": ok, "said": said, "id": message.id})
        )?,
        (false, true) => writeln!(out, "{}: ok: {said}", args.name)?,
        (false, false) => writeln!(out, "{}: failed: {said}", args.name)?,
    }
    Ok(ExitCode::from(u8::from(!ok)))
}
