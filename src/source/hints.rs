//! Where a site may list its articles: what its page says, its robots.txt, and custom.

use std::collections::HashSet;

use scraper::{Html, Selector};
use url::Url;

use super::same_site;

/// Feeds and sitemaps that one page or robots.txt may name.
const MOST: usize = 5;

/// A place worth looking at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Where.
    pub url: Url,
    /// What should be there.
    pub list: List,
    /// Who says so.
    pub by: By,
}

/// What lists articles for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A sitemap of any kind.
    Sitemap,
}

/// Who names a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It is the address that was given.
    Address,
    /// The page names it.
    Page,
    /// robots.txt names it.
    Robots,
    /// It is where many sites have one.
    Custom,
}

impl By {
    /// For a person.
    pub fn phrase(self) -> &'static str {
        match self {
            By::Address => "the address itself",
            By::Page => "named by the page",
            By::Robots => "named by robots.txt",
            By::Custom => "at a common path",
        }
    }
}

/// The feeds that a page names, in its head or by links. Feeds of comments are left out.
pub fn of_page(html: &str, page: &Url) -> Vec<Hint> {
    let document = Html::parse_document(html);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut offer = |href: &str, title: &str| {
        let about = format!("{href} {title}").to_ascii_lowercase();
        let Ok(mut url) = page.join(href.trim()) else {
            return;
        };
        url.set_fragment(None);
        let usable = matches!(url.scheme(), "http" | "https") && url != *page;
        if usable && !about.contains("comment") && seen.insert(url.clone()) {
            found.push(Hint {
                url,
                list: List::Feed,
                by: By::Page,
            });
        }
    };
    if let Ok(links) = Selector::parse("link[rel~=alternate][href][type]") {
        for link in document.select(&links) {
            let kind = link.attr("type").unwrap_or_default();
            if ["rss", "atom", "feed+json"]
                .iter()
                .any(|k| kind.contains(k))
            {
                offer(
                    link.attr("href").unwrap_or_default(),
                    link.attr("title").unwrap_or_default(),
                );
            }
        }
    }
    if let Ok(anchors) = Selector::parse("a[href]") {
        for anchor in document.select(&anchors) {
            let href = anchor.attr("href").unwrap_or_default();
            if page
                .join(href)
                .is_ok_and(|url| same_site(&url, page) && is_named_as_feed(&url))
            {
                offer(href, &anchor.text().collect::<String>());
            }
        }
    }
    // A feed of what the page is about comes before those of the whole site.
    found.sort_by_key(|hint| !is_about(&hint.url, page));
    found.truncate(MOST);
    found
}

/// Whether the last part of the address says "feed".
fn is_named_as_feed(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "rss" | "feed" | "atom")
        || [
            ".rss",
            ".atom",
            "rss.xml",
            "feed.xml",
            "feed.json",
            "atom.xml",
        ]
        .iter()
        .any(|ending| last.ends_with(ending))
}

/// Whether a list's address has a part of the page's in it: `/world/rss.xml` and `/world/`. Of a
/// front page every list is.
pub fn is_about(list: &Url, page: &Url) -> bool {
    let parts = |url: &Url| -> Vec<String> {
        let path = url.path().to_ascii_lowercase();
        let parts = path.split(['/', '.', '-', '_']).filter(|p| !p.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (of_list, of_page) = (parts(list), parts(page));
    of_page.last().is_none_or(|last| of_list.contains(last))
}

/// The sitemaps that a robots.txt names, those of news first.
pub fn of_robots(text: &str, site: &Url) -> Vec<Hint> {
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if !key
            .trim()
            .trim_start_matches('\u{feff}')
            .eq_ignore_ascii_case("sitemap")
        {
            continue;
        }
        if let Ok(url) = site.join(value.trim())
            && matches!(url.scheme(), "http" | "https")
            && !found.iter().any(|hint: &Hint| hint.url == url)
        {
            found.push(Hint {
                url,
                list: List::Sitemap,
                by: By::Robots,
            });
        }
    }
    found.sort_by_key(|hint| !hint.url.path().to_ascii_lowercase().contains("news"));
    found.truncate(MOST);
    found
}

/// Where many sites have a list of this kind.
pub fn customary(list: List, page: &Url) -> Vec<Hint> {
    let mut folder = page.clone();
    folder.set_query(None);
    if !folder.path().ends_with('/') {
        folder.set_path(&format!("{}/", page.path()));
    }
    let paths: &[&str] = match list {
        List::Feed => &["feed/", "rss.xml", "rss", "feed.xml", "atom.xml"],
        List::Sitemap => &[
            "/news-sitemap.xml",
            "/sitemap-news.xml",
            "/sitemap_news.xml",
            "/sitemap.xml",
            "/sitemap_index.xml",
        ],
    };
    let hint = |path: &&str| {
        Some(Hint {
            url: folder.join(path).ok()?,
            list,
            by: By::Custom,
        })
    };
    paths.iter().filter_map(hint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn addresses(hints: &[Hint]) -> Vec<&str> {
        hints.iter().map(|hint| hint.url.as_str()).collect()
    }

    #[test]
    fn a_page_names_its_feeds() {
        let html = r##"<head>
            <link rel="alternate" type="application/rss+xml" href="/rss.xml">
            <link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/c/feed/">
            <link rel="alternate" hreflang="de" href="/de/">
            <link rel="alternate" type="application/atom+xml" href="/world.atom">
            </head><a href="/feeds/sport.rss">Sport</a> <a href="https://other.example/rss">x</a>
            <a href="/rss.xml#top">again</a> <a href="/feeding-the-world">no</a>"##;
        assert_eq!(
            addresses(&of_page(html, &url("https://post.example.org/world/"))),
            [
                "https://post.example.org/world.atom",
                "https://post.example.org/rss.xml",
                "https://post.example.org/feeds/sport.rss"
            ]
        );
    }

    #[test]
    fn robots_names_sitemaps_news_first() {
        let text = "User-agent: *\nDisallow: /x\nSitemap: https://post.example.org/sitemap.xml\n\
                    SITEMAP : /news.xml\nsitemap: ftp://post.example.org/s.xml\nSitemap: /news.xml";
        assert_eq!(
            addresses(&of_robots(text, &url("https://post.example.org/"))),
            [
                "https://post.example.org/news.xml",
                "https://post.example.org/sitemap.xml"
            ]
        );
    }

    #[test]
    fn custom_depends_on_the_page() {
        let feeds = customary(List::Feed, &url("https://post.example.org/world?x=1"));
        assert_eq!(
            feeds[0].url.as_str(),
            "https://post.example.org/world/feed/"
        );
        let maps = customary(List::Sitemap, &url("https://post.example.org/world"));
        assert_eq!(
            maps[0].url.as_str(),
            "https://post.example.org/news-sitemap.xml"
        );
    }
}
