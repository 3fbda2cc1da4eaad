//! Which sentences two texts share word for word: those in the same order, and those moved.

use std::collections::{HashMap, HashSet, VecDeque};

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// How the sentences of two texts answer to each other, as indices.
pub(super) struct Alignment {
    /// Shared, in rising order on both sides.
    pub(super) kept: Vec<(usize, usize)>,
    /// Shared, out of that order.
    pub(super) moved: Vec<(usize, usize)>,
    /// Only in the old text, rising.
    pub(super) old_left: Vec<usize>,
    /// Only in the new text, rising.
    pub(super) new_left: Vec<usize>,
}

impl Alignment {
    /// Where the old sentence would stand in the new text: behind the kept one before it.
    pub(super) fn new_place(&self, old: usize) -> usize {
        self.old_gap(old)
            .checked_sub(1)
            .and_then(|i| self.kept.get(i))
            .map_or(0, |&(_, n)| n + 1)
    }

    /// How many kept sentences precede this one: those of both texts with the same number lie in
    /// the same gap.
    pub(super) fn old_gap(&self, old: usize) -> usize {
        self.kept.partition_point(|&(o, _)| o < old)
    }

    /// As [`Self::old_gap`].
    pub(super) fn new_gap(&self, new: usize) -> usize {
        self.kept.partition_point(|&(_, n)| n < new)
    }
}

/// Aligns two lists of normal forms.
pub(super) fn align<'t>(old: &'t [String], new: &'t [String]) -> Alignment {
    let mut ids: HashMap<&'t str, usize> = HashMap::new();
    let mut number = |side: &'t [String]| -> Vec<usize> {
        side.iter()
            .map(|sentence| {
                let next = ids.len();
                *ids.entry(sentence).or_insert(next)
            })
            .collect()
    };
    let (old, new) = (number(old), number(new));

    let mut kept = Vec::new();
    let (mut old_left, mut new_left) = (Vec::new(), Vec::new());
    // Patience keeps to sentences that occur once, which is what reordered paragraphs are made of.
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        if let DiffOp::Equal { .. } = op {
            kept.extend(op.old_range().zip(op.new_range()));
        } else {
            old_left.extend(op.old_range());
            new_left.extend(op.new_range());
        }
    }

    let mut waiting: HashMap<usize, VecDeque<usize>> = HashMap::new();
    for &o in &old_left {
        if let Some(&id) = old.get(o) {
            waiting.entry(id).or_default().push_back(o);
        }
    }
    let mut moved = Vec::new();
    new_left.retain(|&n| {
        let from = new
            .get(n)
            .and_then(|id| waiting.get_mut(id))
            .and_then(VecDeque::pop_front);
        moved.extend(from.map(|o| (o, n)));
        from.is_none()
    });
    let gone: HashSet<usize> = moved.iter().map(|&(o, _)| o).collect();
    old_left.retain(|o| !gone.contains(o));
    Alignment {
        kept,
        moved,
        old_left,
        new_left,
    }
}
