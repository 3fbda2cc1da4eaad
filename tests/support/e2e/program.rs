//! The real program in a folder of its own: config, database, alert log, signals.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use wirewatch::alert::Alert;
use wirewatch::article::Kind;
use wirewatch::store::{
    AlertFilter, ArticleId, DevelopmentRow, FetchRow, Reader, StoreError, StoredRevision,
};

use super::until;

/// The built program.
pub fn wirewatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirewatch"));
    for name in [
        "WIREWATCH_CONFIG",
        "WIREWATCH_LOG",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "JOURNAL_STREAM",
    ] {
        command.env_remove(name);
    }
    command
}

/// The head of every config here, and one notifier: the alert log.
pub const HEAD: &str = r#"
[store]
path = "wirewatch.db"

[fetch]
user_agent = "wirewatch (+mailto:desk@example.com)"
allow_private = ["127.0.0.0/8"]
per_host_delay = "0s"

[[notify]]
name = "log"
type = "log"
path = "alerts.jsonl"
"#;

/// A watch that lets everything through to the alert log.
pub const EVERYTHING: &str = r#"
[[watch]]
name = "everything"
notify = ["log"]
"#;

/// A source polled every second, its articles as often.
pub fn source(id: &str, kind: &str, url: &str) -> String {
    let recheck = if kind == "article" {
        ""
    } else {
        "recheck = \"1s\"\n"
    };
    format!(
        "\n[[source]]\nid = \"{id}\"\nkind = \"{kind}\"\nurl = \"{url}\"\ninterval = \"1s\"\n{recheck}"
    )
}

/// A folder with a config; it is removed when dropped.
pub struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    pub fn new(config: &str) -> Folder {
        let folder = Folder {
            dir: tempfile::tempdir().unwrap(),
        };
        folder.write(config);
        folder
    }

    /// Writes the config anew.
    pub fn write(&self, config: &str) {
        std::fs::write(self.file("wirewatch.toml"), config).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command with this config to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        wirewatch()
            .args(arguments)
            .arg("--config")
            .arg(self.file("wirewatch.toml"))
            .output()
            .unwrap()
    }

    pub fn start(&self) -> Daemon {
        self.start_with(|_| {})
    }

    /// Starts the daemon after `prepare` has had its way with the command.
    pub fn start_with(&self, prepare: impl FnOnce(&mut Command)) -> Daemon {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.file("daemon.log"))
            .unwrap();
        let mut command = wirewatch();
        command
            .args(["run", "--log", "wirewatch=debug", "--config"])
            .arg(self.file("wirewatch.toml"))
            .stdin(Stdio::null())
            .stdout(File::create(self.file("stdout.txt")).unwrap())
            .stderr(log);
        prepare(&mut command);
        Daemon {
            child: command.spawn().unwrap(),
        }
    }

    /// The daemon's own log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("daemon.log")).unwrap_or_default()
    }

    /// Waits for this text in the daemon's own log, `times` in all.
    #[track_caller]
    pub fn wait_log(&self, text: &str, times: usize) {
        until(&format!("{text:?} in the daemon's log"), || {
            (self.log().matches(text).count() >= times).then_some(())
        });
    }

    /// The developments in a log file: every line must be a whole JSON object.
    #[track_caller]
    pub fn logged(&self, name: &str) -> Vec<Value> {
        let mut lines = self.lines(name);
        lines.retain(|line| line["kind"] != "health");
        lines
    }

    /// The troubles in the alert log, starts and ends: subject, what and its state now.
    #[track_caller]
    pub fn troubles(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.file("alerts.jsonl")).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str::<Alert>(line).ok())
            .filter(|alert| alert.kind == Kind::Health)
            .map(|alert| format!("{} -> {}", alert.subject, alert.to))
            .collect()
    }

    /// The lines of a log file.
    #[track_caller]
    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "cut line: {text:?}"
        );
        text.lines()
            .map(|line| {
                let value: Value =
                    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line:?}"));
                assert!(value["id"].is_string(), "{line}");
                value
            })
            .collect()
    }

    /// The developments in the alert log, which the daemon may be writing to.
    pub fn told(&self) -> Vec<Alert> {
        let text = std::fs::read_to_string(self.file("alerts.jsonl")).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|alert: &Alert| alert.kind != Kind::Health)
            .collect()
    }

    /// A view of the store; `None` while there is none.
    pub fn reader(&self) -> Option<Reader> {
        match Reader::open(&self.file("wirewatch.db")) {
            Ok(reader) => Some(reader),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn find(&self, url: &str) -> Option<(Reader, ArticleId)> {
        let reader = self.reader()?;
        let id = reader.find(url).unwrap()?;
        Some((reader, id))
    }

    pub fn revisions(&self, url: &str) -> Vec<StoredRevision> {
        self.find(url)
            .map(|(reader, id)| reader.revisions(id).unwrap())
            .unwrap_or_default()
    }

    pub fn fetches(&self, url: &str) -> Vec<FetchRow> {
        self.find(url)
            .map(|(reader, id)| reader.fetches(id).unwrap())
            .unwrap_or_default()
    }

    pub fn developments(&self, url: &str) -> Vec<DevelopmentRow> {
        self.find(url)
            .map(|(reader, id)| reader.developments(id).unwrap())
            .unwrap_or_default()
    }

    /// The developments told in the store, of one article or (`""`) of all.
    pub fn alerts(&self, url: &str) -> Vec<Alert> {
        let Some(reader) = self.reader() else {
            return Vec::new();
        };
        let all = reader.alerts(&AlertFilter::default()).unwrap();
        all.into_iter()
            .map(|(_, alert)| alert)
            .filter(|alert| alert.kind != Kind::Health && (url.is_empty() || alert.url == url))
            .collect()
    }

    /// Waits until the article has that many revisions.
    #[track_caller]
    pub fn wait_revisions(&self, url: &str, count: usize) {
        until(&format!("{count} revisions of {url}"), || {
            (self.revisions(url).len() >= count).then_some(())
        });
    }

    /// How many fetches of the article ended in `outcome`.
    pub fn ended(&self, url: &str, outcome: &str) -> u64 {
        let rows = self.fetches(url);
        let of = rows.iter().filter(|row| row.outcome == outcome);
        of.map(|row| row.times).sum()
    }

    /// Waits until the alert log has that many lines.
    #[track_caller]
    pub fn wait_told(&self, count: usize) -> Vec<Alert> {
        until(&format!("{count} alerts in the log"), || {
            Some(self.told()).filter(|told| told.len() >= count)
        })
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    pub child: Child,
}

impl Daemon {
    /// Sends a signal by its name: HUP, TERM, INT.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", self.child.id()))
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    #[track_caller]
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        until("the daemon's end", || self.child.try_wait().unwrap())
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
