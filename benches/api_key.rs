//! A request with an API key whose record is cached, beside the least that any check of a key must
//! do: read a header, hash it, look a map up, compare in constant time, leave one extension.
//!
//! `cargo bench --bench api_key` prints the ratios; both are measured in turns, and the least
//! disturbed turn of each counts. `-- --check` looks at the allocations alone, which are exact. Ends
//! with a fault if the guard costs more than four allocations, or 1.25 times the least; the goal is
//! 1.15 times. The least has no checksum, clock, expiry, bound, event or problem.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::future::{Either, Ready, ready};
use http::{Request, Response, StatusCode};
use portcullis::api_key::{LastUsed, NewApiKey, RequireApiKey};
use portcullis::clock::SystemClock;
use portcullis::store::CachedKeyRing;
use portcullis::store::memory::MemoryKeyRing;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use tower_layer::layer_fn;
use tower_service::Service;

const TURNS: usize = 600;
const REQUESTS: usize = 200;
const GOAL: f64 = 1.15;
const MOST_TIME: f64 = 1.25;
const MOST_ALLOCATIONS: i64 = 4;

/// Hands requests on.
#[derive(Clone)]
struct NoOp<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for NoOp<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.call(request)
    }
}

/// An owner and the hash of a key.
type Kept = (Arc<String>, [u8; 32]);

/// The least: no checksum, no expiry, no revocation, no event, no problem.
#[derive(Clone)]
struct Least<S> {
    inner: S,
    keys: Arc<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Owner(#[allow(dead_code)] Arc<String>);

impl<S> Least<S> {
    fn owner(&self, request: &Request<Body>) -> Option<Arc<String>> {
        let key = request.headers().get("x-api-key")?.to_str().ok()?;
        let hash: [u8; 32] = Sha256::digest(key).into();
        let (owner, kept) = self.keys.get(key.get(4..20)?)?;
        bool::from(kept.ct_eq(&hash)).then(|| Arc::clone(owner))
    }
}

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>> for Least<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<S::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(owner) = self.owner(&request) else {
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = StatusCode::UNAUTHORIZED;
            return Either::Right(ready(Ok(refusal)));
        };
        request.extensions_mut().insert(Owner(owner));
        Either::Left(self.inner.call(request))
    }
}

struct Case {
    name: &'static str,
    app: Router,
    best: f64,
    allocations: u64,
}

fn main() -> ExitCode {
    let check_only = std::env::args().any(|argument| argument == "--check");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let ring = MemoryKeyRing::default();
    let key = NewApiKey::owned_by("alice").expiring_in(Duration::from_hours(24));
    let issued = runtime.block_on(key.issue(&ring, &SystemClock)).unwrap();
    let key = issued.key.expose().clone();
    let mut cases = cases(&ring, &key);
    for case in &mut cases {
        case.allocations = allocations(&runtime, case, &key);
    }
    for _ in 0..if check_only { 1 } else { TURNS } {
        for case in &mut cases {
            case.best = case.best.min(turn(&runtime, case, &key));
        }
    }
    let [none, least, guarded, noted] = &cases;
    println!(
        "{:<44} {:>6} {:>6} {:>8} {:>9}",
        "", "alloc", "more", "ns", "x least"
    );
    for case in &cases {
        println!(
            "{:<44} {:>6} {:>6} {:>8.0} {:>9.3}",
            case.name,
            case.allocations,
            more(case, none),
            case.best,
            case.best / least.best,
        );
    }
    let mut good = true;
    for case in [guarded, noted] {
        good &= more(case, none) <= MOST_ALLOCATIONS;
        good &= check_only || case.best / least.best <= MOST_TIME;
    }
    println!(
        "the goal is {GOAL} times the least, the budget {MOST_TIME} times and {MOST_ALLOCATIONS} \
         allocations more"
    );
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn more(case: &Case, none: &Case) -> i64 {
    case.allocations.cast_signed() - none.allocations.cast_signed()
}

fn cases(ring: &MemoryKeyRing, key: &str) -> [Case; 4] {
    let case = |name, app: Router| Case {
        name,
        // As `axum::serve` does: a router whose state is not settled is put together anew for each
        // request.
        app: app.with_state(()),
        best: f64::INFINITY,
        allocations: 0,
    };
    let route = || Router::new().route("/", get(|| async { "in" }));
    let hash: [u8; 32] = Sha256::digest(key).into();
    let keys = HashMap::from([(key[4..20].to_owned(), (Arc::new("alice".to_owned()), hash))]);
    let keys = Arc::new(keys);
    let cached = CachedKeyRing::over(ring.clone());
    let guard = RequireApiKey::in_ring(cached.clone());
    let notes = LastUsed::in_ring(cached);
    [
        case("a layer that does nothing", route().layer(layer_fn(NoOp))),
        case(
            "the least",
            route().layer(layer_fn(move |inner| Least {
                inner,
                keys: Arc::clone(&keys),
            })),
        ),
        case("RequireApiKey, cached", route().layer(guard.clone())),
        case(
            "the same, its last use noted",
            route().layer(guard.with_last_used(notes)),
        ),
    ]
}

fn request(key: &str) -> Request<Body> {
    let request = Request::get("/").header("x-api-key", key);
    request.body(Body::empty()).unwrap()
}

/// Exact: taken on the third request, when all that is built once has been built.
fn allocations(runtime: &Runtime, case: &Case, key: &str) -> u64 {
    let mut counted = 0;
    for _ in 0..3 {
        let (request, app) = (request(key), case.app.clone());
        let mut response = None;
        let count = allocation_counter::measure(|| {
            response = Some(runtime.block_on(app.oneshot(request)).unwrap());
        });
        assert_eq!(response.unwrap().status(), 200, "{}", case.name);
        counted = count.count_total;
    }
    counted
}

/// Nanoseconds a request.
fn turn(runtime: &Runtime, case: &Case, key: &str) -> f64 {
    let requests: Vec<_> = (0..REQUESTS).map(|_| request(key)).collect();
    let mut elapsed = Duration::ZERO;
    runtime.block_on(async {
        let start = Instant::now();
        for request in requests {
            black_box(case.app.clone().oneshot(request).await.unwrap());
        }
        elapsed = start.elapsed();
    });
    #[allow(clippy::cast_precision_loss)]
    let requests = REQUESTS as f64;
    elapsed.as_secs_f64() * 1e9 / requests
}
