//! Whether the system's clock runs evenly, told from the one that cannot be set.
//!
//! Schedules count in `Instant`s and do not care; what is stored and told bears the clock's time,
//! so a jump is told.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::health::Sign;

/// No clock is so far off by drifting between two looks; what sets clocks gently slews.
const JUMP: Duration = Duration::from_secs(60);

/// Even for so long, the clock is right again.
const CALM: Duration = Duration::from_secs(600);

/// Watches the clock.
pub(super) struct Clock {
    last: (Instant, Timestamp),
    /// When it is right again, if it jumped (or may have before this start).
    calm: Option<Instant>,
}

impl Clock {
    pub(super) fn new(now: Instant, time: Timestamp) -> Clock {
        Clock {
            last: (now, time),
            calm: now.checked_add(CALM),
        }
    }

    /// When to look again at the latest.
    pub(super) fn due(&self) -> Option<Instant> {
        self.calm
    }

    /// Compares the clock with the time that has passed; something to say if it jumped, or has
    /// been even for long enough.
    pub(super) fn look(&mut self, now: Instant, time: Timestamp) -> Option<Sign> {
        let passed = now.saturating_duration_since(self.last.0);
        let shown = time.duration_since(self.last.1);
        let off = shown - SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        self.last = (now, time);
        if off.unsigned_abs() > JUMP {
            self.calm = now.checked_add(CALM);
            let way = if off.is_negative() { "back" } else { "forward" };
            let reason = format!(
                "it went {way} by {} s at once",
                off.unsigned_abs().as_secs()
            );
            return Some(Sign::ill("clock", "jumped", reason, 1));
        }
        if self.calm.is_some_and(|calm| calm <= now) {
            self.calm = None;
            return Some(Sign::well("clock"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_said_at_once_and_its_end_after_a_while() {
        let (start, time) = (
            Instant::now(),
            Timestamp::from_second(1_700_000_000).unwrap(),
        );
        let at = |clock: &mut Clock, seconds: u64, off: i64| {
            let shown = SignedDuration::from_secs(i64::try_from(seconds).unwrap() + off);
            let sign = clock.look(start + Duration::from_secs(seconds), time + shown)?;
            Some(sign.ill.map(|ill| ill.reason))
        };
        let mut clock = Clock::new(start, time);
        assert_eq!(at(&mut clock, 300, 20), None, "drift");
        assert_eq!(at(&mut clock, 700, 40), Some(None), "well since the start");
        assert_eq!(at(&mut clock, 4000, 50), None);
        let jumped = |reason: &str| Some(Some(reason.to_owned()));
        assert_eq!(
            at(&mut clock, 4010, 7250),
            jumped("it went forward by 7200 s at once")
        );
        assert_eq!(
            at(&mut clock, 4020, 50),
            jumped("it went back by 7200 s at once")
        );
        assert_eq!(at(&mut clock, 4619, 50), None);
        assert_eq!(at(&mut clock, 4620, 50), Some(None));
        assert_eq!(at(&mut clock, 9000, 50), None);
    }
}
