//! A request walks through a shield in a real router.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use portcullis::authz::RequireScopes;
use portcullis::clock::ManualClock;
use portcullis::event::{Outcome, SecurityEvent};
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal, Scopes};
use portcullis::problem::{Challenge, Kind, PlainError, Problem};
use portcullis::step_up::StepUp;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::timeout::TimeoutLayer;

use crate::support::{read, send};

/// Stamps a header on whatever comes back.
#[derive(Clone)]
struct Envelope;

impl Guard for Envelope {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        Ok(Pass::stamped([
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (VARY, HeaderValue::from_static("origin")),
        ]))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

/// Believes whoever names themselves in a header: `name` or `name scope scope`.
#[derive(Clone)]
struct Named(&'static str);

impl Guard for Named {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let text = match head.headers.get(self.0) {
            None => return Err(self.refusal(Kind::Unauthenticated).into()),
            Some(value) => value.to_str().unwrap().to_owned(),
        };
        let (name, scopes) = text.split_once(' ').unwrap_or((&text, ""));
        if name == "mallory" {
            return Err(self.refusal(Kind::InvalidCredential).into());
        }
        let principal = Principal::new(name)
            .with_scopes(Scopes::parse(scopes))
            .with_auth_time(1_000);
        Facts::entry(&mut head.extensions).caller = Caller::Known(principal);
        Ok(Pass::stamped([(
            VARY,
            HeaderValue::from_static("authorization"),
        )]))
    }

    fn describe(&self) -> Demand {
        Demand::Credential(self.0.into())
    }
}

impl Named {
    fn refusal(&self, kind: Kind) -> Problem {
        Problem::new(kind).with_challenge(&Challenge::new("Named").with("header", self.0))
    }
}

impl Authenticator for Named {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key(self.0)
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![Challenge::new("Named").with("header", self.0)]
    }
}

/// Answers every request itself.
#[derive(Clone)]
struct Preflight;

impl Guard for Preflight {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        Err(Stop::answer(answer))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

/// A handler behind a closed door.
async fn never() {
    unreachable!("the guard let the request in");
}

fn request(headers: &[(&'static str, &'static str)]) -> Request<Body> {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    request
}

fn varies(response: &Response<Body>) -> Vec<&HeaderValue> {
    response.headers().get_all(VARY).iter().collect()
}

#[tokio::test]
async fn refusals_bear_the_stamps_of_earlier_guards() {
    let clock = ManualClock::at(1_000);
    let shield = Shield::new()
        .with(Envelope)
        .with(Named("x-name"))
        .with(StepUp::within(Duration::from_mins(1)).with_clock(clock.clone()));
    let app = Router::new()
        .route("/", get(|| async { "in" }))
        .layer(shield);

    let answer = send(&app, request(&[("x-name", "alice")])).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(varies(&answer), ["origin", "authorization"]);

    clock.advance(Duration::from_secs(61));
    let answer = send(&app, request(&[("x-name", "alice")])).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(varies(&answer), ["origin", "authorization"]);
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        r#"Bearer error="insufficient_user_authentication", max_age="60""#
    );
}

#[tokio::test]
async fn an_early_answer_bears_stamps_and_is_no_refusal() {
    let events = Arc::new(Mutex::new(0));
    let count = Arc::clone(&events);
    let shield = Shield::new()
        .with_events(move |_: &SecurityEvent<'_>| *count.lock().unwrap() += 1)
        .with(Envelope)
        .with(Preflight);
    let app = Router::new().route("/", get(never)).layer(shield);
    let answer = send(&app, request(&[])).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(*events.lock().unwrap(), 0);
}

#[tokio::test]
async fn either_credential_will_do_and_a_bad_one_is_never_passed_over() {
    let app = Router::new()
        .route(
            "/",
            get(|caller: Principal| async move { caller.subject().to_owned() }),
        )
        .layer(Shield::new().with(Named("x-one").or(Named("x-two"))));
    for (sent, status, challenges) in [
        (&[("x-one", "alice")][..], 200, 0),
        (&[("x-two", "alice")], 200, 0),
        (&[], 401, 2),
        (&[("x-one", "mallory")], 401, 2),
        (&[("x-two", "mallory")], 401, 2),
        (&[("x-one", "alice"), ("x-two", "alice")], 400, 2),
        (&[("x-one", "mallory"), ("x-two", "alice")], 400, 2),
    ] {
        let answer = send(&app, request(sent)).await;
        assert_eq!(answer.status(), status, "{sent:?}");
        let found = answer.headers().get_all(WWW_AUTHENTICATE).iter().count();
        assert_eq!(found, challenges, "{sent:?}");
    }
}

#[tokio::test]
async fn an_optional_credential_may_be_missing_but_not_bad() {
    async fn greet(caller: Option<Principal>) -> String {
        caller.map_or("stranger".to_owned(), |caller| caller.subject().to_owned())
    }
    let app = Router::new()
        .route("/", get(greet))
        .route("/known", get(|_: Principal| async {}))
        .layer(Shield::new().with(Named("x-name").optional()));
    for (sent, status) in [
        (&[][..], 200),
        (&[("x-name", "alice")], 200),
        (&[("x-name", "mallory")], 401),
    ] {
        assert_eq!(send(&app, request(sent)).await.status(), status, "{sent:?}");
    }
    let mut to_known = request(&[]);
    *to_known.uri_mut() = "/known".parse().unwrap();
    let answer = send(&app, to_known).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.headers().contains_key(WWW_AUTHENTICATE));
}

