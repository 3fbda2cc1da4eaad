//! The body: two extractors vote on each block of the page, the markup around it and the words in
//! it speak for or against, and the sum decides.
//!
//! The weights of `data/weights.txt` are a logistic regression over the features of
//! [`super::features`], each block weighted by its words, fitted on saved news pages and checked
//! on publishers it had not seen. Linear on purpose: why a block was kept can be read off.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use scraper::Html;
use serde::Serialize;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};

use super::blocks::{Block, blocks};
use super::features::{Context, NAMES, features};
use super::furniture::PATTERNS;
use super::jsonld::Data;
use super::lean;
use super::meta::Facts;
use super::shingles::Shingles;

/// The body as paragraphs, still with the odd furniture line among them.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub paragraphs: Vec<String>,
    /// See [`super::Signals::agreement`].
    pub agreement: f64,
}

/// A body of fewer characters is set beside what the structured data holds.
const SHORT: usize = 250;
/// Blocks looked at; the largest article pages measured have under 1,500.
pub(super) const MAX_BLOCKS: usize = 8_000;

/// One block of a page and why it is, or is not, body.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The block's text.
    pub text: String,
    /// Log-odds that it is body; above 0 it is kept.
    pub score: f32,
    /// What spoke for or against it: each feature that is not zero, with its value.
    pub features: BTreeMap<&'static str, f32>,
}

/// Reads the body of a pruned page. `selected`: the operator's `select` already cut the page down
/// to the article, so every paragraph left is body.
pub(super) fn read(doc: &Html, data: &Data, facts: &Facts, selected: bool) -> Body {
    let mut blocks = blocks(doc);
    blocks.truncate(MAX_BLOCKS);
    if selected {
        let paragraphs = blocks
            .into_iter()
            .filter(|b| !PATTERNS.veto(b))
            .map(|b| b.text)
            .collect();
        return Body {
            paragraphs,
            agreement: 1.0,
        };
    }
    let votes = Votes::of(doc);
    let features = votes.features(doc, &blocks, data, facts);
    let mut kept: Vec<bool> = features.iter().map(|f| score(f) > 0.0).collect();
    if kept.contains(&true) {
        for (kept, f) in kept.iter_mut().zip(&features) {
            *kept |= score(f) > LOST && (among_its_own(f) || is_vouched_for(f));
        }
    }
    if !kept.contains(&true) {
        // A page unlike all others; then what an extractor took is the best guess there is.
        let guess = if votes.trafilatura.0.is_empty() {
            &votes.readability
        } else {
            &votes.trafilatura
        };
        kept = blocks
            .iter()
            .map(|b| guess.share(&b.folded) > 0.6)
            .collect();
    }
    let mut paragraphs: Vec<String> = blocks
        .iter()
        .zip(kept)
        .filter(|(block, kept)| *kept && !PATTERNS.veto(block))
        .map(|(b, _)| b.text.clone())
        .collect();

    let length: usize = paragraphs.iter().map(|p| p.chars().count()).sum();
    if length < SHORT
        && let Some(body) = &data.body
        && body.chars().count() > 2 * length
    {
        paragraphs = body
            .lines()
            .flat_map(|line| super::blocks::blocks(&Html::parse_fragment(line)))
            .map(|b| b.text)
            .collect();
    }
    Body {
        paragraphs,
        agreement: votes.trafilatura.overlap(&votes.readability),
    }
}

/// Every block of a pruned page with its score.
pub(super) fn explain(doc: &Html, data: &Data, facts: &Facts) -> Vec<Verdict> {
    let mut blocks = blocks(doc);
    blocks.truncate(MAX_BLOCKS);
    let features = Votes::of(doc).features(doc, &blocks, data, facts);
    blocks
        .into_iter()
        .zip(features)
        .map(|(block, values)| Verdict {
            text: block.text,
            score: score(&values),
            features: NAMES
                .iter()
                .map(String::as_str)
                .zip(values)
                .filter(|(_, value)| *value != 0.0)
                .collect(),
        })
        .collect()
}

