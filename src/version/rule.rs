//! The pure decision over a version.

use std::ops::Range;

use http::StatusCode;

/// A time at which a version that will end is away for a while, so that whoever still uses it learns
/// of it while there is time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrownOut {
    pub(super) when: Range<u64>,
    pub(super) status: StatusCode,
}

impl BrownOut {
    /// The version answers 410 at this time, as it will after its end. The time is in seconds since
    /// the Unix epoch; its end is no part of it.
    #[must_use]
    pub fn gone(when: Range<u64>) -> Self {
        let status = StatusCode::GONE;
        Self { when, status }
    }

    /// The version answers 503 at this time, and says in `Retry-After` for how long.
    #[must_use]
    pub fn unavailable(when: Range<u64>) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { when, status }
    }
}

/// Where in its life a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// It is there to be used.
    Current,
    /// It is there, and should be used no more.
    Deprecated,
    /// It is away for a while.
    Away {
        /// With which status it answers.
        status: StatusCode,
        /// For how many seconds more.
        seconds: u64,
    },
    /// It has ended.
    Ended,
}

/// The dates of a version, in seconds since the Unix epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    pub(super) deprecation: Option<u64>,
    pub(super) sunset: Option<u64>,
    pub(super) brown_outs: Vec<BrownOut>,
}

impl Dates {
    /// Where the version stands at `now`. Each date is the first second of what it is the date of.
    pub(super) fn stage(&self, now: u64) -> Stage {
        let has_come = |date: Option<u64>| date.is_some_and(|date| date <= now);
        if has_come(self.sunset) {
            return Stage::Ended;
        }
        let mut brown_outs = self.brown_outs.iter();
        match brown_outs.find(|brown_out| brown_out.when.contains(&now)) {
            Some(BrownOut { when, status }) => Stage::Away {
                status: *status,
                seconds: when.end - now,
            },
            None if has_come(self.deprecation) => Stage::Deprecated,
            None => Stage::Current,
        }
    }

    /// Whether anybody who uses it should know.
    pub(super) fn will_end(&self) -> bool {
        self.deprecation.is_some() || self.sunset.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_date_is_the_first_second_of_what_it_is_the_date_of() {
        let dates = Dates {
            deprecation: Some(100),
            sunset: Some(200),
            brown_outs: vec![BrownOut::gone(120..130), BrownOut::unavailable(150..160)],
        };
        let away = |status, seconds| {
            let status = StatusCode::from_u16(status).unwrap();
            Stage::Away { status, seconds }
        };
        for (now, stage) in [
            (0, Stage::Current),
            (99, Stage::Current),
            (100, Stage::Deprecated),
            (119, Stage::Deprecated),
            (120, away(410, 10)),
            (129, away(410, 1)),
            (130, Stage::Deprecated),
            (149, Stage::Deprecated),
            (150, away(503, 10)),
            (159, away(503, 1)),
            (160, Stage::Deprecated),
            (199, Stage::Deprecated),
            (200, Stage::Ended),
            (u64::MAX, Stage::Ended),
        ] {
            assert_eq!(dates.stage(now), stage, "at {now}");
        }
    }

    #[test]
    fn a_version_without_dates_is_current_for_ever() {
        for now in [0, u64::MAX] {
            assert_eq!(Dates::default().stage(now), Stage::Current);
        }
        let at_once = Dates {
            deprecation: Some(100),
            sunset: Some(100),
            ..Dates::default()
        };
        assert_eq!(at_once.stage(99), Stage::Current);
        assert_eq!(at_once.stage(100), Stage::Ended);
    }
}
