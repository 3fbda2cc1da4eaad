//! Mail by SMTP: text and HTML, in threads by story.
//!
//! `letter` writes a mail, `session` speaks with the server. A mail that goes again has the same
//! Message-ID. A server that takes it for some recipients only is asked again for the others alone,
//! as far as that can do any good. May use the mail library; keeps no more than who has what.

mod letter;
mod session;

#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;

use super::{Delivering, Failure, Message, Notifier, Probing, Sent, one};
use crate::config;
use letter::Writer;
use session::{Server, Verdict};

/// A connection idle for longer is not used again: many servers close it soon.
const IDLE: Duration = Duration::from_secs(60);

/// So many mails that only some recipients have are kept in mind.
const HALVES: usize = 1000;

/// Sends mails.
pub(super) struct Email {
    writer: Writer,
    server: Server,
    recipients: Vec<Address>,
    /// Open, and when it was last used.
    open: Option<(AsyncSmtpConnection, Instant)>,
    /// Alert and recipient, where others have it not yet.
    have: VecDeque<(String, Address)>,
    /// Recipients the server does not take, as last told.
    refused: HashSet<Address>,
}

/// Fails where a template, an address or a certificate is wrong.
pub(super) fn build(
    config: &config::Email,
    given: Option<&config::Delivery>,
) -> Result<Email, String> {
    let writer = Writer::new(config, given)?;
    Ok(Email {
        recipients: writer.recipients(),
        writer,
        server: Server::new(config)?,
        open: None,
        have: VecDeque::new(),
        refused: HashSet::new(),
    })
}

impl Email {
    async fn send(&mut self, message: &Message) -> Sent {
        let wanted: Vec<Address> = self
            .recipients
            .iter()
            .filter(|to| !self.has(message, to))
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let mail = self.writer.write(message).map_err(Failure::refused)?;
        // Dropped half-way, or failed, a connection is not used again.
        let mut connection = self.connection().await?;
        let taken = session::send(&mut connection, self.writer.sender(), &wanted, &mail).await?;
        if !connection.has_broken() {
            self.open = Some((connection, Instant::now()));
        }
        let all = wanted.len() == self.recipients.len();
        self.judge(message, taken, all)
    }

    /// What it means that some recipients were taken, and others put off or refused. `all`: nobody
    /// has had the mail before.
    fn judge(&mut self, message: &Message, taken: Vec<(Address, Verdict)>, all: bool) -> Sent {
        let said = |which: fn(&Verdict) -> Option<&String>| {
            let lines = taken
                .iter()
                .filter_map(|(to, v)| which(v).map(|said| format!("{to}: {said}")));
            lines.collect::<Vec<_>>()
        };
        let put_off = said(Verdict::later);
        if !taken.iter().any(|(_, v)| *v == Verdict::Taken) {
            let reason = format!("it takes no recipient: {}", said(Verdict::not).join("; "));
            return Err(match all && !put_off.is_empty() {
                true => Failure::later(reason),
                false => Failure::refused(reason),
            });
        }
        for (to, verdict) in &taken {
            match verdict {
                Verdict::Taken if self.refused.remove(to) => {
                    tracing::info!(recipient = %to, "the mail server takes mail for this recipient again");
                }
                // No attempt will help, and the others are not to get it twice for that.
                Verdict::Never(said) if self.refused.insert(to.clone()) => {
                    tracing::error!(recipient = %to, said, "the mail server refuses a recipient; the others have the mail");
                }
                _ => {}
            }
        }
        if put_off.is_empty() {
            return Ok(None);
        }
        for (to, _) in taken.iter().filter(|(_, v)| v.later().is_none()) {
            for told in &message.alerts {
                self.have.push_back((told.alert.id.clone(), to.clone()));
            }
        }
        while self.have.len() > HALVES {
            self.have.pop_front();
        }
        Err(Failure::refused(format!(
            "it puts off recipients, who alone get the mail again: {}",
            put_off.join("; ")
        )))
    }

    fn has(&self, message: &Message, to: &Address) -> bool {
        // A digest put off for one is told to them alert by alert.
        message.alerts.iter().all(|told| {
            self.have
                .iter()
                .any(|(id, who)| *id == told.alert.id && who == to)
        })
    }

    /// The open connection, if it still answers, or a new one.
    async fn connection(&mut self) -> Result<AsyncSmtpConnection, Failure> {
        if let Some((mut connection, used)) = self.open.take()
            && used.elapsed() < IDLE
            && connection.test_connected().await
        {
            return Ok(connection);
        }
        self.server.connect().await
    }
}

impl Notifier for Email {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        one(batch, |message| self.send(message))
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let mut connection = self.server.connect().await?;
            let (sender, to) = (self.writer.sender(), &self.recipients);
            let verdicts = session::ask(&mut connection, sender, to).await?;
            connection.quit().await.ok();
            let not: Vec<String> = verdicts
                .iter()
                .filter_map(|(to, verdict)| verdict.not().map(|said| format!("{to}: {said}")))
                .collect();
            match not.is_empty() {
                true => Ok(format!("it takes mail for {}", list(to))),
                false => Err(Failure::refused(format!(
                    "it does not take mail for {}",
                    not.join("; ")
                ))),
            }
        })
    }
}

fn list(addresses: &[Address]) -> String {
    let names: Vec<String> = addresses.iter().map(Address::to_string).collect();
    names.join(", ")
}
