//! The config's files, watched for changes: the main loop is told when one has settled.
//!
//! Their folders are watched rather than they themselves: an editor puts a new file in the place of
//! the old one, and Kubernetes swaps a symlink on the way to it. What changed is judged by what the
//! files hold, so that neither a touch nor the database beside them is taken for a change.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, Event, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::config::Files;

/// A change has settled when nothing has happened for so long: who writes a file takes a moment.
const QUIET: Duration = Duration::from_millis(500);

/// It is looked at by then, though more may come.
const LONGEST: Duration = Duration::from_secs(5);

/// How often the files are looked at where they cannot be watched.
const UNWATCHED: Duration = Duration::from_secs(60);

/// Symlinks followed on the way to one file, as the kernel does.
const MOST_LINKS: usize = 40;

/// How often the way to the files may change while they are about to be watched.
const ATTEMPTS: u32 = 5;

/// The watch over a config's files; it ends when this is dropped.
pub(super) struct Watching {
    changes: mpsc::Receiver<()>,
    task: JoinHandle<()>,
}

impl Watching {
    /// Watches the files that a config was read from; a config without any is never changed.
    pub(super) fn start(files: &Files) -> Watching {
        let (tell, changes) = mpsc::channel(1);
        let files = files.clone();
        let task = tokio::spawn(async move {
            if let Some(config) = files.paths.first() {
                follow(config, files.digest, &tell, watch).await;
            }
        });
        Watching { changes, task }
    }

    /// Resolves when the files hold something else than before. Safe to cancel.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Watches and looks in turn, until nobody listens.
async fn follow<W: Send + 'static>(
    config: &Path,
    mut digest: [u8; 32],
    tell: &mpsc::Sender<()>,
    watch: fn(&BTreeSet<PathBuf>, Arc<Notify>) -> Result<W, notify::Error>,
) {
    let mut unwatched = false;
    loop {
        let events = Arc::new(Notify::new());
        let (path, woken) = (config.to_owned(), events.clone());
        // Watched first, so that what changes after the look is seen; and once more where the way
        // to the files has changed meanwhile, since then it was the old way that was watched.
        let look = move || {
            let mut attempts = 0;
            loop {
                let entries = ways(&Files::look(&path));
                let watcher = watch(&entries, woken.clone());
                let files = Files::look(&path);
                attempts += 1;
                if attempts == ATTEMPTS || ways(&files) == entries {
                    return (watcher, files);
                }
            }
        };
        let Ok((watcher, files)) = tokio::task::spawn_blocking(look).await else {
            return;
        };
        if files.digest != digest {
            digest = files.digest;
            if tell.send(()).await.is_err() {
                return;
            }
        }
        match watcher {
            Ok(_watcher) => {
                unwatched = false;
                settled(&events).await;
            }
            Err(error) => {
                if !std::mem::replace(&mut unwatched, true) {
                    tracing::warn!(
                        %error,
                        "failed to watch the config for changes; it is looked at once a minute, and SIGHUP takes a change up at once"
                    );
                }
                sleep(UNWATCHED).await;
            }
        }
    }
}

/// Something has happened, and then nothing for a while.
async fn settled(events: &Notify) {
    events.notified().await;
    let end = Instant::now() + LONGEST;
    while Instant::now() < end {
        let quiet = (Instant::now() + QUIET).min(end);
        if timeout_at(quiet, events.notified()).await.is_err() {
            return;
        }
    }
}

