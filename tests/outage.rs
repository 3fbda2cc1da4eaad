//! The daemon while its disk or its database fails: nothing more is fetched, nothing is lost, it is
//! said once when it begins and once when it is over, and what changed meanwhile is told exactly once.
//!
//! By real means: a small file system that fills up, one that the kernel makes read-only, another
//! process that holds the lock, files taken away and overwritten. Tests that need root or a tool that
//! is not there say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::page::{article, cancelled, planned};
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, reply};
use e2e::until;

const BEGINS: &str = "the store cannot commit";
const ENDS: &str = "the store commits again";

/// A festival that is to take place at `path`.
fn announce(site: &Site, path: &str, place: &str) {
    let (title, paragraphs) = planned("harbour festival", place);
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

/// It is called off.
fn call_off(site: &Site, path: &str, place: &str) {
    let (title, paragraphs) = cancelled("harbour festival", place);
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

/// A page watched every second, by a daemon whose database lies at `database`.
struct Desk {
    site: Site,
    folder: Folder,
    daemon: Daemon,
    database: PathBuf,
    /// What systemd was told.
    notices: Arc<Mutex<Vec<String>>>,
}

/// Takes what is told to systemd, at `path`.
fn systemd(path: &Path) -> Arc<Mutex<Vec<String>>> {
    let socket = UnixDatagram::bind(path).unwrap();
    let notices = Arc::new(Mutex::new(Vec::new()));
    let taken = notices.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            let notice = String::from_utf8_lossy(&buffer[..length]).into_owned();
            taken.lock().unwrap().push(notice);
        }
    });
    notices
}

impl Desk {
    fn open(ip: &str, database: Option<&Path>) -> Desk {
        let site = Site::open_on(ip);
        announce(&site, "/a", "Ghent");
        let head = match database {
            Some(path) => HEAD.replace("wirewatch.db", path.to_str().unwrap()),
            None => HEAD.to_owned(),
        };
        let watched = source("ghent", "article", &site.url("/a"));
        let folder = Folder::new(&format!("{head}{EVERYTHING}{watched}"));
        let database = database.map_or_else(|| folder.file("wirewatch.db"), Path::to_owned);
        let notices = systemd(&folder.file("notify"));
        let daemon = folder.start_with(|command| {
            command.env("NOTIFY_SOCKET", folder.file("notify"));
            command.env("WATCHDOG_USEC", "3000000");
        });
        let desk = Desk {
            site,
            folder,
            daemon,
            database,
            notices,
        };
        desk.wait_revisions(1);
        desk
    }

    fn wait_revisions(&self, count: i64) {
        until(&format!("{count} revisions"), || {
            (self.count("SELECT count(*) FROM revision") == Some(count)).then_some(())
        });
    }

