//! What happens to quotas while their store cannot answer.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::answer::Answer;
use super::breaker::Breaker;
use super::error::StoreError;
use super::gcra::Bucket;
use super::memory::MemoryQuotas;
use super::outage::{Listener, Outage};
use super::quota::Limit;
use super::quotas::{Charge, Decision, Quotas, Receipt};
use crate::clock::nanoseconds;
use crate::config::ConfigError;

/// Quotas that have a plan for when their store cannot answer: refuse everything (the default of
/// all controls), count in this process, or let everything through for a while.
///
/// After five failures in a row the store is left alone, and the plan followed at once; a second
/// later, and again each second, one caller tries whether it is back, and then all ask it again. A
/// failure before that costs its caller the deadline of the store. Time is that of the charges.
///
/// Each of several quotas can have a plan of its own over one store:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use portcullis::rate_limit::{Quota, RateLimit};
/// use portcullis::store::memory::MemoryQuotas;
/// use portcullis::store::{FailingOver, Quotas};
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// # let redis: Arc<dyn Quotas> = Arc::new(MemoryQuotas::new());
/// // `redis` is an `Arc<dyn Quotas>`, such as a `RedisQuotas`; there are four nodes.
/// let reads = FailingOver::local(Arc::clone(&redis), 4)?;
/// let logins = FailingOver::closed(redis);
/// let reads = RateLimit::per_client(Quota::per_minute(100))?.with_store(Arc::new(reads));
/// let logins = RateLimit::per_client(Quota::per_minute(5))?.with_store(Arc::new(logins));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FailingOver {
    engine: Arc<dyn Quotas>,
    breaker: Breaker,
    plan: Plan,
    listener: Listener,
}

#[derive(Debug)]
enum Plan {
    Closed,
    Local { counts: MemoryQuotas, nodes: u32 },
    Open { at_most: Duration },
}

impl FailingOver {
    /// Refuses everything with 503 while `engine` cannot answer, and soon without asking it.
    #[must_use]
    pub fn closed(engine: Arc<dyn Quotas>) -> Self {
        Self::with_plan(engine, Plan::Closed)
    }

    /// Counts in this process while `engine` cannot answer, by the share of one of `nodes` nodes:
    /// a quota of 100 is then one of 25 at each of four. What `engine` admits here is counted along
    /// all the time, so that nobody has a fresh quota when it fails. A quota that is smaller than
    /// the number of nodes admits one unit at each; what costs more than the share is refused until
    /// `engine` is back.
    ///
    /// While it fails, a fleet admits at most what `engine` had admitted and the shares of all
    /// nodes. Room is for 65 536 keys, as [`MemoryQuotas`] has it.
    ///
    /// # Errors
    /// [`ConfigError`] if `nodes` is zero.
    pub fn local(engine: Arc<dyn Quotas>, nodes: u32) -> Result<Self, ConfigError> {
        if nodes == 0 {
            return Err(ConfigError::new(
                "no node can have a share of a quota: say how many nodes there are, at least 1",
            ));
        }
        let counts = MemoryQuotas::new();
        Ok(Self::with_plan(engine, Plan::Local { counts, nodes }))
    }

    /// **Admits everything** while `engine` cannot answer, until it has not answered for the time
    /// `at_most`; then refuses everything with 503. Whoever can bring the store down has no limit
    /// for that time; never use it for logins.
    #[must_use]
    pub fn dangerous_open_at_most(engine: Arc<dyn Quotas>, at_most: Duration) -> Self {
        Self::with_plan(engine, Plan::Open { at_most })
    }

    fn with_plan(engine: Arc<dyn Quotas>, plan: Plan) -> Self {
        Self {
            engine,
            breaker: Breaker::default(),
            plan,
            listener: Listener::default(),
        }
    }

