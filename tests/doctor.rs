//! `wirewatch doctor` and `wirewatch check --diff` as the operator meets them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use e2e::page::{article, feed, planned};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html, reply, rss};
use serde_json::Value;

/// Each finding as "level what", and all of the output.
fn findings(output: &Output) -> (Vec<(String, Value)>, Option<i32>) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let level = line["level"].as_str().unwrap();
        (format!("{level} {}", line["what"].as_str().unwrap()), line)
    });
    (lines.collect(), output.status.code())
}

#[track_caller]
fn detail(findings: &[(String, Value)], name: &str) -> String {
    let found = findings.iter().find(|(n, _)| n == name);
    let (_, line) = found.unwrap_or_else(|| panic!("no {name:?} in {findings:#?}"));
    format!("{}; {}", line["detail"], line["fix"])
}

fn good(site: &Site) -> String {
    let (title, paragraphs) = planned("spring fair", "Graz");
    site.put("/news/a", move |ask| {
        html(&article(&title, &paragraphs, ask.nth))
    });
    let list = feed(&[(site.url("/news/a"), "Fair".to_owned())]);
    site.put("/feed", move |_| rss(&list));
    format!(
        "{HEAD}{EVERYTHING}{}{}",
        source("a", "article", &site.url("/news/a")),
        source("wire", "feed", &site.url("/feed")),
    )
}

#[test]
fn a_good_set_up_is_found_good_and_each_source_asked_once() {
    let site = Site::open();
    let folder = Folder::new(&good(&site));
    let (found, code) = findings(&folder.run(&["doctor", "--json"]));
    assert_eq!(code, Some(0), "{found:#?}");
    assert!(detail(&found, "ok source wire").contains("1 articles"));
    assert!(detail(&found, "ok source a").contains("words"));
    for what in [
        "config",
        "permissions",
        "store folder",
        "log folder of log",
        "disk",
        "database",
        "notifier log",
    ] {
        detail(&found, &format!("ok {what}"));
    }
    for path in ["/feed", "/news/a", "/robots.txt"] {
        assert_eq!(site.asked(path).len(), 1, "{path}");
    }
    assert!(folder.reader().is_none(), "something was stored");

    // One of them alone, and none at all.
    let (found, _) = findings(&folder.run(&["doctor", "--json", "--source", "wire"]));
    assert!(found.iter().all(|(name, _)| name != "ok source a"));
    let (found, code) = findings(&folder.run(&["doctor", "--json", "--source", "none"]));
    assert_eq!(code, Some(1));
    assert!(detail(&found, "fail config").contains("no source `none`"));
    let asked = site.log().len();
    let (_, code) = findings(&folder.run(&["doctor", "--json", "--offline"]));
    assert_eq!((code, site.log().len()), (Some(0), asked));

    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/a"), 1);
    let plain = folder.run(&["doctor", "--offline"]);
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains("ok    daemon: running"), "{plain}");
    assert!(plain.contains("wirewatch.db is sound"), "{plain}");
    assert_eq!(daemon.stop().code(), Some(0));
    let (found, _) = findings(&folder.run(&["doctor", "--json", "--offline"]));
    assert!(detail(&found, "warn daemon").contains("not running"));
}

#[test]
fn what_is_wrong_is_found_with_its_fix() {
    let site = Site::open();
    site.put("/wall", |_| reply(403, &[], b"no"));
    site.put("/robots.txt", |_| {
        reply(
            200,
            &[("Content-Type", "text/plain")],
            b"User-agent: *\nDisallow: /private\n",
        )
    });
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = refused.local_addr().unwrap().port();
    drop(refused);
    let hook = format!(
        "[[notify]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{port}/hook\"\nhealth = true\n"
    );
    let lost = "[[notify]]\nname = \"lost\"\ntype = \"log\"\npath = \"file/alerts.jsonl\"\n";
    let text = format!(
        "{}{EVERYTHING}{hook}{lost}{}{}{}{}",
        HEAD.replace("\"wirewatch.db\"", "\"file/wirewatch.db\""),
        source("down", "feed", &format!("http://127.0.0.1:{port}/feed")),
        source("wall", "section", &site.url("/wall")),
        source("private", "article", &site.url("/private/a")),
        source("nowhere", "feed", "http://nowhere.invalid/feed"),
    );
    let folder = Folder::new(&text);
    // A file where a folder should be cannot be written into, whoever asks.
    std::fs::write(folder.file("file"), "").unwrap();
    let (found, code) = findings(&folder.run(&["doctor", "--json"]));
    assert_eq!(code, Some(1));
    for (what, says) in [
        ("store folder", "is no folder"),
        ("log folder of lost", "is no folder"),
        ("source down", "refused"),
        ("source wall", "403"),
        ("source private", "robots.txt"),
        ("source nowhere", "looked up"),
        ("dns", "nowhere.invalid"),
        ("notifier hook", ""),
        ("notifier lost", ""),
    ] {
        let detail = detail(&found, &format!("fail {what}"));
        assert!(detail.contains(says), "{what}: {detail}");
    }
}

