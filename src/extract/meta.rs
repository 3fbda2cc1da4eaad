//! Headline, names, dates, canonical URL and language of a page: structured data first, then meta
//! tags, then what the page shows.

use std::collections::HashMap;

use scraper::Html;
use url::Url;

use super::dom::{fold, inline_text, select, squeeze, text};
use super::jsonld::Data;
use super::{dates, title};

/// What the page says about itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub title: Option<String>,
    pub byline: Vec<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub canonical: Option<String>,
    pub language: Option<String>,
    /// Other lines that repeat the head of the article: the meta description, other headlines.
    pub descriptions: Vec<String>,
}

const SITES: &[&str] = &["og:site_name", "application-name", "article:section"];
const TITLES: &[&str] = &["og:title", "twitter:title", "dc.title", "title"];
const ADDRESS: &[&str] = &["og:url"];
const LANGUAGES: &[&str] = &["og:locale", "content-language", "dc.language"];

/// The `<meta>` tags that the headline, the canonical URL and the language are read from.
pub(super) const NAMING: [&[&str]; 4] = [SITES, TITLES, ADDRESS, LANGUAGES];

/// Reads them all. `url` is the address the page was fetched from.
pub(super) fn read(doc: &Html, data: &Data, url: Option<&Url>) -> Facts {
    let meta = Meta::read(doc);
    let sites: Vec<String> = data
        .publishers
        .iter()
        .cloned()
        .chain(meta.all(SITES))
        .chain(
            url.and_then(Url::host_str)
                .map(|host| host.trim_start_matches("www.").to_string()),
        )
        .collect();
    let published = published(doc, data, &meta, url);
    Facts {
        title: title::choose(doc, data.headline.as_deref(), &meta.all(TITLES), &sites),
        byline: byline(doc, data, &meta, &sites),
        modified: data
            .modified
            .iter()
            .cloned()
            .chain(meta.all(&[
                "article:modified_time",
                "og:updated_time",
                "last-modified",
                "datemodified",
                "dcterms.modified",
                "dc.date.modified",
            ]))
            .find_map(|raw| dates::normalise(&raw)),
        published,
        canonical: canonical(doc, &meta, url),
        language: language(doc, data, &meta),
        descriptions: meta.all(&[
            "description",
            "og:description",
            "twitter:description",
            "og:title",
            "twitter:title",
        ]),
    }
}

/// The `<meta>` tags by lower-case name, property or itemprop.
struct Meta(HashMap<String, Vec<String>>);

impl Meta {
    fn read(doc: &Html) -> Meta {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for tag in select(doc, "meta[content]") {
            let content = squeeze(tag.attr("content").unwrap_or_default());
            if content.is_empty() {
                continue;
            }
            for key in ["name", "property", "itemprop", "http-equiv"] {
                if let Some(name) = tag.attr(key) {
                    all.entry(name.trim().to_ascii_lowercase())
                        .or_default()
                        .push(content.clone());
                }
            }
        }
        Meta(all)
    }

    /// The values of these names, in the order of the names.
    fn all(&self, names: &[&str]) -> Vec<String> {
        names
            .iter()
            .flat_map(|n| self.0.get(*n).cloned().unwrap_or_default())
            .collect()
    }
}

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "publication-date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
    "dc.date.created",
    "article:published",
    "article.published",
    "date.created",
    "originalpublicationdate",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "displaydate",
    "shareaholic:article_published_time",
    "datecreated",
    "last-modified",
];

