//! Finding out where a site lists its articles: its feed, its news sitemap, or the page itself.
//!
//! Asks politely, one thing after the other, and no more than it must.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::get::fresh;
use super::reading::Fresh;
use super::turn::CPU_LIMIT;
use crate::config::SourceKind;
use crate::extract::{self, Rules};
use crate::fetch::{Fetched, Fetcher, Request};
use crate::source::hints::{self, By, Hint};
use crate::source::section::SectionRules;
use crate::source::sitemap::{Child, Sitemap};
use crate::source::{Link, feed, section, sitemap};

/// Requests one survey may make.
const MOST_REQUESTS: usize = 16;

/// A list whose newest article is older is not what the site lives by.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A page with fewer article links is no front.
const FRONT: usize = 5;

/// A page with so many words of text, marked as an article, is one.
const ARTICLE_WORDS: usize = 100;

/// One place where articles may be listed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is.
    pub kind: SourceKind,
    /// Where.
    pub url: Url,
    /// Who names it.
    pub by: By,
    /// What it lists.
    pub articles: Vec<Link>,
    /// The date of the newest article, where there are dates.
    pub newest: Option<Timestamp>,
    /// It is a sitemap of news.
    pub is_news: bool,
    /// Why it is of no use.
    pub problem: Option<String>,
}

/// What was found at an address.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Everything that was looked at, the best first. The first has articles.
    pub candidates: Vec<Candidate>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// No answer, or none of use.
    #[error("{0}")]
    Unreachable(String),
    /// Forbidden to robots.
    #[error(
        "robots.txt of {0} forbids this page to wirewatch; ask the site, or watch another page of it"
    )]
    Robots(String),
    /// The host wants a pause.
    #[error("the site wants to be left alone for {} s", .0.as_secs())]
    Later(Duration),
    /// Answers, but without a list of articles.
    #[error(
        "found no feed, no sitemap and no links to articles at {url} ({looked} places looked at)"
    )]
    Nothing {
        /// The address given.
        url: Url,
        /// Places looked at.
        looked: usize,
    },
}

impl Survey {
    /// What to watch.
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.first()
    }
}

/// Looks for the best list of the articles that `url` is about, at the time `now`.
pub async fn survey(fetcher: &Fetcher, url: &Url, now: Timestamp) -> Result<Survey, SurveyError> {
    let mut surveyor = Surveyor {
        fetcher,
        asked: Vec::new(),
        found: Vec::new(),
    };
    surveyor.look_at(url, now).await?;
    let looked = surveyor.found.len();
    let mut candidates = surveyor.found;
    candidates.sort_by_key(|c| std::cmp::Reverse((c.rank(url, now), c.articles.len())));
    match candidates.first() {
        Some(best) if !best.articles.is_empty() => Ok(Survey { candidates }),
        _ => Err(SurveyError::Nothing {
            url: url.clone(),
            looked,
        }),
    }
}

impl Candidate {
    /// How good it is; 0 is of no use. A fresh feed, then a fresh news sitemap, then the page
    /// itself, then what has no dates, then what is old. Lists of the whole site are no answer to
    /// the address of one section.
    fn rank(&self, page: &Url, now: Timestamp) -> u8 {
        if self.articles.is_empty() {
            return 0;
        }
        let base = match self.kind {
            SourceKind::Feed => 5,
            SourceKind::Sitemap if self.is_news => 4,
            SourceKind::Section if self.articles.len() >= FRONT => 3,
            SourceKind::Sitemap => 2,
            _ => 1,
        };
        let fresh = match (self.kind, self.newest) {
            (SourceKind::Section | SourceKind::Article, _) => 8,
            (_, Some(newest)) if now.duration_since(newest) <= FRESH => 8,
            (SourceKind::Feed, None) => 7,
            _ => 0,
        };
        let own = match self.by == By::Address || hints::is_about(&self.url, page) {
            true => 16,
            false => 1,
        };
        base + fresh + own
    }

    /// What it is, for a person.
    pub fn describe(&self) -> String {
        if let Some(problem) = &self.problem {
            return problem.clone();
        }
        if self.kind == SourceKind::Article {
            return "the page is itself an article".to_owned();
        }
        let news = if self.is_news { "of news, " } else { "" };
        let newest = self.newest.map_or(String::new(), |newest| {
            format!(", the newest of {}", newest.strftime("%Y-%m-%d %H:%MZ"))
        });
        format!("{news}{} articles{newest}", self.articles.len())
    }
}