#[test]
fn secrets_that_everybody_may_read_are_found_and_never_shown() {
    let site = Site::open();
    let folder = Folder::new("");
    let text = good(&site).replace(
        "[fetch]\n",
        "[fetch]\nproxy = \"http://me:hunter2@127.0.0.1:9\"\n",
    );
    let mode = |name: &str, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.file(name), mode).unwrap();
    };
    folder.write(&text);
    mode("", 0o755);
    mode("wirewatch.toml", 0o644);
    let output = folder.run(&["doctor", "--json", "--offline"]);
    let (found, code) = findings(&output);
    assert_eq!(code, Some(1));
    assert!(detail(&found, "fail permissions").contains("chmod o-r"));
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains("hunter2")
    );
    mode("wirewatch.toml", 0o640);
    assert_eq!(
        findings(&folder.run(&["doctor", "--json", "--offline"])).1,
        Some(0)
    );

    // In a file of its own, which a closed folder hides.
    folder.write(&text.replace(
        "proxy = \"http://me:hunter2@127.0.0.1:9\"",
        "proxy_file = \"proxy\"",
    ));
    mode("wirewatch.toml", 0o644);
    std::fs::write(folder.file("proxy"), "http://me:hunter2@127.0.0.1:9").unwrap();
    mode("proxy", 0o644);
    let (found, _) = findings(&folder.run(&["doctor", "--json", "--offline"]));
    assert!(detail(&found, "fail permissions").contains("/proxy"));
    mode("", 0o700);
    let (found, code) = findings(&folder.run(&["doctor", "--json", "--offline"]));
    assert_eq!(code, Some(0), "{found:#?}");
}

#[test]
fn a_wrong_config_and_a_damaged_database_are_findings() {
    let folder = Folder::new("[fetch]\nproxi = 1\n[stor]\n");
    let (found, code) = findings(&folder.run(&["doctor", "--json"]));
    assert_eq!(code, Some(1));
    assert!(
        found.iter().all(|(name, _)| name == "fail config"),
        "{found:#?}"
    );
    let told = |place: &str| {
        let detail = |(_, line): &(String, Value)| line["detail"].to_string().contains(place);
        found.iter().any(detail)
    };
    assert!(
        told("wirewatch.toml:2:1") && told("wirewatch.toml:3:2"),
        "{found:#?}"
    );

    let site = Site::open();
    folder.write(&good(&site));
    std::fs::write(
        folder.file("wirewatch.db"),
        "no database at all, but long enough for one ".repeat(40),
    )
    .unwrap();
    let (found, code) = findings(&folder.run(&["doctor", "--json", "--offline"]));
    assert_eq!(code, Some(1));
    detail(&found, "fail database");
}

#[test]
fn check_diff_says_what_a_reload_would_do() {
    let site = Site::open();
    let text = good(&site);
    let folder = Folder::new(&text);
    let diff = || {
        let output = folder.run(&["check", "--diff"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(diff().contains("no daemon has run on"), "{}", diff());
    let daemon = folder.start();
    folder.wait_revisions(&site.url("/news/a"), 1);
    assert!(diff().contains("as the daemon took it up 20"), "{}", diff());
    assert_eq!(daemon.stop().code(), Some(0));

    // Not taken up by anybody now, so that it stays to be seen.
    let changed = text
        .replace("id = \"wire\"", "id = \"agency\"")
        .replace(
            "/news/a\"\ninterval = \"1s\"",
            "/news/a\"\ninterval = \"2s\"",
        )
        .replace(
            "[fetch]\n",
            "[fetch]\nproxy = \"http://me:hunter2@127.0.0.1:9\"\n",
        )
        .replace("name = \"everything\"", "name = \"all\"");
    folder.write(&changed);
    let told = diff();
    for line in [
        "(it is not running now):",
        "~ fetch: proxy not set -> (hidden)\n",
        "~ source a: interval \"1s\" -> \"2s\"",
        "+ source agency\n",
        "- source wire\n",
        "+ watch all\n",
        "- watch everything\n",
    ] {
        assert!(told.contains(line), "{line:?} in\n{told}");
    }
    let json = folder.run(&["check", "--diff", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["diff"]["running"], false);
    assert_eq!(json["diff"]["entries"].as_array().unwrap().len(), 6);
    assert!(!json.to_string().contains("hunter2"));
}
