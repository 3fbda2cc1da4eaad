use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> Policy {
    Policy {
        per_host_delay: SECOND,
        backoff_base: 10 * SECOND,
        backoff_max: 100 * SECOND,
        retry_after_max: 1_000 * SECOND,
        patience: 5 * SECOND,
        ..Policy::default()
    }
}

fn answered() -> Ending {
    Ending::Answered { bytes: 10 }
}

fn throttled(seconds: Option<u64>) -> Ending {
    Ending::Throttled {
        retry_after: seconds.map(Duration::from_secs),
    }
}

/// Ends one request after the other at the same instant; the wait from then on, in seconds.
fn wait_after(endings: &[Ending]) -> u64 {
    let now = Instant::now();
    let mut pace = Pace::new(SECOND, now);
    for ending in endings {
        pace.start(now);
        pace.end(*ending, now, &policy(), 0.0);
    }
    (pace.ready_at() - now).as_secs()
}

#[test]
fn pauses_follow_wishes_and_grow_without_them() {
    for (endings, want) in [
        (vec![answered()], 1),
        (vec![throttled(Some(30))], 30),
        (vec![throttled(Some(0))], 1),
        (vec![throttled(Some(500))], 500),
        (vec![throttled(Some(86_400))], 1_000),
        (vec![throttled(None)], 10),
        (vec![throttled(None); 2], 20),
        (vec![throttled(None); 3], 40),
        (vec![throttled(None); 4], 80),
        (vec![throttled(None); 60], 100),
        (vec![throttled(None), throttled(None), answered()], 1),
        (vec![throttled(None), answered(), throttled(None)], 10),
        (vec![throttled(Some(50)), throttled(Some(5))], 50),
        (vec![Ending::Failed; 2], 1),
        (vec![Ending::Failed; 3], 10),
        (vec![Ending::Failed; 4], 20),
        (vec![Ending::Failed; 100], 100),
        (
            vec![Ending::Failed, Ending::Failed, answered(), Ending::Failed],
            1,
        ),
    ] {
        assert_eq!(wait_after(&endings), want, "{endings:?}");
    }
}

#[test]
fn jitter_spreads_by_up_to_a_quarter_of_the_pause() {
    let policy = policy();
    assert_eq!(growing(&policy, 1, 0.0), 10 * SECOND);
    assert_eq!(growing(&policy, 1, 1.0), Duration::from_millis(12_500));
    assert_eq!(growing(&policy, 2, 7.0), 25 * SECOND);
    assert_eq!(growing(&policy, u32::MAX, 0.0), 100 * SECOND);
    assert_eq!(growing(&policy, u32::MAX, 1.0), 125 * SECOND);
}

#[test]
fn everything_is_counted() {
    let now = Instant::now();
    let mut pace = Pace::new(SECOND, now);
    for ending in [answered(), answered(), throttled(None), Ending::Failed] {
        pace.start(now);
        pace.end(ending, now, &policy(), 0.0);
    }
    let want = HostStats {
        requests: 4,
        failures: 1,
        throttled: 1,
        bytes: 20,
    };
    assert_eq!(pace.stats, want);
}

