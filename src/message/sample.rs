//! An alert to try templates and receivers on.

use jiff::Timestamp;

use crate::alert::{Alert, RevisionPair, StoryRef, VERSION};
use crate::article::{Evidence, Kind, Modality, Quantity};

/// A whole alert about nothing real, that says so. `now` makes its id one of its own.
pub fn sample(now: Timestamp) -> Alert {
    Alert {
        v: VERSION,
        id: format!("al_test{:013x}", now.as_millisecond()),
        time: now,
        watch: "test".to_owned(),
        watches: vec!["test".to_owned()],
        kind: Kind::Cancelled,
        headline: "This is a test: harbour summit called off".to_owned(),
        summary: "Test of wirewatch. Harbour summit: scheduled -> cancelled (the port authority)"
            .to_owned(),
        subject: "Harbour summit".to_owned(),
        from: Some("scheduled".to_owned()),
        to: "cancelled".to_owned(),
        modality: Modality::Actual,
        attribution: Some("the port authority".to_owned()),
        quantity: Some(Quantity {
            referent: "delegates".to_owned(),
            old: Some("40".to_owned()),
            new: Some("0".to_owned()),
            bound: Some("exact".to_owned()),
        }),
        when: None,
        evidence: Evidence {
            new: Some(
                "The harbour summit has been called off, the port authority said.".to_owned(),
            ),
            old: Some("The harbour summit will open on Monday.".to_owned()),
            trigger: "called off".to_owned(),
        },
        confidence: 0.99,
        source: "test".to_owned(),
        url: "https://example.org/harbour-summit".to_owned(),
        published: Some("2026-11-20T09:12:00Z".to_owned()),
        revision: RevisionPair {
            old: Some("0".repeat(64)),
            new: "1".repeat(64),
        },
        story: StoryRef {
            id: "st_test".to_owned(),
            title: "Harbour summit".to_owned(),
            articles: 1,
            sources: 1,
        },
        corroborated_by: Vec::new(),
        health: None,
        archive: None,
    }
}
