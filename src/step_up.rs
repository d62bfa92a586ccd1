//! Asks for a fresh login before a sensitive request.
//!
//! Stands after authentication: it reads the [`Principal`] that an authentication guard left and
//! turns the request away if the login behind it is too old ([RFC 9470]). A caller whose login time
//! is unknown is turned away too; without any authentication guard the answer is 500. Nothing is
//! stored.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::post};
//! use portcullis::step_up::StepUp;
//!
//! let app: Router = Router::new()
//!     .route("/transfer", post(|| async { "sent" }))
//!     .layer(StepUp::within(Duration::from_mins(5)));
//! ```
//!
//! [RFC 9470]: https://www.rfc-editor.org/rfc/rfc9470
//! [`Principal`]: crate::identity::Principal

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tower_layer::Layer;

use crate::clock::{Clock, SystemClock};
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};

/// Lets a request in only if its caller logged in recently.
#[derive(Clone, Debug)]
pub struct StepUp {
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

impl StepUp {
    /// Accepts logins that are at most `max_age` old, counted in whole seconds.
    #[must_use]
    pub fn within(max_age: Duration) -> Self {
        Self {
            max_age,
            clock: Arc::new(SystemClock),
        }
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn refusal(&self, scheme: &'static str) -> Problem {
        let challenge = Challenge::new(scheme)
            .with("error", "insufficient_user_authentication")
            .with("max_age", &self.max_age.as_secs().to_string());
        Problem::new(Kind::StepUpRequired)
            .because("login_too_old")
            .with_challenge(&challenge)
    }
}

impl Guard for StepUp {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let auth_time = match Facts::caller(&head.extensions) {
            Caller::Unasked => {
                return Err(Problem::new(Kind::Misconfigured)
                    .because("step_up_without_authentication")
                    .into());
            }
            Caller::Anonymous => None,
            Caller::Known(principal) => principal.auth_time(),
        };
        if is_fresh(auth_time, self.max_age, self.clock.now()) {
            Ok(Pass::default())
        } else {
            Err(self.refusal(Facts::scheme(&head.extensions)).into())
        }
    }

    fn describe(&self) -> Demand {
        Demand::FreshLogin {
            max_age: self.max_age.as_secs(),
        }
    }
}

impl<S> Layer<S> for StepUp {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

/// A login from the future is a broken or a forged one, so it is never fresh.
fn is_fresh(auth_time: Option<u64>, max_age: Duration, now: u64) -> bool {
    auth_time
        .and_then(|then| now.checked_sub(then))
        .is_some_and(|age| age <= max_age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Principal;

    #[test]
    fn a_login_is_fresh_up_to_and_including_its_last_second() {
        for (auth_time, now, fresh) in [
            (Some(1_000), 1_000, true),
            (Some(1_000), 1_300, true),
            (Some(1_000), 1_301, false),
            (Some(1_001), 1_000, false), // from the future
            (None, 1_000, false),
        ] {
            let found = is_fresh(auth_time, Duration::from_mins(5), now);
            assert_eq!(found, fresh, "login at {auth_time:?}, asked at {now}");
        }
    }

    #[tokio::test]
    async fn who_is_not_known_to_have_logged_in_is_turned_away() {
        for (caller, kind) in [
            (Caller::Unasked, Kind::Misconfigured),
            (Caller::Anonymous, Kind::StepUpRequired),
            (Caller::Known(Principal::new("alice")), Kind::StepUpRequired),
        ] {
            let (mut head, ()) = http::Request::new(()).into_parts();
            Facts::entry(&mut head.extensions).caller = caller;
            let stop = StepUp::within(Duration::MAX)
                .check(&mut head)
                .await
                .unwrap_err();
            assert_eq!(stop.problem().unwrap().kind(), kind);
        }
    }
}
