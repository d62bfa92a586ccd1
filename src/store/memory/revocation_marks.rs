//! What was withdrawn, in memory.

use std::sync::{PoisonError, RwLock};

use super::expiring::Expiring;
use crate::store::{Answer, RevocationMarks, SeenKey, StoreError};

/// Remembers up to a fixed number of revocations, about 100 bytes each, and forgets each when its
/// time is over. It forgets everything when the process ends: what must survive that needs another
/// engine. When it is full, it answers a new revocation with an error.
#[derive(Debug)]
pub struct MemoryRevocationMarks {
    marks: RwLock<Expiring<u64>>,
    capacity: usize,
}

impl MemoryRevocationMarks {
    /// A store for `capacity` revocations at a time.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            marks: RwLock::default(),
            capacity,
        }
    }
}

impl RevocationMarks for MemoryRevocationMarks {
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()> {
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        marks.forget_before(now);
        let (issued, until) = match marks.get(&mark, now) {
            Some((earlier, end)) => (issued.max(*earlier), until.max(end)),
            None if marks.len() >= self.capacity => {
                return StoreError::new("memory", "full of revocations that still count").into();
            }
            None => (issued, until),
        };
        if until > now {
            marks.insert(mark, issued, until);
        }
        Answer::ready(())
    }

    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>> {
        let held = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        let known = marks.iter().filter_map(|mark| held.get(mark, now));
        Answer::ready(known.map(|(issued, _)| *issued).max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_store_refuses_rather_than_forget_and_time_makes_room() {
        let store = MemoryRevocationMarks::with_capacity(1);
        let (one, two) = ([1; 32], [2; 32]);
        store.revoke(one, 7, 100, 0).await.unwrap();
        assert!(store.revoke(two, 7, 100, 99).await.is_err());
        store.revoke(one, 8, 90, 99).await.unwrap();
        assert_eq!(store.latest(&[two, one], 99).await.unwrap(), Some(8));
        store.revoke(two, 9, 200, 100).await.unwrap();
        assert_eq!(store.latest(&[one], 100).await.unwrap(), None);
        assert_eq!(store.latest(&[one, two], 100).await.unwrap(), Some(9));
    }
}
