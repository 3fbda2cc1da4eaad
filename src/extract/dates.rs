//! Dates as page metadata writes them, to ISO 8601 with the page's own offset.

use std::sync::LazyLock;

use regex::Regex;

static ISO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?").ok()
});
static COMPACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(20\d{2}|19\d{2})[/.]?(\d{2})[/.]?(\d{2})(?:T?(\d{2}):?(\d{2}):?(\d{2})?)?").ok()
});
static NUMERIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(20\d{2})\b(?:,?\s*(\d{1,2}):(\d{2}))?").ok()
});
static IN_PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"/(20\d{2})[/-](\d{1,2}|[a-z]{3})[/-](\d{1,2})(?:/|-|$)").ok());

/// A metadata date as ISO 8601; `None` where it is no date. Keeps the page's own offset.
pub(super) fn normalise(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if let Some(c) = ISO.as_ref().and_then(|r| r.captures(raw)) {
        return assemble(
            c.get(1)?.as_str(),
            c.get(2)?.as_str(),
            c.get(3)?.as_str(),
            time(&c, 4),
            c.get(7).map(|m| m.as_str()),
        );
    }
    if let Ok(seconds) = raw.parse::<i64>()
        && (10..=13).contains(&raw.len())
    {
        let seconds = if raw.len() == 13 {
            seconds / 1000
        } else {
            seconds
        };
        return jiff::Timestamp::from_second(seconds)
            .ok()
            .map(|t| t.to_string());
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(raw) {
        return Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    }
    if let Some(c) = COMPACT.as_ref().and_then(|r| r.captures(raw)) {
        return assemble(
            c.get(1)?.as_str(),
            c.get(2)?.as_str(),
            c.get(3)?.as_str(),
            time(&c, 4),
            None,
        );
    }
    if let Some(c) = NUMERIC.as_ref().and_then(|r| r.captures(raw)) {
        return assemble(
            c.get(3)?.as_str(),
            c.get(2)?.as_str(),
            c.get(1)?.as_str(),
            time(&c, 4),
            None,
        );
    }
    worded(raw)
}

/// The date a news URL carries in its path (`/2019/11/18/`).
pub(super) fn in_path(path: &str) -> Option<String> {
    let c = IN_PATH.as_ref()?.captures(path)?;
    let month = c.get(2)?.as_str();
    let month = if month.len() == 3 {
        month_number(month)?.to_string()
    } else {
        month.to_string()
    };
    assemble(c.get(1)?.as_str(), &month, c.get(3)?.as_str(), None, None)
}

fn time(c: &regex::Captures, from: usize) -> Option<(String, String, String)> {
    let second = c.get(from + 2).map_or("00", |m| m.as_str());
    Some((
        c.get(from)?.as_str().to_string(),
        c.get(from + 1)?.as_str().to_string(),
        second.to_string(),
    ))
}

fn assemble(
    year: &str,
    month: &str,
    day: &str,
    time: Option<(String, String, String)>,
    offset: Option<&str>,
) -> Option<String> {
    let date =
        jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    if !(1990..=2100).contains(&date.year()) {
        return None;
    }
    let Some((hour, minute, second)) = time else {
        return Some(date.to_string());
    };
    let offset = match offset {
        None => String::new(),
        Some("Z" | "UTC" | "GMT") => "Z".to_string(),
        Some(o) if o.contains(':') => o.to_string(),
        Some(o) => format!("{}:{}", o.get(..3)?, o.get(3..)?),
    };
    Some(format!("{date}T{hour:0>2}:{minute}:{second}{offset}"))
}

/// "November 18, 2019 3:04 pm", "18 Nov 2019", "18. November 2019".
fn worded(raw: &str) -> Option<String> {
    let (mut day, mut month, mut year) = (None, None, None);
    for word in raw
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(12)
    {
        if let Ok(number) = word
            .trim_end_matches(|c: char| c.is_alphabetic())
            .parse::<i32>()
        {
            if (1990..=2100).contains(&number) && word.len() == 4 {
                year = year.or(Some(number));
            } else if (1..=31).contains(&number) && year.is_none() {
                day = day.or(Some(number));
            }
        } else if month.is_none() {
            month = month_number(word);
        }
    }
    assemble(
        &year?.to_string(),
        &month?.to_string(),
        &day?.to_string(),
        None,
        None,
    )
}

/// Month names, first letters enough to tell them apart, from `data/months.txt`.
fn month_number(word: &str) -> Option<u32> {
    static NAMES: &str = include_str!("data/months.txt");
    let word = word.to_lowercase();
    NAMES
        .lines()
        .filter(|l| !l.starts_with('#'))
        .find_map(|line| {
            let (number, names) = line.split_once(' ')?;
            names
                .split_whitespace()
                .any(|n| n == word)
                .then(|| number.parse().ok())?
        })
}
