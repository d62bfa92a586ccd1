//! A good opaque token demanded of a route.

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use tower_layer::Layer;

use super::answer::Answer;
use super::bearer::{Shown, shown};
use super::endpoint::Introspection;
use super::extract::Introspected;
use super::rule::{self, Policy};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Authenticator, Carried, Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts, Scopes};
use crate::problem::{Challenge, Kind, Problem};

const LEEWAY: u64 = 30;
const MOST_LEEWAY: u64 = 300;

/// Lets a request in only if it carries a bearer token that its authorization server calls active.
#[derive(Clone, Debug)]
pub struct RequireOpaqueToken {
    introspection: Introspection,
    policy: Policy,
    scopes: Scopes,
    realm: Option<Box<str>>,
    clock: Arc<dyn Clock>,
}

impl RequireOpaqueToken {
    /// Accepts tokens of `issuer` for `audience`, to the letter as the answers of `introspection`
    /// name them (`iss`, `aud`). An answer that does not name them is a refusal.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is empty.
    pub fn issued_by(
        issuer: &str,
        audience: &str,
        introspection: Introspection,
    ) -> Result<Self, ConfigError> {
        if issuer.is_empty() || audience.is_empty() {
            return Err(ConfigError::new(
                "name the issuer of the tokens and the audience that they are for",
            ));
        }
        Ok(Self {
            introspection,
            policy: Policy {
                issuer: Some(issuer.into()),
                audience: Some(audience.into()),
                leeway: LEEWAY,
            },
            scopes: Scopes::default(),
            realm: None,
            clock: Arc::new(SystemClock),
        })
    }

    /// Does not look at the issuer: whatever the endpoint calls active was issued by somebody. For
    /// servers whose answers do not name it; safe only if the endpoint knows the tokens of one
    /// issuer alone.
    #[must_use]
    pub fn dangerous_accept_any_issuer(mut self) -> Self {
        self.policy.issuer = None;
        self
    }

    /// Does not look at the audience: a token that was given out for any other service opens this
    /// one as well. For servers whose answers do not name it.
    #[must_use]
    pub fn dangerous_accept_any_audience(mut self) -> Self {
        self.policy.audience = None;
        self
    }

    /// Lets the clocks differ by `leeway`, in whole seconds (default: 30 seconds; at most 300).
    ///
    /// # Errors
    /// [`ConfigError`] if it is more.
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, ConfigError> {
        self.policy.leeway = leeway.as_secs();
        if self.policy.leeway > MOST_LEEWAY {
            return Err(ConfigError::new(
                "the clocks may differ by at most 300 seconds: set them instead",
            ));
        }
        Ok(self)
    }

    /// Demands each of these scopes of the token as well (default: none).
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope.
    pub fn with_scopes<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.scopes = Scopes::of(names)?;
        Ok(self)
    }

    /// Names what the tokens open, for the challenge of a refusal (default: nothing).
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Box<str>>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// One refusal for all that can be wrong with a token, so that nobody learns what it was.
    fn invalid(&self, reason: &'static str) -> Problem {
        self.refusal(Kind::InvalidCredential, reason)
    }

    fn refusal(&self, kind: Kind, reason: &'static str) -> Problem {
        let challenge = match kind {
            Kind::InvalidRequest => self.challenge().with("error", "invalid_request"),
            Kind::InvalidCredential => self.challenge().with("error", "invalid_token"),
            Kind::InsufficientScope => self
                .challenge()
                .with("error", "insufficient_scope")
                .with("scope", &self.scopes.to_string()),
            _ => self.challenge(),
        };
        Problem::new(kind)
            .because(reason)
            .with_challenge(&challenge)
    }

    fn challenge(&self) -> Challenge {
        let challenge = Challenge::new("Bearer");
        match &self.realm {
            Some(realm) => challenge.with("realm", realm),
            None => challenge,
        }
    }
}

impl Guard for RequireOpaqueToken {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if let Some(line) = head.headers.get_mut(AUTHORIZATION) {
            line.set_sensitive(true); // whoever logs the headers further in does not log the token
        }
        let token = match shown(&head.headers) {
            Shown::Token(token) => token,
            Shown::Nothing => {
                return Err(self.refusal(Kind::Unauthenticated, "no_credential").into());
            }
            Shown::Bad(kind, reason) => return Err(self.refusal(kind, reason).into()),
        };
        let answer = self.introspection.ask(token, &self.clock).await;
        let active =
            match answer.map_err(|error| error.into_problem("introspection_unavailable"))? {
                Answer::Inactive => return Err(self.invalid("token_inactive").into()),
                Answer::Active(active) => active,
            };
        rule::verdict(&active, &self.policy, self.clock.now())
            .map_err(|reason| self.invalid(reason))?;
        let Some(principal) = active.principal.clone() else {
            return Err(self.invalid("sub_missing").into());
        };
        let is_enough = principal.scopes().contains_all(&self.scopes);
        // The caller is known even if the token is too weak for this route: the event names them.
        Facts::entry(&mut head.extensions).caller = Caller::Known(principal);
        if !is_enough {
            return Err(self
                .refusal(Kind::InsufficientScope, "insufficient_scope")
                .into());
        }
        head.extensions.insert(Introspected::new(active));
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        let token = Demand::credential("opaque token", vec![Carried::Bearer]);
        if self.scopes.is_empty() {
            token
        } else {
            token.and(Demand::Scopes(self.scopes.clone()))
        }
    }
}

impl Authenticator for RequireOpaqueToken {
    fn is_presented(&self, head: &Parts) -> bool {
        !matches!(shown(&head.headers), Shown::Nothing)
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![self.challenge()]
    }
}

impl<S> Layer<S> for RequireOpaqueToken {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
