//! What is held, and how the attempts at it have gone.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::error::{FetchError, Unavailable};
use super::flight::Flight;
use super::schedule::{Age, Facts, Need, Terms, hard_stale, rest};
use super::source::{Loaded, Version};

/// A value as it is at the moment; it stays what it is while a newer one takes its place.
pub struct Current<T> {
    value: Arc<T>,
    generation: u64,
}

impl<T> Current<T> {
    /// The number of the value: another as soon as the value is another, never to come again in
    /// this process. What was concluded from a value of another generation must be concluded anew.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The value, to keep.
    #[must_use]
    pub fn into_value(self) -> Arc<T> {
        self.value
    }
}

impl<T> Deref for Current<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Current<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            generation: self.generation,
        }
    }
}

impl<T> fmt::Debug for Current<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Current(generation {})", self.generation)
    }
}

/// How a fetched value stands, for health checks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Whether there is a value that serves.
    pub is_ready: bool,
    /// How long ago the server last confirmed the value; none if there is none.
    pub age: Option<Duration>,
    /// The generation of the value; none if there is none.
    pub generation: Option<u64>,
    /// How many attempts have failed since the last that did not.
    pub failures: u32,
    /// Why the last attempt failed; none if it did not.
    pub last_error: Option<FetchError>,
    /// For how long yet no reader can cause a fetch by asking for something newer.
    pub cooldown: Duration,
}

/// A value with its dates.
struct Held<T> {
    current: Current<T>,
    version: Version,
    /// In ticks.
    confirmed_at: u64,
    ttl: Duration,
}

/// Everything that changes, in one piece, so that readers see all of it or nothing.
pub(super) struct State<T> {
    held: Option<Held<T>>,
    /// When the last attempt ended, or began if it is under way; in ticks.
    attempted_at: Option<u64>,
    /// An attempt counts as failed until it has landed, so that one that panics has failed.
    failures: u32,
    error: Option<FetchError>,
    flight: Option<Flight<()>>,
}

impl<T> State<T> {
    pub(super) fn flight(&self) -> Option<Flight<()>> {
        self.flight.clone().filter(Flight::is_under_way)
    }

    pub(super) fn version(&self) -> Option<&Version> {
        self.held.as_ref().map(|held| &held.version)
    }

    pub(super) fn facts(&self, now: u64) -> Facts {
        let in_flight = self.flight.as_ref().is_some_and(Flight::is_under_way);
        Facts {
            held: self.held.as_ref().map(|held| Age {
                age: since(held.confirmed_at, now),
                ttl: held.ttl,
            }),
            quiet: self.attempted_at.map(|then| since(then, now)),
            failures: self.failures.saturating_sub(u32::from(in_flight)),
            in_flight,
        }
    }

    /// The value, if it serves.
    pub(super) fn current(&self, now: u64, terms: &Terms) -> Result<Current<T>, Unavailable> {
        match &self.held {
            Some(held) if since(held.confirmed_at, now) < hard_stale(held.ttl, terms) => {
                Ok(held.current.clone())
            }
            _ => Err(self.unavailable(Need::Value, now, terms)),
        }
    }

    /// The failure of the last attempt, if it failed.
    pub(super) fn failure(&self, need: Need, now: u64, terms: &Terms) -> Option<Unavailable> {
        (self.facts(now).failures > 0).then(|| self.unavailable(need, now, terms))
    }

    pub(super) fn status(&self, now: u64, terms: &Terms) -> Status {
        let facts = self.facts(now);
        Status {
            is_ready: self.current(now, terms).is_ok(),
            age: facts.held.map(|held| held.age),
            generation: self.held.as_ref().map(|held| held.current.generation),
            failures: facts.failures,
            last_error: self.error.clone(),
            cooldown: rest(Need::Newer, &facts, terms),
        }
    }

    /// This state with an attempt under way; `flight` is none if it could not even start.
    pub(super) fn departed(&self, now: u64, flight: Option<Flight<()>>) -> Self {
        Self {
            attempted_at: Some(now),
            failures: self.failures.saturating_add(1),
            error: match &flight {
                Some(_) => self.error.clone(),
                None => Some(FetchError::Broken),
            },
            flight,
            held: self.held.clone(),
        }
    }

    /// This state after the attempt that was under way.
    pub(super) fn landed(
        &self,
        outcome: Result<Loaded<T>, FetchError>,
        now: u64,
        terms: &Terms,
    ) -> Self {
        let mut next = Self {
            attempted_at: Some(now),
            flight: None,
            ..self.clone()
        };
        match outcome {
            Err(error) => next.error = Some(error),
            Ok(loaded) => {
                let ttl = loaded.max_age.unwrap_or(terms.ttl);
                next.failures = 0;
                next.error = None;
                next.held = match (loaded.changed, next.held) {
                    (Some((value, version)), earlier) => Some(Held {
                        current: Current {
                            value: Arc::new(value),
                            generation: earlier.map_or(1, |held| held.current.generation + 1),
                        },
                        version,
                        confirmed_at: now,
                        ttl,
                    }),
                    (None, Some(held)) => Some(Held {
                        confirmed_at: now,
                        ttl,
                        ..held
                    }),
                    (None, None) => None,
                };
            }
        }
        next
    }

    fn unavailable(&self, need: Need, now: u64, terms: &Terms) -> Unavailable {
        let rest = rest(need, &self.facts(now), terms);
        let seconds = rest.as_secs() + u64::from(rest.subsec_nanos() > 0);
        Unavailable::new(seconds, self.error.clone())
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self {
            held: None,
            attempted_at: None,
            failures: 0,
            error: None,
            flight: None,
        }
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self {
            held: self.held.clone(),
            attempted_at: self.attempted_at,
            failures: self.failures,
            error: self.error.clone(),
            flight: self.flight.clone(),
        }
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            current: self.current.clone(),
            version: self.version.clone(),
            confirmed_at: self.confirmed_at,
            ttl: self.ttl,
        }
    }
}

/// Ticks never go back, yet two threads may read them in either order.
fn since(then: u64, now: u64) -> Duration {
    Duration::from_nanos(now.saturating_sub(then))
}