#[tokio::test]
async fn an_optional_guard_does_not_forget_whom_an_earlier_one_knows() {
    let app = Router::new()
        .route("/", get(|_: Principal| async {}))
        .layer(
            Shield::new()
                .with(Named("x-one"))
                .with(Named("x-two").optional()),
        );
    let answer = send(&app, request(&[("x-one", "alice")])).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_handler_without_any_authentication_answers_500() {
    let app = Router::new().route("/", get(|_: Principal| never()));
    let optional = Router::new().route("/", get(|_: Option<Principal>| never()));
    for app in [app, optional] {
        let (status, body) = read(send(&app, request(&[])).await).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body["title"], "Something went wrong");
    }
}

#[tokio::test]
async fn every_decision_is_told_exactly_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let outer = Shield::new()
        .with_events(move |event: &SecurityEvent<'_>| {
            let subject = event.principal.map(|caller| caller.subject().to_owned());
            ear.lock().unwrap().push((
                event.outcome,
                event.reason.to_owned(),
                subject,
                event.route.map(str::to_owned),
            ));
        })
        .with(Named("x-name"));
    let scopes = RequireScopes::all(["write"]).unwrap();
    let app = Router::new()
        .route("/", get(|_: Principal| async { "in" }).layer(scopes))
        .layer(outer);
    let alice = Some("alice".to_owned());
    let route = Some("/".to_owned());
    let known = (
        Outcome::Authenticated,
        "authenticated".to_owned(),
        alice.clone(),
        route.clone(),
    );
    for (sent, expected) in [
        (&[("x-name", "alice write")][..], vec![known.clone()]),
        (
            &[("x-name", "alice")],
            vec![
                known,
                (
                    Outcome::Refused,
                    "insufficient-scope".to_owned(),
                    alice,
                    route.clone(),
                ),
            ],
        ),
        (
            &[],
            vec![(Outcome::Refused, "unauthenticated".to_owned(), None, route)],
        ),
    ] {
        send(&app, request(sent)).await;
        assert_eq!(
            std::mem::take(&mut *told.lock().unwrap()),
            expected,
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn refusals_of_guards_and_extractors_take_the_shape_that_the_author_chose() {
    let app = Router::new()
        .route("/", post(|_: Principal| async { Json("in") }))
        .route_layer(
            Shield::new()
                .with_problems(PlainError)
                .with(Named("x-name").optional()),
        );
    for sent in [&[][..], &[("x-name", "mallory")]] {
        let mut request = request(sent);
        *request.method_mut() = http::Method::POST;
        let (status, body) = read(send(&app, request).await).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body["error"].is_string(), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_grpc_caller_gets_a_status_it_understands() {
    let app = Router::new()
        .route("/", get(never))
        .layer(Shield::new().with(Named("x-name")));
    let answer = send(&app, request(&[("content-type", "application/grpc+proto")])).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["grpc-status"], "16");
    assert_eq!(answer.headers()["content-type"], "application/grpc");
}

#[tokio::test]
async fn a_shield_stands_among_the_layers_of_others() {
    let minute = Duration::from_mins(1);
    let stack = ServiceBuilder::new()
        .layer(Shield::new().with(Envelope).with(Named("x-name")))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            minute,
        ))
        .service_fn(|request: Request<Body>| async move {
            let caller = Facts::caller(request.extensions())
                .principal()
                .unwrap()
                .clone();
            Ok::<_, Infallible>(Response::new(Body::from(caller.subject().to_owned())))
        });
    let answer = stack
        .clone()
        .oneshot(request(&[("x-name", "alice")]))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = stack.oneshot(request(&[])).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[test]
fn a_shield_tells_what_it_demands() {
    let shield = Shield::new()
        .with(Envelope)
        .with(Named("token").or(Named("key")))
        .with(RequireScopes::all(["write"]).unwrap())
        .with(StepUp::within(Duration::from_mins(5)));
    assert_eq!(
        shield.describe().to_string(),
        "(token or key), scopes write, a login at most 300 s old"
    );
}
