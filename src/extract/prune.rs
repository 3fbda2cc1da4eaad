//! Cuts what is never body out of the tree before extraction.

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

/// Cuts them.
pub(super) fn prune(doc: &mut Html, _title: Option<&str>) {
    let doomed: Vec<NodeId> = doc
        .tree
        .root()
        .descendants()
        .filter(|node| match node.value() {
            Node::Element(e) => {
                ELEMENTS.contains(&e.name()) || ElementRef::wrap(*node).is_some_and(hidden)
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
}
