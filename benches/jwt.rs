//! What a token costs at the door, beside the least that can be done in axum: a layer that verifies
//! the same bytes by `aws-lc-rs` with a key parsed once, decodes the claims and parses them.
//!
//! `cargo bench --bench jwt` prints ratios taken in one run, each the best of many alternating
//! chunks; times differ from machine to machine. `-- --check` looks at the allocations alone, and
//! `-- HS256` at one algorithm.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::Instant;

use aws_lc_rs::{hmac, signature};
use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use portcullis::clock::{Clock, SystemClock};
use portcullis::identity::{Principal, Scopes};
use portcullis::jwt::{Algorithm, Grant, JwtIssuer, RequireJwt, SigningKey, VerifyingKey};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tower::{Layer, Service, ServiceExt};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// Distinct tokens a chunk.
const TOKENS: usize = 40;
/// Chunks of each side; the best one counts.
const ROUNDS: usize = 400;

/// How many allocations a token that was seen before may add to a request.
const BUDGET: u64 = 8;

fn main() {
    let check_only = std::env::args().any(|argument| argument == "--check");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let bench = Bench { runtime };
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let mut signers = signers();
    if let Some(name) = &wanted {
        signers.retain(|signer| signer.name == name);
    }
    let idle = allocations(&bench, &bare(), &signers[0].tokens[0]);
    for signer in &signers {
        let app = signer.guarded();
        let seen = allocations(&bench, &app, &signer.tokens[0]) - idle;
        println!(
            "{:<6} a seen token adds {seen} allocations; the budget is {BUDGET}",
            signer.name
        );
        assert!(seen <= BUDGET);
    }
    if check_only {
        return;
    }
    println!(
        "\n{:<42} {:>9} {:>9} {:>7}",
        "", "floor ns", "ours ns", "ratio"
    );
    for signer in &signers {
        // On a server that has been up for a while: other tokens have come before.
        let warm = |app: Router| {
            let app = app.with_state(());
            bench.chunk(&app, requests(&signer.others), None);
            app
        };
        let first = || requests(&signer.tokens);
        let [floor, ours] = bench.race(
            [&|| warm(signer.floor(None)), &|| warm(signer.guarded())],
            [&first, &first],
            StatusCode::OK,
        );
        row(&format!("{}, first sight", signer.name), floor, ours);
    }
    for signer in &signers {
        let requests = || vec![request(&signer.tokens[0]); TOKENS];
        let (floor, guarded) = (signer.floor(Some(Arc::default())), signer.guarded());
        let [floor, ours] = bench.race(
            [&|| floor.clone(), &|| guarded.clone()],
            [&requests, &requests],
            StatusCode::OK,
        );
        row(&format!("{}, seen", signer.name), floor, ours);
        let [none, _] = bench.race([&bare, &bare], [&requests, &requests], StatusCode::OK);
        println!(
            "{:<42} {:>9.0} {:>9.0}",
            "  over the bare route",
            floor - none,
            ours - none
        );
    }
    garbage(&bench, &signers[0]);
}

fn row(what: &str, floor: f64, ours: f64) {
    println!("{what:<42} {floor:>9.0} {ours:>9.0} {:>7.2}", ours / floor);
}

