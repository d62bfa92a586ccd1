//! How many requests of each key are in flight.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::Key;

/// So that few requests meet at one lock.
const SHARDS: usize = 16;
/// The most keys with requests in flight, in each shard.
const MOST_KEYS: usize = 4_096;

/// The counts of the keys that have requests in flight, and of no others: memory is bounded by what
/// is in flight, and by 65536 keys. Of a key only a keyed hash is kept; where two keys had the same,
/// they would share a count, which refuses too much and never too little.
pub(super) struct Table {
    secret: RandomState,
    shards: [Mutex<HashMap<u64, u32>>; SHARDS],
}

/// A place among the requests of a key. Dropping it gives the place back.
pub(super) struct KeyPermit {
    table: Arc<Table>,
    tag: u64,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The key has as many requests in flight as it may have.
    Taken,
    /// There are too many keys.
    TooManyKeys,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            secret: RandomState::new(),
            shards: Default::default(),
        }
    }

    /// A place for a request of `key`, which may have `most`.
    pub(super) fn enter(self: &Arc<Self>, key: &Key<'_>, most: u32) -> Result<KeyPermit, NoPlace> {
        let (kind, realm, value) = key.parts();
        let tag = self.secret.hash_one((kind as u8, realm, value));
        let mut shard = self.shard(tag);
        let is_full = shard.len() >= MOST_KEYS;
        match shard.entry(tag) {
            Entry::Occupied(count) if *count.get() >= most => return Err(NoPlace::Taken),
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(_) if is_full => return Err(NoPlace::TooManyKeys),
            Entry::Vacant(place) => {
                place.insert(1);
            }
        }
        drop(shard);
        let table = Arc::clone(self);
        Ok(KeyPermit { table, tag })
    }

    fn leave(&self, tag: u64) {
        if let Entry::Occupied(mut count) = self.shard(tag).entry(tag) {
            match *count.get() {
                0 | 1 => drop(count.remove()),
                more => *count.get_mut() = more - 1,
            }
        }
    }

    /// How many keys have requests in flight.
    pub(super) fn keys(&self) -> usize {
        self.shards.iter().map(|shard| locked(shard).len()).sum()
    }

    fn shard(&self, tag: u64) -> MutexGuard<'_, HashMap<u64, u32>> {
        let [first, rest @ ..] = &self.shards;
        let index = usize::try_from(tag >> 56).unwrap_or_default() % SHARDS;
        locked(
            index
                .checked_sub(1)
                .and_then(|at| rest.get(at))
                .unwrap_or(first),
        )
    }
}

/// Nothing in here panics while a count is half changed.
fn locked(shard: &Mutex<HashMap<u64, u32>>) -> MutexGuard<'_, HashMap<u64, u32>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for KeyPermit {
    fn drop(&mut self) {
        self.table.leave(self.tag);
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Table(..)")
    }
}

impl fmt::Debug for KeyPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPermit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key<'static> {
        Key::from(number)
    }

    #[test]
    fn a_key_has_so_many_places_and_leaves_nothing_behind() {
        let table = Arc::new(Table::new());
        let one = table.enter(&key(1), 2).unwrap();
        let two = table.enter(&key(1), 2).unwrap();
        assert_eq!(table.enter(&key(1), 2).unwrap_err(), NoPlace::Taken);
        let other = table.enter(&key(2), 2).unwrap();
        assert_eq!(table.keys(), 2);
        drop(two);
        let two = table.enter(&key(1), 2).unwrap();
        drop((one, two, other));
        assert_eq!(table.keys(), 0);
    }

    #[test]
    fn keys_that_differ_in_their_kind_or_realm_do_not_meet() {
        let table = Arc::new(Table::new());
        let of = |realm| Key::from("a").within(realm);
        let _held = [of(""), of("x"), of("y")].map(|key| table.enter(&key, 1).unwrap());
        assert_eq!(table.keys(), 3);
    }

    #[test]
    fn there_are_only_so_many_keys() {
        let table = Arc::new(Table::new());
        let mut held = Vec::new();
        let mut turned_away = 0;
        for number in 0..100_000 {
            match table.enter(&key(number), 1) {
                Ok(permit) => held.push(permit),
                Err(reason) => {
                    assert_eq!(reason, NoPlace::TooManyKeys);
                    turned_away += 1;
                }
            }
        }
        assert_eq!(held.len() + turned_away, 100_000);
        assert!(held.len() <= SHARDS * MOST_KEYS && held.len() > SHARDS * MOST_KEYS * 9 / 10);
        assert_eq!(table.keys(), held.len());
        drop(held);
        assert_eq!(table.keys(), 0);
    }
}
