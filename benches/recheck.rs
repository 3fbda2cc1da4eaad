//! The recheck plan against fixed intervals: how long after a change is it seen, at the same number
//! of fetches?
//!
//! Changes are simulated, seeded, in several mixes of articles; every article is published, found
//! at once and followed for four weeks. The fixed interval looks at every article all that time;
//! the plan is stretched or squeezed (as a host's budget does) until it has made as many looks. A
//! change that nobody looked after counts with the time to the end. Prints a table:
//! `cargo bench --bench recheck`.

use std::time::Duration;

use wirewatch::schedule::{History, Interest, RAREST, jittered};

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
const FOLLOWED: f64 = 28.0 * DAY;
const ARTICLES: usize = 2_000;

/// When an article changes, in seconds after publication, sorted.
type Changes = Vec<f64>;
type Kind = fn(&mut fastrand::Rng) -> Changes;

fn exponential(random: &mut fastrand::Rng, mean: f64) -> f64 {
    -mean * (1.0 - random.f64()).ln()
}

fn between(random: &mut fastrand::Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * random.f64()
}

/// Changes at a steady rate, `mean` apart.
fn steady(random: &mut fastrand::Rng, mean: f64, from: f64, to: f64) -> Changes {
    let mut changes = Vec::new();
    let mut at = from + exponential(random, mean);
    while at < to {
        changes.push(at);
        at += exponential(random, mean);
    }
    changes
}

/// A story that breaks: many changes in its first hours, and often once more some days later.
fn breaking(random: &mut fastrand::Rng) -> Changes {
    let length = between(random, 4.0, 24.0) * HOUR;
    let mean = between(random, 0.17, 0.67) * HOUR;
    let mut changes = steady(random, mean, 0.0, 0.3 * length);
    changes.extend(steady(random, 2.5 * mean, 0.3 * length, length));
    if random.f64() < 0.4 {
        let again = between(random, 1.0, 7.0) * DAY;
        let end = again + between(random, 2.0, 8.0) * HOUR;
        changes.extend(steady(random, 1.6 * mean, again, end));
    }
    changes
}

/// Up to three changes, soon.
fn ordinary(random: &mut fastrand::Rng) -> Changes {
    let count = [0, 0, 1, 1, 2, 3][random.usize(..6)];
    (0..count)
        .map(|_| exponential(random, 3.0 * HOUR))
        .collect()
}

/// Up to two changes, within days.
fn feature(random: &mut fastrand::Rng) -> Changes {
    let count = [0, 0, 1, 2][random.usize(..4)];
    (0..count).map(|_| exponential(random, 2.0 * DAY)).collect()
}

/// An ordinary one, corrected days later.
fn corrected(random: &mut fastrand::Rng) -> Changes {
    let mut changes = ordinary(random);
    changes.push(DAY + exponential(random, 3.0 * DAY));
    changes
}

/// Kept up to date as long as it stands.
fn evergreen(random: &mut fastrand::Rng) -> Changes {
    let mean = between(random, 2.0, 7.0) * DAY;
    steady(random, mean, 0.0, FOLLOWED)
}

/// Shares of the kinds in a mix, in percent.
const MIXES: [(&str, &[(Kind, u32)]); 5] = [
    (
        "a desk's usual day",
        &[
            (breaking, 8),
            (ordinary, 64),
            (feature, 15),
            (corrected, 10),
            (evergreen, 3),
        ],
    ),
    ("much breaking news", &[(breaking, 50), (ordinary, 50)]),
    (
        "slow features",
        &[
            (ordinary, 20),
            (feature, 60),
            (corrected, 15),
            (evergreen, 5),
        ],
    ),
    ("corrections days later", &[(ordinary, 30), (corrected, 70)]),
    ("evergreen pages", &[(ordinary, 40), (evergreen, 60)]),
];

fn population(kinds: &[(Kind, u32)], random: &mut fastrand::Rng) -> Vec<Changes> {
    let whole: u32 = kinds.iter().map(|(_, share)| share).sum();
    let one = |random: &mut fastrand::Rng| {
        let pick = random.u32(..whole);
        let mut upto = 0;
        let (kind, _) = kinds[kinds
            .iter()
            .position(|(_, share)| {
                upto += share;
                pick < upto
            })
            .unwrap_or(0)];
        let mut changes = kind(random);
        changes.retain(|at| *at < FOLLOWED);
        changes.sort_by(f64::total_cmp);
        changes
    };
    (0..ARTICLES).map(|_| one(random)).collect()
}

