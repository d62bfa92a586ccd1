//! Rate limits of this crate beside those of its peers, in one run; the ratios are the point:
//! `cargo run --release --manifest-path benches/peers/Cargo.toml --bin limit`.
//!
//! Stores: one decision on a key that comes again and again, on one of a million, and on one that
//! is used up. Layers: a whole request to a route of axum, admitted and refused, each layer with
//! its headers, over a layer that does nothing and over the least that a limit must do: look the
//! peer up, read a clock, take from a table.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::get;
use axum_governor::extractor::PeerIp;
use futures_util::future::Either;
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use portcullis::clock::{Moment, SystemClock};
use portcullis::rate_limit::{HeaderDraft, Quota, RateLimit};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Key, KeyKind, Limit, Policy, Quotas};
use tower::{Layer, Service};

const CHUNK: u32 = 200;
const ROUNDS: usize = 400;
const KEYS: u64 = 1_000_000;
const MANY: u32 = 4_000_000_000;

/// Nanoseconds a call, in the chunk of each that was least disturbed; they take turns.
fn in_turns<const N: usize>(rounds: usize, mut calls: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..rounds {
        for (call, best) in calls.iter_mut().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..CHUNK {
                call();
            }
            *best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CHUNK));
        }
    }
    best
}

fn line(name: &str, ours: f64, theirs: f64) {
    println!(
        "{name:<44} {ours:>8.1} {theirs:>8.1} {:>8.2}",
        ours / theirs
    );
}

fn limit(quota: Quota) -> Limit {
    quota.checked().expect("a quota that can be")
}

/// One unit from the quota of the key `number`.
fn take(store: &dyn Quotas, policy: &Policy, limit: &Limit, number: u64) -> bool {
    let key = Key::of_kind(KeyKind::Client, black_box(number));
    let charge = Charge {
        policy,
        key: &key,
        limit,
        cost: 1,
        now: Moment::of(&SystemClock),
    };
    match store.take(charge) {
        Answer::Ready(Some(Ok(decision))) => decision.admitted,
        _ => unreachable!("memory answers at once"),
    }
}

fn address(number: u64) -> IpAddr {
    Ipv4Addr::from_bits(u32::try_from(number).unwrap_or_default()).into()
}

/// Numbers that no cache foresees.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed % KEYS
}

fn stores() {
    println!(
        "{:<44} {:>8} {:>8} {:>8}",
        "a decision, clock and all (ns)", "ours", "governor", "ratio"
    );
    let policy = Policy::new("api").expect("a name");
    let ours = MemoryQuotas::new();
    // It comes faster than it is given units back, but has enough of them to begin with.
    let wide = limit(Quota::per_second(1_000_000).with_burst(MANY));
    let rested = limit(Quota::per_second(9_000_000).with_burst(MANY));
    let many = NonZeroU32::new(MANY).expect("not zero");
    let theirs: DefaultKeyedRateLimiter<IpAddr> =
        RateLimiter::keyed(governor::Quota::per_second(many));
    let [a, b] = in_turns(
        20_000,
        [&mut || assert!(take(&ours, &policy, &wide, 1)), &mut || {
            assert!(theirs.check_key(&black_box(address(1))).is_ok())
        }],
    );
    line("a hot key, admitted", a, b);
    let calm = Policy::new("calm").expect("a name");
    let [r, s] = in_turns(
        20_000,
        [&mut || assert!(take(&ours, &calm, &rested, 1)), &mut || {
            assert!(theirs.check_key(&black_box(address(1))).is_ok())
        }],
    );
    line("a key that owes nothing, admitted", r, s);

    let one = NonZeroU32::new(1).expect("not zero");
    let narrow = limit(Quota::per_day(1));
    let strict: DefaultKeyedRateLimiter<IpAddr> =
        RateLimiter::keyed(governor::Quota::per_hour(one));
    let used_up = Policy::new("used up").expect("a name");
    take(&ours, &used_up, &narrow, 2);
    let _ = strict.check_key(&address(2));
    let [c, d] = in_turns(
        20_000,
        [
            &mut || assert!(!take(&ours, &used_up, &narrow, 2)),
            &mut || assert!(strict.check_key(&black_box(address(2))).is_err()),
        ],
    );
    line("a hot key, refused", c, d);
    println!("refused over admitted, ours: {:.2}", c / a);

    // Each key owes something for the whole run, so that a million are really kept.
    let kept = Policy::new("kept").expect("a name");
    let ours = MemoryQuotas::with_capacity(1_000_000).expect("room");
    let slow = limit(Quota::per_hour(1_000).with_burst(1_000_000));
    let million = NonZeroU32::new(1_000_000).expect("not zero");
    let slow_of_theirs = governor::Quota::per_hour(one).allow_burst(million);
    let theirs: DefaultKeyedRateLimiter<IpAddr> = RateLimiter::keyed(slow_of_theirs);
    for number in 0..KEYS {
        assert!(take(&ours, &kept, &slow, number));
        assert!(theirs.check_key(&address(number)).is_ok());
    }
    let (mut one, mut other) = (88_172_645_463_325_252, 88_172_645_463_325_252);
    let [e, f] = in_turns(
        5_000,
        [
            &mut || assert!(take(&ours, &kept, &slow, random(&mut one))),
            &mut || assert!(theirs.check_key(&address(random(&mut other))).is_ok()),
        ],
    );
    line("one of a million keys, at random", e, f);
}

