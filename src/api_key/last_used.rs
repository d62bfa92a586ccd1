//! When keys were last used: noted in memory, written behind, many at once.

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::{Clock, SystemClock, nanoseconds};
use crate::store::{KeyId, KeyRing, StoreError, USES_AT_ONCE};

/// Notes when keys are used and tells the ring once a minute at most, so that no request writes.
/// A handle: clones share what was noted.
///
/// Whoever comes first after the minute is over has the notes written, without waiting for it; a
/// process that ends should say [`flush`](Self::flush). Notes that could not be written are kept
/// for the next time. Up to 10 000 keys are noted at a time; the uses of further ones are not,
/// until the notes are written.
#[derive(Clone)]
pub struct LastUsed {
    notes: Arc<Notes>,
    ring: Arc<dyn KeyRing>,
    clock: Arc<dyn Clock>,
}

struct Notes {
    uses: RwLock<HashMap<KeyId, AtomicU64>>,
    /// When the notes are to be written, in ticks.
    due: AtomicU64,
}

const INTERVAL: Duration = Duration::from_mins(1);
const CAPACITY: usize = 10_000;

impl LastUsed {
    /// Notes that are written to `ring`.
    #[must_use]
    pub fn in_ring(ring: impl KeyRing) -> Self {
        Self {
            notes: Arc::new(Notes {
                uses: RwLock::default(),
                due: AtomicU64::new(u64::MAX),
            }),
            ring: Arc::new(ring),
            clock: Arc::new(SystemClock),
        }
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Writes what has been noted.
    ///
    /// # Errors
    /// [`StoreError`] if the ring cannot take it. The notes are kept then.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let noted = std::mem::take(&mut *self.notes.writing());
        // Kept again should the ring fail, or whoever waits for it give up.
        let mut left = Kept {
            notes: &self.notes,
            uses: noted
                .into_iter()
                .map(|(id, at)| (id, at.into_inner()))
                .collect(),
        };
        while !left.uses.is_empty() {
            let rest = left.uses.len().saturating_sub(USES_AT_ONCE);
            self.ring
                .touch(left.uses.get(rest..).unwrap_or_default())
                .await?;
            left.uses.truncate(rest);
        }
        Ok(())
    }

    /// Notes that the key `id` was used at `now`.
    pub(super) fn note(&self, id: KeyId, now: u64) {
        let ticks = self.clock.ticks();
        self.notes.note(id, now, ticks);
        if self.notes.is_due(ticks) {
            self.write_behind();
        }
    }

    #[cold]
    fn write_behind(&self) {
        let this = self.clone();
        let writing = async move {
            if let Err(error) = this.flush().await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(target: "portcullis", error, "uses of API keys not written");
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(writing)),
            // A ring in memory needs no runtime; what waits is given up, and the notes are kept.
            Err(_) => drop(pin!(writing).poll(&mut Context::from_waker(Waker::noop()))),
        }
    }
}

impl fmt::Debug for LastUsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastUsed")
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

impl Notes {
    fn note(&self, id: KeyId, now: u64, ticks: u64) {
        // A panic leaves at most a note out.
        let uses = self.uses.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = uses.get(&id) {
            if at.load(Relaxed) < now {
                at.fetch_max(now, Relaxed);
            }
            return;
        }
        drop(uses);
        self.put(id, now);
        // The first note of all begins the first interval.
        let due = next(ticks);
        let _ = self.due.compare_exchange(u64::MAX, due, Relaxed, Relaxed);
    }

    fn put(&self, id: KeyId, at: u64) {
        let mut uses = self.writing();
        if uses.len() < CAPACITY || uses.contains_key(&id) {
            uses.entry(id).or_default().fetch_max(at, Relaxed);
        }
    }

    /// Whether the interval is over; told to one caller, with whom the next one begins.
    fn is_due(&self, ticks: u64) -> bool {
        let due = self.due.load(Relaxed);
        due <= ticks
            && self
                .due
                .compare_exchange(due, next(ticks), Relaxed, Relaxed)
                .is_ok()
    }

    fn writing(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<KeyId, AtomicU64>> {
        self.uses.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next(ticks: u64) -> u64 {
    ticks.saturating_add(nanoseconds(INTERVAL))
}

/// Notes under way to the ring.
struct Kept<'a> {
    notes: &'a Notes,
    uses: Vec<(KeyId, u64)>,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        for (id, at) in self.uses.drain(..) {
            self.notes.put(id, at);
        }
    }
}
