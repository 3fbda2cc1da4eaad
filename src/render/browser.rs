//! A headless browser and the pipe to it: DevTools messages, each ended by a zero byte.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::RenderError;

/// The browser reads file 3 and writes file 4; a shell puts the two ends there.
const SHELL: &str = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";

const FLAGS: [&str; 13] = [
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--mute-audio",
    // No way out but through the pipe: no name is looked up, and the proxy is nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://0.0.0.0:1",
    "--proxy-bypass-list=<-loopback>",
];

/// A running browser; killed when dropped, and its folder removed.
pub(super) struct Browser {
    // In this order: the process first, then the folder it writes to.
    process: Child,
    folder: Folder,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    line: Vec<u8>,
}

/// A new, empty profile.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Folder> {
        let name = format!("wirewatch-{}-{:x}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A process that is being killed may still write; what is left is the system's to clear.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Browser {
    pub(super) fn start(path: &Path) -> Result<Browser, RenderError> {
        let failed = |source| RenderError::Start {
            path: path.display().to_string(),
            source,
        };
        let folder = Folder::new().map_err(failed)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SHELL, "sh"]).arg(path).args(FLAGS);
        // The browser refuses its own sandbox to root.
        if is_root() {
            command.arg("--no-sandbox");
        }
        command
            .arg(format!("--user-data-dir={}", folder.0.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut process = command.spawn().map_err(failed)?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(RenderError::Ended);
        };
        Ok(Browser {
            process,
            folder,
            to,
            from: BufReader::new(from),
            session: None,
            last: 0,
            line: Vec::new(),
        })
    }

    /// Ends the browser and removes its folder, to which its children may write for a moment more.
    pub(super) async fn close(mut self) {
        let _ = self.process.kill().await;
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.folder.0).is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Messages go to this target from now on.
    pub(super) fn attach(&mut self, session: &str) {
        self.session = Some(session.to_owned());
    }

    /// Sends a command; its answer bears the number returned.
    pub(super) async fn send(&mut self, method: &str, params: Value) -> Result<u64, RenderError> {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let sent = self.to.write_all(&bytes).await;
        sent.map_err(|_| RenderError::Ended)?;
        Ok(self.last)
    }

    /// The next message. Safe to cancel: what has come of it is kept.
    pub(super) async fn next(&mut self) -> Result<Value, RenderError> {
        loop {
            let chunk = self.from.fill_buf().await.map_err(|_| RenderError::Ended)?;
            if chunk.is_empty() {
                return Err(RenderError::Ended);
            }
            let end = chunk.iter().position(|byte| *byte == 0);
            let taken = end.unwrap_or(chunk.len());
            self.line
                .extend_from_slice(chunk.get(..taken).unwrap_or_default());
            self.from.consume(end.map_or(taken, |end| end + 1));
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return serde_json::from_slice(&line).map_err(|_| RenderError::Ended);
            }
        }
    }

    /// Sends a command and waits for its result; what comes in between is left out, so only for
    /// use before a page is loading.
    pub(super) async fn call(&mut self, method: &str, params: Value) -> Result<Value, RenderError> {
        let id = self.send(method, params).await?;
        loop {
            let mut message = self.next().await?;
            if message["id"] == id {
                return result(method, &mut message);
            }
        }
    }
}

/// The result in an answer.
pub(super) fn result(method: &str, message: &mut Value) -> Result<Value, RenderError> {
    match message.get("error") {
        Some(error) => Err(RenderError::Refused(format!(
            "{method}: {}",
            error["message"]
        ))),
        None => Ok(message["result"].take()),
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        uid.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
    })
}
