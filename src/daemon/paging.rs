//! Which articles are in the queue: those due soon. The rest waits in the store, so that memory and
//! the start cost what is due and not what is known.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::service::{Key, Service};
use crate::fetch::host_key;
use crate::store::{ArticleId, DueArticle, StoreError};

/// How far ahead of time articles are taken into the queue.
const AHEAD: Duration = Duration::from_secs(600);

/// How often.
const EVERY: Duration = Duration::from_secs(120);

/// How many at a time, so that the main loop is not held up.
const PAGE: usize = 20_000;

/// How long until the next page, where there are more.
const SOON: Duration = Duration::from_secs(1);

/// Jobs in the queue beyond which none are taken in: a hundred bytes each, and days of work for the
/// hosts they wait for.
const FULL: usize = 500_000;

/// How far the store has been read.
#[derive(Debug)]
pub(super) struct Pager {
    /// Every article due up to here is in the queue.
    read: (Timestamp, ArticleId),
    next: Instant,
}

impl Pager {
    /// One that has read nothing yet.
    pub(super) fn new(now: Instant) -> Pager {
        Pager {
            read: (Timestamp::MIN, 0),
            next: now,
        }
    }

    /// When the next page is to be read.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// The next page is to be read at this time.
    pub(super) fn read_at(&mut self, at: Instant) {
        self.next = at;
    }

    /// Whether an article that is due then will be read by a page to come, and so need not be kept
    /// in the queue.
    pub(super) fn will_read(&self, due: Timestamp) -> bool {
        due > self.read.0
    }

    /// The clock has jumped, and with it every stored due time.
    pub(super) fn shift(&mut self, by: SignedDuration) {
        self.read.0 = self.read.0.checked_add(by).unwrap_or(self.read.0);
    }

    /// A page up to `until` was read; true if it was cut short.
    fn note(&mut self, page: &[DueArticle], until: Timestamp, now: Instant) {
        match page.last().filter(|_| page.len() >= PAGE) {
            Some(last) => {
                self.read = (last.due, last.id);
                self.next = now + SOON;
            }
            None => {
                self.read = (until.max(self.read.0), ArticleId::MAX);
                self.next = now + EVERY;
            }
        }
    }
}

impl Service {
    /// Takes the articles that are due soon into the queue.
    pub(super) async fn page(&mut self) -> Result<(), StoreError> {
        let (start, now) = (Instant::now(), Timestamp::now());
        if self.queue.len() >= FULL || !self.shared.storing.is_well() {
            self.pager.next = start + EVERY;
            return Ok(());
        }
        let until = now.checked_add(AHEAD).unwrap_or(now);
        let (store, after) = (self.shared.store.clone(), self.pager.read);
        let read = tokio::task::spawn_blocking(move || store.due_articles(after, until, PAGE));
        // Where the store fails, this is tried again.
        self.pager.next = start + EVERY;
        let page = read.await.map_err(|_| StoreError::Stopped)??;
        for article in &page {
            let key = Key::Article(article.id);
            if self.queue.contains(&key) {
                continue;
            }
            let wait = Duration::try_from(article.due.duration_since(now)).unwrap_or_default();
            match Url::parse(&article.url) {
                Ok(url) => self.queue.insert(key, &host_key(&url), start + wait),
                Err(error) => tracing::error!(url = article.url, %error, "a stored URL is none"),
            }
        }
        self.pager.note(&page, until, start);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_short_page_is_the_last_and_a_full_one_is_followed_soon() {
        let start = Instant::now();
        let mut pager = Pager::new(start);
        assert!(pager.will_read(at(0)));
        let article = |n: usize| DueArticle {
            id: n as ArticleId,
            url: String::new(),
            due: at(7),
        };
        let full: Vec<_> = (0..PAGE).map(article).collect();
        pager.note(&full, at(100), start);
        assert_eq!(pager.next(), start + SOON);
        assert_eq!(pager.read, (at(7), PAGE as ArticleId - 1));
        pager.note(&full[..3], at(100), start);
        assert_eq!(pager.next(), start + EVERY);
        assert!(!pager.will_read(at(100)) && pager.will_read(at(101)));
        // A clock that went back a little does not make it read anything twice.
        pager.note(&[], at(90), start);
        assert!(!pager.will_read(at(100)));
        pager.shift(SignedDuration::from_secs(-60));
        assert!(pager.will_read(at(41)));
    }
}
