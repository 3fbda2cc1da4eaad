//! `[[notify]]`: who is told. A file per type, which the list below makes known; what all types
//! take is in `common`.

use std::ops::Range;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::de::DeTable;
use url::Url;

use super::read::{Given, Reader};
use super::secret::Secret;
use super::source::check;
use super::table::{Table, Unread};
use super::value::nearest;
use super::watch::Watch;
use crate::message;

mod apprise;
mod broker;
mod common;
mod short;

#[cfg(not(all(feature = "kafka", feature = "mqtt", feature = "nats")))]
pub(crate) use broker::without;
pub use common::Delivery;
pub use email::Security;
pub use stdout::Format;
pub use syslog::{Facility, SyslogAddress};
pub use webhook::WebhookFormat;
pub use {kafka::Sasl, nats::NatsLogin};

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifier {
    /// The operator's name for it; watches refer to it. Unique.
    pub name: String,
    /// What it is, with what it needs.
    pub kind: NotifierKind,
    /// Whether it is told of troubles of sources, notifiers and the daemon.
    pub health: bool,
    /// How messages go; `None` where it takes every alert as it comes.
    pub delivery: Option<Delivery>,
    /// Every secret it has, so that none is ever shown.
    pub secrets: Vec<Secret>,
}

impl Notifier {
    /// How long one attempt may take. What takes every alert as it comes is a file or the standard
    /// output and takes no longer.
    pub fn timeout(&self) -> Duration {
        const PLAIN: Duration = Duration::from_secs(60);
        self.delivery.as_ref().map_or(PLAIN, |d| d.timeout)
    }
}

/// A type of notifier: its own keys, and what becomes of them.
pub(in crate::config) trait Type: DeserializeOwned + JsonSchema {
    /// What the notifier works with.
    type Settings;
    /// It sends messages to people: templates, digests, quiet hours and the like make sense.
    const MESSAGES: bool = true;
    /// Whether it is told of troubles unless the operator says otherwise.
    const HEALTH: bool = false;
    /// Urgent kinds are not only let through but told as urgent.
    const URGENT: bool = false;
    /// Checks the keys.
    fn build(reader: &mut Reader<'_>, table: &Table<Self>) -> Option<Self::Settings>;
}

/// Every type by its name in the config, which is that of its file.
macro_rules! types {
    ($($module:ident: $name:ident,)*) => {
        $(mod $module;)*
        $(pub use $module::$name;)*

        /// The types of notifier.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum NotifierKind {
            $(
                #[doc = concat!("`type = \"", stringify!($module), "\"`.")]
                $name($name),
            )*
        }

        /// The types by name.
        const TYPES: &[&str] = &[$(stringify!($module)),*];

        fn read(
            reader: &mut Reader<'_>,
            kind: &str,
            part: Part<'_, '_>,
        ) -> Option<Option<(Notifier, Option<bool>)>> {
            match kind {
                $(stringify!($module) => Some(one::<$module::Raw>(
                    reader, kind, part, NotifierKind::$name,
                )),)*
                _ => None,
            }
        }

        fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
            vec![$(variant::<$module::Raw>(generator, stringify!($module))),*]
        }
    };
}

types! {
    log: Log,
    stdout: Stdout,
    webhook: Webhook,
    slack: Slack,
    discord: Discord,
    teams: Teams,
    mattermost: Mattermost,
    telegram: Telegram,
    matrix: Matrix,
    email: Email,
    ntfy: Ntfy,
    gotify: Gotify,
    pushover: Pushover,
    exec: Exec,
    syslog: Syslog,
    journald: Journald,
    atom: Atom,
    mqtt: Mqtt,
    nats: Nats,
    kafka: Kafka,
}

/// A table whose type has been taken out.
struct Part<'a, 'k> {
    table: DeTable<'a>,
    span: Range<usize>,
    /// Names of the operator's own kinds of development.
    own_kinds: &'k [String],
}

/// As the config has it: one flat table.
impl Serialize for Notifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'n> {
            name: &'n str,
            health: bool,
            #[serde(flatten)]
            kind: &'n NotifierKind,
            #[serde(flatten)]
            delivery: &'n Option<Delivery>,
        }
        Flat {
            name: &self.name,
            health: self.health,
            kind: &self.kind,
            delivery: &self.delivery,
        }
        .serialize(serializer)
    }
}

/// For the schema alone: reading looks at `type` first, for better messages than serde's.
pub(super) enum Raw {}

impl JsonSchema for Raw {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "notify".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "oneOf": schemas(generator) })
    }
}