/// What following a population came to.
struct Result {
    delays: Vec<f64>,
    looks: usize,
    unseen: usize,
}

impl Result {
    fn mean(&self) -> f64 {
        self.delays.iter().sum::<f64>() / self.delays.len() as f64
    }

    fn share(&self, share: f64) -> f64 {
        self.delays[(share * (self.delays.len() - 1) as f64) as usize]
    }
}

/// Looks at every article as `next` says, from what the looks so far showed.
fn follow(population: &[Changes], next: impl Fn(History) -> Option<Duration>) -> Result {
    let mut random = fastrand::Rng::with_seed(7);
    let mut result = Result {
        delays: Vec::new(),
        looks: 0,
        unseen: 0,
    };
    for changes in population {
        let mut history = History::new(Duration::ZERO);
        let (mut now, mut seen) = (0.0, 0);
        result.looks += 1;
        while let Some(wait) = next(history) {
            let wait = jittered(wait, random.f64());
            now += wait.as_secs_f64();
            if now >= FOLLOWED {
                break;
            }
            result.looks += 1;
            let before = seen;
            while let Some(at) = changes.get(seen).filter(|at| **at <= now) {
                result.delays.push(now - at);
                seen += 1;
            }
            history = history.looked(wait, seen > before);
        }
        let rest = &changes[seen..];
        result.unseen += rest.len();
        result.delays.extend(rest.iter().map(|at| FOLLOWED - at));
    }
    result.delays.sort_by(f64::total_cmp);
    result
}

fn planned(population: &[Changes], stretch: f64) -> Result {
    follow(population, |history| {
        let wait = history.next_look(Interest::default());
        // Whatever the stretch, the plan's own bounds decide when an article is let go.
        wait.map(|wait| wait.min(RAREST).mul_f64(stretch))
    })
}

/// The plan with as many looks as `looks`.
fn planned_at_cost(population: &[Changes], looks: usize) -> Result {
    let (mut low, mut high) = (0.01_f64, 100.0_f64);
    for _ in 0..24 {
        let middle = (low * high).sqrt();
        match planned(population, middle).looks > looks {
            true => low = middle,
            false => high = middle,
        }
    }
    planned(population, high)
}

fn main() {
    println!("Delay until a change is seen, in minutes, at the same number of looks.\n");
    println!(
        "{:<24}{:>8}{:>8} |{:>8}{:>8}{:>8} |{:>8}{:>8}{:>8} |{:>7}{:>7}",
        "", "every", "looks", "fixed", "", "", "plan", "", "", "ratio", ""
    );
    println!(
        "{:<24}{:>8}{:>8} |{:>8}{:>8}{:>8} |{:>8}{:>8}{:>8} |{:>7}{:>7}",
        "mix", "min", "a page", "mean", "p95", "unseen", "mean", "p95", "unseen", "mean", "p95"
    );
    for (name, kinds) in MIXES {
        let population = population(kinds, &mut fastrand::Rng::with_seed(1));
        for every in [1.0, 3.0] {
            let wait = Duration::from_secs_f64(every * HOUR);
            let fixed = follow(&population, |_| Some(wait));
            let plan = planned_at_cost(&population, fixed.looks);
            println!(
                "{name:<24}{:>8.0}{:>8.0} |{:>8.1}{:>8.1}{:>8} |{:>8.1}{:>8.1}{:>8} |{:>7.2}{:>7.2}",
                every * 60.0,
                fixed.looks as f64 / ARTICLES as f64,
                fixed.mean() / 60.0,
                fixed.share(0.95) / 60.0,
                fixed.unseen,
                plan.mean() / 60.0,
                plan.share(0.95) / 60.0,
                plan.unseen,
                plan.mean() / fixed.mean(),
                plan.share(0.95) / fixed.share(0.95),
            );
        }
        let own = planned(&population, 1.0);
        println!(
            "{:<24}{:>8}{:>8.0} |{:>8}{:>8}{:>8} |{:>8.1}{:>8.1}{:>8} |",
            "  as it is",
            "",
            own.looks as f64 / ARTICLES as f64,
            "",
            "",
            "",
            own.mean() / 60.0,
            own.share(0.95) / 60.0,
            own.unseen,
        );
    }
}
