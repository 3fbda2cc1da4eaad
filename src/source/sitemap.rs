//! Sitemaps: of news, plain ones, and indexes of others.
//!
//! A plain sitemap lists a site's whole past, and its `lastmod` says nothing of when a page was
//! first published. So what a sitemap has listed is remembered ([`Known`]), and an article is new
//! if the list did not have it before. Only what is wanted is held, however long the list.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use super::section::{self, SectionRules};
use super::{Link, SourceError, canonical, dates, one_line};

mod xml;

use xml::{Item, Root};

/// Sitemaps of an index that are read in one poll, the newest first.
const MAX_CHILDREN: usize = 20;

/// With fewer entries before, a list of nothing but new ones is a busy day.
const REBUILT_FROM: usize = 20;

/// Words in the name of a sitemap that lists no articles.
const NO_ARTICLES: [&str; 22] = [
    "category",
    "categories",
    "tag",
    "tags",
    "author",
    "authors",
    "topic",
    "topics",
    "video",
    "videos",
    "image",
    "images",
    "page",
    "pages",
    "product",
    "products",
    "shop",
    "people",
    "profile",
    "users",
    "static",
    "recipes",
];

/// What a sitemap has listed so far, by short hashes of the addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(HashSet<u64>);

impl Known {
    /// In the form in which it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut all: Vec<u64> = self.0.iter().copied().collect();
        all.sort_unstable();
        all.into_iter().flat_map(u64::to_le_bytes).collect()
    }

    /// Out of the form in which it is stored.
    pub fn from_bytes(bytes: &[u8]) -> Known {
        let hash = |piece: &[u8]| piece.try_into().ok().map(u64::from_le_bytes);
        Known(bytes.chunks_exact(8).filter_map(hash).collect())
    }
}

/// A sitemap as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sitemap {
    /// The articles: those that are new first, then by date, newest first.
    pub articles: Vec<Listed>,
    /// The sitemaps that an index names and that are worth reading, newest first.
    pub children: Vec<Child>,
    /// It lists other sitemaps, not articles.
    pub is_index: bool,
    /// Some entries are marked as news, which search engines take for two days only.
    pub is_news: bool,
    /// What it has listed by now.
    pub known: Known,
    /// It broke off, or has more new articles than were wanted: it must be read again, though it
    /// be unchanged.
    pub more: bool,
}

/// One article of a sitemap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where and what; dated only by a news sitemap.
    pub link: Link,
    /// Its last change, so that it was published no later. A day without a time is left out.
    pub modified: Option<Timestamp>,
    /// The sitemap did not have it before. False where that is not known.
    pub new: bool,
}

/// One sitemap of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Where.
    pub url: Url,
    /// When the index says it changed last.
    pub modified: Option<Timestamp>,
    /// The index did not have it before. False where that is not known.
    pub new: bool,
}

/// Reads a sitemap or an index of sitemaps, plain or gzipped. `base` is its own address, `known`
/// what it had listed when it was read before, if it was; at most `most` articles are taken.
///
/// Entries without a usable address are skipped. A sitemap that breaks off after some entries
/// gives those entries.
pub fn read(
    body: &[u8],
    base: &Url,
    known: Option<&Known>,
    rules: &SectionRules,
    most: usize,
) -> Result<Sitemap, SourceError> {
    let mut pages = Best::new(most);
    let mut maps = Best::new(MAX_CHILDREN);
    let mut listed = HashSet::new();
    let (mut order, mut news, mut new_ones) = (0_usize, false, 0_usize);
    let (root, whole) = xml::items(body, |root, item| {
        let Some(entry) = Entry::of(item, base) else {
            return;
        };
        if !listed.insert(entry.hash) {
            return;
        }
        order += 1;
        news |= entry.news;
        let new = known.is_some_and(|known| !known.0.contains(&entry.hash));
        new_ones += usize::from(new);
        match root {
            Root::Index if entry.may_list_articles() => {
                let rank = (entry.is_named_news(), entry.date(), entry.numbers());
                maps.offer((rank, Reverse(order)), (entry, new));
            }
            Root::Pages if entry.is_wanted(base, rules) => {
                let rank = (new, entry.date(), Vec::new());
                pages.offer((rank, Reverse(order)), (entry, new));
            }
            _ => {}
        }
    })?;
    // A site that has changed all its addresses lists new ones only, and none of it is news.
    let rebuilt = known.is_some_and(|k| k.0.len() >= REBUILT_FROM) && 2 * new_ones > order;
    let left: Vec<u64> = match rebuilt {
        true => Vec::new(),
        false => pages
            .left
            .iter()
            .filter(|(_, new)| *new)
            .map(|(hash, _)| *hash)
            .collect(),
    };
    for hash in &left {
        listed.remove(hash);
    }
    // A sitemap that an index gained counts as new until it has been read and is known by itself.
    if let (Root::Index, false, Some(known)) = (root, rebuilt, known) {
        listed.clone_from(&known.0);
    }
    Ok(Sitemap {
        is_index: root == Root::Index,
        is_news: news,
        more: !whole || !left.is_empty(),
        known: Known(listed),
        articles: pages
            .into_sorted()
            .map(|(entry, new)| Listed {
                // A date of its own says whether it is news.
                new: new && (!rebuilt || entry.published.is_some()),
                modified: entry.modified,
                link: Link {
                    url: entry.url,
                    title: entry.title,
                    published: entry.published,
                },
            })
            .collect(),
        children: maps
            .into_sorted()
            .map(|(entry, new)| Child {
                url: entry.url,
                modified: entry.modified.or(entry.day),
                new: new && !rebuilt,
            })
            .collect(),
    })
}