#[tokio::test(start_paused = true)]
async fn the_delay_runs_from_the_end_of_a_request() {
    let policy = policy();
    let host = Hosts::default().get("h", &policy);
    let start = Instant::now();
    let slot = host.enter(&policy).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(host.readiness(), Readiness::Busy);
    tokio::time::advance(7 * SECOND).await;
    slot.end(answered(), &policy);
    assert_eq!(host.readiness(), Readiness::At(start + 8 * SECOND));
    drop(host.enter(&policy).await.unwrap());
    assert_eq!(start.elapsed(), 8 * SECOND);
    // A cancelled request starts the delay too.
    assert_eq!(host.readiness(), Readiness::At(start + 9 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_is_waited_for_and_a_long_one_refused() {
    let policy = policy();
    let hosts = Hosts::default();
    for (wish, waited) in [(5, true), (6, false), (30_000, false)] {
        let host = hosts.get(&format!("h{wish}"), &policy);
        let start = Instant::now();
        let slot = host.enter(&policy).await.unwrap();
        slot.end(throttled(Some(wish)), &policy);
        match host.enter(&policy).await {
            Ok(_) => assert!(waited && start.elapsed() == 5 * SECOND, "{wish}"),
            Err(left) => {
                assert!(!waited, "{wish}");
                assert_eq!(left, Duration::from_secs(wish.min(1_000)));
                assert_eq!(start.elapsed(), Duration::ZERO);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn those_in_line_leave_when_a_long_pause_begins() {
    let policy = policy();
    let host = Hosts::default().get("h", &policy);
    let slot = host.enter(&policy).await.unwrap();
    let waiting = {
        let (host, policy) = (Arc::clone(&host), policy.clone());
        tokio::spawn(async move { host.enter(&policy).await.map(drop) })
    };
    tokio::task::yield_now().await;
    slot.end(throttled(Some(60)), &policy);
    assert_eq!(waiting.await.unwrap(), Err(60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn crawl_delay_lengthens_the_delay_up_to_its_cap() {
    let policy = policy();
    for (wish, want) in [
        (None, 1.0),
        (Some(0.2), 1.0),
        (Some(3.0), 3.0),
        (Some(900.0), 120.0),
    ] {
        let host = Hosts::default().get("h", &policy);
        let start = Instant::now();
        let slot = host.enter(&policy).await.unwrap();
        slot.end(answered(), &policy);
        host.set_crawl_delay(wish.map(Duration::from_secs_f64), &policy);
        for _ in 0..2 {
            let slot = host.enter(&policy).await.unwrap();
            slot.end(answered(), &policy);
        }
        assert_eq!(start.elapsed().as_secs_f64(), 2.0 * want, "{wish:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_do_not_share_their_pace() {
    let policy = policy();
    let hosts = Hosts::default();
    let slot = hosts.get("a", &policy).enter(&policy).await.unwrap();
    slot.end(throttled(Some(60)), &policy);
    assert!(matches!(hosts.readiness("a"), Readiness::At(_)));
    assert_eq!(hosts.readiness("b"), Readiness::Now);
    assert!(hosts.get("b", &policy).enter(&policy).await.is_ok());
    assert_eq!(hosts.stats().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_policy_keeps_what_a_host_asked_for() {
    let old = policy();
    let hosts = Hosts::default();
    let host = hosts.get("h", &old);
    host.set_crawl_delay(Some(20 * SECOND), &old);
    let slot = host.enter(&old).await.unwrap();
    slot.end(throttled(Some(300)), &old);
    let new = Policy {
        per_host_delay: 2 * SECOND,
        per_host_concurrency: 2,
        ..policy()
    };
    hosts.follow(&new);
    let host = hosts.get("h", &new);
    assert_eq!(host.enter(&new).await.unwrap_err(), 300 * SECOND);
    assert_eq!(host.delay(), 20 * SECOND);
    tokio::time::advance(301 * SECOND).await;
    let _first = host.enter(&new).await.unwrap();
    assert!(host.enter(&new).await.is_ok(), "two at a time now");
}

#[tokio::test(start_paused = true)]
async fn pauses_can_be_carried_over_to_a_new_process() {
    let policy = policy();
    let (before, after) = (Hosts::default(), Hosts::default());
    for (name, wish) in [("a", Some(700)), ("b", None)] {
        let slot = before.get(name, &policy).enter(&policy).await.unwrap();
        match wish {
            Some(_) => slot.end(throttled(wish), &policy),
            None => slot.end(answered(), &policy),
        }
    }
    tokio::time::advance(100 * SECOND).await;
    assert_eq!(before.pauses(), [("a".to_owned(), 600 * SECOND)]);
    after.pause("a", 600 * SECOND, &policy);
    after.pause("c", Duration::MAX, &policy);
    let left = |name: &str| after.get(name, &policy).pace().pause_left(Instant::now());
    assert_eq!(left("a"), 600 * SECOND);
    assert_eq!(left("c"), 1_000 * SECOND);
}
