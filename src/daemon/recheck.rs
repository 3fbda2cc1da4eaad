//! When an article is looked at again: what the turn brought, made into values for the plan.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::settings::Source;
use crate::article::{Outcome, Revision};
use crate::schedule::{self, Budget, History, Interest};
use crate::store::{ArticleRow, Plan, Turn};
use crate::watch::{self, Watch};

/// An article that is gone is given up after so long: sites do answer 404 for an hour while they
/// deploy.
const GONE_FOR_GOOD: Duration = Duration::from_secs(12 * 3600);

/// Two looks farther apart teach nothing more: the daemon was down, or a clock jumped.
const LONGEST_GAP: Duration = Duration::from_secs(8 * 24 * 3600);

/// What the plan is asked about.
pub(super) struct Look<'a> {
    pub(super) source: &'a Source,
    pub(super) watches: &'a [Watch],
    pub(super) article: &'a ArticleRow,
    /// Bad outcomes in a row before this turn.
    pub(super) failures: u32,
    /// Since when the article has been gone, before this turn.
    pub(super) gone_since: Option<Timestamp>,
    /// Name of the host, and the looks an hour it bears.
    pub(super) host: &'a str,
    pub(super) most: f64,
}

impl Look<'_> {
    /// Enters the plan into the turn and returns how long to wait for the next; `None`: for ever.
    pub(super) fn plan(&self, turn: &mut Turn, budget: &mut Budget) -> Option<Duration> {
        let now = turn.fetch.time;
        let good = matches!(turn.fetch.outcome, Outcome::Content | Outcome::Unchanged);
        let changed = turn.change.as_ref().map(|change| &change.revision);
        let (history, watched) = self.learn(good, changed, now);
        let interest = Interest {
            listed: self.article.listed,
            watched,
        };
        let before = self.article.plan.map_or(1.0, |plan| plan.stretch);
        let mut stretch = 1.0;
        let every = match self.source.fixed_recheck() {
            Some(every) if turn.is_source || !self.settled(changed.is_some(), now) => Some(every),
            Some(_) => None,
            None => history.next_look(interest).map(|wait| {
                let source = &self.source.config.id;
                stretch = budget.looked(self.host, source, before, self.most, Instant::now());
                wait.mul_f64(stretch)
            }),
        };
        if good {
            turn.plan = Some(Plan {
                checked: now,
                changes: history.changes,
                seconds: history.seconds,
                stretch,
                watched,
            });
        }
        let wait = match turn.fetch.outcome {
            _ if good => every?,
            Outcome::Gone if !turn.is_source && self.gone_for_good(now) => return None,
            // What cannot be seen is no reason to let an article go.
            _ => schedule::after_failure(every.unwrap_or(schedule::RAREST), self.failures + 1),
        };
        Some(schedule::jittered(wait, fastrand::f64()))
    }

    fn learn(&self, good: bool, changed: Option<&Revision>, now: Timestamp) -> (History, bool) {
        let watched = match (changed, &self.article.plan) {
            (Some(revision), _) => self.picked_out(revision),
            (None, plan) => plan.is_some_and(|plan| plan.watched),
        };
        let history = match &self.article.plan {
            Some(plan) => {
                let known = History {
                    changes: plan.changes,
                    seconds: plan.seconds,
                };
                let gap = since(plan.checked, now).min(LONGEST_GAP);
                match good {
                    true => known.looked(gap, changed.is_some()),
                    false => known,
                }
            }
            None => History::new(self.age(changed, now)),
        };
        (history, watched)
    }

    /// How old it is at the first look that brings content: since it changed last by its own
    /// word, or since it was found.
    fn age(&self, first: Option<&Revision>, now: Timestamp) -> Duration {
        let own = first
            .into_iter()
            .flat_map(|revision| [&revision.published, &revision.modified])
            .flatten()
            .filter_map(|date| moment(date))
            .filter(|date| *date <= now)
            .max();
        let known = self.article.changed.unwrap_or(self.article.found);
        since(own.unwrap_or(known), now)
    }

    fn picked_out(&self, revision: &Revision) -> bool {
        let config = &self.source.config;
        let lead = revision.text.split("\n\n").next().unwrap_or_default();
        let text = format!("{}\n{lead}", revision.title);
        watch::picks_out(self.watches, &config.id, &config.tags, &text)
    }

    /// Nothing has happened with it for so long that no fixed interval keeps it.
    fn settled(&self, changed: bool, now: Timestamp) -> bool {
        let last = self.article.changed.unwrap_or(self.article.found);
        !changed && !self.article.listed && since(last, now) > schedule::SETTLED
    }

    fn gone_for_good(&self, now: Timestamp) -> bool {
        self.gone_since
            .is_some_and(|first| since(first, now) >= GONE_FOR_GOOD)
    }
}

/// A page's own date, with or without a time.
fn moment(date: &str) -> Option<Timestamp> {
    date.parse().ok().or_else(|| {
        let day: jiff::civil::Date = date.parse().ok()?;
        let midnight = day.at(0, 0, 0, 0);
        jiff::tz::TimeZone::UTC.to_timestamp(midnight).ok()
    })
}

/// No time at all where the clock has gone back.
fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(earlier)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
#[path = "recheck_tests.rs"]
mod tests;
