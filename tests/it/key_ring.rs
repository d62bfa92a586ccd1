//! What every key ring promises, asked of each engine.

use std::sync::Arc;

use portcullis::identity::{Credential, Scopes};
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{KEYS_A_PAGE, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing};

#[tokio::test]
async fn memory_keeps_the_promises_of_a_key_ring() {
    contract(Arc::new(MemoryKeyRing::default())).await;
}

/// Holds an empty ring with room for a thousand keys to its promises.
async fn contract(ring: Arc<dyn KeyRing>) {
    what_goes_in_comes_out(&*ring).await;
    an_id_is_given_once(&ring).await;
    a_revocation_is_seen_at_once_and_for_good(&*ring).await;
    a_list_holds_the_keys_of_its_owner_alone(&*ring).await;
    a_long_list_comes_in_pages(&*ring).await;
}

fn id(number: usize) -> KeyId {
    KeyId::parse(&format!("{number:016}")).unwrap()
}

fn key(number: usize, owner: &str) -> KeyRecord {
    KeyRecord::new(id(number), KeyHash::of(owner), owner, 1_000, Some(2_000))
}

async fn what_goes_in_comes_out(ring: &dyn KeyRing) {
    assert!(ring.find(id(1)).await.unwrap().is_none());
    let full = key(1, "alice")
        .with_tenant("acme")
        .with_label("Ann's \u{2603} laptop")
        .with_scopes(Scopes::parse("a b"));
    let bare = KeyRecord::new(id(2), KeyHash::from([0xff; 32]), "bob", 0, None);
    for record in [full, bare] {
        assert!(ring.insert(Arc::new(record.clone())).await.unwrap());
        let found = ring.find(record.id()).await.unwrap().unwrap();
        assert_eq!(found.id(), record.id());
        assert_eq!(found.hash().as_bytes(), record.hash().as_bytes());
        assert_eq!(found.principal(), record.principal());
        assert_eq!(
            found.principal().credential(),
            &Credential::ApiKey {
                id: record.id().as_str().into()
            }
        );
        assert_eq!(found.label(), record.label());
        assert_eq!(found.created_at(), record.created_at());
        assert_eq!(found.expires_at(), record.expires_at());
        assert_eq!(found.revoked_at(), None);
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
