//! Watches: which developments become alerts, and whom they are for.
//!
//! Pure: a filter over values. Knows nothing of the config file, the store or notifiers but their
//! names.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::article::{Development, Kind, Modality};

/// What the operator cares about. Empty lists let everything through.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Chosen by the operator.
    pub name: String,
    /// One of these words or phrases must be there.
    pub any: Vec<String>,
    /// All of these must be there.
    pub all: Vec<String>,
    /// None of these may be there.
    pub none: Vec<String>,
    /// Kinds let through.
    pub kinds: Vec<Wanted>,
    /// Ids of the sources let through; empty together with `tags`: all.
    pub sources: Vec<String>,
    /// A source with one of these tags is let through as well.
    pub tags: Vec<String>,
    /// 0 to 1.
    pub min_confidence: f64,
    /// Names of the notifiers to tell.
    pub notify: Vec<String>,
}

/// A kind as a watch asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Wanted {
    /// One of wirewatch's own; `other` takes in every kind of the operator.
    Shipped(Kind),
    /// One of the operator's own, by its name: told as `other`, with that name as its `to`.
    Own(String),
}

impl Wanted {
    /// As the config has it.
    pub fn name(&self) -> &str {
        match self {
            Wanted::Shipped(kind) => kind.as_str(),
            Wanted::Own(name) => name,
        }
    }

    fn is(&self, development: &Development) -> bool {
        match self {
            Wanted::Shipped(kind) => development.kind == *kind,
            Wanted::Own(name) => development.kind == Kind::Other && development.to == *name,
        }
    }
}

/// A development and where it was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The development.
    pub development: &'a Development,
    /// The article's headline.
    pub headline: &'a str,
    /// The source that led to the article.
    pub source: &'a str,
    /// That source's tags.
    pub tags: &'a [String],
}

/// What the watches make of a development.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is told.
    Tell {
        /// Watches that let it through, in the order of the config.
        watches: Vec<String>,
        /// Their notifiers, each once.
        notifiers: Vec<String>,
    },
    /// It is not told, and why.
    Keep {
        /// For `wirewatch why`.
        reason: String,
    },
}

/// Asks every watch.
pub fn decide(watches: &[Watch], seen: &Seen<'_>) -> Decision {
    if seen.development.modality != Modality::Actual {
        return Decision::Keep {
            reason: format!("not actual: {:?}", seen.development.modality).to_lowercase(),
        };
    }
    let words = words_of(seen);
    let mut through = Vec::new();
    let mut notifiers: Vec<String> = Vec::new();
    let mut refusals = Vec::new();
    for watch in watches {
        match watch.refuses(seen, &words) {
            None => {
                through.push(watch.name.clone());
                for name in &watch.notify {
                    if !notifiers.contains(name) {
                        notifiers.push(name.clone());
                    }
                }
            }
            Some(why) => refusals.push(format!("{}: {why}", watch.name)),
        }
    }
    if through.is_empty() {
        let reason = match refusals.is_empty() {
            true => "no watch is configured".to_owned(),
            false => format!("no watch matched ({})", refusals.join("; ")),
        };
        return Decision::Keep { reason };
    }
    Decision::Tell {
        watches: through,
        notifiers,
    }
}

/// Whether a watch that asks for words finds them in an article of this source, whatever becomes of
/// it. A watch for every word picks out nothing.
pub fn picks_out(watches: &[Watch], source: &str, tags: &[String], text: &str) -> bool {
    let mut words = None;
    watches
        .iter()
        .filter(|w| !(w.any.is_empty() && w.all.is_empty()) && w.covers(source, tags))
        .any(|watch| {
            let words = words.get_or_insert_with(|| fold(text).collect::<Vec<String>>());
            watch.refuses_words(words).is_none()
        })
}

impl Watch {
    /// Whether it is for this source.
    fn covers(&self, source: &str, tags: &[String]) -> bool {
        (self.sources.is_empty() && self.tags.is_empty())
            || self.sources.iter().any(|s| s == source)
            || self.tags.iter().any(|t| tags.contains(t))
    }

