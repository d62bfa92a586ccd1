//! The throttle of a login function.

use std::sync::Arc;
use std::time::Duration;

use portcullis::brute_force::{Attempt, Failures, LoginThrottle};
use portcullis::clock::ManualClock;
use portcullis::event::{Outcome, SecurityEvent};
use portcullis::guard::Shield;
use portcullis::problem::Kind;
use tokio::sync::Barrier;

use super::{DAY, from, guess, log_in, network, refusal, throttle};

const HOME: &str = "192.0.2.1";

#[tokio::test]
async fn each_failure_after_the_free_ones_doubles_the_wait() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    for _ in 0..5 {
        assert!(guess(&throttle, &from(HOME), "alice").await);
    }
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        let begun = throttle.begin(&from(HOME), "alice").await;
        assert_eq!(refusal(&begun), Some(("too_many_failures", wait)));
        clock.advance(Duration::new(wait - 1, 999_999_999));
        assert!(!guess(&throttle, &from(HOME), "alice").await, "{wait}");
        clock.advance(Duration::from_nanos(1));
        assert!(guess(&throttle, &from(HOME), "alice").await, "{wait}");
    }
    // Other accounts and other networks are not concerned, and neither is tomorrow.
    assert!(guess(&throttle, &from(HOME), "bob").await);
    assert!(guess(&throttle, &from("192.0.2.2"), "alice").await);
    clock.advance(DAY);
    for _ in 0..5 {
        assert!(guess(&throttle, &from(HOME), "alice").await);
    }
}

#[tokio::test]
async fn no_day_has_more_failures_than_were_said() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock)
        .with_pair_failures(Failures::free(3).unwrap().at_most(8).unwrap())
        .unwrap();
    let mut through = 0;
    for _ in 0..24 * 60 {
        through += u32::from(guess(&throttle, &from(HOME), "alice").await);
        clock.advance(Duration::from_mins(1));
    }
    assert_eq!(through, 8);
}

#[tokio::test]
async fn a_success_is_no_failure_and_a_dropped_attempt_is_one() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    for _ in 0..300 {
        assert!(log_in(&throttle, &from(HOME), "alice").await);
    }
    for _ in 0..4 {
        assert!(guess(&throttle, &from(HOME), "alice").await);
        assert!(log_in(&throttle, &from(HOME), "alice").await);
    }
    drop(throttle.begin(&from(HOME), "alice").await.unwrap());
    assert!(!log_in(&throttle, &from(HOME), "alice").await);
    // The distance is that from the last failure, not from the last success.
    clock.advance(Duration::from_secs(1));
    for _ in 0..10 {
        assert!(log_in(&throttle, &from(HOME), "alice").await);
    }
}

/// How many of a crowd of `guesses` at once are let through; `network_of` says whence each comes.
async fn crowd(throttle: &LoginThrottle, guesses: u32, network_of: fn(u32) -> u32) -> u32 {
    let start = Arc::new(Barrier::new(guesses as usize));
    let crowd: Vec<_> = (0..guesses)
        .map(|n| {
            let (throttle, start) = (throttle.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                let begun = throttle.begin(&network(network_of(n)), "alice").await;
                // All attempts are under way before one of them fails.
                start.wait().await;
                begun.map(Attempt::failed).is_ok()
            })
        })
        .collect();
    let mut through = 0;
    for guess in crowd {
        through += u32::from(guess.await.unwrap());
    }
    through
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn guesses_in_parallel_do_not_slip_by() {
    for _ in 0..10 {
        let clock = ManualClock::default();
        let throttle = throttle(&clock);
        assert_eq!(crowd(&throttle, 100, |_| 0).await, 5);
        clock.advance(Duration::from_secs(1));
        assert_eq!(crowd(&throttle, 100, |_| 0).await, 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(crowd(&throttle, 100, |_| 0).await, 0);
        // From many networks it is the account that counts: 6 units are taken.
        assert_eq!(crowd(&throttle, 200, |n| n + 1).await, 94);
    }
}

#[tokio::test]
async fn a_whole_subscriber_network_is_one_network() {
    let throttle = throttle(&ManualClock::default());
    for n in 0..5 {
        let neighbour = from(&format!("2001:db8:0:1::{n}"));
        assert!(guess(&throttle, &neighbour, "alice").await);
    }
    assert!(!guess(&throttle, &from("2001:db8:0:1::ffff"), "alice").await);
    assert!(guess(&throttle, &from("2001:db8:0:2::1"), "alice").await);
}

#[tokio::test]
async fn a_network_that_guesses_at_many_accounts_is_slowed_and_its_known_users_are_not() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    assert!(log_in(&throttle, &from(HOME), "owner").await);
    for n in 0..100 {
        assert!(guess(&throttle, &from(HOME), &format!("account {n}")).await);
    }
    let begun = throttle.begin(&from(HOME), "one more").await;
    assert_eq!(refusal(&begun), Some(("too_many_failures_of_network", 1)));
    let mut through = 0;
    for n in 0..24 * 60 {
        let account = format!("account {n}");
        through += u32::from(guess(&throttle, &from(HOME), &account).await);
        clock.advance(Duration::from_mins(1));
        assert!(log_in(&throttle, &from(HOME), "owner").await, "{n}");
    }
    // 15 minutes apart after the first few, and 200 at most.
    assert_eq!(through, 100);
}

