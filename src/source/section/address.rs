//! What a URL alone tells of whether it leads to an article.

use std::collections::HashSet;
use std::sync::LazyLock;

use url::Url;

/// Segments that lead elsewhere.
#[derive(Default)]
struct Elsewhere {
    /// Anywhere in the path.
    anywhere: HashSet<&'static str>,
    /// As its last one.
    at_end: HashSet<&'static str>,
    /// As the beginning of one.
    begun: Vec<&'static str>,
}

static ELSEWHERE: LazyLock<Elsewhere> = LazyLock::new(|| {
    let mut lists = Elsewhere::default();
    for line in include_str!("../not_articles.txt").lines().map(str::trim) {
        match (line.strip_suffix('$'), line.strip_suffix('*')) {
            _ if line.is_empty() || line.starts_with('#') => {}
            (Some(word), _) => drop(lists.at_end.insert(word)),
            (None, Some(start)) => lists.begun.push(start),
            (None, None) => drop(lists.anywhere.insert(line)),
        }
    }
    lists
});

/// Endings of files that are no pages.
const FILES: [&str; 24] = [
    "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "pdf", "mp3", "mp4", "m3u8", "mov",
    "zip", "css", "js", "json", "xml", "rss", "atom", "txt", "ics", "apk", "doc",
];

/// Endings that say "page", and so nothing.
const PAGES: [&str; 9] = [
    ".html", ".htm", ".shtml", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".amp",
];

/// Query parameters by which old systems name an article.
const ID_PARAMETERS: [&str; 9] = [
    "id",
    "p",
    "aid",
    "artid",
    "articleid",
    "article_id",
    "story_id",
    "storyid",
    "newsid",
];

/// The most that an address alone counts.
const MAX_SCORE: i32 = 4;

/// How much a URL looks like an article's: `None` if it surely is none, else 0 (no sign) upwards.
pub(super) fn score(url: &Url, section: &Url) -> Option<i32> {
    let path = url.path().trim_matches('/');
    let segments: Vec<String> = path.split('/').map(str::to_ascii_lowercase).collect();
    let (last, parents) = segments.split_last()?;
    let bare = path.is_empty() && !named_by_query(url);
    if bare || leads_back(url, section) || leads_elsewhere(last, parents) || is_service(url) {
        return None;
    }
    let stem = PAGES
        .iter()
        .find_map(|ending| last.strip_suffix(ending))
        .unwrap_or(last);
    if stem == "index" && parents.len() < 2 {
        return None;
    }
    // Some put an id or a bare "index.html" behind the slug.
    let slug = segments
        .iter()
        .rev()
        .take(3)
        .map(|segment| slug_words(segment))
        .max()
        .unwrap_or(0);
    let mut score = match slug {
        0..=2 => 0,
        3 => 1,
        4 | 5 => 2,
        // Nothing but a headline is that long.
        _ => 3,
    };
    if has_date(&segments) {
        score += 2;
    }
    score += segments
        .iter()
        .rev()
        .take(2)
        .map(|s| id_score(s))
        .max()
        .unwrap_or(0);
    if stem.len() < last.len() && !parents.is_empty() {
        score += 1;
    }
    if named_by_query(url) {
        score += 2;
    }
    // However good the address, a link in the navigation is not news.
    Some(score.min(MAX_SCORE))
}

/// Whether the URL is the section's own page, another page of it, or one above it.
fn leads_back(url: &Url, section: &Url) -> bool {
    let own = section.path().trim_end_matches('/');
    let path = url.path().trim_end_matches('/');
    url.host_str() == section.host_str()
        && own.starts_with(path)
        && matches!(own.as_bytes().get(path.len()), None | Some(b'/'))
        && !named_by_query(url)
}

fn leads_elsewhere(last: &str, parents: &[String]) -> bool {
    let Elsewhere {
        anywhere,
        at_end,
        begun,
    } = &*ELSEWHERE;
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    let stem = last.split('.').next().unwrap_or_default();
    FILES.contains(&ending)
        || anywhere.contains(last)
        || anywhere.contains(stem)
        || at_end.contains(stem)
        || begun.iter().any(|start| last.starts_with(start))
        || parents.iter().any(|segment| {
            // `article_tag` is a tag.
            let words: Vec<&str> = segment.split(['-', '_']).collect();
            let kind = if words.len() == 2 { words.last() } else { None };
            anywhere.contains(segment.as_str()) || kind.is_some_and(|word| anywhere.contains(word))
        })
}

/// Whether a part of the host's name says that it is no newsroom: `jobs.example.org`.
fn is_service(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // The name proper may be any word: example.tv, video.org.
    let parts: Vec<&str> = host.split('.').collect();
    parts
        .iter()
        .take(parts.len().saturating_sub(2))
        .any(|part| ELSEWHERE.anywhere.contains(part))
}

/// Words of the longest slug in a segment, numbers not counted.
fn slug_words(segment: &str) -> usize {
    let words = |part: &str| {
        part.split(['-', '_', '+'])
            .filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()))
            .count()
    };
    segment.split(['.', ',']).map(words).max().unwrap_or(0)
}

