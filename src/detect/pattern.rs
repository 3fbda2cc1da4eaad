//! Patterns over tokens: a verb with its particles, a phrase with gaps.

use super::lexicon::Reading;
use super::morph::tag;
use super::token::Token;
use crate::text::number::Unit;

/// One step of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Elem {
    /// One token: of one of these lemmas, forms or classes, or a number.
    Word {
        lemmas: Vec<u32>,
        forms: Vec<u32>,
        classes: u128,
        number: Option<Number>,
        optional: bool,
    },
    /// Up to so many words, within the clause.
    Gap(usize),
}

/// Which numbers a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Any,
    Money,
}

impl Number {
    fn fits(self, token: &Token<'_>) -> bool {
        token.number.is_some() && (self == Number::Any || token.unit == Unit::Money)
    }
}

/// A sequence of steps.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub elems: Vec<Elem>,
    /// Classes skipped between words: articles.
    pub skip: u128,
}

impl Pattern {
    /// Has words in between that it does not name.
    pub fn has_gap(&self) -> bool {
        self.elems.iter().any(|e| matches!(e, Elem::Gap(_)))
    }

    /// Bits, as of [`word_bit`], of the words behind the first that it cannot do without.
    pub fn needs(&self) -> u128 {
        self.elems.iter().skip(1).fold(0, |all, elem| match elem {
            Elem::Word {
                lemmas,
                forms,
                classes: 0,
                number: None,
                optional: false,
            } if lemmas.is_empty() => match forms.as_slice() {
                [only] => all | word_bit(*only),
                _ => all,
            },
            _ => all,
        })
    }

    /// Whether the pattern matches at token `at`; `pos` says which readings the first word may
    /// have. Returns the end and the place of the last matched word before a gap.
    pub fn matches(&self, tokens: &[Token<'_>], at: usize, pos: u16) -> Option<usize> {
        step(&self.elems, tokens, at, pos, self.skip)
    }
}

/// The bit a form sets in the set of a sentence's words: several forms share one.
pub(super) fn word_bit(form: u32) -> u128 {
    1 << (form % u128::BITS)
}

fn step(elems: &[Elem], tokens: &[Token<'_>], at: usize, pos: u16, det: u128) -> Option<usize> {
    let Some((first, rest)) = elems.split_first() else {
        return Some(at);
    };
    match first {
        Elem::Gap(most) => {
            for skip in 0..=*most {
                if let Some(end) = step(rest, tokens, at + skip, 0, det) {
                    return Some(end);
                }
                if tokens.get(at + skip).is_none_or(Token::is_boundary) {
                    return None;
                }
            }
            None
        }
        Elem::Word {
            lemmas,
            forms,
            classes,
            number,
            optional,
        } => {
            let fits = tokens.get(at).is_some_and(|t| {
                forms.contains(&t.form)
                    || t.classes & classes != 0
                    || number.is_some_and(|n| n.fits(t))
                    || (!lemmas.is_empty()
                        && t.readings.iter().any(|r: &Reading| {
                            lemmas.contains(&r.lemma)
                                && (pos == 0
                                    || pos == u16::MAX
                                    || r.tags & pos != 0
                                    || r.tags & tag::WORD != 0)
                        }))
            });
            if fits && let Some(end) = step(rest, tokens, at + 1, 0, det) {
                return Some(end);
            }
            if *optional && let Some(end) = step(rest, tokens, at, pos, det) {
                return Some(end);
            }
            // "gives the green light", "hold a summit": an article between the words
            if !fits && pos == 0 && tokens.get(at).is_some_and(|t| t.is(det)) {
                return step(elems, tokens, at + 1, u16::MAX, det);
            }
            None
        }
    }
}
