//! The dashboard, the alerting rules and the docs speak of the metrics there are.
//!
//! `UPDATE_SCHEMA=1 cargo test --test dashboards` writes the table of the docs anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;

use serde_json::Value;
use wirewatch::metrics::list::{ALL, Shape};

fn file(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap()
}

/// Every name that a query may ask for.
fn series() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for metric in ALL {
        match metric.shape {
            Shape::Histogram(_) => {
                names.extend(["_bucket", "_sum", "_count"].map(|end| metric.name.to_owned() + end));
            }
            _ => {
                names.insert(metric.name.to_owned());
            }
        }
    }
    names
}

/// The words of a query that are names of metrics of ours.
fn asked(query: &str) -> impl Iterator<Item = &str> {
    query
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("wirewatch_") || word.starts_with("process_"))
}

/// Labels in braces and after `by`, with the metrics of the query.
fn labels_are_there(query: &str) {
    let known: BTreeSet<&str> = ALL
        .iter()
        .flat_map(|metric| metric.labels)
        .copied()
        .chain(["le", "instance", "job"])
        .collect();
    for part in query.split("by (").skip(1) {
        for label in part.split(')').next().unwrap().split(',') {
            assert!(known.contains(label.trim()), "{label} in {query}");
        }
    }
    for part in query.split('{').skip(1) {
        for pair in part.split('}').next().unwrap().split(',') {
            let label = pair.split(['=', '!']).next().unwrap();
            assert!(known.contains(label), "{label} in {query}");
        }
    }
}

#[test]
fn the_dashboard_is_one_and_asks_for_what_there_is() {
    let dashboard: Value = serde_json::from_str(&read("dashboards/wirewatch.json")).unwrap();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36);
    assert_eq!(dashboard["uid"], "wirewatch");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(
        variables
            .iter()
            .any(|v| v["type"] == "datasource" && v["query"] == "prometheus")
    );
    let (series, mut seen) = (series(), BTreeSet::new());
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!panel["title"].as_str().unwrap().is_empty());
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24 && at("w") > 0 && at("h") > 0);
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(["stat", "timeseries"].contains(&panel["type"].as_str().unwrap()));
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        assert!(!panel["description"].as_str().unwrap().is_empty());
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty());
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            let query = target["expr"].as_str().unwrap();
            labels_are_there(query);
            assert_eq!(
                query.matches('(').count(),
                query.matches(')').count(),
                "{query}"
            );
            for name in asked(query) {
                assert!(series.contains(name), "{name} in {query}");
                seen.insert(name.to_owned());
            }
        }
    }
    for metric in ALL {
        assert!(
            seen.iter().any(|name| name.starts_with(metric.name)),
            "no panel shows {}",
            metric.name
        );
    }
}

#[test]
fn the_rules_ask_for_what_there_is() {
    let rules = read("dashboards/wirewatch.rules.yml");
    let series = series();
    let queries: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .collect();
    assert_eq!(queries.len(), rules.matches("- alert: ").count());
    for query in queries {
        labels_are_there(query);
        for name in asked(query) {
            assert!(series.contains(name), "{name} in {query}");
        }
    }
}

#[test]
fn the_docs_have_every_metric() {
    let mut table = "| metric | type | labels | what it says |\n|---|---|---|---|\n".to_owned();
    for metric in ALL {
        let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
        table += &format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.shape_name(),
            labels.join(", "),
            metric.help
        );
    }
    let (path, start) = ("docs/OPERATING.md", "<!-- metrics -->\n");
    let mut docs = read(path);
    let from = docs.find(start).unwrap() + start.len();
    let to = from + docs[from..].find("<!-- end -->").unwrap();
    docs.replace_range(from..to, &format!("\n{table}\n"));
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(file(path), &docs).unwrap();
    }
    assert!(
        read(path) == docs,
        "{path} is not what the code says; `UPDATE_SCHEMA=1 cargo test --test dashboards` writes it anew"
    );
}
