//! Values that are kept until their time is over, and not a moment less.

use std::collections::{BTreeSet, HashMap};

use crate::store::SeenKey;

/// Values by key, and the keys by their end, so that those whose time is over are found at once.
#[derive(Debug)]
pub(super) struct Expiring<V> {
    held: HashMap<SeenKey, (V, u64)>,
    by_end: BTreeSet<(u64, SeenKey)>,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self {
            held: HashMap::new(),
            by_end: BTreeSet::new(),
        }
    }
}

impl<V> Expiring<V> {
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// The value of `key` and its end, if that is after `now`.
    pub(super) fn get(&self, key: &SeenKey, now: u64) -> Option<(&V, u64)> {
        let (value, until) = self.held.get(key)?;
        (*until > now).then_some((value, *until))
    }

    /// Keeps `value` until `until`, in place of what was there.
    pub(super) fn insert(&mut self, key: SeenKey, value: V, until: u64) {
        if let Some((_, before)) = self.held.insert(key, (value, until)) {
            self.by_end.remove(&(before, key));
        }
        self.by_end.insert((until, key));
    }

    /// Drops what ended at `now` or before.
    pub(super) fn forget_before(&mut self, now: u64) {
        while let Some((end, key)) = self.by_end.first().copied()
            && end <= now
        {
            self.by_end.pop_first();
            self.held.remove(&key);
        }
    }
}
