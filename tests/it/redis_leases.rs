//! Units that a node has taken ahead on Redis: never more than the quota, whatever happens to them.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::clock::ManualClock;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Decision, Quota};
use proptest::prelude::*;

use crate::quotas_contract::Rig;
use crate::redis_quotas::{quotas, scripts_run, take};
use crate::servers::Server;
use crate::servers::engines::own_word;
use crate::servers::redis::{Redis, SHARED};

const MICROSECOND: Duration = Duration::from_micros(1);

/// Nodes that share quotas and a clock.
fn fleet<const N: usize>(url: &str, age: Duration) -> [Rig; N] {
    let (word, clock) = (own_word(), ManualClock::default());
    // A node that begins has never seen anybody.
    clock.advance(Duration::from_secs(10));
    [(); N].map(|()| {
        let node = quotas(url, &word).dangerous_with_clock(clock.clone());
        Rig {
            store: Arc::new(node.with_leases(age).unwrap()),
            clock: clock.clone(),
            grain: MICROSECOND,
        }
    })
}

/// Takes single units until `most` are taken or one is refused, and tells how many were taken.
async fn use_up(node: &Rig, quota: Quota, most: u32) -> u32 {
    let mut taken = 0;
    while taken < most && node.take("p", "k", quota, 1).await.admitted {
        taken += 1;
    }
    taken
}

#[tokio::test]
async fn a_lease_that_is_used_late_is_not_too_much() {
    // A unit comes back each 10 ms, and 100 within the age of a lease.
    let quota = Quota::per_second(100).with_burst(2_000);
    let server = Redis::start();
    let [node, other] = fleet(&server.url(), Duration::from_secs(1));
    // The last of them takes the lease, and its first unit.
    assert_eq!(use_up(&node, quota, 16).await, 16);
    let before = scripts_run(&server).await;
    assert_eq!(use_up(&node, quota, 1).await, 1);
    node.clock.advance(Duration::from_nanos(999_999_999));
    // All that was taken has flowed back by now, but what flows back in the age of a lease is kept.
    let mut taken = 0;
    for cost in [1_000, 100, 10, 1] {
        while other.take("p", "k", quota, cost).await.admitted {
            taken += cost;
        }
    }
    assert_eq!(taken, 1_900);
    let asked = scripts_run(&server).await;
    assert!(asked > before);
    // The rest of the lease is used without asking, if its time by the machine's clock is not over.
    let late = use_up(&node, quota, 100).await;
    assert!(late == 30 || late == 0, "{late}");
    if late == 30 {
        // One more asked for another lease, and then for itself.
        assert!(scripts_run(&server).await <= asked + 2);
    }
}

#[tokio::test]
async fn a_lease_is_over_at_its_age() {
    let quota = Quota::per_second(100).with_burst(2_000);
    let server = Redis::start();
    let [node] = fleet(&server.url(), Duration::from_secs(1));
    assert_eq!(use_up(&node, quota, 16).await, 16);
    node.clock.advance(Duration::from_secs(1));
    let before = scripts_run(&server).await;
    assert_eq!(use_up(&node, quota, 1).await, 1);
    assert!(scripts_run(&server).await > before);
}

