//! Fits the weights of body extraction: logistic regression over the blocks of saved pages.
//!
//! `cargo run --release --example fit_extract -- DIR... > weights.txt`, then put the file in the
//! place of `src/extract/data/weights.txt`.
//!
//! Each DIR holds `gold/ID.json` (`{"url","body"}`) and `html/ID.html.gz`. The same input gives the
//! same weights. With `--folds` it prints instead how well blocks are told apart on publishers the
//! fit has not seen, one line a DIR. A feature that is new must first be named in the weights file,
//! with any number behind it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use flate2::read::GzDecoder;
use regex::Regex;
use serde::Deserialize;
use url::Url;
use wirewatch::extract::{Rules, bounded, decode, explain};

/// The file as it is: its head and the order of its names are kept.
const WEIGHTS: &str = include_str!("../src/extract/data/weights.txt");
/// How much a page counts against the pull of every weight towards zero; from cross-validation.
const STRENGTH: f64 = 1.5;
/// What every block counts besides its share of the article's words.
const FLOOR: f64 = 0.002;
/// Taken off the bias: a line too many is a false alert, a line missing seldom is.
const CAUTION: f64 = 0.2;
const FOLDS: usize = 6;
/// Newton's method doubles its right digits at each step.
const STEPS: usize = 12;
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Gold {
    url: Option<String>,
    body: String,
}

struct Page {
    set: usize,
    /// Pages of one publisher are never on both sides of a fold.
    publisher: String,
    blocks: Vec<Block>,
    gold: HashMap<String, usize>,
}

struct Block {
    words: Vec<String>,
    /// Number of the feature and its value, zeros left out.
    features: Vec<(usize, f64)>,
    /// Share of the block that is body by the gold text.
    label: f64,
    weight: f64,
}

fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let folds = arguments.iter().any(|a| a == "--folds");
    arguments.retain(|a| a != "--folds");
    if arguments.is_empty() {
        bail!("usage: fit_extract [--folds] DIR...");
    }
    let names: Vec<&str> = WEIGHTS
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split(' ').next())
        .collect();
    let mut pages = Vec::new();
    for (set, folder) in arguments.iter().enumerate() {
        pages.extend(load(Path::new(folder), set, &names)?);
    }
    if folds {
        cross_validate(&pages, names.len(), &arguments);
        return Ok(());
    }
    let weights = fit(&pages.iter().collect::<Vec<_>>(), names.len());
    for line in WEIGHTS.lines().filter(|l| l.starts_with('#')) {
        println!("{line}");
    }
    for (name, weight) in names.iter().zip(weights) {
        println!("{name} {weight:.3}");
    }
    Ok(())
}

