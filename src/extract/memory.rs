//! What a site says on every page: lines seen on several different articles are furniture.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::dom::fold;

/// Lines kept; the oldest that were seen once go first.
const MAX_LINES: usize = 4_000;
/// A line on this many different articles is furniture.
const FURNITURE: usize = 3;

/// Lines one site repeats, learned from its articles; serialise it with the site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteMemory {
    lines: BTreeMap<u64, Seen>,
    clock: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Short hashes of the articles the line was seen on, at most [`FURNITURE`].
    on: Vec<u32>,
    /// Turn at which it was seen last.
    last: u64,
}

impl SiteMemory {
    /// Counts the lines of an article's text. The same article read again counts once.
    pub fn learn(&mut self, article_key: &str, text: &str) {
        let article = u32::try_from(stable(article_key) >> 32).unwrap_or(0);
        self.clock += 1;
        for line in text.lines() {
            let folded = fold(line);
            if folded.is_empty() {
                continue;
            }
            let seen = self.lines.entry(stable(&folded)).or_default();
            seen.last = self.clock;
            if seen.on.len() < FURNITURE && !seen.on.contains(&article) {
                seen.on.push(article);
            }
        }
        if self.lines.len() > MAX_LINES {
            self.forget();
        }
    }

    /// The text without lines known as furniture. A text that is nothing else is left whole: then
    /// the memory, not the article, is wrong.
    pub fn clean(&self, text: &str) -> String {
        let kept: Vec<&str> = text
            .split("\n\n")
            .filter(|p| !self.is_furniture(p))
            .collect();
        if kept.iter().all(|p| p.trim().is_empty()) {
            text.to_string()
        } else {
            kept.join("\n\n")
        }
    }

    /// Whether a line was seen on several different articles.
    pub fn is_furniture(&self, line: &str) -> bool {
        self.lines
            .get(&stable(&fold(line)))
            .is_some_and(|s| s.on.len() >= FURNITURE)
    }

    /// Lines remembered.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing was learned yet.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Drops the half that matters least: seen on fewest articles, then longest ago.
    fn forget(&mut self) {
        let mut order: Vec<(usize, u64, u64)> = self
            .lines
            .iter()
            .map(|(k, s)| (s.on.len(), s.last, *k))
            .collect();
        order.sort_unstable();
        for (_, _, key) in order.into_iter().take(MAX_LINES / 2) {
            self.lines.remove(&key);
        }
    }
}

/// A hash that is the same in every version and process.
fn stable(s: &str) -> u64 {
    let digest = Sha256::digest(s.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |acc, b| (acc << 8) | u64::from(*b))
}

/// A hash good for one run.
pub(super) fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
