//! The weights of the features a gist is heard by.

use rustc_hash::FxHashMap;

use super::gist::KINDS;
use super::token;
use crate::article::Kind;

/// Distance of two symbols of a feature.
pub(super) const NEXT: u64 = 1;
pub(super) const BUT_ONE: u64 = 2;

/// Marks a feature that the old revision had and the new one has not.
const LOST: char = '¬';

/// Bits of the sieve: most features of a sentence are none of the table's, and told so at once.
const SIEVE: usize = 1 << 16;

/// The key of a feature of two symbols.
pub(super) fn pair(a: u64, b: u64, distance: u64) -> u64 {
    (a.rotate_left(23) ^ b)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_add(distance)
}

/// Weights of features, by kind.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Where the weights of a feature stand in `weights`: while it is there, and once it is lost.
    features: FxHashMap<u64, [(u32, u32); 2]>,
    sieve: Vec<u64>,
    weights: Vec<(u8, f32)>,
    pub bias: [f32; KINDS],
}

/// The weights of one feature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'t> {
    /// Where a text has it.
    pub had: &'t [(u8, f32)],
    /// Where a revision has lost it.
    pub lost: &'t [(u8, f32)],
}

impl Table {
    /// Reads the lines of a file of weights; the error names the line.
    pub fn parse(text: &str) -> Result<Table, String> {
        let mut table = Table {
            sieve: vec![0; SIEVE / 64],
            ..Table::default()
        };
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            table
                .add(line)
                .ok_or_else(|| format!("failed to read the gist \"{line}\""))?;
        }
        Ok(table)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let (feature, kinds) = line.split_once('\t')?;
        let start = self.weights.len();
        let mut words = kinds.split(' ');
        while let (Some(kind), Some(weight)) = (words.next(), words.next()) {
            let kind = Kind::parse(kind)?;
            let at = Kind::ALL.iter().position(|k| *k == kind)?;
            let weight = weight.parse().ok()?;
            match feature {
                "" => *self.bias.get_mut(at)? = weight,
                _ => self.weights.push((u8::try_from(at).ok()?, weight)),
            }
        }
        let (feature, lost) = match feature.strip_prefix(LOST) {
            Some(feature) => (feature, 1),
            None => (feature, 0),
        };
        let mut parts = feature.split(' ').map(token::key);
        let key = match (parts.next()?, parts.next(), parts.next()) {
            (a, None, _) => a,
            (a, Some(b), None) => pair(a, b, NEXT),
            (a, Some(_), Some(b)) => pair(a, b, BUT_ONE),
        };
        let places = self.features.entry(key).or_default();
        places[lost] = (start as u32, self.weights.len() as u32);
        let (word, bit) = place(key);
        self.sieve[word] |= bit;
        Some(())
    }

    /// The weights of a feature.
    pub fn get(&self, key: u64) -> Option<Weights<'_>> {
        let (word, bit) = place(key);
        if self.sieve.get(word)? & bit == 0 {
            return None;
        }
        let [had, lost] = self.features.get(&key)?;
        let of = |(from, to): &(u32, u32)| self.weights.get(*from as usize..*to as usize);
        Some(Weights {
            had: of(had)?,
            lost: of(lost)?,
        })
    }
}

/// Word and bit of a key in the sieve.
fn place(key: u64) -> (usize, u64) {
    let at = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    (at as usize / 64, 1 << (at % 64))
}
