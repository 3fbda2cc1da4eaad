//! The store on real files: what a turn commits, what a crash leaves, who may open it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jiff::Timestamp;
use wirewatch::alert::{self, Alert, RevisionPair, StoryRef};
use wirewatch::article::{
    Development, Evidence, Kind, Modality, Outcome, Precision, Revision, When,
};
use wirewatch::message::plan::Waiting;
use wirewatch::store::{
    AlertFilter, Change, Channel, DeliveryFilter, Discovery, Dropped, Editor, FetchEntry, Judged,
    Kept, NewAlert, Outbox, Plan, PollEnd, Reader, Remind, Retention, SiteUpdate, SourceEntry,
    Store, StoreError, Turn, Validator, shrink,
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
        longest: None,
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

/// What waits for a notifier.
fn outbox(store: &Store, notifier: &str) -> Outbox {
    store.outbox(notifier, 99, None, at(10_000)).unwrap()
}

fn pending(store: &Store, notifier: &str) -> Vec<Waiting> {
    outbox(store, notifier).waiting
}

async fn deliver(store: &Store, notifier: &str, alert: String, remind: Option<Remind>, now: i64) {
    let handle = Some(format!("handle of {now}"));
    let done = store.delivered(notifier.into(), vec![alert], handle, remind, at(now));
    done.await.unwrap();
}

fn poll(urls: &[&str], seconds: i64) -> PollEnd {
    let link = |url: &&str| Discovery {
        url: (*url).into(),
        title: Some("T".into()),
        published: None,
        listed_before: false,
    };
    PollEnd {
        fetch: fetch(None, "http://h/list", Outcome::Content, seconds),
        came_to: Some((Outcome::Content, "content".into())),
        validator: None,
        links: Some(urls.iter().map(link).collect()),
        listing: None,
        alert_on_first_sight: false,
        list: ("feed".into(), "http://h/list".into()),
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
        when: Some(When {
            text: "on Tuesday".into(),
            date: Some("2026-11-24".into()),
            precision: Precision::Day,
        }),
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
        when: None,
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
        archive: None,
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
        region: Kept::Is(vec![1, 2, 3]),
        site: None,
        change,
        canonical: None,
        moved: false,
        next_due: Some(at(seconds + 60)),
        plan: None,
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
    assert!(store.seen_before(ids[0], &new.id()).unwrap());
    assert_eq!(store.told(ids[0]).unwrap(), vec![development("Summit")]);
    assert_eq!(store.validator("http://h/1").unwrap().unwrap().body, "100");
    for notifier in ["log", "mail"] {
        assert_eq!(pending(&store, notifier).len(), 1, "{notifier}");
    }
    let id = pending(&store, "log")[0].alert.clone();
    deliver(&store, "log", id, None, 150).await;
    assert!(pending(&store, "log").is_empty());
    assert_eq!(pending(&store, "mail").len(), 1);

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
    assert!(pending(&store, "log").is_empty());
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
    assert_eq!(pending(&store, "log").len(), 1);
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
    let news = |id: i64| store.tracked(id).unwrap().unwrap().article.news;
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
    failed.came_to = Some((Outcome::Error, "refused".into()));
    failed.links = None;
    store.poll_done(failed).await.unwrap();
    assert!(store.sources().unwrap()[0].failing_since.is_some());
    let found = store.poll_done(poll(&["http://h/1"], 60)).await.unwrap();
    assert!(!store.tracked(found[0].id).unwrap().unwrap().article.news);
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
    let id = pending(&store, "log")[0].alert.clone();
    let channel = Channel {
        attempts: 3,
        due: at(500),
        since: at(200),
        error: "503".into(),
        gone: false,
    };
    let failed = store.channel_failed("log".into(), channel.clone(), at(50));
    assert_eq!(failed.await.unwrap(), 0, "nothing has waited for so long");
    assert_eq!(outbox(&store, "log").channel, Some(channel.clone()));
    let refused = store.refused("log".into(), vec![id.clone()], "400".into(), Some(at(600)));
    refused.await.unwrap();
    let found = outbox(&store, "log");
    assert_eq!((found.attempts[0], found.waiting[0].due), (1, at(600)));
    assert_eq!(found.waiting[0].batch.as_deref(), Some(""), "it goes alone");
    let known = || vec!["log".to_owned()];
    assert_eq!(store.bury_orphans(known(), at(50)).await.unwrap(), 0);
    assert_eq!(store.bury_orphans(known(), at(150)).await.unwrap(), 1);
    assert!(pending(&store, "gone").is_empty());
    assert_eq!(pending(&store, "log").len(), 1);

    let failed = store.channel_failed("log".into(), channel, at(150));
    assert_eq!(failed.await.unwrap(), 1, "it has waited since 100");
    let dead = outbox(&store, "log");
    assert_eq!((dead.waiting.len(), dead.dead), (0, 1));
    let mut editor = Editor::open(store.path()).unwrap();
    let log = DeliveryFilter {
        notifier: Some("log".into()),
        ..DeliveryFilter::default()
    };
    assert_eq!(editor.retry(&log, at(700)).unwrap(), 1);
    let found = outbox(&store, "log");
    assert_eq!((found.channel, found.dead), (None, 0));
    assert_eq!((found.attempts[0], found.waiting[0].since), (0, at(700)));
}

#[tokio::test]
async fn what_is_told_again_is_told_until_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let change = told("http://h/1", &revision("One."), &["chat", "log"]);
    let change = turn(ids[0], "http://h/1", 100, Some(change));
    store.turn_done(change).await.unwrap();
    let id = pending(&store, "chat")[0].alert.clone();
    let remind = Some(Remind {
        after: std::time::Duration::from_secs(60),
        times: 2,
    });
    let due = |now: i64| store.outbox("chat", 9, None, at(now)).unwrap();
    deliver(&store, "chat", id.clone(), remind, 200).await;
    assert_eq!(
        (due(259).waiting.len(), due(259).next_reminder),
        (0, Some(at(260)))
    );
    assert!(due(260).waiting[0].reminder);
    let first = store
        .message("chat", std::slice::from_ref(&id), id.clone())
        .unwrap();
    assert_eq!((first.id, first.reminder), (format!("{id}_r1"), 1));
    assert_eq!(first.thread.as_deref(), Some("handle of 200"));
    deliver(&store, "chat", id.clone(), remind, 260).await;
    assert_eq!(due(320).waiting.len(), 1);
    deliver(&store, "chat", id.clone(), remind, 320).await;
    assert_eq!(
        (due(9_000).waiting.len(), due(9_000).next_reminder),
        (0, None),
        "twice"
    );

    deliver(&store, "log", id.clone(), remind, 330).await;
    let mut editor = Editor::open(store.path()).unwrap();
    assert_eq!(editor.reminded().unwrap(), std::slice::from_ref(&id));
    assert_eq!(
        editor.acknowledge(&id, Some("desk"), at(340)).unwrap(),
        Some(true)
    );
    assert_eq!(editor.acknowledge(&id, None, at(341)).unwrap(), Some(false));
    assert_eq!(editor.acknowledge("al_x", None, at(341)).unwrap(), None);
    assert!(pending(&store, "log").is_empty() && editor.reminded().unwrap().is_empty());
    // Delivered after it was acknowledged: told once, and no more.
    deliver(&store, "log", id, remind, 350).await;
    assert_eq!(outbox(&store, "log").next_reminder, None);
}

#[tokio::test]
async fn a_message_of_several_is_the_same_when_it_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let urls = ["http://h/1", "http://h/2"];
    let (store, ids) = store_with(&dir, &urls).await;
    for (id, url) in ids.iter().zip(urls) {
        let change = told(url, &revision(url), &["mail"]);
        store
            .turn_done(turn(*id, url, 100, Some(change)))
            .await
            .unwrap();
    }
    let alerts: Vec<String> = pending(&store, "mail")
        .iter()
        .map(|w| w.alert.clone())
        .collect();
    store
        .claim("mail".into(), alerts.clone(), "dg_1".into())
        .await
        .unwrap();
    let batches: Vec<_> = pending(&store, "mail")
        .iter()
        .map(|w| w.batch.clone())
        .collect();
    assert_eq!(batches, [Some("dg_1".to_owned()), Some("dg_1".to_owned())]);
    let message = store.message("mail", &alerts, "dg_1".into()).unwrap();
    assert_eq!((message.alerts.len(), message.id.as_str()), (2, "dg_1"));
    let done = store.delivered("mail".into(), alerts, None, None, at(200));
    done.await.unwrap();
    let window = Some(std::time::Duration::from_secs(3600));
    let sent = store.outbox("mail", 9, window, at(201)).unwrap().sent;
    assert_eq!(sent, [at(200)], "one message");
}

