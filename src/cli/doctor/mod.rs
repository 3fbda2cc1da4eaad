//! `wirewatch doctor`: is everything there that the daemon needs?
//!
//! One line a finding with the fix. `local` looks at this machine, `network` at the sources,
//! `notifiers` at those who are told.

mod local;
mod network;
mod notifiers;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;

use super::common::ConfigArg;
use crate::config;

/// Look at everything the daemon needs: one line a finding, with the fix.
///
/// The config, permissions, disk, database, the running daemon, open troubles, deliveries that were
/// given up, names, one fetch of each source and the clock by its answers, and whether each notifier
/// can be reached. Nothing is stored and nobody is sent a message. Sources are asked as politely as
/// by the daemon, but beside it: while it runs, a host may be asked twice in the time of one.
///
/// Exit codes: 0, or 1 if anything failed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// Look at this source alone; may be given several times
    #[arg(long, value_name = "ID")]
    source: Vec<String>,
    /// Ask nothing of the network
    #[arg(long)]
    offline: bool,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// As it should be.
    Ok,
    /// It works, but hardly as meant.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    level: Level,
    /// What was looked at: "config", "source bbc-world".
    what: String,
    /// What was found.
    detail: String,
    /// How to mend it; nothing to mend: empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    fix: String,
}

impl Finding {
    fn ok(what: impl Into<String>, detail: impl Into<String>) -> Finding {
        Finding {
            level: Level::Ok,
            what: what.into(),
            detail: detail.into(),
            fix: String::new(),
        }
    }

    fn warn(what: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            level: Level::Warn,
            fix: fix.into(),
            ..Finding::ok(what, detail)
        }
    }

    fn fail(what: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            level: Level::Fail,
            ..Finding::warn(what, detail, fix)
        }
    }

    fn line(&self) -> String {
        let level = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        let text = match self.fix.as_str() {
            "" => format!("{}: {}", self.what, self.detail),
            fix => format!("{}: {}; {fix}", self.what, self.detail),
        };
        // One line a finding, whatever an error has to say.
        let words: Vec<&str> = text.split_whitespace().collect();
        format!("{level}  {}", words.join(" "))
    }
}

/// Prints findings as they come, and remembers whether one failed.
struct Findings {
    json: bool,
    failed: bool,
}

impl Findings {
    fn add(&mut self, finding: Finding) -> anyhow::Result<()> {
        self.failed |= finding.level == Level::Fail;
        let mut out = std::io::stdout().lock();
        match self.json {
            true => writeln!(out, "{}", serde_json::to_string(&finding)?)?,
            false => writeln!(out, "{}", finding.line())?,
        }
        Ok(())
    }

    fn end(&self) -> ExitCode {
        ExitCode::from(u8::from(self.failed))
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut findings = Findings {
        json: args.json,
        failed: false,
    };
    let loaded = args.config.path().and_then(|path| config::load(&path));
    let config = match loaded {
        Ok(config) => config,
        Err(errors) => {
            for problem in errors.problems() {
                findings.add(local::problem(problem))?;
            }
            return Ok(findings.end());
        }
    };
    for finding in local::of_config(&config) {
        findings.add(finding)?;
    }
    for finding in local::of_store(&config) {
        findings.add(finding)?;
    }
    let chosen = |id: &String| args.source.is_empty() || args.source.contains(id);
    for unknown in &args.source {
        if config.sources.iter().all(|source| source.id != *unknown) {
            let fix = "`wirewatch sources` lists them";
            findings.add(Finding::fail(
                "config",
                format!("no source `{unknown}`"),
                fix,
            ))?;
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")?;
    let looked = runtime.block_on(async {
        if !args.offline {
            let sources = config.sources.iter().filter(|source| chosen(&source.id));
            network::look(&config, sources.collect(), &mut findings).await?;
        }
        for finding in notifiers::look(&config, args.offline).await {
            findings.add(finding)?;
        }
        Ok(findings.end())
    });
    // A name lookup that hangs must not hold up the end.
    runtime.shutdown_background();
    looked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let ok = Finding::ok("disk", "12 GB free");
        assert_eq!(ok.line(), "ok    disk: 12 GB free");
        let fail = Finding::fail("source a", "refused,\n  badly", "is it up?");
        assert_eq!(fail.line(), "fail  source a: refused, badly; is it up?");
    }
}
