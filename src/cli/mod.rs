//! The commands, a file each.
//!
//! A command parses its arguments, calls the modules and prints. Exit codes follow sysexits: 0, 1
//! (found nothing, or failed), 64 usage, 78 config.

mod ack;
mod alerts;
mod backup;
mod changes;
mod check;
mod common;
mod compact;
mod deliveries;
mod demo;
mod detect;
mod diff;
mod doctor;
mod evidence;
mod export;
mod extract;
mod generate;
mod history;
mod init;
mod logging;
mod memory;
mod notify_test;
mod restore;
mod run;
mod sources;
mod sources_add;
mod status;
mod traces;
mod why;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::daemon::DaemonError;
use crate::store::Cause;
use common::ConfigRefused;

/// Exit code of a usage error (`EX_USAGE`).
const USAGE: u8 = 64;

/// Exit code where a site cannot be reached, or an address not listened on (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;

/// Exit code where a site forbids it (`EX_NOPERM`).
const FORBIDDEN: u8 = 77;

/// Exit code of a config error (`EX_CONFIG`), and of a daemon whose database is damaged.
const CONFIG: u8 = 78;

#[derive(Parser)]
#[command(
    version,
    about = "Tells you when the story changes, not when the page changes.",
    long_about = "wirewatch watches news pages, feeds and sections, and writes an alert only when \
                  something new has happened: the summit is called off, the toll rises, the \
                  minister resigns, the paper silently corrects itself.\n\n\
                  Start with `wirewatch demo`, then `wirewatch init`, `wirewatch check` and \
                  `wirewatch run`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Demo(demo::Args),
    Init(init::Args),
    Check(check::Args),
    Sources(sources::Args),
    Status(status::Args),
    Doctor(doctor::Args),
    History(history::Args),
    Diff(diff::Args),
    Why(why::Args),
    Alerts(alerts::Args),
    Deliveries(deliveries::Args),
    Ack(ack::Args),
    NotifyTest(notify_test::Args),
    Extract(extract::Args),
    Detect(detect::Args),
    Compact(compact::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Export(export::Args),
    Evidence(evidence::Args),
    Completions(generate::Completions),
    Man(generate::Man),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let result = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Init(args) => Ok(init::run(&args)),
        Command::Check(args) => Ok(check::run(&args)),
        Command::Sources(args) => sources::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::History(args) => history::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Alerts(args) => alerts::run(&args),
        Command::Deliveries(args) => deliveries::run(&args),
        Command::Ack(args) => ack::run(&args),
        Command::NotifyTest(args) => notify_test::run(&args),
        Command::Extract(args) => extract::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::Compact(args) => compact::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Evidence(args) => evidence::run(&args),
        Command::Completions(args) => generate::completions(&args, Cli::command()),
        Command::Man(args) => generate::man(&args, Cli::command()),
    };
    result.unwrap_or_else(|error| failed(&error))
}

/// Says what went wrong. A reader that has gone away (`wirewatch alerts | head`) is no error.
fn failed(error: &anyhow::Error) -> ExitCode {
    if let Some(refused) = error.downcast_ref::<ConfigRefused>() {
        eprintln!("{}", refused.render());
        return ExitCode::from(CONFIG);
    }
    let broken_pipe = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    if error.downcast_ref().is_some_and(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("wirewatch: {error:#}");
    match error.downcast_ref() {
        // No more than a wrong config does it become right by trying again.
        Some(DaemonError::Store(error)) if error.cause() == Some(Cause::Damaged) => {
            ExitCode::from(CONFIG)
        }
        Some(DaemonError::Listen(_)) => ExitCode::from(UNAVAILABLE),
        _ => ExitCode::FAILURE,
    }
}
