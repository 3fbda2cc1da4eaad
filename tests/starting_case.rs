//! The case that everything began with: a news page, at the same address, first announces a
//! meeting and then says that it is off, while all around the text changes at every request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "support/e2e/mod.rs"]
mod e2e;

use e2e::page::{Text, news};
use e2e::program::{EVERYTHING, Folder, HEAD, source};
use e2e::site::{Site, html};
use wirewatch::alert::Alert;
use wirewatch::article::Kind;

const ANNOUNCED: Text = Text {
    title: "Trump and Putin to hold summit in Budapest, White House says",
    paragraphs: &[
        "President Donald Trump and Russian President Vladimir Putin will meet in Budapest in the coming weeks, the White House announced on Thursday.",
        "The meeting in the Hungarian capital is meant to bring the war in Ukraine closer to an end, aides to both presidents said.",
        "Secretary of State Marco Rubio and Foreign Minister Sergei Lavrov are to prepare the agenda at a meeting of their own next week.",
        "Hungarian police have begun to plan road closures around the castle district, where hotels report a rush of bookings.",
        "The two leaders last sat down together in August at a military base in Alaska, and parted without a deal.",
    ],
};

const CALLED_OFF: Text = Text {
    title: "Trump-Putin summit in Budapest is off after a call between negotiators goes badly",
    paragraphs: &[
        "The Budapest meeting between Donald Trump and Vladimir Putin has been called off, the White House said on Tuesday.",
        "A telephone call between the two chief negotiators went badly, an official familiar with the conversation said, and neither side saw a reason to go on.",
        "A preparatory meeting of Secretary of State Marco Rubio and Foreign Minister Sergei Lavrov, planned for this week, was cancelled as well.",
        "Hungarian police have begun to plan road closures around the castle district, where hotels report a rush of bookings.",
        "The two leaders last sat down together in August at a military base in Alaska, and parted without a deal.",
    ],
};

const PAGE: &str = "/2025/10/summit-in-budapest/";

/// Whether an alert is about the negotiators' own meeting.
fn preparatory(subject: &str) -> bool {
    ["Rubio", "Lavrov", "preparatory"]
        .iter()
        .any(|word| subject.contains(word))
}

#[test]
fn a_meeting_called_off_is_told_once_amid_all_the_churn() {
    let site = Site::open();
    site.put(PAGE, |ask| html(&news(&ANNOUNCED, ask.nth)));
    let url = site.url(PAGE);
    let folder = Folder::new(&format!(
        "{HEAD}{EVERYTHING}{}",
        source("gazette", "article", &url)
    ));
    let daemon = folder.start();
    folder.wait_revisions(&url, 1);
    site.wait_polls(PAGE, 3);
    assert_eq!(folder.alerts("").len(), 0, "churn alone told something");
    assert_eq!(
        folder.revisions(&url).len(),
        1,
        "churn alone was a revision"
    );

    site.put(PAGE, |ask| html(&news(&CALLED_OFF, ask.nth)));
    folder.wait_revisions(&url, 2);
    site.wait_polls(PAGE, 6);
    assert!(site.asked(PAGE).len() >= 10);
    assert_eq!(daemon.stop().code(), Some(0));

    assert_eq!(
        folder.revisions(&url).len(),
        2,
        "churn alone was a revision"
    );
    let alerts = folder.alerts(&url);
    let logged: Vec<_> = folder.logged("alerts.jsonl");
    let ids = |alerts: &[Alert]| alerts.iter().map(|a| a.id.clone()).collect::<Vec<_>>();
    let logged: Vec<Alert> = logged
        .into_iter()
        .map(|line| serde_json::from_value(line).unwrap())
        .collect();
    assert_eq!(ids(&logged), ids(&alerts), "the log is what was decided");

    let shown: String = alerts
        .iter()
        .map(|a| format!("\n{}: {}", a.kind.as_str(), a.summary))
        .collect();
    let (own, summit): (Vec<&Alert>, Vec<&Alert>) =
        alerts.iter().partition(|a| preparatory(&a.subject));
    assert_eq!(
        summit.len(),
        1,
        "one alert for the presidents' meeting:{shown}"
    );
    let alert = summit[0];
    assert_eq!(alert.kind, Kind::Cancelled, "{shown}");
    assert_eq!(alert.from.as_deref(), Some("scheduled"), "{shown}");
    assert_eq!(alert.to, "cancelled", "{shown}");
    assert!(
        ["meeting", "summit"]
            .iter()
            .any(|w| alert.subject.to_lowercase().contains(w))
            && alert.subject.contains("Budapest"),
        "{shown}"
    );
    let who = alert.attribution.as_deref().unwrap_or_default();
    assert!(who.contains("White House"), "attribution {who:?}");
    assert_eq!(
        alert.evidence.new.as_deref(),
        Some(CALLED_OFF.paragraphs[0]),
        "the sentence that proves it"
    );
    let [before, after] = &folder.revisions(&url)[..] else {
        panic!("two revisions");
    };
    assert_eq!(alert.revision.old.as_ref(), Some(&before.hash));
    assert_eq!(alert.revision.new, after.hash);
    assert_eq!(
        (alert.source.as_str(), alert.url.as_str()),
        ("gazette", url.as_str())
    );

    // The negotiators' meeting is a development of its own, seen in the same revision.
    let cancelled: Vec<_> = folder
        .developments(&url)
        .into_iter()
        .filter(|row| {
            row.development.kind == Kind::Cancelled && preparatory(&row.development.subject)
        })
        .collect();
    assert_eq!(cancelled.len(), 1, "the preparatory meeting, once:{shown}");
    assert_eq!(cancelled[0].revision, after.hash);
    assert_eq!(
        cancelled[0].development.evidence.new.as_deref(),
        Some(CALLED_OFF.paragraphs[2])
    );
    assert!(
        own.iter().all(|a| a.kind == Kind::Cancelled) && own.len() <= 1,
        "nothing else is told:{shown}"
    );
}
