//! What is told of refusals, and what is kept of those that are not told.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::offenders::{Offender, Sketch};
use super::rule::Asked;
use crate::store::SecretHash;

/// What a limit and its clones have refused.
pub(super) struct Tally {
    secret: SecretHash,
    refused: AtomicU64,
    refusals: Sampler,
    warnings: Sampler,
    offenders: Mutex<Sketch>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            secret: SecretHash::new(),
            refused: AtomicU64::new(0),
            refusals: Sampler::new(),
            warnings: Sampler::new(),
            offenders: Mutex::default(),
        }
    }

    /// Counts a refusal at `now` and says for how many an event is due; 0 if none is, since one was
    /// told less than `interval` nanoseconds ago.
    pub(super) fn refused(
        &self,
        asked: &Asked<'_>,
        now: u64,
        interval: u64,
        name: impl FnOnce() -> Option<Box<str>>,
    ) -> u64 {
        self.refused.fetch_add(1, Relaxed);
        let id = self.id(asked);
        let mut offenders = self
            .offenders
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        offenders.count(id, asked.rule.label.name(), name);
        drop(offenders);
        self.refusals.due(id, now, interval)
    }

    /// Says of a quota that a limit which only reports found used up, for how many an event is due.
    pub(super) fn would_refuse(&self, asked: &Asked<'_>, now: u64, interval: u64) -> u64 {
        self.refusals.due(self.id(asked), now, interval)
    }

    /// Likewise of a quota that is nearly used up.
    pub(super) fn warned(&self, asked: &Asked<'_>, now: u64, interval: u64) -> u64 {
        self.warnings.due(self.id(asked), now, interval)
    }

    pub(super) fn refusals(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    pub(super) fn offenders(&self) -> Vec<Offender> {
        let offenders = self.offenders.lock();
        offenders.unwrap_or_else(PoisonError::into_inner).worst()
    }

    fn id(&self, asked: &Asked<'_>) -> u64 {
        self.secret.of(asked.rule.label.policy().id(), &asked.key)
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally")
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// How many callers can be told of beside each other.
const LANES: usize = 64;

/// Lets one event through in each interval and lane, and counts the others.
struct Sampler([Lane; LANES]);

#[derive(Default)]
struct Lane {
    /// When the next event is due, in ticks.
    due: AtomicU64,
    untold: AtomicU64,
}

impl Sampler {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Lane::default()))
    }

    /// Counts one for the lane of `id`, and takes what was counted if it is to be told now.
    fn due(&self, id: u64, now: u64, interval: u64) -> u64 {
        let lane = usize::try_from(id % LANES as u64).unwrap_or_default();
        let Some(Lane { due, untold }) = self.0.get(lane) else {
            return 1;
        };
        untold.fetch_add(1, Relaxed);
        let next = due.load(Relaxed);
        let is_due = now >= next
            && due
                .compare_exchange(next, now.saturating_add(interval), Relaxed, Relaxed)
                .is_ok();
        if is_due { untold.swap(0, Relaxed) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_told_an_interval_and_none_is_lost() {
        let sampler = Sampler::new();
        for (now, id, expected) in [
            (0, 0, 1), // the first is told at once
            (1, 0, 0),
            (1, 1, 1), // another lane
            (9, 0, 0),
            (10, 0, 3),
            (11, 64, 0), // the same lane
            (20, 0, 2),
        ] {
            assert_eq!(sampler.due(id, now, 10), expected, "{id} at {now}");
        }
        assert_eq!((sampler.due(2, 5, 0), sampler.due(2, 5, 0)), (1, 1));
    }
}
