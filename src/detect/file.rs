//! The readable language file: what it may say. Nothing here knows English.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::own::CustomKind;
use super::when::WhenFile;

/// A language as its file gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageFile {
    /// Two-letter code.
    pub language: String,
    /// `english` (regular endings are made) or `listed` (every form is in `irregular`).
    pub morphology: String,
    /// Lines of `base past participle`; plural lines `noun plural` in `plural`.
    pub irregular: String,
    /// Lines of `singular plural`.
    pub plural: String,
    /// Time words; without them no development has its time.
    #[serde(default)]
    pub when: WhenFile,
    /// Number words: word to value.
    pub number: BTreeMap<String, f64>,
    /// Vague numbers ("dozens"): word to the least value meant.
    pub vague: BTreeMap<String, f64>,
    /// Classes of words that do not inflect.
    pub word: BTreeMap<String, String>,
    /// Classes of nouns.
    pub noun: BTreeMap<String, String>,
    /// Classes of verbs.
    pub verb: BTreeMap<String, String>,
    /// What is counted in a toll: name to its words.
    pub referent: BTreeMap<String, String>,
    /// The rules.
    pub rule: Vec<RuleFile>,
}

/// One rule: triggers, and what they must be about to have this sense.
#[derive(Debug, Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RuleFile {
    /// A kind of the guidelines, or `none`: the sense is known and no development.
    pub kind: String,
    /// Verbs with their particles, parted by commas: "cancel, call off, pull the plug on".
    pub verbs: String,
    /// Nouns that are triggers by themselves: "explosion, earthquake".
    pub nouns: String,
    /// Fixed phrases: "no longer plans to meet, off the table".
    pub phrases: String,
    /// Words that show the kind is known already, though they tell nothing by themselves:
    /// "custody" for `arrested`. Any form.
    pub mentions: String,
    /// What the patient must be: words and `@classes`; empty for anything.
    pub about: String,
    /// What the patient must not be.
    pub unless: String,
    /// What the agent must be.
    pub agent: String,
    /// What the agent must not be.
    pub not_agent: String,
    /// Words or classes the sentence must hold somewhere.
    pub with: String,
    /// Words or classes the sentence must not hold.
    pub without: String,
    /// `transitive` (default), `intransitive`, `either`, `passive`, `active`.
    pub voice: String,
    /// `no`: never as a plan ("to crash"); a kind: that kind when still to come.
    pub future: String,
    /// Name of the state reached, where it is not the kind's own.
    pub to: String,
    /// `weak` triggers need more support to be told.
    pub weak: bool,
    /// The operator's own: told beside whatever else the sentence says.
    #[serde(skip)]
    pub own: bool,
}

impl RuleFile {
    /// The rule of a kind from the config.
    pub fn of_own_kind(kind: &CustomKind) -> RuleFile {
        RuleFile {
            kind: "other".to_owned(),
            verbs: joined(&kind.verbs, ", "),
            phrases: joined(&kind.phrases, ", "),
            about: joined(&kind.about, " "),
            unless: joined(&kind.unless, " "),
            voice: "either".to_owned(),
            to: kind.name.clone(),
            own: true,
            ..RuleFile::default()
        }
    }
}

/// A list as a rule has it: the lexicon's words are in lower case, and `'s` is a word of its own.
fn joined(list: &[String], by: &str) -> String {
    list.join(by)
        .to_lowercase()
        .replace('’', "'")
        .replace("'s", " 's")
}
