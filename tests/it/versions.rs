//! Versions come and go by the second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use portcullis::authz::RequireScopes;
use portcullis::clock::ManualClock;
use portcullis::event::{Outcome, SecurityEvent};
use portcullis::guard::{Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal};
use portcullis::version::{ApiVersion, BrownOut, Version, Versions};

use crate::support::{read, send};

/// Deprecated at 100, away at 120 to 130 and 150 to 160, ended at 200.
fn old() -> Version {
    Version::new(1)
        .with_deprecation(100)
        .with_deprecation_link("https://example.com/docs")
        .with_sunset(200)
        .with_sunset_link("/policy")
        .with_brown_outs([BrownOut::gone(120..130), BrownOut::unavailable(150..160)])
}

fn routes() -> Router {
    let closed = RequireScopes::all(["none"]).unwrap();
    Router::new()
        .route(
            "/",
            get(|version: ApiVersion| async move { version.to_string() }),
        )
        .route("/broken", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route("/closed", get(|| async { "in" }).layer(closed))
}

fn app(versions: &Versions) -> Router {
    versions.nest([(1, routes()), (2, routes())]).unwrap()
}

fn at(now: u64) -> (Router, ManualClock) {
    let clock = ManualClock::at(now);
    let versions = Versions::under("/api", [old(), Version::new(2)]).unwrap();
    (app(&versions.with_clock(clock.clone())), clock)
}

async fn ask(app: &Router, path: &str) -> Response<Body> {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn status(app: &Router, path: &str) -> u16 {
    ask(app, path).await.status().as_u16()
}

#[tokio::test]
async fn a_version_ends_in_the_second_that_it_said() {
    for (now, answer) in [
        (0, 200),
        (99, 200),
        (100, 200),
        (119, 200),
        (120, 410),
        (129, 410),
        (130, 200),
        (149, 200),
        (150, 503),
        (159, 503),
        (160, 200),
        (199, 200),
        (200, 410),
        (u64::MAX, 410),
    ] {
        let (app, _) = at(now);
        assert_eq!(status(&app, "/api/v1").await, answer, "at {now}");
        assert_eq!(status(&app, "/api/v2").await, 200);
    }
    let (app, clock) = at(199);
    assert_eq!(status(&app, "/api/v1").await, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, "/api/v1").await, 410);
    assert_eq!(status(&app, "/api/v1/nowhere").await, 410);
    let away = ask(&at(151).0, "/api/v1").await;
    assert_eq!(away.headers()["retry-after"], "9");
}

#[tokio::test]
async fn the_dates_are_on_every_response_whatever_it_is() {
    for (now, path, answer) in [
        (0, "/api/v1", 200),
        (100, "/api/v1", 200),
        (100, "/api/v1/broken", 418),
        (100, "/api/v1/closed", 500),
        (100, "/api/v1/nowhere", 404),
        (120, "/api/v1", 410),
        (200, "/api/v1/broken", 410),
    ] {
        let response = ask(&at(now).0, path).await;
        assert_eq!(response.status().as_u16(), answer, "{path}");
        let headers = response.headers();
        assert_eq!(headers["deprecation"], "@100");
        assert_eq!(headers["sunset"], "Thu, 01 Jan 1970 00:03:20 GMT");
        let links: Vec<_> = headers.get_all("link").iter().collect();
        assert_eq!(
            links,
            [
                "<https://example.com/docs>; rel=\"deprecation\"",
                "</policy>; rel=\"sunset\"",
                "</api/v2>; rel=\"successor-version\"",
            ]
        );
    }
    let current = ask(&at(100).0, "/api/v2").await;
    for name in ["deprecation", "sunset", "link"] {
        assert!(!current.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_version_to_the_letter_is_not_there() {
    let (app, _) = at(0);
    for path in [
        "/api/v0",
        "/api/v01",
        "/api/V1",
        "/api/v1%2f",
        "/api/v1%2F",
        "/api/%76%31",
        "/api/v1/../v2",
        "/api/v2/../v1",
        "/api/v3",
        "/api/v99999999",
        "/api/v",
        "/api/1",
        "/api/v1.0",
        "/api/v1;x",
        "/api//v1",
        "/api",
        "/v1",
        "/API/v1",
    ] {
        assert_eq!(status(&app, path).await, 404, "{path}");
    }
    let (_, body) = read(ask(&app, "/api/v3").await).await;
    assert_eq!(body["type"], "urn:portcullis:problem:not-found");
    let (_, body) = read(ask(&at(200).0, "/api/v1").await).await;
    assert_eq!(body["type"], "urn:portcullis:problem:gone");
}

#[tokio::test]
async fn a_handler_knows_its_version_or_answers_500() {
    let (app, _) = at(0);
    for (path, text) in [("/api/v1", "v1"), ("/api/v2/", "v2")] {
        let body = ask(&app, path).await.into_body();
        let body = axum::body::to_bytes(body, 100).await.unwrap();
        assert_eq!(body, text);
    }
    assert_eq!(status(&routes(), "/").await, 500);
}

#[tokio::test]
async fn an_end_is_what_the_author_says() {
    let ended = |version: Version| async {
        let versions = Versions::under("", [version.with_sunset(100), Version::new(2)]).unwrap();
        let versions = versions.with_clock(ManualClock::at(100));
        status(&app(&versions), "/v1").await
    };
    let one = || Version::new(1);
    assert_eq!(ended(one()).await, 410);
    let missing = one().with_status_after_sunset(StatusCode::NOT_FOUND);
    assert_eq!(ended(missing).await, 404);
    assert_eq!(ended(one().dangerous_served_after_sunset()).await, 200);
}

#[test]
fn each_version_has_one_router_unless_it_ends() {
    let versions = Versions::under("/api", [old(), Version::new(2)]).unwrap();
    let nest = |numbers: &[u16]| {
        let routers = numbers.iter().map(|number| (*number, Router::new()));
        versions.nest(routers).is_ok()
    };
    for (numbers, good) in [
        (&[1, 2][..], true),
        (&[2], true),
        (&[1], false),
        (&[], false),
        (&[1, 2, 3], false),
        (&[1, 2, 2], false),
    ] {
        assert_eq!(nest(numbers), good, "{numbers:?}");
    }
}

/// Believes a header.
#[derive(Clone)]
struct Named;

impl Guard for Named {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut http::request::Parts) -> Result<Pass, Stop> {
        let name = head.headers["x-name"].to_str().unwrap().to_owned();
        Facts::entry(&mut head.extensions).caller = Caller::Known(Principal::new(name));
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

#[tokio::test]
async fn who_uses_a_deprecated_version_is_told_once_an_hour_with_how_often() {
    let clock = ManualClock::at(100);
    let versions = Versions::under("/api", [old().with_sunset(9_999), Version::new(2)]).unwrap();
    let versions = versions.with_clock(clock.clone());
    let told = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&told);
    let sink = move |event: &SecurityEvent<'_>| {
        if event.outcome == Outcome::Authenticated {
            return;
        }
        let who = event.principal.map(|caller| caller.subject().to_owned());
        let version = event.version.map(|version| version.to_string());
        let line = (event.reason.to_owned(), version, who, event.times);
        record.lock().unwrap().push(line);
    };
    let shield = |number| {
        let shield = Shield::new()
            .with(Named)
            .with(versions.guard(number).unwrap());
        let shield = shield.with_events(sink.clone());
        Router::new()
            .route("/", get(|| async { "in" }))
            .layer(shield)
    };
    let app = Router::new().nest("/1", shield(1)).nest("/2", shield(2));
    let ask = |path: &'static str, name: &'static str| {
        let request = Request::get(path).header("x-name", name);
        send(&app, request.body(Body::empty()).unwrap())
    };
    let expect = |lines: &[(&str, u64)]| {
        let found = std::mem::take(&mut *told.lock().unwrap());
        let line = |(who, times): &(&str, u64)| {
            let reason = "version_deprecated".to_owned();
            (
                reason,
                Some("v1".to_owned()),
                Some((*who).to_owned()),
                *times,
            )
        };
        assert_eq!(found, lines.iter().map(line).collect::<Vec<_>>());
    };
    for (path, name) in [
        ("/1", "alice"),
        ("/1", "alice"),
        ("/2", "bob"),
        ("/1", "bob"),
    ] {
        ask(path, name).await;
    }
    expect(&[("alice", 1), ("bob", 1)]);
    clock.advance(Duration::from_secs(3_599));
    ask("/1", "alice").await;
    expect(&[]);
    clock.advance(Duration::from_secs(1));
    ask("/1", "alice").await;
    expect(&[("alice", 3)]);
    let counts: Vec<_> = versions.report().iter().map(|one| one.requests).collect();
    assert_eq!(counts, [5, 1]);
}
