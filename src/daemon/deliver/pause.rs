//! How long to wait between two attempts.

use std::time::Duration;

use jiff::Timestamp;

/// First pause after a failure; doubles with each in a row.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause between two attempts, unless the receiver asks for more.
const LONGEST: Duration = Duration::from_secs(300);

/// No receiver is left alone for longer, whatever it asks for.
const LONGEST_WISH: Duration = Duration::from_secs(86_400);

/// So much longer at most than the receiver asked for.
const JITTER: f64 = 0.1;

/// The pause after that many failures in a row before the last: doubled with each, and up to a half
/// shorter, so that what failed together does not come again together.
pub(super) fn after(failures: u32) -> Duration {
    let pause = FIRST.saturating_mul(1 << failures.min(16));
    pause.min(LONGEST).mul_f64(0.5 + 0.5 * fastrand::f64())
}

/// As the receiver asked for, within bounds.
pub(super) fn as_wished(wish: Duration) -> Duration {
    let wish = wish.clamp(FIRST, LONGEST_WISH);
    wish.mul_f64(1.0 + JITTER * fastrand::f64())
}

/// The moment a wait from now ends.
pub(super) fn later(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(wait).unwrap_or(now)
}

/// Whether no pause of a message lasts until `due`: the clock was wrong when it was stored.
pub(super) fn is_no_pause(due: Timestamp, now: Timestamp) -> bool {
    due.duration_since(now) > signed(LONGEST)
}

/// The same of a notifier's own pause.
pub(super) fn is_no_wish(due: Timestamp, now: Timestamp) -> bool {
    due.duration_since(now) > signed(LONGEST_WISH.mul_f64(1.0 + 2.0 * JITTER))
}

fn signed(time: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        for failures in 0..40 {
            let full = FIRST.saturating_mul(1 << failures.min(16)).min(LONGEST);
            for _ in 0..20 {
                let pause = after(failures);
                assert!(pause >= full / 2 && pause <= full, "{failures}: {pause:?}");
            }
        }
        let pauses: std::collections::HashSet<Duration> = (0..20).map(|_| after(5)).collect();
        assert!(pauses.len() > 1);
    }

    #[test]
    fn a_wish_is_kept_within_a_day_and_a_wrong_clock_is_seen() {
        let day = as_wished(Duration::from_secs(7 * 86_400));
        assert!(day >= LONGEST_WISH && day <= LONGEST_WISH.mul_f64(1.0 + JITTER));
        assert!(as_wished(Duration::ZERO) >= FIRST);
        let now = Timestamp::UNIX_EPOCH;
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(!is_no_pause(at(300), now) && is_no_pause(at(301), now));
        assert!(!is_no_pause(at(-5), now) && !is_no_wish(at(86_400), now));
        assert!(is_no_wish(at(2 * 86_400), now));
    }
}
