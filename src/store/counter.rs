//! Counted windows: how many units were used in a window, and perhaps in the one before it.

use super::quotas::Decision;
use super::window::Window;

/// So many units in a window that is reckoned from one counter or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    units: u32,
    span: u64,
    slides: bool,
}

/// What is kept of a key. Nothing at all is all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    start: u64,
    /// The length of the window that runs, and of those for which it was asked: the longest rules,
    /// so that a plan that comes and goes frees nothing.
    span: u64,
    widest: u64,
    /// Units of the window before.
    before: u32,
    used: u32,
}

impl Counter {
    /// A counter of `units` in windows of `span` nanoseconds, neither of them zero. If it `slides`,
    /// what was used in the window before counts for as much of it as would still be in a window
    /// that ends now.
    pub(super) const fn new(units: u32, span: u64, slides: bool) -> Self {
        Self {
            units,
            span,
            slides,
        }
    }

    /// How many units a window holds.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units
    }

    /// The length of a window, in nanoseconds.
    #[must_use]
    pub fn span(&self) -> u64 {
        self.span
    }

    /// Whether the window before counts too.
    #[must_use]
    pub fn slides(&self) -> bool {
        self.slides
    }

    /// The same counter with fewer units.
    pub(super) fn narrowed(self, units: u32) -> Self {
        Self {
            units: self.units.min(units),
            ..self
        }
    }

    /// The window that is exact where this counter is not: it never admits more.
    pub(super) fn exact(&self) -> Window {
        Window::new(self.units, self.span)
    }

    /// Takes `cost` units at `now`, which is not before anything that was taken; the second part is
    /// what to keep from now on, if units were taken.
    pub(super) fn take(&self, kept: Count, now: u64, cost: u32) -> (Decision, Option<Count>) {
        let mut count = kept.at(now, self);
        let free = self.free(&count, now);
        let admitted = cost <= free;
        let taken = if admitted { cost } else { 0 };
        count.used = count.used.saturating_add(taken);
        let remaining = free - taken;
        let is_used = count.used > 0 || count.before > 0;
        let decision = Decision {
            admitted,
            limit: self.units.into(),
            remaining: remaining.into(),
            reset_after: if is_used {
                self.wait(&count, now, remaining.saturating_add(1))
            } else {
                0
            },
            retry_after: (!admitted && cost <= self.units).then(|| self.wait(&count, now, cost)),
        };
        (decision, (taken > 0).then_some(count))
    }

    fn free(&self, count: &Count, now: u64) -> u32 {
        let weight = if self.slides {
            let left = count.span.saturating_sub(now.saturating_sub(count.start));
            // Rounded up, so that no part of a unit is admitted.
            let weight = product(count.before, left).div_ceil(u128::from(count.span.max(1)));
            u32::try_from(weight).unwrap_or(u32::MAX)
        } else {
            count.before
        };
        self.units.saturating_sub(count.used.saturating_add(weight))
    }

    /// Nanoseconds until `wanted` units are free, which are more than there are, if nobody takes any.
    fn wait(&self, count: &Count, now: u64, wanted: u32) -> u64 {
        // After how much of a window of `span` the units of the window before weigh at most `most`.
        let light = |before: u32, most: u32, span: u64| {
            if before <= most {
                return 0;
            }
            let kept = product(most, span) / u128::from(before);
            span.saturating_sub(u64::try_from(kept).unwrap_or(u64::MAX))
        };
        let end = count.start.saturating_add(count.span);
        let moment = if self.slides {
            let here = self.units.checked_sub(wanted.saturating_add(count.used));
            let here = here.map(|most| light(count.before, most, count.span));
            if let Some(part) = here.filter(|part| *part < count.span) {
                count.start.saturating_add(part)
            } else {
                let most = self.units.saturating_sub(wanted);
                end.saturating_add(light(count.used, most, count.widest))
            }
        } else {
            end
        };
        moment.saturating_sub(now)
    }
}

impl Count {
    /// What is left of it at `now`, for one who asks under `limit`.
    fn at(self, now: u64, limit: &Counter) -> Self {
        let fresh = Self {
            start: now,
            span: limit.span,
            widest: limit.span,
            before: 0,
            used: 0,
        };
        if self.used == 0 && self.before == 0 {
            return fresh;
        }
        let widest = self.widest.max(limit.span);
        let span = self.span.max(limit.span);
        let end = self.start.saturating_add(span);
        if now < end {
            return Self {
                span,
                widest,
                ..self
            };
        }
        // The next window is as long as the longest that was asked for in this one.
        if !limit.slides || self.used == 0 || now - end >= widest {
            return fresh;
        }
        Self {
            start: end,
            span: widest,
            widest: limit.span,
            before: self.used,
            used: 0,
        }
    }

    /// From when on it says nothing any more, whoever asks as before.
    pub(super) fn ends(&self) -> u64 {
        if self.used == 0 && self.before == 0 {
            return 0;
        }
        let last = self.start.saturating_add(self.span);
        last.saturating_add(self.span.max(self.widest))
    }

