//! What can be said of one block of a page that helps to tell body from furniture, as numbers.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ego_tree::NodeId;
use regex::{RegexSet, RegexSetBuilder};
use scraper::{Html, Node};

use super::blocks::{Block, FAMILIES, Families};
use super::dom::fold;
use super::memory::hash;

/// Features that do not come from the data files.
const BASE: &[&str] = &[
    "bias",
    "t",
    "r",
    "both",
    "neither",
    "t_none",
    "r_none",
    "tag_p",
    "tag_h",
    "tag_li",
    "tag_div",
    "tag_quote",
    "tag_table",
    "length",
    "under_4",
    "under_10",
    "over_30",
    "sentence",
    "links",
    "all_links",
    "emphasis",
    "inside",
    "same_kind",
    "kind_share",
    "before",
    "after",
    "far_before",
    "far_after",
    "is_title",
    "is_h1",
    "is_description",
    "in_json",
    "not_in_json",
    "repeated",
    "capitals",
    "colon",
    "bar",
    "digits",
    "lower_start",
    "t_prev",
    "t_next",
    "t_around",
    "links_prev",
    "links_next",
    "links_around",
    "more_prev",
    "first_strong",
    "t_after",
    "t_before",
    "t_li",
    "t_links",
    "t_short",
    "t_outside",
    "h_next_links",
    "h_last",
    "quote_mark",
    "description_first",
    "r_only",
    "t_only",
    "inside_p",
    "inside_sentence",
    "inside_neither",
    "prev_strong",
    "next_strong",
    "li_kind",
    "kin_share",
    "r_kin",
    "neither_kin",
    "t_kin",
    "rescue",
    "rescue_kin",
    "other_article",
    "in_json_kin",
];

/// What the page as a whole gives to judge its blocks by.
pub(super) struct Context<'a> {
    pub by_trafilatura: &'a Shingles,
    pub by_readability: &'a Shingles,
    pub title: Option<&'a str>,
    pub descriptions: &'a [String],
    pub json_body: Option<&'a str>,
}

/// Every run of three words of a text, to ask how much of a block it holds.
#[derive(Default)]
pub(super) struct Shingles(pub HashSet<u64>);

impl Shingles {
    pub fn add(&mut self, folded: &str) {
        self.0.extend(shingles(folded));
    }

    /// Share of the block's runs that are in the text.
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
    pub fn share(&self, folded: &str) -> f32 {
        let all = shingles(folded);
        if all.is_empty() {
            return 0.0;
        }
        all.iter().filter(|s| self.0.contains(s)).count() as f32 / all.len() as f32
    }
}

impl Shingles {
    /// Share of the runs of both texts that are in both, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
    pub fn overlap(&self, other: &Shingles) -> f64 {
        let all = self.0.union(&other.0).count();
        if all == 0 {
            0.0
        } else {
            self.0.intersection(&other.0).count() as f64 / all as f64
        }
    }
}

fn shingles(folded: &str) -> Vec<u64> {
    let words: Vec<&str> = folded.split(' ').collect();
    if words.len() < 3 {
        vec![hash(folded)]
    } else {
        words.windows(3).map(hash).collect()
    }
}

/// The kinds of furniture line and what recognises them, from `data/furniture.txt`.
pub(super) struct Patterns {
    pub kinds: Vec<&'static str>,
    /// For each expression of the set the index of its kind.
    of: Vec<usize>,
    set: RegexSet,
}

/// Room for the states of all the expressions together; the default makes it start over and over.
const DFA_BYTES: usize = 32 * 1024 * 1024;

pub(super) static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let (mut kinds, mut of, mut expressions) = (Vec::new(), Vec::new(), Vec::new());
    for line in include_str!("data/furniture.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        if let Some((kind, expression)) = line.split_once(' ') {
            let at = kinds.iter().position(|k| *k == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            of.push(at);
            expressions.push(format!("(?i){}", with_edges(expression)));
        }
    }
    let set = RegexSetBuilder::new(&expressions)
        .dfa_size_limit(DFA_BYTES)
        .build()
        .unwrap_or_else(|_| RegexSet::empty());
    Patterns { kinds, of, set }
});

