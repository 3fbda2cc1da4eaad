//! The linear layer: named features of a candidate to a confidence. Weights are data
//! (`weights.toml`), fitted by `cargo run --release --example fit`.

use rustc_hash::FxHashMap;

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

    /// Sets a yes-or-no feature.
    pub fn flag(&mut self, name: &'static str, on: bool) {
        self.set(name, f64::from(u8::from(on)));
    }
}

/// Feature weights.
#[derive(Debug, Default)]
pub(super) struct Weights(FxHashMap<String, f64>);

impl Weights {
    /// Reads `name = weight` lines.
    pub fn parse(text: &str) -> Result<Weights, String> {
        toml::from_str(text).map(Weights).map_err(|e| e.to_string())
    }

    /// The confidence the features amount to, 0 to 1.
    pub fn confidence(&self, features: &Features) -> f64 {
        let sum: f64 = features
            .0
            .iter()
            .map(|(name, value)| self.0.get(*name).copied().unwrap_or(0.0) * value)
            .sum();
        1.0 / (1.0 + (-sum).exp())
    }
}
