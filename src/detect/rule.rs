//! Rules made ready: triggers indexed, conditions as masks.

use super::file::{LanguageFile, RuleFile};
use super::lexicon::Lexicon;
use super::morph::tag;
use super::pattern::{Elem, Pattern};
use super::token::Token;
use crate::article::Kind;
use crate::text::number::Unit;

/// Which sentences a verb may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Active with an object, or passive.
    Transitive,
    /// Without object.
    Intransitive,
    /// With or without.
    Either,
    /// Passive only.
    Passive,
    /// Active with an object only.
    Active,
}

/// What a phrase must or must not hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    classes: u128,
    lemmas: Vec<u32>,
    number: bool,
    money: bool,
    name: bool,
}

impl Words {
    fn new(text: &str, lex: &mut Lexicon) -> Result<Words, String> {
        let mut words = Words::default();
        for word in text.split_whitespace() {
            if word == "#" {
                words.number = true;
            } else if word == "$" {
                words.money = true;
            } else if word == "^" {
                words.name = true;
            } else if let Some(name) = word.strip_prefix('@') {
                let mask = lex.class_mask(name);
                if mask == 0 {
                    return Err(format!("no class @{name}"));
                }
                words.classes |= mask;
            } else {
                let lemma = lex.lemma(word);
                lex.inflect(lemma, tag::NOUN);
                lex.inflect(lemma, tag::WORD);
                words.lemmas.push(lemma);
            }
        }
        Ok(words)
    }

    /// Nothing asked.
    pub fn is_empty(&self) -> bool {
        self.classes == 0 && self.lemmas.is_empty() && !self.number && !self.money && !self.name
    }

    /// Whether a token is one of these.
    pub fn has(&self, token: &Token<'_>) -> bool {
        token.is(self.classes)
            || (self.number && token.number.is_some())
            || (self.money && token.number.is_some() && token.unit == Unit::Money)
            || (self.name && token.is_name())
            || (!self.lemmas.is_empty()
                && token
                    .readings
                    .iter()
                    .any(|r| self.lemmas.contains(&r.lemma)))
    }

    /// Whether any token is one of these.
    pub fn any(&self, tokens: &[Token<'_>]) -> bool {
        !self.is_empty() && tokens.iter().any(|t| self.has(t))
    }
}

/// A rule made ready.
#[derive(Debug)]
pub(super) struct Rule {
    /// `None` where the sense is known to be no development.
    pub kind: Option<Kind>,
    pub about: Words,
    pub unless: Words,
    pub agent: Words,
    pub not_agent: Words,
    pub with: Words,
    pub without: Words,
    pub voice: Voice,
    /// What it is while still to come; `None` for nothing.
    pub future: Option<Kind>,
    pub to: Option<String>,
    pub weak: bool,
    /// The operator's own kind.
    pub own: bool,
}

impl Rule {
    /// Says what it must be about: a surer sense than one that takes anything.
    pub fn is_narrow(&self) -> bool {
        !self.about.is_empty() || !self.agent.is_empty() || !self.with.is_empty()
    }
}

/// A trigger: its pattern, its rule, and how its first word is read.
#[derive(Debug)]
pub(super) struct Trigger {
    pub pattern: Pattern,
    pub rule: usize,
    pub form: TriggerForm,
}

/// How a trigger is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TriggerForm {
    Verb,
    Noun,
    Phrase,
    /// Shows that the kind is known; tells nothing.
    Mention,
}

/// A trigger in the index of first words, with what tells cheaply that it is not the one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub trigger: u32,
    pub form: TriggerForm,
    /// The greatest wins: longer patterns, then senses that tell nothing, then kinds; mentions last.
    pub weight: (usize, usize),
    /// Words the sentence must have, as of [`Pattern::needs`].
    pub needs: u128,
}

/// Every rule of a language, indexed by the first word of its triggers.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub rules: Vec<Rule>,
    pub triggers: Vec<Trigger>,
    by_lemma: Vec<Vec<Start>>,
    by_form: Vec<Vec<Start>>,
}

impl Rules {
    /// Compiles the rules of a file into the lexicon's words.
    pub fn new(file: &LanguageFile, lex: &mut Lexicon) -> Result<Rules, String> {
        let mut all = Rules::default();
        for rule in &file.rule {
            all.add(rule, lex).map_err(|e| {
                format!(
                    "rule for {:?} {:?} ({}{}{}): {e}",
                    rule.kind, rule.to, rule.verbs, rule.nouns, rule.phrases
                )
            })?;
        }
        all.index(lex);
        Ok(all)
    }

