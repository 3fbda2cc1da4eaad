//! What edits mean: applying them, and when two revisions are the same.

use std::collections::{BTreeMap, HashSet};

use super::{Side, body};
use crate::article::{Edit, Place, Revision};
use crate::text;

/// Whether a reader could tell no difference: the same headline and the same body sentences in the
/// same order, all in normal form. Paragraph breaks and dates do not count.
pub fn same(a: &Revision, b: &Revision) -> bool {
    text::normalise(&a.title) == text::normalise(&b.title)
        && Side::of(a).normal == Side::of(b).normal
}

/// The old revision with the edits made: every `old` sentence is taken out, every `new` one put
/// at its index, and what was not named stays in order in the places left. Each sentence of the
/// result is a paragraph, because breaks are not part of a revision's sentences; the dates stay.
pub fn apply(old: &Revision, edits: &[Edit]) -> Revision {
    let mut title = old.title.clone();
    let mut gone = HashSet::new();
    let mut placed = BTreeMap::new();
    for edit in edits {
        match edit.place {
            Place::Title => {
                title = edit
                    .new
                    .as_ref()
                    .map_or_else(String::new, |new| new.text.clone());
            }
            Place::Body => {
                gone.extend(edit.old.as_ref().map(|old| old.index));
                placed.extend(edit.new.as_ref().map(|new| (new.index, new.text.as_str())));
            }
        }
    }
    let mut kept = body(old)
        .into_iter()
        .enumerate()
        .filter(|(i, _)| !gone.contains(i))
        .map(|(_, s)| s);
    let mut sentences: Vec<&str> = Vec::new();
    for (index, text) in placed {
        while sentences.len() < index
            && let Some(sentence) = kept.next()
        {
            sentences.push(sentence);
        }
        sentences.push(text);
    }
    sentences.extend(kept);
    Revision {
        title,
        text: sentences.join("\n\n"),
        ..old.clone()
    }
}
