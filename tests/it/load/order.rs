//! What a request meets first, and in which words it is answered.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Request, StatusCode};
use portcullis::guard::Shield;
use portcullis::load::{Concurrency, InFlight, LoadLimits};
use portcullis::problem::PlainError;

use super::wire::heard;
use crate::support::{read, send};

/// A request that breaks the first `mended` limits no more.
fn request(mended: usize) -> Request<Body> {
    let fields = if mended > 0 { 1 } else { 101 };
    let mut request = Request::post("/").body(Body::from("xx")).unwrap();
    let length = if mended > 1 { "2" } else { "2000000" };
    let headers = request.headers_mut();
    headers.insert("content-length", length.parse().unwrap());
    for field in 1..fields {
        let name: http::HeaderName = format!("x-{field}").parse().unwrap();
        headers.insert(name, "1".parse().unwrap());
    }
    request
}

#[tokio::test]
async fn what_costs_nothing_is_looked_at_first() {
    let limits = LoadLimits::new()
        .with_in_flight(InFlight::per_client(1).unwrap())
        .unwrap();
    let (app, ear) = heard(Router::new().route("/", post(async || "in")).layer(limits));
    for (mended, status, reason) in [
        (0, 431, "too_many_header_fields"),
        (1, 413, "content_length_over_limit"),
        (2, 500, "in_flight_without_client_address"),
    ] {
        assert_eq!(send(&app, request(mended)).await.status(), status);
        assert_eq!(ear.heard(), [reason]);
    }
}

#[tokio::test]
async fn header_fields_count_with_all_their_bytes() {
    let limits = LoadLimits::new().with_headers(10, 100);
    let (app, ear) = heard(Router::new().route("/", post(async || "in")).layer(limits));
    for (value, status) in [(100 - 32 - 3, 200), (100 - 32 - 2, 431)] {
        let request = Request::post("/")
            .header("x-a", "1".repeat(value))
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&app, request).await.status(), status);
    }
    assert_eq!(ear.heard(), ["header_fields_too_long"]);
}

/// A router that is always full.
fn full() -> Router {
    let concurrency = Concurrency::at_most(1)
        .unwrap()
        .with_queue(0, std::time::Duration::ZERO);
    let limits = LoadLimits::new().with_concurrency(concurrency);
    let within = limits.clone();
    // What stands within the same limit finds its own request in the way.
    Router::new()
        .route("/", post(async || "in"))
        .layer(limits)
        .layer(within)
}

#[tokio::test]
async fn refusals_speak_as_those_of_all_other_controls() {
    let app = full();
    let (status, body) = read(send(&app, request(2)).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["status"], 503);

    let plain = full().layer(Shield::new().with_problems(PlainError));
    let (status, body) = read(send(&plain, request(2)).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["error"].is_string(), "{body}");

    let mut grpc = request(2);
    let value = "application/grpc".parse().unwrap();
    grpc.headers_mut().insert("content-type", value);
    let answer = send(&app, grpc).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["grpc-status"], "14");
    assert_eq!(answer.headers()["retry-after"], "5");
}

#[tokio::test]
async fn the_layer_stands_around_any_service_and_within_a_shield() {
    use http_body_util::Full;
    use tower::{ServiceBuilder, ServiceExt};

    let service = ServiceBuilder::new()
        .layer(Shield::new())
        .layer(LoadLimits::new())
        .layer(InFlight::per_key(1, |_| Some("all".into())).unwrap())
        .service_fn(async |_request| {
            let body = Full::new(bytes::Bytes::from_static(b"in"));
            Ok::<_, std::convert::Infallible>(http::Response::new(body))
        });
    let request = Request::new(Full::new(bytes::Bytes::new()));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}
