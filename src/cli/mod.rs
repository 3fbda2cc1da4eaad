//! The commands, a file each.

pub mod extract;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Extract(extract::Args),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 64 } else { 0 });
        }
    };
    let result = match cli.command {
        Command::Extract(args) => extract::run(&args),
    };
    result.unwrap_or_else(|e| {
        eprintln!("wirewatch: {e:#}");
        ExitCode::from(1)
    })
}
