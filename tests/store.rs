//! The store on real files: what a turn commits, what a crash leaves, who may open it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jiff::Timestamp;
use wirewatch::alert::{self, Alert, RevisionPair, StoryRef};
use wirewatch::article::{Development, Evidence, Kind, Modality, Outcome, Revision};
use wirewatch::store::{
    AlertFilter, Change, Discovery, FetchEntry, Judged, NewAlert, PollEnd, Reader, SourceEntry,
    Store, StoreError, Turn, Validator,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn entry(id: &str, kind: &str, url: &str) -> SourceEntry {
    SourceEntry {
        id: id.into(),
        kind: kind.into(),
        url: url.into(),
        is_article: kind == "article",
        alert_on_first_sight: false,
    }
}

fn fetch(article: Option<i64>, url: &str, outcome: Outcome, seconds: i64) -> FetchEntry {
    FetchEntry {
        url: url.into(),
        source: "s".into(),
        article,
        time: at(seconds),
        status: Some(200),
        outcome,
        reason: "because".into(),
        bytes: 10,
        millis: 5,
    }
}

fn poll(urls: &[&str], seconds: i64) -> PollEnd {
    let link = |url: &&str| Discovery {
        url: (*url).into(),
        title: Some("T".into()),
        published: None,
    };
    PollEnd {
        fetch: fetch(None, "http://h/list", Outcome::Content, seconds),
        validator: None,
        links: Some(urls.iter().map(link).collect()),
        alert_on_first_sight: false,
        next_due: at(seconds + 60),
    }
}

fn development(subject: &str) -> Development {
    Development {
        kind: Kind::Cancelled,
        subject: subject.into(),
        from: Some("scheduled".into()),
        to: "cancelled".into(),
        modality: Modality::Actual,
        attribution: None,
        quantity: None,
        evidence: Evidence::default(),
        confidence: 0.9,
    }
}

fn revision(text: &str) -> Revision {
    Revision {
        title: "Headline".into(),
        text: text.into(),
        published: Some("2026-11-20".into()),
        modified: None,
    }
}

fn told(url: &str, revision: &Revision, notifiers: &[&str]) -> Change {
    let development = development("Summit");
    let d = development.clone();
    let alert = Alert {
        v: 1,
        id: alert::id(url, &revision.id(), &d),
        time: at(100),
        watch: "w".into(),
        watches: vec!["w".into()],
        kind: d.kind,
        headline: revision.title.clone(),
        summary: alert::summary(&d),
        subject: d.subject,
        from: d.from,
        to: d.to,
        modality: d.modality,
        attribution: None,
        quantity: None,
        evidence: d.evidence,
        confidence: d.confidence,
        source: "s".into(),
        url: url.into(),
        published: None,
        revision: RevisionPair {
            old: None,
            new: revision.id(),
        },
        story: StoryRef {
            id: "st_1".into(),
            title: "Headline".into(),
            articles: 1,
            sources: 1,
        },
        corroborated_by: vec![],
        health: None,
    };
    let notifiers = notifiers.iter().map(|n| (*n).to_owned()).collect();
    Change {
        revision: revision.clone(),
        developments: vec![Judged {
            development,
            reason: "told".into(),
            alert: Some(NewAlert { alert, notifiers }),
        }],
    }
}

fn plain(revision: Revision) -> Change {
    Change {
        revision,
        developments: vec![],
    }
}

fn turn(article: i64, url: &str, seconds: i64, change: Option<Change>) -> Turn {
    Turn {
        article,
        is_source: false,
        fetch: fetch(Some(article), url, Outcome::Content, seconds),
        validator: Some(Validator {
            etag: Some("\"e\"".into()),
            last_modified: None,
            body: format!("{seconds}"),
        }),
        change,
        canonical: None,
        next_due: Some(at(seconds + 60)),
    }
}

async fn store_with(dir: &tempfile::TempDir, urls: &[&str]) -> (Store, Vec<i64>) {
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let feed = vec![entry("s", "feed", "http://h/list")];
    store.sync_sources(feed, at(0)).await.unwrap();
    let found = store.poll_done(poll(urls, 1)).await.unwrap();
    (store, found.into_iter().map(|f| f.id).collect())
}

#[tokio::test]
async fn a_turn_commits_revision_developments_alerts_and_deliveries_together() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let new = revision("One.\n\nTwo.");
    let change = told("http://h/1", &new, &["log", "mail"]);
    let done = store
        .turn_done(turn(ids[0], "http://h/1", 100, Some(change)))
        .await
        .unwrap();
    assert_eq!((done.alerts, done.duplicate), (1, false));

    let stored = store.latest_revision(ids[0]).unwrap().unwrap();
    assert_eq!(stored.revision, new);
    assert!(store.stood_at(ids[0], &new.id()).unwrap());
    assert_eq!(store.told(ids[0]).unwrap(), vec![development("Summit")]);
    assert_eq!(store.validator("http://h/1").unwrap().unwrap().body, "100");
    for notifier in ["log", "mail"] {
        assert_eq!(store.pending(notifier, 9).unwrap().len(), 1, "{notifier}");
    }
    let id = store.pending("log", 9).unwrap()[0].alert.clone();
    store.delivered("log".into(), vec![id]).await.unwrap();
    assert!(store.pending("log", 9).unwrap().is_empty());
    assert_eq!(store.pending("mail", 9).unwrap().len(), 1);

    let reader = Reader::open(store.path()).unwrap();
    let alerts = reader.alerts(&AlertFilter::default()).unwrap();
    assert_eq!(alerts.len(), 1);
    let tolls = AlertFilter {
        kinds: vec![Kind::Toll],
        ..AlertFilter::default()
    };
    assert!(reader.alerts(&tolls).unwrap().is_empty());
    let after = AlertFilter {
        after: Some(alerts[0].0),
        ..AlertFilter::default()
    };
    assert!(reader.alerts(&after).unwrap().is_empty());
}

