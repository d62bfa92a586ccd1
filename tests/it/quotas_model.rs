//! The engine in memory against a slow model that is obviously right.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use portcullis::clock::{Clock, ManualClock};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Decision, Quota};
use proptest::prelude::*;

use crate::quotas_contract::Rig;

/// Units that were taken, and when.
type Taken = Vec<(u64, u32)>;

/// What a model says: whether it is admitted, and what is left.
type Verdict = (bool, u32);

/// A bucket that holds `burst` units and drips one in each `interval`, in parts of a unit. It is
/// played anew from the first drop for each question.
struct DrippingBucket {
    interval: u128,
    burst: u128,
}

impl DrippingBucket {
    fn decide(&self, taken: &Taken, now: u64, cost: u32) -> Verdict {
        let full = self.burst * self.interval;
        let (mut level, mut time) = (full, 0);
        for (then, units) in taken.iter().copied().chain([(now, 0)]) {
            level = full.min(level + u128::from(then - time));
            time = then;
            level -= u128::from(units) * self.interval;
        }
        let price = u128::from(cost) * self.interval;
        let left = if price <= level { level - price } else { level };
        let left = u32::try_from(left / self.interval).unwrap();
        (price <= level, left)
    }
}

/// A log of all that was taken.
struct Log {
    units: u32,
    span: u64,
}

impl Log {
    fn decide(&self, taken: &Taken, now: u64, cost: u32) -> Verdict {
        let inside = |(then, _): &&(u64, u32)| then + self.span > now;
        let used: u32 = taken.iter().filter(inside).map(|(_, units)| units).sum();
        let left = self.units - used;
        (cost <= left, if cost <= left { left - cost } else { left })
    }
}

/// Counters of windows, found anew from all that was taken. Those of a sliding counter follow one
/// another from the first unit on; a fixed window begins when it is needed.
struct Counters {
    units: u128,
    span: u64,
    slides: bool,
}

impl Counters {
    /// The window of `now` and what was taken in it and in the one before.
    fn windows(&self, taken: &Taken, now: u64) -> (u64, u128, u128) {
        let (mut start, mut before, mut used) = (now, 0, 0);
        for (then, units) in taken.iter().copied().chain([(now, 0)]) {
            while (before, used) != (0, 0) && then >= start + self.span {
                start += self.span;
                before = if self.slides { used } else { 0 };
                used = 0;
            }
            if (before, used) == (0, 0) {
                start = then;
            }
            used += u128::from(units);
        }
        (start, before, used)
    }

    fn decide(&self, taken: &Taken, now: u64, cost: u32) -> Verdict {
        let (start, before, used) = self.windows(taken, now);
        let fits = |cost: u128| {
            let left = u128::from(start + self.span - now);
            before * left + (used + cost) * u128::from(self.span)
                <= self.units * u128::from(self.span)
        };
        let admitted = fits(cost.into());
        let cost = if admitted { u128::from(cost) } else { 0 };
        let left = (0..=self.units).rev().find(|more| fits(cost + more));
        (admitted, u32::try_from(left.unwrap_or(0)).unwrap())
    }
}

/// The first moment from `now` on at which `question` is answered with yes.
fn first(now: u64, question: impl Fn(u64) -> bool) -> u64 {
    (now..now + 1_000_000)
        .find(|moment| question(*moment))
        .unwrap()
}

fn expected(
    model: &dyn Fn(&Taken, u64, u32) -> Verdict,
    taken: &Taken,
    now: u64,
    cost: u32,
    units: u32,
) -> Decision {
    let (admitted, remaining) = model(taken, now, cost);
    let mut after = taken.clone();
    if admitted && cost > 0 {
        after.push((now, cost));
    }
    Decision {
        admitted,
        limit: units.into(),
        remaining: remaining.into(),
        reset_after: if remaining == units {
            // A part of a unit may be in use.
            first(now, |moment| model(&after, moment, units).0) - now
        } else {
            first(now, |moment| model(&after, moment, 0).1 > remaining) - now
        },
        retry_after: (!admitted && cost <= units)
            .then(|| first(now, |moment| model(taken, moment, cost).0) - now),
    }
}

