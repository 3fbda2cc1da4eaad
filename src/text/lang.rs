//! What the languages know about sentences, stamps and datelines, read from `lang/*.toml`.
//!
//! The files are united: a text does not say its language reliably, and the abbreviations of one
//! language rarely end a sentence of another. Lists are words parted by white space. A word in
//! lower case stands for any case, a word with a capital only for itself; abbreviations are
//! written without their last full stop.
//!
//! `[sentence]`
//! - `never`: a name or word follows ("Mr."): a sentence does not end here.
//! - `number`: the same before a number ("No. 10", "Jan. 5"); else an ordinary word.
//! - `maybe`: a sentence ends here only where one of `starters` follows ("U.S. The").
//! - `time`: as "a.m.": a sentence ends here unless one of `after_time` follows ("a.m. Monday").
//! - `starters`: words that begin sentences. `particle`: those of them that are also parts of
//!   names, and so do not end a sentence after an initial ("R. De Niro").
//! - `before_ordinal`, `after_ordinal`: words beside an ordinal number ("der 3. Oktober").
//!
//! `[stamp]`
//! - `when`: words that times and dates are made of; `month`: the months among them.
//! - `lines`: regular expressions over a whole line in normal form. `{when}` stands for words of
//!   `when` and numbers, `{time}` for such that begin with a number, `{date}` for such with a month
//!   and a year or time of day (each once in a line), `{count}` for a count.
//!
//! `[dateline]`
//! - `agencies`: news agencies as a dateline names them.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexSet};
use serde::Deserialize;

