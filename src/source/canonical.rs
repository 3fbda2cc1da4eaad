//! One spelling for one article's URL.

use std::sync::LazyLock;

use url::Url;

/// Query parameters that say how a reader came, not what they see. `*` stands for any ending.
static TRACKING: LazyLock<(Vec<&str>, Vec<&str>)> = LazyLock::new(|| {
    include_str!("tracking.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .partition(|line| !line.ends_with('*'))
});

/// The URL without what does not change the page: fragment, known tracking parameters, the dot
/// that ends an absolute host name, an empty query. Everything else, the order of the remaining
/// parameters included, stays as it was.
pub fn canonical(url: &Url) -> Url {
    let mut out = behind_viewer(url).unwrap_or_else(|| url.clone());
    out.set_fragment(None);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')) {
        // A host that cannot be set so is kept as it was.
        let _ = out.set_host(Some(host));
    }
    if let Some(query) = out.query() {
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_tracking(pair))
            .collect();
        out.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    }
    out
}

/// The page that an AMP viewer shows: `https://www.google.com/amp/s/example.org/a`,
/// `https://example-org.cdn.ampproject.org/c/s/example.org/a`.
fn behind_viewer(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let path = match host.ends_with(".cdn.ampproject.org") {
        true => url.path().get(2..)?,
        false if host.starts_with("www.google.") => url.path().strip_prefix("/amp")?,
        false => return None,
    };
    let path = path.strip_prefix('/')?;
    let (scheme, rest) = match path.strip_prefix("s/") {
        Some(rest) => ("https", rest),
        None => ("http", path),
    };
    let query = url
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let page = Url::parse(&format!("{scheme}://{rest}{query}")).ok()?;
    page.host_str()
        .is_some_and(|host| host.contains('.'))
        .then_some(page)
}

fn is_tracking(pair: &str) -> bool {
    let name = pair
        .split('=')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let (exact, endings) = &*TRACKING;
    exact.contains(&name.as_str())
        || endings
            .iter()
            .any(|start| name.starts_with(start.trim_end_matches('*')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_change_the_page_goes_and_the_rest_stays() {
        for (url, want) in [
            ("https://Example.org:443/a#top", "https://example.org/a"),
            ("http://example.org.:80/a", "http://example.org/a"),
            ("https://example.org/a?", "https://example.org/a"),
            (
                "https://example.org/a?utm_source=x&UTM_Medium=y",
                "https://example.org/a",
            ),
            (
                "https://example.org/a?id=7&fbclid=abc&page=2",
                "https://example.org/a?id=7&page=2",
            ),
            (
                "https://example.org/a?b=2&a=1",
                "https://example.org/a?b=2&a=1",
            ),
            (
                "https://example.org/a?q=%C3%A4+b&gclid",
                "https://example.org/a?q=%C3%A4+b",
            ),
            (
                "https://example.org/a?&&id=7&",
                "https://example.org/a?id=7",
            ),
            (
                "https://example.org/a?utm=1&source=2",
                "https://example.org/a?utm=1&source=2",
            ),
            (
                "https://example.org/a/?story=utm_source",
                "https://example.org/a/?story=utm_source",
            ),
            (
                "https://example.org/a?amp=1&id=7",
                "https://example.org/a?id=7",
            ),
            (
                "https://www.google.com/amp/s/example.org/a?amp&b=1",
                "https://example.org/a?b=1",
            ),
            (
                "https://example-org.cdn.ampproject.org/c/s/example.org/a",
                "https://example.org/a",
            ),
            ("https://www.google.com/amp/", "https://www.google.com/amp/"),
        ] {
            assert_eq!(canonical(&Url::parse(url).unwrap()).as_str(), want, "{url}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_stable(query in "[a-z_=&%0-9#]{0,40}") {
            let url = Url::parse(&format!("https://example.org/a?{query}")).unwrap();
            let once = canonical(&url);
            prop_assert_eq!(canonical(&once), once);
        }
    }
}
