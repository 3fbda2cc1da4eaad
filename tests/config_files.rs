//! What is shipped beside the code says what the code does: the schema, the configs, the docs.
//!
//! `UPDATE_SCHEMA=1 cargo test --test config_files` writes the generated parts anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use wirewatch::article::Kind;
use wirewatch::config::{self, Severity, parse};
use wirewatch::detect::Engine;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Compares a shipped file with what the code generates, or writes it if asked to.
fn matches(path: &str, generated: &str) {
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(root().join(path), generated).unwrap();
    }
    assert!(
        read(path) == generated,
        "{path} is not what the code says; `UPDATE_SCHEMA=1 cargo test --test config_files` writes it anew"
    );
}

/// The heading of each table, as it is written in the docs, and its schema.
fn tables() -> Vec<(String, Value)> {
    let schema: Value = serde_json::from_str(&config::schema()).unwrap();
    let mut tables = Vec::new();
    for (name, table) in schema["properties"].as_object().unwrap() {
        match (&table["properties"], &table["items"]["oneOf"]) {
            (Value::Object(_), _) => tables.push((name.clone(), table.clone())),
            (_, Value::Array(variants)) => {
                // Keys that several types take are documented once.
                let mut common =
                    serde_json::json!({"additionalProperties": false, "required": ["name"]});
                for variant in variants {
                    let mut variant = variant.clone();
                    let of = variant["properties"]["type"]["const"].as_str().unwrap();
                    let title = format!("{name} {of}");
                    let keys = variant["properties"].as_object_mut().unwrap();
                    let shared = |key: &Value| key["$comment"] == "common";
                    for (key, value) in keys.iter().filter(|(_, key)| shared(key)) {
                        common["properties"][key] = value.clone();
                    }
                    keys.retain(|_, key| !shared(key));
                    let required = variant["required"].as_array_mut().unwrap();
                    required.retain(|key| key != "name");
                    tables.push((title, variant));
                }
                tables.push((name.clone(), common));
            }
            _ => tables.push((name.clone(), table["items"].clone())),
        }
    }
    tables
}

/// The keys of a table but `type`, which its heading has.
fn keys(table: &Value) -> Vec<(&String, &Value)> {
    let keys = table["properties"].as_object().unwrap();
    keys.iter()
        .filter(|(_, key)| key.get("const").is_none())
        .collect()
}

/// A value as it stands in a config.
fn toml_of(value: &Value) -> String {
    match value {
        // Strings and lists look alike in both.
        Value::Object(_) => toml::Value::try_from(value).unwrap().to_string(),
        _ => value.to_string(),
    }
}

/// A schema's table as a table of the docs.
fn documented(table: &Value) -> String {
    let required: Vec<&Value> = table["required"].as_array().into_iter().flatten().collect();
    let mut text = "| key | meaning | default | example |\n|---|---|---|---|\n".to_owned();
    let (must, may): (Vec<_>, Vec<_>) = keys(table)
        .into_iter()
        .partition(|(name, _)| required.contains(&&Value::from(name.as_str())));
    for (name, key) in must.into_iter().chain(may) {
        let meaning = key["description"].as_str().unwrap().replace('\n', " ");
        let code = |value: &Value| format!("`{value}`");
        let default = match key.get("default") {
            Some(default) => code(default),
            None if required.contains(&&Value::from(name.as_str())) => "required".to_owned(),
            None => "–".to_owned(),
        };
        text += &format!(
            "| `{name}` | {meaning} | {default} | `{}` |\n",
            toml_of(&key["examples"][0])
        );
    }
    text
}

/// Whether a config with this table is taken: a notifier may be built without.
fn built(table: &str) -> bool {
    match table {
        "notify mqtt" => cfg!(feature = "mqtt"),
        "notify nats" => cfg!(feature = "nats"),
        "notify kafka" => cfg!(feature = "kafka"),
        _ => true,
    }
}