#[tokio::test]
async fn the_region_moves_with_the_readings_and_only_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let region = || store.tracked(ids[0]).unwrap().unwrap().region;
    assert_eq!(region(), None);
    let kept = [
        (Kept::Is(vec![1]), Some(vec![1])),
        (Kept::Stays, Some(vec![1])),
        (Kept::Is(vec![2]), Some(vec![2])),
        (Kept::Goes, None),
        (Kept::Stays, None),
    ];
    for (seconds, (kept, want)) in (1..).zip(kept) {
        let turn = Turn {
            region: kept,
            ..turn(ids[0], "http://h/1", seconds, None)
        };
        store.turn_done(turn).await.unwrap();
        assert_eq!(region(), want);
    }
}

#[tokio::test]
async fn everything_is_there_again_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let new = revision("One.");
    let change = told("http://h/1", &new, &["log"]);
    let site = SiteUpdate {
        host: "h".into(),
        memory: Some("{}".into()),
        churn: Some("[]".into()),
    };
    let turn = Turn {
        site: Some(site),
        ..turn(ids[0], "http://h/1", 100, Some(change))
    };
    store.turn_done(turn).await.unwrap();
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
    assert_eq!(pending(&store, "log").len(), 1);
    assert_eq!(store.site_memory("h").unwrap().unwrap(), "{}");
    assert_eq!(store.site_memory("i").unwrap(), None);
    assert_eq!(store.site_churn("h").unwrap().unwrap(), "[]");
    assert_eq!(store.site_churn("i").unwrap(), None);
    let tracked = store.tracked(ids[0]).unwrap().unwrap();
    assert_eq!(tracked.region, Some(vec![1, 2, 3]));
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

