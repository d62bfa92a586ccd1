//! The table of buckets under every interleaving of a few callers, weak memory and all: the sources
//! of the table are compiled once more, on the parts of a model checker, with two slots in all.

#[allow(clippy::duplicate_mod)]
#[path = "slot.rs"]
mod slot;
#[allow(clippy::duplicate_mod)]
#[path = "table.rs"]
mod table;

mod sync {
    pub(super) use loom::sync::Mutex;
    pub(super) use loom::sync::atomic::AtomicU64;
    pub(super) use loom::thread::yield_now;

    pub(super) const STRIPES: usize = 2;
    pub(super) const WAYS: usize = 2;
}

use std::sync::Arc;

use loom::thread;

use self::table::Table;
// Whoever uses the sketch holds the lock of the key.
use super::sketch;
use crate::clock::Moment;
use crate::store::gcra::Bucket;

/// Two units, one back each 100 ns.
const TWO: Bucket = Bucket::new(100, 2);
const ONE: Bucket = Bucket::new(100, 1);
/// A plan of which a unit is worth a little more.
const DEARER: Bucket = Bucket::new(101, 2);

const K: u64 = 0x0001;
const J: u64 = 0x0103; // of the other stripe
const L: u64 = 0x0205;

/// What a caller does; what is taken costs one unit.
#[derive(Clone, Copy, Debug)]
enum Step {
    Take(u64, u64),
    /// Takes, and gives back if it was admitted, but under the dearer plan.
    Try(u64, u64),
}
use Step::{Take, Try};

type Taken = Vec<(u64, u64)>;

fn walk(table: &Table, bucket: &Bucket, steps: &[Step]) -> Taken {
    let mut taken = Taken::new();
    for step in steps {
        match *step {
            Take(key, now) => {
                if table.take(key, bucket, Moment::at(now), 1).admitted {
                    taken.push((key, now));
                }
            }
            Try(key, now) => {
                if table.take(key, bucket, Moment::at(now), 1).admitted {
                    table.give_back(key, &DEARER, 1);
                }
            }
        }
    }
    taken
}

/// Tries all interleavings of `callers` after `before`, with so many preemptions, and hands what was
/// taken in all to `judge`, with the table as it is then.
fn explore(
    preemptions: usize,
    bucket: Bucket,
    before: &'static [Step],
    callers: &'static [&'static [Step]],
    judge: fn(&Table, &Taken),
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(move || {
        let table = Arc::new(Table::new(1));
        let mut taken = walk(&table, &bucket, before);
        let threads: Vec<_> = callers
            .iter()
            .map(|steps| {
                let table = Arc::clone(&table);
                thread::spawn(move || walk(&table, &bucket, steps))
            })
            .collect();
        for thread in threads {
            taken.extend(thread.join().unwrap());
        }
        for key in [K, J, L] {
            let mut own: Vec<_> = taken.iter().filter(|(who, _)| *who == key).collect();
            own.sort_unstable();
            for (first, (_, start)) in own.iter().enumerate() {
                for (count, (_, end)) in (1..).zip(&own[first..]) {
                    let most = u64::from(bucket.burst()) + (end - start) / bucket.interval();
                    assert!(count <= most, "{count} of {most}: {own:?}");
                }
            }
        }
        judge(&table, &taken);
    });
}

fn count(taken: &Taken, key: u64) -> usize {
    taken.iter().filter(|(who, _)| *who == key).count()
}

#[test]
fn two_who_want_the_last_unit() {
    explore(
        2,
        TWO,
        &[Take(K, 100)],
        &[&[Take(K, 100)], &[Take(K, 100)]],
        |table, taken| {
            assert_eq!(count(taken, K), 2);
            assert_eq!(table.live(100), 1);
        },
    );
}

#[test]
fn two_who_bring_the_same_new_key() {
    explore(
        2,
        ONE,
        &[],
        &[&[Take(K, 100)], &[Take(K, 100)]],
        |table, taken| {
            assert_eq!(count(taken, K), 1);
            assert_eq!(table.live(100), 1);
            assert_eq!(table.slots(), 2);
        },
    );
}

#[test]
fn two_who_bring_different_keys_to_the_last_slot() {
    explore(
        2,
        ONE,
        &[Take(L, 100)],
        &[&[Take(K, 100)], &[Take(J, 100)]],
        |table, taken| {
            assert_eq!((count(taken, K), count(taken, J)), (1, 1));
            for key in [K, J, L] {
                assert!(
                    !table.take(key, &ONE, Moment::at(150), 1).admitted,
                    "{key} was forgotten"
                );
            }
        },
    );
}

#[test]
fn who_spends_while_the_slot_is_given_away() {
    explore(
        2,
        TWO,
        &[Take(K, 100), Take(L, 150)],
        &[&[Take(K, 200), Take(K, 200)], &[Take(J, 201)]],
        |_, taken| {
            assert!(count(taken, K) >= 2 && count(taken, J) == 1, "{taken:?}");
        },
    );
}

#[test]
fn who_is_late_finds_the_slot_gone_and_the_key_elsewhere() {
    explore(
        2,
        TWO,
        &[Take(K, 100)],
        &[&[Take(K, 100)], &[Take(J, 201), Take(K, 201), Take(K, 201)]],
        |_, taken| assert!(count(taken, K) >= 3, "{taken:?}"),
    );
}

#[test]
fn who_gives_back_while_another_takes() {
    explore(
        2,
        TWO,
        &[Take(K, 100)],
        &[&[Try(K, 100)], &[Take(K, 100)]],
        |table, taken| {
            let left = table.take(K, &TWO, Moment::at(100), 0).remaining;
            assert_eq!(count(taken, K) as u64 + left, 2, "{taken:?}");
        },
    );
}

#[test]
fn who_gives_back_to_the_moment_at_which_the_slot_was_anothers() {
    explore(
        2,
        TWO,
        &[Take(K, 100)],
        &[&[Take(K, 100)], &[Try(J, 201), Take(K, 201), Take(K, 201)]],
        |table, taken| {
            // What was given back is there again: nobody else owes for it.
            let left = table.take(J, &TWO, Moment::at(201), 0).remaining;
            assert_eq!(left, 2, "{taken:?}");
        },
    );
}

#[test]
fn who_brings_a_key_at_the_very_moment_at_which_another_is_full() {
    explore(
        2,
        TWO,
        &[Take(K, 100)],
        &[&[Take(K, 100)], &[Try(J, 200), Take(K, 200), Take(K, 200)]],
        |_, taken| assert!(count(taken, K) >= 3, "{taken:?}"),
    );
}
