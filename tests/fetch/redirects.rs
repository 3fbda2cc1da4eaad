//! Redirects: followed, counted, checked on every hop.

use wirewatch::fetch::{Fetcher, Policy, Reason, Request};

use super::support::{Server, redirect, reply};
use super::{get, policy, reason, response};

#[tokio::test]
async fn every_status_and_relative_form_is_followed() {
    let server = Server::start(|hit| {
        Some(match hit.path.as_str() {
            "/a/start" => redirect(301, "next?x=1#part"),
            "/a/next?x=1" => redirect(302, "/b"),
            "/b" => redirect(303, "?q"),
            "/b?q" => redirect(
                307,
                &format!("//{}/c", hit.head.split("host: ").nth(1)?.lines().next()?),
            ),
            "/c" => redirect(308, "./end"),
            "/end" => reply(200, &[], b"arrived"),
            _ => return None,
        })
    })
    .await;
    let answer = response(get(policy(), &server, "/a/start").await);
    assert_eq!(&answer.body[..], b"arrived");
    assert_eq!(answer.url, server.url("/end"));
    let steps: Vec<_> = answer
        .redirects
        .iter()
        .map(|step| (step.from.path(), step.status, step.is_permanent()))
        .collect();
    assert_eq!(
        steps,
        [
            ("/a/start", 301, true),
            ("/a/next", 302, false),
            ("/b", 303, false),
            ("/b", 307, false),
            ("/c", 308, true),
        ]
    );
}

#[tokio::test]
async fn redirects_are_followed_to_another_host() {
    let other = Server::start_on("127.0.0.2", |_| Some(reply(200, &[], b"over here"))).await;
    let target = other.url("/new").to_string();
    let server = Server::start(move |_| Some(redirect(301, &target))).await;
    let answer = response(get(policy(), &server, "/old").await);
    assert_eq!(answer.url, other.url("/new"));
    assert_eq!(&answer.body[..], b"over here");
}

#[tokio::test]
async fn circles_and_long_chains_end() {
    let server = Server::start(|hit| {
        let number = hit
            .path
            .strip_prefix("/long/")
            .and_then(|n| n.parse::<u32>().ok());
        Some(match (hit.path.as_str(), number) {
            (_, Some(n)) => redirect(302, &format!("/long/{}", n + 1)),
            ("/self", _) => redirect(302, "/self"),
            ("/ping", _) => redirect(302, "/pong"),
            _ => redirect(302, "/ping"),
        })
    })
    .await;
    for path in ["/self", "/ping", "/pong"] {
        assert_eq!(
            reason(get(policy(), &server, path).await),
            Reason::RedirectLoop
        );
    }
    let before = server.log().len();
    let got = reason(get(policy(), &server, "/long/0").await);
    assert_eq!(got, Reason::TooManyRedirects(5));
    assert_eq!(server.log().len() - before, 6);
}

#[tokio::test]
async fn a_redirect_without_a_target_is_an_answer() {
    let server = Server::start(|_| Some(reply(302, &[], b"somewhere"))).await;
    let answer = response(get(policy(), &server, "/").await);
    assert_eq!((answer.status, &answer.body[..]), (302, &b"somewhere"[..]));
}

#[tokio::test]
async fn no_redirect_leads_out_of_the_web_or_into_the_house() {
    let server = Server::start(|hit| {
        let to = hit.head.split("x-to: ").nth(1)?.lines().next()?.to_owned();
        Some(redirect(302, &to))
    })
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let follow = async |to: &str| {
        let request = Request {
            headers: vec![("X-To".to_owned(), to.to_owned())],
            ..Request::new(server.url("/"))
        };
        reason(fetcher.fetch(&request).await)
    };
    for to in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "data:text/html,x",
        "gopher://h/",
    ] {
        assert!(matches!(follow(to).await, Reason::Scheme(_)), "{to}");
    }
    for to in [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0xa000001/",
        "http://167772161/",
        "http://012.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "https://192.168.1.1./",
        "//172.16.0.1/",
        "http://0/",
    ] {
        let got = follow(to).await;
        assert!(
            matches!(got, Reason::PrivateAddress { .. }),
            "{to}: {got:?}"
        );
        assert!(got.to_string().contains("allow_private"), "{got}");
    }
    assert_eq!(
        follow("http://user:pass@example.org/").await,
        Reason::Userinfo
    );
    assert!(matches!(
        follow("http://[::1").await,
        Reason::BadRedirect(_)
    ));
}

#[tokio::test]
async fn nothing_private_is_reached_unless_allowed() {
    let server = Server::start(|_| Some(reply(200, &[], b"secret"))).await;
    let port = server.address.port();
    let closed = || Policy {
        allow_private: Vec::new(),
        ..policy()
    };
    let fetcher = Fetcher::new(closed()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "localhost",
    ] {
        let url = format!("http://{host}:{port}/").parse().unwrap();
        let got = reason(fetcher.fetch(&Request::new(url)).await);
        assert!(
            matches!(got, Reason::PrivateAddress { .. }),
            "{host}: {got:?}"
        );
    }
    assert!(server.log().is_empty(), "nothing may have been asked");
    let open = Fetcher::new(policy()).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/").parse().unwrap();
        assert_eq!(
            &response(open.fetch(&Request::new(url)).await).body[..],
            b"secret",
            "{host}"
        );
    }
}
