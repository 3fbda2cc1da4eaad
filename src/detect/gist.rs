//! The second opinion: how much a sentence as a whole sounds like each kind.
//!
//! The rules know triggers; what they have no trigger for they miss. The gist knows none: a small
//! net ([`super::net`]) that has read many sentences says what this one sounds like. It grades the
//! rules' candidates and proposes some where they are silent ([`super::proposed`]). It knows no
//! names: every one is the same to it. In a revision each word is heard with what the old one made
//! of it: told, only to come, only claimed, or not there; and whether it is a rule's word for what
//! was told in other words.

use super::find::Sentence;
use super::net::{KINDS, Net, Sound};
use super::token::{self, Shape, Token};
use crate::article::Kind;

/// How much a sentence sounds like each kind, as log odds, in the order of [`Kind::ALL`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Gist([f32; KINDS]);

impl Gist {
    /// Log odds of a kind.
    pub fn of(&self, kind: Kind) -> f64 {
        let mut all = Kind::ALL.iter().zip(self.0);
        all.find(|(k, _)| **k == kind)
            .map_or(f64::from(f32::MIN), |(_, odds)| f64::from(odds))
    }

    /// Log odds of the likeliest other kind.
    pub fn of_others(&self, kind: Kind) -> f64 {
        let others = Kind::ALL.iter().zip(self.0).filter(|(k, _)| **k != kind);
        f64::from(others.map(|(_, odds)| odds).fold(f32::MIN, f32::max))
    }

    /// The kinds it sounds like at least that much.
    pub fn above(&self, least: f32) -> impl Iterator<Item = Kind> {
        let all = Kind::ALL.into_iter().zip(self.0);
        all.filter(move |(_, odds)| *odds >= least).map(|(k, _)| k)
    }
}

/// The gists of one language.
#[derive(Debug, Default)]
pub(super) struct Gists {
    net: Net,
    /// Rows of [`PLAIN`].
    plain: [u32; PLAIN.len()],
}

/// A word as the gist hears it, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    pub sound: Sound,
    pub sentence: usize,
    pub token: usize,
}

/// What stands for a start, an end, marks, sums, numbers, days, unknown words and names; then what
/// the old revision made of a word.
const PLAIN: [&str; 21] = [
    "<", ">", "\"", "'", "-", "$", "%", "@year", "@number", "@day", "@word", "@name", "?", ":",
    ";", "!", "@again", "@told", "@ahead", "@claimed", "@fresh",
];

impl Gists {
    /// Reads the net of a language; the error names the line.
    pub fn parse(net: &str) -> Result<Gists, String> {
        let net = Net::parse(net)?;
        let mut plain = [0; PLAIN.len()];
        if !net.is_empty() {
            for (row, name) in plain.iter_mut().zip(PLAIN) {
                let found = net.row(token::key(name));
                *row = found.ok_or_else(|| format!("the gist has no \"{name}\""))?;
            }
        }
        Ok(Gists { net, plain })
    }

    /// Whether the language has none.
    pub fn is_empty(&self) -> bool {
        self.net.is_empty()
    }

    fn plain(&self, name: &str) -> u32 {
        let at = PLAIN.iter().position(|p| *p == name).unwrap_or_default();
        self.plain[at]
    }

    /// Adds the symbols of a sentence, between a start and an end. `at` is its number, `month` the
    /// mask of the words for days; `mark` tells of a token what the old revision made of it.
    pub fn add(
        &self,
        at: usize,
        s: &Sentence<'_>,
        month: u128,
        mark: impl Fn(usize) -> Option<&'static str>,
        out: &mut Vec<Symbol>,
    ) {
        let name = self.plain("@name");
        let mut put = |word: u32, mark: Option<u32>, token: usize| {
            out.push(Symbol {
                sound: Sound { word, mark },
                sentence: at,
                token,
            });
        };
        put(self.plain("<"), None, 0);
        let mut before = None;
        for (token, t) in s.tokens.iter().enumerate() {
            let Some(word) = self.word(t, month) else {
                continue;
            };
            let mark = mark(token).map(|name| self.plain(name));
            // one of several words is one name
            if word != name || before != Some((word, mark)) {
                put(word, mark, token);
            }
            before = Some((word, mark));
        }
        put(self.plain(">"), None, s.tokens.len().saturating_sub(1));
    }

