//! What changed within a rewritten sentence, word by word, for display.

use std::collections::HashMap;

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::unify;

/// A run of words of a changed sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WordChange {
    /// In both, as the new sentence prints it.
    Same(String),
    /// Only in the old sentence.
    Removed(String),
    /// Only in the new sentence; where words were replaced, behind the removed ones.
    Added(String),
}

/// The runs of words that lead from `old` to `new`. What is [`WordChange::Same`] and
/// [`WordChange::Added`] together is `new`; what is same and [`WordChange::Removed`] is `old`, up
/// to case, quotation marks, dashes and spaces.
pub fn words(old: &str, new: &str) -> Vec<WordChange> {
    let old: Vec<&str> = old.split_word_bounds().collect();
    let new: Vec<&str> = new.split_word_bounds().collect();
    let mut forms = HashMap::new();
    let mut number = |side: &[&str]| -> Vec<usize> {
        side.iter()
            .map(|word| {
                let next = forms.len();
                *forms.entry(unify(word).to_lowercase()).or_insert(next)
            })
            .collect()
    };
    let (old_forms, new_forms) = (number(&old), number(&new));

    let mut runs = Runs::default();
    for op in capture_diff_slices(Algorithm::Myers, &old_forms, &new_forms) {
        let was = old.get(op.old_range()).unwrap_or_default().concat();
        let is = new.get(op.new_range()).unwrap_or_default().concat();
        if let DiffOp::Equal { .. } = op {
            runs.same(was, is);
        } else {
            runs.change(&was, &is);
        }
    }
    runs.finish()
}

/// Runs in the making. White space between two changes joins them to one.
#[derive(Default)]
struct Runs {
    done: Vec<WordChange>,
    removed: String,
    added: String,
    /// White space both sides have behind the change being made.
    space: Option<(String, String)>,
}

impl Runs {
    fn same(&mut self, was: String, is: String) {
        let changing = !self.removed.is_empty() || !self.added.is_empty();
        if changing && is.trim().is_empty() {
            self.space = Some((was, is));
        } else {
            self.flush();
            self.done.push(WordChange::Same(is));
        }
    }

    fn change(&mut self, was: &str, is: &str) {
        if let Some((old, new)) = self.space.take() {
            self.removed.push_str(&old);
            self.added.push_str(&new);
        }
        self.removed.push_str(was);
        self.added.push_str(is);
    }

    fn flush(&mut self) {
        let (removed, added) = (
            std::mem::take(&mut self.removed),
            std::mem::take(&mut self.added),
        );
        if !removed.is_empty() {
            self.done.push(WordChange::Removed(removed));
        }
        if !added.is_empty() {
            self.done.push(WordChange::Added(added));
        }
        if let Some((_, space)) = self.space.take() {
            self.done.push(WordChange::Same(space));
        }
    }

    fn finish(mut self) -> Vec<WordChange> {
        self.flush();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use WordChange::{Added, Removed, Same};

    fn marked(old: &str, new: &str) -> String {
        let mark = |change: WordChange| match change {
            Same(text) => text,
            Removed(text) => format!("[-{text}-]"),
            Added(text) => format!("{{+{text}+}}"),
        };
        words(old, new).into_iter().map(mark).collect()
    }

    #[test]
    fn table() {
        let cases = [
            ("", "", ""),
            ("The talks go on.", "The talks go on.", "The talks go on."),
            ("12 died.", "15 died.", "[-12-]{+15+} died."),
            (
                "They are to meet today.",
                "They called off talks today.",
                "They [-are to meet-]{+called off talks+} today.",
            ),
            ("They meet.", "They meet again.", "They meet{+ again+}."),
            (
                "They will not meet.",
                "They will meet.",
                "They will [-not -]meet.",
            ),
            ("He said “no”.", "He said \"no\".", "He said \"no\"."),
            ("Gone", "", "[-Gone-]"),
            ("会谈举行", "会谈取消", "会谈[-举行-]{+取消+}"),
        ];
        for (old, new, want) in cases {
            assert_eq!(marked(old, new), want);
        }
    }

    /// What is the same or added, and what is the same or removed.
    fn sides(old: &str, new: &str) -> (String, String) {
        let (mut is, mut was) = (String::new(), String::new());
        for change in words(old, new) {
            match change {
                Same(text) => {
                    is += &text;
                    was += &text;
                }
                Added(text) => is += &text,
                Removed(text) => was += &text,
            }
        }
        (is, was)
    }

    proptest! {
        #[test]
        fn runs_give_both_sentences(old in "[a-c .,]{0,30}", new in "[a-c .,]{0,30}") {
            let (is, was) = sides(&old, &new);
            prop_assert_eq!(is, new);
            prop_assert_eq!(was.replace(' ', ""), old.replace(' ', ""));
        }

        #[test]
        fn runs_give_any_new_sentence(old: String, new: String) {
            prop_assert_eq!(sides(&old, &new).0, new);
        }
    }
}
