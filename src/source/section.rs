//! The article links of a section page, judged by structure and not by one site's pattern.
//!
//! Each URL gathers evidence from all links that lead to it (picture, headline, "read more"): what
//! the address looks like, where the links stand, what they say, and whether the page lists it for
//! machines. Navigation, tags, authors, video, shop, account and about pages stay out.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::pattern::Pattern;
use super::{Link, SourceError, canonical, dates, one_line, same_site};

mod address;
mod item_list;
mod place;

/// The deepest nesting that is read: far more than any newsroom's page, and little enough that the
/// parser, which looks back along the open elements at each tag, stays quick.
const MAX_DEPTH: usize = 1_000;

/// Links looked at on one page.
const MAX_ANCHORS: usize = 5_000;

/// The evidence from which on a URL counts as an article's.
const ENOUGH: i32 = 3;

/// What the operator says of a section.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionRules {
    /// Whether only links to the section's own site count.
    pub same_site: bool,
    /// If not empty, exactly the links that fit one of these are articles.
    pub include: Vec<Pattern>,
    /// Links that fit one of these never are.
    pub exclude: Vec<Pattern>,
    /// At most this many links, the first on the page.
    pub cap: usize,
}

impl Default for SectionRules {
    fn default() -> Self {
        SectionRules {
            same_site: true,
            include: Vec::new(),
            exclude: Vec::new(),
            cap: 100,
        }
    }
}

impl SectionRules {
    /// Whether the scheme and the operator's rules let this URL of the list at `base` through.
    pub fn admits(&self, url: &Url, base: &Url) -> bool {
        matches!(url.scheme(), "http" | "https")
            && (!self.same_site || same_site(url, base))
            && (self.include.is_empty() || self.include.iter().any(|pattern| pattern.fits(url)))
            && !self.exclude.iter().any(|pattern| pattern.fits(url))
    }
}

/// What was gathered about one URL.
#[derive(Debug, Default)]
struct Candidate {
    address: i32,
    place: Option<i32>,
    listed: bool,
    title: Option<(u8, String)>,
    published: Option<jiff::Timestamp>,
}

impl Candidate {
    fn is_article(&self) -> bool {
        let words = match &self.title {
            Some((_, title)) => wordiness(title),
            None => -1,
        };
        // Listed for machines, a link may be short or missing.
        let said = if self.listed { words.max(0) + 3 } else { words };
        self.address + self.place.unwrap_or(0) + said >= ENOUGH
    }
}

/// The article links of a section page, in the order of the page, each URL once. `base` is the
/// page's own URL.
pub fn links(html: &str, base: &Url, rules: &SectionRules) -> Result<Vec<Link>, SourceError> {
    if nests_deeper_than(html, MAX_DEPTH) {
        return Err(SourceError::TooDeep(MAX_DEPTH));
    }
    let page = Html::parse_document(html);
    let root = page.root_element();
    let relative_to = base_of(&page, base);
    let mut order: Vec<Url> = Vec::new();
    let mut found: HashMap<Url, Candidate> = HashMap::new();
    let mut candidate = |href: &str| -> Option<Url> {
        let url = canonical(&relative_to.join(href.trim()).ok()?);
        if !rules.admits(&url, base) {
            return None;
        }
        if !found.contains_key(&url) {
            let address = match address::score(&url, base) {
                Some(score) => score,
                None if rules.include.is_empty() => return None,
                None => 0,
            };
            order.push(url.clone());
            found.insert(
                url.clone(),
                Candidate {
                    address,
                    ..Candidate::default()
                },
            );
        }
        Some(url)
    };
    let mut anchors = Vec::new();
    if let Ok(selector) = Selector::parse("a[href]") {
        for anchor in page.select(&selector).take(MAX_ANCHORS) {
            if let Some(url) = candidate(anchor.attr("href").unwrap_or_default()) {
                anchors.push((url, anchor));
            }
        }
    }
    let listed: Vec<_> = item_list::items(&page)
        .into_iter()
        .filter_map(|(href, title)| Some((candidate(&href)?, title)))
        .collect();
    let holders = place::content_holders(root);
    for (url, anchor) in anchors {
        if let Some(candidate) = found.get_mut(&url) {
            weigh(candidate, anchor, &holders);
        }
    }
    for (url, title) in listed {
        if let Some(candidate) = found.get_mut(&url) {
            candidate.listed = true;
            offer_title(candidate, 1, title.as_deref().unwrap_or_default());
        }
    }
    let sections = sections(&order);
    for section in &sections {
        found.retain(|url, candidate| candidate.listed || url.path() != section);
    }
    Ok(order
        .into_iter()
        .filter_map(|url| Some((found.remove(&url)?, url)))
        .filter(|(candidate, _)| !rules.include.is_empty() || candidate.is_article())
        .take(rules.cap)
        .map(|(candidate, url)| Link {
            url,
            title: candidate.title.map(|(_, title)| title),
            published: candidate.published,
        })
        .collect())
}

