//! No text panics the reader of proofs, and none passes for a proof: the key that the token is
//! bound to does not exist.

#![no_main]

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use portcullis::clock::ManualClock;
use portcullis::guard::Guard;
use portcullis::jwt::{Dpop, Grant, JwtIssuer, RequireJwt, SigningKey};

const NOW: u64 = 1_700_000_000;

static SERVICE: LazyLock<(RequireJwt, String)> = LazyLock::new(|| {
    let clock = ManualClock::at(NOW);
    let key = SigningKey::hs256([7; 32]).unwrap();
    let issuer = JwtIssuer::new("https://id.example", "api", key.clone()).unwrap();
    let issuer = issuer.with_clock(clock.clone());
    let token = issuer
        .issue(&Grant::to("alice").with_bound_key([5; 32]))
        .unwrap();
    let guard = RequireJwt::new("https://id.example", "api", key.verifying_key()).unwrap();
    let dpop = Dpop::required("https://api.example.com").unwrap();
    let guard = guard.with_clock(clock).with_dpop(dpop);
    (guard, format!("DPoP {}", token.expose()))
});

fuzz_target!(|proof: &[u8]| {
    let Ok(proof) = HeaderValue::from_bytes(proof) else {
        return;
    };
    let (guard, token) = &*SERVICE;
    let request = Request::get("/x").header("authorization", token);
    let (mut head, ()) = request.header("dpop", proof).body(()).unwrap().into_parts();
    let answer = pin!(guard.check(&mut head)).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(answer, Poll::Ready(Err(_))));
});
