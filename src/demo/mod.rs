//! A small newsroom on loopback: pages in the usual layouts, with everything that changes on every
//! request, and stories that move when told to.
//!
//! For `wirewatch demo` and for the tests that need a whole site. Uses axum and nothing of the
//! product: it is what the product watches.

mod page;
mod stories;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use stories::{STORIES, Stage, Story};

/// A running newsroom; it closes when dropped.
pub struct Newsroom {
    address: SocketAddr,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

/// What the pages are made from.
struct Desk {
    /// Which stage of every story is on the site.
    stage: AtomicUsize,
    /// Requests so far: counters, orders and tokens follow from it.
    requests: AtomicU64,
}

impl Newsroom {
    /// Opens a newsroom on a free port of 127.0.0.1, every story at its first stage.
    pub async fn open() -> std::io::Result<Newsroom> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk {
            stage: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
        });
        let site = Router::new()
            .route("/world/", get(section))
            .route("/feed.xml", get(feed))
            .route("/news/{slug}", get(article))
            .with_state(desk.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, site).await {
                tracing::error!(%error, "the newsroom has closed");
            }
        });
        Ok(Newsroom {
            address,
            desk,
            server,
        })
    }

    /// The site's address, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Moves every story to stage `n`; a story that has no such stage stays at its last.
    pub fn publish(&self, n: usize) {
        self.desk.stage.store(n, Ordering::SeqCst);
    }

    /// Requests answered so far.
    pub fn requests(&self) -> u64 {
        self.desk.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Desk {
    fn turn(&self) -> (usize, u64) {
        let request = self.requests.fetch_add(1, Ordering::SeqCst);
        (self.stage.load(Ordering::SeqCst), request)
    }
}

async fn section(State(desk): State<Arc<Desk>>) -> Html<String> {
    let (stage, request) = desk.turn();
    Html(page::section(stage, request))
}

async fn feed(State(desk): State<Arc<Desk>>, headers: axum::http::HeaderMap) -> Response {
    let (stage, _) = desk.turn();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let feed = page::feed(stage, host.unwrap_or("127.0.0.1"));
    (
        [(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")],
        feed,
    )
        .into_response()
}

async fn article(State(desk): State<Arc<Desk>>, Path(slug): Path<String>) -> Response {
    let (stage, request) = desk.turn();
    let Some(story) = STORIES.iter().find(|story| story.slug == slug) else {
        return (StatusCode::NOT_FOUND, Html("<h1>Not found</h1>")).into_response();
    };
    match story.at(stage) {
        Stage::Unpublished => (StatusCode::NOT_FOUND, Html("<h1>Not found</h1>")).into_response(),
        Stage::Consent => Html(page::consent()).into_response(),
        Stage::Article { title, text } => {
            Html(page::article(story, title, text, request)).into_response()
        }
    }
}