/// Hands requests on.
#[derive(Clone)]
struct NoOp<S>(S);

impl<S: Service<Request>> Service<Request> for NoOp<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.0.call(request)
    }
}

/// The least: no headers, no event, no problem.
#[derive(Clone)]
struct Least<S> {
    inner: S,
    store: Arc<MemoryQuotas>,
    policy: Arc<Policy>,
    limit: Limit,
}

impl<S: Service<Request, Response = Response>> Service<Request> for Least<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, std::future::Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let number = match peer.map(|ConnectInfo(peer)| peer.ip()) {
            Some(IpAddr::V4(address)) => address.to_bits().into(),
            _ => 0,
        };
        if take(&*self.store, &self.policy, &self.limit, number) {
            Either::Left(self.inner.call(request))
        } else {
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            Either::Right(std::future::ready(Ok(refusal)))
        }
    }
}

fn app<L>(layer: L) -> Router
where
    L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Error = std::convert::Infallible> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: axum::response::IntoResponse + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
{
    let route = Router::new().route("/", get(|| async { "in" }));
    route.layer(layer).with_state(())
}

fn request() -> Request {
    let mut request = Request::new(Body::empty());
    let peer = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 4711));
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// Nanoseconds a request to each of `apps`, of which all but the first few answer `status`.
async fn requests<const N: usize>(mut apps: [Router; N], statuses: [u16; N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for round in 0..ROUNDS {
        for (place, app) in apps.iter_mut().enumerate() {
            let batch: Vec<_> = (0..CHUNK).map(|_| request()).collect();
            let start = Instant::now();
            for request in batch {
                let Ok(response) = app.call(request).await;
                assert!(round == 0 || response.status() == statuses[place]);
                drop(black_box(response));
            }
            let each = start.elapsed().as_secs_f64() * 1e9 / f64::from(CHUNK);
            best[place] = best[place].min(each);
        }
    }
    best
}

async fn layers() {
    let apps = |ours: Quota, per_second: bool| {
        let store = Arc::new(MemoryQuotas::new());
        let policy = Arc::new(Policy::new("client").expect("a name"));
        let limit = limit(ours);
        let least = tower::layer::layer_fn(move |inner| Least {
            inner,
            store: Arc::clone(&store),
            policy: Arc::clone(&policy),
            limit,
        });
        let burst = if per_second { 1_000_000_000 } else { 1 };
        let period =
            std::time::Duration::from_nanos(if per_second { 1 } else { 3_600_000_000_000 });
        let tower_governor = tower_governor::governor::GovernorConfigBuilder::default()
            .period(period)
            .burst_size(burst)
            .use_headers()
            .finish()
            .expect("a quota that can be");
        let burst = NonZeroU32::new(burst).expect("not zero");
        let quota = governor::Quota::with_period(period)
            .expect("not zero")
            .allow_burst(burst);
        let axum_governor = axum_governor::GovernorConfigBuilder::default()
            .with_extractor(PeerIp::default())
            .expect_connect_info()
            .quota_default(quota.into())
            .finish()
            .expect("a quota that can be");
        [
            app(tower::layer::layer_fn(NoOp)),
            app(least),
            app(RateLimit::per_client(ours)
                .expect("a quota that can be")
                .with_headers(HeaderDraft::Silent)),
            app(RateLimit::per_client(ours).expect("a quota that can be")),
            app(tower_governor::GovernorLayer::new(tower_governor)),
            app(axum_governor::GovernorLayer::new(axum_governor)),
        ]
    };
    println!(
        "\n{:<44} {:>8} {:>8} {:>8}",
        "a whole request (ns)", "", "more", "x least"
    );
    let names = [
        "nothing",
        "the least",
        "portcullis without headers",
        "portcullis",
        "tower_governor",
        "axum-governor",
    ];
    let wide = Quota::per_second(9_000_000).with_burst(MANY);
    let admitted = requests(apps(wide, true), [200; 6]).await;
    let refused = requests(
        apps(Quota::per_day(1), false),
        [200, 429, 429, 429, 429, 429],
    )
    .await;
    for (what, times) in [("admitted", admitted), ("refused", refused)] {
        for (name, time) in names.iter().zip(times) {
            println!(
                "{:<44} {time:>8.0} {:>8.0} {:>8.2}",
                format!("{what}, {name}"),
                time - times[0],
                time / times[1],
            );
        }
    }
    let more = |times: &[f64; 6], place: usize| times[place] - times[0];
    println!(
        "admitted: {:.2} of what tower_governor adds; refused: {:.1} x faster than tower_governor, {:.1} x than axum-governor",
        more(&admitted, 3) / more(&admitted, 4),
        refused[4] / refused[3],
        refused[5] / refused[3],
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    stores();
    layers().await;
}
