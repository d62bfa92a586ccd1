//! `rate_limit`, whose quota it is and how much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderName, Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::guard::{Authenticator, Shield};
use portcullis::identity::{Allowance, Caller, Facts, Networks, Principal};
use portcullis::rate_limit::{By, Quota, RateLimit};

use crate::rate_limit::{Doorman, HERE, THERE, asking, lines, route, status, two};
use crate::support::send;

async fn at(app: &Router, path: &str, address: &str, user: Option<&str>) -> u16 {
    let mut request = asking(address, user);
    *request.uri_mut() = path.parse().unwrap();
    send(app, request).await.status().as_u16()
}

#[tokio::test]
async fn each_route_has_a_quota_whatever_stands_for_its_parameters() {
    let by = By::client().and(By::route());
    let limit = RateLimit::per(by, "route", Quota::per_minute(1)).unwrap();
    let app = Router::new()
        .route("/a/{id}", get(|| async { "a" }))
        .route("/b", get(|| async { "b" }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(limit.with_clock(ManualClock::default()));
    for (path, address, expected) in [
        ("/a/1", HERE, 200),
        ("/a/2", HERE, 429),
        ("/b", HERE, 200),
        ("/b", THERE, 200),
        ("/nowhere", HERE, 404),
        ("/elsewhere", HERE, 429), // no route is one key, however many paths there are
    ] {
        assert_eq!(at(&app, path, address, None).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_header_is_a_key_of_which_there_is_one() {
    let by = By::dangerous_header(HeaderName::from_static("x-user"));
    let limit = RateLimit::per(by, "tenant", Quota::per_minute(1)).unwrap();
    let app = route().layer(limit.with_clock(ManualClock::default()));
    assert_eq!(status(&app, HERE, Some("t1")).await, 200);
    assert_eq!(status(&app, THERE, Some("t1")).await, 429);
    assert_eq!(status(&app, HERE, None).await, 200);
    let mut twice = asking(HERE, Some("t2"));
    twice.headers_mut().append("x-user", "t3".parse().unwrap());
    assert_eq!(
        send(&app, twice).await.status(),
        429,
        "it is counted by its address"
    );
}

#[tokio::test]
async fn callers_who_are_exempt_are_neither_charged_nor_told() {
    let networks = Networks::of(["192.0.2.2"]).unwrap();
    let limit = RateLimit::per_client(Quota::per_minute(1))
        .unwrap()
        .with_exempt_networks(&networks)
        .with_exemption(|head| head.uri.path() == "/health")
        .with_clock(ManualClock::default());
    let app = route()
        .route("/health", get(|| async { "well" }))
        .layer(limit);
    for _ in 0..3 {
        let response = send(&app, asking(THERE, None)).await;
        assert_eq!(response.status(), 200);
        assert!(!response.headers().contains_key("ratelimit"));
        assert!(!response.headers().contains_key("ratelimit-policy"));
        assert_eq!(at(&app, "/health", HERE, None).await, 200);
    }
    assert_eq!(status(&app, HERE, None).await, 200);
    assert_eq!(status(&app, HERE, None).await, 429);
    let nowhere = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(
        send(&app, nowhere).await.status(),
        500,
        "no address is not exempt"
    );
}

#[tokio::test]
async fn changing_a_plan_gives_no_fresh_quota() {
    let units = Arc::new(AtomicU32::new(4));
    let plan = Arc::clone(&units);
    let clock = ManualClock::default();
    let limit = RateLimit::per_client(two())
        .unwrap()
        .with_plans(move |_| match plan.load(Ordering::Relaxed) {
            0 => None,
            units => Some(Quota::per_minute(units)),
        })
        .with_clock(clock.clone());
    let app = route().layer(limit);
    for (plan, step, expected, told) in [
        (4, 0, 200, r#""client";q=4;w=60"#),
        (4, 0, 200, r#""client";q=4;w=60"#), // half of the minute is owed
        (2, 0, 200, r#""client";q=2;w=60"#),
        (2, 0, 429, r#""client";q=2;w=60"#),
        (4, 0, 429, r#""client";q=4;w=60"#),
        (0, 0, 429, r#""client";q=2;w=60"#), // the limit's own
        (4, 15, 200, r#""client";q=4;w=60"#),
        (4, 0, 429, r#""client";q=4;w=60"#),
    ] {
        units.store(plan, Ordering::Relaxed);
        clock.advance(Duration::from_secs(step));
        let response = send(&app, asking(HERE, None)).await;
        assert_eq!(response.status(), expected, "{plan}");
        assert_eq!(lines(response.headers(), "ratelimit-policy"), [told]);
    }
}

#[tokio::test]
async fn a_plan_that_cannot_be_lets_nobody_in() {
    for quota in [
        Quota::per_minute(0),
        Quota::sliding_window(5, Duration::from_mins(1)), // of another kind
    ] {
        let limit = RateLimit::per_client(two())
            .unwrap()
            .with_plans(move |_| Some(quota));
        assert_eq!(
            status(&route().layer(limit), HERE, None).await,
            500,
            "{quota}"
        );
    }
}

#[tokio::test]
async fn tenants_share_among_their_members() {
    let limit = RateLimit::per(By::tenant(), "tenant", Quota::per_minute(1)).unwrap();
    let limit = limit.with_clock(ManualClock::default());
    let app = route().layer(Shield::new().with(Doorman.optional()).with(limit));
    for (user, expected) in [
        (Some("alice@t1"), 200),
        (Some("bob@t1"), 429),
        (Some("bob@t2"), 200),
        (Some("bob"), 200), // nobody's: the caller
        (Some("bob"), 429),
        (None, 200),
        (None, 429),
    ] {
        assert_eq!(status(&app, HERE, user).await, expected, "{user:?}");
    }
}

#[tokio::test]
async fn a_request_costs_what_the_author_says() {
    let limit = RateLimit::per_client(Quota::per_minute(10))
        .unwrap()
        .with_cost_of(|head| match head.uri.path() {
            "/free" => 0,
            "/dear" => 7,
            "/absurd" => 11,
            _ => 3,
        })
        .with_clock(ManualClock::default());
    let app = Router::new().fallback(|| async { "here" }).layer(limit);
    for (path, expected) in [
        ("/absurd", 429),
        ("/dear", 200),
        ("/dear", 429),
        ("/", 200),
        ("/", 429),
        ("/free", 200),
    ] {
        assert_eq!(at(&app, path, HERE, None).await, expected, "{path}");
    }
    let mut absurd = asking(HERE, None);
    *absurd.uri_mut() = "/absurd".parse().unwrap();
    let refused = send(&app, absurd).await;
    assert!(
        !refused.headers().contains_key("retry-after"),
        "it will never do"
    );
}

#[tokio::test]
async fn an_allowance_is_of_the_limits_kind_so_that_nobody_has_both() {
    let window = Quota::sliding_window(2, Duration::from_mins(1));
    let limit = RateLimit::per_client(window).unwrap().with_allowances();
    let app = route().layer(limit.with_clock(ManualClock::default()));
    for (allowance, expected) in [
        (Some(3), 200),
        (Some(3), 200),
        (Some(3), 200),
        (Some(3), 429),
        (None, 429), // what was used under the allowance counts
        (Some(4), 200),
        (Some(10_001), 500), // no sliding window is as large
    ] {
        let mut request = asking(HERE, None);
        if let Some(units) = allowance {
            let allowance = Allowance::new(units, 60).unwrap();
            let caller = Principal::new("alice").with_allowance(allowance);
            Facts::entry(request.extensions_mut()).caller = Caller::Known(caller);
        }
        let response = send(&app, request).await;
        assert_eq!(response.status(), expected, "{allowance:?}");
    }
}
