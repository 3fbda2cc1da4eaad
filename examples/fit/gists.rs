//! Learns the gists: for each kind a logistic regression over the features of a sentence, by
//! FTRL-Proximal (McMahan et al. 2013), which leaves most weights at nought.
//!
//! Of a revision the features are those that the old one had not, and those it lost.

use std::collections::{BTreeMap, BTreeSet};

use wirewatch::article::{Kind, Revision};
use wirewatch::detect::Engine;

use super::Item;

const PASSES: usize = 6;
const RATE: f32 = 0.5;
const L1: f32 = 15.0;
const L2: f32 = 5.0;
/// Sentences a feature must be in.
const SEEN: usize = 3;
/// Lesser weights are left out of the file.
const LEAST: f32 = 0.02;
/// What a sentence counts that was written for the fit or is contestable.
const HALF: f32 = 0.5;
/// Marks a feature that the old revision had and the new one has not.
const LOST: char = '¬';
/// What a sentence counts whose kinds are those that the rules were sure of.
const GUESSED: f32 = 0.3;

/// A sentence and the kinds it tells.
pub struct Sentence {
    features: Vec<String>,
    kinds: Vec<bool>,
    weight: f32,
    pub fold: u64,
    /// Of a revision: it teaches what changes sound like alone.
    pub revision: bool,
}

fn read(engine: &Engine, revision: &Revision) -> Vec<String> {
    let text = [&revision.title, &revision.text]
        .map(|t| t.trim())
        .join(". ");
    engine.gist_features(text.trim_end_matches([' ', '.']))
}

impl Sentence {
    pub fn new(engine: &Engine, item: &Item) -> Sentence {
        let kinds = &item.gold.kinds;
        let tells = |k: &Kind| kinds.iter().any(|set| set.iter().any(|x| x == k.as_str()));
        let mut features = read(engine, &item.new);
        if let Some(old) = &item.old {
            let set = |f: Vec<String>| f.into_iter().collect::<BTreeSet<String>>();
            let before = set(read(engine, old));
            let now = set(features.clone());
            features.retain(|f| !before.contains(f));
            features.extend(before.difference(&now).map(|f| format!("{LOST}{f}")));
        }
        Sentence {
            features,
            revision: item.old.is_some(),
            kinds: Kind::ALL.iter().map(tells).collect(),
            weight: match item.sample.as_deref() {
                Some("own" | "written" | "contestable") => HALF,
                Some("guessed") => GUESSED,
                _ => 1.0,
            },
            fold: item.fold(),
        }
    }
}

/// The file of gists that these sentences teach.
pub fn fit(sentences: &[&Sentence]) -> String {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for s in sentences {
        let mut once: Vec<&str> = s.features.iter().map(String::as_str).collect();
        once.sort_unstable();
        once.dedup();
        once.into_iter()
            .for_each(|f| *seen.entry(f).or_default() += 1);
    }
    seen.retain(|_, n| *n >= SEEN);
    let ids: BTreeMap<&str, usize> = seen
        .keys()
        .enumerate()
        .map(|(at, f)| (*f, at + 1))
        .collect();
    let rows: Vec<Vec<usize>> = sentences
        .iter()
        .map(|s| {
            let known = s
                .features
                .iter()
                .filter_map(|f| ids.get(f.as_str()).copied());
            std::iter::once(0).chain(known).collect()
        })
        .collect();
    let order = shuffled(rows.len());
    let mut lines: Vec<String> = vec![String::new(); ids.len() + 1];
    for (at, kind) in Kind::ALL
        .iter()
        .enumerate()
        .filter(|(_, k)| **k != Kind::Other)
    {
        let w = learn(&rows, &order, ids.len() + 1, |i| {
            (sentences[i].kinds[at], sentences[i].weight)
        });
        for (line, w) in lines.iter_mut().zip(w).filter(|(_, w)| w.abs() >= LEAST) {
            *line += &format!(" {} {w:.2}", kind.as_str());
        }
    }
    let mut file =
        "# What a sentence sounds like, fitted by `cargo run --release --example fit`.\n"
            .to_owned();
    for (name, line) in std::iter::once("")
        .chain(ids.into_keys())
        .zip(lines)
        .filter(|(_, l)| !l.is_empty())
    {
        file += &format!("{name}\t{}\n", line.trim_start());
    }
    file
}

/// The same order every time, without the runs of like sentences that the data has.
fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mix = |at: &usize| {
        (*at as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    order.sort_by_key(mix);
    order
}

fn learn(
    rows: &[Vec<usize>],
    order: &[usize],
    width: usize,
    gold: impl Fn(usize) -> (bool, f32),
) -> Vec<f32> {
    let (mut z, mut n) = (vec![0.0_f32; width], vec![0.0_f32; width]);
    let weight = |z: f32, n: f32, at: usize| {
        let (l1, l2) = if at == 0 { (0.0, 0.0) } else { (L1, L2) };
        if z.abs() <= l1 {
            return 0.0;
        }
        (l1 * z.signum() - z) / ((1.0 + n.sqrt()) / RATE + l2)
    };
    for _ in 0..PASSES {
        for &i in order {
            let row = &rows[i];
            let sum: f32 = row.iter().map(|at| weight(z[*at], n[*at], *at)).sum();
            let (right, counts) = gold(i);
            let slope = (1.0 / (1.0 + (-sum).exp()) - f32::from(u8::from(right))) * counts;
            if slope.abs() < 1e-4 {
                continue;
            }
            for &at in row {
                let w = weight(z[at], n[at], at);
                let more = slope * slope;
                let sigma = ((n[at] + more).sqrt() - n[at].sqrt()) / RATE;
                z[at] += slope - sigma * w;
                n[at] += more;
            }
        }
    }
    z.iter()
        .zip(&n)
        .enumerate()
        .map(|(at, (z, n))| weight(*z, *n, at))
        .collect()
}
