//! Notifiers: an alert on its way out, a file or folder each.
//!
//! A notifier takes messages in order and says how many it can vouch for. It knows nothing of the
//! store, of retries, digests or quiet hours: what is not acknowledged comes again, with the same
//! id. May use the network and files, the config and the messages; nothing of language.

mod atom;
mod discord;
mod discreet;
mod email;
mod exec;
mod gotify;
mod html;
mod http;
mod journald;
mod log;
mod matrix;
mod mattermost;
mod measure;
mod ntfy;
mod push;
mod pushover;
mod slack;
mod stdout;
mod syslog;
mod teams;
mod telegram;
#[cfg(test)]
mod testing;
mod webhook;

#[cfg(any(feature = "kafka", feature = "mqtt", feature = "nats"))]
mod broker;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "mqtt")]
mod mqtt;
#[cfg(feature = "nats")]
mod nats;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::config::{self, NotifierKind};
use crate::message::{Escape, Face, TITLE};
pub use crate::message::{Message, Told};
use discreet::Discreet;
pub use log::LogFile;
pub use stdout::{Stdout, readable};

/// How far a notifier came with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// That many messages, from the front, have arrived for certain.
    pub acknowledged: usize,
    /// What the receiver calls the last of them, for what answers it later.
    pub handle: Option<String>,
    /// Why the rest did not.
    pub failure: Option<Failure>,
}

/// Why a message did not arrive. Reasons are for a person and name no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The receiver cannot be reached, is overloaded or does not let us in: nothing else would
    /// arrive either.
    Later {
        /// What happened.
        reason: String,
        /// How long it asked to be left alone.
        after: Option<Duration>,
    },
    /// It does not take this message; others it may.
    Refused {
        /// What it said.
        reason: String,
    },
    /// It is there no more, and says so: nothing is to be sent to it again.
    Gone {
        /// What it said.
        reason: String,
    },
}

impl Failure {
    /// A failure of the way, without a wish of the receiver's.
    pub fn later(reason: impl Into<String>) -> Failure {
        Failure::Later {
            reason: reason.into(),
            after: None,
        }
    }

    /// A failure of this message alone.
    pub fn refused(reason: impl Into<String>) -> Failure {
        Failure::Refused {
            reason: reason.into(),
        }
    }

    /// The same with a wish that the receiver put into the text of its answer, if it did.
    fn wishing(self, wish: Option<Duration>) -> Failure {
        match self {
            Failure::Later { reason, after } => Failure::Later {
                reason,
                after: wish.or(after),
            },
            other => other,
        }
    }

    /// There was no end to an attempt.
    pub fn late(limit: Duration) -> Failure {
        Failure::later(format!("no answer within {}", config::show_duration(limit)))
    }

    /// What happened.
    pub fn reason(&self) -> &str {
        match self {
            Failure::Later { reason, .. }
            | Failure::Refused { reason }
            | Failure::Gone { reason } => reason,
        }
    }
}

impl Receipt {
    /// Everything has arrived.
    pub fn all(batch: &[Message]) -> Receipt {
        Receipt {
            acknowledged: batch.len(),
            handle: None,
            failure: None,
        }
    }

    /// Nothing has.
    pub fn none(failure: Failure) -> Receipt {
        Receipt {
            acknowledged: 0,
            handle: None,
            failure: Some(failure),
        }
    }
}

/// The end of one message: what the receiver calls it, if it says so.
pub type Sent = Result<Option<String>, Failure>;

impl From<Sent> for Receipt {
    fn from(sent: Sent) -> Receipt {
        match sent {
            Ok(handle) => Receipt {
                acknowledged: 1,
                handle,
                failure: None,
            },
            Err(failure) => Receipt::none(failure),
        }
    }
}

/// What [`Notifier::deliver`] returns.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Receipt> + Send + 'a>>;