/// Whether the path names a day or a month: `/2024/05/17/`, `/2024/may/`, `2024-05-17`,
/// `20240517`.
fn has_date(segments: &[String]) -> bool {
    let year = |s: &str| s.len() == 4 && (s.starts_with("19") || s.starts_with("20")) && digits(s);
    let small = |s: &str, max: u32| {
        (1..=2).contains(&s.len()) && s.parse().is_ok_and(|n: u32| (1..=max).contains(&n))
    };
    let month = |s: &str| small(s, 12) || MONTHS.iter().any(|m| s.starts_with(m) && s.len() < 10);
    let folders = segments
        .windows(2)
        .any(|pair| matches!(pair, [y, m] if year(y) && month(m)));
    let inside = |segment: &String| {
        let parts: Vec<&str> = segment.split(['-', '_', '.']).collect();
        parts
            .windows(3)
            .any(|three| matches!(three, [y, m, d] if year(y) && small(m, 12) && small(d, 31)))
            || parts.iter().any(|part| compact_date(part))
    };
    folders || segments.iter().any(inside)
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// `20240517`, perhaps with a time behind it.
fn compact_date(part: &str) -> bool {
    let number =
        |range: std::ops::Range<usize>| part.get(range).and_then(|s| s.parse::<u32>().ok());
    matches!(part.len(), 8 | 12 | 14)
        && digits(part)
        && number(0..4).is_some_and(|y| (1990..2100).contains(&y))
        && number(4..6).is_some_and(|m| (1..=12).contains(&m))
        && number(6..8).is_some_and(|d| (1..=31).contains(&d))
}

/// 2 for a number of five digits or more or a long key of letters and digits, 1 for a shorter
/// number beside words, as content systems append them.
fn id_score(segment: &str) -> i32 {
    let key = |part: &str| {
        part.len() >= 8
            && part.chars().all(|c| c.is_ascii_alphanumeric())
            && part.chars().filter(char::is_ascii_digit).count() >= 2
            && part.chars().any(|c| c.is_ascii_alphabetic())
    };
    let longest = segment
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .max()
        .unwrap_or(0);
    match longest {
        5.. => 2,
        _ if segment.split(['-', '_', '.', ',', '~']).any(key) => 2,
        3..=4 if slug_words(segment) >= 1 => 1,
        _ => 0,
    }
}

/// Whether the query names an article by number: `story.php?id=1234`.
fn named_by_query(url: &Url) -> bool {
    url.query_pairs().any(|(key, value)| {
        ID_PARAMETERS.contains(&key.to_ascii_lowercase().as_str())
            // Fewer digits are as likely the number of a page.
            && value.len() >= 3
            && digits(&value)
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<i32> {
        let section = Url::parse("https://news.example.org/world/europe/").unwrap();
        score(&section.join(path).unwrap(), &section)
    }

    #[test]
    fn articles_score() {
        for path in [
            "/world/2024/05/17/minister-steps-down-over-ferry-contract",
            "/2024/may/17/ferry",
            "/minister-steps-down-over-ferry-contract",
            "/news/world-europe-68123456",
            "/news/articles/cx2jd0w1y0zo",
            "/politik/minister-tritt-zurueck-a-1234567.html",
            "/a/68123456",
            "/story.php?id=4711",
            "/?p=4711",
            "/2024-05-17-ferry/",
            "/article/20240517/ferry",
            "/world/minister-steps-down.html",
            "/live/2024/05/17/ferry-contract-inquiry-day-two",
            "/video-shows-minister-leaving-the-building",
            "/inhalt.minister-tritt-zurueck.eb5241c3-37a9-4f3e.html",
            "/archive/63053",
            "/unterhaltung/tv/id_101072544/zwei-neue",
        ] {
            assert!(
                of(path).is_some_and(|score| score >= 2),
                "{path}: {:?}",
                of(path)
            );
        }
    }

    #[test]
    fn what_is_no_article_scores_nothing_or_zero() {
        for path in [
            "/",
            "/world/",
            "/world/europe",
            "/world/europe/?page=2",
            "/world/europe/page/2/",
            "/tag/ferry-contract-inquiry",
            "/author/jane-q-public-smith",
            "/video/2024/05/17/a-b-c-d",
            "/images/2024/05/17/photo-of-a-ferry.jpg",
            "/login",
            "/about-us",
            "/shop/mugs-and-more",
            "/feed.xml",
            "/rss",
            "/privacy-policy.html",
            "/newsletters/the-daily-one",
            "/index.html",
            "/article_tag/international-court-of-justice",
            "https://jobs.example.org/2024/05/17/editor-for-the-europe-desk",
            "https://jobs.example.org/2024/05/17/editor-for-the-europe-desk",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
        for path in [
            "/sport",
            "/business/markets",
            "/opinion/",
            "/world/asia-pacific",
            "/uk.html",
        ] {
            assert!(
                of(path).is_some_and(|score| score <= 0),
                "{path}: {:?}",
                of(path)
            );
        }
    }
}
