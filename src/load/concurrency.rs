//! The limit on requests in flight.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;

use super::adaptive::Range;
use super::gate::{Entry, Gate};
use super::priority::Priority;
use crate::config::ConfigError;
use crate::problem::{Kind, Problem};

/// How long one waits at most, unless the author says otherwise.
const WAIT: Duration = Duration::from_millis(100);
/// When to come back, in seconds.
const RETRY: u64 = 5;

type Rank = dyn Fn(&Parts) -> Priority + Send + Sync;

/// How many requests may be in flight at once, and what becomes of those that are more.
///
/// A request is in flight until the body of its response has ended, was dropped or panicked. A
/// connection that is upgraded (to a WebSocket) is so no more.
///
/// A handle: clones share the count, so two routers under one limit are given clones of it.
#[derive(Clone)]
pub struct Concurrency {
    gate: Arc<Gate>,
    most: usize,
    range: Option<Range>,
    shares: [u8; 2],
    rank: Option<Arc<Rank>>,
}

impl Concurrency {
    /// Lets at most `requests` be in flight. Of those that are more, 100 wait for at most 100
    /// milliseconds; the others are turned away with 503.
    ///
    /// # Errors
    /// [`ConfigError`] if `requests` is zero.
    pub fn at_most(requests: usize) -> Result<Self, ConfigError> {
        if requests == 0 {
            return Err(ConfigError::new(
                "with 0 requests in flight nobody is ever served: allow at least 1",
            ));
        }
        Ok(Self::new(requests))
    }

    /// Finds out how many requests may be in flight, between two numbers: as many as are answered
    /// within `target`. It begins with the least. Once a `target` it grows by its root, if that many
    /// were in flight and at most half of the answers came late, and falls by a tenth if more did.
    ///
    /// The time of an answer is that from a request's entry to the beginning of its response,
    /// without that for which its body was waited; who goes before it is not counted. So choose a
    /// `target` that most answers keep easily: some times the usual.
    ///
    /// ```
    /// use std::time::Duration;
    /// use portcullis::load::{Concurrency, LoadLimits};
    ///
    /// let concurrency = Concurrency::adaptive(20..=2_000, Duration::from_millis(250))?;
    /// let limits = LoadLimits::new().with_concurrency(concurrency);
    /// # Ok::<(), portcullis::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if the least is zero or more than the most, or `target` is zero.
    pub fn adaptive(
        requests: RangeInclusive<usize>,
        target: Duration,
    ) -> Result<Self, ConfigError> {
        let (least, most) = requests.into_inner();
        if least == 0 || least > most || target.is_zero() {
            return Err(ConfigError::new(format!(
                "a limit cannot adapt between {least} and {most} requests that are answered within \
                 {target:?}: use at least 1, no less than that, and some time"
            )));
        }
        let range = Range {
            least,
            most,
            target,
        };
        let concurrency = Self {
            range: Some(range),
            ..Self::new(most)
        };
        Ok(concurrency.with_queue(100, WAIT))
    }

    pub(super) fn new(most: usize) -> Self {
        Self {
            gate: Arc::new(Gate::new((most, None), [100, 100], 100, WAIT)),
            most,
            range: None,
            shares: [80, 60],
            rank: None,
        }
    }

    /// Has at most `requests` wait, each for at most `wait`; with zero nobody waits. Who waits is
    /// not in flight, yet keeps a connection and memory of the server.
    #[must_use]
    pub fn with_queue(self, requests: usize, wait: Duration) -> Self {
        self.rebuilt(requests, wait)
    }

    /// Sheds by the priority that `rank` gives to a request's head. Of the limit, sheddable
    /// requests are let in up to 60 % and never wait; default ones up to 80 %, then they wait;
    /// critical ones up to the whole, then they wait in front of all others. So a fifth is free
    /// for what is critical, whatever else is going on: the example that Stripe gives ("Scaling your
    /// API with rate limiters", 2017). Without this every request may use the whole.
    ///
    /// ```
    /// use portcullis::load::{Concurrency, Priority};
    ///
    /// let concurrency = Concurrency::at_most(500)?.with_priorities(|head| {
    ///     match head.uri.path() {
    ///         "/healthz" | "/payments" => Priority::Critical,
    ///         "/export" => Priority::Sheddable,
    ///         _ => Priority::Default,
    ///     }
    /// });
    /// # Ok::<(), portcullis::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_priorities<F>(mut self, rank: F) -> Self
    where
        F: Fn(&Parts) -> Priority + Send + Sync + 'static,
    {
        self.rank = Some(Arc::new(rank));
        let (queue, wait) = (self.gate.queue, self.gate.wait);
        self.rebuilt(queue, wait)
    }