/// The schema of one type: its own keys, the common ones (marked as such), and `type`.
fn variant<T: Type>(generator: &mut SchemaGenerator, name: &str) -> Schema {
    let mut schema = T::json_schema(generator).to_value();
    let common = match T::MESSAGES {
        true => common::Raw::json_schema(generator),
        false => common::Always::json_schema(generator),
    };
    let mut common = common.to_value();
    for key in common["properties"].as_object_mut().into_iter().flatten() {
        key.1["$comment"] = "common".into();
    }
    if let (Some(own), Some(others)) = (
        schema.as_object_mut(),
        common["properties"].as_object().cloned(),
    ) {
        let properties = own
            .entry("properties")
            .or_insert_with(|| serde_json::json!({}));
        for (key, value) in others {
            properties[key] = value;
        }
        properties["type"] = serde_json::json!({"type": "string", "const": name});
        let required = own.get("required").and_then(|r| r.as_array()).cloned();
        let all = ["type", "name"].map(serde_json::Value::from).into_iter();
        let all: Vec<_> = all.chain(required.into_iter().flatten()).collect();
        own.insert("required".to_owned(), all.into());
        own.insert("additionalProperties".to_owned(), false.into());
    }
    Schema::try_from(schema).unwrap_or_default()
}

/// Every notifier that could be read.
pub(super) fn build_all<'a>(
    reader: &mut Reader<'a>,
    tables: Vec<Unread<'a>>,
    watches: &[Watch],
    own_kinds: &[String],
) -> Vec<Notifier> {
    let mut notifiers: Vec<Notifier> = Vec::new();
    for (table, span) in tables {
        let Some((notifier, health)) = build(reader, table, span.clone(), own_kinds) else {
            continue;
        };
        let same = |n: &&Notifier| n.delivery.is_none() && n.kind == notifier.kind;
        if let Some(first) = notifiers.iter().find(same) {
            let message = format!(
                "`{}` and `{}` write to the same place",
                first.name, notifier.name
            );
            reader.error(span, message, "give one another `path`, or take it out");
        } else if health != Some(true) && !watches.iter().any(|w| w.notify.contains(&notifier.name))
        {
            let message = format!("no watch notifies `{}`", notifier.name);
            let help = format!("add it to a watch: notify = [\"{}\"]", notifier.name);
            reader.warning(span, message, help);
        }
        notifiers.push(notifier);
    }
    notifiers
}

/// The notifier, and what the operator said of `health`.
fn build(
    reader: &mut Reader<'_>,
    table: DeTable<'_>,
    span: Range<usize>,
    own_kinds: &[String],
) -> Option<(Notifier, Option<bool>)> {
    let keys: String;
    let mut table = table;
    if let Some((url, place)) = short::given(&table) {
        let kind;
        (kind, keys) = short::read(reader, url, &place)?;
        short::replace(&mut table, kind, &keys, &place);
    }
    let kind = reader.take_string(&mut table, &span, "type", HELP)?;
    let part = Part {
        table,
        span,
        own_kinds,
    };
    match read(reader, kind.get(), part) {
        Some(notifier) => notifier,
        None => {
            let help = match nearest(kind.get(), TYPES.iter().copied()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => {
                    "docs/NOTIFIERS.md lists the types: \"log\", \"email\", \"webhook\" and others"
                        .to_owned()
                }
            };
            reader.error(kind.span(), "unknown type of notifier", help);
            None
        }
    }
}

const HELP: &str = "say where alerts go: type = \"log\" or another of docs/NOTIFIERS.md";

/// Reads a table of type `T`: first what all take, then its own keys.
fn one<'t, T: Type>(
    reader: &mut Reader<'_>,
    kind: &str,
    part: Part<'t, '_>,
    wrap: fn(T::Settings) -> NotifierKind,
) -> Option<(Notifier, Option<bool>)> {
    let Part {
        table,
        span,
        own_kinds,
    } = part;
    let heading = format!("a [[notify]] of type \"{kind}\"");
    let common: Vec<String> = match T::MESSAGES {
        true => reader.keys_of::<common::Raw>(),
        false => reader.keys_of::<common::Always>(),
    }
    .iter()
    .map(|(key, _)| key.clone())
    .collect();
    let (all, own): (Vec<_>, Vec<_>) = table
        .into_iter()
        .partition(|(key, _)| common.iter().any(|c| c == key.get_ref()));
    let (all, own): (DeTable<'t>, DeTable<'t>) =
        (all.into_iter().collect(), own.into_iter().collect());
    reader.secrets.clear();
    let (name, health, delivery) = match T::MESSAGES {
        true => {
            let table = reader.table::<common::Raw>(&heading, all, span.clone())?;
            let delivery = common::build(reader, &table, own_kinds, T::URGENT);
            let name = given_name(reader, &table, &table.raw.name);
            (name, table.raw.health, Some(delivery))
        }
        false => {
            let table = reader.table::<common::Always>(&heading, all, span.clone())?;
            let name = given_name(reader, &table, &table.raw.name);
            (name, table.raw.health, None)
        }
    };
    let settings = reader
        .table_beside::<T>(&heading, own, span, &common)
        .and_then(|table| T::build(reader, &table));
    let health = health.map(|g| *g.get());
    let notifier = Notifier {
        name: name?,
        kind: wrap(settings?),
        health: health.unwrap_or(T::HEALTH),
        delivery,
        secrets: std::mem::take(&mut reader.secrets),
    };
    Some((notifier, health))
}

