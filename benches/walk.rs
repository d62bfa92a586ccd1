//! One request on its way through no guard, through each control, and through all of them as one
//! `Shield`: allocations, which are exact, and time, as a ratio to the bare route.
//!
//! `cargo bench --bench walk` prints the table; `-- --check` looks at the allocations alone.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use http::{Request, Response};
use portcullis::api_key::{IssuedApiKey, NewApiKey, RequireApiKey};
use portcullis::assign::{self, Assignable, New};
use portcullis::authz::RequireScopes;
use portcullis::clock::SystemClock;
use portcullis::cors::Cors;
use portcullis::cross_site::RefuseCrossSite;
use portcullis::errors::GenericErrors;
use portcullis::guard::{Authenticator, Shield};
use portcullis::headers::SecurityHeaders;
use portcullis::identity::Scopes;
use portcullis::input::ValidatedJson;
use portcullis::jwt::{Grant, JwtIssuer, RequireJwt, SigningKey};
use portcullis::load::{InFlight, LoadLimits};
use portcullis::problem::Problem;
use portcullis::rate_limit::{By, HeaderDraft, Quota, RateLimit};
use portcullis::store::memory::MemoryKeyRing;
use portcullis::version::{Version, Versions};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// How many allocations a whole shield may add to a request that shows an API key.
const SHIELD_BUDGET: u64 = 8;

/// How many allocations all limits of load may add to a request: two as any layer of an axum router,
/// one for each body that axum boxes anew, and one to know what becomes of a request's body.
const LOAD_BUDGET: [u64; 2] = [4, 5];

#[derive(Default, Deserialize, JsonSchema, Assignable)]
struct Article {
    #[schemars(length(min = 1, max = 200))]
    #[assign(write)]
    title: String,
}

async fn fill(sent: New<Article>) -> Result<String, Problem> {
    let article = sent.fill(Article::default(), &assign::Grant::of_stranger())?;
    Ok(article.title)
}

struct Case {
    name: &'static str,
    app: Router,
    request: Box<dyn Fn() -> Request<Body>>,
}

struct Measured {
    allocations: u64,
    nanoseconds: f64,
}

fn main() {
    let check_only = std::env::args().any(|argument| argument == "--check");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut table = Vec::new();
    for case in cases(&runtime).into_iter().chain(load_cases()) {
        let measured = Measured {
            allocations: allocations(&runtime, &case),
            nanoseconds: if check_only {
                0.0
            } else {
                time(&runtime, &case)
            },
        };
        table.push((case.name, measured));
    }
    let bare = |name: &str| {
        let twin = if name.contains("body") {
            "bare, with a body"
        } else {
            "bare"
        };
        table.iter().find(|(name, _)| *name == twin).unwrap()
    };
    println!("{:<44} {:>6} {:>7} {:>9}", "", "alloc", "more", "x bare");
    for (name, measured) in &table {
        let (_, bare) = bare(name);
        println!(
            "{name:<44} {:>6} {:>7} {:>9.2}",
            measured.allocations,
            measured.allocations.cast_signed() - bare.allocations.cast_signed(),
            measured.nanoseconds / bare.nanoseconds,
        );
    }
    let find = |wanted| &table.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let more = find(WHOLE).allocations - find("bare").allocations;
    assert!(
        more <= SHIELD_BUDGET,
        "a whole shield costs {more} allocations"
    );
    let decision = find(SILENT).allocations - find("Shield without guards").allocations;
    // The box of a guard that may wait for its store, and nothing else.
    assert!(decision <= 1, "a decision of a rate limit allocates");
    let shared = find(SAME_ORIGIN).allocations - find("Shield without guards").allocations;
    assert!(
        shared == 0,
        "CORS costs a request without Origin {shared} allocations"
    );
    println!("a whole shield adds {more} allocations; the budget is {SHIELD_BUDGET}");
    for (name, budget) in FRONT_BUDGET {
        let more = find(name).allocations - find("bare").allocations;
        assert!(more <= budget, "{name} costs {more} allocations");
        println!("{name} adds {more} allocations; the budget is {budget}");
    }
    for ((name, bare), budget) in [(LOAD, "bare"), (LOAD_BODY, "bare, with a body")]
        .into_iter()
        .zip(LOAD_BUDGET)
    {
        let more = find(name).allocations - find(bare).allocations;
        assert!(more <= budget, "{name} costs {more} allocations");
        println!("{name} adds {more} allocations; the budget is {budget}");
    }
}

