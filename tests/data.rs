//! What is carried away and brought back: backup, restore, export, the archive and evidence, with
//! real files and the real daemon.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use e2e::page::article;
use e2e::program::{Daemon, EVERYTHING, Folder, HEAD, source, wirewatch};
use e2e::site::{Site, html};
use e2e::until;
use serde_json::Value;
use wirewatch::alert::Alert;
use wirewatch::archive;

/// A page whose toll rises, in words that want quoting.
struct Story {
    site: Site,
    stage: Arc<AtomicU64>,
}

impl Story {
    fn open(ip: &str) -> Story {
        let site = Site::open_on(ip);
        let stage = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&stage);
        site.put("/news/blast", move |ask| {
            let toll = 12 + 3 * shown.load(Ordering::SeqCst);
            html(&article(
                "Blast at &quot;Lion, Bear &amp; Sons&quot;, the fireworks makers",
                &[
                    format!("At least {toll} people were killed in an explosion at a fireworks plant near Varna, the regional governor said."),
                    "The blast broke windows up to two kilometres away and could be heard in three villages.".to_owned(),
                    "Firefighters from the whole region are on the scene.".to_owned(),
                ],
                ask.nth,
            ))
        });
        Story { site, stage }
    }

    fn url(&self) -> String {
        self.site.url("/news/blast")
    }

    fn config(&self, head: &str) -> String {
        format!(
            "{head}{EVERYTHING}{}",
            source("wire", "article", &self.url())
        )
    }

    /// Raises the toll and waits until that is told.
    fn rise(&self, folder: &Folder) -> Alert {
        folder.wait_revisions(&self.url(), 1);
        let told = folder.alerts(&self.url()).len();
        self.stage.fetch_add(1, Ordering::SeqCst);
        until("the rise is told", || {
            let alerts = folder.alerts(&self.url());
            alerts.into_iter().nth(told)
        })
    }
}

fn with_archive() -> String {
    HEAD.replace(
        "path = \"wirewatch.db\"",
        "path = \"wirewatch.db\"\narchive = \"warc\"",
    )
}

/// A stopped daemon's folder with that many alerts.
fn told(story: &Story, head: &str, alerts: usize) -> Folder {
    let folder = Folder::new(&story.config(head));
    let daemon = folder.start();
    for _ in 0..alerts {
        story.rise(&folder);
    }
    folder.wait_told(alerts);
    stop(daemon);
    folder
}

#[track_caller]
fn stop(daemon: Daemon) {
    assert_eq!(daemon.stop().code(), Some(0));
}

#[track_caller]
fn good(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text.contains(why), "{text}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn path(folder: &Folder, name: &str) -> String {
    folder.file(name).to_str().unwrap().to_owned()
}

fn sound(path: &Path) -> bool {
    let db = rusqlite::Connection::open(path).unwrap();
    let found: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    found == "ok"
}

fn names(folder: &Path, with: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|n| n.contains(with)).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_made_beside_the_running_daemon() {
    let story = Story::open("127.0.5.1");
    let folder = Folder::new(&story.config(HEAD));
    let daemon = folder.start();
    story.rise(&folder);
    let file = path(&folder, "b.db");
    let made = json(&good(&folder.run(&["backup", &file, "--json"])));
    assert_eq!(made["backup"]["schema"].as_u64().map(|v| v > 0), Some(true));
    assert!(made["backup"]["as_of"].is_string(), "{made}");
    let there = folder.file("b.db").metadata().unwrap();
    assert_eq!(there.permissions().mode() & 0o777, 0o600);
    assert_eq!(made["backup"]["bytes"], there.len());

    refused(&folder.run(&["backup", &file]), "--force");
    story.rise(&folder);
    let text = good(&folder.run(&["backup", &file, "--force"]));
    assert!(text.contains("checked"), "{text}");
    for own in ["wirewatch.db", "wirewatch.db-wal", "wirewatch.db.lock"] {
        let over = folder.run(&["backup", &path(&folder, own), "--force"]);
        refused(&over, "belongs to the database itself");
    }
    refused(
        &folder.run(&["backup", &path(&folder, "no/b.db")]),
        "failed at",
    );
    stop(daemon);
    assert!(sound(&folder.file("b.db")));
    assert_eq!(names(&folder.file("."), "part-"), [""; 0]);
    let reader = wirewatch::store::Reader::open(&folder.file("b.db")).unwrap();
    let kept = reader.alerts(&Default::default()).unwrap();
    assert_eq!(kept.len(), 2);
}

