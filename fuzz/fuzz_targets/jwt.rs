//! Whatever stands in `Authorization` or in a token that is signed, the guard answers.
#![no_main]

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use http::header::{AUTHORIZATION, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis::guard::Guard;
use portcullis::jwt::{KeySet, RequireJwt, VerifyingKey};

static GUARD: LazyLock<RequireJwt> = LazyLock::new(|| {
    let key = VerifyingKey::hs256([7; 32]).expect("a secret of the right length");
    RequireJwt::new("i", "a", key)
        .expect("a guard")
        .with_plain_jwt()
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let _ = VerifyingKey::from_jwk(&text);
    let _ = KeySet::from_jwks(&text);
    for line in [data.to_vec(), [b"Bearer ", data].concat()] {
        let Ok(line) = HeaderValue::from_bytes(&line) else {
            continue;
        };
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.headers.insert(AUTHORIZATION, line);
        let verdict = pin!(GUARD.check(&mut head)).poll(&mut Context::from_waker(Waker::noop()));
        // No forger knows the key.
        assert!(matches!(verdict, Poll::Ready(Err(_))));
    }
});
