//! An issuer with its key server, and the guard that trusts it.

use std::time::Duration;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::Request;
use http::header::RETRY_AFTER;
use portcullis::clock::ManualClock;
use portcullis::fetch::{Endpoint, Fetcher};
use portcullis::guard::Guard;
use portcullis::jwt::{Algorithm, Grant, Issuer, JwtIssuer, RequireJwt, SigningKey};
use serde_json::{Value, json};

use crate::outgoing::{self, Script, Server};

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const API: &str = "articles";
/// Longer than a loopback exchange takes, and no longer than a test may.
pub(super) const SOON: Duration = Duration::from_millis(300);
pub(super) const COOLDOWN: Duration = Duration::from_secs(30);

/// A key on P-256 under a name, and the token it signs.
pub(super) struct Signer {
    key: SigningKey,
    pub(super) jwk: Value,
    clock: ManualClock,
}

impl Signer {
    pub(super) fn token(&self) -> String {
        self.token_of(ISSUER)
    }

    pub(super) fn token_of(&self, issuer: &str) -> String {
        issued(&self.key, issuer, &self.clock)
    }

    /// A token that names another key.
    pub(super) fn token_naming(&self, kid: &str) -> String {
        issued(&self.key.clone().with_id(kid), ISSUER, &self.clock)
    }
}

pub(super) fn issued(key: &SigningKey, issuer: &str, clock: &ManualClock) -> String {
    let issuer = JwtIssuer::new(issuer, API, key.clone()).unwrap();
    let issuer = issuer.with_lifetime(Duration::from_hours(6)).unwrap();
    let token = issuer.with_clock(clock.clone()).issue(&Grant::to("alice"));
    token.unwrap().expose().to_owned()
}

pub(super) struct World {
    pub(super) server: Server,
    pub(super) clock: ManualClock,
    pub(super) guard: RequireJwt,
}

impl World {
    /// A guard that knows nothing yet of what `server` says.
    pub(super) async fn new(script: Script) -> Self {
        Self::with(script, |issuer| issuer).await
    }

    pub(super) async fn with(script: Script, rules: impl Fn(Issuer) -> Issuer) -> Self {
        let server = Server::start(script).await;
        let clock = clock();
        let issuer = rules(issuer(ISSUER, &server));
        let guard = RequireJwt::of([issuer]).unwrap().with_clock(clock.clone());
        Self {
            server,
            clock,
            guard,
        }
    }

    /// One that has already fetched `keys`, longer ago than the cool-down lasts.
    pub(super) async fn holding(keys: &[&Signer]) -> Self {
        let world = Self::new(set(keys)).await;
        world.guard.reload().await.unwrap();
        world.clock.advance(COOLDOWN);
        world
    }

    pub(super) async fn verdict(&self, token: &str) -> Result<(), String> {
        verdict(&self.guard, token).await
    }
}

pub(super) fn clock() -> ManualClock {
    ManualClock::at(1_790_000_000)
}

pub(super) fn issuer(name: &str, server: &Server) -> Issuer {
    let endpoint = Endpoint::dangerous_allow_http_on_loopback(&server.address).unwrap();
    let fetcher = Fetcher::new().unwrap().with_timeout(SOON);
    Issuer::with_remote_jwks_over(fetcher, name, API, endpoint).unwrap()
}

pub(super) fn signer(kid: &str) -> Signer {
    let pair = rcgen::KeyPair::generate().unwrap();
    let key = SigningKey::from_pem(Algorithm::Es256, &pair.serialize_pem()).unwrap();
    let (x, y) = pair.public_key_raw()[1..].split_at(32);
    let (x, y) = (BASE64.encode(x), BASE64.encode(y));
    Signer {
        key: key.with_id(kid),
        jwk: json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": x, "y": y}),
        clock: clock(),
    }
}

/// The word for what `guard` makes of `token`; a 503 tells when to come back.
pub(super) async fn verdict(guard: &RequireJwt, token: &str) -> Result<(), String> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let (mut head, _) = request.body(Body::empty()).unwrap().into_parts();
    let Err(stop) = guard.check(&mut head).await else {
        return Ok(());
    };
    let problem = stop.into_problem().unwrap();
    let reason = problem.reason().to_owned();
    match problem.status().as_u16() {
        401 => assert!(problem.headers().get(RETRY_AFTER).is_none()),
        503 => {
            let seconds = problem.headers()[RETRY_AFTER].to_str().unwrap();
            assert!((1..=60).contains(&seconds.parse().unwrap()));
            assert!(problem.headers().get("www-authenticate").is_none());
            assert_eq!(reason, "keys_unavailable");
        }
        other => panic!("{other} {reason}"),
    }
    Err(reason)
}

pub(super) fn set(keys: &[&Signer]) -> Script {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk.clone()).collect();
    jwks(&keys)
}

pub(super) fn jwks(keys: &[Value]) -> Script {
    outgoing::json("", &json!({ "keys": keys }).to_string())
}

/// Lets what runs in the background on loopback come to its end.
pub(super) async fn until(done: impl Fn() -> bool) {
    let all = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .expect("what was waited for did not come");
}

pub(super) fn refused(reason: &str) -> Result<(), String> {
    Err(reason.to_owned())
}
