//! Live blogs: a page that is a list of timed entries, read as these entries.
//!
//! Found in the structured data (`liveBlogUpdate`), or in the markup: many siblings of one kind,
//! each with a time of its own and prose. A list of teasers has links for headlines, and comments
//! are named so; neither is taken.

use std::collections::{HashMap, HashSet};

use ego_tree::{NodeId, NodeRef};
use scraper::{ElementRef, Html, Node};
use url::Url;

use super::blocks::{Block, blocks_in};
use super::dom::{fold, text};
use super::furniture::PATTERNS;
use super::jsonld::{Data, LiveUpdate};
use super::lines;
use super::meta::Facts;
use crate::article::ENTRY_BREAK;

/// So many entries make a list, on a page that says it is live.
const FEWEST: usize = 3;
/// And so many on any page, if they are most of its text.
const FEWEST_UNNAMED: usize = 8;
/// Their share of the page's text, in percent.
const MOST_OF_PAGE: usize = 60;
/// An entry of a live blog says something: the middle one at least so much, in words.
const WORDS: usize = 10;
/// A paragraph has so many words; fewer may be a label.
const PARAGRAPH: usize = 8;
/// Entries read, in the order of the page.
const MAX_ENTRIES: usize = 500;
/// The longest text of a time, in characters.
const LONGEST_TIME: usize = 40;
/// How far up a time's entry is looked for.
const MAX_CLIMB: usize = 12;

/// The text of a live blog: what stands before its entries, then each entry behind an
/// [`ENTRY_BREAK`]. `None` for any other page. `doc` is pruned.
pub(super) fn read(doc: &Html, data: &Data, facts: &Facts, url: Option<&Url>) -> Option<String> {
    let entries = from_data(data).or_else(|| from_markup(doc, data, url))?;
    let mut parts = vec![lead(doc, &entries, facts)];
    parts.extend(
        entries
            .iter()
            .map(|entry| lines::clean(entry, facts))
            .filter(|entry| !entry.is_empty()),
    );
    let text = parts.join(&format!("\n\n{ENTRY_BREAK}\n\n"));
    Some(text.trim_start().to_owned())
}

/// The paragraphs before the first entry. Plain rules, not the two extractors: what these take
/// depends on the whole page, which here changes all the time.
fn lead(doc: &Html, entries: &[Vec<String>], facts: &Facts) -> String {
    let said: HashSet<String> = entries
        .iter()
        .flatten()
        .map(|line| fold(line))
        .filter(|line| line.split(' ').count() >= PARAGRAPH)
        .collect();
    let mut blocks = blocks_in(doc.tree.root());
    let Some(first) = blocks.iter().position(|b| said.contains(&b.folded)) else {
        return String::new();
    };
    blocks.truncate(first);
    let is_prose =
        |b: &Block| b.tag == "p" && b.words >= PARAGRAPH && b.links < 0.5 && !PATTERNS.veto(b);
    blocks.retain(|b| is_prose(b) && !crate::text::is_stamp(&b.text));
    let lines: Vec<String> = blocks.into_iter().map(|b| b.text).collect();
    lines::clean(&lines, facts)
}

/// The entries that the structured data gives with their text.
fn from_data(data: &Data) -> Option<Vec<Vec<String>>> {
    let told = data.live.iter().filter(|update| !update.body.is_empty());
    if data.live.is_empty() || told.count() * 5 < data.live.len() * 4 {
        return None;
    }
    let entry = |update: &LiveUpdate| {
        let headline = update.headline.iter().cloned();
        let known = update.headline.as_deref().map(fold);
        let lines = update.body.iter().filter(|line| Some(fold(line)) != known);
        headline.chain(lines.cloned()).collect()
    };
    Some(data.live.iter().take(MAX_ENTRIES).map(entry).collect())
}

fn from_markup(doc: &Html, data: &Data, url: Option<&Url>) -> Option<Vec<Vec<String>>> {
    let times = times(doc);
    if times.len() < FEWEST {
        return None;
    }
    let mut timed: HashSet<NodeId> = HashSet::new();
    for time in &times {
        timed.insert(time.id());
        for around in time.ancestors() {
            if !timed.insert(around.id()) {
                break;
            }
        }
    }
    // The list whose timed children say most.
    let mut lists: HashMap<NodeId, Vec<NodeRef<'_, Node>>> = HashMap::new();
    for time in &times {
        for around in time.ancestors().take(MAX_CLIMB) {
            lists
                .entry(around.id())
                .or_insert_with(|| entries_of(around, &timed));
        }
    }
    let said =
        |entries: &[Vec<Block>]| -> usize { entries.iter().flatten().map(|b| b.words).sum() };
    let (list, entries) = lists
        .into_iter()
        .filter(|(_, children)| children.len() >= FEWEST)
        .map(|(list, children)| (list, children.into_iter().map(entry).collect::<Vec<_>>()))
        .filter(|(_, entries)| is_prose(entries))
        .max_by_key(|(list, entries)| (said(entries), std::cmp::Reverse(*list)))?;
    let list = doc.tree.get(list)?;
    if is_named(
        list,
        &["comment", "comments", "respond", "reviews", "discussion"],
    ) {
        return None;
    }
    let whole: usize = blocks_in(doc.tree.root()).iter().map(|b| b.words).sum();
    let most = said(&entries) * 100 >= whole * MOST_OF_PAGE;
    let live = data.is_live || url.is_some_and(is_live_address) || is_named(list, &LIVE_WORDS);
    let long = most && entries.len() >= FEWEST_UNNAMED;
    if !(live || long) {
        return None;
    }
    let lines = |entry: Vec<Block>| entry.into_iter().map(|block| block.text).collect();
    Some(entries.into_iter().take(MAX_ENTRIES).map(lines).collect())
}

