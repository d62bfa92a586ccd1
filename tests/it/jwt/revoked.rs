//! Tokens that were taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::jwt::{RequireJwt, Revocations};
use portcullis::store::memory::MemoryRevocationMarks;
use portcullis::store::{Answer, RevocationMarks, SeenKey, StoreError};
use serde_json::{Value, json};

use super::door::{Door, ISSUER, NOW, claims, forge, good, guard, header, set, without};

fn with(name: &str, value: Value) -> String {
    forge(header(), set(claims(), name, value))
}

fn at(clock: &ManualClock) -> (Revocations, Door) {
    let revocations = Revocations::in_memory().with_clock(clock.clone());
    let guard = guard()
        .with_clock(clock.clone())
        .with_revocations(revocations.clone());
    (revocations, Door::behind(guard))
}

#[tokio::test]
async fn one_token_is_taken_back_by_its_id_and_its_issuer() {
    let clock = ManualClock::at(NOW);
    let (revocations, door) = at(&clock);
    revocations
        .revoke_token("https://b.example", "1")
        .await
        .unwrap();
    revocations.revoke_token(ISSUER, "2").await.unwrap();
    door.admits(&good()).await;
    revocations.revoke_token(ISSUER, "1").await.unwrap();
    door.refuses(&good(), "token_revoked").await;
    door.admits(&with("jti", json!("3"))).await;
    clock.advance(Duration::from_mins(15));
    door.refuses(&good(), "token_revoked").await;
}

#[tokio::test]
async fn what_a_subject_or_an_issuer_had_until_now_is_taken_back_and_nothing_later() {
    for everybody in [false, true] {
        let clock = ManualClock::at(NOW);
        let (revocations, door) = at(&clock);
        if everybody {
            revocations.revoke_all_before(ISSUER, NOW).await.unwrap();
        } else {
            revocations.revoke_subject(ISSUER, "alice").await.unwrap();
        }
        clock.advance(Duration::from_secs(1));
        for (iat, stands) in [
            (json!(NOW - 1), false),
            (json!(NOW), false),
            (json!(1_900_000_000.9), false),
            (json!(NOW + 1), true),
        ] {
            let token = with("iat", iat.clone());
            if stands {
                door.admits(&token).await;
            } else {
                door.refuses(&token, "token_revoked").await;
            }
        }
        let bob = with("sub", json!("bob"));
        if everybody {
            door.refuses(&bob, "token_revoked").await;
        } else {
            door.admits(&bob).await;
        }
        // An earlier revocation does not take a later one back.
        revocations.revoke_all_before(ISSUER, 0).await.unwrap();
        door.refuses(&good(), "token_revoked").await;
    }
}

#[tokio::test]
async fn a_token_that_does_not_say_when_it_was_issued_cannot_be_told_from_an_old_one() {
    let revocations = Revocations::in_memory().with_clock(ManualClock::at(NOW));
    let guard = guard().with_plain_jwt();
    let token = forge(header(), without(claims(), "iat"));
    Door::behind(guard.clone()).admits(&token).await;
    Door::behind(guard.with_revocations(revocations))
        .refuses(&token, "token_too_old")
        .await;
}

/// Answers unless it is down.
#[derive(Debug)]
struct Shaky {
    marks: MemoryRevocationMarks,
    is_down: AtomicBool,
}

impl Shaky {
    fn fault<T>(&self) -> Option<Answer<'static, T>> {
        let down = self.is_down.load(Ordering::Relaxed);
        down.then(|| StoreError::new("shaky", "down").into())
    }
}

impl RevocationMarks for Shaky {
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()> {
        self.fault()
            .unwrap_or_else(|| self.marks.revoke(mark, issued, until, now))
    }

    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>> {
        self.fault()
            .unwrap_or_else(|| self.marks.latest(marks, now))
    }
}

#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in_and_all_again_when_it_is_back() {
    let store = Arc::new(Shaky {
        marks: MemoryRevocationMarks::with_capacity(10),
        is_down: AtomicBool::new(false),
    });
    let revocations = Revocations::in_store(Arc::clone(&store)).with_clock(ManualClock::at(NOW));
    let guard: RequireJwt = guard().with_revocations(revocations.clone());
    let door = Door::behind(guard.clone());
    for _ in 0..3 {
        door.admits(&good()).await; // the last time it is kept
    }
    store.is_down.store(true, Ordering::Relaxed);
    let answer = door.show(&good()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.reason, "revocation_store_unavailable");
    assert_eq!(answer.challenges, Vec::<String>::new());
    assert!(revocations.revoke_token(ISSUER, "1").await.is_err());
    let request = Request::get("/").header("authorization", format!("Bearer {}", good()));
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async {}))
        .layer(guard);
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = crate::support::send(&app, request).await;
    assert_eq!(response.headers()[RETRY_AFTER], "5");
    store.is_down.store(false, Ordering::Relaxed);
    door.admits(&good()).await;
}
