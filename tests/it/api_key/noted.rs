//! When a key was last used.

use std::time::Duration;

use portcullis::api_key::LastUsed;
use portcullis::guard::Guard;
use portcullis::store::{KeyRing, USES_AT_ONCE};

use super::house::{House, KEY, asked, request};

const SECOND: Duration = Duration::from_secs(1);

fn notes(house: &House) -> LastUsed {
    LastUsed::in_ring(house.ring.clone()).with_clock(house.clock.clone())
}

/// Lets what was spawned run.
async fn settled() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn uses_are_written_once_a_minute_many_at_once_and_only_those_of_good_keys() {
    let house = House::default();
    let app = house.behind(house.guard().with_last_used(notes(&house)));
    let (one, two) = (house.issue("demo", "").await, house.issue("demo", "").await);
    let unknown = House::default().issue("demo", "").await;
    for _ in 0..59 {
        for key in [&one, &two, &unknown] {
            asked(&app, key.key.expose()).await;
        }
        house.clock.advance(SECOND);
    }
    settled().await;
    assert!(house.ring.touches().is_empty(), "not yet");
    asked(&app, one.key.expose()).await;
    settled().await;
    assert!(house.ring.touches().is_empty(), "a minute is not over");
    assert_eq!(asked(&app, unknown.key.expose()).await.status(), 401);
    house.clock.advance(SECOND / 2);
    asked(&app, two.key.expose()).await;
    house.clock.advance(SECOND / 2);
    assert_eq!(asked(&app, unknown.key.expose()).await.status(), 401);
    settled().await;
    assert!(house.ring.touches().is_empty(), "a bad key writes nothing");
    // Both keys end after this minute, so a third one comes first after it.
    let three = house.issue("demo", "").await;
    assert_eq!(asked(&app, three.key.expose()).await.status(), 200);
    settled().await;
    let mut touches = house.ring.touches();
    assert_eq!(touches.len(), 1);
    touches[0].sort_unstable();
    let mut expected = vec![
        (one.record.id(), 59),
        (two.record.id(), 59),
        (three.record.id(), 60),
    ];
    expected.sort_unstable();
    assert_eq!(touches[0], expected);
    // The next minute begins with this writing.
    for _ in 0..59 {
        asked(&app, three.key.expose()).await;
        settled().await;
        house.clock.advance(SECOND);
    }
    assert!(house.ring.touches().is_empty());
    assert_eq!(asked(&app, three.key.expose()).await.status(), 200);
    house.clock.advance(SECOND);
    let four = house.issue("demo", "").await;
    asked(&app, four.key.expose()).await;
    settled().await;
    assert_eq!(house.ring.touches().len(), 1);
    let kept = house.ring.find(three.record.id()).await.unwrap().unwrap();
    assert_eq!(kept.last_used_at(), Some(119));
}

#[tokio::test]
async fn what_cannot_be_written_is_kept_and_a_request_does_not_mind() {
    let house = House::default();
    let notes = notes(&house);
    let app = house.behind(house.guard().with_last_used(notes.clone()));
    let key = house.issue("demo", "").await;
    asked(&app, key.key.expose()).await;
    house.ring.set_down(true);
    assert!(notes.flush().await.is_err());
    house.ring.set_down(false);
    notes.flush().await.unwrap();
    assert_eq!(house.ring.touches(), [[(key.record.id(), 0)]]);
    house.clock.advance(SECOND * 5);
    asked(&app, key.key.expose()).await;
    notes.flush().await.unwrap();
    assert_eq!(house.ring.touches(), [[(key.record.id(), 5)]]);
    notes.flush().await.unwrap();
    assert!(house.ring.touches().is_empty(), "nothing is left to write");
}

#[tokio::test]
async fn many_uses_go_in_several_batches() {
    let house = House::default();
    let notes = notes(&house);
    let app = house.behind(house.guard().with_last_used(notes.clone()));
    let mut ids = Vec::new();
    for _ in 0..=USES_AT_ONCE {
        let key = house.issue("demo", "").await;
        asked(&app, key.key.expose()).await;
        ids.push((key.record.id(), 0));
    }
    notes.flush().await.unwrap();
    let touches = house.ring.touches();
    let lengths: Vec<_> = touches.iter().map(Vec::len).collect();
    assert_eq!(lengths, [USES_AT_ONCE, 1]);
    let mut all = touches.concat();
    all.sort_unstable();
    ids.sort_unstable();
    assert_eq!(all, ids);
}

#[test]
fn a_ring_in_memory_needs_no_runtime() {
    use futures_util::FutureExt;
    let house = House::default();
    let key = house.issue("demo", "").now_or_never().unwrap();
    let guard = house.guard().with_last_used(notes(&house));
    let asked = || {
        let (mut head, _) = request("/", &[(KEY, key.key.expose())]).into_parts();
        guard
            .check(&mut head)
            .now_or_never()
            .unwrap()
            .map(|_pass| ())
    };
    asked().unwrap();
    house.clock.advance(SECOND * 59);
    asked().unwrap();
    assert!(house.ring.touches().is_empty());
    let late = House::demo().expiring_in(SECOND * 60);
    let late = late
        .issue(&house.ring, &house.clock)
        .now_or_never()
        .unwrap();
    house.clock.advance(SECOND);
    let (mut head, _) = request("/", &[(KEY, late.unwrap().key.expose())]).into_parts();
    guard.check(&mut head).now_or_never().unwrap().unwrap();
    assert_eq!(house.ring.touches()[0].len(), 2);
}
