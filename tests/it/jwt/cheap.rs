//! What a refusal costs.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use portcullis::guard::Guard;

use super::door::{good, guard};
use crate::support::send;

/// How many bytes the guard allocates to refuse `token`.
fn bytes_to_refuse(guard: &impl Guard, token: &str) -> u64 {
    let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}"));
    let (mut head, ()) = request.body(()).unwrap().into_parts();
    let mut refused = false;
    let cost = allocation_counter::measure(|| {
        let verdict = pin!(guard.check(&mut head)).poll(&mut Context::from_waker(Waker::noop()));
        refused = matches!(verdict, Poll::Ready(Err(_)));
    });
    assert!(refused, "{token:.100}");
    cost.bytes_total
}

#[test]
fn t9_what_is_too_long_or_has_too_many_parts_costs_no_more_than_nothing() {
    let guard = guard();
    let nothing = bytes_to_refuse(&guard, "x"); // makes what is made once
    assert_eq!(bytes_to_refuse(&guard, "x"), bytes_to_refuse(&guard, "y"));
    let least = bytes_to_refuse(&guard, "x");
    assert!(least <= nothing);
    for token in [
        ".".repeat(1_000_000),
        ".".repeat(16 * 1024),
        "a".repeat(8 * 1024 * 1024),
        "a.".repeat(8_000),
        format!("{}.{}", good(), "a".repeat(10_000)),
    ] {
        assert_eq!(bytes_to_refuse(&guard, &token), least, "{token:.100}");
    }
}

#[tokio::test]
async fn t10_a_preflight_does_not_pass_for_its_method() {
    let app = axum::Router::new()
        .route("/", axum::routing::any(|| async {}))
        .layer(guard());
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "GET");
    let response = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
