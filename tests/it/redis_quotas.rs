//! Quotas on Redis: the same decisions as in memory, for a fleet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use portcullis::clock::{Clock, ManualClock, Moment, SystemClock};
use portcullis::secret::Secret;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::redis::{RedisQuotas, RedisStore};
use portcullis::store::{Charge, Decision, Key, Limit, Policy, Quota, Quotas, Receipt};
use proptest::prelude::*;

use crate::quotas_contract::{Rig, keeps_the_contract};
use crate::servers::engines::own_word;
use crate::servers::redis::{CLUSTER, Redis, SHARED};

const MICROSECOND: Duration = Duration::from_micros(1);

pub(crate) fn quotas(url: &str, word: &str) -> RedisQuotas {
    let store = RedisStore::connect(url).and_then(|store| store.with_key_prefix(word));
    let secret = Secret::new(vec![7; 32]);
    // A machine that is busy with other tests is slower than a deadline for production.
    let quotas = RedisQuotas::over(store.unwrap(), &secret).unwrap();
    quotas.with_deadline(Duration::from_secs(10))
}

fn rig(url: &str) -> Rig {
    let clock = ManualClock::default();
    let quotas = quotas(url, &own_word()).dangerous_with_clock(clock.clone());
    Rig {
        store: Arc::new(quotas),
        clock,
        grain: MICROSECOND,
    }
}

pub(crate) async fn said(url: &str, words: &[&str]) -> redis::Value {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (name, arguments) = words.split_first().unwrap();
    let command = redis::cmd(name).arg(arguments).to_owned();
    command.query_async(&mut connection).await.unwrap()
}

pub(crate) async fn take(
    store: &dyn Quotas,
    policy: &str,
    key: &str,
    quota: Quota,
    cost: u32,
) -> Result<Decision, portcullis::store::StoreError> {
    let charge = Charge {
        policy: &Policy::new(policy).unwrap(),
        key: &Key::from(key),
        limit: &quota.checked().unwrap(),
        cost,
        now: Moment::of(&SystemClock),
    };
    store.take(charge).await
}

