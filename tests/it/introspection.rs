//! Opaque tokens, asked about at a loopback server that speaks RFC 7662.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::fetch::{Discovery, Endpoint, Fetcher};
use portcullis::guard::{Authenticator, Shield};
use portcullis::identity::Principal;
use portcullis::introspection::{
    ClientCredentials, Introspected, Introspection, RequireOpaqueToken,
};
use portcullis::step_up::StepUp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{read, send};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";
const OPEN: usize = 1 << 20;

/// An authorization server.
#[derive(Clone)]
struct Server(Arc<Desk>);

struct Desk {
    address: SocketAddr,
    tokens: Mutex<HashMap<String, Value>>,
    asked: Mutex<Vec<(HeaderMap, String)>>,
    fault: Mutex<Option<(u16, &'static str, &'static str)>>,
    gate: Semaphore,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self(Arc::new(Desk {
            address: listener.local_addr().unwrap(),
            tokens: Mutex::default(),
            asked: Mutex::default(),
            fault: Mutex::default(),
            gate: Semaphore::new(OPEN),
        }));
        let (asked, known) = (server.clone(), server.clone());
        let app = Router::new()
            .route(
                "/ask",
                any(move |headers: HeaderMap, body: String| asked.clone().answer(headers, body)),
            )
            .route(
                "/.well-known/openid-configuration",
                get(async move || {
                    let issuer = known.url("");
                    let ask = known.url("/ask");
                    axum::Json(json!({ "issuer": issuer, "introspection_endpoint": ask }))
                }),
            );
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.address)
    }

    async fn answer(self, headers: HeaderMap, body: String) -> Response<Body> {
        self.0.asked.lock().unwrap().push((headers, body.clone()));
        drop(self.0.gate.acquire().await.unwrap());
        if let Some((status, media_type, body)) = *self.0.fault.lock().unwrap() {
            let status = StatusCode::from_u16(status).unwrap();
            return (status, [(CONTENT_TYPE, media_type)], body).into_response();
        }
        let token = body
            .strip_prefix("token=")
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let known = self.0.tokens.lock().unwrap().get(token).cloned();
        axum::Json(known.unwrap_or(json!({ "active": false }))).into_response()
    }

    /// Has `token` be active, with `changes` to what is usually said of one.
    fn knows(&self, token: &str, changes: &Value) {
        let mut said = json!({
            "active": true, "sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "scope": "read",
            "exp": 2_000, "iat": 1_000, "jti": "7", "client_id": "app", "username": "Alice A.",
        });
        for (name, value) in changes.as_object().unwrap() {
            said[name] = value.clone();
        }
        self.0.tokens.lock().unwrap().insert(token.to_owned(), said);
    }

    fn forgets(&self, token: &str) {
        self.0.tokens.lock().unwrap().remove(token);
    }

    fn fails_with(&self, fault: Option<(u16, &'static str, &'static str)>) {
        *self.0.fault.lock().unwrap() = fault;
    }

    fn hits(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }

    fn introspection(&self, timeout: Duration) -> Introspection {
        let endpoint = Endpoint::dangerous_allow_http_on_loopback(&self.url("/ask")).unwrap();
        let credentials = ClientCredentials::basic("my-api", "hunter2".to_owned());
        let fetcher = Fetcher::new().unwrap().with_timeout(timeout);
        Introspection::at(endpoint, credentials, fetcher)
    }

    fn guard(&self, clock: &ManualClock) -> RequireOpaqueToken {
        RequireOpaqueToken::issued_by(ISSUER, AUDIENCE, self.introspection(LATE))
            .unwrap()
            .with_clock(clock.clone())
    }
}

const LATE: Duration = Duration::from_secs(5);

async fn whoami(caller: Principal, token: Introspected) -> String {
    format!(
        "{} by {}",
        caller.subject(),
        token.client_id().unwrap_or("nobody")
    )
}

fn app(guard: RequireOpaqueToken) -> Router {
    Router::new().route("/", get(whoami)).layer(guard)
}

fn request(authorization: &str) -> Request<Body> {
    let request = Request::get("/").header(AUTHORIZATION, authorization.as_bytes());
    request.body(Body::empty()).unwrap()
}

async fn status(app: &Router, token: &str) -> StatusCode {
    send(app, request(&format!("Bearer {token}")))
        .await
        .status()
}

