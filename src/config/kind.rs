//! `[[kind]]`: kinds of development of the operator's own, tried on their examples.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::read::{Given, Reader, list};
use super::table::{Table, Unread};
use super::value::nearest;
use super::watch;
use crate::article::Kind;
use crate::detect::{CustomKind, Engine, Failure};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// Your name for the kind. Its developments are told as `other` with this as their `to`;
    /// watches ask for it in `kinds`.
    #[schemars(required, example = &"hunger strike")]
    name: Option<Given<String>>,
    /// Headlines that must be told as this kind; at least one.
    #[schemars(required, example = ["Jailed poet goes on hunger strike"])]
    examples: Option<Vec<Given<String>>>,
    /// Headlines that must not be told as this kind.
    #[schemars(extend("default" = []), example = ["Poet denies going on hunger strike"])]
    counter_examples: Option<Vec<Given<String>>>,
    /// Verbs that tell it, in their base form, with what belongs to them; found in all their forms.
    #[schemars(extend("default" = []), example = ["go on hunger strike", "refuse food"])]
    verbs: Option<Vec<Given<String>>>,
    /// Phrases that tell it, found as they are written.
    #[schemars(extend("default" = []), example = ["hunger strike begins"])]
    phrases: Option<Vec<Given<String>>>,
    /// Words or `@classes` of which what it happens to must hold one. Default: anything.
    #[schemars(extend("default" = []), example = ["poet", "@person"])]
    about: Option<Vec<Given<String>>>,
    /// Words or `@classes` of which it must hold none.
    #[schemars(extend("default" = []), example = ["football"])]
    unless: Option<Vec<Given<String>>>,
    /// The language of its words, two letters. Default: every language.
    #[schemars(example = &"en")]
    language: Option<Given<String>>,
}

/// Every kind that is right: its values, and what it makes of its examples.
pub(super) fn build_all<'a>(reader: &mut Reader<'a>, tables: Vec<Unread<'a>>) -> Vec<CustomKind> {
    if tables.is_empty() {
        return Vec::new();
    }
    let shipped = Engine::english();
    let mut raws = Vec::new();
    let mut kinds = Vec::new();
    for (table, span) in tables {
        let Some(table) = reader.table::<Raw>("[[kind]]", table, span) else {
            continue;
        };
        if let Some(kind) = build(reader, &table, &shipped) {
            kinds.push(kind);
            raws.push(table);
        }
    }
    match Engine::new(&kinds) {
        Ok(engine) => {
            for failure in engine.failures(&kinds) {
                if let (Some(kind), Some(table)) = (kinds.get(failure.kind), raws.get(failure.kind))
                {
                    tell(reader, &failure, &kind.name, &table.raw);
                }
            }
        }
        // the checks above let nothing through that the engine refuses, but for its own limits
        Err(why) => reader.error_of_file(
            &format!("failed to build the detection of your kinds: {why}"),
            "take [[kind]]s out until it is built",
        ),
    }
    kinds
}

fn build(reader: &mut Reader<'_>, table: &Table<Raw>, shipped: &Engine) -> Option<CustomKind> {
    let raw = &table.raw;
    let name = reader.require(
        table,
        "name",
        &raw.name,
        "give it a name of your own: name = \"hunger strike\"",
    );
    let name = name.and_then(|given| self::name(reader, given));
    let examples = reader.require(
        table,
        "examples",
        &raw.examples,
        "write a headline it must be told from: examples = [\"Jailed poet goes on hunger strike\"]",
    );
    let none = examples.is_some_and(Vec::is_empty);
    if none {
        let help = "write a headline it must be told from, to see that the kind works";
        reader.error(
            table.span.clone(),
            "a kind needs one example at the least",
            help,
        );
    }
    let untold = |list: &Option<Vec<Given<String>>>, key| {
        list.as_ref().is_none_or(Vec::is_empty) && !table.is_broken(key)
    };
    let idle = untold(&raw.verbs, "verbs") && untold(&raw.phrases, "phrases");
    if idle {
        reader.error(
            table.span.clone(),
            "nothing tells this kind",
            "add verbs = [\"go on hunger strike\"] or phrases = [\"hunger strike begins\"]",
        );
    }
    let language = match &raw.language {
        None => Some(None),
        Some(given) => language(reader, given, shipped).map(Some),
    };
    let keys = [
        "verbs",
        "phrases",
        "about",
        "unless",
        "examples",
        "counter_examples",
        "language",
    ];
    let mut wrong = keys.iter().any(|key| table.is_broken(key));
    let mut all = |list: &Option<Vec<Given<String>>>, check: Check| -> Vec<String> {
        let mut right = Vec::new();
        for given in list.iter().flatten() {
            match reader.check(given, |text| check(text, shipped)) {
                Some(text) => right.push(text),
                None => wrong = true,
            }
        }
        right
    };
    let verbs = all(&raw.verbs, trigger);
    let phrases = all(&raw.phrases, trigger);
    let about = all(&raw.about, word);
    let unless = all(&raw.unless, word);
    let examples = all(&raw.examples, headline);
    let counter_examples = all(&raw.counter_examples, headline);
    if wrong || none || idle {
        return None;
    }
    Some(CustomKind {
        name: name?,
        language: language?,
        verbs,
        phrases,
        about,
        unless,
        examples,
        counter_examples,
    })
}

