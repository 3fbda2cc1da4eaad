//! Manners: one request at a time and a delay per host, pauses that a host asked for.

use std::sync::Arc;
use std::time::Duration;

use wirewatch::fetch::{Fetched, Fetcher, Policy, Readiness, Request};

use super::support::{Hit, Server, Step, redirect, reply};
use super::{policy, response};

/// Asserts that no two requests overlapped and that at least `delay` passed between them.
#[track_caller]
fn assert_apart(log: &[Hit], delay: Duration) {
    for pair in log.windows(2) {
        let [first, second] = pair else { continue };
        let end = first.end.unwrap();
        let gap = second.start.checked_duration_since(end);
        assert!(
            gap.is_some_and(|gap| gap + Duration::from_millis(3) >= delay),
            "{} and {}: {gap:?}",
            first.path,
            second.path,
        );
    }
}

async fn all(fetcher: &Arc<Fetcher>, requests: Vec<Request>) -> Vec<Fetched> {
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let fetcher = Arc::clone(fetcher);
            tokio::spawn(async move { fetcher.fetch(&request).await })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all
}

fn slow_page(hit: &Hit) -> Option<Vec<Step>> {
    let mut steps = vec![Step::Wait(Duration::from_millis(20))];
    steps.extend(match hit.path.strip_prefix("/moved") {
        Some(rest) => redirect(302, &format!("/page{rest}")),
        None => reply(200, &[], b"page"),
    });
    Some(steps)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_one_host_never_overlap_and_keep_their_distance() {
    let server = Server::start(slow_page).await;
    let delay = Duration::from_millis(60);
    let fetcher = Arc::new(
        Fetcher::new(Policy {
            per_host_delay: delay,
            respect_robots: true,
            ..policy()
        })
        .unwrap(),
    );
    let requests = (0..3)
        .flat_map(|n| [format!("/page{n}"), format!("/moved{n}")])
        .map(|path| Request::new(server.url(&path)))
        .collect();
    for fetched in all(&fetcher, requests).await {
        assert_eq!(&response(fetched).body[..], b"page");
    }
    let log = server.log();
    // robots.txt, three pages, three redirects and what they lead to.
    assert_eq!(log.len(), 10);
    assert_apart(&log, delay);
    let stats = fetcher.host_stats();
    assert_eq!(stats.len(), 1);
    assert_eq!(
        (stats[0].0.as_str(), stats[0].1.requests),
        ("127.0.0.1", 10)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_serves_a_host() {
    let server = Server::start(slow_page).await;
    let fetcher = Arc::new(
        Fetcher::new(Policy {
            per_host_delay: Duration::from_millis(30),
            ..policy()
        })
        .unwrap(),
    );
    let requests = (0..20)
        .map(|n| Request::new(server.url(&format!("/page{n}"))))
        .collect();
    all(&fetcher, requests).await;
    let log = server.log();
    assert_eq!(log.len(), 20);
    assert!(log.iter().all(|hit| hit.connection == 0), "{log:?}");
    assert_apart(&log, Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrency_is_what_the_policy_says() {
    let server = Server::start(|_| {
        let mut steps = vec![Step::Wait(Duration::from_millis(300))];
        steps.extend(reply(200, &[], b""));
        Some(steps)
    })
    .await;
    let fetcher = Arc::new(
        Fetcher::new(Policy {
            per_host_concurrency: 3,
            ..policy()
        })
        .unwrap(),
    );
    let requests = (0..9)
        .map(|n| Request::new(server.url(&format!("/{n}"))))
        .collect();
    all(&fetcher, requests).await;
    let log = server.log();
    let at_once = |hit: &Hit| {
        log.iter()
            .filter(|other| other.start <= hit.start && other.end.unwrap() > hit.start)
            .count()
    };
    assert_eq!(log.iter().map(at_once).max(), Some(3));
}

#[tokio::test]
async fn a_hanging_host_holds_up_no_other() {
    let hung = Server::start(|_| Some(vec![Step::Wait(Duration::from_secs(60))])).await;
    let good = Server::start_on("127.0.0.2", |_| Some(reply(200, &[], b"quick"))).await;
    let fetcher = Arc::new(Fetcher::new(policy()).unwrap());
    let stuck = all(&fetcher, vec![Request::new(hung.url("/")); 3]);
    let quick = async {
        for n in 0..10 {
            let request = Request::new(good.url(&format!("/{n}")));
            assert_eq!(&response(fetcher.fetch(&request).await).body[..], b"quick");
        }
    };
    tokio::select! {
        _ = stuck => panic!("the hanging host was done first"),
        () = quick => assert_eq!(hung.log().len(), 1),
    }
}

#[tokio::test]
async fn a_pause_that_the_host_asked_for_is_kept() {
    for (status, wish) in [(429, "1"), (503, "1"), (429, "3600"), (503, "3600")] {
        let server = Server::start(move |hit| {
            Some(match hit.path.as_str() {
                "/busy" => reply(status, &[("Retry-After", wish)], b"later"),
                _ => reply(200, &[], b"now"),
            })
        })
        .await;
        let fetcher = Fetcher::new(policy()).unwrap();
        let (busy, page) = (server.url("/busy"), server.url("/page"));
        assert_eq!(
            fetcher.host_ready_at(page.host_str().unwrap()),
            Readiness::Now
        );
        let answer = response(fetcher.fetch(&Request::new(busy)).await);
        assert_eq!(answer.status, status);
        assert!(matches!(
            fetcher.host_ready_at(page.host_str().unwrap()),
            Readiness::At(_)
        ));
        let next = fetcher.fetch(&Request::new(page)).await;
        let log = server.log();
        if wish == "1" {
            // Short enough to wait for.
            assert_eq!(&response(next).body[..], b"now");
            assert_apart(&log, Duration::from_secs(1));
        } else {
            let Fetched::Deferred { wait } = next else {
                panic!("{next:?}");
            };
            assert!(wait > Duration::from_secs(3590) && wait <= Duration::from_secs(3600));
            assert_eq!(log.len(), 1, "nothing may have been asked");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_down_is_left_alone_for_a_while_and_then_asked_again() {
    let server = Server::start(|hit| {
        Some(match hit.connection {
            0..=2 => vec![Step::Close],
            _ => reply(200, &[], b"up again"),
        })
    })
    .await;
    let fetcher = Fetcher::new(Policy {
        backoff_base: Duration::from_millis(200),
        ..policy()
    })
    .unwrap();
    let request = Request::new(server.url("/"));
    for nth in 1..=3 {
        assert!(matches!(fetcher.fetch(&request).await, Fetched::Failed(_)));
        let wait = match fetcher.host_ready_at(request.url.host_str().unwrap()) {
            Readiness::At(instant) => instant.duration_since(tokio::time::Instant::now()),
            Readiness::Now => Duration::ZERO,
            Readiness::Busy => panic!("nothing is under way"),
        };
        assert_eq!(
            wait > Duration::from_millis(100),
            nth == 3,
            "{nth}: {wait:?}"
        );
    }
    assert_eq!(
        &response(fetcher.fetch(&request).await).body[..],
        b"up again"
    );
    assert_apart(&server.log()[2..], Duration::from_millis(200));
}

#[tokio::test]
async fn a_cancelled_fetch_frees_its_host() {
    let server = Server::start(|hit| {
        Some(match hit.path.as_str() {
            "/hang" => vec![Step::Wait(Duration::from_secs(60))],
            _ => reply(200, &[], b"free"),
        })
    })
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let hanging = Request::new(server.url("/hang"));
    let cancelled = tokio::time::timeout(Duration::from_millis(50), fetcher.fetch(&hanging)).await;
    assert!(cancelled.is_err());
    let next = fetcher.fetch(&Request::new(server.url("/next"))).await;
    assert_eq!(&response(next).body[..], b"free");
}

#[tokio::test]
async fn a_renewed_fetcher_keeps_pauses_and_robots() {
    let server = Server::start(|hit| {
        Some(match hit.path.as_str() {
            "/robots.txt" => reply(200, &[], b"User-agent: *\nDisallow: /secret"),
            "/busy" => reply(429, &[("Retry-After", "3600")], b"later"),
            _ => reply(200, &[], b"page"),
        })
    })
    .await;
    let policy = Policy {
        respect_robots: true,
        ..policy()
    };
    let old = Fetcher::new(policy.clone()).unwrap();
    response(old.fetch(&Request::new(server.url("/busy"))).await);
    let new = old
        .renewed(Policy {
            user_agent: "other (+mailto:desk@example.org)".to_owned(),
            ..policy.clone()
        })
        .unwrap();
    new.take_over();
    let page = Request::new(server.url("/page"));
    assert!(matches!(new.fetch(&page).await, Fetched::Deferred { .. }));
    let secret = Request::new(server.url("/secret"));
    assert!(matches!(
        new.fetch(&secret).await,
        Fetched::RobotsDisallowed { .. }
    ));
    // Another process is told what the first one knew.
    let next = Fetcher::new(policy).unwrap();
    for (host, left) in new.pauses() {
        next.pause(&host, left);
    }
    assert!(matches!(next.fetch(&page).await, Fetched::Deferred { .. }));
    let asked: Vec<_> = server.log().iter().map(|hit| hit.path.clone()).collect();
    assert_eq!(asked, ["/robots.txt", "/busy"]);
}
