//! Years in text and the year of an ISO date: enough to tell history from news.

/// The year of an ISO 8601 date or date-time.
pub fn year_of(iso: &str) -> Option<i32> {
    let year = iso.get(..4)?;
    (iso.len() == 4 || iso.get(4..5) == Some("-"))
        .then(|| year.parse().ok())
        .flatten()
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
        assert_eq!(as_year("1987"), Some(1987));
        assert_eq!(as_year("0012"), None);
        assert_eq!(as_year("12,00"), None);
    }
}
