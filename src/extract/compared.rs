//! How much of an article's known text a page still shows. Pure.
//!
//! By sentence, each taken for there if half of its runs of three words are: a reworded sentence
//! is there, one that was cut is not. No order, so that an inserted paragraph moves nothing.

use std::collections::HashSet;

use super::dom::fold;
use super::memory::hash;
use crate::text::{paragraphs, sentences};

/// A known text set against the one a page shows; all sizes in words.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Compared {
    /// Of the known text.
    pub known: usize,
    /// Of the known text, what is still there.
    pub kept: usize,
    /// Of the known text, what is missing from its end without a break.
    pub tail: usize,
    /// Of the new text, what the known one does not have.
    pub added: usize,
    /// Of the longer words of the new text, how many in a hundred the known one has too.
    pub shared: usize,
}

/// Letters of a word that says what a text is about.
const LONG: usize = 6;

impl Compared {
    pub(super) fn of(known: &str, new: &str) -> Compared {
        let (known, new) = (units(known), units(new));
        let (in_known, in_new) = (runs(&known), runs(&new));
        let size = |units: &[Vec<String>]| units.iter().map(Vec::len).sum();
        let there = |unit: &&Vec<String>| is_in(unit, &in_new);
        let tail = known.iter().rev().take_while(|unit| !there(unit));
        Compared {
            known: size(&known),
            kept: known.iter().filter(there).map(Vec::len).sum(),
            tail: tail.map(Vec::len).sum(),
            added: new
                .iter()
                .filter(|unit| !is_in(unit, &in_known))
                .map(Vec::len)
                .sum(),
            shared: shared(&known, &new),
        }
    }

    /// Of the known text, what is missing.
    pub(super) fn lost(&self) -> usize {
        self.known - self.kept
    }

    /// Whether at least so many in a hundred words of the known text are there.
    pub(super) fn keeps(&self, percent: usize) -> bool {
        self.kept * 100 >= self.known * percent
    }
}

/// The sentences of a text as rows of words.
fn units(text: &str) -> Vec<Vec<String>> {
    paragraphs(text)
        .flat_map(sentences)
        .map(|sentence| words(&fold(sentence)))
        .filter(|words| !words.is_empty())
        .collect()
}

/// The words; scripts that put no blank between them are taken by the letter.
fn words(folded: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in folded.split_whitespace() {
        if word.chars().any(is_unspaced) {
            out.extend(word.chars().map(String::from));
        } else {
            out.push(word.to_owned());
        }
    }
    out
}

/// Thai and its neighbours, Kana, Chinese characters.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

fn runs(units: &[Vec<String>]) -> HashSet<u64> {
    units.iter().flat_map(|unit| runs_of(unit)).collect()
}

fn runs_of(unit: &[String]) -> Vec<u64> {
    match unit.len() {
        0..3 => vec![hash(unit)],
        _ => unit.windows(3).map(hash).collect(),
    }
}

fn is_in(unit: &[String], runs: &HashSet<u64>) -> bool {
    let own = runs_of(unit);
    own.iter().filter(|run| runs.contains(run)).count() * 2 >= own.len()
}

fn shared(known: &[Vec<String>], new: &[Vec<String>]) -> usize {
    let long = |units: &[Vec<String>]| -> HashSet<String> {
        let words = units.iter().flatten();
        let long = words.filter(|w| w.chars().count() >= LONG || w.chars().any(is_unspaced));
        long.cloned().collect()
    };
    let (known, new) = (long(known), long(new));
    new.intersection(&known).count() * 100 / new.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "The council voted to close the terminal.\n\nEngineers found cracks in eleven piles. \
                         Repairs cost 14 million crowns.";

    #[test]
    fn what_is_kept_lost_and_added_is_counted_by_sentence() {
        let same = Compared::of(KNOWN, KNOWN);
        assert_eq!(
            (same.kept, same.lost(), same.tail, same.added),
            (18, 0, 0, 0)
        );
        assert_eq!(same.shared, 100);

        let cut = Compared::of(KNOWN, "The council voted to close the terminal.");
        assert_eq!((cut.kept, cut.tail, cut.added), (7, 11, 0));

        let reworded = Compared::of(
            KNOWN,
            &KNOWN.replace("eleven piles", "eleven piles of forty"),
        );
        assert_eq!((reworded.lost(), reworded.added), (0, 0));

        let middle = Compared::of(
            KNOWN,
            &KNOWN.replace("Engineers found cracks in eleven piles. ", ""),
        );
        assert_eq!((middle.lost(), middle.tail), (6, 0));

        let other = Compared::of(KNOWN, "We value your privacy and that of our partners.");
        assert_eq!((other.kept, other.shared, other.keeps(1)), (0, 0, false));
    }

    #[test]
    fn scripts_without_blanks_are_counted_by_letter() {
        let known = "市議会は火曜日に港の閉鎖を決めた。修理には十四億円かかる見込みだ。";
        let cut = Compared::of(known, "市議会は火曜日に港の閉鎖を決めた。");
        assert_eq!((cut.lost(), cut.tail), (15, 15));
        assert_eq!(cut.shared, 100);
    }
}