#[test]
fn a_database_of_the_first_schema_is_upgraded_and_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../src/store/migrations/1.sql"))
        .unwrap();
    old.execute_batch(
        "INSERT INTO source (id, kind, url) VALUES ('s', 'feed', 'http://h/list');
         INSERT INTO article (url, source, found, news, changed, next_due)
         VALUES ('http://h/1', 's', 1000, 1, 2000, 3000);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let error = Reader::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Older { .. }), "{error}");
    assert!(error.to_string().contains("wirewatch run"), "{error}");
    let store = Store::open(&path).unwrap();
    let articles = store.watched_articles().unwrap();
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].url, "http://h/1");
    assert_eq!(articles[0].changed, Timestamp::from_second(2).ok());
    assert_eq!((articles[0].plan, articles[0].listed), (None, false));
    drop(store);
    assert_eq!(Reader::open(&path).unwrap().stats().unwrap().articles, 1);
}

#[tokio::test]
async fn the_plan_of_an_article_is_kept_and_only_by_looks_that_brought_content() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let plan = Plan {
        checked: at(10),
        changes: 1.5,
        seconds: 42.0,
        stretch: 2.0,
        watched: true,
    };
    let mut done = turn(ids[0], "http://h/1", 10, None);
    done.plan = Some(plan);
    store.turn_done(done).await.unwrap();
    store
        .turn_done(turn(ids[0], "http://h/1", 20, None))
        .await
        .unwrap();
    drop(store);
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let row = store.tracked(ids[0]).unwrap().unwrap().article;
    assert_eq!(row.plan, Some(plan));
    assert_eq!(row.next_due, Some(at(80)));
}

#[tokio::test]
async fn an_article_is_listed_while_the_list_has_it() {
    let hour = 3600;
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1", "http://h/2"]).await;
    let listed = |id| store.tracked(id).unwrap().unwrap().article.listed;
    assert!(listed(ids[0]) && listed(ids[1]));
    store
        .poll_done(poll(&["http://h/2"], 3 * hour))
        .await
        .unwrap();
    assert_eq!((listed(ids[0]), listed(ids[1])), (false, true));
    // A poll that brings no list says nothing about it.
    let mut unchanged = poll(&[], 9 * hour);
    unchanged.links = None;
    store.poll_done(unchanged).await.unwrap();
    assert!(listed(ids[1]));
}

#[tokio::test]
async fn an_article_that_was_let_go_comes_back_when_it_is_listed_anew() {
    let day = 86_400;
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let mut last = turn(ids[0], "http://h/1", 10, None);
    last.next_due = None;
    store.turn_done(last).await.unwrap();
    let new = async |seconds| {
        store
            .poll_done(poll(&["http://h/1"], seconds))
            .await
            .unwrap()[0]
            .is_new
    };
    assert!(!new(day).await, "it was listed all the time");
    assert!(!new(7 * day).await);
    assert!(new(20 * day).await, "it was away for long");
    assert_eq!(
        store.tracked(ids[0]).unwrap().unwrap().article.next_due,
        Some(at(20 * day))
    );
}

