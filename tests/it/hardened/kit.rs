//! One attack, one token, one caller.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use http::header::AUTHORIZATION;
use portcullis::authz::RequireScopes;
use portcullis::guard::{Guard, Shield};
use portcullis::identity::{Principal, Scopes};
use portcullis::jwt::Claims;
use portcullis::test_util::{ActAs, Attack, Draft, ManualClock, TestIssuer, attacks};
use serde_json::{Value, json};

use super::house::{NOW, app, issuer};
use crate::support::{read, send};

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