    fn count(&self, query: &str) -> Option<i64> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(&self.database, flags).ok()?;
        db.query_row(query, [], |row| row.get(0)).ok()
    }

    /// Waits until the outage is said, changes the page, and waits until nothing is fetched.
    fn change_in_outage(&self) {
        self.folder.wait_log(BEGINS, 1);
        call_off(&self.site, "/a", "Ghent");
        // One fetch may have been under way.
        let asked = || self.site.asked("/a").len();
        let mut before = asked();
        until("a pause in fetching", || {
            std::thread::sleep(Duration::from_secs(3));
            (std::mem::replace(&mut before, asked()) == before).then_some(())
        });
    }

    /// After the outage: the change is told once, the outage begins and ends once, in the log and as
    /// health.
    fn told_once(self, state: &str) -> Folder {
        self.folder.wait_log(ENDS, 1);
        until("the change in the log", || {
            (self.folder.told().len() == 1).then_some(())
        });
        let ended = "daemon: store -> well".to_owned();
        until("the end as health", || {
            self.folder.troubles().contains(&ended).then_some(())
        });
        self.site.wait_polls("/a", 2);
        assert_eq!(self.daemon.stop().code(), Some(0));
        let log = self.folder.log();
        assert_eq!(log.matches(BEGINS).count(), 1, "{log}");
        assert_eq!(log.matches(ENDS).count(), 1, "{log}");
        assert!(!log.contains("panicked"), "{log}");
        // systemd shows why nothing is fetched, and is told that the daemon lives.
        let notices = self.notices.lock().unwrap().clone();
        let lives = |notice: &String| {
            notice.contains("WATCHDOG=1") && notice.contains("STATUS=nothing is fetched")
        };
        assert!(notices.iter().any(lives), "{notices:#?}");
        let last = notices.iter().rfind(|n| n.contains("STATUS="));
        assert!(
            last.is_some_and(|n| n.contains("1 sources")),
            "{notices:#?}"
        );
        let told = self.folder.told();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].summary.contains("cancelled"), "{told:#?}");
        let troubles = self.folder.troubles();
        let of_store = troubles.iter().filter(|t| t.starts_with("daemon: store"));
        assert_eq!(of_store.collect::<Vec<_>>(), [&ended]);
        let lines = std::fs::read_to_string(self.folder.file("alerts.jsonl")).unwrap();
        assert!(
            lines.contains(&format!("store: {state} -> well")),
            "{lines}"
        );
        self.folder
    }
}

/// A file system of its own; unmounted when dropped.
struct Mount {
    dir: tempfile::TempDir,
}

impl Mount {
    /// `None`, and said, where this may not be done here.
    fn try_new(arguments: &[&str]) -> Option<Mount> {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("mount");
        command.args(arguments).arg(dir.path());
        match command.output() {
            Ok(done) if done.status.success() => Some(Mount { dir }),
            _ => {
                println!("skipped: mounting needs root, and is not allowed here");
                None
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.file("ballast")).unwrap();
        let block = vec![1; 4096];
        while file.write_all(&block).is_ok() {}
    }

    fn clear(&self) {
        std::fs::remove_file(self.file("ballast")).unwrap();
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.dir.path())
            .status();
    }
}

