//! Where something is missing: nobody is let in, unless the author has said so.

use std::sync::Arc;

use http::StatusCode;
use portcullis::brute_force::{GuessLimit, LoginThrottle};
use portcullis::clock::ManualClock;
use portcullis::guard::{Authenticator, Guard};
use portcullis::problem::{Kind, Problem};
use portcullis::rate_limit::Quota;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Decision, Quotas, StoreError};

use super::guesses::Doorman;
use super::{DAY, from, guess, log_in, throttle};

const HOME: &str = "192.0.2.1";

/// Does not answer, or only takes.
#[derive(Debug)]
enum Broken {
    Down,
    OnlyTakes(MemoryQuotas),
}

impl Quotas for Broken {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        match self {
            Self::Down => StoreError::new("down", "no route to secret-host").into(),
            Self::OnlyTakes(store) => store.take(charge),
        }
    }
}

fn down() -> Arc<Broken> {
    Arc::new(Broken::Down)
}

fn only_takes() -> Arc<Broken> {
    Arc::new(Broken::OnlyTakes(MemoryQuotas::new()))
}

fn good() -> Arc<MemoryQuotas> {
    Arc::new(MemoryQuotas::new())
}

fn assert_unavailable(problem: &Problem) {
    assert_eq!(problem.kind(), Kind::Unavailable);
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem.reason(), "failure_store_failed");
    assert_eq!(problem.headers()["retry-after"], "5");
}

#[tokio::test]
async fn without_a_store_nobody_tries() {
    let clock = ManualClock::default();
    let with = |strangers: Arc<dyn Quotas>, known: Arc<dyn Quotas>| {
        throttle(&clock).with_stores(strangers, known)
    };
    for throttle in [with(down(), good()), with(good(), down())] {
        let problem = throttle.begin(&from(HOME), "alice").await.unwrap_err();
        assert_unavailable(&problem);
        let loose = throttle.dangerous_allow_when_store_is_down();
        for _ in 0..10 {
            assert!(guess(&loose, &from(HOME), "alice").await);
            assert!(log_in(&loose, &from(HOME), "bob").await);
        }
    }
    let forgetful = with(good(), down());
    let problem = forgetful.remember(&from(HOME), "alice").await.unwrap_err();
    assert_unavailable(&problem);
}

#[tokio::test]
async fn a_store_that_gives_nothing_back_is_found_out_at_the_first_success() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock).with_stores(only_takes(), good());
    let attempt = throttle.begin(&from(HOME), "alice").await.unwrap();
    assert_unavailable(&attempt.succeeded(&from(HOME)).await.unwrap_err());
}

#[tokio::test]
async fn without_the_address_of_the_client_nobody_tries() {
    let throttle = LoginThrottle::new("login").unwrap();
    let (nowhere, ()) = http::Request::new(()).into_parts();
    let problem = throttle.begin(&nowhere, "alice").await.unwrap_err();
    assert_eq!(problem.kind(), Kind::Misconfigured);
    let problem = throttle.remember(&nowhere, "alice").await.unwrap_err();
    assert_eq!(problem.kind(), Kind::Misconfigured);
    let limit = GuessLimit::per_network(Doorman::default(), Quota::sliding_window(1, DAY));
    let mut head = nowhere;
    head.headers.insert("x-key", "right".parse().unwrap());
    let stop = limit.unwrap().check(&mut head).await.unwrap_err();
    assert_eq!(stop.problem().unwrap().kind(), Kind::Misconfigured);
}

#[tokio::test]
async fn without_a_store_no_credential_is_looked_at() {
    for (store, looked_at) in [(down(), 0), (only_takes(), 1)] {
        let doorman = Doorman::default();
        let quota = Quota::sliding_window(1, DAY);
        let limit = GuessLimit::per_network(doorman.clone(), quota).unwrap();
        let limit = limit.with_store(store);
        let mut head = from(HOME);
        head.headers.insert("x-key", "right".parse().unwrap());
        let stop = limit.check(&mut head).await.unwrap_err();
        assert_unavailable(stop.problem().unwrap());
        assert_eq!(doorman.looked_at(), looked_at);
        let loose = limit.dangerous_allow_when_store_is_down();
        assert!(loose.is_presented(&head));
        if looked_at == 0 {
            assert!(loose.check(&mut head).await.is_ok());
        }
    }
}

#[test]
fn what_cannot_be_is_said_when_it_is_built() {
    for (name, good) in [
        ("", false),
        ("login", true),
        ("a\nb", false),
        (&"n".repeat(40), true),
        (&"n".repeat(41), false),
    ] {
        assert_eq!(LoginThrottle::new(name).is_ok(), good, "{name:?}");
    }
    let limit = |quota| GuessLimit::per_network(Doorman::default(), quota);
    assert!(limit(Quota::sliding_window(0, DAY)).is_err());
    assert!(limit(Quota::per_minute(5)).is_err());
    let five = limit(Quota::sliding_window(5, DAY)).unwrap();
    assert_eq!(
        five.describe().to_string(),
        "x-key, wrong credentials 5 in any 86400s by network"
    );
    assert!(five.with_name("").is_err());
}
