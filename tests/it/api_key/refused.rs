//! Which keys are let in, and what is told of the others.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Request};
use portcullis::api_key::{KeyFormat, KeyHasher, Pepper};
use portcullis::guard::{Authenticator, Guard};
use portcullis::identity::Facts;
use portcullis::problem::Kind;
use portcullis::store::{KeyRecord, KeyRing};
use proptest::prelude::*;
use proptest::sample::Index;

use super::house::{House, KEY, asked, request, seen};
use crate::support::{read, send};

#[tokio::test]
async fn a_good_key_makes_its_owner_known_and_is_not_seen_in_the_headers() {
    let house = House::default();
    let app = house.behind(house.guard());
    let issued = house.issue("demo", "").await;
    let seen = seen(asked(&app, issued.key.expose()).await).await;
    assert!(seen.starts_with("200"), "{seen}");
    let id = issued.record.id();
    assert!(
        seen.contains("alice") && seen.contains(id.as_str()),
        "{seen}"
    );
    assert!(seen.contains("Sensitive"), "{seen}");
    assert!(!seen.contains(issued.key.expose()), "{seen}");
    assert_eq!(
        (house.ring.lookups(), house.told()),
        (1, vec!["authenticated alice".into()])
    );

    let by_hand = house.behind(house.guard().with_header(HeaderName::from_static("x-key")));
    assert_eq!(asked(&by_hand, issued.key.expose()).await.status(), 401);
    let line = (
        HeaderName::from_static("x-key"),
        issued.key.expose().as_str(),
    );
    assert_eq!(send(&by_hand, request("/key", &[line])).await.status(), 200);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_key_the_caller_sees_the_same() {
    let house = House::default();
    let app = house.behind(house.guard());
    let good = house.issue("demo", "").await;
    let revoked = house.issue("demo", "").await;
    house.ring.revoke(revoked.record.id(), 0).await.unwrap();
    let test_key = house.issue("demo_test", "").await;
    let unknown = House::default().issue("demo", "").await;
    let premature = House::demo().with_not_before(1);
    let premature = house.issue_such(premature).await;
    let abroad = House::demo().with_networks(["192.0.2.0/24"]).unwrap();
    let abroad = house.issue_such(abroad).await;
    let pepper = Pepper::new(1, [1; 32]).unwrap();
    let peppered = House::demo().with_hasher(KeyHasher::peppered(pepper));
    let peppered = house.issue_such(peppered).await;
    // The record of one key under the id of another: right id, wrong secret.
    let elsewhere = House::default().issue("demo", "").await;
    let stolen_id = KeyRecord::new(elsewhere.record.id(), *good.record.hash(), "eve", 0, None);
    house.ring.insert(Arc::new(stolen_id)).await.unwrap();
    let mut typo = good.key.expose().clone();
    let last = if typo.pop() == Some('0') { '1' } else { '0' };
    typo.push(last);

    let mut answers = Vec::new();
    for (key, reason, lookups) in [
        ("", "key_malformed", 0),
        ("nonsense", "key_malformed", 0),
        (&typo, "key_malformed", 0),
        (test_key.key.expose(), "key_other_prefix", 0),
        (unknown.key.expose(), "key_unknown", 1),
        (elsewhere.key.expose(), "key_mismatch", 1),
        (revoked.key.expose(), "key_revoked", 1),
        (premature.key.expose(), "key_not_yet_valid", 1),
        (abroad.key.expose(), "key_other_network", 1),
        (peppered.key.expose(), "key_pepper_unknown", 1),
    ] {
        answers.push(seen(asked(&app, key).await).await);
        assert_eq!(house.told(), [reason]);
        assert_eq!(house.ring.lookups(), lookups, "{reason}");
    }
    house.clock.advance(Duration::from_secs(59));
    assert_eq!(asked(&app, good.key.expose()).await.status(), 200);
    assert_eq!(asked(&app, premature.key.expose()).await.status(), 200);
    house.clock.advance(Duration::from_secs(1));
    house.told();
    answers.push(seen(asked(&app, good.key.expose()).await).await);
    assert_eq!(house.told(), ["key_expired"]);

    assert!(answers[0].starts_with("401"), "{}", answers[0]);
    assert!(
        answers[0].contains(r#"ApiKey realm=\"api\", error=\"invalid_key\""#),
        "{}",
        answers[0]
    );
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test]
async fn a_key_counts_only_if_it_stands_once_in_its_header() {
    let house = House::default();
    let app = house.behind(house.guard());
    let issued = house.issue("demo", "").await;
    let key = issued.key.expose().as_str();
    let (long, bearer) = ("k".repeat(257), format!("Bearer {key}"));
    let cookie = format!("x-api-key={key}; api_key={key}");
    for (path, lines, status, reason) in [
        ("/", &[][..], 401, "no_credential"),
        (
            "/",
            &[(AUTHORIZATION, bearer.as_str())],
            401,
            "no_credential",
        ),
        ("/", &[(COOKIE, cookie.as_str())], 401, "no_credential"),
        (
            &format!("/?x-api-key={key}&api_key={key}"),
            &[],
            401,
            "no_credential",
        ),
        ("/", &[(KEY, key), (KEY, key)], 400, "key_repeated"),
        ("/", &[(KEY, key), (KEY, "")], 400, "key_repeated"),
        ("/", &[(KEY, long.as_str())], 400, "key_too_long"),
        ("/", &[(KEY, "dem\u{43e}_0")], 400, "key_not_ascii"),
    ] {
        let response = send(&app, request(path, lines)).await;
        assert_eq!(response.status(), status, "{reason}");
        let challenge = match status {
            400 => r#"ApiKey realm="api", error="invalid_request""#,
            _ => r#"ApiKey realm="api""#,
        };
        assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
        assert_eq!(
            (house.told(), house.ring.lookups()),
            (vec![reason.into()], 0)
        );
    }
}

#[tokio::test]
async fn a_key_without_the_scopes_is_forbidden_and_its_owner_is_told() {
    let house = House::default();
    let guard = house
        .guard()
        .with_realm("shop")
        .with_scopes(["a", "b"])
        .unwrap();
    assert_eq!(guard.describe().to_string(), "API key, scopes a b");
    let app = house.behind(guard);
    let (weak, strong) = (
        house.issue("demo", "a").await,
        house.issue("demo", "b a").await,
    );
    assert_eq!(asked(&app, strong.key.expose()).await.status(), 200);
    house.told();
    let response = asked(&app, weak.key.expose()).await;
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.headers()[WWW_AUTHENTICATE],
        r#"ApiKey realm="shop", error="insufficient_scope", scope="a b""#
    );
    assert_eq!(
        house.told(),
        ["authenticated alice", "insufficient_scope alice"]
    );
}

#[tokio::test]
async fn a_ring_that_is_down_lets_nobody_in() {
    let house = House::default();
    let issued = house.issue("demo", "").await;
    house.ring.set_down(true);
    for app in [
        house.behind(house.guard()),
        house.behind(house.guard().optional()),
    ] {
        let response = asked(&app, issued.key.expose()).await;
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let (status, body) = read(response).await;
        assert_eq!(status, 503);
        assert!(!body.to_string().contains("plug"));
        assert_eq!(house.told(), ["key_ring_unavailable"]);
    }
}

proptest! {
    #[test]
    fn a_key_with_one_character_changed_is_refused_without_a_lookup(
        at: Index,
        to in prop_oneof!["[0-9A-Za-z]", "[ -~]", any::<char>().prop_map(String::from)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let house = House::default();
        let issued = runtime.block_on(house.issue("demo", ""));
        let mut changed = issued.key.expose().clone();
        let at = at.index(changed.len());
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != *issued.key.expose());
        prop_assert_eq!(KeyFormat::new("demo").unwrap().id_of(&changed), None);

        let Ok(value) = HeaderValue::from_bytes(changed.as_bytes()) else { return Ok(()) };
        let (mut head, ()) = Request::get("/").header(KEY, value).body(()).unwrap().into_parts();
        let stop = runtime.block_on(house.guard().check(&mut head)).unwrap_err();
        let expected = if to.is_ascii() { Kind::InvalidCredential } else { Kind::InvalidRequest };
        prop_assert_eq!(stop.problem().unwrap().kind(), expected);
        prop_assert_eq!(house.ring.lookups(), 0);
    }
}

#[test]
fn a_good_key_costs_no_allocation_but_the_facts() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let house = House::default();
    let issued = runtime.block_on(house.issue("demo", "a b"));
    let guard = house.guard().with_scopes(["a"]).unwrap();
    let (mut head, ()) = Request::get("/")
        .header(KEY, issued.key.expose())
        .body(())
        .unwrap()
        .into_parts();
    Facts::entry(&mut head.extensions);
    let cost = allocation_counter::measure(|| {
        runtime.block_on(guard.check(&mut head)).unwrap();
    });
    let idle = allocation_counter::measure(|| runtime.block_on(async {}));
    assert_eq!(cost.count_total, idle.count_total);
}
