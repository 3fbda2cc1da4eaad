//! Cuts what is never body out of the tree before extraction.

use ego_tree::{NodeId, NodeRef};
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

/// A wrapper that holds this share (in percent) of the page's paragraph text is the template's
/// way of building the page, not a form or a side column.
const WRAPS: usize = 30;

/// Cuts them.
pub(super) fn prune(doc: &mut Html) {
    let whole = paragraph_text(doc.tree.root());
    let doomed: Vec<NodeId> = doc
        .tree
        .root()
        .descendants()
        .filter(|node| match node.value() {
            Node::Element(e) => {
                let cut =
                    ELEMENTS.contains(&e.name()) || ElementRef::wrap(*node).is_some_and(hidden);
                cut && (whole == 0 || paragraph_text(*node) * 100 < whole * WRAPS)
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

/// Characters inside `<p>` below a node.
fn paragraph_text(node: NodeRef<Node>) -> usize {
    node.descendants()
        .filter(|n| n.value().as_text().is_some())
        .filter(|n| {
            n.ancestors()
                .take(4)
                .any(|a| a.value().as_element().is_some_and(|e| e.name() == "p"))
        })
        .map(|n| n.value().as_text().map_or(0, |t| t.trim().len()))
        .sum()
}

fn hidden(e: ElementRef) -> bool {
    e.attr("hidden").is_some()
        || e.attr("aria-hidden") == Some("true") && e.value().name() != "p"
        || e.attr("style").is_some_and(|s| {
            let s: String = s.chars().filter(|c| !c.is_whitespace()).collect();
            s.contains("display:none") || s.contains("visibility:hidden")
        })
}