fn given_name<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    name: &Option<Given<String>>,
) -> Option<String> {
    let given = reader.require(
        table,
        "name",
        name,
        "give it a name of your own: name = \"log\"",
    )?;
    check::name(reader, given)
}

/// A secret that must be there: in place or in a file.
pub(in crate::config) fn required_secret<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    (key, value): (&str, &Option<Given<String>>),
    file: &Option<Given<String>>,
) -> Option<(Secret, Range<usize>)> {
    if value.is_none() && file.is_none() {
        if !table.is_broken(key) && !table.is_broken(&format!("{key}_file")) {
            reader.error(
                table.span.clone(),
                format!("`{key}` is missing"),
                format!("give it in place, as {key} = \"${{VARIABLE}}\", or in a file: {key}_file = \"…\""),
            );
        }
        return None;
    }
    let found = reader.secret(key, value, file)?;
    if found.0.expose().trim().is_empty() {
        reader.error(found.1, format!("`{key}` is empty"), "");
        return None;
    }
    Some(found)
}

/// The address of a receiver, which may hold a token and is kept as a secret.
pub(in crate::config) fn receiver_url<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    (key, value): (&str, &Option<Given<String>>),
    file: &Option<Given<String>>,
) -> Option<Secret> {
    let (secret, span) = required_secret(reader, table, (key, value), file)?;
    match web_url(secret.expose()) {
        Ok(_) => Some(secret),
        Err((message, help)) => {
            reader.error(span, message, help);
            None
        }
    }
}

/// The address of a webhook, which has `part` in its path; `help` says where it is got.
fn hook_url<T>(
    reader: &mut Reader<'_>,
    table: &Table<T>,
    (value, file): (&Option<Given<String>>, &Option<Given<String>>),
    (part, help): (&str, &str),
) -> Option<Secret> {
    let url = receiver_url(reader, table, ("url", value), file)?;
    if web_url(url.expose()).is_ok_and(|url| url.path().contains(part)) {
        return Some(url);
    }
    let span = value.as_ref().or(file.as_ref());
    let span = span.map_or(table.span.clone(), Given::span);
    reader.error(span, "not the address of a webhook", help);
    None
}

/// A text that is neither empty nor longer than a line.
fn line(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| match text.trim() {
        "" => Err(("it is empty".to_owned(), "leave the key out".to_owned())),
        text if text.contains(['\n', '\r']) => Err((
            "it has more than a line".to_owned(),
            "write it on one".to_owned(),
        )),
        text => Ok(text.to_owned()),
    })
}

/// `:name:` or the address of an image.
fn icon(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| {
        let name = text.strip_prefix(':').and_then(|t| t.strip_suffix(':'));
        let emoji = name.is_some_and(|n| !n.is_empty() && !n.contains(char::is_whitespace));
        match emoji || web_url(text).is_ok() {
            true => Ok(text.to_owned()),
            false => Err((
                "not an icon".to_owned(),
                "write an emoji as \":newspaper:\", or the address of an image".to_owned(),
            )),
        }
    })
}

/// A server's address, without a `/` at its end.
fn server(reader: &mut Reader<'_>, given: &Option<Given<String>>, default: &str) -> Option<String> {
    match given {
        None => Some(default.to_owned()),
        Some(given) => reader
            .check(given, web_url)
            .map(|url| url.as_str().trim_end_matches('/').to_owned()),
    }
}

/// An `http` or `https` URL with a host.
pub(in crate::config) fn web_url(text: &str) -> Result<Url, (String, String)> {
    let help = || "write it whole, beginning with https://".to_owned();
    let url = Url::parse(text.trim()).map_err(|e| (format!("not a URL: {e}"), help()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(("not an http or https address".to_owned(), help()));
    }
    Ok(url)
}

/// The templates of the operator, tried on an alert. Said here, where their place is known.
fn try_templates(reader: &mut Reader<'_>, given: [(&'static str, &Option<Given<String>>); 2]) {
    let [title, body] = given.map(|(_, g)| g.as_ref().map(|g| g.get().as_str()));
    let face = message::Face::new(
        message::for_nothing,
        title.unwrap_or(message::TITLE),
        body.unwrap_or(""),
    );
    let sample = message::sample(jiff::Timestamp::UNIX_EPOCH);
    let tried = face.and_then(|mut face| face.try_on(&sample));
    if let Err((which, why)) = tried
        && let Some((_, Some(given))) = given.iter().find(|(name, _)| *name == which)
    {
        reader.error(
            given.span(),
            format!("the template fails: {why}"),
            "docs/NOTIFIERS.md says what templates see",
        );
    }
}
