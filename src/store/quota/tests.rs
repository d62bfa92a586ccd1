//! What quotas can be, and what they say of themselves.

use super::*;

const DAY: Duration = Duration::from_hours(24);

#[test]
fn the_interval_is_rounded_up_so_that_the_rate_is_never_more_than_asked_for() {
    for (quota, interval, burst) in [
        (Quota::per_minute(100), 600_000_000, 100),
        (Quota::per_minute(7), 8_571_428_572, 7),
        (Quota::per_second(3).with_burst(1), 333_333_334, 1),
        (Quota::per_second(10_000_000), 100, 10_000_000),
        (Quota::per_day(u32::MAX), 20_117, u32::MAX),
    ] {
        let limit = Limit::Bucket(Bucket::new(interval, burst));
        assert_eq!(quota.checked(), Ok(limit), "{quota}");
    }
}

#[test]
fn quotas_that_cannot_be_are_named_on_both_sides_of_each_edge() {
    let century = DAY * 36_600;
    let nanosecond = Duration::from_nanos(1);
    for (good, bad) in [
        (Quota::per_day(1), Quota::per_day(0)),
        (
            Quota::per_day(1).with_burst(1),
            Quota::per_day(1).with_burst(0),
        ),
        (Quota::new(1, century), Quota::new(1, century + nanosecond)),
        (
            Quota::new(1, Duration::from_nanos(100)),
            Quota::new(1, Duration::ZERO),
        ),
        (
            Quota::per_second(10_000_000),
            Quota::per_second(10_101_011), // 98.99.. ns, rounded up to 99
        ),
        (
            Quota::per_day(1).with_burst(36_600),
            Quota::per_day(1).with_burst(36_601),
        ),
        (
            Quota::sliding_window(10_000, DAY),
            Quota::sliding_window(10_001, DAY),
        ),
        (
            Quota::sliding_window(1, nanosecond),
            Quota::sliding_window(1, Duration::ZERO),
        ),
        (
            Quota::sliding_window(1, century),
            Quota::sliding_window(1, Duration::MAX),
        ),
        (
            Quota::sliding_window(2, DAY),
            Quota::sliding_window(2, DAY).with_burst(2),
        ),
        (Quota::sliding_window(1, DAY), Quota::sliding_window(0, DAY)),
        (
            Quota::sliding_counter(u32::MAX, nanosecond),
            Quota::sliding_counter(1, Duration::ZERO),
        ),
        (
            Quota::sliding_counter(1, century),
            Quota::sliding_counter(1, century + nanosecond),
        ),
        (
            Quota::sliding_counter(2, DAY),
            Quota::sliding_counter(2, DAY).with_burst(2),
        ),
        (
            Quota::fixed_window(u32::MAX, century),
            Quota::fixed_window(0, DAY),
        ),
        (
            Quota::fixed_window(2, DAY),
            Quota::fixed_window(2, DAY).with_burst(2),
        ),
    ] {
        assert!(good.checked().is_ok(), "{good}");
        let error = bad.checked().unwrap_err().to_string();
        assert!(error.contains(&bad.to_string()), "{error}");
    }
}

#[test]
fn clients_are_told_a_window_in_whole_seconds_that_fits_the_burst() {
    for (quota, seconds) in [
        (Quota::per_minute(100), 60),
        (Quota::per_minute(7), 60),
        (Quota::per_minute(100).with_burst(20), 12),
        (Quota::new(10, Duration::from_millis(100)), 1),
        (Quota::sliding_window(5, Duration::from_millis(1_500)), 2),
        (Quota::sliding_counter(5, Duration::from_millis(1_500)), 2),
        (Quota::fixed_window(5, Duration::from_mins(1)), 60),
    ] {
        assert_eq!(quota.window_seconds(), seconds, "{quota}");
    }
}

#[test]
fn each_kind_says_what_it_is() {
    let minute = Duration::from_mins(1);
    for (quota, text) in [
        (Quota::per_minute(5), "5 per 60s"),
        (Quota::sliding_window(5, minute), "5 in any 60s"),
        (Quota::sliding_counter(5, minute), "5 in about any 60s"),
        (Quota::fixed_window(5, minute), "5 in each 60s"),
    ] {
        assert_eq!(quota.to_string(), text);
    }
}

#[test]
fn several_times_a_quota_is_that_of_several() {
    assert_eq!(Quota::per_minute(7).times(4), Quota::per_minute(28));
    let window = Quota::sliding_window(7, DAY);
    let minute = Duration::from_mins(1);
    assert_eq!(window.sized(3, minute), Quota::sliding_window(3, minute));
    let burst = Quota::per_minute(7).with_burst(3);
    assert_eq!(burst.sized(3, minute), Quota::per_minute(3));
    let burst = burst.times(2);
    assert_eq!(burst, Quota::per_minute(14).with_burst(6));
    assert_eq!(Quota::per_day(u32::MAX).times(2), Quota::per_day(u32::MAX));
}