/// Plays `steps` (key, time that passes, cost) and compares every answer.
fn play(
    quota: Quota,
    model: &dyn Fn(&Taken, u64, u32) -> Verdict,
    units: u32,
    steps: &[(u8, u64, u32)],
) -> HashMap<u8, Taken> {
    let rig = Rig {
        store: Arc::new(MemoryQuotas::with_capacity(64).unwrap()),
        clock: ManualClock::default(),
        grain: Duration::from_nanos(1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut taken: HashMap<u8, Taken> = HashMap::new();
    for (key, step, cost) in steps.iter().copied() {
        rig.clock.advance(Duration::from_nanos(step));
        let now = rig.clock.ticks();
        let own = taken.entry(key).or_default();
        let found = runtime.block_on(rig.take("p", &key.to_string(), quota, cost));
        assert_eq!(
            found,
            expected(model, own, now, cost, units),
            "{cost} at {now} after {own:?}"
        );
        if found.admitted && cost > 0 {
            own.push((now, cost));
        }
    }
    taken
}

/// The most units that were taken in any half-open span of this length.
fn most_in_any(span: u64, taken: &Taken) -> u32 {
    let from = |start: u64| {
        let inside = taken
            .iter()
            .filter(|(then, _)| (start..start + span).contains(then));
        inside.map(|(_, units)| units).sum()
    };
    taken
        .iter()
        .map(|(start, _)| from(*start))
        .max()
        .unwrap_or(0)
}

fn steps() -> impl Strategy<Value = Vec<(u8, u64, u32)>> {
    let pause = prop_oneof![3 => 0..5_u64, 2 => 0..150_u64, 1 => 100..900_u64];
    prop::collection::vec((0..3_u8, pause, 0..7_u32), 1..120)
}

proptest! {
    #[test]
    fn a_token_bucket_is_a_dripping_bucket(units in 1..6_u32, interval in 100..130_u64, steps in steps()) {
        // Not always a whole number of nanoseconds for each unit: the quota rounds up.
        let per = interval * u64::from(units) - u64::from(units - 1) / 2;
        let quota = Quota::new(units, Duration::from_nanos(per));
        let model = DrippingBucket { interval: interval.into(), burst: units.into() };
        let taken = play(quota, &|taken, now, cost| model.decide(taken, now, cost), units, &steps);
        for own in taken.values() {
            for span in [1, interval - 1, interval, interval + 1, 3 * interval, 1_000] {
                let bound = u64::from(units) + span / interval;
                prop_assert!(u64::from(most_in_any(span, own)) <= bound);
            }
        }
    }

    #[test]
    fn a_sliding_window_is_a_log(units in 1..6_u32, span in 1..300_u64, steps in steps()) {
        let quota = Quota::sliding_window(units, Duration::from_nanos(span));
        let model = Log { units, span };
        let taken = play(quota, &|taken, now, cost| model.decide(taken, now, cost), units, &steps);
        for own in taken.values() {
            prop_assert!(most_in_any(span, own) <= units);
        }
    }

    #[test]
    fn a_counter_is_what_two_windows_say(
        units in 1..6_u32, span in 1..300_u64, slides: bool, steps in steps(),
    ) {
        let window = Duration::from_nanos(span);
        let quota = if slides {
            Quota::sliding_counter(units, window)
        } else {
            Quota::fixed_window(units, window)
        };
        let model = Counters { units: units.into(), span, slides };
        let taken = play(quota, &|taken, now, cost| model.decide(taken, now, cost), units, &steps);
        for own in taken.values() {
            prop_assert!(most_in_any(span, own) < 2 * units);
        }
    }
}
