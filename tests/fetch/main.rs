//! Fetching over real loopback HTTP: one good answer, conditional requests, and all the ways in
//! which an answer can fail.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers may stop at the first surprise as the test itself may"
)]

mod bodies;
mod politeness;
mod redirects;
mod robots;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use support::{Server, Step, head, reply};
use wirewatch::fetch::{Fetched, Fetcher, Network, Policy, Reason, Request, Response, Validators};

/// Allowed to visit loopback, and patient enough for a busy machine.
fn policy() -> Policy {
    Policy {
        user_agent: "wirewatch (+mailto:desk@example.org)".to_owned(),
        allow_private: vec![Network::parse("127.0.0.0/8").unwrap()],
        per_host_delay: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: Duration::from_secs(10),
        total_timeout: Duration::from_secs(20),
        max_body_bytes: 1024 * 1024,
        respect_robots: false,
        ..Policy::default()
    }
}

/// For tests that wait for a limit to strike.
fn hasty() -> Policy {
    Policy {
        first_byte_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_millis(900),
        ..policy()
    }
}

async fn get(policy: Policy, server: &Server, path: &str) -> Fetched {
    let fetcher = Fetcher::new(policy).unwrap();
    fetcher.fetch(&Request::new(server.url(path))).await
}

#[track_caller]
fn response(fetched: Fetched) -> Response {
    match fetched {
        Fetched::Response(response) => *response,
        other => panic!("expected a response, got {other:?}"),
    }
}

