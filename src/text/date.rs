//! Years in text, the year and the day of an ISO date: enough to tell history from news, and to
//! count from the article's own date.

use jiff::civil::Date;

/// The year of an ISO 8601 date or date-time.
pub fn year_of(iso: &str) -> Option<i32> {
    let year = iso.get(..4)?;
    (iso.len() == 4 || iso.get(4..5) == Some("-"))
        .then(|| year.parse().ok())
        .flatten()
}

/// The day of an ISO 8601 date or date-time, as the page prints it: in its own time zone.
pub fn day_of(iso: &str) -> Option<Date> {
    let rest = iso.get(10..)?;
    let ends = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
    ends.then(|| iso.get(..10)?.parse().ok()).flatten()
}

/// Whether a token is a plain year, 1000 to 2199.
pub fn as_year(token: &str) -> Option<i32> {
    (token.len() == 4 && token.bytes().all(|b| b.is_ascii_digit()))
        .then(|| token.parse().ok())
        .flatten()
        .filter(|y| (1000..2200).contains(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read() {
        assert_eq!(year_of("2026-03-01T10:00:00Z"), Some(2026));
        assert_eq!(year_of("2026"), Some(2026));
        assert_eq!(year_of("12 March"), None);
        assert_eq!(
            day_of("2026-03-01T23:30:00-05:00"),
            Date::new(2026, 3, 1).ok()
        );
        assert_eq!(day_of("2026-03-01"), Date::new(2026, 3, 1).ok());
        for none in ["2026-03", "20260301T10", "2026-02-30", "1 March 2026"] {
            assert_eq!(day_of(none), None, "{none}");
        }
        assert_eq!(as_year("1987"), Some(1987));
        assert_eq!(as_year("0012"), None);
        assert_eq!(as_year("12,00"), None);
    }
}
