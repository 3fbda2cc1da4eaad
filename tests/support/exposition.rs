//! Prometheus' text format, read strictly: what it forbids stops the test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may stop at the first surprise as the test itself may"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was exposed.
pub struct Figures {
    /// By the whole series: name and labels as written.
    series: BTreeMap<String, f64>,
}

impl Figures {
    #[track_caller]
    pub fn parse(text: &str) -> Figures {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut types: HashMap<&str, &str> = HashMap::new();
        let mut helped = BTreeSet::new();
        let mut series = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(helped.insert(name) && !help.is_empty(), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(types.insert(name, kind).is_none(), "{line}");
            } else {
                let (key, value) = line.rsplit_once(' ').unwrap();
                let value: f64 = value.parse().unwrap_or_else(|e| panic!("{e}: {line}"));
                let name = key.split('{').next().unwrap();
                let family = family(name, &types);
                assert!(helped.contains(family), "{line} is not described");
                labels(key).iter().for_each(|(label, _)| {
                    assert!(
                        label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                        "{line}"
                    );
                });
                assert!(
                    types[family] == "gauge" || value >= 0.0,
                    "less than nothing: {line}"
                );
                assert!(series.insert(key.to_owned(), value).is_none(), "{line}");
            }
        }
        let figures = Figures { series };
        for (name, _) in types.iter().filter(|(_, kind)| **kind == "histogram") {
            figures.check_histogram(name);
        }
        figures
    }

    /// The sum of a name's series that have this label; all of them for "".
    pub fn sum(&self, name: &str, label: &str) -> f64 {
        let of = |key: &str| key == name || key.starts_with(&format!("{name}{{"));
        let counted: Vec<f64> = self
            .series
            .iter()
            .filter(|(key, _)| of(key) && key.contains(label))
            .map(|(_, value)| *value)
            .collect();
        counted.iter().sum()
    }

    /// Buckets grow with their bounds, and the last has all.
    #[track_caller]
    fn check_histogram(&self, name: &str) {
        let mut rows: HashMap<String, Vec<(f64, f64)>> = HashMap::new();
        for (key, value) in &self.series {
            if !key.starts_with(&format!("{name}_bucket{{")) {
                continue;
            }
            let (bounds, rest): (Vec<_>, Vec<_>) = labels(key)
                .into_iter()
                .partition(|(label, _)| label == "le");
            let bound = bounds[0].1.parse().unwrap();
            let rest: Vec<String> = rest.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
            rows.entry(rest.join(","))
                .or_default()
                .push((bound, *value));
        }
        for (labels, mut buckets) in rows {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(
                buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1),
                "{name} {labels}: {buckets:?}"
            );
            let count = match labels.as_str() {
                "" => format!("{name}_count"),
                labels => format!("{name}_count{{{labels}}}"),
            };
            let (bound, all) = buckets[buckets.len() - 1];
            assert!(bound.is_infinite(), "{name} {labels}");
            assert_eq!(Some(&all), self.series.get(&count), "{name} {labels}");
        }
    }
}

/// The family a series belongs to.
fn family<'n>(name: &'n str, types: &HashMap<&str, &str>) -> &'n str {
    let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
        let base = name.strip_suffix(end)?;
        (types.get(base) == Some(&"histogram")).then_some(base)
    });
    let family = histogram.unwrap_or(name);
    assert!(types.contains_key(family), "{name} has no type");
    family
}

/// Labels of a series; no value here has a comma or a quote.
fn labels(key: &str) -> Vec<(String, String)> {
    let Some((_, inner)) = key.split_once('{') else {
        return Vec::new();
    };
    let inner = inner.strip_suffix('}').unwrap();
    let pair = |part: &str| {
        let (label, value) = part.split_once('=').unwrap();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        (label.to_owned(), value.unwrap().to_owned())
    };
    inner.split(',').map(pair).collect()
}
