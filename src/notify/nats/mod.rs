//! Alerts to a JetStream stream, or to a subject of plain NATS.
//!
//! With JetStream delivered is what a stream has stored; the message's id is its `Nats-Msg-Id`, by
//! which the stream drops what it has already. Without, it is what the server has taken: whether
//! anybody listened is not known. The connection is kept between messages and given up at the first
//! trouble; the library would else send, after reconnecting, what has been reported as failed.

mod link;

use std::error::Error as _;
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{GetStreamByNameErrorKind, PublishErrorKind};
use async_nats::{HeaderMap, header};
use bytes::Bytes;
use futures_util::StreamExt;

use super::broker::{self, Payload, said};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, one};
use crate::config::{self, NatsLogin};
use crate::message::{self, Told, Topic};
use link::Link;

/// Publishes alerts.
pub(super) struct Nats {
    servers: Vec<String>,
    login: NatsLogin,
    tls: rustls::ClientConfig,
    subject: Topic,
    jetstream: bool,
    payload: Payload,
    patience: Duration,
    link: Option<Link>,
}

/// Fails where TLS or the template cannot be set up.
pub(super) fn build(
    config: &config::Nats,
    given: Option<&config::Delivery>,
) -> Result<Nats, String> {
    Ok(Nats {
        servers: config.servers.clone(),
        login: config.login.clone(),
        tls: broker::tls()?,
        subject: config.subject.clone(),
        jetstream: config.jetstream,
        payload: Payload::new(given)?,
        patience: broker::patience(given),
        link: None,
    })
}

impl Nats {
    async fn connect(&self) -> Result<Link, Failure> {
        Link::open(&self.servers, &self.login, &self.tls, self.patience).await
    }

    /// A message in flight goes with its link: whatever ends this early, such as the time limit,
    /// leaves no link behind.
    async fn publish(&mut self, message: &Message) -> Sent {
        let (payload, content) = self.payload.of(message)?;
        let subject = self.subject.fill(message);
        let mut headers = HeaderMap::new();
        headers.insert(header::NATS_MESSAGE_ID, message.id.as_str());
        headers.insert("Content-Type", content);
        let mut link = match self.link.take() {
            Some(link) if link.is_up() => link,
            _ => self.connect().await?,
        };
        let client = link.client.clone();
        let work = async {
            match self.jetstream {
                true => stored(client, self.patience, subject, headers, payload.into()).await,
                false => taken(client, subject, headers, payload.into()).await,
            }
        };
        link.unless_down(work).await?;
        self.link = Some(link);
        Ok(None)
    }

    async fn look(&mut self) -> Result<String, Failure> {
        let mut link = self.connect().await?;
        if !self.jetstream {
            return Ok("the server lets us in".to_owned());
        }
        let alert = message::sample(jiff::Timestamp::now());
        let sample = Message {
            id: alert.id.clone(),
            alerts: vec![Told {
                alert,
                json: String::new(),
            }],
            reminder: 0,
            thread: None,
        };
        let subject = self.subject.fill(&sample);
        let context = jetstream::new(link.client.clone());
        let work = async {
            match context.stream_by_subject(subject.clone()).await {
                Ok(name) => Ok(format!("the stream `{name}` takes what we send")),
                Err(e) if e.kind() == GetStreamByNameErrorKind::NotFound => {
                    Err(Failure::later(no_stream(&subject)))
                }
                Err(e) => Err(Failure::later(format!(
                    "the server does not say which stream takes `{subject}`: {}",
                    said(&e)
                ))),
            }
        };
        link.unless_down(work).await
    }
}

/// Publishes and waits for the stream's word.
async fn stored(
    client: async_nats::Client,
    patience: Duration,
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
) -> Result<(), Failure> {
    let mut context = jetstream::new(client);
    context.set_timeout(patience);
    let sent = context
        .publish_with_headers(subject.clone(), headers, payload)
        .await;
    let ack = match sent {
        Ok(ack) => ack.await,
        Err(e) => Err(e),
    };
    // A duplicate is stored, too: the stream has had it before.
    let Err(error) = ack else { return Ok(()) };
    let stream = error
        .source()
        .and_then(|e| e.downcast_ref::<jetstream::Error>())
        .map(jetstream::Error::error_code);
    let text = said(&error);
    Err(match (error.kind(), stream) {
        (PublishErrorKind::StreamNotFound, _) => Failure::later(no_stream(&subject)),
        (PublishErrorKind::MaxPayloadExceeded, _)
        | (_, Some(ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)) => Failure::refused(text),
        _ => Failure::later(format!("no stream stored it: {text}")),
    })
}

/// Publishes, and then a word to ourselves: the server takes what one connection sends in its order,
/// so once that has come back the message has been taken.
async fn taken(
    client: async_nats::Client,
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
) -> Result<(), Failure> {
    use async_nats::client::PublishErrorKind;
    let later = |e: &dyn std::error::Error| Failure::later(said(e));
    let inbox = client.new_inbox();
    let mut echo = client
        .subscribe(inbox.clone())
        .await
        .map_err(|e| later(&e))?;
    client
        .publish_with_headers(subject, headers, payload)
        .await
        .map_err(|e| match e.kind() {
            PublishErrorKind::MaxPayloadExceeded => Failure::refused(said(&e)),
            _ => later(&e),
        })?;
    client
        .publish(inbox, Bytes::new())
        .await
        .map_err(|e| later(&e))?;
    match echo.next().await {
        Some(_) => Ok(()),
        None => Err(Failure::later("the connection broke")),
    }
}

fn no_stream(subject: &str) -> String {
    format!(
        "no stream takes the subject `{subject}`: add one, as in `nats stream add --subjects \"{}>\"`, or set jetstream = false",
        subject.split_inclusive('.').next().unwrap_or_default()
    )
}

impl Notifier for Nats {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let patience = self.patience;
        one(batch, move |message| {
            broker::in_time(patience, "acknowledgement", self.publish(message))
        })
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let patience = self.patience;
            broker::in_time(patience, "answer", self.look()).await
        })
    }
}
