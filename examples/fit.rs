//! Fits what the detection engine learned: the gists of sentences and the confidence weights.
//!
//! `cargo run --release --example fit GOLD.jsonl src/detect/lang`
//!
//! GOLD lines are those of the developments benchmark: `{"id","set","old","new","published",
//! "gold":{"kinds"}}`. Lines with `"unread": true` set how sure the confidences are; lines with
//! `"sentence": true` are sentences for the gists alone. The same input gives the same files.
//! With `--folds` instead of the folder it prints out-of-fold predictions as `confidence right`
//! lines, for a reliability table.
//!
//! The gist of a sentence is heard by weights that were not fitted on it, or its grade would
//! believe it too much: five times over, four fifths teach and one is heard.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use wirewatch::article::{Kind, Revision};
use wirewatch::detect::{Decision, Engine, Input};

#[path = "fit/gists.rs"]
mod gists;

/// Strength of the pull towards zero.
const L2: f64 = 1.5;
const ROUNDS: usize = 2000;
const FOLDS: u64 = 5;
/// What a text's candidate counts in the grade of revisions: it knows nothing of the old one.
const OF_TEXTS: f64 = 0.1;
/// What a candidate of a written revision counts.
const WRITTEN: f64 = 0.3;

#[derive(Deserialize)]
struct Item {
    id: String,
    old: Option<Revision>,
    new: Revision,
    published: Option<String>,
    /// `own`: written for the fit. Such lines are clearer than life, so they share a feature of
    /// their own and do not move the bias. `written`: a revision written over a real old one, the
    /// same at less weight. `contestable`, `guessed` (by the rules, on text without
    /// labels): teach the gists at less than full weight.
    sample: Option<String>,
    /// Nobody mended rules after reading it: it says how far the rest may be believed.
    #[serde(default)]
    unread: bool,
    /// Not a text or pair but a sentence and what it tells.
    #[serde(default)]
    sentence: bool,
    gold: Gold,
}

impl Item {
    /// Neither for the gists alone nor of contestable kinds.
    fn is_graded(&self) -> bool {
        !self.sentence && self.sample.as_deref() != Some("contestable")
    }

    /// The feature that what was written for the fit shares.
    fn written(&self) -> Option<&'static str> {
        match self.sample.as_deref() {
            Some("own") => Some("own"),
            Some("written") => Some("written"),
            _ => None,
        }
    }

    /// What its candidates count in the grade of revisions.
    fn weight(&self) -> f64 {
        match self.sample.as_deref() {
            _ if self.old.is_none() => OF_TEXTS,
            Some("written") => WRITTEN,
            _ => 1.0,
        }
    }

    /// Which fifth it is in; what shares an id up to its first `/` is in the same.
    fn fold(&self) -> u64 {
        let group = self.id.split('/').next().unwrap_or_default();
        let hash = group.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        (hash >> 20) % FOLDS
    }
}

#[derive(Deserialize)]
struct Gold {
    kinds: Vec<Vec<String>>,
}

struct Row {
    features: Vec<(usize, f64)>,
    right: bool,
    fold: u64,
    unread: bool,
    weight: f64,
    /// Of a text seen first.
    text: bool,
    /// By no rule.
    proposed: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: fit GOLD.jsonl FOLDER|--folds";
    let path = arguments.next().ok_or(usage)?;
    let to = arguments.next().ok_or(usage)?;
    let items: Vec<Item> = std::fs::read_to_string(path)?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let engine = Engine::english();
    let sentences: Vec<gists::Sentence> = items
        .iter()
        .map(|i| gists::Sentence::new(&engine, i))
        .collect();
    let mut names: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for fold in 0..FOLDS {
        let teach = || sentences.iter().filter(|s| s.fold != fold);
        let (text, change) = gists(teach());
        let engine = Engine::with_gist(&text, &change)?;
        for item in items.iter().filter(|i| i.fold() == fold && i.is_graded()) {
            candidates(&engine, item, &mut names, &mut rows);
        }
    }
    // revisions are few: what rules find in texts teaches their grade as well
    let revision: Vec<Row> = rows
        .iter()
        .filter(|r| !r.proposed)
        .map(|r| r.without(&names, "gist"))
        .collect();
    let whole = |r: Row| Row { weight: 1.0, ..r };
    let text: Vec<Row> = rows.into_iter().filter(|r| r.text).map(whole).collect();
    let mut weights =
        "# Weights of the candidate features, fitted by `cargo run --release --example fit`.\n"
            .to_owned();
    for (table, rows) in [("text", text), ("revision", revision)] {
        let outside = outside(&rows, &names);
        if to == "--folds" {
            for (sum, row) in outside
                .iter()
                .filter(|(_, row)| row.text == (table == "text"))
            {
                println!("{:.3} {}", sigmoid(*sum), u8::from(row.right));
            }
            continue;
        }
        let right = rows.iter().filter(|r| r.right).count();
        weights += &format!("\n# {} candidates, {right} right\n[{table}]\n", rows.len());
        let told = outside
            .into_iter()
            .filter(|(_, row)| row.unread && row.text == (table == "text"));
        let w = calibrated(&rows, &names, told.collect());
        for (name, at) in names
            .iter()
            .filter(|(name, at)| !matches!(**name, "own" | "written") && w[**at] != 0.0)
        {
            weights += &format!("{name} = {:.3}\n", w[*at]);
        }
    }
    if to == "--folds" {
        return Ok(());
    }
    std::fs::write(Path::new(&to).join("en.weights.toml"), weights)?;
    let (text, change) = gists(sentences.iter());
    std::fs::write(Path::new(&to).join("en.gist.txt"), text)?;
    std::fs::write(Path::new(&to).join("en.change.txt"), change)?;
    Ok(())
}