    /// Why this watch does not let it through.
    fn refuses(&self, seen: &Seen<'_>, words: &[String]) -> Option<String> {
        let d = seen.development;
        if !self.covers(seen.source, seen.tags) {
            return Some(format!("source {} is not among its sources", seen.source));
        }
        if !self.kinds.is_empty() && !self.kinds.iter().any(|k| k.is(d)) {
            let kind = match d.kind {
                Kind::Other => format!("other ({})", d.to),
                kind => kind.as_str().to_owned(),
            };
            return Some(format!("kind {kind} is not among its kinds"));
        }
        if d.confidence < self.min_confidence {
            return Some(format!(
                "confidence {:.2} is below {:.2}",
                d.confidence, self.min_confidence
            ));
        }
        self.refuses_words(words)
    }

    /// Why it is not about these words.
    fn refuses_words(&self, words: &[String]) -> Option<String> {
        if !self.any.is_empty() && !self.any.iter().any(|w| contains(words, w)) {
            return Some("none of its words occurs".into());
        }
        if let Some(word) = self.all.iter().find(|w| !contains(words, w)) {
            return Some(format!("the word {word:?} does not occur"));
        }
        let word = self.none.iter().find(|w| contains(words, w))?;
        Some(format!("the word {word:?} occurs"))
    }
}

/// The words a watch is asked about: headline, subject and the proving sentences.
fn words_of(seen: &Seen<'_>) -> Vec<String> {
    let d = seen.development;
    [
        Some(seen.headline),
        Some(d.subject.as_str()),
        d.evidence.new.as_deref(),
        d.evidence.old.as_deref(),
    ]
    .into_iter()
    .flatten()
    .flat_map(fold)
    .collect()
}

/// Words, lower case, without possessive or plural s, so that "summit" finds "summits" and
/// "Summit's", and nothing else that merely begins alike.
fn fold(text: &str) -> impl Iterator<Item = String> + '_ {
    text.unicode_words().map(|word| {
        let word = word.to_lowercase().replace('’', "'");
        let word = word.strip_suffix("'s").unwrap_or(&word);
        let stem = word
            .strip_suffix('s')
            .filter(|s| s.chars().count() > 2 && !s.ends_with('s'));
        stem.unwrap_or(word).to_owned()
    })
}