const FILES: [&str; 11] = [
    include_str!("lang/any.toml"),
    include_str!("lang/de.toml"),
    include_str!("lang/en.toml"),
    include_str!("lang/es.toml"),
    include_str!("lang/fr.toml"),
    include_str!("lang/it.toml"),
    include_str!("lang/nl.toml"),
    include_str!("lang/nordic.toml"),
    include_str!("lang/other.toml"),
    include_str!("lang/pt.toml"),
    include_str!("lang/slavic.toml"),
];

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    sentence: Sentence,
    stamp: Stamp,
    dateline: Dateline,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sentence {
    never: String,
    number: String,
    maybe: String,
    time: String,
    after_time: String,
    starters: String,
    particle: String,
    before_ordinal: String,
    after_ordinal: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stamp {
    when: String,
    month: String,
    lines: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Dateline {
    agencies: String,
}

/// Words of all languages for one purpose.
#[derive(Default)]
pub(super) struct Words(HashSet<&'static str>);

impl Words {
    fn of(files: &'static [File], list: impl Fn(&'static File) -> &'static str) -> Words {
        Words(
            files
                .iter()
                .flat_map(|f| list(f).split_whitespace())
                .collect(),
        )
    }

    /// Whether the word is listed, in this spelling or in lower case.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains(word) || self.0.contains(word.to_lowercase().as_str())
    }

    /// An alternation of the words, the longer before the shorter.
    fn pattern(&self) -> String {
        let mut words: Vec<String> = self.0.iter().map(|w| regex::escape(w)).collect();
        words.sort_by_key(|w| (std::cmp::Reverse(w.len()), w.clone()));
        words.join("|")
    }
}

/// The stamp lines of all languages. A line's placeholders match anything at first; what they
/// caught is then held against `when`, so that the long list of time words is compiled once.
pub(super) struct Stamps {
    any: RegexSet,
    lines: Vec<Line>,
    when: Regex,
    month: Regex,
    /// A year or the time of day.
    exact: Regex,
}

/// A line's expression, compiled when it is first needed: all of them take 10 MB, and most are of
/// languages that are not watched. What does not compile does not pass [`Stamps::of`] either.
struct Line {
    pattern: String,
    compiled: OnceLock<Regex>,
}

impl Line {
    fn new(pattern: String) -> Line {
        Line {
            pattern,
            compiled: OnceLock::new(),
        }
    }

    #[expect(clippy::expect_used, reason = "compiled before as one of a set")]
    fn compiled(&self) -> &Regex {
        self.compiled
            .get_or_init(|| Regex::new(&self.pattern).expect("a stamp line of the set"))
    }
}

impl Stamps {
    #[expect(clippy::expect_used, reason = "embedded patterns, used by every test")]
    fn of(files: &'static [File]) -> Stamps {
        let compile = |p: &str| Regex::new(p).expect("stamp patterns are regular expressions");
        let when = Words::of(files, |f| &f.stamp.when).pattern();
        let month = Words::of(files, |f| &f.stamp.month).pattern();
        let gap = r"[\s,.|:;()·•@/+-]*";
        let number = r"\d[\d:./+-]*(?:st|nd|rd|th|er|º|h\d*|am|pm|min|m|s|d|t\d[\d:.+-]*z?)?";
        let lines: Vec<String> = (files.iter().flat_map(|f| &f.stamp.lines))
            .map(|line| {
                let mut line = line.replace("{count}", COUNT);
                for placeholder in ["when", "time", "date"] {
                    let group = format!("(?<{placeholder}>.+?)");
                    line = line.replace(&format!("{{{placeholder}}}"), &group);
                }
                format!("^(?:{line})$")
            })
            .collect();
        Stamps {
            any: RegexSet::new(&lines).expect("stamp lines are regular expressions"),
            lines: lines.into_iter().map(Line::new).collect(),
            when: compile(&format!("^{gap}(?:(?:{number}|{when}){gap})+$")),
            month: compile(&format!(r"(?:^|\P{{L}})(?:{month})(?:\P{{L}}|$)")),
            exact: compile(r"\d{4}|\d{1,2}[:.h]\d\d"),
        }
    }

    /// Whether the line, in normal form, is a stamp.
    pub(super) fn has(&self, line: &str) -> bool {
        self.any.matches(line).into_iter().any(|i| {
            let found = self.lines.get(i).and_then(|l| l.compiled().captures(line));
            found.is_some_and(|found| {
                let holds = |name, check: &dyn Fn(&str) -> bool| {
                    found.name(name).is_none_or(|part| check(part.as_str()))
                };
                let when = |part: &str| self.when.is_match(part);
                let numbered = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
                holds("when", &when)
                    && holds("time", &|part| numbered(part) && when(part))
                    && holds("date", &|part| {
                        // Two months are a span of time, which the news may be about.
                        let months = self.month.find_iter(part).count();
                        when(part) && months == 1 && self.exact.is_match(part)
                    })
            })
        })
    }
}

/// "17", "1,204", "3.1k", "12 000", "one".
const COUNT: &str = r"(?:\d[\d.,]*(?: \d{3})* ?(?:k|m|mil|тыс|万)?\+?|one)";

/// Everything the files say, united.
pub(super) struct Lang {
    pub(super) never: Words,
    pub(super) number: Words,
    pub(super) maybe: Words,
    pub(super) time: Words,
    pub(super) after_time: Words,
    pub(super) starters: Words,
    pub(super) particle: Words,
    pub(super) before_ordinal: Words,
    pub(super) after_ordinal: Words,
    pub(super) stamps: Stamps,
    /// A dateline at the start of a sentence, before case is folded.
    pub(super) dateline: Regex,
}

pub(super) static LANG: LazyLock<Lang> = LazyLock::new(read);

#[expect(clippy::expect_used, reason = "embedded files, read by every test")]
fn read() -> Lang {
    static READ: LazyLock<Vec<File>> = LazyLock::new(|| {
        FILES
            .iter()
            .map(|f| toml::from_str(f).expect("a language file in order"))
            .collect()
    });
    let files: &'static [File] = &READ;
    let agencies = Words::of(files, |f| &f.dateline.agencies).pattern();
    Lang {
        never: Words::of(files, |f| &f.sentence.never),
        number: Words::of(files, |f| &f.sentence.number),
        maybe: Words::of(files, |f| &f.sentence.maybe),
        time: Words::of(files, |f| &f.sentence.time),
        after_time: Words::of(files, |f| &f.sentence.after_time),
        starters: Words::of(files, |f| &f.sentence.starters),
        particle: Words::of(files, |f| &f.sentence.particle),
        before_ordinal: Words::of(files, |f| &f.sentence.before_ordinal),
        after_ordinal: Words::of(files, |f| &f.sentence.after_ordinal),
        stamps: Stamps::of(files),
        dateline: dateline(&agencies),
    }
}

/// Forms, on text whose dashes are already " - ":
/// "BUDAPEST, Hungary (AP) -", "London, March 3 (Reuters) -", "(AFP) -" and "Madrid (EFE).-": a
/// place of up to 60 characters with an agency; "KYIV, Ukraine -": a place in capitals, without;
/// "新华社北京3月5日电" and "【ワシントン共同】".
#[expect(clippy::expect_used, reason = "a constant pattern, used by every test")]
fn dateline(agencies: &str) -> Regex {
    let pattern = format!(
        r"^(?:[\p{{Lu}}\p{{Lo}}][\p{{L}}\p{{M}}\d .,'/-]{{1,60}}? ?)?\((?:{agencies})(?:[ /][\p{{L}} ./]{{1,20}})?\) ?[.,]? ?(?:[-:]+(?: |$)|$)
        |^\p{{Lu}}[\p{{Lu}}\ .'/-]{{2,30}}(?:,\ \p{{Lu}}[\p{{L}}.\ ]{{2,24}})?(?:,\ [\p{{L}}.]{{3,10}}\ \d{{1,2}})?\ -\ 
        |^\p{{Han}}{{2,4}}社\p{{Han}}{{2,12}}\d{{1,2}}月\d{{1,2}}日[电電]\s*
        |^【[^】]{{1,16}}(?:{agencies})】\s*"
    );
    Regex::new(&pattern.replace("\n        ", "")).expect("a constant pattern")
}
