//! What is weak is named, and nothing else is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use portcullis::test_util::{TestIssuer, assert_hardened, attacks, find_weaknesses};
use serde_json::Value;

use super::house::{NOW, app, article, issuer, names};
use crate::support::send;

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
    let (clients, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|name| name.starts_with("client_id_"));
    assert_eq!(clients.len(), 7, "{clients:?}");
    assert_eq!(
        others,
        ["typ_missing", "typ_jwt", "iat_missing", "jti_missing"]
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
async fn an_application_that_locks_everybody_out_or_fails_is_named() {
    let issuer = issuer();
    let every = attacks(&issuer).len();
    let count = Arc::new(AtomicUsize::new(0));
    let locked = move |request: Request, next: Next| {
        let before = count.fetch_add(1, Ordering::Relaxed);
        async move {
            if before > every {
                return StatusCode::TOO_MANY_REQUESTS.into_response();
            }
            next.run(request).await
        }
    };
    let locked = app(issuer.guard()).layer(from_fn(locked));
    let found = find_weaknesses(locked, &issuer, "/").await;
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "good_token_afterwards: after the attacks a good token is not let in any more (429 Too \
             Many Requests)"
        ]
    );
    let failing = tower::service_fn(|_: Request| async { Err::<Response, _>("no") });
    let found = find_weaknesses(failing, &issuer, "/").await;
    assert_eq!(
        (found.len(), found[0].attack(), found[0].seen()),
        (
            1,
            "good_token",
            "a good token is not let in (the application failed), so that nothing is proved"
        )
    );
}
