//! `rate_limit`, what counts once there is a response.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::FutureExt;
use http::StatusCode;
use http_body_util::BodyExt;
use portcullis::clock::ManualClock;
use portcullis::rate_limit::{Quota, RateLimit, Spent};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Decision, Quotas, Receipt};
use tower::ServiceExt;

use crate::rate_limit::{HERE, asking, lines, status};
use crate::support::send;

fn window(units: u32) -> RateLimit {
    let quota = Quota::sliding_window(units, Duration::from_mins(1));
    let limit = RateLimit::per_client(quota).unwrap();
    limit.with_clock(ManualClock::default())
}

/// Answers with the status that `x-user` names.
fn obedient() -> Router {
    Router::new().route(
        "/",
        get(|headers: http::HeaderMap| async move {
            let status = headers["x-user"].to_str().unwrap();
            StatusCode::from_bytes(status.as_bytes()).unwrap()
        }),
    )
}

async fn left(app: &Router, user: &str) -> String {
    let response = send(app, asking(HERE, Some(user))).await;
    lines(response.headers(), "ratelimit").remove(0)
}

#[tokio::test]
async fn only_failures_count_and_parallel_ones_do_not_slip_through() {
    let bucket = RateLimit::per_client(Quota::per_day(2)).unwrap();
    for limit in [window(2), bucket.with_clock(ManualClock::default())] {
        let app = obedient().layer(limit.with_failures_only());
        for (answer, expected) in [
            ("200", 200),
            ("200", 200),
            ("399", 399),
            ("400", 400),
            ("200", 200),
            ("500", 500),
            ("200", 429), // nobody knows yet that it would succeed
        ] {
            assert_eq!(status(&app, HERE, Some(answer)).await, expected, "{answer}");
        }
    }
}

#[tokio::test]
async fn what_is_given_back_late_is_not_minted() {
    let gate = Arc::new(tokio::sync::Notify::new());
    for (late, others, expected) in [
        // While the unit is owed it is given back, and what flowed over since is not.
        (29, 1, 200),
        (31, 2, 429),
        (3_600, 2, 429),
    ] {
        let clock = ManualClock::default();
        let limit = RateLimit::per_client(Quota::per_minute(2)).unwrap();
        let opened = Arc::clone(&gate);
        let route = get(|headers: http::HeaderMap| async move {
            let status = headers["x-user"].to_str().unwrap();
            if status == "200" {
                opened.notified().await;
            }
            StatusCode::from_bytes(status.as_bytes()).unwrap()
        });
        let limit = limit.with_clock(clock.clone()).with_failures_only();
        let app = Router::new().route("/", route).layer(limit);
        let mut slow = std::pin::pin!(status(&app, HERE, Some("200")));
        assert_eq!(slow.as_mut().now_or_never(), None);
        clock.advance(Duration::from_secs(late));
        for _ in 0..others {
            assert_eq!(status(&app, HERE, Some("400")).await, 400);
        }
        gate.notify_one();
        assert_eq!(slow.await, 200);
        gate.notify_one();
        assert_eq!(status(&app, HERE, Some("200")).await, expected, "{late} s");
        // The next round begins with a closed gate.
        let _ = gate.notified().now_or_never();
    }
}

#[tokio::test]
async fn only_successes_count() {
    let app = obedient().layer(window(1).with_successes_only());
    for (answer, expected) in [("404", 404), ("503", 503), ("204", 204), ("404", 429)] {
        assert_eq!(status(&app, HERE, Some(answer)).await, expected, "{answer}");
    }
}

#[tokio::test]
async fn the_author_says_what_counts() {
    let app = obedient().layer(window(1).with_counting(|head| head.status == 401));
    for (answer, expected) in [("403", 403), ("401", 401), ("403", 429)] {
        assert_eq!(status(&app, HERE, Some(answer)).await, expected, "{answer}");
    }
}

/// A handler that says it has spent what `x-user` names, or that it has spent 1 and then
/// waits for good.
fn spending() -> Router {
    Router::new().route(
        "/",
        get(|spent: Spent, headers: http::HeaderMap| async move {
            match headers["x-user"].to_str().unwrap() {
                "nothing" => {}
                "waiting" => {
                    spent.set(1);
                    std::future::pending::<()>().await;
                }
                units => spent.set(units.parse().unwrap()),
            }
        }),
    )
}

