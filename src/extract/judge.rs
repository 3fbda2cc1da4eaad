//! What a fetch brought, judged from what is known of it. Pure.
//!
//! Each judgement needs two signs, because an article may quote any phrase of a wall: the phrase,
//! and a body too short to be the article. When in doubt a page is not `content`: a poll that is
//! judged wrongly is tried again, a baseline that moved wrongly is a false alert.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use scraper::Html;
use url::Url;

use super::blocks::{Block, blocks};
use super::dom::{inline_text, select};
use super::guard::Guarded;
use super::jsonld::Data;
use super::{Page, Signals, Wall};
use crate::article::Outcome;

/// What the fetch knows besides the page.
#[derive(Debug, Clone, Copy)]
pub struct Fetched<'a> {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The address asked for.
    pub requested: &'a Url,
    /// The address that answered, after redirects.
    pub landed: &'a Url,
    /// The whole body came: `Content-Length` satisfied, decompression ended cleanly.
    pub complete: bool,
    /// [`super::Decoded::malformed`].
    pub malformed: bool,
}

/// How much of the visible text the phrases of a wall are looked for in, in characters.
const START: usize = 4_000;
/// A body with this many words is an article, whatever else the page says. Teasers before a
/// paywall run to some 100 words; short news to some 60.
const ARTICLE_WORDS: usize = 150;
/// A page that answers a bot, asks for consent or reports an error says little else.
const NOTICE_WORDS: usize = 60;
/// A longer line is prose that speaks of walls, not one that puts one up.
const NOTICE_LINE: usize = 20;
/// Fewer words than this are no text worth the name.
const FEWEST_WORDS: usize = 8;

/// Reads the signals off a page before anything is cut from it.
#[expect(clippy::cast_precision_loss, reason = "a ratio of two counts of words")]
pub(super) fn signals(doc: &Html, guarded: &Guarded, data: &Data) -> Signals {
    let all: Vec<Block> = blocks(doc);
    let words: usize = all.iter().map(|b| b.words).sum();
    let linked: f64 = all
        .iter()
        .map(|b| b.words as f64 * f64::from(b.links))
        .sum();
    let mut visible_start = String::new();
    for block in &all {
        if visible_start.len() > START {
            break;
        }
        visible_start.push_str(&block.text);
        visible_start.push('\n');
    }
    Signals {
        free: data.free,
        visible_words: words,
        link_density: if words == 0 {
            0.0
        } else {
            linked / words as f64
        },
        title: select(doc, "title").first().map(|e| inline_text(*e)),
        headings: select(doc, "h1").into_iter().map(inline_text).collect(),
        notices: notices(&all),
        visible_start,
        closed: guarded.closed,
        cut_inside: guarded.cut_inside,
        left_open: guarded.left_open,
        live_entries: data.live_entries.clone(),
        article_markup: data.is_article,
        tags_dropped: guarded.tags_dropped,
        ..Signals::default()
    }
}

/// The walls that short lines anywhere on the page announce; only paywalls do so beside a text.
fn notices(all: &[Block]) -> Vec<Wall> {
    static PAY: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasick::new(
            phrases()
                .filter(|(wall, _)| *wall == Wall::Pay)
                .map(|(_, phrase)| phrase),
        )
        .ok()
    });
    let short = all.iter().filter(|b| b.words <= NOTICE_LINE);
    let found = short
        .map(|b| plain(&b.text))
        .any(|line| PAY.as_ref().is_some_and(|p| p.is_match(&line)));
    if found { vec![Wall::Pay] } else { Vec::new() }
}

/// The phrases of `data/walls.txt`. A trailing `$` asks for a whole title or heading.
fn phrases() -> impl Iterator<Item = (Wall, &'static str)> {
    include_str!("data/walls.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|line| {
            let (kind, phrase) = line.split_once(' ')?;
            let wall = match kind {
                "bot" => Wall::Bot,
                "consent" => Wall::Consent,
                "paywall" => Wall::Pay,
                "missing" => Wall::Missing,
                "failed" => Wall::Failed,
                _ => return None,
            };
            Some((wall, phrase))
        })
}

/// Whether a text says what walls say.
pub(super) fn announces(text: &str) -> bool {
    static ANY: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::new(phrases().map(|(_, p)| p.trim_end_matches('$'))).ok());
    ANY.as_ref().is_none_or(|any| any.is_match(&plain(text)))
}

/// Lower case, one kind of apostrophe.
fn plain(s: &str) -> String {
    s.to_lowercase().replace(['’', '‘', '`'], "'")
}

/// The phrase of this kind that a title, heading or (if `start` is given) the page's text says.
fn says(page: &Page, wall: Wall, with_start: bool) -> Option<&'static str> {
    let s = &page.signals;
    let heads: Vec<String> = s
        .title
        .iter()
        .chain(&s.headings)
        .chain(&page.article.title)
        .map(|t| plain(t))
        .collect();
    let start = if with_start {
        plain(&s.visible_start)
    } else {
        String::new()
    };
    phrases()
        .filter(|(w, _)| *w == wall)
        .map(|(_, phrase)| phrase)
        .find(|phrase| match phrase.strip_suffix('$') {
            Some(whole) => heads
                .iter()
                .any(|h| h == whole || h.split([' ', '-', '|', '–']).next() == Some(whole)),
            None => heads.iter().any(|h| h.contains(phrase)) || start.contains(phrase),
        })
}