    /// Tells `listener` when the store begins to be left alone, and when it is used again (default:
    /// both are written as `tracing` events with the target `portcullis`). It is called on the way
    /// of a request, so it must be quick and must not block.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Fn(&Outage<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Listener::new(listener);
        self
    }

    async fn decide(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
    ) -> Result<bool, StoreError> {
        let now = charges.first().map_or(0, |charge| charge.now.coarse());
        if !self.breaker.lets_ask(now) {
            let left_alone = StoreError::new("quotas", "the store has failed and is left alone");
            return self.without_engine(charges, decisions, left_alone).await;
        }
        match self.engine.take_all(charges, decisions).await {
            Ok(admitted) => {
                if let Some(lasted) = self.breaker.worked(now) {
                    self.listener.hear(&Outage::Over(lasted));
                }
                if admitted {
                    self.count_along(charges).await;
                }
                Ok(admitted)
            }
            Err(fault) => {
                if self.breaker.failed(now) {
                    self.listener.hear(&Outage::Begun(&fault));
                }
                self.without_engine(charges, decisions, fault).await
            }
        }
    }

    async fn without_engine(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
        fault: StoreError,
    ) -> Result<bool, StoreError> {
        match &self.plan {
            Plan::Local { counts, nodes } => {
                let admitted = take_share(counts, *nodes, charges, decisions).await;
                for decision in decisions {
                    decision.receipt = Receipt::Elsewhere;
                }
                admitted
            }
            Plan::Open { at_most } => {
                let now = charges.first().map_or(0, |charge| charge.now.coarse());
                if self.breaker.down_for(now) >= *at_most {
                    return Err(fault);
                }
                for (charge, decision) in charges.iter().zip(decisions) {
                    let units = u64::from(charge.limit.units());
                    *decision = Decision {
                        admitted: true,
                        limit: units,
                        remaining: units.saturating_sub(charge.cost.into()),
                        receipt: Receipt::Elsewhere,
                        ..Decision::default()
                    };
                }
                Ok(true)
            }
            Plan::Closed => Err(fault),
        }
    }

    async fn count_along(&self, charges: &[Charge<'_>]) {
        if let Plan::Local { counts, nodes } = &self.plan {
            for charge in charges {
                let limit = share(charge.limit, *nodes);
                // Who has used more than a share here has none left.
                let cost = charge.cost.min(limit.units());
                let own = Charge {
                    limit: &limit,
                    cost,
                    ..*charge
                };
                let _ = counts.take(own).await;
            }
        }
    }

    async fn return_units(&self, charge: Charge<'_>, receipt: Receipt) -> Result<(), StoreError> {
        if let Plan::Local { counts, nodes } = &self.plan {
            let limit = share(charge.limit, *nodes);
            let own = Charge {
                limit: &limit,
                ..charge
            };
            counts.give_back(own, Receipt::None).await?;
        }
        if receipt == Receipt::Elsewhere {
            return Ok(());
        }
        self.engine.give_back(charge, receipt).await
    }
}

/// What one of `nodes` nodes admits of `limit`: rounded down, but never nothing.
fn share(limit: &Limit, nodes: u32) -> Limit {
    let units = (limit.units() / nodes).max(1);
    match limit {
        Limit::Bucket(bucket) => {
            let interval = bucket.interval().saturating_mul(nodes.into());
            Limit::Bucket(Bucket::new(interval, units))
        }
        Limit::Window(window) => Limit::Window(window.narrowed(units)),
        Limit::Counter(counter) => Limit::Counter(counter.narrowed(units)),
    }
}

/// Takes all or nothing of the shares.
async fn take_share(
    counts: &MemoryQuotas,
    nodes: u32,
    charges: &[Charge<'_>],
    decisions: &mut [Decision],
) -> Result<bool, StoreError> {
    let limits = charges.iter().map(|charge| share(charge.limit, nodes));
    let limits: SmallVec<[Limit; 4]> = limits.collect();
    let own = charges.iter().zip(&limits);
    let own = own.map(|(charge, limit)| Charge { limit, ..*charge });
    let own: SmallVec<[Charge<'_>; 4]> = own.collect();
    let admitted = counts.take_all(&own, decisions).await?;
    for decision in decisions.iter_mut().filter(|found| !found.admitted) {
        // What is too much for a share may be admitted when the engine is back.
        let pause = nanoseconds(super::breaker::PAUSE);
        decision.retry_after.get_or_insert(pause);
    }
    Ok(admitted)
}

impl Quotas for FailingOver {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        Answer::later(async move {
            let mut decision = Decision::default();
            let decisions = std::slice::from_mut(&mut decision);
            self.decide(&[charge], decisions).await?;
            Ok(decision)
        })
    }

    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        Answer::later(self.decide(charges, decisions))
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>, receipt: Receipt) -> Answer<'a, ()> {
        Answer::later(self.return_units(charge, receipt))
    }
}
