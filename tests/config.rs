//! Reading a config: from a file, from text, and back to text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::time::Duration;

use wirewatch::article::Kind;
use wirewatch::config::{
    self, Config, Format, Log, Network, NotifierKind, Recheck, SourceKind, Stdout, find, load,
    parse,
};
use wirewatch::watch::Wanted;

fn unset(_: &str) -> Option<String> {
    None
}

fn good(text: &str) -> Config {
    parse(text, Path::new("/etc/wirewatch/wirewatch.toml"), &unset).unwrap()
}

const SMALL: &str = r#"
[[source]]
id = "bbc"
kind = "feed"
url = "https://example.org/feed"
"#;

const FULL: &str = r#"
[store]
path = "state/w.db"

[fetch]
user_agent = "wirewatch (+https://example.com/contact)"
allow_private = ["127.0.0.0/8", "fd00::/8", "10.1.2.3"]
per_host_delay = "1500ms"
per_host_concurrency = 2
connect_timeout = "3s"
first_byte_timeout = "4s"
timeout = "1m30s"
max_body = "512KiB"
max_redirects = 0
proxy = "http://me:hunter2@proxy:3128"
respect_robots = false

[defaults]
interval = "10m"
recheck = "1h"

[[source]]
id = "a"
kind = "article"
url = "http://127.0.0.1:8080/a"
interval = "1d"
recheck = "auto"
select = "article > p"
remove = [".promo", "aside"]
alert_on_first_sight = true

[[source]]
id = "s"
kind = "section"
url = "https://example.org/news"
tags = ["world", "x.y_z-1"]
include = ["/2026/"]
exclude = ["/video/*"]
same_site = false
max_articles = 7

[[source]]
id = "f"
kind = "feed"
url = "https://example.org/feed"

[[kind]]
name = "hunger strike"
language = "en"
verbs = ["go on hunger strike", "refuse food"]
phrases = ["hunger strike begins"]
about = ["@person", "miner", "prison"]
unless = ["football"]
examples = [
    "Jailed man goes on hunger strike",
    "Miners refuse food over unpaid wages",
    "Hunger strike begins at Lowmoor prison",
]
counter_examples = ["Jailed man denies going on hunger strike", "Dog refuses food"]

[[watch]]
name = "summits, talks"
any = ["summit"]
all = ["Budapest"]
none = ["football"]
kinds = ["cancelled", "toll", "hunger strike"]
sources = ["a"]
tags = ["world"]
min_confidence = 1
notify = ["log", "screen"]

[[notify]]
name = "log"
type = "log"
path = "/var/log/alerts.jsonl"

[[notify]]
name = "screen"
type = "stdout"
format = "json"
"#;

#[test]
fn what_is_left_out_has_its_default() {
    let config = good(SMALL);
    assert_eq!(config.store.path, Path::new("/etc/wirewatch/wirewatch.db"));
    assert_eq!(config.fetch.per_host_delay, Duration::from_secs(1));
    assert_eq!(config.fetch.per_host_concurrency, 1);
    assert_eq!(config.fetch.max_body, 10_000_000);
    assert!(config.fetch.respect_robots);
    assert!(config.fetch.allow_private.is_empty());
    assert!(config.fetch.proxy.is_none());
    let [source] = config.sources.as_slice() else {
        panic!("one source")
    };
    assert_eq!(source.interval, Duration::from_secs(300));
    assert_eq!(source.recheck, Recheck::Auto);
    assert!(!source.alert_on_first_sight);
    assert_eq!(source.max_articles, 50);
}

