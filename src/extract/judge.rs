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
use super::jsonld::{Data, LiveUpdate};
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
pub(super) const ARTICLE_WORDS: usize = 150;
/// A page that answers a bot, asks for consent or reports an error says little else.
const NOTICE_WORDS: usize = 60;
/// A longer line is prose that speaks of walls, not one that puts one up.
const NOTICE_LINE: usize = 20;
/// Fewer words than this are no text worth the name.
const FEWEST_WORDS: usize = 8;

/// More words and a heading is a headline.
const HEADING: usize = 9;
/// Paragraphs at the end of a cut body in which an offer is looked for.
const OFFER_REACH: usize = 4;

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
        live_entries: data.live.iter().map(LiveUpdate::told).collect(),
        article_markup: data.is_article,
        tags_dropped: guarded.tags_dropped,
        scripts: guarded.scripts,
        password: !select(doc, "input[type=password i]").is_empty(),
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

/// The phrases of `data/walls.txt`. A trailing `$` asks for a whole heading, or a part of one between
/// the signs that part a headline from a site's name.
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
                "login" => Wall::Login,
                "offer" => Wall::Offer,
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
pub(super) fn says(page: &Page, wall: Wall, with_start: bool) -> Option<&'static str> {
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
            Some(whole) => heads.iter().any(|h| {
                h.split(['|', '–', '—', ':', '·'])
                    .flat_map(|part| part.split(" - "))
                    .any(|part| part.trim() == whole)
            }),
            None => heads.iter().any(|h| h.contains(phrase)) || start.contains(phrase),
        })
}

/// The phrase of this kind that is most of a heading: a headline that speaks of such pages has
/// more to say.
fn heads_with(page: &Page, wall: Wall) -> Option<&'static str> {
    let headings = page.signals.headings.iter().map(|h| plain(h));
    let short: Vec<String> = headings
        .filter(|h| h.split_whitespace().count() <= HEADING)
        .collect();
    phrases()
        .filter(|(w, phrase)| *w == wall && !phrase.ends_with('$'))
        .map(|(_, phrase)| phrase)
        .find(|phrase| short.iter().any(|h| h.contains(phrase)))
}

/// Whether the end of the body speaks of subscriptions, in whatever words.
pub(super) fn offers(page: &Page) -> bool {
    let end: Vec<&str> = page.article.text.rsplit("\n\n").take(OFFER_REACH).collect();
    let end = plain(&end.join("\n"));
    phrases().any(|(wall, stem)| wall == Wall::Offer && end.contains(stem))
}

/// Judges a fetch: the outcome, and the reason in words fit for `wirewatch why`.
///
/// Of an article whose text is known, [`super::judge_against`] knows better.
pub fn judge(fetched: &Fetched, page: &Page) -> (Outcome, String) {
    let words = words_of(page);
    facts(fetched, page)
        .or_else(|| own_words(fetched, page, words))
        .unwrap_or_else(|| (Outcome::Content, format!("{words} words of text")))
}

/// Words of the body; in a script without blanks, as many letters as words have elsewhere.
pub(super) fn words_of(page: &Page) -> usize {
    let text = &page.article.text;
    text.split_whitespace()
        .count()
        .max(text.chars().count() / 6)
}

/// What no text on the page can argue away.
pub(super) fn facts(fetched: &Fetched, page: &Page) -> Option<(Outcome, String)> {
    if let Some(judged) = by_status(fetched, page) {
        return Some(judged);
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
        return Some((Outcome::Error, format!("not HTML but {kind}")));
    }
    if let Some(reason) = &page.signals.refused {
        return Some((Outcome::Error, reason.clone()));
    }
    if fetched.malformed {
        let reason = "charset broken: the bytes do not fit it";
        return Some((Outcome::Error, reason.into()));
    }
    if !fetched.complete {
        let reason = "the body ended before its length";
        return Some((Outcome::Truncated, reason.into()));
    }
    None
}

/// What the page says of itself, in words or by its form; `None` if it looks like content.
pub(super) fn own_words(fetched: &Fetched, page: &Page, words: usize) -> Option<(Outcome, String)> {
    by_redirect(fetched, page, words)
        .or_else(|| by_tail(page))
        .or_else(|| by_notice(page, words))
        .or_else(|| by_form(page, words))
        .or_else(|| (words < FEWEST_WORDS).then(|| empty(page, words)))
}