const HEADERS: &str = "SecurityHeaders";
const ERRORS: &str = "GenericErrors";
const VERSION: &str = "a deprecated version";

/// How many allocations the front of the house may add to a request: two as any layer of an axum
/// router. Beyond that headers take one for what is to be done and two where the map of the response
/// grows; errors one for the facts, and two for an id that is drawn and shared; a version one for the
/// facts and one for what is to be done.
const FRONT_BUDGET: [(&str, u64); 3] = [(HEADERS, 5), (ERRORS, 5), (VERSION, 4)];

const LOAD: &str = "LoadLimits";
const LOAD_BODY: &str = "LoadLimits, for a body";

const SAME_ORIGIN: &str = "Cors, RefuseCrossSite: no Origin";

const WHOLE: &str = "one Shield: JWT or API key, scopes, quota";

const SILENT: &str = "RateLimit that tells callers nothing";

fn cases(runtime: &Runtime) -> Vec<Case> {
    let key = SigningKey::hs256([7; 32]).unwrap();
    let scopes = || Scopes::parse("articles:read");
    let issuer = JwtIssuer::new("https://id.example", "articles", key.clone()).unwrap();
    let token = issuer
        .issue(&Grant::to("alice").with_scopes(scopes()))
        .unwrap();
    let token = format!("Bearer {}", token.expose());
    let ring = MemoryKeyRing::default();
    let api_key: IssuedApiKey = runtime
        .block_on(
            NewApiKey::owned_by("alice")
                .with_scopes(scopes())
                .never_expiring()
                .issue(&ring, &SystemClock),
        )
        .unwrap();
    let api_key = api_key.key.expose().clone();

    let jwt = || RequireJwt::new("https://id.example", "articles", key.verifying_key()).unwrap();
    let keyed = || RequireApiKey::in_ring(ring.clone());
    let limit = || RateLimit::per_principal(Quota::per_second(1_000_000)).unwrap();
    let bare = || Router::new().route("/", get(|| async { "in" }));
    let plain = || request("GET", None, "");
    let with_token = move || request("GET", Some(("authorization", &token)), "");
    let with_key = move || request("GET", Some(("x-api-key", &api_key)), "");
    let with_body = || request("POST", None, r#"{"title": "Gates"}"#);
    let mut all = vec![
        case("bare", bare(), Box::new(plain)),
        case(
            "Shield without guards",
            bare().layer(Shield::new()),
            Box::new(plain),
        ),
        case(
            "RequireJwt (HS256)",
            bare().layer(jwt()),
            Box::new(with_token),
        ),
        case(
            "RequireApiKey",
            bare().layer(keyed()),
            Box::new(with_key.clone()),
        ),
        case(
            WHOLE,
            bare().layer(
                Shield::new()
                    .with(jwt().or(keyed()))
                    .with(RequireScopes::all(["articles:read"]).unwrap())
                    .with(limit()),
            ),
            Box::new(with_key.clone()),
        ),
        case(
            "the same three as layers",
            bare()
                .layer(limit())
                .layer(RequireScopes::all(["articles:read"]).unwrap())
                .layer(Shield::new().with(jwt().or(keyed()))),
            Box::new(with_key),
        ),
        case(
            "bare, with a body",
            Router::new().route(
                "/",
                post(|axum::Json(article): axum::Json<Article>| async { article.title }),
            ),
            Box::new(with_body),
        ),
        case(
            "ValidatedJson, for a body",
            Router::new().route(
                "/",
                post(|ValidatedJson(article): ValidatedJson<Article>| async { article.title }),
            ),
            Box::new(with_body),
        ),
        case(
            "New, for a body",
            Router::new().route("/", post(fill)),
            Box::new(with_body),
        ),
    ];
    all.extend(limits());
    all.extend(front());
    all.extend(origins());
    all
}

/// What stands at the front of the house.
fn front() -> Vec<Case> {
    let bare = || Router::new().route("/", get(|| async { "in" }));
    let plain = || request("GET", None, "");
    let old = Version::new(1)
        .with_deprecation(0)
        .with_sunset(9_999_999_999);
    let versions = Versions::under("", [old, Version::new(2)]).unwrap();
    vec![
        case(
            HEADERS,
            bare().layer(SecurityHeaders::api()),
            Box::new(plain),
        ),
        case(ERRORS, bare().layer(GenericErrors::new()), Box::new(plain)),
        case(
            VERSION,
            bare().layer(versions.guard(1).unwrap()),
            Box::new(plain),
        ),
    ]
}

/// What looks at where a request comes from.
fn origins() -> Vec<Case> {
    let app = || {
        let cors = Cors::for_origins(["https://app.example.com", "https://*.example.com"])
            .with_credentials()
            .build()
            .unwrap();
        let shield = Shield::new().with(cors).with(RefuseCrossSite::new());
        Router::new()
            .route("/", get(|| async { "in" }))
            .layer(shield)
    };
    let of = |origin| request("GET", Some(("origin", origin)), "");
    vec![
        case(SAME_ORIGIN, app(), Box::new(|| request("GET", None, ""))),
        case(
            "the same, of a named origin",
            app(),
            Box::new(move || of("https://app.example.com")),
        ),
        case(
            "the same, of a subdomain",
            app(),
            Box::new(move || of("https://a.b.example.com")),
        ),
    ]
}

/// Rate limits by themselves.
fn limits() -> Vec<Case> {
    let per_client = || RateLimit::per_client(Quota::per_second(1_000_000)).unwrap();
    let by_route = || {
        let by = By::client().and(By::route());
        RateLimit::per(by, "route", Quota::per_second(1_000_000)).unwrap()
    };
    let bare = || Router::new().route("/", get(|| async { "in" }));
    let plain = || request("GET", None, "");
    vec![
        case("RateLimit", bare().layer(per_client()), Box::new(plain)),
        case(
            SILENT,
            bare().layer(per_client().with_headers(HeaderDraft::Silent)),
            Box::new(plain),
        ),
        case(
            "RateLimit, counting failures",
            bare().layer(per_client().with_failures_only()),
            Box::new(plain),
        ),
        case(
            "RateLimit of a client on a route",
            bare().layer(by_route()),
            Box::new(plain),
        ),
    ]
}

/// As `axum::serve` does: a router whose state is not settled is put together anew for each request.
fn case(name: &'static str, app: Router, request: Box<dyn Fn() -> Request<Body>>) -> Case {
    Case {
        name,
        app: app.with_state(()),
        request,
    }
}

fn load_cases() -> [Case; 2] {
    let limits = || LoadLimits::new().with_in_flight(InFlight::per_client(1).unwrap());
    let read = |axum::Json(article): axum::Json<Article>| async { article.title };
    [
        Case {
            name: LOAD,
            app: Router::new()
                .route("/", get(|| async { "in" }))
                .layer(limits().unwrap())
                .with_state(()),
            request: Box::new(|| request("GET", None, "")),
        },
        Case {
            name: LOAD_BODY,
            app: Router::new()
                .route("/", post(read))
                .layer(limits().unwrap())
                .with_state(()),
            request: Box::new(|| request("POST", None, r#"{"title": "Gates"}"#)),
        },
    ]
}

fn request(method: &str, header: Option<(&str, &str)>, body: &'static str) -> Request<Body> {
    let mut builder = Request::builder()
        .method(method)
        .uri("/")
        .extension(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 4711))));
    if !body.is_empty() {
        builder = builder.header("content-type", "application/json");
    }
    if let Some((name, value)) = header {
        builder = builder.header(name, value);
    }
    builder.body(Body::from(body)).unwrap()
}

