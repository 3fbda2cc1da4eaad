//! A source with `rendered = true` is read as a browser shows it, and the browser has no network of
//! its own. Needs Chromium; without it these tests say that they are skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use e2e::page::{cancelled, planned};
use e2e::program::{EVERYTHING, Folder, HEAD, source, wirewatch};
use e2e::site::{Site, html, reply};
use wirewatch::article::Kind;

fn has_browser() -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| {
        ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .any(|name| folder.join(name).is_file())
    });
    if !found {
        println!("SKIPPED: no Chromium in PATH");
    }
    found
}

/// A page whose text is written by a script from what it asks the server for.
fn app(site: &Site) {
    site.put("/story", |_| {
        html("<!DOCTYPE html><html lang=\"en\"><head><title>The Gazette</title></head><body><div id=\"root\"></div><script src=\"/app.js\"></script></body></html>")
    });
    site.put("/app.js", |_| {
        reply(
            200,
            &[("Content-Type", "text/javascript")],
            br#"fetch('/api/story').then(r => r.json()).then(story => {
  document.title = story.title;
  const body = story.paragraphs.map(p => `<p>${p}</p>`).join('');
  document.getElementById('root').innerHTML = `<main><article><h1>${story.title}</h1>${body}</article></main>`;
});
fetch('http://10.0.0.7/secret').catch(() => {});
fetch('http://127.0.6.9:1/secret').catch(() => {});
fetch('/forbidden/counter').catch(() => {});
fetch('/api/vote', {method: 'POST', body: '1'}).catch(() => {});
new Image().src = '/pixel.gif';"#,
        )
    });
    site.put("/robots.txt", |_| {
        reply(
            200,
            &[("Content-Type", "text/plain")],
            b"User-agent: *\nDisallow: /forbidden/\n",
        )
    });
}

fn tell(site: &Site, state: fn(&str, &str) -> (String, Vec<String>)) {
    let (title, paragraphs) = state("harbour festival", "Ghent");
    let story = serde_json::json!({"title": title, "paragraphs": paragraphs}).to_string();
    site.put("/api/story", move |_| {
        reply(
            200,
            &[("Content-Type", "application/json")],
            story.as_bytes(),
        )
    });
}

#[test]
fn what_scripts_write_is_read_and_nothing_else_is_loaded() {
    if !has_browser() {
        return;
    }
    let site = Site::open_on("127.0.6.1");
    let other = Site::open_on("127.0.6.2");
    app(&site);
    tell(&site, planned);
    let url = site.url("/story");
    // Of the loopback only the site's own address may be reached.
    let head = HEAD.replace("127.0.0.0/8", "127.0.6.1");
    let folder = Folder::new(&format!(
        "{head}{EVERYTHING}{}rendered = true\n",
        source("ghent", "article", &url)
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    let first = folder.revisions(&url).remove(0).revision;
    assert_eq!(first.title, planned("harbour festival", "Ghent").0);
    assert!(
        first.text.contains("held on Saturday as planned"),
        "{}",
        first.text
    );
    tell(&site, cancelled);
    folder.wait_told(1);
    assert_eq!(daemon.stop().code(), Some(0));
    let kinds: Vec<Kind> = folder.told().iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [Kind::Cancelled]);
    for path in [
        "/forbidden/counter",
        "/api/vote",
        "/pixel.gif",
        "/favicon.ico",
    ] {
        assert_eq!(site.asked(path).len(), 0, "{path}");
    }
    assert_eq!(other.log().len(), 0);
    let log = folder.log();
    assert!(log.contains("10.0.0.7 is the private address"), "{log}");
}

#[test]
fn without_a_browser_the_config_is_refused() {
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}rendered = true\n",
        source("ghent", "article", "http://127.0.6.1:1/story")
    ));
    for command in ["check", "run"] {
        let ended = wirewatch()
            .args([command, "--config"])
            .arg(folder.file("wirewatch.toml"))
            .env("PATH", "/nowhere")
            .output()
            .unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(78), "{told}");
        assert!(
            told.contains("no browser is found in PATH") && told.contains("apt install chromium"),
            "{told}"
        );
    }
}