#[tokio::test]
async fn an_article_is_gone_since_the_first_of_the_fetches_in_a_row_that_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    for (seconds, outcome, status) in [
        (10, Outcome::Gone, 404),
        (20, Outcome::Content, 200),
        (30, Outcome::Gone, 404),
        (40, Outcome::Gone, 410),
        (50, Outcome::Gone, 410),
    ] {
        let mut turn = turn(ids[0], "http://h/1", seconds, None);
        turn.fetch.outcome = outcome;
        turn.fetch.status = Some(status);
        store.turn_done(turn).await.unwrap();
        let since = store.gone_since(ids[0]).unwrap();
        let want = match seconds {
            10 => Some(at(10)),
            20 => None,
            _ => Some(at(30)),
        };
        assert_eq!(since, want, "{seconds}");
    }
}

fn keep(days: u64, revisions: u32) -> Retention {
    let days = std::time::Duration::from_secs(days * 86_400);
    Retention {
        history: days,
        revisions,
        fetches: days,
    }
}

/// An article with a baseline, `count` later revisions a day apart, the third of them told.
async fn history(dir: &tempfile::TempDir, count: i64) -> (Store, i64) {
    let (store, ids) = store_with(dir, &["http://h/1"]).await;
    for n in 0..=count {
        let text = revision(&format!(
            "Text number {n}. {}",
            "Words and words. ".repeat(50)
        ));
        let change = match n {
            3 => told("http://h/1", &text, &["log"]),
            _ => Change {
                revision: text,
                developments: vec![Judged {
                    development: development("Fair"),
                    reason: "no watch matched".into(),
                    alert: None,
                }],
            },
        };
        let mut turn = turn(ids[0], "http://h/1", n * 86_400, Some(change));
        turn.fetch.reason = format!("reason {n}");
        store.turn_done(turn).await.unwrap();
    }
    (store, ids[0])
}

fn texts(reader: &Reader, id: i64) -> Vec<String> {
    let revisions = reader.revisions(id).unwrap();
    let number = |text: String| text.split('.').next().unwrap().to_owned();
    revisions
        .into_iter()
        .map(|r| number(r.revision.text))
        .collect()
}

#[tokio::test]
async fn what_is_old_is_dropped_but_never_baseline_present_or_told() {
    for (days, most, want) in [
        (36_500, 100_000, vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (3, 100_000, vec![0, 3, 7, 8, 9]),
        (36_500, 3, vec![0, 3, 7, 8, 9]),
        (1, 2, vec![0, 3, 9]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, id) = history(&dir, 9).await;
        let now = at(9 * 86_400 + 86_300);
        let dropped = store.drop_all_old(keep(days, most), now).await.unwrap();
        assert_eq!(dropped.revisions, 10 - want.len());
        assert_eq!(dropped.texts, dropped.revisions);
        assert_eq!(dropped.developments, dropped.revisions);
        let reader = Reader::open(store.path()).unwrap();
        let want: Vec<String> = want.iter().map(|n| format!("Text number {n}")).collect();
        assert_eq!(texts(&reader, id), want);
        let told: Vec<bool> = reader
            .developments(id)
            .unwrap()
            .iter()
            .map(|d| d.told)
            .collect();
        assert_eq!(told.iter().filter(|t| **t).count(), 1);
        assert_eq!(reader.alerts(&AlertFilter::default()).unwrap().len(), 1);
        assert_eq!(pending(&store, "log").len(), 1);
        assert_eq!(store.told(id).unwrap().len(), 1);
        let again = store.drop_all_old(keep(days, most), now).await.unwrap();
        assert_eq!(again, Dropped::default());
        // Life goes on.
        let next = turn(id, "http://h/1", 10 * 86_400, Some(plain(revision("New."))));
        store.turn_done(next).await.unwrap();
        assert_eq!(texts(&reader, id).last().unwrap(), "New");
    }
}

#[tokio::test]
async fn old_fetches_are_dropped_but_the_last_of_each_page() {
    let dir = tempfile::tempdir().unwrap();
    let (store, id) = history(&dir, 9).await;
    let now = at(100 * 86_400);
    let dropped = store.drop_all_old(keep(30, 100_000), now).await.unwrap();
    let reader = Reader::open(store.path()).unwrap();
    let left = reader.fetches(id).unwrap();
    assert_eq!((left.len(), dropped.fetches), (1, 9));
    assert_eq!(left[0].reason, "reason 9");
    assert_eq!(reader.source_fetches("s").unwrap().len(), 1);
}

#[tokio::test]
async fn a_text_that_another_article_has_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1", "http://h/2"]).await;
    for (n, text) in ["One.", "Shared.", "Three."].into_iter().enumerate() {
        let turn = turn(ids[0], "http://h/1", n as i64, Some(plain(revision(text))));
        store.turn_done(turn).await.unwrap();
    }
    let other = turn(ids[1], "http://h/2", 5, Some(plain(revision("Shared."))));
    store.turn_done(other).await.unwrap();
    let dropped = store.drop_all_old(keep(36_500, 2), at(10)).await.unwrap();
    assert_eq!((dropped.revisions, dropped.texts), (0, 0));
    let dropped = store
        .drop_all_old(keep(1, 100), at(10 * 86_400))
        .await
        .unwrap();
    assert_eq!((dropped.revisions, dropped.texts), (1, 0));
    let shared = store.latest_revision(ids[1]).unwrap().unwrap();
    assert_eq!(shared.revision.text, "Shared.");
}

