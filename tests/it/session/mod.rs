//! `session`: the life of a refresh token, and the attacks on it.

pub(crate) mod house;
mod model;

use std::time::Duration;

use house::{Down, START, alice, begun, house, keys, reason};
use portcullis::clock::ManualClock;
use portcullis::identity::Scopes;
use portcullis::session::{
    NewFamily, Presented, RefreshError, RefreshKeys, RefreshTokens, Refusal,
};
use portcullis::store::FamilyOwner;
use portcullis::store::memory::MemoryRefreshFamilies;

const DAY: u64 = 86_400;

fn web() -> Presented<'static> {
    Presented::by("web")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_token_is_used_again_within_the_grace_alone() {
    for (wait, outcome) in [(29, "accepted"), (30, "refresh_token_reused")] {
        let (tokens, clock, store) = house();
        let first = begun(&tokens).await;
        let second = tokens.rotate(first.token.expose(), web()).await.unwrap();
        assert_ne!(first.token.expose(), second.token.expose());
        clock.advance(seconds(wait));

        let again = tokens.rotate(first.token.expose(), web()).await;
        if let Ok(again) = &again {
            assert_eq!(again.token.expose(), second.token.expose());
        }
        assert_eq!(reason(again), outcome, "after {wait}");
        let kept = store.kept(first.family.id()).await;
        assert_eq!(kept.is_revoked(), outcome != "accepted");
        let after = reason(tokens.rotate(second.token.expose(), web()).await);
        let expected = if kept.is_revoked() {
            "refresh_token_revoked"
        } else {
            "accepted"
        };
        assert_eq!(after, expected, "the successor, after {wait}");
    }
}

#[tokio::test]
async fn an_older_token_ends_the_login_and_that_is_told_once() {
    let (tokens, _clock, store) = house();
    let first = begun(&tokens).await;
    let second = tokens.rotate(first.token.expose(), web()).await.unwrap();
    let third = tokens.rotate(second.token.expose(), web()).await.unwrap();
    // Within the grace, but two generations behind.
    let thieves: Vec<_> = (0..20)
        .map(|_| {
            let (tokens, token) = (tokens.clone(), first.token.clone());
            tokio::spawn(async move { reason(tokens.rotate(token.expose(), web()).await) })
        })
        .collect();
    let mut reasons = Vec::new();
    for thief in thieves {
        reasons.push(thief.await.unwrap());
    }
    reasons.sort_unstable();
    assert_eq!(reasons[0], "refresh_token_reused");
    assert!(
        reasons[1..]
            .iter()
            .all(|reason| *reason == "refresh_token_revoked")
    );
    assert!(store.kept(first.family.id()).await.is_revoked());
    let victim = tokens.rotate(third.token.expose(), web()).await;
    assert_eq!(reason(victim), "refresh_token_revoked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_rotations_at_once_make_one_step_and_give_one_successor() {
    let (tokens, _clock, store) = house();
    let first = begun(&tokens).await;
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let (tokens, token) = (tokens.clone(), first.token.clone());
            tokio::spawn(async move { tokens.rotate(token.expose(), web()).await })
        })
        .collect();
    let mut successors = Vec::new();
    for attempt in tries {
        let given = attempt.await.unwrap().unwrap();
        successors.push(given.token.expose().clone());
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    let kept = store.kept(first.family.id()).await;
    assert_eq!((kept.generation(), kept.is_revoked()), (2, false));
    let next = tokens.rotate(&successors[0], web()).await;
    assert_eq!(reason(next), "accepted");
}

#[tokio::test]
async fn a_token_in_other_hands_changes_nothing() {
    let (tokens, clock, store) = house();
    let family = NewFamily::of(alice(), "web").with_bound_key([1; 32]);
    let first = tokens.begin(family).await.unwrap();
    let theirs = || web().with_key([1; 32]);
    let second = tokens.rotate(first.token.expose(), theirs()).await.unwrap();
    clock.advance(seconds(60)); // the first token would revoke now
    let before = store.kept(first.family.id()).await;
    for (presented, expected) in [
        (Presented::by("app").with_key([1; 32]), Refusal::OtherClient),
        (web(), Refusal::OtherKey),
        (web().with_key([2; 32]), Refusal::OtherKey),
        (
            theirs().with_issuer("https://other.example"),
            Refusal::Unknown,
        ),
    ] {
        for token in [&first.token, &second.token] {
            let refused = tokens.rotate(token.expose(), presented.clone()).await;
            assert_eq!(reason(refused), expected.reason());
        }
        assert_eq!(store.kept(first.family.id()).await, before);
    }
    let app = tokens.revoke(first.token.expose(), Presented::by("app"));
    assert!(app.await.unwrap().is_none());
    assert_eq!(store.kept(first.family.id()).await, before);
    let next = tokens.rotate(second.token.expose(), theirs()).await;
    assert_eq!(reason(next), "accepted");
}

