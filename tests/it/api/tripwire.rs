//! What no policy has seen does not leave.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use portcullis::api::{Api, Tripwire};
use portcullis::guard::Shield;
use portcullis::problem::PlainError;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;

use super::world::{Heard, members, request, send, served, text};

fn api() -> Api {
    Api::new(members()).get("/a", async || "a", members())
}

async fn secret() -> &'static str {
    "secret"
}

#[tokio::test]
async fn a_route_without_a_policy_is_answered_500_and_told() {
    let raw = || Router::new().route("/raw", get(secret));
    let built = || api().into_router().unwrap();
    let guarded = raw().layer(Shield::new());
    for (name, router, uri) in [
        ("a route added", built().route("/raw", get(secret)), "/raw"),
        ("a router merged in", built().merge(raw()), "/raw"),
        ("a router nested", built().nest("/n", raw()), "/n/raw"),
        (
            "a service nested",
            built().nest_service("/n", raw()),
            "/n/raw",
        ),
        (
            "a fallback",
            built().reset_fallback().fallback(secret),
            "/raw",
        ),
        ("a default fallback", built().reset_fallback(), "/raw"),
        (
            "a service as fallback",
            built().reset_fallback().fallback_service(raw()),
            "/raw",
        ),
        ("a shield that is no policy", built().merge(guarded), "/raw"),
        (
            "all of it under a router",
            Router::new().nest("/n", built()),
            "/raw",
        ),
    ] {
        let heard = Heard::default();
        let app = Tripwire::new().with_events(heard.sink()).layer(router);
        let response = send(&app, request("GET", uri, Some("alice"))).await;
        assert_eq!(response.status(), 500, "{name}");
        assert!(!text(response).await.contains("secret"), "{name}");
        assert_eq!(heard.take(), ["no_policy_met"], "{name}");
    }
    let app = Tripwire::new().layer(built().route("/raw", get(secret)));
    assert_eq!(
        send(&app, request("GET", "/a", Some("alice")))
            .await
            .status(),
        200
    );
    assert_eq!(send(&app, request("GET", "/a", None)).await.status(), 401);
}

#[tokio::test]
async fn the_wire_tells_and_renders_as_it_is_told() {
    let heard = Heard::default();
    let silent =
        service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let wire = Tripwire::new()
        .with_events(heard.sink())
        .with_problems(PlainError);
    let response = send(&wire.layer(silent), request("GET", "/", None)).await;
    assert_eq!(text(response).await, r#"{"error":"Something went wrong"}"#);
    assert_eq!(heard.take(), ["no_policy_met"]);
}

#[tokio::test]
async fn one_request_does_not_count_for_another() {
    // Both are polled by turns on one thread; the policy of one is met while the other waits.
    let router = api().into_router().unwrap().route(
        "/raw",
        get(|| async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            "secret"
        }),
    );
    let app = Tripwire::new().layer(router);
    let (raw, good) = tokio::join!(
        send(&app, request("GET", "/raw", None)),
        send(&app, request("GET", "/a", Some("alice")))
    );
    assert_eq!(
        (raw.status(), good.status()),
        (StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK)
    );
    // Nor does one that came before.
    assert_eq!(send(&app, request("GET", "/raw", None)).await.status(), 500);
}

#[tokio::test]
async fn a_request_within_a_request_does_not_count_for_it() {
    let inner = served(api());
    let raw = get(move || async move {
        let inside = inner
            .oneshot(request("GET", "/a", Some("alice")))
            .await
            .unwrap();
        assert_eq!(inside.status(), 200);
        "secret"
    });
    let app = Tripwire::new().layer(Router::new().route("/raw", raw));
    assert_eq!(send(&app, request("GET", "/raw", None)).await.status(), 500);
}

#[tokio::test]
async fn a_request_that_moves_to_another_thread_keeps_what_it_has_met() {
    let wandering = Api::new(members()).get(
        "/a",
        async || {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            "a"
        },
        members(),
    );
    let app = served(wandering);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let asked: Vec<_> = (0..64)
        .map(|_| {
            let app = app.clone();
            runtime.spawn(async move { send(&app, request("GET", "/a", Some("alice"))).await })
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    runtime.shutdown_background();
}

#[tokio::test]
async fn a_request_handed_to_another_task_is_refused() {
    let router = api().into_router().unwrap();
    let elsewhere = service_fn(move |request: Request| {
        let router = router.clone();
        async move { tokio::spawn(router.oneshot(request)).await.unwrap() }
    });
    let app = ServiceBuilder::new()
        .layer(Tripwire::new())
        .service(elsewhere);
    assert_eq!(
        send(&app, request("GET", "/a", Some("alice")))
            .await
            .status(),
        500
    );
}

async fn fall() {
    panic!("on purpose");
}

#[tokio::test]
async fn a_panic_leaves_no_trace_for_the_next_request() {
    let panicking = Api::new(members()).get("/panic", fall, members());
    let router = panicking.into_router().unwrap().route("/raw", get(secret));
    let app = Tripwire::new().layer(router);
    let fallen = app.clone();
    let panicked =
        tokio::spawn(async move { send(&fallen, request("GET", "/panic", Some("alice"))).await });
    assert!(panicked.await.is_err());
    assert_eq!(send(&app, request("GET", "/raw", None)).await.status(), 500);
}
