//! `wirewatch init`: a config to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config;

/// Write a commented config with real public sources, and its JSON Schema for editors beside it.
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
    match init(args, &mut io::stdout().lock(), &mut io::stderr().lock()) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads has gone; there is nobody to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn init(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let path = if args.path.is_dir() {
        args.path.join(config::PATHS[0])
    } else {
        args.path.clone()
    };
    let schema = path.with_file_name(SCHEMA);
    let written = write(&path, config::STARTER, args.force)
        // The schema is generated: the one that is there is at best the same.
        .and_then(|()| write(&schema, &config::schema(), true));
    if let Err(message) = written {
        writeln!(err, "{message}")?;
        return Ok(1);
    }
    let option = if path == Path::new(config::PATHS[0]) {
        String::new()
    } else {
        format!(" --config {}", path.display())
    };
    writeln!(
        out,
        "wrote {} (and {} for editors)\n",
        path.display(),
        schema.display()
    )?;
    writeln!(out, "Put your contact into `user_agent`, then:")?;
    writeln!(out, "  wirewatch check{option}\n  wirewatch run{option}")?;
    Ok(0)
}

/// Writes the file, or says why not and what to do.
fn write(path: &Path, text: &str, overwrite: bool) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let path = path.display();
        match error.kind() {
            io::ErrorKind::AlreadyExists => format!(
                "error: {path} is there already\n  = help: name another file, or overwrite it with --force"
            ),
            io::ErrorKind::NotFound => format!(
                "error: failed to write {path}: its folder is not there\n  = help: make the folder first"
            ),
            _ => format!("error: failed to write {path}: {error}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit code, standard output, standard error.
    fn ran(path: &Path, force: bool) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = Args {
            path: path.to_path_buf(),
            force,
        };
        let code = init(&args, &mut out, &mut err).unwrap();
        (
            code,
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        )
    }

    #[test]
    fn writes_a_config_that_loads_and_says_what_is_next() {
        let folder = tempfile::tempdir().unwrap();
        let (code, out, err) = ran(folder.path(), false);
        assert_eq!((code, err.as_str()), (0, ""));
        let path = folder.path().join("wirewatch.toml");
        assert!(
            out.contains(&format!("wirewatch check --config {}\n", path.display())),
            "{out}"
        );
        assert!(
            out.contains(&format!("wirewatch run --config {}\n", path.display())),
            "{out}"
        );
        assert!(config::load(&path).is_ok());
        let schema = std::fs::read_to_string(folder.path().join(SCHEMA)).unwrap();
        assert_eq!(schema, config::schema());
    }

    #[test]
    fn does_not_overwrite_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "mine").unwrap();
        let (code, out, err) = ran(&path, false);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(
            err.contains("is there already") && err.contains("--force"),
            "{err}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert!(!folder.path().join(SCHEMA).exists());

        assert_eq!(ran(&path, true).0, 0);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), config::STARTER);
    }

    #[test]
    fn says_when_the_folder_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let (code, _, err) = ran(&folder.path().join("none/w.toml"), false);
        assert_eq!(code, 1);
        assert!(err.contains("its folder is not there"), "{err}");
    }
}
