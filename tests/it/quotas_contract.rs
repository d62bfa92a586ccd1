//! What every engine for quotas promises, and the engine in memory against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use portcullis::clock::{Clock, ManualClock};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Charge, Decision, Key, Policy, Quota, Quotas, Receipt};

/// An engine and the clock that it is asked by.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) store: Arc<dyn Quotas>,
    pub(crate) clock: ManualClock,
    /// The least time that the engine can tell.
    pub(crate) grain: Duration,
}

impl Rig {
    pub(crate) async fn take(&self, policy: &str, key: &str, quota: Quota, cost: u32) -> Decision {
        let limit = quota.checked().unwrap();
        let charge = Charge {
            policy: &Policy::new(policy).unwrap(),
            key: &Key::from(key),
            limit: &limit,
            cost,
            now: self.clock.ticks().into(),
        };
        self.store.take(charge).await.unwrap()
    }

    /// Gives back what is taken at this very moment.
    pub(crate) async fn give_back(
        &self,
        policy: &str,
        key: &str,
        quota: Quota,
        (cost, receipt): (u32, Receipt),
    ) {
        let limit = quota.checked().unwrap();
        let charge = Charge {
            policy: &Policy::new(policy).unwrap(),
            key: &Key::from(key),
            limit: &limit,
            cost,
            now: self.clock.ticks().into(),
        };
        self.store.give_back(charge, receipt).await.unwrap();
    }

    async fn admits(&self, policy: &str, key: &str, quota: Quota) -> bool {
        self.take(policy, key, quota, 1).await.admitted
    }
}

/// All of which has come back a minute later.
const KINDS: [fn(u32) -> Quota; 2] = [Quota::per_minute, |units| {
    Quota::sliding_window(units, Duration::from_mins(1))
}];

const COUNTED: [fn(u32) -> Quota; 2] = [
    |units| Quota::sliding_counter(units, Duration::from_mins(1)),
    |units| Quota::fixed_window(units, Duration::from_mins(1)),
];

/// Runs the whole contract against the engines that `make` makes, each of them empty.
pub(crate) async fn keeps_the_contract(make: impl Fn() -> Rig) {
    for quota in KINDS {
        admits_the_quota_and_no_more(&make(), quota(3)).await;
        is_honest_about_when_to_come_back(&make(), quota(3)).await;
        refuses_for_ever_what_costs_too_much(&make(), quota(3)).await;
        keeps_policies_and_keys_apart(&make(), quota(1)).await;
        gives_no_fresh_quota_when_the_limit_changes(&make(), quota).await;
        admits_exactly_the_quota_to_a_crowd(&make(), quota(1_000)).await;
    }
    gives_back_what_a_window_took(&make()).await;
    gives_back_the_very_units(&make()).await;
    counts_in_two_numbers(make).await;
}

async fn admits_the_quota_and_no_more(rig: &Rig, quota: Quota) {
    for remaining in [2, 1, 0] {
        let decision = rig.take("p", "k", quota, 1).await;
        assert!(decision.admitted);
        assert_eq!((decision.limit, decision.remaining), (3, remaining));
        assert_eq!(decision.retry_after, None);
    }
    for _ in 0..10 {
        assert!(!rig.admits("p", "k", quota).await);
    }
    let look = rig.take("p", "k", quota, 0).await;
    assert!(look.admitted && look.remaining == 0);
    // What was refused took nothing: the whole quota is back as if nobody had asked.
    rig.clock.advance(Duration::from_mins(1));
    assert_eq!(rig.take("p", "k", quota, 0).await.remaining, 3);
    assert!(rig.take("p", "k", quota, 3).await.admitted);
}

async fn is_honest_about_when_to_come_back(rig: &Rig, quota: Quota) {
    assert!(rig.take("p", "k", quota, 2).await.admitted);
    rig.clock.advance(Duration::from_secs(7));
    assert!(rig.admits("p", "k", quota).await);
    for cost in [1, 3] {
        let refused = rig.take("p", "k", quota, cost).await;
        let wait = refused.retry_after.unwrap();
        assert!(refused.reset_after <= wait);
        let grain = u64::try_from(rig.grain.as_nanos()).unwrap();
        rig.clock.advance(Duration::from_nanos(wait - grain));
        assert!(!rig.take("p", "k", quota, cost).await.admitted);
        rig.clock.advance(rig.grain);
        assert!(rig.take("p", "k", quota, cost).await.admitted);
    }
}

async fn refuses_for_ever_what_costs_too_much(rig: &Rig, quota: Quota) {
    let refused = rig.take("p", "k", quota, 4).await;
    assert!(!refused.admitted && refused.retry_after.is_none());
    assert_eq!(refused.remaining, 3);
    let refused = rig.take("p", "k", quota, u32::MAX).await;
    assert!(!refused.admitted && refused.retry_after.is_none());
    assert!(rig.take("p", "k", quota, 3).await.admitted);
}

async fn keeps_policies_and_keys_apart(rig: &Rig, quota: Quota) {
    for (policy, key) in [("p", "k"), ("p", "kk"), ("pk", "k"), ("q", "k"), ("k", "p")] {
        assert!(rig.admits(policy, key, quota).await, "{policy:?} {key:?}");
        assert!(!rig.admits(policy, key, quota).await, "{policy:?} {key:?}");
    }
}

