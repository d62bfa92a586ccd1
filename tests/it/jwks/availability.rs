//! Nobody can have the key server pestered, and its keys are found when they are needed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use portcullis::jwt::SigningKey;
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{COOLDOWN, ISSUER, World, issued, refused, set, signer, until};
use crate::outgoing::{self, Script};

#[tokio::test]
async fn j1_ten_thousand_unknown_keys_cause_one_fetch_and_good_tokens_pass() {
    let key = signer("a");
    let world = World::holding(&[&key]).await;
    let good = key.token();
    let (header, rest) = good.split_once('.').unwrap();
    assert!(!header.is_empty());
    for n in 0..10_000 {
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": n.to_string()});
        let token = format!("{}.{rest}", BASE64.encode(header.to_string()));
        assert_eq!(world.verdict(&token).await, refused("unknown_key"));
        if n % 1_000 == 0 {
            assert_eq!(world.verdict(&good).await, Ok(()));
        }
    }
    assert_eq!(world.server.hits(), 2);
    world.clock.advance(COOLDOWN);
    let again = key.token_naming("0");
    assert_eq!(world.verdict(&again).await, refused("unknown_key"));
    assert_eq!(world.server.hits(), 2, "`0` is remembered to be unknown");
    let other = key.token_naming("another");
    assert_eq!(world.verdict(&other).await, refused("unknown_key"));
    assert_eq!(world.server.hits(), 3);
}

#[tokio::test]
async fn no_token_that_is_bad_in_itself_has_anything_fetched() {
    let key = signer("a");
    let world = World::new(set(&[&key])).await;
    let good = key.token();
    let (clock, unknown) = (super::world::clock(), key.token_naming("new"));
    let secret = SigningKey::hs256([7; 32]).unwrap();
    for (token, reason) in [
        ("a.b".to_owned(), "token_malformed"),
        ("a.b.c.d.e".to_owned(), "token_encrypted"),
        (format!("{good}="), "bad_base64"),
        (
            format!("e30{}", good.trim_start_matches(|c| c != '.')),
            "wrong_algorithm",
        ),
        (key.token_of("https://evil.example"), "wrong_issuer"),
        (key.token_of("https://id.example/"), "wrong_issuer"),
        (issued(&secret, ISSUER, &clock), "wrong_algorithm"),
    ] {
        assert_eq!(world.verdict(&token).await, refused(reason), "{token}");
    }
    world.clock.advance(Duration::from_hours(7));
    assert_eq!(world.verdict(&unknown).await, refused("token_expired"));
    assert_eq!(world.server.hits(), 0);
}

#[tokio::test]
async fn j4_a_new_key_is_accepted_at_the_first_request_after_the_cooldown() {
    let (old, new) = (signer("old"), signer("new"));
    let world = World::new(set(&[&old])).await;
    assert_eq!(world.verdict(&old.token()).await, Ok(()));
    world.server.says(set(&[&old, &new]));
    assert_eq!(
        world.verdict(&new.token()).await,
        refused("unknown_key"),
        "the server was asked a moment ago"
    );
    world.clock.advance(COOLDOWN);
    assert_eq!(world.verdict(&new.token()).await, Ok(()));
    assert_eq!(world.verdict(&old.token()).await, Ok(()));
    assert_eq!(world.server.hits(), 2);
}

