//! Fits the confidence weights of the detection engine: logistic regression over the candidates
//! that the rules let through.
//!
//! `cargo run --release --example fit GOLD.jsonl > src/detect/lang/en.weights.toml`
//!
//! GOLD lines are those of the developments benchmark: `{"old","new","published","gold":{"kinds"}}`.
//! Lines with `"unread": true` set how sure the confidences are. The same input gives the same
//! weights. With `--folds` it prints out-of-fold predictions as `confidence right` lines instead,
//! for a reliability table.

use std::collections::BTreeMap;

use serde::Deserialize;
use wirewatch::article::Revision;
use wirewatch::detect::{Decision, Engine, Input};

/// Strength of the pull towards zero.
const L2: f64 = 1.5;
const ROUNDS: usize = 3000;

#[derive(Deserialize)]
struct Item {
    old: Option<Revision>,
    new: Revision,
    published: Option<String>,
    /// `own`: written for the fit. Such lines are clearer than life, so they share a feature of
    /// their own and do not move the bias.
    sample: Option<String>,
    /// Nobody mended rules after reading it: it says how far the rest may be believed.
    #[serde(default)]
    unread: bool,
    gold: Gold,
}

#[derive(Deserialize)]
struct Gold {
    kinds: Vec<Vec<String>>,
}

struct Row {
    features: Vec<(usize, f64)>,
    right: bool,
    item: usize,
    unread: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: fit GOLD.jsonl [--folds]")?;
    let folds = std::env::args().any(|a| a == "--folds");
    let engine = Engine::english();
    let mut names: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (item, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let it: Item = serde_json::from_str(line)?;
        let explanation = engine.explain(&Input {
            old: it.old.as_ref(),
            new: &it.new,
            published: it.published.as_deref(),
            told: &[],
        });
        for c in explanation.candidates {
            if !matches!(
                c.decision,
                Decision::Told
                    | Decision::BelowConfidence
                    | Decision::Duplicate
                    | Decision::AlreadyTold
                    | Decision::Wording
            ) || c.features.is_empty()
            {
                continue;
            }
            let kind = c.development.kind.as_str();
            let right = it
                .gold
                .kinds
                .iter()
                .any(|set| set.iter().any(|k| k == kind));
            let mut features: Vec<(usize, f64)> = c
                .features
                .iter()
                .map(|(name, value)| {
                    let next = names.len();
                    (*names.entry(name).or_insert(next), *value)
                })
                .collect();
            if it.sample.as_deref() == Some("own") {
                let next = names.len();
                features.push((*names.entry("own").or_insert(next), 1.0));
            }
            rows.push(Row {
                features,
                right,
                item,
                unread: it.unread,
            });
        }
    }
    let bias = names.get("bias").copied();
    // a kind has few examples: its weight stays near zero
    let mut pulls = vec![1.0; names.len()];
    for (name, at) in &names {
        if wirewatch::article::Kind::parse(name).is_some() {
            pulls[*at] = 4.0;
        }
    }
    let mut outside: Vec<(f64, &Row)> = Vec::new();
    for fold in 0..5 {
        let train: Vec<&Row> = rows.iter().filter(|r| r.item % 5 != fold).collect();
        let w = fit(&train, names.len(), bias, &pulls);
        let held = rows.iter().filter(|r| r.item % 5 == fold);
        outside.extend(held.map(|r| (sum(&w, r), r)));
    }
    if folds {
        for (sum, row) in outside {
            println!("{:.3} {}", sigmoid(sum), u8::from(row.right));
        }
        return Ok(());
    }
    let all: Vec<&Row> = rows.iter().collect();
    let mut w = fit(&all, names.len(), bias, &pulls);
    outside.retain(|(_, row)| row.unread);
    if let (Some(bias), false) = (bias, outside.is_empty()) {
        let (slope, shift) = calibrate(&outside);
        w.iter_mut().for_each(|w| *w *= slope);
        w[bias] += shift;
    }
    println!("# Weights of the candidate features, fitted by `cargo run --release --example fit`.");
    println!(
        "# {} candidates, {} right.",
        rows.len(),
        rows.iter().filter(|r| r.right).count()
    );
    for (name, at) in names.into_iter().filter(|(name, _)| *name != "own") {
        println!("{name} = {:.3}", w[at]);
    }
    Ok(())
}

fn sum(w: &[f64], row: &Row) -> f64 {
    row.features.iter().map(|(at, v)| w[*at] * v).sum()
}

fn sigmoid(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

/// Slope and shift that make the sums of rows outside the fit as sure as they are right (Platt
/// 1999): a rule is better on what it was mended on than on what it has not seen.
fn calibrate(rows: &[(f64, &Row)]) -> (f64, f64) {
    let (mut slope, mut shift) = (1.0, 0.0);
    let step = 1.0 / rows.len() as f64;
    for _ in 0..ROUNDS {
        let (mut a, mut b) = (0.0, 0.0);
        for (sum, row) in rows {
            let error = sigmoid(slope * sum + shift) - f64::from(u8::from(row.right));
            a += error * sum;
            b += error;
        }
        slope -= step * a;
        shift -= step * b;
    }
    (slope, shift)
}

/// Gradient descent with a fixed step: slow, plain and the same every time.
fn fit(rows: &[&Row], width: usize, bias: Option<usize>, pulls: &[f64]) -> Vec<f64> {
    let mut w = vec![0.0; width];
    let step = 2.0 / rows.len().max(1) as f64;
    for _ in 0..ROUNDS {
        let mut slope = vec![0.0; width];
        for row in rows {
            let error = sigmoid(sum(&w, row)) - f64::from(u8::from(row.right));
            for (at, v) in &row.features {
                slope[*at] += error * v;
            }
        }
        for at in 0..width {
            let pull = if Some(at) == bias {
                0.0
            } else {
                L2 * w[at] * pulls[at]
            };
            w[at] -= step * (slope[at] + pull);
        }
    }
    w
}