/// Takes from two quotas together.
async fn take_both(rig: &Rig, first: (Quota, u32), second: (Quota, u32)) -> (bool, [Decision; 2]) {
    let policies = [
        Policy::new("first").unwrap(),
        Policy::new("second").unwrap(),
    ];
    let limits = [first.0.checked().unwrap(), second.0.checked().unwrap()];
    let key = Key::from("k");
    let charge = |place: usize, cost| Charge {
        policy: &policies[place],
        key: &key,
        limit: &limits[place],
        cost,
        now: rig.clock.ticks().into(),
    };
    let mut decisions = [Decision::default(); 2];
    let charges = [charge(0, first.1), charge(1, second.1)];
    let admitted = rig.store.take_all(&charges, &mut decisions).await;
    (admitted.unwrap(), decisions)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_engine_on_redis_keeps_the_contract() {
    keeps_the_contract(|| rig(&SHARED.url())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_engine_on_a_cluster_keeps_the_contract() {
    keeps_the_contract(|| rig(&CLUSTER.url())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_engine_on_valkey_keeps_the_contract() {
    let server = Redis::start_valkey();
    keeps_the_contract(|| rig(&server.url())).await;
}

#[tokio::test]
async fn several_quotas_are_charged_together_or_not_at_all() {
    let minute = Duration::from_mins(1);
    let valkey = Redis::start_valkey();
    for url in [SHARED.url(), CLUSTER.url(), valkey.url()] {
        let rig = rig(&url);
        let (wide, narrow) = (Quota::per_minute(10), Quota::sliding_window(2, minute));
        for left in [1, 0] {
            let (admitted, [first, second]) = take_both(&rig, (wide, 3), (narrow, 1)).await;
            assert!(admitted && first.admitted && second.admitted);
            assert_eq!((first.remaining, second.remaining), (4 + 3 * left, left));
        }
        for _ in 0..5 {
            let (admitted, [first, second]) = take_both(&rig, (wide, 3), (narrow, 1)).await;
            assert!(!admitted && first.admitted && !second.admitted);
            assert_eq!((first.remaining, second.remaining), (1, 0));
            assert_eq!(second.retry_after, Some(60_000_000_000));
        }
        // Whichever of the two refuses.
        let (admitted, [first, second]) = take_both(&rig, (wide, 5), (narrow, 0)).await;
        assert!(!admitted && !first.admitted && second.admitted);
        let (admitted, [first, second]) = take_both(&rig, (wide, 4), (narrow, 0)).await;
        assert!(admitted && second.admitted);
        assert_eq!(first.remaining, 0);
    }
}

#[tokio::test]
async fn a_bucket_is_given_back_what_it_gave_and_never_more_than_it_holds() {
    let rig = rig(&SHARED.url());
    let quota = Quota::per_minute(5);
    assert!(rig.take("p", "k", quota, 5).await.admitted);
    assert!(!rig.take("p", "k", quota, 1).await.admitted);
    rig.give_back("p", "k", quota, (2, Receipt::None)).await;
    assert_eq!(rig.take("p", "k", quota, 2).await.remaining, 0);
    for _ in 0..3 {
        rig.give_back("p", "k", quota, (5, Receipt::None)).await;
    }
    rig.give_back("p", "other", quota, (5, Receipt::None)).await;
    for key in ["k", "other"] {
        assert!(rig.take("p", key, quota, 5).await.admitted);
        assert!(!rig.take("p", key, quota, 1).await.admitted);
    }
}

/// One server process, many clients with a connection each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_never_get_more_than_the_quota() {
    let word = own_word();
    for quota in [
        Quota::per_day(500),
        Quota::sliding_window(500, Duration::from_hours(24)),
        Quota::sliding_counter(500, Duration::from_hours(24)),
    ] {
        let admitted = Arc::new(AtomicU32::new(0));
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let store = quotas(&SHARED.url(), &word);
                let admitted = Arc::clone(&admitted);
                tokio::spawn(async move {
                    let calls = (0..400).map(|_| take(&store, "p", "k", quota, 1));
                    for decision in futures_util::future::join_all(calls).await {
                        admitted.fetch_add(decision.unwrap().admitted.into(), Relaxed);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        assert_eq!(admitted.load(Relaxed), 500, "{quota}");
    }
}

#[tokio::test]
async fn a_server_that_has_lost_the_script_is_told_it_again() {
    let server = Redis::start();
    let store = quotas(&server.url(), "q:");
    let quota = Quota::per_day(2);
    for admitted in [true, true, false] {
        said(&server.url(), &["SCRIPT", "FLUSH"]).await;
        let decision = take(&store, "p", "k", quota, 1).await.unwrap();
        assert_eq!(decision.admitted, admitted);
    }
}

#[tokio::test]
async fn keys_say_nothing_of_whose_they_are_and_go_when_they_owe_nothing() {
    let server = Redis::start();
    let store = quotas(&server.url(), "q:");
    let (long, minute) = ("alice@".repeat(1_000), Duration::from_mins(1));
    for (key, quota) in [
        ("a", Quota::per_minute(60)),
        (&long, Quota::sliding_window(3, minute)),
        ("c", Quota::sliding_counter(9, minute)),
    ] {
        assert!(
            take(&store, "secret-policy", key, quota, 2)
                .await
                .unwrap()
                .admitted
        );
        // Neither a look nor a refusal leaves anything.
        take(&store, "p", "look", quota, 0).await.unwrap();
        take(&store, "p", "refused", quota, 100).await.unwrap();
    }
    let names = said(&server.url(), &["KEYS", "*"]).await;
    let mut names: Vec<String> = redis::from_redis_value(names).unwrap();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    for (name, kind, debt) in [
        (&names[0], "bucket", 2_000),
        (&names[1], "counter", 120_000),
        (&names[2], "window", 60_000),
    ] {
        let hash = name.strip_prefix(&format!("q:{kind}:{{")).unwrap();
        let hash = hash.strip_suffix('}').unwrap();
        assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let left = said(&server.url(), &["PTTL", name]).await;
        let left: u64 = redis::from_redis_value(left).unwrap();
        assert!(left > 0 && left <= debt + 1, "{name} {left}");
    }
    // Another secret, other names.
    let bare = RedisStore::connect(&server.url()).unwrap();
    assert!(RedisQuotas::over(bare.clone(), &Secret::new(vec![7; 31])).is_err());
    let other = RedisQuotas::over(bare, &Secret::new(vec![8; 32])).unwrap();
    assert!(!format!("{other:?}").contains('8'));
}

/// How often the server has run a script.
pub(crate) async fn scripts_run(server: &Redis) -> u64 {
    let stats = said(&server.url(), &["INFO", "commandstats"]).await;
    let stats: String = redis::from_redis_value(stats).unwrap();
    let line = stats
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_flood_on_a_quota_that_is_used_up_does_not_reach_the_server() {
    let server = Redis::start();
    let minute = Duration::from_mins(1);
    for quota in [
        Quota::per_minute(3),
        Quota::sliding_window(3, minute),
        Quota::sliding_counter(3, minute),
        Quota::fixed_window(3, minute),
    ] {
        let clock = ManualClock::default();
        let rig = Rig {
            store: Arc::new(quotas(&server.url(), "q:").dangerous_with_clock(clock.clone())),
            clock,
            grain: MICROSECOND,
        };
        // The two kinds of counters know what the other has counted.
        let key = quota.to_string();
        let taken = rig.take("p", &key, quota, 3).await;
        assert!(taken.admitted);
        let first = rig.take("p", &key, quota, 1).await;
        let before = scripts_run(&server).await;
        for step in 0..1_000 {
            rig.clock.advance(Duration::from_micros(999));
            let refused = rig.take("p", &key, quota, 1).await;
            let passed = 999_000 * (step + 1);
            let wait = first.retry_after.unwrap() - passed;
            let expected = Decision {
                retry_after: Some(wait),
                reset_after: wait,
                ..first
            };
            assert_eq!(refused, expected);
        }
        assert_eq!(scripts_run(&server).await, before);
        // After a second it is asked, and so it is for a look, and when something was given back.
        rig.clock.advance(Duration::from_millis(1));
        assert!(!rig.take("p", &key, quota, 1).await.admitted);
        assert!(rig.take("p", &key, quota, 0).await.admitted);
        assert_eq!(scripts_run(&server).await, before + 2);
        rig.give_back("p", &key, quota, (1, taken.receipt)).await;
        assert!(rig.take("p", &key, quota, 1).await.admitted);
    }
}

#[tokio::test]
async fn nor_does_a_flood_on_several_quotas_of_which_one_is_used_up() {
    let minute = Duration::from_mins(1);
    for server in [Redis::start(), Redis::start_cluster()] {
        for narrow in [Quota::per_minute(2), Quota::sliding_window(2, minute)] {
            said(&server.url(), &["FLUSHALL"]).await;
            let clock = ManualClock::default();
            let store = quotas(&server.url(), "q:").dangerous_with_clock(clock.clone());
            let rig = Rig {
                store: Arc::new(store),
                clock,
                grain: MICROSECOND,
            };
            let wide = Quota::sliding_window(10, minute);
            assert!(take_both(&rig, (wide, 3), (narrow, 2)).await.0);
            let (admitted, first) = take_both(&rig, (wide, 3), (narrow, 1)).await;
            assert!(!admitted && first[0].admitted && !first[1].admitted);
            let before = scripts_run(&server).await;
            for step in 1..1_000 {
                rig.clock.advance(MICROSECOND * 999);
                let (admitted, found) = take_both(&rig, (wide, 3), (narrow, 1)).await;
                let passed = 999_000 * step;
                let expected = first.map(|decision| Decision {
                    reset_after: decision.reset_after - passed,
                    retry_after: decision.retry_after.map(|left| left - passed),
                    ..decision
                });
                assert!(!admitted);
                assert_eq!(found, expected);
            }
            assert_eq!(scripts_run(&server).await, before);
            // What is known of one is no refusal of the other, nor of less than was asked.
            let (admitted, [first, second]) = take_both(&rig, (wide, 3), (narrow, 0)).await;
            assert!(admitted && first.admitted && second.admitted);
            assert!(scripts_run(&server).await > before);
            assert_eq!(first.remaining, 4);
        }
    }
}

/// A connection over which nothing is heard any more of what is about a window.
#[derive(Clone)]
struct Deaf(redis::aio::MultiplexedConnection);

impl redis::aio::ConnectionLike for Deaf {
    fn req_packed_command<'a>(
        &'a mut self,
        cmd: &'a redis::Cmd,
    ) -> redis::RedisFuture<'a, redis::Value> {
        let command = String::from_utf8_lossy(&cmd.get_packed_command()).into_owned();
        if command.contains("q:window:") {
            return Box::pin(std::future::pending());
        }
        self.0.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<redis::Value>> {
        self.0.req_packed_commands(cmd, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

#[tokio::test]
async fn who_goes_away_in_the_middle_has_what_was_taken_given_back() {
    let word = own_word();
    let client = redis::Client::open(CLUSTER.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let store = RedisStore::new(Deaf(connection)).with_key_prefix(&format!("{word}q:"));
    let deaf = RedisQuotas::over(store.unwrap(), &Secret::new(vec![7; 32])).unwrap();
    let deaf = deaf.with_deadline(Duration::from_secs(100));
    let clock = ManualClock::default();
    let rig = Rig {
        store: Arc::new(deaf.dangerous_with_clock(clock.clone())),
        clock: clock.clone(),
        grain: MICROSECOND,
    };
    let wide = Quota::per_day(10);
    let narrow = Quota::sliding_window(2, Duration::from_mins(1));
    // It learns that this is a cluster.
    assert!(take_both(&rig, (wide, 1), (wide, 1)).await.0);
    let start = std::time::Instant::now();
    let left = async || rig.take("first", "k", wide, 0).await.remaining;
    assert_eq!(left().await, 9);
    let mut both = Box::pin(take_both(&rig, (wide, 3), (narrow, 1)));
    while left().await != 6 {
        assert!(both.as_mut().now_or_never().is_none());
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    // The first answer has come in by now, or comes in when it is asked for.
    for _ in 0..100 {
        assert!(both.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(both);
    while left().await != 9 {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{}",
            left().await
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// All callers are there before the first call is sent, since they share a thread.
#[tokio::test]
async fn what_waits_is_sent_together_and_who_goes_away_takes_nothing() {
    let server = Redis::start();
    let batched = quotas(&server.url(), "q:");
    let single = quotas(&server.url(), "q:").with_charges_a_call(1);
    let quota = Quota::sliding_window(1_000, Duration::from_hours(24));
    assert_eq!(
        take(&single, "p", "k", quota, 1).await.unwrap().remaining,
        999
    );
    // With a connection that is there; who waits for it is not served in turn.
    take(&batched, "p", "k", quota, 0).await.unwrap();
    for (store, calls) in [(&single, 300), (&batched, 3)] {
        let before = scripts_run(&server).await;
        let all = (0..300).map(|_| take(store, "p", "k", quota, 1));
        let mut left = Vec::new();
        for decision in futures_util::future::join_all(all).await {
            left.push(decision.unwrap().remaining);
        }
        if calls == 300 {
            // Nobody waits in a queue of ours.
            left.sort_by_key(|left| std::cmp::Reverse(*left));
        }
        assert!(
            left.is_sorted_by(|first, second| *first == second + 1),
            "{left:?}"
        );
        assert_eq!(scripts_run(&server).await, before + calls);
    }
    // Nobody listens any more when it is their turn, and nobody else is kept from it.
    for _ in 0..50 {
        assert!(take(&batched, "p", "k", quota, 1).now_or_never().is_none());
    }
    assert_eq!(
        take(&batched, "p", "k", quota, 1).await.unwrap().remaining,
        398
    );
    // One who is refused takes nothing from the others of the same call.
    let costs = [399, 398, 1, 0];
    let all = costs.map(|cost| take(&batched, "p", "k", quota, cost));
    let all = futures_util::future::join_all(all).await;
    let admitted: Vec<_> = all
        .into_iter()
        .map(|found| found.unwrap().admitted)
        .collect();
    assert_eq!(admitted, [false, true, false, true]);
}

/// What is played: the kind of quota, its size, and how many times larger all times are.
#[derive(Clone, Copy, Debug)]
struct Game {
    kind: u8,
    units: u32,
    micros: u64,
    slower: u32,
}

impl Game {
    /// One of four plans: half as large, or three times as long.
    fn quota(self, plan: u8) -> Quota {
        let units = if plan & 1 == 1 {
            self.units.div_ceil(2)
        } else {
            self.units
        };
        let span = Duration::from_micros(self.micros) * self.slower;
        let span = if plan & 2 == 2 { span * 3 } else { span };
        match self.kind {
            0 => Quota::new(1, span).with_burst(units),
            1 => Quota::sliding_window(units, span),
            2 => Quota::sliding_counter(units, span),
            _ => Quota::fixed_window(units, span),
        }
    }
}

/// A key, the time that passes, a cost, how much of it comes back at once, and a plan.
type Step = (u8, u64, u32, u32, u8);

/// A cost: all that is left.
const ALL: u32 = u32::MAX;

/// A key, a quota, the units that were taken from it, when, and the receipt.
type Returnable = (String, Quota, u32, u64, Receipt);

/// Gives units back to both engines, unless they have left their window.
async fn come_back(shared: &Rig, memory: &Rig, own: Returnable, most: u32) {
    let (key, quota, cost, then, receipt) = own;
    let limit = quota.checked().unwrap();
    let span = match &limit {
        Limit::Bucket(_) => u64::MAX,
        Limit::Window(window) => window.span(),
        Limit::Counter(counter) => counter.span(),
    };
    if shared.clock.ticks() - then >= span {
        return;
    }
    let charge = Charge {
        policy: &Policy::new("p").unwrap(),
        key: &Key::from(&*key),
        limit: &limit,
        cost: most.min(cost),
        now: then.into(),
    };
    shared.store.give_back(charge, receipt).await.unwrap();
    let memory = &memory.store;
    memory.give_back(charge, Receipt::None).await.unwrap();
}

/// Plays in both engines.
fn play(game: Game, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let shared = rig(&SHARED.url());
        let memory = Rig {
            store: Arc::new(MemoryQuotas::with_capacity(64).unwrap()),
            ..shared.clone()
        };
        let mut taken: Vec<Returnable> = Vec::new();
        for (number, (key, step, cost, back, plan)) in steps.iter().copied().enumerate() {
            let pause = MICROSECOND * u32::try_from(step).unwrap();
            shared.clock.advance(pause * game.slower);
            let (quota, key) = (game.quota(plan), key.to_string());
            let cost = match cost {
                ALL => u32::try_from(memory.take("p", &key, quota, 0).await.remaining).unwrap(),
                cost => cost,
            };
            let found = shared.take("p", &key, quota, cost).await;
            let expected = memory.take("p", &key, quota, cost).await;
            let receipt = found.receipt;
            let found = Decision {
                receipt: Receipt::None,
                ..found
            };
            assert_eq!(found, expected, "step {number} under {quota}");
            let now = shared.clock.ticks();
            if found.admitted && cost > 0 {
                taken.push((key, quota, cost, now, receipt));
            }
            if back > 0 && !taken.is_empty() {
                let own = taken.swap_remove(number % taken.len());
                come_back(&shared, &memory, own, back).await;
            }
        }
    });
}

/// Whether of a bucket, the key, whether of the smaller plan, and the cost.
type Ask = (bool, u8, bool, u32);

/// Asks in rounds, those of each at once, which are sent in the order in which they come. Between
/// rounds refusals are forgotten: who is known to be refused does not wait for those before.
fn play_rounds(rounds: &[(u64, Vec<Ask>)]) {
    let span = Duration::from_secs(50);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let shared = rig(&SHARED.url());
        let memory = Rig {
            store: Arc::new(MemoryQuotas::with_capacity(64).unwrap()),
            ..shared.clone()
        };
        // Connected, and with scripts that the server knows.
        let window = Quota::sliding_window(1, span);
        for quota in [Quota::new(1, span), window] {
            let looks = (0..40).map(|_| shared.take("look", "k", quota, 0));
            futures_util::future::join_all(looks).await;
        }
        for (number, (step, asks)) in rounds.iter().enumerate() {
            let step = u32::try_from(*step).unwrap();
            shared.clock.advance(Duration::from_secs(1) * step);
            let asks: Vec<_> = (asks.iter().copied())
                .map(|(bucket, key, small, cost)| {
                    let units = if small { 3 } else { 5 };
                    let quota = if bucket {
                        Quota::new(1, span).with_burst(units)
                    } else {
                        Quota::sliding_window(units, span)
                    };
                    (key.to_string(), quota, cost)
                })
                .collect();
            let all = asks
                .iter()
                .map(|(key, quota, cost)| shared.take("p", key, *quota, *cost));
            let found = futures_util::future::join_all(all).await;
            for (place, (key, quota, cost)) in asks.iter().enumerate() {
                let expected = memory.take("p", key, *quota, *cost).await;
                let found = Decision {
                    receipt: Receipt::None,
                    ..found[place]
                };
                assert_eq!(found, expected, "round {number}, ask {place}");
            }
        }
    });
}

#[test]
fn a_weight_that_no_double_holds_is_as_heavy_on_redis() {
    // Two thirds of the units of the window before, which as doubles come to one more.
    let game = Game {
        kind: 2,
        units: 3_492_153_888,
        micros: 159,
        slower: 552_059_014,
    };
    // Whether they were taken is seen by who comes next.
    let steps = [
        (0, 0, 1_309_557_708, 0, 0),
        (0, 212, ALL, 0, 0),
        (0, 0, 1, 0, 0),
    ];
    play(game, &steps);
}

#[test]
fn what_has_left_a_short_window_does_not_come_back_in_a_longer_one() {
    let game = Game {
        kind: 1,
        units: 6,
        micros: 100,
        slower: 1,
    };
    let short = [
        (0, 0, 1, 0, 0),
        (0, 50, 1, 0, 0),
        (0, 20, 1, 0, 0),
        (0, 35, 1, 0, 0),
    ];
    let long = [
        (0, 1, 1, 0, 2),
        (0, 1, 0, 0, 2),
        (0, 1, ALL, 0, 2),
        (0, 90, 0, 0, 2),
    ];
    play(game, &[short, long].concat());
}

fn plan() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(0), 1 => 0..4_u8]
}

#[test]
fn a_refusal_under_a_smaller_plan_says_no_more_of_a_larger_one_than_is_so() {
    // Three of four units are owed, which is more than a plan of two holds.
    let game = Game {
        kind: 0,
        units: 4,
        micros: 35,
        slower: 1,
    };
    play(game, &[(0, 0, 3, 0, 0), (0, 6, 1, 0, 1), (0, 0, 3, 0, 0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_on_redis_decides_as_that_in_memory(
        kind in 0..4_u8,
        units in 1..6_u32,
        micros in 1..130_u64,
        steps in prop::collection::vec(
            (
                0..2_u8,
                prop_oneof![0..5_u64, 0..150_u64],
                0..7_u32,
                prop_oneof![3 => Just(0), 1 => 1..7_u32],
                plan(),
            ),
            1..60,
        ),
    ) {
        play(Game { kind, units, micros, slower: 1 }, &steps);
    }

    /// Products of units and times that no double holds.
    #[test]
    fn the_counters_on_redis_are_exact_however_large_they_are(
        kind in 2..4_u8,
        units in prop_oneof![1..=9_u32, 1_000_000..=u32::MAX],
        micros in 1..400_u64,
        slower in 1..2_000_000_000_u32,
        steps in prop::collection::vec(
            (0..2_u8, 0..150_u64, 0..10_u32, prop_oneof![3 => Just(0), 1 => 0..3_u32], plan()),
            1..40,
        ),
    ) {
        let large = |part: u32| units / 8 * part + units % 8;
        let steps: Vec<_> = steps
            .into_iter()
            .map(|(key, step, cost, back, plan)| {
                let cost = if cost > 7 { ALL } else { large(cost) };
                (key, step, cost, if back > 0 { large(back) } else { 0 }, plan)
            })
            .collect();
        play(Game { kind, units, micros, slower }, &steps);
    }

    #[test]
    fn what_is_sent_together_is_decided_as_in_memory(
        rounds in prop::collection::vec((1..150_u64, prop::collection::vec(
            (any::<bool>(), 0..4_u8, any::<bool>(), 0..5_u32), 1..70)), 1..6),
    ) {
        play_rounds(&rounds);
    }
}
