//! Failures counted under one kind of key.

use std::sync::Arc;
use std::time::Duration;

use super::keys::Counted;
use super::rule::{Failures, SPAN};
use crate::clock::nanoseconds;
use crate::config::ConfigError;
use crate::store::{Charge, Decision, Key, Limit, Policy, Quota, Quotas, Receipt, StoreError};

/// One kind of key, and what is borne of it.
#[derive(Clone, Debug)]
pub(super) struct Track {
    counting: Arc<Policy>,
    pacing: Arc<Policy>,
    failures: Failures,
    /// What needs no look at the time: none if the first failure already sets a distance.
    free: Option<Limit>,
    most: Limit,
    /// Why it refuses.
    pub(super) reason: &'static str,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charged {
    /// It counts as a failure from now on.
    Taken(Mark),
    /// It may be tried again after so many nanoseconds; nothing was counted.
    Refused(u64),
}

/// What is needed to find a failure again that was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    at: u64,
    /// For how long it keeps the next one waiting, in nanoseconds.
    kept: u64,
    counted: Receipt,
    paced: Receipt,
}

impl Track {
    /// Counts under the policies `name` and `name-pace`.
    pub(super) fn new(
        name: &str,
        failures: Failures,
        reason: &'static str,
    ) -> Result<Self, ConfigError> {
        // The last of the free ones sets the time for the next, unless there is no next.
        let free = match failures.in_all() - failures.freely() {
            0 => failures.freely(),
            _ => failures.freely() - 1,
        };
        let window = |units| Quota::sliding_window(units, SPAN).checked();
        Ok(Self {
            counting: Arc::new(Policy::new(name)?),
            pacing: Arc::new(Policy::new(&format!("{name}-pace"))?),
            failures,
            free: (free > 0).then(|| window(free)).transpose()?,
            most: window(failures.in_all())?,
            reason,
        })
    }

    /// Counts an attempt of `key` as a failure, if it may be made.
    ///
    /// Each question to the store is atomic: of attempts at once no more are free than may be, and
    /// of those that have to keep a distance one is let through, since the first of them sets the
    /// time before which there is no other.
    pub(super) async fn charge(
        &self,
        store: &dyn Quotas,
        key: &Counted,
        now: u64,
    ) -> Result<Charged, StoreError> {
        let counted = Key::from(key.as_slice());
        let of = |policy, limit, cost| Charge {
            policy,
            key: &counted,
            limit,
            cost,
            now: now.into(),
        };
        if let Some(free) = &self.free {
            let freely = store.take(of(&self.counting, free, 1)).await?;
            if freely.admitted || *free == self.most {
                return Ok(outcome(
                    freely,
                    Mark {
                        at: now,
                        ..Mark::default()
                    },
                ));
            }
        }
        let seen = store.take(of(&self.counting, &self.most, 0)).await?;
        if seen.remaining == 0 {
            return Ok(Charged::Refused(seen.reset_after));
        }
        let failed = seen.limit.saturating_sub(seen.remaining);
        let failed = u32::try_from(failed).unwrap_or(u32::MAX);
        let ahead = self.distance(failed.saturating_add(1));
        let (gate, next) = (pace(1, self.distance(failed))?, pace(2, ahead)?);
        let gate = store.take(of(&self.pacing, &gate, 1)).await?;
        if !gate.admitted {
            return Ok(outcome(gate, Mark::default()));
        }
        // The moment is to be remembered for as long as the next one asks for it, which is longer
        // than was asked for now.
        store.take(of(&self.pacing, &next, 1)).await?;
        let counted = store.take(of(&self.counting, &self.most, 1)).await?;
        let mark = Mark {
            at: now,
            kept: nanoseconds(ahead),
            paced: gate.receipt,
            ..Mark::default()
        };
        Ok(outcome(counted, mark))
    }

    /// The attempt of `key` that was counted was no failure.
    pub(super) async fn give_back(
        &self,
        store: &dyn Quotas,
        key: &Counted,
        mark: Mark,
        now: u64,
    ) -> Result<(), StoreError> {
        let passed = now.saturating_sub(mark.at);
        // What has left the window counts no more, and must not be taken for another.
        if passed >= nanoseconds(SPAN) {
            return Ok(());
        }
        let counted = Key::from(key.as_slice());
        let distance = pace(2, self.distance(0))?;
        let undo = |policy, limit, cost| Charge {
            policy,
            key: &counted,
            limit,
            cost,
            now: mark.at.into(),
        };
        // After that time somebody else may have set it anew, and it keeps nobody waiting.
        if passed < mark.kept {
            let paced = undo(&self.pacing, &distance, 2);
            store.give_back(paced, mark.paced).await?;
        }
        let counted = undo(&self.counting, &self.most, 1);
        store.give_back(counted, mark.counted).await
    }

