//! The limits of a layer, in the order in which a request meets them.

use std::time::Duration;

use http::request::Parts;

use super::concurrency::{Concurrency, refusal};
use super::gate::{Entry, Waiting};
use super::head::HeadLimit;
use super::held::Hold;
use super::in_flight::InFlight;
use super::pace::Pace;
use crate::body::announced;
use crate::problem::{Kind, Problem};

/// What is limited; nothing unless it is said.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) head: Option<HeadLimit>,
    pub(super) max_bytes: Option<usize>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) concurrency: Option<Concurrency>,
    pub(super) pace: Option<Pace>,
    pub(super) time: Option<Duration>,
}

impl Plan {
    /// All that can be decided before the request goes on: what costs nothing first, then the key's
    /// own places, and those that all share last, so that who has too many takes none of them.
    /// `at_least` bytes of the body are known to come.
    pub(super) fn admit(
        &self,
        head: &Parts,
        at_least: u64,
    ) -> Result<(Hold, Option<Waiting>), Problem> {
        if let Some(limit) = self.head {
            limit
                .judge(&head.headers)
                .map_err(|reason| Problem::new(Kind::HeadersTooLarge).because(reason))?;
        }
        if let Some(max_bytes) = self.max_bytes {
            announced(head, at_least, max_bytes)?;
        }
        let mut hold = Hold::default();
        if let Some(in_flight) = &self.in_flight {
            hold.key = Some(in_flight.enter(head)?);
        }
        let Some(concurrency) = &self.concurrency else {
            return Ok((hold, None));
        };
        match concurrency.enter(head) {
            Entry::In(permit) => {
                hold.permit = Some(permit);
                Ok((hold, None))
            }
            Entry::Waits(waiting) => Ok((hold, Some(waiting))),
            Entry::Full => Err(refusal("too_many_in_flight")),
        }
    }

    /// Whether anything is watched after the request has gone on.
    pub(super) fn watches_body(&self) -> bool {
        let adapts = |concurrency: &Concurrency| concurrency.is_adaptive();
        self.max_bytes.is_some()
            || self.pace.is_some()
            || self.concurrency.as_ref().is_some_and(adapts)
    }
}