#[tokio::test]
async fn scopes_shrink_for_a_while_and_never_grow() {
    let (tokens, _clock, store) = house();
    let granted = Scopes::parse("a b");
    let family = NewFamily::of(alice(), "web").with_scopes(granted.clone());
    let first = tokens.begin(family).await.unwrap();
    let with = |scopes| web().with_scopes(Scopes::parse(scopes));
    for wider in ["c", "a c", "a b c", "A"] {
        let refused = tokens.rotate(first.token.expose(), with(wider)).await;
        assert!(
            matches!(refused, Err(RefreshError::WiderScopes { .. })),
            "{wider}"
        );
    }
    assert_eq!(store.kept(first.family.id()).await.generation(), 1);
    let narrow = tokens
        .rotate(first.token.expose(), with("b"))
        .await
        .unwrap();
    assert_eq!(narrow.scopes, Scopes::parse("b"));
    // The refresh token keeps what was granted (RFC 6749, section 6).
    let whole = tokens.rotate(narrow.token.expose(), web()).await.unwrap();
    assert_eq!(whole.scopes, granted);
}

#[tokio::test]
async fn ten_thousand_forgeries_never_reach_the_store() {
    let (tokens, _clock, store) = house();
    let first = begun(&tokens).await;
    let before = store.calls();
    let (id, good) = (first.family.id(), first.token.expose());
    let stranger = RefreshTokens::new(
        MemoryRefreshFamilies::default(),
        RefreshKeys::new([[8; 32]]).unwrap(),
    );
    let sealed_elsewhere = begun(&stranger).await;
    let (_, foreign_proof) = sealed_elsewhere.token.expose().rsplit_once('.').unwrap();
    let (_, own_proof) = good.rsplit_once('.').unwrap();
    for number in 0..10_000_u32 {
        let generation = number / 4 + 2;
        let forged = match number % 4 {
            0 => format!("rt_{id}.{generation}.{own_proof}"),
            1 => format!("rt_{id}.{generation}.{foreign_proof}"),
            2 => format!("rt_{number:032x}.1.{own_proof}"),
            _ => format!("{good}{number}"),
        };
        let refused = reason(tokens.rotate(&forged, web()).await);
        assert!(
            refused.ends_with("_forged") || refused.ends_with("_malformed"),
            "{forged}"
        );
        assert!(tokens.revoke(&forged, web()).await.unwrap().is_none());
    }
    assert_eq!(store.calls(), before);
    assert_eq!(reason(tokens.rotate(good, web()).await), "accepted");
    assert!(store.calls() > before);
}

#[tokio::test]
async fn a_login_ends_when_it_is_not_used_and_in_any_case() {
    for (waits, outcome) in [
        (&[14 * DAY - 1][..], "accepted"),
        (&[14 * DAY], "refresh_token_idle"),
        (&[13 * DAY, 13 * DAY, 4 * DAY - 1], "accepted"),
        (&[13 * DAY, 13 * DAY, 4 * DAY], "refresh_token_expired"),
    ] {
        let (tokens, clock, store) = house();
        let mut given = begun(&tokens).await;
        let mut outcomes = Vec::new();
        for wait in waits {
            clock.advance(seconds(*wait));
            let next = tokens.rotate(given.token.expose(), web()).await;
            outcomes.push(
                next.as_ref()
                    .map_or_else(RefreshError::reason, |_| "accepted"),
            );
            given = next.unwrap_or(given);
        }
        let last = outcomes.pop().unwrap();
        assert_eq!(last, outcome, "{waits:?}");
        assert!(outcomes.iter().all(|outcome| *outcome == "accepted"));
        let kept = store.kept(given.family.id()).await;
        assert!(kept.idle_ends_at() <= kept.ends_at());
        assert_eq!(kept.ends_at(), START + 30 * DAY);
        assert!(!kept.is_revoked());
    }
}

#[tokio::test]
async fn a_store_that_fails_in_between_gives_nothing_and_a_retry_works() {
    for (down, generation) in [(Down::BeforeAdvance, 1), (Down::AfterAdvance, 2)] {
        let (tokens, _clock, store) = house();
        let first = begun(&tokens).await;
        store.goes(down);
        let failed = tokens.rotate(first.token.expose(), web()).await;
        assert!(matches!(failed, Err(RefreshError::Store(_))), "{down:?}");
        let kept = store.kept(first.family.id()).await;
        assert_eq!(kept.generation(), generation, "{down:?}");
        store.goes(Down::Nowhere);
        let second = tokens.rotate(first.token.expose(), web()).await.unwrap();
        assert_eq!(second.family.generation(), 2);
        let third = tokens.rotate(second.token.expose(), web()).await;
        assert_eq!(reason(third), "accepted");
    }
}

