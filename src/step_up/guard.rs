//! A fresh or strong login demanded of a route.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tower_layer::Layer;

use super::order::{AcrOrder, words};
use super::rule::Policy;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Credential, Facts};
use crate::problem::{Challenge, Kind, Problem};

/// The most that clocks may be apart.
const MAX_LEEWAY: Duration = Duration::from_mins(1);

/// Lets a request in only if its caller logged in recently, or strongly enough.
#[derive(Clone, Debug)]
pub struct StepUp {
    policy: Policy,
    clock: Arc<dyn Clock>,
}

impl StepUp {
    /// Accepts logins that are at most `max_age` old, counted in whole seconds. Zero asks for a
    /// login in this very second, which takes a [leeway](Self::with_leeway) to be of use.
    #[must_use]
    pub fn within(max_age: Duration) -> Self {
        Self::of(Policy::default()).with_max_age(max_age)
    }

    /// Accepts logins of one of the classes `values` (`acr`), the most wanted first; the challenge
    /// names them in this order.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that a challenge cannot bear.
    pub fn acr<N: AsRef<str>>(values: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Self::of(Policy::default()).with_acr_values(values)
    }

    /// Demands a login that is at most `max_age` old as well, counted in whole seconds.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.policy.max_age = Some(max_age.as_secs());
        self
    }

    /// Demands a login of one of the classes `values` (`acr`) as well, the most wanted first.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that a challenge cannot bear.
    pub fn with_acr_values<N: AsRef<str>>(
        mut self,
        values: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.policy.acr_values = words(values)?;
        Ok(self)
    }

    /// Says which classes are above which (default: none, each serves only for itself).
    #[must_use]
    pub fn with_order(mut self, order: AcrOrder) -> Self {
        self.policy.order = order;
        self
    }

    /// Demands a login by each of `methods` as well (`amr`, RFC 8176), such as `hwk`. A challenge
    /// has no words for methods: where one login out of several kinds will do, demand a class.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no method.
    pub fn with_amr<N: AsRef<str>>(
        mut self,
        methods: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.policy.amr = words(methods)?;
        Ok(self)
    }

    /// Bears with an issuer's clock that is up to `leeway` ahead or behind (default: none; more
    /// than 60 seconds is cut to 60).
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.policy.leeway = leeway.min(MAX_LEEWAY).as_secs();
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn of(policy: Policy) -> Self {
        Self {
            policy,
            clock: Arc::new(SystemClock),
        }
    }

    /// Adds what would suffice (RFC 9470, section 3).
    fn asking(&self, mut challenge: Challenge) -> Challenge {
        if !self.policy.acr_values.is_empty() {
            challenge = challenge.with("acr_values", &self.policy.acr_values.join(" "));
        }
        match self.policy.max_age {
            Some(max_age) => challenge.with("max_age", &max_age.to_string()),
            None => challenge,
        }
    }
}

impl StepUp {
    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        let problem = match Facts::caller(&head.extensions) {
            Caller::Unasked => {
                Problem::new(Kind::Misconfigured).because("step_up_without_authentication")
            }
            // Whoever showed nothing is told of no error (RFC 6750, section 3.1).
            Caller::Anonymous => Problem::new(Kind::Unauthenticated)
                .because("no_credential")
                .with_challenge(&self.asking(Challenge::new("Bearer"))),
            Caller::Known(principal) => match self.policy.judge(principal, self.clock.now()) {
                Ok(()) => return Ok(Pass::default()),
                Err(reason) => {
                    let scheme = match principal.credential() {
                        Credential::ApiKey { .. } => "Bearer", // no login stands behind a key
                        _ => Facts::scheme(&head.extensions),
                    };
                    let challenge =
                        Challenge::new(scheme).with("error", "insufficient_user_authentication");
                    Problem::new(Kind::StepUpRequired)
                        .because(reason)
                        .with_challenge(&self.asking(challenge))
                }
            },
        };
        Err(problem.into())
    }
}

impl Guard for StepUp {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        let age = match self.policy.max_age {
            Some(max_age) => Demand::FreshLogin { max_age },
            None => Demand::Nothing,
        };
        let words = |names: &[Box<str>], lead: &str, between: &str| match names {
            [] => Demand::Nothing,
            names => Demand::Other(format!("{lead} {}", names.join(between)).into()),
        };
        age.and(words(&self.policy.acr_values, "a login of class", " or "))
            .and(words(&self.policy.amr, "a login by", " and "))
    }
}

impl<S> Layer<S> for StepUp {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::clock::ManualClock;
    use crate::identity::Principal;

    async fn refusal(guard: StepUp, caller: Caller) -> Option<(Kind, String)> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        Facts::entry(&mut head.extensions).caller = caller;
        let guard = guard.with_clock(ManualClock::at(1_000));
        let problem = guard.check(&mut head).await.err()?.into_problem()?;
        let challenge = problem.headers().get(WWW_AUTHENTICATE);
        let text = challenge.map_or("", |line| line.to_str().unwrap());
        Some((problem.kind(), text.to_owned()))
    }

    #[tokio::test]
    async fn who_is_not_known_to_have_logged_in_is_turned_away() {
        let ever = || StepUp::within(Duration::MAX);
        for (caller, kind) in [
            (Caller::Unasked, Kind::Misconfigured),
            (Caller::Anonymous, Kind::Unauthenticated),
            (Caller::Known(Principal::new("alice")), Kind::StepUpRequired),
        ] {
            assert_eq!(refusal(ever(), caller).await.unwrap().0, kind);
        }
        let alice = Principal::new("alice").with_auth_time(0);
        assert_eq!(refusal(ever(), Caller::Known(alice)).await, None);
    }

    #[tokio::test]
    async fn the_challenge_names_all_that_would_suffice_at_once() {
        let fresh = || StepUp::within(Duration::from_mins(5));
        let both = || fresh().with_acr_values(["urn:x:phr", "loa2"]).unwrap();
        let error = r#"Bearer error="insufficient_user_authentication""#;
        let old = || Caller::Known(Principal::new("alice").with_auth_time(699));
        let key = Credential::ApiKey { id: "7".into() };
        let holder = Caller::Known(Principal::new("alice").with_credential(key));
        for (guard, caller, challenge) in [
            (fresh(), old(), format!(r#"{error}, max_age="300""#)),
            (
                both(),
                old(),
                format!(r#"{error}, acr_values="urn:x:phr loa2", max_age="300""#),
            ),
            (
                StepUp::acr(["loa2"]).unwrap(),
                old(),
                format!(r#"{error}, acr_values="loa2""#),
            ),
            (
                StepUp::within(Duration::ZERO),
                old(),
                format!(r#"{error}, max_age="0""#),
            ),
            (fresh(), holder, format!(r#"{error}, max_age="300""#)),
            (
                both(),
                Caller::Anonymous,
                r#"Bearer acr_values="urn:x:phr loa2", max_age="300""#.to_owned(),
            ),
        ] {
            assert_eq!(refusal(guard, caller).await.unwrap().1, challenge);
        }
    }

    #[test]
    fn a_demand_reads_as_a_sentence() {
        let strong = StepUp::acr(["loa2", "phr"]).unwrap();
        let strong = strong.with_amr(["hwk", "pin"]).unwrap();
        assert_eq!(
            strong
                .with_max_age(Duration::from_secs(9))
                .describe()
                .to_string(),
            "a login at most 9 s old, a login of class loa2 or phr, a login by hwk and pin"
        );
        assert!(StepUp::acr(["a b"]).is_err());
    }
}
