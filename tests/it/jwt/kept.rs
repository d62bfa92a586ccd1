//! Tokens that come again: what is kept of them, and what is asked each time all the same. Each
//! case first knocks until the token is kept, so that nothing but the check under test can stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::jwt::{RequireJwt, Revocations, SigningKey};
use serde_json::{Value, json};

use super::door::{
    AUDIENCE, Door, ISSUER, NOW, claims, forge, good, guard, guard_with, header, key, set,
};

/// A door that has kept `token`.
async fn keeping(guard: &RequireJwt, token: &str) -> Door {
    let door = Door::behind(guard.clone());
    for seen in [0, 0, 1] {
        assert_eq!(guard.token_cache().tokens, seen);
        door.admits(token).await;
    }
    door
}

#[tokio::test]
async fn a_token_is_kept_by_the_rules_of_its_guard_alone() {
    let lax = guard().dangerous_allow_any_audience();
    let token = forge(header(), set(claims(), "aud", json!("another")));
    let open = keeping(&lax, &token).await;
    Door::behind(guard())
        .refuses(&token, "wrong_audience")
        .await;

    // What a guard has found by some rules does not count for one that has others.
    let old = set(
        set(claims(), "iat", json!(NOW - 500)),
        "nbf",
        json!(NOW - 500),
    );
    let old = forge(header(), old);
    let patient = guard();
    let door = keeping(&patient, &old).await;
    let strict = patient.clone().with_max_age(Duration::from_secs(100));
    assert_eq!(strict.token_cache().tokens, 0);
    Door::behind(strict).refuses(&old, "token_too_old").await;
    door.admits(&old).await;
    open.admits(&token).await;
}

#[tokio::test]
async fn a_kept_token_expires_to_the_second() {
    let clock = ManualClock::at(NOW);
    let guard = guard().with_clock(clock.clone());
    let token = good(); // 900 seconds, and a leeway of 30
    let door = keeping(&guard, &token).await;
    clock.advance(Duration::from_secs(930));
    door.admits(&token).await;
    clock.advance(Duration::from_secs(1));
    door.refuses(&token, "token_expired").await;
    assert_eq!(guard.token_cache().tokens, 0);
}

#[tokio::test]
async fn a_kept_token_is_asked_about_each_time() {
    let revocations = Revocations::in_memory().with_clock(ManualClock::at(NOW));
    let is_welcome = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&is_welcome);
    let guard = guard()
        .with_revocations(revocations.clone())
        .with_check(move |_: &Value| {
            let welcome = asked.load(Ordering::Relaxed);
            welcome.then_some(()).ok_or("not_welcome")
        });
    let token = good();
    let door = keeping(&guard, &token).await;
    is_welcome.store(false, Ordering::Relaxed);
    door.refuses(&token, "not_welcome").await;
    is_welcome.store(true, Ordering::Relaxed);
    door.admits(&token).await;
    revocations.revoke_token(ISSUER, "1").await.unwrap();
    door.refuses(&token, "token_revoked").await;
}

#[tokio::test]
async fn a_token_that_differs_in_one_letter_is_not_the_one_that_is_kept() {
    let guard = guard();
    let token = good();
    let door = keeping(&guard, &token).await;
    let (head, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let mut letters = signature.to_owned();
    let other = if letters.starts_with('A') { "B" } else { "A" };
    letters.replace_range(..1, other);
    door.refuses(&format!("{head}.{payload}.{letters}"), "bad_signature")
        .await;
    // The end of the token, which is what is hashed, stays as it is.
    let admin = super::door::encode(set(claims(), "sub", json!("root")).to_string());
    door.refuses(&format!("{head}.{admin}.{signature}"), "bad_signature")
        .await;
    door.refuses(&format!("{token}."), "token_malformed").await;
    assert_eq!(guard.token_cache().tokens, 1);
}

#[tokio::test]
async fn no_flood_of_tokens_good_or_bad_takes_more_than_the_room_that_there_is() {
    let guard = guard().with_token_cache(64 * 1024);
    let door = Door::behind(guard.clone());
    let stranger = guard_with(SigningKey::hs256([1; 32]).unwrap().verifying_key());
    let closed = Door::behind(stranger.clone());
    for n in 0..500 {
        let token = forge(header(), set(claims(), "jti", json!(n.to_string())));
        for _ in 0..2 {
            door.admits(&token).await;
            closed.refuses(&token, "bad_signature").await;
        }
    }
    let full = guard.token_cache();
    assert!(full.tokens > 5 && full.bytes <= full.capacity, "{full:?}");
    assert!(full.capacity <= 64 * 1024, "{full:?}");
    assert_eq!(stranger.token_cache().tokens, 0);

    let none = super::door::guard().with_token_cache(0);
    let door = Door::behind(none.clone());
    for _ in 0..3 {
        door.admits(&good()).await;
    }
    assert_eq!(none.token_cache().capacity, 0);
}

#[tokio::test]
async fn a_kept_token_of_one_issuer_serves_beside_those_of_another() {
    let other = portcullis::jwt::Issuer::new("https://b.example", AUDIENCE, key().verifying_key());
    let own = portcullis::jwt::Issuer::new(ISSUER, AUDIENCE, key().verifying_key()).unwrap();
    let guard = RequireJwt::of([own, other.unwrap()])
        .unwrap()
        .with_clock(ManualClock::at(NOW));
    let door = keeping(&guard, &good()).await;
    let twin = forge(header(), set(claims(), "iss", json!("https://b.example")));
    door.admits(&twin).await;
    door.admits(&twin).await;
    door.admits(&twin).await;
    assert_eq!(guard.token_cache().tokens, 2);
}
