//! What is confirmed is carried out, once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use portcullis::confirm::{Action, Confirmations};
use portcullis::problem::{Kind, Problem};
use portcullis::store::memory::MemorySeen;
use portcullis::store::{Answer, Seen, SeenKey, StoreError};
use tokio::task::JoinSet;

use super::house::{House, KEY, named};
use crate::support::send;

#[tokio::test]
async fn a_request_is_refused_confirmed_and_then_carried_out_once() {
    let house = House::new();
    let (status, headers, body) = house.ask("POST /transfer", "alice", &[], "5 cents").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body["type"], "urn:portcullis:problem:confirmation-required");
    let ticket = headers["confirmation-ticket"].to_str().unwrap();
    assert_eq!(house.ear.heard(), ["confirmation_missing"]);

    let sent = [("confirmation-ticket", ticket)];
    let (status, _, _) = house.ask("POST /confirm", "alice", &sent, "guess").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, headers, body) = house.ask("POST /confirm", "alice", &sent, "alice").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(body["expires_in"], 120);
    assert_eq!(house.store_calls(), 0);

    let confirmation = body["confirmation"].as_str().unwrap();
    let request = Request::post("/transfer")
        .header("x-caller", "alice")
        .header("confirmation", confirmation)
        .body(Body::from("5 cents"))
        .unwrap();
    let answer = send(&house.app, request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(bytes, "5 cents", "the handler gets the exact bytes");
    assert!(house.ear.heard().is_empty());

    assert_eq!(house.transfer(confirmation).await, StatusCode::FORBIDDEN);
    assert_eq!(house.ear.heard(), ["confirmation_used"]);
}

