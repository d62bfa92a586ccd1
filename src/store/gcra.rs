//! The token bucket, reckoned in time (the generic cell rate algorithm): integers only.

use super::quotas::{Decision, Receipt};

/// A token bucket. Its whole state is one number: the moment at which it will be full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    interval: u64,
    burst: u32,
    tolerance: u64,
}

impl Bucket {
    /// A bucket of `burst` units that gives one back each `interval` nanoseconds; neither is zero.
    pub(super) const fn new(interval: u64, burst: u32) -> Self {
        Self {
            interval,
            burst,
            tolerance: interval.saturating_mul(burst as u64),
        }
    }

    /// Nanoseconds after which one unit comes back.
    #[must_use]
    pub fn interval(&self) -> u64 {
        self.interval
    }

    /// How many units a full bucket holds.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Nanoseconds in which an empty bucket fills.
    #[must_use]
    pub fn tolerance(&self) -> u64 {
        self.tolerance
    }

    /// Takes `cost` units at `now` from a bucket that will be full at `full_at`; the second part is
    /// when it will be full from now on, and differs from `full_at` only if units were taken.
    ///
    /// A bucket that is full in the past is full, so a state that says 0 is that of a new key. One
    /// that is too far in the future (the quota has shrunk, the clock was set back) counts as
    /// empty, and stays so until that is over.
    #[must_use]
    #[inline]
    pub fn take(&self, full_at: u64, now: u64, cost: u32) -> (Decision, u64) {
        let behind = full_at.saturating_sub(now);
        let debt = behind.min(self.tolerance);
        let over = behind - debt;
        let wanted = debt.saturating_add(self.interval.saturating_mul(u64::from(cost)));
        let admitted = wanted <= self.tolerance;
        let owed = if admitted { wanted } else { debt };
        let remaining = (self.tolerance - owed) / self.interval.max(1);
        let used = u64::from(self.burst).saturating_sub(remaining);
        let decision = Decision {
            admitted,
            limit: self.burst.into(),
            remaining,
            reset_after: owed
                .saturating_sub(used.saturating_sub(1).saturating_mul(self.interval))
                .saturating_add(over),
            retry_after: (!admitted && cost <= self.burst)
                .then(|| (wanted - self.tolerance).saturating_add(over)),
            receipt: Receipt::None,
        };
        let taken = admitted && cost > 0;
        (
            decision,
            if taken {
                now.saturating_add(wanted)
            } else {
                full_at
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Three units, one back each 10 ns.
    const BUCKET: Bucket = Bucket::new(10, 3);

    #[test]
    fn each_edge_of_a_bucket_of_three_is_where_it_should_be() {
        for (full_at, now, cost, admitted, remaining, reset_after, retry_after) in [
            (0, 100, 1, true, 2, 10, None),
            (100, 100, 3, true, 0, 10, None),
            (110, 100, 2, true, 0, 10, None),
            (111, 100, 2, false, 1, 1, Some(1)),
            (119, 100, 2, false, 1, 9, Some(9)),
            (120, 100, 1, true, 0, 10, None),
            (121, 100, 1, false, 0, 1, Some(1)),
            (130, 100, 1, false, 0, 10, Some(10)),
            (130, 100, 3, false, 0, 10, Some(30)),
            (100, 100, 4, false, 3, 0, None),        // never
            (999, 100, 1, false, 0, 879, Some(879)), // too far ahead is empty for long
            (999, 100, 0, true, 0, 879, None),
            (115, 100, 0, true, 1, 5, None), // a look
        ] {
            let (found, after) = BUCKET.take(full_at, now, cost);
            let expected = Decision {
                admitted,
                limit: 3,
                remaining,
                reset_after,
                retry_after,
                ..Decision::default()
            };
            assert_eq!(found, expected, "{cost} at {now}, full at {full_at}");
            let moved = admitted && cost > 0;
            assert_eq!(
                after != full_at,
                moved,
                "{cost} at {now}, full at {full_at}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_numbers_overflow(
            interval in 1..=u64::MAX, burst in 1..=u32::MAX,
            full_at: u64, now: u64, cost: u32,
        ) {
            let (decision, after) = Bucket::new(interval, burst).take(full_at, now, cost);
            prop_assert!(decision.remaining <= u64::from(burst));
            prop_assert!(decision.admitted || after == full_at);
        }

        #[test]
        fn what_is_taken_moves_the_state_forward(now in 0..1_000_u64, full_at in 0..1_000_u64, cost in 1..5_u32) {
            let (decision, after) = BUCKET.take(full_at, now, cost);
            prop_assert!(!decision.admitted || (after > full_at && after > now));
        }
    }
}
