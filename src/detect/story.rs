//! What is new against what the story was already told.

use super::candidate::{Decision, Explained};
use super::describe;
use super::engine::Language;
use crate::article::Development;

/// Drops what the story was told before: the same kind about the same thing, with the same number.
pub(super) fn drop_told(lang: &Language, told: &[Development], out: &mut [Explained]) {
    if told.is_empty() {
        return;
    }
    let mut buffer = String::new();
    let before: Vec<(&Development, Vec<u64>)> = told
        .iter()
        .map(|d| (d, describe::told_keys(lang, d, &mut buffer)))
        .collect();
    for e in out.iter_mut().filter(|e| e.decision == Decision::Told) {
        let d = &e.development;
        let keys = describe::told_keys(lang, d, &mut buffer);
        let known = before.iter().any(|(old, words)| {
            let number = |d: &Development| d.quantity.as_ref().and_then(|q| q.new.clone());
            let shared = keys.iter().filter(|k| words.contains(k)).count();
            let least = keys.len().min(words.len());
            old.kind == d.kind
                && old.to == d.to
                && number(old) == number(d)
                && (least == 0 || shared * 2 >= least)
        });
        if known {
            e.decision = Decision::AlreadyTold;
            e.notes.push("the story was told".to_owned());
        }
    }
}