    fn distance(&self, failed: u32) -> Duration {
        self.failures.wait_before(failed)
    }
}

fn pace(units: u32, distance: Duration) -> Result<Limit, StoreError> {
    Quota::sliding_window(units, distance)
        .checked()
        .map_err(|error| StoreError::new("brute_force", error))
}

fn outcome(decision: Decision, mark: Mark) -> Charged {
    if decision.admitted {
        Charged::Taken(Mark {
            counted: decision.receipt,
            ..mark
        })
    } else {
        Charged::Refused(decision.retry_after.unwrap_or(nanoseconds(SPAN)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryQuotas;

    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 24 * 60 * 60;

    fn mark(at: u64, kept: u64) -> Mark {
        Mark {
            at,
            kept,
            ..Mark::default()
        }
    }

    #[tokio::test]
    async fn free_failures_come_first_then_a_growing_distance_then_none() {
        let store = MemoryQuotas::new();
        let track = Track::new("t", Failures::of(2, 5), "x").unwrap();
        let key = [7; 32];
        // When it is asked, in seconds, and how long to wait if it is refused.
        for (at, refused) in [
            (0, None),
            (0, None), // the last free one sets the distance
            (0, Some(1)),
            (0, Some(1)), // asking makes it no longer
            (1, None),
            (2, Some(1)),
            (3, None),
            (6, Some(1)),
            (7, None),
            (8, Some(DAY - 8)), // five in a day
            (DAY - 1, Some(1)),
            (DAY, None),        // the first two have left
            (DAY + 1, Some(1)), // and the third: there are three, as at 1
            (DAY + 2, None),
        ] {
            let found = track.charge(&store, &key, at * SECOND).await.unwrap();
            let wait = match found {
                Charged::Taken(_) => None,
                Charged::Refused(wait) => Some(wait),
            };
            assert_eq!(wait, refused.map(|wait| wait * SECOND), "at {at}");
        }
    }

    #[tokio::test]
    async fn what_was_no_failure_is_not_counted_and_keeps_nobody_waiting() {
        let store = MemoryQuotas::new();
        for (most, kept) in [(1, 0), (9, SECOND)] {
            let failures = Failures::of(1, most);
            let track = Track::new(&failures.to_string(), failures, "x").unwrap();
            let key = [7; 32];
            for at in 0..10 {
                let found = track.charge(&store, &key, at).await.unwrap();
                assert_eq!(found, Charged::Taken(mark(at, kept)), "at {at}");
                let given = track.give_back(&store, &key, mark(at, kept), at + 1).await;
                given.unwrap();
            }
            // What comes back too late is not taken for what came after it.
            for at in [20, 20 + DAY * SECOND] {
                let found = track.charge(&store, &key, at).await.unwrap();
                assert_eq!(found, Charged::Taken(mark(at, kept)));
            }
            let late = 20 + DAY * SECOND;
            let given = track.give_back(&store, &key, mark(20, kept), late).await;
            given.unwrap();
            let refused = track.charge(&store, &key, late).await.unwrap();
            assert!(matches!(refused, Charged::Refused(_)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_slow_success_takes_no_distance_that_another_has_set() {
        let store = MemoryQuotas::new();
        let track = Track::new("t", Failures::of(1, 9), "x").unwrap();
        let key = [7; 32];
        let slow = track.charge(&store, &key, 0).await.unwrap();
        assert_eq!(slow, Charged::Taken(mark(0, SECOND)));
        let other = track.charge(&store, &key, SECOND).await.unwrap();
        assert_eq!(other, Charged::Taken(mark(SECOND, 2 * SECOND)));
        let slow = mark(0, SECOND);
        let given = track.give_back(&store, &key, slow, SECOND + 1).await;
        given.unwrap();
        let next = track.charge(&store, &key, SECOND + 1).await.unwrap();
        assert_eq!(next, Charged::Refused(SECOND - 1));
    }

    #[tokio::test]
    async fn a_distance_is_kept_whatever_else_the_store_is_asked_meanwhile() {
        // One drawer, in which rings whose time is over are discarded whenever there is a new key.
        let store = MemoryQuotas::with_capacity(1).unwrap();
        let track = Track::new("t", Failures::of(1, 9), "x").unwrap();
        let key = [7; 32];
        let mut at = 0;
        for wait in [1, 2, 4, 8] {
            let found = track.charge(&store, &key, at).await.unwrap();
            assert_eq!(found, Charged::Taken(mark(at, wait * SECOND)));
            let soon = at + wait * SECOND - 1;
            let other = [u8::try_from(wait).unwrap(); 32];
            track.charge(&store, &other, soon).await.unwrap();
            let refused = track.charge(&store, &key, soon).await.unwrap();
            assert_eq!(refused, Charged::Refused(1), "{wait}");
            at += wait * SECOND;
        }
    }
}