fn published(doc: &Html, data: &Data, meta: &Meta, url: Option<&Url>) -> Option<String> {
    let tagged = || {
        [
            "[itemprop~=datePublished]",
            "time[pubdate]",
            "article time[datetime]",
            "main time[datetime]",
            "time[datetime]",
            "[itemprop~=dateCreated]",
        ]
        .iter()
        .flat_map(|css| select(doc, css))
        .find_map(|e| {
            ["datetime", "content", "title"]
                .iter()
                .filter_map(|a| e.attr(a))
                .find_map(dates::normalise)
                .or_else(|| dates::normalise(&text(e)))
        })
    };
    let shown = || {
        select(doc, "time, [class*=date], [class*=Date], [class*=publish], [class*=time], [id*=date], [class*=meta]")
            .into_iter()
            .take(60)
            .map(text)
            .filter(|t| t.len() < 160)
            .find_map(|t| dates::normalise(&t))
    };
    data.published
        .iter()
        .cloned()
        .chain(meta.all(PUBLISHED))
        .find_map(|raw| dates::normalise(&raw))
        .or_else(tagged)
        .or_else(|| url.and_then(|u| dates::in_path(u.path())))
        .or_else(shown)
        .or_else(|| data.modified.as_deref().and_then(dates::normalise))
}

fn byline(doc: &Html, data: &Data, meta: &Meta, sites: &[String]) -> Vec<String> {
    let structured = people(&data.authors, sites);
    if !structured.is_empty() {
        return structured;
    }
    let named = people(
        &meta.all(&[
            "author",
            "article:author",
            "parsely-author",
            "sailthru.author",
            "dc.creator",
            "dcterms.creator",
            "byl",
            "cxenseparse:author",
            "dc.contributor",
        ]),
        sites,
    );
    if !named.is_empty() {
        return named;
    }
    for css in [
        "[itemprop~=author] [itemprop~=name], [itemprop~=author]",
        "[rel~=author]",
        "a[href*='/author/'], a[href*='/autor/'], a[href*='/authors/'], a[href*='/people/'], a[href*='/profile/']",
        "[class*=byline], [class*=Byline], [class*=author-name], [class*=authorName], [class*=author], [class*=Author], [class*=autor]",
    ] {
        let shown: Vec<String> = select(doc, css)
            .into_iter()
            .take(8)
            .map(inline_text)
            .filter(|t| t.chars().count() < 80)
            .collect();
        let shown = people(&shown, sites);
        if !shown.is_empty() {
            return shown;
        }
    }
    // Then an agency or the paper itself, if that is all there is.
    if data.authors.is_empty() {
        Vec::new()
    } else {
        split(&data.authors)
    }
}

/// Single names out of what author fields hold; addresses and the site's own name left out.
fn people(raw: &[String], sites: &[String]) -> Vec<String> {
    let sites: Vec<String> = sites.iter().map(|s| fold(s)).collect();
    let mut out: Vec<String> = Vec::new();
    let named: Vec<String> = raw.iter().filter(|r| !r.contains("://")).cloned().collect();
    for name in split(&named) {
        let folded = fold(&name);
        let plausible = (2..=60).contains(&name.chars().count())
            && !folded.is_empty()
            && folded.split(' ').count() <= 7
            && !name.contains(['@', '{'])
            && !name.contains("://");
        if plausible && !sites.contains(&folded) && !out.iter().any(|o| fold(o) == folded) {
            out.push(name);
        }
    }
    out
}

