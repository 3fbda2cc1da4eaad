//! A raw HTTP/1.1 server on loopback that answers byte for byte what a test tells it to, well
//! behaved or not, and logs every request.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What the server does next on a connection.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Close,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Path and query.
    pub path: String,
    /// The whole head, lower case.
    pub head: String,
    /// The number of the connection it came on.
    pub connection: usize,
    pub start: Instant,
    /// When the answer was out.
    pub end: Option<Instant>,
}

/// A running server; it stops with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<Hit>>>,
}

/// Decides what a request gets; `None` is a plain 404.
type Answer = dyn Fn(&Hit) -> Option<Vec<Step>> + Send + Sync;

impl Server {
    pub async fn start(answer: impl Fn(&Hit) -> Option<Vec<Step>> + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1", answer).await
    }

    pub async fn start_on(
        ip: &str,
        answer: impl Fn(&Hit) -> Option<Vec<Step>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, hits): (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&log));
        tokio::spawn(async move {
            let connections = AtomicUsize::new(0);
            while let Ok((stream, _)) = listener.accept().await {
                let number = connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(
                    stream,
                    number,
                    Arc::clone(&answer),
                    Arc::clone(&hits),
                ));
            }
        });
        Server { address, log }
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// All requests so far, first to last.
    pub fn log(&self) -> Vec<Hit> {
        self.log.lock().unwrap().clone()
    }

    /// The paths asked for so far, first to last.
    pub fn paths(&self) -> Vec<String> {
        self.log().into_iter().map(|hit| hit.path).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    answer: Arc<Answer>,
    log: Arc<Mutex<Vec<Hit>>>,
) {
    while let Some(head) = read_head(&mut stream).await {
        let hit = Hit {
            path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
            head: head.to_lowercase(),
            connection,
            start: Instant::now(),
            end: None,
        };
        let index = {
            let mut log = log.lock().unwrap();
            log.push(hit.clone());
            log.len() - 1
        };
        for step in answer(&hit).unwrap_or_else(|| reply(404, &[], b"not here")) {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Close => {
                    log.lock().unwrap()[index].end = Some(Instant::now());
                    let _ = stream.shutdown().await;
                    return;
                }
            }
        }
        log.lock().unwrap()[index].end = Some(Instant::now());
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// A whole, well-formed answer with its `Content-Length`.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let length = body.len().to_string();
    let mut all = head(status, headers, Some(&length));
    all.extend_from_slice(body);
    vec![Step::Send(all)]
}

/// Only the head of an answer.
pub fn head(status: u16, headers: &[(&str, &str)], length: Option<&str>) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        text.push_str(&format!("Content-Length: {length}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

pub fn redirect(status: u16, to: &str) -> Vec<Step> {
    reply(status, &[("Location", to)], b"moved")
}
