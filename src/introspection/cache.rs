//! Answers that were given a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use crate::clock::{Clock, nanoseconds};
use crate::fetch::{FetchError, Flight};

/// A digest, so that no token is kept.
pub(super) type Key = [u8; 32];

/// What came of a question.
pub(super) type Outcome = Result<Answered, FetchError>;

/// An answer and the length of its body.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) answer: Answer,
    pub(super) size: usize,
}

/// As many answers are kept, of up to 1 KiB each; one that is longer takes the room of several.
const CAPACITY: usize = 10_000;
const UNIT: usize = 1_024;

/// For how long a token is known to be inactive without asking again.
const INACTIVE: Duration = Duration::from_secs(5);

/// Answers that were given a moment ago, and questions that are under way.
#[derive(Debug)]
pub(super) struct Answers {
    kept: Cache<Key, Entry, BySize>,
    under_way: Mutex<HashMap<Key, Flight<Outcome>>>,
    most_under_way: usize,
    longest: Duration,
}

#[derive(Clone, Debug)]
struct Entry {
    answered: Answered,
    /// In ticks.
    until: u64,
}

#[derive(Clone, Debug)]
struct BySize;

impl Weighter<Key, Entry> for BySize {
    fn weight(&self, _key: &Key, entry: &Entry) -> u64 {
        1 + u64::try_from(entry.answered.size / UNIT).unwrap_or(u64::MAX)
    }
}

/// What to do about a token.
#[derive(Debug)]
pub(super) enum Step {
    /// Take this answer.
    Take(Answer),
    /// Wait for this one.
    Wait(Flight<Outcome>),
    /// Too many questions are under way, so this one is not asked.
    Busy,
    /// No question can be asked: there is no runtime.
    Stuck,
}

impl Answers {
    pub(super) fn new(longest: Duration, most_under_way: usize) -> Self {
        Self {
            kept: Cache::with_weighter(CAPACITY, CAPACITY as u64, BySize),
            under_way: Mutex::default(),
            most_under_way,
            longest,
        }
    }

    pub(super) fn key(token: &str) -> Key {
        Sha256::digest(token).into()
    }

    /// The answer that was given a moment ago, if it still counts.
    pub(super) fn recent(&self, key: &Key, clock: &dyn Clock) -> Option<Answer> {
        let entry = self.kept.get(key)?;
        (clock.ticks() < entry.until && !is_expired(&entry.answered.answer, clock))
            .then_some(entry.answered.answer)
    }

    /// The question about the token of this `key`: the one that is under way, or else `asking`.
    /// Its answer is kept for up to a minute (a few seconds if the token is not active), and never
    /// beyond the token's end; a failure is told to those who waited for it and not kept.
    pub(super) fn join(
        self: &Arc<Self>,
        key: Key,
        clock: &Arc<dyn Clock>,
        asking: impl Future<Output = Outcome> + Send + 'static,
    ) -> Step {
        let mut under_way = self.under_way();
        // A question that was under way a moment ago has left its answer before it left the list.
        if let Some(answer) = self.recent(&key, &**clock) {
            return Step::Take(answer);
        }
        if let Some(flight) = under_way.get(&key).filter(|flight| flight.is_under_way()) {
            return Step::Wait(flight.clone());
        }
        if under_way.len() >= self.most_under_way {
            return Step::Busy;
        }
        let (this, clock) = (Arc::clone(self), Arc::clone(clock));
        let flight = Flight::start(async move {
            let _landing = Landing(&this, key);
            let asked_at = clock.ticks();
            let outcome = asking.await;
            if let Ok(answered) = &outcome {
                this.keep(key, answered, asked_at, &*clock);
            }
            outcome
        });
        let Some(flight) = flight else {
            return Step::Stuck;
        };
        under_way.insert(key, flight.clone());
        Step::Wait(flight)
    }

    /// Keeps an answer, counted from the moment of the question: it says how things stood no later.
    fn keep(&self, key: Key, answered: &Answered, asked_at: u64, clock: &dyn Clock) {
        let lifetime = match answered.answer {
            Answer::Inactive => self.longest.min(INACTIVE),
            Answer::Active(_) => self.longest,
        };
        if lifetime.is_zero() || is_expired(&answered.answer, clock) {
            return;
        }
        let entry = Entry {
            answered: answered.clone(),
            until: asked_at.saturating_add(nanoseconds(lifetime)),
        };
        self.kept.insert(key, entry);
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Key, Flight<Outcome>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_expired(answer: &Answer, clock: &dyn Clock) -> bool {
    match answer {
        Answer::Inactive => false,
        Answer::Active(active) => active.expires_at.is_some_and(|end| end <= clock.now()),
    }
}

/// Takes a question off the list however it ends.
struct Landing<'a>(&'a Answers, Key);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.under_way().remove(&self.1);
    }
}