/// A config that has just this line in this table, and all else that is needed.
fn with(table: &str, name: &str, line: &str) -> String {
    let mut parts = vec![
        (
            "fetch",
            "fetch",
            vec![("user_agent", "user_agent = \"x@example.com\"")],
        ),
        (
            "source",
            "source",
            vec![
                ("id", "id = \"bbc-world\""),
                ("kind", "kind = \"feed\""),
                ("url", "url = \"https://example.org/feed\""),
                ("tags", "tags = [\"world\"]"),
            ],
        ),
        (
            "kind",
            "kind",
            vec![
                ("name", "name = \"hunger strike\""),
                ("verbs", "verbs = [\"go on hunger strike\"]"),
                ("phrases", "phrases = [\"goes on hunger strike\"]"),
                (
                    "examples",
                    "examples = [\"Jailed poet goes on hunger strike\"]",
                ),
            ],
        ),
        (
            "watch",
            "watch",
            vec![("name", "name = \"w\""), ("notify", "notify = []")],
        ),
        (
            "notify email",
            "notify",
            vec![
                ("name", "name = \"email\""),
                ("type", "type = \"email\""),
                ("host", "host = \"smtp.example.org\""),
                ("username", "username = \"desk\""),
                ("password", "password = \"p\""),
                ("from", "from = \"wirewatch@example.org\""),
                ("to", "to = [\"desk@example.org\"]"),
            ],
        ),
        (
            "notify ntfy",
            "notify",
            vec![
                ("name", "name = \"ntfy\""),
                ("type", "type = \"ntfy\""),
                ("topic", "topic = \"desk\""),
                ("username", "username = \"desk\""),
                ("password", "password = \"p\""),
            ],
        ),
        (
            "notify gotify",
            "notify",
            vec![
                ("name", "name = \"gotify\""),
                ("type", "type = \"gotify\""),
                ("server", "server = \"https://example.org\""),
                ("token", "token = \"t\""),
            ],
        ),
        (
            "notify pushover",
            "notify",
            vec![
                ("name", "name = \"pushover\""),
                ("type", "type = \"pushover\""),
                ("token", "token = \"t\""),
                ("user", "user = \"u\""),
            ],
        ),
        (
            "notify exec",
            "notify",
            vec![
                ("name", "name = \"exec\""),
                ("type", "type = \"exec\""),
                ("command", "command = [\"true\"]"),
            ],
        ),
        (
            "notify syslog",
            "notify",
            vec![("name", "name = \"syslog\""), ("type", "type = \"syslog\"")],
        ),
        (
            "notify journald",
            "notify",
            vec![
                ("name", "name = \"journald\""),
                ("type", "type = \"journald\""),
            ],
        ),
        (
            "notify atom",
            "notify",
            vec![
                ("name", "name = \"atom\""),
                ("type", "type = \"atom\""),
                ("path", "path = \"a.atom\""),
            ],
        ),
        (
            "notify log",
            "notify",
            vec![
                ("name", "name = \"log\""),
                ("type", "type = \"log\""),
                ("path", "path = \"a.jsonl\""),
            ],
        ),
        (
            "notify stdout",
            "notify",
            vec![("name", "name = \"screen\""), ("type", "type = \"stdout\"")],
        ),
        (
            "notify webhook",
            "notify",
            vec![
                ("name", "name = \"hook\""),
                ("type", "type = \"webhook\""),
                ("url", "url = \"https://example.org/hook\""),
            ],
        ),
        (
            "notify slack",
            "notify",
            vec![
                ("name", "name = \"slack\""),
                ("type", "type = \"slack\""),
                ("token", "token = \"xoxb-1\""),
                ("channel", "channel = \"C1\""),
            ],
        ),
        (
            "notify discord",
            "notify",
            vec![
                ("name", "name = \"discord\""),
                ("type", "type = \"discord\""),
                ("url", "url = \"https://discord.com/api/webhooks/1/2\""),
            ],
        ),
        (
            "notify teams",
            "notify",
            vec![
                ("name", "name = \"teams\""),
                ("type", "type = \"teams\""),
                ("url", "url = \"https://example.org/workflows/1\""),
            ],
        ),
        (
            "notify mattermost",
            "notify",
            vec![
                ("name", "name = \"mattermost\""),
                ("type", "type = \"mattermost\""),
                ("url", "url = \"https://example.org/hooks/1\""),
            ],
        ),
        (
            "notify telegram",
            "notify",
            vec![
                ("name", "name = \"telegram\""),
                ("type", "type = \"telegram\""),
                ("token", "token = \"1:aaaaaaaaaabbbbbbbbbbccccccccccddddd\""),
                ("chat_id", "chat_id = \"-100\""),
            ],
        ),
        (
            "notify matrix",
            "notify",
            vec![
                ("name", "name = \"matrix\""),
                ("type", "type = \"matrix\""),
                ("homeserver", "homeserver = \"https://example.org\""),
                ("token", "token = \"syt\""),
                ("room", "room = \"#desk:example.org\""),
            ],
        ),
        (
            "notify mqtt",
            "notify",
            vec![
                ("name", "name = \"bus\""),
                ("type", "type = \"mqtt\""),
                ("url", "url = \"mqtts://broker.example.org\""),
                ("topic", "topic = \"news\""),
                ("username", "username = \"desk\""),
                ("password", "password = \"correct horse\""),
            ],
        ),
        (
            "notify nats",
            "notify",
            vec![
                ("name", "name = \"stream\""),
                ("type", "type = \"nats\""),
                ("servers", "servers = [\"tls://nats.example.org\"]"),
                ("subject", "subject = \"news\""),
                ("username", "username = \"desk\""),
                ("password", "password = \"correct horse\""),
            ],
        ),
        (
            "notify kafka",
            "notify",
            vec![
                ("name", "name = \"kafka\""),
                ("type", "type = \"kafka\""),
                ("brokers", "brokers = [\"kafka.example.org:9093\"]"),
                ("topic", "topic = \"news\""),
                ("username", "username = \"desk\""),
                ("password", "password = \"correct horse\""),
            ],
        ),
        (
            "notify",
            "notify",
            vec![
                ("name", "name = \"all\""),
                ("type", "type = \"webhook\""),
                ("url", "url = \"https://example.org/all\""),
            ],
        ),
        ("store", "store", vec![]),
        ("defaults", "defaults", vec![]),
        ("web", "web", vec![]),
    ];
    let mut text = String::new();
    parts.retain(|(id, ..)| built(id));
    for (id, heading, lines) in &mut parts {
        if (table, *id) == ("notify ntfy", "notify ntfy") && name.starts_with("token") {
            // A token in place of a user.
            lines.retain(|(key, _)| !["username", "password"].contains(key));
        }
        if id == &table {
            if matches!(name, "token" | "token_file" | "creds_file") {
                // Another login than by name.
                lines.retain(|(key, _)| !matches!(*key, "username" | "password"));
            }
            // A secret stands in place or in a file.
            let other = match name.strip_suffix("_file") {
                Some(base) => base.to_owned(),
                None => format!("{name}_file"),
            };
            lines.retain(|(key, _)| *key != name && (line.is_empty() || *key != other));
            if table == "notify slack" && name.starts_with("url") {
                // A webhook in place of a bot.
                lines.retain(|(key, _)| !["token", "channel"].contains(key));
            }
            lines.push((name, line));
        }
        text += &match *heading {
            "source" | "kind" | "watch" | "notify" => format!("[[{heading}]]\n"),
            _ => format!("[{heading}]\n"),
        };
        for (_, line) in lines {
            text += &format!("{line}\n");
        }
    }
    text
}

