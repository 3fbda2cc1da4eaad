//! A way to a server that can hold back what it answers: the moment between a message's arrival and
//! its acknowledgement, as long as a test needs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Passes on what both sides say.
pub struct Proxy {
    pub port: u16,
    silent: Arc<AtomicBool>,
    cut: Arc<Notify>,
}

impl Proxy {
    pub async fn to(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            silent: Arc::default(),
            cut: Arc::default(),
        };
        let (silent, cut) = (proxy.silent.clone(), proxy.cut.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (silent, cut) = (silent.clone(), cut.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
                        return;
                    };
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let there = async {
                        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                    };
                    let back = async {
                        let mut buffer = [0; 4096];
                        while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
                            if !silent.load(Ordering::SeqCst)
                                && to_client.write_all(&buffer[..n]).await.is_err()
                            {
                                return;
                            }
                        }
                    };
                    tokio::select! {
                        () = there => {}
                        () = back => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        proxy
    }

    /// From now on no answer comes through, or again every one.
    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Ends every connection there is.
    pub fn cut(&self) {
        self.cut.notify_waiters();
    }
}
