//! Figures for Prometheus: recorded where things happen, by a function each.
//!
//! [`list`] has every name. Labels are few and bounded: never a URL or a source. Until [`install`]
//! is called nothing is kept, and recording costs next to nothing. May use the nouns of
//! [`crate::article`]; knows nothing of who calls it, and does no I/O.

pub mod list;

use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::article::{Kind, Outcome};
use list::Shape;

/// What was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// An article.
    Article,
    /// A feed, a section or a sitemap: a source that lists articles.
    List,
}

impl Page {
    const ALL: [Page; 2] = [Page::Article, Page::List];

    fn as_str(self) -> &'static str {
        match self {
            Page::Article => "article",
            Page::List => "list",
        }
    }
}

/// Why a page did not have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// The server said 304.
    NotModified,
    /// The bytes were those of the last time.
    SameBytes,
    /// The article's part of the page was the same.
    SameRegion,
}

impl PassedOver {
    fn as_str(self) -> &'static str {
        match self {
            PassedOver::NotModified => "not_modified",
            PassedOver::SameBytes => "same_bytes",
            PassedOver::SameRegion => "same_region",
        }
    }
}

/// Why a turn came to no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnFailed {
    /// It panicked.
    Panicked,
    /// It did not end, and was given up.
    Stuck,
    /// The store failed it.
    Store,
}

impl TurnFailed {
    fn as_str(self) -> &'static str {
        match self {
            TurnFailed::Panicked => "panicked",
            TurnFailed::Stuck => "stuck",
            TurnFailed::Store => "store",
        }
    }
}

/// What an attempt to deliver came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The notifier acknowledged it.
    Delivered,
    /// An attempt failed; it is repeated.
    Failed,
    /// It was given up.
    Dead,
}

impl Delivery {
    const ALL: [Delivery; 3] = [Delivery::Delivered, Delivery::Failed, Delivery::Dead];

    fn as_str(self) -> &'static str {
        match self {
            Delivery::Delivered => "delivered",
            Delivery::Failed => "failed",
            Delivery::Dead => "dead",
        }
    }
}

/// A fetch ended. `bytes`: of the body, after decompression.
pub fn fetched(page: Page, outcome: Outcome, bytes: u64, took: Duration) {
    let kind = page.as_str();
    counter!(list::FETCHES.name, "kind" => kind, "outcome" => outcome.as_str()).increment(1);
    counter!(list::BYTES.name, "kind" => kind).increment(bytes);
    histogram!(list::FETCH_TIME.name, "kind" => kind).record(took);
}

/// What was fetched did not have to be read.
pub fn passed_over(by: PassedOver) {
    counter!(list::PASSED_OVER.name, "by" => by.as_str()).increment(1);
}

/// A turn ended, however.
pub fn turn_ended(page: Page, took: Duration) {
    histogram!(list::TURN_TIME.name, "kind" => page.as_str()).record(took);
}

/// A turn came to no outcome.
pub fn turn_failed(why: TurnFailed) {
    counter!(list::TURNS_FAILED.name, "why" => why.as_str()).increment(1);
}

/// A job was started so long after it was due and its host free.
pub fn started_late(by: Duration) {
    histogram!(list::LAG.name).record(by);
}

/// Alerts of a kind were committed.
pub fn alerts(kind: Kind, count: usize) {
    if count > 0 {
        counter!(list::ALERTS.name, "kind" => kind.as_str()).increment(count as u64);
    }
}

/// An alert was committed so long after the end of the fetch that showed what it tells.
pub fn alert_committed_after(took: Duration) {
    histogram!(list::ALERT_LATENCY.name).record(took);
}

/// What attempts at so many deliveries to a notifier came to.
pub fn deliveries(notifier: &str, result: Delivery, count: usize) {
    counter!(list::DELIVERIES.name, "notifier" => notifier.to_owned(), "result" => result.as_str())
        .increment(count as u64);
}

/// A notifier acknowledged an alert so long after it was committed.
pub fn delivered_after(notifier: &str, took: Duration) {
    histogram!(list::DELIVERY_LATENCY.name, "notifier" => notifier.to_owned()).record(took);
}

/// A notifier has so many deliveries to acknowledge.
pub fn outstanding(notifier: &str, count: u64) {
    gauge!(list::OUTSTANDING.name, "notifier" => notifier.to_owned()).set(count as f64);
}

/// A notifier is there, though nothing has been delivered to it yet.
pub fn notifier(name: &str) {
    for result in Delivery::ALL {
        deliveries(name, result, 0);
    }
    outstanding(name, 0);
}

/// A reload was taken up, or refused.
pub fn reloaded(taken_up: bool) {
    let result = if taken_up { "done" } else { "refused" };
    counter!(list::RELOADS.name, "result" => result).increment(1);
}

/// What the main loop has in hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Sources of the config.
    pub sources: usize,
    /// Jobs in the queue.
    pub queued: usize,
    /// Hosts these belong to.
    pub hosts: usize,
    /// Turns under way.
    pub running: usize,
    /// Of these, at hosts whose last request got no answer.
    pub suspects: usize,
}

