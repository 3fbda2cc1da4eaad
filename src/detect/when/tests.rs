//! Own-written sentences, each with the time it gives.

use std::sync::LazyLock;

use super::*;
use crate::article::{Development, Revision};
use crate::detect::engine::Language;
use crate::detect::find::{self, Place};
use crate::detect::{Engine, Input};
use crate::text::date::day_of;

/// The article's date in the tables: a Wednesday.
const WRITTEN: &str = "2026-11-25T10:00:00+01:00";

/// The time of the sentence's trigger of this kind; the error is that there is none.
fn when(kind: &str, sentence: &str, written: Option<&str>) -> Result<Option<When>, String> {
    static ENGLISH: LazyLock<Language> = LazyLock::new(|| Language::english().unwrap());
    let mut buffer = String::new();
    let s = Sentence::new(
        sentence,
        Place::Title,
        &ENGLISH.lex,
        &ENGLISH.known,
        &mut buffer,
    );
    let mut found = Vec::new();
    find::triggers(&s, &ENGLISH.rules, &ENGLISH.known, &mut found);
    let trigger = found
        .iter()
        .find(|f| f.kind.is_some_and(|k| k.as_str() == kind))
        .ok_or_else(|| format!("no trigger of {kind}"))?;
    let side = Side::of(trigger.kind.unwrap(), Some(trigger.scope.tense));
    let written = written.and_then(day_of);
    Ok(of(
        &s,
        &trigger.trigger,
        side,
        written,
        &ENGLISH.when,
        &ENGLISH.known,
    ))
}

/// "on Tuesday = 2026-11-24 day", or a dash.
fn shown(when: Option<&When>) -> String {
    let Some(when) = when else {
        return "-".to_owned();
    };
    let precision = serde_json::to_value(when.precision).unwrap();
    format!(
        "{} = {} {}",
        when.text,
        when.date.as_deref().unwrap_or("?"),
        precision.as_str().unwrap()
    )
}