fn problems(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("wirewatch.topic", "topic"),
        ("wirewatch.user", "user"),
        ("proxy", "http://proxy:3128"),
        ("wirewatch.url", "https://example.org/hook"),
        ("wirewatch.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("wirewatch.token", "token"),
        ("wirewatch.password", "password"),
        ("wirewatch.slack", "xoxb-1"),
        ("wirewatch.discord", "https://discord.com/api/webhooks/1/2"),
        ("wirewatch.mattermost", "https://example.org/hooks/1"),
        (
            "wirewatch.telegram",
            "1:aaaaaaaaaabbbbbbbbbbccccccccccddddd",
        ),
        (
            "wirewatch.creds",
            "-----BEGIN NATS USER JWT-----\ne\n------END NATS USER JWT------\n",
        ),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let env =
        |name: &str| (name == "CREDENTIALS_DIRECTORY").then(|| folder.path().display().to_string());
    match parse(text, Path::new("w.toml"), &env) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .problems()
            .iter()
            .map(|p| p.message.clone())
            .collect(),
    }
}

#[test]
fn the_schema_is_the_one_the_code_generates() {
    matches("config/wirewatch.schema.json", &config::schema());
}

#[test]
fn the_schema_has_the_keys_that_are_accepted_and_its_examples_are_right() {
    let mut count = 0;
    for (table, schema) in tables().into_iter().filter(|(table, _)| built(table)) {
        assert_eq!(schema["additionalProperties"], false, "{table}");
        for (name, key) in keys(&schema) {
            let line = format!("{name} = {}", toml_of(&key["examples"][0]));
            assert_eq!(
                problems(&with(&table, name, &line)),
                [""; 0],
                "{table}: {line}"
            );
            if let Some(default) = key.get("default") {
                let line = format!("{name} = {}", toml_of(default));
                assert_eq!(
                    problems(&with(&table, name, &line)),
                    [""; 0],
                    "{table}: {line}"
                );
            }
            count += 1;
        }
        let unknown = problems(&with(&table, "zzz", "zzz = 1"));
        assert!(
            matches!(unknown.as_slice(), [one] if one.starts_with("unknown key `zzz`")),
            "{table}: {unknown:?}"
        );
    }
    assert!(count > 30, "{count}");
}

