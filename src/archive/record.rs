//! The bytes of WARC records, a gzip member each. Pure.
//!
//! The HTTP headers are those that came, but for three that speak of how the body was sent
//! (`Content-Encoding`, `Transfer-Encoding`, `Content-Length`): the body is kept decoded, so they
//! stand as `X-Crawler-…`, and `Content-Length` is that of what is kept. The status line is put
//! together again, since its words do not come through; over HTTP/2 there is none.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use reqwest::StatusCode;
use sha2::{Digest, Sha256};

use jiff::Timestamp;

use super::{Page, hex};

/// Of a gzip header with one extra field of eight bytes.
pub(super) const HEADER: usize = 24;

/// The extra field "sl" holds the lengths of the member, packed and unpacked, so that a reader can
/// skip it.
const SKIP: [u8; 12] = *b"sl\x08\0\0\0\0\0\0\0\0\0";

/// What a record is about, before it has an id.
struct Head<'a> {
    kind: &'static str,
    content_type: &'a str,
    fields: Vec<(&'static str, String)>,
}

/// The records of a page.
pub(super) struct Records {
    pub(super) bytes: Vec<u8>,
    /// Where in them the record begins that holds what was read.
    pub(super) read_at: u64,
}

/// The record that each file begins with.
pub(super) fn info(file: &str, time: Timestamp) -> Vec<u8> {
    let block = fields(&[
        (
            "software",
            concat!("wirewatch/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("format", "WARC File Format 1.1".to_owned()),
    ]);
    let head = Head {
        kind: "warcinfo",
        content_type: "application/warc-fields",
        fields: vec![("WARC-Filename", file.to_owned())],
    };
    record(
        &id(&[file, &time.to_string()]),
        time,
        &head,
        block.as_bytes(),
    )
}

/// A page's records: the response, what a browser made of it, and what is known of it.
pub(super) fn records(page: &Page) -> Records {
    let mut block = http_head(page);
    block.extend_from_slice(&page.body);
    let payload = digest(&page.body);
    let name = |kind: &str| id(&[kind, &page.url, &page.time.to_string(), &payload]);
    let response = name("response");
    let target = ("WARC-Target-URI", clean(&page.url));
    let mut about = vec![target.clone(), ("WARC-Payload-Digest", payload.clone())];
    if let Some(peer) = page.peer {
        about.push(("WARC-IP-Address", peer.to_string()));
    }
    if page.http2 {
        about.push(("WARC-Protocol", "h2".to_owned()));
    }
    let head = Head {
        kind: "response",
        content_type: "application/http;msgtype=response",
        fields: about,
    };
    let mut bytes = record(&response, page.time, &head, &block);
    let mut read_at = 0;
    if let Some(rendered) = &page.rendered {
        read_at = bytes.len() as u64;
        let head = Head {
            kind: "conversion",
            content_type: "text/html; charset=utf-8",
            fields: vec![target.clone(), ("WARC-Refers-To", response.clone())],
        };
        bytes.extend(record(&name("conversion"), page.time, &head, rendered));
    }
    let head = Head {
        kind: "metadata",
        content_type: "application/warc-fields",
        fields: vec![
            target,
            ("WARC-Refers-To", response.clone()),
            ("WARC-Concurrent-To", response),
        ],
    };
    let known = fields(&page.about);
    bytes.extend(record(
        &name("metadata"),
        page.time,
        &head,
        known.as_bytes(),
    ));
    Records { bytes, read_at }
}

fn http_head(page: &Page) -> Vec<u8> {
    let words = StatusCode::from_u16(page.status).ok();
    let words = words.and_then(|s| s.canonical_reason()).unwrap_or("");
    let mut head = format!("HTTP/1.1 {} {words}\r\n", page.status).into_bytes();
    let mut put = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    let sent = ["content-encoding", "transfer-encoding", "content-length"];
    for (name, value) in &page.headers {
        match sent.iter().find(|s| name.eq_ignore_ascii_case(s)) {
            Some(_) => put(&format!("X-Crawler-{name}"), value),
            None => put(name, value),
        }
    }
    put("Content-Length", page.body.len().to_string().as_bytes());
    head.extend_from_slice(b"\r\n");
    head
}

fn record(id: &str, time: Timestamp, head: &Head<'_>, block: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "WARC/1.1\r\nWARC-Type: {}\r\nWARC-Record-ID: {id}\r\nWARC-Date: {time:.3}\r\n",
        head.kind
    );
    for (name, value) in &head.fields {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!(
        "WARC-Block-Digest: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        digest(block),
        head.content_type,
        block.len()
    );
    member(&[text.as_bytes(), block, b"\r\n\r\n"])
}

/// A gzip member that says how long it is.
fn member(parts: &[&[u8]]) -> Vec<u8> {
    let builder = GzBuilder::new().extra(SKIP.to_vec());
    let mut gzip = builder.write(Vec::new(), Compression::default());
    let mut plain = 0;
    for part in parts {
        // Writing to memory does not fail.
        let _ = gzip.write_all(part);
        plain += part.len();
    }
    let mut bytes = gzip.finish().unwrap_or_default();
    let packed = bytes.len();
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = bytes.get_mut(HEADER - 8..HEADER) {
        let (first, second) = place.split_at_mut(4);
        first.copy_from_slice(&length(packed));
        second.copy_from_slice(&length(plain));
    }
    bytes
}

/// The length of the member that begins with this header, if it is one of ours.
pub(super) fn member_length(header: &[u8]) -> Option<u64> {
    let ours = header.starts_with(&[0x1f, 0x8b, 8, 4]) && header.get(10..16)? == b"\x0c\0sl\x08\0";
    let length: [u8; 4] = header.get(HEADER - 8..HEADER - 4)?.try_into().ok()?;
    let length = u64::from(u32::from_le_bytes(length));
    (ours && length > HEADER as u64).then_some(length)
}

fn fields(pairs: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| format!("{name}: {}\r\n", clean(value));
    pairs.iter().map(line).collect()
}

/// A value that cannot end its line.
fn clean(value: &str) -> String {
    value.replace(|c: char| c.is_control(), " ")
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// A UUID (version 8) of what makes a record the one it is.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes: Vec<u8> = hash.finalize().iter().take(16).copied().collect();
    for (at, mask, mark) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & mask | mark;
        }
    }
    let text = hex(&bytes);
    let part = |range| {
        text.get::<std::ops::Range<usize>>(range)
            .unwrap_or_default()
    };
    format!(
        "<urn:uuid:{}-{}-{}-{}-{}>",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    )
}