/// Whether the words of `phrase` occur in succession.
fn contains(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<String> = fold(phrase).collect();
    !phrase.is_empty() && words.windows(phrase.len()).any(|w| w == phrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Evidence;

    fn watch() -> Watch {
        Watch {
            name: "w".into(),
            any: vec![],
            all: vec![],
            none: vec![],
            kinds: vec![],
            sources: vec![],
            tags: vec![],
            min_confidence: 0.5,
            notify: vec!["log".into()],
        }
    }

    fn development() -> Development {
        Development {
            kind: Kind::Cancelled,
            subject: "The leaders' summit in Vienna".into(),
            from: None,
            to: "cancelled".into(),
            modality: Modality::Actual,
            attribution: None,
            quantity: None,
            when: None,
            evidence: Evidence {
                new: Some("The summits were called off over the ministers’ talks.".into()),
                ..Evidence::default()
            },
            confidence: 0.8,
        }
    }

    fn ask(watches: &[Watch], development: &Development) -> Decision {
        decide(
            watches,
            &Seen {
                development,
                headline: "Summit off",
                source: "bbc",
                tags: &["world".to_owned()],
            },
        )
    }

    fn kept(watch: Watch) -> String {
        match ask(&[watch], &development()) {
            Decision::Keep { reason } => reason,
            tell => panic!("{tell:?}"),
        }
    }

    fn told(watch: Watch) -> bool {
        matches!(ask(&[watch], &development()), Decision::Tell { .. })
    }

    #[test]
    fn an_empty_watch_lets_everything_through() {
        assert!(told(watch()));
    }

    #[test]
    fn words_match_whole_words_with_plural_and_possessive() {
        for any in [
            "summit",
            "SUMMITS",
            "called off",
            "minister",
            "Vienna",
            "ministers' talks",
        ] {
            assert!(
                told(Watch {
                    any: vec![any.into()],
                    ..watch()
                }),
                "{any}"
            );
        }
        for any in ["sum", "call", "off called", "viennese", "", "'"] {
            let reason = kept(Watch {
                any: vec![any.into()],
                ..watch()
            });
            assert_eq!(
                reason, "no watch matched (w: none of its words occurs)",
                "{any}"
            );
        }
        assert!(told(Watch {
            all: vec!["summit".into(), "talks".into()],
            ..watch()
        }));
        assert!(
            kept(Watch {
                all: vec!["summit".into(), "tariff".into()],
                ..watch()
            })
            .contains("tariff")
        );
        assert!(
            kept(Watch {
                none: vec!["vienna".into()],
                ..watch()
            })
            .contains("vienna")
        );
    }

    #[test]
    fn every_refusal_has_its_reason() {
        assert!(
            kept(Watch {
                sources: vec!["cnn".into()],
                ..watch()
            })
            .contains("source bbc")
        );
        let sport = vec!["sport".to_owned()];
        let world = vec!["world".to_owned()];
        let cnn = vec!["cnn".to_owned()];
        assert!(
            kept(Watch {
                tags: sport,
                ..watch()
            })
            .contains("source bbc")
        );
        assert!(told(Watch {
            tags: world.clone(),
            ..watch()
        }));
        assert!(told(Watch {
            sources: cnn,
            tags: world,
            ..watch()
        }));
        assert!(
            kept(Watch {
                kinds: vec![Wanted::Shipped(Kind::Toll)],
                ..watch()
            })
            .contains("kind cancelled")
        );
        assert!(
            kept(Watch {
                min_confidence: 0.9,
                ..watch()
            })
            .contains("0.80 is below 0.90")
        );
    }

    #[test]
    fn an_own_kind_is_let_through_by_its_name_or_as_other() {
        let strike = Development {
            kind: Kind::Other,
            to: "hunger strike".into(),
            ..development()
        };
        let ask = |kinds: &[Wanted]| {
            let kinds = kinds.to_vec();
            ask(&[Watch { kinds, ..watch() }], &strike)
        };
        let own = |name: &str| Wanted::Own(name.into());
        for kinds in [own("hunger strike"), Wanted::Shipped(Kind::Other)] {
            let through = matches!(ask(std::slice::from_ref(&kinds)), Decision::Tell { .. });
            assert!(through, "{kinds:?}");
        }
        let refused = ask(&[own("walkout"), Wanted::Shipped(Kind::Toll)]);
        assert_eq!(
            refused,
            Decision::Keep {
                reason: "no watch matched (w: kind other (hunger strike) is not among its kinds)"
                    .into()
            }
        );
    }

    #[test]
    fn an_article_is_picked_out_by_words_of_a_watch_for_its_source() {
        let about = |watch: Watch| {
            let tags = ["world".to_owned()];
            picks_out(&[watch], "bbc", &tags, "Leaders' summit in Vienna")
        };
        assert!(!about(watch()), "a watch for every word picks out nothing");
        let summits = Watch {
            any: vec!["summit".into()],
            ..watch()
        };
        assert!(about(summits.clone()));
        assert!(about(Watch {
            all: vec!["vienna".into()],
            tags: vec!["world".into()],
            ..watch()
        }));
        assert!(!about(Watch {
            sources: vec!["cnn".into()],
            ..summits.clone()
        }));
        assert!(!about(Watch {
            none: vec!["vienna".into()],
            ..summits
        }));
    }

    #[test]
    fn only_the_actual_is_told() {
        let mut possible = development();
        possible.modality = Modality::Possible;
        assert_eq!(
            ask(&[watch()], &possible),
            Decision::Keep {
                reason: "not actual: possible".into()
            }
        );
    }

    #[test]
    fn several_watches_make_one_alert_and_name_each_notifier_once() {
        let mut second = Watch {
            name: "second".into(),
            ..watch()
        };
        second.notify.push("mail".into());
        let other = Watch {
            name: "third".into(),
            kinds: vec![Wanted::Shipped(Kind::Toll)],
            ..watch()
        };
        assert_eq!(
            ask(&[watch(), second, other], &development()),
            Decision::Tell {
                watches: vec!["w".into(), "second".into()],
                notifiers: vec!["log".into(), "mail".into()],
            }
        );
    }
}
