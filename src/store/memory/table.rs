//! Token buckets in a flat table of fixed size.
//!
//! A slot is two words: whose it is (a keyed hash) and when that bucket will be full. A bucket that
//! is full is as good as a new one, so **a slot whose moment has passed is a free slot**: there is
//! nothing to sweep. Each key may live in either of two rows.
//!
//! Reading and spending are lock-free. Only a key that is not in the table takes a lock, one of
//! many, lest two callers put it in twice.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::{Mutex, PoisonError};

use super::sketch::{Sketch, place};
use super::slot::{Row, Slot, WAYS};
use crate::store::gcra::Bucket;
use crate::store::quotas::Decision;

const STRIPES: usize = 256;

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
        let rows = (keys * 4).div_ceil(3 * WAYS).next_power_of_two();
        Self {
            rows: (0..rows).map(|_| Row::default()).collect(),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            latest: AtomicU64::new(0),
            overflow: Sketch::new(keys / 16),
        }
    }

    /// Takes `cost` units from the bucket of the key with the hash `hash`.
    #[inline]
    pub(super) fn take(&self, hash: u64, bucket: &Bucket, now: u64, cost: u32) -> Decision {
        let tag = hash | 1; // 0 is nobody's
        self.find(tag)
            .and_then(|slot| slot.spend(tag, bucket, now, cost))
            .unwrap_or_else(|| self.admit(tag, bucket, now, cost))
    }

    /// Takes from a key that seems not to be in the table.
    #[cold]
    fn admit(&self, tag: u64, bucket: &Bucket, now: u64, cost: u32) -> Decision {
        // A lock that guards nothing of its own cannot be left in disorder by a panic.
        let _turn = self
            .stripes
            .get(place(tag >> 8, STRIPES))
            .map(|stripe| stripe.lock().unwrap_or_else(PoisonError::into_inner));
        // Somebody may have put the key in meanwhile.
        while let Some(slot) = self.find(tag) {
            match slot.spend(tag, bucket, now, cost) {
                Some(decision) => return decision,
                // The slot is just being given to another key: a matter of two instructions.
                None => std::thread::yield_now(),
            }
        }
        // From here to the end nobody else can put the key in. Whoever gave its slot away may have
        // read the clock later than this caller; then this caller is served at that moment.
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

    /// Gives a free slot to `tag`, in the emptier of its rows.
    fn give(&self, tag: u64, full_at: u64, now: u64) -> bool {
        let mut rows = self.rows_of(tag);
        rows.sort_by_key(|row| row.map_or(0, |row| row.live(now)));
        rows.into_iter()
            .flatten()
            .any(|row| row.give(tag, full_at, now))
    }

    #[inline]
    fn rows_of(&self, tag: u64) -> [Option<&Row>; 2] {
        [tag >> 16, tag >> 40].map(|bits| self.rows.get(place(bits, self.rows.len())))
    }

    #[cfg(test)]
    pub(super) fn live(&self, now: u64) -> usize {
        self.rows.iter().map(|row| row.live(now)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::Relaxed;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    /// Spreads numbers as a keyed hash would.
    fn hash(key: u64) -> u64 {
        let mixed = (key ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }

    const ONE_AN_HOUR: Bucket = Bucket::new(3_600_000_000_000, 1);

    #[test]
    fn a_crowd_of_new_keys_is_admitted_once_each_at_most_and_hardly_ever_less() {
        const KEYS: u64 = 20_000;
        for round in 0..3 {
            let table = Table::new(usize::try_from(KEYS).unwrap());
            let admitted: Vec<_> = (0..KEYS).map(|_| AtomicU32::new(0)).collect();
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for (key, count) in (0..).zip(&admitted) {
                            let tag = hash(key + round * KEYS);
                            if table.take(tag, &ONE_AN_HOUR, 5, 1).admitted {
                                count.fetch_add(1, Relaxed);
                            }
                        }
                    });
                }
            });
            assert!(admitted.iter().all(|count| count.load(Relaxed) <= 1));
            let total: u32 = admitted.iter().map(|count| count.load(Relaxed)).sum();
            assert!(u64::from(total) > KEYS - KEYS / 100, "{total}");
        }
    }

    #[test]
    fn slots_that_change_hands_under_load_never_admit_too_much() {
        // Eight slots, 40 keys, a clock that all threads move: every call claims or revives.
        let table = Table::new(1);
        let bucket = Bucket::new(10, 2);
        let clock = AtomicU64::new(0);
        let taken = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    for step in 0..20_000_u64 {
                        let now = clock.fetch_add(step & 1, Relaxed);
                        let key = hash(step) % 40;
                        if table.take(hash(key), &bucket, now, 1).admitted {
                            own.push((key, now));
                        }
                    }
                    taken.lock().unwrap().extend(own);
                });
            }
        });
        let mut taken = taken.into_inner().unwrap();
        taken.sort_unstable();
        let span = clock.into_inner();
        for key in 0..40 {
            let count = taken.iter().filter(|(own, _)| *own == key).count() as u64;
            assert!(count <= 2 + span / 10, "{count} in {span} ns");
        }
        assert!(taken.len() > 100, "{}", taken.len());
    }

    #[test]
    fn a_flood_of_keys_neither_grows_the_table_nor_loosens_any_quota() {
        let table = Table::new(1_000);
        let bucket = Bucket::new(1_000, 3);
        let warm = hash(u64::MAX);
        assert_eq!(table.take(warm, &bucket, 1, 1).remaining, 2);
        let slots = table.rows.len() * WAYS;
        for round in 0..4 {
            for key in 0..20_000 {
                let admitted = table.take(hash(key), &bucket, 1, 1).admitted;
                assert!(!admitted || round < 3, "key {key} in round {round}");
            }
        }
        assert_eq!(table.rows.len() * WAYS, slots);
        assert!(table.live(1) > slots / 2 && table.live(1) <= slots);
        assert_eq!(table.take(warm, &bucket, 1, 1).remaining, 1, "warm as ever");
        // Once the flood has ebbed, new keys have their whole quota.
        let later = 1 + bucket.tolerance();
        assert_eq!(table.take(hash(77_777), &bucket, later, 1).remaining, 2);
    }

    #[test]
    fn what_a_key_spent_in_the_overflow_follows_it_into_the_table() {
        let table = Table::new(1);
        let hour = ONE_AN_HOUR.tolerance();
        // Fill the only row with short debts, then spend in the overflow with a long one.
        let slots = (table.rows.len() * WAYS) as u64;
        for key in 0..slots {
            assert!(table.take(hash(key), &Bucket::new(100, 1), 1, 1).admitted);
        }
        assert!(table.take(hash(999), &ONE_AN_HOUR, 1, 1).admitted);
        assert_eq!(table.live(200), 0, "it is not in the table");
        assert!(!table.take(hash(999), &ONE_AN_HOUR, 200, 1).admitted);
        assert!(table.take(hash(999), &ONE_AN_HOUR, 1 + hour, 1).admitted);
        assert_eq!(table.live(1 + hour), 1, "it is now");
    }

    #[test]
    fn who_read_the_clock_before_the_slot_was_given_away_is_served_afterwards() {
        let table = Table::new(1);
        let bucket = Bucket::new(10, 1);
        assert!(table.take(hash(1), &bucket, 100, 1).admitted);
        // The key owes nothing any more, and all slots are given to others.
        for key in 10..10 + WAYS as u64 {
            assert!(table.take(hash(key), &ONE_AN_HOUR, 115, 1).admitted);
        }
        // This caller read the clock at 105, and is served at 115: the next turn is at 125.
        assert!(table.take(hash(1), &bucket, 105, 1).admitted);
        assert!(!table.take(hash(1), &bucket, 124, 1).admitted);
        assert!(table.take(hash(1), &bucket, 125, 1).admitted);
    }

    proptest! {
        /// Far more keys than slots: whatever happens, no key ever has more than its bucket.
        #[test]
        fn no_key_ever_has_more_than_its_bucket(
            steps in prop::collection::vec((0..40_u64, 0..6_u64), 1..400),
        ) {
            let (table, bucket, mut now) = (Table::new(1), Bucket::new(10, 2), 0);
            let mut taken: HashMap<u64, Vec<u64>> = HashMap::new();
            for (key, step) in steps {
                now += step;
                if table.take(hash(key), &bucket, now, 1).admitted {
                    taken.entry(key).or_default().push(now);
                }
            }
            for own in taken.values() {
                for (first, start) in own.iter().enumerate() {
                    for (count, end) in (1..).zip(&own[first..]) {
                        prop_assert!(count <= 2 + (end - start) / 10, "{:?}", own);
                    }
                }
            }
        }
    }
}
