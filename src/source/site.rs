//! Whether two URLs belong to one site.

use url::{Host, Url};

/// Whether both hosts share a registrable domain (`news.example.co.uk` and `example.co.uk`), by
/// the Public Suffix List. Addresses and names without such a domain must be equal.
pub fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host(), b.host()) {
        (Some(Host::Domain(a)), Some(Host::Domain(b))) => {
            let (a, b) = (a.trim_end_matches('.'), b.trim_end_matches('.'));
            match (psl::domain_str(a), psl::domain_str(b)) {
                (Some(a), Some(b)) => a == b,
                _ => a == b,
            }
        }
        (a, b) => a.is_some() && a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrable_domains_decide() {
        for (a, b, want) in [
            ("example.org", "www.example.org", true),
            ("a.example.org", "b.example.org.", true),
            ("example.org", "example.com", false),
            ("a.co.uk", "b.co.uk", false),
            ("news.a.co.uk", "a.co.uk", true),
            ("one.github.io", "two.github.io", false),
            ("co.uk", "co.uk", true),
            ("localhost", "localhost", true),
            ("localhost", "example.org", false),
            ("127.0.0.1", "127.0.0.1:8080", true),
            ("127.0.0.1", "127.1.0.1", false),
            ("10.9.0.1", "11.9.0.1", false),
            ("[::1]", "[::1]", true),
            ("[::1]", "[::2]", false),
        ] {
            let url = |host: &str| Url::parse(&format!("http://{host}/x")).unwrap();
            assert_eq!(same_site(&url(a), &url(b)), want, "{a} and {b}");
        }
    }
}
