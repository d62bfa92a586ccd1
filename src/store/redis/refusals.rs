//! Refusals that need not be asked for again.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::asked::{Asked, Group, Name};
use super::terms::Terms;
use crate::clock::nanoseconds;
use crate::store::quotas::Decision;

/// How many keys are remembered.
const MOST: usize = 1 << 16;
/// For how long at most, in case another node gives something back.
const LONGEST: Duration = Duration::from_secs(1);

/// What is known of keys of which one was refused a moment ago. What a key owes never shrinks but
/// with time, so that who was refused would be refused until a moment that is known.
pub(super) struct Refusals {
    kept: Cache<Name, Standing>,
    /// The moment from which on nothing is remembered.
    until: AtomicU64,
}

#[derive(Clone, Copy)]
struct Standing {
    /// By the clock of this node, before the server was asked: so it is over rather too soon.
    at: u64,
    kept: Kept,
}

#[derive(Clone, Copy)]
enum Kept {
    /// What is owed at least, in nanoseconds: enough to decide whatever the bucket and the cost.
    Debt(u64),
    /// The decision for this very limit and cost.
    Decision(Terms, Decision),
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            kept: Cache::new(MOST),
            until: AtomicU64::new(0),
        }
    }

    /// The refusal that the server would answer with at `now`, if that is certain.
    pub(super) fn known(&self, asked: &Asked, now: u64) -> Option<Decision> {
        self.standing(asked, now)
            .filter(|found| !found.admitted && found.retry_after.is_some())
    }

    /// Whether it is certain that the server would refuse the group, asked at the moments `now`.
    /// Then the decisions are here, of which those that admit say how that quota stood a moment ago.
    pub(super) fn know(
        &self,
        group: &Group,
        now: impl Iterator<Item = u64>,
        decisions: &mut [Decision],
    ) -> bool {
        let (mut refuses, mut all) = (false, true);
        for ((asked, now), decision) in group.iter().zip(now).zip(decisions) {
            match self.standing(asked, now) {
                Some(found) => {
                    refuses |= !found.admitted && found.retry_after.is_some();
                    *decision = found;
                }
                None => all = false,
            }
        }
        refuses && all
    }

    fn standing(&self, asked: &Asked, now: u64) -> Option<Decision> {
        if self.is_empty(now) {
            return None;
        }
        let Standing { at, kept } = self.kept.get(&asked.name)?;
        let passed = now.checked_sub(at)?;
        if passed >= nanoseconds(LONGEST) {
            return None;
        }
        match (kept, &asked.terms) {
            (Kept::Debt(debt), Terms::Bucket { bucket, cost }) => {
                Some(bucket.take(debt.saturating_sub(passed), 0, *cost).0)
            }
            (Kept::Decision(of, decision), terms) if of == *terms => {
                // The first unit that comes back changes what is left.
                let sooner = |left: u64| left.checked_sub(passed).filter(|left| *left > 0);
                let in_use = decision.reset_after > 0;
                Some(Decision {
                    reset_after: if in_use {
                        sooner(decision.reset_after)?
                    } else {
                        0
                    },
                    retry_after: match decision.retry_after {
                        Some(left) => Some(left.checked_sub(passed)?),
                        None => None,
                    },
                    ..decision
                })
            }
            _ => None,
        }
    }

    /// Notes what the server answered to what was asked at `now` and not taken: the decision, and of
    /// a bucket what is owed, in nanoseconds.
    pub(super) fn note(&self, asked: &Asked, now: u64, decision: &Decision, debt: Option<u64>) {
        let kept = match (&asked.terms, debt) {
            (Terms::Bucket { .. }, Some(debt)) => Kept::Debt(debt),
            (terms, _) if decision.admitted || decision.retry_after.is_some() => {
                Kept::Decision(*terms, *decision)
            }
            // What can never be admitted says nothing of others.
            _ => return,
        };
        let until = now.saturating_add(nanoseconds(LONGEST));
        self.until.fetch_max(until, Relaxed);
        self.kept.insert(asked.name, Standing { at: now, kept });
    }

    /// What the key owes has changed.
    pub(super) fn forget(&self, name: &Name) {
        self.kept.remove(name);
    }

    /// Whether nothing is remembered that matters at `now`.
    pub(super) fn is_empty(&self, now: u64) -> bool {
        now >= self.until.load(Relaxed)
    }
}