#[test]
fn every_key_is_read() {
    let config = good(FULL);
    assert_eq!(config.warnings, []);
    assert_eq!(config.store.path, Path::new("/etc/wirewatch/state/w.db"));
    let fetch = &config.fetch;
    assert_eq!(fetch.user_agent, "wirewatch (+https://example.com/contact)");
    let networks: Vec<String> = fetch
        .allow_private
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["127.0.0.0/8", "fd00::/8", "10.1.2.3"]);
    assert_eq!(fetch.per_host_delay, Duration::from_millis(1500));
    assert_eq!(fetch.per_host_concurrency, 2);
    assert_eq!(fetch.connect_timeout, Duration::from_secs(3));
    assert_eq!(fetch.first_byte_timeout, Duration::from_secs(4));
    assert_eq!(fetch.timeout, Duration::from_secs(90));
    assert_eq!(fetch.max_body, 512 * 1024);
    assert_eq!(fetch.max_redirects, 0);
    assert_eq!(
        fetch.proxy.as_ref().unwrap().expose(),
        "http://me:hunter2@proxy:3128"
    );
    assert!(!fetch.respect_robots);
    assert_eq!(config.defaults.interval, Duration::from_secs(600));
    assert_eq!(
        config.defaults.recheck,
        Recheck::Every(Duration::from_secs(3600))
    );

    let [a, s, f] = config.sources.as_slice() else {
        panic!("three sources")
    };
    assert_eq!(
        (a.kind, s.kind, f.kind),
        (SourceKind::Article, SourceKind::Section, SourceKind::Feed)
    );
    assert_eq!(
        (a.interval, f.interval),
        (Duration::from_secs(86_400), Duration::from_secs(600))
    );
    assert_eq!(
        (a.recheck, f.recheck),
        (Recheck::Auto, config.defaults.recheck)
    );
    assert_eq!(
        (a.select.as_deref(), a.remove.len()),
        (Some("article > p"), 2)
    );
    assert!(a.alert_on_first_sight && !s.alert_on_first_sight);
    assert_eq!((s.tags.len(), s.include.len(), s.exclude.len()), (2, 1, 1));
    assert_eq!((s.max_articles, f.max_articles), (7, 50));
    assert!(!s.same_site && !f.same_site);

    let [watch] = config.watches.as_slice() else {
        panic!("one watch")
    };
    assert_eq!(watch.name, "summits, talks");
    assert_eq!(
        (&*watch.any, &*watch.all, &*watch.none),
        (
            &["summit".to_owned()][..],
            &["Budapest".to_owned()][..],
            &["football".to_owned()][..]
        )
    );
    assert_eq!(
        watch.kinds,
        [
            Wanted::Shipped(Kind::Cancelled),
            Wanted::Shipped(Kind::Toll),
            Wanted::Own("hunger strike".to_owned())
        ]
    );
    let [kind] = config.kinds.as_slice() else {
        panic!("one kind")
    };
    assert_eq!(kind.name, "hunger strike");
    assert_eq!(kind.language.as_deref(), Some("en"));
    assert_eq!(kind.verbs, ["go on hunger strike", "refuse food"]);
    assert_eq!(kind.phrases, ["hunger strike begins"]);
    assert_eq!(kind.about, ["@person", "miner", "prison"]);
    assert_eq!(kind.unless, ["football"]);
    assert_eq!((kind.examples.len(), kind.counter_examples.len()), (3, 2));
    assert_eq!(
        (watch.sources.len(), watch.tags.len(), watch.notify.len()),
        (1, 1, 2)
    );
    assert_eq!(watch.min_confidence, 1.0);

    let [log, screen] = config.notifiers.as_slice() else {
        panic!("two notifiers")
    };
    assert_eq!(
        log.kind,
        NotifierKind::Log(Log {
            path: "/var/log/alerts.jsonl".into()
        })
    );
    assert_eq!(
        screen.kind,
        NotifierKind::Stdout(Stdout {
            format: Format::Json
        })
    );
}

#[test]
fn only_a_section_stays_on_its_site_by_itself() {
    let of = |kind: &str| {
        good(&SMALL.replace("feed\"\nurl", &format!("{kind}\"\nurl"))).sources[0].same_site
    };
    assert_eq!(
        (of("section"), of("feed"), of("article")),
        (true, false, false)
    );
}

