//! robots.txt over HTTP: obeyed, cached, and what follows when it cannot be had (RFC 9309).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wirewatch::fetch::{Fetched, Fetcher, Policy, Reason, Request};

use super::support::{Server, Step, head, redirect, reply};
use super::{policy, reason, response};

fn obedient() -> Policy {
    Policy {
        respect_robots: true,
        ..policy()
    }
}

/// A server whose robots.txt is this and whose pages are all there.
async fn site(robots: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |hit| {
        Some(match hit.path.as_str() {
            "/robots.txt" => robots(asked.fetch_add(1, Ordering::Relaxed)),
            path if path.starts_with("/to-private") => redirect(302, "/private/page"),
            _ => reply(200, &[], b"page"),
        })
    })
    .await
}

async fn fetch(fetcher: &Fetcher, server: &Server, path: &str) -> Fetched {
    fetcher.fetch(&Request::new(server.url(path))).await
}

#[tokio::test]
async fn rules_are_obeyed_and_asked_for_once() {
    let rules = b"User-agent: wirewatch\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n";
    let server = site(|_| reply(200, &[], rules)).await;
    let fetcher = Fetcher::new(obedient()).unwrap();
    for _ in 0..2 {
        assert_eq!(
            &response(fetch(&fetcher, &server, "/open").await).body[..],
            b"page"
        );
        for path in ["/private/page", "/to-private"] {
            match fetch(&fetcher, &server, path).await {
                Fetched::RobotsDisallowed { url } => assert_eq!(url.path(), "/private/page"),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(
        server.paths(),
        [
            "/robots.txt",
            "/open",
            "/to-private",
            "/open",
            "/to-private"
        ]
    );
}

#[tokio::test]
async fn many_first_requests_ask_for_it_once() {
    let server = site(|_| reply(200, &[], b"")).await;
    let fetcher = Arc::new(Fetcher::new(obedient()).unwrap());
    let tasks: Vec<_> = (0..5)
        .map(|n| {
            let (fetcher, url) = (Arc::clone(&fetcher), server.url(&format!("/{n}")));
            tokio::spawn(async move { fetcher.fetch(&Request::new(url)).await })
        })
        .collect();
    for task in tasks {
        response(task.await.unwrap());
    }
    let asked = server
        .paths()
        .iter()
        .filter(|path| *path == "/robots.txt")
        .count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_missing_file_allows_all_and_a_server_error_nothing() {
    for (status, allowed) in [
        (404, true),
        (403, true),
        (410, true),
        (500, false),
        (502, false),
    ] {
        let server = site(move |_| reply(status, &[], b"User-agent: *\nDisallow: /")).await;
        let fetcher = Fetcher::new(obedient()).unwrap();
        let fetched = fetch(&fetcher, &server, "/page").await;
        if allowed {
            assert_eq!(response(fetched).status, 200, "{status}");
        } else {
            match fetched {
                Fetched::Failed(failure) => {
                    assert_eq!(failure.reason, Reason::RobotsUnavailable(status));
                    assert_eq!(failure.retry_after, Some(obedient().robots_retry));
                }
                other => panic!("{status}: {other:?}"),
            }
            assert_eq!(server.paths(), ["/robots.txt"]);
        }
    }
}

#[tokio::test]
async fn after_a_server_error_it_is_asked_for_again() {
    let server = site(|nth| reply(if nth == 0 { 500 } else { 200 }, &[], b"")).await;
    let fetcher = Fetcher::new(Policy {
        robots_retry: Duration::from_millis(500),
        ..obedient()
    })
    .unwrap();
    for _ in 0..2 {
        let got = reason(fetch(&fetcher, &server, "/page").await);
        assert_eq!(got, Reason::RobotsUnavailable(500));
    }
    tokio::time::sleep(Duration::from_millis(510)).await;
    assert_eq!(
        response(fetch(&fetcher, &server, "/page").await).status,
        200
    );
    assert_eq!(server.paths(), ["/robots.txt", "/robots.txt", "/page"]);
}

#[tokio::test]
async fn known_rules_hold_while_they_cannot_be_renewed() {
    let server = site(|nth| match nth {
        0 => reply(200, &[], b"User-agent: *\nDisallow: /private"),
        1 => reply(500, &[], b""),
        _ => vec![Step::Close],
    })
    .await;
    let fetcher = Fetcher::new(Policy {
        robots_ttl: Duration::from_millis(50),
        robots_retry: Duration::from_millis(50),
        ..obedient()
    })
    .unwrap();
    for _ in 0..3 {
        assert_eq!(
            response(fetch(&fetcher, &server, "/page").await).status,
            200
        );
        let denied = fetch(&fetcher, &server, "/private").await;
        assert!(
            matches!(denied, Fetched::RobotsDisallowed { .. }),
            "{denied:?}"
        );
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let asked = server
        .paths()
        .iter()
        .filter(|path| *path == "/robots.txt")
        .count();
    assert!(asked >= 3, "{asked}");
}

#[tokio::test]
async fn an_unreachable_or_cut_file_fails_the_fetch_and_is_not_remembered() {
    let server = site(|nth| match nth {
        0 => vec![Step::Close],
        1 => vec![
            Step::Send(head(200, &[], Some("1000"))),
            Step::Send(b"User-agent: *\n".to_vec()),
            Step::Close,
        ],
        _ => reply(200, &[], b""),
    })
    .await;
    let fetcher = Fetcher::new(obedient()).unwrap();
    assert_eq!(
        reason(fetch(&fetcher, &server, "/page").await),
        Reason::Closed
    );
    assert_eq!(
        reason(fetch(&fetcher, &server, "/page").await),
        Reason::RobotsTruncated
    );
    assert_eq!(
        response(fetch(&fetcher, &server, "/page").await).status,
        200
    );
}

#[tokio::test]
async fn redirects_of_it_are_followed_within_limits() {
    let other = site(|_| reply(200, &[], b"User-agent: *\nDisallow: /private")).await;
    let target = other.url("/robots.txt").to_string();
    let server = Server::start_on("127.0.0.2", move |hit| {
        Some(match hit.path.as_str() {
            "/robots.txt" => redirect(301, &target),
            _ => reply(200, &[], b"page"),
        })
    })
    .await;
    let fetcher = Fetcher::new(obedient()).unwrap();
    assert_eq!(
        response(fetch(&fetcher, &server, "/page").await).status,
        200
    );
    let denied = fetch(&fetcher, &server, "/private").await;
    assert!(
        matches!(denied, Fetched::RobotsDisallowed { .. }),
        "{denied:?}"
    );
    // A circle, and a way into the house, are no robots.txt.
    for to in [
        "/robots.txt",
        "http://10.0.0.1/robots.txt",
        "file:///etc/passwd",
    ] {
        let server = site(move |_| redirect(302, to)).await;
        let fetcher = Fetcher::new(obedient()).unwrap();
        assert_eq!(
            response(fetch(&fetcher, &server, "/page").await).status,
            200,
            "{to}"
        );
        assert!(server.log().len() <= 7, "{:?}", server.paths());
    }
}

#[tokio::test]
async fn a_huge_file_is_read_as_far_as_its_limit() {
    let mut rules = b"User-agent: *\nDisallow: /private\n".to_vec();
    rules.resize(600 * 1024, b'#');
    rules.extend_from_slice(b"\nDisallow: /page\n");
    let server = site(move |_| reply(200, &[], &rules)).await;
    let fetcher = Fetcher::new(obedient()).unwrap();
    assert_eq!(
        response(fetch(&fetcher, &server, "/page").await).status,
        200
    );
    let denied = fetch(&fetcher, &server, "/private").await;
    assert!(
        matches!(denied, Fetched::RobotsDisallowed { .. }),
        "{denied:?}"
    );
}

#[tokio::test]
async fn crawl_delay_is_kept_up_to_its_cap() {
    for (wish, cap_millis, least, most) in [("0.2", 30_000, 190, 5_000), ("600", 150, 140, 5_000)] {
        let rules = format!("User-agent: *\nCrawl-delay: {wish}\n");
        let server = site(move |_| reply(200, &[], rules.as_bytes())).await;
        let fetcher = Fetcher::new(Policy {
            max_crawl_delay: Duration::from_millis(cap_millis),
            ..obedient()
        })
        .unwrap();
        for path in ["/1", "/2", "/3"] {
            assert_eq!(response(fetch(&fetcher, &server, path).await).status, 200);
        }
        for pair in server.log().windows(2) {
            let gap = pair[1]
                .start
                .duration_since(pair[0].end.unwrap())
                .as_millis();
            assert!((least..most).contains(&gap), "{wish}: {gap} ms");
        }
    }
}
