//! The slots of the table, and how they are spent from and given away without a lock.
//!
//! To give a slot away is to write `CLAIMED` over its past moment, then the new tag, then the new
//! moment. To give units back is to hold the slot by `CLAIMED` as well, and to write an earlier
//! moment.
//!
//! A compare-and-swap that succeeds proves that the slot is still that of the tag that was read with
//! the moment, since no moment of an earlier owner comes again: a slot is given away only after its
//! moment, `past < now`; the table notes the latest such `now` before that; and no units are given
//! back that would have the bucket be full before what the table has noted. While the owner is the
//! same, a moment that comes again says the same again.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::sync::{AtomicU64, WAYS};
use crate::clock::Moment;
use crate::store::gcra::Bucket;
use crate::store::quotas::Decision;

/// No moment: a slot that is just being given away. Engines cut the time below it.
const CLAIMED: u64 = u64::MAX;
/// The last moment that is one.
const NEVER: u64 = CLAIMED - 1;

/// After 146 years of ticks time stands still, and quotas are no longer given back.
pub(super) const END_OF_TIME: u64 = 1 << 62;

/// `ticks` as the slots count them: a slot is free after its moment, so that of a slot never used is
/// before all time.
#[inline]
pub(super) fn ticks(ticks: u64) -> u64 {
    ticks.min(END_OF_TIME) + 1
}

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
        let live = |slot: &&Slot| slot.full_at.load(Relaxed) >= now;
        self.slots.iter().filter(live).count()
    }
}

impl Slot {
    /// Takes from the bucket of `tag`, or is refused; none if the slot is another's by now.
    ///
    /// A coarse reading of the clock decides if a finer one would decide the same: if something is
    /// still owed then, what will be owed does not depend on the moment, and units that are there
    /// already will be there.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn spend(
        &self,
        tag: u64,
        bucket: &Bucket,
        moment: Moment<'_>,
        cost: u32,
    ) -> Option<Decision> {
        let mut now = ticks(moment.coarse());
        let mut is_fine = false;
        loop {
            let full_at = self.full_at.load(Acquire);
            // In this order: if the swap below succeeds, the moment is that which was read, and so
            // is the owner.
            if full_at == CLAIMED || self.tag.load(Relaxed) != tag {
                return None;
            }
            if !is_fine && full_at <= now + Moment::LAG {
                (now, is_fine) = (ticks(moment.ticks()), true);
            }
            let (decision, next) = bucket.take(full_at, now, cost);
            let next = next.min(NEVER);
            if !is_fine && decision.retry_after.is_some_and(|wait| wait <= Moment::LAG) {
                (now, is_fine) = (ticks(moment.ticks()), true);
                continue;
            }
            if next == full_at
                || self
                    .full_at
                    .compare_exchange_weak(full_at, next, AcqRel, Relaxed)
                    .is_ok()
            {
                return Some(decision);
            }
        }
    }

    /// Has the bucket of `tag` be full by `sooner` earlier, if the slot is that key's, but not before
    /// the moment `latest`. None if it is held by somebody else for a moment.
    pub(super) fn give_back(&self, tag: u64, sooner: u64, latest: &AtomicU64) -> Option<()> {
        let full_at = self.full_at.load(Acquire);
        if full_at == CLAIMED {
            return None;
        }
        self.full_at
            .compare_exchange(full_at, CLAIMED, AcqRel, Relaxed)
            .ok()?;
        // Read once the slot is held: then it is no earlier than when the slot was given away.
        let earliest = latest.load(Relaxed).min(full_at);
        let is_own = self.tag.load(Relaxed) == tag;
        let next = if is_own {
            full_at.saturating_sub(sooner).max(earliest)
        } else {
            full_at
        };
        self.full_at.store(next, Release);
        Some(())
    }

    /// Gives the slot to `tag` if it is free.
    fn give(&self, tag: u64, full_at: u64, now: u64) -> bool {
        let past = self.full_at.load(Relaxed);
        let claimed = past < now
            && self
                .full_at
                .compare_exchange(past, CLAIMED, AcqRel, Relaxed)
                .is_ok();
        if claimed {
            self.tag.store(tag, Release);
            self.full_at.store(full_at.min(NEVER), Release);
        }
        claimed
    }
}