/// Kind of the trigger, sentence, its time.
const TABLE: &[(&str, &str, &str)] = &[
    // a weekday, past or coming by the tense
    (
        "resigned",
        "The mayor of Lund resigned on Tuesday",
        "on Tuesday = 2026-11-24 day",
    ),
    (
        "resigned",
        "The mayor of Lund resigned on Sunday",
        "on Sunday = 2026-11-22 day",
    ),
    (
        "scheduled",
        "The leaders will meet on Sunday",
        "on Sunday = 2026-11-29 day",
    ),
    (
        "resigned",
        "The mayor of Lund resigned on Wednesday",
        "on Wednesday = 2026-11-25 day",
    ),
    (
        "scheduled",
        "The leaders will meet next Wednesday",
        "next Wednesday = 2026-12-02 day",
    ),
    (
        "resigned",
        "The mayor resigned last Friday",
        "last Friday = 2026-11-20 day",
    ),
    (
        "scheduled",
        "The leaders will meet in Vienna this Friday",
        "this Friday = 2026-11-27 day",
    ),
    (
        "resigned",
        "On Monday, the mayor of Lund resigned",
        "On Monday = 2026-11-23 day",
    ),
    (
        "resigned",
        "The mayor of Lund resigned Tuesday night",
        "Tuesday night = 2026-11-24 day",
    ),
    // something planned: the day it was to be is to come
    (
        "cancelled",
        "Friday's summit in Vienna has been called off",
        "Friday = 2026-11-27 day",
    ),
    (
        "cancelled",
        "The summit planned for Friday has been called off",
        "for Friday = 2026-11-27 day",
    ),
    (
        "cancelled",
        "The summit in Vienna was called off on Sunday",
        "on Sunday = 2026-11-22 day",
    ),
    (
        "postponed",
        "The vote has been postponed until Monday",
        "until Monday = 2026-11-30 day",
    ),
    (
        "postponed",
        "Summit postponed to February",
        "to February = 2027-02 month",
    ),
    (
        "postponed",
        "The vote was postponed from December to February",
        "to February = 2027-02 month",
    ),
    (
        "postponed",
        "The opening was postponed until next week",
        "until next week = 2026-11-30 week",
    ),
    (
        "postponed",
        "The opening was postponed until March",
        "until March = 2027-03 month",
    ),
    // days by their distance
    (
        "scheduled",
        "The leaders will meet tomorrow",
        "tomorrow = 2026-11-26 day",
    ),
    (
        "resigned",
        "The mayor resigned yesterday",
        "yesterday = 2026-11-24 day",
    ),
    (
        "resigned",
        "The mayor resigned this morning",
        "this morning = 2026-11-25 day",
    ),
    (
        "resigned",
        "The mayor resigned last night",
        "last night = 2026-11-24 day",
    ),
    (
        "scheduled",
        "The leaders will meet in three days",
        "in three days = 2026-11-28 day",
    ),
    (
        "scheduled",
        "The leaders will meet in two weeks",
        "in two weeks = 2026-12-07 week",
    ),
    (
        "scheduled",
        "The leaders will meet next month",
        "next month = 2026-12 month",
    ),
    (
        "scheduled",
        "The leaders will meet this weekend",
        "this weekend = 2026-11-23 week",
    ),
    (
        "scheduled",
        "The leaders will meet next year",
        "next year = 2027 year",
    ),
    // dates
    (
        "scheduled",
        "The leaders will meet on 3 March 2027",
        "on 3 March 2027 = 2027-03-03 day",
    ),
    (
        "scheduled",
        "The leaders will meet on March 3, 2027, in Vienna",
        "on March 3, 2027 = 2027-03-03 day",
    ),
    (
        "scheduled",
        "The leaders will meet on 3 March",
        "on 3 March = 2027-03-03 day",
    ),
    (
        "scheduled",
        "The leaders will meet on the 3rd of March",
        "on the 3rd of March = 2027-03-03 day",
    ),
    (
        "resigned",
        "The mayor of Lund resigned on 3 March",
        "on 3 March = 2026-03-03 day",
    ),
    (
        "scheduled",
        "The leaders will meet on Dec. 4 in Vienna",
        "on Dec. 4 = 2026-12-04 day",
    ),
    (
        "scheduled",
        "The leaders will meet in Vienna on May 3",
        "on May 3 = 2027-05-03 day",
    ),
    (
        "scheduled",
        "The leaders will meet in June",
        "in June = 2027-06 month",
    ),
    (
        "scheduled",
        "The leaders will meet in May",
        "in May = 2027-05 month",
    ),
    (
        "resigned",
        "The mayor of Lund resigned in June",
        "in June = 2026-06 month",
    ),
    (
        "scheduled",
        "The leaders will meet at the end of January",
        "at the end of January = 2027-01 month",
    ),
    (
        "scheduled",
        "The leaders will meet in March 2027",
        "in March 2027 = 2027-03 month",
    ),
    (
        "scheduled",
        "The leaders will meet in 2027",
        "in 2027 = 2027 year",
    ),
    // times of day
    (
        "scheduled",
        "The strike will begin at 07:00 on Friday",
        "at 07:00 on Friday = 2026-11-27T07:00 minute",
    ),
    (
        "scheduled",
        "The leaders will meet on Friday at 7.30pm",
        "on Friday at 7.30pm = 2026-11-27T19:30 minute",
    ),
    (
        "scheduled",
        "The leaders will meet at 7 a.m. on Friday",
        "at 7 a.m. on Friday = 2026-11-27T07:00 minute",
    ),
    (
        "scheduled",
        "The leaders will meet tomorrow at noon",
        "tomorrow at noon = 2026-11-26T12:00 minute",
    ),
    (
        "scheduled",
        "The leaders will meet at 07:00",
        "at 07:00 = ? minute",
    ),
    // no time of the happening
    (
        "resigned",
        "The mayor resigned, her office said on Tuesday",
        "-",
    ),
    (
        "cancelled",
        "The summit has been called off, officials told reporters on Tuesday",
        "-",
    ),
    ("postponed", "The launch was postponed for two weeks", "-"),
    (
        "resigned",
        "The mayor resigned two days after the vote",
        "-",
    ),
    (
        "resigned",
        "The mayor resigned in response to Tuesday's vote",
        "-",
    ),
    (
        "withdrew",
        "Lund withdraws from the treaty signed in March",
        "-",
    ),
    (
        "cancelled",
        "Leaders call off summit planned for Friday",
        "for Friday = 2026-11-27 day",
    ),
    ("resigned", "The mayor resigned after Tuesday's vote", "-"),
    ("dismissed", "Party sacks Theresa May as leader", "-"),
    (
        "approved",
        "Parliament approved the march to May Square",
        "-",
    ),
    ("freed", "Court frees pilot who was arrested in March", "-"),
    ("agreed", "Shops reach deal on Black Friday hours", "-"),
    (
        "dismissed",
        "The editor of the Sunday Times was sacked",
        "-",
    ),
    (
        "cancelled",
        "The summit before Christmas was called off",
        "-",
    ),
    ("figure", "Inflation fell to 3 percent in two months", "-"),
];

