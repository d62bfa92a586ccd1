//! What is not confirmed is not carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use portcullis::clock::ManualClock;
use portcullis::confirm::{Action, Confirmations, Confirmed, Ticket};
use portcullis::guard::Shield;
use portcullis::store::memory::MemorySeen;

use super::house::{House, KEY, named};
use crate::introduced::Introduced;
use crate::support::send;

#[tokio::test]
async fn a_confirmation_is_for_one_request_of_one_caller() {
    let house = House::new();
    let alice = "alice@i token 7";
    let confirmation = house
        .confirmed("POST /transfer?to=bob", alice, "5 cents")
        .await;
    let ticket = house
        .ticket("POST /transfer?to=bob", alice, "5 cents")
        .await;
    let forged = format!("B{}", &confirmation[1..]);
    let sent = confirmation.as_str();
    house.ear.heard();
    let (to_bob, five) = ("POST /transfer?to=bob", "5 cents");
    for (target, caller, body, sent, reason) in [
        (to_bob, alice, "6 cents", sent, "of_another_body"),
        (to_bob, alice, "", sent, "of_another_body"),
        (to_bob, alice, "5 cents ", sent, "of_another_body"),
        (
            "PUT /transfer?to=bob",
            alice,
            five,
            sent,
            "of_another_target",
        ),
        (
            "GET /transfer?to=bob",
            alice,
            five,
            sent,
            "of_another_target",
        ),
        (
            "POST /transfer?to=eve",
            alice,
            five,
            sent,
            "of_another_target",
        ),
        ("POST /transfer", alice, five, sent, "of_another_target"),
        (
            "POST /tenants/a/pay",
            alice,
            five,
            sent,
            "of_another_target",
        ),
        (to_bob, "bob@i token 7", five, sent, "of_another_caller"),
        (to_bob, "alice@j token 7", five, sent, "of_another_caller"),
        (to_bob, "alice token 7", five, sent, "of_another_caller"),
        (to_bob, "alice@i token 8", five, sent, "of_another_caller"),
        (to_bob, "alice@i token", five, sent, "of_another_caller"),
        (to_bob, "alice@i key 7", five, sent, "of_another_caller"),
        (to_bob, alice, five, &ticket, "of_another_kind"),
        (to_bob, alice, five, &forged, "forged"),
        (to_bob, alice, five, &sent[1..], "malformed"),
        (to_bob, alice, five, "", "malformed"),
        (to_bob, alice, five, "true", "malformed"),
    ] {
        let headers = [("confirmation", sent)];
        let (status, headers, answer) = house.ask(target, caller, &headers, body).await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "{target} by {caller}: {body}"
        );
        assert_eq!(answer["title"], "This request must be confirmed first");
        assert!(!headers.contains_key("confirmation-ticket"));
        assert_eq!(house.ear.heard(), [format!("confirmation_{reason}")]);
    }
    assert_eq!(
        house.store_calls(),
        0,
        "a bad confirmation costs no store call"
    );

    // And none of it has used the confirmation up.
    let headers = [("confirmation", sent)];
    let (status, _, _) = house
        .ask("POST /transfer?to=bob", alice, &headers, "5 cents")
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn routes_that_look_alike_within_nested_routers_are_told_apart() {
    let house = House::new();
    let confirmation = house.confirmed("POST /tenants/a/pay", "alice", "5").await;
    let sent = [("confirmation", confirmation.as_str())];
    for (target, status) in [("POST /tenants/b/pay", 403), ("POST /tenants/a/pay", 200)] {
        assert_eq!(house.ask(target, "alice", &sent, "5").await.0, status);
    }
}

#[tokio::test]
async fn a_ticket_is_its_callers_alone_and_confirms_nothing_by_itself() {
    let house = House::new();
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let confirmation = house.redeemed(&ticket, "alice").await;
    house.ear.heard();
    for (caller, headers, status, reason) in [
        (
            "bob",
            &[("confirmation-ticket", ticket.as_str())][..],
            403,
            "confirmation_of_another_caller",
        ),
        (
            "alice",
            &[("confirmation-ticket", confirmation.as_str())],
            403,
            "confirmation_of_another_kind",
        ),
        (
            "alice",
            &[("confirmation-ticket", "x")],
            403,
            "confirmation_malformed",
        ),
        ("alice", &[], 400, "ticket_missing"),
        (
            "alice",
            &[
                ("confirmation-ticket", ticket.as_str()),
                ("confirmation-ticket", ticket.as_str()),
            ],
            400,
            "confirmation_repeated",
        ),
    ] {
        let (found, _, _) = house.ask("POST /confirm", caller, headers, "alice").await;
        assert_eq!(
            (found.as_u16(), house.ear.heard()),
            (status, vec![reason.to_owned()])
        );
    }
    let twice = [("confirmation", confirmation.as_str()); 2];
    let (status, _, _) = house
        .ask("POST /transfer", "alice", &twice, "5 cents")
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(house.ear.heard(), ["confirmation_repeated"]);
}