/// Whether an address alone is enough to take a page for an article, where nothing else is known
/// of it: a plain sitemap lists every page of its site.
pub(super) fn may_be_article(url: &Url) -> bool {
    address_score(url) >= 1
}

/// Whether an address is plainly that of an article.
pub fn is_article(url: &Url) -> bool {
    address_score(url) >= 2
}

fn address_score(url: &Url) -> i32 {
    let root = url.join("/").ok();
    root.and_then(|root| address::score(url, &root))
        .unwrap_or(0)
}

/// The paths that two or more others of the page lie under: `/world/asia-and-pacific` beside
/// `/world/asia-and-pacific/truce-holds`. They are sections, however much they look like articles.
fn sections(urls: &[Url]) -> Vec<String> {
    let mut below: HashMap<&str, usize> = HashMap::new();
    for url in urls {
        let path = url.path().trim_end_matches('/');
        for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
            *below.entry(path.get(..at).unwrap_or_default()).or_default() += 1;
        }
    }
    let is_section = |url: &&Url| {
        let path = url.path().trim_end_matches('/');
        below.get(path).is_some_and(|count| *count >= 2)
    };
    let sections = urls.iter().filter(is_section);
    sections.map(|url| url.path().to_owned()).collect()
}

/// Adds one link's evidence; the best place of a URL counts.
fn weigh(candidate: &mut Candidate, anchor: ElementRef<'_>, holders: &place::Holders) {
    let mut place = place::of(anchor, holders);
    let mut text = text_of(anchor);
    if let Some(inner) = anchor.descendent_elements().find(place::is_heading) {
        text = text_of(inner);
    } else if candidate.address >= 2
        && text.split_whitespace().nth(2).is_none()
        && let Some(beside) = place.block_heading
    {
        // "Read more" below a headline that is no link itself.
        text = text_of(beside);
        place.heading = true;
    }
    offer_title(candidate, if place.heading { 3 } else { 2 }, &text);
    let score = place.score();
    candidate.place = Some(candidate.place.map_or(score, |best| best.max(score)));
    if candidate.published.is_none() && place.teaser {
        candidate.published = date_beside(anchor);
    }
}

/// Keeps the title of the best source; among equals the longer, for "Read more" is short.
fn offer_title(candidate: &mut Candidate, rank: u8, text: &str) {
    let Some(line) = one_line(text) else {
        return;
    };
    let better = match &candidate.title {
        Some((best, title)) => (rank, line.len()) > (*best, title.len()) && (rank > 2 || *best < 3),
        None => true,
    };
    if better {
        candidate.title = Some((rank, line));
    }
}

/// 1 for a text as long as a headline, -1 for a word or two, by words or, where a script does not
/// part them, by letters.
fn wordiness(text: &str) -> i32 {
    let words = text.split_whitespace().count();
    let dense = text.chars().filter(|&c| c as u32 >= 0x2e80).count();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    match words {
        4.. => 1,
        _ if dense >= 5 && letters >= 8 => 1,
        3 => 0,
        _ => -1,
    }
}

/// The text of an element without scripts and styles.
fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        let hidden =
            |name: &str| matches!(name, "script" | "style" | "noscript" | "template" | "svg");
        let parent = node.parent().and_then(ElementRef::wrap);
        if let Some(piece) = node.value().as_text()
            && !parent.is_some_and(|parent| hidden(parent.value().name()))
        {
            text.push_str(piece);
            text.push(' ');
        }
    }
    text
}

/// The date in the teaser that a link stands in.
fn date_beside(anchor: ElementRef<'_>) -> Option<jiff::Timestamp> {
    anchor
        .ancestors()
        .take(5)
        .filter_map(ElementRef::wrap)
        .filter(|element| matches!(element.value().name(), "article" | "li"))
        .flat_map(|block| block.descendent_elements())
        .filter(|element| element.value().name() == "time")
        .find_map(|time| dates::parse(time.attr("datetime")?))
}

/// What relative links are relative to.
fn base_of(page: &Html, url: &Url) -> Url {
    Selector::parse("base[href]")
        .ok()
        .and_then(|selector| page.select(&selector).next())
        .and_then(|base| url.join(base.attr("href")?.trim()).ok())
        .unwrap_or_else(|| url.clone())
}

/// Whether the page nests deeper than this, by a scan that needs no tree. Elements that HTML
/// closes by itself do not count, so that lists without end tags are not taken for depth.
fn nests_deeper_than(html: &str, limit: usize) -> bool {
    const SHALLOW: [&str; 30] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th",
        "thead", "tbody", "tfoot", "colgroup", "rp", "rt", "path",
    ];
    let mut depth = 0_usize;
    for tag in html.split('<').skip(1) {
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(12)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_tag || SHALLOW.contains(&name.as_str()) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else if !tag
            .split('>')
            .next()
            .is_some_and(|inside| inside.ends_with('/'))
        {
            depth += 1;
            if depth > limit {
                return true;
            }
        }
    }
    false
}
