//! Cuts what is never body out of the tree before extraction.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Node};

/// Elements that never hold body text.
const ELEMENTS: &[&str] = &[
    "nav",
    "footer",
    "form",
    "figcaption",
    "aside",
    "button",
    "select",
    "input",
    "textarea",
    "dialog",
    "video",
    "audio",
    "menu",
    "label",
    "embed",
    "progress",
];

/// A wrapper that holds this share (in percent) of the page's prose is the template's
/// way of building the page, not a form or a side column.
const WRAPS: usize = 30;
/// A run of text of this many bytes is prose; menus and labels are shorter.
const PROSE: usize = 60;

/// Cuts them.
pub(super) fn prune(doc: &mut Html) {
    let mut prose: HashMap<NodeId, usize> = HashMap::new();
    for node in doc.tree.root().descendants() {
        if let Node::Text(text) = node.value()
            && text.trim().len() >= PROSE
        {
            for around in node.ancestors() {
                *prose.entry(around.id()).or_default() += text.trim().len();
            }
        }
    }
    let whole = prose
        .get(&doc.tree.root().id())
        .copied()
        .unwrap_or_default();
    let doomed: Vec<NodeId> = doc
        .tree
        .root()
        .descendants()
        .filter(|node| match node.value() {
            Node::Element(e) => {
                let cut =
                    ELEMENTS.contains(&e.name()) || ElementRef::wrap(*node).is_some_and(hidden);
                cut && prose.get(&node.id()).copied().unwrap_or_default() * 100 <= whole * WRAPS
            }
            Node::Comment(_) => true,
            _ => false,
        })
        .map(|node| node.id())
        .collect();
    for id in doomed {
        if let Some(mut node) = doc.tree.get_mut(id) {
            node.detach();
        }
    }
}

fn hidden(e: ElementRef) -> bool {
    e.attr("hidden").is_some()
        || e.attr("aria-hidden") == Some("true") && e.value().name() != "p"
        || e.attr("style").is_some_and(|s| {
            let s: String = s.chars().filter(|c| !c.is_whitespace()).collect();
            s.contains("display:none") || s.contains("visibility:hidden")
        })
}
