//! `test_util`: the attacks name what is weak, and nothing else.

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use portcullis::authz::RequireScopes;
use portcullis::guard::{Guard, Shield};
use portcullis::identity::{Principal, Scopes};
use portcullis::jwt::{Claims, RequireJwt};
use portcullis::test_util::{
    ActAs, Attack, Draft, ManualClock, Probe, TestIssuer, Weakness, assert_hardened, attacks,
    find_weaknesses,
};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{read, send};

const NOW: u64 = 1_900_000_000;

fn issuer() -> TestIssuer {
    TestIssuer::new("https://id.test", "articles").with_clock(ManualClock::at(NOW))
}

async fn publish(author: Principal, Json(article): Json<Value>) -> String {
    format!("{} wrote {article}", author.subject())
}

fn app(guard: impl Guard + Clone) -> Router {
    Router::new()
        .route("/", get(|_: Principal| async {}).post(publish))
        .layer(Shield::new().with(guard))
}

fn article() -> Probe {
    Probe::post_json("/", &json!({ "title": "x" }))
}

async fn names(app: Router, issuer: &TestIssuer, probe: impl Into<Probe>) -> Vec<String> {
    let found = find_weaknesses(app, issuer, probe).await;
    let name = |weakness: &Weakness| weakness.attack().to_owned();
    found.iter().map(name).collect()
}

#[tokio::test]
async fn an_application_behind_the_guard_withstands_every_attack() {
    let issuer = issuer();
    assert_hardened(app(issuer.guard()), &issuer, "/").await;
    assert_hardened(app(issuer.guard()), &issuer, article()).await;
    let plain = issuer.with_plain_jwt();
    assert_hardened(app(plain.guard()), &plain, "/").await;
    // On the machine's own clock, with the greatest leeway, among several issuers.
    let issuer = TestIssuer::new("https://id.test", "articles");
    let several = [
        issuer.issuer(),
        TestIssuer::new("https://other.test", "articles").issuer(),
    ];
    let guard = RequireJwt::of(several).unwrap();
    let guard = guard.with_leeway(Duration::from_mins(5)).unwrap();
    assert_hardened(app(guard), &issuer, "/").await;
}

#[tokio::test]
async fn a_route_that_needs_more_is_shown_a_token_that_has_it() {
    let issuer = issuer();
    let guard = issuer.guard().with_scopes(["articles:read"]).unwrap();
    let good = issuer.token("alice").with_scopes(["articles:read"]);
    assert_hardened(app(guard.clone()), good, "/").await;
    let found = find_weaknesses(app(guard), &issuer, "/").await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "good_token: a good token is not let in (403 Forbidden), so that nothing is proved"
    );
}

#[tokio::test]
async fn an_application_without_a_guard_withstands_nothing() {
    let issuer = issuer();
    let open = Router::new().route("/", get(|| async {}));
    let found = names(open, &issuer, "/").await;
    let all: Vec<_> = attacks(&issuer)
        .iter()
        .map(|attack| attack.name().to_owned())
        .collect();
    assert_eq!(found, all);
}

#[tokio::test]
#[should_panic(expected = "\naud_of_another: it was let in (200 OK)")]
async fn a_guard_for_any_audience_is_named_by_the_audiences() {
    let issuer = issuer();
    let app = app(issuer.guard().dangerous_allow_any_audience());
    let found = names(app.clone(), &issuer, "/").await;
    let about_audiences = |name: &String| name.starts_with("aud_");
    assert!(found.iter().all(about_audiences), "{found:?}");
    let every = attacks(&issuer);
    let every = every
        .iter()
        .filter(|attack| attack.name().starts_with("aud_"));
    assert_eq!(found.len(), every.count());
    assert_hardened(app, &issuer, "/").await;
}

#[tokio::test]
async fn a_guard_for_plain_tokens_is_named_by_what_it_lets_in() {
    let issuer = issuer();
    let found = names(app(issuer.guard().with_plain_jwt()), &issuer, "/").await;
    assert_eq!(
        found,
        [
            "typ_missing",
            "typ_jwt",
            "iat_missing",
            "client_id_missing",
            "jti_missing"
        ]
    );
}

