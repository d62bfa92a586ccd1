//! What was said of keys a moment ago, and the questions that are under way.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use quick_cache::sync::Cache;

use super::error::StoreError;
use super::key_id::KeyId;
use super::key_record::KeyRecord;

type Found = Option<Arc<KeyRecord>>;
/// The moments at which an answer counts. A clock that is set back before the first of them makes
/// it count no more, so that no answer outlives twice its time.
type Counts = Range<u64>;
type Outcome = Result<Found, Arc<StoreError>>;
/// A question that whoever waits for it drives; given up when nobody does any more.
type Asking = Pin<Box<dyn Future<Output = Outcome> + Send>>;

pub(super) struct KeyMemory {
    known: Cache<KeyId, (Arc<KeyRecord>, Counts)>,
    unknown: Cache<KeyId, Counts>,
    under_way: Mutex<HashMap<KeyId, Flight>>,
    next: AtomicU64,
}

struct Flight {
    number: u64,
    asking: WeakShared<Asking>,
}

impl KeyMemory {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: Cache::new(capacity),
            unknown: Cache::new(capacity),
            under_way: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// What is known of the key `id` at the moment `now`.
    pub(super) fn recall(&self, id: KeyId, now: u64) -> Option<Found> {
        if let Some((record, counts)) = self.known.get(&id) {
            return counts.contains(&now).then_some(Some(record));
        }
        let counts = self.unknown.get(&id)?;
        counts.contains(&now).then_some(None)
    }

    /// What comes of the question for the key `id` that is under way, or else of `asking`, which
    /// counts at the moments `counts`.
    pub(super) async fn join(
        self: &Arc<Self>,
        id: KeyId,
        counts: Counts,
        asking: impl Future<Output = Result<Found, StoreError>> + Send + 'static,
    ) -> Result<Found, StoreError> {
        let question = self.question(id, counts, asking);
        question
            .await
            .map_err(|error| StoreError::new(error.store(), error))
    }

    fn question(
        self: &Arc<Self>,
        id: KeyId,
        counts: Counts,
        asking: impl Future<Output = Result<Found, StoreError>> + Send + 'static,
    ) -> Shared<Asking> {
        let mut under_way = self.under_way();
        if let Some(shared) = under_way
            .get(&id)
            .and_then(|flight| flight.asking.upgrade())
        {
            return shared;
        }
        let number = self.next.fetch_add(1, Relaxed);
        let landing = Landing {
            memory: Arc::clone(self),
            id,
            number,
        };
        let asking: Asking = Box::pin(async move {
            let outcome = asking.await.map_err(Arc::new);
            landing.keep(&outcome, counts);
            outcome
        });
        let shared = asking.shared();
        if let Some(asking) = shared.downgrade() {
            under_way.insert(id, Flight { number, asking });
        }
        shared
    }

    /// Forgets the keys `ids` now, and again when the answer is dropped.
    pub(super) fn forgetting(self: &Arc<Self>, ids: Vec<KeyId>) -> Forgetting {
        let forgetting = Forgetting {
            memory: Arc::clone(self),
            ids,
        };
        forgetting.forget();
        forgetting
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<KeyId, Flight>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMemory(..)")
    }
}

/// Takes a question off the list however it ends.
struct Landing {
    memory: Arc<KeyMemory>,
    id: KeyId,
    number: u64,
}

impl Landing {
    /// Keeps an answer, unless the key has been changed since the question was asked: then it is
    /// no longer the one that is on the list.
    fn keep(&self, outcome: &Outcome, counts: Counts) {
        let under_way = self.memory.under_way();
        let asked = under_way.get(&self.id).map(|flight| flight.number);
        if asked != Some(self.number) {
            return;
        }
        match outcome {
            Ok(Some(record)) => {
                self.memory.unknown.remove(&self.id);
                self.memory
                    .known
                    .insert(self.id, (Arc::clone(record), counts));
            }
            Ok(None) => {
                self.memory.known.remove(&self.id);
                self.memory.unknown.insert(self.id, counts);
            }
            Err(_) => {}
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut under_way = self.memory.under_way();
        if under_way
            .get(&self.id)
            .is_some_and(|flight| flight.number == self.number)
        {
            under_way.remove(&self.id);
        }
    }
}

/// Keys that are being changed.
pub(super) struct Forgetting {
    memory: Arc<KeyMemory>,
    ids: Vec<KeyId>,
}

impl Forgetting {
    fn forget(&self) {
        let mut under_way = self.memory.under_way();
        for id in &self.ids {
            // Whoever waits for an old question gets its answer, and nobody after them.
            under_way.remove(id);
            self.memory.known.remove(id);
            self.memory.unknown.remove(id);
        }
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.forget();
    }
}
