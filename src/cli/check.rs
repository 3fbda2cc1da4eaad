//! `wirewatch check`: is the config right?

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use crate::config::{self, Config, Errors, Problem, Severity};

/// Reads the config and tells everything that is wrong with it, each with its place and its fix.
///
/// Exit codes: 0 right (perhaps with warnings), 78 wrong.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The config file [default: wirewatch.toml, then /etc/wirewatch/wirewatch.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Print the config with every default filled in and secrets hidden
    #[arg(long)]
    pub print: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'r> {
    ok: bool,
    path: &'r Path,
    sources: usize,
    watches: usize,
    notifiers: usize,
    errors: Vec<&'r Problem>,
    warnings: Vec<&'r Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'r Config>,
}

/// Runs the command: the answer to standard output; in the text form, problems to standard error.
pub fn run(args: &Args) -> ExitCode {
    let styled = io::stderr().is_terminal();
    match check(
        args,
        styled,
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    ) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads has gone; there is nobody to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn check(args: &Args, styled: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let path = config::find(args.config.as_deref());
    let loaded = path.clone().and_then(|path| config::load(&path));
    if args.json {
        let path = path.unwrap_or_else(|_| config::PATHS[0].into());
        return json(args, &path, &loaded, out);
    }
    match loaded {
        Ok(config) => {
            for warning in &config.warnings {
                writeln!(err, "{}\n", warning.render(styled))?;
            }
            if args.print {
                out.write_all(config.to_toml().map_err(io::Error::other)?.as_bytes())?;
            } else {
                writeln!(out, "ok: {}: {}", config.path.display(), counted(&config))?;
            }
            Ok(0)
        }
        Err(errors) => {
            let count = errors
                .problems()
                .iter()
                .filter(|p| p.severity == Severity::Error)
                .count();
            writeln!(
                err,
                "{}\n\n{} in the config",
                errors.render(styled),
                plural(count, "error")
            )?;
            Ok(78)
        }
    }
}

fn json(
    args: &Args,
    path: &Path,
    loaded: &Result<Config, Errors>,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let (config, problems) = match loaded {
        Ok(config) => (Some(config), config.warnings.as_slice()),
        Err(errors) => (None, errors.problems()),
    };
    let of = |severity| problems.iter().filter(|p| p.severity == severity).collect();
    let report = Report {
        ok: config.is_some(),
        path,
        sources: config.map_or(0, |c| c.sources.len()),
        watches: config.map_or(0, |c| c.watches.len()),
        notifiers: config.map_or(0, |c| c.notifiers.len()),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        config: config.filter(|_| args.print),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)?;
    Ok(if report.ok { 0 } else { 78 })
}

/// "12 sources, 2 watches, 2 notifiers, no warnings".
fn counted(config: &Config) -> String {
    let warnings = match config.warnings.len() {
        0 => "no warnings".to_owned(),
        count => plural(count, "warning"),
    };
    let watches = match config.watches.len() {
        1 => "1 watch".to_owned(),
        count => format!("{count} watches"),
    };
    let sources = plural(config.sources.len(), "source");
    let notifiers = plural(config.notifiers.len(), "notifier");
    format!("{sources}, {watches}, {notifiers}, {warnings}")
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
