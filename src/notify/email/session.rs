//! One mail over one connection, and what the server's answers mean.
//!
//! The library's own `send` gives a mail up at the first recipient that is refused; here each is
//! asked for, and the mail goes to those the server takes.

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use crate::config::{self, Security};
use crate::notify::Failure;

/// So much of what a server says is passed on.
const QUOTED: usize = 200;

/// The server and how to get in.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
}

/// What a server says of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has it.
    Taken,
    /// Not now.
    Later(String),
    /// Not at all.
    Never(String),
}

impl Verdict {
    /// What it said if it has not taken it.
    pub(super) fn not(&self) -> Option<&String> {
        match self {
            Verdict::Taken => None,
            Verdict::Later(said) | Verdict::Never(said) => Some(said),
        }
    }

    /// What it said if it puts it off.
    pub(super) fn later(&self) -> Option<&String> {
        match self {
            Verdict::Later(said) => Some(said),
            _ => None,
        }
    }
}

impl Server {
    pub(super) fn new(config: &config::Email) -> Result<Server, String> {
        let tls = match config.security {
            Security::None => None,
            _ => {
                let mut tls = TlsParametersBuilder::new(config.host.clone());
                if let Some(path) = &config.ca_file {
                    let pem = std::fs::read(path)
                        .map_err(|e| format!("failed to read {}: {e}", path.display()))?;
                    let certificate = Certificate::from_pem(&pem)
                        .map_err(|_| format!("{} holds no certificate", path.display()))?;
                    tls = tls.add_root_certificate(certificate);
                }
                let tls = tls.build_rustls();
                Some(tls.map_err(|e| format!("failed to set up TLS: {e}"))?)
            }
        };
        let login = config.username.as_ref().zip(config.password.as_ref());
        Ok(Server {
            host: config.host.clone(),
            port: config.port,
            security: config.security,
            tls,
            login: login.map(|(name, password)| {
                Credentials::new(name.clone(), password.expose().to_owned())
            }),
        })
    }

    /// A connection that is let in.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let hello = ClientId::default();
        let at_once = self.tls.clone().filter(|_| self.security == Security::Tls);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (self.host.as_str(), self.port),
            Some(Duration::from_secs(10)),
            &hello,
            at_once,
            None,
        )
        .await
        .map_err(|e| later("it cannot be reached", &e))?;
        if let (Security::Starttls, Some(tls)) = (self.security, &self.tls) {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Failure::later(
                    "it does not offer STARTTLS; if it encrypts from the first byte, set security = \"tls\"",
                ));
            }
            let upgraded = connection.starttls(tls.clone(), &hello).await;
            upgraded.map_err(|e| later("STARTTLS failed", &e))?;
        }
        if let Some(login) = &self.login {
            let let_in = connection.auth(DEFAULT_MECHANISMS, login).await;
            if let Err(error) = let_in {
                connection.abort().await;
                return Err(later("it does not let us in", &error));
            }
        }
        Ok(connection)
    }
}

/// Sends a mail to those of the recipients the server takes, if any. After a failure the connection
/// is not to be used again.
pub(super) async fn send(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &[Address],
    mail: &[u8],
) -> Result<Vec<(Address, Verdict)>, Failure> {
    let verdicts = recipients(connection, from, to).await?;
    if verdicts.iter().all(|(_, v)| *v != Verdict::Taken) {
        connection.abort().await;
        return Ok(verdicts);
    }
    let sent = match connection.command(Data).await {
        Ok(_) => connection.message(mail).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(_) => Ok(verdicts),
        Err(error) if error.is_permanent() => {
            connection.abort().await;
            let reason = format!("it refuses the mail: {}", said(&error));
            Err(Failure::refused(reason))
        }
        Err(error) => Err(later("it did not take the mail", &error)),
    }
}

/// Whether it would take a mail for each of them.
pub(super) async fn ask(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &[Address],
) -> Result<Vec<(Address, Verdict)>, Failure> {
    let verdicts = recipients(connection, from, to).await?;
    for step in [
        connection.command(Rset).await,
        connection.command(Noop).await,
    ] {
        step.map_err(|e| later("it does not go on", &e))?;
    }
    Ok(verdicts)
}

async fn recipients(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &[Address],
) -> Result<Vec<(Address, Verdict)>, Failure> {
    // A sender it does not like is the same for every mail.
    let begun = connection.command(Mail::new(Some(from.clone()), Vec::new()));
    begun
        .await
        .map_err(|e| later("it does not take mail from us", &e))?;
    let mut verdicts = Vec::new();
    for address in to {
        let answer = connection.command(Rcpt::new(address.clone(), Vec::new()));
        let verdict = match answer.await {
            Ok(_) => Verdict::Taken,
            Err(error) if error.is_permanent() => Verdict::Never(said(&error)),
            // 421: it hangs up.
            Err(error) if error.is_transient() && code(&error) != "421" => {
                Verdict::Later(said(&error))
            }
            Err(error) => return Err(later("it broke off", &error)),
        };
        verdicts.push((address.clone(), verdict));
    }
    Ok(verdicts)
}

fn later(what: &str, error: &Error) -> Failure {
    Failure::later(format!("{what}: {}", said(error)))
}

fn code(error: &Error) -> String {
    error
        .status()
        .map(|code| code.to_string())
        .unwrap_or_default()
}

/// "550 no such user", or what went wrong on the way, in a line.
fn said(error: &Error) -> String {
    let mut cause = std::error::Error::source(error);
    let mut text = cause.map_or_else(|| error.to_string(), ToString::to_string);
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line
        .chars()
        .filter(|c| !c.is_control())
        .take(QUOTED)
        .collect();
    match code(error) {
        code if code.is_empty() => short,
        code => format!("{code} {short}"),
    }
}
