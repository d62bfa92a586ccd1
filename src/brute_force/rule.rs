//! How long to wait after how many failures.

use std::time::Duration;

use crate::config::ConfigError;

/// For how long a failure counts.
pub(super) const SPAN: Duration = Duration::from_hours(24);
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// More stamps than that are not kept for one key.
const MOST: u32 = 10_000;

/// How many failures are borne in any 24 hours: some freely, and some more at a growing distance.
///
/// After the free ones the next attempt must be one second after the last failure, the one after it
/// two seconds, then four and so on up to 15 minutes.
///
/// ```
/// use portcullis::brute_force::Failures;
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// let patient = Failures::free(10)?.at_most(30)?;
/// let strict = Failures::free(3)?;
/// assert_eq!(patient.to_string(), "10 failures a day freely, 30 at most");
/// assert_eq!(strict.to_string(), "3 failures a day");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    free: u32,
    most: u32,
}

impl Failures {
    /// Bears `free` failures in any 24 hours, and none beyond them.
    ///
    /// # Errors
    /// [`ConfigError`] if that is none, or more than 10 000.
    pub fn free(free: u32) -> Result<Self, ConfigError> {
        Self { free, most: free }.checked()
    }

    /// Bears up to `most` failures in any 24 hours, those beyond the free ones at a growing
    /// distance.
    ///
    /// # Errors
    /// [`ConfigError`] if that is fewer than the free ones, or more than 10 000.
    pub fn at_most(self, most: u32) -> Result<Self, ConfigError> {
        Self { most, ..self }.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.free == 0 || self.most < self.free || self.most > MOST {
            return Err(ConfigError::new(format!(
                "failures cannot be borne like this ({} freely, {} at most): bear at least one, at \
                 most {MOST}, and no fewer in all than freely",
                self.free, self.most
            )));
        }
        Ok(self)
    }

    pub(super) const fn of(free: u32, most: u32) -> Self {
        Self { free, most }
    }

    pub(super) fn freely(self) -> u32 {
        self.free
    }

    pub(super) fn in_all(self) -> u32 {
        self.most
    }

    /// How long ago the last attempt must be, if so many have failed.
    pub(super) fn wait_before(self, failed: u32) -> Duration {
        let doublings = failed.saturating_sub(self.free).min(63);
        let seconds = 1_u64 << doublings;
        Duration::from_secs(seconds).min(LONGEST_WAIT)
    }
}

impl std::fmt::Display for Failures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} failures a day", self.free)?;
        if self.most > self.free {
            write!(f, " freely, {} at most", self.most)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let five = Failures::of(5, 50);
        for (failures, seconds) in [
            (0, 1),
            (5, 1),
            (6, 2),
            (7, 4),
            (14, 512),
            (15, 900),
            (49, 900),
            (u32::MAX, 900),
        ] {
            assert_eq!(five.wait_before(failures).as_secs(), seconds, "{failures}");
        }
    }

    #[test]
    fn failures_that_cannot_be_are_named_on_both_sides_of_each_edge() {
        for (free, most, good) in [
            (0, 5, false),
            (1, 1, true),
            (5, 4, false),
            (5, 5, true),
            (5, 10_000, true),
            (5, 10_001, false),
            (10_001, 10_001, false),
        ] {
            let built = Failures::free(free).and_then(|failures| failures.at_most(most));
            assert_eq!(built.is_ok(), good, "{free} {most}");
        }
    }
}
