//! What single values of a `[[source]]` must be.

use url::Url;

use super::SourceKind;
use crate::config::read::{Given, Reader, list};
use crate::config::value::{is_name, nearest};

/// A name of a source, tag or notifier.
pub(in crate::config) fn name(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| {
        if is_name(text) {
            return Ok(text.to_owned());
        }
        let help =
            "use letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit";
        Err(("not a name".to_owned(), help.to_owned()))
    })
}

pub(super) fn source_kind(reader: &mut Reader<'_>, given: &Given<String>) -> Option<SourceKind> {
    reader.check(given, |text| {
        if let Some(kind) = SourceKind::named(text) {
            return Ok(kind);
        }
        let names = SourceKind::ALL.map(SourceKind::as_str);
        let help = match nearest(text, names) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("the kinds are {}", list(names.into_iter())),
        };
        Err(("unknown kind of source".to_owned(), help))
    })
}

pub(super) fn page_url(text: &str) -> Result<Url, (String, String)> {
    let wrong = |message: &str, help: &str| Err((message.to_owned(), help.to_owned()));
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return wrong("not a whole URL", "begin it with https://");
        }
        Err(error) => {
            return wrong(
                &format!("not a URL: {error}"),
                "write it as a browser shows it: \"https://…\"",
            );
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong(
            "only http and https can be watched",
            "begin it with https://",
        );
    }
    if url.host().is_none() {
        return wrong(
            "the URL has no host",
            "write it as a browser shows it: \"https://…\"",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "the URL has a user name or password in it, which would end up in alerts",
            "take the part before `@` out",
        );
    }
    Ok(url)
}

pub(super) fn selector(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| {
        if scraper::Selector::parse(text).is_ok() {
            return Ok(text.to_owned());
        }
        let help = "examples: \"article\", \".story-body\", \"#main > div.text\"";
        Err(("not a CSS selector".to_owned(), help.to_owned()))
    })
}

pub(super) fn pattern(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| {
        let wrong = |message: &str, help: &str| Err((message.to_owned(), help.to_owned()));
        let examples = "examples: \"/world/*\" from the start of the path, \"-live-\" anywhere";
        if let Some(regex) = text.strip_prefix("re:") {
            return match regex::Regex::new(regex) {
                Ok(_) if regex.is_empty() => wrong("the pattern matches everything", examples),
                Ok(_) => Ok(text.to_owned()),
                Err(_) => wrong(
                    "not a regular expression",
                    "leave `re:` out for a plain pattern, in which only `*` is special",
                ),
            };
        }
        if text.trim_matches(['*', '/']).trim().is_empty() {
            return wrong("the pattern matches everything", examples);
        }
        if text.contains(char::is_whitespace) {
            return wrong(
                "a URL has no blanks, so the pattern matches nothing",
                examples,
            );
        }
        Ok(text.to_owned())
    })
}
