//! What every store of refresh token families promises, asked of each engine.

use std::sync::Arc;

use portcullis::identity::Scopes;
use portcullis::store::memory::MemoryRefreshFamilies;
use portcullis::store::{
    FAMILIES_A_PAGE, FAMILIES_A_PURGE, Family, FamilyId, FamilyOwner, RefreshFamilies,
};

#[tokio::test]
async fn memory_keeps_the_promises_of_refresh_families() {
    contract(Arc::new(MemoryRefreshFamilies::default())).await;
}

/// Holds an empty store with room for ten thousand families to its promises.
pub(crate) async fn contract(families: Arc<dyn RefreshFamilies>) {
    what_goes_in_comes_out(&*families).await;
    an_id_is_given_once(&families).await;
    a_step_is_made_from_the_generation_that_stands(&*families).await;
    a_family_that_has_ended_makes_no_step(&*families).await;
    of_a_hundred_steps_at_once_one_is_made(&families).await;
    a_revocation_is_seen_at_once_and_for_good(&*families).await;
    of_many_revocations_at_once_one_is_the_first(&families).await;
    an_owner_is_revoked_whole_and_alone(&*families).await;
    a_long_list_comes_in_pages(&*families).await;
    the_dead_are_dropped_and_the_living_are_not(&*families).await;
}

/// Long after now, so that engines which drop what has ended by the clock keep what is here.
const T: u64 = 4_000_000_000;
const ISSUER: &str = "https://id.example";

fn id(number: u64) -> FamilyId {
    let [mut id, tail] = [[0; 16], (u128::from(number)).to_be_bytes()];
    id.copy_from_slice(&tail);
    FamilyId::from(id)
}

/// Of `subject`, from T + 1 000 on; it ends at T + 2 000 if it is not used, at T + 3 000 in any case.
fn family(number: u64, subject: &str) -> Family {
    let owner = FamilyOwner::new(ISSUER, subject);
    Family::new(id(number), [7; 32], owner, "web", T + 1_000).with_ends(T + 2_000, T + 3_000)
}

async fn put(families: &dyn RefreshFamilies, family: Family) {
    assert!(families.insert(Arc::new(family)).await.unwrap());
}

async fn found(families: &dyn RefreshFamilies, number: u64) -> Family {
    let family = families.find(id(number)).await.unwrap().unwrap();
    Arc::unwrap_or_clone(family)
}

async fn what_goes_in_comes_out(families: &dyn RefreshFamilies) {
    assert!(families.find(id(1)).await.unwrap().is_none());
    let full = family(1, "Ann \u{2603} 'x' %")
        .with_scopes(Scopes::parse("a b"))
        .with_bound_key([0xff; 32])
        .with_details("{\"a\":\"\u{2603}\\\\\"}")
        .with_rotation(5, T + 1_500, T + 2_500)
        .with_revocation(T + 1_600);
    let owner = FamilyOwner::new("", "");
    let bare = Family::new(FamilyId::from([0xff; 16]), [0; 32], owner, "", 0).with_ends(T, T);
    for family in [full, bare] {
        put(families, family.clone()).await;
        let kept = families.find(family.id()).await.unwrap().unwrap();
        assert_eq!(*kept, family);
        assert_eq!(kept.salt(), family.salt());
        assert_eq!(kept.details(), family.details());
        assert_eq!(kept.bound_key(), family.bound_key());
    }
}

