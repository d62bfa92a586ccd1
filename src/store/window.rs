//! The exact sliding window: a ring of the moments at which units were taken.

use std::collections::VecDeque;

use super::gcra::Bucket;
use super::quotas::{Decision, Receipt};

/// At most so many units in any span of a certain length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    units: u32,
    span: u64,
}

impl Window {
    /// A window of `units` in any `span` nanoseconds; neither is zero.
    pub(super) const fn new(units: u32, span: u64) -> Self {
        Self { units, span }
    }

    /// How many units the window holds.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units
    }

    /// The length of the window, in nanoseconds.
    #[must_use]
    pub fn span(&self) -> u64 {
        self.span
    }

    /// The same window with fewer units.
    pub(super) fn narrowed(self, units: u32) -> Self {
        Self {
            units: self.units.min(units),
            ..self
        }
    }

    /// The same window, if it is no longer than `span`.
    pub(super) fn shortened(self, span: u64) -> Self {
        Self {
            span: self.span.min(span),
            ..self
        }
    }

    /// As long as the longer, and as large as the larger.
    pub(super) fn united(self, other: Self) -> Self {
        Self {
            units: self.units.max(other.units),
            span: self.span.max(other.span),
        }
    }

    /// Whether `cost` units can be taken at `now`, given the `stamps` of those taken, oldest first;
    /// `now` is not before the last of them.
    pub(super) fn judge(&self, stamps: &VecDeque<u64>, now: u64, cost: u32) -> Decision {
        let gone = stamps.partition_point(|stamp| stamp.saturating_add(self.span) <= now);
        let used = stamps.len() - gone;
        let free = self.units.saturating_sub(as_units(used));
        let admitted = cost <= free;
        // When the unit leaves that is `place` units younger than the oldest in the window.
        let leaves_after = |place: usize| {
            let stamp = stamps.get(gone.saturating_add(place)).unwrap_or(&now);
            stamp.saturating_add(self.span).saturating_sub(now)
        };
        let taken = if admitted { cost } else { 0 };
        let surplus = used.saturating_sub(self.units as usize);
        let needed = (used + cost as usize).saturating_sub(self.units as usize);
        Decision {
            admitted,
            limit: self.units.into(),
            remaining: (free - taken).into(),
            reset_after: if used == 0 && taken == 0 {
                0
            } else {
                leaves_after(surplus)
            },
            retry_after: (!admitted && cost <= self.units)
                .then(|| leaves_after(needed.saturating_sub(1))),
            receipt: Receipt::None,
        }
    }

    /// A bucket that never admits more than this window: for when there is no room for stamps.
    ///
    /// A bucket of `b` with interval `t` admits at most `b + ceil(w / t) - 1` in any half-open span
    /// of length `w`.
    pub(super) fn strict_bucket(&self) -> Bucket {
        let burst = self.units.div_ceil(2);
        let flowing = u64::from(self.units - burst) + 1;
        Bucket::new(self.span.div_ceil(flowing), burst)
    }
}

pub(super) fn as_units(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Three units in any 100 ns.
    const WINDOW: Window = Window::new(3, 100);

    #[test]
    fn each_edge_of_a_window_of_three_is_where_it_should_be() {
        for (stamps, now, cost, admitted, remaining, reset_after, retry_after) in [
            (&[][..], 0, 1, true, 2, 100, None),
            (&[], 0, 3, true, 0, 100, None),
            (&[], 0, 4, false, 3, 0, None), // never
            (&[], 0, 0, true, 3, 0, None),  // a look
            (&[0, 10, 20], 99, 1, false, 0, 1, Some(1)),
            (&[0, 10, 20], 100, 1, true, 0, 10, None),
            (&[0, 10, 20], 100, 2, false, 1, 10, Some(10)),
            (&[0, 10, 20], 110, 2, true, 0, 10, None),
            (&[0, 10, 20], 50, 3, false, 0, 50, Some(70)),
            (&[0, 10, 20], 120, 3, true, 0, 100, None),
            (&[0, 1, 2, 3, 4], 50, 1, false, 0, 52, Some(52)), // the quota has shrunk
        ] {
            let expected = Decision {
                admitted,
                limit: 3,
                remaining,
                reset_after,
                retry_after,
                ..Decision::default()
            };
            let found = WINDOW.judge(&stamps.iter().copied().collect(), now, cost);
            assert_eq!(found, expected, "{cost} at {now} after {stamps:?}");
        }
    }

    proptest! {
        #[test]
        fn the_strict_bucket_never_admits_more_than_the_window(
            units in 1..12_u32, span in 1..200_u64,
            steps in prop::collection::vec((0..40_u64, 1..4_u32), 1..80),
        ) {
            let (window, mut full_at, mut now) = (Window::new(units, span), 0, 0);
            let mut admitted: Vec<(u64, u32)> = Vec::new();
            for (step, cost) in steps {
                now += step;
                let (decision, after) = window.strict_bucket().take(full_at, now, cost);
                full_at = after;
                if decision.admitted {
                    admitted.push((now, cost));
                    let inside: u32 = admitted
                        .iter()
                        .filter_map(|(then, cost)| (then + span > now).then_some(cost))
                        .sum();
                    prop_assert!(inside <= units);
                }
            }
        }

        #[test]
        fn no_numbers_overflow(stamps: Vec<u64>, units in 1..9_u32, span in 1..=u64::MAX, now: u64, cost: u32) {
            let mut stamps = stamps;
            stamps.sort_unstable();
            let decision = Window::new(units, span).judge(&stamps.into(), now, cost);
            prop_assert!(decision.remaining <= u64::from(units));
        }
    }
}
