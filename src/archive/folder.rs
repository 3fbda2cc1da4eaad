//! The files of an archive: their names, what is wrong with their ends, which are too old.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::record::{HEADER, member_length};
use super::{Dropped, Settings};

/// How many records at the end are unpacked to see whether they are whole: a page's at most.
const TRIED: usize = 4;

/// No more than this is cut off; what a kill leaves is shorter than the largest page.
const LARGEST_CUT: u64 = 1 << 30;

/// A file's name: `wirewatch-20261125-00001.warc.gz`. Numbers go on from day to day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) number: u64,
    pub(super) day: Date,
}

impl Name {
    pub(super) fn first(day: Date) -> Name {
        Name { number: 1, day }
    }

    pub(super) fn next(self, day: Date) -> Name {
        Name {
            number: self.number + 1,
            day,
        }
    }

    fn parse(name: &str) -> Option<Name> {
        let rest = name.strip_prefix("wirewatch-")?;
        let (day, number) = rest.strip_suffix(".warc.gz")?.split_once('-')?;
        let name_of = Name {
            number: number.parse().ok()?,
            day: Date::strptime("%Y%m%d", day).ok()?,
        };
        (name_of.to_string() == name).then_some(name_of)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.day.strftime("%Y%m%d");
        write!(f, "wirewatch-{day}-{:05}.warc.gz", self.number)
    }
}

/// The day of a time, in UTC.
pub(super) fn day(time: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(time).date()
}

/// The archive's files, the oldest first.
pub(super) fn names(folder: &Path) -> io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().to_str().and_then(Name::parse));
    }
    names.sort_by_key(|name| name.number);
    Ok(names)
}

/// Cuts off what a kill or a power cut has left at the end, and returns the length then. `None` if
/// what is wrong is not of that kind: then nothing is cut.
pub(super) fn mend(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.metadata()?.len();
    let mut members = Vec::new();
    let mut at = 0;
    while at < length {
        let header = part(file, at, HEADER as u64)?;
        match member_length(&header) {
            Some(size) if size <= length - at => {
                members.push((at, size));
                at += size;
            }
            // Longer than the file: it was being written.
            Some(_) => break,
            None if is_zero(file, at + HEADER as u64)? => break,
            None => return Ok(None),
        }
    }
    // A file can have its length before it has its bytes.
    let tried = members.len().saturating_sub(TRIED);
    for (start, size) in members.into_iter().skip(tried) {
        if !is_whole(file, start, size)? {
            at = start;
            break;
        }
    }
    if length - at > LARGEST_CUT {
        return Ok(None);
    }
    if at < length {
        tracing::warn!(
            bytes = length - at,
            "cut off a half-written record of the archive"
        );
        file.set_len(at)?;
        file.sync_all()?;
    }
    Ok(Some(at))
}

/// At most `size` bytes from `at` on.
pub(super) fn part(file: &mut File, at: u64, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether nothing but zeros follows, or nothing: the file had its length before its bytes.
fn is_zero(file: &mut File, at: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(true);
        }
        if buffer.iter().take(read).any(|b| *b != 0) {
            return Ok(false);
        }
    }
}

fn is_whole(file: &mut File, at: u64, size: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    let mut unpacked = GzDecoder::new(io::BufReader::new(file.take(size)));
    Ok(io::copy(&mut unpacked, &mut io::sink()).is_ok())
}

/// Deletes the oldest files while they are too old or all together too large, but not the newest
/// nor `open`.
pub(super) fn drop_old(
    settings: &Settings,
    open: Option<Name>,
    now: Timestamp,
) -> io::Result<Dropped> {
    let oldest = now.checked_sub(settings.age).map_or(Date::MIN, day);
    let mut files = Vec::new();
    for name in names(&settings.folder)? {
        let path = settings.folder.join(name.to_string());
        files.push((name, path.metadata()?.len(), path));
    }
    let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    files.pop();
    let mut dropped = Dropped::default();
    for (name, bytes, path) in files {
        if Some(name) == open || (name.day >= oldest && total <= settings.size) {
            continue;
        }
        std::fs::remove_file(&path)?;
        total -= bytes;
        dropped.files += 1;
        dropped.bytes += bytes;
    }
    Ok(dropped)
}
