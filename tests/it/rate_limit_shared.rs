//! `rate_limit`, several limits at once.

use std::sync::Arc;

use axum::body::Body;
use http::Response;
use portcullis::clock::ManualClock;
use portcullis::guard::Shield;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::store::Quotas;
use portcullis::store::memory::MemoryQuotas;

use crate::rate_limit::{HERE, asking, lines, route, status};
use crate::support::send;

#[tokio::test]
async fn clones_share_a_quota_and_limits_of_their_own_do_not() {
    let clock = ManualClock::default();
    let store: Arc<dyn Quotas> = Arc::new(MemoryQuotas::new());
    let one = |name| {
        let limit = RateLimit::per_client(Quota::per_minute(1)).unwrap();
        limit.with_name(name).unwrap().with_clock(clock.clone())
    };
    let stored = |name| one(name).with_store(Arc::clone(&store));
    let shared = one("a");
    for (first, second, expected) in [
        (shared.clone(), shared, 429),
        (one("a"), one("a"), 200),
        (stored("a"), stored("b"), 200),
        (stored("c"), stored("c"), 429),
    ] {
        let (first, second) = (route().layer(first), route().layer(second));
        assert_eq!(status(&first, HERE, None).await, 200);
        assert_eq!(status(&first, HERE, None).await, 429);
        assert_eq!(status(&second, HERE, None).await, expected);
    }
}

#[tokio::test]
async fn each_limit_of_a_stack_tells_where_its_caller_stands_on_refusals_too() {
    let clock = ManualClock::default();
    let limit = |name, quota| {
        let limit = RateLimit::per_client(quota)
            .unwrap()
            .with_name(name)
            .unwrap();
        limit.with_clock(clock.clone())
    };
    let app = route().layer(limit("inner", Quota::per_minute(1))).layer(
        Shield::new()
            .with(limit("day", Quota::per_day(100)))
            .with(limit("hour", Quota::per_hour(10)).with_cost(4).unwrap()),
    );
    let told = |response: Response<Body>| {
        let mut told = lines(response.headers(), "ratelimit");
        told.sort();
        (response.status().as_u16(), told)
    };
    for (expected, told_of_inner, day, hour) in [
        (200, r#""inner";r=0;t=60"#, 99, 6),
        (429, r#""inner";r=0;t=60"#, 98, 2),
    ] {
        let (found, told) = told(send(&app, asking(HERE, None)).await);
        let own = format!(r#""hour";r={hour};t=360"#);
        assert_eq!(found, expected);
        assert_eq!(
            told,
            [
                format!(r#""day";r={day};t=864"#),
                own,
                told_of_inner.to_owned()
            ]
        );
    }
    // The second limit of the shield refuses: the first one's item stays.
    let (found, told) = told(send(&app, asking(HERE, None)).await);
    assert_eq!(found, 429);
    assert_eq!(told, [r#""day";r=97;t=864"#, r#""hour";r=2;t=360"#]);
}
