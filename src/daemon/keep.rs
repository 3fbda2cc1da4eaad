//! Keeping the page behind an alert, before the alert is committed.
//!
//! A page that cannot be kept holds up nothing: its alert goes out without an address in the archive,
//! and the trouble is told once, as health of the daemon.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::reading::Fresh;
use super::settings::Settings;
use super::shared::Shared;
use crate::archive::{self, ArchiveError, Page};
use crate::config::{self, ArchiveKind};
use crate::health::Sign;
use crate::store::{Judged, Signs};

/// What troubles call it.
const WHAT: &str = "archive";

impl Shared {
    /// From now on keeps pages as the config says. Returns how many alerts that led to.
    pub(super) async fn set_archive(self: &Arc<Self>, settings: &Settings) -> usize {
        let wanted = wanted(&settings.config.store);
        let shared = self.clone();
        let done = tokio::task::spawn_blocking(move || shared.archive.follow(wanted)).await;
        match done {
            Ok(done) => self.note_archive(settings, done.err()).await,
            Err(error) => {
                tracing::error!(%error, "the archive cannot be opened");
                0
            }
        }
    }

    /// Keeps the page behind the alerts among `developments`, if there are any, and tells them
    /// where. Returns how many alerts the archive's own health led to.
    pub(super) async fn keep_page(
        &self,
        settings: &Settings,
        fresh: &Fresh,
        source: &str,
        time: Timestamp,
        developments: &mut [Judged],
    ) -> usize {
        let alerts = || developments.iter().filter_map(|d| d.alert.as_ref());
        if alerts().next().is_none() || !self.archive.is_on() {
            return 0;
        }
        let ids: Vec<String> = alerts().map(|new| new.alert.id.clone()).collect();
        let page = page(fresh, source, time, &ids);
        let archive = self.archive.clone();
        let kept = match tokio::task::spawn_blocking(move || archive.keep(&page)).await {
            Ok(Ok(kept)) => Ok(kept),
            Ok(Err(error)) => Err(Some(error)),
            Err(error) => {
                tracing::error!(%error, "please report this; the page is not kept");
                Err(None)
            }
        };
        match kept {
            Ok(kept) => {
                for new in developments.iter_mut().filter_map(|d| d.alert.as_mut()) {
                    new.alert.archive.clone_from(&kept);
                }
                self.note_archive(settings, None).await
            }
            Err(Some(error)) => self.note_archive(settings, Some(error)).await,
            Err(None) => 0,
        }
    }

    /// Enters how the archive does, if that has changed.
    async fn note_archive(&self, settings: &Settings, error: Option<ArchiveError>) -> usize {
        let failing = error.is_some();
        let before = *self.archive_failing();
        if before == Some(failing) {
            return 0;
        }
        let sign = match &error {
            Some(error) => {
                tracing::error!(%error, "alerts go out without their pages");
                Sign::ill(WHAT, "failing", error.to_string(), 1)
            }
            None => Sign::well(WHAT),
        };
        let signs = Signs {
            subject: "daemon".to_owned(),
            source: None,
            signs: vec![sign],
            notifiers: settings.told_of_troubles(),
        };
        match self.store.note_signs(signs, Timestamp::now()).await {
            Ok(alerts) => {
                if before == Some(true) {
                    tracing::info!("pages are kept again");
                }
                *self.archive_failing() = Some(failing);
                alerts
            }
            Err(error) => {
                tracing::error!(%error, "the archive's health cannot be recorded");
                0
            }
        }
    }

    /// Whether the last page could not be kept; `None` before the first.
    fn archive_failing(&self) -> std::sync::MutexGuard<'_, Option<bool>> {
        let failing = self.archive_failing.lock();
        failing.unwrap_or_else(PoisonError::into_inner)
    }
}

fn wanted(store: &config::Store) -> Option<archive::Settings> {
    (store.archive == ArchiveKind::Warc).then(|| archive::Settings {
        folder: store.archive_path.clone(),
        age: store.keep_archive,
        size: store.keep_archive_size,
        roll: archive::ROLL,
    })
}

fn page(fresh: &Fresh, source: &str, time: Timestamp, alerts: &[String]) -> Page {
    let mut about = vec![("source", source.to_owned())];
    if fresh.requested != fresh.landed {
        about.push(("via", fresh.requested.to_string()));
    }
    about.extend(alerts.iter().map(|id| ("alert", id.clone())));
    let headers = fresh.head.headers.iter();
    let (body, rendered) = match &fresh.sent {
        Some(sent) => (sent.clone(), Some(fresh.bytes.clone())),
        None => (fresh.bytes.clone(), None),
    };
    Page {
        url: fresh.landed.to_string(),
        time,
        status: fresh.status,
        http2: fresh.head.http2,
        peer: fresh.head.peer,
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        body,
        rendered,
        about,
    }
}
