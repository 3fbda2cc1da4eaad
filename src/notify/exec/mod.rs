//! A program of the operator's, run for each message: JSON on its standard input, the most wanted
//! fields in its environment.
//!
//! Its exit status is the receipt: 0, it has it; 75 (EX_TEMPFAIL) or a signal, again later;
//! anything else, it does not take this message. It runs in a process group of its own, which is
//! killed whole when whoever waits for it stops waiting.

#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::Access;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, Command};

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, face, one, webhook};
use crate::config;
use crate::message::{Face, for_nothing};

/// sysexits: try again later.
const EX_TEMPFAIL: i32 = 75;

/// What it sees of our environment; the rest may hold secrets.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "USER", "LANG", "TZ"];

/// So much of the end of what it says is kept.
const HEARD: usize = 4096;

/// So much of its last line is passed on, in characters.
const QUOTED: usize = 200;

/// Most characters of a variable; the system takes 128 KB.
const VARIABLE: usize = 8000;

/// After its end, what it said last is waited for so long: a child of its may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs one program.
pub(super) struct Exec {
    config: config::Exec,
    face: Face,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Exec,
    given: Option<&config::Delivery>,
) -> Result<Exec, String> {
    Ok(Exec {
        config: config.clone(),
        face: face(for_nothing, given, None, include_str!("body.jinja"))?,
    })
}

impl Exec {
    async fn run(&self, message: &Message) -> Sent {
        let input = webhook::plain(message)? + "\n";
        let mut child = self
            .command(message)
            .spawn()
            .map_err(|e| Failure::later(format!("failed to start {}: {e}", self.program())))?;
        let mut group = Group(child.id());
        let mut heard = Vec::new();
        let status = {
            let mut feed = Box::pin(feed(child.stdin.take(), &input));
            let mut listen = Box::pin(listen(child.stderr.take(), &mut heard));
            let (mut fed, mut done) = (false, false);
            let status = loop {
                tokio::select! {
                    status = child.wait() => break status,
                    () = &mut feed, if !fed => fed = true,
                    () = &mut listen, if !done => done = true,
                }
            };
            // It has been waited for: its number may soon be another's.
            group.0 = None;
            if !done {
                tokio::time::timeout(LAST_WORDS, listen).await.ok();
            }
            status
        };
        let status = status.map_err(|e| Failure::later(format!("failed to wait for it: {e}")))?;
        judge(status, &heard)
    }

    fn command(&self, message: &Message) -> Command {
        let mut command = Command::new(self.program());
        command
            .args(self.config.command.iter().skip(1))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, value) in &self.config.env {
            command.env(name, value.expose());
        }
        for (name, value) in self.variables(message) {
            let value: String = value
                .chars()
                .filter(|c| *c != '\0')
                .take(VARIABLE)
                .collect();
            command.env(format!("WIREWATCH_{name}"), value);
        }
        command
    }

    fn variables(&self, message: &Message) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("ID", message.id.clone()),
            ("TITLE", self.face.title(message, 200)),
            ("TEXT", self.face.body(message, VARIABLE)),
            ("COUNT", message.alerts.len().to_string()),
            ("REMINDER", message.reminder.to_string()),
        ];
        if let Some(alert) = message.first() {
            variables.extend([
                ("KIND", alert.kind.as_str().to_owned()),
                ("SUMMARY", alert.summary.clone()),
                ("HEADLINE", alert.headline.clone()),
                ("URL", alert.url.clone()),
                ("SOURCE", alert.source.clone()),
                ("WATCH", alert.watch.clone()),
                ("STORY", alert.story.id.clone()),
            ]);
        }
        variables
    }

    fn program(&self) -> &str {
        self.config.command.first().map_or("", String::as_str)
    }
}

impl Notifier for Exec {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.run(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        let found = find(self.program());
        let found = found.map(|path| format!("{} can be run", path.display()));
        Box::pin(async { found.map_err(Failure::later) })
    }
}

/// What is left of it is killed when nobody waits any more.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            // It may be gone already, which is as well.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// A program need not read what it is told: its exit status is what counts.
async fn feed(stdin: Option<ChildStdin>, input: &str) {
    if let Some(mut stdin) = stdin {
        stdin.write_all(input.as_bytes()).await.ok();
        stdin.shutdown().await.ok();
    }
}

/// Keeps the end of what it says, and lets it say as much as it likes.
async fn listen(stderr: Option<ChildStderr>, heard: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else {
        return;
    };
    let mut chunk = [0; 4096];
    while let Ok(n @ 1..) = stderr.read(&mut chunk).await {
        heard.extend(chunk.iter().take(n));
        let over = heard.len().saturating_sub(HEARD);
        heard.drain(..over);
    }
}

fn judge(status: ExitStatus, heard: &[u8]) -> Sent {
    if status.success() {
        return Ok(None);
    }
    let heard = String::from_utf8_lossy(heard);
    let last = heard.lines().rev().find(|line| !line.trim().is_empty());
    let last: String = last
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(QUOTED)
        .collect();
    let said = match last.trim() {
        "" => String::new(),
        last => format!(": {last}"),
    };
    match (status.code(), status.signal()) {
        (Some(EX_TEMPFAIL), _) => Err(Failure::later(format!("it asked to be run later{said}"))),
        (Some(code), _) => Err(Failure::refused(format!("it ended with {code}{said}"))),
        (None, signal) => Err(Failure::later(format!(
            "it was ended by signal {}{said}",
            signal.unwrap_or_default()
        ))),
    }
}

/// The file that would be run.
fn find(program: &str) -> Result<PathBuf, String> {
    let can = |path: &Path| -> io::Result<()> {
        if std::fs::metadata(path)?.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        Ok(rustix::fs::access(path, Access::EXEC_OK)?)
    };
    if program.contains('/') {
        let path = PathBuf::from(program);
        return match can(&path) {
            Ok(()) => Ok(path),
            Err(e) => Err(format!("failed to find a program at {program}: {e}")),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&folders).map(|folder| folder.join(program));
    places.find(|place| can(place).is_ok()).ok_or_else(|| {
        format!("failed to find `{program}` in PATH; give the whole path of the program")
    })
}
