//! `wirewatch completions` and `wirewatch man`: what packagers install.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap_complete::Shell;

/// Print the completion script of a shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

/// Print the manual page, or write one a command into a folder.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Folder to write wirewatch.1, wirewatch-run.1 and so on into
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs `completions`.
pub fn completions(args: &Completions, mut cli: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, "wirewatch", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `man`.
pub fn man(args: &Man, cli: clap::Command) -> anyhow::Result<ExitCode> {
    match &args.dir {
        Some(dir) => write_pages(dir, cli)?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_pages(dir: &Path, cli: clap::Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(cli, dir))
        .with_context(|| format!("failed to write the manual pages into {}", dir.display()))
}
