//! Every metric: its name, what it is, its unit and its labels, in one place. The docs' table is
//! made of this, and the dashboard is held against it.

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Only grows, until a restart.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size; the upper bounds of its buckets, in the metric's unit.
    Histogram(&'static [f64]),
}

/// A metric as it is exposed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its whole name, the unit in it as Prometheus wants.
    pub name: &'static str,
    /// What it is.
    pub shape: Shape,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence, the unit included.
    pub help: &'static str,
}

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        shape: Shape::Counter,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric {
        name,
        shape: Shape::Gauge,
        labels,
        help,
    }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    bounds: &'static [f64],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        shape: Shape::Histogram(bounds),
        labels,
        help,
    }
}

/// For what the network takes, in seconds.
const FETCHING: &[f64] = &[
    0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 4.0, 7.0, 15.0, 30.0, 60.0,
];
/// For what this machine takes, in seconds.
const WORKING: &[f64] = &[
    0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0,
];
/// For what waits for receivers, in seconds.
const DELIVERING: &[f64] = &[
    0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0,
];

pub(super) const FETCHES: Metric = counter(
    "wirewatch_fetches_total",
    &["kind", "outcome"],
    "Fetches ended, of articles and of lists of articles, by what they brought.",
);
pub(super) const BYTES: Metric = counter(
    "wirewatch_fetched_bytes_total",
    &["kind"],
    "Bytes of the bodies fetched, after decompression.",
);
pub(super) const FETCH_TIME: Metric = histogram(
    "wirewatch_fetch_duration_seconds",
    &["kind"],
    FETCHING,
    "Seconds from the request to the end of the answer, redirects and waiting for the host included.",
);
pub(super) const PASSED_OVER: Metric = counter(
    "wirewatch_passed_over_total",
    &["by"],
    "Fetches that did not have to be read: 304 (not_modified), the bytes of the last time (same_bytes), or a page on which the article stands as it stood (same_region).",
);
pub(super) const TURN_TIME: Metric = histogram(
    "wirewatch_turn_duration_seconds",
    &["kind"],
    FETCHING,
    "Seconds a turn took: fetch, reading, detection and commit.",
);
pub(super) const TURNS_FAILED: Metric = counter(
    "wirewatch_turns_failed_total",
    &["why"],
    "Turns that came to no outcome: panicked, stuck (given up), or the store failed.",
);
pub(super) const LAG: Metric = histogram(
    "wirewatch_schedule_lag_seconds",
    &[],
    WORKING,
    "Seconds from when a job was due and its host free until it was started.",
);
pub(super) const ALERTS: Metric = counter(
    "wirewatch_alerts_total",
    &["kind"],
    "Alerts committed, by kind of development.",
);
pub(super) const ALERT_LATENCY: Metric = histogram(
    "wirewatch_alert_latency_seconds",
    &[],
    WORKING,
    "Seconds from the end of the fetch that showed a development until its alert was committed.",
);
pub(super) const DELIVERIES: Metric = counter(
    "wirewatch_deliveries_total",
    &["notifier", "result"],
    "Deliveries by notifier: delivered, failed (an attempt, which is repeated), or dead (given up).",
);
pub(super) const DELIVERY_LATENCY: Metric = histogram(
    "wirewatch_delivery_latency_seconds",
    &["notifier"],
    DELIVERING,
    "Seconds from the commit of an alert until the notifier acknowledged it, digests and quiet hours included.",
);
pub(super) const OUTSTANDING: Metric = gauge(
    "wirewatch_deliveries_outstanding",
    &["notifier"],
    "Deliveries not acknowledged yet.",
);
pub(super) const SOURCES: Metric = gauge("wirewatch_sources", &[], "Sources of the config.");
pub(super) const QUEUED: Metric = gauge(
    "wirewatch_queue_jobs",
    &[],
    "Sources and articles in the queue: those due soon, and those under way.",
);
pub(super) const QUEUE_HOSTS: Metric = gauge(
    "wirewatch_queue_hosts",
    &[],
    "Hosts that the jobs in the queue belong to.",
);
pub(super) const RUNNING: Metric = gauge("wirewatch_turns_running", &[], "Turns under way.");
pub(super) const SUSPECTS: Metric = gauge(
    "wirewatch_turns_suspect",
    &[],
    "Turns under way at hosts whose last request got no answer.",
);
pub(super) const OVERDUE: Metric = gauge(
    "wirewatch_overdue_jobs",
    &["kind"],
    "Jobs that are due and wait for their host, as of the last minute.",
);
pub(super) const OVERDUE_TIME: Metric = gauge(
    "wirewatch_overdue_longest_seconds",
    &["kind"],
    "Seconds that the longest of the overdue jobs has waited, as of the last minute.",
);
pub(super) const PAUSED_HOSTS: Metric = gauge(
    "wirewatch_hosts_paused",
    &[],
    "Hosts that want to be left alone for now, as of the last minute.",
);
pub(super) const STORE_COMMIT: Metric = gauge(
    "wirewatch_store_commit_seconds",
    &[],
    "Seconds the store took for the commit it is asked for once a minute; NaN if it did not answer.",
);
pub(super) const STORE_BYTES: Metric = gauge(
    "wirewatch_store_bytes",
    &["file"],
    "Bytes of the database and of its write-ahead log (wal).",
);
pub(super) const DISK_FREE: Metric = gauge(
    "wirewatch_disk_free_bytes",
    &[],
    "Bytes free on the database's disk.",
);
pub(super) const TROUBLES: Metric = gauge(
    "wirewatch_troubles",
    &["of"],
    "Troubles that were told and go on, of sources, notifiers and the daemon.",
);
pub(super) const READY: Metric = gauge(
    "wirewatch_ready",
    &[],
    "1 where /readyz would answer 200, else 0.",
);
pub(super) const RELOADS: Metric = counter(
    "wirewatch_reloads_total",
    &["result"],
    "Reloads of the config: taken up (done) or refused.",
);
pub(super) const BUILD: Metric = gauge(
    "wirewatch_build_info",
    &["version"],
    "1, with the version of the program.",
);
pub(super) const MEMORY: Metric = gauge(
    "process_resident_memory_bytes",
    &[],
    "Bytes of memory that the process holds.",
);
pub(super) const STARTED: Metric = gauge(
    "process_start_time_seconds",
    &[],
    "When the daemon started, in seconds since 1970.",
);

/// All of them, in the order of the docs.
pub const ALL: [Metric; 29] = [
    FETCHES,
    BYTES,
    FETCH_TIME,
    PASSED_OVER,
    TURN_TIME,
    TURNS_FAILED,
    LAG,
    ALERTS,
    ALERT_LATENCY,
    DELIVERIES,
    DELIVERY_LATENCY,
    OUTSTANDING,
    SOURCES,
    QUEUED,
    QUEUE_HOSTS,
    RUNNING,
    SUSPECTS,
    OVERDUE,
    OVERDUE_TIME,
    PAUSED_HOSTS,
    STORE_COMMIT,
    STORE_BYTES,
    DISK_FREE,
    TROUBLES,
    READY,
    RELOADS,
    BUILD,
    MEMORY,
    STARTED,
];

impl Metric {
    /// Its shape in a word, as the exposition names it.
    pub fn shape_name(&self) -> &'static str {
        match self.shape {
            Shape::Counter => "counter",
            Shape::Gauge => "gauge",
            Shape::Histogram(_) => "histogram",
        }
    }
}
