//! A content type that is let through says JSON in UTF-8 and nothing else.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::FromRequest;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use portcullis::input::ValidatedJson;

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let request = Request::post("/")
        .header("content-type", &value)
        .body(Body::from("true"));
    let request = request.expect("the request is whole");
    let read = pin!(ValidatedJson::<bool>::from_request(request, &()));
    let mut read = read;
    let Poll::Ready(read) = read.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a body at hand is read at once");
    };
    if read.is_ok() {
        let text = value
            .to_str()
            .expect("only ASCII is let through")
            .to_ascii_lowercase();
        let text = text.replace([' ', '"'], "");
        assert!(matches!(
            text.as_str(),
            "application/json" | "application/json;charset=utf-8"
        ));
        assert!(!value.as_bytes().contains(&b'\t'));
    }
});
