//! One connection to a broker: opened, used for one message at a time, never repaired.

use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, Packet, PubAckReason, PubCompReason, PubRecReason,
    PublishProperties,
};
use rumqttc::v5::mqttbytes::{Error as PacketError, QoS};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::notify::Failure;
use crate::notify::broker::said;

/// Packets that wait to be looked at; one message has two at most.
const PACKETS: usize = 16;

/// A connection, kept alive by a task of its own until it breaks or this is dropped.
pub(super) struct Link {
    client: AsyncClient,
    packets: mpsc::Receiver<Result<Packet, Failure>>,
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        // A broker that is told goodbye says nothing of it in its log.
        if self.client.try_disconnect().is_err() {
            self.task.abort();
        }
    }
}

impl Link {
    /// Connects, and waits until the broker has let us in.
    pub(super) async fn open(options: MqttOptions) -> Result<Link, Failure> {
        let (client, events) = AsyncClient::new(options, PACKETS);
        let (tell, packets) = mpsc::channel(PACKETS);
        let task = tokio::spawn(drive(events, tell));
        let mut link = Link {
            client,
            packets,
            task,
        };
        match link.next().await? {
            Packet::ConnAck(_) => Ok(link),
            other => Err(unexpected(&other)),
        }
    }

    /// Whether it has not been seen to break.
    pub(super) fn is_up(&self) -> bool {
        !self.task.is_finished() && self.packets.is_empty()
    }

    /// Sends a message and waits until the broker has taken it.
    pub(super) async fn publish(
        &mut self,
        topic: String,
        (qos, retain): (QoS, bool),
        payload: String,
        properties: PublishProperties,
    ) -> Result<(), Failure> {
        self.client
            .publish_with_properties(topic, qos, retain, payload, properties)
            .await
            .map_err(|_| Failure::later("the connection broke"))?;
        loop {
            match self.next().await? {
                Packet::PubAck(ack) => {
                    return match ack.reason {
                        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
                        PubAckReason::PayloadFormatInvalid | PubAckReason::TopicNameInvalid => {
                            Err(Failure::refused(refusal(&ack.reason)))
                        }
                        reason => Err(Failure::later(refusal(&reason))),
                    };
                }
                Packet::PubRec(rec) => match rec.reason {
                    PubRecReason::Success | PubRecReason::NoMatchingSubscribers => {}
                    PubRecReason::PayloadFormatInvalid | PubRecReason::TopicNameInvalid => {
                        return Err(Failure::refused(refusal(&rec.reason)));
                    }
                    reason => return Err(Failure::later(refusal(&reason))),
                },
                Packet::PubComp(comp) => {
                    return match comp.reason {
                        PubCompReason::Success => Ok(()),
                        reason => Err(Failure::later(refusal(&reason))),
                    };
                }
                other => return Err(unexpected(&other)),
            }
        }
    }

    async fn next(&mut self) -> Result<Packet, Failure> {
        match self.packets.recv().await {
            Some(packet) => packet,
            None => Err(Failure::later("the connection broke")),
        }
    }
}

/// Keeps the connection going until it breaks; nothing is sent twice by the library itself.
async fn drive(mut events: EventLoop, tell: mpsc::Sender<Result<Packet, Failure>>) {
    loop {
        let packet = match events.poll().await {
            Ok(Event::Incoming(Packet::PingResp(_))) | Ok(Event::Outgoing(_)) => continue,
            Ok(Event::Incoming(packet)) => Ok(packet),
            Err(error) => Err(failure(&error)),
        };
        let over = packet.is_err();
        if tell.send(packet).await.is_err() || over {
            return;
        }
    }
}

/// "Packet too large". Mosquitto says it of a message over its `message_size_limit` in a PUBACK, where
/// MQTT does not provide for it and the library does not know it.
const TOO_LARGE: u8 = 0x95;

fn failure(error: &ConnectionError) -> Failure {
    use {ConnectReturnCode as Code, DisconnectReasonCode as Goodbye};
    match error {
        ConnectionError::ConnectionRefused(
            code @ (Code::BadUserNamePassword | Code::NotAuthorized),
        ) => Failure::later(format!(
            "the broker does not let us in ({code:?}): check `username` and `password`"
        )),
        ConnectionError::ConnectionRefused(code) => {
            Failure::later(format!("the broker refuses the connection: {code:?}"))
        }
        ConnectionError::MqttState(StateError::Deserialization(
            PacketError::OutgoingPacketTooLarge { pkt_size, max },
        )) => Failure::refused(format!(
            "a message of {pkt_size} bytes; the broker takes {max}"
        )),
        ConnectionError::MqttState(StateError::Deserialization(
            PacketError::InvalidConnectReturnCode(TOO_LARGE),
        )) => Failure::refused("the message is larger than the broker takes"),
        ConnectionError::MqttState(StateError::ServerDisconnect {
            reason_code,
            reason_string,
        }) => {
            let why = reason_string.as_deref().unwrap_or_default();
            let text = format!("the broker ended the connection: {reason_code:?} {why}");
            match reason_code {
                Goodbye::PacketTooLarge
                | Goodbye::TopicNameInvalid
                | Goodbye::PayloadFormatInvalid => Failure::refused(text.trim_end()),
                _ => Failure::later(text.trim_end()),
            }
        }
        ConnectionError::NotConnAck(_) => {
            Failure::later("the server does not answer as an MQTT 5 broker does")
        }
        error => Failure::later(format!("no connection to the broker: {}", said(error))),
    }
}

fn refusal(reason: &impl std::fmt::Debug) -> String {
    format!("the broker does not take it: {reason:?}")
}

fn unexpected(packet: &Packet) -> Failure {
    let text = format!("{packet:?}");
    let name: String = text.chars().take_while(|c| c.is_alphabetic()).collect();
    Failure::later(format!("the broker answered with an unexpected {name}"))
}
