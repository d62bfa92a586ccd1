//! Guesses at passwords, keys and tokens.

mod attack;
mod faults;
mod guesses;
mod logins;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::request::Parts;
use portcullis::brute_force::{Attempt, LoginThrottle};
use portcullis::clock::ManualClock;
use portcullis::problem::Problem;

/// The head of a request from `address`.
fn from(address: &str) -> Parts {
    at(address.parse().unwrap())
}

fn at(address: IpAddr) -> Parts {
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.extensions
        .insert(ConnectInfo(SocketAddr::new(address, 4711)));
    head
}

/// The `n`th of many networks.
fn network(n: u32) -> Parts {
    at(IpAddr::from((0x0a00_0000 + n).to_be_bytes()))
}

fn throttle(clock: &ManualClock) -> LoginThrottle {
    LoginThrottle::new("login")
        .unwrap()
        .with_clock(clock.clone())
}

/// Why an attempt is refused, and for how many seconds.
fn refusal(begun: &Result<Attempt, Problem>) -> Option<(&str, u64)> {
    let problem = begun.as_ref().err()?;
    let wait = problem.headers().get("retry-after");
    let seconds = wait.map_or(0, |wait| wait.to_str().unwrap().parse().unwrap());
    Some((problem.reason(), seconds))
}

/// Guesses wrongly, if that is let through.
async fn guess(throttle: &LoginThrottle, head: &Parts, account: &str) -> bool {
    let begun = throttle.begin(head, account).await;
    begun.map(Attempt::failed).is_ok()
}

/// Logs in with the right password, if that is let through.
async fn log_in(throttle: &LoginThrottle, head: &Parts, account: &str) -> bool {
    match throttle.begin(head, account).await {
        Ok(attempt) => attempt.succeeded(head).await.is_ok(),
        Err(_) => false,
    }
}

const DAY: Duration = Duration::from_hours(24);
