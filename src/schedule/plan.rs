//! How often to look.
//!
//! An article's changes are taken for a Poisson process of unknown rate, with a gamma prior: after
//! `n` changes in `t` hours the expected rate is `(k + n) / (c + t)`. Without a change this falls
//! with age as `k / (c + age)`, as news does; each change raises it. Each change also halves what
//! was gathered before it, so that yesterday's burst does not rule next week: the power discounting
//! of Harvey and Fernandes, "Time series models for count or qualitative observations" (Journal of
//! Business & Economic Statistics 7, 1989).
//!
//! How the looks are shared out follows Sia, Cho and Cho, "Efficient monitoring algorithm for fast
//! news alerts" (IEEE TKDE 19, 2007): for the least mean delay, looks go by the square root of
//! rate times weight. The power here is higher ([`POWER`]), because news is worth more while it is
//! young, and because it takes fewer looks to follow an article to its end. `benches/recheck.rs` measures it.

use std::time::Duration;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;

/// The prior: an article counts as having changed once in two hours when it is published.
const PRIOR_CHANGES: f64 = 1.0;
const PRIOR_HOURS: f64 = 2.0;

/// What a change leaves of the changes and hours before it.
const KEPT: f64 = 0.5;

/// Looks go by (rate times weight) to this power.
const POWER: f64 = 0.7;

/// How long to wait for an article of rate 1 an hour and weight 1.
const AT_ONE: f64 = 5.0 * MINUTE;

/// Weight of an article that its source lists.
const LISTED: f64 = 2.0;

/// Weight of an article that a watch picks out.
const WATCHED: f64 = 4.0;

/// Not more often than this, however lively.
const OFTENEST: Duration = Duration::from_secs(60);

/// Not more seldom than this: an article that deserves less is let go. One that never changed is
/// at four weeks of age.
pub const RAREST: Duration = Duration::from_secs(8 * 3600);

/// An article looked at by a fixed interval is let go after so long without a change.
pub const SETTLED: Duration = Duration::from_secs(28 * 24 * 3600);

/// What is known of how an article changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// Changes seen, the older the less.
    pub changes: f64,
    /// Seconds in which they were seen, the older the less.
    pub seconds: f64,
}

/// What makes an article matter more than its rate does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interest {
    /// Its source lists it: it is on the front page or in the feed.
    pub listed: bool,
    /// A watch picks it out.
    pub watched: bool,
}

impl History {
    /// Of an article at first sight, published `age` ago.
    pub fn new(age: Duration) -> History {
        History {
            changes: 0.0,
            seconds: age.as_secs_f64(),
        }
    }

    /// After another look, `gap` after the one before.
    pub fn looked(self, gap: Duration, changed: bool) -> History {
        let gap = gap.as_secs_f64();
        match changed {
            false => History {
                changes: self.changes,
                seconds: self.seconds + gap,
            },
            true => History {
                changes: KEPT * self.changes + 1.0,
                seconds: KEPT * self.seconds + gap,
            },
        }
    }

    /// Changes to expect an hour.
    pub fn rate(self) -> f64 {
        // What a damaged record holds must not become a wait without end or without pause.
        let positive = |n: f64| if n.is_finite() { n.max(0.0) } else { 0.0 };
        (PRIOR_CHANGES + positive(self.changes)) / (PRIOR_HOURS + positive(self.seconds) / HOUR)
    }

    /// How long to wait for the next look; `None`: no more.
    pub fn next_look(self, interest: Interest) -> Option<Duration> {
        let mut weight = 1.0;
        if interest.listed {
            weight *= LISTED;
        }
        if interest.watched {
            weight *= WATCHED;
        }
        let seconds = AT_ONE * (self.rate() * weight).powf(-POWER);
        (seconds < RAREST.as_secs_f64()).then(|| Duration::from_secs_f64(seconds).max(OFTENEST))
    }
}

/// Longest pause after failures: nothing is given up for good.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// How long to wait after the `failures`-th bad outcome in a row (1 or more) of something looked at
/// every `interval`: the interval at first, then twice as long each time, at most [`LONGEST`] or
/// the interval itself.
pub fn after_failure(interval: Duration, failures: u32) -> Duration {
    let doubled = interval.saturating_mul(1 << failures.saturating_sub(2).min(16));
    doubled.min(LONGEST.max(interval))
}

