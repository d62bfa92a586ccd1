//! Crowds, floods and keys that come and go.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::thread;

use proptest::prelude::*;

use super::sync::WAYS;
use super::table::Table;
use crate::clock::Moment;
use crate::store::gcra::Bucket;

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
                        if table.take(tag, &ONE_AN_HOUR, Moment::at(5), 1).admitted {
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
                    if table.take(hash(key), &bucket, Moment::at(now), 1).admitted {
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
fn what_is_given_back_can_be_taken_again_and_mints_nothing() {
    let table = Table::new(8);
    let bucket = Bucket::new(10, 3);
    assert_eq!(table.take(7, &bucket, Moment::at(100), 3).remaining, 0);
    table.give_back(8, &bucket, 3); // somebody else
    table.give_back(7, &bucket, 2);
    assert_eq!(table.take(7, &bucket, Moment::at(100), 0).remaining, 2);
    table.give_back(7, &bucket, 99);
    assert_eq!(table.take(7, &bucket, Moment::at(100), 0).remaining, 3);
    assert!(!table.take(7, &bucket, Moment::at(100), 4).admitted);
    assert!(table.take(7, &bucket, Moment::at(100), 3).admitted);
    assert!(!table.take(7, &bucket, Moment::at(109), 1).admitted);
    table.give_back(9, &bucket, 1); // who is not there
    assert!(table.take(7, &bucket, Moment::at(110), 1).admitted);
}

#[test]
fn units_that_come_and_go_under_load_are_never_more_than_the_bucket() {
    // Eight slots, 12 keys, a clock that moves: slots change hands while units are given back.
    let table = Table::new(1);
    let bucket = Bucket::new(1_000, 4);
    let clock = AtomicU64::new(0);
    let kept: Vec<_> = (0..12).map(|_| AtomicU32::new(0)).collect();
    thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (table, clock, kept) = (&table, &clock, &kept);
            scope.spawn(move || {
                for step in 0..20_000_u64 {
                    let now = clock.fetch_add(step & 1, Relaxed);
                    let key = hash(step * 8 + thread) % 12;
                    if !table.take(hash(key), &bucket, Moment::at(now), 1).admitted {
                        continue;
                    }
                    if step % 3 == 0 {
                        kept[usize::try_from(key).unwrap()].fetch_add(1, Relaxed);
                    } else {
                        table.give_back(hash(key), &bucket, 1);
                    }
                }
            });
        }
    });
    let most = 4 + clock.into_inner() / 1_000;
    for (key, kept) in kept.iter().enumerate() {
        let kept = u64::from(kept.load(Relaxed));
        assert!(kept <= most, "{kept} of {most} by {key}");
        assert!(kept > 4, "{kept} by {key}");
    }
}

#[test]
fn a_flood_of_keys_neither_grows_the_table_nor_loosens_any_quota() {
    let table = Table::new(1_000);
    let bucket = Bucket::new(1_000, 3);
    let warm = hash(u64::MAX);
    assert_eq!(table.take(warm, &bucket, Moment::at(1), 1).remaining, 2);
    let slots = table.slots();
    for round in 0..4 {
        for key in 0..20_000 {
            let admitted = table.take(hash(key), &bucket, Moment::at(1), 1).admitted;
            assert!(!admitted || round < 3, "key {key} in round {round}");
        }
    }
    assert_eq!(table.slots(), slots);
    assert!(table.live(1) > slots / 2 && table.live(1) <= slots);
    assert_eq!(
        table.take(warm, &bucket, Moment::at(1), 1).remaining,
        1,
        "warm as ever"
    );
    // Once the flood has ebbed, new keys have their whole quota.
    let later = 1 + bucket.tolerance();
    assert_eq!(
        table
            .take(hash(77_777), &bucket, Moment::at(later), 1)
            .remaining,
        2
    );
}

#[test]
fn what_a_key_spent_in_the_overflow_follows_it_into_the_table() {
    let table = Table::new(1);
    let hour = ONE_AN_HOUR.tolerance();
    // Fill the only row with short debts, then spend in the overflow with a long one.
    let slots = table.slots() as u64;
    for key in 0..slots {
        assert!(
            table
                .take(hash(key), &Bucket::new(100, 1), Moment::at(1), 1)
                .admitted
        );
    }
    assert!(
        table
            .take(hash(999), &ONE_AN_HOUR, Moment::at(1), 1)
            .admitted
    );
    assert_eq!(table.live(200), 0, "it is not in the table");
    assert!(
        !table
            .take(hash(999), &ONE_AN_HOUR, Moment::at(200), 1)
            .admitted
    );
    assert!(
        table
            .take(hash(999), &ONE_AN_HOUR, Moment::at(1 + hour), 1)
            .admitted
    );
    assert_eq!(table.live(1 + hour), 1, "it is now");
}

#[test]
fn who_read_the_clock_before_the_slot_was_given_away_is_served_afterwards() {
    let table = Table::new(1);
    let bucket = Bucket::new(10, 1);
    assert!(table.take(hash(1), &bucket, Moment::at(100), 1).admitted);
    // The key owes nothing any more, and all slots are given to others.
    for key in 10..10 + WAYS as u64 {
        assert!(
            table
                .take(hash(key), &ONE_AN_HOUR, Moment::at(115), 1)
                .admitted
        );
    }
    // This caller read the clock at 105, and is served at 115: the next turn is at 125.
    assert!(table.take(hash(1), &bucket, Moment::at(105), 1).admitted);
    assert!(!table.take(hash(1), &bucket, Moment::at(124), 1).admitted);
    assert!(table.take(hash(1), &bucket, Moment::at(125), 1).admitted);
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
            if table.take(hash(key), &bucket, Moment::at(now), 1).admitted {
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
