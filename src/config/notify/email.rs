//! `type = "email"`: a mail by SMTP.

use std::path::PathBuf;

use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, required_secret};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;
use crate::message;

/// A mail by SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// Whom the server knows us as.
    pub username: Option<String>,
    /// With which password; there if and only if `username` is.
    pub password: Option<Secret>,
    /// Sender, as `Name <address>`; has been checked.
    pub from: String,
    /// Recipients, as `from`; at least one.
    pub to: Vec<String>,
    /// Where answers go, as `from`.
    pub reply_to: Option<String>,
    /// Certificates (PEM) trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Template of the HTML part, where the operator has one.
    pub html: Option<String>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// In the clear first, then STARTTLS; never without.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

impl Security {
    /// The port that is usual for it.
    fn port(self) -> u16 {
        match self {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }
    }
}

/// A mail by SMTP, in text and HTML, in threads by story.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The mail server that takes mail from you.
    #[schemars(required, example = &"smtp.example.org")]
    host: Option<Given<String>>,
    /// Its port. Default: 587 with STARTTLS, 465 with TLS, 25 with neither.
    #[schemars(range(min = 1, max = 65535), example = 587)]
    port: Option<Given<i64>>,
    /// "starttls", "tls" (from the first byte) or "none" (for a server on this machine).
    #[schemars(extend("enum" = ["starttls", "tls", "none"], "default" = "starttls"), example = &"starttls")]
    security: Option<Given<String>>,
    /// Whom the server knows you as, if it asks; needs `password`.
    #[schemars(example = &"desk@example.org")]
    username: Option<Given<String>>,
    /// Password for `username`; or give `password_file`.
    #[schemars(example = &"correct horse battery")]
    password: Option<Given<String>>,
    /// A file that holds `password`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.password")]
    password_file: Option<Given<String>>,
    /// Sender.
    #[schemars(required, example = &"wirewatch <wirewatch@example.org>")]
    from: Option<Given<String>>,
    /// Recipients.
    #[schemars(required, example = &["desk@example.org"])]
    to: Option<Vec<Given<String>>>,
    /// Where answers go.
    #[schemars(example = &"desk@example.org")]
    reply_to: Option<Given<String>>,
    /// Certificates (PEM) that are trusted beside the system's, for a server with one of your own.
    #[schemars(example = &"ca.pem")]
    ca_file: Option<Given<String>>,
    /// Template of the HTML part instead of the channel's own. With a `body` and without `html` a
    /// mail is plain text.
    #[schemars(example = &"<p>{{ alert.summary }} <a href=\"{{ alert.url }}\">read</a></p>")]
    html: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Email;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Email> {
        let raw = &table.raw;
        let host = reader.require(table, "host", &raw.host, "host = \"smtp.example.org\"");
        let host = host.and_then(|given| reader.check(given, host_name));
        let security = match &raw.security {
            None => Some(Security::Starttls),
            Some(given) => reader.check(given, |text| match text {
                "starttls" => Ok(Security::Starttls),
                "tls" => Ok(Security::Tls),
                "none" => Ok(Security::None),
                _ => Err((
                    "unknown security".to_owned(),
                    "write \"starttls\", \"tls\" or \"none\"".to_owned(),
                )),
            }),
        };
        let port = match &raw.port {
            None => Some(None),
            Some(given) => match u16::try_from(*given.get()) {
                Ok(port) if port > 0 => Some(Some(port)),
                _ => {
                    reader.error(given.span(), "not a port", "1 to 65535");
                    None
                }
            },
        };
        let login = login(reader, table);
        let from = reader
            .require(table, "from", &raw.from, "from = \"wirewatch@example.org\"")
            .and_then(|given| reader.check(given, mailbox));
        let help = "to = [\"desk@example.org\"]";
        let to = reader.require(table, "to", &raw.to, help).map(|list| {
            let good: Vec<_> = list.iter().filter_map(|g| reader.check(g, mailbox)).collect();
            if list.is_empty() {
                reader.error(table.span.clone(), "`to` names nobody", help);
            }
            (good.len() == list.len() && !good.is_empty()).then_some(good)
        });
        let reply_to = raw.reply_to.as_ref().map(|g| reader.check(g, mailbox));
        if let Some(given) = &raw.html {
            let tried = message::Face::new(message::for_html, message::TITLE, given.get())
                .and_then(|mut face| face.try_on(&message::sample(jiff::Timestamp::UNIX_EPOCH)));
            if let Err((_, why)) = tried {
                let help = "docs/NOTIFIERS.md says what templates see";
                reader.error(given.span(), format!("the template fails: {why}"), help);
            }
        }
        let (username, password) = login?;
        let (host, security) = (host?, security?);
        if let (Some(given), Security::None, false) = (&raw.username, security, is_here(&host)) {
            reader.warning(
                given.span(),
                "the password goes over the network in the clear",
                "security = \"starttls\" or \"tls\"",
            );
        }
        Some(Email {
            port: port?.unwrap_or(security.port()),
            host,
            security,
            username,
            password,
            from: from?,
            to: to??,
            reply_to: match reply_to {
                Some(given) => Some(given?),
                None => None,
            },
            ca_file: raw.ca_file.as_ref().map(|given| reader.path(given)),
            html: raw.html.as_ref().map(|given| given.get().clone()),
        })
    }
}

/// User and password: both or neither.
fn login(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<(Option<String>, Option<Secret>)> {
    let raw = &table.raw;
    match &raw.username {
        Some(name) => {
            let password = ("password", &raw.password);
            let (secret, _) = required_secret(reader, table, password, &raw.password_file)?;
            Some((Some(name.get().clone()), Some(secret)))
        }
        None => match raw.password.as_ref().or(raw.password_file.as_ref()) {
            Some(given) => {
                let help = "username = \"desk@example.org\"";
                reader.error(given.span(), "a password without a `username`", help);
                None
            }
            None => Some((None, None)),
        },
    }
}

fn host_name(text: &str) -> Result<String, (String, String)> {
    let text = text.trim();
    let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@');
    match text.is_empty() || text.contains(wrong) {
        false => Ok(text.to_owned()),
        true => Err((
            "not the name of a host".to_owned(),
            "the name alone: host = \"smtp.example.org\"; `port` is a key of its own".to_owned(),
        )),
    }
}

/// An address, with or without a name. Its host in ASCII, as servers want it.
fn mailbox(text: &str) -> Result<String, (String, String)> {
    let help = "\"desk@example.org\" or \"The desk <desk@example.org>\"";
    let wrong = |why: &str| (why.to_owned(), help.to_owned());
    if text.chars().any(char::is_control) {
        return Err(wrong("an address is one line"));
    }
    let parsed: Mailbox = text.parse().map_err(|_| wrong("not a mail address"))?;
    match parsed.email.to_string().is_ascii() {
        true => Ok(text.to_owned()),
        false => Err(wrong(
            "an address is ASCII: write the host in its xn-- form",
        )),
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
