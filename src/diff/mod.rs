//! From two revisions to their edits: which sentences were added, removed, changed or moved.
//!
//! Pure: may use [`crate::article`] and [`crate::text`]; no clock, no network, no database. What a
//! reader cannot tell (white space, paragraph breaks, quotation marks, dashes, case, datelines,
//! stamps) is no edit. Time grows with the length of the texts, not with their product.

mod align;
mod apply;
mod display;
mod live;
mod pair;
mod words;

use std::collections::HashSet;

use serde::Serialize;

use crate::article::{Edit, EditKind, Place, Revision, Sentence};
use crate::text;

pub use apply::{apply, same};
pub use display::display;
pub use live::carry;
pub use words::{WordChange, words};

/// What changed between two revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The headline's edit first, then those of the body in the order of the new text; what was
    /// removed stands where it would have stood.
    pub edits: Vec<Edit>,
}

impl Diff {
    /// Whether there is nothing a reader could tell.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

/// The sentences of a revision's body, in order, without stamps and what has no words. The
/// indices of body edits count these.
pub fn body(revision: &Revision) -> Vec<&str> {
    Side::of(revision).printed
}

/// The edits that lead from `old` to `new`. With no edits the two are [`same`]; otherwise
/// [`apply()`] of the edits to `old` gives what is the [`same`] as `new`.
pub fn diff(old: &Revision, new: &Revision) -> Diff {
    let mut edits: Vec<Edit> = title(&old.title, &new.title).into_iter().collect();
    let (old, new) = (Side::of(old), Side::of(new));
    let alignment = align::align(&old.normal, &new.normal);
    let changed = pair::pair(&old.normal, &new.normal, &alignment);

    let (rewritten, rewriting): (HashSet<usize>, HashSet<usize>) = changed.iter().copied().unzip();
    let removed = alignment
        .old_left
        .iter()
        .copied()
        .filter(|o| !rewritten.contains(o));
    let added = alignment
        .new_left
        .iter()
        .copied()
        .filter(|n| !rewriting.contains(n));
    let moved = alignment.moved.iter().copied();

    let mut found: Vec<(Option<usize>, Option<usize>, EditKind)> = Vec::new();
    found.extend(moved.map(|(o, n)| (Some(o), Some(n), EditKind::Moved)));
    found.extend(
        changed
            .iter()
            .map(|&(o, n)| (Some(o), Some(n), EditKind::Changed)),
    );
    found.extend(removed.map(|o| (Some(o), None, EditKind::Removed)));
    found.extend(added.map(|n| (None, Some(n), EditKind::Added)));
    found.sort_by_key(|&(o, n, _)| {
        let at = n.unwrap_or_else(|| o.map_or(0, |o| alignment.new_place(o)));
        (at, n.is_some(), o)
    });
    edits.extend(found.into_iter().map(|(o, n, kind)| Edit {
        kind,
        place: Place::Body,
        old: o.and_then(|o| old.sentence(o)),
        new: n.and_then(|n| new.sentence(n)),
    }));
    Diff { edits }
}

/// A headline is one sentence, and a new one replaces it however little they share.
fn title(old: &str, new: &str) -> Option<Edit> {
    let (old_form, new_form) = (text::normalise(old), text::normalise(new));
    if old_form == new_form {
        return None;
    }
    let sentence = |text: &str| {
        Some(Sentence {
            index: 0,
            text: text.trim().to_owned(),
        })
    };
    let (kind, old, new) = match (old_form.is_empty(), new_form.is_empty()) {
        (true, _) => (EditKind::Added, None, sentence(new)),
        (_, true) => (EditKind::Removed, sentence(old), None),
        _ => (EditKind::Changed, sentence(old), sentence(new)),
    };
    Some(Edit {
        kind,
        place: Place::Title,
        old,
        new,
    })
}

/// The body of one revision, sentence by sentence.
struct Side<'r> {
    printed: Vec<&'r str>,
    normal: Vec<String>,
}

impl<'r> Side<'r> {
    fn of(revision: &'r Revision) -> Side<'r> {
        let (printed, normal) = text::paragraphs(&revision.text)
            .filter(|paragraph| !text::is_stamp(paragraph))
            .flat_map(text::sentences)
            .filter(|sentence| !text::is_stamp(sentence))
            .map(|sentence| (sentence, text::normalise(sentence)))
            .filter(|(_, normal)| !normal.is_empty())
            .unzip();
        Side { printed, normal }
    }

    fn sentence(&self, index: usize) -> Option<Sentence> {
        let text = (*self.printed.get(index)?).to_owned();
        Some(Sentence { index, text })
    }
}

#[cfg(test)]
mod tests;
