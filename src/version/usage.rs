//! Who uses a version, in constant memory.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many callers are told apart.
const CALLERS: usize = 256;

/// At most once in so many seconds a caller is told of: an hour.
const EVERY: u64 = 3_600;

/// The uses of one version.
#[derive(Debug)]
pub(super) struct Usage {
    requests: AtomicU64,
    callers: Box<[Mutex<Slot>]>,
    seed: RandomState,
}

/// The uses of one caller since they were told last.
#[derive(Debug, Default)]
struct Slot {
    /// A hash of who it is; 0 if nobody was here yet.
    caller: u64,
    uses: u64,
    told_at: u64,
}

impl Usage {
    /// `is_told` says whether callers are told of at all.
    pub(super) fn new(is_told: bool) -> Self {
        let callers = if is_told { CALLERS } else { 0 };
        Self {
            requests: AtomicU64::new(0),
            callers: (0..callers).map(|_| Mutex::default()).collect(),
            seed: RandomState::new(),
        }
    }

    /// Counts a request.
    pub(super) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Notes a use by `caller`; how many are to be told now, 0 for none.
    pub(super) fn note(&self, caller: impl Hash, now: u64) -> u64 {
        let caller = self.seed.hash_one(caller).max(1);
        let place = usize::try_from(caller).unwrap_or(usize::MAX) % CALLERS;
        let Some(slot) = self.callers.get(place) else {
            return 0;
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.note(caller, now)
    }
}

impl Slot {
    fn note(&mut self, caller: u64, now: u64) -> u64 {
        let is_same = self.caller == caller;
        self.uses = if is_same {
            self.uses.saturating_add(1)
        } else {
            1
        };
        // A clock that went back does not make anybody silent.
        let is_due = now < self.told_at || now - self.told_at >= EVERY;
        if is_same && !is_due {
            return 0;
        }
        let told = std::mem::take(&mut self.uses);
        (self.caller, self.told_at) = (caller, now);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_at_first_and_then_once_an_hour_with_all_their_uses() {
        let mut slot = Slot::default();
        for (caller, now, told) in [
            (7, 1_000, 1),
            (7, 1_000, 0),
            (7, 4_599, 0),
            (7, 4_600, 3),
            (7, 8_199, 0),
            (9, 8_199, 1), // another one takes the place
            (9, 11_798, 0),
            (9, 11_799, 2),
            (7, 11_799, 1),
            (7, 9, 1), // the clock went back
            (7, 10, 0),
        ] {
            assert_eq!(slot.note(caller, now), told, "{caller} at {now}");
        }
    }

    #[test]
    fn however_many_callers_there_are_the_room_stays() {
        let usage = Usage::new(true);
        let told: u64 = (0..10_000_u64).map(|caller| usage.note(caller, 1)).sum();
        assert_eq!(told, 10_000);
        assert_eq!(usage.callers.len(), CALLERS);
        assert_eq!(Usage::new(false).note("alice", 1), 0);
        usage.count();
        assert_eq!(usage.requests(), 1);
    }
}