/// Writes `\b` as "no letter here, or the line's end". The engine that knows the word boundaries
/// of Unicode is the slow one and costs a fifth of the time of a whole page; those of ASCII miss
/// the ends of half the languages in the file.
fn with_edges(expression: &str) -> String {
    let mut parts = expression.split(r"\b");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let opens = part.starts_with(|c: char| c == '(' || c.is_alphabetic());
        out.push_str(if opens { r"(?:^|\W)" } else { r"(?:\W|$)" });
        out.push_str(part);
    }
    out
}

impl Patterns {
    /// Whether a line is furniture whatever stands around it: it says so in full, or it leads to
    /// another page both by its words and by its link.
    pub fn veto(&self, block: &Block) -> bool {
        let like = self.of(&block.text);
        let is = |kind: &str| {
            self.kinds
                .iter()
                .position(|k| *k == kind)
                .is_some_and(|at| like >> at & 1 == 1)
        };
        is("always") || (is("more") && block.links >= LINKED)
    }

    /// The kinds of furniture this line is like, as a bit mask over `kinds`. Long lines are never.
    pub fn of(&self, line: &str) -> u32 {
        if line.len() > 400 {
            return 0;
        }
        self.set
            .matches(line)
            .into_iter()
            .filter_map(|i| self.of.get(i))
            .fold(0, |mask, kind| mask | 1 << kind)
    }
}

/// A line is a link to another page when this share of it is link text.
const LINKED: f32 = 0.4;

/// All feature names, in the order of the numbers.
pub(super) static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let base = BASE.iter().map(|s| (*s).to_string());
    let near = FAMILIES.iter().map(|(n, _)| format!("near_{n}"));
    let far = FAMILIES.iter().map(|(n, _)| format!("far_{n}"));
    let like = PATTERNS.kinds.iter().map(|k| format!("like_{k}"));
    let both = PATTERNS.kinds.iter().map(|k| format!("t_like_{k}"));
    base.chain(near)
        .chain(far)
        .chain(like)
        .chain(both)
        .collect()
});

fn flag(b: bool) -> f32 {
    f32::from(u8::from(b))
}

