//! Where the daemon's own log goes: journald under systemd, readable lines on a terminal, JSON
//! Lines otherwise.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::traces::SpanLayer;

/// Sets up the log. `level` is a level or a filter as in `RUST_LOG`; `spans` takes in spans beside it.
pub(super) fn init(level: &str, spans: Option<SpanLayer>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(level)
        .map_err(|e| anyhow::anyhow!("--log {level}: {e}; try info, debug or wirewatch=debug"))?;
    let layer = match journald() {
        Some(journald) => journald.boxed(),
        None if std::io::stderr().is_terminal() => fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false)
            .boxed(),
        None => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    let mut layers = vec![layer.with_filter(filter).boxed()];
    layers.extend(spans);
    tracing_subscriber::registry().with(layers).init();
    Ok(())
}

/// journald, if standard error goes there already.
fn journald() -> Option<tracing_journald::Layer> {
    std::env::var_os("JOURNAL_STREAM")?;
    if std::io::stderr().is_terminal() {
        return None;
    }
    tracing_journald::layer().ok()
}
