//! Sources in the store as the config changes: moved, turned into another kind, removed, back.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jiff::Timestamp;
use wirewatch::article::{Outcome, Revision};
use wirewatch::store::{
    Change, Discovery, FetchEntry, Found, Kept, PollEnd, Reader, SourceEntry, Store, Turn,
    Validator,
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

fn revision(text: &str) -> Revision {
    Revision {
        title: "Headline".into(),
        text: text.into(),
        published: Some("2026-11-20".into()),
        modified: None,
    }
}

fn turn(article: i64, url: &str, seconds: i64, text: &str) -> Turn {
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
        change: Some(Change {
            revision: revision(text),
            developments: vec![],
        }),
        canonical: None,
        moved: false,
        next_due: Some(at(seconds + 60)),
        plan: None,
    }
}

#[tokio::test]
async fn a_list_in_the_place_of_another_is_no_news_but_for_what_is_dated_since() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let list = |kind: &str, url: &str| vec![entry("s", kind, url)];
    let news = |found: &[Found], n: usize| {
        let id = found[n].id;
        store.tracked(id).unwrap().unwrap().article.news
    };
    store
        .sync_sources(list("feed", "http://h/list"), at(0))
        .await
        .unwrap();
    store.poll_done(poll(&["http://h/1"], 10)).await.unwrap();
    store.poll_done(poll(&["http://h/1"], 100)).await.unwrap();

    store
        .sync_sources(list("section", "http://h/other"), at(150))
        .await
        .unwrap();
    assert_eq!(
        store.due_sources().unwrap(),
        [("s".into(), None)],
        "polled at once"
    );
    // A poll of the old list that was under way does not count as one of the new.
    store.poll_done(poll(&["http://h/1"], 151)).await.unwrap();
    let mut other = poll(&["http://h/2", "http://h/3", "http://h/4"], 160);
    other.list = ("section".into(), "http://h/other".into());
    let links = other.links.as_mut().unwrap();
    links[1].published = Some(at(50));
    links[2].published = Some(at(110));
    let found = store.poll_done(other).await.unwrap();
    assert_eq!(
        [news(&found, 0), news(&found, 1), news(&found, 2)],
        [false, false, true]
    );

    // From then on it is a list as any other.
    let mut next = poll(&["http://h/5"], 200);
    next.list = ("section".into(), "http://h/other".into());
    let found = store.poll_done(next).await.unwrap();
    assert!(news(&found, 0));
}

#[tokio::test]
async fn a_source_that_becomes_an_article_and_a_list_again_mixes_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let sync = |kind: &str, url: &str, seconds: i64| {
        store.sync_sources(vec![entry("s", kind, url)], at(seconds))
    };
    let watched = || {
        let mut urls: Vec<String> = store
            .watched_articles()
            .unwrap()
            .into_iter()
            .map(|a| a.url)
            .collect();
        urls.sort();
        urls
    };
    sync("feed", "http://h/list", 0).await.unwrap();
    let found = store
        .poll_done(poll(&["http://h/1", "http://h/2"], 10))
        .await
        .unwrap();
    let first = turn(found[0].id, "http://h/1", 20, "Kept.");
    store.turn_done(first).await.unwrap();

    // The articles of the feed keep their addresses and are looked at no more.
    sync("article", "http://h/page", 30).await.unwrap();
    assert_eq!(watched(), ["http://h/page"]);
    let reader = Reader::open(store.path()).unwrap();
    assert_eq!(reader.find("http://h/1").unwrap(), Some(found[0].id));
    assert_eq!(reader.revisions(found[0].id).unwrap().len(), 1);
    assert_ne!(reader.find("http://h/page").unwrap(), Some(found[0].id));

    // Back: the list shows them again, each with its history, though no week has passed.
    sync("feed", "http://h/list", 40).await.unwrap();
    let again = store
        .poll_done(poll(&["http://h/1", "http://h/2"], 50))
        .await
        .unwrap();
    assert_eq!((again[0].id, again[1].id), (found[0].id, found[1].id));
    assert!(again[0].is_new && again[1].is_new);
    assert_eq!(watched(), ["http://h/1", "http://h/2", "http://h/page"]);
}

#[tokio::test]
async fn when_a_source_was_removed_is_kept_until_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("w.db")).unwrap();
    let one = || vec![entry("s", "feed", "http://h/list")];
    store.sync_sources(one(), at(0)).await.unwrap();
    for seconds in [20, 30] {
        store.sync_sources(vec![], at(seconds)).await.unwrap();
        let row = &store.sources().unwrap()[0];
        assert_eq!((row.archived, row.removed), (true, Some(at(20))));
    }
    store.sync_sources(one(), at(40)).await.unwrap();
    let row = &store.sources().unwrap()[0];
    assert_eq!((row.archived, row.removed), (false, None));
}
