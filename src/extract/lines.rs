//! Furniture lines: what extraction lets through and no reader would call body.

use super::dom::fold;
use super::meta::Facts;

/// The body text: paragraphs parted by a blank line, furniture left out.
pub(super) fn clean(paragraphs: &[String], facts: &Facts) -> String {
    let title = facts.title.as_deref().map(fold).unwrap_or_default();
    let mut out: Vec<&str> = Vec::new();
    for (at, p) in paragraphs.iter().enumerate() {
        let folded = fold(p);
        if folded.is_empty() || (at < 3 && folded == title) {
            continue;
        }
        out.push(p);
    }
    out.join("\n\n")
}
