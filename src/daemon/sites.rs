//! What was learned of sites, held in memory as far as there is room; the store has all of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::extract::{SiteChurn, SiteMemory};

/// Lines and places held in memory, of all sites together: some 20 MB.
const ROOM: usize = 200_000;

/// Values learned by site, by host.
pub(super) struct Learned<T> {
    held: Mutex<Held<T>>,
}

struct Held<T> {
    by_host: HashMap<String, Arc<T>>,
    size: usize,
}

/// What can be held: read from its stored form, written to it, and of some size.
pub(super) trait Learnable:
    Default + serde::Serialize + serde::de::DeserializeOwned
{
    /// How much of [`ROOM`] it takes.
    fn size(&self) -> usize;

    /// From the stored form. A form of an older program is learned anew.
    fn read(stored: Option<String>) -> Self {
        stored
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default()
    }

    /// To the stored form.
    fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Learnable for SiteMemory {
    fn size(&self) -> usize {
        self.len() + 1
    }
}

impl Learnable for SiteChurn {
    fn size(&self) -> usize {
        self.len() + 1
    }
}

impl<T: Learnable> Default for Learned<T> {
    fn default() -> Self {
        Learned {
            held: Mutex::new(Held {
                by_host: HashMap::new(),
                size: 0,
            }),
        }
    }
}

impl<T: Learnable> Learned<T> {
    pub(super) fn get(&self, host: &str) -> Option<Arc<T>> {
        self.held().by_host.get(host).cloned()
    }

    pub(super) fn put(&self, host: &str, value: Arc<T>) {
        let mut held = self.held();
        let size = value.size();
        if held.size + size > ROOM {
            held.by_host.clear();
            held.size = 0;
        }
        held.size += size;
        if let Some(old) = held.by_host.insert(host.to_owned(), value) {
            held.size -= old.size();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_stays_within_its_room() {
        let learned = Learned::<SiteMemory>::default();
        let mut memory = SiteMemory::default();
        (0..1_000).for_each(|i| memory.learn("a", &format!("line {i}")));
        let memory = Arc::new(memory);
        for round in 0..3 {
            for host in 0..150 {
                learned.put(&host.to_string(), memory.clone());
                let held = learned.held();
                let size: usize = held.by_host.values().map(|m| m.size()).sum();
                assert_eq!(held.size, size, "round {round}");
                assert!(size <= ROOM);
            }
        }
        assert!(learned.get("149").is_some());
        assert!(learned.get("elsewhere").is_none());
    }
}
