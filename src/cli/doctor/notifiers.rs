//! Whether each notifier can be reached.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::Finding;
use crate::config::{Config, Notifier, NotifierKind};
use crate::notify;

/// Notifiers asked side by side.
const AT_ONCE: usize = 8;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks each notifier whether it could deliver; offline only those that need no network.
pub(super) async fn look(config: &Config, offline: bool) -> Vec<Finding> {
    let asked = config.notifiers.iter().filter(|notifier| {
        let local = matches!(
            notifier.kind,
            NotifierKind::Log(_) | NotifierKind::Stdout(_)
        );
        local || !offline
    });
    stream::iter(asked)
        .map(ask)
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn ask(notifier: &Notifier) -> Finding {
    let what = format!("notifier {}", notifier.name);
    let mut way = match notify::build(notifier) {
        Ok(way) => way,
        Err(why) => return Finding::fail(what, why, ""),
    };
    let fix =
        "mend its table in the config, or its receiver; `wirewatch notify-test` sends a sample";
    match timeout(PATIENCE, way.probe()).await {
        Ok(Ok(found)) => Finding::ok(what, found),
        Ok(Err(failure)) => Finding::fail(what, failure.reason().to_owned(), fix),
        Err(_) => {
            let detail = format!("no answer within {} s", PATIENCE.as_secs());
            Finding::fail(what, detail, fix)
        }
    }
}
