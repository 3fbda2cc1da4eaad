//! The linear layer: named features of a candidate to a confidence. Weights are data
//! (`en.weights.toml`), fitted by `cargo run --release --example fit`.

use rustc_hash::FxHashMap;
use serde::Deserialize;

/// Named features of one candidate.
#[derive(Debug, Clone, Default)]
pub(super) struct Features(pub Vec<(&'static str, f64)>);

impl Features {
    /// Sets a feature.
    pub fn set(&mut self, name: &'static str, value: f64) {
        if value != 0.0 {
            self.0.push((name, value));
        }
    }

    /// Whether a feature was set.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| *n == name)
    }

    /// What a feature was set to; 0 where it was not.
    pub fn value(&self, name: &str) -> f64 {
        let set = self.0.iter().find(|(n, _)| *n == name);
        set.map_or(0.0, |(_, value)| *value)
    }

    /// Sets a yes-or-no feature.
    pub fn flag(&mut self, name: &'static str, on: bool) {
        self.set(name, f64::from(u8::from(on)));
    }
}

/// Feature weights: a text seen first and a revision are graded apart, since what speaks for news
/// in the one is in the other often there already; and what no rule found by itself, since rules
/// are surer of what they were mended on than the gist is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    text: FxHashMap<String, f64>,
    revision: FxHashMap<String, f64>,
    proposed: FxHashMap<String, f64>,
}

impl Weights {
    /// Reads the tables `[text]`, `[revision]` and `[proposed]` of `name = weight` lines.
    pub fn parse(text: &str) -> Result<Weights, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The confidence the features amount to, 0 to 1.
    pub fn confidence(&self, features: &Features, revision: bool) -> f64 {
        let weights = match (features.has("proposed"), revision) {
            (true, _) => &self.proposed,
            (false, true) => &self.revision,
            (false, false) => &self.text,
        };
        let sum: f64 = features
            .0
            .iter()
            .map(|(name, value)| weights.get(*name).copied().unwrap_or(0.0) * value)
            .sum();
        1.0 / (1.0 + (-sum).exp())
    }
}
