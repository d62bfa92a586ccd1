//! A value from another server, kept fresh.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::error::{FetchError, Unavailable};
use super::flight::Flight;
use super::held::{Current, State, Status};
use super::schedule::{Need, Step, Terms, plan};
use super::source::Source;
use super::unknown::Unknown;
use crate::clock::{Clock, SystemClock};

/// A value from another server, such as the key set of an issuer, kept fresh. A handle: clones
/// share the value.
///
/// - Nothing is fetched until the first request asks, and then once, however many ask.
/// - Readers of a fresh value take no lock and wait for nothing: it is fetched anew in the
///   background when four fifths of its time are over (default time: 10 minutes, or what the
///   server says, between 1 and 60).
/// - While the server cannot be reached, the last good value serves for an hour beyond its time,
///   and the server is tried at growing intervals (1 to 60 seconds). After that, or if there never
///   was a value, the answer is [`Unavailable`].
/// - Who asks for something newer ([`seek`](Self::seek), [`renew`](Self::renew)) causes at most one
///   fetch in 30 seconds, counted from the last attempt whatever came of it.
pub struct Refreshed<T>(Arc<Inner<T>>);

struct Inner<T> {
    source: Arc<dyn Source<T>>,
    terms: Terms,
    clock: Arc<dyn Clock>,
    state: ArcSwap<State<T>>,
    /// Held while one state is made from another, and never while anything is waited for.
    turn: Mutex<()>,
    unknown: Unknown,
}

/// What came of asking for something newer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Renewal<T> {
    /// There is a newer value.
    Newer(Current<T>),
    /// The server has been asked just now, and the value is the newest there is.
    Same,
    /// The server was asked a moment ago and is left alone.
    Cooling,
}