/// "By Ann Lee and Bo Ray, Reuters" -> the three names.
fn split(raw: &[String]) -> Vec<String> {
    static WORDS: &str = include_str!("data/byline.txt");
    let mut before = Vec::new();
    let mut between = Vec::new();
    for line in WORDS.lines().filter(|l| !l.starts_with('#')) {
        match line.split_once(' ') {
            Some(("before", word)) => before.push(word),
            Some(("between", word)) => between.push(word),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for field in raw {
        let mut parts = vec![String::new()];
        for word in field
            .replace([',', ';', '|', '/', '•', '·'], " , ")
            .split_whitespace()
        {
            if word == "," || between.contains(&word.to_lowercase().as_str()) {
                parts.push(String::new());
            } else if let Some(last) = parts.last_mut() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
        }
        for part in parts {
            let mut name = part
                .trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != ')')
                .to_string();
            for word in &before {
                let lower = name.to_lowercase();
                if let Some(rest) = lower.strip_prefix(word)
                    && rest.starts_with([' ', ':'])
                {
                    name = name
                        .chars()
                        .skip(word.chars().count())
                        .collect::<String>()
                        .trim_start_matches([' ', ':'])
                        .to_string();
                }
            }
            if !name.is_empty() {
                out.push(name);
            }
        }
    }
    out
}

/// The canonical URL: absolute, and of the same site, else a template's mistake could merge
/// every article of a site, or hand one site's article to another.
fn canonical(doc: &Html, meta: &Meta, url: Option<&Url>) -> Option<String> {
    let links = select(doc, "link[rel~=canonical][href]")
        .into_iter()
        .filter_map(|e| e.attr("href").map(str::to_string));
    links.chain(meta.all(ADDRESS)).find_map(|raw| {
        let mut named = match url {
            Some(base) => base.join(raw.trim()).ok()?,
            None => Url::parse(raw.trim()).ok()?,
        };
        named.set_fragment(None);
        let fits = matches!(named.scheme(), "http" | "https")
            && url.is_none_or(|u| {
                same_site(u, &named)
                    && !(named.path() == "/" && named.query().is_none() && u.path() != "/")
            });
        fits.then(|| named.to_string())
    })
}

/// Same registrable name: the last two labels, or three where the last two are a country's
/// "co.uk" kind of suffix.
fn same_site(a: &Url, b: &Url) -> bool {
    fn site(url: &Url) -> Option<String> {
        match url.host()? {
            url::Host::Domain(name) => {
                let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').collect();
                let short_pair = labels.len() > 2
                    && labels.first().is_some_and(|l| l.len() == 2)
                    && labels.get(1).is_some_and(|l| l.len() <= 3);
                Some(
                    labels
                        .into_iter()
                        .take(if short_pair { 3 } else { 2 })
                        .collect::<Vec<_>>()
                        .join("."),
                )
            }
            address => Some(address.to_string()),
        }
    }
    site(a).is_some() && site(a) == site(b)
}

fn language(doc: &Html, data: &Data, meta: &Meta) -> Option<String> {
    let html = select(doc, "html[lang]")
        .into_iter()
        .filter_map(|e| e.attr("lang").map(str::to_string));
    html.chain(meta.all(LANGUAGES))
        .chain(data.language.clone())
        .find_map(|raw| two_letters(&raw))
}

fn two_letters(raw: &str) -> Option<String> {
    let code = raw
        .trim()
        .split(['-', '_', ','])
        .next()?
        .to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

/// The language of a text, where it is long enough to tell.
pub(super) fn detect_language(text: &str) -> Option<String> {
    let info = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    let code = match info.lang() {
        whatlang::Lang::Eng => "en",
        whatlang::Lang::Deu => "de",
        whatlang::Lang::Fra => "fr",
        whatlang::Lang::Spa => "es",
        whatlang::Lang::Ita => "it",
        whatlang::Lang::Por => "pt",
        whatlang::Lang::Nld => "nl",
        whatlang::Lang::Rus => "ru",
        whatlang::Lang::Ukr => "uk",
        whatlang::Lang::Pol => "pl",
        whatlang::Lang::Tur => "tr",
        whatlang::Lang::Ara => "ar",
        whatlang::Lang::Heb => "he",
        whatlang::Lang::Pes => "fa",
        whatlang::Lang::Cmn => "zh",
        whatlang::Lang::Jpn => "ja",
        whatlang::Lang::Kor => "ko",
        whatlang::Lang::Swe => "sv",
        whatlang::Lang::Dan => "da",
        whatlang::Lang::Nob => "no",
        whatlang::Lang::Fin => "fi",
        whatlang::Lang::Ces => "cs",
        whatlang::Lang::Hun => "hu",
        whatlang::Lang::Ron => "ro",
        whatlang::Lang::Ell => "el",
        whatlang::Lang::Hin => "hi",
        _ => return None,
    };
    Some(code.to_string())
}