/// An item with a usable address.
struct Entry {
    url: Url,
    hash: u64,
    news: bool,
    title: Option<String>,
    published: Option<Timestamp>,
    modified: Option<Timestamp>,
    /// The last change, where only its day is known.
    day: Option<Timestamp>,
}

impl Entry {
    fn of(item: Item, base: &Url) -> Option<Entry> {
        let loc = item.loc.trim();
        let url = canonical(&base.join(loc).ok()?);
        if loc.is_empty() || !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return None;
        }
        let digest = Sha256::digest(url.as_str().as_bytes());
        let hash = digest
            .iter()
            .take(8)
            .fold(0, |all, byte| (all << 8) | u64::from(*byte));
        let modified = dates::parse(&item.lastmod);
        let (modified, day) = match is_day(&item.lastmod) {
            true => (None, modified),
            false => (modified, None),
        };
        Some(Entry {
            hash,
            news: item.news,
            title: one_line(&item.title),
            // Of a day, the end: what is listed later than the baseline is no older.
            published: dates::parse(&item.published).map(|time| match is_day(&item.published) {
                true => time
                    .saturating_add(Duration::from_secs(86_399))
                    .unwrap_or(time),
                false => time,
            }),
            modified,
            day,
            url,
        })
    }

    fn date(&self) -> Option<Timestamp> {
        self.published.or(self.modified).or(self.day)
    }

    /// Whether it is an article, by the operator's rules, its mark, or its address.
    fn is_wanted(&self, base: &Url, rules: &SectionRules) -> bool {
        rules.admits(&self.url, base)
            && (self.news || !rules.include.is_empty() || section::may_be_article(&self.url))
    }

    /// Whether a sitemap of this name may list articles.
    fn may_list_articles(&self) -> bool {
        self.is_named_news() || !self.words().any(|word| NO_ARTICLES.contains(&word))
    }

    fn is_named_news(&self) -> bool {
        self.words()
            .any(|word| matches!(word, "news" | "googlenews"))
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.url
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_alphabetic())
    }

    /// The numbers in the address of an undated sitemap: the latest month or part is the newest.
    fn numbers(&self) -> Vec<u64> {
        let path = self.url[url::Position::BeforePath..].split(|c: char| !c.is_ascii_digit());
        path.filter_map(|digits| digits.parse().ok()).collect()
    }
}

/// Whether a date has no time in it.
fn is_day(text: &str) -> bool {
    !text.contains(':')
}

/// What orders entries: the greatest is the best.
type Rank = ((bool, Option<Timestamp>, Vec<u64>), Reverse<usize>);

/// The best entries of a list of any length.
struct Best {
    most: usize,
    /// The worst of the best on top.
    heap: BinaryHeap<Reverse<(Rank, usize)>>,
    held: Vec<Option<(Entry, bool)>>,
    /// Hashes of those that were not good enough, and whether each was new.
    left: Vec<(u64, bool)>,
}

impl Best {
    fn new(most: usize) -> Best {
        Best {
            most,
            heap: BinaryHeap::new(),
            held: Vec::new(),
            left: Vec::new(),
        }
    }

    fn offer(&mut self, rank: Rank, entry: (Entry, bool)) {
        let place = match self.heap.peek() {
            _ if self.heap.len() < self.most => {
                self.held.push(None);
                self.held.len() - 1
            }
            Some(Reverse((worst, place))) if *worst < rank => {
                let place = *place;
                self.heap.pop();
                place
            }
            _ => {
                self.left.push((entry.0.hash, entry.1));
                return;
            }
        };
        if let Some(held) = self.held.get_mut(place) {
            let worse = held.replace(entry);
            self.left
                .extend(worse.map(|(worse, new)| (worse.hash, new)));
            self.heap.push(Reverse((rank, place)));
        }
    }

    /// Those held, the best first.
    fn into_sorted(mut self) -> impl Iterator<Item = (Entry, bool)> {
        let places = self.heap.into_sorted_vec();
        places
            .into_iter()
            .filter_map(move |Reverse((_, place))| self.held.get_mut(place)?.take())
    }
}