fn load(folder: &Path, set: usize, names: &[&str]) -> anyhow::Result<Vec<Page>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("gold"))
        .with_context(|| format!("failed to read {}", folder.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let number: HashMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let word = Regex::new(r"\w+")?;
    let split = |text: &str| -> Vec<String> {
        word.find_iter(text)
            .map(|m| m.as_str().to_string())
            .collect()
    };
    let mut pages = Vec::new();
    for file in files {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        let gold: Gold = serde_json::from_reader(File::open(&file)?)
            .with_context(|| format!("failed to read {}", file.display()))?;
        let mut html = Vec::new();
        GzDecoder::new(File::open(folder.join(format!("html/{id}.html.gz")))?)
            .read_to_end(&mut html)?;
        let url = gold.url.as_deref().and_then(|u| Url::parse(u).ok());
        let publisher = url.as_ref().and_then(Url::domain).map_or_else(
            || id.to_string(),
            |host| psl::domain_str(host).unwrap_or(host).to_string(),
        );
        let verdicts = bounded(LIMIT, move || {
            explain(&decode(&html, None).text, url.as_ref(), &Rules::default())
        })?;
        let body = split(&gold.body);
        let joined = format!(" {} ", body.join(" "));
        let gold = runs(&body);
        let total = gold.values().sum::<usize>().max(1) as f64;
        let blocks = verdicts.into_iter().map(|verdict| {
            let words = split(&verdict.text);
            let features = verdict.features.iter().map(|(name, value)| {
                let at = number
                    .get(name)
                    .with_context(|| format!("{name} is not in the weights file"))?;
                Ok((*at, f64::from(*value)))
            });
            Ok(Block {
                features: features.collect::<anyhow::Result<_>>()?,
                label: label(&words, &gold, &joined),
                weight: (words.len() as f64 / total).min(1.0) + FLOOR,
                words,
            })
        });
        pages.push(Page {
            set,
            publisher,
            blocks: blocks.collect::<anyhow::Result<_>>()?,
            gold,
        });
    }
    Ok(pages)
}

/// Runs of four words with their counts; of a shorter text the whole.
fn runs(words: &[String]) -> HashMap<String, usize> {
    let mut out = HashMap::new();
    for run in words.windows(words.len().clamp(1, 4)) {
        *out.entry(run.join(" ")).or_default() += 1;
    }
    out
}

fn label(words: &[String], gold: &HashMap<String, usize>, joined: &str) -> f64 {
    if words.len() <= 4 {
        let found = !words.is_empty() && joined.contains(&format!(" {} ", words.join(" ")));
        return f64::from(u8::from(found));
    }
    let all = words.windows(4);
    let total = all.len() as f64;
    all.filter(|run| gold.contains_key(&run.join(" "))).count() as f64 / total
}

/// Logistic regression by Newton's method, every weight pulled towards zero.
fn fit(pages: &[&Page], size: usize) -> Vec<f64> {
    let mut weights = vec![0.0; size];
    for _ in 0..STEPS {
        let mut gradient = weights.clone();
        let mut curve = vec![vec![0.0; size]; size];
        for (at, row) in curve.iter_mut().enumerate() {
            row[at] = 1.0;
        }
        for block in pages.iter().flat_map(|p| &p.blocks) {
            let chance = 1.0 / (1.0 + (-sum(&block.features, &weights)).exp());
            let pull = STRENGTH * block.weight * (chance - block.label);
            let bend = STRENGTH * block.weight * chance * (1.0 - chance);
            for (i, x) in &block.features {
                gradient[*i] += pull * x;
                for (j, y) in &block.features {
                    curve[*i][*j] += bend * x * y;
                }
            }
        }
        for (weight, step) in weights.iter_mut().zip(solve(curve, gradient)) {
            *weight -= step;
        }
    }
    if let Some(bias) = weights.first_mut() {
        *bias -= CAUTION;
    }
    weights
}

fn sum(features: &[(usize, f64)], weights: &[f64]) -> f64 {
    features.iter().map(|(i, x)| x * weights[*i]).sum()
}

/// Gaussian elimination; the matrix is positive definite, so no pivoting is needed.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for i in 0..size {
        let pivot = matrix[i].clone();
        for j in i + 1..size {
            let factor = matrix[j][i] / pivot[i];
            for (value, above) in matrix[j].iter_mut().zip(&pivot).skip(i) {
                *value -= factor * above;
            }
            right[j] -= factor * right[i];
        }
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}

fn cross_validate(pages: &[Page], size: usize, sets: &[String]) {
    let mut publishers: Vec<&str> = pages.iter().map(|p| p.publisher.as_str()).collect();
    publishers.sort_unstable();
    publishers.dedup();
    let fold = |page: &Page| {
        publishers
            .binary_search(&page.publisher.as_str())
            .unwrap_or(0)
            % FOLDS
    };
    let mut scores: Vec<Vec<(f64, f64)>> = vec![Vec::new(); sets.len()];
    for held in 0..FOLDS {
        let seen: Vec<&Page> = pages.iter().filter(|p| fold(p) != held).collect();
        let weights = fit(&seen, size);
        for page in pages.iter().filter(|p| fold(p) == held) {
            scores[page.set].push(score(page, &weights));
        }
    }
    for (set, scores) in sets.iter().zip(scores) {
        let pages = scores.len().max(1) as f64;
        let precision = scores.iter().map(|s| s.0).sum::<f64>() / pages;
        let recall = scores.iter().map(|s| s.1).sum::<f64>() / pages;
        let f1 = 2.0 * precision * recall / (precision + recall);
        println!(
            "{set}: precision {precision:.4} recall {recall:.4} F1 {f1:.4} on unseen publishers"
        );
    }
}

/// Precision and recall of runs of four words; blocks said before are dropped, as in extraction.
fn score(page: &Page, weights: &[f64]) -> (f64, f64) {
    let mut said = std::collections::HashSet::new();
    let kept: Vec<String> = page
        .blocks
        .iter()
        .filter(|b| sum(&b.features, weights) > 0.0)
        .filter(|b| b.words.len() < 8 || said.insert(&b.words))
        .flat_map(|b| b.words.iter().cloned())
        .collect();
    let found = runs(&kept);
    let right: usize = found
        .iter()
        .map(|(run, n)| page.gold.get(run).copied().unwrap_or(0).min(*n))
        .sum();
    let share =
        |of: &HashMap<String, usize>| right as f64 / of.values().sum::<usize>().max(1) as f64;
    (share(&found), share(&page.gold))
}
