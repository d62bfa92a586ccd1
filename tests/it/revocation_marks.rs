//! What every store of revocations promises, asked of each engine.

use std::sync::Arc;

use portcullis::store::memory::MemoryRevocationMarks;
use portcullis::store::{RevocationMarks, SeenKey};

#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
use crate::servers::engines;

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    contract(Arc::new(MemoryRevocationMarks::with_capacity(1_000))).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = engines::Folder::new();
    contract(Arc::new(engines::sqlite(&folder).await)).await;
    survives(&engines::sqlite(&folder).await).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let word = engines::own_word();
    contract(Arc::new(engines::postgres(&word).await)).await;
    survives(&engines::postgres(&word).await).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract() {
    let word = engines::own_word();
    contract(Arc::new(engines::redis(&word))).await;
    survives(&engines::redis(&word)).await;
}

fn mark(number: u8) -> SeenKey {
    [number; 32]
}

pub(crate) async fn contract(marks: Arc<dyn RevocationMarks>) {
    what_is_withdrawn_is_known_until_its_time_is_over(&*marks).await;
    of_two_revocations_the_later_moments_count(&*marks).await;
    of_several_marks_the_latest_counts(&*marks).await;
    of_many_at_once_the_latest_stands(&marks).await;
}

async fn what_is_withdrawn_is_known_until_its_time_is_over(marks: &dyn RevocationMarks) {
    assert_eq!(marks.latest(&[], 1_000).await.unwrap(), None);
    assert_eq!(marks.latest(&[mark(1)], 1_000).await.unwrap(), None);
    marks.revoke(mark(1), 900, 2_000, 1_000).await.unwrap();
    for (now, known) in [(1_000, Some(900)), (1_999, Some(900)), (2_000, None)] {
        assert_eq!(marks.latest(&[mark(1)], now).await.unwrap(), known, "{now}");
        assert_eq!(marks.latest(&[mark(2)], now).await.unwrap(), None);
    }
}

async fn of_two_revocations_the_later_moments_count(marks: &dyn RevocationMarks) {
    marks.revoke(mark(10), 900, 2_000, 1_000).await.unwrap();
    for (issued, until, now, latest, last) in [
        (800, 1_500, 1_001, 900, 1_999), // neither is later
        (950, 1_500, 1_002, 950, 1_999), // what was issued later
        (700, 2_500, 1_003, 950, 2_499), // until later
        (100, 3_000, 2_500, 100, 2_999), // the former is over
        (u64::MAX >> 1, u64::MAX, 2_999, u64::MAX >> 1, u64::MAX >> 2),
    ] {
        marks.revoke(mark(10), issued, until, now).await.unwrap();
        for moment in [now, last] {
            let known = marks.latest(&[mark(10)], moment).await.unwrap();
            assert_eq!(known, Some(latest), "{issued} {until} at {moment}");
        }
        if last < 4_000 {
            let known = marks.latest(&[mark(10)], last + 1).await.unwrap();
            assert_eq!(known, None, "{issued} {until}");
        }
    }
}

async fn of_several_marks_the_latest_counts(marks: &dyn RevocationMarks) {
    for (number, issued, until) in [(21, 5, 2_000), (22, 9, 1_500), (29, 7, 2_000)] {
        marks
            .revoke(mark(number), issued, until, 1_000)
            .await
            .unwrap();
    }
    let all: Vec<_> = (20..30).map(mark).collect();
    for (asked, now, latest) in [
        (&all[..], 1_499, Some(9)),
        (&all, 1_500, Some(7)),
        (&all[..9], 1_500, Some(5)),
        (&all[3..9], 1_000, None),
    ] {
        let known = marks.latest(asked, now).await.unwrap();
        assert_eq!(known, latest, "{} at {now}", asked.len());
    }
}

async fn of_many_at_once_the_latest_stands(marks: &Arc<dyn RevocationMarks>) {
    let mut all = tokio::task::JoinSet::new();
    for issued in 0..100 {
        let marks = Arc::clone(marks);
        let until = 3_000 - issued;
        all.spawn(async move { marks.revoke(mark(30), issued, until, 1_000).await });
    }
    for done in all.join_all().await {
        done.unwrap();
    }
    assert_eq!(marks.latest(&[mark(30)], 2_999).await.unwrap(), Some(99));
    assert_eq!(marks.latest(&[mark(30)], 3_000).await.unwrap(), None);
}

/// What the contract has left counts for another handle too.
#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
async fn survives(anew: &dyn RevocationMarks) {
    assert_eq!(anew.latest(&[mark(30)], 2_999).await.unwrap(), Some(99));
}
