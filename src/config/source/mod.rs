//! `[[source]]`: what is watched.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::defaults::{self, Defaults, RECHECK, Recheck};
use super::fetch::number;
use super::read::{Given, Reader};
use super::table::{Table, Unread};
use super::value::{DURATION, NAME, Network};
use check::{name, page_url, pattern, selector, source_kind};

pub(super) mod check;

/// What is watched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// The operator's name for it; survives a change of URL. Unique.
    pub id: String,
    /// What the URL leads to.
    pub kind: SourceKind,
    /// `http` or `https`, with a host, without a password.
    #[serde(serialize_with = "super::print::url")]
    pub url: Url,
    /// Time between two polls of the source itself.
    #[serde(serialize_with = "super::print::duration")]
    pub interval: Duration,
    /// When the articles it led to are fetched again.
    pub recheck: Recheck,
    /// The operator's labels, for watches to choose by.
    pub tags: Vec<String>,
    /// CSS selector of the part of an article's page that holds the article.
    pub select: Option<String>,
    /// CSS selectors of parts of an article's page that are dropped.
    pub remove: Vec<String>,
    /// The browser that renders its pages, if they are to be rendered.
    #[serde(serialize_with = "super::print::is_some")]
    pub rendered: Option<PathBuf>,
    /// Patterns of which an article's URL must match one; empty: any URL will do. `*` in a pattern
    /// stands for any characters. One that begins with `/` must match the path and query from
    /// their start, one with `://` the URL from its start, any other anywhere in the URL; after
    /// `re:` comes a regular expression, searched for in the URL.
    pub include: Vec<String>,
    /// Patterns of which an article's URL must match none. As `include`.
    pub exclude: Vec<String>,
    /// Whether only links to the source's own site are followed. False for a feed or sitemap.
    pub same_site: bool,
    /// Most articles taken from one poll, in the order of the page.
    pub max_articles: usize,
    /// Whether what stands in an article when it is first seen is told.
    pub alert_on_first_sight: bool,
}

/// What a source's URL leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// One article.
    Article,
    /// A page with links to articles.
    Section,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A sitemap, of news or not, or an index of sitemaps.
    Sitemap,
    /// A site or a part of it, whose list of articles is found at run time.
    Auto,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [SourceKind; 5] = [
        SourceKind::Article,
        SourceKind::Section,
        SourceKind::Feed,
        SourceKind::Sitemap,
        SourceKind::Auto,
    ];

    /// The name used in JSON, the database and the config.
    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::Article => "article",
            SourceKind::Section => "section",
            SourceKind::Feed => "feed",
            SourceKind::Sitemap => "sitemap",
            SourceKind::Auto => "auto",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<SourceKind> {
        SourceKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Your name for the source: letters, digits, `.`, `_`, `-`. Keep it when the URL changes.
    #[schemars(required, pattern(NAME), example = &"bbc-world")]
    id: Option<Given<String>>,
    /// What the URL leads to: one article, a section page with links to articles, a feed (RSS,
    /// Atom, JSON Feed), a sitemap, or a site whose list of articles is to be found (auto).
    #[schemars(required, extend("enum" = ["article", "section", "feed", "sitemap", "auto"]), example = &"feed")]
    kind: Option<Given<String>>,
    /// Where it is.
    #[schemars(required, extend("format" = "uri"), example = &"https://feeds.example.org/world.xml")]
    url: Option<Given<String>>,
    /// Time between two polls of the source itself. Default: that of [defaults].
    #[schemars(pattern(DURATION), example = &"60s")]
    interval: Option<Given<String>>,
    /// When the articles it led to are fetched again: "auto" or a fixed time. Default: that of
    /// [defaults].
    #[schemars(pattern(RECHECK), example = &"auto")]
    recheck: Option<Given<String>>,
    /// Labels for watches to choose sources by.
    #[schemars(extend("default" = []), example = ["world"])]
    tags: Option<Vec<Given<String>>>,
    /// CSS selector of the part of an article's page that holds the article, where it is not
    /// found unaided.
    #[schemars(example = &"article")]
    select: Option<Given<String>>,
    /// CSS selectors of parts of an article's page that are dropped.
    #[schemars(extend("default" = []), example = [".promo"])]
    remove: Option<Vec<Given<String>>>,
    /// Whether pages are read as a browser shows them when their scripts have run (a feed itself
    /// is not). Needs Chromium on the machine, and a second or more of it a page.
    #[schemars(extend("default" = false), example = false)]
    rendered: Option<Given<bool>>,
    /// Patterns of which an article's URL must match one. A pattern is looked for anywhere in the
    /// URL; `*` in it stands for any characters. Default: every URL.
    #[schemars(extend("default" = []), example = ["/news/*/2026/"])]
    include: Option<Vec<Given<String>>>,
    /// For a list of articles: patterns of which an article's URL must match none.
    #[schemars(extend("default" = []), example = ["/video/", "/live/"])]
    exclude: Option<Vec<Given<String>>>,
    /// For a section: whether only links to its own site are followed.
    #[schemars(extend("default" = true), example = true)]
    same_site: Option<Given<bool>>,
    /// For a list of articles: most articles taken from one poll, 1 to 1000.
    #[schemars(extend("default" = 50), range(min = 1, max = 1000), example = 50)]
    max_articles: Option<Given<i64>>,
    /// Whether what stands in an article when it is first seen is told, instead of being what
    /// later changes are measured against.
    #[schemars(extend("default" = false), example = false)]
    alert_on_first_sight: Option<Given<bool>>,
}