/// Delivers the first message of a batch: what a notifier does that takes one at a time.
fn one<'a, F>(batch: &'a [Message], send: impl FnOnce(&'a Message) -> F) -> Delivering<'a>
where
    F: Future<Output = Sent> + Send + 'a,
{
    match batch.first() {
        Some(message) => {
            let sent = send(message);
            Box::pin(async move { sent.await.into() })
        }
        None => Box::pin(async { Receipt::all(batch) }),
    }
}

/// What [`Notifier::probe`] returns: what was found, in a few words.
pub type Probing<'a> = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send + 'a>>;

/// A way out. Messages come in the order of detection and may come again after a failure or a
/// crash; the id tells.
pub trait Notifier: Send {
    /// Delivers messages; never more than [`Notifier::at_once`]. Whoever calls limits the time it
    /// takes, and may drop it half-way.
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a>;

    /// How many messages it takes at once.
    fn at_once(&self) -> usize {
        1
    }

    /// Looks whether the receiver is there and lets us in, as far as can be told without sending
    /// anybody a message.
    fn probe(&mut self) -> Probing<'_>;
}

/// The notifier of a table of the config. Fails where it can do nothing as configured, such as with
/// a type that this program was built without; the reason says the fix.
pub fn build(notifier: &config::Notifier) -> Result<Box<dyn Notifier>, String> {
    let given = notifier.delivery.as_ref();
    let built: Box<dyn Notifier> = match &notifier.kind {
        NotifierKind::Log(log) => Box::new(LogFile::new(log.path.clone())),
        NotifierKind::Stdout(stdout) => Box::new(Stdout {
            json: stdout.format == config::Format::Json,
        }),
        NotifierKind::Webhook(webhook) => Box::new(webhook::build(webhook, given)?),
        NotifierKind::Slack(slack) => Box::new(slack::build(slack, given)?),
        NotifierKind::Discord(discord) => Box::new(discord::build(discord, given)?),
        NotifierKind::Teams(teams) => Box::new(teams::build(teams, given)?),
        NotifierKind::Mattermost(mattermost) => Box::new(mattermost::build(mattermost, given)?),
        NotifierKind::Telegram(telegram) => Box::new(telegram::build(telegram, given)?),
        NotifierKind::Matrix(matrix) => Box::new(matrix::build(matrix, given)?),
        NotifierKind::Email(email) => Box::new(email::build(email, given)?),
        NotifierKind::Ntfy(ntfy) => Box::new(ntfy::build(ntfy, given)?),
        NotifierKind::Gotify(gotify) => Box::new(gotify::build(gotify, given)?),
        NotifierKind::Pushover(pushover) => Box::new(pushover::build(pushover, given)?),
        NotifierKind::Exec(exec) => Box::new(exec::build(exec, given)?),
        NotifierKind::Syslog(syslog) => Box::new(syslog::build(syslog, given)?),
        NotifierKind::Journald(journald) => Box::new(journald::build(journald, given)?),
        NotifierKind::Atom(atom) => Box::new(atom::build(atom, given)?),
        #[cfg(feature = "mqtt")]
        NotifierKind::Mqtt(mqtt) => Box::new(mqtt::build(mqtt, given)?),
        #[cfg(not(feature = "mqtt"))]
        NotifierKind::Mqtt(_) => return Err(config::without("mqtt")),
        #[cfg(feature = "nats")]
        NotifierKind::Nats(nats) => Box::new(nats::build(nats, given)?),
        #[cfg(not(feature = "nats"))]
        NotifierKind::Nats(_) => return Err(config::without("nats")),
        #[cfg(feature = "kafka")]
        NotifierKind::Kafka(kafka) => Box::new(kafka::build(kafka, given)?),
        #[cfg(not(feature = "kafka"))]
        NotifierKind::Kafka(_) => return Err(config::without("kafka")),
    };
    Ok(Box::new(Discreet::new(built, &notifier.secrets)))
}

/// The wording of a channel: the operator's templates, or else its own.
fn face(
    escape: Escape,
    given: Option<&config::Delivery>,
    title: Option<&str>,
    body: &str,
) -> Result<Face, String> {
    let own =
        |pick: fn(&config::Delivery) -> &Option<String>| given.and_then(|d| pick(d).as_deref());
    Face::new(
        escape,
        own(|d| &d.title).or(title).unwrap_or(TITLE),
        own(|d| &d.body).unwrap_or(body),
    )
    .map_err(|(which, why)| format!("the template of its {which} fails: {why}"))
}
