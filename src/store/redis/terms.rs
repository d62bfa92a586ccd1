//! A charge in the terms of the scripts, and what their answers mean.

use redis::ScriptInvocation;

use super::counter_script;
use super::fault::Fault;
use crate::store::counter::Counter;
use crate::store::gcra::Bucket;
use crate::store::quota::Limit;
use crate::store::quotas::{Decision, Receipt};
use crate::store::window::Window;

/// A charge in the terms of the scripts: whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    Bucket { bucket: Bucket, cost: u32 },
    Window { window: Window, cost: u32 },
    Counter { counter: Counter, cost: u32 },
}

/// What a charge is to a script that knows of buckets alone, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Price {
    /// What the charge adds to what is owed.
    pub(super) price: u64,
    /// What may be owed at most.
    pub(super) full: u64,
}

/// In a microsecond.
pub(super) const NANOSECONDS: u64 = 1_000;

impl Terms {
    /// What `cost` units of `limit` are. Times are rounded up to whole microseconds, so that no
    /// more is admitted than the limit allows.
    pub(super) fn of(limit: &Limit, cost: u32) -> Self {
        let whole = |time: u64| time.div_ceil(NANOSECONDS).saturating_mul(NANOSECONDS);
        match limit {
            Limit::Bucket(bucket) => Self::Bucket {
                bucket: Bucket::new(whole(bucket.interval()), bucket.burst()),
                cost,
            },
            Limit::Window(window) => Self::Window {
                window: Window::new(window.units(), whole(window.span())),
                cost,
            },
            Limit::Counter(counter) => Self::Counter {
                counter: Counter::new(counter.units(), whole(counter.span()), counter.slides()),
                cost,
            },
        }
    }

    /// The kind, for the names of keys: they keep different things.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bucket { .. } => "bucket",
            Self::Window { .. } => "window",
            Self::Counter { .. } => "counter",
        }
    }

    /// Of how many words the answer is.
    pub(super) fn words(&self) -> usize {
        match self {
            Self::Bucket { .. } => 1,
            Self::Window { .. } => 3,
            Self::Counter { .. } => counter_script::WORDS,
        }
    }

    /// What the charge is if it is one to a bucket.
    pub(super) fn price(&self) -> Option<Price> {
        let Self::Bucket { bucket, cost } = self else {
            return None;
        };
        // What costs more than the whole bucket is refused whatever it costs.
        let units = u64::from(*cost).min(u64::from(bucket.burst()) + 1);
        Some(Price {
            price: (bucket.interval() / NANOSECONDS).saturating_mul(units),
            full: bucket.tolerance() / NANOSECONDS,
        })
    }

    /// Tells a script of the charge.
    pub(super) fn tell(&self, script: &mut ScriptInvocation<'_>) {
        match self {
            Self::Bucket { .. } => {
                let Price { price, full } = self.price().unwrap_or_default();
                script.arg("b").arg(price).arg(full);
            }
            Self::Window { window, cost } => {
                let cost = u64::from(*cost).min(u64::from(window.units()) + 1);
                script.arg("w").arg(cost).arg(window.units());
                script.arg(window.span() / NANOSECONDS);
            }
            Self::Counter { counter, cost } => {
                let cost = u64::from(*cost).min(u64::from(counter.units()) + 1);
                let kind = if counter.slides() { "s" } else { "f" };
                script.arg(kind).arg(cost).arg(counter.units());
                script.arg(counter.span() / NANOSECONDS);
            }
        }
    }

    /// What is owed, in nanoseconds, if the charge is one to a bucket and these are the next words of
    /// the reply.
    pub(super) fn debt(&self, words: &[i64]) -> Option<u64> {
        let debt = u64::try_from(*words.first()?).ok()?;
        let is_bucket = matches!(self, Self::Bucket { .. });
        is_bucket.then(|| debt.saturating_mul(NANOSECONDS))
    }

    /// What the next words of the reply mean for the charge.
    pub(super) fn decided(&self, reply: &mut impl Iterator<Item = i64>) -> Result<Decision, Fault> {
        let mut next = || {
            let word = reply.next().and_then(|word| u64::try_from(word).ok());
            word.ok_or(Fault::Field("reply"))
        };
        match self {
            Self::Bucket { bucket, cost } => {
                let debt = next()?.saturating_mul(NANOSECONDS);
                Ok(bucket.take(debt, 0, *cost).0)
            }
            Self::Counter { counter, cost } => {
                let (count, now) = counter_script::found(reply)?;
                Ok(counter.take(count, now, *cost).0)
            }
            Self::Window { window, cost } => {
                let (used, reset, retry) = (next()?, next()?, next()?);
                let free = u64::from(window.units()).saturating_sub(used);
                let wanted = u64::from(*cost);
                let admitted = wanted <= free;
                let taken = if admitted { wanted } else { 0 };
                let in_use = used > 0 || taken > 0;
                Ok(Decision {
                    admitted,
                    limit: window.units().into(),
                    remaining: free - taken,
                    reset_after: if in_use {
                        reset.saturating_mul(NANOSECONDS)
                    } else {
                        0
                    },
                    retry_after: (!admitted && *cost <= window.units())
                        .then(|| retry.saturating_mul(NANOSECONDS)),
                    receipt: Receipt::None,
                })
            }
        }
    }
}