#[test]
fn a_full_disk_pauses_fetching_and_loses_nothing() {
    let Some(mount) = Mount::try_new(&["-t", "tmpfs", "-o", "size=16m", "none"]) else {
        return;
    };
    let database = mount.file("wirewatch.db");
    let desk = Desk::open("127.0.7.1", Some(&database));
    // Not to the last byte: SQLite is not the first to know.
    let free = rustix::fs::statvfs(mount.dir.path()).unwrap();
    let most = (free.f_bavail * free.f_frsize).saturating_sub(1 << 20);
    std::fs::write(mount.file("ballast"), vec![1; most as usize]).unwrap();
    desk.change_in_outage();
    let log = desk.folder.log();
    assert!(log.contains("less than the"), "{log}");
    assert!(!log.contains("disk is full"), "{log}");
    let status = desk.folder.run(&["status"]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    if !text.contains("has not run for a minute") {
        assert!(
            text.contains("TROUBLE store") && text.contains("make room"),
            "{text}"
        );
    }
    assert_eq!(status.status.code(), Some(1));
    mount.clear();
    desk.told_once("full");
}

#[test]
fn a_disk_that_fills_up_at_once_loses_nothing() {
    let Some(mount) = Mount::try_new(&["-t", "tmpfs", "-o", "size=8m", "none"]) else {
        return;
    };
    let database = mount.file("wirewatch.db");
    let desk = Desk::open("127.0.7.2", Some(&database));
    mount.fill();
    desk.change_in_outage();
    mount.clear();
    desk.told_once("full");
}

#[test]
fn a_database_locked_by_another_process_is_waited_for() {
    let desk = Desk::open("127.0.7.3", None);
    let other = rusqlite::Connection::open(&desk.database).unwrap();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    call_off(&desk.site, "/a", "Ghent");
    desk.folder.wait_log(BEGINS, 1);
    assert!(desk.folder.log().contains("fuser"), "says the fix");
    let asked = desk.site.asked("/a").len();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(
        desk.site.asked("/a").len(),
        asked,
        "fetched while it is locked"
    );
    other.execute_batch("COMMIT").unwrap();
    desk.told_once("locked");
}

#[test]
fn what_was_fetched_before_the_outage_and_is_gone_after_it_is_told() {
    let desk = Desk::open("127.0.7.4", None);
    let other = rusqlite::Connection::open(&desk.database).unwrap();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    let other = Arc::new(Mutex::new(other));
    // Locked just before the change is shown, once: only the page that is kept then shows it.
    let (title, paragraphs) = cancelled("harbour festival", "Ghent");
    let (locker, shown) = (other.clone(), AtomicBool::new(false));
    desk.site.put("/a", move |ask| {
        if shown.swap(true, Ordering::SeqCst) {
            return reply(500, &[], b"down");
        }
        locker
            .lock()
            .unwrap()
            .execute_batch("BEGIN IMMEDIATE")
            .unwrap();
        html(&article(&title, &paragraphs, ask.nth))
    });
    desk.folder.wait_log(BEGINS, 1);
    other.lock().unwrap().execute_batch("COMMIT").unwrap();
    desk.told_once("locked");
}

#[test]
fn a_database_deleted_or_replaced_is_told_and_nothing_is_acknowledged() {
    let desk = Desk::open("127.0.7.5", None);
    let away = desk.folder.file("away.db");
    std::fs::rename(&desk.database, &away).unwrap();
    desk.change_in_outage();
    let log = desk.folder.log();
    assert!(log.contains("deleted or moved"), "{log}");
    assert!(!desk.database.exists(), "none was made in its place");
    // Another file in its place is not taken for it.
    std::fs::write(&desk.database, "").unwrap();
    std::thread::sleep(Duration::from_secs(4));
    assert!(!desk.folder.log().contains(ENDS));
    std::fs::rename(&away, &desk.database).unwrap();
    desk.told_once("gone");
}

#[test]
fn a_disk_that_the_kernel_makes_read_only_is_told_and_the_next_start_says_the_fix() {
    let image = tempfile::NamedTempFile::new().unwrap();
    image.as_file().set_len(64 << 20).unwrap();
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F"])
        .arg(image.path())
        .status();
    if !made.is_ok_and(|made| made.success()) {
        println!("skipped: no mkfs.ext4");
        return;
    }
    let image = image.path().to_str().unwrap();
    let Some(mount) = Mount::try_new(&["-o", "loop,errors=remount-ro", image]) else {
        return;
    };
    let database = mount.file("wirewatch.db");
    let desk = Desk::open("127.0.7.6", Some(&database));
    let trigger = Command::new("findmnt")
        .args(["-n", "-o", "SOURCE"])
        .arg(mount.dir.path())
        .output();
    let device = trigger.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let device = device.unwrap_or_default();
    let name = device.rsplit('/').next().unwrap_or_default();
    let trigger = format!("/sys/fs/ext4/{name}/trigger_fs_error");
    if name.is_empty() || std::fs::write(&trigger, "test").is_err() {
        println!("skipped: no {trigger}");
        return;
    }
    desk.change_in_outage();
    // Kernels differ in whether they show such a disk as read-only; a write fails in any case.
    let log = desk.folder.log();
    assert!(log.contains("dmesg"), "{log}");
    // It is not got over while it is mounted. A start says the same and ends.
    let Desk { folder, daemon, .. } = desk;
    assert_eq!(daemon.stop().code(), Some(0));
    let ended = folder.start().wait();
    assert_eq!(ended.code(), Some(1));
    let log = folder.log();
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("make the disk writable") || last.contains("dmesg"),
        "{last}"
    );
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let desk = Desk::open("127.0.7.7", None);
    let pid = desk.daemon.child.id().to_string();
    let limit = |bytes: &str| {
        let set = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")])
            .status();
        set.is_ok_and(|set| set.success())
    };
    if !limit("4096") {
        println!("skipped: no prlimit, or not allowed");
        return;
    }
    // The daemon's own log is a file as well, and cannot be written now.
    call_off(&desk.site, "/a", "Ghent");
    let asked = || desk.site.asked("/a").len();
    let mut before = asked();
    until("a pause in fetching", || {
        std::thread::sleep(Duration::from_secs(3));
        (std::mem::replace(&mut before, asked()) == before).then_some(())
    });
    assert!(limit("unlimited"));
    until("the change in the log", || {
        (desk.folder.told().len() == 1).then_some(())
    });
    desk.site.wait_polls("/a", 2);
    assert_eq!(desk.daemon.stop().code(), Some(0));
    assert_eq!(desk.folder.told().len(), 1);
}

