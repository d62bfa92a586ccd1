//! Counted windows at each edge.

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
            ..Decision::default()
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
    kept.give_back(&SLIDING, 100, 1);
    assert_eq!(kept, count(100, 3, 1));
    kept.give_back(&SLIDING, 99, 2);
    assert_eq!(kept, count(100, 1, 1));
    let mut later = count(150, 1, 1);
    later.give_back(&SLIDING, 49, 1); // taken in a window that says nothing any more
    assert_eq!(later, count(150, 1, 1));
    kept.give_back(&SLIDING, 150, 9);
    kept.give_back(&SLIDING, 1, 9);
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
