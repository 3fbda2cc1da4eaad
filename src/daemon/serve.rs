//! What the web server is told by, and where it listens.

use super::service::Service;
use crate::metrics::{self, Load};
use crate::web;

impl Service {
    /// What the web server answers by. From the first call on, figures are kept.
    pub(super) fn web_state(&self) -> Result<web::State, String> {
        let shown = metrics::install().map_err(|e| e.to_string())?;
        metrics::started(self.started.as_second());
        for notifier in &self.settings.config.notifiers {
            metrics::notifier(&notifier.name);
        }
        let (store, asked) = (self.shared.store.clone(), self.asked.clone());
        Ok(web::State::new(store, asked, shown))
    }

    /// How the main loop does.
    pub(super) fn answer(&self) -> web::Answer {
        web::Answer {
            load: Load {
                sources: self.settings.sources.len(),
                queued: self.queue.len(),
                hosts: self.queue.hosts(),
                running: self.turns.len(),
                suspects: self.suspects.len(),
            },
            synced: self.synced,
            outage: self
                .shared
                .storing
                .outage()
                .map(|outage| outage.trouble().detail),
        }
    }

    /// Makes the web server follow the settings.
    pub(super) async fn follow_web(&mut self) -> Result<(), String> {
        let Some(address) = self.settings.config.web.listen else {
            self.web.stop().await;
            return Ok(());
        };
        let state = self.web_state()?;
        let moved = self.web.move_to(address, state).await;
        moved.map_err(|e| e.to_string())
    }
}