/// Watches the folders of these entries.
fn watch(
    entries: &BTreeSet<PathBuf>,
    events: Arc<Notify>,
) -> Result<RecommendedWatcher, notify::Error> {
    let folders: BTreeSet<PathBuf> = entries
        .iter()
        .filter_map(|entry| entry.parent().map(Path::to_path_buf))
        .collect();
    let (wanted, watched) = (entries.clone(), folders.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let matters = event.as_ref().map_or(true, |event| {
            is_change(event)
                && (event.need_rescan()
                    || event
                        .paths
                        .iter()
                        .any(|path| wanted.contains(path) || watched.contains(path)))
        });
        if matters {
            events.notify_one();
        }
    })?;
    for folder in &folders {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// Reading a file, as the daemon itself does, changes nothing.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// The ways to all files of a config.
fn ways(files: &Files) -> BTreeSet<PathBuf> {
    files.paths.iter().flat_map(|path| way_to(path)).collect()
}

/// The entries of folders that decide on what `path` leads to: the file itself and each symlink on
/// the way, with their folders' real names. Where the way breaks off, the first that is missing.
fn way_to(path: &Path) -> Vec<PathBuf> {
    let Ok(path) = std::path::absolute(path) else {
        return Vec::new();
    };
    let (mut entries, mut links) = (Vec::new(), 0);
    let mut ahead: Vec<OsString> = parts(&path);
    let mut at = PathBuf::from("/");
    while let Some(part) = ahead.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let entry = at.join(&part);
        let kind = std::fs::symlink_metadata(&entry).map(|meta| meta.file_type());
        match kind {
            Ok(kind) if kind.is_dir() => at = entry,
            Ok(kind) if kind.is_symlink() => {
                links += 1;
                let target = std::fs::read_link(&entry).unwrap_or_default();
                entries.push(entry);
                if links > MOST_LINKS {
                    break;
                }
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                ahead.extend(parts(&target));
            }
            _ => {
                entries.push(entry);
                break;
            }
        }
    }
    entries
}

/// The names in a path, the last first.
fn parts(path: &Path) -> Vec<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_way_to_a_file_has_every_symlink_on_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let make = |name: &str| std::fs::create_dir_all(root.join(name)).unwrap();
        // As Kubernetes mounts a ConfigMap.
        make("etc/..2026_01");
        std::fs::write(root.join("etc/..2026_01/w.toml"), "").unwrap();
        symlink("..2026_01", root.join("etc/..data")).unwrap();
        symlink("..data/w.toml", root.join("etc/w.toml")).unwrap();
        symlink(root.join("etc"), root.join("link")).unwrap();
        let want = ["link", "etc/w.toml", "etc/..data", "etc/..2026_01/w.toml"];
        let want = want.map(|name| root.join(name));
        assert_eq!(way_to(&root.join("etc/../link/w.toml")), want);
        // Where it breaks off, the place where it would go on.
        assert_eq!(
            way_to(&root.join("etc/none/w.toml")),
            [root.join("etc/none")]
        );
        symlink("loop", root.join("loop")).unwrap();
        assert_eq!(way_to(&root.join("loop")).len(), MOST_LINKS + 1);
    }

    /// Fails as it does where the system's limit is reached.
    fn at_its_limit(_: &BTreeSet<PathBuf>, _: Arc<Notify>) -> Result<(), notify::Error> {
        Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch))
    }

    #[tokio::test(start_paused = true)]
    async fn files_that_cannot_be_watched_are_looked_at_once_a_minute() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("w.toml");
        std::fs::write(&config, "one").unwrap();
        let digest = Files::look(&config).digest;
        let (tell, mut changes) = mpsc::channel(1);
        let path = config.clone();
        let task = tokio::spawn(async move { follow(&path, digest, &tell, at_its_limit).await });
        sleep(UNWATCHED * 3).await;
        assert!(changes.try_recv().is_err(), "nothing has changed");
        std::fs::write(&config, "two").unwrap();
        changes.recv().await.unwrap();
        sleep(UNWATCHED * 3).await;
        assert!(changes.try_recv().is_err(), "told twice");
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_has_settled_when_it_is_quiet_or_has_gone_on_for_long() {
        let events = Arc::new(Notify::new());
        let writer = events.clone();
        let task = tokio::spawn(async move {
            loop {
                writer.notify_one();
                sleep(QUIET / 2).await;
            }
        });
        let start = Instant::now();
        settled(&events).await;
        assert!(start.elapsed() >= LONGEST && start.elapsed() < LONGEST * 2);
        task.abort();
        let start = Instant::now();
        events.notify_one();
        settled(&events).await;
        assert!(start.elapsed() >= QUIET && start.elapsed() < LONGEST);
    }
}
