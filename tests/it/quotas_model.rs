//! The engine in memory against what quotas are, in any order of whatever can be asked of it.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Charge, Decision, Key, Policy, Quota, Quotas, Receipt};
use proptest::prelude::*;

use crate::quotas_reference::{Account, Kind, Plan};

/// The policies of a world; each has two plans, which come and go.
const POLICIES: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Pause(u64),
    /// From one quota, under a plan.
    Take {
        key: u64,
        policy: usize,
        plan: bool,
        cost: u32,
    },
    /// From all of them or none.
    TakeAll {
        key: u64,
        plan: bool,
        costs: [u32; POLICIES],
    },
    /// What was taken so many takings ago and not given back yet, or a part of it.
    GiveBack {
        ago: usize,
        most: u32,
    },
}

/// Units that were taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    key: u64,
    policy: usize,
    plan: Plan,
    then: u64,
    cost: u32,
    is_back: bool,
}

struct World {
    store: MemoryQuotas,
    policies: [Policy; POLICIES],
    plans: [[Plan; 2]; POLICIES],
    accounts: HashMap<(u64, usize), Account>,
    taken: Vec<Taken>,
    now: u64,
}

impl World {
    fn new(plans: [[Plan; 2]; POLICIES]) -> Self {
        Self {
            store: MemoryQuotas::with_capacity(64).unwrap(),
            policies: ["a", "b", "c"].map(|name| Policy::new(name).unwrap()),
            plans,
            accounts: HashMap::new(),
            taken: Vec::new(),
            now: 0,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pause(pause) => self.now += pause,
            Step::Take {
                key,
                policy,
                plan,
                cost,
            } => self.take(key, &[(policy, plan, cost)]),
            Step::TakeAll { key, plan, costs } => {
                let all = costs.into_iter().enumerate();
                let all: Vec<_> = all.map(|(policy, cost)| (policy, plan, cost)).collect();
                self.take(key, &all);
            }
            Step::GiveBack { ago, most } => {
                let mut left = self.taken.iter_mut().rev().filter(|own| !own.is_back);
                if let Some(own) = left.nth(ago) {
                    own.is_back = true;
                    let taken = *own;
                    self.give_back(taken, most.min(taken.cost));
                }
            }
        }
    }

    fn take(&mut self, key: u64, wanted: &[(usize, bool, u32)]) {
        let now = self.now;
        let wanted = wanted.iter().map(|(policy, plan, cost)| {
            let plan = self.plans[*policy][usize::from(*plan)];
            (*policy, plan, *cost)
        });
        let wanted: Vec<_> = wanted.collect();
        let limits: Vec<_> = wanted
            .iter()
            .map(|(_, plan, _)| plan.quota().checked().unwrap())
            .collect();
        let name = Key::from(key);
        let charges: Vec<_> = wanted
            .iter()
            .zip(&limits)
            .map(|((policy, _, cost), limit)| Charge {
                policy: &self.policies[*policy],
                key: &name,
                limit,
                cost: *cost,
                now: now.into(),
            })
            .collect();
        let mut found = vec![Decision::default(); charges.len()];
        let admitted = if let [charge] = charges[..] {
            let decision = self.store.take(charge).now_or_never();
            found[0] = decision.unwrap().unwrap();
            found[0].admitted
        } else {
            let answer = self.store.take_all(&charges, &mut found).now_or_never();
            answer.unwrap().unwrap()
        };

        let account = |policy| self.accounts.get(&(key, policy)).cloned();
        let look = |(policy, plan, cost): &(usize, Plan, u32), looks| {
            let account = account(*policy).unwrap_or_default();
            account.expected(*plan, now, *cost, looks)
        };
        let fits = wanted.iter().all(|own| look(own, true).admitted);
        let expected: Vec<_> = wanted.iter().map(|own| look(own, !fits)).collect();
        assert_eq!(
            (admitted, &found),
            (fits, &expected),
            "{wanted:?} of {key} at {now}: {:?}",
            self.accounts
        );

        for (policy, plan, cost) in wanted.into_iter().filter(|_| fits) {
            let account = self.accounts.entry((key, policy)).or_default();
            account.take(plan, now, cost);
            self.taken.push(Taken {
                key,
                policy,
                plan,
                then: now,
                cost,
                is_back: cost == 0,
            });
            if cost > 0 {
                self.is_within_bounds(key, policy, plan);
            }
        }
    }

    fn give_back(&mut self, taken: Taken, cost: u32) {
        let charge = Charge {
            policy: &self.policies[taken.policy],
            key: &Key::from(taken.key),
            limit: &taken.plan.quota().checked().unwrap(),
            cost,
            now: taken.then.into(),
        };
        let answer = self.store.give_back(charge, Receipt::None).now_or_never();
        answer.unwrap().unwrap();
        let account = self.accounts.get_mut(&(taken.key, taken.policy)).unwrap();
        account.give_back(taken.plan, taken.then, cost);
    }