async fn gives_no_fresh_quota_when_the_limit_changes(rig: &Rig, quota: fn(u32) -> Quota) {
    assert!(rig.take("p", "k", quota(100), 100).await.admitted);
    for units in [10, 100, 1, 100] {
        assert!(!rig.admits("p", "k", quota(units)).await, "{units}");
    }
}

async fn counts_in_two_numbers(make: impl Fn() -> Rig) {
    for quota in COUNTED {
        is_honest_about_when_to_come_back(&make(), quota(3)).await;
        refuses_for_ever_what_costs_too_much(&make(), quota(3)).await;
        keeps_policies_and_keys_apart(&make(), quota(1)).await;
        gives_no_fresh_quota_when_the_limit_changes(&make(), quota).await;
        admits_exactly_the_quota_to_a_crowd(&make(), quota(1_000)).await;
        let (rig, quota) = (make(), quota(2));
        for _ in 0..9 {
            let taken = rig.take("p", "k", quota, 2).await;
            assert!(taken.admitted);
            assert!(!rig.admits("p", "k", quota).await);
            rig.give_back("p", "other", quota, (1, taken.receipt)).await;
            assert!(!rig.admits("p", "k", quota).await);
            rig.give_back("p", "k", quota, (2, taken.receipt)).await;
        }
    }
}

async fn gives_back_what_a_window_took(rig: &Rig) {
    let quota = Quota::sliding_window(2, Duration::from_mins(1));
    assert!(rig.admits("p", "k", quota).await);
    rig.clock.advance(Duration::from_secs(1));
    for _ in 0..20 {
        let taken = rig.take("p", "k", quota, 1).await;
        assert!(taken.admitted);
        assert!(!rig.admits("p", "k", quota).await);
        rig.give_back("p", "other", quota, (1, taken.receipt)).await;
        assert!(!rig.admits("p", "k", quota).await);
        rig.give_back("p", "k", quota, (1, taken.receipt)).await;
    }
    // The first unit is still out, and comes back when its time is over.
    assert_eq!(rig.take("p", "k", quota, 0).await.remaining, 1);
    rig.clock.advance(Duration::from_secs(59));
    assert_eq!(rig.take("p", "k", quota, 0).await.remaining, 2);
}

async fn gives_back_the_very_units(rig: &Rig) {
    let second = Duration::from_secs(1);
    let quota = Quota::sliding_window(3, 60 * second);
    let mut taken = Vec::new();
    for _ in 0..3 {
        let found = rig.take("p", "k", quota, 1).await;
        taken.push((found.receipt, rig.clock.ticks()));
        rig.clock.advance(second);
    }
    // The second of three comes back; the first leaves after a minute, the third two seconds later.
    let (receipt, then) = taken[1];
    let charge = Charge {
        policy: &Policy::new("p").unwrap(),
        key: &Key::from("k"),
        limit: &quota.checked().unwrap(),
        cost: 1,
        now: then.into(),
    };
    rig.store.give_back(charge, receipt).await.unwrap();
    for (pause, remaining) in [(0, 1), (56, 1), (1, 2), (1, 2), (1, 3)] {
        rig.clock.advance(second * pause);
        let found = rig.take("p", "k", quota, 0).await;
        assert_eq!(found.remaining, remaining);
    }
    // What has left the window is not there any more, and what is there is another's.
    let (receipt, then) = taken[2];
    let late = Charge {
        now: then.into(),
        ..charge
    };
    assert!(rig.admits("p", "k", quota).await);
    rig.store.give_back(late, receipt).await.unwrap();
    assert_eq!(rig.take("p", "k", quota, 0).await.remaining, 2);
}

async fn admits_exactly_the_quota_to_a_crowd(rig: &Rig, quota: Quota) {
    let admitted = Arc::new(AtomicU32::new(0));
    let crowd: Vec<_> = (0..8)
        .map(|_| {
            let (rig, admitted) = (rig.clone(), Arc::clone(&admitted));
            tokio::spawn(async move {
                for _ in 0..1_000 {
                    if rig.admits("p", "k", quota).await {
                        admitted.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    for caller in crowd {
        caller.await.unwrap();
    }
    assert_eq!(admitted.load(Relaxed), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_engine_in_memory_keeps_the_contract() {
    let make = || Rig {
        store: Arc::new(MemoryQuotas::new()),
        clock: ManualClock::default(),
        grain: Duration::from_nanos(1),
    };
    keeps_the_contract(make).await;
}

#[tokio::test]
async fn quotas_are_forgotten_by_nobody_at_the_end_of_time() {
    let rig = Rig {
        store: Arc::new(MemoryQuotas::new()),
        clock: ManualClock::default(),
        grain: Duration::from_nanos(1),
    };
    rig.clock.advance(Duration::MAX);
    for quota in KINDS.into_iter().chain(COUNTED) {
        let quota = quota(1);
        // The two kinds of counters know what the other has counted.
        let key = quota.to_string();
        assert!(rig.admits("p", &key, quota).await, "{quota}");
        assert!(!rig.admits("p", &key, quota).await, "{quota}");
    }
}

#[test]
fn a_store_without_room_or_with_too_much_is_refused() {
    for (keys, good) in [(0, false), (1, true), (1 << 26, true), (usize::MAX, false)] {
        assert_eq!(MemoryQuotas::with_capacity(keys).is_ok(), good, "{keys}");
    }
}