#[tokio::test]
async fn the_file_is_made_small_only_while_nobody_else_has_it_and_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (store, id) = history(&dir, 300).await;
    let path = store.path().to_owned();
    let error = shrink(&path).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    store
        .drop_all_old(keep(1, 2), at(9_000 * 86_400))
        .await
        .unwrap();
    drop(store);
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    // A reader beside it does no harm.
    let reader = Reader::open(&path).unwrap();
    let kept = texts(&reader, id);
    drop(reader);
    shrink(&path).unwrap();
    assert!(size() < before / 2, "{before} -> {}", size());
    let store = Store::open(&path).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(texts(&reader, id), kept);
    assert_eq!(pending(&store, "log").len(), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_takes_the_schedule_along() {
    let dir = tempfile::tempdir().unwrap();
    let (store, ids) = store_with(&dir, &["http://h/1"]).await;
    let done = turn(ids[0], "http://h/1", 10, None);
    store.turn_done(done).await.unwrap();
    let due = |store: &Store| {
        store
            .tracked(ids[0])
            .unwrap()
            .unwrap()
            .article
            .next_due
            .unwrap()
    };
    store
        .shift_due(jiff::SignedDuration::from_secs(-50))
        .await
        .unwrap();
    assert_eq!(due(&store), at(20));
    let month = std::time::Duration::from_secs(30 * 86_400);
    assert_eq!(store.mend_due(at(0), month).await.unwrap(), 0);
    assert_eq!(store.mend_due(at(-40 * 86_400), month).await.unwrap(), 1);
    assert_eq!(due(&store), at(-40 * 86_400));
}

#[tokio::test]
async fn articles_are_paged_by_when_they_are_due() {
    let dir = tempfile::tempdir().unwrap();
    let urls: Vec<String> = (0..7).map(|n| format!("http://h/{n}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let (store, ids) = store_with(&dir, &urls).await;
    for (n, id) in ids.iter().enumerate() {
        let mut turn = turn(*id, urls[n], 0, None);
        turn.next_due = (n < 6).then(|| at(100 * (n as i64 / 2)));
        store.turn_done(turn).await.unwrap();
    }
    let mut after = (Timestamp::MIN, 0);
    let mut seen = Vec::new();
    loop {
        let page = store.due_articles(after, at(150), 3).unwrap();
        let Some(last) = page.last() else { break };
        after = (last.due, last.id);
        seen.extend(page.into_iter().map(|a| a.id));
    }
    assert_eq!(seen, ids[..4]);
    store.sync_sources(vec![], at(1)).await.unwrap();
    let archived = store.due_articles((Timestamp::MIN, 0), at(999), 9).unwrap();
    assert_eq!(archived, []);
}

#[tokio::test]
async fn pauses_and_status_are_kept_for_the_next_to_ask() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = store_with(&dir, &[]).await;
    let pause = |host: &str, seconds| vec![(host.to_owned(), at(seconds))];
    store.put_pauses(pause("a", 1)).await.unwrap();
    store.put_pauses(pause("b", 2)).await.unwrap();
    assert_eq!(store.pauses().unwrap(), pause("b", 2));
    let reader = Reader::open(store.path()).unwrap();
    assert_eq!(reader.status().unwrap(), None);
    store.put_status(at(3), "{}".into()).await.unwrap();
    store.put_status(at(4), "{\"a\":1}".into()).await.unwrap();
    let kept = Some((at(4), "{\"a\":1}".to_owned()));
    assert_eq!(reader.status().unwrap(), kept);
}
