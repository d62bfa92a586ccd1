//! `rate_limit`, what callers and authors are told.

use std::time::Duration;

use axum::Router;
use portcullis::clock::ManualClock;
use portcullis::guard::Shield;
use portcullis::rate_limit::{HeaderDraft, Quota, RateLimit};

use crate::rate_limit::{HERE, THERE, asking, lines, route, status, two};
use crate::rate_limit_kit::events;
use crate::support::{read, send};

fn limit() -> RateLimit {
    RateLimit::per_client(two()).unwrap()
}

#[tokio::test]
async fn the_draft_is_a_choice() {
    for (draft, policy, reset) in [
        (HeaderDraft::Draft11, true, None),
        (HeaderDraft::LegacyDelta, false, Some("30")),
        (HeaderDraft::LegacyEpoch, false, Some("1030")),
        (HeaderDraft::Silent, false, None),
    ] {
        let limit = limit()
            .with_headers(draft)
            .with_clock(ManualClock::at(1_000));
        let app = route().layer(limit);
        for expected in [200, 200, 429] {
            let response = send(&app, asking(HERE, None)).await;
            let headers = response.headers().clone();
            assert_eq!(response.status(), expected);
            assert_eq!(
                headers.contains_key("ratelimit-policy"),
                policy,
                "{draft:?}"
            );
            assert_eq!(headers.contains_key("ratelimit"), policy, "{draft:?}");
            let told = lines(&headers, "x-ratelimit-reset");
            assert_eq!(told.first().map(String::as_str), reset);
            assert_eq!(headers.contains_key("x-ratelimit-limit"), reset.is_some());
            assert_eq!(headers.contains_key("retry-after"), expected == 429);
            let (_, body) = read(response).await;
            assert_eq!(
                body.get("violated-policies").is_some(),
                policy && expected == 429
            );
        }
    }
}

#[tokio::test]
async fn legacy_headers_count_down() {
    let limit = limit().with_headers(HeaderDraft::LegacyDelta);
    let app = route().layer(limit.with_clock(ManualClock::default()));
    for left in ["1", "0", "0"] {
        let response = send(&app, asking(HERE, None)).await;
        assert_eq!(lines(response.headers(), "x-ratelimit-limit"), ["2"]);
        assert_eq!(lines(response.headers(), "x-ratelimit-remaining"), [left]);
    }
}

#[tokio::test]
async fn a_flood_is_told_once_an_interval_and_none_of_it_is_lost() {
    let (sink, told) = events();
    let clock = ManualClock::default();
    let quota = Quota::per_hour(1);
    let limit = RateLimit::per_client(quota)
        .unwrap()
        .with_clock(clock.clone());
    let app = route().layer(Shield::new().with(limit.clone()).with_events(sink));
    for _ in 0..101 {
        status(&app, HERE, None).await;
    }
    clock.advance(Duration::from_secs(1));
    status(&app, HERE, None).await;
    assert_eq!(
        *told.lock().unwrap(),
        [
            "near_limit quota_nearly_used_up client 1",
            "limited quota_used_up client 1",
            "limited quota_used_up client 100",
        ]
    );
    assert_eq!(limit.refusals(), 101);
}

#[tokio::test]
async fn a_quota_is_near_its_end_once_and_not_with_each_request() {
    for (percent, at) in [(80, 8), (81, 9), (1, 1), (100, 10)] {
        let (sink, told) = events();
        let limit = RateLimit::per_client(Quota::per_minute(10))
            .unwrap()
            .with_near_limit_at(percent)
            .unwrap()
            .with_event_interval(Duration::ZERO)
            .with_clock(ManualClock::default());
        let app = route().layer(Shield::new().with(limit).with_events(sink));
        for used in 1..=10 {
            status(&app, HERE, None).await;
            let warned = usize::from(used >= at);
            assert_eq!(told.lock().unwrap().len(), warned, "{used} of {percent} %");
        }
    }
    for percent in [0, 101] {
        assert!(limit().with_near_limit_at(percent).is_err());
    }
}

#[tokio::test]
async fn the_worst_offenders_are_known_by_a_hash_unless_the_author_names_them() {
    let flood = async |limit: &RateLimit| {
        let app: Router = route().layer(limit.clone());
        for (address, times) in [(HERE, 7), (THERE, 4), ("192.0.2.3", 2)] {
            for _ in 0..times {
                status(&app, address, None).await;
            }
        }
        limit.top_offenders()
    };
    let quiet = limit().with_clock(ManualClock::default());
    let offenders = flood(&quiet).await;
    let counts: Vec<_> = offenders
        .iter()
        .map(|offender| (offender.refused_at_least(), offender.refused_at_most()))
        .collect();
    assert_eq!(
        counts,
        [(5, 5), (2, 2)],
        "who was never refused is not in it"
    );
    assert!(offenders.iter().all(|offender| offender.name().is_none()));
    assert_eq!(offenders[0].policy(), "client");
    let named = limit().with_clock(ManualClock::default());
    let named = named.with_offenders_named(|head| {
        let client = portcullis::identity::ClientAddr::of(&head.extensions)?;
        Some(client.ip().to_string())
    });
    let offenders = flood(&named).await;
    assert_eq!(offenders[0].name(), Some(HERE));
    assert!(!format!("{offenders:?}").contains(HERE));
}

#[tokio::test]
async fn no_two_offenders_are_taken_for_one() {
    let limit = limit().with_clock(ManualClock::default());
    let app: Router = route().layer(limit.clone());
    for host in 1..=40_usize {
        for _ in 0..host + 2 {
            status(&app, &format!("198.51.100.{host}"), None).await;
        }
    }
    let counts: Vec<_> = limit
        .top_offenders()
        .iter()
        .map(portcullis::rate_limit::Offender::refused_at_least)
        .collect();
    assert_eq!(counts, (1..=40).rev().collect::<Vec<_>>());
}
