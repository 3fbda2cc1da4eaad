//! `[[watch]]`: what is told, and to whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{Given, Reader, list};
use super::table::{Table, Unread};
use super::value::nearest;
use crate::article::Kind;
use crate::watch::Wanted;

/// What is told, and to whom. Every condition must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Watch {
    /// The operator's name for it, printed in alerts. Unique.
    pub name: String,
    /// Words of which one must occur; empty: no condition.
    pub any: Vec<String>,
    /// Words that must all occur.
    pub all: Vec<String>,
    /// Words of which none may occur.
    pub none: Vec<String>,
    /// Kinds of development; empty: every kind.
    pub kinds: Vec<Wanted>,
    /// Ids of sources; empty together with `tags`: every source.
    pub sources: Vec<String>,
    /// Tags of sources: a source qualifies by its id or by one of its tags.
    pub tags: Vec<String>,
    /// Least confidence, 0 to 1.
    pub min_confidence: f64,
    /// Names of notifiers.
    pub notify: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Your name for the watch; alerts carry it.
    #[schemars(required, example = &"summits")]
    name: Option<Given<String>>,
    /// Words or phrases of which one must occur. Default: no condition.
    #[schemars(extend("default" = []), example = ["summit", "talks", "meeting"])]
    any: Option<Vec<Given<String>>>,
    /// Words or phrases that must all occur.
    #[schemars(extend("default" = []), example = ["Budapest"])]
    all: Option<Vec<Given<String>>>,
    /// Words or phrases of which none may occur.
    #[schemars(extend("default" = []), example = ["football"])]
    none: Option<Vec<Given<String>>>,
    /// Kinds of development, also the names of your own. Default: every kind.
    #[schemars(with = "Option<Vec<KindName>>", extend("default" = []), example = ["cancelled", "postponed"])]
    kinds: Option<Vec<Given<String>>>,
    /// Ids of sources. Default: every source.
    #[schemars(extend("default" = []), example = ["bbc-world"])]
    sources: Option<Vec<Given<String>>>,
    /// Tags of sources: a source counts if its id is in `sources` or one of its tags here.
    #[schemars(extend("default" = []), example = ["world"])]
    tags: Option<Vec<Given<String>>>,
    /// Least confidence, 0 to 1.
    #[schemars(extend("default" = 0.42), range(min = 0, max = 1), example = 0.6)]
    min_confidence: Option<Given<f64>>,
    /// Names of the notifiers that are told. Without any, alerts are only recorded.
    #[schemars(extend("default" = []), example = ["log"])]
    notify: Option<Vec<Given<String>>>,
}

/// The name of a kind of development, for the schema.
struct KindName;

impl JsonSchema for KindName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [
            { "enum": Kind::ALL.map(Kind::as_str) },
            { "type": "string", "description": "The name of a kind of your own." },
        ] })
    }
}

/// What a watch may refer to.
pub(super) struct Known {
    pub(super) sources: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) notifiers: Vec<String>,
    /// Names of the operator's own kinds.
    pub(super) kinds: Vec<String>,
}

/// Every watch that could be read.
pub(super) fn build_all<'a>(
    reader: &mut Reader<'a>,
    tables: Vec<Unread<'a>>,
    known: &Known,
) -> Vec<Watch> {
    let mut watches = Vec::new();
    for (table, span) in tables {
        if let Some(table) = reader.table::<Raw>("[[watch]]", table, span) {
            watches.extend(build(reader, &table, known));
        }
    }
    watches
}