fn answer(runtime: &Runtime, case: &Case, request: Request<Body>) -> Response<Body> {
    let response = runtime.block_on(case.app.clone().oneshot(request)).unwrap();
    assert_eq!(response.status(), 200, "{}", case.name);
    response
}

/// Exact: taken on the third request, when all that is built once has been built.
fn allocations(runtime: &Runtime, case: &Case) -> u64 {
    for _ in 0..2 {
        answer(runtime, case, (case.request)());
    }
    let request = (case.request)();
    let mut app = case.app.clone();
    let mut response = None;
    let counted = allocation_counter::measure(|| {
        let answer = ServiceExt::<Request<Body>>::oneshot(&mut app, request);
        response = Some(runtime.block_on(answer).unwrap());
    });
    assert_eq!(response.unwrap().status(), 200);
    counted.count_total
}

/// The best of several runs, in nanoseconds a request.
fn time(runtime: &Runtime, case: &Case) -> f64 {
    const REQUESTS: u32 = 2_000;
    let run = || {
        let requests: Vec<_> = (0..REQUESTS).map(|_| (case.request)()).collect();
        let start = Instant::now();
        for request in requests {
            black_box(answer(runtime, case, request));
        }
        start.elapsed()
    };
    let best = (0..15).map(|_| run()).min().unwrap_or(Duration::MAX);
    best.as_secs_f64() * 1e9 / f64::from(REQUESTS)
}
