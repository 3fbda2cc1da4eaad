//! The commands, a file each.

pub mod check;
pub mod init;

use std::process::ExitCode;

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    ExitCode::from(64)
}
