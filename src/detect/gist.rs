//! The second opinion: how much a sentence as a whole sounds like each kind.
//!
//! The rules know triggers; what they have no trigger for they miss. The gist knows none: it adds
//! up weights of the sentence's words, of their classes (words that stand in like company) and of
//! neighbours in order, learned from labelled sentences. It grades the rules' candidates and
//! proposes some where they are silent ([`super::proposed`]). It knows no names.
//!
//! In a revision it hears alone what the old one had not, by weights of their own: what was said
//! before is no news, and words of one class are alike.
//!
//! Data: `lang/en.classes.txt`, a line a class (the first word names it), wider classes parted by
//! blank lines; `lang/en.gist.txt` for texts and `lang/en.change.txt` for revisions, lines
//! `feature<TAB>kind weight ...`, fitted by `cargo run --release --example fit`. A feature is one word, or two in order ("quits over"), or
//! two with one between ("quits _ over"); `~quits` stands for the words of its class, `~~quits`
//! for those of the wider one; `¬to speak` is heard where a revision has lost it.

use rustc_hash::FxHashMap;

use super::gist_table::{BUT_ONE, NEXT, Table, pair};
use super::token::{self, Shape, Token};
use crate::article::Kind;

/// Kinds that a gist is of: all but `other`, which has no definition to be learned.
pub(super) const KINDS: usize = Kind::ALL.len() - 1;

/// How much a sentence sounds like each kind, as log odds, in the order of [`Kind::ALL`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Gist([f32; KINDS]);

impl Gist {
    /// Log odds of a kind; `None` for what no gist is of.
    pub fn of(&self, kind: Kind) -> Option<f64> {
        let at = Kind::ALL.iter().position(|k| *k == kind)?;
        self.0.get(at).map(|odds| f64::from(*odds))
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

/// A word as the gist reads it: itself, its class, its wider class; and the token it is.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    names: [u64; 3],
    token: usize,
}

/// Classes and weights of one language.
#[derive(Debug, Default)]
pub(super) struct Gists {
    /// Class and wider class of a word, by key.
    classes: FxHashMap<u64, [u64; 2]>,
    /// What sentences of a text seen first say.
    text: Table,
    /// What is said by features that a revision has and the old one had not, or the other way.
    change: Table,
    /// Names of the classes; for the fit alone.
    names: FxHashMap<u64, Box<str>>,
}

fn add(odds: &mut [f32; KINDS], weights: &[(u8, f32)]) {
    for (kind, weight) in weights {
        if let Some(o) = odds.get_mut(usize::from(*kind)) {
            *o += weight;
        }
    }
}

impl Gists {
    /// Reads the classes and the weights of a language, those of texts and of changes; the error
    /// names the line.
    pub fn parse(classes: &str, text: &str, change: &str) -> Result<Gists, String> {
        let mut gists = Gists::default();
        for block in classes.split("\n\n") {
            let wide = block.split_whitespace().next().unwrap_or_default();
            let wide = gists.name(format!("~~{wide}"));
            for line in block.lines() {
                let name = line.split_whitespace().next().unwrap_or_default();
                let class = gists.name(format!("~{name}"));
                for word in line.split_whitespace() {
                    gists.classes.insert(token::key(word), [class, wide]);
                }
            }
        }
        gists.text = Table::parse(text)?;
        gists.change = Table::parse(change)?;
        Ok(gists)
    }

    /// Whether the language has none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn name(&mut self, name: String) -> u64 {
        let key = token::key(&name);
        self.names.insert(key, name.into());
        key
    }

