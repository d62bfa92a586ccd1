//! The rule by which a limit on requests in flight follows what the service can bear.

use std::time::Duration;

/// How few answers say nothing.
const FEWEST: u32 = 4;

/// Between which numbers a limit moves, and how long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) target: Duration,
}

/// A limit, and what was seen since it was judged last. Moments are told since some beginning.
///
/// Once a target has passed it is judged anew (additive increase, multiplicative decrease, as TCP
/// does it): it falls by a tenth if more than half of the answers came late, and grows by its root
/// if not, and if it was reached. More than half, so that a few who are slow by themselves, or by
/// intent, do not move it. Requests that began before it was judged say nothing of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulse {
    range: Range,
    limit: usize,
    since: Duration,
    answers: u32,
    late: u32,
    was_reached: bool,
}

impl Pulse {
    pub(super) fn new(range: Range) -> Self {
        Self {
            range,
            limit: range.least,
            since: Duration::ZERO,
            answers: 0,
            late: 0,
            was_reached: false,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Somebody found no place.
    pub(super) fn reached(&mut self) {
        self.was_reached = true;
    }

    /// Notes an answer at `now` to a request that was let in at `began`, of which `idle` was spent
    /// on waiting for the client. Says whether the limit has changed.
    pub(super) fn answered(&mut self, began: Duration, now: Duration, idle: Duration) -> bool {
        if began < self.since {
            return false;
        }
        let took = now.saturating_sub(began).saturating_sub(idle);
        self.answers = self.answers.saturating_add(1);
        self.late += u32::from(took > self.range.target);
        let passed = now.saturating_sub(self.since);
        if passed < self.range.target || self.answers < FEWEST {
            return false;
        }
        let before = self.limit;
        if u64::from(self.late) * 2 > u64::from(self.answers) {
            let fallen = self.limit - self.limit.div_ceil(10);
            self.limit = fallen.max(self.range.least);
        } else if self.was_reached {
            let grown = self.limit.saturating_add(self.limit.isqrt());
            self.limit = grown.min(self.range.most);
        }
        *self = Self {
            limit: self.limit,
            since: now,
            ..Self::new(self.range)
        };
        self.limit != before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const RANGE: Range = Range {
        least: 4,
        most: 100,
        target: ms(100),
    };

    fn at(limit: usize) -> Pulse {
        Pulse {
            limit,
            ..Pulse::new(RANGE)
        }
    }

    #[test]
    fn each_edge_of_the_judgement_is_where_it_should_be() {
        for (limit, in_time, late, reached, after) in [
            (20, 4, 0, true, 24),
            (20, 4, 0, false, 20), // nobody needed more
            (20, 2, 2, true, 24),  // half of them are a few
            (20, 2, 3, true, 18),
            (20, 2, 3, false, 18),
            (20, 0, 3, true, 20), // too few to say
            (4, 0, 4, true, 4),
            (5, 0, 4, true, 4),
            (98, 4, 0, true, 100),
            (100, 4, 0, true, 100),
        ] {
            let mut pulse = at(limit);
            if reached {
                pulse.reached();
            }
            let took = [vec![ms(101); late], vec![ms(100); in_time]].concat();
            for took in took {
                pulse.answered(ms(50), ms(50) + took, ms(0));
            }
            assert_eq!(pulse.limit(), after, "{limit} {in_time} {late} {reached}");
        }
    }

    #[test]
    fn what_the_client_takes_and_what_began_before_does_not_count() {
        let mut pulse = at(20);
        for _ in 0..4 {
            assert!(!pulse.answered(ms(0), ms(5_000), ms(4_900)));
        }
        // It was judged at 5 s, and was not reached.
        for _ in 0..9 {
            assert!(!pulse.answered(ms(4_999), ms(9_000), ms(0)));
        }
        assert!((0..4).any(|_| pulse.answered(ms(5_000), ms(9_000), ms(0))));
        assert_eq!(pulse.limit(), 18);
    }

    proptest! {
        #[test]
        fn the_limit_stays_in_its_range(
            least in 1..50_usize, more in 0..1_000_usize,
            steps in prop::collection::vec((0..300_u64, 0..300_u64, any::<bool>()), 1..300),
        ) {
            let range = Range { least, most: least + more, target: ms(100) };
            let (mut pulse, mut now) = (Pulse::new(range), ms(0));
            for (pause, took, reached) in steps {
                let began = now;
                now += ms(pause);
                if reached {
                    pulse.reached();
                }
                let before = pulse.limit();
                let changed = pulse.answered(began, began + ms(took), ms(0));
                prop_assert!((range.least..=range.most).contains(&pulse.limit()));
                prop_assert_eq!(changed, pulse.limit() != before);
            }
        }
    }
}
