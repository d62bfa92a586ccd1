//! Which requests count in the end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::guard::ResponseHead;
use crate::store::{Charge, Key, Limit, Policy, Quotas, Receipt, StoreError};

type Counts = dyn Fn(ResponseHead<'_>) -> bool + Send + Sync;

/// Which requests count, once it is known what became of them.
#[derive(Clone)]
pub(super) enum Counting {
    Everything,
    /// Those whose response the author says so of.
    When(Arc<Counts>),
    /// All, with the units that the handler says.
    AsSpent,
}

/// What was taken for one request, to be given back in part or whole.
pub(super) struct Taken {
    pub(super) policy: Arc<Policy>,
    pub(super) key: Key<'static>,
    pub(super) limit: Limit,
    pub(super) cost: u32,
    pub(super) at: u64,
    pub(super) receipt: Receipt,
    /// When it will not matter any more that it was taken, if nobody else takes from it.
    pub(super) rests: u64,
    pub(super) counting: Counting,
}

/// Where it was taken from.
#[derive(Clone, Debug)]
pub(super) struct Till {
    pub(super) store: Arc<dyn Quotas>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Taken {
    fn charge(&self, cost: u32, now: u64) -> Charge<'_> {
        Charge {
            policy: &self.policy,
            key: &self.key,
            limit: &self.limit,
            cost,
            now: now.into(),
        }
    }

    /// How many of these units may be given back at `now`. A bucket that may have been full since
    /// they were taken would hold more by them than it ever can, and admit more than its burst: what
    /// would have flowed over is not given back.
    fn returnable(&self, units: u32, now: u64) -> u32 {
        let Limit::Bucket(bucket) = &self.limit else {
            // What has left its window is not there to be given back.
            return if now < self.rests { units } else { 0 };
        };
        let lost = now
            .saturating_sub(self.rests)
            .div_ceil(bucket.interval().max(1));
        units.saturating_sub(u32::try_from(lost).unwrap_or(u32::MAX))
    }
}

impl Till {
    /// Gives back what does not count, now that the response has this head.
    pub(super) fn judge(&self, taken: impl IntoIterator<Item = Taken>, head: ResponseHead<'_>) {
        for taken in taken {
            if let Counting::When(counts) = &taken.counting
                && !counts(head)
            {
                self.settle(taken, 0);
            }
        }
    }

    /// Has `taken` be what was `spent`: the rest goes back, and what is missing is taken as far as
    /// there is something left.
    pub(super) fn settle(&self, taken: Taken, spent: u32) {
        let Self { store, clock } = self.clone();
        finish(Box::pin(async move {
            if let Some(rest) = taken.cost.checked_sub(spent) {
                let rest = taken.returnable(rest, clock.ticks());
                if rest > 0 {
                    let taken_then = taken.charge(rest, taken.at);
                    store.give_back(taken_then, taken.receipt).await?;
                }
                return Ok(());
            }
            let missing = spent - taken.cost;
            let found = store.take(taken.charge(missing, clock.ticks())).await?;
            let left = u32::try_from(found.remaining).unwrap_or(u32::MAX);
            if !found.admitted && left > 0 {
                store
                    .take(taken.charge(missing.min(left), clock.ticks()))
                    .await?;
            }
            Ok(())
        }));
    }
}

type Settling = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Sees to it that `settling` ends: at once with a store in memory, beside the request with others.
fn finish(mut settling: Settling) {
    let told = |result| {
        if let Err(error) = result {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(target: "portcullis", error, "a quota was not settled");
        }
    };
    let mut nobody = Context::from_waker(Waker::noop());
    if let std::task::Poll::Ready(result) = settling.as_mut().poll(&mut nobody) {
        return told(result);
    }
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(async move { told(settling.await) })),
        Err(_) => told(Err(StoreError::new(
            "quotas",
            "no runtime to settle a quota on: what was taken stays taken",
        ))),
    }
}
