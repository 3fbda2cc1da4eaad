//! Furniture lines: what extraction lets through and no reader would call body.

use std::collections::HashSet;

use super::dom::fold;
use super::meta::Facts;

/// A line of this many letters said twice is a copy, not a refrain.
const REPEATED: usize = 40;

/// The body text: paragraphs parted by a blank line, furniture left out.
pub(super) fn clean(paragraphs: &[String], facts: &Facts) -> String {
    let title = facts.title.as_deref().map(fold).unwrap_or_default();
    let mut out: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for (at, p) in paragraphs.iter().enumerate() {
        let folded = fold(p);
        if folded.is_empty() || (at < 3 && folded == title) {
            continue;
        }
        // A page may carry its article twice, once hidden; short lines may repeat.
        if folded.chars().count() >= REPEATED && !seen.insert(folded) {
            continue;
        }
        out.push(p);
    }
    out.join("\n\n")
}
