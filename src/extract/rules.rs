//! The operator's CSS for a source: where the article is, and what is never part of it.

use scraper::{Html, Selector};

/// CSS of one source, checked at config load with [`check_selector`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The elements that hold the article; everything else is ignored.
    pub select: Option<String>,
    /// Elements to cut before anything is read.
    pub remove: Vec<String>,
}

/// Whether a CSS selector can be used as [`Rules::select`] or in [`Rules::remove`].
///
/// # Errors
/// What is wrong with it, as a fragment fit for "bad selector: …".
pub fn check_selector(css: &str) -> Result<(), String> {
    if css.trim().is_empty() {
        return Err("a selector must not be empty".into());
    }
    Selector::parse(css).map(|_| ()).map_err(|e| e.to_string())
}

impl Rules {
    /// Cuts what `remove` names, then keeps only what `select` names. Returns whether a `select`
    /// found nothing (then the page is left whole), and the `remove` selectors that found nothing.
    pub(super) fn apply(&self, doc: &mut Html) -> (bool, Vec<String>) {
        let mut removed = Vec::new();
        let mut unremoved = Vec::new();
        for css in &self.remove {
            let before = removed.len();
            if let Ok(selector) = Selector::parse(css) {
                removed.extend(doc.select(&selector).map(|e| e.id()));
            }
            if removed.len() == before {
                unremoved.push(css.clone());
            }
        }
        for id in removed {
            if let Some(mut node) = doc.tree.get_mut(id) {
                node.detach();
            }
        }
        let Some(selector) = self
            .select
            .as_deref()
            .and_then(|css| Selector::parse(css).ok())
        else {
            return (false, unremoved);
        };
        let mut kept = String::from("<html><body>");
        let mut last = None;
        for element in doc.select(&selector) {
            // A match inside a match is already there.
            let inside = element.ancestors().any(|a| Some(a.id()) == last);
            if !inside {
                kept.push_str(&element.html());
                last = Some(element.id());
            }
        }
        if last.is_none() {
            return (true, unremoved);
        }
        *doc = Html::parse_document(&kept);
        (false, unremoved)
    }
}