/// The limit on a file's size stands in for a full disk.
#[test]
fn a_backup_without_room_leaves_nothing_and_one_before_it_as_it_was() {
    let story = Story::open("127.0.5.2");
    let folder = told(&story, HEAD, 1);
    good(&folder.run(&["backup", &path(&folder, "b.db")]));
    let before = std::fs::read(folder.file("b.db")).unwrap();
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let run = |arguments: &[&str]| {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_wirewatch")]);
        command.args(arguments).arg("--config");
        command.arg(folder.file("wirewatch.toml")).output().unwrap()
    };
    let full = run(&["backup", &path(&folder, "b.db"), "--force"]);
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    let full = run(&["restore", &path(&folder, "b.db")]);
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    assert_eq!(std::fs::read(folder.file("b.db")).unwrap(), before);
    assert!(sound(&folder.file("wirewatch.db")));
    assert_eq!(folder.alerts("").len(), 1);
    assert_eq!(names(&folder.file("."), "part-"), [""; 0]);
    assert_eq!(names(&folder.file("."), "before-restore"), [""; 0]);
}

#[test]
fn a_backup_killed_while_it_writes_is_made_anew_by_the_next() {
    let story = Story::open("127.0.5.3");
    let folder = told(&story, HEAD, 1);
    let file = path(&folder, "b.db");
    good(&folder.run(&["backup", &file]));
    let before = std::fs::read(folder.file("b.db")).unwrap();
    let db = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    db.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
         INSERT INTO content (hash, title, text) SELECT 'x' || i, '', randomblob(100000) FROM n;",
    )
    .unwrap();
    drop(db);
    let mut child = wirewatch()
        .args(["backup", &file, "--force", "--config"])
        .arg(folder.file("wirewatch.toml"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let part = format!("b.db.part-{}", child.id());
    until("the backup is being written", || {
        let size = folder.file(&part).metadata().map_or(0, |m| m.len());
        (size > 1_000_000 || child.try_wait().unwrap().is_some()).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    // On a fast machine it may have been done before.
    let done = std::fs::read(folder.file("b.db")).unwrap() != before;
    assert!(done || names(&folder.file("."), "part-") == [part]);
    assert!(sound(&folder.file("b.db")));
    good(&folder.run(&["backup", &file, "--force"]));
    assert_eq!(names(&folder.file("."), "part-"), [""; 0]);
    assert!(folder.file("b.db").metadata().unwrap().len() > 40_000_000);
}

#[test]
fn a_backup_is_restored_and_what_was_there_is_kept() {
    let story = Story::open("127.0.5.4");
    let folder = Folder::new(&story.config(HEAD));
    let daemon = folder.start();
    story.rise(&folder);
    let file = path(&folder, "b.db");
    good(&folder.run(&["backup", &file]));
    story.rise(&folder);
    folder.wait_told(2);
    refused(&folder.run(&["restore", &file]), "in use");
    stop(daemon);
    let text = good(&folder.run(&["restore", &file]));
    assert!(text.contains("what was there before is now"), "{text}");
    assert!(text.contains("no deliveries are outstanding"), "{text}");
    assert_eq!(folder.alerts("").len(), 1);
    let kept = names(&folder.file("."), "before-restore");
    let [kept] = kept.as_slice() else {
        panic!("{kept:?}");
    };
    let reader = wirewatch::store::Reader::open(&folder.file(kept)).unwrap();
    assert_eq!(reader.alerts(&Default::default()).unwrap().len(), 2);
    drop(reader);
    // The second rise is found again; under the id it had only if the page is the same to the letter.
    let daemon = folder.start();
    until("the second rise again", || {
        (folder.alerts("").len() == 2).then_some(())
    });
    story.rise(&folder);
    folder.wait_told(3);
    stop(daemon);
    let logged = folder.logged("alerts.jsonl");
    let mut tolls: Vec<&str> = logged
        .iter()
        .map(|line| line["quantity"]["new"].as_str().unwrap())
        .collect();
    tolls.dedup();
    assert_eq!(tolls, ["15", "18", "21"]);
    assert!(sound(&folder.file("wirewatch.db")));
}

#[test]
fn deliveries_outstanding_in_a_backup_are_sent_or_given_up() {
    let story = Story::open("127.0.5.5");
    // A folder where the log should be: nothing can be delivered.
    let stuck = HEAD.replace("alerts.jsonl", "folder");
    let folder = Folder::new(&story.config(&stuck));
    std::fs::create_dir(folder.file("folder")).unwrap();
    let daemon = folder.start();
    story.rise(&folder);
    stop(daemon);
    let file = path(&folder, "b.db");
    good(&folder.run(&["backup", &file]));
    let given_up = json(&good(&folder.run(&[
        "restore",
        &file,
        "--no-deliveries",
        "--json",
    ])));
    let outstanding = &given_up["restored"]["outstanding"];
    assert_eq!(outstanding[0][0], "log", "{given_up}");
    let count = outstanding[0][1].as_u64().unwrap();
    assert!(count >= 1 && given_up["restored"]["given_up"] == true);
    let reader = folder.reader().unwrap();
    assert_eq!(reader.stats().unwrap().pending, 0);
    drop(reader);
    let db = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    let why: String = db
        .query_row(
            "SELECT DISTINCT error FROM delivery WHERE state = 'dead'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert!(why.contains("--no-deliveries"), "{why}");
    drop(db);
    std::fs::remove_file(folder.file("wirewatch.db")).unwrap();
    let text = good(&folder.run(&["restore", &file]));
    assert!(
        text.contains(&format!(
            "{count} deliveries are outstanding in it (log: {count})"
        )),
        "{text}"
    );
    assert!(!text.contains("what was there before"), "{text}");
    folder.write(&story.config(HEAD));
    let daemon = folder.start();
    folder.wait_told(1);
    stop(daemon);
}

#[test]
fn what_is_no_sound_backup_is_refused_and_replaces_nothing() {
    let story = Story::open("127.0.5.6");
    let folder = told(&story, HEAD, 1);
    let file = path(&folder, "b.db");
    good(&folder.run(&["backup", &file]));
    let bytes = std::fs::read(&file).unwrap();
    let spoil = |name: &str, content: Vec<u8>| {
        std::fs::write(folder.file(name), content).unwrap();
        path(&folder, name)
    };
    // Every page but the first is overwritten by another's half.
    let mut broken = bytes.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 8000].fill(0x55);
    let mut newer = bytes.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let foreign = path(&folder, "foreign.db");
    let db = rusqlite::Connection::open(&foreign).unwrap();
    db.execute_batch("CREATE TABLE source (id); PRAGMA user_version = 3;")
        .unwrap();
    drop(db);
    for (bad, why) in [
        (spoil("broken.db", broken), "is damaged"),
        (
            spoil("short.db", bytes[..bytes.len() / 2].to_vec()),
            "is damaged",
        ),
        (spoil("newer.db", newer), "newer wirewatch"),
        (
            spoil("text.db", b"no database at all".repeat(99)),
            "no database of wirewatch",
        ),
        (spoil("empty.db", Vec::new()), "no database of wirewatch"),
        (foreign, "no database of wirewatch"),
        (path(&folder, "missing.db"), "failed at"),
        (
            path(&folder, "wirewatch.db"),
            "belongs to the database itself",
        ),
    ] {
        refused(&folder.run(&["restore", &bad]), why);
        assert_eq!(folder.alerts("").len(), 1, "{bad}");
    }
    assert_eq!(names(&folder.file("."), "before-restore"), [""; 0]);
    assert_eq!(names(&folder.file("."), "part-"), [""; 0]);
    // A present database that is beyond repair is kept as it is.
    std::fs::write(folder.file("wirewatch.db"), "ruins").unwrap();
    good(&folder.run(&["restore", &file]));
    assert_eq!(folder.alerts("").len(), 1);
    let kept = names(&folder.file("."), "before-restore");
    assert_eq!(std::fs::read(folder.file(&kept[0])).unwrap(), b"ruins");
}

#[test]
fn exports_read_back_as_what_was_stored() {
    let story = Story::open("127.0.5.7");
    let folder = told(&story, &with_archive(), 2);
    let stored = folder.alerts("");
    let lines = good(&folder.run(&["export", "alerts"]));
    let lines: Vec<Alert> = lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines, stored);

    let file = path(&folder, "alerts.csv");
    let export = ["export", "alerts", "--format", "csv", "--output", &file];
    assert_eq!(good(&folder.run(&export)), "");
    // Over the old one.
    good(&folder.run(&export));
    let mut table = csv::Reader::from_path(&file).unwrap();
    let head = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let get = |row: &csv::StringRecord, name: &str| {
        let at = head.iter().position(|h| h == name).unwrap();
        row[at].to_owned()
    };
    for (row, alert) in rows.iter().zip(&stored) {
        let page = alert.archive.as_ref().unwrap();
        assert_eq!(get(row, "id"), alert.id);
        assert_eq!(get(row, "headline"), alert.headline);
        assert!(alert.headline.contains('"') && alert.headline.contains(','));
        assert_eq!(get(row, "confidence").parse(), Ok(alert.confidence));
        assert_eq!(get(row, "page_offset").parse(), Ok(page.offset));
        let time: jiff::Timestamp = get(row, "time").parse().unwrap();
        assert_eq!(time.as_millisecond(), alert.time.as_millisecond());
    }

    let developments = good(&folder.run(&["export", "developments", "--kind", "toll"]));
    let told = developments.lines().map(json).filter(|d| d["told"] == true);
    let told: Vec<Value> = told.collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["alert"], stored[1].id.as_str());
    assert_eq!(told[1]["development"]["quantity"]["new"], "18");
    let revisions = good(&folder.run(&["export", "revisions", "--format", "csv"]));
    let mut table = csv::Reader::from_reader(revisions.as_bytes());
    let texts: Vec<String> = table.records().map(|r| r.unwrap()[7].to_owned()).collect();
    assert_eq!(texts.len(), 3);
    assert!(texts[2].starts_with("At least 18 people") && texts[2].contains("\n\n"));

    let none = good(&folder.run(&["export", "alerts", "--until", "2001-01-01"]));
    assert_eq!(none, "");
    let none = good(&folder.run(&["export", "alerts", "--source", "other"]));
    assert_eq!(none, "");
    let all = good(&folder.run(&[
        "export",
        "alerts",
        "--since",
        "1h",
        "--source",
        "other,wire",
    ]));
    assert_eq!(all.lines().count(), 2);
    let kinds = folder.run(&["export", "revisions", "--kind", "toll"]);
    refused(&kinds, "revisions have no kind");
    let full = folder.run(&["export", "revisions", "--output", "/dev/full"]);
    refused(&full, "No space left");
    let nowhere = folder.run(&["export", "alerts", "--output", &path(&folder, "no/a")]);
    refused(&nowhere, "failed to write");
    assert_eq!(names(&folder.file("."), "part-"), [""; 0]);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_the_export_says_how_to_get_it() {
    let folder = Folder::new(HEAD);
    let wanted = folder.run(&["export", "alerts", "--format", "parquet", "--output", "x"]);
    refused(&wanted, "--features parquet");
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reads_back_as_what_was_stored() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, RowAccessor};

    let story = Story::open("127.0.5.8");
    let folder = told(&story, HEAD, 2);
    refused(
        &folder.run(&["export", "alerts", "--format", "parquet"]),
        "--output",
    );
    let read = |what: &str| {
        let file = path(&folder, what);
        good(&folder.run(&["export", what, "--format", "parquet", "-o", &file]));
        SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap()
    };
    let alerts = read("alerts");
    let rows: Vec<_> = alerts
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let stored = folder.alerts("");
    assert_eq!(rows.len(), stored.len());
    for (row, alert) in rows.iter().zip(&stored) {
        let get = |name: &str| {
            let mut columns = row.get_column_iter();
            columns.find(|(n, _)| *n == name).unwrap().1.clone()
        };
        assert_eq!(get("id"), Field::Str(alert.id.clone()));
        assert_eq!(get("headline"), Field::Str(alert.headline.clone()));
        let time = alert.time.as_millisecond();
        assert_eq!(get("time"), Field::TimestampMillis(time));
        assert_eq!(get("confidence"), Field::Double(alert.confidence));
        assert_eq!(get("corroborated_by"), Field::Long(0));
        assert_eq!(get("page_sha256"), Field::Null);
    }
    let developments = read("developments");
    let told = developments.get_row_iter(None).unwrap();
    assert_eq!(
        told.filter(|r| r.as_ref().unwrap().get_bool(4).unwrap())
            .count(),
        2
    );
    let revisions = read("revisions");
    assert_eq!(revisions.metadata().file_metadata().num_rows(), 3);
}

/// Runs `sha256sum -c` in a folder.
fn sums_hold(folder: &Path) -> bool {
    let mut sum = Command::new("sha256sum");
    let sum = sum
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(folder);
    sum.output().unwrap().status.success()
}

#[test]
fn evidence_stands_on_its_own() {
    let story = Story::open("127.0.5.9");
    let folder = told(&story, &with_archive(), 2);
    let alerts = folder.alerts("");
    let [first, second] = alerts.as_slice() else {
        panic!("{alerts:?}");
    };
    let to = path(&folder, "second");
    let made = json(&good(
        &folder.run(&["evidence", &second.id, "--output", &to, "--json"]),
    ));
    assert_eq!(made["missing"], Value::Array(vec![]), "{made}");
    let all = [
        "README.txt",
        "SHA256SUMS",
        "after.txt",
        "alert.json",
        "before.html",
        "before.txt",
        "before.warc.gz",
        "diff.txt",
        "page.html",
        "record.warc.gz",
    ];
    assert_eq!(names(&folder.file("second"), ""), all);
    assert!(sums_hold(&folder.file("second")));
    let read = |name: &str| std::fs::read_to_string(folder.file("second").join(name)).unwrap();
    assert_eq!(
        serde_json::from_str::<Alert>(&read("alert.json")).unwrap(),
        *second
    );
    assert!(read("page.html").contains("At least 18 people"));
    assert!(read("before.html").contains("At least 15 people"));
    assert!(read("before.txt").contains("At least 15 people"));
    let diff = read("diff.txt");
    assert!(
        diff.starts_with("--- before.txt\n+++ after.txt\n@@"),
        "{diff}"
    );
    assert!(
        diff.contains("\n-At least 15") && diff.contains("\n+At least 18"),
        "{diff}"
    );
    let readme = read("README.txt");
    let page = second.archive.as_ref().unwrap();
    assert!(
        readme.contains(&page.sha256) && !readme.contains("Missing"),
        "{readme}"
    );
    // Both name their pages by the sum of what is in the folder.
    let sums = read("SHA256SUMS");
    assert!(
        sums.contains(&format!("{}  page.html\n", page.sha256)),
        "{sums}"
    );
    let before = &first.archive.as_ref().unwrap().sha256;
    assert!(sums.contains(&format!("{before}  before.html\n")), "{sums}");

    refused(
        &folder.run(&["evidence", &second.id, "-o", &to]),
        "there already",
    );
    refused(&folder.run(&["evidence", "al_0"]), "there is no alert");
    // The page before the first alert led to none, so it was not kept.
    let text = good(&folder.run(&["evidence", &first.id, "-o", &path(&folder, "first")]));
    assert!(text.contains("missing: before.html"), "{text}");
    std::fs::remove_dir_all(folder.file("archive")).unwrap();
    let text = good(&folder.run(&["evidence", &second.id, "-o", &path(&folder, "third")]));
    assert!(
        text.contains("missing: page.html, record.warc.gz: failed to read"),
        "{text}"
    );
    assert!(sums_hold(&folder.file("third")));
}

#[test]
fn evidence_without_an_archive_says_what_is_missing() {
    let story = Story::open("127.0.5.10");
    let folder = told(&story, HEAD, 1);
    assert!(!folder.file("archive").exists());
    let alert = &folder.alerts("")[0];
    assert!(alert.archive.is_none());
    let to = path(&folder, "e");
    let text = good(&folder.run(&["evidence", &alert.id, "--output", &to]));
    assert!(
        text.contains("missing: page.html, record.warc.gz: the page was not kept"),
        "{text}"
    );
    let readme = std::fs::read_to_string(folder.file("e/README.txt")).unwrap();
    assert!(readme.contains("\nMissing\n  page.html"), "{readme}");
    assert!(sums_hold(&folder.file("e")));
    refused(
        &folder.run(&["evidence", &alert.id, "-o", "/proc/x"]),
        "failed to write",
    );
}

#[test]
fn an_archive_without_room_holds_up_no_alert_and_is_told_once() {
    let story = Story::open("127.0.5.11");
    let folder = Folder::new(&story.config(&with_archive()));
    std::fs::create_dir(folder.file("archive")).unwrap();
    let day = jiff::Timestamp::now().strftime("%Y%m%d").to_string();
    let full = folder.file(&format!("archive/wirewatch-{day}-00001.warc.gz"));
    symlink("/dev/full", &full).unwrap();
    let daemon = folder.start();
    for _ in 0..2 {
        assert!(story.rise(&folder).archive.is_none());
    }
    until("the trouble is told", || {
        (folder.troubles() == ["daemon: archive -> failing"]).then_some(())
    });
    std::fs::remove_file(full).unwrap();
    let kept = story.rise(&folder).archive.unwrap();
    assert!(archive::read(&folder.file("archive"), &kept).is_ok());
    until("its end is told", || {
        let troubles = folder.troubles();
        (troubles == ["daemon: archive -> failing", "daemon: archive -> well"]).then_some(())
    });
    stop(daemon);
    assert_eq!(folder.logged("alerts.jsonl").len(), 3);
}

#[test]
fn an_archive_is_switched_by_a_reload() {
    let story = Story::open("127.0.5.12");
    let folder = Folder::new(&story.config(HEAD));
    let daemon = folder.start();
    assert!(story.rise(&folder).archive.is_none());
    folder.write(&story.config(&with_archive()));
    daemon.signal("HUP");
    folder.wait_log("reloaded", 1);
    assert!(story.rise(&folder).archive.is_some());
    folder.write(&story.config(HEAD));
    daemon.signal("HUP");
    folder.wait_log("reloaded", 2);
    assert!(story.rise(&folder).archive.is_none());
    stop(daemon);
}

#[test]
fn killed_at_random_moments_no_alert_names_a_page_that_is_not_there() {
    let story = Story::open("127.0.5.13");
    let folder = Folder::new(&story.config(&with_archive()));
    let mut random = fastrand::Rng::with_seed(7);
    for kill in 0..6 {
        let daemon = folder.start();
        story.rise(&folder);
        // The next one may be in the middle of anything.
        story.stage.fetch_add(1, Ordering::SeqCst);
        let asked = story.site.log().len() + 1;
        until("a request", || {
            (story.site.log().len() >= asked).then_some(())
        });
        std::thread::sleep(std::time::Duration::from_millis(random.u64(0..60)));
        daemon.kill();
        // And half a record as another kill would leave it.
        let last = names(&folder.file("archive"), ".warc.gz").pop().unwrap();
        let last = folder.file("archive").join(last);
        let bytes = std::fs::read(&last).unwrap();
        if kill % 2 == 0 {
            let half = bytes.len().min(700);
            let torn = [bytes.as_slice(), &bytes[..half]].concat();
            std::fs::write(&last, torn).unwrap();
        }
        for alert in folder.alerts("") {
            let place = alert.archive.unwrap();
            archive::read(&folder.file("archive"), &place).unwrap();
        }
    }
    let daemon = folder.start();
    story.rise(&folder);
    stop(daemon);
    for alert in folder.alerts("") {
        archive::read(&folder.file("archive"), &alert.archive.unwrap()).unwrap();
    }
    // What tools see: every file is one run of whole gzip members.
    for name in names(&folder.file("archive"), ".warc.gz") {
        let mut gzip = Command::new("gzip");
        let whole = gzip.arg("-t").arg(folder.file("archive").join(name));
        assert!(whole.status().unwrap().success());
    }
    let private = folder.file("archive").join(".lock").metadata().unwrap();
    assert_eq!(private.mode() & 0o777, 0o600);
}
