//! A line to a syslog daemon: RFC 5424, over a unix datagram socket, UDP or TCP (octet counting,
//! RFC 6587).
//!
//! Syslog acknowledges nothing. A line counts as delivered when the system has taken it: of UDP,
//! and of the last lines before a TCP connection breaks, some may be lost. `line` writes lines.

mod line;

#[cfg(test)]
mod tests;

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket, UnixDatagram};

use super::push::one_by_one;
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, one};
use crate::config::{self, SyslogAddress};
use line::Writer;

/// Sends lines to one daemon.
pub(super) struct Syslog {
    address: SyslogAddress,
    writer: Writer,
    /// Kept open.
    stream: Option<TcpStream>,
}

/// Fails where a template is wrong.
pub(super) fn build(
    config: &config::Syslog,
    given: Option<&config::Delivery>,
) -> Result<Syslog, String> {
    Ok(Syslog {
        address: config.address.clone(),
        writer: Writer::new(config, given)?,
        stream: None,
    })
}

impl Syslog {
    async fn send(&mut self, message: &Message) -> Sent {
        let lines: Vec<String> = one_by_one(message).map(|m| self.writer.line(&m)).collect();
        let sent = match self.address.clone() {
            SyslogAddress::Tcp(host, port) => self.stream((&host, port), &lines).await,
            _ => self.datagrams(&lines).await,
        };
        match sent {
            Ok(()) => Ok(None),
            Err(error) => Err(Failure::later(format!("failed to send to it: {error}"))),
        }
    }

    async fn datagrams(&self, lines: &[String]) -> io::Result<()> {
        let socket = Datagrams::open(&self.address).await?;
        for line in lines {
            socket.send(line.as_bytes()).await?;
        }
        Ok(())
    }

    async fn stream(&mut self, to: (&str, u16), lines: &[String]) -> io::Result<()> {
        // Taken out, so that a connection left half-way is not used again.
        let mut stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => TcpStream::connect(to).await?,
        };
        let framed: String = lines.iter().map(|l| format!("{} {l}", l.len())).collect();
        stream.write_all(framed.as_bytes()).await?;
        stream.flush().await?;
        self.stream = Some(stream);
        Ok(())
    }
}

/// A daemon says nothing; what can be read is the end of the connection.
fn is_open(stream: &TcpStream) -> bool {
    let read = stream.try_read(&mut [0; 64]);
    matches!(read, Ok(1..)) || matches!(read, Err(e) if e.kind() == io::ErrorKind::WouldBlock)
}

enum Datagrams {
    Unix(UnixDatagram),
    Udp(UdpSocket),
}

impl Datagrams {
    async fn open(address: &SyslogAddress) -> io::Result<Datagrams> {
        match address {
            SyslogAddress::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                Ok(Datagrams::Unix(socket))
            }
            SyslogAddress::Udp(host, port) | SyslogAddress::Tcp(host, port) => {
                let mut last = io::Error::other("the host has no address");
                for to in tokio::net::lookup_host((host.as_str(), *port)).await? {
                    let any = match to.is_ipv4() {
                        true => "0.0.0.0:0",
                        false => "[::]:0",
                    };
                    let socket = UdpSocket::bind(any).await?;
                    match socket.connect(to).await {
                        Ok(()) => return Ok(Datagrams::Udp(socket)),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Datagrams::Unix(socket) => socket.send(bytes).await,
            Datagrams::Udp(socket) => socket.send(bytes).await,
        }
    }
}

impl Notifier for Syslog {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.send(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let opened = match &self.address {
                SyslogAddress::Tcp(host, port) => TcpStream::connect((host.as_str(), *port))
                    .await
                    .map(|_| "it takes connections"),
                SyslogAddress::Unix(_) => Datagrams::open(&self.address)
                    .await
                    .map(|_| "its socket is there"),
                SyslogAddress::Udp(..) => Datagrams::open(&self.address)
                    .await
                    .map(|_| "its address is known; UDP does not tell whether anybody listens"),
            };
            opened
                .map(str::to_owned)
                .map_err(|e| Failure::later(format!("it cannot be reached: {e}")))
        })
    }
}
