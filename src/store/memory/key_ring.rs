//! API keys in memory.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::clock::{Clock, SystemClock};
use crate::store::{Answer, KEYS_A_PAGE, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};

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

#[derive(Default)]
struct Keys {
    by_id: HashMap<KeyId, Arc<KeyRecord>>,
    by_owner: HashMap<Owner, BTreeSet<KeyId>>,
}

/// A subject and a tenant.
type Owner = (Box<str>, Option<Box<str>>);

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

    fn read(&self) -> Result<RwLockReadGuard<'_, Keys>, StoreError> {
        self.keys.read().map_err(|_| poisoned())
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Keys>, StoreError> {
        self.keys.write().map_err(|_| poisoned())
    }

    fn inserted(&self, record: Arc<KeyRecord>) -> Result<bool, StoreError> {
        let mut keys = self.write()?;
        if keys.by_id.contains_key(&record.id()) {
            return Ok(false);
        }
        if keys.by_id.len() >= self.capacity {
            keys.drop_dead(self.clock.now());
        }
        if keys.by_id.len() >= self.capacity {
            return Err(StoreError::new(
                "memory",
                "the key ring is full of live keys: give it more room or revoke some",
            ));
        }
        keys.insert(record);
        Ok(true)
    }

    fn revoked(&self, id: KeyId, at: u64) -> Result<bool, StoreError> {
        let mut keys = self.write()?;
        let Some(record) = keys.by_id.get_mut(&id) else {
            return Ok(false);
        };
        if !record.is_revoked() {
            *record = Arc::new(KeyRecord::clone(record).with_revocation(at));
        }
        Ok(true)
    }
}

impl Default for MemoryKeyRing {
    fn default() -> Self {
        Self::with_capacity(10_000)
    }
}

impl KeyRing for MemoryKeyRing {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        Answer::Ready(Some(
            self.read().map(|keys| keys.by_id.get(&id).map(Arc::clone)),
        ))
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        Answer::Ready(Some(self.inserted(record)))
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::Ready(Some(self.revoked(id, at)))
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        Answer::Ready(Some(self.read().map(|keys| keys.page(owner, after))))
    }
}

impl fmt::Debug for MemoryKeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryKeyRing")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Keys {
    fn insert(&mut self, record: Arc<KeyRecord>) {
        let id = record.id();
        self.by_owner
            .entry(owned(record.owner()))
            .or_default()
            .insert(id);
        self.by_id.insert(id, record);
    }

    fn drop_dead(&mut self, now: u64) {
        let Self { by_id, by_owner } = self;
        by_id.retain(|_, record| !record.is_revoked() && !record.is_expired(now));
        by_owner.retain(|_, ids| {
            ids.retain(|id| by_id.contains_key(id));
            !ids.is_empty()
        });
    }

    fn page(&self, owner: KeyOwner<'_>, after: Option<KeyId>) -> Vec<Arc<KeyRecord>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_owner.get(&owned(owner));
        ids.into_iter()
            .flat_map(|ids| ids.range((start, Bound::Unbounded)))
            .filter_map(|id| self.by_id.get(id).map(Arc::clone))
            .take(KEYS_A_PAGE)
            .collect()
    }
}

fn owned(owner: KeyOwner<'_>) -> Owner {
    (owner.subject().into(), owner.tenant().map(Into::into))
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
    use crate::store::KeyHash;

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
