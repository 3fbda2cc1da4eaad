//! The engine: languages made ready, one input at a time.

use rustc_hash::FxHashSet;

use super::candidate::Explanation;
use super::file::{LanguageFile, RuleFile};
use super::find::{self, Found, Place, Sentence};
use super::gist::Gists;
use super::grade::Weights;
use super::judge::{self, Want};
use super::known::Known;
use super::lexicon::Lexicon;
use super::memory::Memory;
use super::own::CustomKind;
use super::proposed;
use super::rule::Rules;
use super::when;
use crate::article::{Development, Revision};
use crate::text;

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The revision before; `None` for a text seen first.
    pub old: Option<&'a Revision>,
    /// The revision now.
    pub new: &'a Revision,
    /// ISO 8601 date of the article: years before it are history.
    pub published: Option<&'a str>,
    /// What the article's story was already told.
    pub told: &'a [Development],
}

/// A language made ready.
pub(super) struct Language {
    /// Two-letter code.
    pub code: String,
    pub lex: Lexicon,
    pub known: Known,
    pub rules: Rules,
    pub weights: Weights,
    pub gists: Gists,
    pub when: when::Words,
    /// Number of the referent "dead", plus one; 0 where the language has none.
    pub dead: u8,
}

/// The files of a language.
struct Files<'a> {
    /// Words, classes and rules.
    language: &'a str,
    /// Weights of the candidates' features.
    weights: &'a str,
    /// The net that hears what a sentence sounds like.
    gist: &'a str,
}

/// The shipped languages. A further language is a further entry; without a gist its `gist` is empty.
const LANGUAGES: [Files<'_>; 1] = [Files {
    language: include_str!("lang/en.toml"),
    weights: include_str!("lang/en.weights.toml"),
    gist: include_str!("lang/en.gist.txt"),
}];

/// Detects developments. Build it once and share it; it holds no state between inputs.
pub struct Engine {
    languages: Vec<Language>,
}

impl Engine {
    /// The engine with every shipped language and the operator's own kinds. The error names the
    /// kind that cannot be read and why.
    pub fn new(own: &[CustomKind]) -> Result<Engine, String> {
        let languages = LANGUAGES.iter().map(|files| Language::parse(files, own));
        Ok(Engine {
            languages: languages.collect::<Result<_, _>>()?,
        })
    }

    /// The engine with the shipped languages alone.
    pub fn english() -> Engine {
        // the shipped files are tested to be sound
        Engine::new(&[]).unwrap_or(Engine {
            languages: Vec::new(),
        })
    }

    /// The engine of the first language with another gist; for fitting one.
    pub fn with_gist(gist: &str) -> Result<Engine, String> {
        let [files] = LANGUAGES;
        let language = Language::parse(&Files { gist, ..files }, &[])?;
        Ok(Engine {
            languages: vec![language],
        })
    }

    /// The words of an input as their gist hears them, each with what the old revision made of it,
    /// by their places in the gist's file; for fitting one.
    pub fn gist_rows(&self, input: &Input<'_>) -> Vec<(u32, Option<u32>)> {
        let mut buffer = String::new();
        let Some(language) = self.language_of(input.new) else {
            return Vec::new();
        };
        let (read, memory) = language.revisions(input, &mut buffer);
        let memory = memory.as_ref();
        let candidates = judge::found(language, &read, memory);
        let heard = proposed::heard(language, &read, memory, &candidates);
        let symbols = heard.iter().flatten();
        symbols.map(|s| (s.sound.word, s.sound.mark)).collect()
    }

    /// Codes of the languages it knows.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(|l| l.code.as_str())
    }

    /// Names of the word classes that own kinds may use, in the alphabet's order.
    pub fn classes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .languages
            .iter()
            .flat_map(|l| l.lex.classes())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Developments told by this input, main one first.
    pub fn detect(&self, input: &Input<'_>) -> Vec<Development> {
        self.read(input, Want::Told).told()
    }

    /// Every candidate, told or dropped, and why.
    pub fn explain(&self, input: &Input<'_>) -> Explanation {
        self.read(input, Want::All)
    }

    fn read(&self, input: &Input<'_>, want: Want) -> Explanation {
        match self.language_of(input.new) {
            Some(language) => language.explain(input, want),
            None => Explanation::default(),
        }
    }

    /// The language whose little words the text has most of.
    fn language_of(&self, revision: &Revision) -> Option<&Language> {
        if let [only] = self.languages.as_slice() {
            return Some(only);
        }
        let words = |l: &Language| {
            let text = revision
                .title
                .split_whitespace()
                .chain(revision.text.split_whitespace())
                .take(200);
            text.filter(|w| l.is_little(&w.to_lowercase())).count()
        };
        self.languages.iter().max_by_key(|l| words(l))
    }
}

/// A sentence of the new revision with what was found in it.
pub(super) struct Read<'a> {
    pub sentence: Sentence<'a>,
    pub found: Vec<Found>,
}

impl Language {
    /// The first shipped language, for tests.
    #[cfg(test)]
    pub fn english() -> Result<Language, String> {
        let [files] = LANGUAGES;
        Language::parse(&files, &[])
    }

