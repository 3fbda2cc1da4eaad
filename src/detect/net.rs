//! The net that hears a sentence: vectors of words, one convolution over five neighbours, the
//! maximum and the mean over the sentence, one output a kind.
//!
//! What a word adds to each filter from each place of the window is worked out when the word is
//! first met and kept, so that hearing a sentence is additions of whole numbers. Pure; the file is
//! `lang/en.gist.txt`, its form told in [`Net::parse`].

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustc_hash::FxHashMap;

use super::token;
use crate::article::Kind;

/// Kinds a sentence can sound like.
pub(super) const KINDS: usize = Kind::ALL.len();
/// Fixed-point steps of a filter's sum: what is added up keeps within ±64.
const UNIT: f32 = 512.0;
/// What the mean over the sentence counts beside the maximum.
const MEAN: f32 = 3.0;

/// A word's share of every filter's sum, by its place in the window.
type Shares = Box<[i16]>;

/// What stands at one place of a sentence: the row of a word, and of what else is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sound {
    pub word: u32,
    pub mark: Option<u32>,
}

/// Word vectors and weights.
#[derive(Debug, Default)]
pub(super) struct Net {
    dim: usize,
    width: usize,
    filters: usize,
    /// Which row of `vectors` a word has, by key.
    rows: FxHashMap<u64, u32>,
    vectors: Vec<i8>,
    /// Step of each row's numbers.
    steps: Vec<f32>,
    /// `width x dim x filters`.
    kernel: Vec<f32>,
    bias: Vec<i16>,
    /// `2 filters x kinds`: of the maxima, then of the means.
    out: Vec<f32>,
    out_bias: Vec<f32>,
    shares: Vec<OnceLock<Shares>>,
}

impl Net {
    /// Reads a net. Lines: `dim N`, `width N`, `filters N`; `kernel`, `bias`, `out`, `out_bias`,
    /// each with the step and base64 of 16-bit numbers, least byte first; then a line a word: the
    /// word, the step, base64 of `dim` bytes. The error names the line.
    pub fn parse(text: &str) -> Result<Net, String> {
        let mut net = Net::default();
        for line in text.lines().filter(|l| !l.starts_with("# ")) {
            net.add(line).ok_or_else(|| {
                let start: String = line.chars().take(24).collect();
                format!("failed to read the gist's line \"{start}\"")
            })?;
        }
        let (dim, width, filters) = (net.dim, net.width, net.filters);
        let sound = net.vectors.len() == dim * net.steps.len()
            && net.kernel.len() == width * dim * filters
            && net.bias.len() == filters
            && net.out.len() == 2 * filters * KINDS
            && net.out_bias.len() == if filters == 0 { 0 } else { KINDS };
        if !sound {
            return Err("failed to read the gist: its parts do not fit each other".to_owned());
        }
        net.shares = net.steps.iter().map(|_| OnceLock::new()).collect();
        Ok(net)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let mut parts = line.split(' ');
        let name = parts.next()?;
        let first = parts.next()?;
        let Some(data) = parts.next() else {
            let number = first.parse().ok()?;
            match name {
                "dim" => self.dim = number,
                "width" => self.width = number,
                "filters" => self.filters = number,
                _ => return None,
            }
            return Some(());
        };
        let step: f32 = first.parse().ok()?;
        let bytes = BASE64.decode(data).ok()?;
        let numbers = || {
            let pairs = bytes.chunks_exact(2);
            pairs.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) * step)
        };
        match name {
            "=kernel" => self.kernel = numbers().collect(),
            "=bias" => self.bias = numbers().map(fixed).collect(),
            "=out" => self.out = numbers().collect(),
            "=out_bias" => self.out_bias = numbers().collect(),
            word => {
                let row = u32::try_from(self.steps.len()).ok()?;
                self.rows.insert(token::key(word), row);
                self.steps.push(step);
                self.vectors.extend(bytes.iter().map(|b| b.cast_signed()));
            }
        }
        Some(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.filters == 0
    }

    /// The row of a word, by key.
    pub fn row(&self, word: u64) -> Option<u32> {
        self.rows.get(&word).copied()
    }

    fn shares(&self, row: u32) -> &[i16] {
        let Some(cell) = self.shares.get(row as usize) else {
            return &[];
        };
        cell.get_or_init(|| {
            let at = row as usize * self.dim;
            let step = self.steps.get(row as usize).copied().unwrap_or_default();
            let vector = self.vectors.get(at..at + self.dim).unwrap_or_default();
            let mut out = Vec::with_capacity(self.width * self.filters);
            let mut sums = vec![0.0_f32; self.filters];
            for place in self.kernel.chunks_exact(self.dim * self.filters) {
                sums.fill(0.0);
                for (x, weights) in vector.iter().zip(place.chunks_exact(self.filters)) {
                    let x = f32::from(*x) * step;
                    for (sum, w) in sums.iter_mut().zip(weights) {
                        *sum += x * w;
                    }
                }
                out.extend(sums.iter().copied().map(fixed));
            }
            out.into_boxed_slice()
        })
    }

    /// What stands at each place adds to every filter's sum.
    fn shares_of(&self, sounds: &[Sound]) -> Vec<[&[i16]; 2]> {
        let both = |s: &Sound| {
            [
                self.shares(s.word),
                s.mark.map_or(&[][..], |m| self.shares(m)),
            ]
        };
        sounds.iter().map(both).collect()
    }

    /// The words that a filter sees around the `i`th of `shares`, with their places in its window.
    fn window(&self, i: usize, count: usize) -> impl Iterator<Item = (usize, usize)> {
        let middle = self.width / 2;
        (0..self.width).filter_map(move |place| {
            let j = (i + place).checked_sub(middle).filter(|j| *j < count)?;
            Some((j, place * self.filters))
        })
    }

    /// The filters' sums around each place.
    fn sums(&self, shares: &[[&[i16]; 2]], mut each: impl FnMut(usize, &[i16])) {
        let mut sums = self.bias.clone();
        for i in 0..shares.len() {
            sums.copy_from_slice(&self.bias);
            for (j, from) in self.window(i, shares.len()) {
                for share in shares[j] {
                    let share = share.get(from..from + self.filters).unwrap_or_default();
                    for (sum, s) in sums.iter_mut().zip(share) {
                        *sum = sum.saturating_add(*s);
                    }
                }
            }
            each(i, &sums);
        }
    }

    /// Log odds of the kinds, in the order of [`Kind::ALL`].
    pub fn hear(&self, sounds: &[Sound]) -> [f32; KINDS] {
        let mut most = vec![0_i16; self.filters];
        let mut all = vec![0_i32; self.filters];
        self.sums(&self.shares_of(sounds), |_, sums| {
            for ((s, most), all) in sums.iter().zip(&mut most).zip(&mut all) {
                let s = (*s).max(0);
                *most = s.max(*most);
                *all += i32::from(s);
            }
        });
        let mut odds = [0.0; KINDS];
        for (o, b) in odds.iter_mut().zip(&self.out_bias) {
            *o = *b;
        }
        let mean = MEAN / (UNIT * sounds.len().max(1) as f32);
        let most = most.iter().map(|m| f32::from(*m) / UNIT);
        let pooled = most.chain(all.iter().map(|a| *a as f32 * mean));
        for (x, weights) in pooled.zip(self.out.chunks_exact(KINDS)) {
            for (o, w) in odds.iter_mut().zip(weights) {
                *o += x * w;
            }
        }
        odds
    }

    /// What each place adds to the log odds of a kind (an index into [`Kind::ALL`]): a filter's part
    /// goes to the words that raised its sum, by how much each did.
    pub fn parts(&self, sounds: &[Sound], kind: usize) -> Vec<f32> {
        let shares = self.shares_of(sounds);
        let mut highest = vec![(0_i16, 0_usize); self.filters];
        self.sums(&shares, |i, sums| {
            for (s, highest) in sums.iter().zip(&mut highest) {
                if *s > highest.0 {
                    *highest = (*s, i);
                }
            }
        });
        let mean = MEAN / (UNIT * sounds.len().max(1) as f32);
        let weight = |f: usize| self.out.get(f * KINDS + kind).copied().unwrap_or_default();
        let mut parts = vec![0.0_f32; sounds.len()];
        self.sums(&shares, |i, sums| {
            for (f, sum) in sums.iter().enumerate().filter(|(_, s)| **s > 0) {
                let of_most = if highest[f] == (*sum, i) {
                    weight(f) / UNIT
                } else {
                    0.0
                };
                let part = f32::from(*sum) * (of_most + mean * weight(self.filters + f));
                let raised = |j: usize, from: usize| -> f32 {
                    let here = shares[j].iter().filter_map(|s| s.get(from + f));
                    here.map(|s| f32::from(*s)).sum::<f32>().max(0.0)
                };
                let window = || self.window(i, sounds.len());
                let whole: f32 = window().map(|(j, from)| raised(j, from)).sum();
                if whole > 0.0 {
                    for (j, from) in window() {
                        parts[j] += part * raised(j, from) / whole;
                    }
                }
            }
        });
        parts
    }
}

