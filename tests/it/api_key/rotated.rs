//! A key and its successor.

use std::time::Duration;

use axum::Router;
use portcullis::api_key::{IssueError, KeyRotation, NewApiKey, RequireApiKey};
use portcullis::identity::{Allowance, Scopes};
use portcullis::store::{CachedKeyRing, KeyId, KeyRecord, KeyRing};

use super::house::{House, asked};

const DAY: Duration = Duration::from_hours(24);
const SECOND: Duration = Duration::from_secs(1);

fn full() -> NewApiKey {
    House::demo()
        .with_tenant("acme")
        .with_label("laptop")
        .with_scopes(Scopes::parse("a b"))
        .with_allowance(Allowance::new(5, 60).unwrap())
        .with_networks(["127.0.0.0/8"])
        .unwrap()
}

/// The guard, straight on the ring and through a cache.
fn apps(house: &House) -> [Router; 2] {
    let cached = CachedKeyRing::over(house.ring.clone()).with_clock(house.clock.clone());
    let guard = RequireApiKey::in_ring(cached)
        .with_prefix("demo")
        .unwrap()
        .with_clock(house.clock.clone());
    [house.behind(house.guard()), house.behind(guard)]
}

async fn found(house: &House, id: KeyId) -> KeyRecord {
    let record = house.ring.find(id).await.unwrap();
    KeyRecord::clone(&record.unwrap())
}

#[tokio::test]
async fn in_the_overlap_both_keys_are_good_and_after_it_the_new_one_alone() {
    let house = House::default();
    let apps = apps(&house);
    let (clock, ring) = (&house.clock, &house.ring);
    let old = full().expiring_in(DAY * 90).issue(ring, clock).await;
    let old = old.unwrap();
    let new = KeyRotation::of(old.record.id()).rotate(ring, clock).await;
    let new = new.unwrap();
    let statuses = async |expected: [u16; 2]| {
        for app in &apps {
            for (key, status) in [&old, &new].into_iter().zip(expected) {
                let response = asked(app, key.key.expose()).await;
                assert_eq!(response.status(), status, "{:?}", key.record.id());
            }
        }
    };
    statuses([200, 200]).await;
    clock.advance(DAY.saturating_sub(SECOND));
    statuses([200, 200]).await; // looked up anew, and kept by the cache
    clock.advance(SECOND);
    statuses([401, 200]).await; // the cached record knows its own end
    clock.advance(SECOND);
    statuses([401, 200]).await;
}

#[tokio::test]
async fn a_successor_has_the_same_grants_and_restrictions() {
    let house = House::default();
    house.clock.advance(DAY);
    let old = full().with_not_before(DAY.as_secs() + 100);
    let old = old.expiring_in(DAY).issue(&house.ring, &house.clock).await;
    let old = old.unwrap().record;
    house.clock.advance(Duration::from_secs(50));
    let new = KeyRotation::of(old.id()).rotate(&house.ring, &house.clock);
    let new = new.await.unwrap();
    assert!(new.key.expose().starts_with("demo_"));
    let (old, new) = (
        found(&house, old.id()).await,
        found(&house, new.record.id()).await,
    );
    assert_eq!(new.owner(), old.owner());
    assert_eq!((new.scopes(), new.label()), (old.scopes(), old.label()));
    assert_eq!(
        (new.networks(), new.allowance()),
        (old.networks(), old.allowance())
    );
    assert_eq!(
        (new.prefix(), new.not_before()),
        (old.prefix(), old.not_before())
    );
    assert_eq!(
        (new.supersedes(), old.replaced_by()),
        (Some(old.id()), Some(new.id()))
    );
    let start = DAY.as_secs() + 100;
    assert_eq!(new.expires_at(), Some(start + DAY.as_secs() - 100));
    assert_eq!(new.created_at(), DAY.as_secs() + 50);
    assert_ne!(new.principal().credential(), old.principal().credential());
}

#[tokio::test]
async fn an_overlap_only_shortens_and_is_bounded() {
    let house = House::default();
    let (clock, ring) = (&house.clock, &house.ring);
    let rotation = KeyRotation::of(KeyId::parse("0123456789abcXYZ").unwrap());
    assert!(rotation.clone().with_overlap(DAY * 30).is_ok());
    assert!(rotation.with_overlap(DAY * 30 + SECOND).is_err());
    for (lifetime, overlap, end) in [
        (Some(DAY * 90), DAY * 30, DAY * 30),
        (Some(SECOND * 60), DAY, SECOND * 60),
        (None, Duration::ZERO, Duration::ZERO),
    ] {
        let key = match lifetime {
            Some(lifetime) => House::demo().expiring_in(lifetime),
            None => House::demo().never_expiring(),
        };
        let old = key.issue(ring, clock).await.unwrap().record.id();
        let rotation = KeyRotation::of(old).with_overlap(overlap).unwrap();
        let new = rotation.rotate(ring, clock).await.unwrap().record;
        assert_eq!(found(&house, old).await.expires_at(), Some(end.as_secs()));
        assert_eq!(
            new.expires_at(),
            lifetime.map(|lifetime| lifetime.as_secs())
        );
    }
}

#[tokio::test]
async fn a_key_that_is_dead_or_replaced_has_no_successor() {
    let house = House::default();
    let (clock, ring) = (&house.clock, &house.ring);
    let unknown = House::default().issue("demo", "").await.record.id();
    let revoked = house.issue("demo", "").await.record.id();
    ring.revoke(revoked, 0).await.unwrap();
    let expired = house.issue("demo", "").await.record.id();
    ring.retire(expired, 0).await.unwrap();
    let replaced = house.issue("demo", "").await.record.id();
    KeyRotation::of(replaced).rotate(ring, clock).await.unwrap();
    for id in [unknown, revoked, expired, replaced] {
        let error = KeyRotation::of(id).rotate(ring, clock).await.unwrap_err();
        assert!(matches!(error, IssueError::NotReplaceable), "{error}");
    }
    let live = house.issue("demo", "").await.record.id();
    let short = KeyRotation::of(live).expiring_in(Duration::ZERO);
    let error = short.rotate(ring, clock).await.unwrap_err();
    assert!(matches!(error, IssueError::Invalid(_)), "{error}");
    house.ring.set_down(true);
    let error = KeyRotation::of(live).rotate(ring, clock).await.unwrap_err();
    assert!(matches!(error, IssueError::Store(_)), "{error}");
}