#[track_caller]
fn reason(fetched: Fetched) -> Reason {
    match fetched {
        Fetched::Failed(failure) => failure.reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[tokio::test]
async fn a_good_answer_comes_whole() {
    let server = Server::start(|_| {
        Some(reply(
            200,
            &[
                ("Content-Type", "text/html; charset=iso-8859-1"),
                ("ETag", "W/\"7\""),
                ("Last-Modified", "Fri, 17 May 2024 08:30:00 GMT"),
            ],
            b"<p>caf\xe9</p>",
        ))
    })
    .await;
    let answer = response(get(policy(), &server, "/a?b=c").await);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.url, server.url("/a?b=c"));
    assert_eq!(&answer.body[..], b"<p>caf\xe9</p>");
    assert!(answer.complete);
    assert_eq!(
        answer.content_type.as_deref(),
        Some("text/html; charset=iso-8859-1")
    );
    assert_eq!(answer.validators.etag.as_deref(), Some("W/\"7\""));
    let sent = &server.log()[0];
    assert_eq!(sent.path, "/a?b=c");
    assert!(
        sent.head
            .contains("user-agent: wirewatch (+mailto:desk@example.org)")
    );
    for coding in ["gzip", "br", "deflate", "zstd"] {
        assert!(sent.head.contains(coding), "{}", sent.head);
    }
}

#[tokio::test]
async fn validators_are_sent_and_304_is_not_modified() {
    let server = Server::start(|hit| {
        let known = hit.head.contains("if-none-match: \"v1\"")
            || hit
                .head
                .contains("if-modified-since: fri, 17 may 2024 08:30:00 gmt");
        let tag = [("ETag", "\"v2\"")];
        Some(if known {
            reply(304, &tag, b"")
        } else {
            reply(200, &tag, b"new")
        })
    })
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let with = |etag: Option<&str>, date: Option<&str>| Request {
        validators: Some(Validators {
            etag: etag.map(str::to_owned),
            last_modified: date.map(str::to_owned),
        }),
        ..Request::new(server.url("/"))
    };
    let date = "Fri, 17 May 2024 08:30:00 GMT";
    for request in [with(Some("\"v1\""), None), with(None, Some(date))] {
        match fetcher.fetch(&request).await {
            Fetched::NotModified(not) => {
                assert_eq!(not.validators.etag.as_deref(), Some("\"v2\""));
                assert_eq!(
                    not.validators.last_modified,
                    request.validators.unwrap().last_modified
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let changed = fetcher.fetch(&with(Some("\"v0\""), None)).await;
    assert_eq!(&response(changed).body[..], b"new");
}

#[tokio::test]
async fn an_unasked_304_is_a_failure() {
    let server = Server::start(|_| Some(reply(304, &[], b""))).await;
    assert_eq!(
        reason(get(policy(), &server, "/").await),
        Reason::UnaskedNotModified
    );
}

#[tokio::test]
async fn extra_headers_are_sent_but_not_to_another_host() {
    let other = Server::start_on("127.0.0.2", |_| Some(reply(200, &[], b"there"))).await;
    let target = other.url("/").to_string();
    let server = Server::start(move |_| Some(support::redirect(302, &target))).await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let request = Request {
        headers: vec![("Authorization".to_owned(), "Bearer s3cret".to_owned())],
        ..Request::new(server.url("/"))
    };
    assert_eq!(&response(fetcher.fetch(&request).await).body[..], b"there");
    assert!(server.log()[0].head.contains("bearer s3cret"));
    assert!(!other.log()[0].head.contains("s3cret"));
}

#[tokio::test]
async fn a_login_is_sent_to_its_origin_and_kept_out_of_answers() {
    let other = Server::start_on("127.0.0.2", |_| Some(reply(200, &[], b"there"))).await;
    let target = other.url("/").to_string();
    let server = Server::start(move |hit| {
        Some(match hit.path.as_str() {
            "/away" => support::redirect(302, &target),
            _ => support::redirect(302, "/away"),
        })
    })
    .await;
    let mut url = server.url("/");
    url.set_username("desk").unwrap();
    url.set_password(Some("secret")).unwrap();
    let fetcher = Fetcher::new(policy()).unwrap();
    let answer = response(fetcher.fetch(&Request::new(url)).await);
    assert_eq!(answer.redirects[0].from, server.url("/"));
    // "desk:secret" in base64, seen here in the lower case of the log.
    let sent = |hit: &support::Hit| hit.head.contains("authorization: basic zgvzazpzzwnyzxq=");
    assert!(server.log().iter().all(sent));
    assert!(!other.log().iter().any(sent));
}

#[tokio::test]
async fn a_proxy_is_asked_for_everything() {
    let proxy = Server::start(|_| Some(reply(200, &[], b"by proxy"))).await;
    let fetcher = Fetcher::new(Policy {
        proxy: Some(proxy.url("/")),
        ..policy()
    })
    .unwrap();
    let request = Request::new("http://no-such-host.invalid/a".parse().unwrap());
    assert_eq!(
        &response(fetcher.fetch(&request).await).body[..],
        b"by proxy"
    );
    assert_eq!(proxy.paths(), ["http://no-such-host.invalid/a"]);
    let private = Request::new("http://10.0.0.1/".parse().unwrap());
    let got = reason(fetcher.fetch(&private).await);
    assert!(matches!(got, Reason::PrivateAddress { .. }), "{got:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let agent = Policy {
        user_agent: "line\nbreak".to_owned(),
        ..policy()
    };
    assert!(Fetcher::new(agent).is_err());
    let fetcher = Fetcher::new(policy()).unwrap();
    let request = Request {
        headers: vec![("X-Odd".to_owned(), "line\nbreak".to_owned())],
        ..Request::new("http://127.0.0.1:9/".parse().unwrap())
    };
    let got = reason(fetcher.fetch(&request).await);
    assert_eq!(got, Reason::BadHeader("X-Odd".to_owned()));
}

#[tokio::test]
async fn error_statuses_are_answers_with_their_wishes() {
    let server = Server::start(|hit| {
        let status = hit.path.trim_start_matches('/').parse().unwrap();
        let wish: &[(&str, &str)] = match status {
            429 => &[("Retry-After", "120")],
            503 => &[
                ("Date", "Fri, 17 May 2024 08:00:00 GMT"),
                ("Retry-After", "Fri, 17 May 2024 08:10:00 GMT"),
            ],
            _ => &[],
        };
        Some(reply(status, wish, b"sorry"))
    })
    .await;
    for (status, wish) in [
        (404, None),
        (410, None),
        (500, None),
        (429, Some(120)),
        (503, Some(600)),
    ] {
        let answer = response(get(policy(), &server, &format!("/{status}")).await);
        assert_eq!(answer.status, status);
        assert_eq!(&answer.body[..], b"sorry");
        assert_eq!(answer.retry_after.map(|wait| wait.as_secs()), wish);
    }
}

#[tokio::test]
async fn a_refused_connection_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let fetcher = Fetcher::new(policy()).unwrap();
    let fetched = fetcher.fetch(&Request::new(url.parse().unwrap())).await;
    assert_eq!(reason(fetched), Reason::Refused);
}

#[tokio::test]
async fn a_connection_that_is_never_accepted_times_out() {
    // A full backlog: the kernel drops what more would connect.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let connect = tokio::net::TcpStream::connect(address);
        waiting.push(tokio::time::timeout(Duration::from_millis(50), connect).await);
    }
    let fetcher = Fetcher::new(Policy {
        connect_timeout: Duration::from_millis(100),
        ..policy()
    })
    .unwrap();
    let url = format!("http://{address}/").parse().unwrap();
    let fetched = fetcher.fetch(&Request::new(url)).await;
    assert_eq!(
        reason(fetched),
        Reason::ConnectTimeout(Duration::from_millis(100))
    );
}

#[tokio::test]
async fn plain_http_behind_https_is_no_secure_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let hello = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, hello)
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let fetcher = Fetcher::new(policy()).unwrap();
    let got = reason(fetcher.fetch(&Request::new(url.parse().unwrap())).await);
    assert!(matches!(got, Reason::Tls(_)), "{got:?}");
}

#[tokio::test]
async fn an_unknown_host_says_so() {
    let fetcher = Fetcher::new(policy()).unwrap();
    let url = "http://no-such-host.invalid/".parse().unwrap();
    let got = reason(fetcher.fetch(&Request::new(url)).await);
    assert!(matches!(got, Reason::UnknownHost(_)), "{got:?}");
    assert!(got.to_string().contains("spelling"), "{got}");
}

#[tokio::test]
async fn silence_times_out_at_the_first_byte() {
    let server = Server::start(|_| Some(vec![Step::Wait(Duration::from_secs(30))])).await;
    let got = reason(get(hasty(), &server, "/").await);
    assert_eq!(got, Reason::FirstByteTimeout(Duration::from_millis(300)));
}

#[tokio::test]
async fn a_stall_in_the_body_times_out_as_a_whole() {
    let server = Server::start(|_| {
        Some(vec![
            Step::Send(head(200, &[], Some("1000"))),
            Step::Send(b"half of it".to_vec()),
            Step::Wait(Duration::from_secs(30)),
        ])
    })
    .await;
    let got = reason(get(hasty(), &server, "/").await);
    assert_eq!(got, Reason::TotalTimeout(Duration::from_millis(900)));
}

#[tokio::test]
async fn a_drip_of_bytes_does_not_stretch_the_total_time() {
    let server = Server::start(|_| {
        let mut steps = vec![Step::Send(head(200, &[], Some("1000")))];
        for _ in 0..1000 {
            steps.push(Step::Send(b".".to_vec()));
            steps.push(Step::Wait(Duration::from_millis(50)));
        }
        Some(steps)
    })
    .await;
    let start = std::time::Instant::now();
    let got = reason(get(hasty(), &server, "/").await);
    assert_eq!(got, Reason::TotalTimeout(Duration::from_millis(900)));
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn closing_without_an_answer_and_garbage_are_told_apart() {
    let server = Server::start(|hit| {
        Some(match hit.path.as_str() {
            "/close" => vec![Step::Close],
            _ => vec![
                Step::Send(b"SMTP ready to serve\r\n\r\n".to_vec()),
                Step::Close,
            ],
        })
    })
    .await;
    assert_eq!(
        reason(get(policy(), &server, "/close").await),
        Reason::Closed
    );
    let got = reason(get(policy(), &server, "/garbage").await);
    assert!(matches!(got, Reason::Protocol(_)), "{got:?}");
}

#[tokio::test]
async fn the_next_fetch_after_a_failure_is_good() {
    let server = Server::start(|hit| {
        Some(match hit.connection {
            0 => vec![Step::Close],
            _ => reply(200, &[], b"fine again"),
        })
    })
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let request = Request::new(server.url("/"));
    assert_eq!(reason(fetcher.fetch(&request).await), Reason::Closed);
    assert_eq!(
        &response(fetcher.fetch(&request).await).body[..],
        b"fine again"
    );
}
