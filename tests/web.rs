//! What the daemon says of itself over HTTP: it is well, it is ready, its figures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;
#[path = "support/exposition.rs"]
mod exposition;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use e2e::page::{article, cancelled, planned};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html};
use e2e::until;
use exposition::Figures;

/// Any free port; the log says which.
const WEB: &str = "\n[web]\nlisten = \"127.0.0.1:0\"\n";

/// Where the daemon listens, the `nth` time it does.
#[track_caller]
fn address(folder: &Folder, nth: usize) -> SocketAddr {
    until("the address in the log", || {
        let log = folder.log();
        let mut lines = log.lines().filter(|l| l.contains("answers /healthz"));
        let line: serde_json::Value = serde_json::from_str(lines.nth(nth)?).ok()?;
        line["address"].as_str()?.parse().ok()
    })
}

/// The status and the body of an answer.
fn get(address: SocketAddr, path: &str) -> (u16, String) {
    ask(address, "GET", path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn ask(address: SocketAddr, method: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

fn figures(address: SocketAddr) -> Figures {
    let (status, text) = get(address, "/metrics");
    assert_eq!(status, 200, "{text}");
    Figures::parse(&text)
}

fn show(site: &Site, path: &str, (title, paragraphs): (String, Vec<String>)) {
    site.put(path, move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
}

#[test]
fn the_figures_move_with_a_fetch_and_an_alert() {
    let site = Site::open_on("127.0.5.1");
    let url = site.url("/news/fair");
    show(&site, "/news/fair", planned("spring fair", "Graz"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{WEB}",
        source("graz-fair", "article", &url)
    ));
    let daemon = folder.start();
    let address = address(&folder, 0);
    folder.wait_revisions(&url, 1);
    let before = figures(address);
    assert_eq!(before.sum("wirewatch_alerts_total", ""), 0.0);
    assert_eq!(before.sum("wirewatch_sources", ""), 1.0);
    assert!(before.sum("wirewatch_fetches_total", "outcome=\"content\"") >= 1.0);

    show(&site, "/news/fair", cancelled("spring fair", "Graz"));
    folder.wait_told(1);
    site.wait_polls("/news/fair", 2);
    let after = figures(address);
    assert_eq!(
        after.sum("wirewatch_alerts_total", "kind=\"cancelled\""),
        1.0
    );
    assert_eq!(after.sum("wirewatch_alert_latency_seconds_count", ""), 1.0);
    for name in [
        "wirewatch_fetches_total",
        "wirewatch_fetched_bytes_total",
        "wirewatch_fetch_duration_seconds_count",
        "wirewatch_turn_duration_seconds_count",
        "wirewatch_schedule_lag_seconds_count",
    ] {
        let grown = after.sum(name, "") - before.sum(name, "");
        assert!(grown > 0.0, "{name}: {grown}");
    }
    assert_eq!(after.sum("wirewatch_turns_failed_total", ""), 0.0);
    assert!(after.sum("wirewatch_store_bytes", "file=\"database\"") > 0.0);
    assert!(after.sum("wirewatch_disk_free_bytes", "") > 0.0);
    assert!(after.sum("process_resident_memory_bytes", "") > 1e6);
    assert_eq!(after.sum("wirewatch_ready", ""), 1.0);
    until("nothing to be outstanding", || {
        let waits = figures(address).sum("wirewatch_deliveries_outstanding", "notifier=\"log\"");
        (waits == 0.0).then_some(())
    });

    // Neither addresses nor sources are told, and there is nothing else.
    let (_, text) = get(address, "/metrics");
    for word in ["://", "graz", "127.0.5.1", "desk@"] {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
    assert_eq!(get(address, "/").0, 404);
    let (status, body) = ask(address, "HEAD", "/readyz").unwrap();
    assert_eq!((status, body.as_str()), (200, ""));
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_store_that_fails_is_not_ready_and_is_again_when_it_works() {
    let site = Site::open_on("127.0.5.2");
    show(&site, "/a", planned("book fair", "Lund"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{WEB}",
        source("lund", "article", &site.url("/a"))
    ));
    let daemon = folder.start();
    let address = address(&folder, 0);
    until("readiness", || {
        (get(address, "/readyz").0 == 200).then_some(())
    });
    // Another program holds the lock for longer than it is waited for.
    let other = rusqlite::Connection::open(folder.file("wirewatch.db")).unwrap();
    other
        .busy_timeout(std::time::Duration::from_secs(60))
        .unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = until("a store that fails", || {
        let (status, body) = get(address, "/readyz");
        (status == 503 && body.contains("nothing is fetched")).then_some(body)
    });
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["status"], "not ready");
    assert_ne!(said["store"], "ok");
    assert_eq!(said["main_loop"], "ok");
    // To start it anew would not help.
    assert_eq!(get(address, "/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(figures(address).sum("wirewatch_ready", ""), 0.0);
    other.execute_batch("ROLLBACK").unwrap();
    until("readiness again", || {
        (get(address, "/readyz").0 == 200).then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn deliveries_that_wait_are_counted() {
    let site = Site::open_on("127.0.5.3");
    show(&site, "/a", planned("book fair", "Lund"));
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}{WEB}",
        source("lund", "article", &site.url("/a"))
    ));
    // A folder where the alert log should be cannot be written to.
    std::fs::create_dir(folder.file("alerts.jsonl")).unwrap();
    let daemon = folder.start();
    let address = address(&folder, 0);
    folder.wait_revisions(&site.url("/a"), 1);
    show(&site, "/a", cancelled("book fair", "Lund"));
    until("one delivery that waits", || {
        let waits = figures(address).sum("wirewatch_deliveries_outstanding", "notifier=\"log\"");
        (waits == 1.0).then_some(())
    });
    daemon.kill();
}

#[test]
fn a_port_that_is_taken_stops_the_start_and_says_the_fix() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}\n[web]\nlisten = \"{}\"\n",
        source("lund", "article", "http://127.0.5.4:9/a"),
        taken.local_addr().unwrap()
    ));
    let ended = folder.run(&["run"]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(69), "{said}");
    assert!(
        said.contains("failed to listen on 127.0.0.1:") && said.contains("another port"),
        "{said}"
    );
    assert!(!folder.file("wirewatch.db").exists());
}

#[test]
fn a_reload_moves_it_keeps_it_and_ends_it() {
    let site = Site::open_on("127.0.5.5");
    show(&site, "/a", planned("book fair", "Lund"));
    let rest = format!(
        "{HEAD}{EVERYTHING}{}",
        source("lund", "article", &site.url("/a"))
    );
    let folder = Folder::new(&rest);
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/a"), 1);
    assert!(!folder.log().contains("answers /healthz"));

    folder.write(&format!("{rest}{WEB}"));
    daemon.signal("HUP");
    let first = address(&folder, 0);
    assert_eq!(get(first, "/readyz").0, 200);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = |address: SocketAddr| format!("{rest}\n[web]\nlisten = \"{address}\"\n");
    folder.write(&at(taken.local_addr().unwrap()));
    daemon.signal("HUP");
    folder.wait_log("the old config goes on: failed to listen", 1);
    let refused = figures(first).sum("wirewatch_reloads_total", "result=\"refused\"");
    assert_eq!(refused, 1.0);

    // Another address of the port that it holds itself.
    folder.write(&at(([0, 0, 0, 0], first.port()).into()));
    daemon.signal("HUP");
    assert_eq!(address(&folder, 1).port(), first.port());
    until("an answer at the new address", || {
        ask(first, "GET", "/healthz").ok()
    });

    folder.write(&rest);
    daemon.signal("HUP");
    until("an end of answers", || {
        TcpStream::connect(first).is_err().then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
}