#[test]
fn the_table() {
    let mut wrong = String::new();
    for (kind, sentence, expected) in TABLE {
        let got = match when(kind, sentence, Some(WRITTEN)) {
            Ok(when) => shown(when.as_ref()),
            Err(none) => none,
        };
        if got != *expected {
            wrong.push_str(&format!(
                "{sentence}\n  expected {expected}\n  got      {got}\n"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn without_a_date_of_the_article_a_weekday_stays_words() {
    for (kind, sentence, expected) in [
        (
            "resigned",
            "The mayor resigned on Tuesday",
            "on Tuesday = ? day",
        ),
        (
            "scheduled",
            "The leaders will meet tomorrow",
            "tomorrow = ? day",
        ),
        (
            "scheduled",
            "The leaders will meet in June",
            "in June = ? month",
        ),
        (
            "scheduled",
            "The leaders will meet next week",
            "next week = ? week",
        ),
        (
            "scheduled",
            "The leaders will meet on Friday at 7pm",
            "on Friday at 7pm = ? minute",
        ),
        (
            "scheduled",
            "The leaders will meet on 3 March 2027",
            "on 3 March 2027 = 2027-03-03 day",
        ),
        (
            "scheduled",
            "The leaders will meet on 3 March",
            "on 3 March = ? day",
        ),
        ("scheduled", "The leaders will meet on 30 February", "-"),
    ] {
        let when = when(kind, sentence, None).unwrap();
        assert_eq!(shown(when.as_ref()), expected, "{sentence}");
    }
}

#[test]
fn years_before_the_articles_own_are_history() {
    for sentence in [
        "The mayor of Lund resigned in 2019",
        "The mayor of Lund resigned on 3 March 2019",
        "The mayor of Lund resigned in March 2019",
    ] {
        assert_eq!(
            when("resigned", sentence, Some(WRITTEN)),
            Ok(None),
            "{sentence}"
        );
    }
    // the year has just turned
    let sentence = "The mayor of Lund resigned on 28 December 2026";
    let when = when("resigned", sentence, Some("2027-01-02")).unwrap();
    assert_eq!(shown(when.as_ref()), "on 28 December 2026 = 2026-12-28 day");
}

#[test]
fn an_update_counts_from_the_day_it_was_made() {
    let engine = Engine::english();
    let old = Revision {
        title: "Leaders prepare for summit".to_owned(),
        published: Some("2026-11-20".to_owned()),
        ..Revision::default()
    };
    let new = Revision {
        title: "The summit in Vienna was called off on Tuesday".to_owned(),
        modified: Some(WRITTEN.to_owned()),
        ..old.clone()
    };
    let input = Input {
        old: Some(&old),
        new: &new,
        published: old.published.as_deref(),
        told: &[],
    };
    let told = engine.detect(&input);
    let when = told.first().and_then(|d| d.when.as_ref());
    assert_eq!(shown(when), "on Tuesday = 2026-11-24 day");
}

#[test]
fn what_was_stored_without_a_time_still_loads() {
    let json = r#"{"kind":"cancelled","subject":"Summit","from":null,"to":"cancelled","modality":"actual",
        "attribution":null,"quantity":null,"evidence":{"new":null,"old":null,"trigger":"off"},"confidence":0.9}"#;
    let development: Development = serde_json::from_str(json).unwrap();
    assert_eq!(development.when, None);
}

#[test]
fn a_headline_takes_the_time_of_the_sentence_that_repeats_it() {
    let engine = Engine::english();
    let new = Revision {
        title: "Summit in Vienna called off".to_owned(),
        text: "The summit in Vienna was called off on Sunday after a call between the leaders. \
               The mayor of Lund resigned on Monday."
            .to_owned(),
        published: Some(WRITTEN.to_owned()),
        ..Revision::default()
    };
    let input = Input {
        old: None,
        new: &new,
        published: None,
        told: &[],
    };
    let told = engine.detect(&input);
    let first = told.first().unwrap();
    assert_eq!(first.evidence.new.as_deref(), Some(&*new.title));
    assert_eq!(shown(first.when.as_ref()), "on Sunday = 2026-11-22 day");
}
