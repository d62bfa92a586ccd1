//! Several quotas in one decision.

use super::quotas::MemoryQuotas;
use crate::clock::Moment;
use crate::store::quotas::{Charge, Decision};

impl MemoryQuotas {
    /// Takes the units of each of `charges` or of none. It looks at all before it takes from any, so
    /// that a refusal changes nothing; only who loses a race between the two gives back what was
    /// taken, and until then others may be refused for it.
    pub(super) fn take_together(&self, charges: &[Charge<'_>], decisions: &mut [Decision]) -> bool {
        // One moment for all that is done: what is given back is then found where it was taken.
        let now = Moment::at(charges.first().map_or(0, |charge| charge.now.ticks()));
        let mut are_there = true;
        for (charge, decision) in charges.iter().zip(decisions.iter_mut()) {
            *decision = self.looked(&Charge { now, ..*charge });
            are_there &= decision.admitted;
        }
        are_there && self.taken(charges, now, decisions)
    }

    /// What would become of `charge`, which takes nothing.
    fn looked(&self, charge: &Charge<'_>) -> Decision {
        let look = Charge { cost: 0, ..*charge };
        let seen = self.decide(&look);
        if u64::from(charge.cost) <= seen.remaining {
            return seen;
        }
        // There is too little: a charge of so much is refused, and says when to come back.
        let refused = self.decide(charge);
        if refused.admitted {
            // The units came back in between. Nobody is worse off if this one comes back too.
            self.returned(charge);
            return seen;
        }
        refused
    }

    fn taken(&self, charges: &[Charge<'_>], now: Moment<'_>, decisions: &mut [Decision]) -> bool {
        for (place, charge) in charges.iter().enumerate() {
            let taken = self.decide(&Charge { now, ..*charge });
            let is_taken = taken.admitted;
            if let Some(decision) = decisions.get_mut(place) {
                *decision = taken;
            }
            if !is_taken {
                charges
                    .iter()
                    .take(place)
                    .for_each(|charge| self.returned(&Charge { now, ..*charge }));
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::store::answer::Answer;
    use crate::store::key::Key;
    use crate::store::quota::{Limit, Quota};
    use crate::store::quotas::{Policy, Quotas};

    struct Two {
        store: MemoryQuotas,
        policies: [Policy; 2],
        limits: [Limit; 2],
    }

    impl Two {
        fn of(one: Quota, other: Quota) -> Self {
            Self {
                store: MemoryQuotas::new(),
                policies: ["one", "other"].map(|name| Policy::new(name).unwrap()),
                limits: [one, other].map(|quota| quota.checked().unwrap()),
            }
        }

        fn take(&self, key: u64, costs: [u32; 2], now: u64) -> (bool, [Decision; 2]) {
            let key = Key::from(key);
            let charges = [0, 1].map(|place| Charge {
                policy: &self.policies[place],
                key: &key,
                limit: &self.limits[place],
                cost: costs[place],
                now: now.into(),
            });
            let mut decisions = [Decision::default(); 2];
            let is_in = match self.store.take_all(&charges, &mut decisions) {
                Answer::Ready(Some(answer)) => answer.unwrap(),
                _ => unreachable!(),
            };
            (is_in, decisions)
        }

        fn remaining(&self, key: u64, now: u64) -> [u64; 2] {
            self.take(key, [0, 0], now)
                .1
                .map(|decision| decision.remaining)
        }
    }

    #[test]
    fn all_are_charged_or_none() {
        let minute = Duration::from_mins(1);
        for (one, other) in [
            (Quota::per_minute(2), Quota::per_minute(3)),
            (Quota::per_minute(2), Quota::sliding_window(3, minute)),
            (Quota::sliding_window(2, minute), Quota::per_minute(3)),
        ] {
            let two = Two::of(one, other);
            for (costs, is_in, admitted, left) in [
                ([1, 1], true, [true, true], [1, 2]),
                ([2, 1], false, [false, true], [1, 2]),
                ([1, 3], false, [true, false], [1, 2]),
                ([9, 9], false, [false, false], [1, 2]),
                ([1, 1], true, [true, true], [0, 1]),
                ([1, 1], false, [false, true], [0, 1]),
                ([0, 1], true, [true, true], [0, 0]),
                ([0, 1], false, [true, false], [0, 0]),
            ] {
                let (answer, decisions) = two.take(7, costs, 5);
                assert_eq!(answer, is_in, "{costs:?} {one} {other}");
                assert_eq!(
                    decisions.map(|decision| decision.admitted),
                    admitted,
                    "{costs:?}"
                );
                assert_eq!(two.remaining(7, 5), left, "{costs:?} {one} {other}");
            }
            let (_, [refused, _]) = two.take(7, [1, 0], 5);
            assert!(refused.retry_after.is_some());
            let (_, [never, _]) = two.take(7, [9, 0], 5);
            assert_eq!(never.retry_after, None);
        }
    }

    #[test]
    fn a_crowd_never_has_more_than_either_quota() {
        let day = Duration::from_hours(24);
        let two = Two::of(Quota::per_day(500), Quota::sliding_window(300, day));
        let admitted = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if two.take(7, [1, 1], 5).0 {
                            admitted.fetch_add(1, Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(admitted.into_inner(), 300);
        // Who lost a race has given back what was taken.
        assert_eq!(two.remaining(7, 5), [200, 0]);
    }
}
