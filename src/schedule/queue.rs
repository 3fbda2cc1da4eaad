//! The queue of what is due: a heap by time, and a line of those waiting at each host that is busy.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Jobs of type `K`, each belonging to a host, due at some instant. Every step costs O(log n).
///
/// `Instant`s, not clock times: a clock that jumps neither stops nor floods it.
#[derive(Debug)]
pub struct Queue<K> {
    jobs: HashMap<K, Job>,
    /// An entry whose ticket is not the job's present one is out of date.
    due: BinaryHeap<Reverse<Entry<K>>>,
    /// Hosts by name; `hosts` holds them, and `vacant` the places of those whose jobs have all gone.
    names: HashMap<Arc<str>, usize>,
    hosts: Vec<Host<K>>,
    vacant: Vec<usize>,
    /// When hosts become free that have been kept free for a while.
    wakes: BinaryHeap<Reverse<(Instant, usize)>>,
    slots: usize,
    ticket: u64,
    /// The longest a job was handed out after it could have been, since that was last asked.
    lag: Duration,
    /// As `lag`, of the job handed out last.
    last_lag: Duration,
}

/// Jobs that are due and wait for their host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overdue {
    /// How many.
    pub jobs: usize,
    /// The longest any has waited.
    pub longest: Duration,
}

/// Due, ticket, key.
type Entry<K> = (Instant, u64, K);

#[derive(Debug)]
struct Job {
    host: usize,
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
    name: Arc<str>,
    jobs: usize,
    running: usize,
    /// None of its jobs is handed out before.
    free: Option<Instant>,
    line: BinaryHeap<Reverse<Entry<K>>>,
}

impl<K: Clone + Eq + Hash + Ord> Queue<K> {
    /// An empty queue that hands out at most `slots` jobs of a host at a time (at least one).
    pub fn new(slots: usize) -> Queue<K> {
        Queue {
            jobs: HashMap::new(),
            due: BinaryHeap::new(),
            names: HashMap::new(),
            hosts: Vec::new(),
            vacant: Vec::new(),
            wakes: BinaryHeap::new(),
            slots: slots.max(1),
            ticket: 0,
            lag: Duration::ZERO,
            last_lag: Duration::ZERO,
        }
    }

    /// Changes how many jobs of a host are handed out at a time.
    pub fn set_slots(&mut self, slots: usize) {
        self.slots = slots.max(1);
        for host in 0..self.hosts.len() {
            self.call_up(host);
        }
    }

    /// Adds a job, or moves a waiting one to a new time and host. A running job is left alone: it
    /// gets its next time when it ends.
    pub fn insert(&mut self, key: K, host: &str, due: Instant) {
        if let Some(job) = self.jobs.get_mut(&key)
            && job.state != State::Waiting
        {
            job.state = State::Running;
            return;
        }
        let host = self.enter(host);
        self.ticket += 1;
        let job = Job {
            host,
            ticket: self.ticket,
            state: State::Waiting,
        };
        self.due.push(Reverse((due, self.ticket, key.clone())));
        if let Some(old) = self.jobs.insert(key, job) {
            self.call_up(old.host);
            self.leave(old.host);
        }
    }

