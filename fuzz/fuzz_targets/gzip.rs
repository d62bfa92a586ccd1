//! A gzipped body is read within its limit, or refused.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::FromRequest;
use http::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use portcullis::config::ConfigError;
use portcullis::input::{RequestSchema, Schema, ValidatedJson};

/// Any text of a bounded length.
#[derive(serde::Deserialize)]
struct Text(String);

impl RequestSchema for Text {
    fn schema() -> Result<Schema, ConfigError> {
        let schema = Schema::from_json(r#"{ "type": "string", "maxLength": 4000 }"#)?;
        Ok(schema.with_max_bytes(100_000).with_gzip())
    }
}

fuzz_target!(|sent: &[u8]| {
    let request = Request::post("/")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(Body::from(sent.to_vec()));
    let request = request.expect("the request is whole");
    let mut read = pin!(ValidatedJson::<Text>::from_request(request, &()));
    // One step undoes 32 KiB at most.
    for _ in 0..200_000 {
        let Poll::Ready(read) = read.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            continue;
        };
        match read {
            Ok(ValidatedJson(Text(text))) => assert!(text.chars().count() <= 4_000),
            Err(problem) => assert!(matches!(
                problem.status(),
                StatusCode::BAD_REQUEST
                    | StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::UNPROCESSABLE_ENTITY
            )),
        }
        return;
    }
    panic!("a body within its limit is read in so many steps");
});
