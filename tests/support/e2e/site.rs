//! A web site on loopback that answers byte for byte what a test tells it to, and logs every
//! request. One request a connection, so that a closed site is closed at once.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What happens next on a connection.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Path and query.
    pub path: String,
    /// The whole head, lower case.
    pub head: String,
    /// How many requests for this path came before.
    pub nth: u64,
    pub start: Instant,
    /// When the answer was out.
    pub end: Option<Instant>,
}

type Answer = Arc<dyn Fn(&Ask) -> Vec<Step> + Send + Sync>;

#[derive(Default)]
struct Desk {
    answers: Mutex<HashMap<String, Answer>>,
    log: Mutex<Vec<Ask>>,
    closing: AtomicBool,
}

/// A site; it closes when dropped.
pub struct Site {
    pub address: SocketAddr,
    desk: Arc<Desk>,
    door: Mutex<Option<JoinHandle<()>>>,
}

impl Site {
    pub fn open() -> Site {
        Site::open_on("127.0.0.1")
    }

    /// On an address of its own, the site is a host of its own.
    pub fn open_on(ip: &str) -> Site {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let site = Site {
            address: listener.local_addr().unwrap(),
            desk: Arc::default(),
            door: Mutex::new(None),
        };
        site.listen(listener);
        site
    }

    /// Stops listening: connections are refused from now on.
    pub fn close(&self) {
        self.desk.closing.store(true, Ordering::SeqCst);
        if let Some(door) = self.door.lock().unwrap().take() {
            door.join().unwrap();
        }
    }

    /// Listens again at the same address.
    pub fn reopen(&self) {
        self.desk.closing.store(false, Ordering::SeqCst);
        self.listen(TcpListener::bind(self.address).unwrap());
    }

    fn listen(&self, listener: TcpListener) {
        listener.set_nonblocking(true).unwrap();
        let desk = Arc::clone(&self.desk);
        let door = thread::spawn(move || {
            while !desk.closing.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let desk = Arc::clone(&desk);
                        thread::spawn(move || serve(stream, &desk));
                    }
                    Err(_) => thread::sleep(Duration::from_millis(3)),
                }
            }
        });
        *self.door.lock().unwrap() = Some(door);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on `path` is answered by `answer`. Paths never put are a 404.
    pub fn put(&self, path: &str, answer: impl Fn(&Ask) -> Vec<Step> + Send + Sync + 'static) {
        let mut answers = self.desk.answers.lock().unwrap();
        answers.insert(path.to_owned(), Arc::new(answer));
    }

    /// Requests for `path` so far, first to last.
    pub fn asked(&self, path: &str) -> Vec<Ask> {
        let mut log = self.log();
        log.retain(|ask| ask.path == path);
        log
    }

    /// Every request so far, first to last.
    pub fn log(&self) -> Vec<Ask> {
        self.desk.log.lock().unwrap().clone()
    }

    /// Waits until `path` has been asked for and answered `more` times from now on.
    #[track_caller]
    pub fn wait_polls(&self, path: &str, more: usize) {
        let answered = || self.asked(path).iter().filter(|a| a.end.is_some()).count();
        // One may be under way that began before now.
        let want = self.asked(path).len() + more;
        super::until(&format!("{more} more polls of {path}"), || {
            (answered() >= want).then_some(())
        });
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.desk.closing.store(true, Ordering::SeqCst);
    }
}

fn serve(mut stream: TcpStream, desk: &Desk) {
    let _ = stream.set_nonblocking(false);
    let Some(head) = read_head(&mut stream) else {
        return;
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (index, ask) = {
        let mut log = desk.log.lock().unwrap();
        let ask = Ask {
            nth: log.iter().filter(|ask| ask.path == path).count() as u64,
            path: path.clone(),
            head: head.to_lowercase(),
            start: Instant::now(),
            end: None,
        };
        log.push(ask.clone());
        (log.len() - 1, ask)
    };
    let answer = desk.answers.lock().unwrap().get(&path).cloned();
    let steps = match answer {
        Some(answer) => answer(&ask),
        None => reply(404, &[], b"not here"),
    };
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    break;
                }
            }
            Step::Wait(time) => thread::sleep(time),
        }
    }
    desk.log.lock().unwrap()[index].end = Some(Instant::now());
    let _ = stream.shutdown(Shutdown::Both);
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Only the head of an answer; `length` as the server claims it.
pub fn head(status: u16, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Whatever\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {length}\r\n\r\n"));
    text.into_bytes()
}

/// A whole, well-formed answer.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let mut all = head(status, headers, body.len());
    all.extend_from_slice(body);
    vec![Step::Send(all)]
}

/// A page as it should be.
pub fn html(body: &str) -> Vec<Step> {
    reply(
        200,
        &[("Content-Type", "text/html; charset=utf-8")],
        body.as_bytes(),
    )
}

/// A feed as it should be.
pub fn rss(body: &str) -> Vec<Step> {
    reply(
        200,
        &[("Content-Type", "application/rss+xml")],
        body.as_bytes(),
    )
}
