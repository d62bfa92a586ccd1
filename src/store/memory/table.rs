//! Token buckets in a flat table of fixed size.
//!
//! A slot is two words: whose it is (a keyed hash) and when that bucket will be full. A bucket that
//! is full is as good as a new one, so **a slot whose moment has passed is a free slot**: there is
//! nothing to sweep. Each key may live in either of two rows.
//!
//! Reading and spending are lock-free. Only a key that is not in the table takes a lock, one of
//! many, lest two callers put it in twice.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::AcqRel;

use super::sketch::{Sketch, place};
use super::slot::{Row, Slot, ticks};
use super::sync::{AtomicU64, Mutex, STRIPES, WAYS, yield_now};
use crate::clock::Moment;
use crate::store::gcra::Bucket;
use crate::store::quotas::Decision;

#[derive(Debug)]
pub(super) struct Table {
    rows: Box<[Row]>,
    stripes: Box<[Mutex<()>]>,
    /// The latest moment at which a slot was looked for to give away.
    latest: AtomicU64,
    overflow: Sketch,
}

impl Table {
    /// A table in which `keys` fill three quarters of the slots at most; some 2e-5 of them then
    /// find no slot and share a bucket.
    pub(super) fn new(keys: usize) -> Self {
        let rows = (keys * 4).div_ceil(3 * WAYS);
        Self {
            rows: (0..rows).map(|_| Row::default()).collect(),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            latest: AtomicU64::new(0),
            overflow: Sketch::new(keys / 16),
        }
    }

    /// Takes `cost` units from the bucket of the key with the hash `hash`.
    #[inline]
    pub(super) fn take(&self, hash: u64, bucket: &Bucket, now: Moment<'_>, cost: u32) -> Decision {
        let tag = hash | 1; // 0 is nobody's
        match self
            .find(tag)
            .and_then(|slot| slot.spend(tag, bucket, now, cost))
        {
            Some(decision) => decision,
            None => self.admit(tag, bucket, now, cost),
        }
    }

    /// Gives `cost` units back to the key with the hash `hash`. What was taken from the overflow stays
    /// there.
    pub(super) fn give_back(&self, hash: u64, bucket: &Bucket, cost: u32) {
        let tag = hash | 1;
        let sooner = bucket.interval().saturating_mul(u64::from(cost));
        while let Some(slot) = self.find(tag) {
            if slot.give_back(tag, sooner, &self.latest).is_some() {
                return;
            }
            yield_now(); // a matter of a few instructions
        }
    }

    /// Takes from a key that seems not to be in the table.
    #[cold]
    fn admit(&self, tag: u64, bucket: &Bucket, moment: Moment<'_>, cost: u32) -> Decision {
        // A lock that guards nothing of its own cannot be left in disorder by a panic.
        let _turn = self
            .stripes
            .get(place(tag >> 8, STRIPES))
            .map(|stripe| stripe.lock().unwrap_or_else(PoisonError::into_inner));
        // Somebody may have put the key in meanwhile.
        while let Some(slot) = self.find(tag) {
            match slot.spend(tag, bucket, moment, cost) {
                Some(decision) => return decision,
                // The slot is just being given to another key: a matter of two instructions.
                None => yield_now(),
            }
        }
        // From here to the end nobody else can put the key in. Whoever gave its slot away may have
        // read the clock later than this caller; then this caller is served at that moment.
        let now = ticks(moment.ticks());
        let now = now.max(self.latest.fetch_max(now, AcqRel));
        // The key may have spent in the overflow.
        let owed = self.overflow.full_at(tag, now);
        let (decision, full_at) = bucket.take(owed, now, cost);
        if decision.admitted && cost > 0 && !self.give(tag, full_at, now) {
            self.overflow.raise(tag, full_at);
        }
        decision
    }

    #[inline]
    fn find(&self, tag: u64) -> Option<&Slot> {
        let [one, other] = self.rows_of(tag);
        one.and_then(|row| row.find(tag))
            .or_else(|| other.and_then(|row| row.find(tag)))
    }

    /// Gives a free slot to `tag`, in the emptier of its rows; in the first one, where it is found
    /// sooner, as long as that is at most half full.
    fn give(&self, tag: u64, full_at: u64, now: u64) -> bool {
        let mut rows = self.rows_of(tag);
        rows.sort_by_key(|row| row.map_or(0, |row| row.live(now).max(WAYS / 2)));
        rows.into_iter()
            .flatten()
            .any(|row| row.give(tag, full_at, now))
    }

    #[inline]
    fn rows_of(&self, tag: u64) -> [Option<&Row>; 2] {
        // The tag is a keyed hash, each half of which is spread evenly.
        [tag >> 32, tag & u64::from(u32::MAX)].map(|half| {
            let row = (half * self.rows.len() as u64) >> 32;
            usize::try_from(row).ok().and_then(|row| self.rows.get(row))
        })
    }

    #[cfg(test)]
    pub(super) fn live(&self, now: u64) -> usize {
        self.rows.iter().map(|row| row.live(now)).sum()
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.rows.len() * WAYS
    }
}
