//! Quotas whose store fails, by a store that fails when it is told to.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::clock::{Clock, ManualClock};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{
    Answer, Charge, Decision, FailingOver, Key, Outage, Policy, Quota, Quotas, Receipt, StoreError,
};

use crate::quotas_contract::{Rig, keeps_the_contract};

#[derive(Debug, Default)]
struct Shaky {
    inner: MemoryQuotas,
    fails: AtomicBool,
    asked: AtomicU32,
}

impl Quotas for Shaky {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        self.asked.fetch_add(1, Relaxed);
        if self.fails.load(Relaxed) {
            return StoreError::new("shaky", "it fails").into();
        }
        self.inner.take(charge)
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>, receipt: Receipt) -> Answer<'a, ()> {
        self.asked.fetch_add(1, Relaxed);
        self.inner.give_back(charge, receipt)
    }
}

struct House {
    shaky: Arc<Shaky>,
    store: FailingOver,
    clock: ManualClock,
}

impl House {
    fn new(plan: impl FnOnce(Arc<dyn Quotas>) -> FailingOver) -> Self {
        let shaky = Arc::new(Shaky::default());
        Self {
            store: plan(Arc::<Shaky>::clone(&shaky)),
            shaky,
            clock: ManualClock::default(),
        }
    }

    async fn take(&self, quota: Quota, cost: u32) -> Result<Decision, StoreError> {
        let (policy, key) = (Policy::new("p").unwrap(), Key::from("k"));
        let charge = Charge {
            policy: &policy,
            key: &key,
            limit: &quota.checked().unwrap(),
            cost,
            now: self.clock.ticks().into(),
        };
        self.store.take(charge).await
    }

    async fn admits(&self, quota: Quota) -> bool {
        self.take(quota, 1).await.unwrap().admitted
    }

    fn fail(&self, fails: bool) {
        self.shaky.fails.store(fails, Relaxed);
    }

    fn asked(&self) -> u32 {
        self.shaky.asked.swap(0, Relaxed)
    }
}