/// What is no token, beside a request that passes through a layer which does nothing.
fn garbage(bench: &Bench, signer: &Signer) {
    let good = signer.tokens[0].to_str().unwrap();
    let cut = good.rsplit_once('.').unwrap().0;
    let cases = [
        ("no credential", String::new()),
        ("not three parts", cut.to_owned()),
        ("bytes that no token has", format!("{good} x")),
        (
            "twice as long as the longest token",
            format!("Bearer {}", "a".repeat(32 * 1024)),
        ),
        (
            "a header that is no JSON",
            format!("Bearer {}.{}", "A".repeat(60), "A".repeat(600) + ".AAAA"),
        ),
    ];
    println!(
        "\n{:<42} {:>9} {:>9} {:>7}",
        "refused", "no-op ns", "ours ns", "more"
    );
    for (what, line) in cases {
        let request = || {
            let mut request = request(&signer.tokens[0]);
            request.headers_mut().remove(AUTHORIZATION);
            if !line.is_empty() {
                let value = HeaderValue::from_str(&line).unwrap();
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            request
        };
        let requests = || (0..TOKENS).map(|_| request()).collect::<Vec<_>>();
        let (idle, guarded) = (bare().layer(NoOp), signer.guarded());
        let idle = bench.alone(&|| idle.clone(), &requests);
        let ours = bench.alone(&|| guarded.clone(), &requests);
        println!("{what:<42} {idle:>9.0} {ours:>9.0} {:>7.0}", ours - idle);
    }
}

struct Bench {
    runtime: Runtime,
}

impl Bench {
    /// Nanoseconds a request on each side, in the chunk that was least disturbed.
    fn race(
        &self,
        apps: [&dyn Fn() -> Router; 2],
        requests: [&dyn Fn() -> Vec<Request<()>>; 2],
        status: StatusCode,
    ) -> [f64; 2] {
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for side in 0..2 {
                let app = apps[side]().with_state(());
                best[side] = best[side].min(self.chunk(&app, requests[side](), Some(status)));
            }
        }
        best
    }

    fn alone(&self, app: &dyn Fn() -> Router, requests: &dyn Fn() -> Vec<Request<()>>) -> f64 {
        let chunk = |_| self.chunk(&app().with_state(()), requests(), None);
        (0..ROUNDS).map(chunk).fold(f64::INFINITY, f64::min)
    }

    fn chunk(&self, app: &Router, requests: Vec<Request<()>>, status: Option<StatusCode>) -> f64 {
        let requests: Vec<_> = requests
            .into_iter()
            .map(|request| (app.clone(), request.map(|()| Body::empty())))
            .collect();
        let count = u32::try_from(requests.len()).unwrap();
        self.runtime.block_on(async {
            let start = Instant::now();
            for (mut app, request) in requests {
                let response = app.call(request).await.unwrap();
                if let Some(status) = status {
                    assert_eq!(response.status(), status);
                }
                black_box(response);
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
        })
    }
}

/// Exact: taken on the third request, when all that is built once has been built.
fn allocations(bench: &Bench, app: &Router, token: &HeaderValue) -> u64 {
    let app = app.clone().with_state(());
    let request = || {
        let request = Request::get("/").header(AUTHORIZATION, token);
        request.body(Body::empty()).unwrap()
    };
    let send = |request| {
        bench
            .runtime
            .block_on(app.clone().oneshot(request))
            .unwrap()
    };
    for _ in 0..2 {
        assert_eq!(send(request()).status(), StatusCode::OK);
    }
    let last = request();
    let mut response: Option<Response<Body>> = None;
    let counted = allocation_counter::measure(|| response = Some(send(last)));
    assert_eq!(response.unwrap().status(), StatusCode::OK);
    counted.count_total
}

fn bare() -> Router {
    Router::new().route("/", get(|| async { String::from("alice") }))
}

struct Signer {
    name: &'static str,
    verifying: VerifyingKey,
    floor: FloorKey,
    tokens: Vec<HeaderValue>,
    others: Vec<HeaderValue>,
}

fn signers() -> Vec<Signer> {
    let pem = |algorithm, text| SigningKey::from_pem(algorithm, text).unwrap();
    let public = |algorithm: &'static dyn signature::VerificationAlgorithm, text: &str| {
        let der: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = base64::engine::general_purpose::STANDARD
            .decode(der)
            .unwrap();
        FloorKey::Public(Arc::new(
            signature::ParsedPublicKey::new(algorithm, der).unwrap(),
        ))
    };
    let secret = [7; 32];
    [
        (
            "RS256",
            pem(
                Algorithm::Rs256,
                include_str!("../tests/data/jwt/rsa-2048.pem"),
            ),
            public(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                include_str!("../tests/data/jwt/rsa-2048.pub.pem"),
            ),
        ),
        (
            "ES256",
            pem(
                Algorithm::Es256,
                include_str!("../tests/data/jwt/p-256.pem"),
            ),
            public(
                &signature::ECDSA_P256_SHA256_FIXED,
                include_str!("../tests/data/jwt/p-256.pub.pem"),
            ),
        ),
        (
            "EdDSA",
            pem(
                Algorithm::Ed25519,
                include_str!("../tests/data/jwt/ed25519.pem"),
            ),
            public(
                &signature::ED25519,
                include_str!("../tests/data/jwt/ed25519.pub.pem"),
            ),
        ),
        (
            "HS256",
            SigningKey::hs256(secret).unwrap(),
            FloorKey::Secret(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &secret))),
        ),
    ]
    .into_iter()
    .map(|(name, key, floor)| Signer::new(name, key, floor))
    .collect()
}

