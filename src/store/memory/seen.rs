//! Remember once, in memory.

use std::sync::{Mutex, PoisonError};

use super::expiring::Expiring;
use crate::store::{Answer, Seen, SeenKey, StoreError};

const SHARDS: usize = 16;

/// Remembers up to a fixed number of keys, about 100 bytes each, and forgets each when its time is
/// over. When it is full of keys that still count, it answers with an error: forgetting one of
/// them would let its owner in twice.
#[derive(Debug)]
pub struct MemorySeen {
    shards: Box<[Mutex<Shard>]>,
    capacity_each: usize,
}

type Shard = Expiring<()>;

impl MemorySeen {
    /// A store for about `capacity` keys at a time (rounded up to a multiple of 16).
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            capacity_each: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// How many keys are remembered at the moment, those included whose time is over and whose
    /// place has not been needed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        let held = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.len()
        };
        self.shards.iter().map(held).sum()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn try_insert(&self, key: SeenKey, until: u64, now: u64) -> Result<bool, StoreError> {
        // Keys are digests, so that their first byte spreads them evenly.
        let [first, ..] = key;
        let shard = self
            .shards
            .get(usize::from(first) % SHARDS)
            .ok_or_else(|| StoreError::new("memory", "no such shard"))?;
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.forget_before(now);
        if shard.get(&key, now).is_some() {
            return Ok(false);
        }
        if shard.len() >= self.capacity_each {
            return Err(StoreError::new("memory", "full of keys that still count"));
        }
        if until > now {
            shard.insert(key, (), until);
        }
        Ok(true)
    }
}

impl Seen for MemorySeen {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        match self.try_insert(key, until, now) {
            Ok(first) => Answer::ready(first),
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_store_refuses_rather_than_forget_and_time_makes_room() {
        let seen = MemorySeen::with_capacity(SHARDS);
        let key = |n: u8| {
            let mut key = [0; 32];
            key[31] = n;
            key
        };
        assert!(seen.insert(key(1), 100, 0).await.unwrap());
        assert!(seen.insert(key(2), 100, 0).await.is_err());
        assert!(!seen.insert(key(1), 100, 99).await.unwrap());
        assert!(seen.insert(key(2), 200, 100).await.unwrap());
        assert_eq!(seen.len(), 1);
    }
}
