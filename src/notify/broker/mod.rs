//! What the notifiers that speak to a broker have in common: what they send, over which TLS, and
//! how long they wait.

mod payload;
mod tls;

use std::time::Duration;

use super::Failure;
use crate::config;
pub(super) use payload::Payload;
pub(super) use tls::tls;

/// Names the message in headers and properties, for the receiver to know it again.
#[cfg(any(feature = "kafka", feature = "mqtt"))]
pub(super) const ID: &str = "wirewatch-id";

/// How long one attempt may take: a little less than the courier gives it, so that what has been
/// found out by then is said.
pub(super) fn patience(given: Option<&config::Delivery>) -> Duration {
    let timeout = given.map_or(Duration::from_secs(20), |delivery| delivery.timeout);
    timeout.mul_f64(0.9)
}

/// Ends what takes too long. `what` has not come.
pub(super) async fn in_time<T>(
    patience: Duration,
    what: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done,
        Err(_) => Err(Failure::later(format!(
            "no {what} within {:.1} s",
            patience.as_secs_f64()
        ))),
    }
}

/// An error and its causes on one line, each said once.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
