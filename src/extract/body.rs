//! The body: two extractors, the better one taken, their agreement kept as a sign of health.

use scraper::Html;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use url::Url;

use super::jsonld::Data;
use super::render::{self, Paragraph};

/// The body as paragraphs, still with furniture lines among them.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub paragraphs: Vec<Paragraph>,
    /// See [`super::Signals::agreement`].
    pub agreement: f64,
}

/// Reads the body of a pruned page. `selected`: the operator's `select` already cut the page down
/// to the article, so every paragraph left is body.
pub(super) fn read(doc: &Html, url: Option<&Url>, data: &Data, selected: bool) -> Body {
    if selected {
        return Body {
            paragraphs: render::from_tree(doc.tree.root()),
            agreement: 1.0,
        };
    }
    let html = doc.html();
    let first = by_trafilatura(&html, url);
    let second = by_readability(&html, url);
    let agreement = overlap(&first, &second);
    let mut paragraphs = if length(&first) * 2 < length(&second) {
        second
    } else {
        first
    };
    if length(&paragraphs) < 200
        && let Some(body) = &data.body
        && body.chars().count() > length(&paragraphs) * 2
    {
        paragraphs = body.split('\n').flat_map(render::paragraphs).collect();
    }
    Body {
        paragraphs,
        agreement,
    }
}

fn by_trafilatura(html: &str, url: Option<&Url>) -> Vec<Paragraph> {
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
        .map(|r| render::paragraphs(&r.content_html))
        .unwrap_or_default()
}

fn by_readability(html: &str, url: Option<&Url>) -> Vec<Paragraph> {
    libreadability::Parser::new()
        .parse(html, url)
        .map(|a| render::paragraphs(&a.content))
        .unwrap_or_default()
}

fn length(paragraphs: &[Paragraph]) -> usize {
    paragraphs.iter().map(|p| p.text.chars().count()).sum()
}

/// Share of the words of both that are in both, by paragraph.
fn overlap(a: &[Paragraph], b: &[Paragraph]) -> f64 {
    let words = |ps: &[Paragraph]| -> std::collections::HashSet<u64> {
        let all: Vec<String> = ps
            .iter()
            .flat_map(|p| p.text.split_whitespace())
            .map(str::to_lowercase)
            .collect();
        all.windows(3).map(super::memory::hash).collect()
    };
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two counts")]
    let share = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
    share
}
