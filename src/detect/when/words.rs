//! The time words of a language: the block `[when]` of its file, made ready.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::article::Precision;
use crate::detect::token::{Shape, Token};

/// The block of the language file. Lists are parted by blanks, spellings of one word by `|`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::detect) struct WhenFile {
    /// The months in order.
    month: String,
    /// The days of the week from Monday.
    weekday: String,
    /// Names of days and months that are other words too.
    unsure: String,
    /// Words for days by their distance from the article's: `tomorrow = 1`.
    day: BTreeMap<String, i32>,
    /// Units of time, spellings by `|`: day, week, month, year.
    unit: String,
    /// Parts of a day.
    part: String,
    /// "this", "next", "last".
    this: String,
    next: String,
    last: String,
    /// What stands before a time without saying on which side of now it is: "on", "in", "at".
    on: String,
    /// What stands before a time to come: "until", "for".
    ahead: String,
    /// What stands before a time from which on something holds: "from", "since".
    from: String,
    /// What makes a time that of something else: "before", "after".
    other: String,
    /// The word for "in" of "in two weeks".
    within: String,
    /// Words between a preposition and its time: "the end of", "early".
    middle: String,
    /// Endings of ordinal numbers.
    ordinal: String,
    /// Halves of the day as written after an hour, and words for 12:00.
    am: String,
    pm: String,
    noon: String,
}

/// What a word means for time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// 1 to 12; the flag says that it may be another word.
    Month(i8, bool),
    /// 0 is Monday.
    Weekday(i8, bool),
    Day(i32),
    Unit(Precision),
    Part,
    This,
    Next,
    Last,
    On,
    Ahead,
    From,
    Other,
    Within,
    Middle,
    Noon,
}

/// The time words of a language made ready.
#[derive(Debug, Default)]
pub(in crate::detect) struct Words {
    senses: HashMap<Box<str>, Sense>,
    pub(super) within: Vec<String>,
    ordinal: Vec<String>,
    pub(super) am: Vec<String>,
    pub(super) pm: Vec<String>,
}

impl Words {
    pub(in crate::detect) fn new(file: &WhenFile) -> Words {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let mut words = Words {
            senses: HashMap::new(),
            within: list(&file.within),
            ordinal: list(&file.ordinal),
            am: list(&file.am),
            pm: list(&file.pm),
        };
        let unsure: Vec<&str> = file.unsure.split_whitespace().collect();
        let mut add = |text: &str, sense: &dyn Fn(usize, &str) -> Sense| {
            for (at, spellings) in text.split_whitespace().enumerate() {
                for word in spellings.split('|') {
                    words.senses.insert(word.into(), sense(at, word));
                }
            }
        };
        add(&file.month, &|at, w| {
            Sense::Month(at as i8 + 1, unsure.contains(&w))
        });
        add(&file.weekday, &|at, w| {
            Sense::Weekday(at as i8, unsure.contains(&w))
        });
        const UNITS: [Precision; 4] = [
            Precision::Day,
            Precision::Week,
            Precision::Month,
            Precision::Year,
        ];
        add(&file.unit, &|at, _| {
            Sense::Unit(UNITS.get(at).copied().unwrap_or(Precision::Year))
        });
        for (text, sense) in [
            (&file.part, Sense::Part),
            (&file.this, Sense::This),
            (&file.next, Sense::Next),
            (&file.last, Sense::Last),
            (&file.on, Sense::On),
            (&file.ahead, Sense::Ahead),
            (&file.from, Sense::From),
            (&file.other, Sense::Other),
            (&file.middle, Sense::Middle),
            (&file.noon, Sense::Noon),
        ] {
            add(text, &|_, _| sense);
        }
        for (word, days) in &file.day {
            words.senses.insert(word.as_str().into(), Sense::Day(*days));
        }
        words
    }

    pub(super) fn of(&self, token: &Token<'_>) -> Option<Sense> {
        let sense = *self.senses.get(token.text.to_lowercase().as_str())?;
        let named = matches!(sense, Sense::Month(..) | Sense::Weekday(..));
        // "may", "march", "sat"
        (!named || token.shape != Shape::Lower).then_some(sense)
    }

    /// The day of the month: "3", "3rd".
    pub(super) fn day(&self, token: &Token<'_>) -> Option<i8> {
        let digits = token.text.trim_end_matches(|c: char| c.is_alphabetic());
        let ending = token.text.get(digits.len()..)?;
        let fits = ending.is_empty() || self.ordinal.iter().any(|o| o == ending);
        digits
            .parse()
            .ok()
            .filter(|day| fits && (1..=31).contains(day))
    }
}