    /// Reads a language's files; the error says what is wrong.
    fn parse(files: &Files<'_>, own: &[CustomKind]) -> Result<Language, String> {
        let mut file: LanguageFile = toml::from_str(files.language).map_err(|e| e.to_string())?;
        let code = file.language.clone();
        let own = own
            .iter()
            .filter(|k| k.language.as_ref().is_none_or(|l| *l == code));
        file.rule.extend(own.map(RuleFile::of_own_kind));
        let mut lex = Lexicon::new(&file)?;
        let known = Known::new(&lex);
        let rules = Rules::new(&file, &mut lex)?;
        let dead = lex
            .referents
            .iter()
            .position(|r| r == "dead")
            .map_or(0, |at| at as u8 + 1);
        Ok(Language {
            when: when::Words::new(&file.when),
            code,
            dead,
            lex,
            known,
            rules,
            weights: Weights::parse(files.weights)?,
            gists: Gists::parse(files.gist)?,
        })
    }

    fn is_little(&self, lower: &str) -> bool {
        let form = &self.lex.forms[self.lex.find(lower) as usize];
        form.classes & (self.known.det | self.known.prep | self.known.conj | self.known.be) != 0
    }

    fn explain(&self, input: &Input<'_>, want: Want) -> Explanation {
        let mut buffer = String::new();
        let (read, memory) = self.revisions(input, &mut buffer);
        if read.is_empty() {
            return Explanation::default();
        }
        judge::all(self, input, &read, memory.as_ref(), want)
    }

    /// What is new in an input, and the old revision, both read.
    fn revisions<'a>(
        &'a self,
        input: &Input<'a>,
        buffer: &mut String,
    ) -> (Vec<Read<'a>>, Option<Memory<'a>>) {
        let old: Option<Vec<(Place, &str, String)>> = input.old.map(|old| {
            let sentences = split(old).into_iter();
            sentences
                .map(|(at, s)| (at, s, text::normalise(s)))
                .collect()
        });
        let before: FxHashSet<&str> = old
            .iter()
            .flatten()
            .map(|(_, _, normal)| normal.as_str())
            .collect();
        let mut kept = FxHashSet::default();
        let read: Vec<Read<'_>> = split(input.new)
            .into_iter()
            .filter(|(_, s)| {
                if before.is_empty() {
                    return true;
                }
                let sentence = text::normalise(s);
                let new = !before.contains(sentence.as_str());
                if !new {
                    kept.insert(sentence);
                }
                new
            })
            .map(|(place, s)| self.read(s, place, buffer))
            .collect();
        let read = self.own(read);
        if read.is_empty() {
            return (read, None);
        }
        let memory = old.is_some().then(|| {
            let mut memory = Memory::default();
            for (place, text, normal) in old.iter().flatten() {
                let r = self.read(text, *place, buffer);
                memory.add(self, r, kept.contains(normal));
            }
            memory
        });
        (read, memory)
    }

    /// Leaves out what is not in this language, or a foreign word would be read as one of its own
    /// ("die"): sentences without its small words, and a headline above such sentences.
    fn own<'a>(&self, mut read: Vec<Read<'a>>) -> Vec<Read<'a>> {
        let foreign = |r: &Read<'_>| self.is_foreign(&r.sentence);
        let below = || read.iter().filter(|r| r.sentence.place != Place::Title);
        let all_foreign = below().next().is_some() && below().all(foreign);
        read.retain(|r| match r.sentence.place {
            Place::Title => !all_foreign,
            Place::Lead | Place::Body => !foreign(r),
        });
        read
    }

    /// A sentence of some length in which fewer than one word in twelve is an article, preposition,
    /// conjunction, pronoun or auxiliary of this language; in its own prose it is one in three.
    fn is_foreign(&self, sentence: &Sentence<'_>) -> bool {
        let k = &self.known;
        let small = k.det | k.prep | k.conj | k.pron | k.be | k.have | k.will | k.to;
        let words = sentence.tokens.iter().filter(|t| t.key != 0);
        let count = words.clone().count();
        count >= 10 && words.filter(|t| t.is(small)).count() * 12 < count
    }

    fn read<'a>(&'a self, text: &'a str, place: Place, buffer: &mut String) -> Read<'a> {
        let sentence = Sentence::new(text, place, &self.lex, &self.known, buffer);
        let mut found = Vec::new();
        find::triggers(&sentence, &self.rules, &self.known, &mut found);
        Read { sentence, found }
    }
}

/// Sentences read of one revision; a page with more is no article.
const MOST_SENTENCES: usize = 2000;

/// Bytes of the longest piece read as one sentence: bounds the work on text without stops.
const LONGEST_SENTENCE: usize = 2000;

/// The sentences of a revision with their places. The lead is the first two sentences.
fn split(revision: &Revision) -> Vec<(Place, &str)> {
    let mut out = Vec::new();
    let title = revision.title.trim();
    if !title.is_empty() {
        out.extend(pieces(title).map(|t| (Place::Title, t)));
    }
    let sentences = text::paragraphs(&revision.text)
        .filter(|p| !text::is_stamp(p))
        .flat_map(text::sentences)
        .flat_map(pieces)
        .take(MOST_SENTENCES);
    out.extend(
        sentences
            .enumerate()
            .map(|(at, s)| (if at < 2 { Place::Lead } else { Place::Body }, s)),
    );
    out
}

/// Cuts what is too long for a sentence at white space.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        if rest.len() <= LONGEST_SENTENCE {
            return (!rest.is_empty()).then(|| std::mem::take(&mut rest));
        }
        let limit = (0..=LONGEST_SENTENCE)
            .rev()
            .find(|i| rest.is_char_boundary(*i))?;
        let cut = rest
            .get(..limit)?
            .rfind(char::is_whitespace)
            .filter(|c| *c > 0)
            .unwrap_or(limit);
        let (piece, after) = rest.split_at_checked(cut)?;
        rest = after.trim_start();
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_languages_are_sound() {
        assert_eq!(Engine::new(&[]).err(), None);
    }
}
