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
    let page_title = select(doc, "title").first().map(|e| inline_text(*e));
    let headings: Vec<String> = select(doc, "h1")
        .into_iter()
        .map(inline_text)
        .filter(|t| !t.is_empty())
        .collect();
    let named: Vec<String> = social
        .iter()
        .cloned()
        .chain(headline.map(str::to_string))
        .chain(page_title)
        .map(|t| without_site(&squeeze(&t), sites))
        .filter(|t| !t.is_empty())
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
