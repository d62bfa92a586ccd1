//! Keys that bring a quota of their own.

use axum::Router;
use axum::body::Body;
use http::Response;
use portcullis::guard::Shield;
use portcullis::identity::Allowance;
use portcullis::rate_limit::{Quota, RateLimit};

use super::house::{House, asked};

fn behind(house: &House, limit: RateLimit) -> Router {
    let limit = limit.with_clock(house.clock.clone());
    house.behind((house.guard(), limit))
}

fn told(response: &Response<Body>) -> (u16, String, String) {
    let line = |name| response.headers()[name].to_str().unwrap().to_owned();
    (
        response.status().as_u16(),
        line("ratelimit-policy"),
        line("ratelimit"),
    )
}

#[tokio::test]
async fn a_key_with_an_allowance_has_that_quota_and_others_have_the_limits_own() {
    let house = House::default();
    let generous = House::demo().with_allowance(Allowance::new(3, 30).unwrap());
    let generous = house.issue_such(generous).await;
    let plain = house.issue("demo", "").await;
    let quota = Quota::per_minute(1);
    let honours = behind(
        &house,
        RateLimit::per_api_key(quota).unwrap().with_allowances(),
    );
    let ignores = behind(&house, RateLimit::per_api_key(quota).unwrap());
    let own = |status, state: &str| {
        let policy = r#""api-key";q=3;w=30"#.to_owned();
        (status, policy, format!(r#""api-key";{state}"#))
    };
    let default = |status, state: &str| {
        let policy = r#""api-key";q=1;w=60"#.to_owned();
        (status, policy, format!(r#""api-key";{state}"#))
    };
    for expected in [
        own(200, "r=2;t=10"),
        own(200, "r=1;t=10"),
        own(200, "r=0;t=10"),
        own(429, "r=0;t=10"),
    ] {
        assert_eq!(
            told(&asked(&honours, generous.key.expose()).await),
            expected
        );
    }
    for expected in [default(200, "r=0;t=60"), default(429, "r=0;t=60")] {
        assert_eq!(told(&asked(&honours, plain.key.expose()).await), expected);
    }
    for expected in [default(200, "r=0;t=60"), default(429, "r=0;t=60")] {
        assert_eq!(
            told(&asked(&ignores, generous.key.expose()).await),
            expected
        );
    }
}

#[tokio::test]
async fn two_keys_of_one_caller_share_what_was_used_in_a_limit_by_caller() {
    let house = House::default();
    let generous = House::demo().with_allowance(Allowance::new(3, 3).unwrap());
    let generous = house.issue_such(generous).await;
    let strict = House::demo().with_allowance(Allowance::new(1, 1).unwrap());
    let strict = house.issue_such(strict).await;
    let limit = RateLimit::per_principal(Quota::per_minute(60)).unwrap();
    let app = behind(&house, limit.with_allowances());
    for (key, status) in [
        (&generous, 200),
        (&strict, 429),
        (&generous, 200),
        (&generous, 200),
        (&generous, 429),
    ] {
        let response = asked(&app, key.key.expose()).await;
        assert_eq!(response.status(), status);
    }
}

#[test]
fn the_largest_and_the_smallest_allowance_are_quotas() {
    let (units, seconds) = (Allowance::MOST_UNITS, Allowance::MOST_SECONDS);
    for (units, seconds) in [(1, 1), (units, 1), (1, seconds), (units, seconds)] {
        let allowance = Allowance::new(units, seconds).unwrap();
        let quota = Quota::new(allowance.units(), allowance.period());
        let limit = quota.checked().unwrap();
        assert_eq!(limit.units(), units);
    }
    let limit = RateLimit::per_principal(Quota::per_minute(1)).unwrap();
    let stack = Shield::new().with(limit.with_allowances());
    assert!(stack.describe().to_string().contains("1 per 60s"));
}
