//! A language file made ready: every form of every word in one table, the patterns indexed by
//! their first word.

use rustc_hash::FxHashMap;

use super::file::LanguageFile;
use super::morph::{self, tag};
use super::pattern::{Elem, Number, Pattern};
use super::token;

/// One way to read a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The lemma's number.
    pub lemma: u32,
    /// Bits of [`tag`].
    pub tags: u16,
}

/// What is known of a written form.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub readings: Vec<Reading>,
    /// Classes by bit.
    pub classes: u128,
    /// Value of a number word; the flag says it is vague.
    pub number: Option<(f64, bool)>,
    /// Number of the referent it names, plus one.
    pub referent: u8,
}

/// Words, forms and classes of one language.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    form_ids: FxHashMap<Box<str>, u32>,
    pub forms: Vec<Form>,
    lemma_ids: FxHashMap<Box<str>, u32>,
    pub lemmas: Vec<Box<str>>,
    /// The key of each lemma, as of [`token::key`].
    pub lemma_keys: Vec<u64>,
    class_ids: FxHashMap<Box<str>, u8>,
    /// Names of the referents of tolls.
    pub referents: Vec<String>,
    irregular: FxHashMap<String, Vec<String>>,
    plural: FxHashMap<String, String>,
    regular: bool,
}

impl Lexicon {
    /// Reads the vocabulary of a language file. Patterns are interned later, by the rules.
    pub fn new(file: &LanguageFile) -> Result<Lexicon, String> {
        let mut lex = Lexicon {
            regular: file.morphology == "english",
            ..Lexicon::default()
        };
        for line in file
            .irregular
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
        {
            let mut words = line.split_whitespace().map(str::to_owned);
            if let Some(base) = words.next() {
                lex.irregular.insert(base, words.collect());
            }
        }
        for line in file.plural.lines() {
            if let Some((one, many)) = line.trim().split_once(' ') {
                lex.plural.insert(one.to_owned(), many.trim().to_owned());
            }
        }
        lex.form_ids.insert("".into(), 0);
        lex.forms.push(Form::default());
        for (pos, classes) in [
            (tag::WORD, &file.word),
            (tag::NOUN, &file.noun),
            (tag::VERB, &file.verb),
        ] {
            for (name, words) in classes {
                let bit = lex.class(name)?;
                for word in words.split_whitespace() {
                    let lemma = lex.lemma(word);
                    for form in lex.inflect(lemma, pos) {
                        lex.forms[form as usize].classes |= 1 << bit;
                    }
                }
            }
        }
        for (word, value) in &file.number {
            let form = lex.form_mut(word);
            form.number = Some((*value, false));
        }
        for (word, value) in &file.vague {
            let form = lex.form_mut(word);
            form.number = Some((*value, true));
        }
        for (name, words) in &file.referent {
            lex.referents.push(name.clone());
            let at =
                u8::try_from(lex.referents.len()).map_err(|_| "too many referents".to_owned())?;
            for word in words.split_whitespace() {
                lex.form_mut(word).referent = at;
            }
        }
        Ok(lex)
    }

    /// The class of this name, made if new.
    pub fn class(&mut self, name: &str) -> Result<u8, String> {
        if let Some(bit) = self.class_ids.get(name) {
            return Ok(*bit);
        }
        let bit = u8::try_from(self.class_ids.len())
            .ok()
            .filter(|b| *b < 128)
            .ok_or("more than 128 word classes")?;
        self.class_ids.insert(name.into(), bit);
        Ok(bit)
    }

