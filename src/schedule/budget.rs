//! How much of a host's time rechecks may take, and how its sources share it.
//!
//! The plan says how often each article should be looked at. Where a host's articles together want
//! more looks than it is to bear, every wait on it is stretched: all articles of a source alike,
//! which keeps the proportions of the plan, and each source by what it wants, so that one with ten
//! thousand articles takes nothing from one with ten. What is wanted is measured as looks happen, so
//! nothing of it is stored.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What happened so long ago counts 1/e as much as what happens now.
const MEMORY: f64 = 3600.0;

/// No wait is made longer than this many times.
const LONGEST_STRETCH: f64 = 50.0;

/// How long the shares of a host hold.
const SHARES_HOLD: Duration = Duration::from_secs(10);

/// A source that wants less an hour is forgotten.
const NOTHING: f64 = 0.01;

/// Hosts remembered before those that want nothing any more are forgotten.
const MANY_HOSTS: usize = 10_000;

/// What the articles of each host and source want.
#[derive(Debug, Default)]
pub struct Budget {
    hosts: HashMap<String, Host>,
}

#[derive(Debug, Default)]
struct Host {
    sources: HashMap<String, Wanted>,
    /// Looks an hour that each source may have at most, and since when.
    share: Option<(f64, Instant)>,
}

/// Looks wanted, as a sum that fades.
#[derive(Debug)]
struct Wanted {
    sum: f64,
    at: Instant,
}

impl Wanted {
    fn at(&self, now: Instant) -> f64 {
        let gone = now.saturating_duration_since(self.at).as_secs_f64();
        self.sum * (-gone / MEMORY).exp()
    }
}

impl Budget {
    /// Counts a look at an article whose last wait was stretched `stretch` times: without that,
    /// there would have been as many looks in the same time. Returns how many times the next wait
    /// is to be stretched (1 or more) where the host bears `most` looks an hour.
    pub fn looked(
        &mut self,
        host: &str,
        source: &str,
        stretch: f64,
        most: f64,
        now: Instant,
    ) -> f64 {
        if self.hosts.len() >= MANY_HOSTS && !self.hosts.contains_key(host) {
            self.hosts.retain(|_, host| !host.forget(now));
        }
        if !self.hosts.contains_key(host) {
            self.hosts.insert(host.to_owned(), Host::default());
        }
        let Some(host) = self.hosts.get_mut(host) else {
            return 1.0;
        };
        let stretch = match stretch.is_finite() {
            true => stretch.clamp(1.0, LONGEST_STRETCH),
            false => 1.0,
        };
        let wanted = match host.sources.get_mut(source) {
            Some(wanted) => {
                wanted.sum = wanted.at(now) + stretch;
                wanted.at = now;
                wanted.sum
            }
            None => {
                let wanted = Wanted {
                    sum: stretch,
                    at: now,
                };
                host.sources.insert(source.to_owned(), wanted);
                stretch
            }
        };
        (wanted / host.share(most.max(1.0), now)).clamp(1.0, LONGEST_STRETCH)
    }
}

impl Host {
    /// Looks an hour that one source may have: those who want less get what they want, and the
    /// rest is shared evenly.
    fn share(&mut self, most: f64, now: Instant) -> f64 {
        if let Some((share, since)) = self.share
            && now.saturating_duration_since(since) < SHARES_HOLD
        {
            return share;
        }
        self.forget(now);
        let mut wanted: Vec<f64> = self.sources.values().map(|w| w.at(now)).collect();
        wanted.sort_by(f64::total_cmp);
        let (mut left, mut sharers) = (most, wanted.len() as f64);
        let mut share = f64::INFINITY;
        for want in wanted {
            share = left / sharers;
            if want > share {
                break;
            }
            left -= want;
            sharers -= 1.0;
            share = f64::INFINITY;
        }
        self.share = Some((share, now));
        share
    }

    /// Forgets sources that want nothing; true if none is left.
    fn forget(&mut self, now: Instant) -> bool {
        self.sources.retain(|_, wanted| wanted.at(now) > NOTHING);
        self.sources.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 3600.0;

    /// Articles that want a look every `every` seconds, followed for `hours`: looks made in the
    /// last of them.
    fn run(sources: &[(&str, usize, f64)], most: f64, hours: f64) -> Vec<f64> {
        let start = Instant::now();
        let mut budget = Budget::default();
        // (due, source, stretch), spread over the first wait.
        let mut articles: Vec<(f64, usize, f64)> = Vec::new();
        for (index, (_, count, every)) in sources.iter().enumerate() {
            for n in 0..*count {
                articles.push((every * n as f64 / *count as f64, index, 1.0));
            }
        }
        let mut looks = vec![0.0; sources.len()];
        loop {
            articles.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (due, index, stretch) = &mut articles[0];
            if *due > hours * HOUR {
                return looks;
            }
            if *due > (hours - 1.0) * HOUR {
                looks[*index] += 1.0;
            }
            let (name, _, every) = sources[*index];
            let now = start + Duration::from_secs_f64(*due);
            *stretch = budget.looked("h", name, *stretch, most, now);
            *due += every * *stretch;
        }
    }

    #[test]
    fn nothing_is_stretched_while_there_is_room() {
        assert_eq!(run(&[("a", 10, 600.0)], 100.0, 3.0), [60.0]);
    }

    #[test]
    fn a_host_is_held_to_its_budget() {
        let looks = run(&[("a", 50, 600.0)], 100.0, 12.0)[0];
        assert!((80.0..=120.0).contains(&looks), "{looks}");
    }

    #[test]
    fn a_large_source_takes_nothing_from_a_small_one() {
        let looks = run(&[("large", 100, 600.0), ("small", 2, 600.0)], 100.0, 12.0);
        assert_eq!(looks[1], 12.0, "{looks:?}");
        assert!((70.0..=110.0).contains(&looks[0]), "{looks:?}");
    }

    #[test]
    fn what_is_damaged_or_long_past_does_no_harm() {
        let now = Instant::now();
        let mut budget = Budget::default();
        for stretch in [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::MAX] {
            let next = budget.looked("h", "s", stretch, f64::NAN, now);
            assert!((1.0..=LONGEST_STRETCH).contains(&next), "{next}");
        }
        let later = now + Duration::from_secs(86_400);
        assert_eq!(budget.looked("h", "s", 1.0, 10.0, later), 1.0);
        assert!(!budget.hosts.get_mut("h").unwrap().forget(later));
        assert!(
            budget
                .hosts
                .get_mut("h")
                .unwrap()
                .forget(later + Duration::from_secs(86_400))
        );
    }
}
