//! What one credential may use, as whoever issued it says.

use std::time::Duration;

use crate::config::ConfigError;

/// So many requests in so many seconds: the quota that a credential brings along, for a rate limit
/// that honours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Allowance {
    units: u32,
    seconds: u32,
}

impl Allowance {
    /// The most units.
    pub const MOST_UNITS: u32 = 10_000_000;
    /// The longest period in seconds: 366 days.
    pub const MOST_SECONDS: u32 = 366 * 86_400;

    /// `units` requests in each `seconds`.
    ///
    /// # Errors
    /// [`ConfigError`] unless there are 1 to [`MOST_UNITS`](Self::MOST_UNITS) units in 1 to
    /// [`MOST_SECONDS`](Self::MOST_SECONDS) seconds.
    pub fn new(units: u32, seconds: u32) -> Result<Self, ConfigError> {
        if !(1..=Self::MOST_UNITS).contains(&units) || !(1..=Self::MOST_SECONDS).contains(&seconds)
        {
            return Err(ConfigError::new(format!(
                "an allowance of {units} requests in {seconds} seconds cannot be: use 1 to {} \
                 requests in 1 to {} seconds",
                Self::MOST_UNITS,
                Self::MOST_SECONDS
            )));
        }
        Ok(Self { units, seconds })
    }

    /// How many requests.
    #[must_use]
    pub fn units(self) -> u32 {
        self.units
    }

    /// In how many seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// In how much time.
    #[must_use]
    pub fn period(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_has_a_first_and_a_last() {
        let (units, seconds) = (Allowance::MOST_UNITS, Allowance::MOST_SECONDS);
        for (asked, fits) in [
            ((1, 1), true),
            ((0, 1), false),
            ((1, 0), false),
            ((units, seconds), true),
            ((units + 1, seconds), false),
            ((units, seconds + 1), false),
        ] {
            assert_eq!(Allowance::new(asked.0, asked.1).is_ok(), fits, "{asked:?}");
        }
    }
}
