//! API keys in memory.

use std::fmt;
use std::sync::{Arc, RwLock};

use super::keys::Keys;
use crate::clock::{Clock, SystemClock};
use crate::store::{Answer, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};

/// API keys in the memory of this process: bounded, and gone when the process ends. A handle:
/// clones share the keys.
///
/// When it is full, keys that are expired or revoked are dropped to make room; if none is, an
/// insert fails. A live key is never dropped.
#[derive(Clone)]
pub struct MemoryKeyRing {
    keys: Arc<RwLock<Keys>>,
    capacity: usize,
    clock: Arc<dyn Clock>,
}

impl MemoryKeyRing {
    /// A ring for at most `capacity` keys. The default is 10 000.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            keys: Arc::default(),
            capacity,
            clock: Arc::new(SystemClock),
        }
    }

    /// Tells by `clock` which keys have expired (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn reading<T>(&self, read: impl FnOnce(&Keys) -> T) -> Answer<'static, T> {
        match self.keys.read() {
            Ok(keys) => Answer::ready(read(&keys)),
            Err(_) => poisoned().into(),
        }
    }

    fn changing<T>(&self, change: impl FnOnce(&mut Keys) -> T) -> Result<T, StoreError> {
        match self.keys.write() {
            Ok(mut keys) => Ok(change(&mut keys)),
            Err(_) => Err(poisoned()),
        }
    }

    /// Changes the record of the key `id`, if there is one.
    fn altering(
        &self,
        id: KeyId,
        alter: impl FnOnce(KeyRecord) -> KeyRecord,
    ) -> Answer<'static, bool> {
        Answer::Ready(Some(self.changing(|keys| keys.alter(id, alter))))
    }

    fn adding(&self, add: impl FnOnce(&mut Keys) -> Result<bool, StoreError>) -> Answer<'_, bool> {
        let change = |keys: &mut Keys| {
            if keys.len() >= self.capacity {
                keys.drop_dead(self.clock.now());
            }
            add(keys)
        };
        Answer::Ready(Some(self.changing(change).flatten()))
    }

    fn room(&self, keys: &Keys) -> Result<(), StoreError> {
        if keys.len() < self.capacity {
            return Ok(());
        }
        Err(StoreError::new(
            "memory",
            "the key ring is full of live keys: give it more room or revoke some",
        ))
    }
}

impl Default for MemoryKeyRing {
    fn default() -> Self {
        Self::with_capacity(10_000)
    }
}

impl KeyRing for MemoryKeyRing {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        self.reading(|keys| keys.get(id).map(Arc::clone))
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        self.adding(|keys| {
            if keys.get(record.id()).is_some() {
                return Ok(false);
            }
            self.room(keys)?;
            keys.insert(record);
            Ok(true)
        })
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.altering(id, |record| record.with_revocation(at))
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.altering(id, |record| record.with_end(at))
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        self.adding(|keys| {
            let Some(old) = keys.replaceable(&successor) else {
                return Ok(false);
            };
            self.room(keys)?;
            let new = successor.id();
            keys.insert(successor);
            Ok(keys.alter(old, |record| record.with_end(ends_at).with_successor(new)))
        })
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        Answer::Ready(Some(self.changing(|keys| {
            keys.get(id)
                .is_some_and(|record| record.hash().matches(&from))
                && keys.alter(id, |record| record.with_hash(to))
        })))
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        Answer::Ready(Some(self.changing(|keys| {
            for (id, at) in uses {
                keys.alter(*id, |record| record.with_last_use(*at));
            }
        })))
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        self.reading(|keys| keys.page(owner, after))
    }
}

impl fmt::Debug for MemoryKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryKeyRing")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Whoever held the lock panicked, so what it guards may be half done.
fn poisoned() -> StoreError {
    StoreError::new("memory", "a panic left the key ring half changed")
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    fn key(number: usize, expires_at: Option<u64>) -> Arc<KeyRecord> {
        let id = KeyId::parse(&format!("{number:016}")).unwrap();
        let hash = KeyHash::of(id.as_str());
        Arc::new(KeyRecord::new(id, hash, "alice", 0, expires_at))
    }

    #[tokio::test]
    async fn a_full_ring_drops_dead_keys_and_never_a_live_one() {
        let clock = ManualClock::at(100);
        let ring = MemoryKeyRing::with_capacity(2).with_clock(clock.clone());
        assert!(ring.insert(key(1, Some(110))).await.unwrap());
        assert!(ring.insert(key(2, None)).await.unwrap());

        let full = ring.insert(key(3, None)).await.unwrap_err();
        assert!(full.source().unwrap().to_string().contains("full"));
        assert!(ring.find(key(1, None).id()).await.unwrap().is_some());

        clock.advance(Duration::from_secs(10)); // the first expires
        assert!(ring.insert(key(3, None)).await.unwrap());
        assert!(ring.find(key(1, None).id()).await.unwrap().is_none());
        assert!(ring.insert(key(4, None)).await.is_err());

        ring.revoke(key(2, None).id(), 110).await.unwrap();
        assert!(ring.insert(key(4, None)).await.unwrap());
        let left = ring.list(KeyOwner::named("alice"), None).await.unwrap();
        let left: Vec<_> = left.iter().map(|record| record.id()).collect();
        assert_eq!(left, [key(3, None).id(), key(4, None).id()]);
    }

    #[tokio::test]
    async fn a_full_ring_replaces_no_key_and_leaves_the_old_one_as_it_was() {
        let ring = MemoryKeyRing::with_capacity(1);
        assert!(ring.insert(key(1, None)).await.unwrap());
        let successor = KeyRecord::clone(&key(2, None)).with_predecessor(key(1, None).id());
        assert!(ring.replace(Arc::new(successor), 9).await.is_err());
        let old = ring.find(key(1, None).id()).await.unwrap().unwrap();
        assert_eq!((old.expires_at(), old.replaced_by()), (None, None));
    }

    #[tokio::test]
    async fn a_ring_that_a_panic_left_half_changed_answers_no_more() {
        let ring = MemoryKeyRing::default();
        let twin = ring.clone();
        let panicked = std::thread::spawn(move || {
            let _keys = twin.keys.write();
            panic!("in the middle of a change");
        });
        assert!(panicked.join().is_err());
        assert!(ring.find(key(1, None).id()).await.is_err());
        assert!(ring.insert(key(1, None)).await.is_err());
    }
}