/// Every source that could be read.
pub(super) fn build_all<'a>(
    reader: &mut Reader<'a>,
    tables: Vec<Unread<'a>>,
    defaults: &Defaults,
    allowed: &[Network],
    browser: Option<&Path>,
) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    // Where each was met first: there may be a hundred thousand.
    let mut first: HashMap<(SourceKind, Url), usize> = HashMap::new();
    for (table, span) in tables {
        let Some(table) = reader.table::<Raw>("[[source]]", table, span) else {
            continue;
        };
        let Some(source) = build(reader, &table, defaults, browser) else {
            continue;
        };
        let place = *first
            .entry((source.kind, source.url.clone()))
            .or_insert(sources.len());
        if let Some(first) = sources.get(place) {
            let message = format!("the source `{}` has the same URL", first.id);
            let span = table
                .raw
                .url
                .as_ref()
                .map_or(table.span.clone(), Given::span);
            reader.warning(span, message, "it is fetched twice; take one out");
        }
        if let Some(addr) = private_host(&source.url)
            && !allowed.iter().any(|network| network.contains(addr))
        {
            let span = table
                .raw
                .url
                .as_ref()
                .map_or(table.span.clone(), Given::span);
            let help = format!("allow it: [fetch] allow_private = [\"{addr}\"]");
            reader.warning(span, "a private address, which fetching refuses", help);
        }
        sources.push(source);
    }
    sources
}

fn build(
    reader: &mut Reader<'_>,
    table: &Table<Raw>,
    defaults: &Defaults,
    browser: Option<&Path>,
) -> Option<Source> {
    let raw = &table.raw;
    let id = reader.require(
        table,
        "id",
        &raw.id,
        "give it a name of your own: id = \"bbc-world\"",
    );
    let id = id.and_then(|g| name(reader, g));
    let kind = reader.require(
        table,
        "kind",
        &raw.kind,
        "say what the URL leads to: kind = \"article\", \"section\", \"feed\", \"sitemap\" or \"auto\"",
    );
    let kind = kind.and_then(|g| source_kind(reader, g));
    let url = reader.require(
        table,
        "url",
        &raw.url,
        "say where it is: url = \"https://…\"",
    );
    let url = url.and_then(|g| reader.check(g, page_url));
    let interval = raw
        .interval
        .as_ref()
        .and_then(|g| defaults::interval(reader, g));
    let recheck = raw
        .recheck
        .as_ref()
        .and_then(|g| defaults::recheck(reader, g));
    let tags = raw
        .tags
        .iter()
        .flatten()
        .filter_map(|g| name(reader, g))
        .collect();
    let select = raw.select.as_ref().and_then(|g| selector(reader, g));
    let remove = raw
        .remove
        .iter()
        .flatten()
        .filter_map(|g| selector(reader, g))
        .collect();
    let include = raw
        .include
        .iter()
        .flatten()
        .filter_map(|g| pattern(reader, g))
        .collect();
    let exclude = raw
        .exclude
        .iter()
        .flatten()
        .filter_map(|g| pattern(reader, g))
        .collect();
    let rendered = raw.rendered.as_ref().filter(|given| *given.get());
    if let (Some(given), None) = (rendered, browser) {
        let help = "install Chromium (Debian: apt install chromium), or take it out";
        reader.error(given.span(), "no browser is found in PATH", help);
    }
    let max_articles = number(reader, &raw.max_articles, 1..=1000, 50);
    if let Some(kind) = kind {
        warn_of_idle_keys(reader, raw, kind);
    }
    let section = matches!(kind, Some(SourceKind::Section | SourceKind::Auto));
    Some(Source {
        id: id?,
        kind: kind?,
        url: url?,
        interval: interval.unwrap_or(defaults.interval),
        recheck: recheck.unwrap_or(defaults.recheck),
        tags,
        select,
        remove,
        rendered: rendered.and(browser).map(Path::to_owned),
        include,
        exclude,
        same_site: section && raw.same_site.as_ref().is_none_or(|g| *g.get()),
        max_articles,
        alert_on_first_sight: raw.alert_on_first_sight.as_ref().is_some_and(|g| *g.get()),
    })
}

/// The host of the URL, if it is plainly an address of this machine or a private network. A name
/// that only turns out to lead to one is left to fetching.
fn private_host(url: &Url) -> Option<IpAddr> {
    let addr = match url.host()? {
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
        Host::Ipv4(v4) => IpAddr::V4(v4),
        Host::Ipv6(v6) => v6.to_canonical(),
    };
    let private = match addr {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    private.then_some(addr)
}

/// Keys that say nothing for a source of this kind.
fn warn_of_idle_keys(reader: &mut Reader<'_>, raw: &Raw, kind: SourceKind) {
    let lists = [("include", &raw.include), ("exclude", &raw.exclude)];
    let first = |list: &Option<Vec<Given<String>>>| list.iter().flatten().next().map(Given::span);
    let mut idle: Vec<(&str, std::ops::Range<usize>)> = Vec::new();
    if kind == SourceKind::Article {
        idle.extend(
            lists
                .into_iter()
                .filter_map(|(key, list)| Some((key, first(list)?))),
        );
        idle.extend(
            raw.max_articles
                .as_ref()
                .map(|g| ("max_articles", g.span())),
        );
    }
    if !matches!(kind, SourceKind::Section | SourceKind::Auto) {
        idle.extend(raw.same_site.as_ref().map(|g| ("same_site", g.span())));
    }
    for (key, span) in idle {
        let message = format!("`{key}` has no meaning for kind = \"{}\"", kind.as_str());
        reader.warning(span, message, "take it out");
    }
}
