//! Which addresses may be reached: the public internet, and what the operator allows besides.
//!
//! Checked twice on every hop, because either check alone can be walked around: names by
//! [`Resolver`](super::dns::Resolver), on the addresses a connection will really use, and literal addresses by
//! [`check_url`], because those never reach a resolver.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::answer::Reason;

/// A range of addresses, as `127.0.0.0/8`, `fd00::/8` or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no network; write it as 10.0.0.0/8, fd00::/8 or a single address")]
pub struct NetworkError(String);

impl Network {
    /// Reads CIDR notation or a single address.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map(|net| Network(net.trunc()))
            .map_err(|_| NetworkError(text.to_owned()))
    }

    /// Whether the address lies in it. An IPv4 address written as IPv6 counts as the IPv4 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address) || self.0.contains(&embedded(address))
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        Network::parse(text)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// IPv4 ranges that are not the public internet.
/// Source: IANA IPv4 Special-Purpose Address Registry, and multicast.
const SPECIAL_V4: [Ipv4Net; 16] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// The one IPv6 range that is the public internet, and the parts of it that are not: protocol
/// assignments with Teredo, documentation, 6to4, documentation.
/// Source: IANA IPv6 Special-Purpose Address Registry.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0], 3);
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0], 23),
    v6([0x2001, 0xdb8], 32),
    v6([0x2002, 0], 16),
    v6([0x3fff, 0], 20),
];

/// The well-known prefix by which an IPv6-only network reaches IPv4 (RFC 6052). Judged by the
/// address inside, because on such a network every IPv4 site is reached this way.
const NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

const fn v4(o: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(o[0], o[1], o[2], o[3]), prefix)
}

const fn v6(head: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(head[0], head[1], 0, 0, 0, 0, 0, 0), prefix)
}

/// The IPv4 address inside an IPv4-mapped or NAT64 one; any other address as it is.
fn embedded(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) if NAT64.contains(&six) => {
            let [.., a, b, c, d] = six.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        other => other.to_canonical(),
    }
}

/// Whether the address is on the public internet.
fn is_public(address: IpAddr) -> bool {
    match embedded(address) {
        IpAddr::V4(four) => !SPECIAL_V4.iter().any(|net| net.contains(&four)),
        IpAddr::V6(six) => {
            GLOBAL_V6.contains(&six) && !SPECIAL_V6.iter().any(|net| net.contains(&six))
        }
    }
}

/// Whether this address may be connected to.
pub(super) fn is_allowed(address: IpAddr, allow: &[Network]) -> bool {
    is_public(address) || allow.iter().any(|net| net.contains(address))
}

/// Checks what a URL alone can tell: its scheme, that it has a host, and a literal address.
pub(super) fn check_url(url: &Url, allow: &[Network]) -> Result<(), Reason> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Reason::Scheme(url.scheme().to_owned()));
    }
    let address = match url.host() {
        None => return Err(Reason::NoHost),
        Some(Host::Ipv4(four)) => IpAddr::V4(four),
        Some(Host::Ipv6(six)) => IpAddr::V6(six),
        Some(Host::Domain(name)) => match name.trim_end_matches('.').parse() {
            Ok(address) => address,
            Err(_) => return Ok(()),
        },
    };
    if is_allowed(address, allow) {
        Ok(())
    } else {
        Err(private(url.host_str().unwrap_or_default(), address))
    }
}

fn private(host: &str, address: IpAddr) -> Reason {
    Reason::PrivateAddress {
        host: host.to_owned(),
        address,
    }
}

/// Those of the addresses found that may be reached; if none is left, the reason.
pub(super) fn permitted(
    host: &str,
    found: &[SocketAddr],
    allow: &[Network],
) -> Result<Vec<SocketAddr>, Reason> {
    let kept: Vec<SocketAddr> = found
        .iter()
        .copied()
        .filter(|socket| is_allowed(socket.ip(), allow))
        .collect();
    match (kept.is_empty(), found.first()) {
        (false, _) => Ok(kept),
        (true, Some(refused)) => Err(private(host, refused.ip())),
        (true, None) => Err(Reason::UnknownHost("it has no address".to_owned())),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
