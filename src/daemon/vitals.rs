//! How the daemon is doing: what it measures of itself, and what is wrong by that.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Cause, Store};

/// How long the store may take to answer.
const SLOW: Duration = Duration::from_secs(5);

/// How long it is waited for.
const SILENT: Duration = Duration::from_secs(30);

/// How late the main loop may be.
const LATE: Duration = Duration::from_secs(30);

/// How late sources may be; hosts have their own pace, and many sources may share one.
const OVERDUE: Duration = Duration::from_secs(15 * 60);

/// Free space on the disk of the database below which it is said.
const LITTLE_ROOM: u64 = 256 << 20;

/// Names of what can be wrong with the daemon itself.
pub(super) const TROUBLES: [&str; 7] = [
    "behind", "overdue", "store", "disk", "clock", "damage", "config",
];

/// What is wrong with the daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A short name, the same from start to end.
    pub what: String,
    /// In words, with the fix.
    pub detail: String,
}

/// What the daemon measures of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vitals {
    /// When the daemon started.
    pub started: Timestamp,
    /// Sources of the config.
    pub sources: usize,
    /// Sources and articles in the queue: those due soon.
    pub queued: usize,
    /// Hosts these belong to.
    pub hosts: usize,
    /// Turns under way.
    pub running: usize,
    /// Of these, turns at hosts whose last request got no answer.
    pub suspect: usize,
    /// Turns ended since the start.
    pub turns: u64,
    /// Turns that had to be given up since the start.
    pub stuck: u64,
    /// The longest a turn began after it was due and its host free, in the last minute, in
    /// milliseconds.
    pub lag_ms: u64,
    /// Articles that are due and wait for their hosts, and for how long the longest.
    pub overdue_articles: usize,
    /// In seconds.
    pub overdue_articles_s: u64,
    /// As `overdue_articles`, of sources.
    pub overdue_sources: usize,
    /// In seconds.
    pub overdue_sources_s: u64,
    /// Hosts that want to be left alone for now.
    pub paused_hosts: usize,
    /// Seconds the wall clock has jumped in the last minute.
    pub clock_jump_s: i64,
    /// What a turn has met of damage in the database since the start.
    pub damage: Option<String>,
    /// Deliveries not acknowledged yet.
    pub pending: u64,
    /// How long the store took to commit, in milliseconds; `None`: it did not.
    pub store_ms: Option<u64>,
    /// Size of the database file in bytes.
    pub database: u64,
    /// Size of its write-ahead log in bytes.
    pub log: u64,
    /// Free space on their disk in bytes, if known.
    pub disk_free: Option<u64>,
    /// Why the config file as it is now was not taken up, if it was not.
    pub config_refused: Option<String>,
    /// What is wrong by all that.
    pub troubles: Vec<Trouble>,
}

impl Vitals {
    /// Measures the store and its disk, and judges everything.
    pub(super) async fn complete(mut self, store: &Store) -> Vitals {
        let start = Instant::now();
        let answered = tokio::time::timeout(SILENT, store.ping()).await;
        self.store_ms = matches!(answered, Ok(Ok(()))).then(|| millis(start.elapsed()));
        let measured = store.clone();
        let disk = tokio::task::spawn_blocking(move || (measured.outstanding(), measured.sizes()));
        if let Ok(Ok((pending, disk))) = tokio::time::timeout(SILENT, disk).await {
            self.pending = pending.unwrap_or_default();
            (self.database, self.log, self.disk_free) = disk;
        }
        self.troubles = self.judge();
        self
    }