/// The features of every block. Also says which blocks are strong: surely body.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of words and blocks, far below 2^23"
)]
pub(super) fn features(doc: &Html, blocks: &[Block], context: &Context) -> Vec<Vec<f32>> {
    let t: Vec<f32> = blocks
        .iter()
        .map(|b| context.by_trafilatura.share(&b.folded))
        .collect();
    let r: Vec<f32> = blocks
        .iter()
        .map(|b| context.by_readability.share(&b.folded))
        .collect();
    let (t_none, r_none) = (
        context.by_trafilatura.0.is_empty(),
        context.by_readability.0.is_empty(),
    );
    let size: Vec<usize> = blocks
        .iter()
        .map(|b| b.words.max(b.text.chars().count() / 6))
        .collect();
    let ends: Vec<bool> = blocks.iter().map(|b| ends_sentence(&b.text)).collect();
    // Where the first extractor took under half of what the second did, it lost the thread.
    let taken = |v: &[f32]| -> usize {
        (0..blocks.len())
            .filter(|i| v[*i] > 0.6)
            .map(|i| size[i])
            .sum()
    };
    let rescue = taken(&t) * 2 < taken(&r);
    let prose = |i: usize| size[i] >= 15 && ends[i] && blocks[i].links < 0.5;
    let strong: Vec<bool> = (0..blocks.len())
        .map(|i| prose(i) && if t_none { r[i] > 0.8 } else { t[i] > 0.8 })
        .collect();
    // Kin: blocks with the same tags and class names on their innermost levels. A body that
    // advertisements cut into several containers keeps its kind.
    let kin: Vec<u64> = blocks
        .iter()
        .map(|b| kind(doc, b, |level, _| level >= KIN_LEVELS, KIN_LEVELS))
        .collect();
    let mut by_kin: HashMap<u64, usize> = HashMap::new();
    for i in (0..blocks.len()).filter(|i| strong[*i]) {
        *by_kin.entry(kin[i]).or_default() += size[i];
    }
    let kin_total: usize = by_kin.values().sum();
    let kin_shares: Vec<f32> = kin
        .iter()
        .map(|k| {
            by_kin
                .get(k)
                .map_or(0.0, |n| *n as f32 / kin_total.max(1) as f32)
        })
        .collect();
    let total: usize = (0..blocks.len())
        .filter(|i| strong[*i])
        .map(|i| size[i])
        .sum();
    let container = container(blocks, &strong, &size, total);
    let outer: HashSet<NodeId> = container
        .and_then(|id| doc.tree.get(id))
        .map(|n| n.ancestors().map(|a| a.id()).chain([n.id()]).collect())
        .unwrap_or_default();

    // Blocks of the same kind: the same tags and class names on the way up to the container.
    let kinds: Vec<u64> = blocks
        .iter()
        .map(|b| kind(doc, b, |_, id| outer.contains(&id), 2))
        .collect();
    let mut by_kind: HashMap<u64, usize> = HashMap::new();
    for i in (0..blocks.len()).filter(|i| strong[*i]) {
        *by_kind.entry(kinds[i]).or_default() += size[i];
    }
    let mut by_article: HashMap<Option<NodeId>, usize> = HashMap::new();
    let articles: Vec<Option<NodeId>> = blocks.iter().map(|b| article_of(doc, b)).collect();
    for i in (0..blocks.len()).filter(|i| strong[*i]) {
        *by_article.entry(articles[i]).or_default() += size[i];
    }
    // The most text; of two alike the earlier one.
    let own_article = articles
        .iter()
        .rev()
        .max_by_key(|a| by_article.get(*a))
        .copied()
        .flatten();
    let first = strong.iter().position(|s| *s);
    let last = strong.iter().rposition(|s| *s);

    let title = context.title.map(fold).unwrap_or_default();
    let mut described = Shingles::default();
    context
        .descriptions
        .iter()
        .for_each(|d| described.add(&fold(d)));
    let mut json = Shingles::default();
    if let Some(body) = context.json_body {
        json.add(&fold(body));
    }
    // Structured data that holds little of what is surely body is a teaser, and says nothing.
    let in_json: usize = (0..blocks.len())
        .filter(|i| strong[*i] && json.share(&blocks[*i].folded) > 0.6)
        .map(|i| size[i])
        .sum();
    let json_whole = total > 0 && in_json * 10 >= total * 8;

    let mut families = Families::default();
    let mut masks: HashMap<NodeId, u32> = HashMap::new();
    let mut seen = HashSet::new();
    let likes: Vec<u32> = blocks.iter().map(|b| PATTERNS.of(&b.text)).collect();
    let more = PATTERNS
        .kinds
        .iter()
        .position(|k| *k == "more")
        .map_or(0, |at| 1_u32 << at);
    let at = |i: usize, d: isize| i.checked_add_signed(d).filter(|j| *j < blocks.len());
    let value =
        |v: &[f32], i: usize, d: isize| at(i, d).and_then(|j| v.get(j)).copied().unwrap_or(0.0);
    let links: Vec<f32> = blocks.iter().map(|b| b.links).collect();

    (0..blocks.len())
        .map(|i| {
            let b = &blocks[i];
            let heading = matches!(b.tag.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
            let inside = container.is_none_or(|c| b.path.contains(&c));
            let before = first.is_some_and(|f| i < f);
            let after = last.is_some_and(|l| i > l);
            let kind_share = by_kind
                .get(&kinds[i])
                .map_or(0.0, |n| *n as f32 / total.max(1) as f32);
            let new = seen.insert(b.folded.as_str());
            let described_share = if b.words >= 4 {
                described.share(&b.folded)
            } else {
                0.0
            };
            let json_share = json.share(&b.folded);
            let around = |v: &[f32]| {
                [-3, -2, -1, 1, 2, 3]
                    .iter()
                    .map(|d| value(v, i, *d))
                    .sum::<f32>()
                    / 6.0
            };
            let letters = b.text.chars().filter(|c| c.is_alphabetic()).count();
            let capitals = b.text.chars().filter(|c| c.is_uppercase()).count();
            let digits = b.text.chars().filter(char::is_ascii_digit).count();
            let is_title = !title.is_empty()
                && (b.folded == title
                    || (b.words > 3 && b.words < 40 && title.contains(&b.folded)));
            let (t_i, r_i) = (t[i], r[i]);
            let neither = flag(t_i < 0.3 && r_i < 0.3);
            let sentence = flag(ends[i]);
            let strong_at = |d: isize| {
                flag(
                    at(i, d)
                        .and_then(|j| strong.get(j))
                        .copied()
                        .unwrap_or(false),
                )
            };
            let mut out = vec![
                1.0,
                t_i,
                r_i,
                t_i * r_i,
                neither,
                flag(t_none),
                flag(r_none),
                flag(b.tag == "p"),
                flag(heading),
                flag(b.tag == "li"),
                flag(matches!(
                    b.tag.as_str(),
                    "div" | "section" | "article" | "main" | "body"
                )),
                flag(b.tag == "blockquote"),
                flag(matches!(
                    b.tag.as_str(),
                    "td" | "th" | "caption" | "dt" | "dd"
                )),
                (1.0 + size[i] as f32).ln() / 5.0,
                flag(size[i] < 4),
                flag(size[i] < 10),
                flag(size[i] > 30),
                sentence,
                b.links,
                flag(b.links > 0.7),
                flag(b.emphasis > 0.8),
                flag(inside),
                flag(kind_share > 0.3),
                kind_share,
                flag(before),
                flag(after),
                if before {
                    (1.0 + (first.unwrap_or(i) - i) as f32).ln() / 4.0
                } else {
                    0.0
                },
                if after {
                    (1.0 + (i - last.unwrap_or(i)) as f32).ln() / 4.0
                } else {
                    0.0
                },
                flag(is_title),
                flag(b.tag == "h1"),
                described_share,
                flag(json_whole && json_share > 0.6),
                flag(json_whole && json_share < 0.3),
                flag(!new),
                flag(letters > 3 && capitals * 10 > letters * 8),
                flag(b.text.ends_with(':')),
                flag(b.text.contains(" | ") || b.text.contains('»') || b.text.contains('→')),
                flag(digits * 3 > b.text.chars().count()),
                flag(b.text.chars().next().is_some_and(char::is_lowercase)),
                value(&t, i, -1),
                value(&t, i, 1),
                around(&t),
                value(&links, i, -1),
                value(&links, i, 1),
                around(&links),
                flag(at(i, -1).is_some_and(|j| likes[j] & more != 0)),
                flag(first == Some(i)),
                t_i * flag(after),
                t_i * flag(before),
                t_i * flag(b.tag == "li"),
                t_i * b.links,
                t_i * flag(size[i] < 10),
                t_i * flag(!inside),
                flag(heading) * flag(value(&links, i, 1) > 0.6),
                flag(heading) * flag(value(&t, i, 1) < 0.5),
                flag(
                    b.text
                        .starts_with(['"', '“', '„', '«', '‘', '»', '–', '-', '—']),
                ),
                described_share * flag(before || first == Some(i)),
                r_i * (1.0 - t_i),
                t_i * (1.0 - r_i),
                flag(inside && b.tag == "p"),
                flag(inside) * sentence,
                flag(inside) * neither,
                strong_at(-1),
                strong_at(1),
                flag(b.tag == "li") * kind_share,
                kin_shares[i],
                kin_shares[i] * r_i * (1.0 - t_i),
                kin_shares[i] * neither,
                kin_shares[i] * t_i,
                flag(rescue) * r_i * (1.0 - t_i),
                flag(rescue) * kin_shares[i],
                flag(own_article.is_some() && articles[i].is_some() && articles[i] != own_article),
                flag(json_whole && json_share > 0.6) * kin_shares[i],
            ];
            let (mut near, mut far) = (0_u32, 0_u32);
            for (level, id) in b.path.iter().enumerate() {
                if outer.contains(id) {
                    break;
                }
                let mask = *masks.entry(*id).or_insert_with(|| {
                    match doc.tree.get(*id).map(|n| n.value()) {
                        Some(Node::Element(e)) => families.of(e),
                        _ => 0,
                    }
                });
                if level < 2 { near |= mask } else { far |= mask }
            }
            out.extend((0..FAMILIES.len()).map(|bit| flag(near >> bit & 1 == 1)));
            out.extend((0..FAMILIES.len()).map(|bit| flag(far >> bit & 1 == 1)));
            out.extend((0..PATTERNS.kinds.len()).map(|bit| flag(likes[i] >> bit & 1 == 1)));
            out.extend((0..PATTERNS.kinds.len()).map(|bit| t_i * flag(likes[i] >> bit & 1 == 1)));
            out
        })
        .collect()
}

/// Whether a text ends as sentences do.
pub(super) fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches([
        '"', '”', '“', '’', '\'', '»', '«', ')', ']', '」', '』', ' ',
    ]);
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？', ':', '।', '؟', '۔'])
}