fn empty(page: &Page, words: usize) -> (Outcome, String) {
    let s = &page.signals;
    if s.scripts > 0 && s.visible_words < NOTICE_WORDS {
        let reason = "an empty shell: scripts write its text in the browser (rendered = true \
                      on the source fetches it so)";
        return (Outcome::Empty, reason.into());
    }
    (Outcome::Empty, format!("{words} words of text"))
}

fn by_status(fetched: &Fetched, page: &Page) -> Option<(Outcome, String)> {
    let status = fetched.status;
    let answered = |outcome| Some((outcome, format!("the server answered {status}")));
    match status {
        206 => answered(Outcome::Truncated),
        // How some bot walls say "wait".
        202 if words_of(page) < NOTICE_WORDS => answered(Outcome::Blocked),
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

/// Redirected to a consent or sign-in page, or from an article to a page above it.
fn by_redirect(fetched: &Fetched, page: &Page, words: usize) -> Option<(Outcome, String)> {
    let (asked, landed) = (fetched.requested, fetched.landed);
    if asked == landed || page.signals.article_markup {
        return None;
    }
    let leads_to = |is: fn(&str) -> bool| {
        let names = |url: &Url| -> Vec<String> {
            let host = url.host_str().unwrap_or_default();
            let parts = url.path().split('/').chain(host.split('.'));
            parts.map(str::to_ascii_lowercase).collect()
        };
        names(landed).iter().any(|n| is(n)) && !names(asked).iter().any(|n| is(n))
    };
    if leads_to(is_consent) && words < 4 * ARTICLE_WORDS {
        return Some((Outcome::Consent, format!("redirected to {}", place(landed))));
    }
    if leads_to(is_sign_in) && words < ARTICLE_WORDS {
        return Some((Outcome::Blocked, format!("redirected to {}", place(landed))));
    }
    let path = |url: &Url| url.path().trim_matches('/').to_ascii_lowercase();
    let (from, to) = (path(asked), path(landed));
    let above = to.is_empty() || from.strip_prefix(&to).is_some_and(|r| r.starts_with('/'));
    (above && from != to).then(|| {
        let what = if to.is_empty() {
            "the front page"
        } else {
            "the page above"
        };
        let reason = format!("redirected to {what} {}", place(landed));
        (Outcome::Soft404, reason)
    })
}

/// Where a redirect led, without what changes from one time to the next.
fn place(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}

fn is_consent(name: &str) -> bool {
    let name = name.replace(['-', '_'], "");
    name.starts_with("consent")
        || name.ends_with("consent")
        || name.ends_with("consentwall")
        || matches!(
            name.as_str(),
            "cookiewall"
                | "cookies"
                | "guce"
                | "cmp"
                | "gdpr"
                | "tcf"
                | "privacygate"
                | "privacywall"
                | "cookiecheck"
                | "zustimmung"
                | "privacymgmt"
        )
}

fn is_sign_in(name: &str) -> bool {
    matches!(
        name.replace(['-', '_'], "").as_str(),
        "login"
            | "signin"
            | "logon"
            | "auth"
            | "sso"
            | "register"
            | "registrierung"
            | "anmelden"
            | "connexion"
            | "accounts"
            | "oauth"
            | "oauth2"
    )
}

fn by_tail(page: &Page) -> Option<(Outcome, String)> {
    let s = &page.signals;
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
            (Wall::Login, Outcome::Blocked),
        ] {
            if let Some(phrase) = says(page, wall, bare && wall != Wall::Login) {
                return said(outcome, phrase);
            }
        }
    }
    // The list of other articles below an error message may be read as a body.
    if words < ARTICLE_WORDS && !s.article_markup {
        for (wall, outcome) in [
            (Wall::Missing, Outcome::Soft404),
            (Wall::Failed, Outcome::Error),
        ] {
            if let Some(phrase) = heads_with(page, wall) {
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

/// Pages whose form says what they are: little text and a place for a password.
fn by_form(page: &Page, words: usize) -> Option<(Outcome, String)> {
    let s = &page.signals;
    (s.password && !s.article_markup && words < NOTICE_WORDS && s.visible_words < 4 * NOTICE_WORDS)
        .then(|| (Outcome::Blocked, "the page asks for a password".into()))
}
