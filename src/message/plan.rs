//! What goes out next through one notifier, and when: order, digests, quiet hours, rates.
//!
//! Pure: what waits and the time in, a decision out. Everything it needs to decide the same after a
//! restart stands in what waits.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::timing::{Digest, Hours, Rate};

/// Most alerts in one message.
const MOST: usize = 100;

/// When and how a notifier is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy<'a> {
    /// Alerts are gathered.
    pub digest: Option<&'a Digest>,
    /// Nothing is sent in these hours.
    pub quiet: &'a [Hours],
    /// Names of kinds that neither holds up.
    pub urgent: &'a [String],
    /// So many messages at most.
    pub rate: Option<&'a Rate>,
    /// Alerts that one message may hold without being a digest: a log takes many lines at once.
    pub together: usize,
}

/// One delivery that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Alert id.
    pub alert: String,
    /// The story it belongs to.
    pub story: String,
    /// Names of its kind: the kind's own, and the operator's where it is one of those.
    pub kinds: Vec<String>,
    /// When it was put into the outbox.
    pub since: Timestamp,
    /// Not to be tried before.
    pub due: Timestamp,
    /// The message it is part of, once that has been tried; empty: it must go alone.
    pub batch: Option<String>,
    /// It has been told and is to be told again.
    pub reminder: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send these, by their place in the list, as one message. A folded one has several, and is
    /// no mere batch.
    Send {
        /// Places in the list, in order.
        places: Vec<usize>,
        /// They are told together as one message, under an id of its own.
        folded: bool,
    },
    /// Nothing can be sent before.
    Wait(Timestamp),
    /// Nothing waits.
    Nothing,
}

/// Decides. `waiting`: in the order of detection. `sent`: when the last messages went, newest
/// first, as far back as the rate's time.
pub fn next(waiting: &[Waiting], policy: &Policy<'_>, sent: &[Timestamp], now: Timestamp) -> Next {
    if waiting.is_empty() {
        return Next::Nothing;
    }
    let hurried = hurried(waiting, policy);
    let readiness = |policy: &Policy<'_>| -> Vec<(Timestamp, bool)> {
        let of = |(w, hurried): (&Waiting, &bool)| ready_at(w, policy, *hurried, now);
        waiting.iter().zip(&hurried).map(of).collect()
    };
    let mut ready = readiness(policy);
    // When the first of a digest goes, all that has been gathered goes with it.
    if policy.digest.is_some() && ready.iter().any(|(at, held)| *held && *at <= now) {
        let open = readiness(&Policy {
            digest: None,
            ..*policy
        });
        for ((at, held), (at_once, still)) in ready.iter_mut().zip(open) {
            (*at, *held) = (at_once, *held || still);
        }
    }
    let mut wake: Option<Timestamp> = None;
    let mut stories: HashSet<&str> = HashSet::new();
    let mut able: Vec<usize> = Vec::new();
    for (n, item) in waiting.iter().enumerate() {
        let Some((at, _)) = ready.get(n) else {
            continue;
        };
        if stories.contains(item.story.as_str()) {
            continue;
        }
        if *at > now {
            wake = Some(wake.map_or(*at, |w| w.min(*at)));
            stories.insert(&item.story);
        } else {
            able.push(n);
        }
    }
    let Some(first) = able.first().and_then(|n| waiting.get(*n)) else {
        return wake.map_or(Next::Nothing, Next::Wait);
    };
    let room = match policy.rate {
        None => usize::MAX,
        Some(rate) => {
            let window: Vec<&Timestamp> =
                sent.iter().filter(|t| within(**t, rate.per, now)).collect();
            let free = (rate.count as usize).saturating_sub(window.len());
            if free == 0 {
                let n = (rate.count as usize).saturating_sub(1);
                let oldest = window.get(n).copied().copied().unwrap_or(now);
                return Next::Wait(oldest.checked_add(rate.per).unwrap_or(now));
            }
            free
        }
    };
    // A message that was tried goes again as it was.
    if let Some(batch) = first.batch.as_deref().filter(|b| !b.is_empty()) {
        let places = (0..waiting.len())
            .filter(|n| {
                waiting
                    .get(*n)
                    .is_some_and(|w| w.batch.as_deref() == Some(batch))
            })
            .collect();
        return Next::Send {
            places,
            folded: true,
        };
    }
    let alone = |w: &Waiting| w.batch.is_some() || w.reminder;
    if alone(first) {
        return Next::Send {
            places: able.into_iter().take(1).collect(),
            folded: false,
        };
    }
    let held = |n: usize| ready.get(n).is_some_and(|(_, held)| *held);
    let fresh = |n: usize| waiting.get(n).is_some_and(|w| !alone(w));
    // Of a story, nothing goes before what came earlier.
    let pick = |want: &dyn Fn(usize) -> bool, most: usize| {
        let mut passed: HashSet<&str> = HashSet::new();
        let mut picked = Vec::new();
        for n in &able {
            let Some(item) = waiting.get(*n) else {
                continue;
            };
            if picked.len() < most && !passed.contains(item.story.as_str()) && want(*n) {
                picked.push(*n);
            } else {
                passed.insert(&item.story);
            }
        }
        picked
    };
    // What was held up, or is over the rate, is told together with the like of it.
    let fold = match (able.first().is_some_and(|n| held(*n)), room) {
        (true, _) => pick(&|n| fresh(n) && held(n), MOST),
        (false, 1) => pick(&fresh, MOST),
        (false, _) => pick(&fresh, 1),
    };
    if fold.len() > 1 {
        return Next::Send {
            places: fold,
            folded: true,
        };
    }
    Next::Send {
        places: match policy.together {
            0 | 1 => fold,
            together => pick(&fresh, together),
        },
        folded: false,
    }
}