#[tokio::test]
async fn what_the_handler_has_not_spent_goes_back_and_what_it_overspent_is_taken() {
    for (spent, expected) in [
        ("nothing", r#""client";r=4;t=60"#), // the reservation stays, and the next takes its own
        ("3", r#""client";r=4;t=60"#),
        ("1", r#""client";r=6;t=60"#),
        ("0", r#""client";r=7;t=60"#),
        ("5", r#""client";r=2;t=60"#),
        ("7", r#""client";r=0;t=60"#),
    ] {
        let app = spending().layer(window(10).with_reservation(3).unwrap());
        assert_eq!(status(&app, HERE, Some(spent)).await, 200);
        assert_eq!(left(&app, "nothing").await, expected, "{spent}");
    }
    // Beyond what is left nothing can be taken, but all of that is.
    let app = spending().layer(window(10).with_reservation(3).unwrap());
    assert_eq!(status(&app, HERE, Some("98")).await, 200);
    assert_eq!(status(&app, HERE, Some("0")).await, 429);
}

#[tokio::test]
async fn a_request_that_is_abandoned_before_its_response_stays_charged() {
    let app = spending().layer(window(10).with_reservation(3).unwrap());
    let request = app.clone().oneshot(asking(HERE, Some("waiting")));
    let abandoned = tokio::time::timeout(Duration::from_millis(1), request);
    assert!(abandoned.await.is_err());
    assert_eq!(left(&app, "nothing").await, r#""client";r=4;t=60"#);
    let app = Router::new()
        .route("/", get(std::future::pending::<()>))
        .layer(window(1).with_failures_only());
    let request = app.clone().oneshot(asking(HERE, None));
    let abandoned = tokio::time::timeout(Duration::from_millis(1), request);
    assert!(abandoned.await.is_err());
    assert_eq!(status(&app, HERE, None).await, 429);
}

#[tokio::test]
async fn a_body_counts_as_it_streams() {
    let handler = |spent: Spent| async move {
        let frames = (0..4).map(move |_| {
            spent.add(1);
            Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
        });
        Body::from_stream(futures_util::stream::iter(frames))
    };
    let app = Router::new()
        .route("/", get(handler))
        .layer(window(10).with_reservation(6).unwrap());
    let response = send(&app, asking(HERE, None)).await;
    let second = send(&app, asking(HERE, None)).await;
    assert_eq!(second.status(), 429, "the first is still reserved");
    drop(response.into_body().collect().await.unwrap());
    let third = send(&app, asking(HERE, None)).await;
    assert_eq!(third.status(), 200, "4 are spent, and 6 are left");
}

#[tokio::test]
async fn limits_further_out_are_told_what_was_spent() {
    let inner = window(100).with_name("inner").unwrap();
    let app = spending()
        .layer(inner.with_reservation(3).unwrap())
        .layer(window(10).with_reservation(3).unwrap());
    assert_eq!(status(&app, HERE, Some("1")).await, 200);
    let response = send(&app, asking(HERE, Some("nothing"))).await;
    let mut told = lines(response.headers(), "ratelimit");
    told.sort();
    assert_eq!(told, [r#""client";r=6;t=60"#, r#""inner";r=96;t=60"#]);
}

#[tokio::test]
async fn a_handler_without_a_reservation_is_a_misconfiguration() {
    assert_eq!(status(&spending(), HERE, Some("1")).await, 500);
}

/// An engine that answers later, as one over the network does.
#[derive(Debug, Default)]
struct Distant(MemoryQuotas);

impl Quotas for Distant {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        Answer::later(async move {
            tokio::task::yield_now().await;
            self.0.take(charge).await
        })
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>, receipt: Receipt) -> Answer<'a, ()> {
        Answer::later(async move {
            tokio::task::yield_now().await;
            self.0.give_back(charge, receipt).await
        })
    }
}

#[tokio::test]
async fn a_store_that_answers_later_is_settled_beside_the_request() {
    let limit = window(1).with_failures_only();
    let app = obedient().layer(limit.with_store(Arc::new(Distant::default())));
    assert_eq!(status(&app, HERE, Some("200")).await, 200);
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(status(&app, HERE, Some("404")).await, 404);
    assert_eq!(status(&app, HERE, Some("200")).await, 429);
}
