//! Runs of three words, to ask how much of one text is in another.

use std::collections::HashSet;

use super::memory::hash;

/// Every run of three words of a text, to ask how much of a block it holds.
#[derive(Default)]
pub(super) struct Shingles(pub HashSet<u64>);

impl Shingles {
    pub fn add(&mut self, folded: &str) {
        self.0.extend(shingles(folded));
    }

    /// Share of the block's runs that are in the text.
    pub fn share(&self, folded: &str) -> f32 {
        self.share_of(&shingles(folded))
    }

    /// The same of a block whose runs are known.
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
    pub fn share_of(&self, all: &[u64]) -> f32 {
        if self.0.is_empty() {
            return 0.0;
        }
        if all.is_empty() {
            return 0.0;
        }
        all.iter().filter(|s| self.0.contains(s)).count() as f32 / all.len() as f32
    }
}

impl Shingles {
    /// Share of the runs of both texts that are in both, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
    pub fn overlap(&self, other: &Shingles) -> f64 {
        let all = self.0.union(&other.0).count();
        if all == 0 {
            0.0
        } else {
            self.0.intersection(&other.0).count() as f64 / all as f64
        }
    }
}

pub(super) fn shingles(folded: &str) -> Vec<u64> {
    let words: Vec<&str> = folded.split(' ').collect();
    if words.len() < 3 {
        vec![hash(folded)]
    } else {
        words.windows(3).map(hash).collect()
    }
}
