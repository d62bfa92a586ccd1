//! How much may be used, as an author says it and as the arithmetic needs it.

use std::fmt;
use std::time::Duration;

use super::counter::Counter;
use super::gcra::Bucket;
use super::window::Window;
use crate::clock::nanoseconds;
use crate::config::ConfigError;

/// How many units may be used in how much time. A request costs one unit unless said otherwise.
///
/// There are four kinds. The *token bucket* ([`per_minute`](Self::per_minute) and its like) gives
/// units back evenly and lets a rested caller use a burst at once: in any span of time `w` at most
/// the burst and what flowed back in `w` is admitted, so up to twice the quota in the worst
/// minute. The *sliding window* ([`sliding_window`](Self::sliding_window)) is exact: no span of
/// its length ever holds more than the quota. It costs eight bytes for each unit in use.
///
/// Two kinds reckon from counters, whose size does not grow with the quota. What the *sliding
/// counter* ([`sliding_counter`](Self::sliding_counter)) admits in the worst window is one unit less
/// than twice the quota; so it is with the *fixed window* ([`fixed_window`](Self::fixed_window)),
/// of which that worst window can be brought about by anybody who waits for the end of one.
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
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Bucket,
    Exact,
    Sliding,
    Fixed,
}

/// A quota that has been checked: what a store reckons with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A token bucket.
    Bucket(Bucket),
    /// An exact sliding window.
    Window(Window),
    /// A sliding counter or a fixed window.
    Counter(Counter),
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
        Self::of(Kind::Bucket, units, per)
    }

    /// An exact window: a request is admitted if it and those admitted in the time `window` before
    /// it are at most `units`. One that is exactly a window old no longer counts; refused ones
    /// never do.
    #[must_use]
    pub const fn sliding_window(units: u32, window: Duration) -> Self {
        Self::of(Kind::Exact, units, window)
    }

    /// Windows that are counted, of which the one before counts too, for as much of it as is less
    /// than `window` ago: as if its units had been used evenly. The first begins with the first unit
    /// that is taken. However the units are used, any span of the length `window` holds fewer than
    /// twice `units`; if they are used evenly, hardly more than `units`.
    #[must_use]
    pub const fn sliding_counter(units: u32, window: Duration) -> Self {
        Self::of(Kind::Sliding, units, window)
    }

    /// Windows that are counted one by one. Each begins with the first unit that is taken after the
    /// one before, so that they do not end for all at once. Who waits for the end of a window can
    /// use nearly twice `units` in a span of its length, and just twice if units are given back.
    #[must_use]
    pub const fn fixed_window(units: u32, window: Duration) -> Self {
        Self::of(Kind::Fixed, units, window)
    }

    const fn of(kind: Kind, units: u32, per: Duration) -> Self {
        Self {
            units,
            per,
            burst: None,
            kind,
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
    /// fills, is longer than 100 years; if there are more than ten million units a second in a token
    /// bucket; if another kind has a burst, or a sliding window more than 10 000 units.
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
        if self.kind != Kind::Bucket && self.burst.is_some() {
            return fault("cannot have a burst: a window admits its units at any pace");
        }
        let (units, span) = (self.units, nanoseconds(self.per));
        match self.kind {
            Kind::Bucket => {}
            Kind::Exact if units > MOST_STAMPS => {
                return fault("is too large for a sliding window: use at most 10000 units");
            }
            Kind::Exact => return Ok(Limit::Window(Window::new(units, span))),
            Kind::Sliding => return Ok(Limit::Counter(Counter::new(units, span, true))),
            Kind::Fixed => return Ok(Limit::Counter(Counter::new(units, span, false))),
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

    /// So many units in so much time.
    pub(crate) fn rate(self) -> (u32, Duration) {
        (self.units, self.per)
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
        let word = match self.kind {
            Kind::Bucket => "per",
            Kind::Exact => "in any",
            Kind::Sliding => "in about any",
            Kind::Fixed => "in each",
        };
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
            Self::Counter(counter) => counter.units(),
        }
    }
}

#[cfg(test)]
mod tests;
