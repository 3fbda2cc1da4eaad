//! The dates feeds and pages write: RFC 3339, RFC 2822, and their common misspellings.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// The instant a feed's or page's date names; one without an offset is taken as UTC. `None` for
/// what is no date.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    iso(&text).or_else(|| mail(&text))
}

/// ISO 8601 with a colonless offset, a space, or no offset or time at all.
fn iso(text: &str) -> Option<Timestamp> {
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f %z",
        "%Y-%m-%dT%H:%M%z",
    ];
    if let Some(timestamp) = forms
        .iter()
        .find_map(|form| Timestamp::strptime(form, text).ok())
    {
        return Some(timestamp);
    }
    let bare = text.trim_end_matches([' ', 'U', 'T', 'C', 'Z', 'G', 'M']);
    let civil = bare
        .parse::<DateTime>()
        .ok()
        .or_else(|| bare.parse::<Date>().ok().map(DateTime::from))?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// RFC 2822, relaxed: a wrong or foreign weekday, a long month, a named zone.
fn mail(text: &str) -> Option<Timestamp> {
    let parser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(timestamp) = parser.parse_timestamp(text) {
        return Some(timestamp);
    }
    // Without the weekday, and with English month names cut to three letters.
    let rest = match text.split_once(',') {
        Some((weekday, rest)) if !weekday.contains(|c: char| c.is_ascii_digit()) => rest.trim(),
        _ => text,
    };
    let words: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, zone @ ..] = words.as_slice() else {
        return None;
    };
    let month = month.get(..3)?;
    let zone = match zone.first().map(|z| z.to_ascii_uppercase()) {
        None => "+0000".to_owned(),
        Some(name) => match name.trim_start_matches("GMT").trim_start_matches("UTC") {
            "" | "Z" => "+0000".to_owned(),
            "BST" | "CET" | "WEST" => "+0100".to_owned(),
            "CEST" | "EET" => "+0200".to_owned(),
            "EEST" | "MSK" => "+0300".to_owned(),
            offset => offset.replace(':', ""),
        },
    };
    let time = if time.matches(':').count() == 1 {
        format!("{time}:00")
    } else {
        (*time).to_owned()
    };
    parser
        .parse_timestamp(format!("{day} {month} {year} {time} {zone}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_they_are_found() {
        for (text, want) in [
            ("2024-05-17T08:30:00Z", "2024-05-17T08:30:00Z"),
            ("2024-05-17T10:30:00+02:00", "2024-05-17T08:30:00Z"),
            ("2024-05-17T10:30:00.250+0200", "2024-05-17T08:30:00.25Z"),
            ("2024-05-17T08:30:00", "2024-05-17T08:30:00Z"),
            ("2024-05-17 08:30:00", "2024-05-17T08:30:00Z"),
            ("2024-05-17 08:30:00 UTC", "2024-05-17T08:30:00Z"),
            ("2024-05-17 10:30:00 +0200", "2024-05-17T08:30:00Z"),
            ("2024-05-17T10:30+02:00", "2024-05-17T08:30:00Z"),
            ("2024-05-17", "2024-05-17T00:00:00Z"),
            ("Fri, 17 May 2024 08:30:00 GMT", "2024-05-17T08:30:00Z"),
            ("Fri, 17 May 2024 08:30:00 +0000", "2024-05-17T08:30:00Z"),
            ("Fri, 17 May 2024 04:30:00 EDT", "2024-05-17T08:30:00Z"),
            ("17 May 2024 08:30:00 GMT", "2024-05-17T08:30:00Z"),
            ("Mon, 17 May 2024 08:30:00 GMT", "2024-05-17T08:30:00Z"),
            ("Friday, 17 May 2024 08:30 GMT", "2024-05-17T08:30:00Z"),
            ("Fr, 17 May 2024 08:30:00 +00:00", "2024-05-17T08:30:00Z"),
            (
                "Thu, 17 September 2026 10:30:00 CEST",
                "2026-09-17T08:30:00Z",
            ),
            (
                "  Fri,\n 17 May 2024  08:30:00 GMT ",
                "2024-05-17T08:30:00Z",
            ),
        ] {
            let want: Timestamp = want.parse().unwrap();
            assert_eq!(parse(text), Some(want), "{text:?}");
        }
        for text in [
            "",
            "yesterday",
            "17/05/2024",
            "32 May 2024 08:30:00 GMT",
            "é é é é",
            "0",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
