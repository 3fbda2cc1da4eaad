//! What a fetched list says: which articles, and which further lists. Pure.

use super::reading::Fresh;
use super::settings::Source;
use crate::article::Outcome;
use crate::config::SourceKind;
use crate::extract;
use crate::source::sitemap::{self, Child, Known, Listed, Sitemap};
use crate::source::{Link, SourceError, canonical, feed, section};
use crate::store::Discovery;

/// What a list turned out to be.
#[derive(Default)]
pub(super) struct List {
    pub(super) articles: Vec<Discovery>,
    /// Sitemaps that an index names.
    pub(super) children: Vec<Child>,
    /// What a sitemap has listed by now.
    pub(super) known: Option<Known>,
    /// It must be read again though it be unchanged.
    pub(super) again: bool,
}

/// Why there is no list.
pub(super) type NoList = (Outcome, String);

/// Reads a list of `kind` that `known` is remembered of, and takes `most` articles from it.
pub(super) fn list(
    source: &Source,
    kind: SourceKind,
    fresh: &Fresh,
    known: Option<&Known>,
    most: usize,
) -> Result<List, NoList> {
    if fresh.status != 200 {
        let outcome = match fresh.status {
            404 | 410 => Outcome::Gone,
            401 | 403 | 429 | 451 => Outcome::Blocked,
            _ => Outcome::Error,
        };
        return Err((outcome, format!("status {}", fresh.status)));
    }
    if !fresh.complete {
        return Err((Outcome::Truncated, "the transfer broke off".into()));
    }
    let broken = |error: SourceError| (Outcome::Error, error.to_string());
    // Feeds and sitemaps are lists of articles and nothing else, wherever these are.
    let mut rules = source.links.clone();
    rules.same_site &= kind == SourceKind::Section;
    if kind == SourceKind::Sitemap {
        let read = sitemap::read(&fresh.bytes, &fresh.landed, known, &rules, most);
        return Ok(of_sitemap(read.map_err(broken)?));
    }
    let mut links = match kind {
        SourceKind::Feed => {
            let mut links = feed::parse(&fresh.bytes, &fresh.landed).map_err(broken)?;
            links.retain(|link| rules.admits(&link.url, &fresh.landed));
            links
        }
        // A source of kind auto whose address is an article's lists itself.
        SourceKind::Article => vec![Link {
            url: fresh.landed.clone(),
            title: None,
            published: None,
        }],
        _ => {
            let decoded = extract::decode(&fresh.bytes, fresh.content_type.as_deref());
            section::links(&decoded.text, &fresh.landed, &rules).map_err(broken)?
        }
    };
    if links.is_empty() {
        return Err((Outcome::Empty, "no article link on the page".into()));
    }
    links.truncate(most);
    Ok(List {
        articles: links.into_iter().map(of_link).collect(),
        ..List::default()
    })
}

fn of_link(link: Link) -> Discovery {
    Discovery {
        url: String::from(canonical(&link.url)),
        title: link.title,
        published: link.published,
        listed_before: false,
    }
}

fn of_sitemap(sitemap: Sitemap) -> List {
    let article = |Listed {
                       link,
                       modified,
                       new,
                   }| Discovery {
        published: link.published.or(modified),
        listed_before: !new,
        ..of_link(link)
    };
    List {
        articles: sitemap.articles.into_iter().map(article).collect(),
        children: sitemap.children,
        known: Some(sitemap.known),
        again: sitemap.more || sitemap.is_index,
    }
}
