//! Bodies: compressed, cut off, broken, too large.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use wirewatch::fetch::Reason;

use super::support::{Server, Step, head, reply};
use super::{get, policy, reason, response};

/// Text that does not compress to nothing, so that half of it is a good deal.
fn page() -> Vec<u8> {
    (0..5_000_u32)
        .flat_map(|n| format!("<p>{}</p>", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn encoded(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => gzip(body),
        "deflate" => deflate(body),
        "zstd" => zstd::encode_all(body, 3).unwrap(),
        // A brotli stream of stored blocks is written by hand: 65,536 bytes each at most.
        "br" => brotli_stored(body),
        other => panic!("no encoder for {other}"),
    }
}

/// Uncompressed meta-blocks after RFC 7932, section 9.2.
fn brotli_stored(body: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0, 1); // WBITS 16
    for block in body.chunks(65_536) {
        bits.push(0, 1); // ISLAST
        bits.push(0, 2); // MNIBBLES: 4
        bits.push(block.len() as u32 - 1, 16);
        bits.push(1, 1); // ISUNCOMPRESSED
        bits.align();
        bits.bytes.extend_from_slice(block);
    }
    bits.push(0b11, 2); // ISLAST, ISLASTEMPTY
    bits.align();
    bits.bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    current: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, width: u32) {
        for bit in 0..width {
            self.current |= ((value >> bit) & 1) << self.count;
            self.count += 1;
            if self.count == 8 {
                self.align();
            }
        }
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.bytes.push(self.current as u8);
            (self.current, self.count) = (0, 0);
        }
    }
}

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

#[tokio::test]
async fn every_compression_is_undone() {
    let server = Server::start(|hit| {
        let coding = hit.path.trim_start_matches('/');
        Some(reply(
            200,
            &[("Content-Encoding", coding)],
            &encoded(coding, &page()),
        ))
    })
    .await;
    for coding in CODINGS {
        let answer = response(get(policy(), &server, &format!("/{coding}")).await);
        assert!(answer.complete, "{coding}");
        assert_eq!(answer.body, page(), "{coding}");
    }
}

#[tokio::test]
async fn a_compressed_body_that_ends_early_is_not_complete() {
    let server = Server::start(|hit| {
        let coding = hit.path.trim_start_matches('/');
        let whole = encoded(coding, &page());
        // The length is honest: only the compression shows that something is missing.
        Some(reply(
            200,
            &[("Content-Encoding", coding)],
            &whole[..whole.len() / 2],
        ))
    })
    .await;
    for coding in ["gzip", "br", "zstd"] {
        let answer = response(get(policy(), &server, &format!("/{coding}")).await);
        assert!(!answer.complete, "{coding}");
        assert!(answer.body.len() < page().len(), "{coding}");
        assert!(page().starts_with(&answer.body), "{coding}");
    }
    // The decoder does not tell a deflate stream that ends early from one that is broken.
    let got = reason(get(policy(), &server, "/deflate").await);
    assert!(matches!(got, Reason::Undecodable(_)), "{got:?}");
}

#[tokio::test]
async fn gzip_without_its_checksum_is_not_complete() {
    let server = Server::start(|_| {
        let whole = gzip(&page());
        Some(reply(
            200,
            &[("Content-Encoding", "gzip")],
            &whole[..whole.len() - 4],
        ))
    })
    .await;
    assert!(!response(get(policy(), &server, "/").await).complete);
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_not_complete() {
    let server = Server::start(|_| {
        Some(vec![
            Step::Send(head(200, &[], Some("1000"))),
            Step::Send(b"<p>The first half".to_vec()),
            Step::Close,
        ])
    })
    .await;
    let answer = response(get(policy(), &server, "/").await);
    assert!(!answer.complete);
    assert_eq!(&answer.body[..], b"<p>The first half");
}

#[tokio::test]
async fn chunks_without_the_last_one_are_not_complete() {
    let server = Server::start(|hit| {
        let chunked = [("Transfer-Encoding", "chunked")];
        let mut steps = vec![
            Step::Send(head(200, &chunked, None)),
            Step::Send(b"5\r\nHello\r\n".to_vec()),
        ];
        if hit.path == "/whole" {
            steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
        }
        steps.push(Step::Close);
        Some(steps)
    })
    .await;
    assert!(response(get(policy(), &server, "/whole").await).complete);
    let cut = response(get(policy(), &server, "/cut").await);
    assert!(!cut.complete);
    assert_eq!(&cut.body[..], b"Hello");
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_is_complete() {
    let server = Server::start(|_| {
        Some(vec![
            Step::Send(b"HTTP/1.0 200 OK\r\n\r\n<p>All of it".to_vec()),
            Step::Close,
        ])
    })
    .await;
    let answer = response(get(policy(), &server, "/").await);
    assert!(answer.complete);
    assert_eq!(&answer.body[..], b"<p>All of it");
}

#[tokio::test]
async fn what_is_not_the_compression_it_says_is_a_failure() {
    let server = Server::start(|hit| {
        Some(match hit.path.as_str() {
            "/plain" => reply(200, &[("Content-Encoding", "gzip")], b"<p>not gzip at all"),
            "/twice" => reply(
                200,
                &[("Content-Encoding", "gzip, gzip")],
                &gzip(&gzip(b"x")),
            ),
            "/flipped" => {
                let mut body = gzip(&page());
                let middle = body.len() / 2;
                body[middle..middle + 64].fill(0xff);
                reply(200, &[("Content-Encoding", "gzip")], &body)
            }
            // A charset in the wrong header does no harm.
            _ => reply(200, &[("Content-Encoding", "UTF-8")], b"fine"),
        })
    })
    .await;
    for path in ["/plain", "/twice", "/flipped"] {
        let got = reason(get(policy(), &server, path).await);
        assert!(matches!(got, Reason::Undecodable(_)), "{path}: {got:?}");
    }
    assert_eq!(
        &response(get(policy(), &server, "/charset").await).body[..],
        b"fine"
    );
}

#[tokio::test]
async fn an_empty_body_is_an_answer() {
    let server = Server::start(|_| Some(reply(200, &[], b""))).await;
    let answer = response(get(policy(), &server, "/").await);
    assert!(answer.complete && answer.body.is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() {
    let limit = policy().max_body_bytes;
    let server = Server::start(move |hit| {
        let zeros = vec![b' '; 30 * 1024 * 1024];
        Some(match hit.path.as_str() {
            "/announced" => reply(200, &[], &zeros),
            "/bomb" => reply(200, &[("Content-Encoding", "gzip")], &gzip(&zeros)),
            "/brotli" => reply(200, &[("Content-Encoding", "br")], &brotli_stored(&zeros)),
            "/unannounced" => vec![
                Step::Send(b"HTTP/1.0 200 OK\r\n\r\n".to_vec()),
                Step::Send(zeros),
                Step::Close,
            ],
            _ => reply(200, &[], &zeros[..limit]),
        })
    })
    .await;
    for path in ["/announced", "/bomb", "/brotli", "/unannounced"] {
        let got = reason(get(policy(), &server, path).await);
        assert_eq!(got, Reason::TooLarge(limit), "{path}");
    }
    let most = response(get(policy(), &server, "/exact").await);
    assert_eq!(most.body.len(), limit);
}