    /// Lets default and sheddable requests in up to these shares of the limit, in percent and
    /// rounded down (default: 80 and 60).
    ///
    /// # Errors
    /// [`ConfigError`] if a share is 0 or over 100, or that of the sheddable is the greater.
    pub fn with_shares(mut self, default: u8, sheddable: u8) -> Result<Self, ConfigError> {
        if !(1..=100).contains(&default) || !(1..=default).contains(&sheddable) {
            return Err(ConfigError::new(format!(
                "default requests cannot have {default} % of the limit and sheddable ones \
                 {sheddable} %: use 1 to 100, and for the sheddable no more than for the default"
            )));
        }
        self.shares = [default, sheddable];
        let (queue, wait) = (self.gate.queue, self.gate.wait);
        Ok(self.rebuilt(queue, wait))
    }

    /// How many requests are in flight, for metrics.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.gate.in_flight()
    }

    /// How many requests may be in flight, for metrics.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.gate.caps().critical
    }

    pub(super) fn is_adaptive(&self) -> bool {
        self.range.is_some()
    }

    fn rebuilt(self, queue: usize, wait: Duration) -> Self {
        let shares = match self.rank {
            Some(_) => self.shares,
            None => [100, 100],
        };
        let gate = Gate::new((self.most, self.range), shares, queue, wait);
        Self {
            gate: Arc::new(gate),
            ..self
        }
    }

    /// What the request with this head meets.
    pub(super) fn enter(&self, head: &Parts) -> Entry {
        let priority = self.rank.as_ref().map(|rank| rank(head));
        self.gate.enter(priority.unwrap_or_default())
    }
}

/// The refusal of a request for which there is no place.
pub(super) fn refusal(reason: &'static str) -> Problem {
    Problem::new(Kind::ReducedCapacity)
        .because(reason)
        .with_retry_after(RETRY)
}

impl fmt::Debug for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gate.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::priority::Caps;

    fn caps(concurrency: &Concurrency) -> [usize; 3] {
        let Caps {
            critical,
            default,
            sheddable,
        } = concurrency.gate.caps();
        [critical, default, sheddable]
    }

    #[test]
    fn shares_count_once_there_are_priorities() {
        let ten = || Concurrency::at_most(10).unwrap();
        assert_eq!(caps(&ten()), [10, 10, 10]);
        assert_eq!(caps(&ten().with_shares(50, 20).unwrap()), [10, 10, 10]);
        let ranked = || ten().with_priorities(|_| Priority::Default);
        assert_eq!(caps(&ranked()), [10, 8, 6]);
        for all in [
            ranked().with_shares(50, 20).unwrap(),
            ten()
                .with_shares(50, 20)
                .unwrap()
                .with_priorities(|_| Priority::Default),
        ] {
            let all = all.with_queue(7, Duration::from_secs(1));
            assert_eq!(caps(&all), [10, 5, 2]);
            assert_eq!((all.gate.queue, all.gate.wait), (7, Duration::from_secs(1)));
        }
    }

    #[test]
    fn what_cannot_be_is_not_built() {
        assert!(Concurrency::at_most(0).is_err());
        let second = Duration::from_secs(1);
        for (least, most, target, good) in [
            (1, 1, second, true),
            (1, 9, second, true),
            (0, 9, second, false),
            (9, 8, second, false),
            (1, 9, Duration::ZERO, false),
        ] {
            assert_eq!(Concurrency::adaptive(least..=most, target).is_ok(), good);
        }
        for (default, sheddable, good) in [
            (100, 100, true),
            (1, 1, true),
            (0, 0, false),
            (101, 1, false),
            (50, 51, false),
            (50, 0, false),
        ] {
            let built = Concurrency::new(10).with_shares(default, sheddable);
            assert_eq!(built.is_ok(), good, "{default} {sheddable}");
        }
    }
}