/// What the main loop has in hand now.
pub fn load(load: Load) {
    gauge!(list::SOURCES.name).set(load.sources as f64);
    gauge!(list::QUEUED.name).set(load.queued as f64);
    gauge!(list::QUEUE_HOSTS.name).set(load.hosts as f64);
    gauge!(list::RUNNING.name).set(load.running as f64);
    gauge!(list::SUSPECTS.name).set(load.suspects as f64);
}

/// Jobs that are due and wait for their host, and the seconds the longest has waited.
pub fn overdue(page: Page, jobs: usize, longest: u64) {
    let kind = page.as_str();
    gauge!(list::OVERDUE.name, "kind" => kind).set(jobs as f64);
    gauge!(list::OVERDUE_TIME.name, "kind" => kind).set(longest as f64);
}

/// Hosts that want to be left alone.
pub fn paused_hosts(count: usize) {
    gauge!(list::PAUSED_HOSTS.name).set(count as f64);
}

/// How long the store took to commit; `None`: it did not.
pub fn store_commit(took: Option<Duration>) {
    gauge!(list::STORE_COMMIT.name).set(took.map_or(f64::NAN, |took| took.as_secs_f64()));
}

/// Bytes of the database, of its write-ahead log, and free on their disk.
pub fn store_sizes(database: u64, log: u64, free: Option<u64>) {
    gauge!(list::STORE_BYTES.name, "file" => "database").set(database as f64);
    gauge!(list::STORE_BYTES.name, "file" => "wal").set(log as f64);
    gauge!(list::DISK_FREE.name).set(free.map_or(f64::NAN, |free| free as f64));
}

/// Whose troubles are counted apart.
pub const TROUBLED: [&str; 3] = ["source", "notifier", "daemon"];

/// Troubles that go on. `of`: one of [`TROUBLED`].
pub fn troubles(of: &'static str, count: u64) {
    gauge!(list::TROUBLES.name, "of" => of).set(count as f64);
}

/// Whether the daemon does what it is there for.
pub fn ready(ready: bool) {
    gauge!(list::READY.name).set(f64::from(u8::from(ready)));
}

/// Bytes of memory held, if known.
pub fn memory(bytes: Option<u64>) {
    gauge!(list::MEMORY.name).set(bytes.map_or(f64::NAN, |bytes| bytes as f64));
}

/// When the daemon started, in seconds since 1970.
pub fn started(at: i64) {
    gauge!(list::STARTED.name).set(at as f64);
}

static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();

/// Counts single measurements into their buckets, so that they take no room; to be called every
/// minute or so.
pub fn upkeep() {
    if let Some(handle) = INSTALLED.get() {
        handle.run_upkeep();
    }
}

/// Begins to keep what is recorded, and returns what shows it; called again, the same.
///
/// Fails only by a mistake in [`list`].
pub fn install() -> Result<&'static PrometheusHandle, BuildError> {
    if let Some(handle) = INSTALLED.get() {
        return Ok(handle);
    }
    let recorder = builder()?.build_recorder();
    let handle = INSTALLED.get_or_init(|| recorder.handle());
    if ::metrics::set_global_recorder(recorder).is_ok() {
        begin();
    }
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for metric in list::ALL {
        if let Shape::Histogram(bounds) = metric.shape {
            let name = Matcher::Full(metric.name.to_owned());
            builder = builder.set_buckets_for_metric(name, bounds)?;
        }
    }
    Ok(builder)
}

/// Describes all, and sets to nothing what has bounded labels, so that a first event is seen as a
/// change.
fn begin() {
    for metric in list::ALL {
        match metric.shape {
            Shape::Counter => ::metrics::describe_counter!(metric.name, metric.help),
            Shape::Gauge => ::metrics::describe_gauge!(metric.name, metric.help),
            Shape::Histogram(_) => ::metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    for page in Page::ALL {
        let kind = page.as_str();
        for outcome in Outcome::ALL {
            let outcome = outcome.as_str();
            counter!(list::FETCHES.name, "kind" => kind, "outcome" => outcome).absolute(0);
        }
        counter!(list::BYTES.name, "kind" => kind).absolute(0);
        overdue(page, 0, 0);
    }
    use PassedOver::{NotModified, SameBytes, SameRegion};
    for by in [NotModified, SameBytes, SameRegion] {
        counter!(list::PASSED_OVER.name, "by" => by.as_str()).absolute(0);
    }
    for why in [TurnFailed::Panicked, TurnFailed::Stuck, TurnFailed::Store] {
        counter!(list::TURNS_FAILED.name, "why" => why.as_str()).absolute(0);
    }
    for kind in Kind::ALL.into_iter().chain([Kind::Health]) {
        counter!(list::ALERTS.name, "kind" => kind.as_str()).absolute(0);
    }
    for result in ["done", "refused"] {
        counter!(list::RELOADS.name, "result" => result).absolute(0);
    }
    gauge!(list::BUILD.name, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

#[cfg(test)]
mod tests;