#[tokio::test]
async fn a_reuse_that_could_not_be_revoked_is_found_again() {
    let (tokens, clock, store) = house();
    let first = begun(&tokens).await;
    tokens.rotate(first.token.expose(), web()).await.unwrap();
    clock.advance(seconds(30));
    store.goes(Down::AtRevoke);
    let failed = tokens.rotate(first.token.expose(), web()).await;
    assert_eq!(reason(failed), "refresh_store_unavailable");
    store.goes(Down::Nowhere);
    let found = tokens.rotate(first.token.expose(), web()).await;
    assert_eq!(reason(found), "refresh_token_reused");
}

#[tokio::test]
async fn a_store_that_has_lost_a_step_brings_no_used_token_back() {
    let (tokens, _clock, store) = house();
    let first = begun(&tokens).await;
    let second = tokens.rotate(first.token.expose(), web()).await.unwrap();
    // A store that was behind has become the master: it knows the first token alone.
    let behind = MemoryRefreshFamilies::default();
    let family = std::sync::Arc::clone(&first.family);
    portcullis::store::RefreshFamilies::insert(&behind, family)
        .await
        .unwrap();
    let after = RefreshTokens::new(behind, keys()).with_clock(ManualClock::at(START));
    let ahead = after.rotate(second.token.expose(), web()).await;
    assert_eq!(reason(ahead), "refresh_token_ahead");
    let used = after.rotate(first.token.expose(), web()).await;
    assert_eq!(reason(used), "refresh_token_revoked");
    assert!(!store.kept(first.family.id()).await.is_revoked());
}

#[tokio::test]
async fn logins_are_listed_and_ended_one_by_one_or_all_at_once() {
    let (tokens, _clock, _store) = house();
    let (one, two, three) = (
        begun(&tokens).await,
        begun(&tokens).await,
        begun(&tokens).await,
    );
    let bob = FamilyOwner::new(house::ISSUER, "bob");
    let other = tokens.begin(NewFamily::of(bob, "web")).await.unwrap();
    assert_eq!(tokens.list(alice(), None).await.unwrap().len(), 3);
    assert!(!tokens.revoke_family(bob, one.family.id()).await.unwrap());
    assert!(
        tokens
            .revoke_family(alice(), one.family.id())
            .await
            .unwrap()
    );
    assert!(
        !tokens
            .revoke_family(alice(), one.family.id())
            .await
            .unwrap()
    );
    // Any generation of a token ends its login.
    tokens.rotate(two.token.expose(), web()).await.unwrap();
    let revoked = tokens.revoke(two.token.expose(), web()).await.unwrap();
    assert_eq!(revoked.unwrap().id(), two.family.id());
    assert!(
        tokens
            .revoke(two.token.expose(), web())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(tokens.revoke_owner(alice()).await.unwrap(), 1);
    for given in [&one, &two, &three] {
        let refused = tokens.rotate(given.token.expose(), web()).await;
        assert_eq!(reason(refused), "refresh_token_revoked");
    }
    let theirs = tokens.rotate(other.token.expose(), web()).await;
    assert_eq!(reason(theirs), "accepted");
}

#[tokio::test]
async fn lives_have_bounds_and_nothing_secret_is_shown() {
    let tokens = || RefreshTokens::new(MemoryRefreshFamilies::default(), keys());
    for (life, builds) in [
        (0, false),
        (1, true),
        (366 * DAY, true),
        (366 * DAY + 1, false),
    ] {
        assert_eq!(tokens().with_life(seconds(life)).is_ok(), builds, "{life}");
        assert_eq!(
            tokens().with_idle_life(seconds(life)).is_ok(),
            builds,
            "{life}"
        );
    }
    for (grace, builds) in [(0, true), (60, true), (61, false)] {
        assert_eq!(
            tokens().with_grace(seconds(grace)).is_ok(),
            builds,
            "{grace}"
        );
    }
    let given = begun(&tokens()).await;
    let (_, proof) = given.token.expose().rsplit_once('.').unwrap();
    let shown = format!("{given:?} {:?}", tokens());
    assert!(!shown.contains(proof), "{shown}");
    assert!(!shown.contains(&format!("{:?}", given.family.salt())));
}
