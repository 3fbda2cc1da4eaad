//! The flat columns of an export, and rows of them. `docs/OPERATING.md` says what each means.

use jiff::Timestamp;

use crate::alert::Alert;
use crate::article::{Evidence, Modality, Quantity, When};
use crate::store::{ExportedDevelopment, ExportedRevision};

/// One field of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Time(Timestamp),
    Number(f64),
    Integer(i64),
    Flag(bool),
    Nothing,
}

/// What the values of a column are, where they are not [`Value::Nothing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Time,
    Number,
    Integer,
    Flag,
}

/// Name and type.
pub(super) type Column = (&'static str, Type);

pub(super) const ALERTS: &[Column] = &[
    ("id", Type::Text),
    ("time", Type::Time),
    ("watch", Type::Text),
    ("watches", Type::Text),
    ("kind", Type::Text),
    ("headline", Type::Text),
    ("summary", Type::Text),
    ("subject", Type::Text),
    ("from", Type::Text),
    ("to", Type::Text),
    ("modality", Type::Text),
    ("attribution", Type::Text),
    ("quantity_referent", Type::Text),
    ("quantity_old", Type::Text),
    ("quantity_new", Type::Text),
    ("quantity_bound", Type::Text),
    ("when_text", Type::Text),
    ("when_date", Type::Text),
    ("evidence_new", Type::Text),
    ("evidence_old", Type::Text),
    ("evidence_trigger", Type::Text),
    ("confidence", Type::Number),
    ("source", Type::Text),
    ("url", Type::Text),
    ("published", Type::Text),
    ("revision_old", Type::Text),
    ("revision_new", Type::Text),
    ("story", Type::Text),
    ("story_title", Type::Text),
    ("corroborated_by", Type::Integer),
    ("page_sha256", Type::Text),
    ("page_file", Type::Text),
    ("page_offset", Type::Integer),
];

pub(super) const DEVELOPMENTS: &[Column] = &[
    ("time", Type::Time),
    ("source", Type::Text),
    ("url", Type::Text),
    ("revision", Type::Text),
    ("told", Type::Flag),
    ("reason", Type::Text),
    ("alert", Type::Text),
    ("kind", Type::Text),
    ("subject", Type::Text),
    ("from", Type::Text),
    ("to", Type::Text),
    ("modality", Type::Text),
    ("attribution", Type::Text),
    ("quantity_referent", Type::Text),
    ("quantity_old", Type::Text),
    ("quantity_new", Type::Text),
    ("quantity_bound", Type::Text),
    ("when_text", Type::Text),
    ("when_date", Type::Text),
    ("evidence_new", Type::Text),
    ("evidence_old", Type::Text),
    ("evidence_trigger", Type::Text),
    ("confidence", Type::Number),
];

pub(super) const REVISIONS: &[Column] = &[
    ("seen", Type::Time),
    ("source", Type::Text),
    ("url", Type::Text),
    ("revision", Type::Text),
    ("title", Type::Text),
    ("published", Type::Text),
    ("modified", Type::Text),
    ("text", Type::Text),
];

/// A row of [`ALERTS`].
pub(super) fn alert(alert: &Alert) -> Vec<Value> {
    let a = alert;
    let page = a.archive.as_ref();
    let mut row = vec![
        text(&a.id),
        Value::Time(a.time),
        text(&a.watch),
        text(&a.watches.join(",")),
        text(a.kind.as_str()),
        text(&a.headline),
        text(&a.summary),
        text(&a.subject),
        maybe(a.from.as_ref()),
        text(&a.to),
        modality(a.modality),
        maybe(a.attribution.as_ref()),
    ];
    row.extend(proof(a.quantity.as_ref(), a.when.as_ref(), &a.evidence));
    row.extend([
        Value::Number(a.confidence),
        text(&a.source),
        text(&a.url),
        maybe(a.published.as_ref()),
        maybe(a.revision.old.as_ref()),
        text(&a.revision.new),
        text(&a.story.id),
        text(&a.story.title),
        integer(a.corroborated_by.len() as u64),
        maybe(page.map(|p| &p.sha256)),
        maybe(page.map(|p| &p.file)),
        page.map_or(Value::Nothing, |p| integer(p.offset)),
    ]);
    row
}

/// A row of [`DEVELOPMENTS`].
pub(super) fn development(found: &ExportedDevelopment) -> Vec<Value> {
    let d = &found.development;
    let mut row = vec![
        Value::Time(found.time),
        text(&found.source),
        text(&found.url),
        text(&found.revision),
        Value::Flag(found.told),
        text(&found.reason),
        maybe(found.alert.as_ref()),
        text(d.kind.as_str()),
        text(&d.subject),
        maybe(d.from.as_ref()),
        text(&d.to),
        modality(d.modality),
        maybe(d.attribution.as_ref()),
    ];
    row.extend(proof(d.quantity.as_ref(), d.when.as_ref(), &d.evidence));
    row.push(Value::Number(d.confidence));
    row
}

/// A row of [`REVISIONS`].
pub(super) fn revision(found: &ExportedRevision) -> Vec<Value> {
    vec![
        Value::Time(found.seen),
        text(&found.source),
        text(&found.url),
        text(&found.revision),
        text(&found.title),
        maybe(found.published.as_ref()),
        maybe(found.modified.as_ref()),
        text(&found.text),
    ]
}

/// From `quantity_referent` to `evidence_trigger`.
fn proof(quantity: Option<&Quantity>, when: Option<&When>, evidence: &Evidence) -> [Value; 9] {
    [
        maybe(quantity.map(|q| &q.referent)),
        maybe(quantity.and_then(|q| q.old.as_ref())),
        maybe(quantity.and_then(|q| q.new.as_ref())),
        maybe(quantity.and_then(|q| q.bound.as_ref())),
        maybe(when.map(|w| &w.text)),
        maybe(when.and_then(|w| w.date.as_ref())),
        maybe(evidence.new.as_ref()),
        maybe(evidence.old.as_ref()),
        text(&evidence.trigger),
    ]
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn maybe(text: Option<&String>) -> Value {
    text.map_or(Value::Nothing, |text| Value::Text(text.clone()))
}

fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn modality(modality: Modality) -> Value {
    let name = serde_json::to_value(modality).ok();
    maybe(
        name.as_ref()
            .and_then(|n| n.as_str())
            .map(str::to_owned)
            .as_ref(),
    )
}
