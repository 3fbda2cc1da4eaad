//! `type = "mqtt"`: alerts to a topic of an MQTT 5 broker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, broker};
use crate::config::fetch;
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;
use crate::message::Topic;

/// A topic of an MQTT 5 broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mqtt {
    /// The broker.
    pub url: url::Url,
    /// Where to.
    pub topic: Topic,
    /// 1: at least once; 2: once within a connection.
    pub qos: u8,
    /// The broker keeps the last message of each topic for later subscribers.
    pub retain: bool,
    /// Our name at the broker; `None`: one of its own for each connection.
    pub client_id: Option<String>,
    /// Who we are.
    pub username: Option<String>,
    /// The proof.
    pub password: Option<Secret>,
}

/// Alerts to a topic of an MQTT 5 broker.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// The broker: `mqtts://` with TLS (port 8883 unless said), `mqtt://` without (1883).
    #[schemars(required, example = &"mqtts://broker.example.org")]
    url: Option<Given<String>>,
    /// Where to; `{kind}`, `{source}`, `{watch}` and `{story}` are filled in.
    #[schemars(required, example = &"wirewatch/{watch}/{kind}")]
    topic: Option<Given<String>>,
    /// 1: acknowledged by the broker (PUBACK); 2: in two steps (PUBCOMP).
    #[schemars(extend("default" = 1), range(min = 1, max = 2), example = 1)]
    qos: Option<Given<i64>>,
    /// Whether the broker keeps the last message of each topic for those who subscribe later.
    #[schemars(extend("default" = false), example = true)]
    retain: Option<Given<bool>>,
    /// Our name at the broker, where it wants a certain one. Without it each connection has its own.
    #[schemars(example = &"wirewatch-desk")]
    client_id: Option<Given<String>>,
    /// User name.
    #[schemars(example = &"wirewatch")]
    username: Option<Given<String>>,
    /// Password; or give `password_file`. Never shown.
    #[schemars(example = &"correct horse")]
    password: Option<Given<String>>,
    /// A file that holds `password`.
    #[schemars(example = &"${CREDENTIALS_DIRECTORY}/wirewatch.password")]
    password_file: Option<Given<String>>,
}

impl Type for Raw {
    type Settings = Mqtt;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Mqtt> {
        broker::built(reader, table, "mqtt", cfg!(feature = "mqtt"));
        let raw = &table.raw;
        let help = "say which broker: url = \"mqtts://broker.example.org\"";
        let url = reader.require(table, "url", &raw.url, help);
        let url = url.and_then(|given| {
            reader.check(given, |text| broker::server(text, ["mqtt", "mqtts"]))
        });
        let help = "say where to: topic = \"wirewatch/{watch}\"";
        let topic = reader.require(table, "topic", &raw.topic, help);
        let topic = topic
            .and_then(|given| reader.check(given, |text| broker::topic(text, '/', &['+', '#'])));
        let login = broker::login(
            reader,
            table,
            &raw.username,
            (&raw.password, &raw.password_file),
        );
        let client_id = raw.client_id.as_ref();
        let client_id = client_id.map(|given| {
            reader.check(given, |text| match text.trim() {
                "" => Err(("`client_id` is empty".to_owned(), "leave it out".to_owned())),
                text if text.len() > 256 => {
                    Err(("`client_id` is too long".to_owned(), "256 bytes at most".to_owned()))
                }
                text => Ok(text.to_owned()),
            })
        });
        let qos = fetch::number(reader, &raw.qos, 1..=2, 1);
        let (username, password) = login?.unzip();
        Some(Mqtt {
            url: url?,
            topic: topic?,
            qos: if qos == 2 { 2 } else { 1 },
            retain: raw.retain.as_ref().is_some_and(|given| *given.get()),
            client_id: match client_id {
                Some(checked) => Some(checked?),
                None => None,
            },
            username,
            password,
        })
    }
}
