//! A poll that takes several fetches: the way through a sitemap and the sitemaps it names.
//!
//! Each fetch is a turn of its own, so that the host's other pages come in between, and the turns
//! are spread over the source's interval.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::auto::Target;
use super::settings::Source;
use crate::article::Outcome;
use crate::config::SourceKind;
use crate::source::sitemap::Child;

/// How far indexes of indexes are followed.
const MAX_DEPTH: u8 = 3;

/// Lists fetched in one poll, the first included.
const MAX_LISTS: usize = 40;

/// The longest pause between two fetches of one poll.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One list to fetch.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) url: Url,
    /// What its index says of its last change.
    pub(super) modified: Option<Timestamp>,
    /// Its index did not have it before, so that all it lists is new.
    pub(super) new: bool,
    depth: u8,
}

/// A poll under way.
#[derive(Debug)]
pub(super) struct Walk {
    /// The kind and address in the config when it began.
    source: (SourceKind, Url),
    pub(super) kind: SourceKind,
    begun: Instant,
    ahead: VecDeque<Stop>,
    seen: HashSet<Url>,
    /// Articles listed so far.
    pub(super) articles: usize,
    lists: usize,
    unchanged: usize,
    /// Some of the lists were known before.
    known: bool,
    /// The first list that brought nothing, and why.
    failed: Option<(Outcome, String)>,
}

impl Walk {
    pub(super) fn begin(source: &Source, target: &Target) -> Walk {
        Walk {
            source: (source.config.kind, source.url.clone()),
            kind: target.kind,
            begun: Instant::now(),
            ahead: VecDeque::from([Stop {
                url: target.url.clone(),
                modified: None,
                new: false,
                depth: 0,
            }]),
            seen: HashSet::from([target.url.clone()]),
            articles: 0,
            lists: 0,
            unchanged: 0,
            known: false,
            failed: None,
        }
    }

    /// Whether this is a poll of the source as it is configured now.
    pub(super) fn is_of(&self, source: &Source) -> bool {
        self.source.0 == source.config.kind && self.source.1 == source.url
    }

    /// The list to fetch next.
    pub(super) fn next(&mut self) -> Option<Stop> {
        self.ahead.pop_front()
    }

    /// The fetch could not be made: it is to be the next again.
    pub(super) fn put_back(&mut self, stop: Stop) {
        self.ahead.push_front(stop);
    }

    /// A list was read, perhaps not for the first time, and names these that are to be read as well.
    pub(super) fn read(&mut self, stop: &Stop, known: bool, articles: usize, children: Vec<Child>) {
        self.lists += 1;
        self.known |= known;
        self.articles += articles;
        if stop.depth + 1 >= MAX_DEPTH {
            return;
        }
        for child in children {
            if self.seen.len() < MAX_LISTS && self.seen.insert(child.url.clone()) {
                self.ahead.push_back(Stop {
                    url: child.url,
                    modified: child.modified,
                    new: child.new,
                    depth: stop.depth + 1,
                });
            }
        }
    }

    /// A list was found unchanged.
    pub(super) fn unchanged(&mut self) {
        self.unchanged += 1;
    }

    /// A list brought nothing.
    pub(super) fn failed(&mut self, outcome: Outcome, reason: String) {
        self.failed.get_or_insert((outcome, reason));
    }

    /// What the whole poll came to, once nothing is left to fetch. One sitemap that fails does not
    /// spoil the others.
    pub(super) fn came_to(&self) -> Option<(Outcome, String)> {
        if !self.ahead.is_empty() {
            return None;
        }
        Some(match &self.failed {
            Some(failed) if self.articles == 0 && self.unchanged == 0 => failed.clone(),
            _ if self.articles > 0 => (Outcome::Content, format!("{} articles", self.articles)),
            // One that has listed articles may run empty: a news sitemap of a quiet week.
            _ if self.known || self.unchanged > 0 => {
                (Outcome::Unchanged, "nothing new since the last poll".into())
            }
            _ => (Outcome::Empty, "the sitemap lists no article".into()),
        })
    }

    /// How long to wait before the next fetch of this poll.
    pub(super) fn pause(&self, interval: Duration) -> Duration {
        let left = u32::try_from(self.ahead.len()).unwrap_or(u32::MAX);
        match self.lists {
            // The newest sitemap right behind its index.
            0 | 1 => Duration::ZERO,
            _ => (interval / left.saturating_add(1)).min(LONGEST_PAUSE),
        }
    }

    /// How long the poll has taken so far.
    pub(super) fn took(&self) -> Duration {
        self.begun.elapsed()
    }
}