/// Judges a fetch: the outcome, and the reason in words fit for `wirewatch why`.
pub fn judge(fetched: &Fetched, page: &Page) -> (Outcome, String) {
    if let Some(judged) = by_status(fetched, page) {
        return judged;
    }
    if let Some(kind) = fetched
        .content_type
        .map(|t| t.split(';').next().unwrap_or(t).trim().to_ascii_lowercase())
        && !kind.is_empty()
        && !matches!(
            kind.as_str(),
            "text/html" | "application/xhtml+xml" | "application/xml" | "text/xml" | "text/plain"
        )
    {
        return (Outcome::Error, format!("not HTML but {kind}"));
    }
    if let Some(reason) = &page.signals.refused {
        return (Outcome::Error, reason.clone());
    }
    if fetched.malformed {
        return (Outcome::Error, "the text does not fit its charset".into());
    }
    let words = page
        .article
        .text
        .split_whitespace()
        .count()
        .max(page.article.text.chars().count() / 6);
    by_redirect(fetched, page, words)
        .or_else(|| by_tail(fetched, page))
        .or_else(|| by_notice(page, words))
        .unwrap_or_else(|| {
            if words < FEWEST_WORDS {
                (Outcome::Empty, format!("{words} words of text"))
            } else {
                (Outcome::Content, format!("{words} words of text"))
            }
        })
}

fn by_status(fetched: &Fetched, page: &Page) -> Option<(Outcome, String)> {
    let status = fetched.status;
    let answered = |outcome| Some((outcome, format!("the server answered {status}")));
    match status {
        200..=299 => None,
        304 => answered(Outcome::Unchanged),
        404 | 410 => answered(Outcome::Gone),
        402 => answered(Outcome::Paywall),
        401 | 403 | 429 | 451 => answered(Outcome::Blocked),
        503 => match says(page, Wall::Bot, true) {
            Some(phrase) => Some((
                Outcome::Blocked,
                format!("the server answered 503 and says \"{phrase}\""),
            )),
            None => answered(Outcome::Error),
        },
        _ => answered(Outcome::Error),
    }
}

/// Redirected to a consent page, or from an article to the front page.
fn by_redirect(fetched: &Fetched, page: &Page, words: usize) -> Option<(Outcome, String)> {
    let (asked, landed) = (fetched.requested, fetched.landed);
    if asked == landed {
        return None;
    }
    let consent = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        let names = url.path().split('/').chain(host.split('.'));
        names.map(str::to_ascii_lowercase).any(|n| {
            n.starts_with("consent") || n.ends_with("consent") || n == "cookiewall" || n == "guce"
        })
    };
    if consent(landed) && !consent(asked) && words < ARTICLE_WORDS {
        return Some((Outcome::Consent, format!("redirected to {landed}")));
    }
    let front = |url: &Url| url.path().trim_matches('/').is_empty();
    if front(landed) && !front(asked) && !page.signals.article_markup {
        return Some((
            Outcome::Soft404,
            format!("redirected to the front page {landed}"),
        ));
    }
    None
}

fn by_tail(fetched: &Fetched, page: &Page) -> Option<(Outcome, String)> {
    let s = &page.signals;
    if !fetched.complete {
        return Some((
            Outcome::Truncated,
            "the body ended before its length".into(),
        ));
    }
    if s.closed || s.visible_words == 0 {
        return None;
    }
    if s.cut_inside {
        return Some((Outcome::Truncated, "the page ends inside a tag".into()));
    }
    (s.left_open >= 2).then(|| {
        (
            Outcome::Truncated,
            format!("the page ends with {} elements open", s.left_open),
        )
    })
}

/// Pages that say in words what they are, and say little else.
fn by_notice(page: &Page, words: usize) -> Option<(Outcome, String)> {
    let s = &page.signals;
    let said = |outcome, phrase: &str| Some((outcome, format!("the page says \"{phrase}\"")));
    if words < NOTICE_WORDS {
        let bare = s.visible_words < 4 * NOTICE_WORDS;
        for (wall, outcome) in [
            (Wall::Bot, Outcome::Blocked),
            (Wall::Missing, Outcome::Soft404),
            (Wall::Failed, Outcome::Error),
            (Wall::Consent, Outcome::Consent),
        ] {
            if let Some(phrase) = says(page, wall, bare) {
                return said(outcome, phrase);
            }
        }
    }
    // A consent text may be long, legal paragraphs and lists of partners; then it says several
    // such phrases, one of them as its title.
    if !s.article_markup
        && words < 2 * ARTICLE_WORDS
        && let Some(phrase) = says(page, Wall::Consent, false)
    {
        let start = plain(&s.visible_start);
        if phrases()
            .filter(|(wall, phrase)| *wall == Wall::Consent && start.contains(phrase))
            .count()
            >= 3
        {
            return said(Outcome::Consent, phrase);
        }
    }
    if words < ARTICLE_WORDS
        && (s.notices.contains(&Wall::Pay) || (s.free == Some(false) && words < ARTICLE_WORDS / 2))
    {
        return Some((
            Outcome::Paywall,
            format!("{words} words of text before a paywall"),
        ));
    }
    None
}
