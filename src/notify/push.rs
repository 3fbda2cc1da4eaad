//! What the push services, syslog and the journal share: whether a message is urgent.
//!
//! Pure.

use crate::article::Kind;
use crate::config;
use crate::message::Message;

/// How loud a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loudness {
    /// A development, or a trouble that is over.
    News,
    /// A trouble begins.
    Trouble,
    /// One of its kinds is among those the operator calls urgent.
    Urgent,
}

/// The loudest of what a message tells.
pub(super) fn loudness(message: &Message, given: Option<&config::Delivery>) -> Loudness {
    let mut loudest = Loudness::News;
    for alert in message.alerts.iter().map(|told| &told.alert) {
        let urgent = given.is_some_and(|d| {
            d.urgent.iter().any(|wanted| {
                let own = alert.kind == Kind::Other && wanted.name() == alert.to;
                own || wanted.name() == alert.kind.as_str()
            })
        });
        let begins = alert.health.as_ref().is_some_and(|health| !health.ended);
        match (urgent, begins) {
            (true, _) => return Loudness::Urgent,
            (false, true) => loudest = Loudness::Trouble,
            (false, false) => {}
        }
    }
    loudest
}

/// The message taken apart, one alert each: for what keeps lines and entries.
pub(super) fn one_by_one(message: &Message) -> impl Iterator<Item = Message> {
    message.alerts.iter().map(|told| Message {
        alerts: vec![told.clone()],
        ..message.clone()
    })
}

/// Severity as syslog counts: critical, warning, notice.
pub(super) fn severity(loudness: Loudness) -> u8 {
    match loudness {
        Loudness::Urgent => 2,
        Loudness::Trouble => 4,
        Loudness::News => 5,
    }
}
