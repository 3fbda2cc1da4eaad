//! Whether the wall clock has jumped: it is held against the time that only goes forward.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Smaller differences are a clock being set right, or a busy machine.
const TOLERATED: SignedDuration = SignedDuration::from_secs(30);

/// Two clocks read at the same moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    steady: Instant,
    wall: Timestamp,
}

impl Clock {
    pub(super) fn new(steady: Instant, wall: Timestamp) -> Clock {
        Clock { steady, wall }
    }

    /// By how much the wall clock went ahead of the steady one since the last call, if that is a
    /// jump; less than nothing if it went back.
    pub(super) fn jump(&mut self, steady: Instant, wall: Timestamp) -> Option<SignedDuration> {
        let passed = steady.saturating_duration_since(self.steady);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        let jump = wall.duration_since(self.wall).saturating_sub(passed);
        *self = Clock { steady, wall };
        (jump.abs() >= TOLERATED).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_jump_either_way_is_told_once_and_a_correction_is_none() {
        let (start, wall) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut clock = Clock::new(start, wall);
        for (steady, seconds, want) in [
            (60, 60, None),
            (120, 121, None),
            (180, 3_781, Some(3_600)),
            (240, 3_841, None),
            (300, -96_099, Some(-100_000)),
            (360, -96_039, None),
        ] {
            let wall = Timestamp::from_second(seconds).unwrap();
            let jump = clock.jump(start + Duration::from_secs(steady), wall);
            assert_eq!(jump.map(|j| j.as_secs()), want, "{seconds}");
        }
    }
}
