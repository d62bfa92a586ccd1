//! What it costs to add routes through `Api`: exact counts of allocations, and times as ratios in one
//! run. `cargo bench --bench api` prints; with `-- --check` it only asserts what must hold.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response};
use portcullis::api::{Api, Policy, Tripwire, public};
use portcullis::guard::Shield;
use portcullis::rate_limit::{Quota, RateLimit};
use tokio::runtime::Runtime;
use tower::{Service, ServiceExt};
use tower_layer::Layer;

/// The audit of this many routes takes less than this time.
const ROUTES: usize = 1000;
const AUDIT_BUDGET: Duration = Duration::from_millis(50);

fn limit() -> RateLimit {
    RateLimit::per_client(Quota::per_second(1_000_000)).unwrap()
}

async fn handler() -> &'static str {
    "in"
}

fn request() -> Request<Body> {
    Request::builder()
        .uri("/")
        .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from((
            [127, 0, 0, 1],
            4711,
        ))))
        .body(Body::empty())
        .unwrap()
}

fn main() {
    let check_only = std::env::args().any(|argument| argument == "--check");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let shield = Shield::new().with(limit());
    // As `axum::serve` has it: a router whose state is not settled is put together for each request.
    let by_hand = Router::new()
        .route("/", get(handler).layer(shield.clone()))
        .with_state(());
    let policy = public("a benchmark").and(shield);
    let api = || Api::new(&policy).get("/", handler, &policy);
    let router = api().into_router().unwrap().with_state(());
    let service = api().into_service().unwrap();
    let wired = Tripwire::new().layer(by_hand_policy(&policy));

    let hand = allocations(&runtime, &by_hand);
    let added = allocations(&runtime, &router);
    let whole = allocations(&runtime, &service);
    let bare = allocations(&runtime, &by_hand_policy(&policy));
    let with_wire = allocations(&runtime, &wired);
    println!("{:<44} {:>6}", "", "alloc");
    println!("{:<44} {hand:>6}", "a Shield by hand");
    println!("{:<44} {added:>6}", "the same through Api, as a router");
    println!("{:<44} {whole:>6}", "the same with the tripwire around it");
    assert!(added <= hand, "a route of an Api costs more than by hand");
    assert_eq!(whole, added, "the tripwire allocates");
    assert_eq!(with_wire, bare, "the tripwire allocates");

    let audit = audit_time();
    if check_only {
        return;
    }
    println!("the audit of {ROUTES} routes takes {audit:?}; the budget is {AUDIT_BUDGET:?}");
    let [hand, added, whole] = times(&runtime, &by_hand, &router, &service);
    println!("through Api, by hand: {:.2}", added / hand);
    println!("with the tripwire, by hand: {:.2}", whole / hand);
    assert!(audit < AUDIT_BUDGET, "the audit takes {audit:?}");
}

fn by_hand_policy(policy: &Policy) -> Router {
    Router::new()
        .route("/", get(handler).layer(policy.clone()))
        .with_state(())
}

fn answer<T>(runtime: &Runtime, app: &T, request: Request<Body>) -> Response<Body>
where
    T: Service<Request<Body>, Response = Response<Body>> + Clone,
    T::Error: std::fmt::Debug,
{
    let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
    assert_eq!(response.status(), 200);
    response
}

/// Exact: taken on the third request, when all that is built once has been built.
fn allocations<T>(runtime: &Runtime, app: &T) -> u64
where
    T: Service<Request<Body>, Response = Response<Body>> + Clone,
    T::Error: std::fmt::Debug,
{
    for _ in 0..2 {
        answer(runtime, app, request());
    }
    let request = request();
    let mut response = None;
    let counted = allocation_counter::measure(|| {
        response = Some(answer(runtime, app, request));
    });
    drop(response);
    counted.count_total
}

/// The best of several runs, in nanoseconds a request; the three are measured by turns.
fn times<A, B, C>(runtime: &Runtime, one: &A, two: &B, three: &C) -> [f64; 3]
where
    A: Service<Request<Body>, Response = Response<Body>> + Clone,
    A::Error: std::fmt::Debug,
    B: Service<Request<Body>, Response = Response<Body>> + Clone,
    B::Error: std::fmt::Debug,
    C: Service<Request<Body>, Response = Response<Body>> + Clone,
    C::Error: std::fmt::Debug,
{
    let mut best = [f64::MAX; 3];
    for _ in 0..25 {
        let runs = [time(runtime, one), time(runtime, two), time(runtime, three)];
        for (best, run) in best.iter_mut().zip(runs) {
            *best = best.min(run);
        }
    }
    best
}

fn time<T>(runtime: &Runtime, app: &T) -> f64
where
    T: Service<Request<Body>, Response = Response<Body>> + Clone,
    T::Error: std::fmt::Debug,
{
    const REQUESTS: u32 = 2_000;
    let requests: Vec<_> = (0..REQUESTS).map(|_| request()).collect();
    let start = Instant::now();
    for request in requests {
        black_box(answer(runtime, app, request));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
}

/// How long the audit of a large application takes, pages and all.
fn audit_time() -> Duration {
    let policy: Policy = public("a benchmark").and(Shield::new().with(limit()));
    let mut api: Api = Api::new(&policy);
    for route in 0..ROUTES / 2 {
        let path = format!("/api/v{}/things/{route}/{{id}}", route % 3);
        api = api
            .get(&path, handler, &policy)
            .post(&path, handler, &policy);
    }
    let run = || {
        let start = Instant::now();
        let audit = api.audit();
        black_box((audit.to_json(), audit.to_html(), audit.to_text()));
        assert_eq!(audit.routes.len(), ROUTES + 1);
        start.elapsed()
    };
    (0..5).map(|_| run()).min().unwrap_or(Duration::MAX)
}
