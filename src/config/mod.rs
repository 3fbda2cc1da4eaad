//! The TOML file: read, checked, explained.
//!
//! [`load`] reads a file and the environment, [`parse`] is the same for text at hand. Both find as
//! many errors as one pass can, each with its place and its fix. A [`Config`] has been checked:
//! ids are unique, references lead somewhere, selectors and URLs parse. A file per table of the
//! TOML; `docs/CONFIG.md` tells the operator what each key means.
//!
//! May use the file system (the config, `*_file` secrets), the nouns of [`crate::article`], and
//! [`crate::detect`] to try the operator's own kinds; never the network, the database or the clock.

mod browser;
mod defaults;
mod env;
mod fetch;
mod files;
mod kind;
mod mask;
mod notify;
mod print;
mod problem;
mod read;
mod schema;
mod secret;
mod snapshot;
mod source;
mod store;
mod syntax;
mod table;
mod value;
mod watch;
mod web;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use defaults::{Defaults, Recheck};
pub use fetch::Fetch;
pub use files::Files;
#[cfg(not(all(feature = "kafka", feature = "mqtt", feature = "nats")))]
pub(crate) use notify::without;
pub use notify::{
    Atom, Delivery, Email, Exec, Facility, Format, Gotify, Journald, Log, Notifier, NotifierKind,
    Ntfy, Pushover, Security, Stdout, Syslog, SyslogAddress, Webhook, WebhookFormat,
};
pub use notify::{Discord, Matrix, Mattermost, Slack, Teams, Telegram};
pub use notify::{Kafka, Mqtt, Nats, NatsLogin, Sasl};
pub use problem::{Errors, Problem, Severity};
pub use schema::schema;
pub use secret::{HIDDEN, Secret};
pub use snapshot::{Change, Diff, Entry, Key, Snapshot};
pub use source::{Source, SourceKind};
pub use store::{ArchiveKind, Store};
pub use value::{Network, duration, show_duration, show_size, size};
pub use watch::Watch;
pub use web::Web;

use crate::detect::CustomKind;
use read::Reader;

/// The names a config is looked for under, in this order.
pub const PATHS: [&str; 2] = ["wirewatch.toml", "/etc/wirewatch/wirewatch.toml"];

/// The commented config that `wirewatch init` writes.
pub const STARTER: &str = include_str!("../../config/wirewatch.toml");

const TABLES: [&str; 8] = [
    "store", "fetch", "defaults", "source", "kind", "watch", "notify", "web",
];

/// A checked config.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// The file it came from.
    #[serde(skip)]
    pub path: PathBuf,
    /// What was read to get it.
    #[serde(skip)]
    pub files: Files,
    /// What is probably not meant, in the order of the file.
    #[serde(skip)]
    pub warnings: Vec<Problem>,
    /// Where what was seen is kept.
    pub store: Store,
    /// How pages are fetched.
    pub fetch: Fetch,
    /// What holds for sources that do not say otherwise; already worked into `sources`.
    pub defaults: Defaults,
    /// What is watched; at least one.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// The operator's own kinds of development; their examples have been tried.
    #[serde(rename = "kind")]
    pub kinds: Vec<CustomKind>,
    /// What is told.
    #[serde(rename = "watch")]
    pub watches: Vec<Watch>,
    /// Who is told.
    #[serde(rename = "notify")]
    pub notifiers: Vec<Notifier>,
    /// Where the daemon says how it does.
    pub web: Web,
}

impl Config {
    /// Whether a secret of the config is written out in `text`, which is its file.
    pub fn spells_out_a_secret(&self, text: &str) -> bool {
        let of_notifiers = self.notifiers.iter().flat_map(|n| &n.secrets);
        let mut all = self.fetch.proxy.iter().chain(of_notifiers);
        all.any(|secret| !secret.expose().is_empty() && text.contains(secret.expose()))
    }

    /// Whether a daemon would do the same with both, whatever the files look like.
    pub fn means_the_same(&self, other: &Config) -> bool {
        let Config {
            path: _,
            files: _,
            warnings: _,
            store,
            fetch,
            defaults,
            sources,
            kinds,
            watches,
            notifiers,
            web,
        } = self;
        *store == other.store
            && *fetch == other.fetch
            && *defaults == other.defaults
            && *sources == other.sources
            && *kinds == other.kinds
            && *watches == other.watches
            && *notifiers == other.notifiers
            && *web == other.web
    }
}