/// `interval`, up to a tenth shorter or longer, so that sources set up together do not stay in
/// step. `random` is in 0..1.
pub fn jittered(interval: Duration, random: f64) -> Duration {
    interval.mul_f64(0.9 + 0.2 * random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: Interest = Interest {
        listed: false,
        watched: false,
    };
    const BOTH: Interest = Interest {
        listed: true,
        watched: true,
    };

    fn hours(n: f64) -> Duration {
        Duration::from_secs_f64(n * HOUR)
    }

    fn minutes(history: History, interest: Interest) -> Option<u64> {
        history
            .next_look(interest)
            .map(|wait| (wait.as_secs_f64() / MINUTE).round() as u64)
    }

    #[test]
    fn looks_get_rarer_with_age_and_end() {
        let after = |age| minutes(History::new(hours(age)), PLAIN);
        assert_eq!(after(0.0), Some(8));
        assert_eq!(after(12.0), Some(32));
        assert_eq!(after(48.0), Some(77));
        assert_eq!(after(7.0 * 24.0), Some(182));
        assert!(after(27.0 * 24.0).is_some());
        assert_eq!(after(29.0 * 24.0), None);
    }

    #[test]
    fn what_changes_is_looked_at_more_often_and_longer() {
        let mut history = History::new(Duration::ZERO);
        for _ in 0..6 {
            history = history.looked(hours(0.2), true);
        }
        assert!(minutes(history, PLAIN).unwrap() <= 5);
        // An evergreen page that changes every three days is never let go.
        let mut history = History::new(hours(60.0 * 24.0));
        assert_eq!(history.next_look(PLAIN), None);
        for _ in 0..5 {
            history = history.looked(hours(72.0), true);
        }
        assert!(
            history
                .looked(hours(72.0), false)
                .next_look(PLAIN)
                .is_some()
        );
    }

    #[test]
    fn a_burst_is_forgotten() {
        let mut lively = History::new(Duration::ZERO);
        for _ in 0..50 {
            lively = lively.looked(hours(0.1), true);
        }
        let quiet = lively.looked(hours(48.0), false);
        let calm = History::new(hours(48.0));
        let ratio = quiet.rate() / calm.rate();
        assert!((2.0..8.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn interest_raises_the_rate() {
        for age in [0.0, 5.0, 100.0] {
            let history = History::new(hours(age));
            let plain = history.next_look(PLAIN).unwrap();
            let listed = Interest {
                listed: true,
                ..PLAIN
            };
            assert!(history.next_look(listed).unwrap() < plain);
            assert!(history.next_look(BOTH).unwrap() < history.next_look(listed).unwrap());
        }
        assert_eq!(minutes(History::new(Duration::ZERO), BOTH), Some(2));
    }

    #[test]
    fn failures_slow_down_and_never_stop() {
        let minute = Duration::from_secs(60);
        let waits: Vec<u64> = (1..=5)
            .map(|n| after_failure(minute, n).as_secs() / 60)
            .collect();
        assert_eq!(waits, [1, 1, 2, 4, 8]);
        assert_eq!(after_failure(minute, u32::MAX), LONGEST);
        assert_eq!(after_failure(LONGEST * 2, 9), LONGEST * 2);
    }

    #[test]
    fn jitter_stays_within_a_tenth() {
        let minute = Duration::from_secs(60);
        assert_eq!(jittered(minute, 0.0), Duration::from_secs(54));
        assert_eq!(jittered(minute, 0.5), minute);
        assert_eq!(jittered(minute, 1.0), Duration::from_secs(66));
        assert_eq!(jittered(minute, f64::MAX), Duration::from_secs(66));
    }

    proptest! {
        #[test]
        fn every_wait_is_within_bounds(changes: f64, seconds: f64, listed: bool, watched: bool) {
            let wait = History { changes, seconds }.next_look(Interest { listed, watched });
            prop_assert!(wait.is_none_or(|w| (OFTENEST..RAREST).contains(&w)), "{wait:?}");
        }
    }
}