fn local(nodes: u32) -> House {
    House::new(|engine| FailingOver::local(engine, nodes).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_works_keeps_the_contract_behind_each_plan() {
    let plans: [fn(Arc<dyn Quotas>) -> FailingOver; 3] = [
        FailingOver::closed,
        |engine| FailingOver::local(engine, 4).unwrap(),
        |engine| FailingOver::dangerous_open_at_most(engine, Duration::from_mins(1)),
    ];
    for plan in plans {
        keeps_the_contract(|| Rig {
            store: Arc::new(plan(Arc::new(MemoryQuotas::new()))),
            clock: ManualClock::default(),
            grain: Duration::from_nanos(1),
        })
        .await;
    }
}

#[tokio::test]
async fn a_store_that_fails_is_left_alone_and_asked_again_without_a_restart() {
    let house = House::new(FailingOver::closed);
    let quota = Quota::per_minute(100);
    assert!(house.admits(quota).await);
    house.fail(true);
    house.asked();
    for _ in 0..20 {
        assert!(house.take(quota, 1).await.is_err());
    }
    assert_eq!(house.asked(), 5);
    for _ in 0..3 {
        house.clock.advance(Duration::from_secs(1));
        for _ in 0..3 {
            assert!(house.take(quota, 1).await.is_err());
        }
        assert_eq!(house.asked(), 1);
    }
    house.fail(false);
    house.clock.advance(Duration::from_millis(999));
    assert!(house.take(quota, 1).await.is_err());
    house.clock.advance(Duration::from_millis(1));
    for _ in 0..3 {
        assert!(house.admits(quota).await);
    }
    assert_eq!(house.asked(), 3);
}

#[tokio::test]
async fn this_node_goes_on_at_its_share_and_gives_no_fresh_quota() {
    for quota in [
        Quota::per_minute(100),
        Quota::sliding_window(100, Duration::from_mins(1)),
    ] {
        // Who has used nothing has a share, and who has used some of it the rest.
        for (used, left) in [(0, 25), (10, 15), (25, 0), (90, 0)] {
            let house = local(4);
            for _ in 0..used {
                assert!(house.admits(quota).await);
            }
            house.fail(true);
            for _ in 0..left {
                assert!(house.admits(quota).await, "{quota} {used}");
            }
            let refused = house.take(quota, 1).await.unwrap();
            assert!(!refused.admitted && refused.limit == 25, "{quota} {used}");
            house.fail(false);
            house.clock.advance(Duration::from_secs(1));
            assert_eq!(house.take(quota, 0).await.unwrap().limit, 100);
        }
    }
    // More than a share is refused, but not for good; a small quota is not refused for ever.
    let house = local(4);
    house.fail(true);
    let refused = house.take(Quota::per_minute(100), 26).await.unwrap();
    assert!(!refused.admitted && refused.retry_after.is_some());
    assert!(house.admits(Quota::per_minute(3)).await);
    assert!(!house.admits(Quota::per_minute(3)).await);
    assert!(FailingOver::local(Arc::new(MemoryQuotas::new()), 0).is_err());
}

#[tokio::test]
async fn what_was_taken_here_while_the_store_failed_is_not_given_back_to_it() {
    let house = local(1);
    let quota = Quota::sliding_window(4, Duration::from_mins(1));
    let mut taken = Vec::new();
    // However many outages there were since.
    for fails in [false, true, false, true] {
        house.fail(fails);
        house.clock.advance(Duration::from_secs(1));
        let found = house.take(quota, 1).await.unwrap();
        taken.push((fails, found, house.clock.ticks()));
        if !found.admitted {
            assert!(fails);
            taken.pop();
        }
    }
    house.fail(false);
    for (failed, found, then) in taken {
        house.asked();
        let charge = Charge {
            policy: &Policy::new("p").unwrap(),
            key: &Key::from("k"),
            limit: &quota.checked().unwrap(),
            cost: 1,
            now: then.into(),
        };
        house.store.give_back(charge, found.receipt).await.unwrap();
        assert_eq!(house.asked(), u32::from(!failed));
    }
    assert_eq!(house.take(quota, 0).await.unwrap().remaining, 4);
}

#[tokio::test]
async fn several_shares_are_taken_together_or_not_at_all() {
    let house = local(2);
    house.fail(true);
    let policies = ["a", "b"].map(|name| Policy::new(name).unwrap());
    let limits = [10, 4].map(|units| Quota::per_minute(units).checked().unwrap());
    let key = Key::from("k");
    let charges = [0, 1].map(|place| Charge {
        policy: &policies[place],
        key: &key,
        limit: &limits[place],
        cost: 1,
        now: 0.into(),
    });
    let mut decisions = [Decision::default(); 2];
    for left in [1, 0] {
        assert!(
            house
                .store
                .take_all(&charges, &mut decisions)
                .await
                .unwrap()
        );
        assert_eq!(
            decisions.map(|decision| decision.remaining),
            [3 + left, left]
        );
    }
    for _ in 0..5 {
        assert!(
            !house
                .store
                .take_all(&charges, &mut decisions)
                .await
                .unwrap()
        );
        assert_eq!(decisions.map(|decision| decision.admitted), [true, false]);
    }
    let only = house.store.take(charges[0]).await.unwrap();
    assert_eq!(only.remaining, 2);
}

#[tokio::test]
async fn what_is_open_is_so_for_a_while_and_then_closed() {
    let open = |engine| FailingOver::dangerous_open_at_most(engine, Duration::from_secs(30));
    let house = House::new(open);
    let quota = Quota::per_hour(1);
    for _ in 0..2 {
        assert!(house.take(quota, 0).await.unwrap().admitted);
        house.fail(true);
        for step in 0..31 {
            for _ in 0..3 {
                let admitted = house.take(quota, 1).await.is_ok_and(|found| found.admitted);
                assert_eq!(admitted, step < 30, "{step}");
            }
            house.clock.advance(Duration::from_secs(1));
        }
        house.fail(false);
        house.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn an_outage_is_told_when_it_begins_and_when_it_is_over() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let house = House::new(|engine| {
        FailingOver::closed(engine).with_listener(move |outage| {
            heard.lock().unwrap().push(match outage {
                Outage::Begun(error) => format!("begun: {error}"),
                Outage::Over(lasted) => format!("over after {lasted:?}"),
                _ => String::new(),
            });
        })
    });
    let quota = Quota::per_minute(60);
    let said = || std::mem::take(&mut *told.lock().unwrap());
    // Four failures are none to speak of.
    for failures in [4, 5] {
        house.fail(true);
        for _ in 0..failures {
            assert!(house.take(quota, 1).await.is_err());
        }
        house.fail(false);
        if failures == 4 {
            assert!(house.admits(quota).await);
            assert!(said().is_empty());
        }
    }
    let begun = said();
    assert!(
        matches!(&*begun, [begun] if begun.starts_with("begun: ")),
        "{begun:?}"
    );
    // Who is left alone, and fails again when it is tried, is told of no more.
    house.fail(true);
    for _ in 0..2 {
        house.clock.advance(Duration::from_secs(1));
        assert!(house.take(quota, 1).await.is_err());
        assert!(house.take(quota, 1).await.is_err());
    }
    assert!(said().is_empty());
    house.fail(false);
    house.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        assert!(house.admits(quota).await);
    }
    assert_eq!(said(), ["over after 3s"]);
}
