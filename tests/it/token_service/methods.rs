//! The service without its routes, and what access tokens say after a refresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use portcullis::identity::{Principal, Scopes};
use portcullis::jwt::{Claims, Grant, RequireJwt, Revocations};
use portcullis::problem::{Kind, Problem};
use portcullis::secret::Secret;
use portcullis::session::Presented;
use portcullis::token_service::{ProvenKey, RefreshCookie, Renewal, TokenError, TokenPair};
use serde_json::{Value, json};

use super::house::{House, LOGIN, house, refresh, signing_key};
use crate::session::house::{Down, ISSUER, START};
use crate::support::{read, send};

fn plain() -> House {
    house(|service| service)
}

fn claims(token: &Secret<String>) -> Value {
    let payload = token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn reason(outcome: Result<TokenPair, TokenError>) -> String {
    match outcome {
        Ok(_) => "accepted".to_owned(),
        Err(error) => Problem::from(error).reason().to_owned(),
    }
}

#[tokio::test]
async fn a_refreshed_access_token_says_what_the_login_said() {
    let house = plain();
    let grant = Grant::to("alice")
        .with_client("web")
        .with_scopes(Scopes::parse("a b"))
        .with_acr("loa2")
        .with_amr(["pwd", "otp"])
        .with_claims(&json!({ "plan": "free" }))
        .unwrap();
    let first = house.service.issue(&grant).await.unwrap();
    house.wait(600);
    let shown = Presented::by("web").with_scopes(Scopes::parse("b"));
    let next = house
        .service
        .refresh(first.refresh_token.expose(), shown)
        .await
        .unwrap();
    assert_eq!(next.scopes, Scopes::parse("b"));
    let (mut before, mut after) = (claims(&first.access_token), claims(&next.access_token));
    // The moment of the login stays (RFC 9068, section 2.2.1), and so a step-up keeps its meaning.
    assert_eq!(after["auth_time"], START);
    assert_eq!(after["iat"], START + 600);
    assert_eq!(
        (&before["scope"], &after["scope"]),
        (&json!("a b"), &json!("b"))
    );
    assert_ne!(before["jti"], after["jti"]);
    for changing in ["iat", "nbf", "exp", "jti", "scope"] {
        for claims in [&mut before, &mut after] {
            claims.as_object_mut().unwrap().remove(changing).unwrap();
        }
    }
    assert_eq!(before, after);
    assert_eq!(after["plan"], "free");
}

#[tokio::test]
async fn the_guard_takes_what_the_service_gives() {
    let revocations = Revocations::in_memory();
    let house = house(|service| service.with_revocations(revocations.clone()));
    let key = signing_key().verifying_key();
    let guard = RequireJwt::new(ISSUER, "articles", key).unwrap();
    let guard = guard
        .with_clock(house.clock.clone())
        .with_revocations(revocations.with_clock(house.clock.clone()));
    let me =
        |caller: Principal, Claims(_): Claims<Value>| async move { caller.subject().to_owned() };
    let app: Router = Router::new().route("/", get(me)).layer(guard);
    let asked = async |token: &Secret<String>| {
        let bearer = format!("Bearer {}", token.expose());
        let request = Request::get("/").header("authorization", bearer);
        read(send(&app, request.body(Body::empty()).unwrap()).await)
            .await
            .0
    };
    let pair = house.service.issue(&Grant::to("alice")).await.unwrap();
    assert_eq!(asked(&pair.access_token).await, 200);
    assert_eq!(pair.family.client(), ISSUER);
    assert_eq!(
        house.service.sessions("alice", None).await.unwrap().len(),
        1
    );
    assert_eq!(house.service.revoke_subject("bob").await.unwrap(), 0);
    assert_eq!(asked(&pair.access_token).await, 200);
}

#[tokio::test]
async fn ending_all_logins_of_a_subject_takes_access_tokens_back_too() {
    let house = plain();
    let revocations = Revocations::in_memory().with_clock(house.clock.clone());
    let service = house.service.clone().with_revocations(revocations.clone());
    let guard = RequireJwt::new(ISSUER, "articles", signing_key().verifying_key()).unwrap();
    let guard = guard
        .with_clock(house.clock.clone())
        .with_revocations(revocations);
    let app: Router = Router::new().route("/", get(async || "in")).layer(guard);
    let pair = service.issue(&Grant::to("alice")).await.unwrap();
    let other = service.issue(&Grant::to("bob")).await.unwrap();
    assert_eq!(service.revoke_subject("alice").await.unwrap(), 1);
    for (pair, status, outcome) in [
        (&pair, 401, "refresh_token_revoked"),
        (&other, 200, "accepted"),
    ] {
        let bearer = format!("Bearer {}", pair.access_token.expose());
        let request = Request::get("/").header("authorization", bearer);
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), status);
        let shown = Presented::by(ISSUER);
        let next = service.refresh(pair.refresh_token.expose(), shown).await;
        assert_eq!(reason(next), outcome);
    }
    let id = other.family.id();
    assert!(!service.revoke_session("alice", id).await.unwrap());
    assert!(service.revoke_session("bob", id).await.unwrap());
    house.store.goes(Down::Everywhere);
    assert!(service.revoke_subject("bob").await.is_err());
}