/// Elements that hold a time and nothing else.
fn times(doc: &Html) -> Vec<NodeRef<'_, Node>> {
    let named = |e: ElementRef<'_>| {
        e.value().name() == "time"
            || e.value().classes().any(|class| {
                let class = class.to_ascii_lowercase();
                class.contains("time") || class.contains("date")
            })
    };
    let is_time = |e: ElementRef<'_>| {
        let said = text(e);
        said.chars().count() <= LONGEST_TIME && said.contains(|c: char| c.is_ascii_digit())
    };
    doc.tree
        .root()
        .descendants()
        .filter(|node| ElementRef::wrap(*node).is_some_and(|e| named(e) && is_time(e)))
        .collect()
}

/// The children of one kind that hold times, where they are most of the timed ones.
fn entries_of<'a>(list: NodeRef<'a, Node>, timed: &HashSet<NodeId>) -> Vec<NodeRef<'a, Node>> {
    let children: Vec<_> = list
        .children()
        .filter(|child| timed.contains(&child.id()))
        .collect();
    let name = |node: &NodeRef<'a, Node>| node.value().as_element().map(|e| e.name().to_owned());
    let mut kinds: HashMap<Option<String>, usize> = HashMap::new();
    for child in &children {
        *kinds.entry(name(child)).or_default() += 1;
    }
    let best = kinds
        .into_iter()
        .max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
    let Some((kind, _)) = best else {
        return Vec::new();
    };
    children
        .into_iter()
        .filter(|child| name(child) == kind)
        .collect()
}

/// What an entry says, without its times, its furniture and its share buttons.
fn entry(node: NodeRef<'_, Node>) -> Vec<Block> {
    let mut blocks = blocks_in(node);
    let times: HashSet<String> = node
        .descendants()
        .filter_map(ElementRef::wrap)
        .filter(|e| e.value().name() == "time")
        .map(|e| fold(&text(e)))
        .collect();
    let is_button = |block: &Block| block.links > 0.8 && block.words < 6;
    blocks.retain(|block| {
        let is_time = times.contains(&block.folded) || crate::text::is_stamp(&block.text);
        !is_time && !is_button(block) && !PATTERNS.veto(block)
    });
    blocks
}

/// Whether entries are told, not linked to: a list of teasers has links for headlines.
fn is_prose(entries: &[Vec<Block>]) -> bool {
    let mut words: Vec<usize> = Vec::new();
    let mut teasers = 0;
    for entry in entries {
        words.push(
            entry
                .iter()
                .filter(|b| b.links < 0.5)
                .map(|b| b.words)
                .sum(),
        );
        teasers += usize::from(entry.first().is_some_and(|first| first.links > 0.8));
    }
    words.sort_unstable();
    words
        .get(words.len() / 2)
        .is_some_and(|middle| *middle >= WORDS)
        && teasers * 2 < entries.len()
}

const LIVE_WORDS: [&str; 8] = [
    "live",
    "liveblog",
    "liveticker",
    "ticker",
    "timeline",
    "direct",
    "minutebyminute",
    "newsticker",
];

/// Whether an element, something close around it or one of its children is called one of these.
fn is_named(list: NodeRef<'_, Node>, words: &[&str]) -> bool {
    let around = list.ancestors().take(4);
    let inside = list.children().take(3);
    std::iter::once(list)
        .chain(around)
        .chain(inside)
        .filter_map(ElementRef::wrap)
        .filter(|e| !matches!(e.value().name(), "html" | "body"))
        .any(|e| {
            let names = e.value().classes().chain(e.value().id());
            names
                .flat_map(name_words)
                .any(|word| words.contains(&word.as_str()))
        })
}

/// `liveBlog-entry_time` -> live, blog, entry, time.
fn name_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words
}

/// Whether an address says so: `/live/…`, `…-live-updates`, `…-liveticker-…`.
fn is_live_address(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    path.split(['/', '-', '_', '.'])
        .any(|word| LIVE_WORDS.contains(&word))
        || path.contains("as-it-happened")
        || path.contains("minute-by-minute")
}