#[test]
fn a_damaged_text_costs_the_turns_of_its_article_alone() {
    let desk = Desk::open("127.0.7.8", None);
    announce(&desk.site, "/b", "Lund");
    let second = source("lund", "article", &desk.site.url("/b"));
    let first = source("ghent", "article", &desk.site.url("/a"));
    let Desk {
        site,
        folder,
        daemon,
        ..
    } = desk;
    daemon.kill();
    folder.write(&format!("{HEAD}{EVERYTHING}{first}{second}"));
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/b"), 1);
    daemon.kill();
    let db = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    let damaged = db
        .execute(
            "UPDATE content SET text = x'0badc0de' WHERE hash = (SELECT content FROM revision r
             JOIN article a ON a.id = r.article WHERE a.source = 'ghent')",
            [],
        )
        .unwrap();
    assert_eq!(damaged, 1);
    drop(db);
    call_off(&site, "/a", "Ghent");
    call_off(&site, "/b", "Lund");
    let mut daemon = folder.start();
    folder.wait_log("the database is damaged in part", 1);
    until("the other article's change", || {
        (folder.told().len() == 1).then_some(())
    });
    site.wait_polls("/b", 2);
    assert!(daemon.is_running());
    assert_eq!(daemon.stop().code(), Some(0));
    let log = folder.log();
    assert_eq!(log.matches("the database is damaged").count(), 1, "{log}");
    assert!(!log.contains(BEGINS), "{log}");
    assert!(folder.told()[0].url.ends_with("/b"));
    let why = folder.fetches(&site.url("/a"));
    assert!(
        why.iter().any(|row| row.reason.contains("damaged")),
        "{why:?}"
    );
}

#[test]
fn a_database_overwritten_while_it_runs_is_said_and_does_not_end_it() {
    let mut desk = Desk::open("127.0.7.9", None);
    let mut file = OpenOptions::new().write(true).open(&desk.database).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&vec![0xAA; length as usize]).unwrap();
    // What SQLite holds in memory and in its log may carry it on for a while.
    call_off(&desk.site, "/a", "Ghent");
    std::thread::sleep(Duration::from_secs(6));
    assert!(desk.daemon.is_running());
    assert!(!desk.folder.log().contains("panicked"));
    desk.daemon.signal("TERM");
    desk.daemon.wait();
}

#[test]
fn a_damaged_database_at_the_start_says_the_fix_once_and_is_not_tried_again() {
    let desk = Desk::open("127.0.7.10", None);
    let Desk { folder, daemon, .. } = desk;
    assert_eq!(daemon.stop().code(), Some(0));
    std::fs::write(folder.file("wirewatch.db"), vec![7; 64 << 10]).unwrap();
    let ended = folder.start().wait();
    // The unit file does not start a service again that ended with this.
    assert_eq!(ended.code(), Some(78));
    let log = folder.log();
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("wirewatch restore") && last.contains(".recover"),
        "{last}"
    );
}