fn request(token: &HeaderValue) -> Request<()> {
    Request::get("/")
        .header(AUTHORIZATION, token)
        .body(())
        .unwrap()
}

fn requests(tokens: &[HeaderValue]) -> Vec<Request<()>> {
    tokens.iter().map(request).collect()
}

impl Signer {
    fn new(name: &'static str, key: SigningKey, floor: FloorKey) -> Self {
        let verifying = key.verifying_key();
        let issuer = JwtIssuer::new(ISSUER, AUDIENCE, key.with_id("2026-11")).unwrap();
        let token = |n| {
            let grant = Grant::to(format!("subject-{n}"))
                .with_client("web")
                .with_scopes(Scopes::parse("articles:read articles:write"));
            let token = issuer.issue(&grant).unwrap();
            HeaderValue::from_str(&format!("Bearer {}", token.expose())).unwrap()
        };
        Self {
            name,
            verifying,
            floor,
            tokens: (0..TOKENS).map(token).collect(),
            others: (TOKENS..3 * TOKENS).map(token).collect(),
        }
    }

    /// This crate, seen by a handler that asks who is calling.
    fn guarded(&self) -> Router {
        let guard = RequireJwt::new(ISSUER, AUDIENCE, self.verifying.clone()).unwrap();
        Router::new()
            .route(
                "/",
                get(|caller: Principal| async move { caller.subject().to_owned() }),
            )
            .layer(guard)
    }

    /// The least, seen by a handler that asks the same.
    fn floor(&self, seen: Option<Arc<SeenTokens>>) -> Router {
        let floor = FloorLayer {
            key: self.floor.clone(),
            seen,
        };
        Router::new()
            .route(
                "/",
                get(|Extension(claims): Extension<Arc<FloorClaims>>| async move {
                    claims.sub.clone()
                }),
            )
            .layer(floor)
    }
}

#[derive(Clone)]
enum FloorKey {
    Secret(Arc<hmac::Key>),
    Public(Arc<signature::ParsedPublicKey>),
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct FloorClaims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    jti: String,
    scope: String,
    iat: u64,
    nbf: u64,
    exp: u64,
}

/// By the whole token, so that what is found is what was verified.
type SeenTokens = RwLock<HashMap<Box<str>, Arc<FloorClaims>>>;

#[derive(Clone)]
struct FloorLayer {
    key: FloorKey,
    seen: Option<Arc<SeenTokens>>,
}

impl FloorLayer {
    fn claims(&self, line: Option<&HeaderValue>) -> Option<Arc<FloorClaims>> {
        let token = line?.to_str().ok()?.strip_prefix("Bearer ")?;
        let claims = match &self.seen {
            None => Arc::new(self.verify(token)?),
            Some(seen) => {
                let found = seen.read().unwrap().get(token).cloned();
                if let Some(claims) = found {
                    claims
                } else {
                    let claims = Arc::new(self.verify(token)?);
                    let kept = Arc::clone(&claims);
                    seen.write().unwrap().insert(token.into(), kept);
                    claims
                }
            }
        };
        (claims.exp > SystemClock.now()).then_some(claims)
    }

    fn verify(&self, token: &str) -> Option<FloorClaims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        match &self.key {
            FloorKey::Secret(key) => hmac::verify(key, signed.as_bytes(), &signature).ok()?,
            FloorKey::Public(key) => key.verify_sig(signed.as_bytes(), &signature).ok()?,
        }
        let (_, payload) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()
    }
}

impl<S> Layer<S> for FloorLayer {
    type Service = FloorService<S>;

    fn layer(&self, inner: S) -> FloorService<S> {
        FloorService {
            inner,
            floor: self.clone(),
        }
    }
}

#[derive(Clone)]
struct FloorService<S> {
    inner: S,
    floor: FloorLayer,
}

impl<S> Service<Request<Body>> for FloorService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let claims = self.floor.claims(request.headers().get(AUTHORIZATION));
        if let Some(claims) = claims {
            request.extensions_mut().insert(claims);
            return Box::pin(self.inner.call(request));
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        Box::pin(async { Ok(response) })
    }
}

/// A layer that does nothing.
#[derive(Clone)]
struct NoOp;

impl<S> Layer<S> for NoOp {
    type Service = S;

    fn layer(&self, inner: S) -> S {
        inner
    }
}
