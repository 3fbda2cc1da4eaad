//! `wirewatch check`: is the config right?

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::changes::Changes;
use crate::config::{self, Config, Errors, Problem, Severity};

/// Check the config: everything that is wrong with it, each with its place and its fix.
///
/// Exit codes: 0 right (perhaps with warnings), 78 wrong; with --diff 1 if the store cannot be read.
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
    /// Show what a reload would do: what differs from the config that the daemon runs with
    #[arg(long, conflicts_with = "print")]
    pub diff: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<Changes>,
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
    let changes = loaded.as_ref().ok().filter(|_| args.diff).map(Changes::of);
    let changes = match changes.transpose() {
        Ok(changes) => changes,
        Err(error) => {
            writeln!(err, "wirewatch: {error:#}")?;
            return Ok(1);
        }
    };
    if args.json {
        let path = path.unwrap_or_else(|_| config::PATHS[0].into());
        return json(args, &path, &loaded, changes, out);
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
            if let Some(changes) = changes {
                changes.write(&config, out)?;
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
    diff: Option<Changes>,
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
        diff,
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[fetch]
user_agent = "wirewatch (+mailto:desk@example.com)"
proxy = "http://me:hunter2@proxy:3128"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;

    /// Exit code, standard output, standard error.
    fn ran(text: &str, json: bool, print: bool) -> (u8, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.toml");
        std::fs::write(&path, text).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = Args {
            config: Some(path),
            json,
            print,
            diff: false,
        };
        let code = check(&args, false, &mut out, &mut err).unwrap();
        let text = |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&folder.path().display().to_string(), "FOLDER")
        };
        (code, text(out), text(err))
    }

    #[test]
    fn a_right_config_is_counted_and_its_warnings_told() {
        let (code, out, err) = ran(GOOD, false, false);
        assert_eq!(
            (code, out.as_str()),
            (
                0,
                "ok: FOLDER/w.toml: 1 source, 0 watches, 0 notifiers, 1 warning\n"
            )
        );
        assert!(err.starts_with("warning: there is no [[watch]]"), "{err}");
    }

    #[test]
    fn a_wrong_config_is_told_whole() {
        let (code, out, err) = ran("[fetch]\nproxi = 1\n[stor]\n", false, false);
        assert_eq!((code, out.as_str()), (78, ""));
        assert!(
            err.contains("did you mean `proxy`?") && err.contains("did you mean `store`?"),
            "{err}"
        );
        assert!(err.ends_with("\n\n3 errors in the config\n"), "{err}");
    }

    #[test]
    fn the_effective_config_is_whole_and_hides_secrets() {
        let (code, out, _) = ran(GOOD, false, true);
        assert_eq!(code, 0);
        assert!(
            out.contains("proxy = \"(hidden)\"") && !out.contains("hunter2"),
            "{out}"
        );
        assert!(out.contains("max_redirects = 10\n"), "{out}");
    }

    #[test]
    fn json_says_the_same() {
        let (code, out, err) = ran(GOOD, true, true);
        assert_eq!((code, err.as_str()), (0, ""));
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (&json["ok"], &json["sources"], &json["path"]),
            (&true.into(), &1.into(), &"FOLDER/w.toml".into())
        );
        assert_eq!(json["warnings"][0]["severity"], "warning");
        assert_eq!(
            (
                &json["config"]["fetch"]["proxy"],
                &json["config"]["source"][0]["id"]
            ),
            (&"(hidden)".into(), &"bbc".into())
        );

        let (code, out, _) = ran("[stor]\n", true, true);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (code, &json["ok"], &json["config"]),
            (78, &false.into(), &serde_json::Value::Null)
        );
        assert_eq!(
            (&json["errors"][1]["line"], &json["errors"][1]["column"]),
            (&1.into(), &2.into())
        );
    }
}