    /// Gives `cost` units back that were taken at `then`. Who read the clock first may have been
    /// served later, in the window that follows: then too little comes back, and never too much.
    pub(super) fn give_back(&mut self, then: u64, cost: u32) {
        let window = if then >= self.start {
            &mut self.used
        } else {
            &mut self.before
        };
        *window = window.saturating_sub(cost);
    }
}

fn product(units: u32, time: u64) -> u128 {
    u128::from(units) * u128::from(time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Four units in 100 ns.
    const SLIDING: Counter = Counter::new(4, 100, true);
    const FIXED: Counter = Counter::new(4, 100, false);

    const fn count(start: u64, before: u32, used: u32) -> Count {
        Count {
            start,
            span: 100,
            widest: 100,
            before,
            used,
        }
    }

    #[test]
    fn each_edge_of_a_counter_of_four_is_where_it_should_be() {
        let none = Count::default();
        for (counter, kept, now, cost, admitted, remaining, reset_after, retry_after) in [
            (SLIDING, none, 7, 1, true, 3, 200, None),
            (SLIDING, none, 7, 4, true, 0, 125, None),
            (SLIDING, none, 7, 5, false, 4, 0, None), // never
            (SLIDING, none, 7, 0, true, 4, 0, None),  // a look
            (SLIDING, count(0, 0, 4), 99, 1, false, 0, 26, Some(26)),
            (SLIDING, count(0, 0, 4), 124, 1, false, 0, 1, Some(1)),
            (SLIDING, count(0, 0, 4), 125, 1, true, 0, 25, None),
            (SLIDING, count(0, 0, 4), 199, 3, true, 0, 1, None),
            (SLIDING, count(0, 0, 4), 199, 4, false, 3, 1, Some(1)),
            (SLIDING, count(0, 0, 4), 200, 4, true, 0, 125, None),
            (SLIDING, count(100, 4, 2), 150, 1, false, 0, 25, Some(25)),
            (SLIDING, count(100, 4, 2), 150, 3, false, 0, 25, Some(100)),
            (SLIDING, count(0, 0, 9), 50, 1, false, 0, 117, Some(117)), // the quota has shrunk
            (FIXED, none, 7, 4, true, 0, 100, None),
            (FIXED, count(0, 0, 4), 99, 1, false, 0, 1, Some(1)),
            (FIXED, count(0, 0, 4), 100, 4, true, 0, 100, None),
            (FIXED, count(0, 0, 3), 99, 1, true, 0, 1, None),
            (FIXED, count(0, 0, 3), 60, 2, false, 1, 40, Some(40)),
        ] {
            let (found, after) = counter.take(kept, now, cost);
            let expected = Decision {
                admitted,
                limit: 4,
                remaining,
                reset_after,
                retry_after,
            };
            assert_eq!(found, expected, "{cost} at {now} of {counter:?}, {kept:?}");
            assert_eq!(after.is_some(), admitted && cost > 0);
        }
    }

    #[test]
    fn a_plan_that_comes_and_goes_frees_nothing() {
        let (hour, minute) = (3_600, 60);
        for slides in [true, false] {
            let long = Counter::new(10, hour, slides);
            let short = Counter::new(2, minute, slides);
            let (_, kept) = long.take(Count::default(), 0, 10);
            let mut kept = kept.unwrap();
            for now in [1, minute, 2 * minute, 10 * minute, hour - 1] {
                for counter in [short, long] {
                    let (decision, after) = counter.take(kept, now, 1);
                    assert!(!decision.admitted, "{counter:?} at {now}");
                    kept = after.unwrap_or(kept);
                }
            }
            // Once all that is past, the shorter window is as short as it says.
            let (decision, after) = short.take(kept, 3 * hour, 2);
            assert!(decision.admitted);
            let later = 3 * hour + 2 * minute;
            assert!(short.take(after.unwrap(), later, 2).0.admitted);
        }
    }

    #[test]
    fn what_is_given_back_is_that_of_its_window() {
        let mut kept = count(100, 3, 2);
        kept.give_back(100, 1);
        assert_eq!(kept, count(100, 3, 1));
        kept.give_back(99, 2);
        assert_eq!(kept, count(100, 1, 1));
        kept.give_back(150, 9);
        kept.give_back(1, 9);
        assert_eq!(kept.ends(), 0);
        assert_eq!(SLIDING.take(kept, 150, 4).0.remaining, 0);
    }

    proptest! {
        #[test]
        fn no_numbers_overflow(
            units in 1..=u32::MAX, span in 1..=u64::MAX, slides: bool, start: u64, kept_span: u64,
            widest: u64, before: u32, used: u32, now: u64, cost: u32,
        ) {
            let kept = Count { start, span: kept_span, widest, before, used };
            let (decision, _) = Counter::new(units, span, slides).take(kept, now, cost);
            prop_assert!(decision.remaining <= u64::from(units));
            prop_assert!(kept.ends() == 0 || kept.ends() >= start);
        }
    }
}