    /// Takes a job out; a running one is let finish.
    pub fn remove(&mut self, key: &K) {
        match self.jobs.get_mut(key) {
            Some(job) if job.state != State::Waiting => job.state = State::Leaving,
            _ => {
                if let Some(job) = self.jobs.remove(key) {
                    self.call_up(job.host);
                    self.leave(job.host);
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

    /// The host of a job.
    pub fn host(&self, key: &K) -> Option<Arc<str>> {
        let job = self.jobs.get(key)?;
        self.hosts.get(job.host).map(|host| host.name.clone())
    }

    /// The job longest overdue at `now` whose host is free; job and host are then busy until
    /// [`Queue::finished`].
    pub fn next(&mut self, now: Instant) -> Option<K> {
        while let Some(Reverse((at, host))) = self.wakes.peek().copied()
            && at <= now
        {
            self.wakes.pop();
            self.call_up(host);
        }
        while let Some(Reverse((due, _, _))) = self.due.peek() {
            if *due > now {
                return None;
            }
            let Reverse((due, ticket, key)) = self.due.pop()?;
            let Some(job) = self.jobs.get_mut(&key) else {
                continue;
            };
            if job.ticket != ticket || job.state != State::Waiting {
                continue;
            }
            let host = self.hosts.get_mut(job.host)?;
            if host.running >= self.slots || host.free.is_some_and(|at| at > now) {
                host.line.push(Reverse((due, ticket, key)));
                continue;
            }
            let able = host.free.map_or(due, |free| free.max(due));
            self.last_lag = now.saturating_duration_since(able);
            self.lag = self.lag.max(self.last_lag);
            host.running += 1;
            job.state = State::Running;
            let host = job.host;
            self.call_up(host);
            return Some(key);
        }
        None
    }

    /// The job has ended: it is due again at `next`, or never. Its host gets no other job before
    /// `free`.
    pub fn finished(&mut self, key: &K, next: Option<Instant>, free: Instant) {
        let Some(mut job) = self.jobs.remove(key) else {
            return;
        };
        let place = job.host;
        if let Some(host) = self.hosts.get_mut(place) {
            host.running = host.running.saturating_sub(1);
            host.free = Some(free);
            self.wakes.push(Reverse((free, place)));
        }
        match (next, &job.state) {
            (Some(due), State::Running) => {
                self.ticket += 1;
                job.ticket = self.ticket;
                job.state = State::Waiting;
                self.due.push(Reverse((due, job.ticket, key.clone())));
                self.jobs.insert(key.clone(), job);
            }
            _ => self.leave(place),
        }
    }

    /// When [`Queue::next`] may have something again, unless a job ends before.
    pub fn wake_at(&self) -> Option<Instant> {
        let due = self.due.peek().map(|Reverse((due, _, _))| *due);
        let free = self.wakes.peek().map(|Reverse((at, _))| *at);
        due.into_iter().chain(free).min()
    }

    /// The longest that a job was handed out after it was due and its host free, since this was last
    /// asked: how far the caller lags behind.
    pub fn take_lag(&mut self) -> Duration {
        std::mem::take(&mut self.lag)
    }

    /// How long after it was due and its host free the last job was handed out.
    pub fn last_lag(&self) -> Duration {
        self.last_lag
    }

    /// The jobs that `counts` which are due and wait, for their host or the caller. Looks at every
    /// waiting job.
    pub fn overdue(&self, now: Instant, counts: impl Fn(&K) -> bool) -> Overdue {
        let lines = self.hosts.iter().flat_map(|host| &host.line);
        let mut overdue = Overdue::default();
        for Reverse((due, ticket, key)) in lines.chain(&self.due) {
            let waits = |job: &Job| job.ticket == *ticket && job.state == State::Waiting;
            if *due <= now && self.jobs.get(key).is_some_and(waits) && counts(key) {
                overdue.jobs += 1;
                overdue.longest = overdue.longest.max(now - *due);
            }
        }
        overdue
    }

    /// Jobs known, running ones included.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether there is no job at all.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Hosts that jobs belong to.
    pub fn hosts(&self) -> usize {
        self.names.len()
    }

    /// The place of a host, which has one job more now.
    fn enter(&mut self, name: &str) -> usize {
        let place = match self.names.get(name) {
            Some(place) => *place,
            None => {
                let name: Arc<str> = name.into();
                let host = Host {
                    name: name.clone(),
                    jobs: 0,
                    running: 0,
                    free: None,
                    line: BinaryHeap::new(),
                };
                let place = self.vacant.pop().unwrap_or(self.hosts.len());
                match self.hosts.get_mut(place) {
                    Some(old) => *old = host,
                    None => self.hosts.push(host),
                }
                self.names.insert(name, place);
                place
            }
        };
        if let Some(host) = self.hosts.get_mut(place) {
            host.jobs += 1;
        }
        place
    }

    /// A job of the host has gone; with the last one goes the host.
    fn leave(&mut self, place: usize) {
        let Some(host) = self.hosts.get_mut(place) else {
            return;
        };
        host.jobs -= 1;
        if host.jobs == 0 {
            host.line = BinaryHeap::new();
            self.names.remove(&host.name);
            self.vacant.push(place);
        }
    }

    /// Puts the first in the line of a host with a free slot back into the heap, overdue as it is,
    /// so that hosts take turns by how long their jobs have waited. Called whenever the one called
    /// up before may have run, moved or gone.
    fn call_up(&mut self, place: usize) {
        let Some(host) = self.hosts.get_mut(place) else {
            return;
        };
        if host.running >= self.slots {
            return;
        }
        while let Some(Reverse((due, ticket, key))) = host.line.pop() {
            let waits = |job: &Job| job.ticket == ticket && job.state == State::Waiting;
            if self.jobs.get(&key).is_some_and(waits) {
                self.due.push(Reverse((due, ticket, key)));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn hands_out_by_time_and_one_a_host() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        queue.insert("a2", "a", at(start, 2));
        queue.insert("a1", "a", at(start, 1));
        queue.insert("b3", "b", at(start, 3));
        assert_eq!(queue.next(start), None);
        assert_eq!(queue.wake_at(), Some(at(start, 1)));
        let now = at(start, 10);
        assert_eq!(queue.next(now), Some("a1"));
        assert_eq!(queue.next(now), Some("b3"), "a is busy");
        assert_eq!(queue.next(now), None);
        queue.finished(&"a1", Some(at(start, 20)), start);
        assert_eq!(queue.next(now), Some("a2"));
        queue.finished(&"a2", None, start);
        queue.finished(&"b3", None, start);
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.next(now), None);
        assert_eq!(queue.next(at(start, 20)), Some("a1"));
    }

    #[test]
    fn a_job_taken_out_while_running_does_not_come_back() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        queue.insert(1, "h", start);
        assert_eq!(queue.next(start), Some(1));
        queue.remove(&1);
        assert!(!queue.contains(&1));
        queue.finished(&1, Some(start), start);
        assert!(queue.is_empty());
        assert_eq!(queue.next(at(start, 9)), None);
    }

    #[test]
    fn a_job_put_back_while_running_stays() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        queue.insert(1, "h", start);
        assert_eq!(queue.next(start), Some(1));
        queue.remove(&1);
        queue.insert(1, "h", start);
        queue.finished(&1, Some(at(start, 1)), start);
        assert_eq!(queue.next(at(start, 1)), Some(1));
    }

    #[test]
    fn a_waiting_job_moved_to_a_later_time_runs_once() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        queue.insert(1, "h", start);
        queue.insert(1, "h", at(start, 5));
        assert_eq!(queue.next(at(start, 4)), None);
        assert_eq!(queue.next(at(start, 5)), Some(1));
        queue.finished(&1, None, start);
        assert_eq!(queue.next(at(start, 9)), None);
    }

    #[test]
    fn a_host_that_wants_a_pause_holds_up_its_own_jobs_alone() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        queue.insert("a1", "a", start);
        queue.insert("a2", "a", start);
        queue.insert("b1", "b", at(start, 1));
        assert_eq!(queue.next(start), Some("a1"));
        queue.finished(&"a1", Some(start), at(start, 60));
        let now = at(start, 5);
        assert_eq!(queue.next(now), Some("b1"));
        assert_eq!(queue.next(now), None);
        assert_eq!(queue.wake_at(), Some(at(start, 60)));
        assert_eq!(queue.next(at(start, 60)), Some("a2"));
        assert_eq!(queue.next(at(start, 60)), None, "a is busy");
    }

    #[test]
    fn what_is_late_is_told_apart_from_what_waits_for_its_host() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        for n in 0..3 {
            queue.insert(n, "a", start);
        }
        queue.insert(3, "b", at(start, 30));
        assert_eq!(queue.next(start), Some(0));
        queue.finished(&0, None, at(start, 10));
        assert_eq!(queue.next(at(start, 12)), Some(1));
        assert_eq!(queue.take_lag(), Duration::from_secs(2));
        assert_eq!(queue.take_lag(), Duration::ZERO);
        let late = |now, odd: bool| queue.overdue(at(start, now), |n| !odd || n % 2 == 1);
        assert_eq!((late(20, false).jobs, late(40, false).jobs), (1, 2));
        assert_eq!(late(40, true).longest, Duration::from_secs(10));
    }

