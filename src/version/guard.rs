//! The guard of one version.

use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use tower_layer::Layer;

use super::declared::Version;
use super::rule::{Dates, Stage};
use super::set::VersionReport;
use super::usage::Usage;
use crate::clock::Clock;
use crate::event;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stamps, Stop, VersionDemand};
use crate::identity::{ApiVersion, ClientAddr, Facts};
use crate::problem::{Kind, Problem};

/// Turns requests away for which their version is not there any more, and has all others bear what
/// is to be known of it. It is got from [`Versions::guard`](super::Versions::guard).
#[derive(Clone, Debug)]
pub struct VersionGuard {
    known: Arc<Known>,
    clock: Arc<dyn Clock>,
}

/// All that is known of a version.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) version: ApiVersion,
    dates: Dates,
    end: Option<StatusCode>,
    stamps: Stamps,
    usage: Usage,
}

impl Known {
    pub(super) fn new(version: ApiVersion, declared: &Version, successor: Option<String>) -> Self {
        Self {
            version,
            dates: declared.dates.clone(),
            end: declared.end,
            stamps: declared.stamps(successor),
            usage: Usage::new(declared.dates.will_end()),
        }
    }

    pub(super) fn has_end(&self) -> bool {
        self.dates.sunset.is_some()
    }

    pub(super) fn report(&self, now: u64) -> VersionReport {
        VersionReport {
            version: self.version,
            stage: self.dates.stage(now),
            deprecation: self.dates.deprecation,
            sunset: self.dates.sunset,
            requests: self.usage.requests(),
        }
    }

    #[cfg(test)]
    pub(super) fn links(&self) -> Vec<String> {
        let all = self.stamps.iter().filter(|(name, _)| name == "link");
        let value = |deed: &crate::guard::Deed| match deed {
            crate::guard::Deed::Add(value) => value.to_str().unwrap().to_owned(),
            other => format!("{other:?}"),
        };
        all.map(|(_, deed)| value(deed)).collect()
    }
}

impl VersionGuard {
    pub(super) fn new(known: Arc<Known>, clock: Arc<dyn Clock>) -> Self {
        Self { known, clock }
    }

    fn decide(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let Known {
            version,
            dates,
            end,
            stamps,
            usage,
        } = &*self.known;
        let now = self.clock.now();
        Facts::entry(&mut head.extensions).version = Some(*version);
        usage.count();
        let refusal = match (dates.stage(now), *end) {
            (Stage::Ended, Some(StatusCode::NOT_FOUND)) => {
                Problem::new(Kind::NotFound).because("version_ended")
            }
            (Stage::Ended, Some(status)) => Problem::new(Kind::Gone)
                .with_status(status)
                .because("version_ended"),
            (Stage::Away { status, seconds }, _) => away(status, seconds),
            (Stage::Deprecated | Stage::Ended, _) => {
                self.note(head, now);
                return Ok(self.pass());
            }
            (Stage::Current, _) => return Ok(self.pass()),
        };
        Err(Stop::from(refusal).standing(stamps))
    }

    fn pass(&self) -> Pass {
        if self.known.stamps.is_empty() {
            return Pass::default();
        }
        Pass::sharing(&self.known.stamps)
    }

    /// Tells who still uses the version.
    fn note(&self, head: &Parts, now: u64) {
        let usage = &self.known.usage;
        let times = match Facts::caller(&head.extensions).principal() {
            Some(caller) => usage.note((caller.subject(), caller.credential().id()), now),
            None => usage.note(
                ClientAddr::of(&head.extensions).map(ClientAddr::network),
                now,
            ),
        };
        if times > 0 {
            event::deprecated(head, "version_deprecated", times);
        }
    }
}

fn away(status: StatusCode, seconds: u64) -> Problem {
    let problem = match status {
        StatusCode::GONE => Problem::new(Kind::Gone),
        _ => Problem::new(Kind::Unavailable).with_retry_after(seconds),
    };
    problem.because("version_brown_out")
}

impl Guard for VersionGuard {
    const PLACE: Place = Place::Contract;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        let dates = &self.known.dates;
        let version = VersionDemand::new(self.known.version.to_string());
        Demand::Version(version.ending(dates.deprecation, dates.sunset))
    }
}

impl<S> Layer<S> for VersionGuard {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
