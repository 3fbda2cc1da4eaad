//! What one hop of a fetch is made of: its URL, its headers, where it leads, what it answers. Pure.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, SET_COOKIE,
    TRANSFER_ENCODING,
};
use url::Url;

use super::answer::{
    Fetched, Head, NotModified, Part, Reason, Redirect, Request, Response, Validators,
};
use super::transport::Exchange;

/// What pages and feeds are asked for as.
const ACCEPTED: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,application/feed+json;q=0.9,*/*;q=0.8";

/// How far a fetch has come.
pub(super) struct Walk {
    pub url: Url,
    pub redirects: Vec<Redirect>,
    pub spent: Duration,
}

/// The key of a host's pace: its name, whatever the scheme and port, for it is one machine or one
/// owner's machines.
pub fn host_key(url: &Url) -> String {
    url.host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase()
}

/// The URL without the dot that ends an absolute name, so that `example.org.` is not another host,
/// and without user name and password, so that none gets into logs and records.
pub(super) fn plain(url: &Url) -> Url {
    let mut url = url.clone();
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')) {
        let host = host.to_owned();
        // A host that cannot be set is left to fail by name.
        let _ = url.set_host(Some(&host));
    }
    // These fail only for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

/// The URL with the user name and password of the request, if it is of the same origin. The client
/// makes an `Authorization` header of them.
pub(super) fn with_login(url: &Url, request: &Url) -> Url {
    let mut url = url.clone();
    if plain(request).origin() == url.origin() {
        let _ = url.set_username(request.username());
        let _ = url.set_password(request.password());
    }
    url
}

pub(super) fn robots_url(url: &Url) -> Url {
    let mut robots = url.clone();
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots
}

/// Where an answer redirects to, if it does.
pub(super) fn redirect_target(answer: &Exchange) -> Option<String> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
        .then(|| answer.header(LOCATION))
        .flatten()
}

/// The URL a redirect leads to, if it may be followed so far as its text shows.
pub(super) fn follow(from: &Url, target: &str) -> Result<Url, Reason> {
    let next = from
        .join(target)
        .map_err(|_| Reason::BadRedirect(target.chars().take(200).collect()))?;
    if !matches!(next.scheme(), "http" | "https") {
        return Err(Reason::Scheme(next.scheme().to_owned()));
    }
    if !next.username().is_empty() || next.password().is_some() {
        return Err(Reason::Userinfo);
    }
    Ok(plain(&next))
}

/// The headers for one hop.
pub(super) fn headers(request: &Request, url: &Url) -> Result<HeaderMap, Reason> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
    let value = |name: &str, value: &str| {
        HeaderValue::from_str(value).map_err(|_| Reason::BadHeader(name.to_owned()))
    };
    if let Some(validators) = &request.validators {
        if let Some(etag) = &validators.etag {
            headers.insert(IF_NONE_MATCH, value("If-None-Match", etag)?);
        }
        if let Some(date) = &validators.last_modified {
            headers.insert(IF_MODIFIED_SINCE, value("If-Modified-Since", date)?);
        }
    }
    if plain(&request.url).origin() == url.origin() {
        for (name, text) in &request.headers {
            let key =
                HeaderName::try_from(name.as_str()).map_err(|_| Reason::BadHeader(name.clone()))?;
            headers.insert(key, value(name, text)?);
        }
    }
    Ok(headers)
}

/// What the last hop's answer means.
pub(super) fn conclude(
    answer: Exchange,
    request: &Request,
    walk: &mut Walk,
) -> Result<Fetched, Reason> {
    let mut validators = Validators {
        etag: answer.header(ETAG),
        last_modified: answer.header(LAST_MODIFIED),
    };
    let date = answer.header(DATE);
    let date = date.and_then(|text| httpdate::parse_http_date(&text).ok());
    let redirects = std::mem::take(&mut walk.redirects);
    if answer.status == 304 {
        let Some(sent) = request.validators.as_ref().filter(|v| !v.is_empty()) else {
            return Err(Reason::UnaskedNotModified);
        };
        validators.etag = validators.etag.or_else(|| sent.etag.clone());
        validators.last_modified = validators
            .last_modified
            .or_else(|| sent.last_modified.clone());
        return Ok(Fetched::NotModified(Box::new(NotModified {
            url: walk.url.clone(),
            redirects,
            validators,
            elapsed: walk.spent,
        })));
    }
    Ok(Fetched::Response(Box::new(Response {
        url: walk.url.clone(),
        redirects,
        status: answer.status,
        content_type: answer.header(CONTENT_TYPE),
        head: Head {
            http2: answer.http2,
            peer: answer.peer,
            headers: answer.headers,
        },
        validators,
        body: answer.body,
        complete: answer.complete,
        retry_after: answer.retry_after,
        date,
        elapsed: walk.spent,
    })))
}

/// The headers for a part of a page: those its script set.
pub(super) fn part_headers(request: &Request) -> Result<HeaderMap, Reason> {
    let mut all = headers(request, &request.url)?;
    // What a page is asked for as would make some servers send pages.
    if !request
        .headers
        .iter()
        .any(|(n, _)| n.eq_ignore_ascii_case("accept"))
    {
        all.insert(ACCEPT, HeaderValue::from_static("*/*"));
    }
    Ok(all)
}

/// An answer as a part of a page.
pub(super) fn part(answer: Exchange) -> Part {
    let told = |name: &HeaderName| {
        !matches!(
            *name,
            CONTENT_ENCODING | CONTENT_LENGTH | TRANSFER_ENCODING | SET_COOKIE
        )
    };
    let headers = answer.headers.iter().filter(|(name, _)| told(name));
    Part {
        status: answer.status,
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: answer.body,
    }
}
