//! The sentences that teach the gists, and the file of what they taught.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use wirewatch::article::Kind;
use wirewatch::detect::Engine;

use super::Item;
use super::net::{self, Chance, DIM, FILTERS, KINDS, Net, Row, WIDTH};

/// Times every sentence is read.
const PASSES: usize = 10;

/// What stands for other things than words, in the order of the file.
const PLAIN: [&str; 21] = [
    "<", ">", "\"", "'", "-", "$", "%", "@year", "@number", "@day", "@word", "@name", "?", ":",
    ";", "!", "@again", "@told", "@ahead", "@claimed", "@fresh",
];

/// The words that the gist is to know: those of `src/detect/lang/en.classes.txt`.
pub struct Words {
    names: Vec<String>,
    /// Where each starts out.
    vectors: Vec<f32>,
}

impl Words {
    /// `vectors` are word vectors as GloVe's files have them, a line a word and its numbers. A word
    /// starts out with its [`DIM`] principal components, so that one seldom or never seen among the
    /// sentences is heard like others of its meaning.
    pub fn read(classes: &str, vectors: &str) -> Result<Words, String> {
        let mut known: HashMap<&str, Vec<f64>> = HashMap::new();
        for line in vectors.lines() {
            let mut parts = line.split_whitespace();
            let word = parts.next().unwrap_or_default();
            let numbers: Result<Vec<f64>, _> = parts.map(str::parse).collect();
            let numbers = numbers.map_err(|e| format!("failed to read \"{word}\": {e}"))?;
            known.insert(word, numbers);
        }
        let mut names: Vec<&str> = PLAIN.to_vec();
        let mut listed: BTreeSet<&str> = PLAIN.into_iter().collect();
        names.extend(classes.split_whitespace().filter(|w| listed.insert(w)));
        let width = known.values().map(Vec::len).max().unwrap_or_default();
        if width < DIM {
            return Err(format!(
                "failed to read the vectors: {DIM} numbers a word are needed"
            ));
        }
        let mut chance = Chance(0x2545_f491_4f6c_dd1d);
        let mut full: Vec<Vec<f64>> = Vec::new();
        for name in &names {
            let here = known.get(name).filter(|v| v.len() == width).cloned();
            let any = || {
                (0..width)
                    .map(|_| 0.3 * f64::from(chance.normal()))
                    .collect()
            };
            full.push(here.unwrap_or_else(any));
        }
        Ok(Words {
            names: names.into_iter().map(str::to_owned).collect(),
            vectors: components(full),
        })
    }

    /// A gist that knows the words and nothing of them.
    pub fn blank(&self) -> String {
        file(&self.names, &Net::new(vec![0.0; self.vectors.len()]))
    }
}

/// The [`DIM`] principal components of each row, with a deviation of 0.5, by orthogonal iteration
/// (Golub and Van Loan 2013, 8.2.4).
fn components(mut rows: Vec<Vec<f64>>) -> Vec<f32> {
    let width = rows.first().map_or(0, Vec::len);
    let count = rows.len() as f64;
    for at in 0..width {
        let mean = rows.iter().map(|r| r[at]).sum::<f64>() / count;
        rows.iter_mut().for_each(|r| r[at] -= mean);
    }
    let mut spread = vec![vec![0.0; width]; width];
    for row in &rows {
        for (x, line) in row.iter().zip(&mut spread) {
            line.iter_mut()
                .zip(row)
                .for_each(|(s, y)| *s += x * y / count);
        }
    }
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut axes: Vec<Vec<f64>> = (0..DIM)
        .map(|_| (0..width).map(|_| f64::from(chance.normal())).collect())
        .collect();
    for _ in 0..60 {
        for at in 0..DIM {
            let mut axis: Vec<f64> = spread.iter().map(|line| inner(line, &axes[at])).collect();
            for other in &axes[..at] {
                let shared = inner(&axis, other);
                axis.iter_mut()
                    .zip(other)
                    .for_each(|(x, o)| *x -= shared * o);
            }
            let length = inner(&axis, &axis).sqrt();
            axis.iter_mut().for_each(|x| *x /= length);
            axes[at] = axis;
        }
    }
    let all: Vec<f64> = rows
        .iter()
        .flat_map(|row| axes.iter().map(|axis| inner(row, axis)))
        .collect();
    let deviation = (inner(&all, &all) / all.len() as f64).sqrt();
    all.iter().map(|x| (0.5 * x / deviation) as f32).collect()
}

/// A sentence and the kinds it tells.
pub struct Sentence {
    row: Row,
    /// The fold that is heard without it; what a larger model says of it is no label that a grade
    /// could be fitted on, and teaches for every fold.
    pub fold: Option<u64>,
}

impl Sentence {
    /// `engine` knows the words, by [`Words::blank`].
    pub fn new(engine: &Engine, item: &Item) -> Sentence {
        let symbols = engine.gist_rows(&item.input());
        let sets = &item.gold.kinds;
        let mut kinds = [0.0; KINDS];
        for (k, share) in Kind::ALL.iter().zip(&mut kinds) {
            *share = match &item.gold.likely {
                Some(likely) => likely.get(k.as_str()).copied().unwrap_or_default(),
                // where readers differ, what part of them says so
                None => {
                    let say = sets.iter().filter(|s| s.iter().any(|x| x == k.as_str()));
                    say.count() as f32 / sets.len().max(1) as f32
                }
            };
        }
        let weight = item.counts;
        Sentence {
            row: Row {
                symbols,
                kinds,
                weight,
            },
            fold: item.gold.likely.is_none().then(|| item.fold()),
        }
    }
}

/// The file of gists that these sentences teach.
pub fn fit(words: &Words, sentences: &[&Sentence]) -> String {
    let rows: Vec<&Row> = sentences.iter().map(|s| &s.row).collect();
    let net = net::train(Net::new(words.vectors.clone()), &rows, PASSES);
    file(&words.names, &net)
}

/// The file of a net, as the engine reads it.
fn file(names: &[String], net: &Net) -> String {
    let mut out = "# What a sentence sounds like, fitted by `cargo run --release --example fit`.\n"
        .to_owned();
    out += &format!("dim {DIM}\nwidth {WIDTH}\nfilters {FILTERS}\n");
    for (name, numbers) in [
        ("kernel", &net.kernel),
        ("bias", &net.bias),
        ("out", &net.out),
        ("out_bias", &net.out_bias),
    ] {
        let step = step(numbers, 32_000.0);
        let bytes = numbers
            .iter()
            .flat_map(|x| ((x / step).round() as i16).to_le_bytes());
        let bytes: Vec<u8> = bytes.collect();
        out += &format!("={name} {step:e} {}\n", BASE64.encode(bytes));
    }
    for (name, vector) in names.iter().zip(net.vectors.chunks_exact(DIM)) {
        let step = step(vector, 127.0);
        let bytes = vector
            .iter()
            .map(|x| ((x / step).round() as i8).cast_unsigned());
        let bytes: Vec<u8> = bytes.collect();
        out += &format!("{name} {step:.5} {}\n", BASE64.encode(bytes));
    }
    out
}

/// The step by which numbers are written as whole ones up to `most`, with few digits of its own.
fn step(numbers: &[f32], most: f32) -> f32 {
    let largest = numbers.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    let step = (largest / most * 1e5).ceil() / 1e5;
    if step > 0.0 { step } else { 1.0 }
}
