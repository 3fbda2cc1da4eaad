//! What can be said of one block of a page that helps to tell body from furniture, as numbers.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ego_tree::NodeId;
use scraper::{Html, Node};

use super::blocks::{Block, FAMILIES, Families};
use super::dom::fold;
use super::furniture::PATTERNS;
use super::shingles::{Shingles, shingles};
use super::surroundings::{KIN_LEVELS, article_of, container, kind};

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
    let runs: Vec<Vec<u64>> = blocks.iter().map(|b| shingles(&b.folded)).collect();
    let share = |of: &Shingles| -> Vec<f32> { runs.iter().map(|r| of.share_of(r)).collect() };
    let (t, r) = (share(context.by_trafilatura), share(context.by_readability));
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
    let in_json_body = share(&json);
    // Structured data that holds little of what is surely body is a teaser, and says nothing.
    let in_json: usize = (0..blocks.len())
        .filter(|i| strong[*i] && in_json_body[*i] > 0.6)
        .map(|i| size[i])
        .sum();
    let json_whole = total > 0 && in_json * 10 >= total * 8;

    let mut families = Families::default();
    let mut masks: HashMap<NodeId, u32> = HashMap::new();
    let mut seen = HashSet::new();
    // What neither extractor took and what stands outside is not body however it reads.
    let likes: Vec<u32> = (0..blocks.len())
        .map(|i| {
            let candidate =
                t[i] > 0.0 || r[i] > 0.0 || container.is_some_and(|c| blocks[i].path.contains(&c));
            if candidate {
                PATTERNS.of(&blocks[i].text)
            } else {
                0
            }
        })
        .collect();
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
                described.share_of(&runs[i])
            } else {
                0.0
            };
            let json_share = in_json_body[i];
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