#[tokio::test]
async fn a_turn_that_fails_half_way_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let change = told("http://h/1", &revision("One."), &["log"]);
    let mut broken = turn(ids[0], "http://h/1", 100, Some(change));
    broken.is_source = true;
    // The fetch names a source that does not exist: the transaction breaks on its foreign key.
    broken.fetch.source = "nobody".into();
    let error = store.turn_done(broken).await.unwrap_err();
    assert!(matches!(error, StoreError::Sql(_)), "{error}");
    assert_eq!(store.latest_revision(ids[0]).unwrap(), None);
    assert!(store.pending("log", 9).unwrap().is_empty());
    assert_eq!(store.validator("http://h/1").unwrap(), None);
    // The writer goes on.
    store.ping().await.unwrap();
}

#[tokio::test]
async fn the_same_alert_again_is_stored_and_delivered_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let new = revision("One.");
    for (seconds, alerts) in [(100, 1), (200, 0)] {
        let change = told("http://h/1", &new, &["log"]);
        let turn = turn(ids[0], "http://h/1", seconds, Some(change));
        assert_eq!(store.turn_done(turn).await.unwrap().alerts, alerts);
    }
    assert_eq!(store.pending("log", 9).unwrap().len(), 1);
}

#[tokio::test]
async fn articles_of_the_first_poll_are_baseline_and_later_ones_are_news() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let mut second = poll(&["http://h/1", "http://h/2", "http://h/old"], 60);
    if let Some(links) = &mut second.links {
        links[2].published = Some(at(-9999));
    }
    let found = store.poll_done(second).await.unwrap();
    let new: Vec<bool> = found.iter().map(|f| f.is_new).collect();
    assert_eq!(new, [false, true, true]);
    let news = |id: i64| store.article(id).unwrap().unwrap().news;
    assert!(!news(ids[0]));
    assert!(news(found[1].id));
    assert!(!news(found[2].id), "dated before the first poll");
}

#[tokio::test]
async fn a_failed_first_poll_is_no_first_poll() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let feed = vec![entry("s", "feed", "http://h/list")];
    store.sync_sources(feed, at(0)).await.unwrap();
    let mut failed = poll(&[], 1);
    failed.fetch.outcome = Outcome::Error;
    failed.links = None;
    store.poll_done(failed).await.unwrap();
    assert!(store.sources().unwrap()[0].failing_since.is_some());
    let found = store.poll_done(poll(&["http://h/1"], 60)).await.unwrap();
    assert!(!store.article(found[0].id).unwrap().unwrap().news);
    assert!(store.sources().unwrap()[0].failing_since.is_none());
}

#[tokio::test]
async fn sources_are_archived_and_come_back_and_an_article_survives_a_new_url() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let one = entry("s", "article", "http://h/a");
    store.sync_sources(vec![one], at(0)).await.unwrap();
    let article = store.watched_articles().unwrap()[0].clone();
    let first = turn(article.id, "http://h/a", 10, Some(plain(revision("Kept."))));
    store.turn_done(first).await.unwrap();

    store.sync_sources(vec![], at(20)).await.unwrap();
    assert!(store.watched_articles().unwrap().is_empty());
    assert!(store.sources().unwrap()[0].archived);

    let moved = entry("s", "article", "http://h/b");
    store.sync_sources(vec![moved], at(30)).await.unwrap();
    let again = store.watched_articles().unwrap();
    assert_eq!(
        (again[0].id, again[0].url.as_str()),
        (article.id, "http://h/b")
    );
    let text = store
        .latest_revision(article.id)
        .unwrap()
        .unwrap()
        .revision
        .text;
    assert_eq!(text, "Kept.");
    let reader = Reader::open(store.path()).unwrap();
    assert_eq!(reader.find("http://h/a").unwrap(), Some(article.id));
}