fn build(reader: &mut Reader<'_>, table: &Table<Raw>, known: &Known) -> Option<Watch> {
    let raw = &table.raw;
    let name = reader.require(
        table,
        "name",
        &raw.name,
        "give it a name of your own: name = \"summits\"",
    );
    let name = name.and_then(|g| title(reader, g, "watch"));
    let mut words = |list: &Option<Vec<Given<String>>>| -> Vec<String> {
        list.iter()
            .flatten()
            .filter_map(|g| word(reader, g))
            .collect()
    };
    let (any, all, none) = (words(&raw.any), words(&raw.all), words(&raw.none));
    let kinds = raw
        .kinds
        .iter()
        .flatten()
        .filter_map(|g| kind(reader, g, &known.kinds))
        .collect();
    let help = "add a [[source]] with this id, or take it out";
    let sources = references(
        reader,
        &raw.sources,
        &known.sources,
        "no source has this id",
        help,
    );
    let help = "give a [[source]] this tag, or take it out";
    let tags = references(
        reader,
        &raw.tags,
        &known.tags,
        "no source has this tag",
        help,
    );
    let help = "add a [[notify]] with this name, or take it out";
    let notify = references(
        reader,
        &raw.notify,
        &known.notifiers,
        "no notifier has this name",
        help,
    );
    if raw.notify.as_ref().is_none_or(Vec::is_empty) && !table.is_broken("notify") {
        let help = match known.notifiers.first() {
            Some(first) => format!("name a notifier: notify = [\"{first}\"]"),
            None => "add a [[notify]] and name it: notify = [\"log\"]".to_owned(),
        };
        reader.warning(
            table.span.clone(),
            "this watch tells nobody; its alerts are only recorded",
            help,
        );
    }
    let min_confidence = raw.min_confidence.as_ref();
    let min_confidence = min_confidence.map_or(0.42, |g| confidence(reader, g));
    Some(Watch {
        name: name?,
        any,
        all,
        none,
        kinds,
        sources,
        tags,
        min_confidence,
        notify,
    })
}

/// The name of a watch or kind, which people read.
pub(super) fn title(reader: &mut Reader<'_>, given: &Given<String>, of: &str) -> Option<String> {
    reader.check(given, |text| {
        let length = text.chars().count();
        if text.trim() != text || !(1..=100).contains(&length) || text.contains(char::is_control) {
            let help =
                "use 1 to 100 characters without line breaks, none of them a blank at an end";
            return Err((format!("not a name for a {of}"), help.to_owned()));
        }
        Ok(text.to_owned())
    })
}

fn word(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    reader.check(given, |text| {
        if !text.contains(char::is_alphanumeric) {
            let help = "write a word or a phrase, or take it out";
            return Err(("there is no word in this".to_owned(), help.to_owned()));
        }
        Ok(text.trim().to_owned())
    })
}

/// A kind of development, shipped or the operator's own.
pub(super) fn kind(
    reader: &mut Reader<'_>,
    given: &Given<String>,
    own: &[String],
) -> Option<Wanted> {
    reader.check(given, |text| {
        if let Some(kind) = Kind::parse(text) {
            return Ok(Wanted::Shipped(kind));
        }
        if own.iter().any(|name| name == text) {
            return Ok(Wanted::Own(text.to_owned()));
        }
        let mut names: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        names.extend(own.iter().map(String::as_str));
        let help = match nearest(text, names.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!(
                "the kinds are {}; [[kind]] adds one of your own",
                list(names.into_iter())
            ),
        };
        Err(("unknown kind of development".to_owned(), help))
    })
}

fn references(
    reader: &mut Reader<'_>,
    given: &Option<Vec<Given<String>>>,
    known: &[String],
    message: &str,
    help: &str,
) -> Vec<String> {
    let check = |text: &str| {
        if known.iter().any(|k| k == text) {
            return Ok(text.to_owned());
        }
        let help = match nearest(text, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => help.to_owned(),
        };
        Err((message.to_owned(), help))
    };
    given
        .iter()
        .flatten()
        .filter_map(|g| reader.check(g, check))
        .collect()
}

fn confidence(reader: &mut Reader<'_>, given: &Given<f64>) -> f64 {
    if !(0.0..=1.0).contains(given.get()) {
        reader.error(
            given.span(),
            "out of range",
            "it is between 0 and 1: 0.6 means right six times in ten",
        );
    }
    *given.get()
}
