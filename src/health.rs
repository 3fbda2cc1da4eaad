//! What is wrong with a source, a notifier or the daemon: signs of trouble read from values.
//!
//! Pure: a fetch, or the times at which articles were found, in; a [`Sign`] out. When enough signs
//! follow each other, the store tells the trouble, once at its start and once at its end.

use std::time::Duration;

use jiff::Timestamp;

use crate::article::Outcome;

/// Bad outcomes of one kind in a row that are a trouble...
pub const IN_A_ROW: u32 = 3;

/// ...over at least this time: what is polled every few seconds meets three of them in a hiccup.
pub const LASTING: Duration = Duration::from_secs(15 * 60);

/// Teasers in a row that are one where many articles are seen: some sites keep every third for
/// subscribers, and three of a kind among those come by chance.
const PAYWALLS_IN_A_ROW: u32 = 10;

/// Pages in a row on which a `remove` selector may match nothing: not every page has what it
/// removes.
pub const UNREMOVED_IN_A_ROW: u32 = 20;

/// One look at one thing: is it ill or well?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// What was looked at, as the operator knows it: "page", "articles", "selector .promo".
    pub what: String,
    /// `None`: it is well.
    pub ill: Option<Ill>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ill {
    /// In one or two words: an outcome's name, "silent". Another state begins a new row of signs.
    pub state: String,
    /// For a person.
    pub reason: String,
    /// So many in a row are a trouble...
    pub after: u32,
    /// ...if they have lasted for so long.
    pub lasting: Duration,
    /// Counted only if the last sign was of another article.
    pub article: Option<i64>,
}

impl Sign {
    /// It is well.
    pub fn well(what: impl Into<String>) -> Sign {
        Sign {
            what: what.into(),
            ill: None,
        }
    }

    /// It is ill; `after` so many in a row it is a trouble.
    pub fn ill(
        what: impl Into<String>,
        state: impl Into<String>,
        reason: impl Into<String>,
        after: u32,
    ) -> Sign {
        Sign {
            what: what.into(),
            ill: Some(Ill {
                state: state.into(),
                reason: reason.into(),
                after,
                lasting: Duration::ZERO,
                article: None,
            }),
        }
    }

    /// A trouble only if it has lasted for so long.
    pub fn lasting(mut self, time: Duration) -> Sign {
        if let Some(ill) = &mut self.ill {
            ill.lasting = time;
        }
        self
    }
}

/// What a fetch says of its source. `article`: one of those a list led to, not the source's own
/// page.
pub fn of_fetch(outcome: Outcome, reason: &str, article: Option<i64>) -> Sign {
    let what = match article {
        Some(_) => "articles",
        None => "page",
    };
    if matches!(outcome, Outcome::Content | Outcome::Unchanged) {
        return Sign::well(what);
    }
    let after = match (outcome, article) {
        (Outcome::Paywall, Some(_)) => PAYWALLS_IN_A_ROW,
        _ => IN_A_ROW,
    };
    Sign {
        what: what.to_owned(),
        ill: Some(Ill {
            state: outcome.as_str().to_owned(),
            reason: reason.to_owned(),
            after,
            lasting: LASTING,
            article,
        }),
    }
}

/// Fewer gaps say nothing about the next.
const FEWEST_GAPS: usize = 8;
/// So many of the last gaps are looked at.
pub const GAPS: usize = 64;
/// A source watched for so long has shown its nights and its weekends.
const SEASONED: Duration = Duration::from_secs(8 * 24 * 3600);
/// No shorter pause of such a source is silence, and none of any other.
const SHORTEST: Duration = Duration::from_secs(6 * 3600);
const SHORTEST_UNSEASONED: Duration = Duration::from_secs(3 * 24 * 3600);

