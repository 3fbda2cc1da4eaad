//! The headline: which of the page's own versions, and without the site's name.

use scraper::Html;

use super::dom::{fold, inline_text, select, squeeze};

/// Chooses among social tags, structured data, first-level headings and `<title>`.
///
/// The social title is the one version editors write as a headline that stands alone; structured
/// data and headings often carry the search engine's or the section's version.
pub(super) fn choose(
    doc: &Html,
    headline: Option<&str>,
    social: &[String],
    sites: &[String],
) -> Option<String> {
    let bare = |t: &str| Some(without_site(&squeeze(t), sites)).filter(|t| !t.is_empty());
    let headings: Vec<String> = select(doc, "h1")
        .into_iter()
        .map(inline_text)
        .filter(|t| !t.is_empty())
        .collect();
    let page_title = select(doc, "title")
        .first()
        .and_then(|e| bare(&inline_text(*e)));
    let social = social.iter().find_map(|t| bare(t));
    let headline = headline.and_then(bare);
    // A social title that only repeats the page's was written for search engines.
    let copied = social.is_some() && social.as_deref().map(fold) == page_title.as_deref().map(fold);
    let named: Vec<String> = if copied {
        [headline, social, page_title]
    } else {
        [social, headline, page_title]
    }
    .into_iter()
    .flatten()
    .collect();
    let first = named.first().or(headings.first())?;
    // Another version that begins the first shows what was put behind it: section and site.
    let shorter = named.iter().chain(&headings).find(|t| {
        let behind = first
            .strip_prefix(t.as_str())
            .unwrap_or_default()
            .trim_start();
        t.chars().count() >= 15 && behind.starts_with(SEPARATORS)
    });
    Some(shorter.unwrap_or(first).clone())
}

const SEPARATORS: &[char] = &[
    '|', '｜', 'ㅣ', '-', '–', '—', '·', '•', ':', '：', '«', '»', '/',
];

/// "Headline | The Paper", "Headline - Paper.com" -> "Headline".
fn without_site(title: &str, sites: &[String]) -> String {
    let mut rest = title.trim();
    // At most a section and a site.
    for _ in 0..2 {
        let Some((at, separator)) = rest
            .char_indices()
            .rev()
            .find(|(_, c)| SEPARATORS.contains(c))
        else {
            break;
        };
        let (before, after) = (
            rest.get(..at).unwrap_or_default(),
            rest.get(at + separator.len_utf8()..).unwrap_or_default(),
        );
        let is_site =
            sites.iter().any(|s| fold(s) == fold(after)) || matches!(separator, '|' | '｜' | 'ㅣ');
        if !is_site || before.trim().chars().count() < 10 {
            break;
        }
        rest = before.trim_end();
    }
    rest.to_string()
}
