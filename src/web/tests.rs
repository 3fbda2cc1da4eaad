use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::store::Store;

/// A server with a store of its own, and the main loop's end of its questions.
struct Served {
    web: Web,
    state: State,
    address: SocketAddr,
    asks: mpsc::Receiver<Ask>,
    _dir: tempfile::TempDir,
}

async fn served() -> Served {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let (asked, asks) = mpsc::channel(16);
    let state = State::new(store, asked, crate::metrics::install().unwrap());
    let bound = Bound::at("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = bound.listener.local_addr().unwrap();
    let mut web = Web::default();
    web.serve(bound, state.clone());
    Served {
        web,
        state,
        address,
        asks,
        _dir: dir,
    }
}

/// The whole answer to a request on a connection of its own.
async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Answers questions as a main loop that is well.
fn well(mut asks: mpsc::Receiver<Ask>, answer: Answer) {
    tokio::spawn(async move {
        while let Some(ask) = asks.recv().await {
            let _ = ask.send(answer.clone());
        }
    });
}

const WELL: Answer = Answer {
    load: crate::metrics::Load {
        sources: 7,
        queued: 0,
        hosts: 0,
        running: 0,
        suspects: 0,
    },
    synced: true,
    outage: None,
};

#[tokio::test]
async fn a_daemon_that_is_well_says_so() {
    let Served {
        address,
        asks,
        _dir,
        web: _web,
        ..
    } = served().await;
    well(asks, WELL);
    let healthy = ask(address, "GET /healthz").await;
    assert!(
        healthy.starts_with("HTTP/1.1 200") && healthy.ends_with("\r\n\r\nok\n"),
        "{healthy}"
    );
    let ready = ask(address, "GET /readyz").await;
    assert!(
        ready.starts_with("HTTP/1.1 200") && ready.contains(r#""status":"ready""#),
        "{ready}"
    );
    let head = ask(address, "HEAD /metrics").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let figures = ask(address, "GET /metrics").await;
    assert!(figures.contains("\nwirewatch_sources 7\n"), "{figures}");
    assert!(figures.contains("\nwirewatch_ready 1\n"), "{figures}");
    for (request, status) in [
        ("GET /nothing", "404"),
        ("GET /metrics/..", "404"),
        ("POST /metrics", "405"),
    ] {
        let answer = ask(address, request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{request}: {answer}"
        );
        assert!(answer.contains("content-type: text/plain"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    for (answer, word) in [
        (
            Answer {
                synced: false,
                ..WELL
            },
            r#""sources":"the sources of the config"#,
        ),
        (
            Answer {
                outage: Some("nothing is fetched: the disk is full".to_owned()),
                ..WELL
            },
            r#""store":"nothing is fetched: the disk is full"#,
        ),
    ] {
        let Served {
            address,
            asks,
            _dir,
            web: _web,
            ..
        } = served().await;
        well(asks, answer);
        let said = ask(address, "GET /readyz").await;
        assert!(
            said.starts_with("HTTP/1.1 503") && said.contains(word),
            "{said}"
        );
        // A restart would not help.
        assert!(
            ask(address, "GET /healthz")
                .await
                .starts_with("HTTP/1.1 200")
        );
    }
}

#[tokio::test]
async fn a_main_loop_that_does_not_move_is_told_and_figures_are_shown_all_the_same() {
    let Served {
        address,
        asks: _asks,
        _dir,
        web: _web,
        ..
    } = served().await;
    let (healthy, ready, figures) = tokio::join!(
        ask(address, "GET /healthz"),
        ask(address, "GET /readyz"),
        ask(address, "GET /metrics")
    );
    assert!(healthy.starts_with("HTTP/1.1 503"), "{healthy}");
    assert!(healthy.contains("the main loop: it "), "{healthy}");
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.contains(r#""store":"ok""#),
        "{ready}"
    );
    assert!(
        figures.contains("process_resident_memory_bytes "),
        "{figures}"
    );
}

#[tokio::test]
async fn it_moves_and_stays_where_it_cannot() {
    let Served {
        mut web,
        state,
        asks,
        _dir,
        ..
    } = served().await;
    well(asks, WELL);
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let first = free();
    web.move_to(first, state.clone()).await.unwrap();
    assert!(ask(first, "GET /healthz").await.contains("200"));
    // The same port of all addresses, which the first holds.
    let all: SocketAddr = ([0, 0, 0, 0], first.port()).into();
    web.move_to(all, state.clone()).await.unwrap();
    assert!(ask(first, "GET /healthz").await.contains("200"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = web
        .move_to(taken.local_addr().unwrap(), state.clone())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("another program"), "{refused}");
    assert!(ask(first, "GET /healthz").await.contains("200"));
    let elsewhere: SocketAddr = ([192, 0, 2, 1], first.port()).into();
    let refused = web
        .move_to(elsewhere, state.clone())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("does not have that address"), "{refused}");
    assert!(ask(first, "GET /healthz").await.contains("200"));
    web.stop().await;
    assert!(TcpStream::connect(first).await.is_err());
}

#[tokio::test]
async fn a_store_that_does_not_commit_is_asked_once() {
    let Served {
        state, asks, _dir, ..
    } = served().await;
    well(asks, WELL);
    let lock = rusqlite::Connection::open(_dir.path().join("w.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked: Vec<_> = (0..3)
        .map(|_| {
            let state = state.clone();
            tokio::spawn(async move { state.checks().await })
        })
        .collect();
    for checks in asked {
        let checks = checks.await.unwrap();
        let why = checks.store.clone().unwrap_err();
        assert!(why.contains("has not committed within"), "{why}");
        assert!(!checks.well() && checks.main_loop.is_ok());
    }
    lock.execute_batch("ROLLBACK").unwrap();
    while !state.checks().await.well() {}
}

#[tokio::test(start_paused = true)]
async fn silent_connections_are_closed_and_give_their_place_to_others() {
    let Served {
        address,
        asks,
        _dir,
        web: _web,
        ..
    } = served().await;
    well(asks, WELL);
    let silent: Vec<TcpStream> = futures_util::future::join_all(
        (0..80).map(|_| async { TcpStream::connect(address).await.unwrap() }),
    )
    .await;
    let answer = ask(address, "GET /healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(silent);
}