    fn add(&mut self, file: &RuleFile, lex: &mut Lexicon) -> Result<(), String> {
        let kind = match file.kind.as_str() {
            "none" => None,
            name => Some(Kind::parse(name).ok_or_else(|| format!("no kind {name:?}"))?),
        };
        let future = match file.future.as_str() {
            "" => kind.and_then(default_future),
            "no" => None,
            name => Some(Kind::parse(name).ok_or_else(|| format!("no kind {name:?}"))?),
        };
        let voice = match file.voice.as_str() {
            "" | "transitive" => Voice::Transitive,
            "intransitive" => Voice::Intransitive,
            "either" => Voice::Either,
            "passive" => Voice::Passive,
            "active" => Voice::Active,
            other => return Err(format!("no voice {other:?}")),
        };
        let at = self.rules.len();
        for (list, pos, form) in [
            (&file.verbs, tag::VERB, TriggerForm::Verb),
            (&file.nouns, tag::NOUN, TriggerForm::Noun),
            (&file.phrases, 0, TriggerForm::Phrase),
        ] {
            for text in list.split(',').map(str::trim).filter(|t| !t.is_empty()) {
                self.triggers.push(Trigger {
                    pattern: lex.pattern(text, pos)?,
                    rule: at,
                    form,
                });
            }
        }
        for word in file
            .mentions
            .split(',')
            .map(str::trim)
            .filter(|t| !t.is_empty())
        {
            let pattern = lex.pattern(&format!("~{}", word.replace(' ', " ~")), 0)?;
            self.triggers.push(Trigger {
                pattern,
                rule: at,
                form: TriggerForm::Mention,
            });
        }
        self.rules.push(Rule {
            kind,
            about: Words::new(&file.about, lex)?,
            unless: Words::new(&file.unless, lex)?,
            agent: Words::new(&file.agent, lex)?,
            not_agent: Words::new(&file.not_agent, lex)?,
            with: Words::new(&file.with, lex)?,
            without: Words::new(&file.without, lex)?,
            voice,
            future,
            to: Some(file.to.clone()).filter(|t| !t.is_empty()),
            weak: file.weak,
            own: file.own,
        });
        Ok(())
    }

    fn index(&mut self, lex: &Lexicon) {
        self.by_lemma = vec![Vec::new(); lex.lemmas.len()];
        self.by_form = vec![Vec::new(); lex.forms.len()];
        for (at, trigger) in self.triggers.iter().enumerate() {
            let rule = &self.rules[trigger.rule];
            if rule.own {
                continue;
            }
            let length = trigger.pattern.elems.len();
            let weight = match trigger.form {
                TriggerForm::Mention => (0, usize::from(rule.is_narrow())),
                _ => (
                    length,
                    1 + usize::from(rule.kind.is_none()) + usize::from(rule.is_narrow()),
                ),
            };
            let start = Start {
                trigger: at as u32,
                form: trigger.form,
                weight,
                needs: trigger.pattern.needs(),
            };
            let Some(Elem::Word {
                lemmas,
                forms,
                classes,
                ..
            }) = trigger.pattern.elems.first()
            else {
                continue;
            };
            for lemma in lemmas {
                self.by_lemma[*lemma as usize].push(start);
            }
            for form in forms {
                self.by_form[*form as usize].push(start);
            }
            if *classes != 0 {
                for (id, form) in lex.forms.iter().enumerate() {
                    if form.classes & classes != 0 {
                        self.by_form[id].push(start);
                    }
                }
            }
        }
        // of equal weight the first in the file wins: a stable sort
        for list in self.by_lemma.iter_mut().chain(&mut self.by_form) {
            list.sort_by_key(|s| std::cmp::Reverse(s.weight));
        }
    }

    /// The triggers of the operator's own kinds.
    pub fn own(&self) -> impl Iterator<Item = &Trigger> {
        self.triggers.iter().filter(|t| self.rules[t.rule].own)
    }

    /// The triggers that may begin at this token: those of its form, then those of each lemma,
    /// each list by falling weight.
    pub fn starting<'s>(&'s self, token: &'s Token<'_>) -> impl Iterator<Item = &'s [Start]> + 's {
        let list = |lists: &'s [Vec<Start>], id: u32| lists.get(id as usize).map(Vec::as_slice);
        let form = list(&self.by_form, token.form).filter(|_| token.form != 0);
        let lemmas = token.readings.iter();
        form.into_iter()
            .chain(lemmas.filter_map(move |r| list(&self.by_lemma, r.lemma)))
    }
}

/// What a kind is while it is still to come: "to resign" is an announced resignation, "to meet" a
/// meeting scheduled, "to crash" nothing.
fn default_future(kind: Kind) -> Option<Kind> {
    match kind {
        Kind::Occurred => Some(Kind::Scheduled),
        Kind::Incident
        | Kind::Died
        | Kind::Toll
        | Kind::Denied
        | Kind::Confirmed
        | Kind::Corrected
        | Kind::Other => None,
        other => Some(other),
    }
}