#[tokio::test]
async fn what_the_handler_would_not_take_is_not_worth_confirming() {
    let house = House::new();
    let json = [("content-type", "application/json")];
    let (status, headers, _) = house.ask("POST /json", "alice", &json, "[1,").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!headers.contains_key("confirmation-ticket"));
    assert!(
        house.ear.heard().is_empty(),
        "the inner extractor tells of its own refusals"
    );
    let action = Action::new(&Method::POST, "/json", b"[1,");
    let confirmation = house.confirmations.confirm(&named("alice"), &action);
    let confirmation = confirmation.unwrap();
    let sent = [json[0], ("confirmation", confirmation.expose())];
    let (status, _, _) = house.ask("POST /json", "alice", &sent, "[1,").await;
    assert_eq!((status, house.store_calls()), (StatusCode::BAD_REQUEST, 0));
    let (status, headers, _) = house.ask("POST /json", "alice", &json, "[1, 2]").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(headers.contains_key("confirmation-ticket"));
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_not_at_all_for_a_bad_confirmation() {
    let house = House::sharing(
        House::new().store,
        ManualClock::at(1_000),
        |confirmations| confirmations.with_body_limit(4),
    );
    // A body that has been through a mapping does not say beforehand how long it is.
    let chunked = |text: &'static str| Body::new(Full::<Bytes>::from(text).map_frame(|it| it));
    for (body, status) in [
        (Body::from("1234"), 403),
        (Body::from("12345"), 413),
        (chunked("1234"), 403),
        (chunked("12345"), 413),
    ] {
        let (found, _, _) = house.ask("POST /transfer", "alice", &[], body).await;
        assert_eq!(found, status);
    }

    let read = Arc::new(AtomicBool::new(false));
    let witness = Arc::clone(&read);
    let body = Body::new(Full::<Bytes>::from("1234").map_frame(move |frame| {
        witness.store(true, Ordering::Relaxed);
        frame
    }));
    let sent = [("confirmation", "nonsense")];
    let (status, _, _) = house.ask("POST /transfer", "alice", &sent, body).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!read.load(Ordering::Relaxed));
}

#[tokio::test]
async fn strangers_are_asked_to_log_in_and_a_forgotten_guard_is_a_fault() {
    let confirmations = Confirmations::new(KEY, MemorySeen::with_capacity(1)).unwrap();
    let bare: Router = Router::new()
        .route("/transfer", post(|_: Confirmed<Bytes>| async {}))
        .route("/confirm", post(|_: Ticket| async {}))
        .with_state(confirmations);
    let guarded = bare.clone().layer(Shield::new().with(Introduced(named)));
    for path in ["/transfer", "/confirm"] {
        for (app, status) in [(&bare, 500), (&guarded, 401)] {
            let request = Request::post(path).body(Body::empty()).unwrap();
            let answer = send(app, request).await;
            assert_eq!(answer.status(), status, "{path}");
            let challenged = answer.headers().contains_key("www-authenticate");
            assert_eq!(challenged, status == 401);
        }
    }
}

#[test]
fn lives_that_are_none_or_too_long_do_not_build() {
    let fresh = || Confirmations::new(KEY, MemorySeen::with_capacity(1)).unwrap();
    for (seconds, builds) in [(0, false), (1, true), (3_600, true), (3_601, false)] {
        let life = Duration::from_secs(seconds);
        assert_eq!(fresh().with_life(life).is_ok(), builds, "{seconds}");
        assert_eq!(fresh().with_ticket_life(life).is_ok(), builds, "{seconds}");
    }
    assert!(fresh().with_further_key([1; 31]).is_err());
}
