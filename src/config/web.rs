//! `[web]`: the address under which the daemon says how it does.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{Given, Reader};
use super::table::Table;

/// The address under which the daemon says how it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Web {
    /// Where it listens; `None`: nowhere. Port 0 is any free one.
    pub listen: Option<SocketAddr>,
}

/// The pattern of an address with its port, for the schema.
const ADDRESS: &str = r"^([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$|\$\{";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Address and port that `/healthz`, `/readyz` and `/metrics` are answered at, over HTTP and to
    /// anyone who reaches it. Port 0: any free one, which the log names. Default: nowhere.
    #[schemars(pattern(ADDRESS), example = &"127.0.0.1:9717")]
    listen: Option<Given<String>>,
}

pub(super) fn build(reader: &mut Reader<'_>, table: Option<Table<Raw>>) -> Web {
    let given = table.and_then(|table| table.raw.listen);
    let listen = given.as_ref().and_then(|g| reader.check(g, address));
    if let (Some(given), Some(address)) = (given, listen)
        && !address.ip().to_canonical().is_loopback()
    {
        reader.warning(
            given.span(),
            "anyone who reaches this address can read how much is watched and how it goes",
            "listen on 127.0.0.1, or let a firewall say who reaches it",
        );
    }
    Web { listen }
}

fn address(text: &str) -> Result<SocketAddr, (String, String)> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().unwrap_or_default();
        let help = match port.parse::<u16>() {
            Ok(port) => format!("write the address in numbers: \"127.0.0.1:{port}\" for this machine alone"),
            Err(_) => "write \"127.0.0.1:9717\" for this machine alone, \"0.0.0.0:9717\" or \"[::]:9717\" for all".to_owned(),
        };
        ("not an address and a port".to_owned(), help)
    })
}
