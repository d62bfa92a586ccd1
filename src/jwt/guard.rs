//! A token demanded of a route.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::request::Parts;
use serde::de::DeserializeOwned;
use tower_layer::Layer;

use super::bearer::{Raw, Shown, shown};
use super::binding::Scheme;
use super::fault::Fault;
use super::key_set::KeySet;
use super::leeway;
use super::revocations::Revocations;
use super::roster::Roster;
use super::rule::Profile;
use super::sender::{Asking, Sender};
use super::status::IssuerStatus;
use super::trusted::Issuer;
use super::verifier::Verified;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Authenticator, Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts, Scopes};
use crate::problem::{Challenge, Kind, Problem};

/// Lets a request in only with a good JSON Web Token in its `Authorization: Bearer` header
/// (RFC 6750, RFC 7519, RFC 8725, RFC 9068).
#[derive(Clone)]
pub struct RequireJwt {
    pub(super) issuers: Roster,
    scopes: Scopes,
    checks: Vec<Check>,
    pub(super) sender: Sender,
    pub(super) revocations: Option<Revocations>,
    pub(super) realm: Option<Box<str>>,
    /// How a caller is asked for a token, made when it is first needed.
    pub(super) asking: OnceLock<Asking>,
    clock: Arc<dyn Clock>,
}

type Check = Arc<dyn Fn(&[u8]) -> Result<(), Fault> + Send + Sync>;