struct Surveyor<'a> {
    fetcher: &'a Fetcher,
    asked: Vec<Url>,
    found: Vec<Candidate>,
}

impl Surveyor<'_> {
    async fn look_at(&mut self, url: &Url, now: Timestamp) -> Result<(), SurveyError> {
        let fresh = self.get(url).await?;
        if fresh.status != 200 {
            return Err(SurveyError::Unreachable(format!(
                "{url} answers with status {}",
                fresh.status
            )));
        }
        let page = fresh.landed.clone();
        if self.take_list(&fresh, url, By::Address).await {
            return Ok(());
        }
        let named = self.take_page(fresh, url).await;
        let whole_site = page.path() == "/";
        self.try_all(named).await;
        if !self.has_fresh(SourceKind::Feed, url, now) {
            self.try_until(
                hints::customary(hints::List::Feed, &page),
                SourceKind::Feed,
                url,
                now,
            )
            .await;
        }
        if !whole_site
            && self
                .found
                .iter()
                .any(|c| c.by == By::Address && c.rank(url, now) > 16)
        {
            return Ok(());
        }
        let robots = self.robots(&page).await;
        let listed = !robots.is_empty();
        self.try_all(robots).await;
        if !listed {
            self.try_until(
                hints::customary(hints::List::Sitemap, &page),
                SourceKind::Sitemap,
                url,
                now,
            )
            .await;
        }
        Ok(())
    }

    async fn get(&mut self, url: &Url) -> Result<Fresh, SurveyError> {
        self.asked.push(url.clone());
        match self.fetcher.fetch(&Request::new(url.clone())).await {
            Fetched::Response(response) => Ok(Fresh {
                moved: false,
                ..fresh(*response, url)
            }),
            Fetched::RobotsDisallowed { url } => Err(SurveyError::Robots(
                url.host_str().unwrap_or_default().to_owned(),
            )),
            Fetched::Deferred { wait } => Err(SurveyError::Later(wait)),
            Fetched::Failed(failure) => Err(SurveyError::Unreachable(failure.to_string())),
            Fetched::NotModified(_) => Err(SurveyError::Unreachable(format!(
                "{url} answers \"not modified\" to a first request"
            ))),
        }
    }

    async fn try_all(&mut self, hints: Vec<Hint>) {
        for hint in hints {
            self.try_one(hint).await;
        }
    }

    /// Tries one after the other until one is fresh.
    async fn try_until(&mut self, hints: Vec<Hint>, kind: SourceKind, page: &Url, now: Timestamp) {
        for hint in hints {
            self.try_one(hint).await;
            if self.has_fresh(kind, page, now) {
                return;
            }
        }
    }

    fn has_fresh(&self, kind: SourceKind, page: &Url, now: Timestamp) -> bool {
        let fresh = |c: &Candidate| c.newest.is_some_and(|at| now.duration_since(at) <= FRESH);
        self.found
            .iter()
            .any(|c| c.kind == kind && fresh(c) && c.rank(page, now) > 0)
    }

    async fn try_one(&mut self, hint: Hint) {
        if self.asked.contains(&hint.url) || self.asked.len() >= MOST_REQUESTS {
            return;
        }
        let problem = match self.get(&hint.url).await {
            Ok(fresh) if fresh.status != 200 => format!("status {}", fresh.status),
            Ok(fresh) => match self.take_list(&fresh, &hint.url, hint.by).await {
                true => return,
                false => "neither a feed nor a sitemap".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        let kind = match hint.list {
            hints::List::Feed => SourceKind::Feed,
            hints::List::Sitemap => SourceKind::Sitemap,
        };
        self.found.push(Candidate {
            problem: Some(problem),
            ..Candidate::new(kind, &hint.url, hint.by)
        });
    }

    /// Takes a feed or sitemap as a candidate; false if it is neither.
    async fn take_list(&mut self, fresh: &Fresh, url: &Url, by: By) -> bool {
        let (bytes, base) = (fresh.bytes.clone(), fresh.landed.clone());
        let read = move || match feed::parse(&bytes, &base) {
            Ok(links) => Some(Ok(links)),
            Err(_) => read_sitemap(&bytes, &base).map(Err),
        };
        match bounded(read).await.flatten() {
            Some(Ok(links)) => {
                let newest = links.iter().filter_map(|link| link.published).max();
                self.found.push(Candidate {
                    newest,
                    articles: links,
                    ..Candidate::new(SourceKind::Feed, url, by)
                });
                true
            }
            Some(Err(sitemap)) => {
                self.take_sitemap(sitemap, url, by).await;
                true
            }
            None => false,
        }
    }

    /// An index is judged by its newest sitemap; one of news is a better answer than the index.
    async fn take_sitemap(&mut self, sitemap: Sitemap, url: &Url, by: By) {
        let child: Option<Child> = sitemap.children.first().cloned();
        let mut whole = of_sitemap(&sitemap, url, by);
        if let Some(child) = child
            && !self.asked.contains(&child.url)
            && self.asked.len() < MOST_REQUESTS
            && let Ok(fresh) = self.get(&child.url).await
            && fresh.status == 200
            && let Some(read) = bounded(move || read_sitemap(&fresh.bytes, &fresh.landed))
                .await
                .flatten()
        {
            let part = of_sitemap(&read, &child.url, by);
            whole.articles.clone_from(&part.articles);
            whole.newest = part.newest;
            if part.is_news {
                self.found.push(part);
            }
        }
        self.found.push(whole);
    }

    /// Takes the page itself as a candidate, and returns the feeds it names.
    async fn take_page(&mut self, fresh: Fresh, url: &Url) -> Vec<Hint> {
        let read = move || {
            let page = &fresh.landed;
            let html = extract::decode(&fresh.bytes, fresh.content_type.as_deref()).text;
            let read = extract::extract(&html, Some(page), &Rules::default());
            let words = read.article.text.split_whitespace().count();
            let article =
                read.signals.article_markup && words >= ARTICLE_WORDS && section::is_article(page);
            let links = match article {
                true => vec![Link {
                    url: page.clone(),
                    title: read.article.title,
                    published: None,
                }],
                false => section::links(&html, page, &SectionRules::default()).unwrap_or_default(),
            };
            (article, links, hints::of_page(&html, page))
        };
        let Some((article, links, named)) = bounded(read).await else {
            return Vec::new();
        };
        let kind = match article {
            true => SourceKind::Article,
            false => SourceKind::Section,
        };
        self.found.push(Candidate {
            newest: links.iter().filter_map(|link| link.published).max(),
            problem: links.is_empty().then(|| "no links to articles".to_owned()),
            articles: links,
            ..Candidate::new(kind, url, By::Address)
        });
        if article { Vec::new() } else { named }
    }

    async fn robots(&mut self, page: &Url) -> Vec<Hint> {
        let Ok(at) = page.join("/robots.txt") else {
            return Vec::new();
        };
        match self.get(&at).await {
            Ok(fresh) if fresh.status == 200 => {
                hints::of_robots(&String::from_utf8_lossy(&fresh.bytes), page)
            }
            _ => Vec::new(),
        }
    }
}

impl Candidate {
    fn new(kind: SourceKind, url: &Url, by: By) -> Candidate {
        Candidate {
            kind,
            url: url.clone(),
            by,
            articles: Vec::new(),
            newest: None,
            is_news: false,
            problem: None,
        }
    }
}

fn of_sitemap(sitemap: &Sitemap, url: &Url, by: By) -> Candidate {
    let dates = sitemap
        .articles
        .iter()
        .map(|a| a.link.published.or(a.modified));
    Candidate {
        newest: dates.flatten().max(),
        is_news: sitemap.is_news,
        articles: sitemap.articles.iter().map(|a| a.link.clone()).collect(),
        ..Candidate::new(SourceKind::Sitemap, url, by)
    }
}

fn read_sitemap(bytes: &[u8], base: &Url) -> Option<Sitemap> {
    let rules = SectionRules {
        same_site: false,
        ..SectionRules::default()
    };
    sitemap::read(bytes, base, None, &rules, rules.cap).ok()
}

/// Runs what may be slow on a hostile page; `None` where it takes too long.
async fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(move || extract::bounded(CPU_LIMIT, work).ok())
        .await
        .ok()
        .flatten()
}
