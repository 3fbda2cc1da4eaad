//! `wirewatch alerts`: what was told.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;

use super::common::{ConfigArg, moment};
use crate::article::Kind;
use crate::notify::readable;
use crate::store::AlertFilter;

/// How often `--follow` looks for new ones.
const FOLLOW: Duration = Duration::from_millis(300);

/// List the alerts, oldest first.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Not older than: a time, a date, or how long ago (90m, 2h, 7d)
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Of this kind (several: commas, or again)
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    kind: Vec<Kind>,
    /// Let through by this watch
    #[arg(long, value_name = "NAME")]
    watch: Option<String>,
    /// Go on and print new ones as they come
    #[arg(long, short)]
    follow: bool,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// A kind of development by its name, or `health`.
pub(super) fn kind(name: &str) -> Result<Kind, String> {
    let kinds = || Kind::ALL.into_iter().chain([Kind::Health]);
    kinds().find(|k| k.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = kinds().map(Kind::as_str).collect();
        format!("the kinds are {}", names.join(", "))
    })
}

/// Runs the command. Exit code 1 if there is none.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let reader = args.config.reader()?;
    let mut filter = AlertFilter {
        since: args.since,
        kinds: args.kind.clone(),
        watch: args.watch.clone(),
        after: None,
    };
    let mut any = false;
    loop {
        let alerts = reader.alerts(&filter)?;
        let mut out = std::io::stdout().lock();
        for (seq, alert) in &alerts {
            filter.after = Some(*seq);
            any = true;
            match args.json {
                true => writeln!(out, "{}", serde_json::to_string(alert)?)?,
                false => writeln!(out, "{}", readable(alert))?,
            }
        }
        out.flush()?;
        if !args.follow {
            if !any {
                eprintln!("wirewatch: no such alert yet");
            }
            return Ok(ExitCode::from(u8::from(!any)));
        }
        std::thread::sleep(FOLLOW);
    }
}
