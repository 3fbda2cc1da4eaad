//! robots.txt after RFC 9309: the rules for one agent, and when to ask for them again.
//!
//! Own code, because the crates for it are no longer kept up, and either compile a regex for each
//! rule of a file that a stranger writes or read the whole file again for each URL.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::{Position, Url};

/// The product token by which robots.txt names this crawler.
pub(super) const AGENT: &str = "wirewatch";

/// What is read of a robots.txt (RFC 9309, section 2.5, asks for at least this).
pub(super) const MAX_BYTES: usize = 500 * 1024;

/// Redirects of robots.txt that are followed (RFC 9309, section 2.3.1.2).
pub(super) const MAX_REDIRECTS: usize = 5;

/// Origins remembered before expired ones are forgotten.
const MAX_ORIGINS: usize = 200_000;

/// The rules of one robots.txt for one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules {
    /// Pattern and whether it allows, longest pattern first and among equals the allowing one.
    patterns: Vec<(String, bool)>,
    /// The wish for a delay between requests.
    pub crawl_delay: Option<Duration>,
}

/// One group of the file while it is read.
#[derive(Default)]
struct Group {
    ours: bool,
    everyones: bool,
    /// Whether rules have been seen, so that the next agent line opens a new group.
    closed: bool,
}

impl Rules {
    /// Reads the rules for `agent`, or those for everyone if none name it. Whatever is not
    /// understood is skipped.
    pub(super) fn parse(body: &[u8], agent: &str) -> Rules {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}');
        let mut named = None::<Rules>;
        let mut general = Rules::default();
        let mut group = Group::default();
        for line in text.split(['\n', '\r', '\0']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if group.closed {
                    group = Group::default();
                }
                group.everyones |= value.starts_with('*');
                group.ours |= product_token(value).eq_ignore_ascii_case(agent);
                if group.ours {
                    // Being named counts even where no rule follows.
                    named.get_or_insert_default();
                }
                continue;
            }
            let targets = [
                group.ours.then(|| named.get_or_insert_default()),
                group.everyones.then_some(&mut general),
            ];
            for rules in targets.into_iter().flatten() {
                rules.add(&key, value);
            }
            group.closed |= matches!(key.as_str(), "allow" | "disallow" | "crawl-delay");
        }
        let mut rules = named.unwrap_or(general);
        rules
            .patterns
            .sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(b.1.cmp(&a.1)));
        rules
    }

    fn add(&mut self, key: &str, value: &str) {
        match key {
            "allow" | "disallow" if !value.is_empty() => {
                // A pattern that lacks its slash is meant to have it.
                let slash = if value.starts_with(['/', '*']) {
                    ""
                } else {
                    "/"
                };
                let pattern = normal_path(&format!("{slash}{value}"));
                self.patterns.push((pattern, key == "allow"));
            }
            "crawl-delay" => {
                self.crawl_delay = value
                    .parse::<f64>()
                    .ok()
                    .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            }
            _ => {}
        }
    }

    /// Whether the page may be fetched: the longest pattern that fits decides, without one it may.
    pub(super) fn allow(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        let target = normal_path(&url[Position::BeforePath..Position::AfterQuery]);
        self.patterns
            .iter()
            .find(|(pattern, _)| fits(pattern, &target))
            .is_none_or(|&(_, allow)| allow)
    }
}

/// The leading letters, `-` and `_` of an agent line: `wirewatch/1.0 (news)` is `wirewatch`.
fn product_token(value: &str) -> &str {
    let end = value
        .find(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '_'))
        .unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

/// Paths and patterns in one spelling: what need not be escaped is not, what must be is, in upper
/// case (RFC 9309, section 2.2.2).
fn normal_path(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let escaped = (byte == b'%')
            .then(|| bytes.get(at..at + 2))
            .flatten()
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match escaped {
            Some(plain) => {
                at += 2;
                if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) {
                    out.push(char::from(plain));
                } else {
                    out.push_str(&format!("%{plain:02X}"));
                }
            }
            None if byte.is_ascii_graphic() => out.push(char::from(byte)),
            None => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether the pattern, in which `*` is any run and a final `$` the end, fits the start of the
/// path. Takes each part at its first place, which is enough and keeps it linear.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let last = if anchored { parts.pop() } else { None };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => !anchored || rest.is_empty(),
    }
}

/// What is known of an origin's robots.txt.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// It was read, or there is none.
    Rules(Arc<Rules>),
    /// It answers with this server error: nothing may be fetched.
    Unavailable(u16),
}

/// A verdict and until when it holds.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub known: Known,
    pub expires: Instant,
}

impl Entry {
    /// What holds at `now`, if anything does.
    pub(super) fn current(&self, now: Instant) -> Option<&Known> {
        (now < self.expires).then_some(&self.known)
    }
}

/// The place of one origin's entry. Holding its lock is the right to fetch the file, so that many
/// requests to a new site ask for it once.
pub(super) type Cell = Arc<tokio::sync::Mutex<Option<Entry>>>;

/// The robots.txt of all origins met so far.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<String, Cell>>);

impl Cache {
    /// The entry of an origin (`https://example.org`).
    pub(super) fn cell(&self, origin: &str, now: Instant) -> Cell {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = map.get(origin) {
            return Arc::clone(cell);
        }
        if map.len() >= MAX_ORIGINS {
            map.retain(|_, cell| {
                cell.try_lock().map_or(true, |entry| {
                    entry.as_ref().is_some_and(|e| now < e.expires)
                })
            });
        }
        let cell = Cell::default();
        map.insert(origin.to_owned(), Arc::clone(&cell));
        cell
    }
}

#[cfg(test)]
#[path = "robots_tests.rs"]
mod tests;
