//! The headline: which of the page's own versions, and without the site's name.

use scraper::Html;

use super::dom::{fold, inline_text, select, squeeze};

/// Chooses among structured data, social tags, first-level headings and `<title>`.
pub(super) fn choose(
    doc: &Html,
    headline: Option<&str>,
    social: &[String],
    sites: &[String],
) -> Option<String> {
    let page_title = select(doc, "title")
        .first()
        .map(|e| inline_text(*e))
        .filter(|t| !t.is_empty());
    let candidates: Vec<String> = headline
        .map(str::to_string)
        .into_iter()
        .chain(social.iter().cloned())
        .chain(page_title)
        .map(|t| without_site(&squeeze(&t), sites))
        .filter(|t| !t.is_empty())
        .collect();
    let headings: Vec<String> = select(doc, "h1")
        .into_iter()
        .map(inline_text)
        .filter(|t| !t.is_empty())
        .collect();
    // A heading that some other version confirms is what readers see.
    let confirmed = headings
        .iter()
        .find(|h| candidates.iter().any(|c| fold(c) == fold(h)));
    confirmed
        .or(candidates.first())
        .or(headings.first())
        .cloned()
}

/// "Headline | The Paper", "Headline - Paper.com" -> "Headline".
fn without_site(title: &str, sites: &[String]) -> String {
    let mut rest = title;
    for separator in [" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » "] {
        if let Some((before, after)) = rest.rsplit_once(separator)
            && (sites.iter().any(|s| fold(s) == fold(after)) || separator == " | ")
            && before.split_whitespace().count() >= 2
        {
            rest = before;
        }
    }
    rest.trim().to_string()
}
