//! How far clocks may differ.

use std::time::Duration;

use crate::config::ConfigError;

/// The greatest leeway in seconds that can be asked for.
const MOST_LEEWAY: u64 = 300;

/// A leeway in whole seconds, if it can be asked for.
pub(super) fn seconds(asked: Duration) -> Result<u64, ConfigError> {
    if asked > Duration::from_secs(MOST_LEEWAY) {
        return Err(ConfigError::new(
            "a leeway of more than 300 s keeps expired tokens alive: mend the clock instead",
        ));
    }
    Ok(asked.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_is_the_most_that_can_be_asked_for() {
        assert_eq!(seconds(Duration::from_mins(5)), Ok(300));
        assert!(seconds(Duration::from_millis(300_001)).is_err());
        assert_eq!(seconds(Duration::ZERO), Ok(0));
    }
}
