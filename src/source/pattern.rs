//! The operator's patterns for URLs, as `include` and `exclude` of a section take them.

use std::fmt;

use regex::Regex;
use url::{Position, Url};

/// A pattern for URLs: a text in which `*` is any run of characters.
///
/// - one that starts with `/` must fit the path and query from their start: `/world/*`
/// - one with `://` must fit the whole URL from its start
/// - any other may fit anywhere in the URL: `ukraine`, `-live-`
/// - `re:` and a regular expression is searched for in the whole URL
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
    on_path: bool,
}

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing to look for.
    #[error("an empty pattern fits every URL; leave it out")]
    Empty,
    /// A broken or too large regular expression.
    #[error("not a regular expression: {0}")]
    Regex(String),
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        let source = match text.strip_prefix("re:") {
            Some(regex) => regex.to_owned(),
            None => {
                let start = if text.starts_with('/') || text.contains("://") {
                    "^"
                } else {
                    ""
                };
                format!("{start}{}", regex::escape(text).replace("\\*", ".*"))
            }
        };
        if source.is_empty() {
            return Err(PatternError::Empty);
        }
        let regex = Regex::new(&source).map_err(|error| PatternError::Regex(error.to_string()))?;
        Ok(Pattern {
            on_path: text.starts_with('/'),
            text: text.to_owned(),
            regex,
        })
    }

    /// Whether the URL fits.
    pub fn fits(&self, url: &Url) -> bool {
        self.regex.is_match(if self.on_path {
            &url[Position::BeforePath..]
        } else {
            url.as_str()
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms() {
        let url = Url::parse("https://example.org/world/europe-2024.html?id=7").unwrap();
        for (pattern, want) in [
            ("/world/", true),
            ("/europe", false),
            ("/*/europe", true),
            ("/world/*.html?id=7", true),
            ("europe", true),
            ("euro*html", true),
            ("asia", false),
            ("europe.2024", false),
            ("https://example.org/", true),
            ("http://example.org/", false),
            ("https://*.org/world", true),
            ("re:/europe-\\d{4}\\.html", true),
            ("re:^/world", false),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().fits(&url),
                want,
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(Pattern::parse(" ").unwrap_err(), PatternError::Empty);
        assert_eq!(Pattern::parse("re:").unwrap_err(), PatternError::Empty);
        assert!(matches!(
            Pattern::parse("re:(").unwrap_err(),
            PatternError::Regex(_)
        ));
    }
}