#[tokio::test]
async fn a_login_that_showed_a_key_goes_on_with_that_key_alone() {
    let house = plain();
    let grant = Grant::to("alice")
        .with_client("web")
        .with_bound_key([1; 32]);
    let first = house.service.issue(&grant).await.unwrap();
    assert_eq!(first.token_type, "DPoP");
    let token = first.refresh_token.expose();
    for (shown, outcome) in [
        (Presented::by("web"), "refresh_token_of_another_key"),
        (
            Presented::by("web").with_key([2; 32]),
            "refresh_token_of_another_key",
        ),
        (Presented::by("web").with_key([1; 32]), "accepted"),
    ] {
        assert_eq!(reason(house.service.refresh(token, shown).await), outcome);
    }
    // A login without a key may get access tokens for one.
    let plain = house
        .service
        .issue(&Grant::to("bob").with_client("web"))
        .await
        .unwrap();
    assert_eq!(plain.token_type, "Bearer");
    let shown = Presented::by("web").with_key([3; 32]);
    let next = house
        .service
        .refresh(plain.refresh_token.expose(), shown)
        .await
        .unwrap();
    assert_eq!(next.token_type, "DPoP");
    let thumbprint = URL_SAFE_NO_PAD.encode([3; 32]);
    assert_eq!(claims(&next.access_token)["cnf"]["jkt"], thumbprint);
}

#[tokio::test]
async fn the_routes_bind_to_the_key_that_a_layer_has_seen_proof_of() {
    let house = plain();
    let post = async |key: Option<[u8; 32]>, path: &str, form: String| {
        let mut request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        if let Some(key) = key {
            request.extensions_mut().insert(ProvenKey(key));
        }
        read(send(&house.app(), request).await).await
    };
    let (status, first) = post(Some([1; 32]), "/auth/token", LOGIN.to_owned()).await;
    assert_eq!(
        (status.as_u16(), &first["token_type"]),
        (200, &json!("DPoP"))
    );
    let form = refresh(first["refresh_token"].as_str().unwrap());
    for (key, status) in [(None, 400), (Some([2; 32]), 400), (Some([1; 32]), 200)] {
        let answer = post(key, "/auth/token/refresh", form.clone()).await;
        assert_eq!(answer.0, status, "{key:?}");
    }
}

#[tokio::test]
async fn the_authors_own_function_has_a_say_in_each_renewal() {
    let turn = Arc::new(AtomicU8::new(0));
    let asked = Arc::clone(&turn);
    let house = house(|service| {
        service.with_renewal(move |renewal: Renewal| {
            let turn = asked.load(Ordering::SeqCst);
            async move {
                match turn {
                    // A scope has gone, and one that the login never had changes nothing.
                    0 => Ok(Some(renewal.grant.with_scopes(Scopes::parse("b c")))),
                    1 => Ok(Some(Grant::to("mallory"))),
                    2 => Err(Problem::new(Kind::Unavailable).because("directory_down")),
                    _ => Ok(None),
                }
            }
        })
    });
    let grant = Grant::to("alice").with_scopes(Scopes::parse("a b"));
    let first = house.service.issue(&grant).await.unwrap();
    let token = first.refresh_token.expose();
    let next = async || house.service.refresh(token, Presented::by(ISSUER)).await;
    assert_eq!(next().await.unwrap().scopes, Scopes::parse("b"));
    for (number, outcome) in [
        (1, "grant_not_restored"),
        (2, "directory_down"),
        (3, "refresh_not_renewed"),
        (0, "refresh_token_revoked"),
    ] {
        turn.store(number, Ordering::SeqCst);
        assert_eq!(reason(next().await), outcome);
    }

    // A directory that is down for longer than the grace ends no login: no token was used.
    let other = house.service.issue(&grant).await.unwrap();
    let next = async || {
        let token = other.refresh_token.expose();
        house.service.refresh(token, Presented::by(ISSUER)).await
    };
    turn.store(2, Ordering::SeqCst);
    assert_eq!(reason(next().await), "directory_down");
    house.wait(600);
    turn.store(0, Ordering::SeqCst);
    assert_eq!(reason(next().await), "accepted");
}

#[tokio::test]
async fn a_handler_of_ones_own_answers_as_the_routes_do() {
    let bare = plain();
    let pair = bare.service.issue(&Grant::to("alice")).await.unwrap();
    for cookie in [false, true] {
        let mut service = bare.service.clone();
        if cookie {
            service = service.with_cookie(RefreshCookie::new());
        }
        let response = service.answer(&pair);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers().contains_key("set-cookie"), cookie);
        let (status, body) = read(response).await;
        let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        // There is no such thing as an empty scope (RFC 6749, section 3.3).
        let mut expected = vec!["access_token", "expires_in", "refresh_token", "token_type"];
        expected.retain(|name| !cookie || *name != "refresh_token");
        assert_eq!(
            (status.as_u16(), names),
            (200, expected.iter().map(ToString::to_string).collect())
        );
    }
}

#[tokio::test]
async fn what_cannot_be_issued_leaves_no_family_behind() {
    let house = plain();
    let before = house.store.calls();
    for grant in [
        Grant::to(""),
        Grant::to("a".repeat(256)),
        Grant::to("alice")
            .with_claims(&json!({ "x": "x".repeat(9_000) }))
            .unwrap(),
    ] {
        assert!(house.service.issue(&grant).await.is_err());
    }
    assert_eq!(house.store.calls(), before);
    let pair = house.service.issue(&Grant::to("alice")).await.unwrap();
    let shown = format!("{pair:?} {:?}", house.service);
    for secret in [&pair.access_token, &pair.refresh_token] {
        let (_, tail) = secret.expose().rsplit_once('.').unwrap();
        assert!(!shown.contains(tail));
    }
}
