//! `type = "syslog"`: a line to a syslog daemon, RFC 5424.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Type;
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::table::Table;

/// A syslog daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Syslog {
    /// Where it is.
    pub address: SyslogAddress,
    /// The facility's name.
    pub facility: Facility,
    /// What the lines say they are from.
    pub app_name: String,
    /// Most bytes of a line.
    pub max_length: usize,
}

/// Where a syslog daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogAddress {
    /// A datagram socket on this machine.
    Unix(PathBuf),
    /// Host and port; what gets lost is lost.
    Udp(String, u16),
    /// Host and port, lines with their length in front.
    Tcp(String, u16),
}

/// As the config has it.
impl Serialize for SyslogAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&match self {
            SyslogAddress::Unix(path) => format!("unix://{}", path.display()),
            SyslogAddress::Udp(host, port) => format!("udp://{host}:{port}"),
            SyslogAddress::Tcp(host, port) => format!("tcp://{host}:{port}"),
        })
    }
}

/// A facility by its number, written by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facility(pub u8);

/// Name and number of those a program may use.
const FACILITIES: [(&str, u8); 13] = [
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("news", 7),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
    ("syslog", 5),
];

impl Serialize for Facility {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = FACILITIES.iter().find(|(_, n)| *n == self.0);
        serializer.serialize_str(name.map_or("user", |(name, _)| name))
    }
}

/// A line to a syslog daemon, as RFC 5424 has it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Where it is: `unix:///dev/log`, `udp://host:514` or `tcp://host:601`.
    #[schemars(extend("default" = "unix:///dev/log"), example = &"tcp://logs.example.org:601")]
    address: Option<Given<String>>,
    /// Facility: "user", "daemon", "news", "local0" to "local7" or another.
    #[schemars(extend("default" = "daemon"), example = &"local3")]
    facility: Option<Given<String>>,
    /// What the lines say they are from, at most 48 letters.
    #[schemars(extend("default" = "wirewatch"), example = &"wirewatch")]
    app_name: Option<Given<String>>,
    /// Most bytes of a line, 480 to 65000; what is longer is cut.
    #[schemars(extend("default" = 2048), range(min = 480, max = 65000), example = 8192)]
    max_length: Option<Given<i64>>,
}

impl Type for Raw {
    type Settings = Syslog;
    const URGENT: bool = true;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Syslog> {
        let raw = &table.raw;
        let address = match &raw.address {
            None => Some(SyslogAddress::Unix("/dev/log".into())),
            Some(given) => reader.check(given, address),
        };
        let facility = match &raw.facility {
            None => Some(Facility(3)),
            Some(given) => reader.check(given, |text| {
                let found = FACILITIES.iter().find(|(name, _)| *name == text);
                found.map(|(_, n)| Facility(*n)).ok_or_else(|| {
                    let help = "\"user\", \"daemon\", \"news\" or \"local0\" to \"local7\"";
                    ("unknown facility".to_owned(), help.to_owned())
                })
            }),
        };
        let app_name = match &raw.app_name {
            None => Some("wirewatch".to_owned()),
            Some(given) => reader.check(given, |text| {
                let fits = !text.is_empty() && text.len() <= 48;
                match fits && text.chars().all(|c| c.is_ascii_graphic()) {
                    true => Ok(text.to_owned()),
                    false => Err((
                        "not a name syslog takes".to_owned(),
                        "1 to 48 letters, digits and marks without a space".to_owned(),
                    )),
                }
            }),
        };
        let max_length = fetch::number(reader, &raw.max_length, 480..=65_000, 2048);
        Some(Syslog {
            address: address?,
            facility: facility?,
            app_name: app_name?,
            max_length,
        })
    }
}

fn address(text: &str) -> Result<SyslogAddress, (String, String)> {
    let help = "write unix:///dev/log, udp://host:514 or tcp://host:601";
    let wrong = |why: &str| (why.to_owned(), help.to_owned());
    if let Some(path) = text.strip_prefix("unix://") {
        return match path.starts_with('/') {
            true => Ok(SyslogAddress::Unix(path.into())),
            false => Err(wrong("the path does not begin with `/`")),
        };
    }
    let url = Url::parse(text).map_err(|_| wrong("not an address"))?;
    let host = url.host_str().filter(|h| !h.is_empty());
    let host = host.ok_or_else(|| wrong("the host is missing"))?.to_owned();
    match url.scheme() {
        "udp" => Ok(SyslogAddress::Udp(host, url.port().unwrap_or(514))),
        "tcp" => Ok(SyslogAddress::Tcp(host, url.port().unwrap_or(601))),
        _ => Err(wrong("unknown kind of address")),
    }
}
