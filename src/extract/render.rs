//! From HTML to paragraphs.

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use scraper::{Html, Node};

use super::dom::squeeze;

/// One paragraph of a body, with what its markup said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paragraph {
    pub text: String,
    /// Element it came from: "p", "li", "h2", ...
    pub tag: String,
    /// Share of its characters that are link text.
    pub links: f32,
}

/// The paragraphs of an HTML fragment in document order.
pub(super) fn paragraphs(html: &str) -> Vec<Paragraph> {
    from_tree(*Html::parse_fragment(html).root_element())
}

/// The paragraphs below a node.
pub(super) fn from_tree(root: NodeRef<Node>) -> Vec<Paragraph> {
    let mut out = Vec::new();
    let mut current = Builder::default();
    let mut in_link = 0_u32;
    let mut blocks: Vec<String> = Vec::new();
    for edge in root.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) => current.push(&text.text, in_link > 0),
                Node::Element(e) => {
                    let name = e.name();
                    if is_block(name) {
                        current.flush(&blocks, &mut out);
                        blocks.push(name.to_string());
                    } else if name == "br" {
                        current.line_break(&blocks, &mut out);
                    } else if name == "a" {
                        in_link += 1;
                    }
                }
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(e) = node.value() {
                    if is_block(e.name()) {
                        current.flush(&blocks, &mut out);
                        blocks.pop();
                    } else if e.name() == "a" {
                        in_link = in_link.saturating_sub(1);
                    }
                }
            }
        }
    }
    current.flush(&blocks, &mut out);
    out
}

#[derive(Default)]
struct Builder {
    text: String,
    linked: usize,
}

impl Builder {
    fn push(&mut self, text: &str, linked: bool) {
        if linked {
            self.linked += text.trim().chars().count();
        }
        self.text.push_str(text);
    }

    /// Two breaks part paragraphs in old markup; so does one, as no writer breaks a line inside one.
    fn line_break(&mut self, blocks: &[String], out: &mut Vec<Paragraph>) {
        self.flush(blocks, out);
    }

    fn flush(&mut self, blocks: &[String], out: &mut Vec<Paragraph>) {
        let text = squeeze(&self.text);
        if !text.is_empty() {
            let length = text.chars().count().max(1);
            out.push(Paragraph {
                #[expect(clippy::cast_precision_loss, reason = "a ratio of two text lengths")]
                links: (self.linked as f32 / length as f32).min(1.0),
                tag: blocks.last().cloned().unwrap_or_default(),
                text,
            });
        }
        self.text.clear();
        self.linked = 0;
    }
}

fn is_block(name: &str) -> bool {
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