    /// The symbols of a sentence, between a start and an end.
    fn symbols(&self, tokens: &[Token<'_>], month: u128) -> Vec<Symbol> {
        let plain = |name: &str, token| Symbol {
            names: [token::key(name); 3],
            token,
        };
        let known = |word: u64| self.classes.get(&word).map(|c| [word, c[0], c[1]]);
        // "bomb-hit" is read as "hit"
        let last = |t: &Token<'_>| {
            let (_, last) = t.text.rsplit_once('-')?;
            known(token::key(&last.to_lowercase()))
        };
        let mut out = Vec::with_capacity(tokens.len() + 2);
        out.push(plain("<", 0));
        for (at, t) in tokens.iter().enumerate() {
            let symbol = match t.shape {
                Shape::Mark | Shape::Stop => match t.text {
                    "," | "." | "(" | ")" | "[" | "]" | "/" => continue,
                    "“" | "”" | "\"" => plain("\"", at),
                    "‘" | "’" | "'" => plain("'", at),
                    "—" | "–" | "-" => plain("-", at),
                    other => plain(other, at),
                },
                Shape::Number if t.text.starts_with(['$', '£', '€', '¥', '₹']) => {
                    plain("$", at)
                }
                Shape::Number if t.text.ends_with('%') => plain("%", at),
                Shape::Number if crate::text::date::as_year(t.text).is_some() => plain("@year", at),
                Shape::Number => plain("@number", at),
                _ if matches!(t.text, "'s" | "’s") => continue,
                _ if t.is(month) => plain("@day", at),
                _ => match known(t.word).or_else(|| last(t)) {
                    Some(names) => Symbol { names, token: at },
                    None if t.shape == Shape::Lower => plain("@word", at),
                    None => plain("@name", at),
                },
            };
            let again = out.last().is_some_and(|l| {
                l.names[0] == symbol.names[0] && symbol.names[0] == token::key("@name")
            });
            if !again {
                out.push(symbol);
            }
        }
        out.push(plain(">", tokens.len().saturating_sub(1)));
        out
    }

    /// Calls with the key of every feature and the symbols it is of.
    fn each(
        symbols: &[Symbol],
        mut call: impl FnMut(u64, Symbol, Option<(Symbol, u64)>, [usize; 2]),
    ) {
        for (i, s) in symbols.iter().enumerate() {
            if i > 0 && i + 1 < symbols.len() {
                call(s.names[0], *s, None, [0, 0]);
                if s.names[1] != s.names[0] {
                    call(s.names[1], *s, None, [1, 0]);
                    call(s.names[2], *s, None, [2, 0]);
                }
            }
            if let Some(n) = symbols.get(i + 1) {
                for [a, b] in [[0, 0], [1, 1], [1, 2], [2, 1], [2, 2]] {
                    call(
                        pair(s.names[a], n.names[b], NEXT),
                        *s,
                        Some((*n, NEXT)),
                        [a, b],
                    );
                }
            }
            if let Some(n) = symbols.get(i + 2) {
                for [a, b] in [[1, 2], [2, 1]] {
                    call(
                        pair(s.names[a], n.names[b], BUT_ONE),
                        *s,
                        Some((*n, BUT_ONE)),
                        [a, b],
                    );
                }
            }
        }
    }

