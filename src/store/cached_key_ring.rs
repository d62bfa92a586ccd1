//! A key ring that remembers for a while what another one said.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::error::StoreError;
use super::key_hash::KeyHash;
use super::key_id::KeyId;
use super::key_memory::KeyMemory;
use super::key_record::KeyRecord;
use super::key_ring::{KeyOwner, KeyRing};
use crate::clock::{Clock, SystemClock};

/// Remembers what the ring `R` said of a key, for up to 30 seconds, so that most requests reach
/// no database. A handle: clones share the memory.
///
/// - What is changed through it is seen at once. What another process changes is seen when the
///   time to live is over: that is for how long a key which was revoked elsewhere may still be
///   accepted here.
/// - A record carries its own end, so that none is accepted beyond it.
/// - That there is no key of some id is remembered too, in room of its own, so that no flood of
///   guesses reaches the database twice, or drives good keys out.
/// - Any number of requests that ask for one key at the same time ask the ring once.
/// - Failures are not remembered.
#[derive(Clone)]
pub struct CachedKeyRing<R> {
    shared: Arc<Shared<R>>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

struct Shared<R> {
    ring: R,
    memory: Arc<KeyMemory>,
}

/// For how long a record counts.
const LIFETIME: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_mins(5);
const CAPACITY: usize = 10_000;

impl<R: KeyRing> CachedKeyRing<R> {
    /// Remembers up to 10 000 records of `ring`, and up to as many ids without a record.
    #[must_use]
    pub fn over(ring: R) -> Self {
        Self::with_room_for(CAPACITY, ring)
    }

    /// Remembers up to `keys` records of `ring` (one of them may take a few KiB), and up to as
    /// many ids without a record.
    #[must_use]
    pub fn with_room_for(keys: usize, ring: R) -> Self {
        let memory = Arc::new(KeyMemory::new(keys.max(1)));
        Self {
            shared: Arc::new(Shared { ring, memory }),
            clock: Arc::new(SystemClock),
            lifetime: LIFETIME,
        }
    }

    /// Has what was said count for `lifetime` in whole seconds (default: 30), at most five minutes;
    /// less than a second remembers nothing.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.min(LONGEST);
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    async fn look_up(&self, id: KeyId, now: u64) -> Result<Option<Arc<KeyRecord>>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let asking = async move { shared.ring.find(id).await };
        let counts = now..now.saturating_add(self.lifetime.as_secs());
        self.shared.memory.join(id, counts, asking).await
    }

    /// Changes the keys `ids` by way of `change`, and forgets them however that ends.
    fn changing<'a, T: Unpin + Send + 'a>(
        &'a self,
        ids: Vec<KeyId>,
        change: Answer<'a, T>,
    ) -> Answer<'a, T> {
        let forgetting = self.shared.memory.forgetting(ids);
        match change {
            Answer::Ready(_) => change,
            Answer::Later(change) => Answer::later(async move {
                let _forgetting = forgetting;
                change.await
            }),
        }
    }
}

impl<R: KeyRing> KeyRing for CachedKeyRing<R> {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        self.find_at(id, self.clock.now())
    }

    fn find_at(&self, id: KeyId, now: u64) -> Answer<'_, Option<Arc<KeyRecord>>> {
        match self.shared.memory.recall(id, now) {
            Some(known) => Answer::ready(known),
            None => Answer::later(self.look_up(id, now)),
        }
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        let id = record.id();
        self.changing(vec![id], self.shared.ring.insert(record))
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.changing(vec![id], self.shared.ring.revoke(id, at))
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.changing(vec![id], self.shared.ring.retire(id, at))
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        let ids = [Some(successor.id()), successor.supersedes()];
        let ids = ids.into_iter().flatten().collect();
        self.changing(ids, self.shared.ring.replace(successor, ends_at))
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        self.changing(vec![id], self.shared.ring.rehash(id, from, to))
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        let ids = uses.iter().map(|(id, _)| *id).collect();
        self.changing(ids, self.shared.ring.touch(uses))
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        self.shared.ring.list(owner, after)
    }
}

impl<R: fmt::Debug> fmt::Debug for CachedKeyRing<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedKeyRing")
            .field("ring", &self.shared.ring)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
