//! `rate_limit`, several quotas in one decision.

use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::guard::Guard;
use portcullis::rate_limit::{By, Quota, RateLimit};
use serde_json::json;

use crate::rate_limit::{HERE, THERE, asking, lines, route, status};
use crate::rate_limit_kit::events;
use crate::support::{read, send};

fn named(name: &str, quota: Quota) -> RateLimit {
    let limit = RateLimit::per_client(quota).unwrap();
    limit.with_name(name).unwrap()
}

#[tokio::test]
async fn no_quota_is_charged_when_another_refuses_and_each_is_told() {
    let clock = ManualClock::default();
    let limit = named("second", Quota::per_second(1))
        .and(named("day", Quota::per_day(3)))
        .unwrap()
        .with_clock(clock.clone());
    let app = route().layer(limit);
    for (step, expected, told, violated) in [
        (
            0,
            200,
            r#""second";r=0;t=1, "day";r=2;t=28800"#,
            json!(null),
        ),
        (
            0,
            429,
            r#""second";r=0;t=1, "day";r=2;t=28800"#,
            json!(["second"]),
        ),
        (
            0,
            429,
            r#""second";r=0;t=1, "day";r=2;t=28800"#,
            json!(["second"]),
        ),
        (
            1,
            200,
            r#""second";r=0;t=1, "day";r=1;t=28799"#,
            json!(null),
        ),
        (
            1,
            200,
            r#""second";r=0;t=1, "day";r=0;t=28798"#,
            json!(null),
        ),
        (
            1,
            429,
            r#""second";r=1;t=0, "day";r=0;t=28797"#,
            json!(["day"]),
        ),
    ] {
        clock.advance(Duration::from_secs(step));
        let response = send(&app, asking(HERE, None)).await;
        assert_eq!(
            lines(response.headers(), "ratelimit-policy"),
            [r#""second";q=1;w=1, "day";q=3;w=86400"#]
        );
        assert_eq!(lines(response.headers(), "ratelimit"), [told]);
        let (code, body) = read(response).await;
        assert_eq!(code, expected);
        assert_eq!(body["violated-policies"], violated);
    }
}

#[tokio::test]
async fn whoever_comes_back_when_told_is_within_all_quotas() {
    let clock = ManualClock::default();
    let limit = named("second", Quota::per_second(1))
        .and(named("minute", Quota::per_minute(1)))
        .unwrap()
        .with_clock(clock.clone());
    let app = route().layer(limit);
    assert_eq!(status(&app, HERE, None).await, 200);
    let response = send(&app, asking(HERE, None)).await;
    assert_eq!(lines(response.headers(), "retry-after"), ["60"]);
    let (_, body) = read(response).await;
    assert_eq!(body["violated-policies"], json!(["second", "minute"]));
    clock.advance(Duration::from_mins(1));
    assert_eq!(status(&app, HERE, None).await, 200);
    assert_eq!(status(&app, THERE, None).await, 200);
}

#[test]
fn quotas_are_told_apart_by_name_and_are_few() {
    let quota = Quota::per_minute(1);
    assert!(named("a", quota).and(named("a", quota)).is_err());
    let both = || named("a", quota).and(named("b", quota)).unwrap();
    assert!(both().with_name("c").is_err());
    let many = (0..7).try_fold(named("x", quota), |all, n| {
        all.and(named(&n.to_string(), quota))
    });
    let many = many.unwrap();
    assert!(many.clone().and(named("y", quota)).is_err());
    assert!(
        both()
            .and(RateLimit::per_principal(quota).unwrap())
            .unwrap()
            .before_authentication()
            .is_err()
    );
    assert!(both().before_authentication().is_ok());
    assert_eq!(
        both().describe().to_string(),
        "1 per 60s by client, 1 per 60s by client"
    );
    assert_eq!(
        named("a", quota).with_reports_only().describe().to_string(),
        "1 per 60s by client (reported only)"
    );
}

#[tokio::test]
async fn who_has_many_networks_of_ipv6_has_not_as_many_quotas() {
    let limit = RateLimit::per_client(Quota::per_minute(1))
        .unwrap()
        .with_wider_networks(&[(56, 2), (48, 3)])
        .unwrap()
        .with_clock(ManualClock::default());
    let app = route().layer(limit);
    for (address, expected) in [
        ("2001:db8:1:101::1", 200),
        ("2001:db8:1:101::2", 429), // the same /64
        ("2001:db8:1:102::1", 200),
        ("2001:db8:1:103::1", 429), // the /56 has two
        ("2001:db8:1:201::1", 200),
        ("2001:db8:1:301::1", 429), // the /48 has three
        ("2001:db8:2:101::1", 200),
        (HERE, 200), // IPv4 has no rungs
        (THERE, 200),
    ] {
        assert_eq!(status(&app, address, None).await, expected, "{address}");
    }
    let response = send(&app, asking("2001:db8:1:103::1", None)).await;
    assert_eq!(
        lines(response.headers(), "ratelimit-policy"),
        [r#""client";q=1;w=60, "client/56";q=2;w=60, "client/48";q=3;w=60"#]
    );
    let response = send(&app, asking("192.0.2.9", None)).await;
    assert_eq!(
        lines(response.headers(), "ratelimit-policy"),
        [r#""client";q=1;w=60"#]
    );
}

#[test]
fn a_ladder_has_rungs_in_order() {
    let ladder = |rungs: &[(u8, u32)]| {
        let limit = RateLimit::per_client(Quota::per_minute(1)).unwrap();
        limit.with_wider_networks(rungs).is_ok()
    };
    for (rungs, fits) in [
        (&[(63, 1)][..], true),
        (&[(64, 1)], false),
        (&[(16, 1)], true),
        (&[(15, 1)], false),
        (&[(56, 0)], false),
        (&[(56, 4), (48, 4)], true),
        (&[(56, 4), (48, 3)], false),
        (&[(56, 4), (56, 4)], false),
    ] {
        assert_eq!(ladder(rungs), fits, "{rungs:?}");
    }
    let principals = RateLimit::per_principal(Quota::per_minute(1)).unwrap();
    assert!(principals.with_wider_networks(&[(56, 4)]).is_err());
}

#[tokio::test]
async fn a_limit_that_only_reports_neither_refuses_nor_tells_callers_nor_charges_others() {
    let (sink, told) = events();
    let strict = named("strict", Quota::per_minute(1)).with_reports_only();
    let limit = named("mild", Quota::per_minute(10))
        .and(strict)
        .unwrap()
        .with_clock(ManualClock::default())
        .with_event_interval(Duration::ZERO);
    let app = route().layer(
        portcullis::guard::Shield::new()
            .with(limit)
            .with_events(sink),
    );
    for left in [9, 8, 7] {
        let response = send(&app, asking(HERE, None)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(
            lines(response.headers(), "ratelimit"),
            [format!(r#""mild";r={left};t=6"#)]
        );
    }
    assert_eq!(
        told.lock().unwrap().drain(..).collect::<Vec<_>>(),
        [
            "near_limit quota_nearly_used_up strict 1",
            "would_limit quota_used_up strict 1",
            "would_limit quota_used_up strict 1",
        ]
    );
}

#[tokio::test]
async fn a_limit_that_only_reports_tells_what_it_cannot_know() {
    let (sink, told) = events();
    let limit = RateLimit::per(By::principal(), "callers", Quota::per_minute(1)).unwrap();
    let app = route().layer(
        portcullis::guard::Shield::new()
            .with(limit.with_reports_only())
            .with_events(sink),
    );
    assert_eq!(status(&app, HERE, None).await, 200);
    assert_eq!(
        *told.lock().unwrap(),
        ["would_limit rate_limit_without_authentication callers 1"]
    );
}
