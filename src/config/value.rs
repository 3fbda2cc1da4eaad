//! How single values are written: durations, sizes, names, networks.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// The pattern of a duration, for the schema. A `${VARIABLE}` in it is checked after it is filled in.
pub(super) const DURATION: &str = r"^([0-9]+(ms|s|m|h|d))+$|\$\{";
/// The pattern of a size, for the schema.
pub(super) const SIZE: &str = r"^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$|\$\{";
/// The pattern of a name, for the schema.
pub(super) const NAME: &str = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$|\$\{";

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads `90s`, `5m`, `1h30m`, `500ms`, `1d`. Otherwise says what is wrong and how to write it.
pub fn duration(text: &str) -> Result<Duration, (String, String)> {
    let help =
        || "write a number and a unit: \"500ms\", \"90s\", \"5m\", \"1h30m\", \"1d\"".to_owned();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        return Err((
            "a duration needs a unit".to_owned(),
            format!("write \"{text}s\" for seconds, \"{text}m\" for minutes"),
        ));
    }
    let mut rest = text;
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        let factor = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, factor)| *factor);
        let (Ok(number), Some(factor)) = (number.parse::<u64>(), factor) else {
            return Err(("not a duration".to_owned(), help()));
        };
        let Some(sum) = number
            .checked_mul(factor)
            .and_then(|part| millis.checked_add(part))
        else {
            return Err(("the duration is too long".to_owned(), help()));
        };
        millis = sum;
        rest = tail;
    }
    if text.is_empty() {
        return Err(("the duration is empty".to_owned(), help()));
    }
    Ok(Duration::from_millis(millis))
}

/// Writes a duration as [`duration`] reads it; what is under a millisecond is dropped.
pub fn show_duration(duration: Duration) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, factor) in [UNITS[4], UNITS[3], UNITS[2], UNITS[1], UNITS[0]] {
        if millis >= factor {
            text.push_str(&format!("{}{unit}", millis / factor));
            millis %= factor;
        }
    }
    text
}

/// Reads `10MB`, `512KiB` to bytes. Otherwise says what is wrong and how to write it.
pub fn size(text: &str) -> Result<u64, (String, String)> {
    let help = "write a number and a unit, B, KB, MB or GB: \"10MB\"".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor = SIZES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit));
    match (digits.trim_end().parse::<u64>(), factor) {
        (Ok(number), Some((_, factor))) => number
            .checked_mul(*factor)
            .ok_or(("the size is too large".to_owned(), help)),
        (Ok(_), None) if unit.is_empty() => Err(("a size needs a unit".to_owned(), help)),
        _ => Err(("not a size".to_owned(), help)),
    }
}

/// Writes bytes as [`size`] reads them, in the largest unit that divides them.
pub fn show_size(bytes: u64) -> String {
    let units = [SIZES[5], SIZES[4], SIZES[3]];
    let unit = units
        .iter()
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    match unit {
        Some((name, factor)) => format!("{}{name}", bytes / factor),
        None => format!("{bytes}B"),
    }
}

/// Whether `text` can name a source, a tag or a notifier: letters, digits, `.`, `_`, `-`, at most
/// 64, beginning with a letter or digit, so that it needs no quoting in a shell, a file name or a URL.
pub fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// A block of addresses, `10.0.0.0/8`. An address alone is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The first address; the bits after `prefix` are zero.
    pub addr: IpAddr,
    /// How many leading bits are fixed: 0 to 32, or to 128 for IPv6.
    pub prefix: u8,
}

impl Network {
    /// Reads `127.0.0.0/8`, `::1`. Otherwise says what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Network, (String, String)> {
        let wrong = |message: &str| {
            (
                message.to_owned(),
                "write an address block: \"127.0.0.0/8\", \"10.1.2.3\", \"fd00::/8\"".to_owned(),
            )
        };
        let (addr, prefix) = match text.split_once('/') {
            Some((addr, prefix)) => (addr, Some(prefix)),
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().map_err(|_| wrong("not an address block"))?;
        let bits = if addr.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse::<u8>().ok().filter(|p| *p <= bits),
            None => Some(bits),
        };
        let prefix =
            prefix.ok_or_else(|| wrong(&format!("the part after `/` must be 0 to {bits}")))?;
        let first = Network {
            addr: first_of(addr, prefix),
            prefix,
        };
        if first.addr != addr {
            let help = format!("write \"{first}\" for the block, \"{addr}\" for the one address");
            return Err((format!("the block does not begin at {addr}"), help));
        }
        Ok(first)
    }

    /// Whether the block holds `addr`.
    pub fn contains(&self, addr: IpAddr) -> bool {
        addr.is_ipv4() == self.addr.is_ipv4() && first_of(addr, self.prefix) == self.addr
    }
}

/// `addr` with the bits after `prefix` set to zero.
fn first_of(addr: IpAddr, prefix: u8) -> IpAddr {
    match addr {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = if self.addr.is_ipv4() { 32 } else { 128 };
        if self.prefix == full {
            write!(f, "{}", self.addr)
        } else {
            write!(f, "{}/{}", self.addr, self.prefix)
        }
    }
}

/// The nearest of `known` to what was written, if it is near enough to be what was meant.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    let near = |name: &&str| {
        let (short, long) = (written.len().min(name.len()), written.len().max(name.len()));
        let prefix = name.starts_with(&written) || written.starts_with(*name);
        let distance = strsim::damerau_levenshtein(&written, name);
        short >= 3 && (distance <= 1 + long / 5 || (prefix && long <= short * 2))
    };
    known
        .into_iter()
        .filter(near)
        .min_by_key(|name| strsim::damerau_levenshtein(&written, name))
}
