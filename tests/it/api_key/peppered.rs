//! Keys that are hashed under a secret of the server, and the change of that secret.

use portcullis::api_key::{IssuedApiKey, KeyHasher, KeyRotation, Pepper, RequireApiKey};
use portcullis::store::{CachedKeyRing, KeyRing};

use super::house::{House, asked};

fn pepper(number: u32) -> Pepper {
    Pepper::new(number, [u8::try_from(number).unwrap(); 32]).unwrap()
}

async fn rule(house: &House, key: &IssuedApiKey) -> u32 {
    let record = house.ring.find(key.record.id()).await.unwrap().unwrap();
    house.ring.lookups();
    record.hash().rule()
}

#[tokio::test]
async fn after_a_change_of_pepper_both_are_good_and_use_hashes_anew_once() {
    let house = House::default();
    let one = KeyHasher::peppered(pepper(1));
    let two = KeyHasher::peppered(pepper(2));
    let both = two.clone().with_former(pepper(1)).unwrap();
    let old = house
        .issue_such(House::demo().with_hasher(one.clone()))
        .await;
    let new = house
        .issue_such(House::demo().with_hasher(two.clone()))
        .await;
    let idle = house.issue_such(House::demo().with_hasher(one)).await;

    let app = house.behind(house.guard().with_hasher(both.clone()));
    for (round, expected) in [(1, 1), (2, 0), (3, 0)] {
        for key in [&old, &new] {
            assert_eq!(asked(&app, key.key.expose()).await.status(), 200);
        }
        assert_eq!(house.ring.rehashes(), expected, "round {round}");
        // Once more where the guard has to wait for the ring to keep a hash.
        assert_eq!(house.ring.lookups(), 2 + expected, "round {round}");
    }
    assert_eq!(
        [rule(&house, &old).await, rule(&house, &idle).await],
        [2, 1]
    );

    // The old pepper is dropped: whoever was there in between stays.
    let app = house.behind(house.guard().with_hasher(two));
    for (key, status) in [(&old, 200), (&new, 200), (&idle, 401)] {
        assert_eq!(asked(&app, key.key.expose()).await.status(), status);
    }
}

#[tokio::test]
async fn a_change_of_pepper_goes_through_a_cache_and_survives_a_ring_that_is_down() {
    let house = House::default();
    let both = KeyHasher::peppered(pepper(2))
        .with_former(pepper(1))
        .unwrap();
    let key = House::demo().with_hasher(KeyHasher::peppered(pepper(1)));
    let old = house.issue_such(key).await;
    let cached = CachedKeyRing::over(house.ring.clone()).with_clock(house.clock.clone());
    let guard = RequireApiKey::in_ring(cached).with_prefix("demo").unwrap();
    let app = house.behind(guard.with_hasher(both).with_clock(house.clock.clone()));
    // The first use looks up and hashes anew, which drops the record; the next one looks up again.
    for (lookups, rehashes) in [(1, 1), (1, 0), (0, 0)] {
        assert_eq!(asked(&app, old.key.expose()).await.status(), 200);
        assert_eq!(
            (house.ring.lookups(), house.ring.rehashes()),
            (lookups, rehashes)
        );
    }
    assert_eq!(rule(&house, &old).await, 2);

    let key = House::demo().with_hasher(KeyHasher::peppered(pepper(1)));
    let other = house.issue_such(key).await;
    house.ring.find(other.record.id()).await.unwrap();
    let guard = house.guard().with_hasher(
        KeyHasher::peppered(pepper(2))
            .with_former(pepper(1))
            .unwrap(),
    );
    let app = house.behind(guard);
    house.ring.fail_rehashes();
    assert_eq!(asked(&app, other.key.expose()).await.status(), 200);
    assert_eq!(rule(&house, &other).await, 1);
}

#[tokio::test]
async fn keys_without_a_pepper_are_refused_unless_the_author_says_so() {
    let house = House::default();
    let plain = house.issue("demo", "").await;
    let hasher = KeyHasher::peppered(pepper(1));
    let app = house.behind(house.guard().with_hasher(hasher.clone()));
    assert_eq!(asked(&app, plain.key.expose()).await.status(), 401);
    assert_eq!(house.told(), ["key_pepper_unknown"]);

    let moving = house.guard().with_hasher(hasher.dangerous_accept_plain());
    let moving = house.behind(moving);
    assert_eq!(asked(&moving, plain.key.expose()).await.status(), 200);
    assert_eq!(rule(&house, &plain).await, 1);
    assert_eq!(asked(&app, plain.key.expose()).await.status(), 200);
}

#[tokio::test]
async fn a_successor_is_hashed_as_it_is_said() {
    let house = House::default();
    let old = house.issue("demo", "").await;
    let rotation = KeyRotation::of(old.record.id()).with_hasher(KeyHasher::peppered(pepper(3)));
    let new = rotation.rotate(&house.ring, &house.clock).await.unwrap();
    assert_eq!(rule(&house, &new).await, 3);
}