#[tokio::test]
async fn what_flowed_back_during_a_lease_is_not_given_back_again() {
    // A unit comes back each 10 ms, and 20 within the age of a lease.
    let quota = Quota::per_second(100).with_burst(2_000);
    let [node, other] = fleet(&SHARED.url(), Duration::from_millis(200));
    // 15 units, and 32 ahead, of which one is used.
    assert_eq!(use_up(&node, quota, 16).await, 16);
    node.clock.advance(Duration::from_millis(200));
    let left = other.take("p", "k", quota, 10).await.remaining;
    // Had no units been taken ahead, only the ten would be owed.
    let (start, bare) = (Instant::now(), 1_970);
    assert!(left == 1_943 || left <= bare, "{left}");
    while left == 1_943 && start.elapsed() < Duration::from_secs(20) {
        let left = other.take("p", "k", quota, 0).await.remaining;
        assert!(left <= bare, "{left}");
        if left > 1_943 {
            assert_eq!(left, 1_954);
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(left != 1_943, "nothing has come back");
}

#[tokio::test]
async fn what_is_left_of_a_lease_comes_back() {
    let quota = Quota::per_hour(3_600);
    let [node, other] = fleet(&SHARED.url(), Duration::from_millis(20));
    for round in 0..3 {
        assert_eq!(use_up(&node, quota, 20).await, 20);
        let start = Instant::now();
        loop {
            let left = other.take("p", "k", quota, 0).await.remaining;
            // One unit flows back in the age of a lease, or part of one.
            if left == 3_599 - 20 * (round + 1) {
                break;
            }
            assert!(left < 3_600 - 20 * (round + 1), "{left}");
            assert!(start.elapsed() < Duration::from_secs(20), "{left}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_hot_key_asks_the_server_seldom_and_gets_its_whole_quota() {
    for server in [Redis::start(), Redis::start_valkey()] {
        asks_seldom(&server).await;
    }
}

async fn asks_seldom(server: &Redis) {
    let quota = Quota::per_hour(36_000);
    let [node] = fleet(&server.url(), Duration::from_millis(500));
    let before = scripts_run(server).await;
    // A tenth of a second is a unit, and five units flow back in the age of a lease.
    let taken = use_up(&node, quota, 30_000).await;
    assert_eq!(taken, 30_000);
    let calls = scripts_run(server).await - before;
    assert!(calls < 300, "{calls}");
    let taken = use_up(&node, quota, 10_000).await;
    // By its own left-overs a node may be kept from the last units for a while.
    assert!((5_900..=5_995).contains(&taken), "{taken}");
    // Who is refused is not asked for.
    let before = scripts_run(server).await;
    for _ in 0..100 {
        assert!(!node.take("p", "k", quota, 1).await.admitted);
    }
    assert!(scripts_run(server).await <= before + 1);
}

#[tokio::test]
async fn no_lease_is_taken_for_others_who_ask_or_for_other_limits() {
    let [node] = fleet(&SHARED.url(), Duration::from_secs(1));
    let (quota, larger) = (Quota::per_hour(3_600), Quota::per_hour(7_200));
    assert_eq!(use_up(&node, quota, 30).await, 30);
    // A lease of 32 units is charged.
    assert_eq!(node.take("p", "k", larger, 0).await.remaining, 7_198 - 94);
    assert_eq!(node.take("p", "other", quota, 1).await.remaining, 3_598);
    assert_eq!(node.take("q", "k", quota, 1).await.remaining, 3_598);
    // What fills too quickly, or holds too little, holds what was asked for.
    let second = Duration::from_secs(1);
    for narrow in [Quota::per_hour(255), Quota::new(1_000, 15 * second)] {
        let limit = u64::from(narrow.checked().unwrap().units());
        assert_eq!(node.take("r", "k", narrow, 0).await.limit, limit);
    }
    let clock = ManualClock::default();
    let fleet = quotas(&SHARED.url(), &own_word()).dangerous_with_clock(clock);
    for (age, fits) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
        let quotas = quotas(&SHARED.url(), "q:").with_leases(Duration::from_millis(age));
        assert_eq!(quotas.is_ok(), fits, "{age}");
    }
    drop(fleet);
}

/// Plays `steps` at two nodes: which one, how long after the one before, how many asks of what cost,
/// and whether the leases end before. What is admitted, the engine in memory admits too, which is told of nothing else.
fn play(steps: &[(usize, u64, u32, u32, bool)]) {
    let quota = Quota::per_second(1_000).with_burst(400);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let nodes: [Rig; 2] = fleet(&SHARED.url(), Duration::from_millis(25));
        let model = Rig {
            store: Arc::new(MemoryQuotas::with_capacity(64).unwrap()),
            ..nodes[0].clone()
        };
        for (number, (node, step, asks, cost, pause)) in steps.iter().copied().enumerate() {
            if pause {
                tokio::time::sleep(Duration::from_millis(27)).await;
            }
            model.clock.advance(Duration::from_millis(step));
            for _ in 0..asks {
                let found: Decision = nodes[node].take("p", "k", quota, cost).await;
                if !found.admitted {
                    break;
                }
                let expected = model.take("p", "k", quota, cost).await;
                assert!(expected.admitted, "step {number}: {found:?} {expected:?}");
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn two_nodes_with_leases_never_get_more_than_the_model_admits(
        steps in prop::collection::vec(
            (
                0..2_usize,
                prop_oneof![0..30_u64, Just(100)],
                prop_oneof![1..60_u32, Just(500)],
                prop_oneof![Just(1_u32), Just(1), 1..6_u32, Just(25)],
                prop::bool::weighted(0.1),
            ),
            1..32,
        ),
    ) {
        play(&steps);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_hangs_nobody_who_waits_for_a_lease() {
    let deadline = Duration::from_millis(300);
    let server = Redis::start();
    let store = quotas(&server.url(), "q:").with_deadline(deadline);
    let store = store.with_leases(Duration::from_millis(50)).unwrap();
    let quota = Quota::per_hour(100_000);
    let ask = async || {
        let start = Instant::now();
        let answers = (0..40).map(|_| take(&store, "p", "k", quota, 1));
        let answers = futures_util::future::join_all(answers).await;
        assert!(start.elapsed() < deadline + Duration::from_secs(2));
        answers.iter().filter(|answer| answer.is_ok()).count()
    };
    for _ in 0..3 {
        while ask().await < 40 {}
        server.signal_all("STOP");
        tokio::time::sleep(Duration::from_millis(60)).await;
        // Leases are over, and another cannot be had.
        assert_eq!(ask().await, 0);
        server.signal_all("CONT");
    }
    while ask().await < 40 {}
}

/// Tells the process that is a node which server to use, and with which prefix.
const SERVER: &str = "PORTCULLIS_LEASES_SERVER";
const PREFIX: &str = "PORTCULLIS_LEASES_PREFIX";
const UNITS: u32 = 20_000;

#[test]
#[ignore = "the process that the other test starts"]
fn a_node() {
    let (Ok(url), Ok(prefix)) = (std::env::var(SERVER), std::env::var(PREFIX)) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = quotas(&url, &prefix).with_leases(Duration::from_millis(200));
        let store = store.unwrap();
        let mut refused = 0;
        // Longer than any lease lives.
        while refused < 100 {
            match take(&store, "p", "k", Quota::per_day(UNITS), 1).await {
                Ok(found) if found.admitted => {
                    // One write for each, so that none is lost when the process is.
                    std::io::stderr().write_all(b".").unwrap();
                    refused = 0;
                }
                _ => {
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    });
}

fn node(url: &str, prefix: &str, written: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "redis_leases::a_node",
            "--ignored",
            "--nocapture",
        ])
        .env(SERVER, url)
        .env(PREFIX, prefix)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(written).unwrap())
        .spawn()
        .unwrap()
}

/// Four processes, of which one is killed with a lease in its hand.
#[test]
fn processes_with_leases_never_get_more_than_the_quota_even_if_one_is_killed() {
    let (server, prefix, start) = (Redis::start(), own_word(), Instant::now());
    let folder = std::env::temp_dir().join(format!("portcullis-leases-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let written: Vec<_> = (0..4).map(|place| folder.join(place.to_string())).collect();
    let size = |place: usize| std::fs::metadata(&written[place]).unwrap().len();
    let mut nodes: Vec<_> = (written.iter())
        .map(|file| node(&server.url(), &prefix, file))
        .collect();
    while size(0) < 500 {
        assert!(start.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(1));
    }
    nodes[0].kill().unwrap();
    for node in &mut nodes {
        node.wait().unwrap();
    }
    let admitted: u64 = (0..4).map(size).sum();
    let flowed = u64::from(UNITS) * start.elapsed().as_secs() / 86_400 + 1;
    let units = u64::from(UNITS);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(admitted <= units + flowed, "{admitted}");
    // What the one who was killed had is lost, an eighth at most; and the others go on.
    assert!(admitted >= units * 7 / 8 - 1, "{admitted}");
}