#[test]
fn variables_are_filled_in_everywhere_and_can_be_escaped() {
    let text = r#"
[fetch]
user_agent = "wirewatch (+mailto:${WHO}@example.com)"
[[source]]
id = "bbc"
kind = "${KIND}"
url = "https://example.org/?a=$1&b=$${HOME}"
tags = ["${WHO}", "a"]
"#;
    let env = |name: &str| match name {
        "WHO" => Some("desk".to_owned()),
        "KIND" => Some("feed".to_owned()),
        _ => None,
    };
    let config = parse(text, Path::new("w.toml"), &env).unwrap();
    assert_eq!(
        config.fetch.user_agent,
        "wirewatch (+mailto:desk@example.com)"
    );
    assert_eq!(config.sources[0].kind, SourceKind::Feed);
    assert_eq!(config.sources[0].tags, ["desk", "a"]);
    assert_eq!(config.sources[0].url.query(), Some("a=$1&b=${HOME}"));
}

#[test]
fn a_secret_comes_from_a_file_beside_the_config() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("proxy.secret"),
        "http://me:hunter2@proxy:3128\n",
    )
    .unwrap();
    let path = folder.path().join("wirewatch.toml");
    let with = |file: &str| {
        let text =
            format!("[fetch]\nuser_agent = \"x@example.com\"\nproxy_file = \"{file}\"\n{SMALL}");
        parse(&text, &path, &|name| {
            (name == "DIR").then(|| folder.path().display().to_string())
        })
    };
    for file in ["proxy.secret", "${DIR}/proxy.secret"] {
        let proxy = with(file).unwrap().fetch.proxy.unwrap();
        assert_eq!(proxy.expose(), "http://me:hunter2@proxy:3128");
    }
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    assert!(
        with("empty")
            .unwrap_err()
            .to_string()
            .contains("the file is empty")
    );
    std::fs::write(folder.path().join("wrong"), "hunter2").unwrap();
    let errors = with("wrong").unwrap_err().to_string();
    assert!(
        errors.contains("not the URL of a proxy") && !errors.contains("hunter2"),
        "{errors}"
    );
}

#[test]
fn a_secret_is_never_shown() {
    let config = good(FULL);
    let shown = [
        format!("{config:?}"),
        config.to_toml().unwrap(),
        serde_json::to_string(&config).unwrap(),
    ];
    for text in shown {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains(config::HIDDEN), "{text}");
    }
}

#[test]
fn the_effective_config_loads_to_the_same_config() {
    for text in [SMALL, FULL, config::STARTER] {
        let mut config = good(text);
        config.fetch.proxy = None;
        let mut again = good(&config.to_toml().unwrap());
        again.warnings.clone_from(&config.warnings);
        // Written out, a feed has a `same_site`, which is warned of.
        assert_eq!(again, config);
    }
}

#[test]
fn problems_have_places_for_machines() {
    let text = "[store]\ncolour = 1\n";
    let errors = parse(text, Path::new("w.toml"), &unset).unwrap_err();
    let json = serde_json::to_value(&errors).unwrap();
    let expected = serde_json::json!([
        {"severity": "error", "file": "w.toml", "line": null, "column": null,
         "message": "there is no [[source]], so nothing to watch",
         "help": "add one, or let `wirewatch init` write a config to start from"},
        {"severity": "error", "file": "w.toml", "line": 2, "column": 1,
         "message": "unknown key `colour` in [store]", "help": "[store] takes `archive`, `archive_path`, `keep_archive`, `keep_archive_size`, `keep_fetches`, `keep_history`, `keep_revisions` and `path`"},
    ]);
    assert_eq!(json, expected);
}