/// Decodes the claims and believes them.
async fn believing(request: Request, next: Next) -> Response {
    let token = request.headers().get(AUTHORIZATION);
    let payload = token
        .and_then(|line| line.to_str().ok()?.strip_prefix("Bearer "))
        .and_then(|token| URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok())
        .and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let is_good = |claims: Value| {
        claims["iss"] == "https://id.test"
            && claims["aud"] == "articles"
            && claims["exp"].as_u64() > Some(NOW)
    };
    if payload.is_some_and(is_good) {
        return next.run(request).await;
    }
    let headers = [(WWW_AUTHENTICATE, "Bearer"), (CACHE_CONTROL, "no-store")];
    (StatusCode::UNAUTHORIZED, headers).into_response()
}

#[tokio::test]
async fn a_guard_that_only_decodes_is_named_by_the_forgeries() {
    let issuer = issuer();
    let app = Router::new()
        .route("/", get(|| async {}))
        .layer(from_fn(believing));
    let found = names(app, &issuer, "/").await;
    for name in [
        "alg_none_unsigned",
        "key_of_a_stranger",
        "hs256_by_pem",
        "signature_zero",
        "signature_of_another_subject",
        "crit_b64",
        "typ_dpop",
        "nbf_future",
        "claims_duplicate_sub_last",
        "jti_missing",
    ] {
        assert!(found.iter().any(|found| found == name), "{name}: {found:?}");
    }
    for name in ["no_credential", "iss_of_another", "aud_missing", "expired"] {
        assert!(!found.iter().any(|found| found == name), "{name}");
    }
}

#[tokio::test]
async fn a_body_read_before_the_caller_is_known_is_named() {
    let issuer = issuer();
    // The handler reads the body and then lets an inner service ask who is calling.
    let guarded = app(issuer.guard());
    let early = async move |request: Request| {
        let (head, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, 2 * 1024 * 1024).await;
        let Ok(bytes) = bytes else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        if serde_json::from_slice::<Value>(&bytes).is_err() {
            return StatusCode::UNPROCESSABLE_ENTITY.into_response();
        }
        send(&guarded, Request::from_parts(head, bytes.into())).await
    };
    let app = Router::new().route("/", post(early));
    let found = find_weaknesses(app, &issuer, article()).await;
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "no_credential_and_broken_json: it was answered 422 Unprocessable Entity and not 401 \
             Unauthorized",
            "no_credential_and_another_media_type: it was answered 422 Unprocessable Entity and \
             not 401 Unauthorized",
            "no_credential_and_a_great_body: it was answered 413 Payload Too Large and not 401 \
             Unauthorized",
            "token_in_the_body: it was answered 422 Unprocessable Entity and not 401 Unauthorized",
        ]
    );
}

