//! What the suites of `rate_limit` share.

use std::sync::{Arc, Mutex};

use portcullis::event::{EventSink, SecurityEvent};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Decision, Quotas};

/// Takes from several quotas by looking first; for one caller at a time.
#[derive(Debug, Default)]
pub(crate) struct AllOrNothing(MemoryQuotas);

impl AllOrNothing {
    fn now(&self, charge: Charge<'_>) -> Decision {
        match self.0.take(charge) {
            Answer::Ready(Some(Ok(decision))) => decision,
            other => panic!("{other:?}"),
        }
    }
}

impl Quotas for AllOrNothing {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        self.0.take(charge)
    }

    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        let look = |charge: &Charge<'a>| self.now(Charge { cost: 0, ..*charge });
        let fits = |charge: &Charge<'a>| look(charge).remaining >= u64::from(charge.cost);
        let all = charges.iter().all(fits);
        for (charge, decision) in charges.iter().zip(decisions) {
            *decision = if all || !fits(charge) {
                self.now(*charge)
            } else {
                look(charge)
            };
        }
        Answer::ready(all)
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, ()> {
        self.0.give_back(charge)
    }
}

/// A sink, and what it was told: outcome, reason, policy, times.
pub(crate) fn events() -> (impl EventSink, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let sink = move |event: &SecurityEvent<'_>| {
        kept.lock().unwrap().push(format!(
            "{} {} {} {}",
            event.outcome.as_str(),
            event.reason,
            event.policy.unwrap_or("-"),
            event.times
        ));
    };
    (sink, told)
}
