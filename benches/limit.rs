//! What a decision of a rate limit costs, beside one compare-and-swap measured in the same run:
//! `cargo bench --bench limit`. Times differ from machine to machine; the ratios are the point.
//! Ends with a fault if a decision on a hot key costs more than ten compare-and-swaps.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use portcullis::clock::{Clock, ManualClock, SystemClock};
use portcullis::guard::Guard;
use portcullis::rate_limit::RateLimit;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Decision, Key, KeyKind, Limit, Policy, Quota, Quotas};

const CHUNKS: usize = 5_000;
const CALLS: u32 = 1_000;

/// Nanoseconds a call in the chunk that was least disturbed by whatever else the machine does.
fn time(mut call: impl FnMut()) -> f64 {
    let chunk = |_| {
        let start = Instant::now();
        for _ in 0..CALLS {
            call();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    (0..CHUNKS).map(chunk).fold(f64::INFINITY, f64::min)
}

/// The answer of what answers at once.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("an engine in memory does not wait"),
    }
}

/// Takes one unit, as the guard does; inlined, since the guard does not move the decision either.
#[allow(clippy::inline_always)]
#[inline(always)]
fn take(store: &dyn Quotas, policy: &Policy, limit: &Limit, number: u64, now: u64) -> Decision {
    let key = Key::of_kind(KeyKind::Client, number);
    let charge = Charge {
        policy,
        key: black_box(&key),
        limit,
        cost: 1,
        now: now.into(),
    };
    match store.take(charge) {
        Answer::Ready(Some(answer)) => answer.unwrap(),
        later => now_or_never(later).unwrap(),
    }
}

/// A decision on one key whose quota is never used up, or always.
fn hot(quota: Quota, admitted: bool) -> f64 {
    let policy = Policy::new("client").unwrap();
    let store = MemoryQuotas::new();
    let limit = quota.checked().unwrap();
    let mut now = 1_000_000_000;
    while !admitted && take(&store, &policy, &limit, 1, now).admitted {}
    time(|| {
        now += if admitted { 1_000 } else { 0 };
        assert_eq!(take(&store, &policy, &limit, 1, now).admitted, admitted);
    })
}

/// Decisions on keys of which no two follow each other; `known` says whether they owe something.
fn spread(keys: u64, known: bool) -> f64 {
    let policy = Policy::new("client").unwrap();
    let store = MemoryQuotas::with_capacity(usize::try_from(keys).unwrap()).unwrap();
    let limit = Quota::per_hour(100_000).checked().unwrap();
    for key in 0..keys * if known { 1 } else { 4 } {
        take(&store, &policy, &limit, key, 1);
    }
    let mut key = 0_u64;
    time(|| {
        key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
        take(
            &store,
            &policy,
            &limit,
            if known { key % keys } else { key },
            1,
        );
    })
}

/// One hot key, asked for by two threads at once.
fn contended() -> f64 {
    let policy = Policy::new("client").unwrap();
    let store = MemoryQuotas::new();
    let limit = Quota::per_second(10_000_000)
        .with_burst(u32::MAX)
        .checked()
        .unwrap();
    let run = || time(|| _ = black_box(take(&store, &policy, &limit, 1, 1_000_000_000)));
    thread::scope(|scope| {
        let other = scope.spawn(run);
        run().max(other.join().unwrap())
    })
}

/// The whole guard: the key, the clock, the decision and the headers.
fn guard(quota: Quota, clock: impl Clock) -> f64 {
    let limit = RateLimit::per_client(quota).unwrap().with_clock(clock);
    let (mut head, ()) = http::Request::new(()).into_parts();
    let peer = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 4711));
    head.extensions.insert(ConnectInfo(peer));
    time(|| _ = black_box(now_or_never(limit.check(&mut head))))
}

fn main() -> ExitCode {
    let word = AtomicU64::new(0);
    let swap = time(|| {
        let seen = word.load(Relaxed);
        let swapped = word.compare_exchange(seen, seen + 1, AcqRel, Relaxed);
        assert!(black_box(swapped).is_ok());
    });

    // Never used up at one request a microsecond; and used up at once.
    let (wide, narrow) = (Quota::per_second(10_000_000), Quota::per_day(1));
    let span = Duration::from_micros(50);
    let admitted = hot(wide, true);
    let refused = hot(narrow, false);
    let rows = [
        ("one compare-and-swap", swap),
        (
            "the machine's clock",
            time(|| _ = black_box(SystemClock.ticks())),
        ),
        ("hot key, bucket, admitted", admitted),
        ("hot key, bucket, refused", refused),
        ("hot key, bucket, two threads", contended()),
        (
            "hot key, window of 100, admitted",
            hot(Quota::sliding_window(100, span), true),
        ),
        (
            "hot key, window of 100, refused",
            hot(Quota::sliding_window(100, span * 1_000), false),
        ),
        ("a million known keys", spread(1_000_000, true)),
        ("new keys, a flood far beyond room", spread(65_536, false)),
        (
            "whole guard, admitted, frozen clock",
            guard(wide, ManualClock::at(1)),
        ),
        ("whole guard, admitted", guard(wide, SystemClock)),
        ("whole guard, refused", guard(narrow, SystemClock)),
    ];
    for (what, nanoseconds) in rows {
        println!(
            "{what:<38} {nanoseconds:>8.1} ns {:>8.1} x",
            nanoseconds / swap
        );
    }
    if admitted.max(refused) > 10.0 * swap {
        eprintln!("a decision on a hot key costs more than ten compare-and-swaps");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
