//! Sliding windows: a ring of stamps for each key, in drawers of a few keys with a lock each.
//!
//! There are so many rings and so many stamps, and no more. A ring without a stamp in its window is
//! a free ring. A key for which there is no ring left shares a bucket that is stricter than its
//! window; a ring that cannot grow admits no more than the stamps for which it has room.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sketch::{Sketch, place};
use crate::store::quotas::Decision;
use crate::store::reach::Reach;
use crate::store::window::{Window, as_units};

/// Twice as many as a drawer has keys on average in a full engine.
const WAYS: usize = 16;
/// For each key that the engine has room for.
const STAMPS_A_KEY: usize = 16;
/// The least room that is asked for at once.
const FIRST_ROOM: usize = 4;
/// How many drawers are searched for free rings when there is no room for stamps.
const SWEPT: usize = 32;

#[derive(Debug)]
pub(super) struct Ring {
    pub(super) tag: u64,
    /// When its last stamp is out of reach.
    pub(super) ends: u64,
    /// For how many stamps it has room.
    room: usize,
    pub(super) reach: Reach,
    pub(super) stamps: VecDeque<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Drawer {
    pub(super) rings: Vec<Ring>,
    /// The latest moment that was seen here.
    pub(super) latest: u64,
}

#[derive(Debug)]
pub(super) struct Rings {
    pub(super) drawers: Box<[Mutex<Drawer>]>,
    /// For how many stamps there is room yet.
    spare: AtomicUsize,
    next_to_sweep: AtomicUsize,
    overflow: Sketch,
}

impl Rings {
    pub(super) fn new(keys: usize) -> Self {
        let drawers = keys.div_ceil(WAYS / 2).next_power_of_two();
        Self {
            drawers: (0..drawers).map(|_| Mutex::default()).collect(),
            spare: AtomicUsize::new(keys.saturating_mul(STAMPS_A_KEY)),
            next_to_sweep: AtomicUsize::new(0),
            overflow: Sketch::new(keys / 16),
        }
    }

    /// Takes `cost` units from the window of the key with the hash `tag`.
    pub(super) fn take(&self, tag: u64, window: &Window, now: u64, cost: u32) -> Decision {
        // This lock is the key's lock: all that follows is done by one caller at a time.
        let drawer = self.drawers.get(place(tag >> 16, self.drawers.len()));
        let Some(mut drawer) = drawer.map(locked) else {
            return self.overflow.take(tag, window, now, cost);
        };
        // Whoever read the clock first may come last; then it is served at the later moment.
        drawer.latest = drawer.latest.max(now);
        let now = drawer.latest;
        if let Some(ring) = drawer.rings.iter_mut().find(|ring| ring.tag == tag) {
            return self.spend(ring, window, now, cost);
        }
        let is_fresh = self.overflow.is_past(tag, window, now);
        self.discard(&mut drawer, now);
        if !is_fresh || drawer.rings.len() >= WAYS {
            return self.overflow.take(tag, window, now, cost);
        }
        let decision = window.judge(&VecDeque::new(), now, cost);
        if !decision.admitted || cost == 0 {
            return decision;
        }
        let room = FIRST_ROOM.min(window.units() as usize).max(cost as usize);
        if !self.reserve(room, now) {
            return self.overflow.take(tag, window, now, cost);
        }
        let mut ring = Ring {
            tag,
            ends: 0,
            room,
            reach: Reach::of(*window, now),
            stamps: VecDeque::with_capacity(room),
        };
        let decision = self.spend(&mut ring, window, now, cost);
        drawer.rings.push(ring);
        decision
    }

    fn spend(&self, ring: &mut Ring, window: &Window, now: u64, cost: u32) -> Decision {
        ring.reach.forget(&mut ring.stamps, now);
        if ring.stamps.is_empty() {
            ring.reach = Reach::of(*window, now);
        }
        let decision = (ring.reach.known(*window)).judge(&ring.stamps, now, cost);
        if !decision.admitted || cost == 0 {
            return decision;
        }
        // From now on the stamps stay for as long as this window needs them, too.
        let mut decision = window.judge(&ring.stamps, now, cost);
        let reach = ring.reach.widened(*window, now);
        let most = reach.widest().units() as usize;
        let needed = (ring.stamps.len() + cost as usize).min(most);
        if !self.grow(ring, needed, most, now) {
            let narrow = reach
                .widest()
                .narrowed(window.units().min(as_units(ring.room)));
            let judged = narrow.judge(&ring.stamps, now, cost);
            decision = Decision {
                limit: window.units().into(),
                retry_after: (!judged.admitted)
                    .then(|| judged.retry_after.unwrap_or(window.span())),
                ..judged
            };
        }
        if decision.admitted {
            ring.reach = reach;
            ring.reach.note(&mut ring.stamps, now, cost);
            ring.ends = ring.reach.ends(Some(&now));
        }
        decision
    }