#[tokio::test]
async fn what_an_account_is_refused_for_takes_nothing_from_its_network() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    for n in 0..100 {
        assert!(guess(&throttle, &network(n), "victim").await);
    }
    for _ in 0..500 {
        let begun = throttle.begin(&from(HOME), "victim").await;
        assert_eq!(refusal(&begun).unwrap().0, "too_many_failures_of_account");
    }
    for n in 0..100 {
        assert!(guess(&throttle, &from(HOME), &format!("account {n}")).await);
    }
}

#[tokio::test]
async fn a_network_is_known_for_ninety_days() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    for n in 0..100 {
        assert!(guess(&throttle, &network(n), "alice").await);
    }
    assert!(!log_in(&throttle, &from(HOME), "alice").await);
    throttle.remember(&from(HOME), "alice").await.unwrap();
    let attempt = throttle.begin(&from(HOME), "alice").await.unwrap();
    assert!(attempt.is_from_known_network());
    attempt.succeeded(&from(HOME)).await.unwrap();
    assert!(!guess(&throttle, &from("192.0.2.2"), "alice").await);
    assert!(!guess(&throttle, &network(1), "alice").await);
    clock.advance(Duration::new(90 * 86_400 - 1, 999_999_999));
    for (nanoseconds, known) in [(0, true), (1, false)] {
        clock.advance(Duration::from_nanos(nanoseconds));
        let attempt = throttle.begin(&from(HOME), "alice").await.unwrap();
        assert_eq!(attempt.is_from_known_network(), known);
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_says_when_to_come_back_and_nothing_else() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let shield = Shield::new().with_events(move |event: &SecurityEvent<'_>| {
        let client = event.client.map(|client| client.to_string());
        let told = (event.outcome, event.reason.to_owned(), client);
        ear.lock().unwrap().push(told);
    });
    let throttle = throttle(&ManualClock::default());
    let app: axum::Router = axum::Router::new()
        .route(
            "/login",
            axum::routing::post(move |head: http::request::Parts| async move {
                throttle.begin(&head, "alice").await.map(Attempt::failed)
            }),
        )
        .layer(shield);
    let mut last = None;
    for _ in 0..6 {
        let mut request = http::Request::post("/login")
            .body(axum::body::Body::empty())
            .unwrap();
        *request.extensions_mut() = from(HOME).extensions;
        last = Some(crate::support::send(&app, request).await);
    }
    let last = last.unwrap();
    assert_eq!(last.headers()["retry-after"], "1");
    let (status, body) = crate::support::read(last).await;
    assert_eq!(status, 429);
    assert!(body["type"].as_str().unwrap().ends_with("quota-exceeded"));
    let expected = (
        Outcome::Limited,
        "too_many_failures".to_owned(),
        Some(HOME.to_owned()),
    );
    assert_eq!(*told.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn a_name_is_bounded_and_shown_to_nobody() {
    let throttle = throttle(&ManualClock::default());
    for (length, kind) in [(1_024, None), (1_025, Some(Kind::InvalidRequest))] {
        let begun = throttle.begin(&from(HOME), &"a".repeat(length)).await;
        assert_eq!(begun.err().map(|problem| problem.kind()), kind, "{length}");
    }
    let attempt = throttle.begin(&from(HOME), "alice").await.unwrap();
    assert!(!format!("{attempt:?} {throttle:?}").contains("alice"));
}