/// What neither digest nor quiet hours hold up: urgent kinds, and what came before one of those in
/// its story, which would hold it up.
fn hurried(waiting: &[Waiting], policy: &Policy<'_>) -> Vec<bool> {
    let mut stories: HashSet<&str> = HashSet::new();
    let mut hurried: Vec<bool> = waiting
        .iter()
        .rev()
        .map(|w| {
            let urgent = w.kinds.iter().any(|k| policy.urgent.contains(k));
            if urgent && !w.reminder {
                stories.insert(&w.story);
            }
            urgent || (!w.reminder && stories.contains(w.story.as_str()))
        })
        .collect();
    hurried.reverse();
    hurried
}

/// When it may go, and whether that is later than at once for a reason of its own.
fn ready_at(
    waiting: &Waiting,
    policy: &Policy<'_>,
    hurried: bool,
    now: Timestamp,
) -> (Timestamp, bool) {
    if hurried {
        return (waiting.due, false);
    }
    let claimed = waiting.batch.as_deref().is_some_and(|b| !b.is_empty());
    let (mut at, mut held) = (waiting.due, false);
    if let Some(digest) = policy.digest.filter(|_| !waiting.reminder && !claimed) {
        at = at.max(digest.release(waiting.since));
        held = true;
    }
    let end = |at| policy.quiet.iter().filter_map(|hours| hours.end(at)).max();
    // The end of one span may lie within another: a week of them has no more steps.
    for _ in 0..8 * (policy.quiet.len() + 1) {
        match end(at) {
            Some(end) => (at, held) = (end, true),
            None => break,
        }
    }
    // It may have waited for something else until now, which is quiet.
    if at <= now
        && let Some(end) = end(now)
    {
        (at, held) = (end, true);
    }
    (at, held && !waiting.reminder && !claimed)
}

