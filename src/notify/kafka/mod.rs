//! Alerts as records of a Kafka topic.
//!
//! Delivered is what all replicas in sync have (acks = all). A record's key is its story, and the
//! partition follows from the key as with Kafka's own clients, so that a story keeps its order; its
//! header `wirewatch-id` names the message, which comes twice when an acknowledgement is lost.
//! Clients are kept between messages and given up at the first trouble.

mod murmur;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;

use super::broker::{self, ID, Payload, said};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, one};
use crate::config::{self, Sasl};

/// The library tries again by itself within this time, which a change of leader takes. Longer
/// pauses are the courier's.
const RETRYING: Duration = Duration::from_secs(1);

/// Produces records.
pub(super) struct Kafka {
    brokers: Vec<String>,
    topic: String,
    tls: Option<Arc<rustls::ClientConfig>>,
    sasl: Option<SaslConfig>,
    payload: Payload,
    patience: Duration,
    link: Option<Link>,
}

/// A cluster, and the partitions that have been written to so far.
struct Link {
    client: Client,
    /// Numbers of the topic's partitions; never empty.
    numbers: Vec<i32>,
    partitions: BTreeMap<i32, PartitionClient>,
}

/// Fails where TLS or the template cannot be set up.
pub(super) fn build(
    config: &config::Kafka,
    given: Option<&config::Delivery>,
) -> Result<Kafka, String> {
    let tls = match config.tls {
        true => Some(Arc::new(broker::tls()?)),
        false => None,
    };
    let login = config.username.as_ref().zip(config.password.as_ref());
    let sasl = login.map(|(name, password)| {
        let login = Credentials::new(name.clone(), password.expose().to_owned());
        match config.sasl {
            Sasl::Plain => SaslConfig::Plain(login),
            Sasl::ScramSha256 => SaslConfig::ScramSha256(login),
            Sasl::ScramSha512 => SaslConfig::ScramSha512(login),
        }
    });
    Ok(Kafka {
        brokers: config.brokers.clone(),
        topic: config.topic.clone(),
        tls,
        sasl,
        payload: Payload::new(given)?,
        patience: broker::patience(given),
        link: None,
    })
}

impl Kafka {
    async fn client(&self) -> Result<Client, Failure> {
        let mut builder = ClientBuilder::new(self.brokers.clone())
            .client_id("wirewatch")
            .backoff_config(BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: RETRYING,
                base: 3.0,
                deadline: Some(RETRYING),
            });
        if let Some(tls) = &self.tls {
            builder = builder.tls_config(Arc::clone(tls));
        }
        if let Some(sasl) = &self.sasl {
            builder = builder.sasl_config(sasl.clone());
        }
        builder.build().await.map_err(|e| self.failure(&e))
    }

    /// Numbers of the topic's partitions; none if there is no such topic.
    async fn numbers(&self, client: &Client) -> Result<Vec<i32>, Failure> {
        let topics = client.list_topics().await.map_err(|e| self.failure(&e))?;
        let topic = topics.into_iter().find(|topic| topic.name == self.topic);
        Ok(topic.map_or_else(Vec::new, |topic| topic.partitions.into_iter().collect()))
    }

    async fn open(&self) -> Result<Link, Failure> {
        let client = self.client().await?;
        let mut partitions = BTreeMap::new();
        let mut numbers = self.numbers(&client).await?;
        if numbers.is_empty() {
            // Asking for it is what lets a broker make it that makes topics by itself.
            partitions.insert(0, self.partition(&client, 0).await?);
            numbers = self.numbers(&client).await?;
        }
        if numbers.is_empty() {
            return Err(Failure::later(self.no_topic()));
        }
        Ok(Link {
            client,
            numbers,
            partitions,
        })
    }

    async fn partition(&self, client: &Client, number: i32) -> Result<PartitionClient, Failure> {
        client
            .partition_client(&self.topic, number, UnknownTopicHandling::Retry)
            .await
            .map_err(|e| self.failure(&e))
    }

    /// A record in flight goes with its link: whatever ends this early leaves no link behind.
    async fn produce(&mut self, message: &Message) -> Sent {
        let (value, content) = self.payload.of(message)?;
        let time = message.first().map_or(Timestamp::UNIX_EPOCH, |a| a.time);
        let timestamp = time.to_string().parse();
        let record = Record {
            key: message.story().map(|story| story.as_bytes().to_vec()),
            value: Some(value.into_bytes()),
            headers: BTreeMap::from([
                (ID.to_owned(), message.id.as_bytes().to_vec()),
                ("content-type".to_owned(), content.as_bytes().to_vec()),
            ]),
            timestamp: timestamp.map_err(|_| Failure::refused("a time without a meaning"))?,
        };
        let mut link = match self.link.take() {
            Some(link) => link,
            None => self.open().await?,
        };
        let key = message.story().unwrap_or(&message.id);
        let number = murmur::partition(key.as_bytes(), &link.numbers);
        let partition = match link.partitions.remove(&number) {
            Some(partition) => partition,
            None => self.partition(&link.client, number).await?,
        };
        partition
            .produce(vec![record], Compression::NoCompression)
            .await
            .map_err(|e| self.failure(&e))?;
        link.partitions.insert(number, partition);
        self.link = Some(link);
        Ok(None)
    }

    fn no_topic(&self) -> String {
        format!(
            "there is no topic `{0}`, or it is not for us: make it, as in `kafka-topics.sh --create --topic {0}`, or let the user write to it",
            self.topic
        )
    }

    fn failure(&self, error: &Error) -> Failure {
        use ProtocolError as Said;
        let protocol = match error {
            Error::ServerError { protocol_error, .. } => Some(protocol_error),
            _ => None,
        };
        match protocol {
            Some(Said::MessageTooLarge | Said::RecordListTooLarge | Said::InvalidRecord) => {
                let said = protocol.map(ToString::to_string).unwrap_or_default();
                Failure::refused(format!("the broker does not take it: {said}"))
            }
            Some(Said::UnknownTopicOrPartition | Said::TopicAuthorizationFailed) => {
                Failure::later(self.no_topic())
            }
            Some(said) => Failure::later(format!("the broker says: {said}")),
            None => Failure::later(match said(error) {
                text if text.contains("Sasl") || text.contains("SASL") => format!(
                    "the broker does not let us in: check `username`, `password` and `sasl` ({text})"
                ),
                text => format!("no connection to the brokers: {text}"),
            }),
        }
    }
}

impl Notifier for Kafka {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let patience = self.patience;
        one(batch, move |message| {
            broker::in_time(patience, "acknowledgement", self.produce(message))
        })
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            let look = async {
                let client = self.client().await?;
                match self.numbers(&client).await?.len() {
                    0 => Err(Failure::later(format!(
                        "{}; a broker that makes topics by itself makes it with the first alert",
                        self.no_topic()
                    ))),
                    1 => Ok("the topic is there, with 1 partition".to_owned()),
                    n => Ok(format!("the topic is there, with {n} partitions")),
                }
            };
            broker::in_time(self.patience, "answer", look).await
        })
    }
}