    /// What is wrong, by the figures alone.
    fn judge(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let mut say = |what: &str, detail: String| {
            troubles.push(Trouble {
                what: what.to_owned(),
                detail,
            });
        };
        if self.lag_ms > millis(LATE) {
            say(
                "behind",
                format!(
                    "the schedule lags {} s behind; watch fewer sources or look less often",
                    self.lag_ms / 1000
                ),
            );
        }
        if self.overdue_sources_s > OVERDUE.as_secs() {
            say(
                "overdue",
                format!(
                    "{} sources wait for their hosts, the longest for {} s; raise `interval`, or lower `per_host_delay` where the site allows it",
                    self.overdue_sources, self.overdue_sources_s
                ),
            );
        }
        match self.store_ms {
            None => say(
                "store",
                "the database does not answer; look at its disk".to_owned(),
            ),
            Some(ms) if ms > millis(SLOW) => say(
                "store",
                format!("the database took {ms} ms to commit; look at its disk"),
            ),
            Some(_) => {}
        }
        if let Some(free) = self.disk_free
            && free < LITTLE_ROOM
        {
            say(
                "disk",
                format!(
                    "{} MB are left on the database's disk; make room, or see `wirewatch compact`",
                    free >> 20
                ),
            );
        }
        if let Some(damage) = &self.damage {
            say("damage", format!("{damage}; {}", Cause::Damaged.fix()));
        }
        if let Some(why) = &self.config_refused {
            say("config", why.clone());
        }
        if self.clock_jump_s != 0 {
            say(
                "clock",
                format!(
                    "the clock jumped by {} s; alerts may carry wrong times",
                    self.clock_jump_s
                ),
            );
        }
        troubles
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What has begun and what has ended between two reports.
pub(super) fn turned(before: &[Trouble], now: &[Trouble]) -> (Vec<Trouble>, Vec<Trouble>) {
    let lacks = |list: &[Trouble], one: &Trouble| !list.iter().any(|t| t.what == one.what);
    let begun = now.iter().filter(|t| lacks(before, t)).cloned().collect();
    let over = before.iter().filter(|t| lacks(now, t)).cloned().collect();
    (begun, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> Vitals {
        Vitals {
            store_ms: Some(3),
            disk_free: Some(LITTLE_ROOM),
            lag_ms: 200,
            overdue_sources_s: 60,
            overdue_articles_s: 100_000,
            ..Vitals::default()
        }
    }

    fn names(vitals: &Vitals) -> Vec<String> {
        vitals.judge().into_iter().map(|t| t.what).collect()
    }

    #[test]
    fn each_trouble_is_told_by_its_figure() {
        assert_eq!(names(&well()), [""; 0]);
        type Spoil = fn(&mut Vitals);
        let bad: [(Spoil, &str); 8] = [
            (|v| v.damage = Some("a text".into()), "damage"),
            (|v| v.lag_ms = 40_000, "behind"),
            (|v| v.overdue_sources_s = 1_000, "overdue"),
            (|v| v.store_ms = None, "store"),
            (|v| v.store_ms = Some(9_000), "store"),
            (|v| v.disk_free = Some(1), "disk"),
            (|v| v.clock_jump_s = -3_600, "clock"),
            (|v| v.config_refused = Some("line 1".into()), "config"),
        ];
        for (spoil, name) in bad {
            let mut vitals = well();
            spoil(&mut vitals);
            assert_eq!(names(&vitals), [name]);
        }
    }

    #[test]
    fn a_trouble_begins_once_and_ends_once() {
        let trouble = |what: &str, detail: &str| Trouble {
            what: what.into(),
            detail: detail.into(),
        };
        let (a, worse, b) = (trouble("a", "1"), trouble("a", "2"), trouble("b", "1"));
        let before = [a.clone()];
        assert_eq!(turned(&[], &before), (vec![a.clone()], vec![]));
        assert_eq!(turned(&before, &[worse]), (vec![], vec![]));
        assert_eq!(
            turned(&before, std::slice::from_ref(&b)),
            (vec![b], vec![a])
        );
    }

    #[tokio::test]
    async fn a_store_on_a_real_disk_is_well() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w.db")).unwrap();
        let vitals = Vitals::default().complete(&store).await;
        assert!(vitals.store_ms.is_some() && vitals.database > 0);
        assert!(vitals.disk_free.is_some_and(|free| free > 0));
        let json = serde_json::to_string(&vitals).unwrap();
        assert_eq!(serde_json::from_str::<Vitals>(&json).unwrap(), vitals);
    }
}