impl<T: Send + Sync + 'static> Refreshed<T> {
    /// The value that `source` loads.
    #[must_use]
    pub fn new(source: impl Source<T>) -> Self {
        Self::keeping(Arc::new(source), Terms::default(), Arc::new(SystemClock))
    }

    /// Takes the value for fresh for `ttl` where its server does not say for how long (default: 10
    /// minutes; at least 1 minute, at most 24 hours). Forgets what has been loaded.
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> Self {
        let terms = Terms {
            ttl: ttl.clamp(Duration::from_mins(1), Duration::from_hours(24)),
            ..self.0.terms
        };
        Self::keeping(Arc::clone(&self.0.source), terms, Arc::clone(&self.0.clock))
    }

    /// Reads the time from `clock` (default: the machine's own). Forgets what has been loaded.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::keeping(Arc::clone(&self.0.source), self.0.terms, Arc::new(clock))
    }

    /// The value.
    ///
    /// # Errors
    /// [`Unavailable`] if there is none that still serves.
    pub async fn get(&self) -> Result<Current<T>, Unavailable> {
        let step = {
            let state = self.0.state.load();
            let now = self.0.clock.ticks();
            let step = plan(Need::Value, &state.facts(now), &self.0.terms);
            if step == Step::Serve {
                return state.current(now, &self.0.terms);
            }
            step
        };
        match step {
            Step::Wait => self.attempt(Need::Value).await,
            Step::Refresh => {
                self.depart(Need::Value);
            }
            Step::Serve | Step::Hold(_) => {}
        }
        let now = self.0.clock.ticks();
        self.0.state.load().current(now, &self.0.terms)
    }

    /// The value as it is held, if it still serves, and whether it is so fresh that [`get`](Self::get)
    /// would do nothing but return it. It fetches nothing.
    #[cfg_attr(not(feature = "jwt"), allow(dead_code))]
    pub(crate) fn peek(&self) -> (Option<Current<T>>, bool) {
        let now = self.0.clock.ticks();
        let state = self.0.state.load();
        let step = plan(Need::Value, &state.facts(now), &self.0.terms);
        (state.current(now, &self.0.terms).ok(), step == Step::Serve)
    }

    /// What `find` finds in the value under `name`. If it finds nothing, the value may be out of
    /// date: the server is asked for a newer one, unless it was asked a moment ago or has lately
    /// been found not to know the name.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no value that still serves, and if the name is not in it while
    /// its server cannot be asked: whether there is such a name is then not known.
    pub async fn seek<R>(
        &self,
        name: &str,
        find: impl Fn(&T) -> Option<R>,
    ) -> Result<Option<R>, Unavailable> {
        let held = self.get().await?;
        if let Some(found) = find(&held) {
            return Ok(Some(found));
        }
        let now = self.0.clock.ticks();
        if self.0.unknown.contains(name, held.generation(), now) {
            return Ok(None);
        }
        let newest = match self.renew(held.generation()).await? {
            Renewal::Cooling => return Ok(None),
            Renewal::Same => held,
            Renewal::Newer(newer) => newer,
        };
        let found = find(&newest);
        if found.is_none() {
            let now = self.0.clock.ticks();
            self.0.unknown.remember(name, newest.generation(), now);
        }
        Ok(found)
    }

    /// Asks for a value newer than that of generation `seen`, which did not do: a token names a key
    /// that is not in it, or a signature does not fit.
    ///
    /// # Errors
    /// [`Unavailable`] if the server cannot be asked.
    pub async fn renew(&self, seen: u64) -> Result<Renewal<T>, Unavailable> {
        let newer = |this: &Self| {
            let now = this.0.clock.ticks();
            let state = this.0.state.load();
            let held = state.current(now, &this.0.terms).ok();
            held.filter(|held| held.generation() != seen)
        };
        if let Some(newer) = newer(self) {
            return Ok(Renewal::Newer(newer));
        }
        let cooling = {
            let state = self.0.state.load();
            let facts = state.facts(self.0.clock.ticks());
            matches!(plan(Need::Newer, &facts, &self.0.terms), Step::Hold(_))
        };
        if !cooling {
            self.attempt(Need::Newer).await;
        }
        if let Some(newer) = newer(self) {
            return Ok(Renewal::Newer(newer));
        }
        let state = self.0.state.load();
        match state.failure(Need::Newer, self.0.clock.ticks(), &self.0.terms) {
            Some(unavailable) => Err(unavailable),
            None if cooling => Ok(Renewal::Cooling),
            None => Ok(Renewal::Same),
        }
    }

    /// Fetches the value now, whatever the schedule says.
    ///
    /// # Errors
    /// [`Unavailable`] if that failed. The last good value stays.
    pub async fn reload(&self) -> Result<Current<T>, Unavailable> {
        // What is under way may have been asked before the author changed anything.
        let under_way = self.0.state.load().flight();
        if let Some(flight) = under_way {
            flight.landed().await;
        }
        self.attempt(Need::Reload).await;
        let now = self.0.clock.ticks();
        let state = self.0.state.load();
        match state.failure(Need::Value, now, &self.0.terms) {
            Some(unavailable) => Err(unavailable),
            None => state.current(now, &self.0.terms),
        }
    }

    /// How things stand, for health checks. It fetches nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.0.clock.ticks();
        let state = self.0.state.load();
        state.status(now, &self.0.terms)
    }

    /// Waits for the fetch under way, or for one that it starts.
    async fn attempt(&self, need: Need) {
        if let Some(flight) = self.depart(need) {
            flight.landed().await;
        }
    }

    /// The fetch that is under way; if there is none and it is still time for one, it is started.
    fn depart(&self, need: Need) -> Option<Flight<()>> {
        let inner = &self.0;
        let _turn = inner.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let state = inner.state.load_full();
        if let Some(flight) = state.flight() {
            return Some(flight);
        }
        let now = inner.clock.ticks();
        match plan(need, &state.facts(now), &inner.terms) {
            Step::Wait | Step::Refresh => {}
            Step::Serve | Step::Hold(_) => return None, // another has been quicker
        }
        let flight = Flight::start(Arc::clone(inner).fly());
        inner
            .state
            .store(Arc::new(state.departed(now, flight.clone())));
        flight
    }

    fn keeping(source: Arc<dyn Source<T>>, terms: Terms, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            terms,
            clock,
            state: ArcSwap::default(),
            turn: Mutex::default(),
            unknown: Unknown::default(),
        }))
    }
}

impl<T: Send + Sync + 'static> Inner<T> {
    /// One fetch, from departure to landing.
    async fn fly(self: Arc<Self>) {
        let known = self.state.load().version().cloned();
        let loading = self.source.load(known.as_ref());
        let outcome = tokio::time::timeout(self.source.timeout(), loading)
            .await
            .unwrap_or(Err(FetchError::TimedOut));
        if let Err(error) = &outcome {
            let error: &dyn std::error::Error = error;
            tracing::warn!(target: "portcullis", source = ?self.source, error, "fetch failed");
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.ticks();
        let landed = self.state.load().landed(outcome, now, &self.terms);
        self.state.store(Arc::new(landed));
    }
}

impl<T> Clone for Refreshed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Refreshed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refreshed").field(&self.0.source).finish()
    }
}
