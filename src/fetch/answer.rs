//! What a fetch is asked and what it answers.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::Url;

/// One page to get.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where; http or https. A user name and password in it are sent to its origin only.
    pub url: Url,
    /// What the last good answer for this URL said of itself. Sent on every hop.
    pub validators: Option<Validators>,
    /// Extra headers, name and value. Not sent on to another origin by a redirect.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// A plain request for this page.
    pub fn new(url: Url) -> Self {
        Request {
            url,
            validators: None,
            headers: Vec::new(),
        }
    }
}

/// The marks by which a server tells whether a page has changed. The caller keeps them by URL, and
/// only of answers it could use: a consent page has validators too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` as sent, weak mark and quotes included.
    pub etag: Option<String>,
    /// The `Last-Modified` date as sent.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The URL that redirected.
    pub from: Url,
    /// Its status: 301, 302, 303, 307 or 308.
    pub status: u16,
}

impl Redirect {
    /// Whether the page says it has moved for good.
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// What a fetch brought.
#[derive(Debug, Clone)]
pub enum Fetched {
    /// An answer of any status but 304, with its body.
    Response(Box<Response>),
    /// The page has not changed since the validators sent were given.
    NotModified(Box<NotModified>),
    /// No usable answer.
    Failed(Box<Failure>),
    /// The site's robots.txt forbids this page (the last hop's).
    RobotsDisallowed {
        /// The forbidden URL.
        url: Url,
    },
    /// Not asked: the host wants a pause longer than the policy's patience. No fault of the page;
    /// ask again after that time.
    Deferred {
        /// How long the host still wants to be left alone.
        wait: Duration,
    },
}

/// An answer with a body.
#[derive(Debug, Clone)]
pub struct Response {
    /// The URL that answered, after all redirects.
    pub url: Url,
    /// The redirects on the way there, first to last.
    pub redirects: Vec<Redirect>,
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` as sent.
    pub content_type: Option<String>,
    /// For the next conditional request.
    pub validators: Validators,
    /// With what head it came.
    pub head: Head,
    /// The body, decompressed, in the page's own charset.
    pub body: Bytes,
    /// Whether the body came to its end: `Content-Length` or the last chunk reached, the
    /// compression closed. If not, `body` is the part that came.
    pub complete: bool,
    /// The pause the server asked for, by `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The server's clock, by its `Date`.
    pub date: Option<SystemTime>,
    /// Time on the network, redirects included, waiting for the host's turn not.
    pub elapsed: Duration,
}

/// The head of an answer as it came, for who keeps it.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// It came by HTTP/2.
    pub http2: bool,
    /// The address that answered; `None` behind a proxy.
    pub peer: Option<IpAddr>,
    /// The headers; those of a compression that the client has undone are gone.
    pub headers: HeaderMap,
}

/// A part of a page, as a script of it asked for it.
#[derive(Debug, Clone)]
pub struct Part {
    /// The HTTP status; a redirect is not followed.
    pub status: u16,
    /// Headers that are text, but for those that told how the body was sent.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// A 304.
#[derive(Debug, Clone)]
pub struct NotModified {
    /// The URL that answered, after all redirects.
    pub url: Url,
    /// The redirects on the way there, first to last.
    pub redirects: Vec<Redirect>,
    /// Those of the answer where it has them, else those that were sent.
    pub validators: Validators,
    /// Time on the network, redirects included, waiting for the host's turn not.
    pub elapsed: Duration,
}

/// A fetch that brought nothing usable. `Display` says what and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{url}: {reason}")]
pub struct Failure {
    /// The hop that failed.
    pub url: Url,
    /// Why.
    pub reason: Reason,
    /// When to ask again, where that is known.
    pub retry_after: Option<Duration>,
}

/// Why a fetch failed, with the fix where there is one on this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The address is not on the public internet.
    #[error(
        "{host} is the private address {address}; add its network to allow_private in [fetch] if this is meant"
    )]
    PrivateAddress {
        /// The host as the URL has it.
        host: String,
        /// What it stands for.
        address: IpAddr,
    },
    /// Neither http nor https.
    #[error("the scheme \"{0}\" is not fetched, only http and https")]
    Scheme(String),
    /// No host in the URL.
    #[error("the URL has no host")]
    NoHost,
    /// A redirect that carries a user name or password.
    #[error("the redirect carries a user name or password, which is refused")]
    Userinfo,
    /// A redirect to something that is no URL.
    #[error("the redirect leads to \"{0}\", which is no URL")]
    BadRedirect(String),
    /// More redirects than allowed.
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    /// A redirect to a page of the same chain.
    #[error("the redirects run in a circle")]
    RedirectLoop,
    /// The name could not be looked up.
    #[error("the host name could not be looked up: {0}; check its spelling and this machine's DNS")]
    UnknownHost(String),
    /// Nobody listens there.
    #[error("connection refused; is the site up, and the port right?")]
    Refused,
    /// No connection in time.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// The handshake failed.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// Another network error before an answer.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Connected, but silent.
    #[error("no answer within {0:?}")]
    FirstByteTimeout(Duration),
    /// Answering, but too slowly.
    #[error("not done within {0:?}")]
    TotalTimeout(Duration),
    /// The connection was closed before an answer.
    #[error("the server closed the connection without an answer")]
    Closed,
    /// An answer that is no HTTP.
    #[error("the answer is no valid HTTP: {0}")]
    Protocol(String),
    /// The body is over the limit.
    #[error("the body is larger than {0} bytes; raise max_body_bytes in [fetch] if this is meant")]
    TooLarge(usize),
    /// The compression is broken or not what the header says.
    #[error("the body could not be decompressed: {0}")]
    Undecodable(String),
    /// 304 to a request that asked without validators.
    #[error("the server answered \"not modified\" to a first request")]
    UnaskedNotModified,
    /// robots.txt answers with an error, so nothing of the site may be fetched for now.
    #[error("robots.txt answers {0}, so the site is left alone until it can be read")]
    RobotsUnavailable(u16),
    /// robots.txt broke off, so its rules are not known.
    #[error("robots.txt breaks off in the middle, so the site is left alone until it can be read")]
    RobotsTruncated,
    /// robots.txt forbids a part of a page.
    #[error("robots.txt forbids it")]
    RobotsDisallowed,
    /// The host wants to be left alone.
    #[error("the host wants to be left alone for {0:?}")]
    Deferred(Duration),
    /// A request header that cannot be sent.
    #[error("the request header \"{0}\" has characters that cannot be sent")]
    BadHeader(String),
}
