//! What every key ring promises, asked of each engine.

use std::sync::Arc;

use portcullis::identity::{Allowance, Credential, Networks, Scopes};
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{KEYS_A_PAGE, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, USES_AT_ONCE};

#[tokio::test]
async fn memory_keeps_the_promises_of_a_key_ring() {
    contract(Arc::new(MemoryKeyRing::default())).await;
}

/// Holds an empty ring with room for a thousand keys to its promises.
pub(crate) async fn contract(ring: Arc<dyn KeyRing>) {
    what_goes_in_comes_out(&*ring).await;
    an_id_is_given_once(&ring).await;
    a_revocation_is_seen_at_once_and_for_good(&*ring).await;
    an_end_is_only_ever_put_earlier(&*ring).await;
    a_successor_comes_with_the_end_of_its_predecessor_or_not_at_all(&*ring).await;
    a_key_has_one_successor_however_many_ask(&ring).await;
    a_hash_is_exchanged_only_for_the_one_that_is_kept(&*ring).await;
    the_latest_use_stands_and_strangers_are_passed_over(&*ring).await;
    a_change_leaves_all_else_of_a_key_as_it_was(&*ring).await;
    a_list_holds_the_keys_of_its_owner_alone(&*ring).await;
    a_long_list_comes_in_pages(&*ring).await;
}

fn id(number: usize) -> KeyId {
    KeyId::parse(&format!("{number:016}")).unwrap()
}

fn key(number: usize, owner: &str) -> KeyRecord {
    KeyRecord::new(id(number), KeyHash::of(owner), owner, 1_000, Some(2_000))
}

/// A key with all that a key can have.
fn full(number: usize) -> KeyRecord {
    KeyRecord::new(
        id(number),
        KeyHash::made_by(u32::MAX >> 1, [7; 32]),
        "alice",
        1_000,
        Some(2_000),
    )
    .with_tenant("acme")
    .with_prefix("acme_live")
    .with_label("Ann's \u{2603} laptop")
    .with_scopes(Scopes::parse("a b"))
    .with_networks(Networks::of(["203.0.113.0/24", "2001:db8::/32"]).unwrap())
    .with_allowance(Allowance::new(Allowance::MOST_UNITS, Allowance::MOST_SECONDS).unwrap())
    .with_not_before(1_500)
    .with_last_use(1_600)
    .with_predecessor(id(8))
    .with_successor(id(9))
}

fn assert_same(found: &KeyRecord, record: &KeyRecord) {
    assert_eq!(found.id(), record.id());
    assert_eq!(found.hash().rule(), record.hash().rule());
    assert_eq!(found.hash().as_bytes(), record.hash().as_bytes());
    // Owner, tenant, scopes, credential and allowance.
    assert_eq!(found.principal(), record.principal());
    let id = record.id().as_str().into();
    assert_eq!(found.principal().credential(), &Credential::ApiKey { id });
    assert_eq!(found.prefix(), record.prefix());
    assert_eq!(found.label(), record.label());
    assert_eq!(found.networks(), record.networks());
    assert_eq!(found.created_at(), record.created_at());
    assert_eq!(found.not_before(), record.not_before());
    assert_eq!(found.expires_at(), record.expires_at());
    assert_eq!(found.revoked_at(), record.revoked_at());
    assert_eq!(found.last_used_at(), record.last_used_at());
    assert_eq!(found.supersedes(), record.supersedes());
    assert_eq!(found.replaced_by(), record.replaced_by());
}

async fn found(ring: &dyn KeyRing, number: usize) -> KeyRecord {
    let record = ring.find(id(number)).await.unwrap();
    KeyRecord::clone(&record.unwrap())
}

async fn put(ring: &dyn KeyRing, record: KeyRecord) {
    assert!(ring.insert(Arc::new(record)).await.unwrap());
}