#[tokio::test]
async fn j5_a_key_that_is_withdrawn_serves_no_more_after_the_next_fetch() {
    let (old, new) = (signer("old"), signer("new"));
    let world = World::holding(&[&old]).await;
    assert_eq!(world.verdict(&old.token()).await, Ok(()));
    world.server.says(set(&[&new]));
    world.guard.reload().await.unwrap();
    assert_eq!(world.verdict(&old.token()).await, refused("unknown_key"));
    assert_eq!(world.verdict(&new.token()).await, Ok(()));

    // Nor if nobody reloads: the fetch is due after four fifths of ten minutes.
    world.server.says(set(&[&old]));
    world.clock.advance(Duration::from_mins(8));
    assert_eq!(world.verdict(&new.token()).await, Ok(()), "nobody waits");
    until(|| world.guard.status()[0].keys[0].id() == Some("old")).await;
    assert_eq!(world.verdict(&new.token()).await, refused("unknown_key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn j7_a_thousand_cold_requests_cause_one_fetch() {
    let key = signer("a");
    let world = World::new(set(&[&key])).await;
    let mut requests = JoinSet::new();
    for _ in 0..1_000 {
        let (guard, token) = (world.guard.clone(), key.token());
        requests.spawn(async move { super::world::verdict(&guard, &token).await });
    }
    assert!(requests.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.server.hits(), 1);
}

#[tokio::test]
async fn j8_a_request_that_goes_away_neither_stops_nor_spoils_the_fetch() {
    let key = signer("a");
    let world = World::new(set(&[&key])).await;
    let (guard, token) = (world.guard.clone(), key.token());
    let first = tokio::spawn(async move { super::world::verdict(&guard, &token).await });
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
    assert_eq!(world.server.hits(), 1);
}

#[tokio::test]
async fn j11_a_key_made_anew_under_its_old_name_costs_one_fetch_per_cooldown() {
    let (old, new) = (signer("a"), signer("a"));
    let world = World::holding(&[&old]).await;
    for _ in 0..100 {
        assert_eq!(world.verdict(&new.token()).await, refused("bad_signature"));
        assert_eq!(world.verdict(&old.token()).await, Ok(()));
    }
    assert_eq!(world.server.hits(), 2);
    world.server.says(set(&[&new]));
    world.clock.advance(COOLDOWN);
    assert_eq!(world.verdict(&new.token()).await, Ok(()));
    assert_eq!(world.verdict(&old.token()).await, refused("bad_signature"));
    assert_eq!(world.server.hits(), 3);
}

#[tokio::test]
async fn j12_keys_that_have_not_changed_are_not_sent_again_and_their_time_starts_anew() {
    let key = signer("a");
    let body = json!({ "keys": [key.jwk] }).to_string();
    let world = World::new(outgoing::json("\r\netag: \"v1\"", &body)).await;
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
    world
        .server
        .says(Script::Say(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()));
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(world.verdict(&key.token()).await, Ok(()));
    let requests = world.server.requests.lock().unwrap().clone();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].contains("if-none-match: \"v1\"\r\n"));
    let fetched = world.guard.status().remove(0).fetched.unwrap();
    assert_eq!(
        (fetched.age, fetched.generation),
        (Some(Duration::ZERO), Some(1))
    );
}

#[tokio::test]
async fn j5_a_key_that_is_withdrawn_takes_the_tokens_that_are_kept_with_it() {
    let (old, new) = (signer("old"), signer("new"));
    let world = World::holding(&[&old]).await;
    let token = old.token();
    for kept in [0, 1, 1] {
        assert_eq!(world.verdict(&token).await, Ok(()));
        assert_eq!(world.guard.token_cache().tokens, kept);
    }
    world.server.says(set(&[&new]));
    world.guard.reload().await.unwrap();
    assert_eq!(world.verdict(&token).await, refused("unknown_key"));
    assert_eq!(world.guard.token_cache().tokens, 0);
    assert_eq!(world.verdict(&new.token()).await, Ok(()));
}

#[tokio::test]
async fn a_kept_token_has_keys_fetched_in_time_and_does_not_outlive_them() {
    let key = signer("a");
    let world = World::holding(&[&key]).await;
    let token = key.token(); // of six hours
    for _ in 0..3 {
        assert_eq!(world.verdict(&token).await, Ok(()));
    }
    assert_eq!(world.server.hits(), 1);
    world.clock.advance(Duration::from_mins(9));
    assert_eq!(world.verdict(&token).await, Ok(()));
    let age = || world.guard.status()[0].fetched.as_ref().unwrap().age;
    until(|| age() == Some(Duration::ZERO)).await;
    assert_eq!(world.server.hits(), 2);
    world.server.says(outgoing::json("", "{}"));
    world.clock.advance(Duration::from_mins(75));
    assert_eq!(world.verdict(&token).await, refused("keys_unavailable"));
}
