//! `step_up`, through a real router.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::header::WWW_AUTHENTICATE;
use http::{Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::guard::Shield;
use portcullis::identity::{Credential, Principal};
use portcullis::step_up::{AcrOrder, StepUp};

use crate::introduced::{Ear, Introduced};
use crate::support::send;

/// `key=value` pairs, parted by `;`.
fn logged_in(text: &str) -> Principal {
    text.split(';').fold(
        Principal::new("alice").with_credential(Credential::Token { id: None }),
        |alice, fact| match fact.split_once('=') {
            Some(("acr", class)) => alice.with_acr(class),
            Some(("amr", methods)) => alice.with_amr(methods.split(',')),
            Some(("at", seconds)) => alice.with_auth_time(seconds.parse().unwrap()),
            _ => alice,
        },
    )
}

fn app(guard: StepUp, clock: &ManualClock, ear: &Ear) -> Router {
    let shield = Shield::new()
        .with_events(ear.clone())
        .with(Introduced(logged_in))
        .with(guard.with_clock(clock.clone()));
    Router::new()
        .route("/transfer", post(|| async { "sent" }))
        .layer(shield)
}

async fn ask(app: &Router, caller: &str) -> (StatusCode, String) {
    let request = Request::post("/transfer")
        .header("x-caller", caller)
        .body(Body::empty())
        .unwrap();
    let answer = send(app, request).await;
    let challenges: Vec<_> = answer
        .headers()
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    (answer.status(), challenges.join(" | "))
}

#[tokio::test]
async fn only_a_login_that_is_fresh_and_strong_enough_is_let_in() {
    let (clock, ear) = (ManualClock::at(1_000), Ear::default());
    let strong = StepUp::within(Duration::from_mins(5))
        .with_acr_values(["loa2", "urn:x:phr"])
        .unwrap()
        .with_order(AcrOrder::new(["loa1", "loa2", "loa3"]).unwrap())
        .with_amr(["hwk"])
        .unwrap();
    let app = app(strong, &clock, &ear);
    let challenge = concat!(
        r#"Bearer error="insufficient_user_authentication", "#,
        r#"acr_values="loa2 urn:x:phr", max_age="300""#
    );
    for (caller, refusal) in [
        ("acr=loa2;amr=pwd,hwk;at=700", None),
        ("acr=loa3;amr=hwk;at=1000", None),
        ("acr=urn:x:phr;amr=hwk;at=1000", None),
        ("acr=loa1;amr=hwk;at=1000", Some("login_class_too_low")),
        ("acr=other;amr=hwk;at=1000", Some("login_class_too_low")),
        ("amr=hwk;at=1000", Some("login_class_unknown")),
        ("acr=loa2;amr=pwd;at=1000", Some("login_method_missing")),
        ("acr=loa2;at=1000", Some("login_method_missing")),
        ("acr=loa2;amr=hwk;at=699", Some("login_too_old")),
        ("acr=loa2;amr=hwk;at=1001", Some("login_in_future")),
        ("acr=loa2;amr=hwk", Some("login_time_unknown")),
        ("", Some("login_class_unknown")),
    ] {
        let (status, told) = ask(&app, caller).await;
        assert_eq!(
            ear.heard(),
            refusal.into_iter().collect::<Vec<_>>(),
            "{caller}"
        );
        match refusal {
            None => assert_eq!((status, told.as_str()), (StatusCode::OK, ""), "{caller}"),
            Some(_) => assert_eq!(
                (status, told.as_str()),
                (StatusCode::UNAUTHORIZED, challenge),
                "{caller}"
            ),
        }
    }
}

#[tokio::test]
async fn a_login_grows_old_to_the_second() {
    let (clock, ear) = (ManualClock::at(1_000), Ear::default());
    for (guard, seconds) in [
        (StepUp::within(Duration::from_mins(5)), 300),
        (StepUp::within(Duration::ZERO), 0),
        (
            StepUp::within(Duration::ZERO).with_leeway(Duration::from_secs(20)),
            20,
        ),
        (
            StepUp::within(Duration::ZERO).with_leeway(Duration::from_hours(1)),
            60,
        ),
    ] {
        let clock = clock.clone();
        let app = app(guard, &clock, &ear);
        let start = portcullis::clock::Clock::now(&clock);
        let alice = format!("at={start}");
        clock.advance(Duration::from_secs(seconds));
        assert_eq!(ask(&app, &alice).await.0, StatusCode::OK, "{seconds}");
        clock.advance(Duration::from_secs(1));
        assert_eq!(
            ask(&app, &alice).await.0,
            StatusCode::UNAUTHORIZED,
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn a_stranger_is_asked_to_log_in_well_enough_at_once() {
    let (clock, ear) = (ManualClock::at(1_000), Ear::default());
    let guard = StepUp::acr(["loa2"]).unwrap().with_max_age(Duration::ZERO);
    let request = Request::post("/transfer").body(Body::empty()).unwrap();
    let answer = send(&app(guard, &clock, &ear), request).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        r#"Bearer acr_values="loa2", max_age="0""#
    );
}

#[tokio::test]
async fn without_an_authentication_guard_nobody_is_let_in() {
    let app: Router = Router::new()
        .route("/transfer", post(|| async { "sent" }))
        .layer(StepUp::within(Duration::from_mins(5)));
    assert_eq!(ask(&app, "at=1").await.0, StatusCode::INTERNAL_SERVER_ERROR);
}
