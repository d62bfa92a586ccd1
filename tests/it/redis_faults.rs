//! What happens to quotas when their Redis is killed, started anew, stopped, slow or full, when a
//! slot of a cluster moves, and when the clocks of nodes or servers differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use portcullis::clock::{Clock, ManualClock};
use portcullis::secret::Secret;
use portcullis::store::redis::{RedisQuotas, RedisStore};
use portcullis::store::{Charge, Decision, FailingOver, Key, Policy, Quota, Quotas, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::redis_quotas::{quotas, said};
use crate::servers::Server;
use crate::servers::redis::Redis;

/// The deadline of the stores here, and what a busy machine may add to it.
const DEADLINE: Duration = Duration::from_millis(300);
const SLACK: Duration = Duration::from_secs(2);
/// What all nodes have together, and what each of two has by itself.
const UNITS: u64 = 10;
const SHARE: u64 = 5;

/// A node with a store for each plan, and the clock that says when a store is tried again.
struct Node {
    closed: FailingOver,
    local: FailingOver,
    open: FailingOver,
    clock: ManualClock,
}

impl Node {
    fn new(url: &str) -> Self {
        let engine = |word| {
            let store = RedisStore::connect(url).unwrap().with_key_prefix(word);
            let quotas = RedisQuotas::over(store.unwrap(), &Secret::new(vec![7; 32]));
            let engine: Arc<dyn Quotas> = Arc::new(quotas.unwrap().with_deadline(DEADLINE));
            engine
        };
        Self {
            closed: FailingOver::closed(engine("closed:")),
            local: FailingOver::local(engine("local:"), 2).unwrap(),
            open: FailingOver::dangerous_open_at_most(engine("open:"), Duration::from_hours(1)),
            clock: ManualClock::default(),
        }
    }

    /// Takes a unit, and sees that the answer is there in time.
    async fn take(&self, store: &FailingOver) -> Result<Decision, StoreError> {
        let quota = Quota::per_day(u32::try_from(UNITS).unwrap());
        let charge = Charge {
            policy: &Policy::new("p").unwrap(),
            key: &Key::from("k"),
            limit: &quota.checked().unwrap(),
            cost: 1,
            now: self.clock.ticks().into(),
        };
        let start = Instant::now();
        let answer = store.take(charge).await;
        assert!(start.elapsed() < DEADLINE + SLACK, "{:?}", start.elapsed());
        answer
    }

    fn stores(&self) -> [&FailingOver; 3] {
        [&self.closed, &self.local, &self.open]
    }

    /// Waits until Redis decides again, which takes no restart of anything here.
    async fn is_back(&self) {
        let start = Instant::now();
        for store in self.stores() {
            loop {
                self.clock.advance(Duration::from_secs(1));
                // The share and the open door have other numbers.
                match self.take(store).await {
                    Ok(found) if found.limit == UNITS && found.reset_after > 0 => break,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
                assert!(start.elapsed() < Duration::from_secs(20), "{store:?}");
            }
        }
    }

    /// Sees that each plan is followed by a node that has used one unit of each quota.
    async fn follows_its_plans(&self) {
        let mut admitted = [0; 2];
        for _ in 0..2 * UNITS {
            assert!(self.take(&self.closed).await.is_err());
            for (count, store) in admitted.iter_mut().zip([&self.local, &self.open]) {
                *count += u64::from(self.take(store).await.unwrap().admitted);
            }
        }
        assert_eq!(admitted, [SHARE - 1, 2 * UNITS]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_is_used_again() {
    let mut server = Redis::start();
    let node = Node::new(&server.url());
    node.is_back().await;
    server.signal_all("KILL");
    server.stop();
    node.follows_its_plans().await;
    server.resume();
    node.is_back().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_hangs_nobody() {
    let server = Redis::start();
    let node = Node::new(&server.url());
    node.is_back().await;
    server.signal_all("STOP");
    node.follows_its_plans().await;
    server.signal_all("CONT");
    node.is_back().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_full_is_one_that_does_not_answer() {
    let server = Redis::start();
    let node = Node::new(&server.url());
    node.is_back().await;
    said(&server.url(), &["CONFIG", "SET", "maxmemory", "1"]).await;
    node.follows_its_plans().await;
    said(&server.url(), &["CONFIG", "SET", "maxmemory", "0"]).await;
    node.is_back().await;
}

/// Hands on what goes to and from `to`, each piece after `delay` milliseconds.
async fn shim(to: String, delay: Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&to).await.unwrap();
            let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
            for (mut from, mut to) in [(from_near, to_far), (from_far, to_near)] {
                let delay = Arc::clone(&delay);
                tokio::spawn(async move {
                    let mut bytes = [0; 4_096];
                    while let Ok(count @ 1..) = from.read(&mut bytes).await {
                        let pause = Duration::from_millis(delay.load(Relaxed));
                        tokio::time::sleep(pause).await;
                        if to.write_all(&bytes[..count]).await.is_err() {
                            break;
                        }
                    }
                });
            }
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_slow_is_not_waited_for() {
    let server = Redis::start();
    let delay = Arc::new(AtomicU64::new(0));
    let address = server.url().replace("redis://", "").replace('/', "");
    let node = Node::new(&shim(address, Arc::clone(&delay)).await);
    node.is_back().await;
    delay.store(2 * u64::try_from(DEADLINE.as_millis()).unwrap(), Relaxed);
    node.follows_its_plans().await;
    delay.store(0, Relaxed);
    node.is_back().await;
}

async fn text(url: &str, words: &[&str]) -> String {
    redis::from_redis_value(said(url, words).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_has_moved_is_used_again_when_it_is_back() {
    let [server, other] = [(); 2].map(|()| Redis::start_with(&["--cluster-enabled", "yes"]));
    let (url, other_url) = (server.url(), other.url());
    said(&url, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    let port = other_url.trim_end_matches('/').rsplit(':').next().unwrap();
    said(&url, &["CLUSTER", "MEET", "127.0.0.1", port]).await;
    let own = text(&url, &["CLUSTER", "MYID"]).await;
    let others = text(&other_url, &["CLUSTER", "MYID"]).await;
    while !text(&url, &["CLUSTER", "NODES"]).await.contains(&others)
        || !text(&url, &["CLUSTER", "INFO"])
            .await
            .contains("cluster_state:ok")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let node = Node::new(&url);
    node.is_back().await;
    let names = said(&url, &["KEYS", "*"]).await;
    let names: Vec<String> = redis::from_redis_value(names).unwrap();
    assert_eq!(names.len(), 3, "{names:?}");
    // They lie in one slot, by their hash. What a slot holds moves with it.
    let slot = said(&url, &["CLUSTER", "KEYSLOT", &names[0]]).await;
    let slot: u32 = redis::from_redis_value(slot).unwrap();
    let slot = slot.to_string();
    for name in &names {
        said(&url, &["DEL", name]).await;
    }
    let moves = ["CLUSTER", "SETSLOT", &slot, "NODE"];
    said(&url, &[&moves[..], &[&others]].concat()).await;
    node.follows_its_plans().await;
    said(&url, &[&moves[..], &[&own]].concat()).await;
    node.is_back().await;
}

/// Takes a unit at a node whose clock says `now`.
async fn take_at(store: &RedisQuotas, quota: Quota, now: u64) -> Decision {
    let charge = Charge {
        policy: &Policy::new("p").unwrap(),
        key: &Key::from("k"),
        limit: &quota.checked().unwrap(),
        cost: 1,
        now: now.into(),
    };
    store.take(charge).await.unwrap()
}

#[tokio::test]
async fn the_clocks_of_nodes_do_not_matter() {
    const MINUTES: u64 = 60_000_000_000;
    let server = Redis::start();
    for quota in [
        Quota::per_day(6),
        Quota::sliding_window(6, Duration::from_hours(24)),
    ] {
        let nodes = [(); 2].map(|()| quotas(&server.url(), "q:"));
        // They differ, jump ahead, and go back, by minutes and by years.
        let clocks = [0, 10 * MINUTES, 5 * MINUTES, u64::MAX, 0, 10 * MINUTES];
        for (place, now) in clocks.into_iter().enumerate() {
            let decision = take_at(&nodes[place % 2], quota, now).await;
            assert!(decision.admitted);
            assert_eq!(decision.remaining, 5 - u64::try_from(place).unwrap());
        }
        for (place, now) in clocks.into_iter().enumerate() {
            let decision = take_at(&nodes[place % 2], quota, now).await;
            assert!(!decision.admitted && decision.remaining == 0);
        }
    }
}

#[tokio::test]
async fn a_server_whose_clock_goes_back_locks_nobody_out_for_longer_than_that() {
    let hour = Duration::from_hours(1);
    let server = Redis::start();
    for (quota, longest) in [
        (Quota::per_hour(2), hour + hour / 2),
        (Quota::sliding_window(2, hour), 2 * hour),
    ] {
        let (ahead, behind) = (ManualClock::default(), ManualClock::default());
        ahead.advance(hour);
        let before = quotas(&server.url(), "q:").dangerous_with_clock(ahead);
        let after = quotas(&server.url(), "q:").dangerous_with_clock(behind.clone());
        for _ in 0..2 {
            assert!(take_at(&before, quota, 0).await.admitted);
        }
        let refused = take_at(&after, quota, 0).await;
        let wait = Duration::from_nanos(refused.retry_after.unwrap());
        assert_eq!(wait, longest);
        assert!(!refused.admitted);
        // A second or more after it was refused the server is asked again.
        let last = Duration::from_micros(1);
        behind.advance(longest.saturating_sub(last));
        assert!(!take_at(&after, quota, behind.ticks()).await.admitted);
        behind.advance(last);
        assert!(take_at(&after, quota, behind.ticks()).await.admitted);
    }
}
