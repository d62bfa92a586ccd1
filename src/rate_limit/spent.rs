//! What a request has spent, as its handler says.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use smallvec::SmallVec;

use super::counting::{Taken, Till};

/// What a request has spent of the units that were reserved for it
/// ([`RateLimit::with_reservation`]), for its handler to say: as an argument of the handler, or from
/// the extensions of the request.
///
/// Settled when a response has gone out and the last clone is dropped, so that a body can take a
/// clone along and count as it streams. What was reserved and not spent is given back; what was
/// spent beyond it is taken too, as far as the quota has something left. If nothing is said, or the
/// request is abandoned before it has a response, the reservation stays charged.
///
/// [`RateLimit::with_reservation`]: super::RateLimit::with_reservation
#[derive(Clone)]
pub struct Spent(Arc<Account>);

struct Account {
    said: AtomicU64,
    is_answered: AtomicBool,
    till: Till,
    taken: SmallVec<[Taken; 1]>,
    /// The account of a limit further out, which is told the same.
    outer: Option<Spent>,
}

const NOTHING_SAID: u64 = u64::MAX;

impl Spent {
    pub(super) fn new(till: Till, taken: SmallVec<[Taken; 1]>, outer: Option<Self>) -> Self {
        Self(Arc::new(Account {
            said: AtomicU64::new(NOTHING_SAID),
            is_answered: AtomicBool::new(false),
            till,
            taken,
            outer,
        }))
    }

    /// The request has spent `units` in all, whatever was said before.
    pub fn set(&self, units: u32) {
        self.0.said.store(units.into(), Relaxed);
        if let Some(outer) = &self.0.outer {
            outer.set(units);
        }
    }

    /// The request has spent `units` more.
    pub fn add(&self, units: u32) {
        let more = |said: u64| {
            let said = if said == NOTHING_SAID { 0 } else { said };
            Some(said.saturating_add(units.into()).min(u32::MAX.into()))
        };
        let _ = self.0.said.fetch_update(Relaxed, Relaxed, more);
        if let Some(outer) = &self.0.outer {
            outer.add(units);
        }
    }

    /// A response has gone out.
    pub(super) fn answered(&self) {
        self.0.is_answered.store(true, Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let said = *self.said.get_mut();
        if said == NOTHING_SAID || !*self.is_answered.get_mut() {
            return;
        }
        let spent = u32::try_from(said).unwrap_or(u32::MAX);
        for taken in self.taken.drain(..) {
            self.till.settle(taken, spent);
        }
    }
}

impl fmt::Debug for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spent(..)")
    }
}
