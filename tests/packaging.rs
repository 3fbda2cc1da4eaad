//! What the Debian package is made of: everything it names is there, and its parts agree on names and
//! places. The package itself is built by `packaging/deb`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use toml::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn manifest() -> Value {
    toml::from_str(&read("Cargo.toml")).unwrap()
}

fn deb(manifest: &Value) -> &Value {
    &manifest["package"]["metadata"]["deb"]
}

/// The assets: what is packed, and where it goes to.
fn assets() -> Vec<(String, String)> {
    let manifest = manifest();
    let assets = deb(&manifest)["assets"].as_array().unwrap();
    let text = |asset: &Value, n: usize| asset[n].as_str().unwrap().to_owned();
    assets.iter().map(|a| (text(a, 0), text(a, 1))).collect()
}

/// Whether a file matches `pattern`, which may have one `*` in its last part.
fn exists(pattern: &Path) -> bool {
    let name = pattern.file_name().unwrap().to_str().unwrap();
    let Some((start, end)) = name.split_once('*') else {
        return pattern.is_file();
    };
    let files = std::fs::read_dir(pattern.parent().unwrap()).unwrap();
    files.map(|f| f.unwrap().file_name()).any(|file| {
        let file = file.to_str().unwrap();
        file.starts_with(start) && file.ends_with(end)
    })
}

#[test]
fn every_file_of_the_package_is_there_or_is_generated() {
    let folder = tempfile::tempdir().unwrap();
    let generated = folder.path().join("packaging");
    let status = Command::new(root().join("packaging/generate"))
        .arg(env!("CARGO_BIN_EXE_wirewatch"))
        .arg(&generated)
        .status()
        .unwrap();
    assert!(status.success());
    for (source, _) in assets() {
        let path = match source.strip_prefix("target/packaging/") {
            Some(source) => generated.join(source),
            None if source == "target/release/wirewatch" => continue,
            None => root().join(&source),
        };
        assert!(exists(&path), "{source}");
    }

    let page = std::fs::read_to_string(generated.join("man/wirewatch-run.1")).unwrap();
    assert!(page.contains(".TH"), "{page}");
    let bash = generated.join("completions/wirewatch");
    let status = Command::new("bash").arg("-n").arg(bash).status().unwrap();
    assert!(status.success());
}

#[test]
fn the_unit_runs_what_the_package_brings() {
    let unit = read("systemd/wirewatch.service");
    let places: Vec<String> = assets().into_iter().map(|(_, place)| place).collect();
    for line in unit.lines().filter(|line| line.starts_with("ExecStart")) {
        assert!(line.contains("=/usr/bin/wirewatch "), "{line}");
        assert!(line.ends_with(" /etc/wirewatch/wirewatch.toml"), "{line}");
    }
    assert!(places.contains(&"usr/bin/".into()));
    assert!(places.contains(&"etc/wirewatch/wirewatch.toml".into()));

    let user = read("packaging/wirewatch.sysusers");
    assert!(user.contains("\nu wirewatch "), "{user}");
    for line in ["User=wirewatch", "Group=wirewatch"] {
        assert!(unit.lines().any(|l| l == line), "{line}");
    }
}

#[test]
fn the_config_writes_where_the_unit_allows_it_and_logrotate_looks() {
    let config: Value = toml::from_str(&read("config/system.toml")).unwrap();
    let unit = read("systemd/wirewatch.service");
    for line in ["StateDirectory=wirewatch", "LogsDirectory=wirewatch"] {
        assert!(unit.lines().any(|l| l == line), "{line}");
    }
    let store = config["store"]["path"].as_str().unwrap();
    assert!(store.starts_with("/var/lib/wirewatch/"), "{store}");
    let log = config["notify"][0]["path"].as_str().unwrap();
    assert!(log.starts_with("/var/log/wirewatch/"), "{log}");
    let rotated = read("packaging/wirewatch.logrotate");
    assert!(rotated.contains(&format!("\n{log} {{\n")), "{rotated}");
}

#[test]
fn the_maintainer_scripts_are_shell_and_take_up_what_is_generated() {
    for script in ["postinst", "postrm"] {
        let path = format!("packaging/debian/{script}");
        let text = read(&path);
        assert!(text.contains("\n#DEBHELPER#\n"), "{path}");
        let status = Command::new("sh")
            .arg("-n")
            .arg(root().join(&path))
            .status();
        assert!(status.unwrap().success(), "{path}");
    }
}

#[test]
fn the_package_has_all_features() {
    let manifest = manifest();
    let all: Vec<&str> = manifest["features"]
        .as_table()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let packed = deb(&manifest)["features"].as_array().unwrap();
    let packed: Vec<&str> = packed.iter().map(|f| f.as_str().unwrap()).collect();
    assert_eq!(packed, all);
}