    /// Names of all classes.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.class_ids.keys().map(|name| &**name)
    }

    /// The bit of a class that the language file must have; 0 where it has none.
    pub fn class_mask(&self, name: &str) -> u128 {
        self.class_ids.get(name).map_or(0, |bit| 1 << bit)
    }

    /// The number of a lemma, made if new.
    pub fn lemma(&mut self, word: &str) -> u32 {
        if let Some(id) = self.lemma_ids.get(word) {
            return *id;
        }
        let id = self.lemmas.len() as u32;
        self.lemmas.push(word.into());
        self.lemma_keys.push(token::key(word));
        self.lemma_ids.insert(word.into(), id);
        id
    }

    fn form_mut(&mut self, form: &str) -> &mut Form {
        let id = self.form_id(form);
        &mut self.forms[id as usize]
    }

    /// The number of a written form, made if new.
    pub fn form_id(&mut self, form: &str) -> u32 {
        if let Some(id) = self.form_ids.get(form) {
            return *id;
        }
        let id = self.forms.len() as u32;
        self.forms.push(Form::default());
        self.form_ids.insert(form.into(), id);
        id
    }

    /// The form as written in lower case; 0 where unknown.
    pub fn find(&self, lower: &str) -> u32 {
        self.form_ids.get(lower).copied().unwrap_or(0)
    }

    fn add(&mut self, form: &str, lemma: u32, tags: u16) -> u32 {
        let id = self.form_id(form);
        let readings = &mut self.forms[id as usize].readings;
        match readings.iter_mut().find(|r| r.lemma == lemma) {
            Some(reading) => reading.tags |= tags,
            None => readings.push(Reading { lemma, tags }),
        }
        id
    }

    /// Every form of a lemma, as a verb or a noun; it is made a noun, a verb only where it is one
    /// already ("survivors" is no verb).
    fn forms_of(&mut self, lemma: u32) -> Vec<u32> {
        let word = self.lemmas[lemma as usize].to_string();
        let mut forms = self.inflect(lemma, tag::NOUN);
        if self.regular {
            for (form, _) in morph::verb_forms(&word) {
                forms.push(self.form_id(&form));
            }
        }
        for form in self.irregular.get(&word).cloned().unwrap_or_default() {
            forms.push(self.form_id(&form));
        }
        forms
    }

    /// Makes the forms of a lemma as this part of speech, and returns them.
    pub fn inflect(&mut self, lemma: u32, pos: u16) -> Vec<u32> {
        let word = self.lemmas[lemma as usize].to_string();
        let mut made = Vec::new();
        if pos & tag::VERB != 0 {
            let mut forms = if self.regular {
                morph::verb_forms(&word)
            } else {
                vec![(word.clone(), tag::BASE)]
            };
            if let Some(irregular) = self.irregular.get(&word) {
                forms.retain(|(_, t)| t & (tag::PAST | tag::PART) == 0);
                for (at, form) in irregular.iter().enumerate() {
                    let t = match (at, irregular.len()) {
                        (0, 1) => tag::PAST | tag::PART,
                        (0, _) => tag::PAST,
                        _ => tag::PART,
                    };
                    forms.push((form.clone(), t));
                }
            }
            for (form, tags) in forms {
                made.push(self.add(&form, lemma, tags));
            }
        }
        if pos & tag::NOUN != 0 {
            made.push(self.add(&word, lemma, tag::NOUN));
            let plural = match self.plural.get(&word) {
                Some(plural) => Some(plural.clone()),
                None => self.regular.then(|| morph::s_form(&word)),
            };
            if let Some(plural) = plural {
                made.push(self.add(&plural, lemma, tag::PLURAL));
            }
        }
        if pos & tag::WORD != 0 {
            made.push(self.add(&word, lemma, tag::WORD));
        }
        made
    }

    /// Reads one pattern. The first word is a lemma of `pos` (all its forms), later words are
    /// taken as written; `~word` is any form, `a|b` either, `@class` a class, `*` a gap of up to
    /// five words, `#` a number, `$` a sum of money, a trailing `?` makes a word optional.
    pub fn pattern(&mut self, text: &str, pos: u16) -> Result<Pattern, String> {
        let mut elems = Vec::new();
        for (at, part) in text.split_whitespace().enumerate() {
            if part == "*" {
                elems.push(Elem::Gap(5));
                continue;
            }
            let (part, optional) = match part.strip_suffix('?') {
                Some(p) if !p.is_empty() => (p, true),
                _ => (part, false),
            };
            let mut classes = 0;
            let mut number = None;
            let mut forms = Vec::new();
            let mut lemmas = Vec::new();
            for word in part.split('|') {
                if word == "#" {
                    number = Some(Number::Any);
                } else if word == "$" {
                    number = Some(Number::Money);
                } else if let Some(name) = word.strip_prefix('@') {
                    let mask = self.class_mask(name);
                    if mask == 0 {
                        return Err(format!("pattern {text:?} names no known class @{name}"));
                    }
                    classes |= mask;
                } else if let Some(base) = word.strip_prefix('~') {
                    let lemma = self.lemma(base);
                    forms.extend(self.forms_of(lemma));
                } else if at == 0 && pos & (tag::VERB | tag::NOUN) != 0 {
                    let lemma = self.lemma(word);
                    self.inflect(lemma, pos);
                    lemmas.push(lemma);
                } else {
                    forms.push(self.form_id(word));
                }
            }
            if at == 0 && number.is_some() {
                return Err(format!("pattern {text:?} begins with a number"));
            }
            // "pull troops out", "put the vote off": the object before the particle
            let particle = self.class_mask("particle");
            if at == 1
                && pos & tag::VERB != 0
                && forms
                    .iter()
                    .any(|f| self.forms[*f as usize].classes & particle != 0)
            {
                elems.push(Elem::Gap(4));
            }
            elems.push(Elem::Word {
                lemmas,
                forms,
                classes,
                number,
                optional,
            });
        }
        if elems.is_empty() {
            return Err(format!("pattern {text:?} is empty"));
        }
        Ok(Pattern {
            elems,
            skip: self.class_mask("det"),
        })
    }
}
