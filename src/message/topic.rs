//! Where a message goes among the topics of a broker, by what it tells: `news/{watch}/{kind}`.

use serde::Serialize;

use super::Message;
use crate::alert::Alert;

/// What of an alert a name stands for.
type Pick = fn(&Alert) -> &str;

/// What may stand in braces, and what of an alert it is.
const NAMES: [(&str, Pick); 4] = [
    ("kind", |alert| alert.kind.as_str()),
    ("source", |alert| &alert.source),
    ("watch", |alert| &alert.watch),
    ("story", |alert| &alert.story.id),
];

/// Stands for what the alerts of a digest do not have in common.
const VARIOUS: &str = "various";

/// Stands for what there is none of; a level of a topic must not be empty.
const NONE: &str = "none";

/// So many characters of a value are used: brokers bound the length of the whole.
const MOST: usize = 128;

/// The name of a topic, with `{kind}`, `{source}`, `{watch}` and `{story}` to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Topic(String);

impl Topic {
    /// Checks the braces. The fixed parts are for the caller to check, who knows the broker.
    pub fn parse(text: &str) -> Result<Topic, String> {
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let tail = rest.get(open..).unwrap_or_default();
            let name = tail.strip_prefix('{').and_then(|t| t.split_once('}'));
            match name {
                Some((name, after)) if NAMES.iter().any(|(known, _)| *known == name) => {
                    rest = after;
                }
                Some((name, _)) => return Err(format!("`{{{name}}}` is unknown")),
                None => return Err("a brace without its partner".to_owned()),
            }
        }
        Ok(Topic(text.to_owned()))
    }

    /// The topic of a message. Values are made safe: whatever is no letter, digit, `-` or `_` of
    /// ASCII becomes `_`, so that none can be a wildcard or a level of its own.
    pub fn fill(&self, message: &Message) -> String {
        let mut out = self.0.clone();
        for (name, value) in NAMES {
            let place = format!("{{{name}}}");
            if !out.contains(&place) {
                continue;
            }
            let mut values = message.alerts.iter().map(|told| value(&told.alert));
            let first = values.next().unwrap_or_default();
            let value = match values.all(|other| other == first) {
                true => safe(first),
                false => VARIOUS.to_owned(),
            };
            out = out.replace(&place, &value);
        }
        out
    }
}

fn safe(value: &str) -> String {
    let keep = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c,
        _ => '_',
    };
    match value.trim() {
        "" => NONE.to_owned(),
        value => value.chars().take(MOST).map(keep).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Told, sample};

    fn message(watches: &[&str]) -> Message {
        let told = |watch: &&str| {
            let mut alert = sample(jiff::Timestamp::UNIX_EPOCH);
            alert.watch = (*watch).to_owned();
            Told {
                alert,
                json: String::new(),
            }
        };
        Message {
            id: "m".to_owned(),
            alerts: watches.iter().map(told).collect(),
            reminder: 0,
            thread: None,
        }
    }

    #[test]
    fn names_in_braces_are_filled_in() {
        let topic = Topic::parse("news/{watch}/{kind}/{source}/{story}").unwrap();
        assert_eq!(
            topic.fill(&message(&["summits"])),
            "news/summits/cancelled/test/st_test"
        );
        assert_eq!(Topic::parse("news").unwrap().fill(&message(&["w"])), "news");
    }

    #[test]
    fn no_value_is_a_wildcard_or_a_level() {
        let topic = Topic::parse("n/{watch}").unwrap();
        assert_eq!(
            topic.fill(&message(&["a/#+.>* é {kind}"])),
            "n/a__________kind_"
        );
        assert_eq!(topic.fill(&message(&[" "])), "n/none");
        assert_eq!(topic.fill(&message(&[&"x".repeat(500)])).len(), 2 + MOST);
    }

    #[test]
    fn a_digest_of_several_goes_to_various() {
        let topic = Topic::parse("n/{watch}/{kind}").unwrap();
        assert_eq!(topic.fill(&message(&["a", "b"])), "n/various/cancelled");
        assert_eq!(topic.fill(&message(&["a", "a"])), "n/a/cancelled");
    }

    #[test]
    fn wrong_braces_are_told() {
        for text in ["{", "}", "a{kind", "kind}", "{kin}", "{}", "{{kind}}"] {
            assert!(Topic::parse(text).is_err(), "{text}");
        }
    }
}
