//! What a decision on Redis costs, beside a `PING` and a hand-written script over one connection
//! each, in one run: `cargo bench --bench redis --features redis`. It needs a server that may be
//! written to, at the address `REDIS_URL` (default: `redis://127.0.0.1:6379/`). Times differ from
//! machine to machine; the ratios are the point.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portcullis::clock::{Moment, SystemClock};
use portcullis::secret::Secret;
use portcullis::store::redis::{RedisQuotas, RedisStore};
use portcullis::store::{Charge, Key, Policy, Quota, Quotas};
use redis::aio::MultiplexedConnection;

const CALLS: u32 = 40_000;
const ROUNDS: usize = 5;

/// What somebody would write who needs no more than one token bucket.
const BY_HAND: &str = "
    local t = redis.call('TIME')
    local now = t[1] * 1000000 + t[2]
    local tat = tonumber(redis.call('GET', KEYS[1]) or now)
    if tat < now then tat = now end
    local new = tat + ARGV[1]
    if new - now > tonumber(ARGV[2]) then return now + ARGV[2] - new end
    redis.call('SET', KEYS[1], new, 'PX', math.ceil((new - now) / 1000) + 1)
    return new - now";

/// Calls a second with so many in flight, in the round that was least disturbed.
async fn rate<F: Future<Output = ()>>(in_flight: u32, call: impl Fn(u32) -> F) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let callers = (0..in_flight).map(|caller| {
            let call = &call;
            async move {
                for number in 0..CALLS / in_flight {
                    call(caller * (CALLS / in_flight) + number).await;
                }
            }
        });
        join_all(callers).await;
        let calls = f64::from(CALLS / in_flight * in_flight);
        best = best.max(calls / start.elapsed().as_secs_f64());
    }
    best
}

fn quotas(
    connection: MultiplexedConnection,
    charges: usize,
) -> Arc<RedisQuotas<MultiplexedConnection>> {
    let quotas = RedisQuotas::over(RedisStore::new(connection), &Secret::new(vec![7; 32]));
    let quotas = quotas.unwrap().with_deadline(Duration::from_secs(10));
    Arc::new(quotas.with_charges_a_call(charges))
}

async fn take(quotas: Arc<RedisQuotas<MultiplexedConnection>>, number: u32) {
    let limit = Quota::per_minute(60_000).checked().unwrap();
    let charge = Charge {
        policy: &Policy::new("bench").unwrap(),
        key: &Key::from(u64::from(number % 1_000)),
        limit: &limit,
        cost: 1,
        now: Moment::of(&SystemClock),
    };
    assert!(quotas.take(charge).await.unwrap().admitted);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379/".to_owned());
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let script = redis::Script::new(BY_HAND);
    let (single, batched) = (
        quotas(connection.clone(), 1),
        quotas(connection.clone(), 128),
    );
    for in_flight in [64, 512] {
        let ping = rate(in_flight, |_| {
            let mut connection = connection.clone();
            async move {
                redis::cmd("PING")
                    .exec_async(&mut connection)
                    .await
                    .unwrap();
            }
        });
        let ping = ping.await;
        let by_hand = rate(in_flight, |number| {
            let (mut connection, script) = (connection.clone(), &script);
            async move {
                let name = format!("bench:{{{:032}}}", number % 1_000);
                let mut call = script.key(name);
                call.arg(1_000).arg(60_000_000);
                let _: i64 = call.invoke_async(&mut connection).await.unwrap();
            }
        });
        let by_hand = by_hand.await;
        println!("{in_flight} in flight: PING {ping:.0}/s, by hand {by_hand:.0}/s");
        for (name, quotas) in [("one a call", &single), ("batched", &batched)] {
            let own = rate(in_flight, |number| take(Arc::clone(quotas), number)).await;
            println!(
                "  {name}: {own:.0}/s, {:.2} x by hand, {:.2} x PING",
                own / by_hand,
                own / ping
            );
        }
    }
}