    /// Makes room for `needed` stamps in `ring`, of which there are never more than `most`.
    fn grow(&self, ring: &mut Ring, needed: usize, most: usize, now: u64) -> bool {
        if needed <= ring.room {
            return true;
        }
        let room = needed.next_power_of_two().min(most);
        let reserved = self.reserve(room - ring.room, now);
        if reserved {
            ring.stamps.reserve_exact(room - ring.stamps.len());
            ring.room = room;
        }
        reserved
    }

    /// Sets room for `stamps` aside; if there is none, looks for some in a few other drawers.
    fn reserve(&self, stamps: usize, now: u64) -> bool {
        let reserve = || {
            self.spare
                .fetch_update(Relaxed, Relaxed, |spare| spare.checked_sub(stamps))
                .is_ok()
        };
        if reserve() {
            return true;
        }
        for _ in 0..SWEPT.min(self.drawers.len()) {
            let next = self.next_to_sweep.fetch_add(1, Relaxed) as u64;
            // The drawer of the caller, and any other that is in use, is passed over.
            if let Some(Ok(mut drawer)) = self
                .drawers
                .get(place(next, self.drawers.len()))
                .map(Mutex::try_lock)
            {
                self.discard(&mut drawer, now);
            }
        }
        reserve()
    }

    fn discard(&self, drawer: &mut Drawer, now: u64) {
        drawer.latest = drawer.latest.max(now);
        drawer.rings.retain(|ring| {
            let live = ring.ends > now;
            if !live {
                self.spare.fetch_add(ring.room, Relaxed);
            }
            live
        });
    }
}

/// A panic cannot leave a drawer in disorder: every stamp that was noted counts.
pub(super) fn locked(drawer: &Mutex<Drawer>) -> MutexGuard<'_, Drawer> {
    drawer.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn stamps(rings: &Rings) -> usize {
        let room = |drawer: &Mutex<Drawer>| {
            locked(drawer)
                .rings
                .iter()
                .map(|ring| ring.room)
                .sum::<usize>()
        };
        rings.drawers.iter().map(room).sum()
    }

    #[test]
    fn a_flood_of_keys_finds_a_bound_and_loosens_no_quota() {
        let rings = Rings::new(64);
        let window = Window::new(3, 1_000);
        let warm = tag(u64::MAX);
        assert_eq!(rings.take(warm, &window, 1, 1).remaining, 2);
        for round in 0..5 {
            for key in 0..5_000 {
                let admitted = rings.take(tag(key), &window, 1, 1).admitted;
                assert!(!admitted || round < 3, "key {key} in round {round}");
            }
        }
        assert!(stamps(&rings) <= 64 * STAMPS_A_KEY);
        let full = rings
            .drawers
            .iter()
            .all(|drawer| locked(drawer).rings.len() <= WAYS);
        assert!(full);
        assert_eq!(rings.take(warm, &window, 1, 1).remaining, 1, "warm as ever");
        assert_eq!(rings.take(tag(9_999), &window, 3_000, 1).remaining, 2);
    }

    #[test]
    fn without_room_for_stamps_a_ring_admits_fewer_and_then_all_again() {
        let rings = Rings::new(1);
        let window = Window::new(40, 1_000);
        let admitted = (0..40).filter(|_| rings.take(1, &window, 5, 1).admitted);
        assert_eq!(admitted.count(), STAMPS_A_KEY);
        let refused = rings.take(1, &window, 5, 1);
        assert_eq!((refused.limit, refused.retry_after), (40, Some(1_000)));
        assert!(rings.take(1, &window, 1_005, 1).admitted, "as was said");
        // Another key finds room once the first has left its window, and not before.
        assert_eq!(rings.take(tag(2), &window, 2_004, 1).limit, 40);
        assert_eq!(stamps(&rings), STAMPS_A_KEY);
        assert!(rings.take(tag(3), &window, 9_000, 1).admitted);
        assert_eq!(stamps(&rings), FIRST_ROOM);
    }

    proptest! {
        /// Far more keys than rings and stamps: whatever happens, no window is ever overfull.
        #[test]
        fn no_key_ever_has_more_than_its_window(
            steps in prop::collection::vec((0..60_u64, 0..30_u64, 1..4_u32), 1..600),
        ) {
            let (rings, window, mut now) = (Rings::new(2), Window::new(6, 100), 0);
            let mut taken: HashMap<u64, Vec<(u64, u32)>> = HashMap::new();
            for (key, step, cost) in steps {
                now += step / 10;
                let decision = rings.take(tag(key), &window, now, cost);
                prop_assert_eq!(decision.limit, 6);
                if decision.admitted {
                    let own = taken.entry(key).or_default();
                    own.push((now, cost));
                    let inside: u32 = own
                        .iter()
                        .filter_map(|(then, cost)| (then + 100 > now).then_some(cost))
                        .sum();
                    prop_assert!(inside <= 6, "{} in one window", inside);
                }
            }
        }
    }
}
