//! A guard whose ring is a cache over another: what reaches the other, and when.

use std::time::Duration;

use axum::Router;
use portcullis::api_key::{KeyRotation, RequireApiKey};
use portcullis::store::{CachedKeyRing, KeyRing};

use super::house::{House, Spy, asked};

fn cached(house: &House) -> (CachedKeyRing<Spy>, Router) {
    let ring = CachedKeyRing::over(house.ring.clone()).with_clock(house.clock.clone());
    let guard = RequireApiKey::in_ring(ring.clone())
        .with_prefix("demo")
        .unwrap()
        .with_clock(house.clock.clone());
    (ring, house.behind(guard))
}

#[tokio::test]
async fn a_key_is_looked_up_once_in_its_time_to_live_and_so_is_one_that_is_not_there() {
    let house = House::default();
    let (_, app) = cached(&house);
    let good = house.issue("demo", "").await;
    let unknown = House::default().issue("demo", "").await;
    for (key, status) in [(&good, 200), (&unknown, 401)] {
        let key = key.key.expose();
        for (after, lookups) in [(0, 1), (0, 0), (29, 0), (1, 1), (0, 0)] {
            house.clock.advance(Duration::from_secs(after));
            assert_eq!(asked(&app, key).await.status(), status);
            assert_eq!(house.ring.lookups(), lookups, "{after}");
        }
    }
}

#[tokio::test]
async fn what_is_changed_through_the_cache_is_seen_at_once() {
    let house = House::default();
    let (ring, app) = cached(&house);
    let statuses = async |key: &str| asked(&app, key).await.status().as_u16();
    let (revoked, retired) = (house.issue("demo", "").await, house.issue("demo", "").await);
    for key in [&revoked, &retired] {
        assert_eq!(statuses(key.key.expose()).await, 200);
    }
    ring.revoke(revoked.record.id(), 0).await.unwrap();
    assert_eq!(statuses(revoked.key.expose()).await, 401);
    ring.retire(retired.record.id(), 0).await.unwrap();
    assert_eq!(statuses(retired.key.expose()).await, 401);

    let old = house.issue("demo", "").await;
    assert_eq!(statuses(old.key.expose()).await, 200);
    let rotation = KeyRotation::of(old.record.id()).with_overlap(Duration::ZERO);
    let new = rotation.unwrap().rotate(&ring, &house.clock).await.unwrap();
    assert_eq!(statuses(old.key.expose()).await, 401);
    assert_eq!(statuses(new.key.expose()).await, 200);

    // A key that was asked for before it was there.
    let elsewhere = House::default();
    let late = elsewhere.issue("demo", "").await;
    assert_eq!(statuses(late.key.expose()).await, 401);
    assert!(ring.insert(late.record).await.unwrap());
    assert_eq!(statuses(late.key.expose()).await, 200);
}

#[tokio::test]
async fn a_cache_that_knows_the_key_lets_it_in_while_the_ring_is_down_and_knows_no_failure() {
    let house = House::default();
    let (_, app) = cached(&house);
    let (known, other) = (house.issue("demo", "").await, house.issue("demo", "").await);
    assert_eq!(asked(&app, known.key.expose()).await.status(), 200);
    house.ring.set_down(true);
    assert_eq!(asked(&app, known.key.expose()).await.status(), 200);
    assert_eq!(asked(&app, other.key.expose()).await.status(), 503);
    house.clock.advance(Duration::from_secs(30));
    assert_eq!(asked(&app, known.key.expose()).await.status(), 503);
    house.ring.set_down(false);
    for key in [&known, &other] {
        assert_eq!(asked(&app, key.key.expose()).await.status(), 200);
    }
}
