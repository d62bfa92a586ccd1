//! Counted windows: two counters for each key, in drawers of a few keys with a lock each.
//!
//! There is room for so many keys and no more. A key that has used nothing of its windows takes no
//! room; one for which there is none left shares a bucket that is stricter than its windows.

use std::sync::{Mutex, PoisonError};

use super::sketch::{Sketch, place};
use crate::store::counter::{Count, Counter};
use crate::store::quotas::Decision;

/// Twice as many as a drawer has keys on average in a full engine.
const WAYS: usize = 16;

#[derive(Debug, Default)]
struct Drawer {
    counts: Vec<(u64, Count)>,
    /// The latest moment that was seen here.
    latest: u64,
}

#[derive(Debug)]
pub(super) struct Counters {
    drawers: Box<[Mutex<Drawer>]>,
    overflow: Sketch,
}

impl Counters {
    pub(super) fn new(keys: usize) -> Self {
        let drawers = keys.div_ceil(WAYS / 2).next_power_of_two();
        Self {
            drawers: (0..drawers).map(|_| Mutex::default()).collect(),
            overflow: Sketch::new(keys / 16),
        }
    }

    /// Takes `cost` units from the windows of the key with the hash `tag`.
    pub(super) fn take(&self, tag: u64, counter: &Counter, now: u64, cost: u32) -> Decision {
        // This lock is the key's lock: all that follows is done by one caller at a time.
        let Some(drawer) = self.drawer(tag) else {
            return self.overflow.take(tag, &counter.exact(), now, cost);
        };
        // A panic cannot leave a drawer in disorder: a count is written at once.
        let mut drawer = drawer.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever read the clock first may come last; then it is served at the later moment.
        drawer.latest = drawer.latest.max(now);
        let now = drawer.latest;
        if let Some((_, count)) = drawer.counts.iter_mut().find(|(own, _)| *own == tag) {
            let (decision, after) = counter.take(*count, now, cost);
            *count = after.unwrap_or(*count);
            return decision;
        }
        let is_fresh = self.overflow.is_past(tag, &counter.exact(), now);
        drawer.counts.retain(|(_, count)| count.ends() > now);
        if !is_fresh || drawer.counts.len() >= WAYS {
            return self.overflow.take(tag, &counter.exact(), now, cost);
        }
        let (decision, after) = counter.take(Count::default(), now, cost);
        if let Some(count) = after {
            drawer.counts.push((tag, count));
        }
        decision
    }

    /// Gives `cost` units back that the key with the hash `tag` took at `then`. What was taken from
    /// the overflow stays there.
    pub(super) fn give_back(&self, tag: u64, counter: &Counter, then: u64, cost: u32) {
        if let Some(drawer) = self.drawer(tag) {
            let mut drawer = drawer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, count)) = drawer.counts.iter_mut().find(|(own, _)| *own == tag) {
                count.give_back(counter, then, cost);
            }
        }
    }

    fn drawer(&self, tag: u64) -> Option<&Mutex<Drawer>> {
        self.drawers.get(place(tag >> 16, self.drawers.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn tag(key: u64) -> u64 {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    #[test]
    fn a_flood_of_keys_finds_a_bound_and_loosens_no_quota() {
        for slides in [true, false] {
            let counters = Counters::new(64);
            let counter = Counter::new(3, 1_000, slides);
            let warm = tag(u64::MAX);
            assert_eq!(counters.take(warm, &counter, 1, 1).remaining, 2);
            for round in 0..5 {
                for key in 0..5_000 {
                    let admitted = counters.take(tag(key), &counter, 1, 1).admitted;
                    assert!(!admitted || round < 3, "key {key} in round {round}");
                }
            }
            for drawer in &counters.drawers {
                assert!(drawer.lock().unwrap().counts.len() <= WAYS);
            }
            assert_eq!(counters.take(warm, &counter, 1, 1).remaining, 1);
            assert_eq!(counters.take(tag(9_999), &counter, 4_000, 1).remaining, 2);
        }
    }

    proptest! {
        /// Far more keys than room: whatever happens, no key has more than twice its window.
        #[test]
        fn no_key_ever_has_more_than_its_kind_admits(
            slides: bool,
            steps in prop::collection::vec((0..60_u64, 0..300_u64, 1..4_u32, any::<bool>()), 1..600),
        ) {
            let (counters, counter, mut now) = (Counters::new(2), Counter::new(6, 100, slides), 0);
            let mut taken: HashMap<u64, Vec<(u64, u32)>> = HashMap::new();
            for (key, step, cost, comes_back) in steps {
                now += step / 10;
                let decision = counters.take(tag(key), &counter, now, cost);
                prop_assert_eq!(decision.limit, 6);
                if decision.admitted && comes_back {
                    counters.give_back(tag(key), &counter, now, cost);
                } else if decision.admitted {
                    let own = taken.entry(key).or_default();
                    own.push((now, cost));
                    let inside: u32 = own
                        .iter()
                        .filter_map(|(then, cost)| (then + 100 > now).then_some(cost))
                        .sum();
                    prop_assert!(inside < 12, "{} in one window", inside);
                }
            }
        }
    }
}