#[test]
fn a_place_is_right_behind_a_byte_order_mark_and_with_windows_line_ends() {
    let text = "\u{feff}[store]\r\npath = \"a\"\r\ncolour = 1\r\n";
    let errors = parse(text, Path::new("w.toml"), &unset).unwrap_err();
    let unknown = errors
        .problems()
        .iter()
        .find(|p| p.message.contains("colour"))
        .unwrap();
    assert_eq!((unknown.line, unknown.column), (Some(3), Some(1)));
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_fix() {
    let folder = tempfile::tempdir().unwrap();
    let told = |path: &Path| {
        let text = load(path).unwrap_err().to_string();
        text.replace(&folder.path().display().to_string(), "FOLDER")
    };
    insta::assert_snapshot!(told(&folder.path().join("none.toml")), @r"
    error: failed to read `FOLDER/none.toml`: no such file or directory
    --> FOLDER/none.toml
     = help: `wirewatch init` writes a config to start from
    ");
    insta::assert_snapshot!(told(folder.path()), @r"
    error: failed to read `FOLDER`: is a directory
    --> FOLDER
     = help: name the file in it: --config FOLDER/wirewatch.toml
    ");
    let latin = folder.path().join("latin1.toml");
    std::fs::write(&latin, b"[store]\npath = \"caf\xe9\"\n").unwrap();
    insta::assert_snapshot!(told(&latin), @r"
    error: failed to read `FOLDER/latin1.toml`: line 2 is not UTF-8
    --> FOLDER/latin1.toml
     = help: save the file as UTF-8
    ");
}

#[test]
fn a_file_is_loaded_with_the_environment_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    std::fs::write(&path, SMALL.replace("/feed\"", "/${CARGO_PKG_NAME}\"")).unwrap();
    let config = load(&path).unwrap();
    assert_eq!(config.sources[0].url.path(), "/wirewatch");
    assert_eq!(config.store.path, folder.path().join("wirewatch.db"));
    assert_eq!(config.path, path);
}

#[test]
fn the_file_named_is_the_one_taken() {
    assert_eq!(
        find(Some(Path::new("x.toml"))).unwrap(),
        Path::new("x.toml")
    );
}

#[test]
fn durations_sizes_and_networks_are_read_and_written_alike() {
    let durations = [
        ("500ms", 500),
        ("90s", 90_000),
        ("1m30s", 90_000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("0s", 0),
    ];
    for (text, millis) in durations {
        assert_eq!(
            config::duration(text).unwrap(),
            Duration::from_millis(millis),
            "{text}"
        );
    }
    for text in [
        "",
        "5",
        "s",
        "5 s",
        "-5s",
        "5x",
        "1.5h",
        "5s ",
        "٥s",
        "999999999999d",
        "5mm",
    ] {
        assert!(config::duration(text).is_err(), "{text}");
    }
    let sizes = [
        ("10MB", 10_000_000),
        ("10mb", 10_000_000),
        ("512KiB", 524_288),
        ("0B", 0),
        ("1 GB", 1_000_000_000),
    ];
    for (text, bytes) in sizes {
        assert_eq!(config::size(text).unwrap(), bytes, "{text}");
    }
    for text in ["", "10", "MB", "-1MB", "1.5MB", "10TB", "99999999999999GB"] {
        assert!(config::size(text).is_err(), "{text}");
    }
    for text in [
        "",
        "10",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.1/8",
        "1.2.3.4/-1",
        "host",
    ] {
        assert!(Network::parse(text).is_err(), "{text}");
    }
    let all = Network::parse("0.0.0.0/0").unwrap();
    assert!(all.contains("255.1.2.3".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
    let local = Network::parse("127.0.0.0/8").unwrap();
    assert!(
        local.contains("127.9.9.9".parse().unwrap())
            && !local.contains("128.0.0.1".parse().unwrap())
    );
    assert!(
        Network::parse("::/0")
            .unwrap()
            .contains("fe80::1".parse().unwrap())
    );
    assert!(
        !Network::parse("fd00::/8")
            .unwrap()
            .contains("fe80::1".parse().unwrap())
    );
}