/// The innermost element that holds three quarters of the strong text.
fn container(blocks: &[Block], strong: &[bool], size: &[usize], total: usize) -> Option<NodeId> {
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
const KIN_LEVELS: usize = 3;

/// A hash of the tags from the block up to where `stop` says, and of the class names of the
/// innermost `classes` levels.
fn kind(doc: &Html, block: &Block, stop: impl Fn(usize, NodeId) -> bool, classes: usize) -> u64 {
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
fn article_of(doc: &Html, block: &Block) -> Option<NodeId> {
    block.path.iter().copied().find(|id| {
        doc.tree.get(*id).is_some_and(|n| {
            n.value()
                .as_element()
                .is_some_and(|e| e.name() == "article")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_lines_are_told_from_body() {
        let kinds = |line: &str| -> Vec<&str> {
            let mask = PATTERNS.of(line);
            PATTERNS
                .kinds
                .iter()
                .enumerate()
                .filter(|(bit, _)| mask >> bit & 1 == 1)
                .map(|(_, kind)| *kind)
                .collect()
        };
        for (line, kind) in [
            ("Visited 17 times, 1 visit(s) today", "always"),
            ("Leave a Reply", "always"),
            (
                "Updated 3 minutes ago · 105 comments · 1.1K shares",
                "always",
            ),
            ("59 people reading now", "always"),
            ("Sign up for our daily newsletter", "promo"),
            ("Abonnez-vous à notre lettre", "promo"),
            ("Read more: Storm closes coastal road", "more"),
            ("Lesen Sie auch: Sturm sperrt Küstenstraße", "more"),
            ("Czytaj też o burzy", "more"),
            ("Photo: Jon Hale", "credit"),
            ("Foto: Jon Hale / Getty Images", "credit"),
            ("(Reporting by Ada Brink; editing by Jon Hale)", "agency"),
            ("By Ada Brink", "byline"),
        ] {
            assert!(kinds(line).contains(&kind), "{line}: {:?}", kinds(line));
        }
        for line in [
            "The council voted on Tuesday evening to close the terminal for at least eight months.",
            "The European Commission said it would visit 17 times before a decision.",
            "Updated plans were shown to the council three weeks ago, and nobody objected to them then or later, the mayor said on Monday.",
            "Ein Sprecher sagte, die Reparatur dauere acht Monate.",
        ] {
            assert_eq!(kinds(line), Vec::<&str>::new(), "{line}");
        }
    }
}