/// Whether a list has brought nothing new for longer than its own history makes likely: for more
/// than twice the longest of its last gaps. `found`: when it brought something new, newest first,
/// each time once.
///
/// The bound is the distribution-free prediction limit of order statistics: of n + 1 gaps that are
/// alike, each is as likely as any other to be the longest, so that the next exceeds the n before
/// it with probability 1 / (n + 1), whatever their distribution; twice the longest leaves room for
/// gaps that grow.
pub fn silence(found: &[Timestamp], now: Timestamp) -> Sign {
    let what = "new articles";
    let gap = |from: Timestamp, to: Timestamp| to.duration_since(from).unsigned_abs();
    let (Some(newest), Some(oldest)) = (found.first(), found.last()) else {
        return Sign::well(what);
    };
    let gaps = found.windows(2).filter_map(|pair| match pair {
        [newer, older] => Some(gap(*older, *newer)),
        _ => None,
    });
    let longest = gaps.max().unwrap_or_default();
    let shortest = match gap(*oldest, now) >= SEASONED {
        true => SHORTEST,
        false => SHORTEST_UNSEASONED,
    };
    let silent = gap(*newest, now);
    if found.len() <= FEWEST_GAPS || *newest > now || silent <= (longest * 2).max(shortest) {
        return Sign::well(what);
    }
    Sign::ill(
        what,
        "silent",
        format!(
            "nothing new for {}; the longest of its last {} gaps was {}",
            hours(silent),
            found.len() - 1,
            hours(longest)
        ),
        1,
    )
}

/// As people say it.
fn hours(time: Duration) -> String {
    match time.as_secs() / 3600 {
        0 => format!("{} min", time.as_secs() / 60),
        h @ 1..48 => format!("{h} h"),
        h => format!("{} days", h / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hours * HOUR).unwrap()
    }

    fn silent(found: &[i64], now: i64) -> bool {
        let found: Vec<Timestamp> = found.iter().rev().map(|h| at(*h)).collect();
        silence(&found, at(now)).ill.is_some()
    }

    #[test]
    fn silence_is_longer_than_twice_the_longest_gap() {
        // Two weeks of a source that brings something every 4 hours and rests for 20 on Sundays.
        let mut found: Vec<i64> = (0..14 * 6).map(|n| n * 4).collect();
        found.retain(|h| h % (7 * 24) < 148);
        let last = *found.last().unwrap();
        assert!(!silent(&found, last + 30));
        assert!(!silent(&found, last + 48));
        assert!(silent(&found, last + 49));
    }

    #[test]
    fn a_short_history_or_a_short_pause_is_no_silence() {
        let few: Vec<i64> = (0..8).collect();
        assert!(!silent(&few, 900), "eight times are seven gaps");
        assert!(!silent(&[], 900));
        // A day old: the night has not been seen, nor the weekend.
        let fresh: Vec<i64> = (0..24).collect();
        assert!(!silent(&fresh, 23 + 72));
        assert!(silent(&fresh, 23 + 73));
        let minutes: Vec<i64> = (0..300).collect();
        assert!(!silent(&minutes, 299 + 6));
        assert!(silent(&minutes, 299 + 7));
        // A clock that went back.
        assert!(!silent(&minutes, 0));
    }

    #[test]
    fn the_reason_names_both_lengths() {
        let found: Vec<Timestamp> = (0..20).rev().map(at).collect();
        let ill = silence(&found, at(200)).ill.unwrap();
        assert_eq!(
            (ill.state.as_str(), ill.after, ill.reason.as_str()),
            (
                "silent",
                1,
                "nothing new for 7 days; the longest of its last 19 gaps was 1 h"
            )
        );
    }

    #[test]
    fn fetches_speak_of_page_or_articles() {
        assert_eq!(of_fetch(Outcome::Unchanged, "", None), Sign::well("page"));
        let sign = of_fetch(Outcome::Paywall, "teaser", Some(7));
        let ill = sign.ill.unwrap();
        assert_eq!(
            (sign.what.as_str(), ill.after, ill.article),
            ("articles", 10, Some(7))
        );
        assert_eq!(of_fetch(Outcome::Paywall, "", None).ill.unwrap().after, 3);
    }
}
