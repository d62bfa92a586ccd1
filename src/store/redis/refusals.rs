//! Refusals that need not be asked for again.

use std::time::Duration;

use quick_cache::sync::Cache;

use super::quota_script::Terms;
use crate::clock::nanoseconds;
use crate::store::quotas::Decision;

/// How many keys are remembered.
const MOST: usize = 1 << 16;
/// For how long at most, in case another node gives something back.
const LONGEST: Duration = Duration::from_secs(1);

/// What is known of keys that were refused a moment ago. What a key owes never shrinks but with
/// time, so that who was refused would be refused until a moment that is known.
pub(super) struct Refusals(Cache<Box<str>, Refusal>);

#[derive(Clone, Copy)]
struct Refusal {
    /// By the clock of this node, before the server was asked: so it is over rather too soon.
    at: u64,
    kept: Kept,
}

#[derive(Clone, Copy)]
enum Kept {
    /// What is owed, in nanoseconds: enough to decide whatever the bucket and the cost.
    Debt(u64),
    /// The decision for this very limit and cost.
    Decision(Terms, Decision),
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// The refusal that the server would answer with at `now`, if that is certain.
    pub(super) fn known(&self, name: &str, terms: &Terms, now: u64) -> Option<Decision> {
        let Refusal { at, kept } = self.0.get(name)?;
        let passed = now.checked_sub(at)?;
        if passed >= nanoseconds(LONGEST) {
            return None;
        }
        let decision = match (kept, terms) {
            (Kept::Debt(debt), Terms::Bucket { bucket, cost }) => {
                bucket.take(debt.saturating_sub(passed), 0, *cost).0
            }
            (Kept::Decision(of, decision), terms) if of == *terms => Decision {
                // The first unit that comes back changes what is left.
                reset_after: decision
                    .reset_after
                    .checked_sub(passed)
                    .filter(|left| *left > 0)?,
                retry_after: Some(decision.retry_after?.checked_sub(passed)?),
                ..decision
            },
            _ => return None,
        };
        (!decision.admitted && decision.retry_after.is_some()).then_some(decision)
    }

    /// Notes what the server answered to what was asked at `now`.
    pub(super) fn note(&self, name: &str, terms: &Terms, now: u64, decision: &Decision) {
        let (false, Some(retry)) = (decision.admitted, decision.retry_after) else {
            // More is owed than was known.
            return self.forget(name);
        };
        let kept = match terms {
            // The wait is what is owed and the price, less the whole bucket.
            Terms::Bucket { bucket, cost } => {
                let price = bucket.interval().saturating_mul(u64::from(*cost));
                let debt = (retry.saturating_add(bucket.tolerance())).saturating_sub(price);
                Kept::Debt(debt)
            }
            Terms::Window { .. } | Terms::Counter { .. } => Kept::Decision(*terms, *decision),
        };
        self.0.insert(name.into(), Refusal { at: now, kept });
    }

    /// What the key owes has changed.
    pub(super) fn forget(&self, name: &str) {
        self.0.remove(name);
    }
}
