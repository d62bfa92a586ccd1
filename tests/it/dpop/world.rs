//! A service that takes bound tokens, and somebody who holds one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use ed25519_dalek::{Signer, SigningKey};
use http::{HeaderMap, Request};
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::{Guard, Shield};
use portcullis::jwt::{Dpop, Grant, JwtIssuer, RequireJwt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::send;

pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const BASE: &str = "https://api.example.com";
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "api";

/// Somebody with a key of their own.
pub(crate) struct Holder(SigningKey);

impl Holder {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn jwk(&self) -> Value {
        let x = STRICT.encode(self.0.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x})
    }

    pub(crate) fn thumbprint(&self) -> [u8; 32] {
        let x = STRICT.encode(self.0.verifying_key().as_bytes());
        Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)).into()
    }

    /// The header and the claims of a good proof for `GET /x`, to be spoiled.
    pub(crate) fn parts(&self, token: &str) -> (Value, Value) {
        let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk()});
        let claims = json!({
            "jti": "one", "htm": "GET", "htu": format!("{BASE}/x"), "iat": NOW,
            "ath": STRICT.encode(Sha256::digest(token)),
        });
        (header, claims)
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| STRICT.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = STRICT.encode(self.0.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }

    /// A proof with `changes` laid over the claims of a good one; `null` takes a claim out.
    pub(crate) fn proof(&self, token: &str, changes: Value) -> String {
        let (header, mut claims) = self.parts(token);
        lay(changes, &mut claims);
        self.sign(&header, &claims)
    }
}

/// Lays `changes` over `object`; `null` takes a member out.
pub(crate) fn lay(changes: Value, object: &mut Value) {
    let members = object.as_object_mut().unwrap();
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) reason: String,
}

impl Answer {
    pub(crate) fn challenge(&self) -> String {
        let lines = self.headers.get_all("www-authenticate").iter();
        let lines: Vec<_> = lines.map(|line| line.to_str().unwrap()).collect();
        lines.join(" | ")
    }

    pub(crate) fn nonce(&self) -> Option<&str> {
        self.headers.get("dpop-nonce")?.to_str().ok()
    }

    /// The challenge is that of a refusal with `error`.
    #[track_caller]
    pub(crate) fn refused(&self, error: &str, reason: &str) {
        let expected = format!(r#"DPoP error="{error}", algs="EdDSA ES256 PS256 RS256""#);
        assert_eq!(self.reason, reason, "{self:?}");
        assert_eq!((self.status, self.challenge()), (401, expected), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn accepted(&self) {
        assert_eq!(self.status, 200, "{self:?}");
    }
}

/// The service, its issuer and the holder of a bound token.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) app: Router,
    pub(crate) holder: Holder,
    pub(crate) token: String,
    reasons: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn dpop() -> Dpop {
    use portcullis::jwt::Algorithm::{Ed25519, Es256, Ps256, Rs256};
    let dpop = Dpop::allowed(BASE).unwrap();
    dpop.with_algorithms([Ed25519, Es256, Ps256, Rs256])
        .unwrap()
}

pub(crate) fn key() -> portcullis::jwt::SigningKey {
    portcullis::jwt::SigningKey::hs256([7; 32]).unwrap()
}

pub(crate) fn guard(clock: &ManualClock) -> RequireJwt {
    RequireJwt::new(ISSUER, AUDIENCE, key().verifying_key())
        .unwrap()
        .with_clock(clock.clone())
}

/// A token as `grant` says.
pub(crate) fn token(grant: &Grant) -> String {
    let issuer = JwtIssuer::new(ISSUER, AUDIENCE, key()).unwrap();
    let issuer = issuer.with_clock(ManualClock::at(NOW));
    issuer.issue(grant).unwrap().expose().clone()
}

impl World {
    pub(crate) fn new(dpop: Dpop) -> Self {
        Self::guarded(|guard| guard.with_dpop(dpop))
    }

    pub(crate) fn guarded(make: impl FnOnce(RequireJwt) -> RequireJwt) -> Self {
        let clock = ManualClock::at(NOW);
        let guard = make(guard(&clock));
        Self::behind(clock, Shield::new().with(guard))
    }

    pub(crate) fn behind<G: Guard + Clone>(clock: ManualClock, shield: Shield<G>) -> Self {
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&reasons);
        let shield = shield.with_events(move |event: &SecurityEvent<'_>| {
            if event.status.is_some() {
                heard.lock().unwrap().push(event.reason.to_owned());
            }
        });
        let echo = |headers: HeaderMap| async move {
            let cert = headers.contains_key("client-cert");
            if cert { "certificate" } else { "ok" }
        };
        let holder = Holder::new(1);
        Self {
            app: Router::new().route("/{*any}", any(echo)).layer(shield),
            token: token(&Grant::to("alice").with_bound_key(holder.thumbprint())),
            clock,
            holder,
            reasons,
        }
    }

    pub(crate) fn proof(&self, changes: Value) -> String {
        self.holder.proof(&self.token, changes)
    }

    /// Sends `request` and listens to what is told of it.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.reasons.lock().unwrap().clear();
        let response = send(&self.app, request).await;
        let reason = self.reasons.lock().unwrap().pop().unwrap_or_default();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            reason,
        }
    }

    /// Shows the token with `proof` for `GET /x`.
    pub(crate) async fn show(&self, proof: &str) -> Answer {
        let headers = [
            ("authorization", format!("DPoP {}", self.token)),
            ("dpop", proof.into()),
        ];
        self.send(get("/x", &headers)).await
    }
}

pub(crate) fn get(uri: &str, headers: &[(&str, String)]) -> Request<Body> {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.body(Body::empty()).unwrap()
}
