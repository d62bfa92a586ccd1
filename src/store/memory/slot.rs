//! The slots of the table, and how they are spent from and given away without a lock.
//!
//! To give a slot away is to write `CLAIMED` over its past moment, then the new tag, then the new
//! moment. So whoever swaps a moment sees the tag that came with it: if that is another one by
//! then, which takes that the slot changed hands and came to the very same moment, the other key
//! owes a little too much, and the own one is looked for anew. To give units back is to hold the
//! slot by `CLAIMED` as well, since no other key may owe too little.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::store::gcra::Bucket;
use crate::store::quotas::Decision;

pub(super) const WAYS: usize = 8;

/// No moment: a slot that is just being given away. Engines cut the time below it.
const CLAIMED: u64 = u64::MAX;

/// Two cache lines, next to each other.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Row {
    slots: [Slot; WAYS],
}

#[derive(Debug, Default)]
pub(super) struct Slot {
    tag: AtomicU64,
    full_at: AtomicU64,
}

impl Row {
    #[inline]
    pub(super) fn find(&self, tag: u64) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.tag.load(Acquire) == tag)
    }

    /// Gives a free slot to `tag`, if there is one.
    pub(super) fn give(&self, tag: u64, full_at: u64, now: u64) -> bool {
        self.slots.iter().any(|slot| slot.give(tag, full_at, now))
    }

    /// How many slots are not free.
    pub(super) fn live(&self, now: u64) -> usize {
        let live = |slot: &&Slot| slot.full_at.load(Relaxed) > now;
        self.slots.iter().filter(live).count()
    }
}

impl Slot {
    /// Takes from the bucket of `tag`; none if the slot is another's by now.
    #[inline]
    pub(super) fn spend(&self, tag: u64, bucket: &Bucket, now: u64, cost: u32) -> Option<Decision> {
        loop {
            let full_at = self.full_at.load(Acquire);
            if full_at == CLAIMED || self.tag.load(Relaxed) != tag {
                return None;
            }
            let (decision, next) = bucket.take(full_at, now, cost);
            if next == full_at {
                return Some(decision);
            }
            let swapped = self
                .full_at
                .compare_exchange_weak(full_at, next, AcqRel, Relaxed);
            if swapped.is_ok() {
                return (self.tag.load(Relaxed) == tag).then_some(decision);
            }
        }
    }

    /// Has the bucket of `tag` be full by `sooner` earlier, if the slot is that key's. None if it is
    /// held by somebody else for a moment.
    pub(super) fn give_back(&self, tag: u64, sooner: u64) -> Option<()> {
        let full_at = self.full_at.load(Acquire);
        if full_at == CLAIMED {
            return None;
        }
        self.full_at
            .compare_exchange(full_at, CLAIMED, AcqRel, Relaxed)
            .ok()?;
        let is_own = self.tag.load(Relaxed) == tag;
        let next = full_at.saturating_sub(if is_own { sooner } else { 0 });
        self.full_at.store(next, Release);
        Some(())
    }

    /// Gives the slot to `tag` if it is free.
    fn give(&self, tag: u64, full_at: u64, now: u64) -> bool {
        let past = self.full_at.load(Relaxed);
        let claimed = past <= now
            && self
                .full_at
                .compare_exchange(past, CLAIMED, AcqRel, Relaxed)
                .is_ok();
        if claimed {
            self.tag.store(tag, Release);
            self.full_at.store(full_at, Release);
        }
        claimed
    }
}
