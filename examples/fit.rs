//! Fits what the detection engine learned: the gists of sentences and the confidence weights.
//!
//! `cargo run --release --example fit gists GOLD.jsonl VECTORS.txt FOLDER` writes `en.gist.txt`
//! and those without each fold; `... fit grade GOLD.jsonl FOLDER` then `en.weights.toml`.
//!
//! GOLD lines are those of the developments benchmark: `{"id","set","old","new","published",
//! "gold":{"kinds"}}`. Lines with `"unread": true` set how sure the confidences are; lines with
//! `"sentence": true` teach the gists alone, and may say how likely each kind is
//! (`"gold":{"kinds":[],"likely":{"died":0.9}}`, by a larger model, say). `"counts": 0.5` halves
//! what a line teaches the gists. The same input gives the same files. With `--folds` it prints
//! out-of-fold predictions as `confidence right` lines, for a reliability table.
//!
//! VECTORS are word vectors as the public-domain GloVe files have them (a word and its numbers a
//! line), from which the words of `en.classes.txt` start out.
//!
//! The gist of a sentence is heard by weights that were not fitted on it, or its grade would
//! believe it too much: a few times over, most of the sentences teach and the rest are heard.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Deserialize;
use wirewatch::article::{Kind, Revision};
use wirewatch::detect::{Decision, Engine, Input};

#[path = "fit/gists.rs"]
mod gists;
#[path = "fit/net.rs"]
mod net;

const CLASSES: &str = include_str!("../src/detect/lang/en.classes.txt");

/// Strength of the pull towards zero.
const L2: f64 = 1.5;
const ROUNDS: usize = 2000;
const FOLDS: u64 = 2;
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
    /// same at less weight.
    sample: Option<String>,
    /// Nobody mended rules after reading it: it says how far the rest may be believed.
    #[serde(default)]
    unread: bool,
    /// Not a text or pair but a sentence and what it tells.
    #[serde(default)]
    sentence: bool,
    /// What it counts among the sentences that teach the gists.
    #[serde(default = "one")]
    counts: f32,
    gold: Gold,
}

fn one() -> f32 {
    1.0
}

impl Item {
    fn input(&self) -> Input<'_> {
        Input {
            old: self.old.as_ref(),
            new: &self.new,
            published: self.published.as_deref(),
            told: &[],
        }
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

    /// Which fold it is in; what shares an id up to its first `/` is in the same.
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
    likely: Option<HashMap<String, f32>>,
}

#[derive(Clone)]
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["gists", gold, vectors, folder] => teach(&read(gold)?, vectors, Path::new(folder)),
        ["grade", gold, folder] => grade(&read(gold)?, Path::new(folder), false),
        ["grade", gold, folder, "--folds"] => grade(&read(gold)?, Path::new(folder), true),
        _ => Err("usage: fit gists GOLD.jsonl VECTORS.txt FOLDER | \
                  fit grade GOLD.jsonl FOLDER [--folds]"
            .into()),
    }
}

fn read(gold: &str) -> Result<Vec<Item>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(gold)?;
    let items = text.lines().map(serde_json::from_str);
    Ok(items.collect::<Result<_, _>>()?)
}

/// The gist that was not taught by the sentences of a fold.
fn without(fold: u64) -> String {
    format!("en.gist.without-{fold}.txt")
}

/// Writes the gists that the items teach: of all, and without each fold.
fn teach(items: &[Item], vectors: &str, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let words = gists::Words::read(CLASSES, &std::fs::read_to_string(vectors)?)?;
    let engine = Engine::with_gist(&words.blank())?;
    let all: Vec<gists::Sentence> = items
        .iter()
        .map(|i| gists::Sentence::new(&engine, i))
        .collect();
    for fold in 0..FOLDS {
        let some: Vec<&gists::Sentence> = all.iter().filter(|s| s.fold != Some(fold)).collect();
        std::fs::write(to.join(without(fold)), gists::fit(&words, &some))?;
    }
    let all: Vec<&gists::Sentence> = all.iter().collect();
    std::fs::write(to.join("en.gist.txt"), gists::fit(&words, &all))?;
    Ok(())
}

/// Writes the weights of the candidates' features, or prints what they say of items they were not
/// fitted on.
fn grade(items: &[Item], folder: &Path, folds: bool) -> Result<(), Box<dyn std::error::Error>> {
    let mut names: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for fold in 0..FOLDS {
        let engine = Engine::with_gist(&std::fs::read_to_string(folder.join(without(fold)))?)?;
        for item in items.iter().filter(|i| i.fold() == fold && !i.sentence) {
            candidates(&engine, item, &mut names, &mut rows);
        }
    }
    // revisions are few: what rules find in texts teaches their grade as well
    let table = |name: &str, r: &Row| match name {
        "text" => r.text && !r.proposed,
        "revision" => !r.proposed,
        _ => r.proposed,
    };
    let mut weights =
        "# Weights of the candidate features, fitted by `cargo run --release --example fit`.\n"
            .to_owned();
    for name in ["text", "revision", "proposed"] {
        let mut rows: Vec<Row> = rows.iter().filter(|r| table(name, r)).cloned().collect();
        if name != "revision" {
            rows.iter_mut().for_each(|r| r.weight = 1.0);
        }
        let rows: Vec<&Row> = rows.iter().collect();
        let outside = outside(&rows, &names);
        let here = outside
            .iter()
            .filter(|(_, r)| name == "proposed" || r.text == (name == "text"));
        if folds {
            for (sum, row) in here {
                println!("{:.3} {}", sigmoid(*sum), u8::from(row.right));
            }
            continue;
        }
        let right = rows.iter().filter(|r| r.right).count();
        weights += &format!("\n# {} candidates, {right} right\n[{name}]\n", rows.len());
        let unread = here.filter(|(_, r)| r.unread).copied().collect();
        let w = calibrated(&rows, &names, unread);
        for (name, at) in names
            .iter()
            .filter(|(name, at)| !matches!(**name, "own" | "written") && w[**at] != 0.0)
        {
            weights += &format!("{name} = {:.3}\n", w[*at]);
        }
    }
    if !folds {
        std::fs::write(folder.join("en.weights.toml"), weights)?;
    }
    Ok(())
}

/// Adds the candidates of an item that were not dropped for good.
fn candidates(
    engine: &Engine,
    item: &Item,
    names: &mut BTreeMap<&'static str, usize>,
    rows: &mut Vec<Row>,
) {
    let explanation = engine.explain(&item.input());
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
fn outside<'a>(rows: &[&'a Row], names: &BTreeMap<&'static str, usize>) -> Vec<(f64, &'a Row)> {
    let mut outside = Vec::new();
    for fold in 0..FOLDS {
        let train: Vec<&Row> = rows.iter().filter(|r| r.fold != fold).copied().collect();
        let w = fit(
            &train,
            names.len(),
            names.get("bias").copied(),
            &pulls(names),
        );
        let held = rows.iter().filter(|r| r.fold == fold);
        outside.extend(held.map(|r| (sum(&w, r), *r)));
    }
    outside
}

/// Weights fitted on all rows, as sure as they are right on those that nobody mended rules on.
fn calibrated(
    rows: &[&Row],
    names: &BTreeMap<&'static str, usize>,
    unread: Vec<(f64, &Row)>,
) -> Vec<f64> {
    let bias = names.get("bias").copied();
    let mut w = fit(rows, names.len(), bias, &pulls(names));
    if let (Some(bias), false) = (bias, unread.is_empty()) {
        let (slope, shift) = calibrate(&unread);
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