#[test]
fn the_defaults_of_the_schema_are_the_real_ones() {
    let text = with("none", "none", "");
    let config = parse(&text, Path::new("w.toml"), &|_| None).unwrap();
    let real = serde_json::to_value(&config).unwrap();
    for (table, schema) in tables().into_iter().filter(|(table, _)| built(table)) {
        let (table, of) = table.split_once(' ').unwrap_or((&table, ""));
        let of_type = |r: &&Value| r["type"] == of;
        let real = match real[table].as_array() {
            // The last takes every key that notifiers share.
            Some(list) if table == "notify" => list.iter().find(of_type).or(list.last()).unwrap(),
            Some(list) => &list[0],
            None => &real[table],
        };
        for (name, key) in keys(&schema) {
            // What the needed lines give, what depends on the file's folder, the kind or the type.
            if matches!(name.as_str(), "path" | "same_site" | "format" | "health")
                || (table, name.as_str()) == ("source", "tags")
                || matches!(
                    (table, name.as_str()),
                    ("watch", "notify") | ("kind", "verbs" | "phrases")
                )
            {
                continue;
            }
            if let Some(default) = key.get("default") {
                assert_eq!(&real[name], default, "{table}.{name}");
            }
        }
    }
}

#[test]
fn the_required_keys_of_the_schema_are_missed() {
    for (table, schema) in tables().into_iter().filter(|(table, _)| built(table)) {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            let told = problems(&with(&table, name, ""));
            assert!(
                told.contains(&format!("`{name}` is missing")),
                "{table}.{name}: {told:?}"
            );
        }
    }
}

#[test]
fn the_docs_have_every_key_as_the_code_has_it() {
    let mut docs = read("docs/CONFIG.md");
    for (table, schema) in tables() {
        let start = format!("<!-- keys: {table} -->\n");
        let from = docs
            .find(&start)
            .unwrap_or_else(|| panic!("docs/CONFIG.md lacks {start}"))
            + start.len();
        let to = from + docs[from..].find("<!-- end -->").unwrap();
        docs.replace_range(from..to, &format!("\n{}\n", documented(&schema)));
    }
    matches("docs/CONFIG.md", &docs);
    for kind in Kind::ALL {
        assert!(
            docs.contains(&format!("`{}`", kind.as_str())),
            "docs/CONFIG.md lacks {}",
            kind.as_str()
        );
    }
}

#[test]
fn every_config_of_the_docs_loads() {
    let docs = read("docs/CONFIG.md");
    let mut count = 0;
    for part in docs.split("```toml\n").skip(1) {
        let text = part.split("```").next().unwrap();
        assert_eq!(problems(text), [""; 0], "{text}");
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn the_shipped_configs_load_and_warn_of_the_placeholder_alone() {
    for path in ["config/wirewatch.toml", "config/system.toml"] {
        let config = config::load(&root().join(path)).unwrap_or_else(|e| panic!("{e}"));
        let warnings: Vec<&str> = config.warnings.iter().map(|w| w.message.as_str()).collect();
        assert_eq!(
            warnings,
            ["the user agent still has the placeholder contact"],
            "{path}"
        );
        assert!(
            config
                .warnings
                .iter()
                .all(|w| w.severity == Severity::Warning)
        );
    }
    assert_eq!(config::STARTER, read("config/wirewatch.toml"));
}

#[test]
fn the_starter_config_is_polite() {
    let config = parse(config::STARTER, Path::new("w.toml"), &|_| None).unwrap();
    assert!(config.sources.len() >= 10);
    for source in &config.sources {
        assert_eq!(source.url.scheme(), "https", "{}", source.id);
        assert!(source.interval.as_secs() >= 120, "{}", source.id);
    }
    assert!(config.fetch.respect_robots && config.fetch.per_host_delay.as_secs() >= 1);
    assert_eq!(config.fetch.per_host_concurrency, 1);
}

#[test]
fn the_classes_of_the_docs_are_there() {
    let docs = read("docs/DETECTION.md");
    let engine = Engine::english();
    let classes = engine.classes();
    let named: Vec<&str> = docs.split("`@").skip(1).collect();
    for rest in &named {
        let name = rest.split('`').next().unwrap();
        assert!(name == "name" || classes.contains(&name), "@{name}");
    }
    assert!(named.len() > 15, "{}", named.len());
}
