//! Whatever a caller sends and an endpoint answers, nothing panics, and nobody is let in unless the
//! answer says `"active": true` of a token that could be one.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use portcullis::fetch::{Endpoint, Fetch, Fetcher, Fetching, Outgoing};
use portcullis::guard::Guard;
use portcullis::introspection::{ClientCredentials, Introspection, RequireOpaqueToken};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

#[derive(Debug)]
struct Says(Bytes);

impl Fetch for Says {
    fn fetch(&self, request: Outgoing) -> Fetching<'_> {
        assert!(request.body().starts_with(b"token="));
        let mut response = Response::new(self.0.clone());
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Box::pin(async { Ok(response) })
    }
}

fuzz_target!(|input: (&[u8], bool, &[u8])| {
    let (line, with_scheme, body) = input;
    let line = if with_scheme {
        [b"Bearer ", line].concat()
    } else {
        line.to_vec()
    };
    let Ok(line) = HeaderValue::from_bytes(&line) else {
        return;
    };
    let endpoint = Endpoint::https("https://id.example/ask").unwrap();
    let credentials = ClientCredentials::basic("api", String::from("secret"));
    let fetcher = Fetcher::over(Says(Bytes::copy_from_slice(body)));
    let guard = RequireOpaqueToken::issued_by(
        "https://id.example",
        "api",
        Introspection::at(endpoint, credentials, fetcher),
    )
    .unwrap()
    .dangerous_accept_any_issuer()
    .dangerous_accept_any_audience();
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers.insert(AUTHORIZATION, line);
    if RUNTIME.block_on(guard.check(&mut head)).is_ok() {
        let said: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(said["active"], true);
        assert!(
            said["sub"]
                .as_str()
                .is_some_and(|subject| !subject.is_empty())
        );
    }
});