/// A check of one string; says what is wrong and the fix.
type Check = fn(&str, &Engine) -> Result<String, (String, String)>;

fn name(reader: &mut Reader<'_>, given: &Given<String>) -> Option<String> {
    let name = watch::title(reader, given, "kind")?;
    // "new" is what every other development of kind `other` leads to
    if Kind::parse(&name.to_lowercase()).is_some() || name == "new" {
        reader.error(
            given.span(),
            "wirewatch has a kind of this name itself",
            "choose a name of your own, or leave the table out and ask for the kind in a watch",
        );
        return None;
    }
    Some(name)
}

fn language(reader: &mut Reader<'_>, given: &Given<String>, shipped: &Engine) -> Option<String> {
    reader.check(given, |text| {
        if shipped.languages().any(|code| code == text) {
            return Ok(text.to_owned());
        }
        let help = format!(
            "the languages are {}; left out, it holds for all",
            list(shipped.languages())
        );
        Err(("unknown language".to_owned(), help))
    })
}

/// A verb with its particles, or a phrase.
fn trigger(text: &str, shipped: &Engine) -> Result<String, (String, String)> {
    let wrong = |message: &str, help: &str| Err((message.to_owned(), help.to_owned()));
    if text.contains(',') {
        return wrong(
            "a comma parts nothing here",
            "write each as a string of its own: [\"go on hunger strike\", \"refuse food\"]",
        );
    }
    let Some(first) = text.split_whitespace().next() else {
        return wrong("there is no word in this", "write a word or a phrase");
    };
    if !first.contains(char::is_alphanumeric) || first.ends_with('?') {
        return wrong(
            "this does not begin with a word",
            "begin it with a word that is always there; `*` and `word?` may follow",
        );
    }
    let words = text.split(|c: char| c.is_whitespace() || c == '|');
    for word in words {
        class(word.trim_end_matches('?'), shipped)?;
    }
    Ok(text.trim().to_owned())
}

/// A single word or a class.
fn word(text: &str, shipped: &Engine) -> Result<String, (String, String)> {
    let text = text.trim();
    let single = !text.contains(|c: char| c.is_whitespace() || c == ',');
    if !single || !(text.contains(char::is_alphanumeric) || matches!(text, "#" | "$" | "^")) {
        let help = "write each word as a string of its own: [\"food\", \"@person\"]";
        return Err(("not a single word".to_owned(), help.to_owned()));
    }
    class(text, shipped)?;
    Ok(text.to_owned())
}

/// If the word names a class, there is one of this name.
fn class(word: &str, shipped: &Engine) -> Result<(), (String, String)> {
    let Some(name) = word.strip_prefix('@') else {
        return Ok(());
    };
    let classes = shipped.classes();
    if classes.contains(&name) {
        return Ok(());
    }
    let help = match nearest(name, classes) {
        Some(meant) => format!("did you mean `@{meant}`?"),
        None => "docs/DETECTION.md lists the classes; or write the words themselves".to_owned(),
    };
    Err((format!("there is no class `@{name}`"), help))
}

fn headline(text: &str, _: &Engine) -> Result<String, (String, String)> {
    if !text.contains(char::is_alphanumeric) {
        let help = "write a headline, or take it out";
        return Err(("there is no word in this".to_owned(), help.to_owned()));
    }
    Ok(text.trim().to_owned())
}

/// Tells of an example that fails, at its place.
fn tell(reader: &mut Reader<'_>, failure: &Failure, name: &str, raw: &Raw) {
    let (list, message, fix) = match failure.counter {
        false => (
            &raw.examples,
            format!("this example is not told as \"{name}\""),
            "mend the triggers or the example",
        ),
        true => (
            &raw.counter_examples,
            format!("this counter-example is told as \"{name}\""),
            "narrow the kind with `about` or `unless`, or take it out",
        ),
    };
    let given = list.as_ref().and_then(|list| list.get(failure.example));
    let span: Range<usize> = given.map_or(0..0, Given::span);
    reader.error(span, message, format!("{}; {fix}", failure.found));
}