/// What the two extractors take for the body.
struct Votes {
    trafilatura: Shingles,
    readability: Shingles,
}

impl Votes {
    fn of(doc: &Html) -> Votes {
        let html = lean::write(doc);
        Votes {
            trafilatura: shingles(&by_trafilatura(&html)),
            readability: shingles(&by_readability(&html)),
        }
    }

    fn features(&self, doc: &Html, blocks: &[Block], data: &Data, facts: &Facts) -> Vec<Vec<f32>> {
        let context = Context {
            by_trafilatura: &self.trafilatura,
            by_readability: &self.readability,
            title: facts.title.as_deref(),
            descriptions: &facts.descriptions,
            json_body: data.body.as_deref(),
        };
        features(doc, blocks, &context)
    }
}

/// The log-odds that a block is body.
fn score(features: &[f32]) -> f32 {
    features
        .iter()
        .zip(WEIGHTS.iter())
        .map(|(f, w)| f * w)
        .sum()
}

/// Below this not even [`among_its_own`] saves a block.
const LOST: f32 = -1.5;

/// Prose that both extractors took and that the publisher's own data calls body: a lead that is the
/// page's description as well, mostly.
fn is_vouched_for(features: &[f32]) -> bool {
    ["both", "in_json", "tag_p", "sentence", "inside"]
        .iter()
        .all(|name| value(features, name) > 0.0)
        && value(features, "links") < 0.3
        && unlike_furniture(features)
}

/// Prose of the same kind as a good part of the body that the first extractor took: it stays, even
/// where the second, which advertisements and link lists sway from one request to the next, left
/// it out.
fn among_its_own(features: &[f32]) -> bool {
    let at = |name| value(features, name);
    at("t") > 0.8
        && at("tag_p") > 0.0
        && at("sentence") > 0.0
        && at("links") < 0.3
        && at("under_10") == 0.0
        && at("kind_share") > 0.15
        && unlike_furniture(features)
}

/// A block's value of the feature of this name.
fn value(features: &[f32], name: &str) -> f32 {
    NAMES
        .iter()
        .position(|n| n == name)
        .and_then(|i| features.get(i))
        .copied()
        .unwrap_or(0.0)
}

fn unlike_furniture(features: &[f32]) -> bool {
    NAMES
        .iter()
        .zip(features)
        .all(|(name, value)| !name.starts_with("like_") || *value == 0.0)
}

/// One weight for each of [`NAMES`].
static WEIGHTS: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let known: std::collections::HashMap<&str, f32> = include_str!("data/weights.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once(' '))
        .filter_map(|(name, weight)| Some((name, weight.trim().parse().ok()?)))
        .collect();
    NAMES
        .iter()
        .map(|name| known.get(name.as_str()).copied().unwrap_or(0.0))
        .collect()
});

fn by_trafilatura(html: &str) -> String {
    let options = Options::default()
        .with_fallback(true)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true)
        .with_links(true)
        .with_html_date_mode(HtmlDateMode::Disabled);
    trafilatura::extract(html, &options)
        .map(|r| r.content_html)
        .unwrap_or_default()
}

fn by_readability(html: &str) -> String {
    libreadability::Parser::new()
        .parse(html, None)
        .map(|a| a.content)
        .unwrap_or_default()
}

fn shingles(html: &str) -> Shingles {
    let mut out = Shingles::default();
    let found: Vec<Block> = blocks(&Html::parse_fragment(html));
    found.iter().for_each(|b| out.add(&b.folded));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_names_a_feature_and_every_feature_has_a_weight() {
        let named: Vec<&str> = include_str!("data/weights.txt")
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| l.split(' ').next())
            .collect();
        let known: Vec<&str> = NAMES.iter().map(String::as_str).collect();
        assert_eq!(named, known);
    }
}
