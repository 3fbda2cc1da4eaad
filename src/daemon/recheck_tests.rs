use std::path::Path;

use super::*;
use crate::config;
use crate::daemon::settings::Settings;
use crate::store::{Change, FetchEntry, Kept};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn settings(more: &str) -> Settings {
    let text = format!(
        "[fetch]\nuser_agent = \"w (+mailto:a@b.org)\"\n[[source]]\nid = \"s\"\nkind = \"feed\"\n\
         url = \"https://h.org/feed\"\n{more}\n\
         [[watch]]\nname = \"w\"\nany = [\"summit\"]\nnotify = [\"log\"]\n\
         [[notify]]\nname = \"log\"\ntype = \"log\"\npath = \"a.jsonl\"\n"
    );
    let config = config::parse(&text, Path::new("w.toml"), &|_| None).unwrap();
    Settings::new(config, None).unwrap()
}

fn article(found: i64, plan: Option<Plan>) -> ArticleRow {
    ArticleRow {
        id: 1,
        url: "https://h.org/1".into(),
        source: "s".into(),
        found: at(found),
        news: true,
        changed: None,
        next_due: None,
        plan,
        listed: false,
    }
}

fn plan(checked: i64) -> Plan {
    Plan {
        checked: at(checked),
        changes: 0.0,
        seconds: 0.0,
        stretch: 1.0,
        watched: false,
    }
}

fn revision(title: &str, published: Option<&str>) -> Revision {
    Revision {
        title: title.into(),
        text: "It was said.\n\nAnother day.".into(),
        published: published.map(str::to_owned),
        modified: None,
    }
}

fn turn(seconds: i64, outcome: Outcome, revision: Option<Revision>) -> Turn {
    Turn {
        article: 1,
        is_source: false,
        fetch: FetchEntry {
            url: "https://h.org/1".into(),
            source: "s".into(),
            article: Some(1),
            time: at(seconds),
            status: Some(200),
            outcome,
            reason: String::new(),
            bytes: 0,
            millis: 0,
        },
        validator: None,
        region: Kept::Stays,
        site: None,
        change: revision.map(|revision| Change {
            revision,
            developments: vec![],
        }),
        canonical: None,
        moved: false,
        next_due: None,
        plan: None,
    }
}

/// Minutes to the next look, and what is kept.
fn ask(
    settings: &Settings,
    article: &ArticleRow,
    turn: &mut Turn,
    gone_since: Option<Timestamp>,
) -> Option<f64> {
    let look = Look {
        source: &settings.sources["s"],
        watches: &settings.watches,
        article,
        failures: 20,
        gone_since,
        host: "h.org",
        most: 1e6,
    };
    let wait = look.plan(turn, &mut Budget::default());
    wait.map(|wait| wait.as_secs_f64() / 60.0)
}

#[track_caller]
fn near(minutes: Option<f64>, want: f64) {
    let minutes = minutes.unwrap();
    assert!(
        (0.85 * want..1.15 * want).contains(&minutes),
        "{minutes}, not {want}"
    );
}

#[test]
fn a_new_article_is_as_old_as_it_says() {
    let settings = settings("");
    let first = |published: Option<&str>| {
        let change = revision("A fair opens", published);
        let mut turn = turn(0, Outcome::Content, Some(change));
        ask(&settings, &article(0, None), &mut turn, None)
    };
    let now = at(0).to_string();
    near(first(Some(&now)), 8.0);
    near(first(None), 8.0);
    near(first(Some("2023-11-12")), 100.0);
    near(first(Some("2199-01-01")), 8.0);
    assert_eq!(first(Some("2021-05-05")), None, "an old one is read once");
}

#[test]
fn a_change_and_a_watch_bring_the_next_look_nearer() {
    let settings = settings("");
    let known = article(0, Some(plan(6 * HOUR)));
    let look = |title: Option<&str>| {
        let change = title.map(|title| revision(title, None));
        let mut turn = turn(12 * HOUR, Outcome::Content, change);
        let wait = ask(&settings, &known, &mut turn, None);
        (wait, turn.plan.unwrap())
    };
    let (quiet, kept) = look(None);
    near(quiet, 21.4);
    assert_eq!(kept.seconds, 6.0 * 3600.0);
    assert_eq!(kept.checked, at(12 * HOUR));
    let (changed, kept) = look(Some("A fair opens"));
    near(changed, 13.2);
    assert!(kept.changes == 1.0 && !kept.watched);
    let (picked, kept) = look(Some("The summit opens"));
    near(picked, 5.0);
    assert!(kept.watched);
}

#[test]
fn a_bad_look_teaches_nothing_and_never_ends_it() {
    let settings = settings("");
    for outcome in [Outcome::Error, Outcome::Blocked, Outcome::Gone] {
        let mut turn = turn(30 * DAY, outcome, None);
        let wait = ask(&settings, &article(0, Some(plan(0))), &mut turn, None);
        assert!(wait.unwrap() >= 300.0);
        assert_eq!(turn.plan, None);
    }
}

#[test]
fn what_is_gone_for_half_a_day_is_given_up_whatever_the_interval() {
    for more in ["", "recheck = \"1m\""] {
        let settings = settings(more);
        let known = article(0, Some(plan(0)));
        let mut gone = turn(13 * HOUR, Outcome::Gone, None);
        assert!(ask(&settings, &known, &mut gone, Some(at(2 * HOUR))).is_some());
        assert_eq!(ask(&settings, &known, &mut gone, Some(at(HOUR))), None);
        // A source's own article is the operator's to give up.
        gone.is_source = true;
        assert!(ask(&settings, &known, &mut gone, Some(at(HOUR))).is_some());
    }
}

#[test]
fn a_fixed_interval_holds_until_the_article_has_settled() {
    let settings = settings("recheck = \"1m\"");
    let look = |days: i64, listed: bool, change: Option<Revision>| {
        let mut known = article(0, Some(plan(0)));
        known.listed = listed;
        let mut turn = turn(days * DAY, Outcome::Content, change);
        ask(&settings, &known, &mut turn, None)
    };
    near(look(27, false, None), 1.0);
    assert_eq!(look(29, false, None), None);
    near(look(29, true, None), 1.0);
    near(look(29, false, Some(revision("New", None))), 1.0);
}

#[test]
fn a_clock_that_jumps_neither_floods_nor_stops_it() {
    let settings = settings("");
    let known = article(0, Some(plan(0)));
    for seconds in [-400 * DAY, 0, 3000 * DAY] {
        let mut turn = turn(seconds, Outcome::Unchanged, None);
        let wait = ask(&settings, &known, &mut turn, None).unwrap();
        assert!((5.0..250.0).contains(&wait), "{seconds}: {wait}");
    }
}
