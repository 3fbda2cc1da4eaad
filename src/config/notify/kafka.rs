//! `type = "kafka"`: alerts as records of a Kafka topic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Type, broker};
use crate::config::read::{Given, Reader};
use crate::config::secret::Secret;
use crate::config::table::Table;

/// A topic of Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kafka {
    /// Brokers to begin with, as "host:port".
    pub brokers: Vec<String>,
    /// Where to.
    pub topic: String,
    /// Encrypted.
    pub tls: bool,
    /// How the password is proven.
    pub sasl: Sasl,
    /// Who we are.
    pub username: Option<String>,
    /// The proof.
    pub password: Option<Secret>,
}

/// How a password is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Sasl {
    /// By sending it.
    #[serde(rename = "plain")]
    Plain,
    /// By a hash.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// By a longer one.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// Alerts as records of a Kafka topic.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Raw {
    /// Brokers to begin with, each "host:port"; they name the others.
    #[schemars(required, example = &["kafka-1.example.org:9093", "kafka-2.example.org:9093"])]
    brokers: Option<Vec<Given<String>>>,
    /// The topic. All alerts of a story go to one partition, in their order.
    #[schemars(required, example = &"wirewatch.alerts")]
    topic: Option<Given<String>>,
    /// Whether the connection is encrypted.
    #[schemars(extend("default" = false), example = true)]
    tls: Option<Given<bool>>,
    /// How the password is proven: "plain" (with TLS only), "scram-sha-256" or "scram-sha-512".
    #[schemars(extend("enum" = ["plain", "scram-sha-256", "scram-sha-512"], "default" = "plain"), example = &"scram-sha-512")]
    sasl: Option<Given<String>>,
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
    type Settings = Kafka;

    fn build(reader: &mut Reader<'_>, table: &Table<Raw>) -> Option<Kafka> {
        broker::built(reader, table, "kafka", cfg!(feature = "kafka"));
        let raw = &table.raw;
        let help = "say which: brokers = [\"kafka.example.org:9093\"]";
        let brokers = broker::servers(reader, table, ("brokers", &raw.brokers), help, host_port);
        let help = "say where to: topic = \"wirewatch.alerts\"";
        let topic = reader.require(table, "topic", &raw.topic, help);
        let topic = topic.and_then(|given| reader.check(given, topic_name));
        let login = broker::login(
            reader,
            table,
            &raw.username,
            (&raw.password, &raw.password_file),
        );
        let sasl = match &raw.sasl {
            None => Some(Sasl::Plain),
            Some(given) => reader.check(given, |text| match text {
                "plain" => Ok(Sasl::Plain),
                "scram-sha-256" => Ok(Sasl::ScramSha256),
                "scram-sha-512" => Ok(Sasl::ScramSha512),
                _ => Err((
                    "unknown way".to_owned(),
                    "write \"plain\", \"scram-sha-256\" or \"scram-sha-512\"".to_owned(),
                )),
            }),
        };
        let tls = raw.tls.as_ref().is_some_and(|given| *given.get());
        if let (Some(given), false, Some(Sasl::Plain)) = (&raw.username, tls, sasl) {
            reader.warning(
                given.span(),
                "the password is sent in the clear",
                "let the brokers speak TLS: tls = true",
            );
        }
        let (username, password) = login?.unzip();
        Some(Kafka {
            brokers: brokers?,
            topic: topic?,
            tls,
            sasl: sasl?,
            username,
            password,
        })
    }
}

fn host_port(text: &str) -> Result<String, (String, String)> {
    let text = text.trim();
    let parts = text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    match parts {
        Some((host, Ok(port))) if port > 0 && !host.is_empty() && !host.contains('/') => {
            Ok(text.to_owned())
        }
        _ => Err((
            "not a host and port".to_owned(),
            "write it as \"kafka.example.org:9093\"".to_owned(),
        )),
    }
}

/// As Kafka has it.
fn topic_name(text: &str) -> Result<String, (String, String)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=249).contains(&text.len()) && text.chars().all(fits) && !matches!(text, "." | "..") {
        return Ok(text.to_owned());
    }
    Err((
        "not a topic".to_owned(),
        "it has up to 249 letters, digits, `.`, `_` and `-`".to_owned(),
    ))
}
