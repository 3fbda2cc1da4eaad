//! The page as the extractors get it: only what holds text, and only the attributes they judge by.
//!
//! Each of them parses it again and walks it many times over, so every node less is time won.

use std::collections::HashSet;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{Html, Node};

/// What the extractors read of an element; of a link, besides, that it is one.
const ATTRIBUTES: &[&str] = &[
    "class",
    "id",
    "role",
    "itemprop",
    "rel",
    "data-component",
    "data-testid",
];

/// Elements written at most; the largest article pages measured have some 2,500. The extractors
/// are slower than linear.
const MAX_ELEMENTS: usize = 8_000;

/// Writes a pruned page.
pub(super) fn write(doc: &Html) -> String {
    let worded = worded(doc);
    let mut out = String::from("<!DOCTYPE html>");
    let mut written = 0;
    let mut left_out: Option<NodeId> = None;
    for edge in doc.tree.root().traverse() {
        match edge {
            Edge::Open(node) if left_out.is_none() => match node.value() {
                Node::Text(text) => escape(text, &mut out),
                Node::Element(e) => {
                    let breaks = matches!(e.name(), "br" | "hr");
                    let wanted = breaks || e.name() != "head" && worded.contains(&node.id());
                    if !wanted || written >= MAX_ELEMENTS {
                        left_out = Some(node.id());
                    } else {
                        written += 1;
                        start(e, &mut out);
                    }
                }
                _ => {}
            },
            Edge::Open(_) => {}
            Edge::Close(node) => {
                if left_out == Some(node.id()) {
                    left_out = None;
                } else if left_out.is_none()
                    && let Node::Element(e) = node.value()
                    && !matches!(e.name(), "br" | "hr")
                {
                    out.push_str("</");
                    out.push_str(e.name());
                    out.push('>');
                }
            }
        }
    }
    out
}

/// The elements with words in them.
fn worded(doc: &Html) -> HashSet<NodeId> {
    let mut found = HashSet::new();
    for node in doc.tree.root().descendants() {
        if let Node::Text(text) = node.value()
            && !text.trim().is_empty()
        {
            for around in node.ancestors() {
                // What is known has all its own ancestors known.
                if !found.insert(around.id()) {
                    break;
                }
            }
        }
    }
    found
}

fn start(e: &Element, out: &mut String) {
    out.push('<');
    out.push_str(e.name());
    for (key, value) in e.attrs() {
        // Where a link leads costs both of them much work and tells neither anything.
        let value = match (key, value.starts_with('#')) {
            ("href", true) => "#x",
            ("href", false) => "/x",
            _ if ATTRIBUTES.contains(&key) => value,
            _ => continue,
        };
        out.push(' ');
        out.push_str(key);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    out.push('>');
}

/// Escapes for text and for attributes in double quotes alike.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_and_the_rest_goes() {
        let doc = Html::parse_document(
            "<head><title>T</title></head><body data-x=1><div class=ad><img src=a></div>\
             <p class='a \"b' style=c>Tom &amp; <a href='https://x.example/'>Ann</a><br>&lt;b&gt;</p>",
        );
        assert_eq!(
            write(&doc),
            "<!DOCTYPE html><html><body><p class=\"a &quot;b\">Tom &amp; <a href=\"/x\">Ann</a><br>&lt;b&gt;</p></body></html>"
        );
    }

    #[test]
    fn a_page_without_end_is_cut() {
        let doc = Html::parse_document(&"<p>word</p>".repeat(3 * MAX_ELEMENTS));
        assert!(write(&doc).matches("<p>").count() < MAX_ELEMENTS);
    }
}