/// Answers refusals otherwise than `RequireJwt` has done.
async fn altered(issuer: &TestIssuer, alter: fn(Response, &str) -> Response) -> Vec<String> {
    let talkative = move |request: Request, next: Next| async move {
        let line = request.headers().get(AUTHORIZATION);
        let line = line
            .and_then(|line| line.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let response = next.run(request).await;
        if response.status().is_success() {
            response
        } else {
            alter(response, &line)
        }
    };
    let app = app(issuer.guard()).layer(from_fn(talkative));
    let found = find_weaknesses(app, issuer, "/").await;
    found.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn refusals_that_say_too_much_or_too_little_are_named() {
    let issuer = issuer();
    let every = attacks(&issuer).len();
    let bare = altered(&issuer, |mut response, _| {
        response.headers_mut().remove(WWW_AUTHENTICATE);
        response
    });
    let bare = bare.await;
    assert_eq!(bare.len(), every);
    assert_eq!(
        bare[0],
        "no_credential: the 401 Unauthorized bears no challenge (WWW-Authenticate)"
    );
    let stored = altered(&issuer, |mut response, _| {
        response.headers_mut().remove(CACHE_CONTROL);
        response
    });
    assert_eq!(stored.await.len(), every);
    let echoing = altered(&issuer, |response, line| {
        let (head, _) = response.into_parts();
        Response::from_parts(head, format!("what is {line:?}?").into())
    });
    let echoing = echoing.await;
    let expected = "expired: the answer repeats the token or what it says";
    assert!(echoing.iter().any(|line| line == expected), "{echoing:?}");
    let panicking = altered(&issuer, |response, line| {
        assert!(!line.contains("Basic eA=="), "what is that?");
        response
    });
    assert_eq!(
        panicking.await,
        ["two_credentials_in_a_line", "two_lines_basic_first"]
            .map(|name| format!("{name}: the application panicked"))
    );
}

#[tokio::test]
async fn an_attack_can_be_tried_by_itself() {
    let issuer = issuer();
    let app = app(issuer.guard());
    let all = attacks(&issuer);
    let named =
        |name: &str| -> &Attack { all.iter().find(|attack| attack.name() == name).unwrap() };
    for (name, status) in [("expired", 401), ("two_lines", 400)] {
        let attack = named(name);
        assert_eq!(attack.status(), status);
        let request = http::Request::new(axum::body::Body::empty());
        assert_eq!(send(&app, attack.apply(request)).await.status(), status);
    }
}

async fn answer(app: &Router, draft: &Draft) -> StatusCode {
    let request = http::Request::get("/")
        .header(AUTHORIZATION, format!("Bearer {}", draft.sign()))
        .body(axum::body::Body::empty())
        .unwrap();
    send(app, request).await.status()
}

#[tokio::test]
async fn a_draft_is_as_good_or_bad_as_it_was_asked_to_be() {
    let clock = ManualClock::at(NOW);
    let issuer = TestIssuer::new("https://id.test", "articles").with_clock(clock.clone());
    let app = app(issuer.guard());
    let good = || issuer.token("alice");
    for (draft, status) in [
        (good(), 200),
        (good().with_scopes(["a", "b"]), 200),
        (good().with_claim("aud", json!(["other", "articles"])), 200),
        (good().with_claim("exp", NOW - 30), 200),
        (good().with_claim("exp", NOW - 31), 401),
        (good().without_claim("sub"), 401),
        (good().with_header("typ", "JWT"), 401),
        (good().without_header("kid"), 200),
        (good().with_payload(*b"{}"), 401),
        (good().with_payload(*b"{}").with_claim("x", 1), 200),
        (good().with_header_bytes(*b"x"), 401),
        (good().expired(), 401),
        (good().not_yet_valid(), 401),
        (good().signed_by_a_stranger(), 401),
        (good().unsigned(), 401),
        (good().signed_with_secret([7; 32]), 401),
        (good().with_signature([0; 64]), 401),
    ] {
        assert_eq!(answer(&app, &draft).await, status, "{draft:?}");
    }
    let token = good();
    clock.advance(Duration::from_secs(931));
    assert_eq!(answer(&app, &token).await, 401);
    assert_eq!(answer(&app, &good()).await, 200);
    assert_eq!(
        answer(
            &app,
            &TestIssuer::new("https://id.test", "articles").token("alice")
        )
        .await,
        401,
        "another issuer of the same name"
    );
}

#[tokio::test]
async fn a_caller_is_put_before_the_handlers_without_a_token() {
    async fn plan(caller: Principal, Claims(claims): Claims<Value>) -> String {
        format!("{} is on {}", caller.subject(), claims["plan"])
    }
    let shielded = |guard: ActAs| {
        let shield = Shield::new()
            .with(guard)
            .with(RequireScopes::all(["articles:read"]).unwrap());
        Router::new().route("/", get(plan)).layer(shield)
    };
    let ask = async |guard: ActAs| {
        let request = http::Request::new(axum::body::Body::empty());
        send(&shielded(guard), request).await
    };
    let alice = Principal::new("alice").with_scopes(Scopes::parse("articles:read"));
    let known = ActAs::principal(alice.clone()).with_claims(&json!({ "plan": "free" }));
    let response = ask(known).await;
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    assert_eq!(body, Bytes::from_static(b"alice is on \"free\""));
    assert_eq!(
        ask(ActAs::principal(alice)).await.status(),
        401,
        "no claims"
    );
    let poor = ActAs::principal(Principal::new("bob"));
    assert_eq!(ask(poor).await.status(), 403);
    let (status, body) = read(ask(ActAs::nobody()).await).await;
    assert_eq!((status.as_u16(), &body["status"]), (401, &json!(401)));
    assert!(ActAs::nobody().describe().to_string().contains("refused"));
}