fn fixed(x: f32) -> i16 {
    // a cast of a float keeps within the bounds of its type
    (x * UNIT).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, numbers: &[i16]) -> String {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        format!("={name} 0.5 {}\n", BASE64.encode(bytes))
    }

    /// One filter that hears "to quit": "to" before it and "quit" in the middle.
    fn small() -> String {
        let mut out = vec![0_i16; 2 * KINDS];
        out[0] = 4;
        let mut text = "dim 2\nwidth 3\nfilters 1\n".to_owned();
        text += &part("kernel", &[2, 0, 0, 2, 0, 0]);
        text += &part("bias", &[-2]);
        text += &part("out", &out);
        text += &part("out_bias", &[-2; KINDS]);
        for (word, vector) in [("to", [1_u8, 0]), ("quit", [0, 1]), ("@mark", [0, 2])] {
            text += &format!("{word} 1 {}\n", BASE64.encode(vector));
        }
        text
    }

    #[test]
    fn hears_words_in_their_order() {
        let net = Net::parse(&small()).unwrap();
        let row = |word: &str| net.row(token::key(word)).unwrap();
        let sound = |word: &str| Sound {
            word: row(word),
            mark: None,
        };
        let (to, quit) = (sound("to"), sound("quit"));
        assert_eq!(net.hear(&[to, quit])[0], 1.0);
        assert_eq!(net.hear(&[quit, to])[0], -1.0);
        assert_eq!(net.hear(&[to, quit])[1], -1.0);
        assert_eq!(net.hear(&[])[0], -1.0);
        let marked = Sound {
            mark: Some(row("@mark")),
            ..quit
        };
        assert_eq!(net.hear(&[quit])[0], -1.0);
        assert_eq!(net.hear(&[marked])[0], 3.0);
        assert_eq!(net.parts(&[to, quit], 0), [1.0, 1.0]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let error = Net::parse("dim 2\nquits much").err();
        assert!(error.is_some_and(|e| e.contains("quits much")));
        let error = Net::parse(&small().replace("dim 2", "dim 3")).err();
        assert!(error.is_some_and(|e| e.contains("do not fit")));
    }
}
