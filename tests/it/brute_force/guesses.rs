//! Wrong keys, counted around the guard that looks at them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::request::Parts;
use http::{Request, StatusCode};
use portcullis::brute_force::GuessLimit;
use portcullis::clock::ManualClock;
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal};
use portcullis::problem::{Challenge, Kind, Problem};
use portcullis::rate_limit::Quota;
use tokio::sync::Semaphore;

use super::from;
use crate::introduced::Ear;
use crate::support::send;

const HOME: &str = "192.0.2.1";

/// Knows the key `right`, counts how many it looked at, and takes as long as its gate is shut.
#[derive(Clone, Debug)]
pub(super) struct Doorman {
    looked_at: Arc<AtomicU32>,
    gate: Arc<Semaphore>,
}

impl Default for Doorman {
    fn default() -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self {
            looked_at: Arc::default(),
            gate,
        }
    }
}

impl Doorman {
    pub(super) fn looked_at(&self) -> u32 {
        self.looked_at.load(Ordering::Relaxed)
    }
}

impl Guard for Doorman {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let key = head.headers.get("x-key").map(|key| key.to_str().unwrap());
        let kind = match key {
            None => Kind::Unauthenticated,
            Some(key) => {
                self.looked_at.fetch_add(1, Ordering::Relaxed);
                let _open = self.gate.acquire().await.unwrap();
                match key {
                    "right" => {
                        let caller = Caller::Known(Principal::new("alice"));
                        Facts::entry(&mut head.extensions).caller = caller;
                        return Ok(Pass::default());
                    }
                    "down" => Kind::Unavailable,
                    "odd" => Kind::InvalidRequest,
                    _ => Kind::InvalidCredential,
                }
            }
        };
        Err(Problem::new(kind).into())
    }

    fn describe(&self) -> Demand {
        Demand::Credential("x-key".into())
    }
}

impl Authenticator for Doorman {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key("x-key")
    }

    fn challenges(&self) -> Vec<Challenge> {
        Vec::new()
    }
}

fn limit(doorman: &Doorman, clock: &ManualClock) -> GuessLimit<Doorman> {
    let five = Quota::sliding_window(5, Duration::from_mins(5));
    GuessLimit::per_network(doorman.clone(), five)
        .unwrap()
        .with_clock(clock.clone())
}

fn app(limit: GuessLimit<Doorman>, ear: &Ear) -> Router {
    let shield = Shield::new().with_events(ear.clone()).with(limit);
    Router::new()
        .route("/", get(|| async { "in" }))
        .layer(shield)
}

async fn show(app: &Router, address: &str, key: Option<&str>) -> (u16, Option<String>) {
    let mut request = Request::get("/");
    if let Some(key) = key {
        request = request.header("x-key", key);
    }
    let mut request = request.body(Body::empty()).unwrap();
    *request.extensions_mut() = from(address).extensions;
    let answer = send(app, request).await;
    let wait = answer.headers().get("retry-after");
    let wait = wait.map(|wait| wait.to_str().unwrap().to_owned());
    (answer.status().as_u16(), wait)
}

#[tokio::test]
async fn only_wrong_keys_are_counted_and_then_none_is_looked_at() {
    let (clock, doorman, ear) = (ManualClock::default(), Doorman::default(), Ear::default());
    let app = app(limit(&doorman, &clock), &ear);
    for _ in 0..4 {
        assert_eq!(show(&app, HOME, Some("wrong")).await.0, 401);
        for (key, status) in [
            (None, 401),
            (Some("right"), 200),
            (Some("down"), 503),
            (Some("odd"), 400),
        ] {
            for _ in 0..10 {
                assert_eq!(show(&app, HOME, key).await.0, status, "{key:?}");
            }
        }
    }
    clock.advance(Duration::from_secs(100));
    assert_eq!(show(&app, HOME, Some("wrong")).await.0, 401);
    ear.heard();
    let looked_at = doorman.looked_at();
    let refused = (429, Some("200".to_owned()));
    for key in ["right", "wrong"] {
        assert_eq!(show(&app, HOME, Some(key)).await, refused);
    }
    assert_eq!(ear.heard(), ["too_many_failures", "too_many_failures"]);
    assert_eq!(doorman.looked_at(), looked_at);
    assert_eq!(show(&app, HOME, None).await.0, 401, "nothing to guess with");
    assert_eq!(show(&app, "192.0.2.2", Some("right")).await.0, 200);
    clock.advance(Duration::from_secs(200));
    assert_eq!(show(&app, HOME, Some("right")).await.0, 200);
}

#[tokio::test]
async fn guesses_in_parallel_do_not_slip_by_and_dropped_ones_count() {
    for dropped in [false, true] {
        let clock = ManualClock::default();
        let gate = Arc::new(Semaphore::new(0));
        let doorman = Doorman {
            gate: Arc::clone(&gate),
            ..Doorman::default()
        };
        let app = app(limit(&doorman, &clock), &Ear::default());
        let crowd: Vec<_> = (0..100)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { show(&app, HOME, Some("wrong")).await.0 })
            })
            .collect();
        // Those that are let through wait at the gate, the rest have been answered.
        while crowd.iter().filter(|guess| guess.is_finished()).count() < 95 {
            tokio::task::yield_now().await;
        }
        if dropped {
            crowd.iter().for_each(tokio::task::JoinHandle::abort);
        }
        gate.add_permits(100);
        let mut wrong = 0;
        for guess in crowd {
            wrong += u32::from(guess.await.is_ok_and(|status| status == 401));
        }
        assert_eq!(wrong, if dropped { 0 } else { 5 });
        assert_eq!(doorman.looked_at(), 5);
        assert_eq!(show(&app, HOME, Some("right")).await.0, 429);
    }
}

#[tokio::test]
async fn the_author_says_what_is_a_guess() {
    let (clock, doorman) = (ManualClock::default(), Doorman::default());
    let odd = limit(&doorman, &clock).with_guesses(|problem| {
        problem.status() == StatusCode::BAD_REQUEST && problem.kind() == Kind::InvalidRequest
    });
    let app = app(odd, &Ear::default());
    for _ in 0..20 {
        assert_eq!(show(&app, HOME, Some("wrong")).await.0, 401);
    }
    for _ in 0..5 {
        assert_eq!(show(&app, HOME, Some("odd")).await.0, 400);
    }
    assert_eq!(show(&app, HOME, Some("odd")).await.0, 429);
}

#[tokio::test]
async fn a_slow_right_key_gives_back_its_own_unit_or_none() {
    let (clock, gate) = (ManualClock::default(), Arc::new(Semaphore::new(0)));
    let doorman = Doorman {
        gate: Arc::clone(&gate),
        ..Doorman::default()
    };
    let app = app(limit(&doorman, &clock), &Ear::default());
    let slow = {
        let app = app.clone();
        tokio::spawn(async move { show(&app, HOME, Some("right")).await.0 })
    };
    while doorman.looked_at() == 0 {
        tokio::task::yield_now().await;
    }
    // Its unit leaves the window while it waits; five others are taken after that.
    clock.advance(Duration::from_mins(5));
    let others: Vec<_> = (0..5)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { show(&app, HOME, Some("wrong")).await.0 })
        })
        .collect();
    while doorman.looked_at() < 6 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    for other in others {
        assert_eq!(other.await.unwrap(), 401);
    }
    assert_eq!(slow.await.unwrap(), 200);
    assert_eq!(show(&app, HOME, Some("wrong")).await.0, 429);
}