    #[test]
    fn a_host_with_more_slots_has_more_jobs_at_a_time() {
        let start = Instant::now();
        let mut queue = Queue::new(2);
        for n in 0..4 {
            queue.insert(n, "a", start);
        }
        assert_eq!((queue.next(start), queue.next(start)), (Some(0), Some(1)));
        assert_eq!(queue.next(start), None);
        queue.set_slots(3);
        assert_eq!((queue.next(start), queue.next(start)), (Some(2), None));
        queue.finished(&0, None, start);
        assert_eq!(queue.next(start), Some(3));
    }

    #[test]
    fn a_host_without_jobs_is_forgotten() {
        let start = Instant::now();
        let mut queue = Queue::new(1);
        for n in 0..100 {
            queue.insert(n, &n.to_string(), start);
            assert_eq!(queue.next(start), Some(n));
            queue.finished(&n, None, at(start, 9));
        }
        assert_eq!((queue.hosts(), queue.hosts.len()), (0, 1));
        queue.insert(0, "x", start);
        queue.insert(0, "y", start);
        assert_eq!(queue.hosts(), 1);
        queue.remove(&0);
        assert_eq!(queue.hosts(), 0);
    }

    proptest! {
        #[test]
        fn no_job_is_lost_and_no_host_doubly_busy(
            jobs in prop::collection::vec((0u8..5, 0u64..50), 1..60),
            order in prop::collection::vec(any::<prop::sample::Index>(), 400),
            moves in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
            slots in 1usize..3,
            pause in 0u64..3,
        ) {
            let start = Instant::now();
            let mut queue = Queue::new(slots);
            for (n, (host, due)) in jobs.iter().enumerate() {
                queue.insert(n, &host.to_string(), at(start, *due));
            }
            let mut running: Vec<usize> = Vec::new();
            let mut ran = vec![0u32; jobs.len()];
            let mut moves = moves.iter();
            let mut now = 100;
            for pick in order {
                while let Some(n) = queue.next(at(start, now)) {
                    let beside = running.iter().filter(|r| jobs[**r].0 == jobs[n].0).count();
                    prop_assert!(beside < slots);
                    running.push(n);
                }
                if running.is_empty() {
                    let Some(wake) = queue.wake_at() else { break };
                    if queue.is_empty() { break; }
                    now = (wake - start).as_secs().max(now);
                    continue;
                }
                // Waiting jobs move to another time meanwhile.
                if let Some(n) = moves.next().map(|m| m.index(jobs.len()))
                    && ran[n] == 0 && !running.contains(&n)
                {
                    queue.insert(n, &jobs[n].0.to_string(), at(start, 60));
                }
                let n = running.swap_remove(pick.index(running.len()));
                ran[n] += 1;
                queue.finished(&n, None, at(start, now + pause));
            }
            prop_assert!(ran.iter().all(|n| *n == 1), "{ran:?}");
            prop_assert!(queue.is_empty());
        }
    }
}
