//! One HTTP exchange: a request, its answer, limits on time and size, and errors put into words.
//! No retries and no redirects: those are decided above.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;
use url::Url;

use super::address::is_allowed;
use super::answer::Reason;
use super::dns::Resolver;
use super::policy::Policy;
use super::retry_after;

/// What to do with a body over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlong {
    /// It is of no use.
    Refuse,
    /// Its beginning will do.
    Cut,
}

/// The bounds of one exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Time left for it.
    pub time: Duration,
    /// Bytes of body, decompressed.
    pub body: usize,
    /// What a longer body is worth.
    pub overlong: Overlong,
}

/// An answer as it came, redirect or not.
#[derive(Debug)]
pub(super) struct Exchange {
    pub status: u16,
    pub http2: bool,
    /// `None` behind a proxy.
    pub peer: Option<IpAddr>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub complete: bool,
    pub retry_after: Option<Duration>,
}

impl Exchange {
    /// A header's value, if it is text.
    pub(super) fn header(&self, name: reqwest::header::HeaderName) -> Option<String> {
        let value = self.headers.get(name)?;
        // Locations and types in raw UTF-8 do occur.
        std::str::from_utf8(value.as_bytes())
            .ok()
            .map(str::to_owned)
    }
}

/// The HTTP client for this policy.
pub(super) fn client(policy: &Policy) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(&policy.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(policy.connect_timeout)
        // Shorter than what servers commonly allow, so that a request seldom meets a closing door.
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(policy.per_host_concurrency.max(1));
    match &policy.proxy {
        // The proxy is the only name looked up then, and often a private one.
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.as_str())?),
        None => builder
            .no_proxy()
            .dns_resolver(Resolver::new(&policy.allow_private)),
    }
    .build()
}

/// Makes one request and reads its whole answer.
pub(super) async fn exchange(
    client: &reqwest::Client,
    policy: &Policy,
    url: &Url,
    headers: HeaderMap,
    bounds: Bounds,
) -> Result<Exchange, Reason> {
    let deadline = Instant::now() + bounds.time;
    let silence = policy.first_byte_timeout.min(bounds.time);
    let sent = client.get(url.clone()).headers(headers).send();
    let response = match tokio::time::timeout(silence, sent).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(before_answer(&error, policy)),
        Err(_) if silence < bounds.time => return Err(Reason::FirstByteTimeout(silence)),
        Err(_) => return Err(Reason::TotalTimeout(policy.total_timeout)),
    };
    let peer = match policy.proxy {
        Some(_) => None,
        None => response.remote_addr().map(|remote| remote.ip()),
    };
    if let Some(address) = peer.filter(|peer| !is_allowed(*peer, &policy.allow_private)) {
        return Err(Reason::PrivateAddress {
            host: url.host_str().unwrap_or_default().to_owned(),
            address,
        });
    }
    if let Some(encoding) = still_encoded(response.headers()) {
        return Err(Reason::Undecodable(format!(
            "it is compressed as \"{encoding}\", which was not asked for"
        )));
    }
    let status = response.status().as_u16();
    let http2 = response.version() == reqwest::Version::HTTP_2;
    let headers = response.headers().clone();
    let retry_after = retry_after(&headers);
    let (body, complete) = match tokio::time::timeout_at(deadline, read(response, bounds)).await {
        Ok(read) => read?,
        Err(_) => return Err(Reason::TotalTimeout(policy.total_timeout)),
    };
    Ok(Exchange {
        status,
        http2,
        peer,
        headers,
        body,
        complete,
        retry_after,
    })
}

/// Room for a usual page, so that few are moved while they grow.
const USUAL: usize = 64 * 1024;

/// The body, and whether it came to its end.
async fn read(mut response: reqwest::Response, bounds: Bounds) -> Result<(Bytes, bool), Reason> {
    let too_large = Reason::TooLarge(bounds.body);
    let announced = response.content_length().unwrap_or(0);
    if announced > bounds.body as u64 && bounds.overlong == Overlong::Refuse {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = bounds.body - body.len();
                if chunk.len() > room {
                    if bounds.overlong == Overlong::Refuse {
                        return Err(too_large);
                    }
                    body.extend_from_slice(chunk.get(..room).unwrap_or_default());
                    return Ok((body.freeze(), true));
                }
                if body.capacity() == 0 {
                    body.reserve(chunk.len().max(USUAL));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok((body.freeze(), true)),
            Err(error) if was_cut_off(&error) => return Ok((body.freeze(), false)),
            Err(error) => return Err(Reason::Undecodable(innermost(&error))),
        }
    }
}

/// A compression that the client has not undone: an unknown one, or several in a row. Servers also
/// put charsets into this header, which do no harm.
fn still_encoded(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().ok()?;
    let lower = value.to_ascii_lowercase();
    let known = ["gzip", "compress", "deflate", "br", "zstd", "dcb", "dcz"];
    lower
        .split(',')
        .any(|token| known.contains(&token.trim().trim_start_matches("x-")))
        .then(|| value.to_owned())
}

/// The pause asked for. A date is held against the server's own clock if it shows it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let now = headers
        .get(DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .unwrap_or_else(SystemTime::now);
    retry_after::parse(value, now)
}

/// An error and its causes, outermost first. An `io::Error` keeps what it wraps behind `get_ref`,
/// and its `source` skips it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// Whether an I/O error of one of these kinds is among the causes.
fn has_io(error: &reqwest::Error, kinds: &[io::ErrorKind]) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| kinds.contains(&io.kind()))
}

/// The kinds by which a connection ends too soon.
const CUT: [io::ErrorKind; 4] = [
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::BrokenPipe,
];

/// The last cause, which names the trouble best.
fn innermost(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Whether a body ended because the connection or the compressed stream did, rather than because
/// its compression is broken.
fn was_cut_off(error: &reqwest::Error) -> bool {
    find::<hyper::Error>(error).is_some() || has_io(error, &CUT)
}

/// Why no answer came.
fn before_answer(error: &reqwest::Error, policy: &Policy) -> Reason {
    if let Some(reason) = find::<Reason>(error) {
        return reason.clone();
    }
    if error.is_dns() {
        return Reason::UnknownHost(innermost(error));
    }
    if error.is_connect() {
        return if error.is_timeout() || has_io(error, &[io::ErrorKind::TimedOut]) {
            Reason::ConnectTimeout(policy.connect_timeout)
        } else if has_io(error, &[io::ErrorKind::ConnectionRefused]) {
            Reason::Refused
        } else if has_io(error, &[io::ErrorKind::InvalidData]) {
            // How the TLS layer reports a handshake that went wrong.
            Reason::Tls(innermost(error))
        } else {
            Reason::Unreachable(innermost(error))
        };
    }
    match find::<hyper::Error>(error) {
        Some(hyper) if hyper.is_parse() => Reason::Protocol(innermost(error)),
        Some(hyper) if hyper.is_incomplete_message() || hyper.is_closed() => Reason::Closed,
        _ if has_io(error, &CUT) => Reason::Closed,
        _ => Reason::Unreachable(innermost(error)),
    }
}
