//! How often to look.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Until this age of an article's last change, look this often. Past the last step, no more.
/// News stories move within hours of publication; corrections come within days.
const LADDER: [(u64, u64); 5] = [
    (2 * HOUR, 5 * MINUTE),
    (12 * HOUR, 15 * MINUTE),
    (2 * DAY, HOUR),
    (7 * DAY, 6 * HOUR),
    (21 * DAY, DAY),
];

/// When an article whose text last changed (or was first seen) `since_change` ago is due again;
/// `None` when it has settled for good.
pub fn recheck_after(since_change: Duration) -> Option<Duration> {
    LADDER
        .into_iter()
        .find(|(age, _)| since_change.as_secs() < *age)
        .map(|(_, every)| Duration::from_secs(every))
}

/// Nothing on the ladder is looked at more rarely.
pub const RAREST: Duration = Duration::from_secs(DAY);

/// Longest pause after failures: nothing is given up for good.
const LONGEST: Duration = Duration::from_secs(6 * HOUR);

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

    #[test]
    fn the_ladder_gets_slower_and_ends() {
        let after = |s| recheck_after(Duration::from_secs(s)).map(|d| d.as_secs());
        assert_eq!(after(0), Some(5 * MINUTE));
        assert_eq!(after(3 * HOUR), Some(15 * MINUTE));
        assert_eq!(after(13 * HOUR), Some(HOUR));
        assert_eq!(after(3 * DAY), Some(6 * HOUR));
        assert_eq!(after(8 * DAY), Some(DAY));
        assert_eq!(after(21 * DAY), None);
        assert!(LADDER.is_sorted());
        assert!(LADDER.iter().all(|(_, every)| *every <= RAREST.as_secs()));
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
}