    /// What a plan bounds, whatever other plans there are, once it has admitted something: the units
    /// in the span that ends now, of plans that look back as far.
    fn is_within_bounds(&self, key: u64, policy: usize, plan: Plan) {
        let inside = self.taken.iter().filter(|own| {
            let is_kept = own.then + plan.span > self.now && own.plan.span >= plan.span;
            own.key == key && own.policy == policy && is_kept && !own.is_back
        });
        let inside: u32 = inside.map(|own| own.cost).sum();
        let most = self.plans[policy].map(|plan| plan.units);
        let bound = match plan.kind {
            Kind::Bucket => return,
            Kind::Exact => plan.units,
            Kind::Sliding | Kind::Fixed => 2 * most[0].max(most[1]),
        };
        assert!(inside <= bound, "{inside} under {plan:?}");
    }
}

/// Of so many keys and policies.
fn step(keys: u64, policies: usize) -> impl Strategy<Value = Step> {
    let (key, cost) = (0..keys, 0..6_u32);
    prop_oneof![
        4 => prop_oneof![1..5_u64, 1..120_u64, 100..900_u64].prop_map(Step::Pause),
        4 => (key.clone(), 0..policies, any::<bool>(), cost.clone()).prop_map(
            |(key, policy, plan, cost)| Step::Take { key, policy, plan, cost }
        ),
        3 => (key, any::<bool>(), [0..3_u32, 0..3, 0..3]).prop_map(
            move |(key, plan, mut costs)| {
                costs.iter_mut().skip(policies).for_each(|cost| *cost = 0);
                Step::TakeAll { key, plan, costs }
            }
        ),
        2 => (prop_oneof![0..2_usize, 0..30_usize], cost).prop_map(
            |(ago, most)| Step::GiveBack { ago, most }
        ),
    ]
}

/// Two plans that one policy can have: what is kept under the one has to serve the other.
fn plans() -> impl Strategy<Value = [Plan; 2]> {
    let kinds = prop_oneof![
        Just([Kind::Bucket; 2]),
        Just([Kind::Exact; 2]),
        Just([Kind::Sliding; 2]),
        Just([Kind::Fixed; 2]),
        Just([Kind::Sliding, Kind::Fixed]),
    ];
    let span = prop_oneof![1..10_u64, 1..120_u64];
    // As long as the other, or several times as long.
    let times = prop_oneof![Just(1), 2..20_u64];
    (kinds, [1..6_u32, 1..6], span, times).prop_map(|(kinds, units, span, times)| {
        [0, 1].map(|place| Plan {
            kind: kinds[place],
            units: units[place],
            // No bucket is faster than ten million units a second.
            span: match kinds[place] {
                Kind::Bucket => span + 99,
                _ => span,
            } * if place == 0 { times } else { 1 },
        })
    })
}

proptest! {
    #[test]
    fn the_engine_in_memory_is_what_quotas_are(
        plans in [plans(), plans(), plans()],
        steps in prop::collection::vec(step(2, POLICIES), 1..80),
    ) {
        let mut world = World::new(plans);
        for step in steps {
            world.step(step);
        }
    }

    /// Where all that happens concerns all that was.
    #[test]
    fn one_quota_is_what_quotas_are(
        plans in plans(),
        steps in prop::collection::vec(step(1, 1), 1..120),
    ) {
        let mut world = World::new([plans; POLICIES]);
        for step in steps {
            world.step(step);
        }
    }

    /// Not always a whole number of nanoseconds for each unit: the quota rounds up.
    #[test]
    fn a_token_bucket_never_gives_back_faster_than_it_says(
        units in 1..6_u32, interval in 100..130_u64,
        steps in prop::collection::vec((0..300_u64, 1..4_u32), 1..80),
    ) {
        let per = interval * u64::from(units) - u64::from(units - 1) / 2;
        let quota = Quota::new(units, Duration::from_nanos(per));
        let store = MemoryQuotas::with_capacity(64).unwrap();
        let (policy, limit) = (Policy::new("p").unwrap(), quota.checked().unwrap());
        let (mut now, mut taken) = (0, Vec::new());
        for (step, cost) in steps {
            now += step;
            let key = &Key::from("k");
            let charge = Charge { policy: &policy, key, limit: &limit, cost, now: now.into() };
            if store.take(charge).now_or_never().unwrap().unwrap().admitted {
                taken.push((now, cost));
            }
        }
        for span in [1, interval - 1, interval, interval + 1, 3 * interval, 1_000] {
            for (start, _) in &taken {
                let inside = taken.iter().filter(|(then, _)| (*start..start + span).contains(then));
                let inside: u32 = inside.map(|(_, units)| units).sum();
                prop_assert!(u64::from(inside) <= u64::from(units) + span / interval);
            }
        }
    }
}
