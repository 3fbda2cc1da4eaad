//! The queue of what is due: a heap by time, and a line of those waiting at each busy host.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// Jobs of type `K`, each belonging to a host, due at some instant. Every step costs O(log n).
///
/// `Instant`s, not clock times: a clock that jumps neither stops nor floods it.
#[derive(Debug)]
pub struct Queue<K> {
    jobs: HashMap<K, Job>,
    /// (due, ticket, key); an entry whose ticket is not the job's present one is out of date.
    due: BinaryHeap<Reverse<(Instant, u64, K)>>,
    hosts: HashMap<String, Host<K>>,
    ticket: u64,
}

#[derive(Debug)]
struct Job {
    host: String,
    ticket: u64,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// In the heap, or in its host's line.
    Waiting,
    Running,
    /// Running, and not to be queued again when it ends.
    Leaving,
}

#[derive(Debug)]
struct Host<K> {
    busy: bool,
    line: BinaryHeap<Reverse<(Instant, u64, K)>>,
}

impl<K> Default for Queue<K>
where
    K: Ord,
{
    fn default() -> Self {
        Queue {
            jobs: HashMap::new(),
            due: BinaryHeap::new(),
            hosts: HashMap::new(),
            ticket: 0,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Queue<K> {
    /// Adds a job, or moves a waiting one to a new time and host. A running job is left alone: it
    /// gets its next time when it ends.
    pub fn insert(&mut self, key: K, host: &str, due: Instant) {
        if let Some(job) = self.jobs.get_mut(&key)
            && job.state != State::Waiting
        {
            job.state = State::Running;
            return;
        }
        self.ticket += 1;
        let job = Job {
            host: host.to_owned(),
            ticket: self.ticket,
            state: State::Waiting,
        };
        self.due.push(Reverse((due, self.ticket, key.clone())));
        if let Some(old) = self.jobs.insert(key, job) {
            self.call_up(&old.host);
        }
    }

    /// Takes a job out; a running one is let finish.
    pub fn remove(&mut self, key: &K) {
        match self.jobs.get_mut(key) {
            Some(job) if job.state != State::Waiting => job.state = State::Leaving,
            _ => {
                if let Some(job) = self.jobs.remove(key) {
                    self.call_up(&job.host);
                }
            }
        }
    }

    /// Takes out every job that `keep` refuses; running ones are let finish.
    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        let gone: Vec<K> = self.jobs.keys().filter(|k| !keep(k)).cloned().collect();
        for key in &gone {
            self.remove(key);
        }
    }

    /// Whether the job is in the queue or running.
    pub fn contains(&self, key: &K) -> bool {
        self.jobs
            .get(key)
            .is_some_and(|job| job.state != State::Leaving)
    }

    /// The job longest overdue at `now` whose host is free; host and job are then busy until
    /// [`Queue::finished`].
    pub fn next(&mut self, now: Instant) -> Option<K> {
        while let Some(Reverse((due, _, _))) = self.due.peek() {
            if *due > now {
                return None;
            }
            let Reverse((due, ticket, key)) = self.due.pop()?;
            let Some(job) = self.current(&key, ticket) else {
                continue;
            };
            let host = job.host.clone();
            let host = self.hosts.entry(host).or_insert_with(|| Host {
                busy: false,
                line: BinaryHeap::new(),
            });
            if host.busy {
                host.line.push(Reverse((due, ticket, key)));
                continue;
            }
            host.busy = true;
            return self.start(key);
        }
        None
    }

    /// The job has ended: it is due again at `next`, or never. Its host is free for another.
    pub fn finished(&mut self, key: &K, next: Option<Instant>) {
        let Some(mut job) = self.jobs.remove(key) else {
            return;
        };
        self.release(&job.host);
        if let (Some(due), State::Running) = (next, &job.state) {
            self.ticket += 1;
            job.ticket = self.ticket;
            job.state = State::Waiting;
            self.due.push(Reverse((due, job.ticket, key.clone())));
            self.jobs.insert(key.clone(), job);
        }
    }

    /// When [`Queue::next`] may have something again, unless a job ends before.
    pub fn wake_at(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((due, _, _))| *due)
    }

    /// Jobs known, running ones included.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there is no job at all.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    fn current(&self, key: &K, ticket: u64) -> Option<&Job> {
        self.jobs
            .get(key)
            .filter(|job| job.ticket == ticket && job.state == State::Waiting)
    }

    fn start(&mut self, key: K) -> Option<K> {
        self.jobs.get_mut(&key)?.state = State::Running;
        Some(key)
    }

    fn release(&mut self, name: &str) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.busy = false;
            self.call_up(name);
        }
    }

    /// Puts the first in a free host's line back into the heap, overdue as it is, so that hosts
    /// take turns by how long their jobs have waited. Called whenever the one called up before may
    /// have run, moved or gone.
    fn call_up(&mut self, name: &str) {
        let Some(host) = self.hosts.get_mut(name).filter(|host| !host.busy) else {
            return;
        };
        while let Some(Reverse((due, ticket, key))) = host.line.pop() {
            let waits = |job: &Job| job.ticket == ticket && job.state == State::Waiting;
            if self.jobs.get(&key).is_some_and(waits) {
                self.due.push(Reverse((due, ticket, key)));
                return;
            }
        }
        self.hosts.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn hands_out_by_time_and_one_a_host() {
        let start = Instant::now();
        let mut queue = Queue::default();
        queue.insert("a2", "a", at(start, 2));
        queue.insert("a1", "a", at(start, 1));
        queue.insert("b3", "b", at(start, 3));
        assert_eq!(queue.next(start), None);
        assert_eq!(queue.wake_at(), Some(at(start, 1)));
        let now = at(start, 10);
        assert_eq!(queue.next(now), Some("a1"));
        assert_eq!(queue.next(now), Some("b3"), "a is busy");
        assert_eq!(queue.next(now), None);
        queue.finished(&"a1", Some(at(start, 20)));
        assert_eq!(queue.next(now), Some("a2"));
        queue.finished(&"a2", None);
        queue.finished(&"b3", None);
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.next(now), None);
        assert_eq!(queue.next(at(start, 20)), Some("a1"));
    }

    #[test]
    fn a_job_taken_out_while_running_does_not_come_back() {
        let start = Instant::now();
        let mut queue = Queue::default();
        queue.insert(1, "h", start);
        assert_eq!(queue.next(start), Some(1));
        queue.remove(&1);
        assert!(!queue.contains(&1));
        queue.finished(&1, Some(start));
        assert!(queue.is_empty());
        assert_eq!(queue.next(at(start, 9)), None);
    }

    #[test]
    fn a_job_put_back_while_running_stays() {
        let start = Instant::now();
        let mut queue = Queue::default();
        queue.insert(1, "h", start);
        assert_eq!(queue.next(start), Some(1));
        queue.remove(&1);
        queue.insert(1, "h", start);
        queue.finished(&1, Some(at(start, 1)));
        assert_eq!(queue.next(at(start, 1)), Some(1));
    }

    #[test]
    fn a_waiting_job_moved_to_a_later_time_runs_once() {
        let start = Instant::now();
        let mut queue = Queue::default();
        queue.insert(1, "h", start);
        queue.insert(1, "h", at(start, 5));
        assert_eq!(queue.next(at(start, 4)), None);
        assert_eq!(queue.next(at(start, 5)), Some(1));
        queue.finished(&1, None);
        assert_eq!(queue.next(at(start, 9)), None);
    }

    proptest! {
        #[test]
        fn no_job_is_lost_and_no_host_doubly_busy(
            jobs in prop::collection::vec((0u8..5, 0u64..50), 1..60),
            order in prop::collection::vec(any::<prop::sample::Index>(), 400),
            moves in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let start = Instant::now();
            let mut queue = Queue::default();
            for (n, (host, due)) in jobs.iter().enumerate() {
                queue.insert(n, &host.to_string(), at(start, *due));
            }
            let mut running: Vec<usize> = Vec::new();
            let mut ran = vec![0u32; jobs.len()];
            let mut moves = moves.iter();
            for pick in order {
                while let Some(n) = queue.next(at(start, 100)) {
                    prop_assert!(running.iter().all(|r| jobs[*r].0 != jobs[n].0));
                    running.push(n);
                }
                if running.is_empty() { break; }
                // Waiting jobs move to another time meanwhile.
                if let Some(n) = moves.next().map(|m| m.index(jobs.len()))
                    && ran[n] == 0 && !running.contains(&n)
                {
                    queue.insert(n, &jobs[n].0.to_string(), at(start, 60));
                }
                let n = running.swap_remove(pick.index(running.len()));
                ran[n] += 1;
                queue.finished(&n, None);
            }
            prop_assert!(ran.iter().all(|n| *n == 1), "{ran:?}");
            prop_assert!(queue.is_empty());
        }
    }
}
