//! What a good token opens, and what is left for those behind the guard.

use std::time::Duration;

use axum::body::Body;
use axum::routing::get;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use portcullis::authz::{RequirePermissions, RequireScopes};
use portcullis::clock::ManualClock;
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal, Scopes};
use portcullis::jwt::{Claims, Grant, IssueError, JwtIssuer, SigningKey};
use portcullis::step_up::StepUp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::door::{
    AUDIENCE, Door, ISSUER, NOW, claims, forge, good, guard, guard_with, header, key, set,
};
use super::keys::issuer;
use crate::support::{read, send};

#[derive(Debug, Deserialize, Serialize)]
struct Account {
    sub: String,
    plan: String,
}

async fn account(Claims(account): Claims<Account>, caller: Principal) -> Json<Value> {
    Json(json!({ "account": account, "caller": caller.subject() }))
}

async fn maybe(account: Option<Claims<Account>>) -> Json<bool> {
    Json(account.is_some())
}

fn with_plan() -> String {
    forge(header(), set(claims(), "plan", json!("free")))
}

async fn ask(app: &Router, path: &str, token: Option<&str>) -> Response<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

fn routes() -> Router {
    Router::new()
        .route("/account", get(account))
        .route("/maybe", get(maybe))
}

#[tokio::test]
async fn a_handler_gets_claims_and_principal_of_the_same_token() {
    let app = routes().layer(guard());
    let (status, body) = read(ask(&app, "/account", Some(&with_plan())).await).await;
    assert_eq!(status, StatusCode::OK);
    let account = json!({ "sub": "alice", "plan": "free" });
    assert_eq!(body, json!({ "account": account, "caller": "alice" }));
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused_without_a_word_of_them() {
    let app = routes().layer(guard());
    let odd = forge(
        header(),
        set(claims(), "plan", json!({ "secret": "plan-of-mine" })),
    );
    for token in [good(), odd] {
        for path in ["/account", "/maybe"] {
            let response = ask(&app, path, Some(&token)).await;
            let challenge = response.headers()[WWW_AUTHENTICATE].clone();
            let (status, body) = read(response).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert_eq!(challenge, r#"Bearer error="invalid_token""#);
            for word in ["plan", "secret", "missing", "expected"] {
                assert!(!body.to_string().contains(word), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn claims_without_a_guard_are_a_fault_of_the_application() {
    for path in ["/account", "/maybe"] {
        let response = ask(&routes(), path, Some(&with_plan())).await;
        assert_eq!(
            response.status(),
            StatusCode::INTERNAL_SERVER_ERROR,
            "{path}"
        );
    }
}

#[tokio::test]
async fn strangers_are_let_in_only_where_that_is_said_and_never_with_a_bad_token() {
    let app = routes().layer(Shield::new().with(guard().optional()));
    let answer = |response| async { read(response).await };
    let ok = StatusCode::OK;
    assert_eq!(
        answer(ask(&app, "/maybe", None).await).await,
        (ok, json!(false))
    );
    let token = with_plan();
    assert_eq!(
        answer(ask(&app, "/maybe", Some(&token)).await).await,
        (ok, json!(true))
    );
    let response = ask(&app, "/account", None).await;
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    for bad in ["a.b.c", "", &token[1..]] {
        let response = ask(&app, "/maybe", Some(bad)).await;
        assert!(response.status().is_client_error(), "{bad}");
    }
}

/// A caller whom something else than a token has made known.
#[derive(Clone)]
struct Known;

impl Guard for Known {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut http::request::Parts) -> Result<Pass, Stop> {
        Facts::entry(&mut head.extensions).caller = Caller::Known(Principal::new("machine"));
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

#[tokio::test]
async fn a_caller_without_a_token_has_no_claims() {
    let app = routes().layer(Shield::new().with(Known));
    for path in ["/account", "/maybe"] {
        let response = ask(&app, path, None).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    }
}

#[tokio::test]
async fn the_guards_behind_read_what_the_token_says() {
    // A stack is one guard too.
    let stack = (
        guard(),
        (
            RequireScopes::all(["items:read"]).unwrap(),
            StepUp::within(Duration::from_mins(5)).with_clock(ManualClock::at(NOW)),
        ),
    );
    let door = Door::behind(stack);
    let fresh = |auth_time: Value| forge(header(), set(claims(), "auth_time", auth_time));
    door.admits(&fresh(json!(NOW - 300))).await;
    for (auth_time, reason) in [
        (json!(NOW - 301), "login_too_old"),
        (json!(NOW + 1), "login_in_future"),
        (json!("1900000000"), "login_time_unknown"),
        (json!(null), "login_time_unknown"),
    ] {
        let answer = door.show(&fresh(auth_time.clone())).await;
        assert_eq!(answer.reason, reason, "{auth_time}");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_realm_is_in_every_challenge_of_the_guard() {
    let door = Door::behind(guard().with_realm("the \"api\""));
    let asked = door.knock::<&str>(&[]).await;
    assert_eq!(asked.challenges, [r#"Bearer realm="the \"api\"""#]);
    let refused = door.show("a.b.c").await;
    assert_eq!(
        refused.challenges,
        [r#"Bearer realm="the \"api\"", error="invalid_token""#]
    );
}

#[test]
fn a_guard_says_what_it_demands() {
    assert_eq!(guard().describe().to_string(), "JWT");
    let scoped = guard().with_scopes(["a", "b"]).unwrap();
    assert_eq!(scoped.describe().to_string(), "JWT, scopes a b");
}

fn payload(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .unwrap();
    serde_json::from_slice(&json).unwrap()
}

#[tokio::test]
async fn an_issued_token_says_what_was_granted_for_fifteen_minutes() {
    let grant = Grant::to("alice")
        .with_client("web")
        .with_scopes(Scopes::of(["a", "b"]).unwrap())
        .with_auth_time(NOW - 10)
        .with_acr("high")
        .with_amr(["pwd", "otp"])
        .with_claims(&json!({ "plan": "free" }))
        .unwrap();
    let token = issuer(key()).issue(&grant).unwrap();
    let mut claims = payload(token.expose());
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 22);
    let expected = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "client_id": "web", "scope": "a b",
        "iat": NOW, "nbf": NOW, "exp": NOW + 900, "auth_time": NOW - 10, "acr": "high",
        "amr": ["pwd", "otp"], "plan": "free",
    });
    assert_eq!(claims, expected);

    let bare = issuer(key()).issue(&Grant::to("alice")).unwrap();
    let other = issuer(key()).issue(&Grant::to("alice")).unwrap();
    assert_ne!(
        payload(bare.expose())["jti"],
        payload(other.expose())["jti"]
    );
    assert_eq!(payload(bare.expose())["client_id"], ISSUER);
    assert_eq!(payload(bare.expose()).get("scope"), None);

    for (seconds, reason) in [(930, None), (931, Some("token_expired"))] {
        let clock = ManualClock::at(NOW + seconds);
        let door = Door::behind(guard_with(key().verifying_key()).with_clock(clock));
        match reason {
            Some(reason) => door.refuses(token.expose(), reason).await,
            None => door.admits(token.expose()).await,
        }
    }
}

#[test]
fn an_issuer_makes_no_token_that_would_be_refused() {
    let issue = |grant: Grant| issuer(key()).issue(&grant).err();
    assert_eq!(issue(Grant::to("")), Some(IssueError::Length));
    assert_eq!(issue(Grant::to("a".repeat(255))), None);
    assert_eq!(issue(Grant::to("a".repeat(256))), Some(IssueError::Length));
    assert_eq!(
        issue(Grant::to("a").with_client("")),
        Some(IssueError::Length)
    );
    let fat = json!({ "pad": "x".repeat(16 * 1024) });
    let grant = Grant::to("a").with_claims(&fat).unwrap();
    assert_eq!(issue(grant), Some(IssueError::Length));

    let new = |issuer, audience| JwtIssuer::new(issuer, audience, key());
    assert!(new("", AUDIENCE).is_err() && new(ISSUER, "").is_err());
    for (lifetime, right) in [
        (Duration::ZERO, false),
        (Duration::from_millis(999), false),
        (Duration::from_secs(1), true),
        (Duration::from_hours(24), true),
        (Duration::from_secs(24 * 3600 + 1), false),
    ] {
        let built = issuer(key()).with_lifetime(lifetime);
        assert_eq!(built.is_ok(), right, "{lifetime:?}");
    }
    let short = issuer(SigningKey::hs256([1; 32]).unwrap());
    let token = short
        .with_lifetime(Duration::from_mins(1))
        .unwrap()
        .issue(&Grant::to("a"));
    assert_eq!(payload(token.unwrap().expose())["exp"], NOW + 60);
}

#[tokio::test]
async fn permissions_are_read_from_the_claims_that_were_named() {
    let guard = guard()
        .with_permissions_claim(["roles"])
        .with_permissions_claim(["realm_access", "roles"]);
    let needed = RequirePermissions::all(["editor", "Domain Admins"]).unwrap();
    let door = Door::behind((guard, needed));
    let both = json!({ "roles": ["Domain Admins"] });
    let both = set(
        set(claims(), "roles", json!("editor")),
        "realm_access",
        both,
    );
    door.admits(&forge(header(), both)).await;
    for roles in [json!(["editor"]), json!("editor Domain Admins"), json!([])] {
        let token = forge(header(), set(claims(), "roles", roles.clone()));
        let answer = door.show(&token).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{roles}");
    }
    let odd = forge(header(), set(claims(), "roles", json!({ "editor": true })));
    door.refuses(&odd, "permissions_malformed").await;
}
