//! Several quotas one after another, as on a cluster.

use std::sync::Arc;

use super::asked::Asked;
use super::batches::Line;
use super::quota_script::GIVE_BACK;
use super::quotas::RedisQuotas;
use super::refusals::Refusals;
use super::store::RedisConnection;
use crate::store::{Charge, Decision, Receipt, StoreError};

impl<C: RedisConnection> RedisQuotas<C> {
    /// One after another. Who is refused, learns nothing or goes away has what was taken given
    /// back.
    pub(super) async fn take_in_turn(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
    ) -> Result<bool, StoreError> {
        let mut taken = Taken {
            line: &self.line,
            refusals: &self.refusals,
            asked: Vec::with_capacity(charges.len()),
        };
        let mut outcome = Ok(true);
        for (charge, decision) in charges.iter().zip(&mut *decisions) {
            let asked = self.asked(charge);
            if matches!(outcome, Ok(true)) {
                match self.decide(asked, charge.now.coarse()).await {
                    Ok(found) => *decision = found,
                    Err(fault) => {
                        outcome = Err(fault);
                        break;
                    }
                }
                if !decision.admitted {
                    outcome = Ok(false);
                } else if charge.cost > 0 {
                    taken.asked.push((asked, decision.receipt));
                }
                continue;
            }
            // After a refusal the rest are looked at, to tell where they stand.
            let look = self.asked(&Charge { cost: 0, ..*charge });
            match self.decide(look, charge.now.coarse()).await {
                Ok(found) => *decision = found.as_if_asked(charge.cost),
                Err(fault) => {
                    outcome = Err(fault);
                    break;
                }
            }
        }
        if matches!(outcome, Ok(true)) {
            taken.asked.clear();
        } else {
            taken.give_back().await;
        }
        if matches!(outcome, Ok(false)) {
            // So that the next need not be taken from to tell where they stand.
            for (charge, decision) in charges.iter().zip(decisions) {
                if decision.admitted {
                    let asked = self.asked(charge);
                    self.refusals
                        .note(&asked, charge.now.coarse(), decision, None);
                }
            }
        }
        outcome
    }
}

/// What was taken and may have to be given back.
struct Taken<'a, C: RedisConnection> {
    line: &'a Line<C>,
    refusals: &'a Arc<Refusals>,
    asked: Vec<(Asked, Receipt)>,
}

impl<C: RedisConnection> Taken<'_, C> {
    /// If it fails, the units stay taken: too much is refused, never too little.
    async fn give_back(&mut self) {
        while let Some((asked, receipt)) = self.asked.pop() {
            let _ = give_back(self.line, self.refusals, &asked, receipt).await;
        }
    }
}

impl<C: RedisConnection> Drop for Taken<'_, C> {
    /// Whoever asked has gone away.
    fn drop(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (line, refusals) = (self.line.clone(), Arc::clone(self.refusals));
        let asked = std::mem::take(&mut self.asked);
        runtime.spawn(async move {
            for (asked, receipt) in asked {
                let _ = give_back(&line, &refusals, &asked, receipt).await;
            }
        });
    }
}

/// Gives the units of one charge back. Those of a bucket are all alike; which units of a window it
/// was, the receipt says: without one they stay taken.
pub(super) async fn give_back<C: RedisConnection>(
    line: &Line<C>,
    refusals: &Refusals,
    asked: &Asked,
    receipt: Receipt,
) -> Result<(), StoreError> {
    let moment = match receipt {
        Receipt::At(moment) => moment,
        Receipt::None if asked.terms.price().is_some() => 0,
        Receipt::None | Receipt::Elsewhere => return Ok(()),
    };
    let mut script = line.told(&GIVE_BACK, [std::slice::from_ref(asked)]);
    script.arg(moment);
    let _: i64 = line.store.invoke(&script).await?;
    refusals.forget(&asked.name);
    Ok(())
}