#[tokio::test]
async fn the_same_page_under_two_addresses_is_one_article() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/a", "http://h/a?amp", "http://h/c"]).await;
    let page = |title: &str| {
        Some(plain(Revision {
            title: title.into(),
            ..revision("Text.")
        }))
    };
    store
        .turn_done(turn(ids[0], "http://h/a", 10, page("A")))
        .await
        .unwrap();
    let mut amp = turn(ids[1], "http://h/a?amp", 20, page("A"));
    amp.canonical = Some("http://h/a".into());
    assert!(store.turn_done(amp).await.unwrap().duplicate);
    // A page that names a quite different article as its canonical address is not believed.
    let mut other = turn(ids[2], "http://h/c", 20, page("C"));
    other.canonical = Some("http://h/a".into());
    assert!(!store.turn_done(other).await.unwrap().duplicate);
    let watched: Vec<i64> = store
        .watched_articles()
        .unwrap()
        .iter()
        .map(|a| a.id)
        .collect();
    assert_eq!(watched, [ids[0], ids[2]]);
}

#[tokio::test]
async fn equal_fetches_are_one_row_and_others_have_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let outcomes = [
        Outcome::Content,
        Outcome::Content,
        Outcome::Consent,
        Outcome::Content,
    ];
    for (seconds, outcome) in (1..).zip(outcomes) {
        let mut turn = turn(ids[0], "http://h/1", seconds, None);
        turn.fetch.outcome = outcome;
        store.turn_done(turn).await.unwrap();
    }
    let rows = Reader::open(store.path()).unwrap().fetches(ids[0]).unwrap();
    let runs: Vec<_> = rows.iter().map(|r| (r.outcome.as_str(), r.times)).collect();
    assert_eq!(runs, [("content", 2), ("consent", 1), ("content", 1)]);
}

#[tokio::test]
async fn failed_deliveries_wait_and_orphans_are_buried() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let change = told("http://h/1", &revision("One."), &["log", "gone"]);
    store
        .turn_done(turn(ids[0], "http://h/1", 100, Some(change)))
        .await
        .unwrap();
    let id = store.pending("log", 9).unwrap()[0].alert.clone();
    let failed = store.delivery_failed("log".into(), vec![id], "refused".into(), at(500));
    failed.await.unwrap();
    let waiting = &store.pending("log", 9).unwrap()[0];
    assert_eq!((waiting.attempts, waiting.due), (1, at(500)));
    assert_eq!(store.bury_orphans(vec!["log".into()]).await.unwrap(), 1);
    assert!(store.pending("gone", 9).unwrap().is_empty());
    assert_eq!(store.pending("log", 9).unwrap().len(), 1);
}

#[tokio::test]
async fn everything_is_there_again_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let new = revision("One.");
    let change = told("http://h/1", &new, &["log"]);
    store
        .turn_done(turn(ids[0], "http://h/1", 100, Some(change)))
        .await
        .unwrap();
    store
        .put_site_memory("h".into(), "{}".into())
        .await
        .unwrap();
    let path = store.path().to_owned();
    drop(store);
    assert!(
        !path.with_extension("db-wal").exists(),
        "not closed in order"
    );
    let store = Store::open(&path).unwrap();
    assert_eq!(
        store.latest_revision(ids[0]).unwrap().unwrap().revision,
        new
    );
    assert_eq!(store.pending("log", 9).unwrap().len(), 1);
    assert_eq!(store.site_memory("h").unwrap().unwrap(), "{}");
    assert_eq!(store.site_memory("i").unwrap(), None);
}

#[tokio::test]
async fn two_daemons_cannot_share_a_store_but_readers_can() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = store_with(&dir, &["http://h/1"]).await;
    let Err(error) = Store::open(store.path()) else {
        panic!("opened twice");
    };
    assert!(
        error.to_string().contains("in use by another wirewatch"),
        "{error}"
    );
    assert_eq!(
        Reader::open(store.path())
            .unwrap()
            .stats()
            .unwrap()
            .articles,
        1
    );
}

#[test]
fn a_missing_foreign_newer_or_unwritable_database_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let error = |path: &str| match Store::open(&dir.path().join(path)) {
        Ok(_) => panic!("{path} opened"),
        Err(error) => error.to_string(),
    };
    let missing = Reader::open(&dir.path().join("none.db"))
        .err()
        .unwrap()
        .to_string();
    assert!(missing.contains("wirewatch run"), "{missing}");

    let text = "this is no database at all, but a text\n".repeat(100);
    std::fs::write(dir.path().join("text.db"), text).unwrap();
    assert!(error("text.db").contains("not a database"));

    let newer = rusqlite::Connection::open(dir.path().join("newer.db")).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    assert!(error("newer.db").contains("upgrade wirewatch"));

    std::fs::write(dir.path().join("file"), "x").unwrap();
    assert!(error("file/sub.db").contains("failed to make"));
}
