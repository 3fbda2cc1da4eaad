//! The body: two extractors vote on each block of the page, the markup around it and the words in
//! it speak for or against, and the sum decides.
//!
//! The weights of `data/weights.txt` are a logistic regression over the features of
//! [`super::features`], each block weighted by its words, fitted on saved news pages and checked
//! on publishers it had not seen. Linear on purpose: why a block was kept can be read off.

use std::sync::LazyLock;

use scraper::Html;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use url::Url;

use super::blocks::{Block, blocks};
use super::features::{Context, NAMES, Shingles, features};
use super::jsonld::Data;
use super::meta::Facts;

/// The body as paragraphs, still with the odd furniture line among them.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub paragraphs: Vec<String>,
    /// See [`super::Signals::agreement`].
    pub agreement: f64,
}

/// A body of fewer characters is set beside what the structured data holds.
const SHORT: usize = 250;

/// Reads the body of a pruned page. `selected`: the operator's `select` already cut the page down
/// to the article, so every paragraph left is body.
pub(super) fn read(
    doc: &Html,
    url: Option<&Url>,
    data: &Data,
    facts: &Facts,
    selected: bool,
) -> Body {
    let blocks = blocks(doc);
    if selected {
        return Body {
            paragraphs: blocks.into_iter().map(|b| b.text).collect(),
            agreement: 1.0,
        };
    }
    let html = doc.html();
    let by_trafilatura = shingles(&by_trafilatura(&html, url));
    let by_readability = shingles(&by_readability(&html, url));
    let context = Context {
        by_trafilatura: &by_trafilatura,
        by_readability: &by_readability,
        title: facts.title.as_deref(),
        descriptions: &facts.descriptions,
        json_body: data.body.as_deref(),
    };
    let kept = features(doc, &blocks, &context)
        .iter()
        .map(|f| score(f) > 0.0)
        .collect::<Vec<_>>();
    let mut paragraphs: Vec<String> = blocks
        .iter()
        .zip(kept)
        .filter(|(_, kept)| *kept)
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
        agreement: by_trafilatura.overlap(&by_readability),
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

fn by_trafilatura(html: &str, url: Option<&Url>) -> String {
    let mut options = Options::default()
        .with_fallback(true)
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_exclude_comments(true)
        .with_links(true)
        .with_html_date_mode(HtmlDateMode::Disabled);
    if let Some(url) = url {
        options = options.with_url(url.clone());
    }
    trafilatura::extract(html, &options)
        .map(|r| r.content_html)
        .unwrap_or_default()
}

fn by_readability(html: &str, url: Option<&Url>) -> String {
    libreadability::Parser::new()
        .parse(html, url)
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
