//! `wirewatch init`: a config to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config;

/// Writes a commented config with real public sources, and its JSON Schema for editors beside it.
///
/// Exit codes: 0 written, 1 not written.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write, or the folder to write wirewatch.toml into
    #[arg(default_value = config::PATHS[0])]
    pub path: PathBuf,
    /// Overwrite a file that is there already
    #[arg(long)]
    pub force: bool,
}

/// The schema's file name; the first line of the config names it.
const SCHEMA: &str = "wirewatch.schema.json";

/// Runs the command: what was written and what to do next to standard output.
pub fn run(args: &Args) -> ExitCode {
    let path = if args.path.is_dir() {
        args.path.join(config::PATHS[0])
    } else {
        args.path.clone()
    };
    let schema = path.with_file_name(SCHEMA);
    if let Err(error) = write(&path, config::STARTER, args.force) {
        eprintln!("{}", refusal(&path, &error));
        return ExitCode::FAILURE;
    }
    // The schema is generated, so the one that is there is at best the same.
    if let Err(error) = write(&schema, &config::schema(), true) {
        eprintln!("{}", refusal(&schema, &error));
        return ExitCode::FAILURE;
    }
    let option = if path == Path::new(config::PATHS[0]) {
        String::new()
    } else {
        format!(" --config {}", path.display())
    };
    let text = format!(
        "wrote {} (and {} for editors)\n\n\
         Put your contact into `user_agent`, then:\n  \
         wirewatch check{option}\n  \
         wirewatch run{option}\n",
        path.display(),
        schema.display(),
    );
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn write(path: &Path, text: &str, overwrite: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(path)?.write_all(text.as_bytes())
}

fn refusal(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!(
                "error: {path} is there already\n  help: name another file, or overwrite it with --force"
            )
        }
        io::ErrorKind::NotFound => {
            format!(
                "error: failed to write {path}: its folder is not there\n  help: make the folder first"
            )
        }
        _ => format!("error: failed to write {path}: {error}"),
    }
}
