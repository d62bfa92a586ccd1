//! How much may be used, as an author says it and as the arithmetic needs it.

use std::fmt;
use std::time::Duration;

use super::gcra::Bucket;
use super::window::Window;
use crate::clock::nanoseconds;
use crate::config::ConfigError;

/// How many units may be used in how much time. A request costs one unit unless said otherwise.
///
/// There are two kinds. The *token bucket* ([`per_minute`](Self::per_minute) and its like) gives
/// units back evenly and lets a rested caller use a burst at once: in any span of time `w` at most
/// the burst and what flowed back in `w` is admitted, so up to twice the quota in the worst
/// minute. The *sliding window* ([`sliding_window`](Self::sliding_window)) is exact: no span of
/// its length ever holds more than the quota. It costs eight bytes for each unit in use.
///
/// ```
/// use std::time::Duration;
/// use portcullis::rate_limit::Quota;
///
/// let steady = Quota::per_minute(100).with_burst(20);
/// let logins = Quota::sliding_window(5, Duration::from_mins(15));
/// assert_eq!(steady.to_string(), "100 per 60s, at most 20 at once");
/// assert_eq!(logins.to_string(), "5 in any 900s");
/// ```
///
/// A quota is a wish until it is [`checked`](Self::checked), which every control does when it is
/// built; the limits are stated there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    units: u32,
    per: Duration,
    burst: Option<u32>,
    exact: bool,
}

/// A quota that has been checked: what a store reckons with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A token bucket.
    Bucket(Bucket),
    /// An exact sliding window.
    Window(Window),
}

/// A hundred years, in nanoseconds.
const LONGEST: u128 = 100 * 366 * 86_400 * 1_000_000_000;
/// Ten million units a second: the rounding up to whole nanoseconds then takes at most 1 %.
const SHORTEST_INTERVAL: u128 = 100;
const MOST_STAMPS: u32 = 10_000;

impl Quota {
    /// A token bucket that gives back `units` a second.
    #[must_use]
    pub const fn per_second(units: u32) -> Self {
        Self::new(units, Duration::from_secs(1))
    }

    /// A token bucket that gives back `units` a minute.
    #[must_use]
    pub const fn per_minute(units: u32) -> Self {
        Self::new(units, Duration::from_mins(1))
    }

    /// A token bucket that gives back `units` an hour.
    #[must_use]
    pub const fn per_hour(units: u32) -> Self {
        Self::new(units, Duration::from_hours(1))
    }

    /// A token bucket that gives back `units` in 24 hours.
    #[must_use]
    pub const fn per_day(units: u32) -> Self {
        Self::new(units, Duration::from_hours(24))
    }

    /// A token bucket that gives back `units` in each `per`, one after another.
    #[must_use]
    pub const fn new(units: u32, per: Duration) -> Self {
        Self {
            units,
            per,
            burst: None,
            exact: false,
        }
    }

    /// An exact window: a request is admitted if it and those admitted in the time `window` before
    /// it are at most `units`. One that is exactly a window old no longer counts; refused ones
    /// never do.
    #[must_use]
    pub const fn sliding_window(units: u32, window: Duration) -> Self {
        Self {
            units,
            per: window,
            burst: None,
            exact: true,
        }
    }

    /// Lets a rested caller use `units` at once (default: as many as the quota gives back in its
    /// period). Only for token buckets.
    #[must_use]
    pub const fn with_burst(mut self, units: u32) -> Self {
        self.burst = Some(units);
        self
    }

    /// A quota of the same kind, of `units` in each `per`, without a burst of its own.
    #[must_use]
    pub const fn sized(mut self, units: u32, per: Duration) -> Self {
        self.units = units;
        self.per = per;
        self.burst = None;
        self
    }

    /// The quota of `many` who share it: as many times the units, and the burst if it has one of its
    /// own. More than fits is cut to what fits, which is less than was asked for.
    #[must_use]
    pub const fn times(mut self, many: u32) -> Self {
        self.units = self.units.saturating_mul(many);
        if let Some(burst) = self.burst {
            self.burst = Some(burst.saturating_mul(many));
        }
        self
    }

    /// The quota in the terms of the arithmetic.
    ///
    /// # Errors
    /// [`ConfigError`] if a number is zero; if a period, or the time in which an empty bucket
    /// fills, is longer than 100 years; if there are more than ten million units a second; if a
    /// sliding window has a burst or more than 10 000 units.
    pub fn checked(self) -> Result<Limit, ConfigError> {
        let fault = |what: &str| Err(ConfigError::new(format!("the quota {self} {what}")));
        let burst = self.burst.unwrap_or(self.units);
        if self.units == 0 || burst == 0 {
            return fault("admits nothing: use at least one unit");
        }
        let per = self.per.as_nanos();
        if per == 0 || per > LONGEST {
            return fault("has no sensible period: use more than nothing and at most 100 years");
        }
        if self.exact {
            if self.burst.is_some() {
                return fault("cannot have a burst: a sliding window admits its units at any pace");
            }
            if self.units > MOST_STAMPS {
                return fault("is too large for a sliding window: use at most 10000 units");
            }
            return Ok(Limit::Window(Window::new(
                self.units,
                nanoseconds(self.per),
            )));
        }
        // Rounded up, so that the rate is never more than was asked for.
        let interval = per.div_ceil(u128::from(self.units));
        if interval < SHORTEST_INTERVAL {
            return fault("is faster than ten million units a second");
        }
        if interval * u128::from(burst) > LONGEST {
            return fault("would take more than 100 years to fill: use a smaller burst");
        }
        let interval = u64::try_from(interval).unwrap_or(u64::MAX);
        Ok(Limit::Bucket(Bucket::new(interval, burst)))
    }

    /// The length in seconds, rounded up, of the window of which [`Limit::units`] are the quota:
    /// what clients are told.
    pub(crate) fn window_seconds(self) -> u64 {
        let burst = u128::from(self.burst.unwrap_or(self.units));
        let span = self.per.as_nanos() * burst / u128::from(self.units.max(1));
        u64::try_from(span.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.exact { "in any" } else { "per" };
        write!(f, "{} {word} {:?}", self.units, self.per)?;
        match self.burst {
            Some(burst) => write!(f, ", at most {burst} at once"),
            None => Ok(()),
        }
    }
}

impl Limit {
    /// How many units a rested caller can use at once.
    #[must_use]
    pub fn units(&self) -> u32 {
        match self {
            Self::Bucket(bucket) => bucket.burst(),
            Self::Window(window) => window.units(),
        }
    }
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(quota.window_seconds(), seconds, "{quota}");
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
}
