//! Lines that say by their words that they are no body: `data/furniture.txt`.

use std::sync::LazyLock;

use regex::{RegexSet, RegexSetBuilder};

use super::blocks::Block;

/// The kinds of furniture line and what recognises them, from `data/furniture.txt`.
pub(super) struct Patterns {
    pub kinds: Vec<&'static str>,
    sets: [Set; 2],
}

/// Expressions that are searched for together.
struct Set {
    /// For each expression the index of its kind.
    of: Vec<usize>,
    set: RegexSet,
}

/// Room for the states of all the expressions together; the default makes it start over and over.
const DFA_BYTES: usize = 2 * 1024 * 1024;

pub(super) static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut kinds: Vec<&'static str> = Vec::new();
    // Those that can only match where the line begins give up a line after a few letters; among
    // those that match anywhere they would be carried along to its end.
    let (mut anchored, mut anywhere) = (Vec::new(), Vec::new());
    for line in include_str!("data/furniture.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        if let Some((kind, expression)) = line.split_once(' ') {
            let at = kinds.iter().position(|k| *k == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            let part = if is_anchored(expression) {
                &mut anchored
            } else {
                &mut anywhere
            };
            part.push((at, format!("(?i){}", with_edges(expression))));
        }
    }
    Patterns {
        kinds,
        sets: [Set::of(&anchored), Set::of(&anywhere)],
    }
});

impl Set {
    fn of(expressions: &[(usize, String)]) -> Set {
        Set {
            of: expressions.iter().map(|(kind, _)| *kind).collect(),
            set: RegexSetBuilder::new(expressions.iter().map(|(_, e)| e))
                .dfa_size_limit(DFA_BYTES)
                .build()
                .unwrap_or_else(|_| RegexSet::empty()),
        }
    }
}

/// Whether every branch of an expression begins with `^`.
fn is_anchored(expression: &str) -> bool {
    let mut depth = 0_i32;
    let mut branches = expression.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == '|' && depth == 0
    });
    branches.all(|b| b.starts_with('^'))
}

/// Writes `\b` as "no letter here, or the line's end". The engine that knows the word boundaries
/// of Unicode is the slow one and costs a fifth of the time of a whole page; those of ASCII miss
/// the ends of half the languages in the file.
fn with_edges(expression: &str) -> String {
    let mut parts = expression.split(r"\b");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let opens = part.starts_with(|c: char| c == '(' || c.is_alphabetic());
        out.push_str(if opens { r"(?:^|\W)" } else { r"(?:\W|$)" });
        out.push_str(part);
    }
    out
}

impl Patterns {
    /// Whether a line is furniture whatever stands around it: it says so in full, or it leads to
    /// another page both by its words and by its link.
    pub fn veto(&self, block: &Block) -> bool {
        let like = self.of(&block.text);
        let is = |kind: &str| {
            self.kinds
                .iter()
                .position(|k| *k == kind)
                .is_some_and(|at| like >> at & 1 == 1)
        };
        is("always") || (is("more") && block.links >= LINKED)
    }

    /// The kinds of furniture this line is like, as a bit mask over `kinds`. Long lines are never.
    pub fn of(&self, line: &str) -> u32 {
        if line.len() > 400 {
            return 0;
        }
        let of_set = |s: &Set| {
            let found = s.set.matches(line).into_iter();
            found
                .filter_map(|i| s.of.get(i))
                .fold(0, |mask, kind| mask | 1 << kind)
        };
        self.sets.iter().map(of_set).fold(0, |all, of| all | of)
    }
}

/// A line is a link to another page when this share of it is link text.
const LINKED: f32 = 0.4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_lines_are_told_from_body() {
        let kinds = |line: &str| -> Vec<&str> {
            let mask = PATTERNS.of(line);
            PATTERNS
                .kinds
                .iter()
                .enumerate()
                .filter(|(bit, _)| mask >> bit & 1 == 1)
                .map(|(_, kind)| *kind)
                .collect()
        };
        for (line, kind) in [
            ("Visited 17 times, 1 visit(s) today", "always"),
            ("Leave a Reply", "always"),
            (
                "Updated 3 minutes ago · 105 comments · 1.1K shares",
                "always",
            ),
            ("59 people reading now", "always"),
            ("Sign up for our daily newsletter", "promo"),
            ("Abonnez-vous à notre lettre", "promo"),
            ("Read more: Storm closes coastal road", "more"),
            ("Lesen Sie auch: Sturm sperrt Küstenstraße", "more"),
            ("Czytaj też o burzy", "more"),
            ("Photo: Jon Hale", "credit"),
            ("Foto: Jon Hale / Getty Images", "credit"),
            ("(Reporting by Ada Brink; editing by Jon Hale)", "agency"),
            ("By Ada Brink", "byline"),
        ] {
            assert!(kinds(line).contains(&kind), "{line}: {:?}", kinds(line));
        }
        for line in [
            "The council voted on Tuesday evening to close the terminal for at least eight months.",
            "The European Commission said it would visit 17 times before a decision.",
            "Updated plans were shown to the council three weeks ago, and nobody objected to them then or later, the mayor said on Monday.",
            "Ein Sprecher sagte, die Reparatur dauere acht Monate.",
        ] {
            assert_eq!(kinds(line), Vec::<&str>::new(), "{line}");
        }
    }
}