/// The files of the gists that these teach: of texts, and of changes, which texts teach as well.
fn gists<'a>(all: impl Iterator<Item = &'a gists::Sentence>) -> (String, String) {
    let all: Vec<&gists::Sentence> = all.collect();
    let texts: Vec<&gists::Sentence> = all.iter().copied().filter(|s| !s.revision).collect();
    (gists::fit(&texts), gists::fit(&all))
}

/// Adds the candidates of an item that were not dropped for good.
fn candidates(
    engine: &Engine,
    item: &Item,
    names: &mut BTreeMap<&'static str, usize>,
    rows: &mut Vec<Row>,
) {
    let explanation = engine.explain(&Input {
        old: item.old.as_ref(),
        new: &item.new,
        published: item.published.as_deref(),
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
        let sets = &item.gold.kinds;
        let right = sets.iter().any(|set| set.iter().any(|k| k == kind));
        let mut features: Vec<(usize, f64)> = c
            .features
            .iter()
            .map(|(name, value)| {
                let next = names.len();
                (*names.entry(name).or_insert(next), *value)
            })
            .collect();
        if let Some(name) = item.written() {
            let next = names.len();
            features.push((*names.entry(name).or_insert(next), 1.0));
        }
        rows.push(Row {
            features,
            right,
            fold: item.fold(),
            unread: item.unread,
            weight: item.weight(),
            text: item.old.is_none(),
            proposed: c.features.iter().any(|(name, _)| *name == "proposed"),
        });
    }
}

fn sum(w: &[f64], row: &Row) -> f64 {
    row.features.iter().map(|(at, v)| w[*at] * v).sum()
}

fn sigmoid(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

impl Row {
    /// The row without the features whose names begin so.
    fn without(&self, names: &BTreeMap<&'static str, usize>, prefix: &str) -> Row {
        let out: Vec<usize> = names
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, at)| *at)
            .collect();
        let mut features = self.features.clone();
        features.retain(|(at, _)| !out.contains(at));
        Row { features, ..*self }
    }
}

/// A kind has few examples: its weight stays near zero.
fn pulls(names: &BTreeMap<&'static str, usize>) -> Vec<f64> {
    let mut pulls = vec![1.0; names.len()];
    for (name, at) in names {
        if Kind::parse(name).is_some() {
            pulls[*at] = 4.0;
        }
    }
    pulls
}

/// Every row with the sum that weights fitted without it give it.
fn outside<'a>(rows: &'a [Row], names: &BTreeMap<&'static str, usize>) -> Vec<(f64, &'a Row)> {
    let mut outside = Vec::new();
    for fold in 0..FOLDS {
        let train: Vec<&Row> = rows.iter().filter(|r| r.fold != fold).collect();
        let w = fit(
            &train,
            names.len(),
            names.get("bias").copied(),
            &pulls(names),
        );
        let held = rows.iter().filter(|r| r.fold == fold);
        outside.extend(held.map(|r| (sum(&w, r), r)));
    }
    outside
}

/// Weights fitted on all rows, as sure as they are right on those that nobody mended rules on.
fn calibrated(
    rows: &[Row],
    names: &BTreeMap<&'static str, usize>,
    outside: Vec<(f64, &Row)>,
) -> Vec<f64> {
    let all: Vec<&Row> = rows.iter().collect();
    let bias = names.get("bias").copied();
    let mut w = fit(&all, names.len(), bias, &pulls(names));
    if let (Some(bias), false) = (bias, outside.is_empty()) {
        let (slope, shift) = calibrate(&outside);
        w.iter_mut().for_each(|w| *w *= slope);
        w[bias] += shift;
    }
    w
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
    let step = 1.0 / rows.len().max(1) as f64;
    for _ in 0..ROUNDS {
        let mut slope = vec![0.0; width];
        for row in rows {
            let error = sigmoid(sum(&w, row)) - f64::from(u8::from(row.right));
            let error = error * row.weight;
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
