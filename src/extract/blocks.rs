//! The page as a row of text blocks, each with what the markup around it says.

use std::collections::HashMap;
use std::sync::LazyLock;

use ego_tree::{NodeId, NodeRef};
use scraper::node::Element;
use scraper::{Html, Node};

use super::dom::{fold, squeeze};

/// One run of text between two block boundaries.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub text: String,
    /// [`fold`] of the text.
    pub folded: String,
    pub words: usize,
    /// Innermost block element: "p", "li", "h2", "div".
    pub tag: String,
    /// Share of characters inside links, and inside emphasis.
    pub links: f32,
    pub emphasis: f32,
    /// Elements around the block, innermost first.
    pub path: Vec<NodeId>,
}

/// The blocks of a page in document order.
pub(super) fn blocks(doc: &Html) -> Vec<Block> {
    blocks_in(doc.tree.root())
}

/// The blocks below one node, in document order.
pub(super) fn blocks_in(node: NodeRef<'_, Node>) -> Vec<Block> {
    let mut walk = Walk::default();
    for edge in node.traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Text(text) => walk.text(text),
                Node::Element(e) => walk.open(e.name(), node.id()),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(e) = node.value() {
                    walk.close(e.name());
                }
            }
        }
    }
    walk.flush();
    walk.out
}

#[derive(Default)]
struct Walk {
    out: Vec<Block>,
    text: String,
    linked: usize,
    emphasised: usize,
    in_link: u32,
    in_emphasis: u32,
    /// Open elements, outermost first, with whether they are blocks.
    open: Vec<(String, NodeId)>,
    /// Elements that were open when the current text began.
    skip: u32,
}

impl Walk {
    fn text(&mut self, text: &str) {
        if self.skip > 0 {
            return;
        }
        let length = text.trim().chars().count();
        if self.in_link > 0 {
            self.linked += length;
        }
        if self.in_emphasis > 0 {
            self.emphasised += length;
        }
        self.text.push_str(text);
    }

    fn open(&mut self, name: &str, id: NodeId) {
        match name {
            "a" => self.in_link += 1,
            "b" | "strong" | "em" | "i" => self.in_emphasis += 1,
            "head" | "title" => self.skip += 1,
            "br" => self.flush(),
            _ => {}
        }
        if is_block(name) {
            self.flush();
            self.open.push((name.to_string(), id));
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.in_link = self.in_link.saturating_sub(1),
            "b" | "strong" | "em" | "i" => self.in_emphasis = self.in_emphasis.saturating_sub(1),
            "head" | "title" => self.skip = self.skip.saturating_sub(1),
            _ => {}
        }
        if is_block(name) {
            self.flush();
            self.open.pop();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "ratios of text lengths")]
    fn flush(&mut self) {
        let text = squeeze(&self.text);
        let folded = fold(&text);
        if !folded.is_empty() {
            let length = text.chars().count().max(1) as f32;
            self.out.push(Block {
                words: folded.split(' ').count(),
                links: (self.linked as f32 / length).min(1.0),
                emphasis: (self.emphasised as f32 / length).min(1.0),
                tag: self.open.last().map(|(n, _)| n.clone()).unwrap_or_default(),
                path: self.open.iter().rev().map(|(_, id)| *id).collect(),
                text,
                folded,
            });
        }
        self.text.clear();
        self.linked = 0;
        self.emphasised = 0;
    }
}

pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "header"
            | "footer"
            | "aside"
            | "nav"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "caption"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "figure"
            | "figcaption"
            | "hr"
            | "form"
            | "fieldset"
            | "address"
            | "details"
            | "summary"
            | "body"
            | "html"
            | "center"
            | "button"
            | "video"
            | "audio"
            | "select"
            | "option"
            | "textarea"
    )
}

/// The names of the families of `data/families.txt`, in its order; a set of them is a bit mask.
pub(super) static FAMILIES: LazyLock<Vec<(&'static str, Vec<&'static str>)>> =
    LazyLock::new(|| {
        include_str!("data/families.txt")
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| l.split_once(": "))
            .map(|(name, words)| (name, words.split_whitespace().collect()))
            .collect()
    });

/// Remembers which families an attribute value belongs to: a page repeats a few values often.
#[derive(Default)]
pub(super) struct Families(HashMap<String, u32>);

impl Families {
    /// The families an element's names put it in, as a bit mask over [`FAMILIES`].
    pub fn of(&mut self, element: &Element) -> u32 {
        let mut mask = 0;
        for key in [
            "class",
            "id",
            "itemprop",
            "role",
            "data-testid",
            "data-component",
            "data-module",
            "data-type",
        ] {
            if let Some(value) = element.attr(key).filter(|v| !v.is_empty() && v.len() < 400) {
                mask |= match self.0.get(value) {
                    Some(known) => *known,
                    None => {
                        let found = families_of(value);
                        self.0.insert(value.to_string(), found);
                        found
                    }
                };
            }
        }
        mask
    }
}

fn families_of(value: &str) -> u32 {
    let mut tokens: Vec<String> = vec![String::new()];
    let mut was_lower = false;
    for c in value.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && was_lower) {
            tokens.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(last) = tokens.last_mut()
        {
            last.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    let mut mask = 0;
    for (bit, (_, words)) in FAMILIES.iter().enumerate() {
        let hit = tokens.iter().filter(|t| !t.is_empty()).any(|t| {
            words
                .iter()
                .any(|w| match (w.strip_prefix('*'), w.strip_suffix('*')) {
                    (Some(inner), _) => t.contains(inner.trim_end_matches('*')),
                    (None, Some(start)) => t.starts_with(start),
                    (None, None) => t == w,
                })
        });
        if hit {
            mask |= 1 << bit;
        }
    }
    mask
}