#[tokio::test]
async fn an_active_token_lets_its_owner_in() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let app = app(server.guard(&ManualClock::at(1_000)));
    let answer = send(&app, request("bearer  good")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let body = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
    assert_eq!(body, Bytes::from_static(b"alice by app"));

    let (headers, form) = server.0.asked.lock().unwrap()[0].clone();
    assert_eq!(form, "token=good&token_type_hint=access_token");
    assert_eq!(headers[AUTHORIZATION], "Basic bXktYXBpOmh1bnRlcjI=");
    assert_eq!(headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
}

#[tokio::test]
async fn the_endpoint_is_found_from_the_name_of_the_issuer() {
    let server = Server::start().await;
    server.knows("good", &json!({ "iss": server.url("") }));
    let fetcher = Fetcher::new().unwrap();
    let issuer = Discovery::dangerous_allow_http_on_loopback(&server.url(""), fetcher).unwrap();
    let credentials = ClientCredentials::post("my-api", "hunter2".to_owned());
    let introspection = Introspection::named_by(issuer, credentials);
    let guard = RequireOpaqueToken::issued_by(&server.url(""), AUDIENCE, introspection).unwrap();
    let app = app(guard.with_clock(ManualClock::at(1_000)));
    assert_eq!(status(&app, "good").await, StatusCode::OK);
    let (headers, form) = server.0.asked.lock().unwrap()[0].clone();
    assert!(!headers.contains_key(AUTHORIZATION));
    assert!(form.ends_with("&client_id=my-api&client_secret=hunter2"));
}

#[tokio::test]
async fn all_that_can_be_wrong_with_a_token_looks_the_same_from_outside() {
    let server = Server::start().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let shield = Shield::new()
        .with_events(move |event: &SecurityEvent<'_>| {
            ear.lock().unwrap().push(event.reason.to_owned());
        })
        .with(server.guard(&ManualClock::at(1_000)));
    let app = Router::new().route("/", get(whoami)).layer(shield);
    let mut seen = Vec::new();
    for (reason, changes) in [
        ("token_inactive", json!({ "active": false })),
        ("token_expired", json!({ "exp": 969 })),
        ("token_not_yet_valid", json!({ "nbf": 1_031 })),
        ("issued_in_future", json!({ "iat": 1_031 })),
        ("wrong_issuer", json!({ "iss": "https://evil.example" })),
        ("wrong_issuer", json!({ "iss": null })),
        (
            "wrong_audience",
            json!({ "aud": ["https://other.example"] }),
        ),
        ("wrong_audience", json!({ "aud": null })),
        ("token_bound", json!({ "cnf": { "jkt": "x" } })),
        ("wrong_token_type", json!({ "token_use": "refresh_token" })),
        ("sub_missing", json!({ "sub": null })),
    ] {
        let token = format!("t{}", seen.len());
        server.knows(&token, &changes);
        let answer = send(&app, request(&format!("Bearer {token}"))).await;
        assert_eq!(*told.lock().unwrap(), [reason]);
        told.lock().unwrap().clear();
        let headers = answer.headers().clone();
        seen.push((headers, read(answer).await));
    }
    let (headers, (status, _)) = &seen[0];
    assert_eq!(*status, StatusCode::UNAUTHORIZED);
    assert_eq!(headers[WWW_AUTHENTICATE], r#"Bearer error="invalid_token""#);
    assert_eq!(headers["cache-control"], "no-store");
    assert!(seen.iter().all(|answer| *answer == seen[0]));
}

#[tokio::test]
async fn what_cannot_be_a_token_is_never_asked_about() {
    let server = Server::start().await;
    let app = app(server.guard(&ManualClock::at(1_000)));
    let long = format!("Bearer {}", "a".repeat(16 * 1_024 + 1));
    for (line, expected, challenge) in [
        ("Basic dTpw", 401, "Bearer"),
        ("Bearer", 400, r#"Bearer error="invalid_request""#),
        ("Bearer a b", 400, r#"Bearer error="invalid_request""#),
        (
            "Bearer a&client_id=x",
            400,
            r#"Bearer error="invalid_request""#,
        ),
        ("Bearer \u{e9}", 400, r#"Bearer error="invalid_request""#),
        (&long, 401, r#"Bearer error="invalid_token""#),
    ] {
        let answer = send(&app, request(line)).await;
        assert_eq!(answer.status(), expected, "{line:.20}");
        assert_eq!(answer.headers()[WWW_AUTHENTICATE], challenge, "{line:.20}");
    }
    let none = send(&app, Request::new(Body::empty())).await;
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(none.headers()[WWW_AUTHENTICATE], "Bearer");
    let mut two = request("Bearer a");
    two.headers_mut()
        .append(AUTHORIZATION, "Bearer a".parse().unwrap());
    assert_eq!(send(&app, two).await.status(), StatusCode::BAD_REQUEST);
    let by_query = Request::get("/?access_token=a")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        send(&app, by_query).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_as_it_should_lets_nobody_in_and_calls_no_token_bad() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let guard = RequireOpaqueToken::issued_by(
        ISSUER,
        AUDIENCE,
        server.introspection(Duration::from_millis(100)),
    );
    let app = app(guard.unwrap().with_clock(ManualClock::at(1_000)));
    let json = "application/json";
    for fault in [
        (500, json, r#"{"active":true}"#),
        (401, json, r#"{"active":true}"#),
        (302, json, r#"{"active":true}"#),
        (200, "text/html", r#"{"active":true}"#),
        (200, json, r#"{"active":"true"}"#),
        (200, json, r#"{"active":true"#),
        (200, json, "[true]"),
        (200, json, "{}"),
        (200, json, ""),
    ] {
        server.fails_with(Some(fault));
        let before = server.hits();
        let answer = send(&app, request("Bearer good")).await;
        assert_eq!(
            answer.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{fault:?}"
        );
        assert_eq!(answer.headers()[RETRY_AFTER], "5");
        assert!(!answer.headers().contains_key(WWW_AUTHENTICATE));
        assert_eq!(server.hits(), before + 1, "nothing is sent twice");
    }
    server.fails_with(None);
    server.0.gate.forget_permits(OPEN);
    assert_eq!(status(&app, "good").await, StatusCode::SERVICE_UNAVAILABLE);
    server.0.gate.add_permits(OPEN);
    assert_eq!(
        status(&app, "good").await,
        StatusCode::OK,
        "a failure is not remembered"
    );
}

#[tokio::test]
async fn an_answer_counts_for_a_minute_and_never_beyond_the_end_of_the_token() {
    let server = Server::start().await;
    let clock = ManualClock::at(1_000);
    let app = app(server.guard(&clock));
    server.knows("long", &json!({}));
    server.knows("short", &json!({ "exp": 1_010 }));
    for (advance, token, hits) in [
        (0, "long", 1),
        (0, "short", 2),
        (9, "short", 2),
        (1, "short", 3), // at its end, within the leeway, the server has the last word
        (0, "short", 4),
        (49, "long", 4),
        (1, "long", 5),
    ] {
        clock.advance(Duration::from_secs(advance));
        assert_eq!(status(&app, token).await, StatusCode::OK, "{token} {hits}");
        assert_eq!(server.hits(), hits, "{token}");
    }
    server.forgets("long");
    clock.advance(Duration::from_secs(59));
    assert_eq!(status(&app, "long").await, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, "long").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_that_is_not_active_is_asked_about_once_in_five_seconds() {
    let server = Server::start().await;
    let clock = ManualClock::at(1_000);
    let app = app(server.guard(&clock));
    for (advance, hits) in [(0, 1), (0, 1), (4, 1), (1, 2)] {
        clock.advance(Duration::from_secs(advance));
        assert_eq!(status(&app, "made-up").await, StatusCode::UNAUTHORIZED);
        assert_eq!(server.hits(), hits);
    }
    server.knows("made-up", &json!({}));
    clock.advance(Duration::from_secs(5));
    assert_eq!(status(&app, "made-up").await, StatusCode::OK);
}

#[tokio::test]
async fn without_a_memory_a_withdrawn_token_is_good_no_longer() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let introspection = server.introspection(LATE).with_memory(Duration::ZERO);
    let guard = RequireOpaqueToken::issued_by(ISSUER, AUDIENCE, introspection).unwrap();
    let app = app(guard.with_clock(ManualClock::at(1_000)));
    assert_eq!(status(&app, "good").await, StatusCode::OK);
    server.forgets("good");
    assert_eq!(status(&app, "good").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_one_new_token_is_one_question() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let app = app(server.guard(&ManualClock::at(1_000)));
    server.0.gate.forget_permits(OPEN);
    let mut burst = JoinSet::new();
    for _ in 0..500 {
        let app = app.clone();
        burst.spawn(async move { status(&app, "good").await });
    }
    while server.hits() == 0 {
        tokio::task::yield_now().await;
    }
    server.0.gate.add_permits(OPEN);
    assert!(
        burst
            .join_all()
            .await
            .iter()
            .all(|status| *status == StatusCode::OK)
    );
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_flood_of_made_up_tokens_reaches_the_endpoint_only_so_wide() {
    let server = Server::start().await;
    let introspection = server.introspection(LATE).with_most_questions(3);
    let guard = RequireOpaqueToken::issued_by(ISSUER, AUDIENCE, introspection).unwrap();
    let app = app(guard.with_clock(ManualClock::at(1_000)));
    server.0.gate.forget_permits(OPEN);
    let mut waiting = JoinSet::new();
    for n in 0..3 {
        let app = app.clone();
        waiting.spawn(async move { status(&app, &n.to_string()).await });
    }
    while server.hits() < 3 {
        tokio::task::yield_now().await;
    }
    let answer = send(&app, request("Bearer 4")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[RETRY_AFTER], "1");
    server.0.gate.add_permits(OPEN);
    waiting.join_all().await;
    assert_eq!(
        status(&app, "4").await,
        StatusCode::UNAUTHORIZED,
        "there is room again"
    );
}

#[tokio::test]
async fn a_caller_who_goes_away_takes_no_answer_from_the_others() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let app = app(server.guard(&ManualClock::at(1_000)));
    server.0.gate.forget_permits(OPEN);
    let impatient = {
        let app = app.clone();
        tokio::spawn(async move { status(&app, "good").await })
    };
    while server.hits() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    server.0.gate.add_permits(OPEN);
    assert_eq!(status(&app, "good").await, StatusCode::OK);
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn one_answer_is_judged_by_each_guard_anew() {
    let server = Server::start().await;
    server.knows("good", &json!({}));
    let introspection = server.introspection(LATE);
    let guard = |audience: &str| {
        let guard = RequireOpaqueToken::issued_by(ISSUER, audience, introspection.clone());
        app(guard.unwrap().with_clock(ManualClock::at(1_000)))
    };
    assert_eq!(status(&guard(AUDIENCE), "good").await, StatusCode::OK);
    let other = guard("https://other.example");
    assert_eq!(status(&other, "good").await, StatusCode::UNAUTHORIZED);
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn scopes_and_logins_of_asked_tokens_are_judged_like_any_others() {
    let server = Server::start().await;
    server.knows("weak", &json!({}));
    server.knows(
        "strong",
        &json!({ "scope": "read write", "auth_time": 900 }),
    );
    server.knows("stale", &json!({ "scope": "read write", "auth_time": 600 }));
    let clock = ManualClock::at(1_000);
    let shield = Shield::new()
        .with(server.guard(&clock).with_scopes(["write"]).unwrap())
        .with(StepUp::within(Duration::from_mins(5)).with_clock(clock));
    let app = Router::new().route("/", get(whoami)).layer(shield);
    let answer = send(&app, request("Bearer weak")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        r#"Bearer error="insufficient_scope", scope="write""#
    );
    assert_eq!(status(&app, "strong").await, StatusCode::OK);
    let answer = send(&app, request("Bearer stale")).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains("insufficient_user_authentication"));
}

#[tokio::test]
async fn what_the_server_does_not_name_is_accepted_only_by_a_loud_word() {
    let server = Server::start().await;
    server.knows("bare", &json!({ "iss": null, "aud": null }));
    let clock = ManualClock::at(1_000);
    assert_eq!(
        status(&app(server.guard(&clock)), "bare").await,
        StatusCode::UNAUTHORIZED
    );
    let loud = server
        .guard(&clock)
        .dangerous_accept_any_issuer()
        .dangerous_accept_any_audience();
    assert_eq!(status(&app(loud), "bare").await, StatusCode::OK);
    let silent = RequireOpaqueToken::issued_by("", AUDIENCE, server.introspection(LATE));
    assert!(silent.is_err());
}

#[tokio::test]
async fn a_stranger_may_come_without_a_token_but_not_with_a_bad_one() {
    async fn greet(token: Option<Introspected>) -> &'static str {
        token.map_or("stranger", |_| "known")
    }
    let server = Server::start().await;
    let guard = server.guard(&ManualClock::at(1_000)).optional();
    let app = Router::new()
        .route("/", get(greet))
        .layer(Shield::new().with(guard));
    assert_eq!(
        send(&app, Request::new(Body::empty())).await.status(),
        StatusCode::OK
    );
    assert_eq!(status(&app, "bad").await, StatusCode::UNAUTHORIZED);
    let bare = Router::new().route("/", get(whoami));
    assert_eq!(
        status(&bare, "bad").await,
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[tokio::test]
async fn no_secret_and_no_token_is_told_anywhere() {
    let server = Server::start().await;
    server.fails_with(Some((
        200,
        "application/json",
        r#"{"active":"s3cr3t-echo"}"#,
    )));
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let guard = server.guard(&ManualClock::at(1_000));
    let debug = format!("{guard:?}");
    let shield = Shield::new()
        .with_events(move |event: &SecurityEvent<'_>| {
            ear.lock().unwrap().push(format!("{event:?}"));
        })
        .with(guard);
    let app = Router::new().route("/", get(whoami)).layer(shield);
    let (_, body) = read(send(&app, request("Bearer s3cr3t-token")).await).await;
    let all = format!("{debug}{:?}{body}", told.lock().unwrap());
    assert!(all.contains("introspection_unavailable"), "{all}");
    for secret in ["s3cr3t", "hunter2", "aHVudGVy"] {
        assert!(!all.contains(secret), "{all}");
    }
}