impl RequireJwt {
    /// Accepts access tokens that `issuer` has signed with one of `keys` for `audience`, which is
    /// this service. Both are compared to the letter, with `iss` and with `aud`.
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` or `audience` is empty.
    pub fn new(issuer: &str, audience: &str, keys: impl Into<KeySet>) -> Result<Self, ConfigError> {
        Self::of([Issuer::new(issuer, audience, keys)?])
    }

    /// Accepts access tokens of each of `issuers`: by the rules and with the keys of the one that
    /// `iss` names. A token of any other is refused, and nobody is asked about it.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one twice.
    pub fn of(issuers: impl IntoIterator<Item = Issuer>) -> Result<Self, ConfigError> {
        Ok(Self {
            issuers: Roster::new(issuers)?,
            scopes: Scopes::default(),
            checks: Vec::new(),
            sender: Sender::default(),
            revocations: None,
            realm: None,
            asking: OnceLock::new(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Demands each of these scopes as well; without them the answer is 403 (RFC 6750, section
    /// 3.1). They are read from `scope`, `scopes` or `scp`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of `names` cannot be a scope.
    pub fn with_scopes<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.scopes = Scopes::of(names)?;
        Ok(self)
    }

    /// Puts up with clocks that differ by `leeway`, in whole seconds (default: 30 s), wherever
    /// dates are compared.
    ///
    /// # Errors
    /// [`ConfigError`] if `leeway` is more than 300 s.
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, ConfigError> {
        let leeway = leeway::seconds(leeway)?;
        self.issuers.each(|policy| policy.leeway = leeway);
        Ok(self)
    }

    /// Refuses tokens that were issued longer than `age` ago, in whole seconds, even if they have
    /// not expired (default: no limit).
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.issuers
            .each(|policy| policy.max_age = Some(age.as_secs()));
        self
    }

    /// Accepts tokens of issuers that do not follow RFC 9068: `typ` may be `JWT` or absent, and
    /// `iat`, `jti` and `client_id` too. See to it that the issuer makes no other tokens with this
    /// audience, such as ID tokens: they would be accepted.
    #[must_use]
    pub fn with_plain_jwt(mut self) -> Self {
        self.issuers.each(|policy| policy.profile = Profile::Plain);
        self
    }

    /// Reads the caller's tenant from the text claim `name`; a token without it has none.
    #[must_use]
    pub fn with_tenant_claim(mut self, name: &str) -> Self {
        self.issuers
            .each(|policy| policy.tenant_claim = Some(name.into()));
        self
    }

    /// Has `check` look at the claims of each good token; the stable word that it returns is the
    /// reason of the refusal in the event. Claims that do not fit `C` are refused.
    #[must_use]
    pub fn with_check<C: DeserializeOwned>(
        mut self,
        check: impl Fn(&C) -> Result<(), &'static str> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(move |payload| {
            let claims = serde_json::from_slice(payload).map_err(|_| Fault::CLAIMS_MISMATCH)?;
            check(&claims).map_err(Fault::token)
        }));
        self
    }

    /// Names the protected space in challenges (default: none).
    #[must_use]
    pub fn with_realm(mut self, realm: &str) -> Self {
        self.realm = Some(realm.into());
        self.asking = OnceLock::new();
        self
    }

    /// Reads the time from `clock` (default: the machine's own). Forgets keys that were fetched.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self.issuers.timed_by(&self.clock);
        self
    }

    /// Accepts tokens whatever their audience. A token that the issuer made for *any* other service
    /// then opens this one; it is for issuers that write no `aud` at all.
    #[must_use]
    pub fn dangerous_allow_any_audience(mut self) -> Self {
        self.issuers.each(|policy| policy.audience = None);
        self
    }

    /// How things stand with the keys of each issuer, for health checks. It fetches nothing.
    #[must_use]
    pub fn status(&self) -> Vec<IssuerStatus> {
        self.issuers.status()
    }

    /// Fetches the keys of each issuer whose keys are fetched, one after the other, whatever the
    /// schedule says: at start, so that no request has to wait, or when a key is withdrawn.
    ///
    /// # Errors
    /// [`Unavailable`](crate::fetch::Unavailable) if one of them failed; its last good keys stay.
    #[cfg(feature = "remote")]
    pub async fn reload(&self) -> Result<(), crate::fetch::Unavailable> {
        self.issuers.reload().await
    }

    /// What the request shows as its token.
    fn shown<'h>(&self, head: &'h Parts) -> Result<(Scheme, Raw<'h>), Stop> {
        match shown(&head.headers, self.sender.speaks_dpop()) {
            Shown::Token(scheme, token) => Ok((scheme, token)),
            Shown::Bad(fault) => Err(self.refusal(fault.into()).into()),
            // Without `error`: nothing is wrong with a request that shows nothing (RFC 6750,
            // section 3.1).
            Shown::Nothing => Err(Problem::new(Kind::Unauthenticated)
                .because("no_credential")
                .with_challenge_lines(&self.asking().at_first)
                .into()),
        }
    }

    /// The author's own look at a good token.
    fn accepted(&self, verified: Arc<Verified>) -> Result<Arc<Verified>, Stop> {
        for check in &self.checks {
            check(&verified.payload).map_err(|fault| self.refusal(fault.into()))?;
        }
        Ok(verified)
    }

    /// Leaves what is known of the caller, and lets them in if that is enough.
    fn let_in(
        &self,
        head: &mut Parts,
        scheme: Scheme,
        verified: Arc<Verified>,
        pass: Pass,
    ) -> Result<Pass, Stop> {
        let enough = verified.principal.scopes().contains_all(&self.scopes);
        let facts = Facts::entry(&mut head.extensions);
        facts.caller = Caller::Known(verified.principal.clone());
        facts.scheme = Some(scheme.name());
        facts.keep_evidence(verified);
        if enough {
            Ok(pass)
        } else {
            Err(Problem::insufficient_scope_by(scheme.name(), &self.scopes).into())
        }
    }

    /// The decision on a token that nobody has to be asked about.
    fn decide_now(&self, head: &mut Parts) -> Result<Option<Pass>, Stop> {
        let (scheme, token) = self.shown(head)?;
        let Some(verdict) = self.issuers.verify_now(token, &*self.clock) else {
            return Ok(None);
        };
        let verified = self.accepted(verdict.map_err(|refused| self.refusal(refused))?)?;
        self.sender
            .confirm(head, scheme, &verified)
            .map_err(|refused| self.broken(refused))?;
        self.let_in(head, scheme, verified, Pass::default())
            .map(Some)
    }
}

impl Guard for RequireJwt {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.sender.clean(&mut head.headers);
        let (scheme, token) = self.shown(head)?;
        let refused = |refused| Stop::from(self.refusal(refused));
        let verdict = self.issuers.verify(token, &*self.clock).await;
        let verified = verdict.map_err(refused)?;
        if let Some(revocations) = &self.revocations {
            let verdict = verified.ask(revocations, self.clock.now()).await;
            verdict.map_err(refused)?;
        }
        let verified = self.accepted(verified)?;
        let pass = self
            .sender
            .prove(head, scheme, token.as_bytes(), &verified, &*self.clock)
            .await
            .map_err(|refused| self.broken(refused))?;
        self.let_in(head, scheme, verified, pass)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        if self.revocations.is_some() || self.sender.speaks_dpop() {
            return None; // a store has to be asked
        }
        self.sender.clean(&mut head.headers);
        self.decide_now(head).transpose()
    }

    fn describe(&self) -> Demand {
        let token = self.sender.describe();
        if self.scopes.is_empty() {
            token
        } else {
            token.and(Demand::Scopes(self.scopes.clone()))
        }
    }
}

impl Authenticator for RequireJwt {
    fn is_presented(&self, head: &Parts) -> bool {
        shown(&head.headers, self.sender.speaks_dpop()) != Shown::Nothing
    }

    fn challenges(&self) -> Vec<Challenge> {
        self.sender.challenges(self.realm.as_deref(), "").collect()
    }
}

impl<S> Layer<S> for RequireJwt {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for RequireJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireJwt")
            .field("issuers", &self.issuers)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
