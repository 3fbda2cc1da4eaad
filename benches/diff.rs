//! Splitting, normalising and telling apart: an article of usual length, and a live blog.

use wirewatch::article::Revision;
use wirewatch::{diff, text};

fn main() {
    divan::main();
}

/// Sentences per text: an article, a long read, a live blog that ran for days.
const SIZES: [usize; 3] = [30, 300, 5000];

fn sentence(i: usize, verb: &str) -> String {
    format!(
        "Envoy number {i} {verb} on Monday about item x{}, the U.S. delegation said.",
        i / 3
    )
}

/// Paragraphs of three sentences.
fn revision(count: usize, sentence: impl Fn(usize) -> String) -> Revision {
    let sentences: Vec<String> = (0..count).map(sentence).collect();
    let paragraphs: Vec<String> = sentences.chunks(3).map(|p| p.join(" ")).collect();
    Revision {
        title: "Envoys speak".to_owned(),
        text: paragraphs.join("\n\n"),
        ..Revision::default()
    }
}

fn plain(count: usize) -> Revision {
    revision(count, |i| sentence(i, "spoke"))
}

#[divan::bench(args = SIZES)]
fn body(bencher: divan::Bencher, count: usize) {
    let revision = plain(count);
    bencher.bench(|| diff::body(&revision).len());
}

#[divan::bench]
fn normalise(bencher: divan::Bencher) {
    let sentence = sentence(7, "spoke");
    bencher.bench(|| text::normalise(&sentence));
}

#[divan::bench(args = SIZES)]
fn one_sentence_changed(bencher: divan::Bencher, count: usize) {
    let (old, new) = (
        plain(count),
        revision(count, |i| {
            sentence(i, if i == 9 { "wrote" } else { "spoke" })
        }),
    );
    bencher.bench(|| diff::diff(&old, &new));
}

#[divan::bench(args = SIZES)]
fn every_sentence_changed(bencher: divan::Bencher, count: usize) {
    let (old, new) = (plain(count), revision(count, |i| sentence(i, "wrote")));
    bencher.bench(|| diff::diff(&old, &new));
}

#[divan::bench(args = SIZES)]
fn changed_and_in_another_order(bencher: divan::Bencher, count: usize) {
    let new = revision(count, |i| sentence(i * 7919 % count, "wrote"));
    let old = plain(count);
    bencher.bench(|| diff::diff(&old, &new));
}

#[divan::bench(args = SIZES)]
fn nothing_shared(bencher: divan::Bencher, count: usize) {
    let (old, new) = (
        plain(count),
        revision(count, |i| format!("q{i} w{i} e{i}.")),
    );
    bencher.bench(|| diff::diff(&old, &new));
}
