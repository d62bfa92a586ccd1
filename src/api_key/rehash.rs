//! Keys that are used, and were hashed with a pepper that is no longer the current one.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::hasher::KeyHasher;
use crate::store::{KeyId, KeyRecord, KeyRing};

/// Which keys are being hashed anew, so that each is once at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Rehash(Arc<Mutex<HashSet<KeyId>>>);

impl Rehash {
    /// Has the ring keep the current hash of `key`. Should that fail, the key is good all the
    /// same, and the next use tries again.
    #[cold]
    pub(super) async fn bring_up(
        &self,
        record: &KeyRecord,
        key: &str,
        hasher: &KeyHasher,
        ring: &dyn KeyRing,
    ) {
        let id = record.id();
        if !self.under_way().insert(id) {
            return;
        }
        let _landing = Landing(self, id);
        let (from, to) = (*record.hash(), hasher.hash(key));
        if let Err(error) = ring.rehash(id, from, to).await {
            let error: &dyn Error = &error;
            tracing::warn!(target: "portcullis", credential_id = %id, error, "key not hashed anew");
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<KeyId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Landing<'a>(&'a Rehash, KeyId);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.under_way().remove(&self.1);
    }
}