async fn what_goes_in_comes_out(ring: &dyn KeyRing) {
    assert!(ring.find(id(1)).await.unwrap().is_none());
    let bare = KeyRecord::new(id(2), KeyHash::from([0xff; 32]), "bob", 0, None);
    let revoked = key(3, "bob").with_revocation(0);
    for record in [full(1), bare, revoked] {
        put(ring, record.clone()).await;
        let found = ring.find(record.id()).await.unwrap().unwrap();
        assert_same(&found, &record);
        let listed = ring.list(record.owner(), None).await.unwrap();
        let listed = listed.iter().find(|listed| listed.id() == record.id());
        assert_same(listed.unwrap(), &record);
    }
}

async fn an_id_is_given_once(ring: &Arc<dyn KeyRing>) {
    let tries: Vec<_> = (0..32)
        .map(|number| {
            let ring = Arc::clone(ring);
            let record = Arc::new(key(10, &format!("owner {number}")));
            tokio::spawn(async move { (number, ring.insert(record).await.unwrap()) })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in tries {
        let (number, inserted) = attempt.await.unwrap();
        if inserted {
            winners.push(format!("owner {number}"));
        }
    }
    let kept = ring.find(id(10)).await.unwrap().unwrap();
    assert_eq!(winners, [kept.owner().subject()]);
    for number in 0..32 {
        let owner = format!("owner {number}");
        let listed = ring.list(KeyOwner::named(&owner), None).await.unwrap();
        assert_eq!(listed.len(), usize::from(winners == [owner]));
    }
}

async fn a_revocation_is_seen_at_once_and_for_good(ring: &dyn KeyRing) {
    assert!(!ring.revoke(id(20), 5).await.unwrap());
    assert!(ring.find(id(20)).await.unwrap().is_none());
    assert!(ring.insert(Arc::new(key(20, "carol"))).await.unwrap());
    for at in [5, 6, 4] {
        assert!(ring.revoke(id(20), at).await.unwrap());
        let found = ring.find(id(20)).await.unwrap().unwrap();
        assert_eq!(found.revoked_at(), Some(5), "withdrawn again at {at}");
        assert_eq!(found.principal(), key(20, "carol").principal());
    }
    // A withdrawn key cannot be brought back under its id.
    assert!(!ring.insert(Arc::new(key(20, "carol"))).await.unwrap());
    let listed = ring.list(KeyOwner::named("carol"), None).await.unwrap();
    assert_eq!(listed[0].revoked_at(), Some(5));
}

async fn an_end_is_only_ever_put_earlier(ring: &dyn KeyRing) {
    assert!(!ring.retire(id(40), 5).await.unwrap());
    assert!(ring.find(id(40)).await.unwrap().is_none());
    put(ring, key(40, "frank")).await; // until 2000
    for (at, end) in [
        (2_001, 2_000),
        (1_900, 1_900),
        (1_950, 1_900),
        (0, 0),
        (1, 0),
    ] {
        assert!(ring.retire(id(40), at).await.unwrap());
        let found = found(ring, 40).await;
        assert_eq!(found.expires_at(), Some(end), "retired at {at}");
        assert_eq!(found.revoked_at(), None);
    }
    put(
        ring,
        KeyRecord::new(id(41), KeyHash::of("k"), "frank", 0, None),
    )
    .await;
    assert!(ring.retire(id(41), 3_000).await.unwrap());
    assert_eq!(found(ring, 41).await.expires_at(), Some(3_000));
    // One that is withdrawn stays so.
    assert!(ring.revoke(id(41), 7).await.unwrap());
    assert!(ring.retire(id(41), 2_000).await.unwrap());
    assert_eq!(found(ring, 41).await.revoked_at(), Some(7));
}

/// The key `new`, created at the moment 1500 in the place of `old`.
fn successor(new: usize, old: usize) -> Arc<KeyRecord> {
    let record = KeyRecord::new(id(new), KeyHash::of("new"), "grace", 1_500, None);
    Arc::new(record.with_predecessor(id(old)))
}

async fn a_successor_comes_with_the_end_of_its_predecessor_or_not_at_all(ring: &dyn KeyRing) {
    put(ring, key(50, "grace")).await;
    assert!(ring.replace(successor(51, 50), 1_600).await.unwrap());
    let (old, new) = (found(ring, 50).await, found(ring, 51).await);
    assert_same(&new, &successor(51, 50));
    assert_same(
        &old,
        &key(50, "grace").with_end(1_600).with_successor(id(51)),
    );

    // An end that is earlier than the overlap stays.
    put(ring, key(52, "grace")).await;
    assert!(ring.replace(successor(53, 52), 9_999).await.unwrap());
    assert_eq!(found(ring, 52).await.expires_at(), Some(2_000));
    // A successor is replaced like any other key.
    assert!(ring.replace(successor(54, 53), 1_700).await.unwrap());
    assert_eq!(found(ring, 53).await.replaced_by(), Some(id(54)));

    put(ring, key(55, "grace").with_revocation(1)).await;
    put(ring, key(56, "grace").with_end(1_500)).await;
    put(ring, key(57, "grace")).await;
    let no_predecessor = KeyRecord::new(id(59), KeyHash::of("new"), "grace", 1_500, None);
    for (refused, old) in [
        (successor(58, 49), None),     // there is no such key
        (successor(58, 50), Some(50)), // replaced already
        (successor(58, 55), Some(55)), // withdrawn
        (successor(58, 56), Some(56)), // expired
        (successor(51, 57), Some(57)), // the new id is taken
        (Arc::new(no_predecessor), None),
    ] {
        let before = match old {
            Some(old) => Some(found(ring, old).await),
            None => None,
        };
        let taken = ring.find(refused.id()).await.unwrap();
        assert!(!ring.replace(Arc::clone(&refused), 1_600).await.unwrap());
        let after = ring.find(refused.id()).await.unwrap();
        assert_eq!(after.is_some(), taken.is_some(), "{refused:?}");
        if let Some(before) = before {
            let after = ring.find(before.id()).await.unwrap().unwrap();
            assert_same(&after, &before);
        }
    }
    // On the last second before its end a key can still be replaced.
    put(ring, key(60, "grace").with_end(1_501)).await;
    assert!(ring.replace(successor(61, 60), 1_600).await.unwrap());
}

async fn a_key_has_one_successor_however_many_ask(ring: &Arc<dyn KeyRing>) {
    put(&**ring, key(70, "grace")).await;
    let tries: Vec<_> = (71..90)
        .map(|number| {
            let ring = Arc::clone(ring);
            tokio::spawn(async move {
                let replaced = ring.replace(successor(number, 70), 1_600).await;
                (id(number), replaced.unwrap())
            })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in tries {
        let (number, replaced) = attempt.await.unwrap();
        let kept = ring.find(number).await.unwrap();
        assert_eq!(kept.is_some(), replaced);
        winners.extend(replaced.then_some(number));
    }
    assert_eq!(
        winners,
        Vec::from_iter(found(&**ring, 70).await.replaced_by())
    );
    assert_eq!(winners.len(), 1);
}

async fn a_hash_is_exchanged_only_for_the_one_that_is_kept(ring: &dyn KeyRing) {
    let hash = |rule, byte| KeyHash::made_by(rule, [byte; 32]);
    assert!(!ring.rehash(id(90), hash(0, 0), hash(1, 1)).await.unwrap());
    put(ring, key(90, "heidi").with_hash(hash(1, 1))).await;
    for (from, to, exchanged, kept) in [
        (hash(1, 2), hash(2, 2), false, (1, 1)), // other bytes
        (hash(0, 1), hash(2, 2), false, (1, 1)), // another rule
        (hash(1, 1), hash(2, 2), true, (2, 2)),
        (hash(1, 1), hash(3, 3), false, (2, 2)), // somebody was quicker
    ] {
        assert_eq!(ring.rehash(id(90), from, to).await.unwrap(), exchanged);
        let found = found(ring, 90).await;
        assert_eq!(found.hash().rule(), kept.0);
        assert_eq!(found.hash().as_bytes(), &[kept.1; 32]);
    }
}

async fn the_latest_use_stands_and_strangers_are_passed_over(ring: &dyn KeyRing) {
    ring.touch(&[]).await.unwrap();
    for number in [91, 92, 93] {
        put(ring, key(number, "ivan")).await;
    }
    ring.revoke(id(93), 5).await.unwrap();
    let uses = [
        (id(91), 10),
        (id(99), 11),
        (id(92), 12),
        (id(92), 20),
        (id(92), 15),
    ];
    ring.touch(&uses).await.unwrap();
    ring.touch(&[(id(91), 9), (id(92), 21), (id(93), 1)])
        .await
        .unwrap();
    for (number, used) in [(91, 10), (92, 21), (93, 1)] {
        assert_eq!(found(ring, number).await.last_used_at(), Some(used));
    }
    assert!(ring.find(id(99)).await.unwrap().is_none());
    let many: Vec<_> = (0..USES_AT_ONCE).map(|n| (id(200_000 + n), 1)).collect();
    ring.touch(&many).await.unwrap();
}

async fn a_change_leaves_all_else_of_a_key_as_it_was(ring: &dyn KeyRing) {
    put(ring, full(95)).await;
    let mut expected = full(95);
    assert!(ring.retire(id(95), 1_990).await.unwrap());
    expected = expected.with_end(1_990);
    assert_same(&found(ring, 95).await, &expected);
    let to = KeyHash::made_by(5, [5; 32]);
    assert!(ring.rehash(id(95), *expected.hash(), to).await.unwrap());
    expected = expected.with_hash(to);
    assert_same(&found(ring, 95).await, &expected);
    ring.touch(&[(id(95), 1_980)]).await.unwrap();
    expected = expected.with_last_use(1_980);
    assert_same(&found(ring, 95).await, &expected);
    assert!(ring.revoke(id(95), 1_985).await.unwrap());
    expected = expected.with_revocation(1_985);
    assert_same(&found(ring, 95).await, &expected);
}

async fn a_list_holds_the_keys_of_its_owner_alone(ring: &dyn KeyRing) {
    let dave = KeyOwner::named("dave");
    for record in [
        key(33, "dave"),
        key(31, "dave"),
        key(32, "dave").with_tenant("acme"),
        key(34, "dave").with_tenant("other"),
        key(35, "dave2"),
        key(36, "Dave"),
    ] {
        assert!(ring.insert(Arc::new(record)).await.unwrap());
    }
    for (owner, after, expected) in [
        (dave, None, &[id(31), id(33)][..]),
        (dave, Some(id(31)), &[id(33)]),
        (dave, Some(id(32)), &[id(33)]), // an id that is not in the list
        (dave, Some(id(33)), &[]),
        (dave.in_tenant("acme"), None, &[id(32)]),
        (dave.in_tenant(""), None, &[]),
        (KeyOwner::named("dav"), None, &[]),
        (KeyOwner::named("dave%"), None, &[]),
    ] {
        let listed = ring.list(owner, after).await.unwrap();
        let ids: Vec<_> = listed.iter().map(|record| record.id()).collect();
        assert_eq!(ids, expected, "{owner:?} after {after:?}");
        assert!(listed.iter().all(|record| record.owner() == owner));
    }
}

async fn a_long_list_comes_in_pages(ring: &dyn KeyRing) {
    let numbers = 100_000..100_000 + 2 * KEYS_A_PAGE + 1;
    for number in numbers.clone().rev() {
        assert!(ring.insert(Arc::new(key(number, "erin"))).await.unwrap());
    }
    let mut listed = Vec::new();
    let mut pages = Vec::new();
    loop {
        let after = listed.last().copied();
        let page = ring.list(KeyOwner::named("erin"), after).await.unwrap();
        pages.push(page.len());
        listed.extend(page.iter().map(|record| record.id()));
        if page.len() < KEYS_A_PAGE {
            break;
        }
    }
    assert_eq!(pages, [KEYS_A_PAGE, KEYS_A_PAGE, 1]);
    assert_eq!(listed, numbers.map(id).collect::<Vec<_>>());
}