    /// The row that a token is heard as; `month` is the mask of the words for days.
    fn word(&self, t: &Token<'_>, month: u128) -> Option<u32> {
        let last = || {
            // "bomb-hit" is read as "hit"
            let (_, last) = t.text.rsplit_once('-')?;
            self.net.row(token::key(&last.to_lowercase()))
        };
        let name = match t.shape {
            Shape::Mark | Shape::Stop => match t.text {
                "," | "." | "(" | ")" | "[" | "]" | "/" => return None,
                "“" | "”" | "\"" => "\"",
                "‘" | "’" | "'" => "'",
                "—" | "–" | "-" => "-",
                "?" => "?",
                ":" => ":",
                ";" => ";",
                "!" => "!",
                _ => "@word",
            },
            Shape::Number if t.text.starts_with(['$', '£', '€', '¥', '₹']) => "$",
            Shape::Number if t.text.ends_with('%') => "%",
            Shape::Number if crate::text::date::as_year(t.text).is_some() => "@year",
            Shape::Number => "@number",
            _ if matches!(t.text, "'s" | "’s") => return None,
            _ if t.is(month) => "@day",
            _ => match self.net.row(spoken(t)).or_else(last) {
                Some(row) => return Some(row),
                None if t.shape == Shape::Lower => "@word",
                None => "@name",
            },
        };
        Some(self.plain(name))
    }

    /// How much sentences sound like each kind.
    pub fn hear(&self, symbols: &[Symbol]) -> Gist {
        let sounds: Vec<Sound> = symbols.iter().map(|s| s.sound).collect();
        Gist(self.net.hear(&sounds))
    }

    /// What each symbol adds to a kind's log odds.
    pub fn parts(&self, symbols: &[Symbol], kind: Kind) -> Vec<f32> {
        let sounds: Vec<Sound> = symbols.iter().map(|s| s.sound).collect();
        let at = Kind::ALL.iter().position(|k| *k == kind);
        self.net.parts(&sounds, at.unwrap_or_default())
    }
}

/// The word a token stands for: "won't" is "wo" and "n't".
fn spoken(t: &Token<'_>) -> u64 {
    match t.text {
        "n't" | "n’t" => token::key("not"),
        "wo" | "Wo" => token::key("will"),
        "ca" | "Ca" => token::key("can"),
        _ => t.word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::engine::Language;
    use crate::detect::find::Place;

    fn symbols(sentence: &str) -> Vec<Symbol> {
        let lang = Language::english().unwrap();
        let mut buffer = String::new();
        let s = Sentence::new(sentence, Place::Title, &lang.lex, &lang.known, &mut buffer);
        let mut out = Vec::new();
        lang.gists.add(0, &s, lang.known.month, |_| None, &mut out);
        out
    }

    fn words(sentence: &str) -> Vec<u32> {
        symbols(sentence).iter().map(|s| s.sound.word).collect()
    }

    #[test]
    fn a_sentence_sounds_like_what_it_tells() {
        let gists = Language::english().unwrap().gists;
        let odds = |sentence: &str| gists.hear(&symbols(sentence)).of(Kind::Resigned);
        let told = odds("Minister quits over leaked letters");
        let other = odds("Minister praises the letters of his mother");
        assert!(told > other + 2.0, "{told} {other}");
    }

    #[test]
    fn names_and_endings_are_read_alike() {
        assert_eq!(words("Ruritzky quits"), words("Anna Belova Zemtsova quits"));
        assert_eq!(
            words("The bridge won't open"),
            words("the bridge will not open")
        );
        assert_eq!(words("bomb-hit town"), words("hit town"));
    }

    #[test]
    fn the_word_that_says_so_has_the_largest_part() {
        let gists = Language::english().unwrap().gists;
        let symbols = symbols("Minister quits over leaked letters");
        let parts = gists.parts(&symbols, Kind::Resigned);
        let most = (0..parts.len()).max_by(|a, b| parts[*a].total_cmp(&parts[*b]));
        assert_eq!(most.map(|at| symbols[at].token), Some(1), "{parts:?}");
    }
}