#[tokio::test]
async fn an_endpoint_that_knows_what_is_done_needs_no_ticket() {
    let house = House::new();
    let (status, _, body) = house.ask("POST /direct", "alice", &[], "5 cents").await;
    assert_eq!(status, StatusCode::OK);
    let confirmation = body["confirmation"].as_str().unwrap();
    assert_eq!(house.transfer(confirmation).await, StatusCode::OK);
    assert_eq!(house.transfer(confirmation).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_endpoint_can_make_sure_that_it_confirms_what_was_shown() {
    let house = House::new();
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let sent = [("confirmation-ticket", ticket.as_str())];
    for (shown, status) in [("5 cents", 200), ("6 cents", 409), ("", 409)] {
        let (found, _, _) = house.ask("POST /shown", "alice", &sent, shown).await;
        assert_eq!(found, status, "{shown}");
    }
}

#[tokio::test]
async fn a_confirmation_is_good_to_its_last_second() {
    for (after, status, reason) in [(119, 200, None), (120, 403, Some("confirmation_expired"))] {
        let house = House::new();
        let confirmation = house.confirmed("POST /transfer", "alice", "5 cents").await;
        house.ear.heard();
        house.clock.advance(Duration::from_secs(after));
        assert_eq!(house.transfer(&confirmation).await, status);
        assert_eq!(house.ear.heard(), reason.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_ticket_is_good_to_its_last_second_and_for_one_use_however_often_it_is_redeemed() {
    let house = House::new();
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let early = house.redeemed(&ticket, "alice").await;
    let twin = house.redeemed(&ticket, "alice").await;
    assert_eq!(house.transfer(&early).await, StatusCode::OK);
    assert_eq!(house.transfer(&twin).await, StatusCode::FORBIDDEN);
    house.ear.heard();

    // The first confirmation has long expired, and its use is remembered all the same.
    house.clock.advance(Duration::from_secs(299));
    let late = house.redeemed(&ticket, "alice").await;
    for seconds in [0, 60, 59] {
        house.clock.advance(Duration::from_secs(seconds));
        assert_eq!(house.transfer(&late).await, StatusCode::FORBIDDEN);
        assert_eq!(house.ear.heard(), ["confirmation_used"]);
    }
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.transfer(&late).await, StatusCode::FORBIDDEN);
    assert_eq!(house.ear.heard(), ["confirmation_expired"]);

    let sent = [("confirmation-ticket", ticket.as_str())];
    let (status, _, _) = house.ask("POST /confirm", "alice", &sent, "alice").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(house.ear.heard(), ["confirmation_expired"]);
}

#[tokio::test]
async fn no_confirmation_outlives_the_memory_of_its_ticket() {
    let house = House::new();
    let patient = House::sharing(house.store.clone(), house.clock.clone(), |confirmations| {
        confirmations.with_life(Duration::from_hours(1)).unwrap()
    });
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let sent = [("confirmation-ticket", ticket.as_str())];
    let (_, _, body) = patient.ask("POST /confirm", "alice", &sent, "alice").await;
    assert_eq!(body["expires_in"], 300 + 120);
}

#[tokio::test]
async fn instances_with_one_key_and_one_store_are_one() {
    let house = House::new();
    let other = house.twin();
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let confirmation = other.redeemed(&ticket, "alice").await;
    assert_eq!(house.transfer(&confirmation).await, StatusCode::OK);
    assert_eq!(other.transfer(&confirmation).await, StatusCode::FORBIDDEN);
    assert_eq!(other.ear.heard(), ["confirmation_used"]);
}

#[tokio::test]
async fn keys_can_be_changed_without_a_break_and_a_foreign_key_opens_nothing() {
    let house = House::new();
    let sealing_with = |key: [u8; 32], further: Option<[u8; 32]>| {
        let mut confirmations = Confirmations::new(key, house.store.clone())
            .unwrap()
            .with_clock(house.clock.clone());
        if let Some(further) = further {
            confirmations = confirmations.with_further_key(further).unwrap();
        }
        House::of(house.store.clone(), house.clock.clone(), confirmations)
    };
    let confirmation = house.confirmed("POST /transfer", "alice", "5 cents").await;
    let foreign = sealing_with([8; 32], None);
    assert_eq!(foreign.transfer(&confirmation).await, StatusCode::FORBIDDEN);
    assert_eq!(foreign.ear.heard(), ["confirmation_forged"]);
    let changed = sealing_with([8; 32], Some(KEY));
    assert_eq!(changed.transfer(&confirmation).await, StatusCode::OK);
    assert!(Confirmations::new([7; 31], MemorySeen::with_capacity(1)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_it_at_once_one_is_let_in() {
    let house = House::new();
    let confirmation = house.confirmed("POST /transfer", "alice", "5 cents").await;
    let mut racers = JoinSet::new();
    for _ in 0..64 {
        let (house, confirmation) = (house.clone(), confirmation.clone());
        racers.spawn(async move { house.transfer(&confirmation).await });
    }
    let all = racers.join_all().await;
    let winners = all.iter().filter(|status| **status == StatusCode::OK);
    assert_eq!(winners.count(), 1);
}

#[tokio::test]
async fn a_store_that_cannot_tell_lets_nobody_in() {
    struct Down;
    impl Seen for Down {
        fn insert(&self, _: SeenKey, _: u64, _: u64) -> Answer<'_, bool> {
            StoreError::new("test", "on fire").into()
        }
    }
    let house = House::new();
    let confirmations = Confirmations::new(KEY, Down)
        .unwrap()
        .with_clock(house.clock.clone());
    let down = House::of(house.store.clone(), house.clock.clone(), confirmations);
    let confirmation = down.confirmed("POST /transfer", "alice", "5 cents").await;
    down.ear.heard();
    assert_eq!(
        down.transfer(&confirmation).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        down.ear.heard(),
        ["confirmation_store_down: the test store cannot answer"]
    );
    assert_eq!(house.transfer(&confirmation).await, StatusCode::OK);
}

#[tokio::test]
async fn a_service_that_is_no_handler_spends_by_hand() {
    let house = House::new();
    let (alice, bob) = (named("alice"), named("bob"));
    let action = Action::new(&Method::POST, "/pkg.Bank/Transfer", b"message");
    let other = Action::new(&Method::POST, "/pkg.Bank/Transfer", b"other");
    let text = house.confirmations.confirm(&alice, &action).unwrap();
    let text = text.expose().as_bytes();
    for (caller, action, refused) in [
        (&bob, &action, Some("confirmation_of_another_caller")),
        (&alice, &other, Some("confirmation_of_another_body")),
        (&alice, &action, None),
        (&alice, &action, Some("confirmation_used")),
    ] {
        let spent = house.confirmations.spend(text, caller, action).await;
        let problem = spent.err();
        assert_eq!(problem.as_ref().map(Problem::reason), refused);
        assert!(problem.is_none_or(|problem| problem.kind() == Kind::ConfirmationRequired));
    }
    let _: Arc<dyn Seen> = Arc::new(house.store.clone());
}

#[tokio::test]
async fn nothing_that_prints_shows_a_key_or_a_confirmation() {
    let house = House::new();
    let alice = named("alice");
    let action = Action::new(&Method::POST, "/transfer", b"5 cents");
    let confirmation = house.confirmations.confirm(&alice, &action).unwrap();
    let ticket = house.ticket("POST /transfer", "alice", "5 cents").await;
    let ticket = house.confirmations.ticket(ticket.as_bytes(), &alice);
    let printed = format!(
        "{:?} {confirmation:?} {action:?} {:?}",
        house.confirmations,
        ticket.unwrap()
    );
    assert!(!printed.contains(confirmation.expose()));
    assert!(
        !printed.contains("[7, 7") && !printed.contains("cents"),
        "{printed}"
    );
}
