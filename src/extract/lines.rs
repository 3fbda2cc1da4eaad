//! Furniture lines: what extraction lets through and no reader would call body.

use super::dom::fold;
use super::meta::Facts;
use super::shingles::Shingles;

/// A line of this many letters said again is a copy, not a refrain.
const REPEATED: usize = 40;
/// Share of a line's runs of words that stood before, from which on it is a copy.
const COPIED: f32 = 0.9;

/// The body text: paragraphs parted by a blank line, furniture left out.
pub(super) fn clean(paragraphs: &[String], facts: &Facts) -> String {
    let title = facts.title.as_deref().map(fold).unwrap_or_default();
    let mut out: Vec<&str> = Vec::new();
    let mut said = Shingles::default();
    for (at, p) in paragraphs.iter().enumerate() {
        let folded = fold(p);
        if folded.is_empty() || (at < 3 && folded == title) {
            continue;
        }
        // A page may carry its article twice, once hidden and in one piece; a pull quote repeats
        // a sentence of the body. Short lines may repeat.
        if folded.chars().count() >= REPEATED && said.share(&folded) >= COPIED {
            continue;
        }
        said.add(&folded);
        out.push(p);
    }
    out.join("\n\n")
}
