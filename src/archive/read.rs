//! A record found again by the address that an alert has of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::folder::part;
use super::hex;
use super::record::{HEADER, member_length};
use crate::alert::Archived;

/// Most bytes a record is unpacked to: the largest page that is ever fetched, and its headers.
const LARGEST: u64 = 1_100_000_000;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The record alone, a whole WARC file of one gzip member.
    pub record: Vec<u8>,
    /// The page in it.
    pub page: Vec<u8>,
}

/// Why a page cannot be had again.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Dropped by retention, moved away, or no permission.
    #[error("failed to read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is there is not what the alert names.
    #[error("the record at byte {offset} of {} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        detail: &'static str,
    },
}

/// Reads the record that an alert names and checks that it holds the page the alert was made from.
pub fn read(folder: &Path, place: &Archived) -> Result<Kept, ReadError> {
    let path = folder.join(&place.file);
    let failed = |source| ReadError::Io {
        path: path.clone(),
        source,
    };
    let damaged = |detail| ReadError::Damaged {
        path: path.clone(),
        offset: place.offset,
        detail,
    };
    let mut file = File::open(&path).map_err(failed)?;
    let header = part(&mut file, place.offset, HEADER as u64).map_err(failed)?;
    let size = member_length(&header).ok_or_else(|| damaged("no record begins there"))?;
    let record = part(&mut file, place.offset, size).map_err(failed)?;
    let mut plain = Vec::new();
    GzDecoder::new(record.as_slice())
        .take(LARGEST)
        .read_to_end(&mut plain)
        .map_err(|_| damaged("it cannot be unpacked"))?;
    let page = page(&plain).ok_or_else(|| damaged("it is no record of a page"))?;
    if hex(&Sha256::digest(page)) != place.sha256 {
        return Err(damaged("the page in it is not the one the alert names"));
    }
    let page = page.to_vec();
    Ok(Kept { record, page })
}

/// The page in a record: its block, behind the HTTP headers if it is a response.
fn page(plain: &[u8]) -> Option<&[u8]> {
    let (head, rest) = cut(plain)?;
    let head = std::str::from_utf8(head).ok()?;
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let block = rest.get(..field("Content-Length")?.parse().ok()?)?;
    match field("WARC-Type")? {
        "response" => cut(block).map(|(_, body)| body),
        _ => Some(block),
    }
}

/// What is before the first empty line, and what is behind it.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    Some((bytes.get(..at)?, bytes.get(at + 4..)?))
}