async fn an_id_is_given_once(families: &Arc<dyn RefreshFamilies>) {
    let tries: Vec<_> = (0..32)
        .map(|number| {
            let families = Arc::clone(families);
            let family = Arc::new(family(10, &format!("owner {number}")));
            tokio::spawn(async move { (number, families.insert(family).await.unwrap()) })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in tries {
        let (number, inserted) = attempt.await.unwrap();
        if inserted {
            winners.push(format!("owner {number}"));
        }
    }
    assert_eq!(winners, [found(&**families, 10).await.owner().subject()]);
    for number in 0..32 {
        let subject = format!("owner {number}");
        let owner = FamilyOwner::new(ISSUER, &subject);
        let listed = families.list(owner, None).await.unwrap();
        assert_eq!(listed.len(), usize::from(winners == [subject]));
    }
}

async fn a_step_is_made_from_the_generation_that_stands(families: &dyn RefreshFamilies) {
    assert!(
        !families
            .advance(id(20), 1, T + 1_100, T + 2_100)
            .await
            .unwrap()
    );
    assert!(families.find(id(20)).await.unwrap().is_none());
    let before = family(20, "bob").with_scopes(Scopes::parse("a"));
    put(families, before.clone()).await;
    for (from, now, idle_ends_at, made) in [
        (0, T + 1_100, T + 2_100, false),
        (2, T + 1_100, T + 2_100, false),
        (1, T + 1_100, T + 2_100, true),
        (1, T + 1_101, T + 2_101, false),
        (2, T + 1_200, T + 2_200, true),
        (3, T + 1_150, T + 2_150, true), // a clock that is behind
        (1, T + 1_300, T + 2_300, false),
        (u32::MAX, T + 1_300, T + 2_300, false),
    ] {
        let stood = found(families, 20).await;
        let advanced = families.advance(id(20), from, now, idle_ends_at);
        assert_eq!(advanced.await.unwrap(), made, "from {from} at {now}");
        let expected = if made {
            before.clone().with_rotation(from + 1, now, idle_ends_at)
        } else {
            stood
        };
        assert_eq!(found(families, 20).await, expected, "from {from} at {now}");
    }
    put(
        families,
        family(21, "bob").with_rotation(u32::MAX, 0, T + 2_000),
    )
    .await;
    let last = families.advance(id(21), u32::MAX, T + 1_100, T + 2_100);
    assert!(!last.await.unwrap());
    assert_eq!(found(families, 21).await.generation(), u32::MAX);
}

async fn a_family_that_has_ended_makes_no_step(families: &dyn RefreshFamilies) {
    for (number, idle, end) in [(25, T + 2_000, T + 3_000), (26, T + 3_000, T + 2_000)] {
        put(families, family(number, "cy").with_ends(idle, end)).await;
        for now in [T + 2_000, T + 2_001, T + 9_999] {
            let late = families
                .advance(id(number), 1, now, T + 9_999)
                .await
                .unwrap();
            assert!(!late, "{number} at {now}");
        }
        assert_eq!(found(families, number).await.generation(), 1);
        let in_time = families.advance(id(number), 1, T + 1_999, T + 2_999).await;
        assert!(in_time.unwrap(), "{number}");
    }
}

async fn of_a_hundred_steps_at_once_one_is_made(families: &Arc<dyn RefreshFamilies>) {
    put(&**families, family(30, "dan")).await;
    for generation in 1..4 {
        let steps: Vec<_> = (0..100)
            .map(|step| {
                let families = Arc::clone(families);
                tokio::spawn(async move {
                    let advanced =
                        families.advance(id(30), generation, T + 1_100, T + 2_000 + step);
                    (step, advanced.await.unwrap())
                })
            })
            .collect();
        let mut made = Vec::new();
        for step in steps {
            let (step, advanced) = step.await.unwrap();
            if advanced {
                made.push(T + 2_000 + step);
            }
        }
        let family = found(&**families, 30).await;
        assert_eq!(family.generation(), generation + 1);
        assert_eq!(made, [family.idle_ends_at()]);
    }
}

async fn a_revocation_is_seen_at_once_and_for_good(families: &dyn RefreshFamilies) {
    assert!(!families.revoke(id(40), T + 1_005).await.unwrap());
    assert!(families.find(id(40)).await.unwrap().is_none());
    let before = family(40, "erin");
    put(families, before.clone()).await;
    for (at, first) in [(T + 1_005, true), (T + 1_006, false), (T + 1_004, false)] {
        assert_eq!(families.revoke(id(40), at).await.unwrap(), first, "{at}");
        let revoked = before.clone().with_revocation(T + 1_005);
        assert_eq!(found(families, 40).await, revoked, "{at}");
        // Not even at a moment before the revocation.
        for now in [T + 1_001, T + 1_100] {
            assert!(!families.advance(id(40), 1, now, T + 2_000).await.unwrap());
        }
    }
    // A family that was withdrawn cannot be brought back under its id.
    assert!(!families.insert(Arc::new(before)).await.unwrap());
    assert!(found(families, 40).await.is_revoked());
}

async fn of_many_revocations_at_once_one_is_the_first(families: &Arc<dyn RefreshFamilies>) {
    put(&**families, family(45, "fay")).await;
    let tries: Vec<_> = (0..32)
        .map(|_| {
            let families = Arc::clone(families);
            tokio::spawn(async move { families.revoke(id(45), T + 1_100).await.unwrap() })
        })
        .collect();
    let mut first = 0;
    for attempt in tries {
        first += usize::from(attempt.await.unwrap());
    }
    assert_eq!(first, 1);
}

async fn an_owner_is_revoked_whole_and_alone(families: &dyn RefreshFamilies) {
    let gus = FamilyOwner::new(ISSUER, "gus");
    assert_eq!(families.revoke_owner(gus, T + 1_100).await.unwrap(), 0);
    for number in [53, 51, 52] {
        put(families, family(number, "gus")).await;
    }
    assert!(families.revoke(id(52), T + 1_050).await.unwrap());
    let elsewhere = FamilyOwner::new("https://other.example", "gus");
    let others = [
        Family::new(id(54), [7; 32], elsewhere, "web", T + 1_000).with_ends(T + 2_000, T + 3_000),
        family(55, "gus2"),
        family(56, "Gus"),
        family(57, "gu_"),
    ];
    for other in others {
        put(families, other).await;
    }
    for (owner, count) in [
        (FamilyOwner::new(ISSUER, "gu"), 0),
        (FamilyOwner::new(ISSUER, "gus%"), 0),
        (FamilyOwner::new(ISSUER, "gu_"), 1),
        (gus, 2),
        (gus, 0),
    ] {
        let revoked = families.revoke_owner(owner, T + 1_100).await.unwrap();
        assert_eq!(revoked, count, "{owner:?}");
    }
    let listed = families.list(gus, None).await.unwrap();
    let revoked: Vec<_> = listed.iter().map(|f| (f.id(), f.revoked_at())).collect();
    assert_eq!(
        revoked,
        [
            (id(51), Some(T + 1_100)),
            (id(52), Some(T + 1_050)),
            (id(53), Some(T + 1_100))
        ]
    );
    for number in [51, 53] {
        let advanced = families.advance(id(number), 1, T + 1_100, T + 2_000).await;
        assert!(!advanced.unwrap());
    }
    for number in [54, 55, 56] {
        assert!(!found(families, number).await.is_revoked(), "{number}");
    }
}

async fn a_long_list_comes_in_pages(families: &dyn RefreshFamilies) {
    let numbers = 100_000..100_001 + 2 * FAMILIES_A_PAGE as u64;
    for number in numbers.clone().rev() {
        put(families, family(number, "hal")).await;
    }
    let hal = FamilyOwner::new(ISSUER, "hal");
    let (mut listed, mut pages) = (Vec::new(), Vec::new());
    loop {
        let after = listed.last().copied();
        let page = families.list(hal, after).await.unwrap();
        pages.push(page.len());
        listed.extend(page.iter().map(|family| family.id()));
        if page.len() < FAMILIES_A_PAGE {
            break;
        }
    }
    assert_eq!(pages, [FAMILIES_A_PAGE, FAMILIES_A_PAGE, 1]);
    assert_eq!(listed, numbers.map(id).collect::<Vec<_>>());
    let absent = families.list(hal, Some(id(99_999))).await.unwrap();
    assert_eq!(absent.len(), FAMILIES_A_PAGE);
    let stranger = FamilyOwner::new("", "hal");
    assert!(families.list(stranger, None).await.unwrap().is_empty());
}

async fn the_dead_are_dropped_and_the_living_are_not(families: &dyn RefreshFamilies) {
    const FAR: u64 = 2 * T;
    while families.purge(T + 9_999).await.unwrap() > 0 {}
    for (number, idle, end, revoked) in [
        (60, FAR + 10, FAR + 20, None),
        (61, FAR + 20, FAR + 10, None),
        (62, FAR + 20, FAR + 20, Some(FAR + 10)),
        (63, FAR + 11, FAR + 11, None),
        (64, FAR + 20, FAR + 20, Some(FAR + 11)),
    ] {
        let mut family = family(number, "ida").with_ends(idle, end);
        if let Some(at) = revoked {
            family = family.with_revocation(at);
        }
        put(families, family).await;
    }
    for (before, dropped, left) in [
        (FAR + 9, 0, &[60, 61, 62, 63, 64][..]),
        (FAR + 10, 3, &[63, 64]),
        (FAR + 10, 0, &[63, 64]),
        (FAR + 11, 2, &[]),
    ] {
        assert_eq!(families.purge(before).await.unwrap(), dropped, "{before}");
        let ida = FamilyOwner::new(ISSUER, "ida");
        let listed = families.list(ida, None).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|family| family.id()).collect();
        let left: Vec<_> = left.iter().copied().map(id).collect();
        assert_eq!(listed, left, "{before}");
    }
    let many = FAMILIES_A_PURGE as u64 + 1;
    for number in 0..many {
        put(
            families,
            family(1_000_000 + number, "joe").with_ends(FAR, FAR),
        )
        .await;
    }
    assert_eq!(families.purge(FAR).await.unwrap(), many - 1);
    assert_eq!(families.purge(FAR).await.unwrap(), 1);
    assert_eq!(families.purge(FAR).await.unwrap(), 0);
}