fn within(then: Timestamp, time: Duration, now: Timestamp) -> bool {
    now.duration_since(then).unsigned_abs() < time && then <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::duration;

    fn at(seconds: i64) -> Timestamp {
        // 2026-11-25 12:00 UTC.
        Timestamp::from_second(1_795_608_000 + seconds).unwrap()
    }

    fn item(alert: &str, story: &str, since: i64) -> Waiting {
        Waiting {
            alert: alert.into(),
            story: story.into(),
            kinds: vec!["toll".into()],
            since: at(since),
            due: at(since),
            batch: None,
            reminder: false,
        }
    }

    fn send(places: &[usize], folded: bool) -> Next {
        Next::Send {
            places: places.to_vec(),
            folded,
        }
    }

    #[test]
    fn one_by_one_in_order() {
        let waiting = [item("a", "s", 0), item("b", "s", 1)];
        let policy = Policy::default();
        assert_eq!(next(&waiting, &policy, &[], at(5)), send(&[0], false));
        assert_eq!(next(&waiting[1..], &policy, &[], at(5)), send(&[0], false));
        assert_eq!(next(&[], &policy, &[], at(5)), Next::Nothing);
        let many = Policy {
            together: 64,
            ..policy
        };
        assert_eq!(next(&waiting, &many, &[], at(5)), send(&[0, 1], false));
    }

    #[test]
    fn what_waits_holds_up_its_story_alone() {
        let mut waiting = vec![item("a", "s", 0), item("b", "s", 1), item("c", "t", 2)];
        waiting[0].due = at(60);
        waiting[0].batch = Some(String::new());
        let policy = Policy::default();
        assert_eq!(next(&waiting, &policy, &[], at(5)), send(&[2], false));
        waiting.pop();
        assert_eq!(next(&waiting, &policy, &[], at(5)), Next::Wait(at(60)));
        assert_eq!(next(&waiting, &policy, &[], at(60)), send(&[0], false));
    }

    #[test]
    fn a_digest_gathers_and_urgent_kinds_go_at_once() {
        let digest = Digest::parse("every 15m", duration).unwrap();
        let urgent = ["attack".to_owned()];
        let policy = Policy {
            digest: Some(&digest),
            urgent: &urgent,
            ..Policy::default()
        };
        let mut waiting = vec![item("a", "s", 0), item("b", "t", 60)];
        assert_eq!(next(&waiting, &policy, &[], at(100)), Next::Wait(at(900)));
        // The second has not waited a quarter of an hour, and goes with the first.
        assert_eq!(next(&waiting, &policy, &[], at(900)), send(&[0, 1], true));
        assert_eq!(
            next(&waiting[1..], &policy, &[], at(901)),
            Next::Wait(at(960))
        );
        waiting.push(item("c", "u", 70));
        waiting[2].kinds = vec!["attack".into()];
        assert_eq!(next(&waiting, &policy, &[], at(100)), send(&[2], false));
    }

    #[test]
    fn a_message_that_was_tried_goes_again_as_it_was() {
        let mut waiting = vec![item("a", "s", 0), item("b", "t", 0), item("c", "u", 0)];
        for n in [0, 2] {
            waiting[n].batch = Some("dg_1".into());
            waiting[n].due = at(30);
        }
        let policy = Policy::default();
        assert_eq!(next(&waiting, &policy, &[], at(29)), send(&[1], false));
        assert_eq!(next(&waiting, &policy, &[], at(30)), send(&[0, 2], true));
    }

    #[test]
    fn quiet_hours_hold_and_their_end_folds() {
        let quiet = [Hours::parse("12:00-13:00").unwrap()];
        let urgent = ["attack".to_owned()];
        let policy = Policy {
            quiet: &quiet,
            urgent: &urgent,
            ..Policy::default()
        };
        let mut waiting = vec![item("a", "s", 0), item("b", "s", 60)];
        assert_eq!(next(&waiting, &policy, &[], at(100)), Next::Wait(at(3600)));
        assert_eq!(next(&waiting, &policy, &[], at(3600)), send(&[0, 1], true));
        // What comes after them is told by itself.
        waiting.push(item("c", "u", 3601));
        assert_eq!(next(&waiting, &policy, &[], at(3602)), send(&[0, 1], true));
        waiting[0].kinds = vec!["attack".into()];
        assert_eq!(next(&waiting, &policy, &[], at(100)), send(&[0], false));
    }

    #[test]
    fn what_could_not_go_before_does_not_go_in_quiet_hours() {
        let quiet = [Hours::parse("13:00-15:00").unwrap()];
        let policy = Policy {
            quiet: &quiet,
            ..Policy::default()
        };
        // Detected at noon; the receiver was down until half past one.
        let mut waiting = [item("a", "s", 0), item("b", "t", 60)];
        assert_eq!(
            next(&waiting, &policy, &[], at(5400)),
            Next::Wait(at(10_800))
        );
        waiting
            .iter_mut()
            .for_each(|w| w.batch = Some("dg_1".into()));
        assert_eq!(
            next(&waiting, &policy, &[], at(5400)),
            Next::Wait(at(10_800))
        );
        assert_eq!(
            next(&waiting, &policy, &[], at(10_800)),
            send(&[0, 1], true)
        );
    }

    #[test]
    fn quiet_nights_and_quiet_days_follow_each_other() {
        let spans = ["22:00-07:00", "sat,sun 00:00-24:00"];
        let quiet = spans.map(|text| Hours::parse(text).unwrap());
        let policy = Policy {
            quiet: &quiet,
            ..Policy::default()
        };
        // Friday at eleven in the evening, to Monday at seven.
        let mut friday = item("a", "s", 0);
        friday.due = "2026-11-27T23:00:00Z".parse().unwrap();
        let monday = "2026-11-30T07:00:00Z".parse().unwrap();
        assert_eq!(
            next(&[friday.clone()], &policy, &[], friday.due),
            Next::Wait(monday)
        );
    }

    #[test]
    fn an_urgent_alert_takes_along_what_came_before_it_in_its_story() {
        let digest = Digest::parse("every 15m", duration).unwrap();
        let urgent = ["attack".to_owned()];
        let policy = Policy {
            digest: Some(&digest),
            urgent: &urgent,
            ..Policy::default()
        };
        let mut waiting = vec![
            item("a", "s", 0),
            item("b", "t", 1),
            item("c", "s", 2),
            item("d", "s", 3),
        ];
        waiting[2].kinds = vec!["attack".into()];
        assert_eq!(next(&waiting, &policy, &[], at(10)), send(&[0], false));
        waiting.remove(0);
        assert_eq!(next(&waiting, &policy, &[], at(10)), send(&[1], false));
        waiting.remove(1);
        assert_eq!(next(&waiting, &policy, &[], at(10)), Next::Wait(at(901)));
    }

    #[test]
    fn nothing_is_folded_past_what_came_before_it_in_its_story() {
        let rate = Rate::parse("1/1h", duration).unwrap();
        let policy = Policy {
            rate: Some(&rate),
            ..Policy::default()
        };
        let mut waiting = vec![
            item("a", "t", 0),
            item("b", "s", 1),
            item("c", "s", 2),
            item("d", "u", 3),
        ];
        // It was refused once and goes alone.
        waiting[1].batch = Some(String::new());
        assert_eq!(next(&waiting, &policy, &[], at(10)), send(&[0, 3], true));
    }

    #[test]
    fn what_is_over_the_rate_is_folded() {
        let rate = Rate::parse("3/1h", duration).unwrap();
        let policy = Policy {
            rate: Some(&rate),
            ..Policy::default()
        };
        let waiting: Vec<Waiting> = (0..6)
            .map(|n| item(&n.to_string(), &n.to_string(), n))
            .collect();
        assert_eq!(next(&waiting, &policy, &[], at(10)), send(&[0], false));
        assert_eq!(
            next(&waiting[1..], &policy, &[at(10)], at(11)),
            send(&[0], false)
        );
        // The last of the three takes all the rest.
        let sent = [at(11), at(10)];
        assert_eq!(
            next(&waiting[2..], &policy, &sent, at(12)),
            send(&[0, 1, 2, 3], true)
        );
        let sent = [at(12), at(11), at(10)];
        let later = [item("x", "x", 20)];
        assert_eq!(next(&later, &policy, &sent, at(21)), Next::Wait(at(3610)));
        assert_eq!(next(&later, &policy, &sent, at(3610)), send(&[0], false));
    }

    #[test]
    fn a_reminder_goes_alone() {
        let mut waiting = vec![item("a", "s", 0), item("b", "t", 0)];
        waiting[0].reminder = true;
        let digest = Digest::parse("every 15m", duration).unwrap();
        let policy = Policy {
            digest: Some(&digest),
            ..Policy::default()
        };
        assert_eq!(next(&waiting, &policy, &[], at(1)), send(&[0], false));
    }
}
