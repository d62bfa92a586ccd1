//! Several issuers at once: none speaks for another.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use portcullis::fetch::{Discovery, Endpoint, Fetcher};
use portcullis::guard::Guard;
use portcullis::identity::Facts;
use portcullis::jwt::{Algorithm, Issuer, KeySet, RequireJwt, SigningKey, VerifyingKey};
use serde_json::json;

use super::world::{API, clock, issued, issuer, refused, set, signer, verdict};
use crate::outgoing::{Script, Server};

const A: &str = "https://a.example";
const B: &str = "https://b.example";
const HOUSE: &str = "https://house.example";

#[tokio::test]
async fn each_token_is_measured_by_the_issuer_that_it_names_and_by_no_other() {
    // C8: both call their key the same.
    let (a, b) = (signer("1"), signer("1"));
    let (at_a, at_b) = (
        Server::start(set(&[&a])).await,
        Server::start(set(&[&b])).await,
    );
    let house = SigningKey::hs256([7; 32]).unwrap();
    let guard = RequireJwt::of([
        issuer(A, &at_a),
        issuer(B, &at_b),
        Issuer::new(HOUSE, API, house.verifying_key()).unwrap(),
    ])
    .unwrap()
    .with_clock(clock());
    for foreign in [
        "https://c.example",
        "https://a.example/",
        "https://A.example",
        "https://a.exampl",
        "",
    ] {
        if !foreign.is_empty() {
            let found = verdict(&guard, &a.token_of(foreign)).await;
            assert_eq!(found, refused("wrong_issuer"), "{foreign}");
        }
    }
    assert_eq!(
        verdict(&guard, "e30.e30.e30").await,
        refused("wrong_issuer")
    );
    assert_eq!(
        (at_a.hits(), at_b.hits()),
        (0, 0),
        "nobody was asked about others"
    );

    assert_eq!(verdict(&guard, &a.token_of(A)).await, Ok(()));
    assert_eq!(
        (at_a.hits(), at_b.hits()),
        (1, 0),
        "only its own issuer is asked"
    );
    assert_eq!(verdict(&guard, &b.token_of(B)).await, Ok(()));
    assert_eq!(
        verdict(&guard, &issued(&house, HOUSE, &clock())).await,
        Ok(())
    );
    assert_eq!(
        verdict(&guard, &a.token_of(B)).await,
        refused("bad_signature")
    );
    assert_eq!(
        verdict(&guard, &b.token_of(A)).await,
        refused("bad_signature")
    );
    let stranger = issued(&house, A, &clock());
    assert_eq!(verdict(&guard, &stranger).await, refused("wrong_algorithm"));
    assert_eq!(
        verdict(&guard, &a.token_of(HOUSE)).await,
        refused("wrong_algorithm")
    );
}

#[tokio::test]
async fn one_issuer_that_is_down_takes_no_other_with_it() {
    let (a, b) = (signer("1"), signer("1"));
    let (at_a, at_b) = (
        Server::start(Script::Say(vec![])).await,
        Server::start(set(&[&b])).await,
    );
    let guard = RequireJwt::of([issuer(A, &at_a), issuer(B, &at_b)]).unwrap();
    let guard = guard.with_clock(clock());
    assert!(guard.reload().await.is_err());
    let ready: Vec<_> = guard
        .status()
        .iter()
        .map(|status| status.is_ready)
        .collect();
    assert_eq!(ready, [false, true]);
    assert_eq!(
        verdict(&guard, &a.token_of(A)).await,
        refused("keys_unavailable")
    );
    assert_eq!(verdict(&guard, &b.token_of(B)).await, Ok(()));
}

#[tokio::test]
async fn c9_the_same_name_at_two_issuers_is_two_callers() {
    let (a, b) = (
        SigningKey::hs256([1; 32]).unwrap(),
        SigningKey::hs256([2; 32]).unwrap(),
    );
    let known = |name, key: &SigningKey| Issuer::new(name, API, key.verifying_key()).unwrap();
    let guard = RequireJwt::of([known(A, &a), known(B, &b)])
        .unwrap()
        .with_clock(clock());
    let mut callers = Vec::new();
    for (name, key) in [(A, &a), (B, &b)] {
        let line = format!("Bearer {}", issued(key, name, &clock()));
        let request = Request::get("/").header("authorization", line);
        let (mut head, _) = request.body(Body::empty()).unwrap().into_parts();
        guard.check(&mut head).await.unwrap();
        let facts = Facts::of(&head.extensions).unwrap();
        callers.push(facts.caller.principal().unwrap().clone());
    }
    assert_eq!(callers[0].subject(), callers[1].subject());
    assert_ne!(callers[0], callers[1]);
    assert_eq!(
        (callers[0].issuer(), callers[1].issuer()),
        (Some(A), Some(B))
    );
}

