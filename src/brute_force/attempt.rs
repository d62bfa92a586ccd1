//! One attempt to log in.

use std::fmt;

use http::request::Parts;
use smallvec::SmallVec;

use super::keys::Counted;
use super::throttle::LoginThrottle;
use super::track::{Mark, Track};
use crate::event;
use crate::problem::Problem;
use crate::store::StoreError;

/// An attempt that has been let through; it counts as a failure unless it is said to have
/// succeeded, so one that is dropped (the connection is gone, the handler gave up) is a failure.
#[must_use = "an attempt counts as a failure until it is said to have succeeded"]
pub struct Attempt {
    pub(super) throttle: LoginThrottle,
    pub(super) pair: Counted,
    pub(super) taken: SmallVec<[Taken; 3]>,
    pub(super) is_known: bool,
}

/// A failure that was counted beforehand.
pub(super) struct Taken {
    pub(super) track: Track,
    pub(super) key: Counted,
    pub(super) mark: Mark,
}

impl Attempt {
    /// Whether somebody has logged in to this account from this network in the last 90 days. If not,
    /// an author may ask for a second factor.
    #[must_use]
    pub fn is_from_known_network(&self) -> bool {
        self.is_known
    }

    /// The password was wrong, or there is no such account: the failure stays counted.
    pub fn failed(self) {}

    /// The caller has proved who they are, with all factors: this was no failure, and the network is
    /// known from now on.
    ///
    /// # Errors
    /// A problem to answer with (503), which has been told as an event, if the store cannot answer.
    pub async fn succeeded(mut self, head: &Parts) -> Result<(), Problem> {
        let undone = match self.undo().await {
            Ok(()) => self.throttle.note(&self.pair).await,
            fault => fault,
        };
        self.throttle
            .forgive(undone)
            .map_err(|problem| event::refuse(head, problem))
    }

    /// Gives back what was counted.
    pub(super) async fn undo(&mut self) -> Result<(), StoreError> {
        let throttle = &self.throttle;
        let store = throttle.store_of(self.is_known);
        for Taken { track, key, mark } in self.taken.drain(..) {
            let now = throttle.clock.ticks();
            track.give_back(store, &key, mark, now).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("is_known", &self.is_known)
            .finish_non_exhaustive()
    }
}