/// Where the config is: the file named, or the first of [`PATHS`] that exists.
pub fn find(explicit: Option<&Path>) -> Result<PathBuf, Errors> {
    if let Some(path) = explicit {
        return Ok(path.to_path_buf());
    }
    let found = PATHS.iter().map(Path::new).find(|path| path.exists());
    found.map(Path::to_path_buf).ok_or_else(|| {
        let message = format!("no config: there is neither {} nor {}", PATHS[0], PATHS[1]);
        let help = "`wirewatch init` writes one; `--config FILE` names another place".to_owned();
        Problem::of_file(Path::new(PATHS[0]), Severity::Error, message, Some(help)).into()
    })
}

/// Reads and checks the file, with the variables of the environment.
pub fn load(path: &Path) -> Result<Config, Errors> {
    let failed = |why: String, help: &str| {
        let message = format!("failed to read `{}`: {why}", path.display());
        Errors::from(Problem::of_file(
            path,
            Severity::Error,
            message,
            Some(help.to_owned()),
        ))
    };
    // Before it is read, so that a change under way is seen as one later.
    let files = Files::look(path);
    let bytes = std::fs::read(path).map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => "`wirewatch init` writes a config to start from",
            std::io::ErrorKind::IsADirectory => {
                "name the file in it: --config FOLDER/wirewatch.toml"
            }
            std::io::ErrorKind::PermissionDenied => "let the user wirewatch runs as read it",
            _ => "name another file: --config FILE",
        };
        failed(read::reason(&error), help)
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(good)
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        failed(
            format!("line {line} is not UTF-8"),
            "save the file as UTF-8",
        )
    })?;
    let config = parse(&text, path, &|name| std::env::var(name).ok())?;
    Ok(Config { files, ..config })
}

/// Checks the text of a config. `path` is what the file is called in messages, and its folder is
/// what relative paths are relative to; `env` looks up variables. Reads no file but those a
/// `*_file` key names.
pub fn parse(
    text: &str,
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Errors> {
    let (mut opened, mut root) = Reader::open(path, text, env)?;
    let reader = &mut opened;

    let store = reader.section(&mut root, "store");
    let store = store::build(reader, store);
    let fetch = reader.section(&mut root, "fetch");
    let fetch = fetch::build(reader, fetch);
    let defaults = reader.section(&mut root, "defaults");
    let defaults = defaults::build(reader, defaults);
    let web = reader.section(&mut root, "web");
    let web = web::build(reader, web);

    // A table of the wrong shape is told as such, not as missing.
    let listed: Vec<&str> = TABLES
        .into_iter()
        .filter(|name| root.contains_key(*name))
        .collect();
    let sources = reader.sections(&mut root, "source");
    let kinds = reader.sections(&mut root, "kind");
    let watches = reader.sections(&mut root, "watch");
    let notifiers = reader.sections(&mut root, "notify");
    reader.unknown_sections(&root, &TABLES);
    let known = watch::Known {
        sources: reader.unique_names("id", &sources),
        tags: table::strings("tags", &sources),
        notifiers: reader.unique_names("name", &notifiers),
        kinds: reader.unique_names("name", &kinds),
    };
    reader.unique_names("name", &watches);
    if sources.is_empty() && !listed.contains(&"source") {
        reader.error_of_file(
            "there is no [[source]], so nothing to watch",
            "add one, or let `wirewatch init` write a config to start from",
        );
    }
    if watches.is_empty() && !listed.contains(&"watch") {
        reader.warning_of_file(
            "there is no [[watch]], so nothing is told",
            "add one: [[watch]] with a name and notify = [\"log\"]",
        );
    }

    let found = browser::find(env("PATH").as_deref());
    let private = &fetch.allow_private;
    let sources = source::build_all(reader, sources, &defaults, private, found.as_deref());
    let kinds = kind::build_all(reader, kinds);
    let watches = watch::build_all(reader, watches, &known);
    let notifiers = notify::build_all(reader, notifiers, &watches, &known.kinds);
    let warnings = opened.finish()?;
    Ok(Config {
        path: path.to_path_buf(),
        files: Files::default(),
        warnings,
        store,
        fetch,
        defaults,
        sources,
        kinds,
        watches,
        notifiers,
        web,
    })
}