#[tokio::test]
async fn each_issuer_has_rules_of_its_own() {
    let key = SigningKey::hs256([7; 32]).unwrap();
    let known = |name| Issuer::new(name, API, key.verifying_key()).unwrap();
    let strict = known(A).with_leeway(Duration::ZERO).unwrap();
    let loose = known(B).with_leeway(Duration::from_mins(5)).unwrap();
    let guard = RequireJwt::of([strict, loose]).unwrap();
    let late = clock();
    late.advance(Duration::from_hours(6) + Duration::from_secs(200));
    let guard = guard.with_clock(late);
    assert_eq!(
        verdict(&guard, &issued(&key, A, &clock())).await,
        refused("token_expired")
    );
    assert_eq!(verdict(&guard, &issued(&key, B, &clock())).await, Ok(()));
    let guard = guard.with_leeway(Duration::ZERO).unwrap();
    assert_eq!(
        verdict(&guard, &issued(&key, B, &clock())).await,
        refused("token_expired")
    );
    let young = RequireJwt::of([known(A).with_max_age(Duration::from_mins(1))]).unwrap();
    let later = clock();
    later.advance(Duration::from_secs(91));
    let young = young.with_clock(later);
    assert_eq!(
        verdict(&young, &issued(&key, A, &clock())).await,
        refused("token_too_old")
    );
}

#[test]
fn what_cannot_be_is_said_when_it_is_put_together() {
    let key = || VerifyingKey::hs256([7; 32]).unwrap();
    let known = |name| Issuer::new(name, API, key()).unwrap();
    let https = || Endpoint::https("https://id.example/keys").unwrap();
    let local = || Endpoint::dangerous_allow_http_on_loopback("http://127.0.0.1:1/keys").unwrap();
    let fetcher = || Fetcher::new().unwrap();
    let faults = [
        RequireJwt::of([]).err(),
        RequireJwt::of([known(A), known(B), known(A)]).err(),
        Issuer::new("", API, key()).err(),
        Issuer::new(A, "", key()).err(),
        Issuer::with_remote_jwks(A, "", https()).err(),
        Issuer::with_remote_jwks("", API, https()).err(),
        Issuer::with_remote_jwks("http://id.example", API, https()).err(),
        Issuer::with_remote_jwks("HTTP://id.example", API, https()).err(),
        Issuer::with_remote_jwks("http://id.example", API, local()).err(),
        Issuer::with_remote_jwks("http://127.0.0.1:1", API, https()).err(),
        Issuer::discover("http://id.example", API).err(),
        Issuer::discover("http://127.0.0.1:1", API).err(),
        Issuer::discover("https://id.example/?tenant=1", API).err(),
        Issuer::discover("id.example", API).err(),
        Issuer::discover(A, "").err(),
        Discovery::oauth("http://id.example", fetcher()).err(),
        known(A).with_leeway(Duration::from_secs(301)).err(),
        known(A).with_algorithms([Algorithm::Hs384]).err(),
        Issuer::from_jwks_file(A, API, "/nowhere/keys.json").err(),
    ];
    for (place, fault) in faults.into_iter().enumerate() {
        let sentence = fault
            .unwrap_or_else(|| panic!("{place} was accepted"))
            .to_string();
        assert!(sentence.contains(' ') && sentence.len() > 20, "{sentence}");
    }
    assert!(RequireJwt::of([known(A), known(B)]).is_ok());
    assert!(Issuer::with_remote_jwks("accounts.example", API, https()).is_ok());
    assert!(Issuer::with_remote_jwks("http://127.0.0.1:1", API, local()).is_ok());
    assert!(Issuer::discover(A, API).is_ok());
    assert!(Issuer::with_discovery(Discovery::oauth(A, fetcher()).unwrap(), API).is_ok());
}

#[tokio::test]
async fn a_key_set_in_a_file_is_read_when_it_is_put_together() {
    let key = signer("a");
    let path = std::env::temp_dir().join(format!("portcullis-{}.json", std::process::id()));
    std::fs::write(&path, json!({ "keys": [key.jwk] }).to_string()).unwrap();
    let from_file = Issuer::from_jwks_file(A, API, &path).unwrap();
    let long = format!(
        "{{\"keys\":[{}],\"x\":\"{}\"}}",
        key.jwk,
        "x".repeat(65_536)
    );
    std::fs::write(&path, long).unwrap();
    assert!(Issuer::from_jwks_file(A, API, &path).is_err());
    std::fs::write(&path, r#"{"keys":[]}"#).unwrap();
    assert!(Issuer::from_jwks_file(A, API, &path).is_err());
    std::fs::remove_file(&path).unwrap();
    let guard = RequireJwt::of([from_file]).unwrap().with_clock(clock());
    assert_eq!(verdict(&guard, &key.token_of(A)).await, Ok(()));
    let status = guard.status().remove(0);
    assert!(status.is_ready && status.fetched.is_none());
    assert_eq!(status.keys[0].id(), Some("a"));
    let text = json!({ "keys": [key.jwk] }).to_string();
    let of_text = Issuer::new(A, API, KeySet::from_jwks(&text).unwrap()).unwrap();
    let guard = RequireJwt::of([of_text]).unwrap().with_clock(clock());
    assert_eq!(verdict(&guard, &key.token_of(A)).await, Ok(()));
}
