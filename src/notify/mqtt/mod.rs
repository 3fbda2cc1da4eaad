//! Alerts to a topic of an MQTT 5 broker.
//!
//! Delivered is what the broker acknowledged: PUBACK with qos 1, PUBCOMP with qos 2. The connection
//! is kept between messages and given up at the first trouble, so that no acknowledgement can be
//! taken for another's; the next attempt makes a new one.

mod link;

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use rumqttc::{TlsConfiguration, Transport};

use super::broker::{self, ID, Payload};
use super::{Delivering, Failure, Message, Notifier, Probing, Sent, one};
use crate::config;
use crate::message::Topic;
use link::Link;

/// A broker that hears nothing for so long hears a ping.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// MQTT's own bound of a topic.
const LONGEST_TOPIC: usize = 65_535;

/// Publishes alerts.
pub(super) struct Mqtt {
    options: MqttOptions,
    own_id: bool,
    topic: Topic,
    qos: QoS,
    retain: bool,
    payload: Payload,
    patience: Duration,
    link: Option<Link>,
}

/// Fails where TLS or the template cannot be set up.
pub(super) fn build(
    config: &config::Mqtt,
    given: Option<&config::Delivery>,
) -> Result<Mqtt, String> {
    let tls = config.url.scheme() == "mqtts";
    // The brackets of an IPv6 address are the URL's, and are put on again for its address.
    let host = config.url.host_str().unwrap_or_default();
    let port = config.url.port().unwrap_or(if tls { 8883 } else { 1883 });
    let id = config.client_id.clone().unwrap_or_default();
    let mut options = MqttOptions::new(id, host, port);
    let patience = broker::patience(given);
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_start(true)
        .set_connection_timeout(patience.as_secs().max(1))
        // One message is on its way at a time.
        .set_outgoing_inflight_upper_limit(8);
    if tls {
        let config = TlsConfiguration::Rustls(Arc::new(broker::tls()?));
        options.set_transport(Transport::tls_with_config(config));
    }
    if let (Some(name), Some(password)) = (&config.username, &config.password) {
        options.set_credentials(name, password.expose());
    }
    Ok(Mqtt {
        options,
        own_id: config.client_id.is_some(),
        topic: config.topic.clone(),
        qos: match config.qos {
            2 => QoS::ExactlyOnce,
            _ => QoS::AtLeastOnce,
        },
        retain: config.retain,
        payload: Payload::new(given)?,
        patience,
        link: None,
    })
}

impl Mqtt {
    async fn connect(&self) -> Result<Link, Failure> {
        let mut options = self.options.clone();
        if !self.own_id {
            // One that nobody else has: a broker throws out the elder of two with the same.
            options.set_client_id(format!("wirewatch-{:012x}", fastrand::u64(..1 << 48)));
        }
        Link::open(options).await
    }

    /// A message in flight goes with its link: whatever ends this early, such as the time limit,
    /// leaves no link behind.
    async fn publish(&mut self, message: &Message) -> Sent {
        let (payload, content) = self.payload.of(message)?;
        let topic = self.topic.fill(message);
        if topic.len() > LONGEST_TOPIC {
            return Err(Failure::refused("the topic is too long for MQTT"));
        }
        let properties = PublishProperties {
            payload_format_indicator: Some(1),
            content_type: Some(content.to_owned()),
            user_properties: vec![(ID.to_owned(), message.id.clone())],
            ..PublishProperties::default()
        };
        let mut link = match self.link.take() {
            Some(link) if link.is_up() => link,
            _ => self.connect().await?,
        };
        link.publish(topic, (self.qos, self.retain), payload, properties)
            .await?;
        self.link = Some(link);
        Ok(None)
    }
}

impl Notifier for Mqtt {
    fn deliver<'a>(&'a mut self, batch: &'a [Message]) -> Delivering<'a> {
        let patience = self.patience;
        one(batch, move |message| {
            broker::in_time(patience, "acknowledgement", self.publish(message))
        })
    }

    fn probe(&mut self) -> Probing<'_> {
        Box::pin(async move {
            broker::in_time(self.patience, "answer", self.connect()).await?;
            Ok("the broker lets us in".to_owned())
        })
    }
}
