//! Where a block stands: the element that holds the body, and what is of one kind with it.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{Html, Node};

use super::blocks::Block;
use super::memory::hash;

/// The innermost element that holds three quarters of the strong text.
pub(super) fn container(
    blocks: &[Block],
    strong: &[bool],
    size: &[usize],
    total: usize,
) -> Option<NodeId> {
    let mut sums: HashMap<NodeId, usize> = HashMap::new();
    for (i, block) in blocks.iter().enumerate().filter(|(i, _)| strong[*i]) {
        for id in &block.path {
            *sums.entry(*id).or_default() += size[i];
        }
    }
    // Of those that hold enough, the one with the longest way up to the root.
    let mut best: Option<(usize, NodeId)> = None;
    for block in blocks {
        for (level, id) in block.path.iter().enumerate() {
            if sums
                .get(id)
                .is_some_and(|sum| *sum * 4 >= total * 3 && total > 0)
            {
                let depth = block.path.len() - level;
                if best.is_none_or(|(d, _)| depth > d) {
                    best = Some((depth, *id));
                }
                break;
            }
        }
    }
    best.map(|(_, id)| id)
}

/// Innermost levels compared to call two blocks kin.
pub(super) const KIN_LEVELS: usize = 3;

/// A hash of the tags from the block up to where `stop` says, and of the class names of the
/// innermost `classes` levels.
pub(super) fn kind(
    doc: &Html,
    block: &Block,
    stop: impl Fn(usize, NodeId) -> bool,
    classes: usize,
) -> u64 {
    let mut way = Vec::new();
    for (level, id) in block.path.iter().enumerate() {
        if stop(level, *id) {
            break;
        }
        if let Some(Node::Element(e)) = doc.tree.get(*id).map(|n| n.value()) {
            way.push(e.name().to_string());
            if level < classes {
                way.push(
                    e.attr("class")
                        .unwrap_or_default()
                        .chars()
                        .filter(|c| !c.is_ascii_digit())
                        .collect(),
                );
            }
        }
    }
    hash(&way)
}

/// The innermost `<article>` around a block.
pub(super) fn article_of(doc: &Html, block: &Block) -> Option<NodeId> {
    block.path.iter().copied().find(|id| {
        doc.tree.get(*id).is_some_and(|n| {
            n.value()
                .as_element()
                .is_some_and(|e| e.name() == "article")
        })
    })
}
