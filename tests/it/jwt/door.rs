//! A route behind a guard that tells who came to its door, and the tools of a forger.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::{Guard, Shield};
use portcullis::jwt::{KeySet, RequireJwt, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::send;

pub(super) const NOW: u64 = 1_900_000_000;
pub(super) const ISSUER: &str = "https://id.example";
pub(super) const AUDIENCE: &str = "https://api.example";
pub(super) const SECRET: [u8; 32] = [0x5a; 32];

/// A route behind a guard.
pub(super) struct Door {
    app: Router,
    calls: Arc<AtomicUsize>,
    reason: Arc<Mutex<String>>,
}

/// What a caller and the log see.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) challenges: Vec<String>,
    pub(super) reason: String,
}

impl Door {
    pub(super) fn behind(guard: impl Guard) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let handler = any(move || async move {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let reason = Arc::new(Mutex::new(String::new()));
        let told = Arc::clone(&reason);
        let shield = Shield::new()
            .with(guard)
            .with_events(move |event: &SecurityEvent<'_>| {
                event.reason.clone_into(&mut told.lock().unwrap());
            });
        Self {
            app: Router::new().route("/", handler).layer(shield),
            calls,
            reason,
        }
    }

    /// Knocks with these `Authorization` lines. The handler is reached by 200 alone, and refusals
    /// are never stored.
    pub(super) async fn knock<L: AsRef<[u8]>>(&self, lines: &[L]) -> Answer {
        let mut request = Request::get("/?access_token=x")
            .body(Body::empty())
            .unwrap();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_ref()).unwrap();
            request.headers_mut().append(AUTHORIZATION, line);
        }
        let before = self.calls.load(Ordering::Relaxed);
        let response = send(&self.app, request).await;
        let reached = self.calls.load(Ordering::Relaxed) - before;
        let status = response.status();
        assert_eq!(reached, usize::from(status == StatusCode::OK), "{status}");
        if status != StatusCode::OK {
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
        let challenges = response.headers().get_all(WWW_AUTHENTICATE);
        Answer {
            status,
            challenges: challenges
                .iter()
                .map(|line| line.to_str().unwrap().to_owned())
                .collect(),
            reason: self.reason.lock().unwrap().clone(),
        }
    }

    pub(super) async fn show(&self, token: &str) -> Answer {
        self.knock(&[format!("Bearer {token}")]).await
    }

    /// The token is refused, the caller learns that much, and the log learns `reason`.
    pub(super) async fn refuses(&self, token: &str, reason: &str) {
        let expected = Answer {
            status: StatusCode::UNAUTHORIZED,
            challenges: vec![r#"Bearer error="invalid_token""#.to_owned()],
            reason: reason.to_owned(),
        };
        let start: String = token.chars().take(400).collect();
        assert_eq!(self.show(token).await, expected, "{start}");
    }

    pub(super) async fn admits(&self, token: &str) {
        let answer = self.show(token).await;
        assert_eq!(
            (answer.status, &*answer.reason),
            (StatusCode::OK, "authenticated"),
            "{token:.400}"
        );
    }
}

pub(super) fn guard_with(keys: impl Into<KeySet>) -> RequireJwt {
    RequireJwt::new(ISSUER, AUDIENCE, keys)
        .unwrap()
        .with_clock(ManualClock::at(NOW))
}

/// Accepts what [`forge`] makes of [`header`] and [`claims`].
pub(super) fn guard() -> RequireJwt {
    guard_with(key().verifying_key())
}

pub(super) fn key() -> SigningKey {
    SigningKey::hs256(SECRET).unwrap().with_id("k1")
}

pub(super) fn header() -> Value {
    json!({ "alg": "HS256", "typ": "at+jwt", "kid": "k1" })
}

pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "client_id": "web", "jti": "1",
        "iat": NOW, "nbf": NOW, "exp": NOW + 900, "scope": "items:read items:write",
    })
}

/// `object` in which `name` is `value`.
pub(super) fn set(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

pub(super) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token whose signature by HMAC with `secret` is right, whatever its parts say.
pub(super) fn forge_with(secret: &[u8], header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    format!("{signed}.{}", encode(mac(secret, &signed)))
}

pub(super) fn mac(secret: &[u8], message: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// A token that the guard's own key has signed, whatever its parts say.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn forge(header: impl ToString, payload: impl ToString) -> String {
    forge_with(&SECRET, &header.to_string(), &payload.to_string())
}

pub(super) fn good() -> String {
    forge(header(), claims())
}