    /// How much a sentence sounds like each kind; `month` is the mask of the words for days.
    pub fn hear(&self, tokens: &[Token<'_>], month: u128) -> Gist {
        let mut odds = self.text.bias;
        Gists::each(&self.symbols(tokens, month), |key, _, _, _| {
            if let Some(weights) = self.text.get(key) {
                add(&mut odds, weights.had);
            }
        });
        Gist(odds)
    }

    /// The features of a sentence by which a change may be heard.
    pub fn sounds(&self, tokens: &[Token<'_>], month: u128) -> Vec<u64> {
        let mut out = Vec::new();
        Gists::each(&self.symbols(tokens, month), |key, _, _, _| {
            if self.change.get(key).is_some() {
                out.push(key);
            }
        });
        out
    }

    /// How much the loss of such features sounds like each kind.
    pub fn lost(&self, sounds: impl Iterator<Item = u64>) -> Gist {
        let mut odds = self.change.bias;
        for weights in sounds.filter_map(|key| self.change.get(key)) {
            add(&mut odds, weights.lost);
        }
        Gist(odds)
    }

    /// How much such features sound like each kind where they are new, beside what was lost.
    pub fn gained(&self, sounds: impl Iterator<Item = u64>, lost: &Gist) -> Gist {
        let mut odds = lost.0;
        for weights in sounds.filter_map(|key| self.change.get(key)) {
            add(&mut odds, weights.had);
        }
        Gist(odds)
    }

    /// What each token adds to a kind.
    pub fn shares(&self, tokens: &[Token<'_>], month: u128, kind: Kind) -> Vec<f32> {
        let mut shares = vec![0.0; tokens.len()];
        let Some(at) = Kind::ALL.iter().position(|k| *k == kind) else {
            return shares;
        };
        Gists::each(&self.symbols(tokens, month), |key, first, second, _| {
            let Some(weights) = self.text.get(key) else {
                return;
            };
            let here = weights.had.iter().filter(|w| usize::from(w.0) == at);
            let weight: f32 = here.map(|w| w.1).sum();
            let both = [Some(first), second.map(|s| s.0)];
            let parts = both.iter().flatten().count() as f32;
            for symbol in both.into_iter().flatten() {
                if let Some(share) = shares.get_mut(symbol.token) {
                    *share += weight / parts;
                }
            }
        });
        shares
    }

    /// The features of a sentence as they are written; for the fit.
    pub fn features(&self, tokens: &[Token<'_>], month: u128) -> Vec<String> {
        let name = |s: Symbol, level: usize| {
            if let Some(name) = self.names.get(&s.names[level]) {
                return name.to_string();
            }
            let plain = PLAIN.iter().find(|p| token::key(p) == s.names[level]);
            plain.map_or_else(
                || {
                    let text = tokens.get(s.token).map_or("", |t| t.text).to_lowercase();
                    text.rsplit('-').next().unwrap_or_default().to_owned()
                },
                |p| (*p).to_owned(),
            )
        };
        let mut out = Vec::new();
        Gists::each(&self.symbols(tokens, month), |_, a, b, levels| {
            let first = name(a, levels[0]);
            out.push(match b {
                None => first,
                Some((b, NEXT)) => format!("{first} {}", name(b, levels[1])),
                Some((b, _)) => format!("{first} _ {}", name(b, levels[1])),
            });
        });
        out
    }
}

/// What stands for a start, an end, marks, numbers, days, names and unknown words.
const PLAIN: [&str; 12] = [
    "<", ">", "\"", "'", "-", "$", "%", "@year", "@number", "@day", "@word", "@name",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::engine::Language;

    #[test]
    fn a_feature_that_cannot_be_read_is_named() {
        let error = Gists::parse("", "quits\tresigned much", "").err();
        assert!(error.is_some_and(|e| e.contains("quits")));
    }

    #[test]
    fn a_word_tells_by_itself_by_its_class_and_by_its_neighbour() {
        let lang = Language::english().unwrap();
        let classes = "leaves quits\nover after";
        let odds = |weights: &str, sentence: &str| {
            let gists = Gists::parse(classes, weights, "").unwrap();
            let mut buffer = String::new();
            let tokens = token::tokenise(sentence, &lang.lex, &mut buffer);
            gists.hear(&tokens, 0).of(Kind::Resigned).unwrap()
        };
        let base = "\tresigned -2\n";
        assert_eq!(odds(base, "Mayor quits over row"), -2.0);
        assert_eq!(
            odds(&format!("{base}quits\tresigned 1"), "Mayor quits over row"),
            -1.0
        );
        assert_eq!(
            odds(&format!("{base}~leaves\tresigned 1"), "Mayor quits"),
            -1.0
        );
        assert_eq!(
            odds(
                &format!("{base}quits over\tresigned 3"),
                "Mayor quits over row"
            ),
            1.0
        );
        assert_eq!(
            odds(&format!("{base}quits over\tresigned 3"), "Mayor over quits"),
            -2.0
        );
        assert_eq!(
            odds(
                &format!("{base}@name _ ~over\tresigned 1"),
                "Mayor quits over row"
            ),
            -1.0
        );
    }

    #[test]
    fn the_shipped_gist_knows_words_of_the_class_file_alone_and_so_no_names() {
        let words: Vec<&str> = include_str!("lang/en.classes.txt")
            .split_whitespace()
            .collect();
        let known: rustc_hash::FxHashSet<&str> = words.into_iter().collect();
        let files = [
            include_str!("lang/en.gist.txt"),
            include_str!("lang/en.change.txt"),
        ];
        for line in files
            .iter()
            .flat_map(|f| f.lines())
            .filter(|l| !l.starts_with('#'))
        {
            let (feature, _) = line.split_once('\t').unwrap();
            let feature = feature.trim_start_matches('¬');
            for part in feature.split(' ').map(|p| p.trim_start_matches('~')) {
                let plain = part.chars().count() < 2 || part == "_" || PLAIN.contains(&part);
                assert!(plain || known.contains(part), "{part} in {feature}");
            }
        }
    }
}
